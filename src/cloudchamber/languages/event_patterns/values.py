"""The tests that a pattern makes of one value: exact, prefix, numeric, wildcard and the others.

Rules of this file: pure; a value is a JSON scalar, `MISSING` where the event has none.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
"""

from __future__ import annotations

import ipaddress
from typing import Any, Final

import msgspec


class Missing:
    """The value of a field that an event does not have."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


class ValueTest(msgspec.Struct, frozen=True):
    """One test of one value."""

    def holds(self, value: Any) -> bool:
        """Whether a value passes."""
        raise NotImplementedError

    @property
    def takes_missing(self) -> bool:
        """Whether a field that is not there may pass."""
        return False


class Exact(ValueTest, frozen=True):
    """The same JSON value: numbers by value, so that 300, 300.0 and 3.0e2 are one."""

    wanted: Any

    def holds(self, value: Any) -> bool:
        return same(value, self.wanted)


class Text(ValueTest, frozen=True):
    """A string that begins or ends with another, or is another, in whatever case if folded."""

    kind: str  # prefix, suffix, whole
    text: str
    folded: bool = False

    def holds(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        seen, wanted = (value.lower(), self.text.lower()) if self.folded else (value, self.text)
        if self.kind == "prefix":
            return seen.startswith(wanted)
        return seen.endswith(wanted) if self.kind == "suffix" else seen == wanted


class Wildcard(ValueTest, frozen=True):
    """A string with `*` for any characters; the parts between stars, in order."""

    parts: tuple[str, ...]

    def holds(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        first, *rest = self.parts
        if not rest:
            return value == first
        last = rest.pop()
        if len(value) < len(first) + len(last):
            return False
        if not value.startswith(first) or not value.endswith(last):
            return False
        at, end = len(first), len(value) - len(last)
        for part in rest:
            found = value.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True


class Numeric(ValueTest, frozen=True):
    """A number within bounds: pairs of a comparison and a number."""

    bounds: tuple[tuple[str, float], ...]

    def holds(self, value: Any) -> bool:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return all(_compared(value, sign, bound) for sign, bound in self.bounds)


def _compared(value: float, sign: str, bound: float) -> bool:
    if sign == "<":
        return value < bound
    if sign == "<=":
        return value <= bound
    if sign == ">":
        return value > bound
    return value >= bound if sign == ">=" else value == bound


class Network(ValueTest, frozen=True):
    """An IP address within a block."""

    block: str

    def holds(self, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return False
        return address in ipaddress.ip_network(self.block, strict=False)


class Exists(ValueTest, frozen=True):
    """Whether a field is there, with whatever value."""

    wanted: bool

    def holds(self, value: Any) -> bool:
        return (value is not MISSING) == self.wanted

    @property
    def takes_missing(self) -> bool:
        return not self.wanted


class AnythingBut(ValueTest, frozen=True):
    """A field that is there and passes none of these."""

    tests: tuple[ValueTest, ...]

    def holds(self, value: Any) -> bool:
        return value is not MISSING and not any(test.holds(value) for test in self.tests)


def same(value: Any, wanted: Any) -> bool:
    """Whether two JSON scalars are one: a boolean is no number, null is only null."""
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    if isinstance(value, int | float) and isinstance(wanted, int | float):
        return value == wanted
    return type(value) is type(wanted) and bool(value == wanted)
