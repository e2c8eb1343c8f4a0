"""An execution environment: one process, its Runtime API, one invocation at a time.

Rules of this file: runs on one event loop and never waits. Whatever happens (an answer, an error,
an end, a limit that is passed) an invocation has one outcome. An invocation is over when the
runtime asks for the next one, as at AWS; between invocations the process is frozen.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from time import monotonic_ns, time_ns
from typing import Final, Protocol

from cloudchamber.engines.functions import faults, runtime_api
from cloudchamber.engines.functions.boxes import Box, Boxes, fault
from cloudchamber.engines.functions.clock_page import ClockPage
from cloudchamber.engines.functions.confinement import confined
from cloudchamber.engines.functions.extensions import Extensions
from cloudchamber.engines.functions.family import Family, Member
from cloudchamber.engines.functions.http_door import Asked, Door
from cloudchamber.engines.functions.interpreters import BOOTSTRAPS, Program
from cloudchamber.engines.functions.orders import MB, Order, Outcome
from cloudchamber.engines.functions.processes import Process
from cloudchamber.engines.functions.streams import ERROR_TYPE, Sink, Streaming, result_of
from cloudchamber.engines.functions.variables import Places, variables
from cloudchamber.engines.functions.watching import Watch

INIT_S: Final = 10


class Keeper(Protocol):
    """Whoever keeps environments."""

    def done(self, environment: Environment, outcome: Outcome) -> None:
        """An invocation is over."""
        ...

    def asleep(self, environment: Environment, delay_ns: int, wake: Callable[[], None]) -> None:
        """The process sleeps on the chamber's clock."""
        ...

    def streaming(
        self, environment: Environment, content_type: str, room: Callable[[], None]
    ) -> Sink:
        """An answer is streamed: who takes it. `room` is for when a piece had to wait."""
        ...


