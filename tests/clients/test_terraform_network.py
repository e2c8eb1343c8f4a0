"""Terraform over a network in three tiers, what joins it to others and what runs in it: applied,
planned again, changed, destroyed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.clients.conftest import ACCOUNT, REGION, Find

ESTATE = Path(__file__).with_name("terraform_network")
NOTHING_TO_DO = 0
Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def terraform(find: Find, endpoint: str, environment: dict[str, str], tmp_path: Path) -> Terraform:
    """Run Terraform in a folder of its own that has been initialised."""
    client = find("terraform")
    shutil.copytree(ESTATE, tmp_path, dirs_exist_ok=True)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [client["path"], *words], cwd=tmp_path, capture_output=True, text=True, timeout=300,
            check=False, env={**environment, "TF_VAR_endpoint": endpoint, "TF_IN_AUTOMATION": "1"},
        )  # fmt: skip

    done = run("init", "-input=false", "-no-color", f"-plugin-dir={client['plugins']}")
    assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.fixture
def ec2(endpoint: str) -> Any:
    return boto3.client("ec2", REGION, endpoint_url=endpoint, aws_access_key_id=ACCOUNT,
                        aws_secret_access_key="chamber")  # fmt: skip


@pytest.mark.slow
def test_a_network_is_applied_planned_changed_and_destroyed(terraform: Terraform, ec2: Any) -> None:
    # The provider waits ten seconds after each of many changes; it can do so for all at once.
    flags = ("-input=false", "-no-color", "-auto-approve", "-parallelism=40")
    plan = ("plan", "-input=false", "-no-color", "-detailed-exitcode")

    applied = terraform("apply", *flags)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    second = terraform(*plan)
    assert second.returncode == NOTHING_TO_DO, second.stdout + second.stderr

    vpc = terraform("output", "-raw", "vpc").stdout.strip()
    filters: list[Any] = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(ec2.describe_subnets(Filters=filters)["Subnets"]) == 6
    assert len(ec2.describe_network_acls(Filters=filters)["NetworkAcls"]) == 3
    # The worker is in the default group, from which Terraform took every rule.
    assert terraform("output", "-raw", "path_found").stdout == "false"
    (analysis,) = ec2.describe_network_insights_analyses()["NetworkInsightsAnalyses"]
    assert [each["ExplanationCode"] for each in analysis["Explanations"]] == ["SG_HAS_NO_RULES"]

    changed = terraform("apply", *flags, "-var=web_port=8443")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    again = terraform(*plan, "-var=web_port=8443")
    assert again.returncode == NOTHING_TO_DO, again.stdout + again.stderr
    groups = ec2.describe_security_groups(
        Filters=[*filters, {"Name": "ip-permission.from-port", "Values": ["8443"]}]
    )
    assert [each["GroupName"] for each in groups["SecurityGroups"]] == ["web"]

    destroyed = terraform("destroy", *flags)
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert [each["IsDefault"] for each in ec2.describe_vpcs()["Vpcs"]] == [True]
