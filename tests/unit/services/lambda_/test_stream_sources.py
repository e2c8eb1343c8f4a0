"""Streams of tables as an event source: in order, retried, split, given up, filtered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import SECOND, Crew, Order, failure, outcome

Make = Callable[..., Any]
MakeQueue = Callable[..., tuple[str, str]]


def keys(order: Order) -> list[str]:
    """The keys of the records of an order."""
    records = json.loads(order["payload"])["Records"]
    return [record["dynamodb"]["Keys"]["id"]["S"] for record in records]


class Desk:
    """A table with a stream."""

    def __init__(self, chamber: Chamber) -> None:
        self.client = chamber.client("dynamodb")
        made = self.client.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        self.stream: str = made["TableDescription"]["LatestStreamArn"]

    def put(self, id_: str, **more: str) -> None:
        item = {"id": {"S": id_}, **{name: {"S": value} for name, value in more.items()}}
        self.client.put_item(TableName="orders", Item=item)


@pytest.fixture
def desk(chamber: Chamber) -> Desk:
    return Desk(chamber)


@pytest.fixture
def wire(client: Any, make: Make, desk: Desk) -> Callable[..., str]:
    """Lead the stream to a function: the mapping's UUID."""

    def wire_up(**given: Any) -> str:
        make("jobs")
        made = client.create_event_source_mapping(
            EventSourceArn=desk.stream,
            FunctionName="jobs",
            **{"StartingPosition": "TRIM_HORIZON", **given},
        )
        uuid: str = made["UUID"]
        return uuid

    return wire_up


Wire = Callable[..., str]


def test_records_come_in_order(chamber: Chamber, desk: Desk, wire: Wire, crew: Crew) -> None:
    wire(BatchSize=2)
    for id_ in ("a", "b", "c"):
        desk.put(id_, colour="red")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["a", "b"], ["c"]]
    record = json.loads(crew.orders[0]["payload"])["Records"][0]
    assert record["eventName"] == "INSERT"
    assert record["eventSource"] == "aws:dynamodb"
    assert record["eventSourceARN"] == desk.stream
    assert record["dynamodb"]["NewImage"]["colour"] == {"S": "red"}


def test_latest_begins_with_what_comes_next(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    desk.put("old")
    wire(StartingPosition="LATEST")
    desk.put("new")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["new"]]


def test_the_oldest_begins_with_what_there_is(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    desk.put("old")
    wire()
    chamber.advance("1s")
    desk.put("new")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["old"], ["new"]]


