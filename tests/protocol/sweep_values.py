"""One value for every shape of a botocore model, in two spellings: botocore's and the codec's.

Rules of this file: deterministic, no randomness; the same shape gives the same value. A structure
is filled completely the first time it is met in a walk and with its required members afterwards, so
that every member of every shape is seen once without the walk exploding. Values obey lengths,
ranges and enums, not patterns.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

DEEPEST: Final = 8
MOMENT: Final = 1_700_000_000
TEXT: Final = "a<b> & \"q\" 'é'\tü 你"
PLAIN: Final = "abc-1"
LIST_SIZE: Final = 2


class ValueMaker:
    """Makes values for one service in one protocol. `for_output` spells what a codec is given."""

    def __init__(self, protocol: str, *, for_output: bool) -> None:
        self.protocol = protocol
        self.for_output = for_output
        self._turns: dict[str, int] = {}

    def value(self, shape: Any) -> Any:
        """A whole input or output; timestamps are epoch floats and blobs bytes."""
        seen: set[str] = set()
        members: dict[str, Any] = {}
        for name, member in shape.members.items():
            if member.serialization.get("eventstream"):
                members[name] = self._events(member)
                continue
            made = self._member(shape, name, member, seen)
            if made is not None and self._can_be_said(made):
                members[name] = made
        return members

    def _events(self, stream: Any) -> list[dict[str, Any]]:
        return [
            {name: self._event(member)}
            for name, member in stream.members.items()
            if not member.metadata.get("exception")
        ]

    def _event(self, shape: Any) -> dict[str, Any]:
        event = self._structure(shape, set(), 0) or {}
        for name, member in shape.members.items():
            if member.serialization.get("eventheader") and member.type_name == "string":
                event[name] = PLAIN
        return event

    def _member(self, shape: Any, name: str, member: Any, seen: set[str]) -> Any:
        location = member.serialization.get("location")
        if location is not None:
            return self._located(member, location)
        if shape.serialization.get("payload") == name and member.type_name in ("blob", "string"):
            # botocore reads a raw payload as text.
            return PLAIN.encode() if member.type_name == "blob" else PLAIN
        if shape.serialization.get("payload"):
            return self.any(member, seen, 0) if shape.serialization["payload"] == name else None
        return self.any(member, seen, 0)

    def _located(self, shape: Any, location: str) -> Any:
        kind = shape.type_name
        if location == "statusCode":
            return 202
        if kind == "string":
            if shape.serialization.get("jsonvalue"):
                return {"a": [1, "x", None]}
            if shape.enum:
                return shape.enum[0]
            text = "a/b c+d%é" if location in ("uri", "querystring") else "a b;c"
            return fitted(shape, PLAIN if shape.serialization.get("hostLabel") else text)
        if kind == "timestamp":
            return float(MOMENT)
        if kind == "list":
            made = self._located(shape.member, location)
            pair = [made, 'x,"y'] if location == "header" and made == "a b;c" else [made, made]
            return pair[: bounded(shape, LIST_SIZE)]
        if kind == "map":
            inner = shape.value
            made = self._located(inner, location)
            return {"plainkey": made, "other": made}
        return self._scalar(shape)

    def any(self, shape: Any, seen: set[str], depth: int) -> Any:
        """A value of any shape inside a body."""
        kind = shape.type_name
        if depth > DEEPEST + DEEPEST:  # unions of structures alone go round and round
            return [] if kind == "list" else None
        if kind == "structure":
            if shape.is_document_type:
                return {"a": [1, "x", True, 1.5], "b": {"c": "d"}}
            return self._structure(shape, seen, depth)
        if kind == "list":
            items = (
                self.any(shape.member, seen, depth + 1) for _ in range(bounded(shape, LIST_SIZE))
            )
            return [item for item in items if self._can_be_said(item)]
        if kind == "map":
            return self._map(shape, seen, depth)
        return self._scalar(shape)

    def _structure(self, shape: Any, seen: set[str], depth: int) -> dict[str, Any] | None:
        is_new = is_flat(shape) or (shape.name not in seen and depth < DEEPEST)
        seen.add(shape.name)
        members = list(shape.members.items())
        if shape.is_tagged_union and members:
            turn = self._turns.get(shape.name, 0) if is_new else self._shallow(members)
            self._turns[shape.name] = self._turns.get(shape.name, 0) + 1
            name, member = members[turn % len(members)]
            value = self.any(member, seen, depth + 1)
            return None if value is None else {name: value}
        made: dict[str, Any] = {}
        for name, member in members:
            if is_new or name in shape.required_members:
                value = self.any(member, seen, depth + 1)
                if self._can_be_said(value):
                    made[name] = value
        return made

    def _shallow(self, members: list[tuple[str, Any]]) -> int:
        """The member by which a union that is met again ends soonest."""
        heights = [height(member, ()) for _, member in members]
        return heights.index(min(heights))

    def _can_be_said(self, value: Any) -> bool:
        """Forms cannot say that a structure or map is there but empty, nor ec2's a list."""
        if value is None:
            return False
        if self.for_output or self.protocol not in ("query", "ec2"):
            return True
        return value != {} and not (self.protocol == "ec2" and value == [])

    def _map(self, shape: Any, seen: set[str], depth: int) -> dict[str, Any]:
        size = bounded(shape, LIST_SIZE)
        keys = shape.key.metadata.get("enum") or [
            fitted(shape.key, f"key {n}") for n in range(size)
        ]
        made: dict[str, Any] = {}
        for key in keys[:size]:
            value = self.any(shape.value, seen, depth + 1)
            if self._can_be_said(value):
                made[key] = value
        return made

    def _scalar(self, shape: Any) -> Any:
        kind = shape.type_name
        if kind in ("string", "character"):
            if shape.metadata.get("enum"):
                turn = self._turns.get(shape.name, 0)
                self._turns[shape.name] = turn + 1
                return shape.enum[turn % len(shape.enum)]
            return fitted(shape, TEXT)
        if kind in ("integer", "long"):
            return math.ceil(in_range(shape, 7))
        if kind in ("float", "double"):
            return float(in_range(shape, 1.5))
        if kind == "boolean":
            return True
        if kind == "blob":
            return fitted_bytes(shape, b"\x00\xffblob<&>")
        assert kind == "timestamp", kind
        spelling = shape.serialization.get("timestampFormat", "")
        return float(MOMENT) if spelling == "rfc822" else MOMENT + 0.25


