"""Tables: changed while they live."""

from __future__ import annotations

from collections.abc import Iterator
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

INVALID = "One or more parameter values were invalid: "
SAME = (
    "The provisioned throughput for the table will not change. The requested value equals the "
    "current value. Current ReadCapacityUnits provisioned for the table: 5. Requested "
    "ReadCapacityUnits: 5. Current WriteCapacityUnits provisioned for the table: 5. Requested "
    "WriteCapacityUnits: 5. Refer to the Amazon DynamoDB Developer Guide for current limits and "
    "how to request higher limits."
)
NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
    "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
)


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb")


def table_of(db: Any) -> dict[str, Any]:
    found: dict[str, Any] = db.describe_table(TableName="jobs")["Table"]
    return found


def units(reads: int, writes: int) -> dict[str, int]:
    return {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}


def create_index(name: str = "by-a", **more: Any) -> dict[str, Any]:
    return {
        "AttributeDefinitions": attributes_of(pk="S", a="S"),
        "GlobalSecondaryIndexUpdates": [{"Create": {**index_of(name, "a"), **more}}],
    }


def test_throughput_is_changed_and_counted(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned())
    changed = db.update_table(TableName="jobs", ProvisionedThroughput=units(10, 5))
    assert changed["TableDescription"]["TableStatus"] == "UPDATING"
    chamber.advance(1)
    throughput = table_of(db)["ProvisionedThroughput"]
    assert (throughput["ReadCapacityUnits"], throughput["NumberOfDecreasesToday"]) == (10, 0)
    assert "LastIncreaseDateTime" in throughput
    db.update_table(TableName="jobs", ProvisionedThroughput=units(9, 5))
    chamber.advance(1)
    assert table_of(db)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 1
    assert refusal(db.update_table, TableName="jobs", ProvisionedThroughput=units(9, 5)) == (
        "ValidationException",
        SAME.replace("ReadCapacityUnits provisioned for the table: 5",
                     "ReadCapacityUnits provisioned for the table: 9")
        .replace("Requested ReadCapacityUnits: 5", "Requested ReadCapacityUnits: 9"),
    )  # fmt: skip


def test_decreases_are_four_a_day_and_one_an_hour(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned(ProvisionedThroughput=units(50, 50)))
    for reads in (40, 30, 20, 10):
        db.update_table(TableName="jobs", ProvisionedThroughput=units(reads, 50))
        chamber.advance(1)
    less = {"TableName": "jobs", "ProvisionedThroughput": units(5, 50)}
    code, message = refusal(db.update_table, **less)
    assert code == "LimitExceededException"
    assert "Number of decreases today: 4" in message
    chamber.advance("1h")
    db.update_table(**less)
    chamber.advance("24h")
    assert table_of(db)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 0


