"""A crew on the event loop of a served world.

Rules of this file: one loop, one thread; nothing is locked. The crew is made for the first order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.blobs import BlobStore
from cloudchamber.server.audience import audience_of
from cloudchamber.server.functions.gate import Job
from cloudchamber.server.functions.keeping import Audience
from cloudchamber.server.functions.threaded import GONE, NAME
from cloudchamber.server.host import ServedHost
from cloudchamber.server.http.exchange import Exchange, Spool
from cloudchamber.server.spelling import spell
from cloudchamber.wire.http import Request

if TYPE_CHECKING:
    from cloudchamber.server.functions.crew import Crew


class ServedCrew:
    """`cloud.work.Workers` and `crew.World` of a served world."""

    def __init__(
        self,
        host: ServedHost,
        loop: asyncio.AbstractEventLoop,
        folders: tuple[str, ...] = (),
        name: Callable[[], str] = lambda: NAME,
    ) -> None:
        """`folders` are those below which code may lie unpacked; `name` is what the chamber is
        called in the URLs that it answers (`localhost:4566`)."""
        self._host = host
        self._loop = loop
        self._folders = folders
        self._name = name
        self._crew: Crew | None = None

    # cloud.work.Workers

    @property
    def paced(self) -> bool:
        """Whether the clock walks on while they work: the wall's does, no other."""
        return self._host.walks

    def begin(self, adapter: str, ticket: str, order: dict[str, Any]) -> None:
        """Start."""
        if self._crew is None:
            from cloudchamber.server.functions.crew import Crew, engine_settings

            self._crew = Crew(
                self, self._host.cloud.settings.functions, engine_settings(self._folders)
            )
        if self._crew.is_idle:
            # The wall is not told apart from run to run, so there is nothing to keep in step.
            mode = "free" if self.walks else self._host.cloud.settings.functions
            self._crew.gate.mode = mode
        self._crew.begin(adapter, ticket, order, self.now_ns)

    def overdue(self, ticket: str) -> None:
        """End it: its time is over."""
        if self._crew is not None:
            self._crew.overdue(ticket)

    def end_all(self) -> None:
        """End everything: the world is gone."""
        if self._crew is not None:
            self._crew.end_all()

    async def close(self) -> None:
        """The server stops."""
        crew, self._crew = self._crew, None
        if crew is not None:
            await crew.shut()

    # crew.World

    @property
    def now_ns(self) -> int:
        """The chamber's clock."""
        return self._host.cloud.kernel.now

    @property
    def walks(self) -> bool:
        """Whether that clock goes at the wall's own pace."""
        return self._host.walks

    def call(
        self, exchange: Exchange, waits: Callable[[], None], is_current: Callable[[], bool]
    ) -> bool:
        """Begin a call."""
        if not is_current():
            exchange.answer(spell(self._host.cloud, exchange.request, GONE))
            return True
        exchange.inside_name = self._name()
        self._host.begin(exchange)
        if exchange.number <= 0:
            return True
        waits()
        self._host.enter(lambda cloud: None)  # the clock may go on now
        return False

    def cause_of(self, ticket: str) -> int:
        """The event that began the work."""
        return self._host.cloud.work.cause_of(ticket)

    def gone(self, exchange: Exchange) -> bool:
        """Whoever made the call has ended."""
        return self._host.gone(exchange)

    def spool(self, head: Request) -> Spool | None:
        """Where the body after this head goes while it comes."""
        return self._host.spool(head)

    @property
    def store(self) -> BlobStore:
        """Where large bodies lie."""
        return self._host.cloud.blobs.store

    def audience(self, ticket: str, room: Callable[[], None]) -> Audience | None:
        """Who waits for the answer of this work and is told of it as it comes."""
        stream = self._host.cloud.answer_streams.get(ticket)
        exchange = None if stream is None else self._host.waiting(stream.number)
        return audience_of(stream, exchange, room)

    def finish(self, job: Job, outcome: dict[str, Any]) -> None:
        """Hand in an outcome."""
        if job.is_current():
            self._host.enter(lambda cloud: cloud.work.finish(job.ticket, outcome))

    def sleep(self, job: Job, delay_ns: int, wake: Callable[[], None]) -> None:
        """Let time pass for a sleeper."""
        if job.is_current():
            self._host.enter(
                lambda cloud: cloud.work.sleep(job.ticket, cloud.kernel.now + delay_ns, wake)
            )

    def pause(self, ticket: str) -> None:
        """The work waits."""
        self._host.cloud.work.pause(ticket)

    def resume(self, ticket: str) -> None:
        """It goes on."""
        self._host.cloud.work.resume(ticket)

    def post(self, action: Callable[[], None]) -> None:
        """Have the loop do something."""
        self._loop.call_soon(action)
