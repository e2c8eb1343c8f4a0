"""The Cloud: one world, and the way in. Bytes in, bytes out, no socket and no clock of its own.

Rules of this file: synchronous and single-owner; whoever drives it (a network front end, an
in-process client, a replay) calls from one place at a time. `begin` answers at once or parks the
call and answers later through `finish`. How inputs become part of the world is in `inputs`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.authentication import authenticate, find_credentials
from cloudchamber.cloud.blobs import INLINE_BYTES_MAX, Blobs, BlobStore, MemoryBlobs
from cloudchamber.cloud.bodies import unwrapped
from cloudchamber.cloud.call import Call, Origin
from cloudchamber.cloud.checksums import Hasher
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.events import EventLog
from cloudchamber.cloud.inputs import NO_ADAPTERS, Adapters, Inputs
from cloudchamber.cloud.metering import Meter
from cloudchamber.cloud.pipeline import BEFORE, dispatch
from cloudchamber.cloud.records import CallRecord, Trace, with_bodies
from cloudchamber.cloud.registry import Registry
from cloudchamber.cloud.request_ids import RequestIds
from cloudchamber.cloud.service import Input, Operation, Output, Service, Waiting
from cloudchamber.cloud.settings import Settings, SettingsError, is_account
from cloudchamber.cloud.sharing import PREFLIGHT, share
from cloudchamber.cloud.sites import Visit, begin_visit, site_of
from cloudchamber.cloud.spooling import Spool, plain_md5
from cloudchamber.cloud.store import Store
from cloudchamber.cloud.work import Outcome, Outstanding, Works
from cloudchamber.kernel import Kernel
from cloudchamber.wire.aws_chunked import ChunkSigner
from cloudchamber.wire.credentials import SIGV4, parse_credential, spell_for
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.protocols import Codec, codec_for
from cloudchamber.wire.routing import RouteError, default_router
from cloudchamber.wire.sigv4 import Verifier

Finish = Callable[[Response], None]
Plan = tuple[Codec, Service]
FIDELITY_HEADER = "x-chamber-fidelity"


class Cloud(Inputs):
    """One world of accounts, regions and services on one clock."""

    def __init__(
        self,
        settings: Settings | None = None,
        adapters: Adapters = NO_ADAPTERS,
        blobs: BlobStore | None = None,
    ) -> None:
        """`adapters` ask the world outside, by name (`web-keys`), and `blobs` keeps large bodies
        (in memory by default); the host of a world has both."""
        super().__init__(settings or Settings(), adapters)
        self.blobs = Blobs(self, blobs or MemoryBlobs())
        self.verifier = Verifier()
        self.router = default_router()
        self.work = Works(self)
        self._open()

    def _open(self) -> None:
        self.kernel = Kernel(self.settings.seed, self.settings.start_ns)
        self.store = Store()
        self.events = EventLog(self.settings.events_max)
        self.meter = Meter()
        self.registry = Registry(self._on_load)
        self._forget()
        self.work.open()
        self.request_id = RequestIds(self.settings.seed).of
        self._plans: dict[tuple[str, str], Plan] = {}
        # What services computed from their rows and can compute again (a compiled network): never
        # written, and gone with the rows.
        self.derived: dict[str, Any] = {}

    def reset(self, settings: Settings | None = None) -> None:
        """Empty every account and region and put the clock back to its start.

        Calls that wait are answered with an error first.
        """
        self.release("the chamber was reset")
        self.settings = settings or self.settings
        self._open()

    # A request, from bytes to bytes

    def begin(
        self,
        request: Request,
        finish: Finish,
        *,
        wall_ns: int | None = None,
        source_ip: str = "127.0.0.1",
        scheme: str = "http",
        host: str | None = None,
        because: int = 0,
    ) -> int:
        """Take a request; `finish(response)` is called now, or later when it had to wait.

        Returns the number of the call, which `drop` takes when the client goes away.
        `wall_ns` is the real time (for the age of signatures). `host` is by what name the chamber
        is known, for answers that name a URL, when that is not what the client called it.
        `because` is the number of the event that led to this call, if one in this world did.
        """
        number = self.number = self.number + 1
        request_id = self.request_id(number)
        if "origin" in request.headers or request.method == PREFLIGHT:
            shared = share(self, request, request_id, finish)
            if shared is None:
                return number
            finish = shared
        headers = request.headers
        site = site_of(self, request)
        if site is not None:
            begin_visit(self, site, Visit(number, request, wall_ns, source_ip, scheme), finish)
            return number
        plain, problem = unwrapped(request, partial(_chunk_signer, self))
        try:
            route = self.router.route(plain)
        except WireError as error:
            finish(_unrouted(error, request_id))
            return number
        place = (route.service, route.protocol)
        codec, service = self._plans.get(place) or self._plan(*place)
        name = route.operation
        try:
            caller, region = authenticate(self, request, route, wall_ns)
            if problem is not None:
                raise problem
            is_large = plain.spooled is not None or len(plain.body) > INLINE_BYTES_MAX
            if is_large and codec.takes_stream(name):
                plain = _put_aside(self.blobs, plain)
                if plain.spooled is not None:
                    finish = partial(_forget_body, self.blobs, plain.spooled.name, finish)
            decoded = codec.decode(name, plain, route.labels)
        except WireError as error:
            error = spell_for(error, route.protocol)
            finish(_refusal(codec, service.operation(name), name, error, request_id))
            return number
        origin = Origin(
            headers.get("host", "") if host is None else host,
            scheme,
            request.path,
            source_ip,
            headers.get("user-agent", ""),
            route.protocol,
            trace=headers.get("x-amzn-trace-id", ""),
            region=region,
        )
        account = self.settings.account if caller.kind == "anonymous" else caller.account
        call = Call(
            self, service, name, decoded, caller, account, region or self.settings.region, number,
            because=because, origin=origin, request_id=request_id,
        )  # fmt: skip
        self.submit(call, partial(self._respond, codec, call, finish))
        return number

    def _plan(self, service: str, protocol: str) -> Plan:
        """Who reads, answers and writes the requests of a service in one protocol."""
        plan = codec_for(service, protocol), self.registry.expect(service)
        self._plans[service, protocol] = plan
        return plan

    def spool(self, head: Request, md5: Callable[[], Hasher] = plain_md5) -> Spool | None:
        """What puts the body of a request aside while it comes; None for one that is held whole.

        `head` is the request without its body, `md5` makes its longest sum.
        Raises OSError when the store takes nothing.
        """
        if site_of(self, head) is not None:
            return None
        try:
            route = self.router.route(head)
        except WireError:
            return None
        if not codec_for(route.service, route.protocol).takes_stream(route.operation):
            return None
        return Spool(self.blobs.store, head, _chunk_signer(self, head), md5)

    def handle(self, request: Request) -> Response | None:
        """Answer a request at once; None when it waits and nobody moves the clock.

        A waiting call moves the clock as the `demand` mode does; hosts that know other modes
        use `begin`.
        """
        answers: list[Response] = []
        number = self.begin(request, answers.append)
        while self._give_up() or (not answers and self.kernel.run_demand()):
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
        while self._give_up() or (not answers and self.kernel.run_demand()):
            pass
        if not answers:
            self.drop(self.number)
            message = "Cloudchamber: this waits for a function at work; ask over HTTP"
            raise AwsError("ServiceUnavailable", message, 503)
        return answers[0]

    def _give_up(self) -> bool:
        """Where nobody can do outside work, say so of what was begun. True when there was some."""
        return self.work.workers is None and bool(self.work.abandon("this chamber has no workers"))

    # A call

    def perform(self, call: Call) -> Output | Waiting:
        """The stages before and the handler; raises WireError. Nested calls end here."""
        for stage in BEFORE:
            stage(call)
        return dispatch(call)

    def call_of(self, record: CallRecord) -> Call:
        """The call that a record describes, begun when it was begun."""
        call = Call(
            self,
            self.registry.expect(record.service),
            record.operation,
            with_bodies(record.input),
            record.caller,
            record.account,
            record.region,
            record.number,
            because=record.because,
            origin=record.origin,
        )
        call.started_ns = record.t_ns
        return call

    # Consequences

    def remember(self, call: Call, error: WireError | None) -> None:
        """Keep what `why REQUEST-ID` needs; the oldest requests are forgotten."""
        self.requests.append(
            Trace(
                call.request_id,
                self.kernel.now,
                call.caller.arn,
                call.service.action(call.operation_name),
                call.resource,
                "" if error is None else f"{error.code}: {error.message}",
                call.decision,
                call.logged,
            )
        )

    def publish(self, call: Call, fact: str, data: Mapping[str, Any]) -> None:
        """Hand a fact to every loaded service that subscribes to it."""
        for service in self.registry.subscribers(fact):
            told = self._as_service(service, call.account, call.region, call.cause)
            told.origin = call.origin  # what follows from a request belongs to its trace
            service.subscribes[fact](told, data)

    def finish_work(self, row: Outstanding, ticket: str, outcome: Outcome) -> None:
        """Hand an outcome to the service whose work it was."""
        service = self.registry.expect(row.service)
        call = self._as_service(service, row.account, row.region, row.cause)
        service.work[row.adapter](call, ticket, outcome)

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


def _chunk_signer(cloud: Cloud, request: Request) -> ChunkSigner | None:
    credential = parse_credential(request)
    if credential is None or cloud.settings.iam == "off" or credential.algorithm != SIGV4:
        return None
    known = find_credentials(cloud, credential.access_key)
    if known is None or known.secret is None:
        return None
    return cloud.verifier.chunk_signer(credential, known.secret)


def _put_aside(blobs: Blobs, request: Request) -> Request:
    """The request, its body spooled if it came whole and is large."""
    if request.spooled is not None:
        return request
    headers = request.headers
    if headers.get("x-amz-content-sha256", "").startswith("STREAMING-"):
        # It came in chunks, and is out of them by now.
        headers = {**headers, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    head = msgspec.structs.replace(request, headers=headers, body=b"")
    spool = Spool(blobs.store, head)
    spool.write(request.body)
    whole = spool.finish()
    if whole.problem is not None:
        raise whole.problem
    return whole


def _forget_body(blobs: Blobs, name: str, finish: Finish, response: Response) -> None:
    """Answer, and delete a body that nobody has kept."""
    if not blobs.is_kept(name):
        blobs.store.delete(name)
    finish(response)


def _refusal(
    codec: Codec, operation: Operation, name: str, error: WireError, request_id: str
) -> Response:
    """The answer to a request that never became a call."""
    response = codec.encode_error(name, error, request_id)
    response.headers[FIDELITY_HEADER] = operation.fidelity
    return response


def _unrouted(error: WireError, request_id: str) -> Response:
    """The answer to a request of which not even the operation is known."""
    if isinstance(error, RouteError):
        codec = codec_for(error.service or "sts", error.protocol)
    else:
        codec = codec_for("sts", "query")
    response = codec.encode_error(None, error, request_id)
    response.headers[FIDELITY_HEADER] = "refused"
    return response
