"""The queue of asynchronous events: run, tried again, refused for want of room, given up.

Rules of this file: an event is run when the clock gets to it. Its errors are tried again after one
and two minutes; want of room is tried again after 1 second, then twice as long each time up to 5
minutes, until the event is too old. What becomes of it in the end goes to a destination.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.lambda_ import destinations, invocations, limits
from cloudchamber.services.lambda_.invocations import Asked
from cloudchamber.services.lambda_.names import Target, find_function, new_id
from cloudchamber.services.lambda_.nouns import EVENTS, AsyncEvent, Function, Invocation
from cloudchamber.services.lambda_.settings import event_invoke_of

DUE: Final = "lambda.event-due"
ORIGIN: Final = "async"
# Fact: what became of an event in the end, for services that hand functions events and go on when
# they are done (`function`, `payload`, `is_error`, `error`).
ENDED: Final = "lambda.invocation-ended"
_NO_ROOM: Final = ("TooManyRequestsException", "ServiceException", "EC2ThrottledException")


def accept(call: Call, function: Function, qualifier: str, payload: bytes, trace: str) -> str:
    """Queue an event; its id, which is the request id of each of its runs."""
    # A call that another service makes has its id from the request that began it all.
    own = not call.origin.is_nested and call.caller.kind != "service"
    id_ = call.request_id if own else new_id(call, function.arn, "event")
    event = AsyncEvent(
        id=id_,
        account=function.account,
        region=function.region,
        function=function.name,
        qualifier=qualifier,
        payload=payload,
        received_ns=call.now,
        trace=trace,
    )
    call.rows(EVENTS)[id_] = event
    _schedule(call, event, limits.ASYNC_DELAY_NS)
    return id_


def _schedule(call: Call, event: AsyncEvent, delay_ns: int) -> None:
    call.after(delay_ns, DUE, event.account, event.region, event.id)


def due(call: Call, account: str, region: str, id_: str) -> None:
    """Kernel event: it is an event's turn."""
    event = call.rows(EVENTS).get(id_)
    if event is None:
        return
    target = Target(account, region, event.function, event.qualifier)
    function = find_function(call, target)
    if function is None:
        call.rows(EVENTS).pop(id_, None)
        call.event(
            target.arn,
            "lambda.event-lost",
            f"the event {id_} is lost: {target.arn} is not there any more",
        )
        return
    if _is_too_old(call, event, function):
        _give_up(call, event, function, "EventAgeExceeded", None)
        return
    asked = Asked(
        payload=event.payload,
        request_id=id_,
        origin=ORIGIN,
        reference=id_,
        trace=event.trace,
        client_context=event.client_context,
    )
    try:
        invocations.begin(call, function, event.qualifier, asked)
    except AwsError as error:
        _refused(call, event, function, error)
        return
    event.attempts += 1
    event.refusals = 0


def _is_too_old(call: Call, event: AsyncEvent, function: Function, more_ns: int = 0) -> bool:
    config = event_invoke_of(function, event.qualifier)
    age_s = limits.EVENT_AGE_DEFAULT_S if config.age_s is None else config.age_s
    return call.now + more_ns - event.received_ns > age_s * SECOND_NS


def _refused(call: Call, event: AsyncEvent, function: Function, error: AwsError) -> None:
    """It could not be run: again later, as long as that may change."""
    if error.code == "RecursiveInvocationException":
        _give_up(call, event, function, "RecursiveInvocation", None)
        return
    delay_ns = min(limits.BACK_OFF_FIRST_NS << event.refusals, limits.BACK_OFF_MAX_NS)
    event.refusals += 1
    call.event(
        function.arn,
        "lambda.event-delayed",
        f"the event {event.id} waits for {delay_ns / SECOND_NS:g} s: {error.code}: {error.message}",
    )
    if function.reserved == 0 and error.code in _NO_ROOM:
        # "Lambda sends any new events to the DLQ or on-failure destination without retries".
        _give_up(call, event, function, "ZeroReservedConcurrency", None)
        return
    _schedule(call, event, delay_ns)


def completed(call: Call, row: Invocation, function: Function | None) -> None:
    """A run of an event has ended."""
    event = call.rows(EVENTS).get(row.reference)
    invocations.forget(call, row)
    if event is None or function is None:
        return
    config = event_invoke_of(function, event.qualifier)
    if row.status == "ok":
        _leave(call, event)
        destinations.succeeded(call, function, event, row)
        _tell(call, function, event, "")
        return
    retries = limits.RETRIES_DEFAULT if config.retries is None else config.retries
    if event.attempts > retries:
        _give_up(call, event, function, "RetriesExhausted", row)
        return
    delay_ns = limits.RETRY_NS[min(event.attempts, len(limits.RETRY_NS)) - 1]
    if _is_too_old(call, event, function, delay_ns):
        _give_up(call, event, function, "EventAgeExceeded", row)
        return
    call.event(
        function.arn,
        "lambda.event-retried",
        f"the event {event.id} failed and will be tried again in {delay_ns / SECOND_NS:g} s",
    )
    _schedule(call, event, delay_ns)


def _give_up(
    call: Call, event: AsyncEvent, function: Function, condition: str, row: Invocation | None
) -> None:
    _leave(call, event)
    call.event(
        function.arn,
        "lambda.event-dropped",
        f"the event {event.id} is given up after {event.attempts} attempts: {condition}",
    )
    destinations.failed(call, function, event, condition, row)
    _tell(call, function, event, condition if row is None else row.error_type or condition)


def _tell(call: Call, function: Function, event: AsyncEvent, error: str) -> None:
    told = {
        "function": function.arn,
        "payload": event.payload,
        "is_error": bool(error),
        "error": error,
    }
    call.publish(ENDED, told)


def _leave(call: Call, event: AsyncEvent) -> None:
    call.rows(EVENTS).pop(event.id, None)
