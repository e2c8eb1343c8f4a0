"""What an update does to an item: SET, REMOVE, ADD and DELETE, all on the item as it was.

Rules of this file: operands are evaluated before anything is changed; then the item that is handed
in, which is the caller's own, is changed. Elements of lists are removed from the end, so that every
index means what it meant before.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.numbers import add, subtract
from cloudchamber.languages.dynamodb.paths import Path, find_value
from cloudchamber.languages.dynamodb.tree import Given, Operand, Reach, Values, wrong_kind
from cloudchamber.languages.dynamodb.values import SETS, Item, Value, kind_of, sort_numbers

ADDED: Final = frozenset(("N", "SS", "NS", "BS"))


class IfMissing(msgspec.Struct, frozen=True):
    """`if_not_exists(path, operand)`"""

    path: Reach
    otherwise: Operand

    def find(self, item: Item, values: Values) -> Value | None:
        """What is at the path, else the operand's value."""
        found = self.path.find(item, values)
        return self.otherwise.find(item, values) if found is None else found

    def check(self, values: Values) -> None:
        """The operand."""
        self.otherwise.check(values)


class Append(msgspec.Struct, frozen=True):
    """`list_append(list, list)`"""

    one: Operand
    other: Operand

    def find(self, item: Item, values: Values) -> Value | None:
        """Both lists, one after the other. Raises DynamoError."""
        one = expect_operand(self.one, item, values)
        other = expect_operand(self.other, item, values)
        if "L" not in one or "L" not in other:
            raise wrong_data()
        return {"L": [*one["L"], *other["L"]]}

    def check(self, values: Values) -> None:
        """Only lists."""
        for operand in (self.one, self.other):
            operand.check(values)
            if isinstance(operand, Given) and "L" not in values[operand.name]:
                raise wrong_kind("list_append", kind_of(values[operand.name]))


class Sum(msgspec.Struct, frozen=True):
    """`a + b` or `a - b`"""

    sign: str
    one: Operand
    other: Operand

    def find(self, item: Item, values: Values) -> Value | None:
        """The sum of two numbers. Raises DynamoError."""
        one = expect_operand(self.one, item, values)
        other = expect_operand(self.other, item, values)
        if "N" not in one or "N" not in other:
            raise wrong_data()
        return {"N": (add if self.sign == "+" else subtract)(one["N"], other["N"])}

    def check(self, values: Values) -> None:
        """Only numbers."""
        for operand in (self.one, self.other):
            operand.check(values)
            if isinstance(operand, Given) and "N" not in values[operand.name]:
                raise wrong_kind(self.sign, kind_of(values[operand.name]))


class Action(msgspec.Struct, frozen=True):
    """One action of an update: `section` is SET, REMOVE, ADD or DELETE."""

    section: str
    path: Path
    operand: Operand | None


