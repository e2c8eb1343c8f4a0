"""Invoke in all its forms: wait for the answer, queue the event, only ask, or stream.

Rules of this file: a waiting Invoke changes nothing but the invocation it has begun, which it finds
again when the world it waits in is loaded anew.
https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Generator, Iterable
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec

from cloudchamber.cloud.answer_streams import AnswerStream
from cloudchamber.cloud.blobs import Spooled
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output, Wait, Waiting
from cloudchamber.services.lambda_ import (
    asynchronous,
    invocations,
    logs,
    refusals,
    streamed_answers,
)
from cloudchamber.services.lambda_.invocations import Asked
from cloudchamber.services.lambda_.limits import LEGACY_ASYNC_BYTES
from cloudchamber.services.lambda_.names import expect_version, target_of
from cloudchamber.services.lambda_.nouns import INVOCATIONS, Function, Invocation

Answer = Generator[Wait, bool, Invocation]


def invoke(call: Call, request: Input) -> Output | Waiting:
    """Run a function and wait, hand it an event, or ask whether one could."""
    if has_begun(call):
        return _wait(request, until_done(call, call.request_id))
    kind = request.get("InvocationType", "RequestResponse")
    target = target_of(call, request)
    function, version = expect_version(call, target)
    if request.get("DurableExecutionName"):
        raise refusals.invalid("The function is not a durable function.")
    payload = _payload(call, request, kind)
    context = _context(call, request)
    if kind == "DryRun":
        invocations.check_invocable(call, function, version)
        return {"StatusCode": 204, "ExecutedVersion": version.version}
    if kind == "Event":
        invocations.check_invocable(call, function, version)
        invocations.check_recursion(call, function, call.origin.trace)
        asynchronous.accept(call, function, target.qualifier, payload, call.origin.trace)
        return {"StatusCode": 202}
    tenant = request.get("TenantId", "")
    return _wait(request, answer_of(call, function, target.qualifier, payload, context, tenant))


def _wait(request: Input, answer: Answer) -> Waiting:
    row = yield from answer
    output: Output = {
        "StatusCode": 200,
        "ExecutedVersion": invocations.executed_version(row),
        "Payload": row.payload,
    }
    if row.status != "ok":
        output["FunctionError"] = "Unhandled"
    if request.get("LogType") == "Tail":
        output["LogResult"] = logs.tail(row)
    return output


def answer_of(
    call: Call,
    function: Function,
    qualifier: str,
    payload: bytes,
    context: str = "",
    tenant: str = "",
    *,
    takes_stream: bool = False,
) -> Answer:
    """For a waiting handler: begin an invocation, or find the one begun, and wait for its end."""
    ticket = ticket_of(call, function)
    rows = call.rows(INVOCATIONS)
    if ticket not in rows:
        asked = Asked(
            payload=payload,
            request_id=ticket,
            trace=call.origin.trace,
            client_context=context,
            tenant=tenant,
            takes_stream=takes_stream,
        )
        invocations.begin(call, function, qualifier, asked)
    return (yield from until_done(call, ticket))


def has_begun(call: Call) -> bool:
    """Whether this call's own invocation was begun before: it waits in a world that was loaded
    anew, in which the function may not be what it was."""
    return not call.origin.is_nested and call.request_id in call.rows(INVOCATIONS)


def until_done(call: Call, ticket: str) -> Answer:
    """Wait for the end of an invocation."""
    rows = call.rows(INVOCATIONS)
    while True:
        row = rows[ticket]
        if row.done:
            invocations.forget(call, row)
            return row
        yield Wait(None, (("lambda", ticket),))


def ticket_of(call: Call, function: Function) -> str:
    """The request id of a waiting invocation: the call's own, or when another service calls, one
    that follows from it and from the function."""
    if not call.origin.is_nested:
        return call.request_id
    digest = blake2b(f"{call.request_id} {function.arn}".encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def _payload(call: Call, request: Input, kind: str) -> bytes:
    payload: bytes = request.get("Payload") or b"{}"
    limit = call.quota("async-payload-bytes" if kind == "Event" else "sync-payload-bytes")
    if len(payload) > limit:
        raise refusals.too_large(len(payload), limit)
    check_json(payload)
    return payload


def check_json(payload: bytes) -> None:
    """Raises InvalidRequestContentException for what is no JSON."""
    try:
        msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise AwsError(
            "InvalidRequestContentException",
            f"Could not parse request body into json: {error}",
            400,
            Type="User",
        ) from error


def _context(call: Call, request: Input) -> str:
    """The client context as the function gets it: JSON text."""
    given = request.get("ClientContext", "")
    if not given:
        return ""
    try:
        text = base64.b64decode(given, validate=True).decode()
        msgspec.json.decode(text)
    except (binascii.Error, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise AwsError(
            "InvalidRequestContentException",
            "Client context must be a valid Base64-encoded JSON object.",
            400,
            Type="User",
        ) from error
    if len(given) > call.quota("client-context-bytes"):
        raise refusals.invalid("Client context must be at most 3583 bytes.")
    return text


def invoke_async(call: Call, request: Input) -> Output:
    """The old way to hand a function an event."""
    target = target_of(call, request)
    function, version = expect_version(call, target)
    given = request.get("InvokeArgs") or b"{}"
    spooled = Spooled.of(given)
    size = len(given) if spooled is None else spooled.length
    if size > LEGACY_ASYNC_BYTES:
        raise refusals.too_large(size, LEGACY_ASYNC_BYTES)
    payload = given if spooled is None else call.blobs.read(spooled.name, spooled.key)
    check_json(payload)
    invocations.check_invocable(call, function, version)
    asynchronous.accept(call, function, target.qualifier, payload, "")
    return {"Status": 202}


# Streams


def invoke_with_response_stream(call: Call, request: Input) -> Output | Waiting:
    """Run a function; its answer comes as events."""
    if has_begun(call):
        return _stream(call, request, call.request_id, until_done(call, call.request_id))
    kind = request.get("InvocationType", "RequestResponse")
    target = target_of(call, request)
    function, version = expect_version(call, target)
    payload = _payload(call, request, kind)
    context = _context(call, request)
    if kind == "DryRun":
        invocations.check_invocable(call, function, version)
        return {"StatusCode": 204, "ExecutedVersion": version.version, "EventStream": []}
    tenant = request.get("TenantId", "")
    answer = answer_of(
        call, function, target.qualifier, payload, context, tenant, takes_stream=True
    )
    return _stream(call, request, ticket_of(call, function), answer)


def _stream(call: Call, request: Input, ticket: str, answer: Answer) -> Waiting:
    def tell(content_type: str, data: bytes) -> Output:
        row = call.rows(INVOCATIONS)[ticket]
        return _events(row, content_type, [{"PayloadChunk": {"Payload": data}}])

    with AnswerStream(call, ticket, tell) as stream:
        row = yield from answer
    complete: dict[str, Any] = {}
    if row.status != "ok":
        complete["ErrorCode"] = row.error_type or "Unhandled"
        complete["ErrorDetails"] = row.payload.decode("utf-8", "replace")
    if request.get("LogType") == "Tail":
        complete["LogResult"] = logs.tail(row)
    last = [{"InvokeComplete": complete}]
    first = () if stream.has_begun else streamed_answers.chunks(call, row)
    return _events(row, row.content_type, chain(first, last))


def _events(row: Invocation, content_type: str, events: Iterable[dict[str, Any]]) -> Output:
    return {
        "StatusCode": 200,
        "ExecutedVersion": invocations.executed_version(row),
        "ResponseStreamContentType": content_type or streamed_answers.BYTES,
        "EventStream": events,
    }
