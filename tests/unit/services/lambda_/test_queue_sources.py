"""SQS as an event source: batches, windows, filters, failures, concurrency, and rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, SECOND, Crew, Order, archive, failure, outcome

Make = Callable[..., Any]
MakeQueue = Callable[..., tuple[str, str]]


def bodies(order: Order) -> list[str]:
    """The bodies of the messages of an order."""
    return [record["body"] for record in json.loads(order["payload"])["Records"]]


def left(sqs: Any, url: str) -> int:
    """How many messages a queue has, seen or hidden."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(value) for value in found.values())


@pytest.fixture
def wired(client: Any, make: Make, queue: MakeQueue) -> Callable[..., tuple[str, str, str]]:
    """A queue that leads to a function: its URL, its ARN and the mapping's UUID."""

    def wire(attributes: dict[str, str] | None = None, **given: Any) -> tuple[str, str, str]:
        url, arn = queue("work", **(attributes or {}))
        make("jobs")
        made = client.create_event_source_mapping(EventSourceArn=arn, FunctionName="jobs", **given)
        return url, arn, made["UUID"]

    return wire


Wire = Callable[..., tuple[str, str, str]]


def test_messages_come_in_a_batch_and_are_deleted(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, arn, _ = wired()
    for number in range(3):
        sqs.send_message(
            QueueUrl=url,
            MessageBody=f"m{number}",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "a"}},
        )
    chamber.advance("1s")
    (order,) = crew.orders
    assert bodies(order) == ["m0", "m1", "m2"]
    record = json.loads(order["payload"])["Records"][0]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"] == arn
    assert record["awsRegion"] == "us-east-1"
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"] == {
        "stringValue": "a",
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": "String",
    }
    assert left(sqs, url) == 0


def test_nothing_happens_while_there_is_nothing(chamber: Chamber, sqs: Any, wired: Wire) -> None:
    url, _, _ = wired()
    chamber.run_until_idle()
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.run_until_idle()
    moved = chamber.cloud.kernel.now - chamber.cloud.settings.start_ns
    assert moved < SECOND


def test_a_failed_batch_comes_again(chamber: Chamber, sqs: Any, crew: Crew, wired: Wire) -> None:
    url, _, _ = wired()
    answers = iter([failure(), outcome()])
    crew.answers["jobs"] = lambda order: next(answers)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("29s")
    assert len(crew.orders) == 1
    chamber.advance("2s")
    assert len(crew.orders) == 2
    assert left(sqs, url) == 0


def test_a_message_that_always_fails_is_buried(
    chamber: Chamber, client: Any, make: Make, sqs: Any, crew: Crew, queue: MakeQueue
) -> None:
    dead, dead_arn = queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = queue("work", RedrivePolicy=redrive)
    make("jobs")
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName="jobs")
    crew.answers["jobs"] = lambda order: failure()
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.run_until_idle()
    assert len(crew.orders) == 2
    assert (left(sqs, url), left(sqs, dead)) == (0, 1)


