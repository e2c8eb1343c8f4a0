"""Text to tree, for the five kinds of expressions; what was read is remembered.

Rules of this file: the text and the names alone decide the tree, so reading is done once for the
same two. Errors carry the name of the expression in front, as AWS writes it.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Final, Generic, NamedTuple, TypeVar

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.parser import (
    CONDITIONS,
    UPDATES,
    Reader,
    check_count,
    expect_path,
)
from cloudchamber.languages.dynamodb.paths import Path, check_apart
from cloudchamber.languages.dynamodb.tree import (
    Among,
    BeginsWith,
    Between,
    Both,
    Compare,
    Condition,
    Contains,
    Either,
    Exists,
    HasKind,
    Not,
    Operand,
)
from cloudchamber.languages.dynamodb.updates import (
    Action,
    Append,
    IfMissing,
    Sum,
    Update,
)

Tree = TypeVar("Tree")
Names = tuple[tuple[str, str], ...]
COMPARATORS: Final = frozenset(("=", "<>", "<", "<=", ">", ">="))
CHOICES_MAX: Final = 100
SECTIONS: Final = ("SET", "REMOVE", "ADD", "DELETE")


class Expression(NamedTuple, Generic[Tree]):
    """An expression that was read: its tree, its placeholders, every path in it."""

    tree: Tree
    names: frozenset[str]
    values: frozenset[str]
    paths: tuple[Path, ...]


def _read(kind: str, text: str, names: Names, read: Callable[[Reader], Tree]) -> Expression[Tree]:
    try:
        reader = Reader(text, dict(names))
        tree = read(reader)
        reader.expect_end()
    except DynamoError as error:
        raise DynamoError(f"Invalid {kind}: {error}") from None
    return Expression(
        tree, frozenset(reader.used_names), frozenset(reader.used_values), tuple(reader.paths)
    )


def names_key(names: Mapping[str, str] | None) -> Names:
    """Attribute names in the form that reading remembers."""
    return tuple(names.items()) if names else ()


@lru_cache(maxsize=128)
def read_condition(kind: str, text: str, names: Names) -> Expression[Condition]:
    """A ConditionExpression, FilterExpression or KeyConditionExpression. Raises DynamoError."""
    return _read(kind, text, names, _either)


@lru_cache(maxsize=128)
def read_projection(text: str, names: Names) -> Expression[tuple[Path, ...]]:
    """A ProjectionExpression. Raises DynamoError."""
    return _read("ProjectionExpression", text, names, _projection)


@lru_cache(maxsize=128)
def read_update(text: str, names: Names) -> Expression[Update]:
    """An UpdateExpression. Raises DynamoError."""
    return _read("UpdateExpression", text, names, _update)


def _projection(reader: Reader) -> tuple[Path, ...]:
    paths = [reader.path()]
    while reader.takes_sign(","):
        paths.append(reader.path())
    reader.expect_end()
    check_apart(paths)
    return tuple(paths)


# Conditions


def _either(reader: Reader) -> Condition:
    parts = [_both(reader)]
    while reader.takes_word("OR"):
        reader.count()
        parts.append(_both(reader))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))


def _both(reader: Reader) -> Condition:
    parts = [_not(reader)]
    while reader.takes_word("AND"):
        reader.count()
        parts.append(_not(reader))
    return parts[0] if len(parts) == 1 else Both(tuple(parts))


def _not(reader: Reader) -> Condition:
    turns = 0
    while reader.takes_word("NOT"):
        reader.count()
        turns += 1
    found = _single(reader)
    for _ in range(turns):
        found = Not(found)
    return found


def _single(reader: Reader) -> Condition:
    if reader.is_sign("("):
        return _enclosed(reader)
    if reader.is_call() and reader.token.text != "size":
        return _function(reader)
    one = reader.operand()
    if reader.takes_word("BETWEEN"):
        reader.count()
        low = reader.operand()
        if not reader.takes_word("AND"):
            raise reader.wrong()
        return Between(one, low, reader.operand())
    if reader.takes_word("IN"):
        return _among(reader, one)
    token = reader.token
    if token.kind != "sign" or token.text not in COMPARATORS:
        raise reader.wrong()
    reader.count()
    reader.place += 1
    return Compare(token.text, one, reader.operand())


def _enclosed(reader: Reader) -> Condition:
    reader.expect_sign("(")
    opens = reader.is_sign("(")
    inner_closed_at = _closing(reader) if opens else -1
    reader.deeper()
    found = _either(reader)
    reader.depth -= 1
    if opens and reader.place - 1 == inner_closed_at and reader.is_sign(")"):
        raise DynamoError("The expression has redundant parentheses;")
    reader.expect_sign(")")
    return found


def _closing(reader: Reader) -> int:
    """Where the parenthesis that comes next is closed; -1 when it is not."""
    depth = 0
    for place in range(reader.place, len(reader.tokens)):
        text = reader.tokens[place].text
        depth += (text == "(") - (text == ")")
        if depth == 0:
            return place
    return -1


def _among(reader: Reader, one: Operand) -> Condition:
    reader.count()
    reader.expect_sign("(")
    choices = [reader.operand()]
    while reader.takes_sign(","):
        choices.append(reader.operand())
    reader.expect_sign(")")
    if len(choices) > CHOICES_MAX:
        check_count("IN", choices, CHOICES_MAX)
    return Among(one, tuple(choices))


def _function(reader: Reader) -> Condition:
    name, operands = reader.call()
    if name in UPDATES:
        raise DynamoError(
            f"The function is not allowed in a condition expression; function: {name}"
        )
    check_count(name, operands, 1 if name.endswith("exists") else 2)
    if name == "attribute_exists":
        return Exists(expect_path(name, operands[0]), True)
    if name == "attribute_not_exists":
        return Exists(expect_path(name, operands[0]), False)
    if name == "attribute_type":
        return HasKind(expect_path(name, operands[0]), operands[1])
    return (BeginsWith if name == "begins_with" else Contains)(operands[0], operands[1])


# Updates


class UpdateReader(Reader):
    """Operands of an update have functions of their own."""

    def function(self) -> Operand:
        """`if_not_exists(path, operand)` or `list_append(operand, operand)`."""
        name, operands = self.call()
        if name in CONDITIONS or name == "size":
            raise DynamoError(
                f"The function is not allowed in an update expression; function: {name}"
            )
        check_count(name, operands, 2)
        if name == "if_not_exists":
            return IfMissing(expect_path(name, operands[0]), operands[1])
        return Append(operands[0], operands[1])


def _update(plain: Reader) -> Update:
    reader = UpdateReader(plain.text, plain.names)
    found: dict[str, tuple[Action, ...]] = {}
    while reader.token.kind != "end":
        section = reader.token.text.upper()
        if reader.token.kind != "word" or section not in SECTIONS:
            raise reader.wrong()
        if section in found:
            raise DynamoError(
                f'The "{section}" section can only be used once in an update expression;'
            )
        reader.place += 1
        actions = [_action(reader, section)]
        while reader.takes_sign(","):
            actions.append(_action(reader, section))
        found[section] = tuple(actions)
    actions = [action for section in SECTIONS for action in found.get(section, ())]
    check_apart([action.path for action in actions])
    plain.place = len(plain.tokens) - 1
    plain.used_names, plain.used_values = reader.used_names, reader.used_values
    plain.paths = reader.paths
    return Update(tuple(actions))


def _action(reader: UpdateReader, section: str) -> Action:
    path = reader.path()
    if section == "SET":
        reader.expect_sign("=")
        reader.count()
        operand = _sum(reader)
        return Action("SET", path, operand)
    reader.count()
    if section == "REMOVE":
        return Action("REMOVE", path, None)
    return Action(section, path, reader.given())


def _sum(reader: UpdateReader) -> Operand:
    one = reader.operand()
    for sign in ("+", "-"):
        if reader.takes_sign(sign):
            reader.count()
            return Sum(sign, one, reader.operand())
    return one


__all__ = (
    "Expression",
    "names_key",
    "read_condition",
    "read_projection",
    "read_update",
)