class Environment:
    """One process that serves invocations. `number` is its own; `last_ns` when it was last used
    and `born_ns` when it began, on the chamber's clock."""

    def __init__(
        self,
        number: int,
        order: Order,
        program: Program,
        places: Places,
        keeper: Keeper,
        patience: float,
        boxes: Boxes | None = None,
    ) -> None:
        """`patience` is how many times its timeout a function may take on the machine's clock;
        `boxes` are for an image, which runs in a container."""
        self.number = number
        self.function = order.function
        self.fingerprint = order.fingerprint
        self.born_ns = self.last_ns = order.now_ns
        self.places = places
        self.ended = False
        self._program = program
        self._keeper = keeper
        self._boxes = boxes
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._server: asyncio.Server | None = None
        self._doors: list[Door] = []
        self._family: Family | None = None
        self._extensions = Extensions(places.opt, number, self._advance)
        self._clock: ClockPage | None = None
        self._order: Order | None = None
        self._next: Asked | None = None
        self._begun = False  # the runtime has been begun
        self._ready = False  # and has asked for its first invocation
        self._delivered = False  # the invocation at hand is with it
        self._result: Outcome | None = None
        self._stream: Streaming | None = None  # the answer under way
        self._init_error: Outcome | None = None
        self._waits = 0
        self._watchdog: asyncio.TimerHandle | None = None
        self._watch: Watch | None = None
        self._started_ns = self._began_ns = monotonic_ns()
        self._init_ns = 0

    # Beginning

    async def start(self, order: Order, home: str, walking: bool) -> None:
        """Begin the process with its first invocation. Raises OSError, NoEngine."""
        self._order = order
        box: Box | None = None
        if self._boxes is not None:
            box = await self._boxes.box(order, self.number, self.places.tmp.parent)
        self._started_ns = monotonic_ns()
        self._server = await self._loop.create_server(self._open_door, "127.0.0.1", 0)
        api = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        if self.ended:
            self._server.close()
            return
        self._clock = ClockPage(self.places.clock, order.now_ns, walking)
        begin = partial(_begin, order, self.places, api, home, self._program, box)
        family = self._family = Family(begin, self._exited)
        if self._program.stand_in:
            family.output.write(f"[cloudchamber: {self._program.stand_in}]\n".encode())
        self._arm(INIT_S + order.timeout_s)
        self._watch = Watch(family, self.places.tmp, self.fail)
        self._watch.begin(order)
        for program in self._extensions.programs:
            family.start((str(program),), is_runtime=False)
        self._advance()

    def _advance(self) -> None:
        """Go on, if the runtime and every extension have done with what was before."""
        if self.ended or self._family is None:
            return
        if not self._begun and self._extensions.are_registered:
            self._begun = True
            self._family.start(self._program.argv, is_runtime=True)
        if self._next is None or self._order is None or not self._extensions.are_idle:
            return
        if not self._delivered:
            self._deliver()
        elif self._result is not None:
            self._conclude(self._result)

    def _open_door(self) -> Door:
        door = Door(self._dispatch, partial(runtime_api.announce, self))
        self._doors.append(door)
        return door

    def _dispatch(self, asked: Asked) -> None:
        if not self._extensions.dispatch(asked, self._order):
            runtime_api.dispatch(self, asked)

    # An invocation

    def invoke(self, order: Order, walking: bool) -> None:
        """Serve one more. The environment must be idle."""
        assert self._order is None
        assert self._next is not None
        self._order = order
        self.set_clock(order.now_ns, walking)
        assert self._family is not None
        assert self._watch is not None
        self._family.thaw()
        self._watch.begin(order)
        self._advance()

    def _deliver(self) -> None:
        asked, order = self._next, self._order
        assert asked is not None
        assert order is not None
        self._next = None
        self._result = self._stream = None
        self._delivered = True
        self._waits = 0
        self._began_ns = monotonic_ns()
        self._arm(order.timeout_s)
        self._extensions.begin(order)
        runtime_api.deliver(asked, order, self._deadline_ns(order))

    def _deadline_ns(self, order: Order) -> int:
        """The deadline by the clock that the process sees: in a container it is the machine's."""
        if self._boxes is None:
            return order.deadline_ns
        return time_ns() + order.deadline_ns - self.last_ns

    def set_clock(self, now_ns: int, walking: bool) -> None:
        """The chamber's clock shows this now."""
        self.last_ns = now_ns
        if self._clock is not None and not self.ended:
            self._clock.set(now_ns, walking)

    def wait(self) -> None:
        """The process waits for the chamber, which is not its own time."""
        self._waits += 1
        self._disarm()

    def go_on(self) -> None:
        """A wait is over."""
        self._waits = max(0, self._waits - 1)
        if not self._waits and self._order is not None and not self.ended:
            self._arm(self._order.timeout_s)

    # runtime_api.Subject

    def next_asked(self, asked: Asked) -> None:
        """The runtime wants an invocation, and has done with the one before."""
        order = self._order
        if not self._ready:
            self._ready = True
            self._init_ns = monotonic_ns() - self._started_ns
        elif order is not None and self._delivered and self._result is None:
            if self._stream is None:
                # Once more: it has not been answered.
                runtime_api.deliver(asked, order, self._deadline_ns(order))
                return
            if not self._stream.is_open:
                self._result = faults.truncated(order)
        self._next = asked
        self._advance()

    def answer_begun(self, request_id: str, asked: Asked) -> None:
        """An invocation's answer begins, and will come in pieces."""
        order = self._order
        if order is None or request_id != order.request_id or self._result or self._stream:
            return  # refused once it is whole
        stream = asked.taker = self._stream = Streaming(self, order, asked)
        kind = asked.headers.get("content-type", "")
        stream.sink = self._keeper.streaming(self, kind, stream.room)

    def stream_lost(self) -> None:
        """The runtime gave up the answer that it streamed. It may be about to end: that is told
        then. One that goes on asks for the next."""
        if self._order is not None and self._result is None and self._next is not None:
            self._result = faults.truncated(self._order)
            self._advance()

    def answered(self, request_id: str, asked: Asked) -> None:
        """An invocation's answer."""
        if not self._is_current(request_id, asked):
            return
        if asked.taker is not None:
            self._result = result_of(asked)
            runtime_api.accept(asked)
            self._advance()  # it may have asked for the next already
            return
        self._result = _whole_answer(asked)

    def failed(self, request_id: str, asked: Asked) -> None:
        """An invocation's error."""
        if not self._is_current(request_id, asked):
            return
        if self._result is None:
            self._result = _error("error", asked)
        runtime_api.accept(asked)

    def init_failed(self, asked: Asked) -> None:
        """The runtime could not get ready; it will end now."""
        if self._ready:
            message = "State transition from RuntimeReady to RuntimeInitError failed"
            runtime_api.refuse(asked, 403, "InvalidStateTransition", message)
            return
        self._init_error = _error("init-error", asked)
        runtime_api.accept(asked)

    def sleep_asked(self, delay_ns: int, asked: Asked) -> None:
        """The process sleeps on the chamber's clock."""
        if self._order is None:
            asked.reply(200)
            return
        self.wait()

        def wake() -> None:
            self.go_on()
            asked.reply(200)

        self._keeper.asleep(self, delay_ns, wake)

    def _is_current(self, request_id: str, asked: Asked) -> bool:
        is_sent = self._result is not None and self._result.error_type != faults.TOO_LARGE
        return runtime_api.is_current(asked, request_id, self._order, is_sent=is_sent)

    # Ends

    def _conclude(self, result: Outcome) -> None:
        """The invocation is over."""
        order = self._order
        assert order is not None
        self._disarm()
        used_mb = 0
        if self._family is not None and self._watch is not None:
            self._watch.stop()
            if not self.ended:
                self._family.drain()
                self._watch.measure()
                self._family.freeze()
            used_mb = self._watch.used_mb
            result.log = _as_at_aws(self._family.output.take(), self.places) + result.log
        result.duration_ns = monotonic_ns() - self._began_ns
        result.init_ns = self._init_ns
        if result.status != "out-of-memory":
            result.max_memory_mb = min(order.memory_mb, used_mb)
        self._init_ns = 0
        self._order = self._result = self._stream = None
        self._delivered = False
        self._keeper.done(self, result)

    def fail(self, result: Outcome) -> None:
        """End the process, and its invocation with this."""
        self.end()
        if self._order is not None:
            self._conclude(result)

    def overdue(self) -> None:
        """The function's time is over."""
        if self._order is not None:
            self.fail(faults.timed_out(self._order))

    def _exited(self, code: int, is_runtime: bool) -> None:
        order = self._order
        if order is None:
            self.end()
        elif not is_runtime:
            self.fail(faults.extension_ended(order, code, not self._ready))
        elif self._result is not None:
            self.fail(self._result)
        elif not self._ready and self._init_error is not None:
            self.fail(self._init_error)
        else:
            assert self._family is not None
            self.fail(fault(order, self._family, code, not self._ready))

    def end(self) -> None:
        """End the process and everything of it; no outcome."""
        if self.ended:
            return
        self.ended = True
        self._disarm()
        if self._watch is not None:
            self._watch.stop()
        if self._family is not None:
            self._family.end()
        for door in self._doors:
            door.close()
        if self._server is not None:
            self._server.close()
        if self._clock is not None:
            self._clock.close()

    def _arm(self, timeout_s: float) -> None:
        self._disarm()
        self._watchdog = self._loop.call_later(timeout_s * self._patience, self.overdue)

    def _disarm(self) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
            self._watchdog = None


