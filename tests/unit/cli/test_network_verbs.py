"""`reach`, `probe` and `exposed` against a chamber that listens: what they print and exit with."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import boto3
import pytest

from tests.unit.cli.conftest import Run

REGION = "eu-west-1"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"


class Servers(NamedTuple):
    """Two instances of the default VPC: the web takes 443 from everywhere, the other nothing."""

    web: str
    quiet: str
    interface: str
    group: str


@pytest.fixture(scope="module")
def servers(endpoint: str) -> Servers:
    ec2 = boto3.client(
        "ec2", REGION, endpoint_url=endpoint, aws_access_key_id="111111111111",
        aws_secret_access_key="x",
    )  # fmt: skip
    made = []
    groups = []
    for name in ("web", "quiet"):
        group = ec2.create_security_group(GroupName=name, Description=name)["GroupId"]
        groups.append(group)
        made.append(
            ec2.run_instances(
                ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                SecurityGroupIds=[group],
            )["Instances"][0]
        )  # fmt: skip
    ec2.authorize_security_group_ingress(
        GroupId=groups[0], IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="0.0.0.0/0"
    )
    interface = made[0]["NetworkInterfaces"][0]["NetworkInterfaceId"]
    return Servers(made[0]["InstanceId"], made[1]["InstanceId"], interface, groups[1])


@pytest.mark.parametrize(
    ("port", "expect", "exit_code", "said"),
    [
        ("443", [], 0, "allowed"),
        ("443", ["--expect", "allowed"], 0, "allowed"),
        ("443", ["--expect", "blocked"], 1, "allowed"),
        ("22", [], 1, "blocked"),
        ("22", ["--expect", "blocked"], 0, "blocked"),
    ],
)
def test_reach_exits_by_what_was_expected(
    run: Run, endpoint: str, servers: Servers, port: str, expect: list[str], exit_code: int,
    said: str,
) -> None:  # fmt: skip
    words = ["reach", servers.quiet, servers.web, "--port", port, *expect]
    done = run(*words, "--endpoint", endpoint)
    assert (done.returncode, done.stderr) == (exit_code, "")
    assert done.stdout.startswith(said)
    assert servers.interface in done.stdout or said == "blocked"


def test_reach_names_the_rule_or_the_group_that_decides(
    run: Run, endpoint: str, servers: Servers
) -> None:
    done = run("reach", servers.web, servers.quiet, "--port", "443", "--endpoint", endpoint)
    assert done.returncode == 1
    assert f"no ingress rule of {servers.group} allows tcp 443" in done.stdout
    assert "SG_HAS_NO_RULES" in done.stdout
    allowed = run("reach", servers.quiet, servers.web, "--port", "443", "--endpoint", endpoint,
                  "--json")  # fmt: skip
    steps = json.loads(allowed.stdout)["steps"]
    assert [step["by"][:4] for step in steps if step["kind"] == "security-group"] == ["sgr-"] * 2
    assert {step["path"] for step in steps} == {"forward", "return"}


def test_a_probe_happens_and_a_question_does_not(run: Run, endpoint: str, servers: Servers) -> None:
    def told() -> list[Any]:
        shown = run("events", "--limit", "1000", "--endpoint", endpoint, "--json").stdout
        events = json.loads(shown)["events"]
        return [each for each in events if each["what"].startswith("ec2.flow-")]

    before = len(told())
    run("reach", servers.quiet, servers.web, "--port", "443", "--endpoint", endpoint)
    assert len(told()) == before
    words = ["probe", servers.quiet, servers.web, "--port", "443", "--endpoint", endpoint]
    done = run(*words, "--json")
    assert done.returncode == 0
    assert 32_768 <= json.loads(done.stdout)["source_port"] <= 60_999
    assert len(told()) == before + 1
    blocked = run("probe", servers.web, servers.quiet, "--port", "443", "--endpoint", endpoint)
    assert (blocked.returncode, blocked.stdout.split()[0]) == (1, "blocked")
    assert told()[-1]["what"] == "ec2.flow-blocked"


def test_exposed_lists_what_the_internet_reaches(run: Run, endpoint: str, servers: Servers) -> None:
    done = run("exposed", "--endpoint", endpoint)
    assert done.returncode == 0
    assert servers.interface in done.stdout
    assert "443" in done.stdout
    shown = json.loads(run("exposed", "--endpoint", endpoint, "--json").stdout)["exposed"]
    assert [(each["instance"], each["ports"]) for each in shown] == [(servers.web, [[443, 443]])]
    assert run("exposed", "--expect", "none", "--endpoint", endpoint).returncode == 1
    none = run("exposed", "--region", "us-west-2", "--expect", "none", "--endpoint", endpoint)
    assert (none.returncode, none.stdout.strip()) == (0, "The internet reaches nothing here.")


def test_what_does_not_fit_says_so(run: Run, endpoint: str, servers: Servers) -> None:
    done = run("reach", servers.web, "nonsense", "--port", "443", "--endpoint", endpoint)
    assert done.returncode == 1
    assert "nonsense" in done.stderr
    assert "(destination)" in done.stderr
    assert run("reach", servers.web, servers.quiet, "--endpoint", endpoint).returncode == 1
    assert run("reach", servers.web, "--endpoint", endpoint).returncode == 2
