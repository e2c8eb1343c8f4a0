"""A Call: everything a handler may know and do, handed in by name.

Rules of this file: explicit, never ambient. A handler is `(call, input) -> output`; whatever it
needs of the world (clock, chance, rows, other services, the event log) it reaches through the
call. Getters change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import GeneratorType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Operation, Output, Service, Waiting
from cloudchamber.cloud.settings import DEFAULT_REGION
from cloudchamber.cloud.store import Table

if TYPE_CHECKING:
    from cloudchamber.cloud.blobs import Blobs
    from cloudchamber.cloud.cloud import Cloud
    from cloudchamber.kernel import Stream

Row = TypeVar("Row")


class Origin(msgspec.Struct, frozen=True):
    """Where a call came from: what the front end saw, as far as a handler may need it.

    `host` is the Host header (answers that name a URL use it), `path` the request's path,
    `protocol` the wire protocol, `is_nested` true for calls between services, and `through` is
    then the service that makes the call. `trace` is the header X-Amzn-Trace-Id, which goes on from
    function to function.
    `region` is what the signature names, empty when it names none.
    """

    host: str = ""
    scheme: str = "http"
    path: str = "/"
    source_ip: str = "127.0.0.1"
    user_agent: str = ""
    protocol: str = ""
    is_nested: bool = False
    through: str = ""
    trace: str = ""
    region: str = ""


NOWHERE = Origin()


class Call:
    """One call of one operation by one caller.

    `account` and `region` are where the call acts (the caller's own, unless a service acts for an
    account). `input` is the decoded request. `started_ns` is when it began; `now` is the clock.
    `resource` is the ARN the permission was asked on. `origin` is what the front end saw.
    """

    __slots__ = (
        "_cause",
        "account",
        "because",
        "caller",
        "cloud",
        "decision",
        "input",
        "number",
        "operation",
        "operation_name",
        "origin",
        "region",
        "request_id",
        "resource",
        "service",
        "started_ns",
    )

    def __init__(
        self,
        cloud: Cloud,
        service: Service,
        operation_name: str,
        request: Input,
        caller: Caller,
        account: str,
        region: str,
        number: int,
        *,
        cause: int = 0,
        because: int = 0,
        origin: Origin = NOWHERE,
        request_id: str = "",
    ) -> None:
        """`cause` is the event that stands for this call (a nested call has its caller's),
        `because` the one that led to it (a function's invocation, for a call of its code)."""
        self.because = because
        self.cloud = cloud
        self.service = service
        self.operation_name = operation_name
        self.operation: Operation = service.operations.get(operation_name) or (
            service.operation(operation_name)
        )
        self.input = request
        self.caller = caller
        self.account = account
        self.region = region
        self.number = number
        self.request_id = request_id or cloud.request_id(number)
        self.started_ns = cloud.kernel.now
        self.resource = "*"
        self.decision: Any = None
        self.origin = origin
        self._cause = cause

    # Time and chance

    @property
    def now(self) -> int:
        """The chamber's clock, ns since the Unix epoch."""
        return self.cloud.kernel.now

    @property
    def now_s(self) -> float:
        """The clock in seconds, as timestamps are written in outputs."""
        return self.cloud.kernel.now / SECOND_NS

    def stream(self, arn: str, purpose: str) -> Stream:
        """The random stream of one resource and purpose; never shifted by other resources."""
        cloud = self.cloud
        cloud.draws += 1
        return cloud.kernel.streams.stream(arn, purpose)

    # State

    def rows(
        self, table: Table[Row], account: str | None = None, region: str | None = None
    ) -> dict[Any, Row]:
        """The live rows of a table in the call's account and region, or in another's."""
        store, owner, where = self.cloud.store, account or self.account, region or self.region
        rows = store.known.get((table.name, owner, where))
        return store.rows(table, owner, where) if rows is None else rows

    @property
    def blobs(self) -> Blobs:
        """Bodies too large for memory."""
        return self.cloud.blobs

    def quota(self, name: str) -> int:
        """The value in force of one of the service's quotas."""
        return self.service.quotas[name].value

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`, by the call's region."""
        return partition_of(self.region)

    def arn(self, resource: str, *, service: str | None = None, region: str | None = None) -> str:
        """The ARN of a resource of this service in this account; `region=""` for global ones."""
        where = self.region if region is None else region
        name = service or self.service.prefix
        return f"arn:{self.partition}:{name}:{where}:{self.account}:{resource}"

    # Consequences

    @property
    def cause(self) -> int:
        """The number of the event for this call itself, written when first asked for."""
        if not self._cause:
            cloud = self.cloud
            self._cause = cloud.events.add(
                cloud.kernel.now,
                self.resource,
                f"{self.service.name}.{self.operation_name}",
                f"{self.caller.arn} called {self.service.name}:{self.operation_name}",
                self.because,
                request=self.request_id,
            )
        return self._cause

    @property
    def logged(self) -> int:
        """The number of the call's own event, 0 while it has none."""
        return self._cause

    def event(
        self, about: str, what: str, sentence: str, details: Mapping[str, Any] | None = None
    ) -> int:
        """Write to the event log something that this call brought about."""
        return self.cloud.events.add(self.now, about, what, sentence, self.cause, details)

    def at(self, t_ns: int, kind: str, *args: Any, weak: bool = False) -> int:
        """Schedule one of the service's kernel events in this account and region.

        `args` are plain data. The handler is called as `(call, *args)`. Returns a number that
        `cancel` takes.
        """
        self.cloud.touches += 1
        everything = (self.account, self.region, self.cause, *args)
        return self.cloud.kernel.at(t_ns, kind, everything, weak=weak)

    def after(self, delay_ns: int, kind: str, *args: Any, weak: bool = False) -> int:
        """Like `at`, `delay_ns` from now."""
        return self.at(self.now + delay_ns, kind, *args, weak=weak)

    def begin_work(self, adapter: str, ticket: str, order: dict[str, Any]) -> None:
        """Have work done outside by a real process: the service's `work[adapter]` is called as
        `(call, ticket, outcome)` when it is done.

        `ticket` is the service's own name for it, unlike any other. Beginning a ticket that is
        outstanding does nothing, so a waiting handler may begin work before its first wait. The
        clock stands still while it is done (see `cloud/work.py`); `order["deadline_ns"]`, if there
        is one, ends it. The order is not kept: what the outcome's handler needs is in the rows.
        """
        self.cloud.touches += 1
        self.cloud.work.begin(self, adapter, ticket, order)

    def cancel(self, event: int) -> None:
        """Take back a scheduled event; no effect when it has already happened."""
        self.cloud.touches += 1
        self.cloud.kernel.cancel(event)

    def wake(self, *key: str) -> int:
        """Resume, at this instant, every waiting handler that waits on `key`."""
        woken = self.cloud.kernel.wake(key)
        self.cloud.touches += woken
        return woken

    def meter(self, usage: str, amount: float = 1, resource: str = "") -> None:
        """Count usage beside the requests that the pipeline counts by itself."""
        line = (self.service.name, self.account, self.region, resource, usage)
        self.cloud.meter.add(line, amount)

    # Other services

    def port(self, name: str) -> Any:
        """The function of the loaded service that answers a port, or None (see `ports`)."""
        return self.cloud.registry.port(name)

    def publish(self, fact: str, data: Mapping[str, Any]) -> None:
        """Tell every subscribing service a fact, in order of their names."""
        self.cloud.publish(self, fact, data)

    def invoke(
        self,
        service: str,
        operation: str,
        request: Input,
        *,
        principal: str | None = None,
        account: str | None = None,
        region: str | None = None,
        caller: Caller | None = None,
    ) -> Output:
        """Call another service's public operation, through the same pipeline, with no HTTP.

        `principal` is the calling service (`sns.amazonaws.com`); with none the caller's own
        identity is used (forward access session). Raises the AwsError that the operation
        answers. An operation that has to wait cannot be invoked so: see `invoke_waiting`.
        """
        result = self._perform(service, operation, request, principal, account, region, caller)
        if isinstance(result, GeneratorType):
            result.close()
            raise TypeError(f"{service}.{operation} waits; use invoke_waiting")
        output: Output = result
        return output

    def invoke_waiting(
        self,
        service: str,
        operation: str,
        request: Input,
        *,
        principal: str | None = None,
        account: str | None = None,
        region: str | None = None,
        caller: Caller | None = None,
    ) -> Waiting:
        """Like `invoke` in a waiting handler: `output = yield from call.invoke_waiting(...)`."""
        result = self._perform(service, operation, request, principal, account, region, caller)
        output: Output = (yield from result) if isinstance(result, GeneratorType) else result
        return output

    def _perform(
        self,
        service: str,
        operation: str,
        request: Input,
        principal: str | None,
        account: str | None,
        region: str | None,
        caller: Caller | None,
    ) -> Any:
        target = account or self.account
        if caller is None:
            caller = callers.service(principal, target) if principal else self.caller
        nested = Call(
            self.cloud,
            self.cloud.registry.expect(service),
            operation,
            request,
            caller,
            target,
            region or self.region or DEFAULT_REGION,
            self.number,
            cause=self.cause,
            origin=msgspec.structs.replace(
                self.origin, is_nested=True, through=self.service.prefix
            ),
        )
        return self.cloud.perform(nested)


@lru_cache(maxsize=256)
def partition_of(region: str) -> str:
    """The partition that a Region's name says it is in."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
