"""JSON bodies out: orjson, after as little as the shape demands.

Rules of this file: a modelled output is already almost JSON. Bytes become base64 through orjson's
`default` hook; epoch timestamps are numbers. Only what JSON cannot say as it stands is walked:
members with another name on the wire, timestamps as text, and floats, which may be NaN or infinite.
The handler's output is never changed; what must differ is copied.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import orjson

from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.protocols import timestamps
from cloudchamber.wire.protocols.reach import Reach

Prepare = Callable[[Any], Any]
Writer = Callable[[Mapping[str, Any]], bytes]

FLOATS: Final = frozenset({"float", "double"})


def to_json(value: Any) -> bytes:
    """`value` as JSON; bytes in it become base64 text."""
    return orjson.dumps(value, _base64)


def _base64(value: Any) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(type(value).__name__)


class JsonOutputs:
    """Compiles writers of JSON bodies for one service."""

    def __init__(self, service: ServiceModel, uses_wire_names: bool) -> None:
        self._service = service
        self._uses_wire_names = uses_wire_names
        self._reach = Reach(service, self._needs_work)
        self._built: dict[str, Prepare] = {}

    def writer(self, shape: Shape) -> Writer:
        """A function from modelled output to body."""
        prepare = self.prepare(shape)
        if prepare is None:
            return partial(orjson.dumps, default=_base64)
        ready = prepare
        return lambda output: orjson.dumps(ready(output), _base64)

    def chosen_writer(self, members: Mapping[str, Shape]) -> Writer:
        """A function from modelled output to a body of only these members."""
        steps = tuple(
            (member, self.wire_name(member, shape), self.prepare(shape))
            for member, shape in members.items()
        )

        def write(output: Mapping[str, Any]) -> bytes:
            body: dict[str, Any] = {}
            for member, wire_name, prepare in steps:
                found = output.get(member)
                if found is not None:
                    body[wire_name] = found if prepare is None else prepare(found)
            return orjson.dumps(body, _base64)

        return write

    def wire_name(self, member: str, shape: Shape) -> str:
        """The key that `member` has in the body."""
        return (shape.location_name or member) if self._uses_wire_names else member

    def prepare(self, shape: Shape) -> Prepare | None:
        """What makes a value of `shape` fit for orjson; None when it already is."""
        if not self._reach.within(shape):
            return None
        kind = shape.type
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            inner = self.prepare(self._service.resolve(shape.element()))
            return None if inner is None else _each(inner)
        if kind == "map":
            inner = self.prepare(self._service.resolve(shape.entry()[1]))
            return None if inner is None else _each_value(inner)
        return timestamp_writer(shape) if kind == "timestamp" else plain_float

    def _needs_work(self, shape: Shape) -> bool:
        if shape.type in FLOATS:
            return True
        if shape.type == "timestamp":
            return timestamp_writer(shape) is not None
        if shape.type != "structure" or shape.document or not self._uses_wire_names:
            return False
        return any(ref.location_name not in (None, name) for name, ref in shape.members.items())

    def _structure(self, shape: Shape) -> Prepare:
        name = shape.name
        if name in self._built:
            return self._built[name]
        # Entered before it is made, so that a recursive shape finds itself.
        self._built[name] = lambda value: self._late(name, value)
        steps: list[tuple[str, str, Prepare | None]] = []
        for member, ref in shape.members.items():
            target = self._service.resolve(ref)
            wire_name = self.wire_name(member, target)
            prepare = None if target.eventstream else self.prepare(target)
            if prepare is not None or wire_name != member:
                steps.append((member, wire_name, prepare))
        self._built[name] = _in_structure(tuple(steps))
        return self._built[name]

    def _late(self, name: str, value: Any) -> Any:
        return self._built[name](value)


def timestamp_writer(shape: Shape) -> Callable[[float], str] | None:
    """How a timestamp of a JSON body becomes text; None when it stays a number."""
    spelling = (shape.timestamp_format or "unixTimestamp").lower()
    return None if spelling == "unixtimestamp" else timestamps.writer(spelling)


def plain_float(value: float) -> float | str:
    """A float for JSON: NaN and the infinities are words."""
    return value if math.isfinite(value) else special_float(value)


def special_float(value: float) -> str:
    """`NaN`, `Infinity` or `-Infinity`."""
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _each(inner: Prepare) -> Prepare:
    return lambda values: [None if value is None else inner(value) for value in values]


def _each_value(inner: Prepare) -> Prepare:
    return lambda values: {
        key: None if value is None else inner(value) for key, value in values.items()
    }


def _in_structure(steps: tuple[tuple[str, str, Prepare | None], ...]) -> Prepare:
    def prepare(value: Mapping[str, Any]) -> Mapping[str, Any]:
        changed = dict(value)
        for member, wire_name, step in steps:
            found = value.get(member)
            if found is not None:
                if wire_name != member:
                    changed.pop(member, None)
                changed[wire_name] = found if step is None else step(found)
        return changed

    return prepare
