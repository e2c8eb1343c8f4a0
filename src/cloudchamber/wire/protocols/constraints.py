"""What a model demands of an input beyond its types, and AWS's words for what is wrong.

Rules of this file: two readings of one model. `compile_check` gives a closure that only says yes or
no and builds nothing, for the fast path; `describe` walks the same shapes slowly and finds every
failure, in the model's order, in the sentences AWS uses. Values are modelled ones: member names,
bytes for blobs, floats for timestamps, absent members absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.model.loading import ValidationMode
from cloudchamber.wire.model.patterns import BEYOND_ASCII, find_pattern, matches
from cloudchamber.wire.protocols.reach import Reach

Check = Callable[[Any], bool]

NUMBERS: Final = frozenset({"integer", "long", "float", "double"})
SIZED: Final = frozenset({"string", "blob", "list", "map", "character"})
LONGEST_SHOWN: Final = 2048
MOST_SHOWN: Final = 20
DEEPEST: Final = 200


class Checks:
    """The compiled checks of one service, each built when first needed.

    `beyond_decoder` builds only what msgspec's decoders cannot check themselves: that a union holds
    exactly one member, and patterns that name Unicode classes.
    """

    def __init__(
        self, service: ServiceModel, mode: ValidationMode, *, beyond_decoder: bool = False
    ) -> None:
        self._service = service
        self._mode = mode
        self._beyond_decoder = beyond_decoder
        self._reach = Reach(service, self._demands)
        self._built: dict[str, Check | None] = {}
        self._open: set[str] = set()

    def of(self, shape: Shape) -> Check | None:
        """A closure that says whether a value of `shape` obeys the model; None if any does."""
        if not self._reach.within(shape):
            return None
        return self._of(shape) if shape.type == "structure" else self._compile(shape)

    def _of(self, shape: Shape) -> Check | None:
        name = shape.name
        if name in self._built:
            return self._built[name]
        if name in self._open:
            return lambda value: self._late(name, value)
        self._open.add(name)
        try:
            check = self._compile(shape)
        finally:
            self._open.discard(name)
        self._built[name] = check
        return check

    def _late(self, name: str, value: Any) -> bool:
        check = self._built[name]
        return check is None or check(value)

    def _compile(self, shape: Shape) -> Check | None:
        kind = shape.type
        if kind == "structure":
            return None if shape.document or shape.eventstream else self._structure(shape)
        own = self._own(shape)
        if kind == "list":
            return _both(own, _every(self.of(self._service.resolve(shape.element()))))
        if kind == "map":
            key, value = shape.entry()
            keys = _every(self.of(self._service.resolve(key)))
            values = _every_value(self.of(self._service.resolve(value)))
            return _both(own, _both(keys, values))
        return own

    def _own(self, shape: Shape) -> Check | None:
        if self._mode == "types-only":
            return None
        return self._hard_pattern(shape) if self._beyond_decoder else self._bounds(shape)

    def _demands(self, shape: Shape) -> bool:
        if shape.type != "structure":
            return self._own(shape) is not None
        if shape.document or shape.eventstream:
            return False
        return shape.union or (not self._beyond_decoder and bool(shape.required))

    def _structure(self, shape: Shape) -> Check | None:
        steps: list[tuple[str, Check]] = []
        for name, ref in shape.members.items():
            check = self.of(self._service.resolve(ref))
            if check is not None:
                steps.append((name, check))
        required = () if self._beyond_decoder else demanded(self._service, shape, self._mode)
        return _one_of(steps) if shape.union else _members(tuple(steps), required)

    def _hard_pattern(self, shape: Shape) -> Check | None:
        if self._mode != "model" or shape.pattern is None or shape.type != "string":
            return None
        return _pattern(shape.pattern) if BEYOND_ASCII.search(shape.pattern) else None

    def _bounds(self, shape: Shape) -> Check | None:
        low, high, kind = shape.min, shape.max, shape.type
        check: Check | None = None
        if kind in SIZED and (low is not None or high is not None):
            check = _sized(low or 0, float("inf") if high is None else high)
        elif kind in NUMBERS and (low is not None or high is not None):
            check = _ranged(
                float("-inf") if low is None else low, float("inf") if high is None else high
            )
        if kind == "string" and shape.enum:
            check = frozenset(shape.enum).__contains__
        elif kind == "string" and shape.pattern is not None and self._mode == "model":
            check = _both(check, _pattern(shape.pattern))
        return check


def demanded(service: ServiceModel, shape: Shape, mode: ValidationMode) -> tuple[str, ...]:
    """The members a client must send: the required ones, save those the SDK fills by itself."""
    if mode == "types-only":
        return ()
    return tuple(
        name
        for name in shape.required
        if name in shape.members and not service.resolve(shape.members[name]).idempotency_token
    )


def _members(steps: tuple[tuple[str, Check], ...], required: tuple[str, ...]) -> Check | None:
    if not steps and not required:
        return None

    def check(value: Any) -> bool:
        for name in required:
            if name not in value:
                return False
        for name, step in steps:
            found = value.get(name)
            if found is not None and not step(found):
                return False
        return True

    return check


def _one_of(steps: list[tuple[str, Check]]) -> Check:
    table = dict(steps)

    def check(value: Any) -> bool:
        if len(value) != 1:
            return False
        for name, found in value.items():
            step = table.get(name)
            if step is not None and not step(found):
                return False
        return True

    return check


def _both(first: Check | None, second: Check | None) -> Check | None:
    if first is None or second is None:
        return first or second
    one, two = first, second
    return lambda value: one(value) and two(value)


def _every(check: Check | None) -> Check | None:
    if check is None:
        return None
    one = check
    return lambda values: all(map(one, values))


def _every_value(check: Check | None) -> Check | None:
    if check is None:
        return None
    one = check
    return lambda values: all(map(one, values.values()))


def _sized(low: float, high: float) -> Check:
    return lambda value: low <= len(value) <= high


def _ranged(low: float, high: float) -> Check:
    return lambda value: bool(low <= value <= high)


def _pattern(source: str) -> Check | None:
    if BEYOND_ASCII.search(source):
        return lambda value: matches(source, value)
    text = find_pattern(source)
    if text is None:
        return None
    search = re.compile(text).search
    return lambda value: search(value) is not None


class Failure(NamedTuple):
    """One way in which a value breaks its model. `path` is AWS's (`tags.1.member.key`)."""

    path: str
    shape: Shape
    value: Any
    constraint: str

    @property
    def is_missing(self) -> bool:
        """True when the failure is an absent member."""
        return self.value is None

    def shown(self, service: ServiceModel) -> str:
        """The value as messages show it."""
        return shorten(spell(service, self.shape, self.value))

    def sentence(self, service: ServiceModel) -> str:
        """The failure in the sentence of AWS's validation messages."""
        if self.is_missing:
            subject = "Value null"
        elif self.shape.sensitive:
            subject = "Value"
        else:
            subject = f"Value '{self.shown(service)}'"
        at = f" at '{self.path}'" if self.path else ""
        return f"{subject}{at} failed to satisfy constraint: {self.constraint}"


