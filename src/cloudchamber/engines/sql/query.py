"""A query of Trino's, taken apart: which tables it reads, and what it is in DuckDB's dialect.

Rules of this file: text and trees, no data. Positions are Trino's: line:column, both from 1.
https://docs.aws.amazon.com/athena/latest/ug/functions.html
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.engines.sql.errors import NotSimulated, SqlError, SyntaxFault
from cloudchamber.engines.sql.translation import (
    PATH,
    at_moment,
    check,
    foreign_function,
    named,
    rewritten,
)

if TYPE_CHECKING:
    from sqlglot import exp

_TEXTS: Final = frozenset({"string", "varchar", "char"})
_SIGNS: Final[Mapping[str, str]] = MappingProxyType(
    {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
)


class TableRef(msgspec.Struct, frozen=True):
    """A table that a query names, and where: `catalog` and `database` "" when left out."""

    catalog: str
    database: str
    name: str
    line: int
    column: int

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes two mentions the same table."""
        return self.catalog, self.database, self.name


class Query:
    """A parsed query. `parameters` is the number of its question marks."""

    def __init__(self, text: str) -> None:
        """Raises SyntaxFault for what is no query, NotSimulated for a statement of another sort."""
        self.text = text
        self.tree = _parsed(text)
        self._dates: frozenset[str] = frozenset()

    @property
    def parameters(self) -> int:
        """How many `?` there are."""
        import sqlglot

        return sum(1 for _ in self.tree.find_all(sqlglot.exp.Placeholder))

    def tables(self) -> list[TableRef]:
        """Every table that is read, each mention, in the order of the text."""
        found = [_reference(self.text, node) for node in self._nodes()]
        return sorted(found, key=lambda each: (each.line, each.column))

    def bind(self, values: list[str]) -> None:
        """Put expressions (as SQL text) in the place of the question marks, in order.

        Raises SyntaxFault, SqlError.
        """
        import sqlglot

        marks = list(self.tree.find_all(sqlglot.exp.Placeholder))
        if len(marks) != len(values):
            text = f"Incorrect number of parameters: expected {len(marks)} but found {len(values)}"
            raise SqlError("INVALID_PARAMETER_USAGE", f"line 1:1: {text}")
        # The tree is walked from top to bottom; parameters count as they stand in the text.
        for mark, value in zip(self._in_order(marks), values, strict=True):
            mark.replace(_expression(value))

    def _in_order(self, marks: list[exp.Placeholder]) -> list[exp.Placeholder]:
        """Question marks in the order of the text: that in which the text is written out."""
        order: list[exp.Placeholder] = []
        for node in self.tree.dfs():
            if any(node is mark for mark in marks):
                order.append(node)
        return order

    def _nodes(self) -> Iterator[exp.Table]:
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        seen: list[exp.Table] = []
        for scope in traverse_scope(self.tree):
            for source in scope.sources.values():
                if isinstance(source, exp.Table) and not any(source is each for each in seen):
                    seen.append(source)
                    yield source

    @cached_property
    def asks_path(self) -> bool:
        """Whether the query names the hidden column `$path`."""
        from sqlglot import exp

        return any(node.name.lower() == PATH for node in self.tree.find_all(exp.Column))

    def hide_path(self, is_table: Callable[[TableRef], bool]) -> None:
        """Let no `*` stand for the column `$path`, which the tables have that `is_table` tells."""
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        for scope in traverse_scope(self.tree):
            having = {
                name
                for name, source in scope.sources.items()
                if isinstance(source, exp.Table) and is_table(_reference(self.text, source))
            }
            for item in getattr(scope.expression, "selects", ()):
                star = item.this if isinstance(item, exp.Column) else item
                names = {item.table} if isinstance(item, exp.Column) else having
                if isinstance(star, exp.Star) and names & having:
                    star.set("except_", [exp.to_identifier(PATH, quoted=True)])

    def put(self, names: Callable[[TableRef], str | Query]) -> None:
        """Put each table's own name in its place, or the query that a view stands for.

        Raises NotSimulated for a table function.
        """
        from sqlglot import exp

        for node in list(self._nodes()):
            if not isinstance(node.this, exp.Identifier):
                raise NotSimulated(f"table function {node.this.sql('trino')}")
            found = names(_reference(self.text, node))
            alias = node.args.get("alias") or exp.TableAlias(this=node.this.copy())
            if isinstance(found, Query):
                fresh: Any = exp.Subquery(this=found.tree, alias=alias)
            else:
                fresh = exp.Table(this=exp.to_identifier(found, quoted=True), alias=alias)
            for part in ("joins", "laterals", "sample"):
                if node.args.get(part):
                    fresh.set(part, node.args[part])
            node.replace(fresh)

    def check_types(self, types_of: Callable[[TableRef], Mapping[str, str] | None]) -> None:
        """Find comparisons of text with numbers, which Trino refuses and DuckDB would cast.

        From here on the query knows which of its columns are dates.

        `types_of` gives a table's columns (name -> Hive type), None for what is no table. Raises
        SqlError.
        """
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        for scope in traverse_scope(self.tree):
            known: dict[str, Mapping[str, str]] = {}
            for name, source in scope.sources.items():
                types = (
                    types_of(_reference(self.text, source))
                    if isinstance(source, exp.Table)
                    else None
                )
                known[name.lower()] = types or {}
                found = {each for each, kind in (types or {}).items() if kind.lower() == "date"}
                self._dates |= frozenset(found)
            for node in scope.find_all(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE):
                self._check_comparison(node, known)
            for ranged in scope.find_all(exp.In, exp.Between):
                self._check_range(ranged, known)
            self._check_aliases(scope, known)

    def _check_comparison(self, node: Any, known: Mapping[str, Mapping[str, str]]) -> None:
        left, right = _kind(node.left, known), _kind(node.right, known)
        if left is None or right is None:
            return
        if (left[0] == "text") is (right[0] == "text"):
            return
        sign = _SIGNS[type(node).__name__]
        place = self._end_of(node.left)
        if place is not None:
            place = self.text.find(sign[0], place)
        line, column = _place(self.text, max(place or 0, 0))
        text = f"'{sign}' cannot be applied to {left[1]}, {right[1]}"
        raise SqlError("TYPE_MISMATCH", f"line {line}:{column}: {text}")

    def _check_range(self, node: Any, known: Mapping[str, Mapping[str, str]]) -> None:
        """IN and BETWEEN compare as well."""
        low, high = node.args.get("low"), node.args.get("high")
        between = low is not None
        others = [low, high] if between else node.expressions
        left = _kind(node.this, known)
        kinds = [_kind(each, known) for each in others]
        found = next((each for each in kinds if each is not None), None)
        if left is None or found is None or (left[0] == "text") is (found[0] == "text"):
            return
        line, column = _place(self.text, _start_of(node.this))
        if between:
            parts = [each[1] for each in kinds if each is not None]
            said = f"Cannot check if {left[1]} is BETWEEN {' and '.join(parts)}"
        else:
            said = (
                "IN value and list items must be the same type or coercible to a common type: "
                f"{left[1]}, {found[1]}"
            )
        raise SqlError("TYPE_MISMATCH", f"line {line}:{column}: {said}")

    def _check_aliases(self, scope: Any, known: Mapping[str, Mapping[str, str]]) -> None:
        """A name that SELECT gives does not hold in WHERE and HAVING, as it does in DuckDB."""
        from sqlglot import exp

        select = scope.expression
        if not isinstance(select, exp.Select) or not all(known.values()):
            return
        columns = {name for types in known.values() for name in types}
        given = {each.alias.lower() for each in select.expressions if isinstance(each, exp.Alias)}
        for part in ("where", "having"):
            clause = select.args.get(part)
            for column in clause.find_all(exp.Column) if clause is not None else ():
                name = column.name.lower()
                mine = column.find_ancestor(exp.Select) is select and not column.table
                if mine and name in given and name not in columns:
                    line, place = _place(self.text, column.this.meta.get("start", 0))
                    said = f"line {line}:{place}: Column '{column.name}' cannot be resolved"
                    raise SqlError("COLUMN_NOT_FOUND", said)

    def _end_of(self, node: Any) -> int | None:
        ends = [each.meta["end"] + 1 for each in node.walk() if "end" in each.meta]
        return max(ends) if ends else None

    def position(self, column: str) -> tuple[int, int]:
        """Where a column of this name first stands; 1:1 if it does not."""
        from sqlglot import exp

        starts = [
            node.this.meta["start"]
            for node in self.tree.find_all(exp.Column)
            if node.name.lower() == column.lower() and "start" in node.this.meta
        ]
        return _place(self.text, min(starts)) if starts else (1, 1)

    def function_position(self, name: str) -> tuple[int, int]:
        """Where a function is first called, as well as the text shows it."""
        found = self.text.lower().find(f"{name.lower()}(")
        return _place(self.text, max(found, 0))

    def place_of(self, text: str) -> tuple[int, int]:
        """Where a text first stands; 1:1 if it does not."""
        return _place(self.text, max(self.text.find(text), 0))

    def on_keys(self, table: TableRef, keys: frozenset[str], now_ns: int) -> str | None:
        """What the query certainly asks of a table's partition keys, in DuckDB's dialect.

        Only top-level conditions of a WHERE that name nothing but these keys, where the table is
        mentioned once: it may leave partitions in that the query does not want, never out.
        """
        from sqlglot import exp
        from sqlglot.optimizer.scope import traverse_scope

        parts: list[str] = []
        mentions = 0
        for scope in traverse_scope(self.tree):
            for name, source in scope.sources.items():
                if isinstance(source, exp.Table) and _reference(self.text, source).key == table.key:
                    mentions += 1
                    parts = [] if _is_outer(scope) else _conditions(scope, name, keys, now_ns)
        return " AND ".join(f"({part})" for part in parts) if mentions == 1 and parts else None

    def duckdb(self, now_ns: int) -> str:
        """The query in DuckDB's dialect, at an instant. Raises NotSimulated, SqlError."""
        from sqlglot import ErrorLevel
        from sqlglot.errors import UnsupportedError

        try:
            check(self.tree)
            if foreign := foreign_function(self.tree):
                line, column = self.function_position(foreign)
                said = f"line {line}:{column}: Function '{foreign.lower()}' not registered"
                raise SqlError("FUNCTION_NOT_FOUND", said)
            tree = named(rewritten(at_moment(self.tree.copy(), now_ns), self._dates))
            return str(tree.sql(dialect="duckdb", unsupported_level=ErrorLevel.RAISE))
        except UnsupportedError as error:
            raise NotSimulated(str(error)) from error


