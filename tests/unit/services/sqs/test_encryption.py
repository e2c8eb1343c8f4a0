"""Queues under a KMS key: who may use the key may use the queue, and when KMS is asked again."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, Box, refusal

Make = Callable[..., Box]
DAY_S = 86_400


@pytest.fixture
def kms(chamber: Chamber) -> Any:
    return chamber.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    key_id: str = kms.create_key()["KeyMetadata"]["KeyId"]
    return key_id


def last_use(kms: Any, key: str) -> str:
    operation: str = kms.get_key_last_usage(KeyId=key)["KeyLastUsage"].get("Operation", "")
    return operation


def test_a_message_goes_through_with_a_key(make: Make, kms: Any, key: str) -> None:
    box = make(KmsMasterKeyId=key)
    box.send("secret")
    assert box.take()["Body"] == "secret"
    assert last_use(kms, key) == "Decrypt"


def test_a_queue_without_a_key_asks_nobody(box: Box, kms: Any) -> None:
    box.send("plain")
    assert box.take()["Body"] == "plain"
    assert kms.list_keys()["Keys"] == []


def test_the_aws_managed_key_is_made(make: Make, kms: Any) -> None:
    box = make(KmsMasterKeyId="alias/aws/sqs")
    box.send("secret")
    (alias,) = kms.list_aliases()["Aliases"]
    assert alias["AliasName"] == "alias/aws/sqs"
    assert box.take()["Body"] == "secret"


def test_a_disabled_key_is_felt_when_the_data_key_is_old(
    chamber: Chamber, make: Make, kms: Any, key: str, sqs: Any
) -> None:
    box = make(KmsMasterKeyId=key, KmsDataKeyReusePeriodSeconds=60)
    box.send("first")
    kms.disable_key(KeyId=key)
    box.send("second")  # within the reuse period KMS is not asked
    chamber.advance(60)
    code, message, _ = refusal(sqs.send_message, QueueUrl=box.url, MessageBody="third")
    assert code in ("KmsDisabled", "KMS.DisabledException")
    assert "is disabled." in message
    code, _, _ = refusal(sqs.receive_message, QueueUrl=box.url)
    assert code in ("KmsDisabled", "KMS.DisabledException")
    assert box.counts() == (2, 0, 0)
    kms.enable_key(KeyId=key)
    assert box.take()["Body"] == "first"


def test_each_state_of_the_key_has_its_error(
    chamber: Chamber, make: Make, kms: Any, key: str, sqs: Any
) -> None:
    box = make(KmsMasterKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    entries = [{"Id": "a", "MessageBody": "m"}]
    code, _, _ = refusal(sqs.send_message_batch, QueueUrl=box.url, Entries=entries)
    assert code in ("KmsInvalidState", "KMS.InvalidStateException")
    chamber.advance(7 * DAY_S)
    code, _, _ = refusal(sqs.send_message, QueueUrl=box.url, MessageBody="m")
    assert code in ("KmsNotFound", "KMS.NotFoundException")
    assert box.counts() == (0, 0, 0)


def test_who_may_not_use_the_key_may_not_use_the_queue() -> None:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        sqs, kms, iam = (chamber.client(name) for name in ("sqs", "kms", "iam"))
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        box = Box.make(sqs, "jobs", KmsMasterKeyId=key)
        iam.create_user(UserName="ann")
        made = iam.create_access_key(UserName="ann")["AccessKey"]
        theirs = chamber.client("sqs", credentials=made)

        def allow(*actions: str) -> None:
            statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
            document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
            iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)

        allow("sqs:*")
        code, message, _ = refusal(theirs.send_message, QueueUrl=box.url, MessageBody="m")
        assert code in ("KmsAccessDenied", "KMS.AccessDeniedException")
        assert "kms:GenerateDataKey" in message
        allow("sqs:*", "kms:GenerateDataKey")
        code, message, _ = refusal(theirs.send_message, QueueUrl=box.url, MessageBody="m")
        assert "kms:Decrypt" in message
        box.send("from the owner")
        code, _, _ = refusal(theirs.receive_message, QueueUrl=box.url)
        assert code in ("KmsAccessDenied", "KMS.AccessDeniedException")
        allow("sqs:*", "kms:GenerateDataKey", "kms:Decrypt")
        theirs.send_message(QueueUrl=box.url, MessageBody="m")
        found = theirs.receive_message(QueueUrl=box.url, MaxNumberOfMessages=10)["Messages"]
        assert len(found) == 2
