"""One invocation: begun outside of this world, ended on its clock.

Rules of this file: everything that may refuse an invocation is asked before anything is kept. The
functions engine does the work (kind of work `lambda.invocation`); what it answers takes effect at
start plus modelled duration. Who asked for an invocation is told by `origin` and `reference`.
https://docs.aws.amazon.com/lambda/latest/dg/lambda-invocation.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.services.lambda_ import (
    concurrency,
    images,
    logs,
    packages,
    refusals,
    roles,
    streamed_answers,
    traces,
    versions,
)
from cloudchamber.services.lambda_.configuration import open_variables
from cloudchamber.services.lambda_.layers import find_layer_version
from cloudchamber.services.lambda_.names import Target, find_version
from cloudchamber.services.lambda_.nouns import (
    FUNCTIONS,
    INVOCATIONS,
    LATEST,
    Configuration,
    Function,
    Invocation,
)

WORK: Final = "lambda.invocation"
COMPLETED: Final = "lambda.invocation-completed"
SYNC: Final = "sync"
RESPONSE_MAX: Final = 6_291_556  # "(6291556 bytes)", in AWS's own words
_ROOT: Final = 24
_PARENT: Final = 16


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a function. `trace` is the trace header of whoever asks."""

    payload: bytes
    request_id: str
    origin: str = SYNC
    reference: str = ""
    trace: str = ""
    client_context: str = ""
    tenant: str = ""
    takes_stream: bool = False


def begin(call: Call, function: Function, qualifier: str, asked: Asked) -> Invocation:
    """Begin an invocation. Raises what AWS answers when it cannot be; then nothing has changed."""
    version = _version_for(call, function, qualifier)
    check_invocable(call, function, version)
    check_recursion(call, function, asked.trace)
    try:
        claimed = concurrency.claim(call, function, version.version, qualifier)
    except AwsError:
        call.meter("Throttles", 1, function.arn)
        raise
    session = roles.session_of(call, function, version)
    variables = _variables(call, function, version)
    digits = call.stream(function.arn, "trace").hex(_ROOT + _PARENT)
    root = f"{call.now // SECOND_NS:08x}-{digits[:_ROOT]}"
    trace = traces.following(asked.trace, function.arn, root, digits[_ROOT:])
    row = Invocation(
        request_id=asked.request_id,
        function=function.name,
        account=function.account,
        region=function.region,
        qualifier=qualifier,
        version=version.version,
        started_ns=call.now,
        origin=asked.origin,
        reference=asked.reference,
        trace=trace,
        log_stream=logs.stream_of(call, function, version),
        is_provisioned=claimed,
        takes_stream=asked.takes_stream,
    )
    order = _order(call, function, version, row)
    order["payload"] = asked.payload
    order["client_context"] = asked.client_context
    order["tenant_id"] = asked.tenant
    order["takes_stream"] = asked.takes_stream
    order["environment"] = variables
    order["role_credentials"] = roles.as_order(session)
    order["is_warm_hint"] = bool(claimed)
    call.rows(INVOCATIONS)[row.request_id] = row
    function.running += 1
    call.begin_work(WORK, row.request_id, order)
    return row


def _version_for(call: Call, function: Function, qualifier: str) -> Configuration:
    alias = function.aliases.get(qualifier)
    number = versions.drawn(call, function, alias) if alias is not None else qualifier
    version = find_version(function, number)
    if version is None:
        raise refusals.no_function(f"{function.arn}:{qualifier}")
    return version


def check_invocable(call: Call, function: Function, version: Configuration) -> None:
    """Raises for a function that is not ready, or that nothing here can run."""
    if version.state == "Pending":
        raise refusals.conflict(
            "The operation cannot be performed at this time. The function is currently in the "
            f"following state: {version.state}"
        )
    images.check_runnable(function.arn, version.code)


def check_recursion(call: Call, function: Function, trace: str) -> None:
    """Raises RecursiveInvocationException when a function has called itself too often."""
    if function.recursion == "Allow":
        return
    if traces.turns(trace, function.arn) < call.quota("recursive-loops"):
        return
    call.event(
        function.arn,
        "lambda.recursion-ended",
        f"a chain of requests has invoked {function.arn} {call.quota('recursive-loops')} times; "
        "it was ended",
    )
    raise AwsError(
        "RecursiveInvocationException",
        f"Recursive invocation of {function.arn} detected. The loop was terminated.",
        400,
        Type="User",
    )


def _variables(call: Call, function: Function, version: Configuration) -> dict[str, str]:
    try:
        # Lambda has a grant from whoever configured the function: it may always.
        owner = callers.root(function.account, call.partition)
        return open_variables(call, function, version, owner)
    except Refused:
        raise
    except AwsError as error:
        known = {
            "AccessDeniedException": "KMSAccessDeniedException",
            "AccessDenied": "KMSAccessDeniedException",
            "DisabledException": "KMSDisabledException",
            "KMSInvalidStateException": "KMSInvalidStateException",
            "NotFoundException": "KMSNotFoundException",
        }
        raise AwsError(
            known.get(error.code, "KMSAccessDeniedException"),
            "Lambda was unable to decrypt the environment variables because KMS access was denied. "
            f"Please check the function's KMS key settings. KMS Exception: {error.code} "
            f"KMS Message: {error.message}",
            502,
            Type="User",
        ) from error


