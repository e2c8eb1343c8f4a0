"""Random histories of a table: its stream, restores and replicas all tell the same story."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import attributes_of, index_of, simple

NEW_AND_OLD = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
Step = tuple[str, str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", ""]), st.integers(0, 3)),
    max_size=25,
)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def change(db: Any, key: str, value: str) -> None:
    """Put a value, or with "" delete."""
    if value:
        db.put_item(TableName="jobs", Item={"pk": {"S": key}, "v": {"S": value}})
    else:
        db.delete_item(TableName="jobs", Key={"pk": {"S": key}})


def content(db: Any, table: str = "jobs") -> dict[str, Any]:
    return {item["pk"]["S"]: item for item in db.scan(TableName=table)["Items"]}


def replayed(chamber: Chamber, arn: str) -> dict[str, Any]:
    """What a table must hold by its stream, read shard by shard."""
    streams = chamber.client("dynamodbstreams")
    state: dict[str, Any] = {}
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        while iterator:
            answer = streams.get_records(ShardIterator=iterator, Limit=3)
            for record in answer["Records"]:
                body = record["dynamodb"]
                key = body["Keys"]["pk"]["S"]
                assert body.get("OldImage") == state.get(key)
                if "NewImage" in body:
                    state[key] = body["NewImage"]
                else:
                    del state[key]
            iterator = answer.get("NextShardIterator") if answer["Records"] else None
    return state


@FEW
@given(STEPS)
def test_a_stream_tells_a_table(steps: list[Step]) -> None:
    with Chamber(seed=1) as chamber:
        db = chamber.client("dynamodb")
        made = db.create_table(**simple(StreamSpecification=NEW_AND_OLD))
        for key, value, hours in steps:
            change(db, key, value)
            chamber.advance(hours * 900)
        arn = made["TableDescription"]["LatestStreamArn"]
        assert replayed(chamber, arn) == content(db)


@FEW
@given(STEPS, st.integers(0, 24))
def test_a_restore_is_what_was(steps: list[Step], chosen: int) -> None:
    with Chamber(seed=1) as chamber:
        db = chamber.client("dynamodb")
        db.create_table(
            **simple(
                AttributeDefinitions=attributes_of(pk="S", v="S"),
                GlobalSecondaryIndexes=[index_of("by-v", "v")],
            )
        )
        change(db, "a", "x")
        db.update_continuous_backups(
            TableName="jobs", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        states: list[tuple[datetime, dict[str, Any]]] = []
        for key, value, seconds in steps:
            change(db, key, value)
            states.append((datetime.fromisoformat(chamber.now), content(db)))
            chamber.advance(seconds)
        # Of the states of one instant the last is restored.
        by_instant = dict(states)
        moments = list(by_instant)
        if not moments:
            return
        moment = moments[chosen % len(moments)]
        db.restore_table_to_point_in_time(
            SourceTableName="jobs", TargetTableName="again", RestoreDateTime=moment
        )
        found = content(db, "again")
        assert found == by_instant[moment]
        for value in "xy":
            indexed = db.query(
                TableName="again", IndexName="by-v", KeyConditionExpression="v = :v",
                ExpressionAttributeValues={":v": {"S": value}},
            )["Items"]  # fmt: skip
            expected = sorted(key for key, item in found.items() if item["v"]["S"] == value)
            assert sorted(item["pk"]["S"] for item in indexed) == expected


@FEW
@given(
    st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from("abc"), st.sampled_from("xy-"), st.integers(0, 8)
        ),
        max_size=20,
    )
)
def test_replicas_agree_in_the_end(steps: list[tuple[int, str, str, int]]) -> None:
    regions = ("us-east-1", "eu-west-1", "ap-southeast-2")
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        clients = [chamber.client("dynamodb", region) for region in regions]
        clients[0].create_table(**simple())
        chamber.advance("1m")
        for region in regions[1:]:
            update = [{"Create": {"RegionName": region}}]
            clients[0].update_table(TableName="jobs", ReplicaUpdates=update)
            chamber.advance("5m")
        clock = 0
        last: dict[str, tuple[int, str, str]] = {}
        for where, key, value, tenths in steps:
            change(clients[where], key, value.replace("-", ""))
            version = (clock, regions[where], value)
            if version[:2] >= last.get(key, version)[:2]:
                last[key] = version
            chamber.advance(tenths / 10)
            clock += tenths
        chamber.advance(5)
        expected = {key: value for key, (_, _, value) in last.items() if value != "-"}
        for client in clients:
            found = {key: item["v"]["S"] for key, item in content(client).items()}
            assert found == expected


def test_the_same_history_gives_the_same_digest() -> None:
    def story(seed: int) -> str:
        with Chamber(seed=seed, lifecycle="realistic") as chamber:
            db = chamber.client("dynamodb")
            db.create_table(**simple(StreamSpecification=NEW_AND_OLD))
            chamber.advance("1m")
            change(db, "a", "x")
            db.create_backup(TableName="jobs", BackupName="one")
            update = [{"Create": {"RegionName": "eu-west-1"}}]
            db.update_table(TableName="jobs", ReplicaUpdates=update)
            chamber.advance("5m")
            change(db, "b", "y")
            chamber.advance(timedelta(days=2).total_seconds())
            return chamber.digest

    assert story(1) == story(1)
    assert story(1) != story(2)