def describe(
    service: ServiceModel, shape: Shape, value: Any, mode: ValidationMode = "model"
) -> list[Failure]:
    """Every failure of `value`, in the model's order."""
    found: list[Failure] = []
    _Describer(service, mode, found).visit(shape, value, "", 0)
    return found


class _Describer:
    def __init__(self, service: ServiceModel, mode: ValidationMode, found: list[Failure]) -> None:
        self._service = service
        self._mode = mode
        self._found = found

    def visit(self, shape: Shape, value: Any, path: str, depth: int) -> None:
        if depth > DEEPEST or len(self._found) >= MOST_SHOWN:
            return
        if value is None:
            self._fail(shape, value, path, "Member must not be null")
            return
        if self._mode != "types-only":
            self._bounds(shape, value, path)
        kind = shape.type
        if kind == "structure" and not (shape.document or shape.eventstream):
            self._structure(shape, value, path, depth)
        elif kind == "list":
            element = self._service.resolve(shape.element())
            for number, item in enumerate(value, 1):
                if item is not None or not shape.sparse:
                    self.visit(element, item, f"{path}.{number}.member", depth + 1)
        elif kind == "map":
            key_ref, value_ref = shape.entry()
            key_shape, value_shape = (
                self._service.resolve(key_ref),
                self._service.resolve(value_ref),
            )
            for key, item in value.items():
                self.visit(key_shape, key, f"{path}.{key}.key", depth + 1)
                if item is not None or not shape.sparse:
                    self.visit(value_shape, item, f"{path}.{key}.member", depth + 1)

    def _structure(self, shape: Shape, value: Any, path: str, depth: int) -> None:
        required = demanded(self._service, shape, self._mode)
        if shape.union and len(value) != 1:
            names = ", ".join(shape.members)
            self._fail(shape, value, path, f"Member must have exactly one of [{names}] set")
        for name, ref in shape.members.items():
            below = f"{path}.{spoken(name)}" if path else spoken(name)
            if name in value:
                self.visit(self._service.resolve(ref), value[name], below, depth + 1)
            elif name in required:
                self.visit(self._service.resolve(ref), None, below, depth + 1)

    def _bounds(self, shape: Shape, value: Any, path: str) -> None:
        kind, low, high = shape.type, shape.min, shape.max
        if kind == "string" and shape.enum:
            if value not in shape.enum:
                names = ", ".join(shape.enum)
                self._fail(shape, value, path, f"Member must satisfy enum value set: [{names}]")
            return
        if kind in SIZED or kind in NUMBERS:
            size, noun = (len(value), "length") if kind in SIZED else (value, "value")
            if high is not None and size > high:
                text = f"Member must have {noun} less than or equal to {high}"
                self._fail(shape, value, path, text)
            if low is not None and size < low:
                text = f"Member must have {noun} greater than or equal to {low}"
                self._fail(shape, value, path, text)
        if self._mode == "model" and kind == "string" and shape.pattern is not None:
            self._pattern(shape, shape.pattern, value, path)

    def _pattern(self, shape: Shape, pattern: str, value: Any, path: str) -> None:
        if not matches(pattern, value):
            text = f"Member must satisfy regular expression pattern: {pattern}"
            self._fail(shape, value, path, text)

    def _fail(self, shape: Shape, value: Any, path: str, constraint: str) -> None:
        self._found.append(Failure(path, shape, value, constraint))


