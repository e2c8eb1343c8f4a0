"""Global tables: what is written here is there a moment later, and the last writer wins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import (
    ONE,
    attributes_of,
    index_of,
    refusal,
    simple,
)

HERE, THERE, ELSEWHERE = "us-east-1", "eu-west-1", "ap-southeast-2"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, lifecycle="realistic") as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb", HERE)
    client.create_table(**simple())
    chamber.advance("1m")
    return client


def replicate(chamber: Chamber, db: Any, region: str = THERE, action: str = "Create") -> Any:
    """Make or delete a replica, and wait for it."""
    db.update_table(TableName="jobs", ReplicaUpdates=[{action: {"RegionName": region}}])
    chamber.advance("5m")
    return chamber.client("dynamodb", region)


def put(db: Any, key: str, value: str) -> None:
    db.put_item(TableName="jobs", Item={"pk": {"S": key}, "v": {"S": value}})


def content(db: Any) -> dict[str, str]:
    return {item["pk"]["S"]: item["v"]["S"] for item in db.scan(TableName="jobs")["Items"]}


def replicas(db: Any) -> dict[str, str]:
    table = db.describe_table(TableName="jobs")["Table"]
    return {each["RegionName"]: each["ReplicaStatus"] for each in table.get("Replicas", ())}


def test_a_replica_begins_with_what_is_there(chamber: Chamber, db: Any) -> None:
    put(db, "a", "1")
    update = [{"Create": {"RegionName": THERE}}]
    made = db.update_table(TableName="jobs", ReplicaUpdates=update)["TableDescription"]
    assert made["Replicas"][0]["ReplicaStatus"] == "CREATING"
    assert made["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES"
    there = chamber.client("dynamodb", THERE)
    put(db, "b", "2")  # while it is being made
    chamber.advance("5m")
    assert content(there) == {"a": "1", "b": "2"}
    assert replicas(db) == {THERE: "ACTIVE"}
    assert replicas(there) == {HERE: "ACTIVE"}
    table = there.describe_table(TableName="jobs")["Table"]
    assert table["TableArn"] == f"arn:aws:dynamodb:{THERE}:{ONE}:table/jobs"
    assert table["GlobalTableVersion"] == "2019.11.21"


def test_changes_arrive_after_a_while_both_ways(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(db, "a", "1")
    assert content(there) == {}
    chamber.advance(1)
    assert content(there) == {"a": "1"}
    put(there, "a", "2")
    there.put_item(TableName="jobs", Item={"pk": {"S": "b"}, "v": {"S": "3"}})
    chamber.advance(1)
    assert content(db) == {"a": "2", "b": "3"}
    db.delete_item(TableName="jobs", Key={"pk": {"S": "a"}})
    chamber.advance(1)
    assert content(there) == {"b": "3"}


def test_the_last_writer_wins(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(db, "a", "first")
    chamber.advance(0.1)
    put(there, "a", "second")
    assert (content(db), content(there)) == ({"a": "first"}, {"a": "second"})
    chamber.advance(1)
    assert content(db) == content(there) == {"a": "second"}
    put(db, "b", "here")
    put(there, "b", "there")  # at one instant: the same wins everywhere
    chamber.advance(1)
    assert content(db) == content(there)
    put(db, "c", "1")
    chamber.advance(1)
    db.delete_item(TableName="jobs", Key={"pk": {"S": "c"}})
    chamber.advance(0.1)
    put(there, "c", "2")
    chamber.advance(1)
    assert content(db)["c"] == content(there)["c"] == "2"


def test_three_regions_agree(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(there, "a", "1")
    chamber.advance(1)
    third = replicate(chamber, db, ELSEWHERE)
    assert content(third) == {"a": "1"}
    put(third, "b", "2")
    chamber.advance(1)
    assert content(db) == content(there) == {"a": "1", "b": "2"}
    assert replicas(there) == {HERE: "ACTIVE", ELSEWHERE: "ACTIVE"}
    replicate(chamber, db, THERE, "Delete")
    assert refusal(there.describe_table, TableName="jobs")[0] == "ResourceNotFoundException"
    assert replicas(db) == {ELSEWHERE: "ACTIVE"}
    assert replicas(third) == {HERE: "ACTIVE"}
    put(db, "c", "3")
    chamber.advance(1)
    assert content(third)["c"] == "3"


def test_a_replica_s_stream_shows_what_arrived(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(db, "a", "1")
    chamber.advance(1)
    streams = chamber.client("dynamodbstreams", THERE)
    arn = there.describe_table(TableName="jobs")["Table"]["LatestStreamArn"]
    shard = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"][0]["ShardId"]
    iterator = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = streams.get_records(ShardIterator=iterator)["Records"]
    assert record["awsRegion"] == THERE
    assert record["dynamodb"]["NewImage"]["v"] == {"S": "1"}


def test_replicas_that_cannot_be(chamber: Chamber, db: Any) -> None:
    def update(**action: Any) -> tuple[str, str]:
        return refusal(db.update_table, TableName="jobs", ReplicaUpdates=[action])

    assert update(Create={"RegionName": HERE})[0] == "ValidationException"
    assert update(Create={"RegionName": "nowhere"})[0] == "ValidationException"
    assert update(Delete={"RegionName": THERE})[0] == "ValidationException"
    chamber.client("dynamodb", THERE).create_table(**simple())
    assert update(Create={"RegionName": THERE})[0] == "ValidationException"
    assert "STRONG is missing" in refusal(
        db.update_table, TableName="jobs", MultiRegionConsistency="STRONG",
        ReplicaUpdates=[{"Create": {"RegionName": ELSEWHERE}}],
    )[1]  # fmt: skip


def test_a_replicated_table_keeps_its_stream(chamber: Chamber, db: Any) -> None:
    replicate(chamber, db)
    off = {"StreamEnabled": False}
    assert refusal(db.update_table, TableName="jobs", StreamSpecification=off)[0] == (
        "ValidationException"
    )


def test_a_replica_leaves_when_its_table_is_deleted(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    there.delete_table(TableName="jobs")
    chamber.advance("1m")
    assert replicas(db) == {}
    put(db, "a", "1")
    chamber.advance(1)
    assert content(db) == {"a": "1"}


def test_what_all_regions_share_is_changed_in_all(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(db, "a", "1")
    ttl = {"Enabled": True, "AttributeName": "until"}
    there.update_time_to_live(TableName="jobs", TimeToLiveSpecification=ttl)
    assert db.describe_time_to_live(TableName="jobs")["TimeToLiveDescription"] == {
        "TimeToLiveStatus": "ENABLING", "AttributeName": "until",
    }  # fmt: skip
    db.update_table(
        TableName="jobs", AttributeDefinitions=attributes_of(pk="S", v="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index_of("by-v", "v")}],
    )  # fmt: skip
    assert refusal(
        there.update_table, TableName="jobs",
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-v"}}],
    )[0] == "ResourceInUseException"  # fmt: skip
    chamber.advance("2m")
    for client in (db, there):
        found = client.query(
            TableName="jobs", IndexName="by-v", KeyConditionExpression="v = :v",
            ExpressionAttributeValues={":v": {"S": "1"}},
        )["Items"]  # fmt: skip
        assert [item["pk"]["S"] for item in found] == ["a"]
    there.update_table(TableName="jobs", DeletionProtectionEnabled=True)
    chamber.advance("1m")
    assert db.describe_table(TableName="jobs")["Table"]["DeletionProtectionEnabled"] is False


def test_a_replica_leaves_with_all_it_has(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)

    def leave(region: str = THERE) -> dict[str, Any]:
        action = {"RegionName": region, "DisassociationMode": "WAIT_FOR_REPLICATION"}
        return {"TableName": "jobs", "ReplicaUpdates": [{"Disassociate": action}]}

    assert "protected against disassociation" in refusal(there.update_table, **leave())[1]
    with_more = {"DisassociationProtectionEnabled": False, "DeletionProtectionEnabled": True}
    assert refusal(there.update_table, TableName="jobs", **with_more)[0] == "ValidationException"
    there.update_table(TableName="jobs", DisassociationProtectionEnabled=False)
    chamber.advance("1m")
    assert refusal(there.update_table, **leave(HERE))[0] == "ValidationException"
    put(db, "a", "1")  # on its way
    there.update_table(**leave())
    chamber.advance("1m")
    assert (replicas(db), replicas(there)) == ({}, {})
    assert content(there) == {"a": "1"}
    put(db, "a", "2")
    put(there, "b", "3")
    chamber.advance(1)
    assert (content(db), content(there)) == ({"a": "2"}, {"a": "1", "b": "3"})
    assert "DisassociationProtectionEnabled" not in there.describe_table(TableName="jobs")["Table"]


def test_a_world_with_replicas_is_kept(chamber: Chamber, db: Any) -> None:
    there = replicate(chamber, db)
    put(db, "a", "1")
    with chamber.fork() as other:
        other.advance(1)
        assert content(other.client("dynamodb", THERE)) == {"a": "1"}
    assert content(there) == {}
