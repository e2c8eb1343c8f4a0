"""The chamber in a process: clients, sessions, forks, and worlds that share nothing."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber


def test_two_chambers_share_nothing() -> None:
    with Chamber(seed=1) as one, Chamber(seed=1) as other:
        one.client("sqs").create_queue(QueueName="q")
        one.advance("1h")
        assert "QueueUrls" not in other.client("sqs").list_queues()
        assert one.now != other.now


def test_a_session_gives_resources_and_clients_that_lead_here(chamber: Chamber) -> None:
    queue = chamber.session().resource("sqs").create_queue(QueueName="q")
    queue.send_message(MessageBody="hello")
    assert [message.body for message in queue.receive_messages()] == ["hello"]
    other = chamber.session("eu-west-1", account="222222222222").client("sts")
    assert other.get_caller_identity()["Account"] == "222222222222"


def test_a_paginator_turns_pages(chamber: Chamber) -> None:
    sqs = chamber.client("sqs")
    for number in range(7):
        sqs.create_queue(QueueName=f"q{number}")
    pages = sqs.get_paginator("list_queues").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["QueueUrls"]) for page in pages] == [3, 3, 1]


def _count_after_adding(world: Chamber, name: str) -> int:
    world.client("sqs").create_queue(QueueName=name)
    return len(world.client("sqs").list_queues()["QueueUrls"])


def test_a_branch_runs_on_a_copy_and_leaves_the_world_alone(chamber: Chamber) -> None:
    chamber.client("sqs").create_queue(QueueName="q")
    branches = [chamber.branch(lambda world: _count_after_adding(world, "more")) for _ in range(2)]
    assert [branch.result() for branch in branches] == [2, 2]
    assert len(chamber.client("sqs").list_queues()["QueueUrls"]) == 1


def test_plain_boto3_is_led_into_the_chamber(chamber_boto3: Chamber) -> None:
    boto3.client("sqs").create_queue(QueueName="plain")
    boto3.Session(region_name="eu-west-1").client("sqs").create_queue(QueueName="elsewhere")
    assert len(chamber_boto3.client("sqs").list_queues()["QueueUrls"]) == 1
    assert len(chamber_boto3.client("sqs", "eu-west-1").list_queues()["QueueUrls"]) == 1


@pytest.mark.chamber(iam="enforce", seed=5)
def test_the_marker_sets_the_chamber(chamber: Chamber) -> None:
    assert chamber.cloud.settings.iam == "enforce"
    assert chamber.cloud.settings.seed == 5


def test_an_error_is_the_clients_own_exception_without_noise(chamber: Chamber) -> None:
    sqs = chamber.client("sqs")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist) as caught:
        sqs.get_queue_url(QueueName="missing")
    assert "max retries" not in str(caught.value)
    assert isinstance(caught.value, ClientError)
