"""Capacity in force: buckets that are emptied, saved up and limited."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import (
    ONE,
    attributes_of,
    index_of,
    keys_of,
    provisioned,
    refusal,
    simple,
)

ONCE = Config(retries={"total_max_attempts": 1})
ARN = f"arn:aws:dynamodb:us-east-1:{ONE}:table/jobs"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, throttling="enforce") as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb", config=ONCE)


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def put(db: Any, size: int, **more: Any) -> None:
    """Put an item of so many kilobytes."""
    item = {"pk": {"S": "a"}, "v": {"S": "x" * (size * 1024 - 4)}, **more}
    db.put_item(TableName="jobs", Item=item)


def test_five_minutes_can_be_saved_up(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned(ProvisionedThroughput=units(1, 1)))
    put(db, 300)
    with pytest.raises(ClientError) as caught:
        db.put_item(TableName="jobs", Item={"pk": {"S": "b"}})
    answer: Any = caught.value.response
    assert answer["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert answer["Error"]["Message"] == (
        "The level of configured provisioned throughput for the table was exceeded. Consider "
        "increasing your provisioning level with the UpdateTable API."
    )
    assert answer["ThrottlingReasons"] == [
        {"reason": "TableWriteProvisionedThroughputExceeded", "resource": ARN}
    ]
    assert db.scan(TableName="jobs", Select="COUNT")["Count"] == 1
    chamber.advance(1)
    db.put_item(TableName="jobs", Item={"pk": {"S": "b"}})
    assert refusal(db.put_item, TableName="jobs", Item={"pk": {"S": "c"}})[0] == (
        "ProvisionedThroughputExceededException"
    )
    assert "Item" not in db.get_item(
        TableName="jobs", Key={"pk": {"S": "c"}}
    )  # what is refused is not done


def test_reads_have_a_bucket_of_their_own(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned(ProvisionedThroughput=units(1, 1)))
    put(db, 200)
    key = {"pk": {"S": "a"}}
    for _ in range(12):
        db.get_item(TableName="jobs", Key=key)  # 25 units each
    assert refusal(db.get_item, TableName="jobs", Key=key)[0] == (
        "ProvisionedThroughputExceededException"
    )
    chamber.advance(24)
    assert refusal(db.get_item, TableName="jobs", Key=key)[0] == (
        "ProvisionedThroughputExceededException"
    )
    chamber.advance(1)
    db.get_item(TableName="jobs", Key=key)


def test_what_is_larger_than_the_bucket_passes_when_it_is_full(db: Any, chamber: Chamber) -> None:
    db.create_table(**provisioned(ProvisionedThroughput=units(1, 1)))
    put(db, 399)
    chamber.advance(300)
    assert refusal(db.put_item, TableName="jobs", Item={"pk": {"S": "b"}, "v": {
        "S": "x" * 398 * 1024}})[0] == "ProvisionedThroughputExceededException"  # fmt: skip
    chamber.advance(100)
    put(db, 399)


def test_an_index_can_be_the_one_that_is_empty(db: Any, chamber: Chamber) -> None:
    db.create_table(
        **provisioned(
            KeySchema=keys_of("pk"),
            AttributeDefinitions=attributes_of(pk="S", a="S"),
            ProvisionedThroughput=units(100, 100),
            GlobalSecondaryIndexes=[
                {**index_of("by-a", "a"), "ProvisionedThroughput": units(1, 1)}
            ],
        )
    )
    put(db, 300, a={"S": "x"})
    with pytest.raises(ClientError) as caught:
        put(db, 1, a={"S": "x"})
    answer: Any = caught.value.response
    assert answer["ThrottlingReasons"] == [
        {
            "reason": "IndexWriteProvisionedThroughputExceeded",
            "resource": f"{ARN}/index/by-a",
        }
    ]
    db.put_item(TableName="jobs", Item={"pk": {"S": "without"}})


def test_a_local_index_takes_from_its_table(db: Any) -> None:
    db.create_table(
        **provisioned(
            KeySchema=keys_of("pk", "sk"),
            AttributeDefinitions=attributes_of(pk="S", sk="S", a="S"),
            ProvisionedThroughput=units(1, 1),
            LocalSecondaryIndexes=[index_of("by-a", "pk", "a")],
        )
    )
    put(db, 150, sk={"S": "1"}, a={"S": "x"})
    assert refusal(db.put_item, TableName="jobs", Item={"pk": {"S": "b"}, "sk": {"S": "1"}})[
        0
    ] == "ProvisionedThroughputExceededException"  # fmt: skip


def test_on_demand_has_limits_when_it_is_given_some(db: Any, chamber: Chamber) -> None:
    limits = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10}
    db.create_table(**simple(OnDemandThroughput=limits))
    put(db, 10)
    code, message = refusal(db.put_item, TableName="jobs", Item={"pk": {"S": "a"}})
    assert code == "ThrottlingException"
    assert message == (
        "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
    )
    chamber.advance(1)
    put(db, 10)


def test_nothing_is_limited_unless_asked_for() -> None:
    with Chamber(seed=1) as chamber:
        db = chamber.client("dynamodb", config=ONCE)
        db.create_table(**provisioned(ProvisionedThroughput=units(1, 1)))
        for _ in range(3):
            put(db, 300)
