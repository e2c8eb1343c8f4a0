"""An area of EC2: a folder below this one with a declaration of its own; `areas.py` lists them.

Rules of this file: data, and the one thing that stands before every handler. EC2 has more
operations than any other service of AWS, so its folder is divided: `vpcs`, `interfaces`,
`instances` and so on, each with the furniture that a service has elsewhere and a `declaration.py`
that holds `AREA = Area(...)`. A handler in an area is never called for a dry run, in a Region that
is not open, or before the account has its default VPC there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Handler, Input, Operation, Output, Waiting, mutates
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2 import default_networks
from cloudchamber.services.ec2.access import expect_open_region, stop_dry_run
from cloudchamber.services.ec2.generation import changed
from cloudchamber.services.ec2.kinds import Kind

Value = TypeVar("Value")
EventHandler = Callable[..., None]
Nothing: Mapping[str, Any] = MappingProxyType({})


class Area(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder of EC2 adds to the service; `kinds` are the things it has ids and tags for."""

    operations: Mapping[str, Operation]
    tables: tuple[Table[Any], ...] = ()
    kinds: tuple[Kind[Any], ...] = ()
    kernel_events: Mapping[str, EventHandler] = Nothing
    ports: Mapping[str, Callable[..., Any]] = Nothing
    subscribes: Mapping[str, EventHandler] = Nothing
    inner: Mapping[str, Operation] = Nothing  # not AWS's: for the chamber's own faces


def operations(areas: Iterable[Area]) -> dict[str, Operation]:
    """Every area's operations, with what stands before their handlers. Raises ValueError."""
    return _joined(
        {name: _guarded(name, each) for name, each in area.operations.items()} for area in areas
    )


def kernel_events(areas: Iterable[Area]) -> dict[str, EventHandler]:
    """Every area's kernel events; each moves the generation."""
    return _joined(
        {kind: _moving(handler) for kind, handler in area.kernel_events.items()} for area in areas
    )


def tables(areas: Iterable[Area]) -> tuple[Table[Any], ...]:
    """Every area's tables: its own, and those of its kinds."""
    return tuple(
        table for area in areas for table in (*area.tables, *(kind.table for kind in area.kinds))
    )


def ports(areas: Iterable[Area]) -> dict[str, Callable[..., Any]]:
    """Every area's answers to the house's questions."""
    return _joined(area.ports for area in areas)


def subscriptions(areas: Iterable[Area]) -> dict[str, EventHandler]:
    """What the areas listen to; several may listen to one fact and are told in their order."""
    heard: dict[str, list[EventHandler]] = {}
    for area in areas:
        for fact, handler in area.subscribes.items():
            heard.setdefault(fact, []).append(handler)
    return {
        fact: handlers[0] if len(handlers) == 1 else _each(handlers)
        for fact, handlers in heard.items()
    }


def _each(handlers: Iterable[EventHandler]) -> EventHandler:
    every = tuple(handlers)

    def heard(call: Call, *args: Any) -> None:
        for handler in every:
            handler(call, *args)

    return heard


def inner(areas: Iterable[Area]) -> dict[str, Operation]:
    """What the chamber's own faces may ask; nothing stands before these handlers."""
    return _joined(area.inner for area in areas)


def _joined(parts: Iterable[Mapping[str, Value]]) -> dict[str, Value]:
    whole: dict[str, Value] = {}
    for part in parts:
        if twice := whole.keys() & part.keys():
            raise ValueError(f"two areas declare {', '.join(sorted(twice))}")
        whole.update(part)
    return whole


def _guarded(name: str, operation: Operation) -> Operation:
    if operation.handler is None:
        return operation
    guarded = _before(operation.handler, changes=mutates(name, operation))
    return msgspec.structs.replace(operation, handler=guarded)


def _before(handler: Handler, *, changes: bool) -> Handler:
    @wraps(handler)
    def guarded(call: Call, request: Input) -> Output | Waiting:
        expect_open_region(call)
        stop_dry_run(request)
        default_networks.ensure(call)
        output = handler(call, request)
        if changes:
            changed(call.cloud)
        return output

    return guarded


def _moving(handler: EventHandler) -> EventHandler:
    @wraps(handler)
    def moving(call: Call, *args: Any) -> None:
        handler(call, *args)
        changed(call.cloud)

    return moving
