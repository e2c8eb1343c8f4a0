"""A crew on a thread of its own, for a world that has no event loop.

Rules of this file: the thread begins with the first order and ends with the world, or when there
is nothing to do and somebody wants to fork. It reaches the world under the world's lock; what must
happen on it is posted.
"""

from __future__ import annotations

import atexit
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Final, Protocol

from cloudchamber.cloud.blobs import BlobStore
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.errors import AwsError
from cloudchamber.server.functions.gate import Job
from cloudchamber.server.functions.keeping import Audience
from cloudchamber.server.http.exchange import Exchange, Spool
from cloudchamber.server.spelling import spell
from cloudchamber.wire.http import Request, Response

if TYPE_CHECKING:
    from cloudchamber.server.functions.crew import Crew, LoopThread

GONE: Final = AwsError("ServiceUnavailable", "Cloudchamber: this world is gone", 503)
NAME: Final = "localhost:4566"  # what the chamber is called in URLs that it answers
PATIENCE_S: Final = 30.0


class LockedWorld(Protocol):
    """A world that threads share."""

    @property
    def cloud(self) -> Cloud: ...

    def enter(self) -> AbstractContextManager[Cloud]:
        """The world, for one thread; what is due has happened, waiting threads look afterwards."""
        ...


class ThreadedCrew:
    """`cloud.work.Workers` and `crew.World` of a world without a loop."""

    paced = False
    walks = False

    def __init__(self, host: LockedWorld, mode: str, folders: tuple[str, ...]) -> None:
        self._host = host
        self._mode = mode
        self._folders = folders
        self._crew: Crew | None = None
        self._loop: LoopThread | None = None
        self._parked: dict[Exchange, int] = {}

    # cloud.work.Workers: under the world's lock

    def begin(self, adapter: str, ticket: str, order: dict[str, Any]) -> None:
        """Start."""
        self._open().begin(adapter, ticket, order, self.now_ns)

    def overdue(self, ticket: str) -> None:
        """End it: its time is over."""
        if self._crew is not None:
            self._crew.overdue(ticket)

    def end_all(self) -> None:
        """End everything: the world is gone."""
        self._parked.clear()
        if self._crew is not None:
            self._crew.end_all()

    # The thread

    @property
    def thread(self) -> threading.Thread | None:
        """The thread, if it runs."""
        return None if self._loop is None else self._loop.thread

    def _open(self) -> Crew:
        if self._crew is None:
            from cloudchamber.server.functions.crew import Crew, LoopThread, engine_settings

            self._crew = Crew(self, self._mode, engine_settings(self._folders))
            self._loop = LoopThread()
            atexit.register(self.close)
        return self._crew

    def close(self) -> None:
        """End every process and the thread. Not under the lock; another order begins anew."""
        crew, loop = self._crew, self._loop
        if crew is None or loop is None:
            return
        self._crew = self._loop = None
        atexit.unregister(self.close)
        loop.end(crew.shut(), PATIENCE_S)

    # crew.World: from the thread

    @property
    def now_ns(self) -> int:
        """The chamber's clock."""
        return self._host.cloud.kernel.now

    def call(
        self, exchange: Exchange, waits: Callable[[], None], is_current: Callable[[], bool]
    ) -> bool:
        """Begin a call."""
        with self._host.enter() as cloud:
            if not is_current():
                exchange.answer(spell(cloud, exchange.request, GONE))
                return True
            answered: list[Response] = []

            def finish(response: Response) -> None:
                answered.append(response)
                if self._parked.pop(exchange, None) is not None and exchange.settled is not None:
                    exchange.settled()
                exchange.answer(response)

            try:
                number = cloud.begin(exchange.request, finish, host=NAME, because=exchange.because)
            except Exception:
                _complain(f"{exchange.request.method} {exchange.request.path[:200]}")
                error = AwsError("InternalFailure", "Cloudchamber made a mistake.", 500)
                exchange.answer(spell(cloud, exchange.request, error))
                return True
            if not answered:
                self._parked[exchange] = number
                waits()
            return bool(answered)

    def cause_of(self, ticket: str) -> int:
        """The event that began the work."""
        with self._host.enter() as cloud:
            return cloud.work.cause_of(ticket)

    def gone(self, exchange: Exchange) -> bool:
        """Whoever made the call has ended."""
        with self._host.enter() as cloud:
            number = self._parked.pop(exchange, None)
            if number is not None:
                cloud.drop(number)
            return number is not None

    def spool(self, head: Request) -> Spool | None:
        """Where the body after this head goes while it comes."""
        return self._host.cloud.spool(head)

    @property
    def store(self) -> BlobStore:
        """Where large bodies lie."""
        return self._host.cloud.blobs.store

    def audience(self, ticket: str, room: Callable[[], None]) -> Audience | None:
        """Nobody: a client in this process is given its answer in one piece."""
        return None

    def finish(self, job: Job, outcome: dict[str, Any]) -> None:
        """Hand in an outcome."""
        with self._host.enter() as cloud:
            try:
                if job.is_current():
                    cloud.work.finish(job.ticket, outcome)
            except Exception:
                _complain(f"the outcome of {job.ticket}")

    def sleep(self, job: Job, delay_ns: int, wake: Callable[[], None]) -> None:
        """Let time pass for a sleeper."""
        with self._host.enter() as cloud:
            if job.is_current():
                cloud.work.sleep(job.ticket, cloud.kernel.now + delay_ns, wake)

    def pause(self, ticket: str) -> None:
        """The work waits."""
        self._host.cloud.work.pause(ticket)

    def resume(self, ticket: str) -> None:
        """It goes on."""
        self._host.cloud.work.resume(ticket)

    def post(self, action: Callable[[], None]) -> None:
        """Have the thread do something."""
        if self._loop is not None:
            self._loop.post(action)


def _complain(about: str) -> None:
    sys.stderr.write(f"cloudchamber: {about} failed:\n{traceback.format_exc()}")
    sys.stderr.flush()
