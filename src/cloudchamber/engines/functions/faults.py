"""What AWS says when a function did not answer: types, messages, in the spelling of its service.

https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cloudchamber.engines.functions.lines import timeout_text
from cloudchamber.engines.functions.orders import Order, Outcome, error_payload
from cloudchamber.engines.functions.processes import exit_text

ANSWER_BYTES_MAX: Final = 6_291_556
KILLED: Final = -9
EXIT_ERROR: Final = "Runtime.ExitError"
OUT_OF_MEMORY: Final = "Runtime.OutOfMemory"
TIMED_OUT: Final = "Sandbox.Timedout"
TOO_LARGE: Final = "Function.ResponseSizeTooLarge"
TRUNCATED: Final = "Runtime.TruncatedResponse"
REFUSED_TEXT: Final = f"Exceeded maximum allowed payload size ({ANSWER_BYTES_MAX} bytes)."


def ended(order: Order, code: int, in_init: bool) -> Outcome:
    """The process ended before it answered."""
    how = exit_text(code)
    message = "Runtime exited without providing a reason"
    if code != 0:
        message = f"Runtime exited with error: {how}"
    message = f"RequestId: {order.request_id} Error: {message}"
    return Outcome(
        status="init-error" if in_init else "crash",
        error_type=EXIT_ERROR,
        payload=error_payload(EXIT_ERROR, message),
        log=_line(message, EXIT_ERROR),
        exit=how,
    )


def extension_ended(order: Order, code: int, in_init: bool) -> Outcome:
    """An extension ended before the invocation did."""
    how = exit_text(code)
    message = f"RequestId: {order.request_id} Error: {how}"
    return Outcome(
        status="init-error" if in_init else "crash",
        error_type="Extension.Crash",
        payload=error_payload("Extension.Crash", message),
        log=_line(message, "Extension.Crash"),
        exit=how,
    )


def out_of_memory(order: Order) -> Outcome:
    """The process took more memory than it has."""
    message = f"RequestId: {order.request_id} Error: Runtime exited with error: signal: killed"
    return Outcome(
        status="out-of-memory",
        error_type=OUT_OF_MEMORY,
        payload=error_payload(EXIT_ERROR, message),
        log=_line(message, EXIT_ERROR),
        max_memory_mb=order.memory_mb,
        exit="signal: killed",
    )


def timed_out(order: Order) -> Outcome:
    """The function took more time than it has."""
    text = timeout_text(order.timeout_s)
    message = f"RequestId: {order.request_id} Error: {text}"
    seconds, rest_ns = divmod(order.deadline_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    line = f"{moment}.{rest_ns // 1_000_000:03}Z {order.request_id} {text}\n\n"
    return Outcome(
        status="timeout",
        error_type=TIMED_OUT,
        payload=error_payload(TIMED_OUT, message),
        log=line.encode(),
    )


def too_large(limit: int) -> Outcome:
    """The answer is longer than answers may be."""
    message = f"Response payload size exceeded maximum allowed payload size ({limit} bytes)."
    return Outcome(status="error", error_type=TOO_LARGE, payload=error_payload(TOO_LARGE, message))


def truncated(order: Order) -> Outcome:
    """The runtime ended its streamed answer before it was whole, and went on."""
    message = f"RequestId: {order.request_id} Error: the response stream was not ended"
    return Outcome(status="error", error_type=TRUNCATED, payload=error_payload(TRUNCATED, message))


def killed_for(order: Order, reason: str) -> Outcome:
    """The process was ended because it took more than it may of something else."""
    message = f"RequestId: {order.request_id} Error: Runtime exited with error: signal: killed"
    return Outcome(
        status="crash",
        error_type=EXIT_ERROR,
        payload=error_payload(EXIT_ERROR, message),
        log=f"[cloudchamber: the process was ended: {reason}]\n".encode()
        + _line(message, EXIT_ERROR),
        exit="signal: killed",
    )


def no_start(order: Order, error_type: str, reason: str) -> Outcome:
    """The environment could not be made."""
    message = f"RequestId: {order.request_id} Error: {reason}"
    return Outcome(
        status="init-error",
        error_type=error_type,
        payload=error_payload(error_type, message),
        exit=reason,
    )


def _line(message: str, error_type: str) -> bytes:
    """What Lambda writes to the function's log."""
    return f"{message}\n{error_type}\n".encode()