class Update(msgspec.Struct, frozen=True):
    """All actions, those of one section together."""

    actions: tuple[Action, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The paths that are changed."""
        return tuple(action.path for action in self.actions)

    def check(self, values: Values) -> None:
        """Raises DynamoError when values are of kinds that the actions do not take."""
        for action in self.actions:
            if action.operand is None:
                continue
            action.operand.check(values)
            if action.section in ("ADD", "DELETE"):
                assert isinstance(action.operand, Given)
                check_action(action.section, values[action.operand.name])

    def apply(self, item: Item, values: Values) -> None:
        """Change the item. Raises DynamoError; the item is of no use then."""
        ready = [(action, self._result(action, item, values)) for action in self.actions]
        removed: list[Path] = []
        placed: list[tuple[Path, Value]] = []
        for action, result in ready:
            if result is not None:
                placed.append((action.path, result))
            elif action.section in ("REMOVE", "DELETE"):
                removed.append(action.path)
        placed.sort(key=_last_index)
        for path, value in placed:
            _place(item, path, value)
        # What is set beyond the end is behind all that is removed.
        for path in sorted(removed, key=_last_index_of, reverse=True):
            _remove(item, path)

    def _result(self, action: Action, item: Item, values: Values) -> Value | None:
        """What is to be at the path; None when nothing is, or nothing changes."""
        if action.operand is None:
            expect_parent(item, action.path)
            return None
        if action.section == "SET":
            value = expect_operand(action.operand, item, values)
            expect_parent(item, action.path)
            # What comes from the item may be changed in its old place by another action.
            return value if isinstance(action.operand, Given) else _copy(value)
        given = expect_operand(action.operand, item, values)
        expect_parent(item, action.path)
        old = find_value(item, action.path)
        if action.section == "ADD":
            return added(old, given)
        return None if old is None else _without(old, given)


def _copy(value: Value) -> Value:
    if "M" in value:
        return {"M": {name: _copy(inner) for name, inner in value["M"].items()}}
    return {"L": [_copy(inner) for inner in value["L"]]} if "L" in value else value


def check_action(section: str, value: Value) -> None:
    """ADD takes numbers and sets, DELETE sets. Raises DynamoError."""
    kind = kind_of(value)
    if kind not in (ADDED if section == "ADD" else SETS):
        raise DynamoError(
            f"Incorrect operand type for operator or function; operator: {section}, operand type: "
            f"{long_kind(kind)}, typeSet: ALLOWED_FOR_{section}_OPERAND"
        )


def long_kind(kind: str) -> str:
    """A kind as some of AWS's messages write it."""
    names = {"S": "STRING", "N": "NUMBER", "B": "BINARY", "L": "LIST", "M": "MAP",
             "BOOL": "BOOLEAN", "NULL": "NULL"}  # fmt: skip
    return names.get(kind, kind)


def wrong_data() -> DynamoError:
    """An item's value is not of the kind that the update needs."""
    return DynamoError("An operand in the update expression has an incorrect data type")


def expect_operand(operand: Operand, item: Item, values: Values) -> Value:
    """An operand's value. Raises DynamoError when it has none."""
    value = operand.find(item, values)
    if value is None:
        raise DynamoError(
            "The provided expression refers to an attribute that does not exist in the item"
        )
    return value


def expect_parent(item: Item, path: Path) -> None:
    """There is something at the path that a value can be put into. Raises DynamoError."""
    if len(path) == 1:
        return
    parent = find_value(item, path[:-1])
    if parent is None or ("L" if isinstance(path[-1], int) else "M") not in parent:
        raise DynamoError(
            "The document path provided in the update expression is invalid for update"
        )


def added(old: Value | None, given: Value) -> Value:
    """A number more, or a set with more elements. Raises DynamoError."""
    if old is None:
        return given
    kind, content = next(iter(given.items()))
    if kind not in old:
        raise wrong_data()
    if kind == "N":
        return {"N": add(old["N"], content)}
    if kind == "L":
        return {"L": [*old["L"], *content]}
    return {kind: in_order(kind, list(dict.fromkeys((*old[kind], *content))))}


def _without(old: Value, given: Value) -> Value | None:
    kind, content = next(iter(given.items()))
    if kind not in old:
        raise wrong_data()
    left = [each for each in old[kind] if each not in content]
    return {kind: left} if left else None


def in_order(kind: str, elements: list[Any]) -> list[Any]:
    """The elements of a set in the order that is kept."""
    return sort_numbers(elements) if kind == "NS" else sorted(elements)


def _last_index(entry: tuple[Path, Value]) -> int:
    return _last_index_of(entry[0])


def _last_index_of(path: Path) -> int:
    last = path[-1]
    return last if isinstance(last, int) else -1


def _place(item: Item, path: Path, value: Value) -> None:
    last = path[-1]
    if len(path) == 1:
        item[str(last)] = value
        return
    parent = find_value(item, path[:-1])
    assert parent is not None  # `expect_parent` has been here
    if isinstance(last, int):
        elements = parent["L"]
        if last < len(elements):
            elements[last] = value
        else:
            elements.append(value)
    else:
        parent["M"][last] = value


def _remove(item: Item, path: Path) -> None:
    last = path[-1]
    if len(path) == 1:
        item.pop(str(last), None)
        return
    parent = find_value(item, path[:-1])
    assert parent is not None
    if isinstance(last, int):
        if last < len(parent["L"]):
            del parent["L"][last]
    else:
        parent["M"].pop(last, None)
