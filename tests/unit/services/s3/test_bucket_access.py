"""Policies, lists, ownership and public access blocks: who gets in, and who does not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import UNSIGNED
from botocore.config import Config

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

ONE, TWO = "111111111111", "222222222222"
ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"


class Scene:
    """A bucket with one object, its owner, another account, and nobody."""

    def __init__(self, chamber: Chamber) -> None:
        self.owner = chamber.client("s3", account=ONE)
        self.other = chamber.client("s3", account=TWO)
        self.nobody = chamber.client("s3", config=Config(signature_version=UNSIGNED))
        self.owner.create_bucket(Bucket="box")
        self.owner.put_object(Bucket="box", Key="k", Body=b"x")

    def allow(self, principal: Any, action: str = "s3:GetObject", **more: Any) -> str:
        statement = {"Effect": "Allow", "Principal": principal, "Action": action,
                     "Resource": "arn:aws:s3:::box/*", **more}  # fmt: skip
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.owner.put_bucket_policy(Bucket="box", Policy=text)
        return text

    def open(self, ownership: str = "ObjectWriter") -> None:
        self.owner.delete_public_access_block(Bucket="box")
        self.owner.put_bucket_ownership_controls(
            Bucket="box", OwnershipControls={"Rules": [{"ObjectOwnership": ownership}]}
        )


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, iam="enforce", account=ONE) as chamber:
        yield Scene(chamber)


def read(client: Any, key: str = "k") -> bytes:
    body: bytes = client.get_object(Bucket="box", Key=key)["Body"].read()
    return body


def test_a_policy_lets_another_account_in_and_out_again(scene: Scene) -> None:
    assert code_of(scene.other.get_object, Bucket="box", Key="k") == "AccessDenied"
    text = scene.allow({"AWS": TWO})
    assert read(scene.other) == b"x"
    assert scene.owner.get_bucket_policy(Bucket="box")["Policy"] == text
    scene.owner.delete_bucket_policy(Bucket="box")
    assert code_of(scene.other.get_object, Bucket="box", Key="k") == "AccessDenied"
    assert refusal(scene.owner.get_bucket_policy, Bucket="box") == (
        "NoSuchBucketPolicy",
        "The bucket policy does not exist",
    )


def test_a_policy_that_is_none_is_refused(scene: Scene) -> None:
    put = scene.owner.put_bucket_policy
    bad = [
        ("[]", "Policies must be valid JSON and the first byte must be '{'"),
        (policy(Action="sqs:SendMessage"), "Policy has invalid action"),
        (policy(Resource="arn:aws:s3:::other/*"), "Policy has invalid resource"),
    ]
    for text, message in bad:
        assert refusal(put, Bucket="box", Policy=text) == ("MalformedPolicy", message)


def policy(**fields: str) -> str:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::box/*", **fields}  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_public_policies_are_blocked_until_the_block_is_lifted(scene: Scene) -> None:
    code, message = refusal(scene.owner.put_bucket_policy, Bucket="box", Policy=policy())
    assert code == "AccessDenied"
    assert "BlockPublicPolicy" in message
    scene.owner.delete_public_access_block(Bucket="box")
    scene.allow("*")
    status = scene.owner.get_bucket_policy_status(Bucket="box")
    assert status["PolicyStatus"] == {"IsPublic": True}
    assert read(scene.nobody) == b"x"
    scene.owner.put_public_access_block(
        Bucket="box", PublicAccessBlockConfiguration={"RestrictPublicBuckets": True}
    )
    assert code_of(scene.nobody.get_object, Bucket="box", Key="k") == "AccessDenied"
    assert read(scene.owner) == b"x"


@pytest.mark.parametrize(
    ("condition", "is_public"),
    [
        ({"StringEquals": {"aws:SourceAccount": ONE}}, False),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, True),
        ({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, False),
        ({"IpAddress": {"aws:SourceIp": "0.0.0.0/1"}}, True),
        ({"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}, True),
        ({"ArnLike": {"aws:SourceArn": f"arn:aws:sns:*:{ONE}:*"}}, False),
    ],
)
def test_a_fixed_condition_makes_a_policy_not_public(
    scene: Scene, condition: dict[str, Any], is_public: bool
) -> None:
    scene.owner.delete_public_access_block(Bucket="box")
    scene.allow("*", Condition=condition)
    status = scene.owner.get_bucket_policy_status(Bucket="box")
    assert status["PolicyStatus"]["IsPublic"] is is_public


def test_lists_are_switched_off_by_default(scene: Scene) -> None:
    refused = ("AccessControlListNotSupported", "The bucket does not allow ACLs")
    assert refusal(scene.owner.put_bucket_acl, Bucket="box", ACL="public-read") == refused
    put = scene.owner.put_object
    assert refusal(put, Bucket="box", Key="k", ACL="public-read") == refused
    put(Bucket="box", Key="k", ACL="bucket-owner-full-control")
    grants = scene.owner.get_bucket_acl(Bucket="box")["Grants"]
    assert [grant["Permission"] for grant in grants] == ["FULL_CONTROL"]


def test_public_lists_are_blocked_then_ignored(scene: Scene) -> None:
    scene.owner.put_bucket_ownership_controls(
        Bucket="box", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    assert code_of(scene.owner.put_object_acl, Bucket="box", Key="k", ACL="public-read") == (
        "AccessDenied"
    )
    scene.open()
    scene.owner.put_object_acl(Bucket="box", Key="k", ACL="public-read")
    assert read(scene.nobody) == b"x"
    scene.owner.put_public_access_block(
        Bucket="box", PublicAccessBlockConfiguration={"IgnorePublicAcls": True}
    )
    assert code_of(scene.nobody.get_object, Bucket="box", Key="k") == "AccessDenied"


def test_whoever_writes_owns_unless_it_is_given_to_the_bucket(scene: Scene) -> None:
    scene.open("BucketOwnerPreferred")
    scene.owner.put_bucket_acl(Bucket="box", ACL="public-read-write")
    scene.other.put_object(Bucket="box", Key="theirs", Body=b"y")
    assert code_of(scene.owner.get_object, Bucket="box", Key="theirs") == "AccessDenied"
    scene.other.put_object(Bucket="box", Key="given", Body=b"z", ACL="bucket-owner-full-control")
    assert read(scene.owner, "given") == b"z"
    scene.other.put_object_acl(Bucket="box", Key="theirs", ACL="bucket-owner-read")
    assert read(scene.owner, "theirs") == b"y"


def test_a_list_grants_to_another_account_by_its_canonical_id(scene: Scene) -> None:
    scene.open()
    scene.other.create_bucket(Bucket="theirs")
    canonical = scene.other.get_bucket_acl(Bucket="theirs")["Owner"]["ID"]
    scene.owner.put_object_acl(Bucket="box", Key="k", GrantRead=f'id="{canonical}"')
    assert read(scene.other) == b"x"
    assert code_of(scene.nobody.get_object, Bucket="box", Key="k") == "AccessDenied"
    put = scene.owner.put_object_acl
    assert refusal(put, Bucket="box", Key="k", GrantRead='id="12ab"')[0] == "InvalidArgument"
    both = {"GrantRead": f'uri="{ALL_USERS}"', "ACL": "private"}
    assert refusal(put, Bucket="box", Key="k", **both) == (
        "InvalidRequest",
        "Specifying both Canned ACLs and Header Grants is not allowed",
    )


def test_blocks_and_ownership_have_defaults_that_deleting_ends(scene: Scene) -> None:
    owner = scene.owner
    blocks = owner.get_public_access_block(Bucket="box")["PublicAccessBlockConfiguration"]
    assert set(blocks.values()) == {True}
    owner.delete_public_access_block(Bucket="box")
    assert code_of(owner.get_public_access_block, Bucket="box") == (
        "NoSuchPublicAccessBlockConfiguration"
    )
    rules = owner.get_bucket_ownership_controls(Bucket="box")["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    owner.delete_bucket_ownership_controls(Bucket="box")
    assert code_of(owner.get_bucket_ownership_controls, Bucket="box") == (
        "OwnershipControlsNotFoundError"
    )


def test_lists_and_enforced_ownership_exclude_each_other(scene: Scene) -> None:
    scene.open()
    scene.owner.put_bucket_acl(Bucket="box", ACL="public-read")
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    put = scene.owner.put_bucket_ownership_controls
    assert code_of(put, Bucket="box", OwnershipControls=controls) == (
        "InvalidBucketAclWithObjectOwnership"
    )
    scene.owner.put_bucket_acl(Bucket="box", ACL="private")
    put(Bucket="box", OwnershipControls=controls)


def test_a_list_may_be_written_out(scene: Scene) -> None:
    scene.open()
    owner = scene.owner.get_bucket_acl(Bucket="box")["Owner"]
    everybody = {"Grantee": {"Type": "Group", "URI": ALL_USERS}, "Permission": "READ"}
    put = scene.owner.put_bucket_acl
    put(Bucket="box", AccessControlPolicy={"Owner": owner, "Grants": [everybody]})
    assert scene.owner.get_bucket_acl(Bucket="box")["Grants"] == [everybody]
    listed = scene.nobody.list_objects_v2(Bucket="box")["Contents"]
    assert [each["Key"] for each in listed] == ["k"]
    wrong = {"Grantee": {"Type": "Group", "URI": "http://nowhere"}, "Permission": "READ"}
    assert refusal(put, Bucket="box", AccessControlPolicy={"Owner": owner, "Grants": [wrong]}) == (
        "InvalidArgument",
        "Invalid group uri",
    )
    theirs = {"ID": "0" * 64}
    assert (
        code_of(put, Bucket="box", AccessControlPolicy={"Owner": theirs, "Grants": [everybody]})
        == "AccessDenied"
    )


def test_who_is_signed_in_may_be_granted_something_that_nobody_is_not(scene: Scene) -> None:
    scene.open()
    scene.owner.put_object_acl(Bucket="box", Key="k", ACL="authenticated-read")
    assert read(scene.other) == b"x"
    assert code_of(scene.nobody.get_object, Bucket="box", Key="k") == "AccessDenied"


def test_a_policy_denies_what_a_list_grants(scene: Scene) -> None:
    scene.open()
    scene.owner.put_object_acl(Bucket="box", Key="k", ACL="public-read")
    assert read(scene.nobody) == b"x"
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                 "Resource": "arn:aws:s3:::box/*",
                 "Condition": {"Bool": {"aws:SecureTransport": "false"}}}  # fmt: skip
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    scene.owner.put_bucket_policy(Bucket="box", Policy=text)
    assert code_of(scene.nobody.get_object, Bucket="box", Key="k") == "AccessDenied"