def _parsed(text: str) -> Any:
    from sqlglot import exp, parse
    from sqlglot.errors import ParseError, TokenError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        trees = [tree for tree in parse(text, read="trino") if tree is not None]
    except ParseError as error:
        first = error.errors[0] if error.errors else {}
        line, column = first.get("line", 1), first.get("col", 1)
        highlight = first.get("highlight") or "<EOF>"
        column = max(column - len(highlight) + 1, 1)
        raise SyntaxFault(f"mismatched input '{highlight}'", line, column) from error
    except TokenError as error:
        raise SyntaxFault(str(error).partition("\n")[0], 1, 1) from error
    if not trees:
        raise SyntaxFault("mismatched input '<EOF>'", 1, 1)
    if len(trees) > 1:
        raise SyntaxFault("Only one sql statement is allowed", 1, 1)
    tree = trees[0]
    if not isinstance(tree, (exp.Query, exp.Values)):
        word = text.split(None, 1)[0]
        raise SyntaxFault(f"mismatched input '{word}'", *_place(text, text.find(word)))
    if isinstance(tree, exp.Values):
        first = tree.expressions[0]
        width = len(first.expressions) if isinstance(first, exp.Tuple) else 1
        names = [f"_col{place}" for place in range(width)]
        tree = exp.select("*").from_(exp.alias_(tree, "_values", table=names))
    return tree


