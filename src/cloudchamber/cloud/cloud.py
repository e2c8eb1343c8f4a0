"""The Cloud: one world, and the way in. Bytes in, bytes out, no socket and no clock of its own.

Rules of this file: synchronous and single-owner; whoever drives it (a network front end, an
in-process client, a replay) calls from one place at a time. `begin` answers at once or parks the
call and answers later through `finish`. Everything that changes the world passes `submit`, which
journals it before anybody is told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from hashlib import blake2b
from types import GeneratorType, MappingProxyType
from typing import Any

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.authentication import authenticate
from cloudchamber.cloud.bodies import unwrapped
from cloudchamber.cloud.call import Call, Origin
from cloudchamber.cloud.errors import AwsError, OutsideError
from cloudchamber.cloud.events import EventLog
from cloudchamber.cloud.metering import Meter
from cloudchamber.cloud.pipeline import AFTER, BEFORE, dispatch
from cloudchamber.cloud.records import (
    DECODER,
    CallRecord,
    ClockRecord,
    DropRecord,
    Record,
    Trace,
)
from cloudchamber.cloud.registry import Registry
from cloudchamber.cloud.service import Input, Output, Service, Waiting, mutates
from cloudchamber.cloud.settings import Settings, SettingsError, is_account
from cloudchamber.cloud.store import Store
from cloudchamber.kernel import Kernel, Parked
from cloudchamber.wire.credentials import spell_for
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.protocols import Codec, codec_for
from cloudchamber.wire.routing import RouteError, default_router
from cloudchamber.wire.sigv4 import Verifier

Finish = Callable[[Response], None]
Settle = Callable[[Output | None, WireError | None], None]
NO_ADAPTERS: Mapping[str, Callable[[str], bytes]] = MappingProxyType({})
FIDELITY_HEADER = "x-chamber-fidelity"


class ParkedCall(msgspec.Struct):
    """A call that waits: its record (to begin it again), its place in the kernel, its handler."""

    record: CallRecord
    parked: Parked
    waiting: Waiting
    settle: Settle


class Cloud:
    """One world of accounts, regions and services on one clock."""

    def __init__(
        self,
        settings: Settings | None = None,
        adapters: Mapping[str, Callable[[str], bytes]] = NO_ADAPTERS,
    ) -> None:
        """`adapters` ask the world outside, by name (`web-keys`); the host of a world has them."""
        self.settings = settings or Settings()
        self._adapters = adapters
        self.journal: Callable[[bytes], None] | None = None
        self.verifier = Verifier()
        self.router = default_router()
        self._encode = msgspec.msgpack.Encoder().encode
        self._open()

    def _open(self) -> None:
        self.kernel = Kernel(self.settings.seed, self.settings.start_ns)
        self.store = Store()
        self.events = EventLog(self.settings.events_max)
        self.meter = Meter()
        self.registry = Registry(self._on_load)
        self.number = 0
        # Grows whenever a call schedules, wakes or draws: such a call is an input to be journalled.
        self.touches = 0
        self.parked: dict[int, ParkedCall] = {}
        # What the outside said to the call at hand; on a replay, what it said in the earlier life.
        self._answers: list[tuple[bool, bytes]] = []
        self._told: list[tuple[bool, bytes]] = []
        self.requests: deque[Trace] = deque(maxlen=self.settings.requests_max)
        self._request_key = blake2b(b"requests", key=self.settings.seed.to_bytes(8, "big")).digest()

    def reset(self, settings: Settings | None = None) -> None:
        """Empty every account and region and put the clock back to its start.

        Calls that wait are answered with an error first.
        """
        self.release("the chamber was reset")
        self.settings = settings or self.settings
        self._open()

    def release(self, reason: str) -> None:
        """Answer every waiting call with an error, because its world is about to end."""
        for number in sorted(self.parked):
            parked = self.parked[number]
            self._drop(number)
            parked.settle(None, AwsError("ServiceUnavailable", f"Cloudchamber: {reason}", 503))

    # A request, from bytes to bytes

    def begin(
        self,
        request: Request,
        finish: Finish,
        *,
        wall_ns: int | None = None,
        source_ip: str = "127.0.0.1",
        scheme: str = "http",
    ) -> int:
        """Take a request; `finish(response)` is called now, or later when it had to wait.

        Returns the number of the call, which `drop` takes when the client goes away.
        `wall_ns` is the real time (for the age of signatures).
        """
        self.number += 1
        number = self.number
        request_id = self.request_id(number)
        plain, problem = unwrapped(request)
        try:
            route = self.router.route(plain)
        except WireError as error:
            finish(_unrouted(error, request_id))
            return number
        codec = codec_for(route.service, route.protocol)
        name = route.operation
        try:
            caller, region = authenticate(self, request, route, wall_ns)
            if problem is not None:
                raise problem
            decoded = codec.decode(name, plain, route.labels)
        except WireError as error:
            finish(codec.encode_error(name, spell_for(error, route.protocol), request_id))
            return number
        headers = request.headers
        origin = Origin(
            headers.get("host", ""),
            scheme,
            request.path,
            source_ip,
            headers.get("user-agent", ""),
            route.protocol,
        )
        service = self.registry.expect(route.service)
        account = self.settings.account if caller.kind == "anonymous" else caller.account
        call = Call(
            self, service, name, decoded, caller, account, region, number,
            origin=origin, request_id=request_id,
        )  # fmt: skip
        self.submit(call, partial(self._respond, codec, call, finish))
        return number

    def handle(self, request: Request) -> Response | None:
        """Answer a request at once; None when it waits and nobody moves the clock.

        A waiting call moves the clock as the `demand` mode does; hosts that know other modes
        use `begin`.
        """
        answers: list[Response] = []
        number = self.begin(request, answers.append)
        while not answers and self.kernel.run_demand():
            pass
        if not answers:
            self.drop(number)
            return None
        return answers[0]

    def _respond(
        self,
        codec: Codec,
        call: Call,
        finish: Finish,
        output: Output | None,
        error: WireError | None,
    ) -> None:
        if error is not None:
            response = codec.encode_error(call.operation_name, error, call.request_id)
        else:
            response = codec.encode(call.operation_name, output or {}, call.request_id)
        response.headers[FIDELITY_HEADER] = call.operation.fidelity
        finish(response)

    def ask(
        self,
        service: str,
        operation: str,
        request: Input,
        *,
        account: str | None = None,
        region: str | None = None,
    ) -> Output:
        """Call an operation as an account's root user, with no bytes. Raises its WireError.

        For the faces of the chamber (console, command line); services use `call.invoke`.
        """
        self.number += 1
        owner = account or self.settings.account
        if not is_account(owner):
            raise SettingsError("account", f"an account is 12 digits, not {owner!r}")
        call = Call(
            self,
            self.registry.expect(service),
            operation,
            request,
            callers.root(owner),
            owner,
            region or self.settings.region,
            self.number,
        )
        answers: list[Output] = []

        def settle(output: Output | None, error: WireError | None) -> None:
            if error is not None:
                raise error
            answers.append(output or {})

        self.submit(call, settle)
        while not answers and self.kernel.run_demand():
            pass
        return answers[0]

    # A call, from input to output

    def submit(self, call: Call, settle: Settle) -> None:
        """Perform a top-level call, journal it if it touched the world, then settle it."""
        kernel = self.kernel
        before = (self.touches, self.events.last)
        self._answers = []
        record = CallRecord(
            kernel.now,
            call.number,
            self.events.last,
            call.caller,
            call.account,
            call.region,
            call.service.name,
            call.operation_name,
            call.input,
            call.origin,
            self._answers,
        )
        try:
            result = self.perform(call)
        except WireError as error:
            self._settle(call, record, before, None, error)
            settle(None, error)
        else:
            if not isinstance(result, dict):
                self._step(call, record, result, None, settle, before)
            else:
                self._settle(call, record, before, result, None)
                settle(result, None)
        if self.touches != before[0]:
            # Whoever was woken by this call is answered at this instant, in every clock mode.
            kernel.settle()

    def perform(self, call: Call) -> Output | Waiting:
        """The stages before and the handler; raises WireError. Nested calls end here."""
        for stage in BEFORE:
            stage(call)
        return dispatch(call)

    def _settle(
        self,
        call: Call,
        record: CallRecord | None,
        before: tuple[int, int],
        output: Output | None,
        error: WireError | None,
    ) -> None:
        for stage in AFTER:
            stage(call, error)
        if record is None:
            return
        touched = before != (self.touches, self.events.last)
        if touched or (error is None and mutates(call.operation_name, call.operation)):
            self.write(record)

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
        first = before if before is not None else (0, 0)
        try:
            wait = next(waiting) if woken is None else waiting.send(woken)
        except StopIteration as stop:
            self._settle(call, record if before is not None else None, first, stop.value, None)
            settle(stop.value, None)
            return
        except WireError as error:
            self._settle(call, record if before is not None else None, first, None, error)
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
            told: Any = (record.service, record.operation, record.account, record.region,
                         record.caller.arn, record.input)  # fmt: skip
        else:
            told = type(record).__name__
        self.kernel.note("input", self._encode(told))
        if self.journal is not None:
            self.journal(self._encode(record))

    def moved(self) -> None:
        """The clock was moved from outside (advance, run until): an input to be journalled."""
        self.write(ClockRecord(self.kernel.now))

    def replay(self, data: bytes) -> None:
        """Apply one journalled input. Same seed, same journal: same world, same digest."""
        record = DECODER.decode(data)
        self.kernel.run_until(record.t_ns)
        if isinstance(record, CallRecord):
            self.number = record.number
            self.events.last = record.events_last
            self._replay_call(record)
        elif isinstance(record, DropRecord):
            self._drop(record.number)
            self.write(record)
        else:
            self.write(record)

    def _replay_call(self, record: CallRecord) -> None:
        self._told = list(record.answers)
        self.submit(self.call_of(record), _nobody)
        self._told = []

    def call_of(self, record: CallRecord) -> Call:
        """The call that a record describes, begun when it was begun."""
        call = Call(
            self,
            self.registry.expect(record.service),
            record.operation,
            record.input,
            record.caller,
            record.account,
            record.region,
            record.number,
            origin=record.origin,
        )
        call.started_ns = record.t_ns
        return call

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

    # Consequences

    def remember(self, call: Call, error: WireError | None) -> None:
        """Keep what `why REQUEST-ID` needs; the oldest requests are forgotten."""
        self.requests.append(
            Trace(
                call.request_id,
                call.now,
                call.caller.arn,
                f"{call.service.prefix}:{call.operation.action or call.operation_name}",
                call.resource,
                "" if error is None else f"{error.code}: {error.message}",
                call.decision,
                call.cause if call.is_logged else 0,
            )
        )

    def publish(self, call: Call, fact: str, data: Mapping[str, Any]) -> None:
        """Hand a fact to every loaded service that subscribes to it."""
        for service in self.registry.loaded():
            handler = service.subscribes.get(fact)
            if handler is not None:
                handler(self._as_service(service, call.account, call.region, call.cause), data)

    def request_id(self, number: int) -> str:
        """The id of the n-th request: equal in every world of the same seed."""
        text = blake2b(number.to_bytes(8, "big"), key=self._request_key, digest_size=16).hexdigest()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def _on_load(self, service: Service) -> None:
        for kind, handler in service.kernel_events.items():
            self.kernel.on(kind, partial(self._fire, service, handler))

    def _fire(
        self,
        service: Service,
        handler: Callable[..., None],
        account: str,
        region: str,
        cause: int,
        *args: Any,
    ) -> None:
        handler(self._as_service(service, account, region, cause), *args)

    def _as_service(self, service: Service, account: str, region: str, cause: int) -> Call:
        principal = callers.service(f"{service.name}.amazonaws.com", account)
        return Call(self, service, "", {}, principal, account, region, self.number, cause=cause)


def _nobody(output: Output | None, error: WireError | None) -> None:
    """The client of a replayed call: it got its answer in an earlier life."""


def _unrouted(error: WireError, request_id: str) -> Response:
    """The answer to a request of which not even the operation is known."""
    if isinstance(error, RouteError):
        codec = codec_for(error.service or "sts", error.protocol)
    else:
        codec = codec_for("sts", "query")
    return codec.encode_error(None, error, request_id)
