"""The crew: does a world's outside work on an event loop, with the functions engine.

Rules of this file: everything but `begin`, `overdue` and `end_all` runs on the loop, and those
three only post. The world is reached through a `World`, between runs of its kernel.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, Final, Protocol

import msgspec

from cloudchamber.cloud.blobs import BlobStore
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.work import crash
from cloudchamber.engines.functions import model
from cloudchamber.engines.functions.engine import EngineSettings, Functions
from cloudchamber.engines.functions.orders import Code, Order, OrderError, Outcome, read_order
from cloudchamber.engines.functions.streams import Sink
from cloudchamber.server.functions.calls import Calls
from cloudchamber.server.functions.gate import Gate, Job
from cloudchamber.server.functions.keeping import Audience, StreamedAnswer
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.exchange import Exchange, Spool
from cloudchamber.server.http.limits import Limits
from cloudchamber.server.http.listener import Listener
from cloudchamber.wire.http import Request

IMAGE: Final = "lambda.image"  # the kind of work that looks up an image; any other is a function's


def engine_settings(folders: tuple[str, ...]) -> EngineSettings:
    """The engine's settings; `folders` are those from which code may be used as it lies there."""
    return EngineSettings(hot_folders=folders)


class LoopThread:
    """An event loop on a thread of its own, for a world that has none."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, name="cloudchamber-functions", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.close()

    def post(self, action: Callable[[], None]) -> None:
        """Have it do something, from any thread."""
        self._loop.call_soon_threadsafe(action)

    def end(self, last: Coroutine[Any, Any, None], patience_s: float) -> None:
        """Let it do one last thing, and end."""
        asyncio.run_coroutine_threadsafe(last, self._loop).result(patience_s)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.thread.join(patience_s)


class World(Protocol):
    """A hosted world, as the crew reaches it. From the loop's thread."""

    @property
    def now_ns(self) -> int:
        """The chamber's clock."""
        ...

    @property
    def walks(self) -> bool:
        """Whether that clock goes at the wall's own pace."""
        ...

    def call(
        self, exchange: Exchange, waits: Callable[[], None], is_current: Callable[[], bool]
    ) -> bool:
        """Begin a call. True when it is answered, or surely will be at once; when it has to wait,
        `waits` is called, before anybody can answer it. `is_current` is asked first: what belongs
        to a world that is gone does not reach the next."""
        ...

    def cause_of(self, ticket: str) -> int:
        """The event that began the work: what it asks of the world is asked because of it."""
        ...

    def gone(self, exchange: Exchange) -> bool:
        """Whoever made the call has ended. False when it is answered."""
        ...

    def spool(self, head: Request) -> Spool | None:
        """Where the body after this head goes while it comes."""
        ...

    @property
    def store(self) -> BlobStore:
        """Where large bodies lie."""
        ...

    def audience(self, ticket: str, room: Callable[[], None]) -> Audience | None:
        """Who waits for the answer of this work and is told of it as it comes."""
        ...

    def finish(self, job: Job, outcome: dict[str, Any]) -> None:
        """Hand in an outcome."""
        ...

    def sleep(self, job: Job, delay_ns: int, wake: Callable[[], None]) -> None:
        """Let time pass for a sleeper. `wake` is called inside a run of the kernel."""
        ...

    def pause(self, ticket: str) -> None:
        """The work waits: its hold is let go. Inside `waits` only."""
        ...

    def resume(self, ticket: str) -> None:
        """It goes on: the clock stands still. Inside a run of the kernel, or between two."""
        ...

    def post(self, action: Callable[[], None]) -> None:
        """Have the loop do something, from any thread."""
        ...


