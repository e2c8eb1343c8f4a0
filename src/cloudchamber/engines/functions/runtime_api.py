"""The Runtime API: what a function's process asks, and what each question does.

Rules of this file: paths, states and answers as documented; the environment decides what follows.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html and (for what is said in a wrong
state) https://github.com/aws/aws-lambda-runtime-interface-emulator.
"""

from __future__ import annotations

from typing import Final, Protocol

import msgspec

from cloudchamber.engines.functions.http_door import Asked
from cloudchamber.engines.functions.orders import Order

BASE: Final = "/2018-06-01/runtime/"
INVOCATION: Final = BASE + "invocation/"
MODE: Final = "lambda-runtime-function-response-mode"
SLEEP: Final = "/cloudchamber/sleep"
JSON: Final = ("Content-Type", "application/json")
OK: Final = b'{"status":"OK"}\n'
SLEEP_MAX_NS: Final = 10**18


class Subject(Protocol):
    """Whoever the API speaks for."""

    def next_asked(self, asked: Asked) -> None:
        """The runtime wants an invocation, and has done with the one before."""
        ...

    def answer_begun(self, request_id: str, asked: Asked) -> None:
        """An invocation's answer begins, and will come in pieces."""
        ...

    def answered(self, request_id: str, asked: Asked) -> None:
        """An invocation's answer."""
        ...

    def failed(self, request_id: str, asked: Asked) -> None:
        """An invocation's error."""
        ...

    def init_failed(self, asked: Asked) -> None:
        """The runtime could not get ready."""
        ...

    def sleep_asked(self, delay_ns: int, asked: Asked) -> None:
        """The runtime sleeps on the chamber's clock."""
        ...


def announce(subject: Subject, asked: Asked) -> None:
    """See from its head whether a request is an answer that comes in pieces."""
    if asked.method == "POST" and is_streaming(asked):
        request_id, _, verb = asked.path.removeprefix(INVOCATION).partition("/")
        if verb == "response" and asked.path.startswith(INVOCATION):
            subject.answer_begun(request_id, asked)


def is_streaming(asked: Asked) -> bool:
    """Whether the runtime says that it streams."""
    return asked.headers.get(MODE, "").lower() == "streaming"


def dispatch(subject: Subject, asked: Asked) -> None:
    """Find out what is asked."""
    path, method = asked.path, asked.method
    if path == BASE + "invocation/next" and method == "GET":
        subject.next_asked(asked)
    elif path == BASE + "init/error" and method == "POST":
        subject.init_failed(asked)
    elif path == SLEEP and method == "POST":
        text = bytes(asked.body)
        if not text.isdigit() or int(text) > SLEEP_MAX_NS:
            refuse(asked, 400, "InvalidSleep", "a sleep is a number of nanoseconds")
        else:
            subject.sleep_asked(int(text), asked)
    elif path.startswith(INVOCATION) and method == "POST":
        request_id, _, verb = path.removeprefix(INVOCATION).partition("/")
        if verb == "response":
            subject.answered(request_id, asked)
        elif verb == "error":
            subject.failed(request_id, asked)
        else:
            refuse(asked, 404, "NotFound", "404 page not found")
    else:
        refuse(asked, 404, "NotFound", "404 page not found")


def accept(asked: Asked) -> None:
    """202: it is taken."""
    asked.reply(202, OK, (JSON,))


def is_current(asked: Asked, request_id: str, order: Order | None, *, is_sent: bool) -> bool:
    """Whether an answer is to the invocation at hand, which has none yet; refused if it is not."""
    if order is None or request_id != order.request_id:
        refuse(asked, 400, "InvalidRequestID", "Invalid request ID")
        return False
    if is_sent:
        message = "State transition from RuntimeResponseSent to RuntimeInvokeResponse failed"
        refuse(asked, 403, "InvalidStateTransition", message)
        return False
    return True


def refuse(asked: Asked, status: int, error_type: str, message: str) -> None:
    """An error, as the API spells its own."""
    body = msgspec.json.encode({"errorMessage": message, "errorType": error_type})
    asked.reply(status, body, (JSON,))


def deliver(asked: Asked, order: Order, deadline_ns: int) -> None:
    """Answer `next` with an invocation; its deadline is told on the clock that the runtime sees."""
    headers = [
        JSON,
        ("Lambda-Runtime-Aws-Request-Id", order.request_id),
        ("Lambda-Runtime-Deadline-Ms", str(deadline_ns // 1_000_000)),
        ("Lambda-Runtime-Invoked-Function-Arn", order.function_arn),
    ]
    for name, value in (
        ("Lambda-Runtime-Trace-Id", order.trace),
        ("Lambda-Runtime-Client-Context", order.client_context),
        ("Lambda-Runtime-Cognito-Identity", order.cognito_identity),
        ("Lambda-Runtime-Aws-Tenant-Id", order.tenant_id),
    ):
        if value:
            headers.append((name, value))
    asked.reply(200, order.payload, tuple(headers))
