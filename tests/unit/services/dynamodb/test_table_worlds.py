"""Worlds with tables in them: forked and replayed amid everything, they go on alike."""

from __future__ import annotations

import json
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from tests.unit.services.dynamodb.tables import (
    ONE,
    attributes_of,
    index_of,
    keys_of,
    provisioned,
    simple,
)

THERE = "eu-west-1"
START = 1_798_761_600


def opened() -> Chamber:
    return Chamber(seed=1, account=ONE, lifecycle="realistic", throttling="enforce")


def put(db: Any, key: str, **attributes: Any) -> None:
    db.put_item(TableName="jobs", Item={"pk": {"S": key}, **attributes})


def story(chamber: Chamber) -> None:
    """Leaves an index, a replica, a backup, an export, an import and an expiry on their way."""
    db = chamber.client("dynamodb")
    chamber.client("s3").create_bucket(Bucket="files")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    db.create_table(**simple(StreamSpecification=stream, Tags=[{"Key": "a", "Value": "b"}]))
    db.create_table(**provisioned("small"))
    db.create_table(**simple("gone"))
    chamber.advance("1m")
    recovery = {"PointInTimeRecoveryEnabled": True}
    db.update_continuous_backups(TableName="jobs", PointInTimeRecoverySpecification=recovery)
    ttl = {"Enabled": True, "AttributeName": "until"}
    db.update_time_to_live(TableName="jobs", TimeToLiveSpecification=ttl)
    chamber.advance("1h")
    for number in range(5):
        until = {"N": str(START + 3_700 + number * 600)}
        put(db, f"k{number}", a={"S": "x"}, raw={"B": b"\x00\xff"}, until=until)
    db.put_item(TableName="small", Item={"pk": {"S": "a"}})
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}
        ],
    }
    arn = db.describe_table(TableName="jobs")["Table"]["TableArn"]
    db.put_resource_policy(ResourceArn=arn, Policy=json.dumps(document))
    db.update_contributor_insights(TableName="jobs", ContributorInsightsAction="ENABLE")
    stream_arn = f"arn:aws:kinesis:us-east-1:{ONE}:stream/changes"
    db.enable_kinesis_streaming_destination(TableName="small", StreamArn=stream_arn)
    update = [{"Create": {"RegionName": THERE}}]
    db.update_table(TableName="jobs", ReplicaUpdates=update)
    chamber.advance("10m")
    db.create_backup(TableName="jobs", BackupName="one")
    db.export_table_to_point_in_time(TableArn=arn, S3Bucket="files")
    db.import_table(
        S3BucketSource={"S3Bucket": "files"}, InputFormat="CSV",
        TableCreationParameters={
            "TableName": "copy", "KeySchema": keys_of("pk"), "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": attributes_of(pk="S"),
        },
    )  # fmt: skip
    db.delete_table(TableName="gone")
    db.update_table(
        TableName="jobs", AttributeDefinitions=attributes_of(pk="S", a="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index_of("by-a", "a")}],
    )  # fmt: skip
    put(db, "late", a={"S": "x"})
    db.restore_table_to_point_in_time(
        SourceTableName="jobs", TargetTableName="again", UseLatestRestorableTime=True
    )


def facts(chamber: Chamber) -> str:
    """Everything a client can see, as time goes by."""
    seen: list[Any] = []
    for minutes in (0, 1, 10, 60, 600):
        chamber.advance(f"{minutes}m")
        for region in ("us-east-1", THERE):
            seen += look(chamber, region)
    listed = chamber.client("s3").list_objects_v2(Bucket="files").get("Contents", [])
    seen += [(entry["Key"], entry["ETag"]) for entry in listed]
    return json.dumps(seen, default=repr)


def look(chamber: Chamber, region: str) -> list[Any]:
    db, streams = chamber.client("dynamodb", region), chamber.client("dynamodbstreams", region)
    seen: list[Any] = []
    for name in db.list_tables()["TableNames"]:
        table = db.describe_table(TableName=name)["Table"]
        seen.append(table)
        if table["TableStatus"] != "CREATING":
            seen.append(sorted(map(repr, db.scan(TableName=name)["Items"])))
        seen.append(db.describe_time_to_live(TableName=name)["TimeToLiveDescription"])
        found = db.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        seen.append(found)
        destinations = db.describe_kinesis_streaming_destination(TableName=name)
        seen.append(destinations["KinesisDataStreamDestinations"])
    seen += db.list_backups(BackupType="ALL")["BackupSummaries"]
    for export in db.list_exports()["ExportSummaries"]:
        seen.append(db.describe_export(ExportArn=export["ExportArn"])["ExportDescription"])
    for one in db.list_imports()["ImportSummaryList"]:
        seen.append(db.describe_import(ImportArn=one["ImportArn"])["ImportTableDescription"])
    for each in streams.list_streams()["Streams"]:
        arn = each["StreamArn"]
        for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
            iterator = streams.get_shard_iterator(
                StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            seen += streams.get_records(ShardIterator=iterator)["Records"]
    return seen


def test_a_fork_goes_on_as_the_original() -> None:
    with opened() as chamber:
        story(chamber)
        other = chamber.fork()
        third = other.fork()
        assert chamber.digest == other.digest == third.digest
        expected = facts(chamber)
        for text in ('"COMPLETED"', '"by-a"', '"ACTIVE"', '"late"', "manifest-summary.json"):
            assert text in expected
        assert facts(other) == expected
        assert facts(third) == expected
        assert chamber.digest == other.digest == third.digest


def test_a_replay_is_the_run_that_was_journalled() -> None:
    journal: list[bytes] = []
    with opened() as chamber:
        chamber.cloud.journal = journal.append
        story(chamber)
        cloud = Cloud(chamber.cloud.settings)
        for record in journal:
            cloud.replay(record)
        assert cloud.kernel.digest == chamber.digest
        other = opened()
        other.host.restore(snapshots.save(cloud))
        assert facts(other) == facts(chamber)
