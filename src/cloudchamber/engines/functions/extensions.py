"""Extensions: companions of a runtime, in processes of their own or inside it.

Rules of this file: an environment is ready when its runtime and every extension have asked for what
is next, and an invocation is over when they have asked again. Telemetry subscriptions are refused
by name, and no SHUTDOWN is sent: an environment ends at once.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec

from cloudchamber.engines.functions.http_door import Asked
from cloudchamber.engines.functions.orders import Order

BASE: Final = "/2020-01-01/extension/"
TELEMETRY: Final = ("/2020-08-15/logs", "/2022-07-01/telemetry")
EXTENSIONS_MAX: Final = 10
EVENTS: Final = ("INVOKE", "SHUTDOWN")
NAME: Final = "lambda-extension-name"
IDENTIFIER: Final = "lambda-extension-identifier"
JSON: Final = ("Content-Type", "application/json")


class Extension:
    """One of them. `next` is its open question for an event."""

    def __init__(self, name: str, identifier: str, events: tuple[str, ...]) -> None:
        self.name = name
        self.identifier = identifier
        self.events = events
        self.next: Asked | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it has done with everything so far."""
        return self.next is not None or not self.events


class Extensions:
    """All of one environment's. `programs` are those that have to be begun; `go_on` is called when
    what the environment waits for may have come about."""

    def __init__(self, opt: Path, number: int, go_on: Callable[[], None]) -> None:
        self._number = number
        self._go_on = go_on
        self._known: list[Extension] = []
        self.programs = _programs(opt / "extensions")

    @property
    def are_registered(self) -> bool:
        """Whether every program has made itself known, so that the runtime may begin."""
        names = [extension.name for extension in self._known]
        return all(program.name in names for program in self.programs)

    @property
    def are_idle(self) -> bool:
        """Whether none has anything to do."""
        return self.are_registered and all(extension.is_idle for extension in self._known)

    def begin(self, order: Order) -> None:
        """Tell those who want to know of an invocation."""
        event: dict[str, Any] = {
            "eventType": "INVOKE",
            "deadlineMs": order.deadline_ns // 1_000_000,
            "requestId": order.request_id,
            "invokedFunctionArn": order.function_arn,
            "tracing": {"type": "X-Amzn-Trace-Id", "value": order.trace},
        }
        for extension in self._known:
            asked = extension.next
            if asked is not None and "INVOKE" in extension.events:
                extension.next = None
                asked.reply(200, msgspec.json.encode(event), (JSON,))

    def dispatch(self, asked: Asked, order: Order | None) -> bool:
        """Answer a question of an extension's; False when it is none."""
        path = asked.path
        if path in TELEMETRY:
            _refuse(asked, 404, "Telemetry.NotSupported", "Telemetry API is not supported")
            return True
        if not path.startswith(BASE):
            return False
        verb = path.removeprefix(BASE)
        if verb == "register" and asked.method == "POST":
            self._register(asked, order)
            return True
        extension = self._find_extension(asked)
        if extension is None:
            return True
        if verb == "event/next" and asked.method == "GET":
            extension.next = asked
            self._go_on()
        elif verb in ("init/error", "exit/error") and asked.method == "POST":
            asked.reply(202, b'{"status":"OK"}\n', (JSON,))
        else:
            _refuse(asked, 404, "NotFound", "404 page not found")
        return True

    def _register(self, asked: Asked, order: Order | None) -> None:
        name = asked.headers.get(NAME, "")
        try:
            body = msgspec.json.decode(bytes(asked.body) or b"{}", type=dict[str, Any])
        except msgspec.DecodeError:
            _refuse(asked, 400, "InvalidRequestFormat", "the body is not JSON")
            return
        events = body.get("events", [])
        if not name or not isinstance(events, list) or any(each not in EVENTS for each in events):
            _refuse(asked, 400, "Extension.InvalidEventType", f"events are {', '.join(EVENTS)}")
            return
        if len(self._known) >= EXTENSIONS_MAX or any(each.name == name for each in self._known):
            _refuse(asked, 403, "Extension.AlreadyRegistered", f"{name} is known, or too many are")
            return
        count = len(self._known) + 1
        identifier = f"00000000-0000-4000-8000-{self._number:06x}{count:06x}"
        self._known.append(Extension(name, identifier, tuple(events)))
        told = {
            "functionName": order.function_name if order else "",
            "functionVersion": order.version if order else "",
            "handler": order.handler if order else "",
        }
        headers = (JSON, ("Lambda-Extension-Identifier", identifier))
        asked.reply(200, msgspec.json.encode(told), headers)
        self._go_on()

    def _find_extension(self, asked: Asked) -> Extension | None:
        identifier = asked.headers.get(IDENTIFIER)
        if identifier is None:
            text = "Missing Lambda-Extension-Identifier header"
            _refuse(asked, 403, "Extension.MissingExtensionIdentifier", text)
            return None
        found = next((each for each in self._known if each.identifier == identifier), None)
        if found is None:
            text = f"Unknown extension {identifier[:100]}"
            _refuse(asked, 403, "Extension.UnknownExtensionIdentifier", text)
        return found


def _refuse(asked: Asked, status: int, error_type: str, message: str) -> None:
    body = msgspec.json.encode({"errorMessage": message, "errorType": error_type})
    asked.reply(status, body, (JSON,))


def _programs(folder: Path) -> tuple[Path, ...]:
    try:
        found = [path for path in sorted(folder.iterdir()) if path.is_file()]
    except OSError:
        return ()
    return tuple(path for path in found if os.access(path, os.X_OK))[:EXTENSIONS_MAX]
