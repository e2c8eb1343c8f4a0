"""An engine on an event loop, a home that is nobody's, and packages made of text.

Rules of this file: what the tests of the engine share. Processes are real, and end with the test.
"""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from cloudchamber.engines.functions.engine import EngineSettings, Functions
from cloudchamber.engines.functions.orders import Outcome, read_order

SECOND = 1_000_000_000
NOW_NS = 1_798_761_600 * SECOND
PATIENCE_S = 60
QUICK = EngineSettings(patience=1.0)
ARN = "arn:aws:lambda:us-east-1:111111111111:function:f"


def package(files: dict[str, str | bytes], executable: tuple[str, ...] = ()) -> bytes:
    """A zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            member = zipfile.ZipInfo(name)
            member.external_attr = (0o755 if name in executable else 0o644) << 16
            archive.writestr(member, text)
    return buffer.getvalue()


def python(source: str) -> bytes:
    """A package of one module, `app`."""
    return package({"app.py": source})


class Collected:
    """What a function streamed; whoever takes it is told of each piece."""

    def __init__(self, content_type: str, taken: Callable[[bytes], bool]) -> None:
        self.content_type = content_type
        self.data = b""
        self._taken = taken

    def write(self, data: bytes) -> bool:
        self.data += data
        return self._taken(data)


class NoHome:
    """Collects outcomes and what was streamed; sleeps pass at once, and are noted."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.changed = asyncio.Event()
        self.slept: list[int] = []
        self.streams: dict[str, Collected] = {}
        self.rooms: list[Callable[[], None]] = []
        self.taken: Callable[[bytes], bool] = lambda data: True
        self.engine: Functions | None = None
        self.now_ns = NOW_NS

    async def open(self, environment: int) -> str:
        return "http://127.0.0.1:1"

    def close(self, environment: int) -> None:
        pass

    def finished(self, ticket: str, outcome: Outcome) -> None:
        assert ticket not in self.outcomes
        stream = self.streams.pop(ticket, None)
        if stream is not None:
            outcome.is_streamed, outcome.content_type = True, stream.content_type
            if outcome.status == "ok":
                outcome.payload = stream.data
            else:
                outcome.begun = stream.data
        self.outcomes[ticket] = outcome
        self.changed.set()

    def streaming(self, ticket: str, content_type: str, room: Callable[[], None]) -> Collected:
        self.rooms.append(room)
        self.streams[ticket] = Collected(content_type, self.taken)
        return self.streams[ticket]

    def asleep(self, ticket: str, delay_ns: int, wake: Callable[[], None]) -> None:
        self.slept.append(delay_ns)
        self.now_ns += delay_ns
        assert self.engine is not None
        self.engine.set_clock(ticket, self.now_ns, False)
        wake()


class Bench:
    """Orders and their outcomes."""

    def __init__(self, home: NoHome, engine: Functions) -> None:
        self.home = home
        self.engine = engine
        self.count = 0

    def begin(self, code: Any, payload: bytes = b"{}", **order: Any) -> str:
        """Begin; the ticket."""
        self.count += 1
        ticket = f"00000000-0000-0000-0000-{self.count:012}"
        values = {
            "function_arn": ARN,
            "request_id": ticket,
            "payload": payload,
            "code": code,
            "handler": "app.handler",
            "runtime": "python3.11",
            "timeout_s": 10,
            "memory_mb": 256,
            "deadline_ns": self.home.now_ns + order.get("timeout_s", 10) * SECOND,
            **order,
        }
        read = read_order(values)
        read.now_ns = self.home.now_ns
        self.engine.begin(ticket, read, False)
        return ticket

    async def outcome(self, ticket: str) -> Outcome:
        """Wait for it."""
        while ticket not in self.home.outcomes:
            self.home.changed.clear()
            await asyncio.wait_for(self.home.changed.wait(), PATIENCE_S)
        return self.home.outcomes[ticket]

    async def run(self, code: Any, payload: bytes = b"{}", **order: Any) -> Outcome:
        """Begin and wait."""
        return await self.outcome(self.begin(code, payload, **order))


def on_bench(
    story: Callable[[Bench], Coroutine[Any, Any, None]],
    folder: Path,
    settings: EngineSettings = QUICK,
    parent: Path | None = None,
) -> None:
    """Tell a story to an engine, which is closed afterwards."""

    async def tell() -> None:
        home = NoHome()
        engine = Functions(home, settings, parent or folder)
        home.engine = engine
        try:
            await story(Bench(home, engine))
        finally:
            await engine.close()
        assert list((parent or folder).iterdir()) == []

    asyncio.run(tell())
