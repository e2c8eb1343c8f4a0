"""Time to live: items end some time after they said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import ONE, refusal, simple

START = 1_798_761_600  # when a chamber's clock begins, epoch seconds


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb")
    client.create_table(**simple())
    return client


def switch(db: Any, enabled: bool = True, attribute: str = "until") -> None:
    specification = {"Enabled": enabled, "AttributeName": attribute}
    db.update_time_to_live(TableName="jobs", TimeToLiveSpecification=specification)


def put(db: Any, key: str, until: str | None = None, kind: str = "N") -> None:
    item: dict[str, Any] = {"pk": {"S": key}}
    if until is not None:
        item["until"] = {kind: until}
    db.put_item(TableName="jobs", Item=item)


def keys(db: Any) -> str:
    items = db.scan(TableName="jobs")["Items"]
    return "".join(sorted(item["pk"]["S"] for item in items))


def test_items_end_when_they_say(db: Any, chamber: Chamber) -> None:
    put(db, "a", str(START + 10))  # there before time to live was switched on
    switch(db)
    put(db, "b", str(START + 20))
    put(db, "c")
    put(db, "d", str(START + 10), "S")  # text is no time
    put(db, "e", str(START + 30))
    chamber.advance(10)
    assert keys(db) == "abcde"  # its second is not over
    chamber.advance(1)
    assert keys(db) == "bcde"
    put(db, "b", str(START + 100))
    chamber.advance(20)
    assert keys(db) == "bcd"
    chamber.advance(100)
    assert keys(db) == "cd"


def test_an_expired_item_is_there_until_it_is_deleted() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        db.create_table(**simple())
        chamber.advance("10s")
        switch(db)
        assert db.describe_time_to_live(TableName="jobs")["TimeToLiveDescription"] == {
            "TimeToLiveStatus": "ENABLING", "AttributeName": "until",
        }  # fmt: skip
        off = {"Enabled": False, "AttributeName": "until"}
        assert refusal(db.update_time_to_live, TableName="jobs", TimeToLiveSpecification=off) == (
            "ValidationException",
            "Time to live has been modified multiple times within a fixed interval",
        )
        put(db, "a", str(START + 20))
        chamber.advance("1h")
        assert keys(db) == ""
        assert db.describe_time_to_live(TableName="jobs")["TimeToLiveDescription"][
            "TimeToLiveStatus"
        ] == "ENABLED"  # fmt: skip
        put(db, "b", str(START + 3700))
        chamber.advance("5m")
        assert keys(db) == "b"
        chamber.advance("10m")
        assert keys(db) == ""


def test_streams_say_that_time_did_it(db: Any, chamber: Chamber) -> None:
    arn = db.update_table(
        TableName="jobs",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )["TableDescription"]["LatestStreamArn"]
    switch(db)
    put(db, "a", str(START + 10))
    put(db, "b")
    db.delete_item(TableName="jobs", Key={"pk": {"S": "b"}})
    chamber.advance(11)
    streams = chamber.client("dynamodbstreams")
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    assert [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in records] == [
        ("INSERT", "a"), ("INSERT", "b"), ("REMOVE", "b"), ("REMOVE", "a"),
    ]  # fmt: skip
    assert "userIdentity" not in records[2]
    assert records[3]["userIdentity"] == {
        "PrincipalId": "dynamodb.amazonaws.com", "Type": "Service",
    }  # fmt: skip


def test_what_is_five_years_old_stays(db: Any, chamber: Chamber) -> None:
    switch(db)
    put(db, "a", str(START - 6 * 365 * 86_400))
    put(db, "b", str(START - 4 * 365 * 86_400))
    put(db, "c", "-5")
    put(db, "d", "1e40")
    put(db, "e", "0.5")
    chamber.advance(5)
    assert keys(db) == "acde"


def test_switching_off_stops_it(db: Any, chamber: Chamber) -> None:
    switch(db)
    put(db, "a", str(START + 10))
    for wanted, message in (
        ({"Enabled": True, "AttributeName": "until"}, "TimeToLive is already enabled"),
        (
            {"Enabled": False, "AttributeName": "other"},
            "TimeToLive is active on a different AttributeName: current AttributeName is until",
        ),
    ):
        assert refusal(
            db.update_time_to_live, TableName="jobs", TimeToLiveSpecification=wanted
        ) == ("ValidationException", message)
    switch(db, enabled=False)
    chamber.advance(20)
    assert keys(db) == "a"
    assert db.describe_time_to_live(TableName="jobs")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "DISABLED"
    }
    off = {"Enabled": False, "AttributeName": "until"}
    assert refusal(db.update_time_to_live, TableName="jobs", TimeToLiveSpecification=off) == (
        "ValidationException", "TimeToLive is already disabled",
    )  # fmt: skip
    switch(db)
    chamber.advance(1)
    assert keys(db) == ""  # what had expired meanwhile is found


def test_many_items_end_together(db: Any, chamber: Chamber) -> None:
    switch(db)
    for number in range(60):
        items = [
            {"PutRequest": {"Item": {"pk": {"S": f"{number}-{each}"},
                                     "until": {"N": str(START + 10)}}}}
            for each in range(25)
        ]  # fmt: skip
        db.batch_write_item(RequestItems={"jobs": items})
    put(db, "z")
    chamber.advance(12)
    assert keys(db) == "z"


def test_a_deleted_table_s_items_do_not_end_in_its_successor(db: Any, chamber: Chamber) -> None:
    switch(db)
    put(db, "a", str(START + 10))
    db.delete_table(TableName="jobs")
    db.create_table(**simple())
    put(db, "a", str(START + 10))
    chamber.advance(20)
    assert keys(db) == "a"
