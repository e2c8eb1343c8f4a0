"""The smaller settings of buckets: what is put is got, what is wrong is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

BOX, ONE, TWO = "box", "111111111111", "222222222222"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


@pytest.fixture
def s3(chamber: Chamber) -> Any:
    client = chamber.client("s3")
    client.create_bucket(Bucket=BOX)
    return client


def tag_set(**tags: str) -> dict[str, Any]:
    return {"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}


def test_tags_are_replaced_found_and_deleted(chamber: Chamber, s3: Any) -> None:
    missing = ("NoSuchTagSet", "The TagSet does not exist")
    assert refusal(s3.get_bucket_tagging, Bucket=BOX) == missing
    s3.put_bucket_tagging(Bucket=BOX, Tagging=tag_set(a="1"))
    s3.put_bucket_tagging(Bucket=BOX, Tagging=tag_set(b="2"))
    assert s3.get_bucket_tagging(Bucket=BOX)["TagSet"] == tag_set(b="2")["TagSet"]
    tagging = chamber.client("resourcegroupstaggingapi")
    tagging.tag_resources(ResourceARNList=[f"arn:aws:s3:::{BOX}"], Tags={"c": "3"})
    assert s3.get_bucket_tagging(Bucket=BOX)["TagSet"] == tag_set(b="2", c="3")["TagSet"]
    [found] = tagging.get_resources()["ResourceTagMappingList"]
    assert found["ResourceARN"] == f"arn:aws:s3:::{BOX}"
    s3.delete_bucket_tagging(Bucket=BOX)
    assert refusal(s3.get_bucket_tagging, Bucket=BOX) == missing


@pytest.mark.parametrize(
    ("tagging", "message"),
    [
        (tag_set(**{"aws:x": "1"}), "System tags cannot be added/updated by requester"),
        (
            {"TagSet": [*tag_set(a="1")["TagSet"], *tag_set(a="2")["TagSet"]]},
            "Cannot provide multiple Tags with the same key",
        ),
    ],
)
def test_tags_that_are_wrong_are_refused(s3: Any, tagging: dict[str, Any], message: str) -> None:
    assert refusal(s3.put_bucket_tagging, Bucket=BOX, Tagging=tagging) == ("InvalidTag", message)


def test_every_bucket_encrypts(s3: Any) -> None:
    def rule() -> dict[str, Any]:
        got = s3.get_bucket_encryption(Bucket=BOX)["ServerSideEncryptionConfiguration"]
        found: dict[str, Any] = got["Rules"][0]
        return found

    default = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
        "BucketKeyEnabled": False,
    }
    assert rule() == default
    wanted = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"},
              "BucketKeyEnabled": True}  # fmt: skip
    put = s3.put_bucket_encryption
    put(Bucket=BOX, ServerSideEncryptionConfiguration={"Rules": [wanted]})
    assert rule() == wanted
    s3.delete_bucket_encryption(Bucket=BOX)
    assert rule() == default
    wrong = {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "key"}
    configuration = {"Rules": [{"ApplyServerSideEncryptionByDefault": wrong}]}
    assert code_of(put, Bucket=BOX, ServerSideEncryptionConfiguration=configuration) == (
        "InvalidArgument"
    )


def test_whoever_asks_pays_and_says_so(chamber: Chamber, s3: Any) -> None:
    assert s3.get_bucket_request_payment(Bucket=BOX)["Payer"] == "BucketOwner"
    s3.put_object(Bucket=BOX, Key="k", Body=b"x")
    policy = (
        '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:GetObject", '
        f'"Principal": {{"AWS": "{TWO}"}}, "Resource": "arn:aws:s3:::{BOX}/*"}}}}'
    )
    s3.put_bucket_policy(Bucket=BOX, Policy=policy)
    s3.put_bucket_request_payment(Bucket=BOX, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=BOX)["Payer"] == "Requester"
    other = chamber.client("s3", account=TWO)
    assert code_of(other.get_object, Bucket=BOX, Key="k") == "AccessDenied"
    other.get_object(Bucket=BOX, Key="k", RequestPayer="requester")


def test_acceleration_is_remembered(s3: Any) -> None:
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=BOX)
    put = s3.put_bucket_accelerate_configuration
    put(Bucket=BOX, AccelerateConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_accelerate_configuration(Bucket=BOX)["Status"] == "Enabled"
    s3.create_bucket(Bucket="with.dots")
    refused = refusal(put, Bucket="with.dots", AccelerateConfiguration={"Status": "Enabled"})
    assert refused[0] == "InvalidRequest"


def test_a_list_has_to_be_asked_for(s3: Any) -> None:
    assert refusal(s3.put_bucket_acl, Bucket=BOX) == (
        "MissingSecurityHeader",
        "Your request was missing a required header",
    )
    create = s3.create_bucket
    assert code_of(create, Bucket="public", ACL="public-read") == (
        "InvalidBucketAclWithObjectOwnership"
    )
    assert (
        code_of(create, Bucket="public", ACL="public-read", ObjectOwnership="ObjectWriter")
        == "InvalidBucketAclWithBlockPublicAccessError"
    )
    create(Bucket="private", ACL="private")


@pytest.mark.parametrize(
    "operation",
    ["get_bucket_tagging", "get_bucket_cors", "get_bucket_policy", "get_bucket_website",
     "get_bucket_lifecycle_configuration", "get_public_access_block", "get_bucket_acl",
     "get_bucket_replication", "get_bucket_logging", "get_bucket_notification_configuration"],
)  # fmt: skip
def test_a_bucket_has_to_be_there_and_be_whose_it_is_said_to_be(
    chamber: Chamber, s3: Any, operation: str
) -> None:
    call = getattr(s3, operation)
    assert code_of(call, Bucket="absent") in ("NoSuchBucket", "AccessDenied")
    assert code_of(call, Bucket=BOX, ExpectedBucketOwner=TWO) == "AccessDenied"
    assert code_of(getattr(chamber.client("s3", account=TWO), operation), Bucket=BOX) == (
        "AccessDenied"
    )
