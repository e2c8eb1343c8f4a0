"""JSON bodies in: msgspec decoders built from the model, and the slow walker behind them.

Rules of this file: the fast decoder accepts a subset of what AWS accepts, exactly and with its
constraints; whatever it refuses goes to the walker, which either reads it after all (nulls, "NaN")
or says what is wrong in AWS's words. So the happy path never pays for good messages.

The types are TypedDicts: decoding gives plain dicts with wire names as keys. A compiled `after`
step, absent for most operations, renames members and reads timestamps that are text.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict, cast

import msgspec

from cloudchamber.wire.model import ServiceModel, Shape, Validation
from cloudchamber.wire.model.loading import ValidationMode
from cloudchamber.wire.model.patterns import BEYOND_ASCII, find_pattern
from cloudchamber.wire.protocols import constraints, timestamps
from cloudchamber.wire.protocols.reach import Reach, parts
from cloudchamber.wire.protocols.slow_walk import (
    Walker,
    int_range,
    parse_json,
    read_scalar,
    serialization_error,
    spelling,
)

Reader = Callable[[bytes], dict[str, Any]]
After = Callable[[Any], Any]

# orjson writes at most 254 levels; what is let in must be able to go out again, with room to spare.
MOST_NESTED: Final = 200
FEW_LEVELS: Final = 40
_NOT_BRACKETS: Final = bytes(each for each in range(256) if each not in b"{}[]")
_STRING_OR_BRACKET: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]')

# Types made at run time: mypy would read the subscripts as its own.
_list_of: Final[Callable[[Any], Any]] = list.__class_getitem__


def _dict_of(key: Any, value: Any) -> Any:
    return dict.__class_getitem__((key, value))


class JsonTypes:
    """msgspec types for the shapes of one service, each built once.

    `uses_wire_names` tells whether members are spelled by their `locationName` (rest-json).
    """

    def __init__(self, service: ServiceModel, mode: ValidationMode, uses_wire_names: bool) -> None:
        self.service = service
        self.mode = mode
        self.uses_wire_names = uses_wire_names
        self._structures: dict[str, Any] = {}

    def of(self, shape: Shape) -> Any:
        """The type that decodes `shape`."""
        kind = shape.type
        if kind == "structure":
            return Any if shape.document else self.structure(shape)
        if kind == "list":
            inner = self.of(self.service.resolve(shape.element()))
            return self._sized(_list_of(inner), shape)
        if kind == "map":
            key, value = (self.of(self.service.resolve(ref)) for ref in shape.entry())
            return self._sized(_dict_of(key, value), shape)
        return self._scalar(shape)

    def structure(self, shape: Shape, *, known_as: str | None = None) -> Any:
        """The TypedDict of a structure; `known_as` when only some of its members are in it."""
        name = known_as or shape.name
        built = self._structures.get(name)
        if built is not None:
            return built
        # Made empty and filled afterwards, so that a recursive shape finds itself.
        built = cast(Any, TypedDict)(name, {})
        self._structures[name] = built
        demanded = frozenset(constraints.demanded(self.service, shape, self.mode))
        hints: dict[str, Any] = {}
        required: set[str] = set()
        for member, ref in shape.members.items():
            target = self.service.resolve(ref)
            if target.eventstream:
                continue
            wire_name = self.wire_name(member, target)
            is_required = member in demanded
            hints[wire_name] = self.of(target) if is_required else NotRequired[self.of(target)]
            if is_required:
                required.add(wire_name)
        built.__annotations__ = hints
        built.__required_keys__ = frozenset(required)
        built.__optional_keys__ = frozenset(hints) - required
        return built

    def wire_name(self, member: str, target: Shape) -> str:
        """The key that `member` has in the body."""
        return (target.location_name or member) if self.uses_wire_names else member

    def _sized(self, kind: Any, shape: Shape) -> Any:
        if self.mode == "types-only" or (shape.min is None and shape.max is None):
            return kind
        low = None if shape.min is None else int(shape.min)
        high = None if shape.max is None else int(shape.max)
        return Annotated[kind, msgspec.Meta(min_length=low, max_length=high)]

    def _scalar(self, shape: Shape) -> Any:
        kind = shape.type
        if kind in ("string", "character"):
            return self._string(shape)
        if kind in ("integer", "long"):
            return self._integer(shape)
        if kind in ("float", "double"):
            return self._float(shape)
        if kind == "boolean":
            return bool
        if kind == "blob":
            return self._sized(bytes, shape)
        assert kind == "timestamp", kind
        if spelling(shape) != "unixtimestamp":
            return str
        bounds = msgspec.Meta(ge=timestamps.EARLIEST, le=timestamps.LATEST)
        return Annotated[float, bounds]

    def _string(self, shape: Shape) -> Any:
        if self.mode == "types-only":
            return str
        if shape.enum:
            return Literal[shape.enum]
        pattern = None
        if self.mode == "model" and shape.pattern and not BEYOND_ASCII.search(shape.pattern):
            pattern = find_pattern(shape.pattern)
        low = None if shape.min is None else int(shape.min)
        high = None if shape.max is None else int(shape.max)
        if low is None and high is None and pattern is None:
            return str
        return Annotated[str, msgspec.Meta(min_length=low, max_length=high, pattern=pattern)]

    def _integer(self, shape: Shape) -> Any:
        low, high = int_range(shape)
        if self.mode != "types-only":
            low = low if shape.min is None else max(low, math.ceil(shape.min))
            high = high if shape.max is None else min(high, math.floor(shape.max))
        return Annotated[int, msgspec.Meta(ge=low, le=high)]

    def _float(self, shape: Shape) -> Any:
        if self.mode == "types-only" or (shape.min is None and shape.max is None):
            return float
        return Annotated[float, msgspec.Meta(ge=shape.min, le=shape.max)]


class JsonBodies:
    """Compiles readers of JSON bodies for one service under one validation mode."""

    def __init__(
        self, service: ServiceModel, validation: Validation, uses_wire_names: bool
    ) -> None:
        self.service = service
        self.validation = validation
        self.types = JsonTypes(service, validation.mode, uses_wire_names)
        self._checks = constraints.Checks(service, validation.mode, beyond_decoder=True)
        self._reach = Reach(service, self._is_unfinished)
        self._after: dict[str, After | None] = {}
        self._open: set[str] = set()

    def reader(self, shape: Shape, *, known_as: str | None = None) -> Reader:
        """A function from body to modelled input. It raises nothing but `WireError`."""
        is_bottomless = bottomless(self.service, shape)
        decode = msgspec.json.Decoder(self.types.structure(shape, known_as=known_as)).decode
        after = self.after(shape, known_as=known_as)
        check = self._checks.of(shape) if known_as is None else _fresh_check(self, shape)

        def slow(body: bytes) -> dict[str, Any]:
            return self.walk(shape, body)

        def read(body: bytes) -> dict[str, Any]:
            if is_bottomless and is_too_deep(body):
                raise serialization_error("The request is nested too deeply")
            try:
                value: dict[str, Any] = decode(body)
                if after is not None:
                    value = after(value)
            except (msgspec.MsgspecError, ValueError, RecursionError):
                return slow(body or b"{}")
            if check is not None and not check(value):
                return slow(body)
            return value

        return read

    def after(self, shape: Shape, *, known_as: str | None = None) -> After | None:
        """What is left to do to a decoded value of `shape`; None when it is complete."""
        if not self._reach.within(shape):
            return None
        kind = shape.type
        if kind == "structure":
            return None if shape.document else self._after_structure(shape, known_as)
        if kind == "list":
            inner = self.after(self.service.resolve(shape.element()))
            return _each(inner)
        if kind == "map":
            inner = self.after(self.service.resolve(shape.entry()[1]))
            return _each_value(inner)
        if kind == "timestamp" and spelling(shape) != "unixtimestamp":
            return timestamps.parse
        return None

    def _is_unfinished(self, shape: Shape) -> bool:
        if shape.type == "timestamp":
            return spelling(shape) != "unixtimestamp"
        if shape.type != "structure" or shape.document or not self.types.uses_wire_names:
            return False
        return any(ref.location_name not in (None, name) for name, ref in shape.members.items())

    def _after_structure(self, shape: Shape, known_as: str | None) -> After | None:
        name = known_as or shape.name
        if name in self._after:
            return self._after[name]
        if name in self._open:
            # Recursive: whether anything is to be done is known only when it is complete.
            return lambda value: self._late(name, value)
        self._open.add(name)
        steps: list[tuple[str, After]] = []
        renamed: dict[str, str] = {}
        for member, ref in shape.members.items():
            target = self.service.resolve(ref)
            wire_name = self.types.wire_name(member, target)
            if wire_name != member:
                renamed[wire_name] = member
            step = None if target.eventstream else self.after(target)
            if step is not None:
                steps.append((wire_name, step))
        self._open.discard(name)
        self._after[name] = _in_structure(tuple(steps), renamed)
        return self._after[name]

    def _late(self, name: str, value: Any) -> Any:
        after = self._after[name]
        return value if after is None else after(value)

    def walk(self, shape: Shape, body: bytes) -> dict[str, Any]:
        """The slow way: reads what the fast decoder refused, or raises what AWS would say."""
        raw = parse_json(body)
        try:
            value = Walker(self.service, self.types.wire_name, read_scalar).input(shape, raw)
            failures = constraints.describe(self.service, shape, value, self.validation.mode)
        except RecursionError:
            raise serialization_error("The request is nested too deeply") from None
        if failures:
            code = self.validation.code or "ValidationException"
            raise constraints.validation_error(self.service, failures, code)
        return value


def bottomless(service: ServiceModel, shape: Shape) -> bool:
    """True when a value of `shape` may be nested without end: documents and recursive shapes."""
    pending: list[tuple[Shape, frozenset[str]]] = [(shape, frozenset())]
    done: set[str] = set()
    while pending:
        current, above = pending.pop()
        if current.type == "structure":
            if current.document or current.name in above:
                return True
            if current.name in done:
                continue
            done.add(current.name)
            above = above | {current.name}
        pending += [(service.resolve(ref), above) for ref in parts(current)]
    return False


def is_too_deep(body: bytes) -> bool:
    """Whether the brackets of a JSON text are nested more than `MOST_NESTED` deep.

    Innermost pairs are taken away a level at a time, each level in one pass of C. Brackets within
    strings may leave some over; then they are counted one by one.
    """
    if body.count(b"{") + body.count(b"[") <= MOST_NESTED:
        return False
    brackets = body.translate(None, _NOT_BRACKETS)
    for _ in range(FEW_LEVELS):
        less = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if not less:
            return False
        if len(less) == len(brackets):
            break
        brackets = less
    level = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        first = body[found.start()]
        if first in b"{[":
            level += 1
            if level > MOST_NESTED:
                return True
        elif first in b"}]":
            level -= 1
    return False


def _fresh_check(bodies: JsonBodies, shape: Shape) -> constraints.Check | None:
    # A shape with only some of its members must not be kept under its name.
    mode = bodies.validation.mode
    return constraints.Checks(bodies.service, mode, beyond_decoder=True).of(shape)


def _each(inner: After | None) -> After | None:
    if inner is None:
        return None
    one = inner
    return lambda values: [one(value) for value in values]


def _each_value(inner: After | None) -> After | None:
    if inner is None:
        return None
    one = inner
    return lambda values: {key: one(value) for key, value in values.items()}


def _in_structure(steps: tuple[tuple[str, After], ...], renamed: dict[str, str]) -> After | None:
    if not steps and not renamed:
        return None
    name_of = renamed.get

    def after(value: dict[str, Any]) -> dict[str, Any]:
        for key, step in steps:
            found = value.get(key)
            if found is not None:
                value[key] = step(found)
        if renamed:
            return {name_of(key, key): found for key, found in value.items()}
        return value

    return after


def members_of(shape: Shape, keep: Mapping[str, Any]) -> Shape:
    """`shape` with only the members in `keep`, for bodies that share it with headers."""
    return msgspec.structs.replace(
        shape,
        members={name: ref for name, ref in shape.members.items() if name in keep},
        required=tuple(name for name in shape.required if name in keep),
    )


@lru_cache(maxsize=1)
def empty_reader() -> Reader:
    """The reader of an operation that takes no input: the body is ignored, as AWS does."""
    return lambda body: {}
