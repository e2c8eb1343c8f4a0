"""Inputs: how a call, a moved clock or a client that left becomes part of a world.

Rules of this file: everything that changes a world passes here and is noted in the digest and
journalled, with its instant, before anybody is told. The same inputs applied again (`replay`) make
the same world: no socket, no client, no process is needed. A call that waits is journalled when it
first parks; the kernel events that resume it follow from the world itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from types import GeneratorType, MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, OutsideError
from cloudchamber.cloud.events import EventLog
from cloudchamber.cloud.pipeline import AFTER, dispatch
from cloudchamber.cloud.records import (
    DECODER,
    CallRecord,
    ClockRecord,
    DropRecord,
    Record,
    SleepRecord,
    Trace,
    WorkRecord,
    with_bodies,
)
from cloudchamber.cloud.service import Output, Waiting
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.work import Works
from cloudchamber.kernel import Kernel, Parked
from cloudchamber.wire.bodies import Spooled
from cloudchamber.wire.errors import WireError

if TYPE_CHECKING:
    from cloudchamber.cloud.answer_streams import AnswerStream

Settle = Callable[[Output | None, WireError | None], None]
Answers = list[tuple[bool, bytes]]
Adapters = Mapping[str, Callable[[str], bytes]]
NO_ADAPTERS: Final[Adapters] = MappingProxyType({})
# What no two runs measure alike stays out of the digest.
MEASURED: Final = frozenset({"max_memory_mb"})


class ParkedCall(msgspec.Struct):
    """A call that waits: its record (to begin it again), its place in the kernel, its handler."""

    record: CallRecord
    parked: Parked
    waiting: Waiting
    settle: Settle


class Inputs:
    """The part of a world that takes inputs. `Cloud` adds what they are inputs to."""

    kernel: Kernel
    events: EventLog
    work: Works
    number: int

    def __init__(self, settings: Settings, adapters: Adapters) -> None:
        self.settings = settings
        self.journal: Callable[[bytes], None] | None = None
        # Of answers that may be told while they are made, by the ticket of the work: no part of
        # the world.
        self.answer_streams: dict[str, AnswerStream] = {}
        self._adapters = adapters
        self._encode = msgspec.msgpack.Encoder(enc_hook=_as_data).encode
        self._identify = msgspec.msgpack.Encoder(enc_hook=_identity).encode

    def _forget(self) -> None:
        """Begin as a world that has had no input."""
        self.number = 0
        # Both grow, when a call schedules or wakes, and when it draws: such a call is an input to
        # be journalled, and after the first kind something may be due.
        self.touches = 0
        self.draws = 0
        self.parked: dict[int, ParkedCall] = {}
        # What the outside said to the call at hand; on a replay, what it said in the earlier life.
        self._answers: Answers = []
        self._told: Answers = []
        self.requests: deque[Trace] = deque(maxlen=self.settings.requests_max)

    def perform(self, call: Call) -> Output | Waiting:
        """Run a call through the stages and its handler; raises WireError."""
        raise NotImplementedError

    def call_of(self, record: CallRecord) -> Call:
        """The call that a record describes, begun when it was begun."""
        raise NotImplementedError

    def submit(self, call: Call, settle: Settle) -> None:
        """Perform a top-level call, journal it if it touched the world, then settle it."""
        kernel = self.kernel
        touches = self.touches
        before = (touches + self.draws, self.events.last)
        answers: Answers = []
        self._answers = answers
        try:
            result = self.perform(call)
        except WireError as error:
            self._settle(call, before, answers, error)
            settle(None, error)
        else:
            if isinstance(result, dict):
                self._settle(call, before, answers, None)
                settle(result, None)
            else:
                record = _record(call, before[1], answers)
                self._step(call, record, result, None, settle, before)
        if self.touches != touches:
            # Whoever was woken by this call is answered at this instant, in every clock mode.
            kernel.settle()

    def _settle(
        self, call: Call, before: tuple[int, int], answers: Answers, error: WireError | None
    ) -> None:
        """The stages after a call that did not wait, and its record if it touched the world."""
        for stage in AFTER:
            stage(call, error)
        touched = before != (self.touches + self.draws, self.events.last)
        if touched or (error is None and call.operation_name in call.service.mutating):
            self._note_call(call.service.name, call.operation_name, call)
            if self.journal is not None:
                self.journal(self._encode(_record(call, before[1], answers)))

    def _settle_waiting(
        self,
        call: Call,
        record: CallRecord,
        before: tuple[int, int] | None,
        error: WireError | None,
    ) -> None:
        """The same for a handler that may wait; its record was written if it did."""
        if before is not None:
            self._settle(call, before, record.answers, error)
            return
        for stage in AFTER:
            stage(call, error)

    def _step(
        self,
        call: Call,
        record: CallRecord,
        waiting: Waiting,
        woken: bool | None,
        settle: Settle,
        before: tuple[int, int] | None,
    ) -> None:
        """Run a waiting handler up to its next wait or its end.

        `before` is None once the call was journalled, which happens when it first parks: a replay
        begins it at the same instant and the same kernel events resume it.
        """
        self.parked.pop(call.number, None)
        try:
            wait = next(waiting) if woken is None else waiting.send(woken)
        except StopIteration as stop:
            self._settle_waiting(call, record, before, None)
            settle(stop.value, None)
            return
        except WireError as error:
            self._settle_waiting(call, record, before, error)
            settle(None, error)
            return
        if before is not None:
            self.write(record)
        resume = partial(self._resume, call, record, waiting, settle)
        parked = self.kernel.park(wait.until_ns, wait.keys, resume, describe=call.number)
        self.parked[call.number] = ParkedCall(record, parked, waiting, settle)

    def _resume(
        self, call: Call, record: CallRecord, waiting: Waiting, settle: Settle, woken: bool
    ) -> None:
        self._step(call, record, waiting, woken, settle, None)

    def adopt(self, record: CallRecord, parked: Parked) -> None:
        """Begin a waiting call of a loaded world again, up to where it waits.

        It finds what it found before (a waiting handler changes nothing before it ends), so it
        waits for the same; its client is gone.
        """
        call = self.call_of(record)
        waiting = dispatch(call)
        assert isinstance(waiting, GeneratorType)
        next(waiting)
        parked.adopt(partial(self._resume, call, record, waiting, _nobody))
        self.parked[record.number] = ParkedCall(record, parked, waiting, _nobody)

    def drop(self, number: int) -> None:
        """The client of a waiting call went away: forget the call. An input like any other."""
        if number in self.parked:
            self._drop(number)
            self.write(DropRecord(self.kernel.now, number))

    def _drop(self, number: int) -> None:
        parked = self.parked.pop(number, None)
        if parked is not None:
            parked.parked.cancel()
            parked.waiting.close()

    # Inputs

    def write(self, record: Record) -> None:
        """Note an input in the digest and hand it to the journal, before anybody is answered.

        The digest leaves out how the input arrived (host, client, address): the same story told
        through another port is the same story.
        """
        if isinstance(record, CallRecord):
            self._note_call(record.service, record.operation, record)
        elif isinstance(record, WorkRecord):
            outcome = {
                name: value for name, value in record.outcome.items() if name not in MEASURED
            }
            self._note((record.adapter, record.ticket, outcome))
        else:
            self._note(type(record).__name__)
        if self.journal is not None:
            self.journal(self._encode(record))

    def _note_call(self, service: str, operation: str, call: Call | CallRecord) -> None:
        self._note((service, operation, call.account, call.region, call.caller.arn, call.input))

    def _note(self, told: Any) -> None:
        self.kernel.note("input", self._identify(told))

    def moved(self) -> None:
        """The clock was moved from outside (advance, run until): an input to be journalled."""
        self.write(ClockRecord(self.kernel.now))

    def replay(self, data: bytes) -> None:
        """Apply one journalled input. Same seed, same journal: same world, same digest."""
        record = DECODER.decode(data)
        self.work.replaying = True
        try:
            self._replay(record)
        finally:
            self.work.replaying = False

    def _replay(self, record: Record) -> None:
        self.kernel.run_until(record.t_ns)
        if isinstance(record, CallRecord):
            self.number = record.number
            self.events.last = record.events_last
            self._replay_call(record)
        elif isinstance(record, DropRecord):
            self._drop(record.number)
            self.write(record)
        elif isinstance(record, WorkRecord | SleepRecord):
            if isinstance(record, WorkRecord):
                record.outcome = with_bodies(record.outcome)
            self.work.take(record)
        else:
            self.write(record)

    def _replay_call(self, record: CallRecord) -> None:
        self._told = list(record.answers)
        self.submit(self.call_of(record), _nobody)
        self._told = []

    def outside(self, adapter: str, question: str) -> bytes:
        """Ask the world outside; the answer is an input and journalled with the call.

        Raises OutsideError when it fails, or nobody here can ask.
        """
        if self._told:
            went_well, data = self._told.pop(0)
        else:
            try:
                went_well, data = True, self._adapters[adapter](question)
            except KeyError:
                went_well, data = False, f"this chamber has no {adapter} adapter".encode()
            except (OSError, ValueError) as error:
                went_well, data = False, str(error).encode()
        self.touches += 1
        self._answers.append((went_well, data))
        if not went_well:
            raise OutsideError(data.decode())
        return data

    def release(self, reason: str) -> None:
        """Answer every waiting call with an error, because its world is about to end."""
        for number in sorted(self.parked):
            parked = self.parked[number]
            self._drop(number)
            parked.settle(None, AwsError("ServiceUnavailable", f"Cloudchamber: {reason}", 503))


def _record(call: Call, events_last: int, answers: Answers) -> CallRecord:
    """What makes the same call again: it began after the event of that number."""
    return CallRecord(
        call.started_ns,
        call.number,
        events_last,
        call.caller,
        call.account,
        call.region,
        call.service.name,
        call.operation_name,
        call.input,
        call.origin,
        answers,
        call.because,
    )


def _nobody(output: Output | None, error: WireError | None) -> None:
    """The client of a replayed call: it got its answer in an earlier life."""


def _as_data(value: Any) -> Any:
    """A spooled body as the journal keeps it."""
    if isinstance(value, Spooled):
        return value.as_data
    raise TypeError(f"{type(value).__name__} is not plain data")


def _identity(value: Any) -> Any:
    """A spooled body as the digest sees it: the same in every run, wherever it was put."""
    if isinstance(value, Spooled):
        return value.identity
    raise TypeError(f"{type(value).__name__} is not plain data")