def is_flat(shape: Any) -> bool:
    """True for a structure of scalars alone: filling it whenever it is met costs little."""
    return all(
        member.type_name not in ("structure", "list", "map") for member in shape.members.values()
    )


def height(shape: Any, above: tuple[str, ...]) -> float:
    """How deep the smallest value of a shape is; infinite for one that only contains itself."""
    kind = shape.type_name
    if kind == "list":
        return height(shape.member, above) if shape.metadata.get("min") else 0
    if kind == "map":
        return height(shape.value, above) if shape.metadata.get("min") else 0
    if kind != "structure" or shape.is_document_type:
        return 0
    if shape.name in above:
        return math.inf
    below = (*above, shape.name)
    if shape.is_tagged_union:
        return 1 + min(height(member, below) for member in shape.members.values())
    required = (shape.members[name] for name in shape.required_members)
    return 1 + max((height(member, below) for member in required), default=0)


def fitted(shape: Any, text: str) -> str:
    """`text`, repeated and cut to the lengths that the shape allows."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**9)
    text = text * (int(low) // len(text) + 1) if low > len(text) else text
    return text[: int(high)] if len(text) > high else text


def fitted_bytes(shape: Any, blob: bytes) -> bytes:
    """`blob`, repeated and cut to the lengths that the shape allows."""
    low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10**9)
    blob = blob * (int(low) // len(blob) + 1) if low > len(blob) else blob
    return blob[: int(high)] if len(blob) > high else blob


def bounded(shape: Any, size: int) -> int:
    """A number of elements that the shape allows, near `size`."""
    return int(min(max(shape.metadata.get("min", 0), size), shape.metadata.get("max", 10**9)))


def in_range(shape: Any, number: float) -> float:
    """A number that the shape allows, near `number`."""
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if low is not None and number < low:
        return float(low)
    return float(high) if high is not None and number > high else number


def for_botocore(shape: Any, value: Any) -> Any:
    """A codec's value as botocore's serialiser wants it: datetimes for timestamps."""
    return _converted(shape, value, lambda moment: datetime.fromtimestamp(moment, UTC))


def from_botocore(shape: Any, value: Any) -> Any:
    """What botocore's parser returned, as a codec's value."""
    return _converted(shape, value, lambda moment: moment.timestamp())


def _converted(shape: Any, value: Any, moment: Callable[[Any], Any]) -> Any:
    kind = shape.type_name
    if kind == "timestamp":
        return moment(value)
    if kind == "structure" and isinstance(value, list):  # the events of a stream
        return [_converted(shape, event, moment) for event in value]
    if kind == "structure" and not shape.is_document_type:
        return {
            name: _converted(shape.members[name], found, moment)
            for name, found in value.items()
            if name in shape.members
        }
    if kind == "list":
        return [_converted(shape.member, item, moment) for item in value]
    if kind == "map":
        return {key: _converted(shape.value, item, moment) for key, item in value.items()}
    return value