def _expression(text: str) -> Any:
    from sqlglot import parse_one
    from sqlglot.errors import ParseError, TokenError

    try:
        return parse_one(text, read="trino")
    except (ParseError, TokenError) as error:
        raise SyntaxFault(f"mismatched input '{text}'", 1, 1) from error


def _place(text: str, offset: int) -> tuple[int, int]:
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def _start_of(node: Any) -> int:
    starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
    return min(starts, default=0)


def _reference(text: str, node: exp.Table) -> TableRef:
    starts = [each.meta["start"] for each in node.parts if "start" in each.meta]
    line, column = _place(text, min(starts)) if starts else (1, 1)
    return TableRef(
        catalog=node.catalog.lower(),
        database=node.db.lower(),
        name=node.name.lower(),
        line=line,
        column=column,
    )


def _kind(node: Any, known: Mapping[str, Mapping[str, str]]) -> tuple[str, str] | None:
    """Whether an operand is text or a number, and what Trino calls it; None if not plain."""
    from sqlglot import exp

    if isinstance(node, exp.Neg):
        node = node.this
    if isinstance(node, exp.Literal):
        if node.is_string:
            return "text", f"varchar({len(node.this)})"
        return "number", "integer" if node.this.isdigit() else "double"
    if not isinstance(node, exp.Column):
        return None
    name = node.name.lower()
    if node.table:
        kind = known.get(node.table.lower(), {}).get(name)
    else:
        kinds = [types[name] for types in known.values() if name in types]
        kind = kinds[0] if len(kinds) == 1 else None
    if kind is None:
        return None
    base = kind.lower().partition("(")[0].strip()
    if base in _TEXTS:
        return "text", "varchar"
    if base.partition("<")[0] in ("array", "map", "struct", "uniontype", "binary"):
        return None
    return "number", {"int": "integer", "float": "real"}.get(base, kind.lower())


def _is_outer(scope: Any) -> bool:
    """Whether the scope joins so that a WHERE says nothing about what is read."""
    return any(join.args.get("side") for join in scope.expression.args.get("joins") or ())


def _conditions(scope: Any, name: str, keys: frozenset[str], now_ns: int) -> list[str]:
    from sqlglot import exp

    where = scope.expression.args.get("where")
    if where is None:
        return []
    body = where.this
    parts = list(body.flatten()) if isinstance(body, exp.And) else [body]
    alone = len(scope.sources) == 1
    chosen = []
    for part in parts:
        columns = list(part.find_all(exp.Column))
        mine = all(
            column.name.lower() in keys
            and (column.table.lower() == name.lower() if column.table else alone)
            for column in columns
        )
        if columns and mine and not part.find(exp.Query, exp.Placeholder, exp.Rand, exp.Uuid):
            bare = at_moment(part.copy(), now_ns)
            for column in bare.find_all(exp.Column):
                column.set("table", None)
            chosen.append(bare.sql(dialect="duckdb"))
    return chosen
