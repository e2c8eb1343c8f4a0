"""Where results go: destinations on success and on failure, and dead-letter queues.

Rules of this file: records in AWS's format, sent with the function's role. What cannot be sent is
told in the event log; at AWS it is a metric, and nobody is told more.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import Arn, find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.lambda_ import roles
from cloudchamber.services.lambda_.names import find_version, new_id
from cloudchamber.services.lambda_.nouns import (
    LATEST,
    AsyncEvent,
    Configuration,
    Function,
    Invocation,
)
from cloudchamber.services.lambda_.settings import event_invoke_of

MESSAGE_BYTES_MAX: Final = 1024  # of ErrorMessage, in a dead letter
_TIME: Final = "%Y-%m-%dT%H:%M:%S"


def shown_instant(t_ns: int) -> str:
    """`2019-11-14T18:16:05.568Z`."""
    at = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return f"{at.strftime(_TIME)}.{t_ns % SECOND_NS // 1_000_000:03}Z"


def succeeded(call: Call, function: Function, event: AsyncEvent, row: Invocation) -> None:
    """Tell the destination of success, if there is one."""
    follow(call, row.trace)
    target = event_invoke_of(function, event.qualifier).destinations.get("OnSuccess", {})
    arn = target.get("Destination")
    if arn:
        record = _record(call, function, event, "Success", row)
        send(call, function, arn, record, "Success")


def failed(
    call: Call,
    function: Function,
    event: AsyncEvent,
    condition: str,
    row: Invocation | None,
) -> None:
    """Tell the destination of failure, and send the event to the dead-letter queue."""
    follow(call, row.trace if row is not None else event.trace)
    target = event_invoke_of(function, event.qualifier).destinations.get("OnFailure", {})
    arn = target.get("Destination")
    if arn:
        record = _record(call, function, event, condition, row)
        send(call, function, arn, record, "Failure")
    version = find_version(function, event.qualifier) or function.latest
    dead_letter = version.members.get("DeadLetterConfig", {}).get("TargetArn")
    if dead_letter:
        _bury(call, function, version, dead_letter, event, row)


def follow(call: Call, trace: str) -> None:
    """What is sent from here on belongs to the chain of requests that a trace header tells of."""
    call.origin = msgspec.structs.replace(call.origin, trace=trace)


def _record(
    call: Call, function: Function, event: AsyncEvent, condition: str, row: Invocation | None
) -> dict[str, Any]:
    record: dict[str, Any] = {
        "version": "1.0",
        "timestamp": shown_instant(call.now),
        "requestContext": {
            "requestId": event.id,
            "functionArn": f"{function.arn}:{event.qualifier or LATEST}",
            "condition": condition,
            "approximateInvokeCount": event.attempts,
        },
        "requestPayload": msgspec.Raw(event.payload),
    }
    if row is not None:
        response: dict[str, Any] = {"statusCode": 200, "executedVersion": row.version}
        if row.status != "ok":
            response["functionError"] = "Unhandled"
        record["responseContext"] = response
        record["responsePayload"] = _as_json(row.payload)
    return record


def _as_json(payload: bytes) -> Any:
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return payload.decode("utf-8", "replace")
    return msgspec.Raw(payload)


def send(call: Call, function: Function, arn: str, record: Mapping[str, Any], result: str) -> bool:
    """Send a record to a queue, a topic, a function, an event bus or a bucket."""
    version = function.latest
    try:
        parsed = find_arn(arn)
        assert parsed is not None  # it was checked when it was set
        role = roles.caller_of(call, function, version)
        _SENDERS[parsed.service](call, function, parsed, role, record, result)
    except AwsError as error:
        call.event(
            function.arn,
            "lambda.destination-failed",
            f"the result of {function.arn} could not be sent to {arn}: {error.code}: "
            f"{error.message}",
        )
        return False
    call.event(arn, "lambda.destination-told", f"the result of {function.arn} was sent to {arn}")
    return True


def _place(function: Function, to: Arn) -> dict[str, str]:
    """Lambda calls as the function's account, in the Region of what it calls."""
    return {"account": function.account, "region": to.region or function.region}


def _queue_url(parsed: Arn) -> str:
    return f"https://sqs.{parsed.region}.amazonaws.com/{parsed.account}/{parsed.resource}"


