"""The way in: answers are labelled, refusals name what is missing, a replay is the run again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.snapshots import tables_of
from cloudchamber.wire.http import Request

ROOT = (
    "AWS4-HMAC-SHA256 Credential=111111111111/20270101/us-east-1/{service}/aws4_request, "
    "SignedHeaders=host;x-amz-date, Signature=" + "0" * 64
)


def json_request(service: str, target: str, body: Any) -> Request:
    headers = {
        "host": "localhost:4566",
        "x-amz-target": target,
        "content-type": "application/x-amz-json-1.0",
        "x-amz-date": "20270101T000000Z",
        "authorization": ROOT.format(service=service),
    }
    return Request("POST", "/", "", headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("request_", "status", "fidelity"),
    [
        (json_request("sqs", "AmazonSQS.CreateQueue", {"QueueName": "q"}), 200, "simulated"),
        (json_request("sqs", "AmazonSQS.CreateQueue", {"QueueName": 3}), 400, "simulated"),
        (json_request("sqs", "AmazonSQS.Nothing", {}), 400, "refused"),
        (json_request("kinesis", "Kinesis_20131202.ListStreams", {}), 501, "refused"),
        (Request("BREW", "/", "", {"host": "localhost"}), 405, "refused"),
    ],
)
def test_every_answer_says_how_true_it_is(request_: Request, status: int, fidelity: str) -> None:
    response = Cloud(Settings(seed=1)).handle(request_)
    assert response is not None
    assert response.headers["x-chamber-fidelity"] == fidelity
    if status != 404:
        assert response.status == status


def test_a_refusal_is_501_and_names_the_operation(chamber: Chamber) -> None:
    with pytest.raises(ClientError) as caught:
        chamber.client("kinesis").list_streams()
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501
    assert "kinesis.ListStreams" in caught.value.response["Error"]["Message"]
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 0


def story(chamber: Chamber) -> None:
    """Some of everything: state, waits, a clock, failures, denials."""
    sqs, iam = chamber.client("sqs"), chamber.client("iam")
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="one")
    sqs.receive_message(QueueUrl=url)
    sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    chamber.client("sqs", credentials=key).send_message(QueueUrl=url, MessageBody="two")
    with pytest.raises(ClientError):
        iam.create_user(UserName="alice")
    chamber.advance("1h")
    chamber.client("sts").get_caller_identity()


def test_a_replayed_journal_is_the_same_world() -> None:
    with Chamber(seed=9) as lived:
        journal: list[bytes] = []
        lived.cloud.journal = journal.append
        story(lived)
        again = Cloud(lived.cloud.settings)
        for record in journal:
            again.replay(record)
        assert again.kernel.digest == lived.digest
        assert list(again.events) == list(lived.cloud.events)
        tables = tables_of(list(lived.cloud.registry.loaded()))
        assert again.store.dump(tables) == lived.cloud.store.dump(tables)


def test_equal_seeds_and_inputs_give_equal_worlds_and_another_seed_does_not() -> None:
    digests = []
    for seed in (1, 1, 2):
        with Chamber(seed=seed) as chamber:
            story(chamber)
            digests.append((chamber.digest, chamber.events()))
    assert digests[0] == digests[1]
    assert digests[0] != digests[2]


@pytest.mark.chamber(iam="enforce")
def test_a_signature_that_is_wrong_is_refused(chamber: Chamber) -> None:
    iam = chamber.client("iam")
    iam.create_user(UserName="alice")
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    forged = {**key, "SecretAccessKey": "x" * 40}
    with pytest.raises(ClientError) as caught:
        chamber.client("sts", credentials=forged).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
    assert chamber.client("sts", credentials=key).get_caller_identity()["Arn"].endswith("/alice")


@pytest.mark.chamber(iam="enforce")
def test_nobody_and_strangers_are_refused_when_permissions_are_enforced(chamber: Chamber) -> None:
    stranger = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE", "SecretAccessKey": "x"}
    with pytest.raises(ClientError) as caught:
        chamber.client("sts", credentials=stranger).get_caller_identity()
    assert caught.value.response["Error"]["Code"] == "InvalidClientTokenId"


def test_an_unknown_key_is_the_default_account_while_permissions_are_watched(
    chamber: Chamber,
) -> None:
    stranger = {"AccessKeyId": "test", "SecretAccessKey": "test"}
    identity = chamber.client("sts", credentials=stranger).get_caller_identity()
    assert identity["Account"] == chamber.cloud.settings.account


@pytest.mark.chamber(throttling="enforce")
def test_a_world_that_was_forked_goes_its_own_way(chamber: Chamber) -> None:
    story(chamber)
    with chamber.fork() as other:
        assert other.digest == chamber.digest
        other.client("sqs").create_queue(QueueName="there")
        assert other.digest != chamber.digest
        assert len(chamber.client("sqs").list_queues()["QueueUrls"]) == 1
