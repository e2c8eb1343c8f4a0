"""Asynchronous events: retried on the clock, delayed for want of room, sent on in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import MS, SECOND, Crew, Order, failure, outcome

Make = Callable[..., Any]
MakeQueue = Callable[..., tuple[str, str]]


def messages(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Everything that a queue holds now."""
    found: list[dict[str, Any]] = []
    while more := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    ).get("Messages"):
        found += more
    return found


def fire(client: Any, payload: Any = None, name: str = "jobs") -> str:
    """Hand over an event; its request id."""
    answer = client.invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(payload).encode()
    )
    assert answer["StatusCode"] == 202
    request_id: str = answer["ResponseMetadata"]["RequestId"]
    return request_id


def test_an_event_is_run_when_time_passes(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    request_id = fire(client, {"n": 1})
    assert crew.orders == []
    chamber.advance("1s")
    assert crew.payloads() == [{"n": 1}]
    assert crew.orders[0]["request_id"] == request_id


def test_an_error_is_tried_again_after_one_and_two_minutes(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    times: list[int] = []

    def fail(order: Order) -> dict[str, Any]:
        times.append(order["deadline_ns"])
        return failure()

    crew.answers["jobs"] = fail
    fire(client)
    chamber.run_until_idle()
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps == [60 * SECOND + 2 * MS, 120 * SECOND + 2 * MS]


def test_fewer_attempts_when_so_configured(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    client.put_function_event_invoke_config(FunctionName="jobs", MaximumRetryAttempts=0)
    crew.answers["jobs"] = lambda order: failure()
    fire(client)
    chamber.run_until_idle()
    assert len(crew.orders) == 1


def test_an_event_that_gets_too_old_is_given_up(
    chamber: Chamber, client: Any, make: Make, crew: Crew, sqs: Any, queue: MakeQueue
) -> None:
    url, arn = queue("failed")
    make("jobs")
    client.put_function_event_invoke_config(
        FunctionName="jobs",
        MaximumEventAgeInSeconds=90,
        DestinationConfig={"OnFailure": {"Destination": arn}},
    )
    crew.answers["jobs"] = lambda order: failure()
    fire(client)
    chamber.run_until_idle()
    assert len(crew.orders) == 2
    record = json.loads(messages(sqs, url)[0]["Body"])
    assert record["requestContext"]["condition"] == "EventAgeExceeded"


def test_destinations_get_records(
    chamber: Chamber, client: Any, make: Make, crew: Crew, sqs: Any, queue: MakeQueue
) -> None:
    (good, good_arn), (bad, bad_arn) = queue("good"), queue("bad")
    arn = make("jobs")["FunctionArn"]
    client.put_function_event_invoke_config(
        FunctionName="jobs",
        MaximumRetryAttempts=1,
        DestinationConfig={
            "OnSuccess": {"Destination": good_arn},
            "OnFailure": {"Destination": bad_arn},
        },
    )
    crew.answers["jobs"] = lambda order: (
        failure() if order["payload"] == b'"bad"' else outcome({"fine": True})
    )
    fine, wrong = fire(client, "good"), fire(client, "bad")
    chamber.run_until_idle()
    told = json.loads(messages(sqs, good)[0]["Body"])
    assert told["version"] == "1.0"
    assert told["requestContext"] == {
        "requestId": fine,
        "functionArn": f"{arn}:$LATEST",
        "condition": "Success",
        "approximateInvokeCount": 1,
    }
    assert (told["requestPayload"], told["responsePayload"]) == ("good", {"fine": True})
    assert told["responseContext"] == {"statusCode": 200, "executedVersion": "$LATEST"}
    told = json.loads(messages(sqs, bad)[0]["Body"])
    assert told["requestContext"]["requestId"] == wrong
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 2
    assert told["responseContext"]["functionError"] == "Unhandled"
    assert told["responsePayload"]["errorMessage"] == "no"


def test_a_destination_may_be_a_function(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    next_arn = make("next")["FunctionArn"]
    make("jobs")
    client.put_function_event_invoke_config(
        FunctionName="jobs", DestinationConfig={"OnSuccess": {"Destination": next_arn}}
    )
    fire(client, {"n": 1})
    chamber.run_until_idle()
    assert [order["function_arn"].split(":")[6] for order in crew.orders] == ["jobs", "next"]
    assert crew.payloads()[1]["requestPayload"] == {"n": 1}


def test_a_destination_that_is_not_there_is_told(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    arn = make("jobs")["FunctionArn"]
    client.put_function_event_invoke_config(
        FunctionName="jobs",
        DestinationConfig={"OnSuccess": {"Destination": "arn:aws:sqs:us-east-1:111111111111:no"}},
    )
    fire(client)
    chamber.run_until_idle()
    kinds = [event["what"] for event in chamber.events(arn)]
    assert "lambda.destination-failed" in kinds


def test_a_dead_letter_is_the_event_itself(
    chamber: Chamber, client: Any, make: Make, crew: Crew, sqs: Any, queue: MakeQueue
) -> None:
    url, arn = queue("dead")
    make("jobs", DeadLetterConfig={"TargetArn": arn})
    crew.answers["jobs"] = lambda order: failure("out of milk")
    request_id = fire(client, {"n": 1})
    chamber.run_until_idle()
    (message,) = messages(sqs, url)
    assert json.loads(message["Body"]) == {"n": 1}
    attributes = message["MessageAttributes"]
    assert attributes["RequestID"]["StringValue"] == request_id
    assert attributes["ErrorMessage"]["StringValue"] == "out of milk"
    assert attributes["ErrorCode"]["StringValue"] == "200"


def test_events_wait_for_room(chamber: Chamber, client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=1)
    started: list[int] = []

    def work(order: Order) -> dict[str, Any]:
        started.append(order["deadline_ns"])
        return outcome(duration_ns=4 * SECOND)

    crew.answers["jobs"] = work
    fire(client, 1)
    fire(client, 2)
    chamber.run_until_idle()
    # Refused at once, after one second and after three, and run after seven.
    assert [(later - started[0]) // SECOND for later in started] == [0, 7]


def test_no_room_at_all_gives_up_at_once(
    chamber: Chamber, client: Any, make: Make, crew: Crew, sqs: Any, queue: MakeQueue
) -> None:
    url, arn = queue("dead")
    make("jobs", DeadLetterConfig={"TargetArn": arn})
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=0)
    fire(client)
    chamber.advance("1s")
    (message,) = messages(sqs, url)
    assert message["MessageAttributes"]["ErrorCode"]["StringValue"] == "429"


def test_the_old_operation(chamber: Chamber, client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    assert client.invoke_async(FunctionName="jobs", InvokeArgs=b'{"n": 3}')["Status"] == 202
    chamber.advance("1s")
    assert crew.payloads() == [{"n": 3}]
    large = json.dumps("x" * 200_000).encode()
    client.invoke_async(FunctionName="jobs", InvokeArgs=large)
    chamber.advance("1s")
    assert crew.orders[1]["payload"] == large
    with pytest.raises(client.exceptions.ClientError, match="RequestTooLarge"):
        client.invoke_async(FunctionName="jobs", InvokeArgs=b'"' + b"x" * 262_144 + b'"')


def test_a_loop_is_ended_after_sixteen_turns(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    arn = make("jobs")["FunctionArn"]
    header = ""

    def add(request: Any, **_: Any) -> None:
        request.headers["X-Amzn-Trace-Id"] = header

    client.meta.events.register("before-sign.lambda.Invoke", add)
    for turn in range(16):
        client.invoke(FunctionName="jobs")
        header = crew.orders[turn]["trace"]
    try:
        client.invoke(FunctionName="jobs")
    except client.exceptions.RecursiveInvocationException:
        pass
    else:
        raise AssertionError("the loop went on")
    assert "lambda.recursion-ended" in [event["what"] for event in chamber.events(arn)]
    client.put_function_recursion_config(FunctionName="jobs", RecursiveLoop="Allow")
    assert client.invoke(FunctionName="jobs")["StatusCode"] == 200


def test_a_failure_that_wakes_its_own_function_comes_to_an_end(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    s3 = chamber.client("s3")
    s3.create_bucket(Bucket="uploads")
    arn = make("jobs")["FunctionArn"]
    client.add_permission(
        FunctionName="jobs",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )
    notify = {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket="uploads", NotificationConfiguration={"LambdaFunctionConfigurations": [notify]}
    )
    client.put_function_event_invoke_config(
        FunctionName="jobs",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": "arn:aws:s3:::uploads"}},
    )
    crew.answers["jobs"] = lambda order: failure()
    s3.put_object(Bucket="uploads", Key="one", Body=b"x")
    chamber.advance("10s")
    assert len(crew.orders) == 16
    assert crew.payloads()[0]["Records"][0]["s3"]["object"]["key"] == "one"
    assert crew.payloads()[1]["Records"][0]["s3"]["object"]["key"].startswith("aws/lambda/async/")
