"""Terraform with the AWS provider: apply, an empty second plan, an update, destroy."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest

from tests.clients.conftest import ACCOUNT, REGION, Find

ESTATE = Path(__file__).with_name("terraform") / "main.tf"
NOTHING_TO_DO, CHANGES = 0, 2
Terraform = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def terraform(find: Find, endpoint: str, environment: dict[str, str], tmp_path: Path) -> Terraform:
    """Run Terraform in a folder of its own that has been initialised."""
    client = find("terraform")
    shutil.copy(ESTATE, tmp_path)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [client["path"], *words], cwd=tmp_path, capture_output=True, text=True, timeout=300,
            check=False, env={**environment, "TF_VAR_endpoint": endpoint, "TF_IN_AUTOMATION": "1"},
        )  # fmt: skip

    done = run("init", "-input=false", "-no-color", f"-plugin-dir={client['plugins']}")
    assert done.returncode == 0, done.stdout + done.stderr
    return run


@pytest.mark.slow
def test_an_estate_is_applied_planned_updated_and_destroyed(
    terraform: Terraform, endpoint: str
) -> None:
    flags = ("-input=false", "-no-color", "-auto-approve")
    sqs = boto3.client("sqs", REGION, endpoint_url=endpoint, aws_access_key_id=ACCOUNT,
                       aws_secret_access_key="chamber")  # fmt: skip
    plan = ("plan", "-input=false", "-no-color", "-detailed-exitcode")

    applied = terraform("apply", *flags)
    assert applied.returncode == 0, applied.stdout + applied.stderr
    assert json.loads(terraform("output", "-json", "account").stdout) == ACCOUNT
    second = terraform(*plan)
    assert second.returncode == NOTHING_TO_DO, second.stdout + second.stderr

    wider = terraform(*plan, "-var=visibility=60")
    assert wider.returncode == CHANGES, wider.stdout + wider.stderr
    updated = terraform("apply", *flags, "-var=visibility=60")
    assert updated.returncode == 0, updated.stdout + updated.stderr
    url = sqs.get_queue_url(QueueName="tf-work")["QueueUrl"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])
    assert found["Attributes"]["VisibilityTimeout"] == "60"
    again = terraform(*plan, "-var=visibility=60")
    assert again.returncode == NOTHING_TO_DO, again.stdout + again.stderr

    destroyed = terraform("destroy", *flags, "-var=visibility=60")
    assert destroyed.returncode == 0, destroyed.stdout + destroyed.stderr
    assert "QueueUrls" not in sqs.list_queues()