def test_only_what_is_reported_comes_again(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired(FunctionResponseTypes=["ReportBatchItemFailures"])

    def some(order: Order) -> dict[str, Any]:
        records = json.loads(order["payload"])["Records"]
        failed = [r["messageId"] for r in records if r["body"] == "bad"]
        crew.answers["jobs"] = lambda order: outcome({"batchItemFailures": []})
        return outcome({"batchItemFailures": [{"itemIdentifier": each} for each in failed]})

    crew.answers["jobs"] = some
    for body in ("good", "bad", "fine"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    chamber.advance("40s")
    assert [bodies(order) for order in crew.orders] == [["good", "bad", "fine"], ["bad"]]
    assert left(sqs, url) == 0


@pytest.mark.parametrize(
    "answer", [b"not json", {"batchItemFailures": [{"itemIdentifier": "unknown"}]}, [1]]
)
def test_an_answer_that_makes_no_sense_fails_all(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire, answer: Any
) -> None:
    url, _, _ = wired(FunctionResponseTypes=["ReportBatchItemFailures"])
    crew.answers["jobs"] = lambda order: outcome(answer)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("1s")
    assert left(sqs, url) == 1


def test_a_window_gathers(chamber: Chamber, sqs: Any, crew: Crew, wired: Wire) -> None:
    url, _, _ = wired(BatchSize=100, MaximumBatchingWindowInSeconds=5)
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
        chamber.advance("0.1s")
    chamber.advance("3s")
    assert crew.orders == []
    chamber.advance("2s")
    assert [len(bodies(order)) for order in crew.orders] == [12]


def test_a_full_batch_does_not_wait_for_its_window(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired({"VisibilityTimeout": "90"}, BatchSize=4, MaximumBatchingWindowInSeconds=60)
    for number in range(6):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    chamber.advance("1s")
    assert [len(bodies(order)) for order in crew.orders] == [4]
    chamber.advance("60s")
    assert [len(bodies(order)) for order in crew.orders] == [4, 2]


def test_what_meets_no_filter_is_deleted(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    pattern = json.dumps({"body": {"price": [{"numeric": [">", 10]}]}})
    url, _, _ = wired(FilterCriteria={"Filters": [{"Pattern": pattern}]})
    for body in ('{"price": 5}', '{"price": 20}', "no json"):
        sqs.send_message(QueueUrl=url, MessageBody=body)
    chamber.advance("1s")
    assert [bodies(order) for order in crew.orders] == [['{"price": 20}']]
    assert left(sqs, url) == 0


def test_no_more_batches_at_once_than_allowed(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired(BatchSize=1, ScalingConfig={"MaximumConcurrency": 2})
    crew.answers["jobs"] = lambda order: outcome(duration_ns=10 * SECOND)
    for number in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    chamber.advance("5s")
    assert len(crew.orders) == 2
    chamber.advance("10s")
    assert len(crew.orders) == 4
    chamber.advance("10s")
    assert len(crew.orders) == 5


def test_five_batches_at_first(chamber: Chamber, sqs: Any, crew: Crew, wired: Wire) -> None:
    url, _, _ = wired({"VisibilityTimeout": "600"}, BatchSize=1)
    crew.answers["jobs"] = lambda order: outcome(duration_ns=70 * SECOND)
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    chamber.advance("5s")
    assert len(crew.orders) == 5
    chamber.advance("70s")
    assert len(crew.orders) == 12


def test_groups_of_a_fifo_queue_keep_their_order(
    chamber: Chamber, client: Any, make: Make, sqs: Any, crew: Crew, queue: MakeQueue
) -> None:
    url, arn = queue("work.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    make("jobs")
    client.create_event_source_mapping(EventSourceArn=arn, FunctionName="jobs", BatchSize=1)
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}", MessageGroupId="g")
    chamber.advance("5s")
    assert [bodies(order) for order in crew.orders] == [["m0"], ["m1"], ["m2"]]


def test_a_delayed_message_is_taken_when_it_is_due(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired()
    sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=20)
    chamber.advance("19s")
    assert crew.orders == []
    chamber.advance("2s")
    assert len(crew.orders) == 1


def test_a_mapping_can_be_switched_off_and_on(
    chamber: Chamber, client: Any, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, uuid = wired(Enabled=False)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("5s")
    assert crew.orders == []
    client.update_event_source_mapping(UUID=uuid, Enabled=True)
    chamber.advance("5s")
    assert len(crew.orders) == 1
    client.delete_event_source_mapping(UUID=uuid)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("5s")
    assert len(crew.orders) == 1
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_event_source_mapping(UUID=uuid)


def test_a_throttled_function_gets_its_messages_later(
    chamber: Chamber, client: Any, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired()
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=0)
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("5s")
    client.delete_function_concurrency(FunctionName="jobs")
    assert crew.orders == []
    chamber.advance("30s")
    assert len(crew.orders) == 1


def test_mappings_are_listed_and_refused(
    client: Any, make: Make, wired: Wire, queue: MakeQueue
) -> None:
    _, arn, uuid = wired()
    found = client.list_event_source_mappings(FunctionName="jobs")["EventSourceMappings"]
    assert [each["UUID"] for each in found] == [uuid]
    assert (found[0]["BatchSize"], found[0]["State"]) == (10, "Enabled")
    refused = client.exceptions.InvalidParameterValueException
    with pytest.raises(client.exceptions.ResourceConflictException, match=uuid):
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName="jobs")
    make("slow", Timeout=60)
    with pytest.raises(refused, match="visibility timeout: 30 seconds is less than"):
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName="slow")
    make("other")
    with pytest.raises(refused, match="greater than 0 if maximum batch size"):
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName="other", BatchSize=50)
    with pytest.raises(refused, match="Invalid filter pattern"):
        client.create_event_source_mapping(
            EventSourceArn=arn,
            FunctionName="other",
            FilterCriteria={"Filters": [{"Pattern": '{"a": 1}'}]},
        )
    with pytest.raises(refused, match="ReceiveMessage"):
        client.create_event_source_mapping(EventSourceArn=f"{arn}-no", FunctionName="other")
    with pytest.raises(client.exceptions.ClientError, match="kinesis is no event source here"):
        client.create_event_source_mapping(
            EventSourceArn="arn:aws:kinesis:us-east-1:111111111111:stream/s",
            FunctionName="other",
            StartingPosition="LATEST",
        )


def test_more_batches_with_every_minute(
    chamber: Chamber, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, _ = wired({"VisibilityTimeout": "600"}, BatchSize=1)
    crew.answers["jobs"] = lambda order: outcome(duration_ns=300 * SECOND)
    for number in range(12):
        sqs.send_message(QueueUrl=url, MessageBody=f"m{number}")
    chamber.advance("59s")
    assert len(crew.orders) == 5
    chamber.advance("5s")
    assert len(crew.orders) == 12


def test_a_queue_that_is_gone_keeps_no_world_busy(
    chamber: Chamber, client: Any, sqs: Any, crew: Crew, wired: Wire
) -> None:
    url, _, uuid = wired()
    sqs.send_message(QueueUrl=url, MessageBody="m", DelaySeconds=5)
    sqs.delete_queue(QueueUrl=url)
    chamber.run_until_idle()
    found = client.get_event_source_mapping(UUID=uuid)
    assert found["LastProcessingResult"].startswith("PROBLEM: ")
    assert crew.orders == []
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="m")
    chamber.advance("1s")
    assert len(crew.orders) == 1


def test_a_mapping_becomes_what_it_is_to_be(role: str) -> None:
    with Chamber(seed=1, account=ONE, iam="off", lifecycle="realistic") as chamber:
        client, sqs = chamber.client("lambda"), chamber.client("sqs")
        client.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role,
            Code={"ZipFile": archive()},
        )  # fmt: skip
        sqs.create_queue(QueueName="work")
        made = client.create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:us-east-1:{ONE}:work", FunctionName="jobs"
        )
        uuid = made["UUID"]
        assert made["State"] == "Creating"
        with pytest.raises(client.exceptions.ResourceInUseException):
            client.update_event_source_mapping(UUID=uuid, BatchSize=5)
        chamber.advance("30s")
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Enabled"
        changed = client.update_event_source_mapping(UUID=uuid, Enabled=False)
        assert changed["State"] == "Disabling"
        chamber.advance("30s")
        assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
        assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
        chamber.advance("30s")
        assert client.list_event_source_mappings()["EventSourceMappings"] == []
