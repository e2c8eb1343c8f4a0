"""A chamber with workers that do as they are told, clients, and a way to make functions."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, Crew, archive


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def crew(chamber: Chamber) -> Iterator[Crew]:
    workers = Crew(chamber)
    yield workers
    workers.close()


@pytest.fixture
def client(chamber: Chamber) -> Any:
    return chamber.client("lambda")


@pytest.fixture
def role(chamber: Chamber) -> str:
    """A role that Lambda may assume."""
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "lambda.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
    iam = chamber.client("iam")
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust))
    arn: str = made["Role"]["Arn"]
    return arn


@pytest.fixture
def make(client: Any, role: str, crew: Crew) -> Callable[..., Any]:
    """Make a function: `make("jobs", Timeout=5)`."""

    def make_function(name: str = "jobs", **given: Any) -> Any:
        request = {
            "Runtime": "python3.12",
            "Handler": "app.handler",
            "Role": role,
            "Code": {"ZipFile": archive()},
            **given,
        }
        return client.create_function(FunctionName=name, **request)

    return make_function


@pytest.fixture
def sqs(chamber: Chamber) -> Any:
    return chamber.client("sqs")


@pytest.fixture
def queue(sqs: Any) -> Callable[..., tuple[str, str]]:
    """Make a queue: its URL and its ARN."""

    def make_queue(name: str = "work", **attributes: str) -> tuple[str, str]:
        url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return url, found["Attributes"]["QueueArn"]

    return make_queue