def spoken(name: str) -> str:
    """A member's name as AWS's messages write it: the first letter small."""
    return name[:1].lower() + name[1:]


def shorten(text: str) -> str:
    """`text`, cut where a message would otherwise repeat a whole request."""
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "..."


def spell(service: ServiceModel, shape: Shape, value: Any, depth: int = 0) -> str:
    """A value as AWS's messages show it, in the manner of Java's `toString`."""
    if depth > MOST_SHOWN:
        return "..."
    if shape.type == "list" and isinstance(value, Collection):
        element = service.resolve(shape.element())
        return "[" + ", ".join(spell(service, element, item, depth + 1) for item in value) + "]"
    if shape.type == "map" and isinstance(value, Mapping):
        inner = service.resolve(shape.entry()[1])
        pairs = (f"{key}={spell(service, inner, item, depth + 1)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if shape.type == "structure" and isinstance(value, Mapping) and not shape.document:
        pairs = (
            f"{spoken(name)}={spell(service, service.resolve(ref), value[name], depth + 1)}"
            for name, ref in shape.members.items()
            if name in value
        )
        return f"{shape.name}({', '.join(pairs)})"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    return str(value)


def validation_error(service: ServiceModel, failures: list[Failure], code: str) -> WireError:
    """The error that AWS answers with when a request fails its model's constraints."""
    count = len(failures)
    noun = "validation error" if count == 1 else "validation errors"
    sentences = "; ".join(failure.sentence(service) for failure in failures)
    return WireError(code, f"{count} {noun} detected: {sentences}")
