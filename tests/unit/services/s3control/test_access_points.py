"""Access points: a name of its own to a bucket, with a policy; and what an account blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber

ONE, TWO = "111111111111", "222222222222"
ARN = f"arn:aws:s3:us-east-1:{ONE}:accesspoint/door"


def code_of(call: Callable[..., Any], **request: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**request)
    code: str = caught.value.response["Error"]["Code"]
    return code


class Scene:
    """A bucket with an object and an access point."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.other = chamber.client("s3", account=TWO)
        self.control = chamber.client("s3control")
        self.s3.create_bucket(Bucket="box")
        self.s3.put_object(Bucket="box", Key="k", Body=b"x")
        made = self.control.create_access_point(AccountId=ONE, Name="door", Bucket="box")
        self.alias = made["Alias"]

    def policy(self, arn: str, **more: Any) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": TWO}, "Action": "s3:GetObject",
                     "Resource": arn, **more}  # fmt: skip
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        yield Scene(chamber)


def test_objects_come_by_arn_and_by_alias(scene: Scene) -> None:
    assert scene.alias.endswith("-s3alias")
    for name in (ARN, scene.alias):
        scene.s3.put_object(Bucket=name, Key="new", Body=b"y")
        assert scene.s3.get_object(Bucket=name, Key="new")["Body"].read() == b"y"
        listed = scene.s3.list_objects_v2(Bucket=name)["Contents"]
        assert [each["Key"] for each in listed] == ["k", "new"]
        assert code_of(scene.s3.get_bucket_tagging, Bucket=name) == "MethodNotAllowed"
    absent = ARN.replace("door", "none")
    assert code_of(scene.s3.get_object, Bucket=absent, Key="k") in ("NoSuchBucket", "AccessDenied")


def test_both_the_door_and_the_bucket_have_to_let_in(scene: Scene) -> None:
    def get() -> str:
        return code_of(scene.other.get_object, Bucket=ARN, Key="k")

    assert get() == "AccessDenied"
    scene.control.put_access_point_policy(
        AccountId=ONE, Name="door", Policy=scene.policy(f"{ARN}/object/*")
    )
    assert get() == "AccessDenied"
    delegated = {"StringEquals": {"s3:DataAccessPointAccount": ONE}}
    scene.s3.put_bucket_policy(
        Bucket="box", Policy=scene.policy("arn:aws:s3:::box/*", Condition=delegated)
    )
    assert scene.other.get_object(Bucket=ARN, Key="k")["Body"].read() == b"x"
    assert code_of(scene.other.get_object, Bucket="box", Key="k") == "AccessDenied"


def test_policies_are_checked_kept_and_judged(scene: Scene) -> None:
    control, mine = scene.control, {"AccountId": ONE, "Name": "door"}
    assert code_of(control.get_access_point_policy, **mine) == "NoSuchAccessPointPolicy"
    wrong = scene.policy("arn:aws:s3:::box/*")
    assert code_of(control.put_access_point_policy, **mine, Policy=wrong) == "MalformedPolicy"
    public = scene.policy(f"{ARN}/object/*", Principal="*")
    assert code_of(control.put_access_point_policy, **mine, Policy=public) == "AccessDenied"
    text = scene.policy(f"{ARN}/object/*")
    control.put_access_point_policy(**mine, Policy=text)
    assert control.get_access_point_policy(**mine)["Policy"] == text
    status = control.get_access_point_policy_status(**mine)["PolicyStatus"]
    assert status == {"IsPublic": False}
    control.delete_access_point_policy(**mine)
    assert code_of(control.get_access_point_policy, **mine) == "NoSuchAccessPointPolicy"


def test_points_are_found_listed_and_deleted(scene: Scene) -> None:
    control = scene.control
    got = control.get_access_point(AccountId=ONE, Name="door")
    assert (got["Bucket"], got["NetworkOrigin"], got["Alias"]) == ("box", "Internet", scene.alias)
    for name in ("abc", "xyz"):
        control.create_access_point(AccountId=ONE, Name=name, Bucket="box")
    first = control.list_access_points(AccountId=ONE, MaxResults=2)
    rest = control.list_access_points(AccountId=ONE, NextToken=first["NextToken"])
    names = [each["Name"] for page in (first, rest) for each in page["AccessPointList"]]
    assert names == ["abc", "door", "xyz"]
    scene.s3.delete_object(Bucket="box", Key="k")
    assert code_of(scene.s3.delete_bucket, Bucket="box") == "BucketHasAccessPointsAttached"
    for name in names:
        control.delete_access_point(AccountId=ONE, Name=name)
    assert code_of(control.get_access_point, AccountId=ONE, Name="door") == "NoSuchAccessPoint"
    scene.s3.delete_bucket(Bucket="box")


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"Name": "door", "Bucket": "box"}, "AccessPointAlreadyOwnedByYou"),
        ({"Name": "other", "Bucket": "absent"}, "NoSuchBucket"),
        ({"Name": "-bad-", "Bucket": "box"}, "InvalidRequest"),
        ({"Name": "other", "Bucket": "box", "AccountId": TWO}, "AccessDenied"),
    ],
)
def test_points_that_cannot_be_are_refused(
    scene: Scene, request_: dict[str, Any], code: str
) -> None:
    create = scene.control.create_access_point
    assert code_of(create, **{"AccountId": ONE, **request_}) == code


def test_an_account_blocks_public_access_in_all_its_buckets(scene: Scene) -> None:
    control = scene.control
    assert code_of(control.get_public_access_block, AccountId=ONE) == (
        "NoSuchPublicAccessBlockConfiguration"
    )
    scene.s3.delete_public_access_block(Bucket="box")
    public = scene.policy("arn:aws:s3:::box/*", Principal="*")
    scene.s3.put_bucket_policy(Bucket="box", Policy=public)
    assert scene.other.get_object(Bucket="box", Key="k")["Body"].read() == b"x"
    control.put_public_access_block(
        AccountId=ONE,
        PublicAccessBlockConfiguration={"BlockPublicPolicy": True, "RestrictPublicBuckets": True},
    )
    assert code_of(scene.other.get_object, Bucket="box", Key="k") == "AccessDenied"
    assert code_of(scene.s3.put_bucket_policy, Bucket="box", Policy=public) == "AccessDenied"
    control.delete_public_access_block(AccountId=ONE)
    assert scene.other.get_object(Bucket="box", Key="k")["Body"].read() == b"x"


def test_tags_of_points_and_buckets(scene: Scene) -> None:
    control = scene.control
    for arn in (ARN, "arn:aws:s3:::box"):
        where = {"AccountId": ONE, "ResourceArn": arn}
        tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
        control.tag_resource(**where, Tags=tags)
        assert control.list_tags_for_resource(**where)["Tags"] == tags
        control.untag_resource(**where, TagKeys=["a"])
        assert control.list_tags_for_resource(**where)["Tags"] == tags[1:]
    assert scene.s3.get_bucket_tagging(Bucket="box")["TagSet"] == tags[1:]


def test_what_is_not_here_says_so(scene: Scene) -> None:
    with pytest.raises(ClientError, match="there are no Batch Operations"):
        scene.control.list_jobs(AccountId=ONE)
