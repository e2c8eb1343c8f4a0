"""Streams: what is written to a table is read from its stream, in order, for a day."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.services.dynamodb.change_log import LOGS

ACCOUNT = "111111111111"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ACCOUNT) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb")


@pytest.fixture
def streams(chamber: Chamber) -> Any:
    return chamber.client("dynamodbstreams")


def make(db: Any, name: str = "jobs", view: str | None = "NEW_AND_OLD_IMAGES") -> str:
    """A table with a stream; its stream's ARN."""
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if view is not None:
        request["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": view}
    arn: str = db.create_table(**request)["TableDescription"].get("LatestStreamArn", "")
    return arn


def put(db: Any, key: str, value: str = "", table: str = "jobs") -> None:
    db.put_item(TableName=table, Item={"pk": {"S": key}, "v": {"S": value}})


def shards_of(streams: Any, arn: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = streams.describe_stream(StreamArn=arn)["StreamDescription"][
        "Shards"
    ]
    return found


def iterator_of(streams: Any, arn: str, kind: str = "TRIM_HORIZON", **more: Any) -> str:
    shard = more.pop("ShardId", None) or shards_of(streams, arn)[-1]["ShardId"]
    answer = streams.get_shard_iterator(
        StreamArn=arn, ShardId=shard, ShardIteratorType=kind, **more
    )
    iterator: str = answer["ShardIterator"]
    return iterator


def read(streams: Any, iterator: str, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = streams.get_records(ShardIterator=iterator, **more)["Records"]
    return found


def refusal(call: Any, **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    code: str = caught.value.response["Error"]["Code"]
    return code


def test_each_change_is_a_record(db: Any, streams: Any) -> None:
    arn = make(db)
    put(db, "a", "1")
    put(db, "a", "2")
    put(db, "a", "2")  # nothing changes, so nothing is written
    db.delete_item(TableName="jobs", Key={"pk": {"S": "a"}})
    db.delete_item(TableName="jobs", Key={"pk": {"S": "a"}})  # nothing was there
    records = read(streams, iterator_of(streams, arn))
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    first, second, third = (record["dynamodb"] for record in records)
    one = {"pk": {"S": "a"}, "v": {"S": "1"}}
    two = {"pk": {"S": "a"}, "v": {"S": "2"}}
    assert (first.get("OldImage"), first["NewImage"]) == (None, one)
    assert (second["OldImage"], second["NewImage"]) == (one, two)
    assert (third["OldImage"], third.get("NewImage")) == (two, None)
    assert all(record["dynamodb"]["Keys"] == {"pk": {"S": "a"}} for record in records)
    assert records[0]["eventSource"] == "aws:dynamodb"
    assert records[0]["awsRegion"] == "us-east-1"
    assert records[0]["eventVersion"] == "1.1"
    assert len({record["eventID"] for record in records}) == 3
    assert first["SizeBytes"] == 3 + 3 + 2  # the key, then the new image: pk, a, v, 1
    assert "userIdentity" not in records[0]
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in records]
    assert numbers == sorted(numbers)


@pytest.mark.parametrize(
    ("view", "has"),
    [
        ("KEYS_ONLY", []),
        ("NEW_IMAGE", ["NewImage"]),
        ("OLD_IMAGE", ["OldImage"]),
        ("NEW_AND_OLD_IMAGES", ["NewImage", "OldImage"]),
    ],
)
def test_a_view_shows_what_it_says(db: Any, streams: Any, view: str, has: list[str]) -> None:
    arn = make(db, view=view)
    put(db, "a", "1")
    put(db, "a", "2")
    second = read(streams, iterator_of(streams, arn))[1]["dynamodb"]
    assert [name for name in ("NewImage", "OldImage") if name in second] == has
    assert second["StreamViewType"] == view


def test_every_kind_of_write_is_in_the_stream(db: Any, streams: Any) -> None:
    arn = make(db)
    db.update_item(
        TableName="jobs", Key={"pk": {"S": "a"}}, UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"N": "1"}},
    )  # fmt: skip
    db.batch_write_item(
        RequestItems={"jobs": [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in "bc"]}
    )
    db.transact_write_items(
        TransactItems=[
            {"Put": {"TableName": "jobs", "Item": {"pk": {"S": "d"}}}},
            {"Delete": {"TableName": "jobs", "Key": {"pk": {"S": "a"}}}},
        ]
    )
    records = read(streams, iterator_of(streams, arn))
    names = sorted((r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in records)
    assert names == [
        ("INSERT", "a"), ("INSERT", "b"), ("INSERT", "c"), ("INSERT", "d"), ("REMOVE", "a"),
    ]  # fmt: skip


def test_iterators_begin_where_they_say(db: Any, streams: Any, chamber: Chamber) -> None:
    arn = make(db)
    for key in "abc":
        put(db, key)
        chamber.advance(1)

    def keys(kind: str, **more: Any) -> str:
        found = read(streams, iterator_of(streams, arn, kind, **more))
        return "".join(record["dynamodb"]["Keys"]["pk"]["S"] for record in found)

    records = read(streams, iterator_of(streams, arn))
    second = records[1]["dynamodb"]
    number = second["SequenceNumber"]
    assert keys("TRIM_HORIZON") == "abc"
    assert keys("LATEST") == ""
    assert keys("AT_SEQUENCE_NUMBER", SequenceNumber=number) == "bc"
    assert keys("AFTER_SEQUENCE_NUMBER", SequenceNumber=number) == "c"
    assert keys("AT_TIMESTAMP", Timestamp=second["ApproximateCreationDateTime"]) == "bc"
    latest = iterator_of(streams, arn, "LATEST")
    put(db, "d")
    assert [r["dynamodb"]["Keys"]["pk"]["S"] for r in read(streams, latest)] == ["d"]


def test_an_iterator_leads_to_the_next(db: Any, streams: Any) -> None:
    arn = make(db)
    for key in "abcde":
        put(db, key)
    iterator: str | None = iterator_of(streams, arn)
    found = ""
    for _ in range(4):
        answer = streams.get_records(ShardIterator=iterator, Limit=2)
        found += "".join(record["dynamodb"]["Keys"]["pk"]["S"] for record in answer["Records"])
        iterator = answer["NextShardIterator"]
    assert found == "abcde"


def test_an_answer_holds_a_megabyte(db: Any, streams: Any) -> None:
    arn = make(db, view="NEW_IMAGE")
    for key in "abcd":
        put(db, key, key * 300_000)
    answer = streams.get_records(ShardIterator=iterator_of(streams, arn))
    assert len(answer["Records"]) == 3
    assert len(read(streams, answer["NextShardIterator"])) == 1


def test_an_iterator_is_good_for_a_quarter_of_an_hour(
    db: Any, streams: Any, chamber: Chamber
) -> None:
    iterator = iterator_of(streams, make(db))
    chamber.advance("15m")
    assert read(streams, iterator) == []
    chamber.advance(1)
    assert refusal(streams.get_records, ShardIterator=iterator) == "ExpiredIteratorException"
    assert refusal(streams.get_records, ShardIterator="mine") == "ValidationException"
    broken = iterator[:-8] + "AAAAAAA="
    assert refusal(streams.get_records, ShardIterator=broken) == "ValidationException"


def test_records_are_kept_for_a_day(db: Any, streams: Any, chamber: Chamber) -> None:
    arn = make(db)
    put(db, "a")
    chamber.advance("1h")
    put(db, "b")
    shard = shards_of(streams, arn)[0]["ShardId"]
    number = read(streams, iterator_of(streams, arn))[0]["dynamodb"]["SequenceNumber"]
    chamber.advance(84_600)
    found = read(streams, iterator_of(streams, arn, ShardId=shard))
    assert [record["dynamodb"]["Keys"]["pk"]["S"] for record in found] == ["b"]
    assert refusal(
        streams.get_shard_iterator, StreamArn=arn, ShardId=shard,
        ShardIteratorType="AT_SEQUENCE_NUMBER", SequenceNumber=number,
    ) == "TrimmedDataAccessException"  # fmt: skip


def test_a_shard_is_followed_by_its_child(db: Any, streams: Any, chamber: Chamber) -> None:
    arn = make(db)
    put(db, "a")
    chamber.advance("5h")
    put(db, "b")
    old, new = shards_of(streams, arn)
    assert new["ParentShardId"] == old["ShardId"]
    assert "EndingSequenceNumber" in old["SequenceNumberRange"]
    assert "EndingSequenceNumber" not in new["SequenceNumberRange"]
    answer = streams.get_records(ShardIterator=iterator_of(streams, arn, ShardId=old["ShardId"]))
    assert len(answer["Records"]) == 1
    assert "NextShardIterator" not in answer
    assert len(read(streams, iterator_of(streams, arn, ShardId=new["ShardId"]))) == 1
    children = streams.describe_stream(
        StreamArn=arn, ShardFilter={"Type": "CHILD_SHARDS", "ShardId": old["ShardId"]}
    )["StreamDescription"]["Shards"]
    assert children == [new]
    chamber.advance("25h")
    assert [shard["ShardId"] for shard in shards_of(streams, arn)] == [new["ShardId"]]


def test_streams_are_listed_and_described(db: Any, streams: Any) -> None:
    arns = [make(db, name) for name in ("one", "two", "three")]
    make(db, "none", view=None)
    listed = streams.list_streams()["Streams"]
    assert [stream["StreamArn"] for stream in listed] == sorted(arns)
    (only,) = streams.list_streams(TableName="two")["Streams"]
    assert only["StreamArn"] == arns[1]
    first = streams.list_streams(Limit=2)
    assert first["LastEvaluatedStreamArn"] == sorted(arns)[1]
    rest = streams.list_streams(ExclusiveStartStreamArn=first["LastEvaluatedStreamArn"])
    assert [stream["StreamArn"] for stream in rest["Streams"]] == sorted(arns)[2:]
    description = streams.describe_stream(StreamArn=arns[0])["StreamDescription"]
    assert description["StreamStatus"] == "ENABLED"
    assert description["StreamLabel"] == only["StreamLabel"] == arns[0].rpartition("/")[2]
    assert description["KeySchema"] == [{"AttributeName": "pk", "KeyType": "HASH"}]
    assert description["TableName"] == "one"


def test_a_stream_that_is_switched_off_can_be_read_for_a_day(
    db: Any, streams: Any, chamber: Chamber
) -> None:
    arn = make(db)
    put(db, "a")
    db.update_table(TableName="jobs", StreamSpecification={"StreamEnabled": False})
    chamber.advance(1)
    put(db, "b")
    assert streams.describe_stream(StreamArn=arn)["StreamDescription"]["StreamStatus"] == (
        "DISABLED"
    )
    answer = streams.get_records(ShardIterator=iterator_of(streams, arn))
    assert len(answer["Records"]) == 1
    assert "NextShardIterator" not in answer
    again = db.update_table(
        TableName="jobs",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    assert again != arn
    chamber.advance(86_401)
    assert refusal(streams.describe_stream, StreamArn=arn) == "ResourceNotFoundException"
    assert streams.describe_stream(StreamArn=again)


def test_the_stream_of_a_deleted_table_stays_for_a_day(
    db: Any, streams: Any, chamber: Chamber
) -> None:
    arn = make(db)
    put(db, "a")
    db.delete_table(TableName="jobs")
    chamber.advance(1)
    assert len(read(streams, iterator_of(streams, arn))) == 1  # deletion itself writes none
    chamber.advance("24h")
    assert streams.list_streams()["Streams"] == []
    assert chamber.cloud.store.is_empty(LOGS)  # and nothing is left of what was written


def test_what_a_table_without_a_stream_kept_goes_with_it(db: Any, chamber: Chamber) -> None:
    make(db, view=None)
    recovery = {"PointInTimeRecoveryEnabled": True}
    db.update_continuous_backups(TableName="jobs", PointInTimeRecoverySpecification=recovery)
    put(db, "a")
    assert not chamber.cloud.store.is_empty(LOGS)
    db.delete_table(TableName="jobs")
    assert chamber.cloud.store.is_empty(LOGS)


def test_what_is_no_stream(db: Any, streams: Any) -> None:
    assert streams.list_streams()["Streams"] == []
    arn = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/jobs/stream/2027-01-01T00:00:00.000"
    assert refusal(streams.describe_stream, StreamArn=arn) == "ResourceNotFoundException"
    table = arn.partition("/stream")[0]
    assert refusal(streams.describe_stream, StreamArn=table) == "ValidationException"
    mine = make(db)
    shard = shards_of(streams, mine)[0]["ShardId"]
    arguments = {"StreamArn": mine, "ShardId": shard, "ShardIteratorType": "AT_SEQUENCE_NUMBER"}
    assert refusal(streams.get_shard_iterator, **arguments) == "ValidationException"
    arguments["SequenceNumber"] = "1" * 22
    put(db, "a")
    assert refusal(
        streams.get_shard_iterator, **{**arguments, "ShardIteratorType": "LATEST"}
    ) == "ValidationException"  # fmt: skip
    none = {**arguments, "ShardId": "shardId-00000000000000000000-00000000"}
    assert refusal(streams.get_shard_iterator, **none) == "ResourceNotFoundException"


def test_a_snapshot_keeps_streams(chamber: Chamber, db: Any, streams: Any) -> None:
    arn = make(db)
    put(db, "a", "1")
    iterator = iterator_of(streams, arn)
    with chamber.fork() as other:
        put(db, "b")
        assert len(read(other.client("dynamodbstreams"), iterator)) == 1
        assert len(read(streams, iterator)) == 2