def _order(
    call: Call, function: Function, version: Configuration, row: Invocation
) -> dict[str, Any]:
    """What the functions engine is told; nothing of it is kept."""
    members = version.members
    layers = [find_layer_version(call, arn) for arn in members.get("Layers", ())]
    logging = members["LoggingConfig"]
    return {
        "function_arn": f"{function.arn}:{row.qualifier}" if row.qualifier else function.arn,
        "version": version.version,
        "request_id": row.request_id,
        "code": _code(call, version),
        "layers": [packages.for_engine(call, each.code) for each in layers if each is not None],
        "handler": members.get("Handler", ""),
        "runtime": members.get("Runtime", ""),
        "memory_mb": members["MemorySize"],
        "timeout_s": members["Timeout"],
        "ephemeral_mb": members["EphemeralStorage"]["Size"],
        "region": function.region,
        "account": function.account,
        "deadline_ns": row.started_ns + members["Timeout"] * SECOND_NS,
        "trace": row.trace,
        "log_format": logging["LogFormat"],
        "log_level": logging.get("ApplicationLogLevel", ""),
        "log_group": logging["LogGroup"],
        "log_stream": row.log_stream,
        "invoked_by": row.origin,
    }


def _code(call: Call, version: Configuration) -> dict[str, Any]:
    if version.code.image:
        return images.for_engine(version.code, version.members)
    return packages.for_engine(call, version.code)


def done(call: Call, ticket: str, outcome: dict[str, Any]) -> None:
    """Work's outcome: what came of an invocation. It takes effect when its time is over."""
    row = call.rows(INVOCATIONS).get(ticket)
    if row is None:
        return
    row.status = outcome["status"]
    row.payload = outcome["payload"]
    row.error_type = outcome.get("error_type", "")
    streamed_answers.keep(call, row, outcome)
    is_stream = row.is_streamed and row.takes_stream
    if row.status == "ok" and len(row.payload) > RESPONSE_MAX and not is_stream:
        row.status, row.error_type = "error", "Function.ResponseSizeTooLarge"
        row.payload = msgspec.json.encode(
            {
                "errorMessage": "Response payload size exceeded maximum allowed payload size "
                f"({RESPONSE_MAX} bytes).",
                "errorType": row.error_type,
            }
        )
    init_ns = 0 if row.is_provisioned else outcome["init_ns"]
    function = call.rows(FUNCTIONS, row.account, row.region).get(row.function)
    version = find_version(function, row.version) if function is not None else None
    memory_mb = version.members["MemorySize"] if version is not None else 128
    row.log = logs.whole(row, outcome, memory_mb, init_ns)
    row.reference = row.reference or row.request_id
    ends_ns = row.started_ns + init_ns + outcome["duration_ns"]
    call.at(max(call.now, ends_ns), COMPLETED, ticket)


def settle(call: Call, ticket: str) -> tuple[Invocation, Function | None] | None:
    """The time of an invocation is over: it runs no more. None when it is not known."""
    row = call.rows(INVOCATIONS).get(ticket)
    if row is None:
        return None
    row.done = True
    function = call.rows(FUNCTIONS, row.account, row.region).get(row.function)
    if function is not None and function.running:
        function.running -= 1
    if function is not None:
        logs.write(call, function, row)
    verb = "answered" if row.status == "ok" else f"failed ({row.status})"
    call.event(
        f"{row_arn(row, function)}",
        "lambda.invoked",
        f"{row.function} {verb} {row.request_id} after "
        f"{(call.now - row.started_ns) / 1_000_000:.2f} ms",
        {
            "request_id": row.request_id,
            "status": row.status,
            "version": row.version,
            "origin": row.origin,
            "log": row.log[-4096:].decode("utf-8", "replace"),
        },
    )
    call.meter("Invocations", 1, row_arn(row, function))
    if row.status != "ok":
        call.meter("Errors", 1, row_arn(row, function))
    call.meter("DurationMs", (call.now - row.started_ns) / 1_000_000, row_arn(row, function))
    return row, function


def row_arn(row: Invocation, function: Function | None) -> str:
    """The ARN that an invocation is told under."""
    return function.arn if function is not None else f"function:{row.function}"


def forget(call: Call, row: Invocation) -> None:
    """Whoever asked has been told."""
    call.rows(INVOCATIONS).pop(row.request_id, None)
    streamed_answers.forget(call, row)


def executed_version(row: Invocation) -> str:
    """What X-Amz-Executed-Version says."""
    return row.version or LATEST


def target_of_row(row: Invocation) -> Target:
    """The function that an invocation was of."""
    return Target(row.account, row.region, row.function, row.qualifier)
