"""Replication: what comes into one bucket comes into another, across Regions and accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.s3.answers import code_of, refusal

ONE, TWO = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{ONE}:role/replicator"


class Scene:
    """A source in one Region, a target of another account in another, and a role."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.far = chamber.client("s3", "eu-west-1", account=TWO)
        self.s3.create_bucket(Bucket="from")
        self.far.create_bucket(
            Bucket="into", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        for client, name in ((self.s3, "from"), (self.far, "into")):
            client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        iam = chamber.client("iam")
        trust = document({"Principal": {"Service": "s3.amazonaws.com"},
                          "Action": "sts:AssumeRole"})  # fmt: skip
        iam.create_role(RoleName="replicator", AssumeRolePolicyDocument=trust)
        iam.put_role_policy(
            RoleName="replicator",
            PolicyName="p",
            PolicyDocument=document({"Action": "s3:*", "Resource": "*"}),
        )

    def let_in(self) -> None:
        policy = document(
            {"Principal": {"AWS": ROLE}, "Action": ["s3:ReplicateObject", "s3:ReplicateDelete"],
             "Resource": "arn:aws:s3:::into/*"}
        )  # fmt: skip
        self.far.put_bucket_policy(Bucket="into", Policy=policy)

    def replicate(self, **rule: Any) -> None:
        made = {
            "Status": "Enabled",
            "Priority": 1,
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": {"Bucket": "arn:aws:s3:::into"},
            **rule,
        }
        self.s3.put_bucket_replication(
            Bucket="from", ReplicationConfiguration={"Role": ROLE, "Rules": [made]}
        )

    def keys(self) -> list[str]:
        found = self.far.list_objects_v2(Bucket="into").get("Contents", [])
        return [each["Key"] for each in found]

    def status(self, key: str) -> str | None:
        found: str | None = self.s3.head_object(Bucket="from", Key=key).get("ReplicationStatus")
        return found


def document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        yield Scene(chamber)


def test_a_version_keeps_its_id_its_tags_and_its_bytes(scene: Scene) -> None:
    scene.let_in()
    scene.replicate(Destination={"Bucket": "arn:aws:s3:::into", "StorageClass": "STANDARD_IA"})
    made = scene.s3.put_object(
        Bucket="from", Key="k", Body=b"hello", Metadata={"a": "b"}, Tagging="c=d"
    )
    got = scene.far.get_object(Bucket="into", Key="k")
    assert got["Body"].read() == b"hello"
    assert (got["VersionId"], got["ETag"]) == (made["VersionId"], made["ETag"])
    assert (got["ReplicationStatus"], got["Metadata"]) == ("REPLICA", {"a": "b"})
    assert (got["StorageClass"], got["TagCount"]) == ("STANDARD_IA", 1)
    assert scene.status("k") == "COMPLETED"


def test_time_passes_where_it_does_at_aws() -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        scene = Scene(chamber)
        scene.replicate()
        scene.s3.put_object(Bucket="from", Key="k", Body=b"x")
        assert (scene.status("k"), scene.keys()) == ("PENDING", [])
        chamber.advance("1m")
        assert (scene.status("k"), scene.keys()) == ("COMPLETED", ["k"])


def test_without_permission_it_fails_and_says_so(scene: Scene) -> None:
    scene.replicate()
    scene.s3.put_object(Bucket="from", Key="k", Body=b"x")
    assert (scene.status("k"), scene.keys()) == ("FAILED", [])
    assert "s3.replication-failed" in [each["what"] for each in scene.chamber.events()]


def test_filters_and_old_objects_are_left_out(scene: Scene) -> None:
    scene.let_in()
    scene.s3.put_object(Bucket="from", Key="in/old", Body=b"x")
    wanted = {"And": {"Prefix": "in/", "Tags": [{"Key": "a", "Value": "b"}]}}
    scene.replicate(Filter=wanted)
    scene.s3.put_object(Bucket="from", Key="in/plain", Body=b"x")
    scene.s3.put_object(Bucket="from", Key="out", Body=b"x", Tagging="a=b")
    scene.s3.put_object(Bucket="from", Key="in/tagged", Body=b"x", Tagging="a=b")
    assert scene.keys() == ["in/tagged"]
    assert scene.status("in/plain") is None


@pytest.mark.parametrize("status", ["Enabled", "Disabled"])
def test_delete_markers_follow_when_the_rule_says_so(scene: Scene, status: str) -> None:
    scene.let_in()
    scene.replicate(DeleteMarkerReplication={"Status": status})
    made = scene.s3.put_object(Bucket="from", Key="k", Body=b"x")
    scene.s3.delete_object(Bucket="from", Key="k")
    assert scene.keys() == ([] if status == "Enabled" else ["k"])
    scene.s3.delete_object(Bucket="from", Key="k", VersionId=made["VersionId"])
    versions = scene.far.list_object_versions(Bucket="into")["Versions"]
    assert len(versions) == 1  # deleting a version is never replicated


def test_tags_follow(scene: Scene) -> None:
    scene.let_in()
    scene.replicate()
    scene.s3.put_object(Bucket="from", Key="k", Body=b"x")
    tagging = {"TagSet": [{"Key": "a", "Value": "b"}]}
    scene.s3.put_object_tagging(Bucket="from", Key="k", Tagging=tagging)
    assert scene.far.get_object_tagging(Bucket="into", Key="k")["TagSet"] == tagging["TagSet"]


def test_rules_that_cannot_work_are_refused(scene: Scene) -> None:
    with pytest.raises(Exception, match=r"Destination bucket must exist\."):
        scene.replicate(Destination={"Bucket": "arn:aws:s3:::absent"})
    with pytest.raises(Exception, match="Tag filter is specified"):
        scene.replicate(
            Filter={"Tag": {"Key": "a", "Value": "b"}},
            DeleteMarkerReplication={"Status": "Enabled"},
        )
    scene.far.put_bucket_versioning(Bucket="into", VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(Exception, match="must have versioning enabled"):
        scene.replicate()
    assert code_of(scene.s3.get_bucket_replication, Bucket="from") == (
        "ReplicationConfigurationNotFoundError"
    )
    scene.s3.create_bucket(Bucket="plain")
    put = scene.s3.put_bucket_replication
    configuration = {"Role": ROLE, "Rules": [{"Status": "Enabled", "Prefix": "",
                     "Destination": {"Bucket": "arn:aws:s3:::into"}}]}  # fmt: skip
    assert refusal(put, Bucket="plain", ReplicationConfiguration=configuration) == (
        "InvalidRequest",
        "Versioning must be 'Enabled' on the bucket to apply a replication configuration",
    )
