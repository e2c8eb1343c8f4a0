"""The one contract that a service fulfils: a declaration, found by listing the services folder.

Rules of this file: data only. `services/<name>/service.py` holds `SERVICE = Service(...)` and
nothing that runs. An operation of the model that a service does not list is refused by name, so
"not done yet" needs no code. Adding a service touches its own folder and its tests, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.wire.http import STATUS

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

__all__ = (
    "NOT_YET", "STATUS", "Fidelity", "Handler", "Input", "Operation", "Output", "Quota", "Rate",
    "Service", "Wait", "Waiting", "mutates", "recorded", "refused", "simulated",
)  # fmt: skip

Fidelity = Literal["simulated", "recorded", "refused"]
Input = dict[str, Any]
Output = dict[str, Any]


class Wait(msgspec.Struct, frozen=True):
    """What a waiting handler yields: until an instant, or until one of the keys is woken.

    The handler is resumed with True when a key was woken (`call.wake(key)`), False at `until_ns`.
    A waiting handler changes nothing before its first wait, so that a world saved meanwhile can
    begin it again.
    """

    until_ns: int | None
    keys: tuple[tuple[str, ...], ...] = ()


Waiting = Generator[Wait, bool, Output]
Handler = Callable[["Call", Input], Output | Waiting]
ResourceOf = Callable[["Call", Input], str | Sequence[str]]
ActionOf = Callable[["Call", Input], str]
ContextOf = Callable[["Call", Input], Mapping[str, Sequence[str]]]


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One API operation: who answers it, how true that is, and what permission it needs.

    `action` is the IAM action without prefix (default: the operation's name); None in `actions`
    form is never used: an operation that needs no permission sets `open` (GetCallerIdentity).
    `action_of` gives the action where it depends on the request (s3:GetObjectVersion).
    `resource` gives the ARN or ARNs that the permission is asked on (default `*`), `context` the
    service's condition keys. `mutates` says that the world changes, so the call is journalled.
    `anonymous` allows unsigned requests.
    """

    handler: Handler | None
    fidelity: Fidelity
    note: str = ""
    action: str | None = None
    resource: ResourceOf | None = None
    context: ContextOf | None = None
    mutates: bool | None = None
    open: bool = False
    anonymous: bool = False
    action_of: ActionOf | None = None


def simulated(
    handler: Handler,
    *,
    action: str | None = None,
    resource: ResourceOf | None = None,
    context: ContextOf | None = None,
    mutates: bool | None = None,
    open: bool = False,
    anonymous: bool = False,
    action_of: ActionOf | None = None,
    note: str = "",
) -> Operation:
    """The operation has its effect."""
    return Operation(
        handler=handler, fidelity="simulated", note=note, action=action, resource=resource,
        context=context, mutates=mutates, open=open, anonymous=anonymous, action_of=action_of,
    )  # fmt: skip


def recorded(
    handler: Handler,
    note: str,
    *,
    action: str | None = None,
    resource: ResourceOf | None = None,
    context: ContextOf | None = None,
    mutates: bool | None = None,
) -> Operation:
    """The operation is stored and returned and has no further effect; `note` says which."""
    return Operation(
        handler=handler, fidelity="recorded", note=note, action=action, resource=resource,
        context=context, mutates=mutates,
    )  # fmt: skip


def refused(reason: str) -> Operation:
    """The operation answers a clear error; `reason` says what is missing."""
    return Operation(handler=None, fidelity="refused", note=reason)


NOT_YET = refused("it is not implemented yet")
READ_PREFIXES = ("Get", "List", "Describe", "Simulate", "Decode", "Search", "Lookup")


class Quota(msgspec.Struct, frozen=True):
    """An adjustable or fixed limit: AWS's default, unit and where it is documented."""

    value: int
    source: str
    code: str = ""
    adjustable: bool = False


class Rate(msgspec.Struct, frozen=True):
    """A documented request rate: tokens per second and bucket size."""

    per_second: int
    burst: int
    source: str


