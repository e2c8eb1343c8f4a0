"""Services that Lambda tells of its results: what they are asked, by stand-ins that take notes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud import registry
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output, Service, simulated
from tests.unit.services.lambda_.crew import ONE, Crew, failure, outcome

Make = Callable[..., Any]
Notes = list[tuple[str, str, Input]]
REAL = registry.load_service


@pytest.fixture
def notes(monkeypatch: pytest.MonkeyPatch) -> Notes:
    """What was asked of the logs, of topics and of buses: who, what, the request."""
    taken: Notes = []
    groups: set[str] = set()

    def note(call: Call, request: Input) -> Output:
        name = call.operation_name
        taken.append((call.caller.arn.rpartition("/")[2], name, request))
        if name == "CreateLogStream":
            groups.add(request["logStreamName"])
        if name == "PutLogEvents" and request["logStreamName"] not in groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return {}

    stand_ins = {
        "logs": ("CreateLogGroup", "CreateLogStream", "PutLogEvents"),
        "sns": ("Publish",),
        "events": ("PutEvents",),
    }

    def load(name: str) -> Service | None:
        if name not in stand_ins:
            return REAL(name)
        return Service(name, {each: simulated(note) for each in stand_ins[name]})

    monkeypatch.setattr(registry, "load_service", load)
    return taken


@pytest.fixture
def chamber(notes: Notes) -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


def test_logs_are_written_with_the_role(client: Any, make: Make, crew: Crew, notes: Notes) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: outcome(log=b"hello\nworld\n")
    client.invoke(FunctionName="jobs")
    client.invoke(FunctionName="jobs")
    assert [name for _, name, _ in notes] == [
        "PutLogEvents", "CreateLogGroup", "CreateLogStream", "PutLogEvents", "PutLogEvents",
    ]  # fmt: skip
    who, _, request = notes[3]
    assert who == "jobs"
    assert request["logGroupName"] == "/aws/lambda/jobs"
    assert request["logStreamName"].startswith("2027/01/01/[$LATEST]")
    texts = [event["message"] for event in request["logEvents"]]
    assert texts[0].startswith("START RequestId: ")
    assert texts[1:3] == ["hello", "world"]
    assert texts[3].startswith("END RequestId: ")
    assert texts[4].startswith("REPORT RequestId: ")


def test_topics_and_buses_are_told(
    chamber: Chamber, client: Any, make: Make, crew: Crew, notes: Notes
) -> None:
    topic = f"arn:aws:sns:us-east-1:{ONE}:failed"
    bus = f"arn:aws:events:us-east-1:{ONE}:event-bus/default"
    arn = make("jobs", DeadLetterConfig={"TargetArn": topic})["FunctionArn"]
    client.put_function_event_invoke_config(
        FunctionName="jobs",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": topic}, "OnSuccess": {"Destination": bus}},
    )
    client.invoke(FunctionName="jobs", InvocationType="Event", Payload=b'{"n": 1}')
    chamber.advance("1s")
    crew.answers["jobs"] = lambda order: failure()
    client.invoke(FunctionName="jobs", InvocationType="Event", Payload=b'{"n": 2}')
    chamber.advance("1s")
    told = [(name, request) for _, name, request in notes if "Log" not in name]
    assert [name for name, _ in told] == ["PutEvents", "Publish", "Publish"]
    (entry,) = told[0][1]["Entries"]
    assert entry["Source"] == "lambda"
    assert entry["DetailType"] == "Lambda Function Invocation Result - Success"
    assert entry["Resources"] == [bus, f"{arn}:$LATEST"]
    assert json.loads(entry["Detail"])["requestPayload"] == {"n": 1}
    record = json.loads(told[1][1]["Message"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    letter = told[2][1]
    assert json.loads(letter["Message"]) == {"n": 2}
    assert letter["MessageAttributes"]["ErrorMessage"]["StringValue"] == "no"