def test_billing_goes_both_ways(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned())
    db.update_table(TableName="jobs", BillingMode="PAY_PER_REQUEST")
    chamber.advance(1)
    table = table_of(db)
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "LastUpdateToPayPerRequestDateTime" in table["BillingModeSummary"]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
    assert refusal(db.update_table, TableName="jobs", BillingMode="PROVISIONED")[0] == (
        "ValidationException"
    )
    db.update_table(TableName="jobs", BillingMode="PROVISIONED", ProvisionedThroughput=UNITS)
    chamber.advance(1)
    table = table_of(db)
    assert table["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 5


def test_an_index_is_filled_from_what_is_there(db: Any) -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance(8)
        for number in range(3):
            item = {"pk": {"S": str(number)}, "a": {"S": "x"}}
            db.put_item(TableName="jobs", Item=item)
        db.put_item(TableName="jobs", Item={"pk": {"S": "without"}})
        made = db.update_table(TableName="jobs", **create_index())["TableDescription"]
        assert made["TableStatus"] == "UPDATING"
        assert made["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
        query = {
            "TableName": "jobs", "IndexName": "by-a", "KeyConditionExpression": "a = :a",
            "ExpressionAttributeValues": {":a": {"S": "x"}},
        }  # fmt: skip
        assert refusal(db.query, **query) == (
            "ValidationException", "Cannot read from backfilling global secondary index: by-a",
        )  # fmt: skip
        chamber.advance(9)
        table = table_of(db)
        assert table["TableStatus"] == "ACTIVE"
        assert table["GlobalSecondaryIndexes"][0]["Backfilling"] is True
        late = {"pk": {"S": "late"}, "a": {"S": "x"}}
        db.put_item(TableName="jobs", Item=late)
        assert refusal(db.update_table, TableName="jobs", **create_index("another"))[0] == (
            "LimitExceededException"
        )
        chamber.advance(60)
        index = table_of(db)["GlobalSecondaryIndexes"][0]
        assert index["IndexStatus"] == "ACTIVE"
        assert "Backfilling" not in index
        found = db.query(**query)
        assert sorted(item["pk"]["S"] for item in found["Items"]) == ["0", "1", "2", "late"]


def test_an_index_is_deleted(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    db.update_table(TableName="jobs", **create_index())
    chamber.advance(1)
    assert refusal(db.update_table, TableName="jobs", **create_index()) == (
        "ValidationException", "Attempting to create an index which already exists",
    )  # fmt: skip
    delete = [{"Delete": {"IndexName": "by-a"}}]
    db.update_table(TableName="jobs", GlobalSecondaryIndexUpdates=delete)
    chamber.advance(1)
    table = table_of(db)
    assert "GlobalSecondaryIndexes" not in table
    assert table["AttributeDefinitions"] == attributes_of(pk="S")
    assert refusal(
        db.update_table, TableName="jobs", GlobalSecondaryIndexUpdates=delete
    )[0] == "ResourceNotFoundException"  # fmt: skip


def test_an_index_can_be_given_up_while_it_is_filled() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance(8)
        db.put_item(TableName="jobs", Item={"pk": {"S": "a"}, "a": {"S": "x"}})
        db.update_table(TableName="jobs", **create_index())
        chamber.advance(9)
        assert table_of(db)["GlobalSecondaryIndexes"][0]["Backfilling"] is True
        delete = [{"Delete": {"IndexName": "by-a"}}]
        db.update_table(TableName="jobs", GlobalSecondaryIndexUpdates=delete)
        chamber.advance(9)
        assert table_of(db)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "DELETING"
        assert refusal(db.update_table, TableName="jobs", **create_index("other"))[0] == (
            "LimitExceededException"
        )
        chamber.advance("10m")
        assert "GlobalSecondaryIndexes" not in table_of(db)
        db.update_table(TableName="jobs", **create_index())
        chamber.advance("10m")
        assert table_of(db)["GlobalSecondaryIndexes"][0]["IndexStatus"] == "ACTIVE"


def test_an_index_has_its_own_throughput(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned())
    _, message = refusal(db.update_table, TableName="jobs", **create_index())
    assert message == INVALID + "ProvisionedThroughput must be specified for index: by-a"
    db.update_table(TableName="jobs", **create_index(ProvisionedThroughput=UNITS))
    chamber.advance(1)
    update = {"Update": {"IndexName": "by-a", "ProvisionedThroughput": units(7, 5)}}
    db.update_table(TableName="jobs", GlobalSecondaryIndexUpdates=[update])
    chamber.advance(1)
    index = table_of(db)["GlobalSecondaryIndexes"][0]
    assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 7


def test_only_one_index_at_a_time(db: Any) -> None:
    db.create_table(**simple())
    two = create_index()
    two["GlobalSecondaryIndexUpdates"].append({"Create": index_of("by-b", "a")})
    assert refusal(db.update_table, TableName="jobs", **two) == (
        "LimitExceededException",
        (
            "Subscriber limit exceeded: Only 1 online index can be created or deleted "
            "simultaneously per table"
        ),
    )


def test_the_rest_of_a_table_s_settings(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    for setting in (
        {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        {"DeletionProtectionEnabled": True},
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}},
        {"WarmThroughput": {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 5_000}},
        {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}},
    ):
        db.update_table(TableName="jobs", **setting)
        chamber.advance(1)
    table = table_of(db)
    assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    assert table["DeletionProtectionEnabled"] is True
    assert table["OnDemandThroughput"] == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    assert table["WarmThroughput"]["ReadUnitsPerSecond"] == 13_000
    assert table["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"
    assert table["LatestStreamArn"].endswith("/stream/" + table["LatestStreamLabel"])
    less = {"ReadUnitsPerSecond": 12_500, "WriteUnitsPerSecond": 5_000}
    assert refusal(db.update_table, TableName="jobs", WarmThroughput=less)[0] == (
        "ValidationException"
    )


def test_updates_that_cannot_be(db: Any) -> None:
    assert refusal(db.update_table, TableName="jobs", DeletionProtectionEnabled=True)[0] == (
        "ResourceNotFoundException"
    )
    db.create_table(**provisioned())
    assert refusal(db.update_table, TableName="jobs") == ("ValidationException", NOTHING)
    assert refusal(db.update_table, TableName="jobs", ProvisionedThroughput=UNITS) == (
        "ValidationException", SAME,
    )  # fmt: skip
    off = {"StreamEnabled": False}
    assert refusal(db.update_table, TableName="jobs", StreamSpecification=off) == (
        "ValidationException", "Table is already in the desired state: stream is disabled",
    )  # fmt: skip


def test_a_stream_is_changed_alone(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned())
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    both = {"StreamSpecification": stream, "ProvisionedThroughput": units(9, 9)}
    assert refusal(db.update_table, TableName="jobs", **both) == (
        "ValidationException",
        INVALID + "You cannot modify stream status while updating table IOPS",
    )
    db.update_table(TableName="jobs", StreamSpecification=stream)
    chamber.advance(1)
    other = {**stream, "StreamViewType": "OLD_IMAGE"}
    assert refusal(db.update_table, TableName="jobs", StreamSpecification=other) == (
        "ValidationException", "Table already has an enabled stream: TableName: jobs",
    )  # fmt: skip


def test_a_table_that_is_being_changed_is_in_use() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance(8)
        db.update_table(TableName="jobs", DeletionProtectionEnabled=True)
        stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
        for call, more in ((db.update_table, {"StreamSpecification": stream}),
                           (db.delete_table, {})):  # fmt: skip
            assert refusal(call, TableName="jobs", **more) == (
                "ResourceInUseException",
                "Attempt to change a resource which is still in use: Table is being updated: jobs",
            )
        # Data is read and written all the while.
        db.put_item(TableName="jobs", Item={"pk": {"S": "a"}})


def test_counts_are_six_hours_old(db: Any, chamber: Chamber) -> None:
    db.create_table(**simple())
    db.put_item(TableName="jobs", Item={"pk": {"S": "a"}, "v": {"S": "12345"}})
    assert table_of(db)["ItemCount"] == 0
    chamber.advance("6h")
    table = table_of(db)
    assert table["ItemCount"] == 1
    assert table["TableSizeBytes"] == 2 + 1 + 1 + 5


def test_a_large_table_is_written_to_while_an_index_is_filled() -> None:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance(8)
        expected: set[str] = set()
        for start in range(0, 5000, 25):
            names = [f"k{number}" for number in range(start, start + 25)]
            items = [{"PutRequest": {"Item": {"pk": {"S": each}, "a": {"S": "x"}}}}
                     for each in names]  # fmt: skip
            db.batch_write_item(RequestItems={"jobs": items})
            expected.update(names)
        db.update_table(TableName="jobs", **create_index())
        chamber.advance("59999ms")
        for number in range(0, 5000, 9):
            if number % 900 == 0:
                chamber.advance(0.0015)  # a slice is filled every 5 ms
            key = {"pk": {"S": f"k{number}"}}
            expected.discard(f"k{number}")
            how = number // 9 % 3
            if how == 0:
                db.delete_item(TableName="jobs", Key=key)
            elif how == 1:
                db.put_item(TableName="jobs", Item={**key, "a": {"S": "y"}})
            else:
                db.put_item(TableName="jobs", Item={"pk": {"S": f"new{number}"}, "a": {"S": "x"}})
                db.put_item(TableName="jobs", Item=key)
                expected.add(f"new{number}")
        index = table_of(db)["GlobalSecondaryIndexes"][0]
        assert index["Backfilling"] is True
        chamber.advance("1m")
        pages = db.get_paginator("query").paginate(
            TableName="jobs", IndexName="by-a", KeyConditionExpression="a = :a",
            ExpressionAttributeValues={":a": {"S": "x"}},
        )  # fmt: skip
        found = [item["pk"]["S"] for page in pages for item in page["Items"]]
        assert len(found) == len(expected)
        assert set(found) == expected
        chamber.advance("6h")
        index = table_of(db)["GlobalSecondaryIndexes"][0]
        others = sum(number // 9 % 3 == 1 for number in range(0, 5000, 9))
        assert index["ItemCount"] == len(expected) + others