def test_a_failed_batch_stands_in_the_way(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    wire(BatchSize=1)
    answers = iter([failure(), failure(), outcome(), outcome()])
    crew.answers["jobs"] = lambda order: next(answers)
    desk.put("a")
    desk.put("b")
    chamber.advance("10s")
    assert [keys(order) for order in crew.orders] == [["a"], ["a"], ["a"], ["b"]]


def test_a_batch_is_split_to_find_the_bad_record(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew, queue: MakeQueue, sqs: Any
) -> None:
    url, arn = queue("failed")
    wire(
        BisectBatchOnFunctionError=True,
        MaximumRetryAttempts=1,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    crew.answers["jobs"] = lambda order: failure() if "bad" in keys(order) else outcome()
    for id_ in ("a", "bad", "c", "d"):
        desk.put(id_)
    chamber.advance("30s")
    assert [keys(order) for order in crew.orders] == [
        ["a", "bad", "c", "d"],
        ["a", "bad"],
        ["a"],
        ["bad"],
        ["bad"],
        ["c", "d"],
    ]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetryAttemptsExhausted"
    info = record["DDBStreamBatchInfo"]
    assert (info["batchSize"], info["streamArn"]) == (1, desk.stream)
    assert info["startSequenceNumber"] == info["endSequenceNumber"]


def test_what_is_too_old_is_given_up(chamber: Chamber, desk: Desk, wire: Wire, crew: Crew) -> None:
    uuid = wire(MaximumRecordAgeInSeconds=60)
    crew.answers["jobs"] = lambda order: failure()
    desk.put("a")
    chamber.advance("5m")
    tried = len(crew.orders)
    assert 3 < tried < 10
    desk.put("b")
    chamber.advance("1s")
    assert keys(crew.orders[-1]) == ["b"]
    arn = f"arn:aws:lambda:us-east-1:111111111111:event-source-mapping:{uuid}"
    assert "lambda.batch-dropped" in [event["what"] for event in chamber.events(arn)]


def test_the_lowest_reported_failure_is_where_it_goes_on(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    wire(FunctionResponseTypes=["ReportBatchItemFailures"])

    def some(order: Order) -> dict[str, Any]:
        records = json.loads(order["payload"])["Records"]
        crew.answers["jobs"] = lambda order: outcome()
        number = records[1]["dynamodb"]["SequenceNumber"]
        return outcome({"batchItemFailures": [{"itemIdentifier": number}]})

    crew.answers["jobs"] = some
    for id_ in ("a", "b", "c"):
        desk.put(id_)
    chamber.advance("5s")
    assert [keys(order) for order in crew.orders] == [["a", "b", "c"], ["b", "c"]]


def test_filters_choose_records(chamber: Chamber, desk: Desk, wire: Wire, crew: Crew) -> None:
    pattern = {"dynamodb": {"NewImage": {"colour": {"S": [{"prefix": "r"}]}}}}
    wire(FilterCriteria={"Filters": [{"Pattern": json.dumps(pattern)}]})
    desk.put("a", colour="blue")
    desk.put("b", colour="red")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["b"]]
    desk.put("c", colour="green")
    desk.put("d", colour="rose")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["b"], ["d"]]


def test_a_window_gathers(chamber: Chamber, desk: Desk, wire: Wire, crew: Crew) -> None:
    wire(MaximumBatchingWindowInSeconds=10)
    for id_ in ("a", "b", "c"):
        desk.put(id_)
        chamber.advance("1s")
    assert crew.orders == []
    chamber.advance("10s")
    assert [keys(order) for order in crew.orders] == [["a", "b", "c"]]


def test_lanes_work_at_once_and_keep_keys_together(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    wire(ParallelizationFactor=4, BatchSize=10)
    crew.answers["jobs"] = lambda order: outcome(duration_ns=10 * SECOND)
    names = [f"k{number}" for number in range(8)]
    for round_ in range(2):
        for name in names:
            desk.put(name, turn=str(round_))
    chamber.advance("1s")
    assert len(crew.orders) > 1
    where = {name: [n for n, order in enumerate(crew.orders) if name in keys(order)]
             for name in names}  # fmt: skip
    assert all(len(set(places)) == 1 for places in where.values())
    assert sorted(key for order in crew.orders for key in keys(order)) == sorted(names * 2)


def test_shards_are_read_parents_first(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    wire()
    desk.put("a")
    chamber.advance("5h")
    desk.put("b")
    chamber.advance("5h")
    desk.put("c")
    chamber.advance("1s")
    assert [keys(order) for order in crew.orders] == [["a"], ["b"], ["c"]]


def test_what_is_no_stream_is_refused(client: Any, make: Make, desk: Desk) -> None:
    make("jobs")
    refused = client.exceptions.InvalidParameterValueException
    with pytest.raises(refused, match="Value null at 'startingPosition'"):
        client.create_event_source_mapping(EventSourceArn=desk.stream, FunctionName="jobs")
    with pytest.raises(refused, match="Stream not found"):
        client.create_event_source_mapping(
            EventSourceArn=desk.stream + "0", FunctionName="jobs", StartingPosition="LATEST"
        )
    with pytest.raises(refused, match="Unsupported starting position"):
        client.create_event_source_mapping(
            EventSourceArn=desk.stream,
            FunctionName="jobs",
            StartingPosition="AT_TIMESTAMP",
            StartingPositionTimestamp=0,
        )


def test_a_record_that_always_fails_is_left_when_its_stream_has_lost_it(
    chamber: Chamber, desk: Desk, wire: Wire, crew: Crew
) -> None:
    wire()
    crew.answers["jobs"] = lambda order: failure()
    desk.put("a")
    chamber.run_until_idle()
    assert 1400 < len(crew.orders) < 1460
