"""Worlds whose buckets do things by themselves: forked, saved and replayed, they go on alike."""

from __future__ import annotations

import json
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud

ONE = "111111111111"
SERVICES = ["s3.amazonaws.com", "logging.s3.amazonaws.com"]


def opened() -> Chamber:
    return Chamber(seed=1, account=ONE, lifecycle="realistic", start="2026-01-15T10:30:00Z")


def story(chamber: Chamber) -> None:
    """A bit of everything: replicas, events, logs, lists and expiries are under way."""
    s3, sqs = chamber.client("s3"), chamber.client("sqs")
    for name in ("box", "copy", "logs"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    statement = {"Effect": "Allow", "Principal": {"Service": SERVICES}, "Action": "s3:PutObject",
                 "Resource": "arn:aws:s3:::logs/*"}  # fmt: skip
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="logs", Policy=policy)
    sqs.create_queue(QueueName="heard")
    queue = {"QueueArn": f"arn:aws:sqs:us-east-1:{ONE}:heard", "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="box", NotificationConfiguration={"QueueConfigurations": [queue]}
    )
    rule: dict[str, Any] = {
        "Status": "Enabled",
        "Prefix": "",
        "Destination": {"Bucket": "arn:aws:s3:::copy"},
    }
    role = f"arn:aws:iam::{ONE}:role/absent"
    s3.put_bucket_replication(
        Bucket="box", ReplicationConfiguration={"Role": role, "Rules": [rule]}
    )
    expiring = {"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    s3.put_bucket_lifecycle_configuration(
        Bucket="box", LifecycleConfiguration={"Rules": [expiring]}
    )
    s3.put_bucket_logging(
        Bucket="box",
        BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": "logs", "TargetPrefix": "a/"}},
    )
    s3.put_bucket_inventory_configuration(
        Bucket="box",
        Id="all",
        InventoryConfiguration={
            "Id": "all",
            "IsEnabled": True,
            "IncludedObjectVersions": "All",
            "Schedule": {"Frequency": "Daily"},
            "Destination": {
                "S3BucketDestination": {"Bucket": "arn:aws:s3:::logs", "Format": "CSV"}
            },
        },
    )
    control = chamber.client("s3control")
    control.create_access_point(AccountId=ONE, Name="door", Bucket="box")
    for number in range(3):
        s3.put_object(Bucket="box", Key=f"k{number}", Body=b"x" * number)
    s3.get_object(Bucket="box", Key="k1")
    s3.delete_object(Bucket="box", Key="k2")


def facts(chamber: Chamber) -> str:
    """What came of it two days later."""
    chamber.advance("2d")
    s3, sqs = chamber.client("s3"), chamber.client("sqs")
    seen: list[Any] = []
    for name in ("box", "copy", "logs"):
        listed = s3.list_object_versions(Bucket=name)
        seen += [listed.get("Versions"), listed.get("DeleteMarkers")]
        for each in listed.get("Versions", []):
            got = s3.get_object(Bucket=name, Key=each["Key"], VersionId=each["VersionId"])
            seen.append(got["Body"].read().hex())
    url = sqs.get_queue_url(QueueName="heard")["QueueUrl"]
    seen += sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    seen.append(s3.list_objects_v2(Bucket=f"arn:aws:s3:us-east-1:{ONE}:accesspoint/door"))
    return json.dumps(seen, default=str).partition('"ResponseMetadata"')[0]


def test_a_fork_goes_on_as_the_original() -> None:
    with opened() as chamber:
        story(chamber)
        other = chamber.fork()
        assert other.digest == chamber.digest
        expected = facts(chamber)
        assert '"a/2026-01-15-11-00-00-' in expected
        assert "box/all/2026-01-16T00-00Z/manifest.json" in expected
        assert facts(other) == expected
        assert other.digest == chamber.digest


def test_a_replay_is_the_run_that_was_journalled() -> None:
    journal: list[bytes] = []
    with opened() as chamber:
        chamber.cloud.journal = journal.append
        story(chamber)
        cloud = Cloud(chamber.cloud.settings)
        for record in journal:
            cloud.replay(record)
        with opened() as other:
            other.host.restore(snapshots.save(cloud))
            assert other.digest == chamber.digest
            assert facts(other) == facts(chamber)
            assert other.digest == chamber.digest