class Service:
    """A service's declaration.

    `name` is botocore's folder name. `operations` maps operation names to what `simulated`,
    `recorded` and `refused` give. `tables` lists all state. `prefix` is the IAM action prefix.
    `kernel_events` maps kinds (`sqs.message-due`) to handlers `(call, *args)`. `ports` are the
    questions this service answers for the house (see `cloud/ports.py`). `subscribes` maps facts
    published by others to handlers `(call, data)`. `work` maps kinds of outside work
    (`lambda.invocation`, see `cloud/work.py`) to what takes its outcomes, `(call, ticket,
    outcome)`. `sites` are operations that answer plain HTTP at host names of the service's own (see
    `cloud/sites.py`). `inner` are operations that AWS does not have, for the chamber's own faces
    (a probe): `Cloud.ask` performs them, and no request reaches them. `after(call, error)` is told
    of each call that is over.

    `resource_policy(call, arn)` gives the policy attached to a resource, `owner_of(call, arn)` the
    account that owns one whose ARN does not say so (None: the ARN is right). Where a resource has a
    policy, `policy_must_allow` says that identity policies count only as far as it lets them (KMS).
    `guarded` says that another service acting in its own right needs a policy that lets it in (a
    queue, a function). `access_denied` is the service's own code for a refusal by policy.
    """

    __slots__ = (
        "_actions",
        "access_denied",
        "after",
        "guarded",
        "inner",
        "kernel_events",
        "mutating",
        "name",
        "operations",
        "owner_of",
        "policy_must_allow",
        "ports",
        "prefix",
        "quotas",
        "rates",
        "resource_policy",
        "sites",
        "subscribes",
        "tables",
        "work",
    )

    def __init__(
        self,
        name: str,
        operations: Mapping[str, Operation],
        tables: Sequence[Table[Any]] = (),
        *,
        prefix: str | None = None,
        quotas: Mapping[str, Quota] | None = None,
        rates: Mapping[str, Rate] | None = None,
        kernel_events: Mapping[str, Callable[..., None]] | None = None,
        ports: Mapping[str, Callable[..., Any]] | None = None,
        subscribes: Mapping[str, Callable[..., None]] | None = None,
        resource_policy: Callable[[Call, str], Any] | None = None,
        policy_must_allow: bool = False,
        guarded: bool = False,
        access_denied: str | None = None,
        work: Mapping[str, Callable[..., None]] | None = None,
        after: Callable[[Call, Any], None] | None = None,
        owner_of: Callable[[Call, str], str | None] | None = None,
        sites: Mapping[str, Operation] | None = None,
        inner: Mapping[str, Operation] | None = None,
    ) -> None:
        self.name = name
        self.operations = MappingProxyType(dict(operations))
        self.sites = MappingProxyType(dict(sites or {}))
        self.inner = MappingProxyType(dict(inner or {}))
        everything = {**operations, **self.sites, **self.inner}
        self.mutating = frozenset(name for name, each in everything.items() if mutates(name, each))
        self._actions: dict[str, str] = {}
        self.tables = tuple(tables)
        self.prefix = prefix or name
        self.quotas = MappingProxyType(dict(quotas or {}))
        self.rates = MappingProxyType(dict(rates or {}))
        self.kernel_events = MappingProxyType(dict(kernel_events or {}))
        self.ports = MappingProxyType(dict(ports or {}))
        self.subscribes = MappingProxyType(dict(subscribes or {}))
        self.resource_policy = resource_policy
        self.policy_must_allow = policy_must_allow
        self.guarded = guarded
        self.owner_of = owner_of
        self.access_denied = access_denied
        self.after = after
        self.work = MappingProxyType(dict(work or {}))

    def operation(self, name: str) -> Operation:
        """The declared operation, or a refusal when the service does not list it."""
        found = self.operations.get(name) or self.sites.get(name)
        return found or self.inner.get(name, NOT_YET)

    def action(self, name: str) -> str:
        """The IAM action that an operation needs, with its prefix."""
        action = self._actions.get(name)
        if action is None:
            action = f"{self.prefix}:{self.operation(name).action or name}"
            self._actions[name] = action
        return action


def mutates(name: str, operation: Operation) -> bool:
    """Whether a call of this operation changes the world (by declaration, else by its verb)."""
    if operation.mutates is not None:
        return operation.mutates
    return not name.startswith(READ_PREFIXES)