def _begin(
    order: Order,
    places: Places,
    api: str,
    home: str,
    program: Program,
    box: Box | None,
    argv: tuple[str, ...],
) -> Member:
    if box is not None:
        return box.begin(order, api, home, argv)
    names = variables(order, places, api, home, program)
    mark = f"AWS_LAMBDA_RUNTIME_API={api}\0".encode()
    argv = confined(argv, places, places.tmp.parents[2])
    return Process(argv, names, places.task, mark, order.ephemeral_mb * MB)


def _whole_answer(asked: Asked) -> Outcome:
    """An answer in one piece; one that is too large is refused."""
    if asked.too_large or len(asked.body) > faults.ANSWER_BYTES_MAX:
        runtime_api.refuse(asked, 413, "RequestEntityTooLarge", faults.REFUSED_TEXT)
        return faults.too_large(faults.ANSWER_BYTES_MAX)
    runtime_api.accept(asked)
    kind = asked.headers.get("content-type", "")
    return Outcome(status="ok", payload=bytes(asked.body), content_type=kind)


def _error(status: str, asked: Asked) -> Outcome:
    kind = asked.headers.get(ERROR_TYPE, "")
    return Outcome(status=status, error_type=kind or "Runtime.Unknown", payload=bytes(asked.body))


def _as_at_aws(log: bytes, places: Places) -> bytes:
    """The log, without where this machine keeps the code."""
    if not log:
        return log
    for place, name in (
        (places.task, b"/var/task"),
        (places.tmp, b"/tmp"),
        (places.opt, b"/opt"),
        (places.packages, b"/var/runtime"),
        (BOOTSTRAPS, b"/var/runtime"),
    ):
        log = log.replace(bytes(place), name)
    return log
