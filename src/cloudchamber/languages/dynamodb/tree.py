"""What an expression is, once read: operands, conditions, updates.

Rules of this file: nodes are plain structs that know how to answer for one item. `values` are the
placeholders' values, sound and canonical. A condition's `check` says, before any item is looked
at, whether the values are of kinds that the operators take.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Protocol

import msgspec

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.paths import Path, find_value, written
from cloudchamber.languages.dynamodb.values import (
    KINDS,
    ORDERED,
    SETS,
    Item,
    Value,
    kind_of,
    order,
    shown,
)

Values = Mapping[str, Value]
KINDS_LISTED: Final = "B,NULL,SS,BOOL,L,BS,N,NS,S,M"


class Operand(Protocol):
    """What has a value in an item."""

    def find(self, item: Item, values: Values) -> Value | None:
        """Its value; None when there is none."""

    def check(self, values: Values) -> None:
        """Raises DynamoError when its values are of the wrong kinds."""


class Condition(Protocol):
    """What holds for an item or does not."""

    def holds(self, item: Item, values: Values) -> bool:
        """Whether it holds."""

    def check(self, values: Values) -> None:
        """Raises DynamoError when its values are of the wrong kinds."""


class Reach(msgspec.Struct, frozen=True):
    """A document path."""

    path: Path

    def find(self, item: Item, values: Values) -> Value | None:
        """The value at the path."""
        path = self.path
        if len(path) == 1:
            return item.get(path[0])  # type: ignore[arg-type]
        return find_value(item, path)

    def check(self, values: Values) -> None:
        """A path has no kind."""


class Given(msgspec.Struct, frozen=True):
    """A value placeholder, `:v`."""

    name: str

    def find(self, item: Item, values: Values) -> Value | None:
        """The placeholder's value."""
        return values[self.name]

    def check(self, values: Values) -> None:
        """Any kind will do."""


class Size(msgspec.Struct, frozen=True):
    """`size(path)`: characters of a text, bytes of a binary, elements of anything else."""

    of: Operand

    def find(self, item: Item, values: Values) -> Value | None:
        """The size as a number; None for what has none."""
        value = self.of.find(item, values)
        if value is None:
            return None
        kind, content = next(iter(value.items()))
        return None if kind in ("N", "BOOL", "NULL") else {"N": str(len(content))}

    def check(self, values: Values) -> None:
        """Numbers, booleans and null have no size."""
        kind = given_kind(self.of, values)
        if kind in ("N", "BOOL", "NULL"):
            raise wrong_kind("size", kind)


def given_kind(operand: Operand, values: Values) -> str:
    """The kind of an operand that is known before an item is, or ""."""
    if isinstance(operand, Given):
        return kind_of(values[operand.name])
    return "N" if isinstance(operand, Size) else ""


def wrong_kind(operator: str, kind: str) -> DynamoError:
    """A value of a kind that the operator does not take."""
    return DynamoError(
        "Incorrect operand type for operator or function; operator or function: "
        f"{operator}, operand type: {kind}"
    )


class Both(msgspec.Struct, frozen=True):
    """`a AND b AND c`."""

    parts: tuple[Condition, ...]

    def holds(self, item: Item, values: Values) -> bool:
        """All parts hold."""
        return all(part.holds(item, values) for part in self.parts)

    def check(self, values: Values) -> None:
        """Each part."""
        for part in self.parts:
            part.check(values)


class Either(msgspec.Struct, frozen=True):
    """`a OR b OR c`."""

    parts: tuple[Condition, ...]

    def holds(self, item: Item, values: Values) -> bool:
        """One of the parts holds."""
        return any(part.holds(item, values) for part in self.parts)

    def check(self, values: Values) -> None:
        """Each part."""
        for part in self.parts:
            part.check(values)


class Not(msgspec.Struct, frozen=True):
    """`NOT a`."""

    part: Condition

    def holds(self, item: Item, values: Values) -> bool:
        """The part does not hold."""
        return not self.part.holds(item, values)

    def check(self, values: Values) -> None:
        """The part."""
        self.part.check(values)


