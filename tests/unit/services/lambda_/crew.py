"""Workers that do what a test says, in the order they were asked in, on a thread of their own.

Rules of this file: no process and no chance. An answer is a function of the order.
"""

from __future__ import annotations

import io
import json
import queue
import threading
import zipfile
from collections.abc import Callable
from typing import Any

from cloudchamber import Chamber

MS = 1_000_000
SECOND = 1_000_000_000
ONE = "111111111111"
TWO = "222222222222"
NO_ENGINE = {"status": "no-engine", "reason": "there is no podman on the PATH"}
Order = dict[str, Any]
Outcome = dict[str, Any]
Answer = Callable[[Order], Outcome]


def outcome(payload: Any = None, **changed: Any) -> Outcome:
    """An outcome that went well after 2 ms, but for what is changed."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return {
        "status": "ok",
        "payload": data,
        "error_type": "",
        "log": b"",
        "duration_ns": 2 * MS,
        "init_ns": 0,
        "max_memory_mb": 64,
        "exit": "",
        **changed,
    }


def failure(message: str = "no", **changed: Any) -> Outcome:
    """An outcome of a function that raised."""
    told = {"errorType": "ValueError", "errorMessage": message}
    return outcome(told, **{"status": "error", "error_type": "ValueError", **changed})


def echo(order: Order) -> Outcome:
    """Answers with what came."""
    return outcome(order["payload"])


class Crew:
    """`cloud.work.Workers` of a chamber."""

    paced = False

    def __init__(self, chamber: Chamber) -> None:
        self._host = chamber.host
        self._orders: queue.SimpleQueue[tuple[str, Order] | None] = queue.SimpleQueue()
        self.orders: list[Order] = []
        self.answers: dict[str, Answer] = {}
        self.images: dict[str, Outcome] = {}
        self.looked_up: list[str] = []
        self.late: list[str] = []
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()
        chamber.cloud.work.workers = self

    def begin(self, adapter: str, ticket: str, order: Order) -> None:
        assert adapter in ("lambda.invocation", "lambda.image")
        if adapter == "lambda.invocation":
            self.orders.append(order)
        else:
            self.looked_up.append(order["image_uri"])
        self._orders.put((ticket, order))

    def overdue(self, ticket: str) -> None:
        self.late.append(ticket)

    def end_all(self) -> None:
        """Nothing is left to end."""

    def close(self) -> None:
        self._orders.put(None)
        self._thread.join(5)

    def payloads(self) -> list[Any]:
        """What functions were given, in order."""
        return [json.loads(order["payload"]) for order in self.orders]

    def _work(self) -> None:
        while (job := self._orders.get()) is not None:
            ticket, order = job
            if "image_uri" in order:
                answer = self.images.get(order["image_uri"], NO_ENGINE)
            else:
                name = order["function_arn"].split(":")[6]
                answer = self.answers.get(name, echo)(order)
            with self._host.enter() as cloud:
                cloud.work.finish(ticket, answer)


def archive(**files: str) -> bytes:
    """A zip; `app="..."` is a file `app.py`."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive_:
        for name, text in (files or {"app": "def handler(event, context): return event"}).items():
            archive_.writestr(zipfile.ZipInfo(f"{name}.py"), text)
    return held.getvalue()
