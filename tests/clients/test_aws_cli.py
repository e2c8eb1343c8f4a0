"""The AWS CLI, versions 1 and 2: the words that a user types."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from tests.clients.conftest import ACCOUNT, Find

Aws = Callable[..., Any]
CHEAP = ("aws-v1", "aws-v2")


@pytest.fixture(params=CHEAP)
def aws(
    request: pytest.FixtureRequest, find: Find, endpoint: str, environment: dict[str, str]
) -> Aws:
    """Run the CLI; returns its JSON, or its error text when it should fail."""
    program = find(request.param)["path"]

    def run(*words: str, fails: bool = False, account: str = ACCOUNT) -> Any:
        # Version 1 ignores AWS_ENDPOINT_URL for sqs, so the flag is given to both.
        done = subprocess.run(
            [program, "--endpoint-url", endpoint, "--output", "json", *words],
            env={**environment, "AWS_ACCESS_KEY_ID": account},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        if fails:
            assert done.returncode != 0, done.stdout
            return done.stderr
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    return run


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A name of this test's own, since the tests of this file share a chamber."""
    return "".join(each if each.isalnum() else "-" for each in request.node.name)


def test_zones_of_two_accounts(aws: Aws) -> None:
    seen = [
        {
            zone["ZoneId"]: zone["ZoneName"]
            for zone in aws("ec2", "describe-availability-zones", account=account)[
                "AvailabilityZones"
            ]
        }
        for account in ("111111111111", "444444444444", "555555555555")
    ]
    assert all(set(each) == {"euw1-az1", "euw1-az2", "euw1-az3"} for each in seen)
    assert len({tuple(sorted(each.items())) for each in seen}) > 1


def test_a_message_is_sent_received_and_deleted(aws: Aws, name: str) -> None:
    url = aws("sqs", "create-queue", "--queue-name", name)["QueueUrl"]
    sent = aws("sqs", "send-message", "--queue-url", url, "--message-body", "hello")
    got = aws("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "20")
    message = got["Messages"][0]
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "hello")
    aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", message["ReceiptHandle"])
    counts = aws("sqs", "get-queue-attributes", "--queue-url", url, "--attribute-names", "All")
    assert counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_a_role_is_made_and_assumed(aws: Aws, name: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}
        ],
    }
    role = aws("iam", "create-role", "--role-name", name[:64],
               "--assume-role-policy-document", json.dumps(trust))["Role"]  # fmt: skip
    session = aws("sts", "assume-role", "--role-arn", role["Arn"], "--role-session-name", "s1")
    assert session["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{name[:64]}/s1")
    assert aws("iam", "get-role", "--role-name", name[:64])["Role"]["RoleId"] == role["RoleId"]


def test_what_is_not_simulated_is_said_so(aws: Aws) -> None:
    text = aws("batch", "describe-job-queues", fails=True)
    assert "NotImplemented" in text
    assert "batch.DescribeJobQueues" in text


def test_a_bad_value_gets_the_words_of_aws(aws: Aws) -> None:
    text = aws("sqs", "create-queue", "--queue-name", "not a name", fails=True)
    assert "InvalidParameterValue" in text
    assert "Can only include alphanumeric characters" in text