class Compare(msgspec.Struct, frozen=True):
    """`a < b` and the like; what is not there is unequal to everything, and has no order."""

    operator: str
    one: Operand
    other: Operand

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the comparison is true."""
        one = self.one.find(item, values)
        other = self.other.find(item, values)
        operator = self.operator
        if operator == "=":
            return one is not None and one == other
        if operator == "<>":
            return one is None or one != other
        if one is None or other is None:
            return False
        found = order(one, other)
        if found is None:
            return False
        if operator == "<":
            return found < 0
        if operator == ">":
            return found > 0
        return found <= 0 if operator == "<=" else found >= 0

    def check(self, values: Values) -> None:
        """Only texts, numbers and binaries have an order; the operands differ."""
        self.one.check(values)
        self.other.check(values)
        if self.one == self.other and isinstance(self.one, Reach):
            raise DynamoError(
                "The first operand must be distinct from the remaining operands for this operator "
                f"or function; operator: {self.operator}, first operand: {written(self.one.path)}"
            )
        if self.operator not in ("=", "<>"):
            for operand in (self.one, self.other):
                kind = given_kind(operand, values)
                if kind and kind not in ORDERED:
                    raise wrong_kind(self.operator, kind)


class Between(msgspec.Struct, frozen=True):
    """`a BETWEEN low AND high`, both ends included."""

    operand: Operand
    low: Operand
    high: Operand

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the operand is in between."""
        value = self.operand.find(item, values)
        low = self.low.find(item, values)
        high = self.high.find(item, values)
        if value is None or low is None or high is None:
            return False
        above, below = order(value, low), order(value, high)
        return above is not None and below is not None and above >= 0 and below <= 0

    def check(self, values: Values) -> None:
        """Bounds of one kind, the upper not below the lower."""
        for operand in (self.operand, self.low, self.high):
            operand.check(values)
            kind = given_kind(operand, values)
            if kind and kind not in ORDERED:
                raise wrong_kind("BETWEEN", kind)
        if isinstance(self.low, Given) and isinstance(self.high, Given):
            low, high = values[self.low.name], values[self.high.name]
            bounds = (
                f"lower bound operand: AttributeValue: {shown(low)}, "
                f"upper bound operand: AttributeValue: {shown(high)}"
            )
            found = order(low, high)
            if found is None:
                raise DynamoError(
                    "The BETWEEN operator requires same data type for lower and upper bounds; "
                    + bounds
                )
            if found > 0:
                raise DynamoError(
                    "The BETWEEN operator requires upper bound to be greater than or equal to "
                    f"lower bound; {bounds}"
                )


class Among(msgspec.Struct, frozen=True):
    """`a IN (b, c)`."""

    operand: Operand
    choices: tuple[Operand, ...]

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the operand equals one of the choices."""
        value = self.operand.find(item, values)
        if value is None:
            return False
        return any(value == each.find(item, values) for each in self.choices)

    def check(self, values: Values) -> None:
        """Each operand."""
        self.operand.check(values)
        for each in self.choices:
            each.check(values)


class Exists(msgspec.Struct, frozen=True):
    """`attribute_exists(path)`, or `attribute_not_exists(path)` when not `wanted`."""

    operand: Reach
    wanted: bool

    def holds(self, item: Item, values: Values) -> bool:
        """Whether something is (not) there."""
        return (self.operand.find(item, values) is not None) is self.wanted

    def check(self, values: Values) -> None:
        """A path has no kind."""


class HasKind(msgspec.Struct, frozen=True):
    """`attribute_type(path, :kind)`."""

    operand: Reach
    kind: Operand

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the value at the path is of the kind."""
        value = self.operand.find(item, values)
        kind = self.kind.find(item, values)
        return value is not None and kind is not None and kind_of(value) == kind.get("S")

    def check(self, values: Values) -> None:
        """The kind is a text, and one of the ten."""
        if isinstance(self.kind, Given):
            given = values[self.kind.name]
            if "S" not in given:
                raise wrong_kind("attribute_type", kind_of(given))
            if given["S"] not in KINDS:
                raise DynamoError(
                    f"Invalid attribute type name found; type: {given['S']}, valid types: "
                    f"{{{KINDS_LISTED}}}"
                )


class BeginsWith(msgspec.Struct, frozen=True):
    """`begins_with(path, prefix)`, of texts and of binaries."""

    operand: Operand
    prefix: Operand

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the value begins so."""
        value = self.operand.find(item, values)
        prefix = self.prefix.find(item, values)
        if value is None or prefix is None:
            return False
        for kind in ("S", "B"):
            if kind in value and kind in prefix:
                return bool(value[kind].startswith(prefix[kind]))
        return False

    def check(self, values: Values) -> None:
        """Texts and binaries only."""
        for operand in (self.operand, self.prefix):
            kind = given_kind(operand, values)
            if kind and kind not in ("S", "B"):
                raise wrong_kind("begins_with", kind)


class Contains(msgspec.Struct, frozen=True):
    """`contains(path, operand)`: a part of a text, an element of a set or list."""

    operand: Operand
    part: Operand

    def holds(self, item: Item, values: Values) -> bool:
        """Whether the part is in the value."""
        value = self.operand.find(item, values)
        part = self.part.find(item, values)
        if value is None or part is None:
            return False
        kind, content = next(iter(value.items()))
        if kind == "L":
            return part in content
        sought, inner = next(iter(part.items()))
        if kind in ("S", "B"):
            return sought == kind and inner in content
        return kind in SETS and kind == f"{sought}S" and inner in content

    def check(self, values: Values) -> None:
        """The operands differ."""
        if self.operand == self.part and isinstance(self.operand, Reach):
            raise DynamoError(
                "The first operand must be distinct from the remaining operands for this operator "
                "or function; operator: contains, first operand: "
                f"{written(self.operand.path)}"
            )
