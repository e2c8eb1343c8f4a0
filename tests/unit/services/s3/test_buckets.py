"""Buckets: their names, their Regions, whose they are, and what a delete asks of them."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

TWO = "222222222222"


@pytest.mark.parametrize(
    "name",
    ["Upper", "under_score", "-head", "tail-", "a..b", "192.168.5.4", "xn--box", "x-s3alias",
     "sthree-x", "amzn-s3-demo-box", "a" * 64, "box.mrap"],
)  # fmt: skip
def test_a_name_that_no_bucket_may_have(s3: Any, name: str) -> None:
    assert code_of(s3.create_bucket, Bucket=name) == "InvalidBucketName"


@pytest.mark.parametrize("name", ["abc", "a.b-c.d", "1box", "a" * 63])
def test_a_name_that_a_bucket_may_have(s3: Any, name: str) -> None:
    assert s3.create_bucket(Bucket=name)["Location"] == f"/{name}"
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"


def test_an_account_regional_name_is_made_in_its_namespace_only(s3: Any) -> None:
    name = "logs-111111111111-us-east-1-an"
    assert code_of(s3.create_bucket, Bucket=name) == "InvalidBucketName"
    s3.create_bucket(Bucket=name, BucketNamespace="account-regional")
    wrong = "logs-222222222222-us-east-1-an"
    found = code_of(s3.create_bucket, Bucket=wrong, BucketNamespace="account-regional")
    assert found == "InvalidBucketName"


def test_a_name_is_one_account_s_in_the_whole_world(chamber: Chamber, s3: Any, box: str) -> None:
    other = chamber.client("s3", account=TWO)
    assert code_of(other.create_bucket, Bucket=box) == "BucketAlreadyExists"
    s3.create_bucket(Bucket=box)  # us-east-1 answers its owner as if it were new


def test_a_bucket_made_twice_elsewhere_is_an_error(chamber: Chamber) -> None:
    s3 = chamber.client("s3", "eu-west-1")
    wanted = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket="box", CreateBucketConfiguration=wanted)
    again = code_of(s3.create_bucket, Bucket="box", CreateBucketConfiguration=wanted)
    assert again == "BucketAlreadyOwnedByYou"


def test_where_a_bucket_may_be_made(chamber: Chamber, s3: Any) -> None:
    def made(client: Any, name: str, constraint: str) -> str:
        wanted = {"LocationConstraint": constraint}
        return code_of(client.create_bucket, Bucket=name, CreateBucketConfiguration=wanted)

    ireland = chamber.client("s3", "eu-west-1")
    assert code_of(ireland.create_bucket, Bucket="box") == "IllegalLocationConstraintException"
    assert made(ireland, "box", "eu-west-2") == "IllegalLocationConstraintException"
    assert made(s3, "box", "us-east-1") == "InvalidLocationConstraint"
    assert made(s3, "box", "mars-north-1") == "InvalidLocationConstraint"
    s3.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "EU"})
    assert s3.get_bucket_location(Bucket="far")["LocationConstraint"] == "eu-west-1"


def test_a_bucket_answers_in_its_own_region_and_clients_find_it(chamber: Chamber, s3: Any) -> None:
    s3.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-3"})
    seen: list[int] = []
    s3.meta.events.register("needs-retry.s3", lambda response, **_: seen.append(
        response[0].status_code if response else 0))  # fmt: skip
    s3.put_object(Bucket="far", Key="k", Body=b"x")
    assert 301 in seen
    assert s3.get_object(Bucket="far", Key="k")["Body"].read() == b"x"
    assert s3.head_bucket(Bucket="far")["BucketRegion"] == "eu-west-3"


def test_a_bucket_that_is_not_empty_stays(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="k", Body=b"x")
    assert refusal(s3.delete_bucket, Bucket=box) == (
        "BucketNotEmpty",
        "The bucket you tried to delete is not empty",
    )
    s3.delete_object(Bucket=box, Key="k")
    s3.create_multipart_upload(Bucket=box, Key="unfinished")
    s3.delete_bucket(Bucket=box)
    assert code_of(s3.list_objects_v2, Bucket=box) == "NoSuchBucket"
    s3.create_bucket(Bucket=box)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=box)


def test_a_versioned_bucket_is_empty_without_its_versions_only(s3: Any, shelf: str) -> None:
    version = s3.put_object(Bucket=shelf, Key="k", Body=b"x")["VersionId"]
    marker = s3.delete_object(Bucket=shelf, Key="k")["VersionId"]
    code, message = refusal(s3.delete_bucket, Bucket=shelf)
    assert code == "BucketNotEmpty"
    assert message.endswith("You must delete all versions in the bucket.")
    s3.delete_object(Bucket=shelf, Key="k", VersionId=version)
    s3.delete_object(Bucket=shelf, Key="k", VersionId=marker)
    s3.delete_bucket(Bucket=shelf)


def test_buckets_are_listed_by_page_prefix_and_region(chamber: Chamber, s3: Any) -> None:
    for name in ("red", "rose", "blue"):
        s3.create_bucket(Bucket=name)
    s3.create_bucket(Bucket="ruby", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    chamber.client("s3", account=TWO).create_bucket(Bucket="rust")
    assert [b["Name"] for b in s3.list_buckets()["Buckets"]] == ["blue", "red", "rose", "ruby"]
    pages = s3.get_paginator("list_buckets").paginate(Prefix="r", PaginationConfig={"PageSize": 2})
    assert [[b["Name"] for b in page["Buckets"]] for page in pages] == [["red", "rose"], ["ruby"]]
    here = s3.list_buckets(BucketRegion="eu-west-1")["Buckets"]
    assert [(b["Name"], b["BucketRegion"]) for b in here] == [("ruby", "eu-west-1")]
    assert code_of(s3.list_buckets, ContinuationToken="nonsense") == "InvalidArgument"


def test_the_owner_that_a_client_expects(s3: Any, box: str) -> None:
    s3.head_bucket(Bucket=box, ExpectedBucketOwner="111111111111")
    assert code_of(s3.list_objects_v2, Bucket=box, ExpectedBucketOwner=TWO) == "AccessDenied"


def test_a_bucket_is_born_with_tags(s3: Any) -> None:
    wanted = {"Tags": [{"Key": "team", "Value": "blue"}]}
    s3.create_bucket(Bucket="box", CreateBucketConfiguration=wanted)
    assert s3.get_bucket_tagging(Bucket="box")["TagSet"] == wanted["Tags"]


def test_waiters_of_buckets(s3: Any, box: str) -> None:
    s3.get_waiter("bucket_exists").wait(Bucket=box)
    s3.put_object(Bucket=box, Key="k")
    s3.get_waiter("object_exists").wait(Bucket=box, Key="k")
    s3.get_waiter("object_not_exists").wait(Bucket=box, Key="other")
    s3.get_waiter("bucket_not_exists").wait(Bucket="nowhere")
