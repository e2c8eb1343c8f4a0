"""PartiQL as DynamoDB speaks it: SELECT, INSERT, UPDATE, DELETE and EXISTS to the same trees.

Rules of this file: text and parameters to a `Statement`; nothing is run. Literals and parameters
become placeholders of their own, so what holds for expressions holds here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from cloudchamber.languages.dynamodb.paths import Path, check_apart
from cloudchamber.languages.dynamodb.statement_tokens import not_formed
from cloudchamber.languages.dynamodb.statement_values import ValueReader
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
    Reach,
    Size,
)
from cloudchamber.languages.dynamodb.updates import Action, Append, Sum
from cloudchamber.languages.dynamodb.values import Item, Value

COMPARATORS: Final = frozenset(("=", "<>", "!=", "<", "<=", ">", ">="))
RETURNING: Final = frozenset(("ALL OLD", "MODIFIED OLD", "ALL NEW", "MODIFIED NEW"))


class Statement(NamedTuple):
    """What a statement says. `kind` is SELECT, INSERT, UPDATE, DELETE or EXISTS.

    `paths` is None for `*`. `order` are (attribute, is descending). `returning` is ALL OLD, ...
    """

    kind: str
    table: str
    of_index: str = ""
    paths: tuple[Path, ...] | None = None
    where: Condition | None = None
    order: tuple[tuple[str, bool], ...] = ()
    item: Item | None = None
    actions: tuple[Action, ...] = ()
    returning: str = ""
    values: Mapping[str, Value] | None = None


def read_statement(text: str, parameters: Sequence[Mapping[str, Any]]) -> Statement:
    """A statement with its parameters. Raises DynamoError."""
    reader = StatementReader(text, parameters)
    found = reader.statement()
    if reader.token.kind != "end":
        raise not_formed(f"Unexpected term: {reader.token.text}")
    if reader.taken != len(parameters):
        raise not_formed("Number of parameters in request and statement don't match.")
    if found.where is not None:
        found.where.check(reader.values)
    return found._replace(values=reader.values)


class StatementReader(ValueReader):
    """Statements, their conditions and operands."""

    # Statements

    def statement(self) -> Statement:
        """Any statement."""
        if self.takes("SELECT"):
            return self._select()
        if self.takes("EXISTS"):
            self.expect("(")
            self.expect("SELECT")
            found = self._select()
            self.expect(")")
            return found._replace(kind="EXISTS")
        if self.takes("INSERT", "INTO"):
            table = self.name()
            self.expect("VALUE")
            value = self.literal()
            if "M" not in value:
                raise not_formed("Expected a tuple of attributes after VALUE")
            return Statement("INSERT", table, item=value["M"])
        if self.takes("UPDATE"):
            return self._update()
        if self.takes("DELETE", "FROM"):
            table = self.name()
            self.expect("WHERE")
            return Statement("DELETE", table, where=self._either(), returning=self._returning())
        raise not_formed(f"Unexpected term: {self.token.text or 'the end'}")

    def _select(self) -> Statement:
        paths: tuple[Path, ...] | None = None
        if not self.takes("*"):
            found = [self.path()]
            while self.takes(","):
                found.append(self.path())
            paths = tuple(found)
        self.expect("FROM")
        table = self.name()
        index = self.name() if self.takes(".") else ""
        where = self._either() if self.takes("WHERE") else None
        order: list[tuple[str, bool]] = []
        if self.takes("ORDER", "BY"):
            order.append(self._ordered())
            while self.takes(","):
                order.append(self._ordered())
        return Statement("SELECT", table, index, paths, where, tuple(order))

    def _ordered(self) -> tuple[str, bool]:
        name = self.name()
        if self.takes("DESC"):
            return name, True
        self.takes("ASC")
        return name, False

    def _update(self) -> Statement:
        table = self.name()
        actions: list[Action] = []
        while True:
            if self.takes("SET"):
                actions.append(self._set())
                while self.takes(","):
                    actions.append(self._set())
            elif self.takes("REMOVE"):
                actions.append(Action("REMOVE", self.path(), None))
                while self.takes(","):
                    actions.append(Action("REMOVE", self.path(), None))
            else:
                break
        if not actions:
            raise not_formed("Expected SET or REMOVE")
        check_apart([action.path for action in actions])
        self.expect("WHERE")
        return Statement(
            "UPDATE",
            table,
            where=self._either(),
            actions=tuple(actions),
            returning=self._returning(),
        )

    def _returning(self) -> str:
        if not self.takes("RETURNING"):
            return ""
        words = f"{self.name()} {self.name()}".upper()
        self.expect("*")
        if words not in RETURNING:
            raise not_formed(f"Unexpected term: {words}")
        return words

    def _set(self) -> Action:
        path = self.path()
        self.expect("=")
        for function, section in (("SET_ADD", "ADD"), ("SET_DELETE", "DELETE")):
            if self.takes(function, "("):
                if self.path() != path:
                    raise not_formed(f"{function.lower()} must name the attribute that is set")
                self.expect(",")
                operand = self.given(self.literal())
                self.expect(")")
                return Action(section, path, operand)
        return Action("SET", path, self._sum())

    def _sum(self) -> Operand:
        one = self._operand()
        for sign in ("+", "-"):
            if self.takes(sign):
                return Sum(sign, one, self._operand())
        return one

    # Conditions

    def _either(self) -> Condition:
        parts = [self._both()]
        while self.takes("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else Either(tuple(parts))

    def _both(self) -> Condition:
        parts = [self._not()]
        while self.takes("AND"):
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else Both(tuple(parts))

    def _not(self) -> Condition:
        if self.takes("NOT"):
            self.deeper()
            turned = Not(self._not())
            self.depth -= 1
            return turned
        if self.takes("("):
            self.deeper()
            found = self._either()
            self.depth -= 1
            self.expect(")")
            return found
        return self._single()

    def _single(self) -> Condition:
        for word in ("BEGINS_WITH", "CONTAINS", "ATTRIBUTE_TYPE"):
            if self.takes(word, "("):
                path = Reach(self.path())
                self.expect(",")
                other = self._operand()
                self.expect(")")
                if word == "ATTRIBUTE_TYPE":
                    return HasKind(path, other)
                return (BeginsWith if word == "BEGINS_WITH" else Contains)(path, other)
        one = self._operand()
        if self.takes("BETWEEN"):
            low = self._operand()
            self.expect("AND")
            return Between(one, low, self._operand())
        if self.takes("IN"):
            return Among(one, self._choices())
        if self.takes("IS"):
            return self._is(one)
        token = self.token
        if token.kind != "sign" or token.text not in COMPARATORS:
            raise not_formed(f"Unexpected term: {token.text or 'the end'}")
        self.place += 1
        return Compare("<>" if token.text == "!=" else token.text, one, self._operand())

    def _choices(self) -> tuple[Operand, ...]:
        close = "]" if self.takes("[") else ")"
        if close == ")":
            self.expect("(")
        choices = [self._operand()]
        while self.takes(","):
            choices.append(self._operand())
        self.expect(close)
        return tuple(choices)

    def _is(self, one: Operand) -> Condition:
        turned = self.takes("NOT")
        if not isinstance(one, Reach):
            raise not_formed("IS needs an attribute")
        found: Condition
        if self.takes("MISSING"):
            found = Exists(one, False)
        else:
            self.expect("NULL")
            found = Compare("=", one, self.given({"NULL": True}))
        return Not(found) if turned else found

    # Operands

    def _operand(self) -> Operand:
        if self.takes("SIZE", "("):
            found = Size(Reach(self.path()))
            self.expect(")")
            return found
        if self.takes("LIST_APPEND", "("):
            self.deeper()
            one = self._operand()
            self.expect(",")
            other = self._operand()
            self.expect(")")
            self.depth -= 1
            return Append(one, other)
        kind, text = self.token
        is_name = kind == "quoted" or (
            kind == "word" and text.upper() not in ("TRUE", "FALSE", "NULL")
        )
        return Reach(self.path()) if is_name else self.given(self.literal())