class Crew:
    """The workers of one world. Made on its loop."""

    def __init__(self, world: World, mode: str, settings: EngineSettings) -> None:
        self.world = world
        self.gate = Gate(mode)
        self.engine = Functions(self, settings)
        self._jobs: dict[str, Job] = {}
        self._orders: dict[str, Order] = {}
        self._streams: dict[str, StreamedAnswer] = {}
        self._listeners: dict[int, Listener] = {}
        self._closing: set[asyncio.Task[None]] = set()
        self._asking: set[asyncio.Task[None]] = set()
        self._admission = Admission()
        self._count = 0
        self._generation = 0

    # For the world

    def begin(self, adapter: str, ticket: str, order: dict[str, Any], now_ns: int) -> None:
        """Take an order, at this instant."""
        self._count += 1
        generation = self._generation
        job = Job(self._count, ticket, now_ns, lambda: self._generation == generation)
        if adapter == IMAGE:
            self._post(partial(self._enlist, job, partial(self._look_up, job, order["image_uri"])))
            return
        try:
            read = read_order(order)
            read.now_ns = now_ns
            read.code = self._fetched(read.code)
            read.layers = tuple(self._fetched(layer) for layer in read.layers)
        except (OrderError, OSError, LookupError) as error:
            refusal = crash(str(error))
            self._post(partial(self._enlist, job, partial(self._hand_in, job, refusal)))
            return
        self._orders[ticket] = read
        self._post(partial(self._enlist, job, partial(self._start, job, read)))

    def _fetched(self, code: Code) -> Code:
        """Read an archive that the engine does not have, while the world is ours to read."""
        if code.read is None or self.engine.has(code):
            return code
        data = code.read()
        return msgspec.structs.replace(code, read=lambda: data)

    def overdue(self, ticket: str) -> None:
        """The deadline has passed on the chamber's clock."""
        self._post(partial(self._overdue, ticket))

    def end_all(self) -> None:
        """The world is gone."""
        self._generation += 1
        self.world.post(self._end_all)

    def _post(self, action: Callable[[], None]) -> None:
        """Have something done on the loop, unless the world is another by then."""
        generation = self._generation

        def act() -> None:
            if generation == self._generation:
                action()

        self.world.post(act)

    def _enlist(self, job: Job, action: Callable[[], None]) -> None:
        self._jobs[job.ticket] = job
        self.gate.ask(job, action)

    def _start(self, job: Job, order: Order) -> None:
        if self._jobs.get(job.ticket) is not job:
            return
        self.gate.run(job)
        self.engine.begin(job.ticket, order, self.world.walks)

    def _look_up(self, job: Job, uri: str) -> None:
        """Ask for an image: work as well, which holds the clock and has its turn."""
        self.gate.run(job)
        task = asyncio.get_running_loop().create_task(self._find(job, uri))
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)

    async def _find(self, job: Job, uri: str) -> None:
        try:
            found = await self.engine.look_up(uri)
        except OSError as error:
            found = {"status": "no-engine", "reason": str(error)}
        if self.is_live(job):
            self.gate.ask(job, partial(self._hand_in, job, found))

    def _overdue(self, ticket: str) -> None:
        """End it; one that has not even begun to run is ended as well."""
        job = self._jobs.get(ticket)
        if job is not None:
            self.engine.overdue(ticket)

    def _end_all(self) -> None:
        self._jobs.clear()
        self._orders.clear()
        for stream in self._streams.values():
            stream.abandon()
        self._streams.clear()
        self.gate.clear()
        self.engine.end_all()

    async def shut(self) -> None:
        """End everything and leave nothing behind."""
        self._generation += 1
        self._end_all()
        for task in tuple(self._asking):
            task.cancel()
        await self.engine.close()
        for number in tuple(self._listeners):
            self.close(number)
        if self._closing:
            await asyncio.wait(tuple(self._closing), timeout=5)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being done."""
        return not self._jobs

    # engines.functions.engine.Home

    async def open(self, environment: int) -> str:
        """Open an address for the calls of one environment."""
        listener = Listener(Calls(self, environment, self.world), self._admission, Limits())
        self._listeners[environment] = listener
        port = await listener.open("127.0.0.1", 0)
        return f"http://127.0.0.1:{port}"

    def close(self, environment: int) -> None:
        """The environment has ended."""
        listener = self._listeners.pop(environment, None)
        if listener is not None:
            task = asyncio.get_running_loop().create_task(listener.close(0))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def finished(self, ticket: str, outcome: Outcome) -> None:
        """The engine is done with an order."""
        job = self._jobs.get(ticket)
        if job is not None:
            self.gate.ask(job, partial(self._conclude, job, outcome))

    def _conclude(self, job: Job, outcome: Outcome) -> None:
        order = self._orders.pop(job.ticket, None)
        stream = self._streams.pop(job.ticket, None)
        if order is not None and not self.world.walks:
            self._model(job, order, outcome, 0 if stream is None else stream.length)
        if stream is not None:
            try:
                stream.settle(outcome)
            except OSError as error:
                outcome = Outcome(**crash(f"its answer could not be kept: {error}"))
        self._hand_in(job, outcome.as_data())

    def _hand_in(self, job: Job, outcome: dict[str, Any]) -> None:
        self._jobs.pop(job.ticket, None)
        if job.abandon is not None:
            job.abandon()
        self.world.finish(job, outcome)

    def _model(self, job: Job, order: Order, outcome: Outcome, streamed: int) -> None:
        """What was measured is replaced where the clock does not go with the wall's."""
        if outcome.init_ns:
            outcome.init_ns = model.init_ns(order.runtime)
        if outcome.status == "timeout":
            outcome.duration_ns = order.timeout_s * SECOND_NS
        else:
            passed_ns = model.duration_ns(job.started_ns, self.world.now_ns)
            passed_ns += model.sending_ns(streamed)
            outcome.duration_ns = min(passed_ns, order.timeout_s * SECOND_NS)
        outcome.max_memory_mb = model.memory_mb(outcome.max_memory_mb, order.memory_mb)

    def asleep(self, ticket: str, delay_ns: int, wake: Callable[[], None]) -> None:
        """A process sleeps on the chamber's clock."""
        job = self._jobs.get(ticket)
        if job is None:
            return

        def go_on() -> None:
            self.engine.set_clock(ticket, self.world.now_ns, self.world.walks)
            wake()

        self.gate.ask(job, lambda: self.world.sleep(job, delay_ns, self.going_on(job, go_on)))

    def streaming(self, ticket: str, content_type: str, room: Callable[[], None]) -> Sink:
        """An answer is streamed."""
        audience = self.world.audience(ticket, room)
        order = self._orders.get(ticket)
        takes_stream = order is not None and order.takes_stream
        stream = self._streams[ticket] = StreamedAnswer(
            self.world.store, audience, content_type, takes_stream=takes_stream
        )
        return stream

    # For calls home

    def job_of(self, environment: int) -> Job | None:
        """What an environment works at."""
        return self._jobs.get(self.engine.ticket_of(environment))

    def is_live(self, job: Job) -> bool:
        """Whether a job has no outcome yet."""
        return self._jobs.get(job.ticket) is job

    def going_on(self, job: Job, deliver: Callable[[], None]) -> Callable[[], None]:
        """What lets a job that waited go on, in its turn; may be called from any thread."""

        def act() -> None:
            if self.gate.mode == "serial":
                self.gate.ask(job, partial(self._go_on, job, deliver))
            else:
                self._go_on(job, deliver)

        return partial(self._post, act)

    def _go_on(self, job: Job, deliver: Callable[[], None]) -> None:
        if self.is_live(job):
            self.gate.run(job)
        deliver()
