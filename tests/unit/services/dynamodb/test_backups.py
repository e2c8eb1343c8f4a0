"""Backups and restores: what was is made a table again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import (
    ONE,
    UNITS,
    attributes_of,
    index_of,
    provisioned,
    refusal,
    simple,
)

INDEXED: dict[str, Any] = {
    "AttributeDefinitions": attributes_of(pk="S", v="S"),
    "GlobalSecondaryIndexes": [index_of("by-v", "v")],
}


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb")
    client.create_table(**simple(**INDEXED))
    return client


def put(db: Any, key: str, value: str) -> None:
    db.put_item(TableName="jobs", Item={"pk": {"S": key}, "v": {"S": value}})


def content(db: Any, table: str = "jobs") -> dict[str, str]:
    items = db.scan(TableName=table)["Items"]
    return {item["pk"]["S"]: item["v"]["S"] for item in items}


def recover(db: Any, **more: Any) -> dict[str, Any]:
    specification = {"PointInTimeRecoveryEnabled": True, **more}
    answer = db.update_continuous_backups(
        TableName="jobs", PointInTimeRecoverySpecification=specification
    )
    found: dict[str, Any] = answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return found


def by_value(db: Any, table: str, value: str) -> list[str]:
    found = db.query(
        TableName=table, IndexName="by-v", KeyConditionExpression="v = :v",
        ExpressionAttributeValues={":v": {"S": value}},
    )["Items"]  # fmt: skip
    return sorted(item["pk"]["S"] for item in found)


def test_a_backup_holds_what_was(db: Any, chamber: Chamber) -> None:
    put(db, "a", "1")
    put(db, "b", "1")
    db.update_time_to_live(
        TableName="jobs", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    details = db.create_backup(TableName="jobs", BackupName="before")["BackupDetails"]
    assert (details["BackupStatus"], details["BackupType"]) == ("CREATING", "USER")
    assert details["BackupSizeBytes"] == 10
    put(db, "a", "2")
    put(db, "c", "2")
    described = db.describe_backup(BackupArn=details["BackupArn"])["BackupDescription"]
    assert described["BackupDetails"]["BackupStatus"] == "AVAILABLE"
    assert described["SourceTableDetails"]["ItemCount"] == 2
    features = described["SourceTableFeatureDetails"]
    assert features["GlobalSecondaryIndexes"][0]["IndexName"] == "by-v"
    assert features["TimeToLiveDescription"]["AttributeName"] == "until"
    restored = db.restore_table_from_backup(
        TargetTableName="again", BackupArn=details["BackupArn"]
    )["TableDescription"]
    assert restored["RestoreSummary"]["SourceBackupArn"] == details["BackupArn"]
    assert restored["RestoreSummary"]["RestoreInProgress"] is True
    assert content(db, "again") == {"a": "1", "b": "1"}
    assert by_value(db, "again", "1") == ["a", "b"]
    table = db.describe_table(TableName="again")["Table"]
    assert table["RestoreSummary"]["RestoreInProgress"] is False
    assert db.describe_time_to_live(TableName="again")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    assert content(db) == {"a": "2", "b": "1", "c": "2"}


def test_a_backup_outlives_its_table(db: Any, chamber: Chamber) -> None:
    put(db, "a", "1")
    arn = db.create_backup(TableName="jobs", BackupName="before")["BackupDetails"]["BackupArn"]
    db.delete_table(TableName="jobs")
    db.restore_table_from_backup(TargetTableName="jobs", BackupArn=arn)
    assert content(db) == {"a": "1"}
    gone = db.delete_backup(BackupArn=arn)["BackupDescription"]
    assert gone["BackupDetails"]["BackupStatus"] == "DELETED"
    assert refusal(db.describe_backup, BackupArn=arn) == (
        "BackupNotFoundException", f"Backup not found: {arn}",
    )  # fmt: skip


def test_backups_are_listed(db: Any, chamber: Chamber) -> None:
    arns = []
    for name in ("one", "two", "three"):
        answer = db.create_backup(TableName="jobs", BackupName=name)
        arns.append(answer["BackupDetails"]["BackupArn"])
        chamber.advance("1h")
    assert [each["BackupArn"] for each in db.list_backups()["BackupSummaries"]] == arns
    page = db.list_backups(Limit=2)
    assert page["LastEvaluatedBackupArn"] == arns[1]
    rest = db.list_backups(ExclusiveStartBackupArn=arns[1])["BackupSummaries"]
    assert [each["BackupName"] for each in rest] == ["three"]
    second = rest[0]["BackupCreationDateTime"] - timedelta(minutes=90)
    late = db.list_backups(TimeRangeLowerBound=second)["BackupSummaries"]
    assert [each["BackupName"] for each in late] == ["two", "three"]
    assert db.list_backups(TableName="other")["BackupSummaries"] == []
    assert db.list_backups(BackupType="SYSTEM")["BackupSummaries"] == []


def test_a_table_is_restored_to_any_instant(db: Any, chamber: Chamber) -> None:
    put(db, "before", "0")
    description = recover(db)
    assert description["PointInTimeRecoveryStatus"] == "ENABLED"
    moments: list[datetime] = [description["EarliestRestorableDateTime"]]
    states = [content(db)]
    for step in range(4):
        chamber.advance(60)
        put(db, "a", str(step))
        if step == 1:
            db.delete_item(TableName="jobs", Key={"pk": {"S": "before"}})
        if step == 2:
            put(db, "before", "back")
        moments.append(moments[0] + timedelta(seconds=60 * (step + 1)))
        states.append(content(db))
    for number, (moment, state) in enumerate(zip(moments, states, strict=True)):
        db.restore_table_to_point_in_time(
            SourceTableName="jobs", TargetTableName=f"at-{number}", RestoreDateTime=moment
        )
        assert content(db, f"at-{number}") == state
    just_before = moments[2] - timedelta(milliseconds=1)
    db.restore_table_to_point_in_time(
        SourceTableArn=db.describe_table(TableName="jobs")["Table"]["TableArn"],
        TargetTableName="finer", RestoreDateTime=just_before,
    )  # fmt: skip
    assert content(db, "finer") == states[1]
    db.restore_table_to_point_in_time(
        SourceTableName="jobs", TargetTableName="latest", UseLatestRestorableTime=True
    )
    assert content(db, "latest") == states[-1]
    assert by_value(db, "latest", "back") == ["before"]


def test_the_window_moves_with_the_clock() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance("1m")
        assert db.describe_continuous_backups(TableName="jobs")["ContinuousBackupsDescription"] == {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"},
        }
        began = recover(db, RecoveryPeriodInDays=2)["EarliestRestorableDateTime"]
        chamber.advance("1h")
        window = recover(db, RecoveryPeriodInDays=2)
        assert window["EarliestRestorableDateTime"] == began
        assert window["LatestRestorableDateTime"] == began + timedelta(minutes=55)
        chamber.advance("3d")
        window = recover(db, RecoveryPeriodInDays=2)
        assert window["EarliestRestorableDateTime"] == began + timedelta(days=1, hours=1)
        code, _ = refusal(
            db.restore_table_to_point_in_time, SourceTableName="jobs", TargetTableName="again",
            RestoreDateTime=began,
        )  # fmt: skip
        assert code == "InvalidRestoreTimeException"


def test_a_longer_period_brings_nothing_back(db: Any, chamber: Chamber) -> None:
    recover(db)
    chamber.advance("10d")
    recover(db, RecoveryPeriodInDays=1)
    chamber.advance("1d")
    longer = recover(db, RecoveryPeriodInDays=35)
    assert longer["LatestRestorableDateTime"] - longer["EarliestRestorableDateTime"] == (
        timedelta(days=1)
    )


def test_what_cannot_be_restored(db: Any) -> None:
    arguments = {"SourceTableName": "jobs", "TargetTableName": "again"}
    call = db.restore_table_to_point_in_time
    assert refusal(call, UseLatestRestorableTime=True, **arguments) == (
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'jobs'",
    )
    recover(db)
    assert refusal(call, **arguments)[0] == "ValidationException"
    assert refusal(
        call, UseLatestRestorableTime=True, SourceTableName="jobs", TargetTableName="jobs"
    ) == ("TableAlreadyExistsException", "Table already exists: jobs")
    assert refusal(
        call, UseLatestRestorableTime=True, SourceTableName="none", TargetTableName="again"
    ) == ("TableNotFoundException", "Table not found: none")
    for operation in (db.create_backup, db.describe_continuous_backups):
        more = {"BackupName": "one"} if operation == db.create_backup else {}
        assert refusal(operation, TableName="none", **more)[0] == "TableNotFoundException"


def test_a_restore_may_be_otherwise(db: Any, chamber: Chamber) -> None:
    put(db, "a", "1")
    arn = db.create_backup(TableName="jobs", BackupName="one")["BackupDetails"]["BackupArn"]
    db.restore_table_from_backup(
        TargetTableName="plain", BackupArn=arn, GlobalSecondaryIndexOverride=[],
        BillingModeOverride="PROVISIONED", ProvisionedThroughputOverride=UNITS,
    )  # fmt: skip
    table = db.describe_table(TableName="plain")["Table"]
    assert "GlobalSecondaryIndexes" not in table
    assert table["AttributeDefinitions"] == attributes_of(pk="S")
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    assert content(db, "plain") == {"a": "1"}
    for odd in (
        index_of("other", "v"),
        index_of("by-v", "pk"),
        index_of("by-v", "v", kind="KEYS_ONLY"),
    ):
        code, _ = refusal(
            db.restore_table_from_backup, TargetTableName="odd", BackupArn=arn,
            GlobalSecondaryIndexOverride=[odd],
        )  # fmt: skip
        assert code == "ValidationException"
    db.create_table(**provisioned("other"))


def test_a_deleted_table_leaves_a_backup(db: Any, chamber: Chamber) -> None:
    put(db, "a", "1")
    recover(db)
    db.delete_table(TableName="jobs")
    (kept,) = db.list_backups(BackupType="SYSTEM")["BackupSummaries"]
    assert kept["BackupName"] == "jobs$DeletedTableBackup"
    db.restore_table_from_backup(TargetTableName="again", BackupArn=kept["BackupArn"])
    assert content(db, "again") == {"a": "1"}
    chamber.advance(35 * 86_400 + 1)
    assert db.list_backups(BackupType="ALL")["BackupSummaries"] == []


def test_a_restored_table_is_its_own(db: Any, chamber: Chamber) -> None:
    put(db, "a", "1")
    arn = db.create_backup(TableName="jobs", BackupName="one")["BackupDetails"]["BackupArn"]
    db.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    db.put_item(TableName="again", Item={"pk": {"S": "a"}, "v": {"S": "changed"}})
    assert content(db) == {"a": "1"}
    with chamber.fork() as other:
        client = other.client("dynamodb")
        assert content(client, "again") == {"a": "changed"}
        client.restore_table_from_backup(TargetTableName="third", BackupArn=arn)
        assert content(client, "third") == {"a": "1"}
