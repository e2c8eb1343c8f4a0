"""Calls home: what a function's process asks of the chamber, in its turn.

Rules of this file: one `Calls` per environment, so that it is known who asks. A call that waits
lets the clock go on, and freezes it at the instant of its answer.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from cloudchamber.server.functions.gate import Job
from cloudchamber.server.http.exchange import Exchange, Spool
from cloudchamber.wire.http import Request, Response

if TYPE_CHECKING:
    from cloudchamber.server.functions.crew import Crew, World


class Calls:
    """The app behind one environment's address."""

    def __init__(self, crew: Crew, environment: int, world: World) -> None:
        self._crew = crew
        self._environment = environment
        self._world = world
        self._waiting: dict[Exchange, _Call] = {}

    # http.App

    def begin(self, exchange: Exchange) -> None:
        """Answer in turn."""
        job = self._crew.job_of(self._environment)
        if job is None:
            self._call(None, exchange)
        else:
            job.abandon = self._abandon
            self._crew.gate.ask(job, partial(self._call, job, exchange))

    def spool(self, head: Request) -> Spool | None:
        """Where the body after this head goes while it comes."""
        return self._world.spool(head)

    def gone(self, exchange: Exchange) -> bool:
        """The process closed its connection before it had the answer."""
        waiting = self._waiting.pop(exchange, None)
        if waiting is None or not self._world.gone(waiting.inner):
            return False
        job = waiting.job
        if job is not None and self._crew.is_live(job):
            self._world.resume(job.ticket)
            self._crew.engine.go_on(job.ticket)
            self._crew.gate.run(job)
        return True

    def _abandon(self) -> None:
        """The job is done: nobody hears the answers any more."""
        for waiting in self._waiting.values():
            self._world.gone(waiting.inner)
        self._waiting.clear()

    # A call

    def _call(self, job: Job | None, exchange: Exchange) -> None:
        is_current = _always if job is None else job.is_current
        if job is not None and not self._crew.is_live(job):
            job = None
        call = _Call(self._crew, job, exchange, self._waiting)
        if self._world.call(call.inner, call.waits, is_current) and job is not None:
            self._crew.gate.run(job)


class _Call:
    """One call on its way: `inner` is what the world is asked."""

    def __init__(
        self, crew: Crew, job: Job | None, exchange: Exchange, waiting: dict[Exchange, _Call]
    ) -> None:
        self.inner = Exchange(exchange.request, exchange.source_ip, exchange.scheme, self._answer)
        if job is not None:
            self.inner.because = crew.world.cause_of(job.ticket)
        self.job = job
        self._crew = crew
        self._exchange = exchange
        self._waiting = waiting
        self._waits = False

    def waits(self) -> None:
        """It has to wait: until it is answered, the clock may go on."""
        self._waits = True
        self._waiting[self._exchange] = self
        if self.job is not None:
            world, ticket = self._crew.world, self.job.ticket
            self.inner.settled = partial(world.resume, ticket)
            self._crew.engine.wait(ticket)
            world.pause(ticket)

    def _answer(self, _: Exchange, response: Response) -> None:
        if not self._waits:
            self._exchange.answer(response)
        elif self.job is None:
            self._crew.world.post(partial(self._send, response))
        else:
            self._crew.going_on(self.job, partial(self._send, response))()

    def _send(self, response: Response) -> None:
        self._waiting.pop(self._exchange, None)
        if self.job is not None:
            world, ticket = self._crew.world, self.job.ticket
            self._crew.engine.set_clock(ticket, world.now_ns, world.walks)
            self._crew.engine.go_on(ticket)
        self._exchange.answer(response)


def _always() -> bool:
    return True
