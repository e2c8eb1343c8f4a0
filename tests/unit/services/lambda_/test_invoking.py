"""Invoke: waited for, handed over, only asked; what the answer says and what the log holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import MS, SECOND, Crew, failure, outcome

Make = Callable[..., Any]


def test_a_function_answers(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    answer = client.invoke(FunctionName="jobs", Payload=b'{"n": 1}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {"n": 1}
    assert answer["StatusCode"] == 200
    assert answer["ExecutedVersion"] == "$LATEST"
    assert "FunctionError" not in answer
    log = base64.b64decode(answer["LogResult"]).decode()
    assert log.startswith("START RequestId: ")
    assert "Duration: 2.00 ms\tBilled Duration: 2 ms\tMemory Size: 128 MB" in log


def test_the_order_holds_what_a_process_needs(
    chamber: Chamber, client: Any, make: Make, crew: Crew, role: str
) -> None:
    make("jobs", Environment={"Variables": {"COLOUR": "blue"}}, Timeout=7, MemorySize=256)
    client.invoke(FunctionName="jobs")
    order = crew.orders[0]
    assert order["environment"] == {"COLOUR": "blue"}
    assert (order["timeout_s"], order["memory_mb"]) == (7, 256)
    assert order["payload"] == b"{}"
    assert order["deadline_ns"] - chamber.cloud.kernel.now == 7 * SECOND - 2 * MS
    key = order["role_credentials"]
    who = chamber.client("sts", credentials=key).get_caller_identity()
    assert who["Arn"].endswith(":assumed-role/worker/jobs")
    assert order["code"]["read"]()[:2] == b"PK"


def test_a_name_of_one_letter_is_enough(client: Any, make: Make, crew: Crew) -> None:
    make("f")
    assert client.invoke(FunctionName="f")["StatusCode"] == 200


def test_time_passes_as_the_outcome_says(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: outcome(duration_ns=3 * SECOND, init_ns=SECOND)
    before = chamber.cloud.kernel.now
    client.invoke(FunctionName="jobs")
    assert chamber.cloud.kernel.now - before == 4 * SECOND


def test_an_error_of_the_function_is_no_error_of_the_call(
    client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: failure("out of milk")
    answer = client.invoke(FunctionName="jobs")
    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert json.loads(answer["Payload"].read())["errorMessage"] == "out of milk"


def test_an_answer_may_not_be_too_large(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: outcome(b'"' + b"x" * 6_291_556 + b'"')
    answer = client.invoke(FunctionName="jobs")
    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_dry_run_runs_nothing(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    assert client.invoke(FunctionName="jobs", InvocationType="DryRun")["StatusCode"] == 204
    assert crew.orders == []


def test_what_is_no_json_is_refused(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName="jobs", Payload=b"{not json")


def test_what_is_too_large_is_refused(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(client.exceptions.RequestTooLargeException):
        client.invoke(FunctionName="jobs", Payload=b'"' + b"x" * 6_291_456 + b'"')
    payload = b'"' + b"x" * 1_048_576 + b'"'
    with pytest.raises(client.exceptions.RequestTooLargeException):
        client.invoke(FunctionName="jobs", Payload=payload, InvocationType="Event")


def test_a_function_that_is_not_there(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="nothing")
    error = caught.value.response["Error"]
    assert error["Code"] == "ResourceNotFoundException"
    assert error["Message"] == (
        "Function not found: arn:aws:lambda:us-east-1:111111111111:function:nothing"
    )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_a_client_context_goes_along(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    context = base64.b64encode(b'{"custom": {"a": 1}}').decode()
    client.invoke(FunctionName="jobs", ClientContext=context)
    assert json.loads(crew.orders[0]["client_context"]) == {"custom": {"a": 1}}
    with pytest.raises(client.exceptions.InvalidRequestContentException):
        client.invoke(FunctionName="jobs", ClientContext="!!")


def test_an_answer_as_a_stream(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    answer = client.invoke_with_response_stream(FunctionName="jobs", Payload=b'{"n": 2}')
    events = list(answer["EventStream"])
    assert events[0]["PayloadChunk"]["Payload"] == b'{"n": 2}'
    assert events[1] == {"InvokeComplete": {}}


def test_an_error_at_the_end_of_a_stream(client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: failure()
    events = list(client.invoke_with_response_stream(FunctionName="jobs")["EventStream"])
    assert events[-1]["InvokeComplete"]["ErrorCode"] == "ValueError"


def test_what_was_streamed_before_an_error_is_there_too(
    client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: failure(is_streamed=True, begun=b"x" * 100_000)
    answer = client.invoke_with_response_stream(FunctionName="jobs")
    *chunks, last = answer["EventStream"]
    sizes = [len(chunk["PayloadChunk"]["Payload"]) for chunk in chunks]
    assert sizes == [65_536, 34_464]
    assert last["InvokeComplete"]["ErrorCode"] == "ValueError"
    assert json.loads(last["InvokeComplete"]["ErrorDetails"])["errorMessage"] == "no"


def test_invocations_are_told_in_the_event_log(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    arn = make("jobs")["FunctionArn"]
    crew.answers["jobs"] = lambda order: outcome(log=b"hello\n")
    client.invoke(FunctionName="jobs")
    told = [event for event in chamber.events(arn) if event["what"] == "lambda.invoked"]
    assert "hello\nEND RequestId" in told[0]["details"]["log"]


def test_a_function_of_another_region_is_not_reachable(client: Any, make: Make) -> None:
    make("jobs")
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="are not reachable"):
        client.invoke(FunctionName="arn:aws:lambda:eu-west-1:111111111111:function:jobs")


def test_reserved_concurrency_of_none_refuses_all(client: Any, make: Make) -> None:
    make("jobs")
    client.put_function_concurrency(FunctionName="jobs", ReservedConcurrentExecutions=0)
    with pytest.raises(client.exceptions.TooManyRequestsException) as caught:
        client.invoke(FunctionName="jobs")
    assert caught.value.response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