def _to_queue(
    call: Call, function: Function, to: Arn, role: Caller, record: Any, result: str
) -> None:
    request = {"QueueUrl": _queue_url(to), "MessageBody": msgspec.json.encode(record).decode()}
    if to.resource.endswith(".fifo"):
        request["MessageGroupId"] = function.name
    call.invoke("sqs", "SendMessage", request, caller=role, **_place(function, to))


def _to_topic(
    call: Call, function: Function, to: Arn, role: Caller, record: Any, result: str
) -> None:
    request = {"TopicArn": str(to), "Message": msgspec.json.encode(record).decode()}
    call.invoke("sns", "Publish", request, caller=role, **_place(function, to))


def _to_function(
    call: Call, function: Function, to: Arn, role: Caller, record: Any, result: str
) -> None:
    request = {
        "FunctionName": str(to),
        "InvocationType": "Event",
        "Payload": msgspec.json.encode(record),
    }
    call.invoke("lambda", "Invoke", request, caller=role, **_place(function, to))


def _to_bus(
    call: Call, function: Function, to: Arn, role: Caller, record: Any, result: str
) -> None:
    bus = str(to)
    request = {
        "Entries": [
            {
                "Source": "lambda",
                "DetailType": f"Lambda Function Invocation Result - {result}",
                "Detail": msgspec.json.encode(record).decode(),
                "Resources": [bus, f"{function.arn}:{LATEST}"],
                "EventBusName": bus,
                "Time": call.now_s,
            }
        ]
    }
    call.invoke("events", "PutEvents", request, caller=role, **_place(function, to))


def _to_bucket(
    call: Call, function: Function, to: Arn, role: Caller, record: Any, result: str
) -> None:
    day = datetime.fromtimestamp(call.now // SECOND_NS, UTC).strftime("%Y/%m/%d")
    name = new_id(call, function.arn, "failure")
    at = datetime.fromtimestamp(call.now // SECOND_NS, UTC).strftime("%Y-%m-%dT%H.%M.%S")
    request = {
        "Bucket": to.resource,
        "Key": f"aws/lambda/async/{function.name}/{day}/{at}-{name}",
        "Body": msgspec.json.encode(record),
    }
    call.invoke("s3", "PutObject", request, caller=role, account=function.account)


# Service of the ARN -> how it is sent.
_SENDERS: Final = MappingProxyType(
    {
        "sqs": _to_queue,
        "sns": _to_topic,
        "lambda": _to_function,
        "events": _to_bus,
        "s3": _to_bucket,
    }
)


def _bury(
    call: Call,
    function: Function,
    version: Configuration,
    arn: str,
    event: AsyncEvent,
    row: Invocation | None,
) -> None:
    """The event itself, with what went wrong as attributes."""
    parsed = find_arn(arn)
    assert parsed is not None  # it was checked when it was set
    message = row.payload.decode("utf-8", "replace")[:MESSAGE_BYTES_MAX] if row is not None else ""
    try:
        found = msgspec.json.decode(row.payload) if row is not None else {}
        if isinstance(found, dict) and isinstance(found.get("errorMessage"), str):
            message = found["errorMessage"][:MESSAGE_BYTES_MAX]
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    code = "200" if row is not None else "429"
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": event.id},
        "ErrorCode": {"DataType": "Number", "StringValue": code},
    }
    if message:
        attributes["ErrorMessage"] = {"DataType": "String", "StringValue": message}
    body = event.payload.decode("utf-8", "replace")
    place = _place(function, parsed)
    try:
        role = roles.caller_of(call, function, version)
        if parsed.service == "sqs":
            request: dict[str, Any] = {
                "QueueUrl": _queue_url(parsed),
                "MessageBody": body,
                "MessageAttributes": attributes,
            }
            call.invoke("sqs", "SendMessage", request, caller=role, **place)
        else:
            request = {"TopicArn": arn, "Message": body, "MessageAttributes": attributes}
            call.invoke("sns", "Publish", request, caller=role, **place)
    except AwsError as error:
        call.event(
            function.arn,
            "lambda.dead-letter-failed",
            f"the event {event.id} could not be sent to {arn}: {error.code}: {error.message}",
        )
        return
    call.event(arn, "lambda.event-buried", f"the event {event.id} was sent to {arn}")
