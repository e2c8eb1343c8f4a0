"""Every member of every operation on tables, spoilt: AWS's words, never a mistake of ours.

Rules of this file: each request is one that works (checked first); then each place in it, at any
depth, is left out or holds something else. A mistake of ours would come out as an exception.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.wire.http import Request
from tests.simulation.wrong_inputs import JSON_SPOILS, fault_of, json_bytes, paths
from tests.unit.services.dynamodb.tables import ONE, UNITS, attributes_of, index_of, keys_of, simple

ARN = f"arn:aws:dynamodb:us-east-1:{ONE}:table/jobs"
KINESIS = f"arn:aws:kinesis:us-east-1:{ONE}:stream/changes"
START = 1_798_761_600
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "dynamodb:GetItem", "Resource": "*"}
        ],
    }
)
INDEX = index_of("by-a", "a")
MORE_SPOILS = (
    *(b'"jobs"', b'"by-a"', b'"pk"', b"1e15", b"253402300800", b"-62135596801"),
    *(f'"{ARN[: -len("jobs")]}"'.encode(), f'"{ARN}/stream/x"'.encode(), f'"{ARN}"'.encode()),
    f'"{ARN.replace("us-east-1", "eu-west-1")}"'.encode(),
)
RELOAD = 40  # requests in one world
Case = tuple[str, dict[str, Any]]


def made() -> tuple[bytes, dict[str, str]]:
    """A world in which things exist, and their names."""
    with Chamber(seed=1, account=ONE) as chamber:
        db = chamber.client("dynamodb")
        chamber.client("s3").create_bucket(Bucket="files")
        table = simple(
            AttributeDefinitions=attributes_of(pk="S", a="S"),
            GlobalSecondaryIndexes=[INDEX],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        )
        stream = db.create_table(**table)["TableDescription"]["LatestStreamArn"]
        db.create_table(**{**simple("small"), "BillingMode": "PROVISIONED",
                           "ProvisionedThroughput": UNITS})  # fmt: skip
        db.put_item(TableName="jobs", Item={"pk": {"S": "a"}, "a": {"S": "x"}})
        recovery = {"PointInTimeRecoveryEnabled": True}
        db.update_continuous_backups(TableName="jobs", PointInTimeRecoverySpecification=recovery)
        backup = db.create_backup(TableName="jobs", BackupName="one")["BackupDetails"]["BackupArn"]
        export = db.export_table_to_point_in_time(TableArn=ARN, S3Bucket="files")
        db.enable_kinesis_streaming_destination(TableName="small", StreamArn=KINESIS)
        chamber.advance("1h")
        streams = chamber.client("dynamodbstreams")
        shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]
        iterator = streams.get_shard_iterator(
            StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        names = {
            "stream": stream, "shard": shard["ShardId"], "backup": backup, "iterator": iterator,
            "export": export["ExportDescription"]["ExportArn"],
        }  # fmt: skip
        return snapshots.save(chamber.cloud), names


def table_cases() -> Iterator[Case]:
    provisioned = {**INDEX, "ProvisionedThroughput": UNITS}
    yield "CreateTable", {
        "TableName": "new", "KeySchema": keys_of("pk"), "BillingMode": "PROVISIONED",
        "AttributeDefinitions": attributes_of(pk="S", a="S"), "ProvisionedThroughput": UNITS,
        "GlobalSecondaryIndexes": [{**provisioned, "WarmThroughput": {"ReadUnitsPerSecond": 5}}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
        "SSESpecification": {"Enabled": True, "SSEType": "KMS"}, "ResourcePolicy": POLICY,
        "Tags": [{"Key": "a", "Value": "b"}], "TableClass": "STANDARD",
        "DeletionProtectionEnabled": False, "WarmThroughput": {"WriteUnitsPerSecond": 5},
    }  # fmt: skip
    yield "UpdateTable", {
        "TableName": "small", "AttributeDefinitions": attributes_of(pk="S", a="S"),
        "ProvisionedThroughput": {"ReadCapacityUnits": 6, "WriteCapacityUnits": 4},
        "GlobalSecondaryIndexUpdates": [{"Create": provisioned}],
        "SSESpecification": {"Enabled": True}, "TableClass": "STANDARD_INFREQUENT_ACCESS",
    }  # fmt: skip
    limited = {"IndexName": "by-a", "OnDemandThroughput": {"MaxReadRequestUnits": 3}}
    for update in ({"Delete": {"IndexName": "by-a"}}, {"Update": limited}):
        yield "UpdateTable", {
            "TableName": "jobs", "GlobalSecondaryIndexUpdates": [update],
            "WarmThroughput": {"ReadUnitsPerSecond": 20_000},
            "StreamSpecification": {"StreamEnabled": False},
        }  # fmt: skip
    override = {"ProvisionedThroughputOverride": {"ReadCapacityUnits": 3}}
    replica = {"RegionName": "eu-west-1", **override, "TableClassOverride": "STANDARD"}
    yield "UpdateTable", {"TableName": "small", "ReplicaUpdates": [{"Create": replica}]}
    yield "DeleteTable", {"TableName": "small"}
    yield "ListTables", {"Limit": 1, "ExclusiveStartTableName": "aaa"}
    yield "UpdateTimeToLive", {
        "TableName": "jobs", "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "u"},
    }  # fmt: skip
    yield "TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "a", "Value": "b"}]}
    yield "UntagResource", {"ResourceArn": ARN, "TagKeys": ["a"]}
    yield "ListTagsOfResource", {"ResourceArn": ARN, "NextToken": "cGFnZTph"}
    yield "PutResourcePolicy", {
        "ResourceArn": ARN, "Policy": POLICY, "ExpectedRevisionId": "NO_POLICY",
    }  # fmt: skip
    yield "DeleteResourcePolicy", {"ResourceArn": ARN}
    yield "UpdateContributorInsights", {
        "TableName": "jobs", "IndexName": "by-a", "ContributorInsightsAction": "ENABLE",
    }  # fmt: skip
    yield "ListContributorInsights", {"TableName": "jobs", "MaxResults": 1}
    micro = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    yield "EnableKinesisStreamingDestination", {
        "TableName": "jobs", "StreamArn": KINESIS, "EnableKinesisStreamingConfiguration": micro,
    }  # fmt: skip
    yield "UpdateKinesisStreamingDestination", {
        "TableName": "small", "StreamArn": KINESIS, "UpdateKinesisStreamingConfiguration": micro,
    }  # fmt: skip
    yield "DisableKinesisStreamingDestination", {"TableName": "small", "StreamArn": KINESIS}


def copy_cases(names: dict[str, str]) -> Iterator[Case]:
    yield "CreateBackup", {"TableName": "jobs", "BackupName": "two"}
    yield "DescribeBackup", {"BackupArn": names["backup"]}
    yield "ListBackups", {
        "TableName": "jobs", "Limit": 1, "BackupType": "ALL", "TimeRangeLowerBound": START,
        "TimeRangeUpperBound": START + 9, "ExclusiveStartBackupArn": f"{ARN}/backup/0",
    }  # fmt: skip
    yield "RestoreTableFromBackup", {
        "TargetTableName": "new", "BackupArn": names["backup"],
        "BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": UNITS,
        "GlobalSecondaryIndexOverride": [{**INDEX, "ProvisionedThroughput": UNITS}],
        "SSESpecificationOverride": {"Enabled": True},
    }  # fmt: skip
    yield "RestoreTableToPointInTime", {
        "SourceTableName": "jobs", "TargetTableName": "new", "RestoreDateTime": START + 5,
        "LocalSecondaryIndexOverride": [],
    }  # fmt: skip
    recovery = {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 3}
    yield "UpdateContinuousBackups", {
        "TableName": "jobs", "PointInTimeRecoverySpecification": recovery,
    }  # fmt: skip
    yield "ExportTableToPointInTime", {
        "TableArn": ARN, "S3Bucket": "files", "ExportTime": START + 5, "S3Prefix": "x",
        "ClientToken": "t", "S3SseAlgorithm": "AES256",
    }  # fmt: skip
    span = {"ExportFromTime": START, "ExportToTime": START + 1200, "ExportViewType": "NEW_IMAGE"}
    yield "ExportTableToPointInTime", {
        "TableArn": ARN, "S3Bucket": "files", "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": span,
    }  # fmt: skip
    yield "DescribeExport", {"ExportArn": names["export"]}
    yield "ListExports", {"TableArn": ARN, "MaxResults": 1}
    yield "ImportTable", {
        "S3BucketSource": {"S3Bucket": "files", "S3KeyPrefix": "AWS"}, "InputFormat": "CSV",
        "InputFormatOptions": {"Csv": {"Delimiter": ";", "HeaderList": ["pk"]}},
        "InputCompressionType": "GZIP", "ClientToken": "q",
        "TableCreationParameters": {**simple("new"), "SSESpecification": {"Enabled": False}},
    }  # fmt: skip
    yield "ListImports", {"TableArn": ARN, "PageSize": 1}


def stream_cases(names: dict[str, str]) -> Iterator[Case]:
    stream, shard = names["stream"], names["shard"]
    yield "DescribeStream", {
        "StreamArn": stream, "Limit": 1, "ExclusiveStartShardId": shard,
        "ShardFilter": {"Type": "CHILD_SHARDS", "ShardId": shard},
    }  # fmt: skip
    yield "ListStreams", {"TableName": "jobs", "Limit": 1, "ExclusiveStartStreamArn": stream}
    place = {"StreamArn": stream, "ShardId": shard}
    yield "GetShardIterator", {
        **place, "ShardIteratorType": "AT_SEQUENCE_NUMBER", "SequenceNumber": "1" + "0" * 20,
    }  # fmt: skip
    yield "GetShardIterator", {**place, "ShardIteratorType": "AT_TIMESTAMP", "Timestamp": START}
    yield "GetRecords", {"ShardIterator": names["iterator"], "Limit": 2}


def request_of(target: str, operation: str, body: bytes) -> Request:
    headers = {
        "host": "localhost",
        "x-amz-target": f"{target}_20120810.{operation}",
        "x-amz-date": "20270101T000000Z",
        "content-type": "application/x-amz-json-1.0",
        "authorization": f"AWS4-HMAC-SHA256 Credential={ONE}/20270101/us-east-1/dynamodb/"
        "aws4_request, SignedHeaders=host, Signature=0",
    }
    return Request("POST", "/", "", headers, body)


@pytest.mark.parametrize("which", ["tables", "copies", "streams"])
def test_spoilt_members(which: str) -> None:
    world, names = made()
    cases = {"tables": table_cases(), "copies": copy_cases(names), "streams": stream_cases(names)}
    target = "DynamoDBStreams" if which == "streams" else "DynamoDB"
    cloud = Cloud()
    faults: list[str] = []
    for operation, good in cases[which]:
        snapshots.load(cloud, world)
        works = cloud.handle(request_of(target, operation, json.dumps(good).encode()))
        assert works is not None
        assert works.status == 200, (operation, works.body)
        snapshots.load(cloud, world)
        spoilt = ((path, with_) for path in paths(good)
                  for with_ in (None, *JSON_SPOILS, *MORE_SPOILS))  # fmt: skip
        for number, (path, with_) in enumerate(spoilt):
            if number % RELOAD == RELOAD - 1:
                snapshots.load(cloud, world)
            request = request_of(target, operation, json_bytes(good, path, with_))
            fault = fault_of(request, cloud.handle(request))
            if fault:
                faults.append(f"{operation} {path} {with_!r}: {fault}")
    assert not faults
