"""From Trino's tree to DuckDB's, where sqlglot leaves a difference that would give other rows.

Rules of this file: trees in, trees out. What cannot be made equal is refused by name. What depends
on the moment becomes a literal.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.engines.sql.errors import NotSimulated
from cloudchamber.engines.sql.functions import TRINO

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COARSE: Final = frozenset({"DAY", "WEEK", "MONTH", "QUARTER", "YEAR"})
PATH: Final = "$path"  # the hidden column that says from which file a row is
_HIDDEN: Final = frozenset({"$bucket", "$file_size", "$file_modified_time", "$partition"})
_JODA: Final = MappingProxyType(
    {
        "yyyy": "%Y", "yy": "%y", "MM": "%m", "MMM": "%b", "MMMM": "%B", "dd": "%d", "HH": "%H",
        "hh": "%I", "mm": "%M", "ss": "%S", "SSS": "%g", "EEE": "%a", "EEEE": "%A", "a": "%p",
    }
)  # fmt: skip
_JODA_PART: Final = re.compile(r"([A-Za-z])\1*|'[^']*'|.", re.DOTALL)
_REFUSED: Final = MappingProxyType(
    {
        "CurrentUser": "current_user",
        "Typeof": "typeof",
        "CurrentVersion": "version",
        "Normalize": "normalize",
        "StrToMap": "split_to_map",
    }
)


def at_moment(tree: Any, now_ns: int) -> Any:
    """The tree with the instant in the place of what asks for it."""
    from sqlglot import exp, parse_one

    now = _EPOCH + timedelta(milliseconds=now_ns // 1_000_000)
    text = now.strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]

    def changed(node: Any) -> Any:
        if isinstance(node, exp.CurrentTimestamp):
            return parse_one(f"CAST('{text}+00' AS TIMESTAMPTZ)", read="duckdb")
        if isinstance(node, (exp.CurrentDate, exp.CurrentDatetime, exp.Localtimestamp)):
            kind = "DATE" if isinstance(node, exp.CurrentDate) else "TIMESTAMP"
            return parse_one(f"CAST(CAST('{text}' AS TIMESTAMP) AS {kind})", read="duckdb")
        if isinstance(node, (exp.CurrentTime, exp.Localtime)):
            return parse_one(f"CAST('{text[11:]}' AS TIME)", read="duckdb")
        return node

    return tree.transform(changed)


def named(tree: Any) -> Any:
    """The tree whose outermost columns without a name are called as Trino calls them."""
    from sqlglot import exp

    outermost = tree
    while isinstance(outermost, (exp.SetOperation, exp.Subquery)):
        outermost = outermost.this
    if isinstance(outermost, exp.Select):
        fresh = []
        for place, item in enumerate(outermost.expressions):
            if isinstance(item, exp.Dot):  # a field is called as it is in its row
                fresh.append(exp.alias_(item, item.name, quoted=True))
                continue
            nameless = not isinstance(item, (exp.Alias, exp.Column, exp.Star))
            fresh.append(exp.alias_(item, f"_col{place}") if nameless else item)
        outermost.set("expressions", fresh)
    return tree


def check(tree: Any) -> None:
    """Stop at what would give other rows than at AWS. Raises NotSimulated."""
    from sqlglot import exp

    for node in tree.find_all(exp.Func, exp.Column, exp.AtTimeZone):
        kind = type(node).__name__
        if kind in _REFUSED:
            raise NotSimulated(f"the function {_REFUSED[kind]}")
        if isinstance(node, exp.AtTimeZone):
            _expect_utc(node.args["zone"])
        elif isinstance(node, exp.Column) and node.name.lower() in _HIDDEN:
            raise NotSimulated(f"the column {node.name}")
        elif isinstance(node, exp.Anonymous) and node.name.lower() == "at_timezone":
            _expect_utc(node.expressions[-1])


def foreign_function(tree: Any) -> str | None:
    """A function that is called and is none of Trino's; None if there is no such call."""
    from sqlglot import exp

    for node in tree.find_all(exp.Anonymous):
        if isinstance(node.parent, exp.Table):
            continue
        if node.name.lower() not in TRINO:
            return str(node.name)
    return None


def rewritten(tree: Any, dates: Collection[str]) -> Any:
    """The tree with DuckDB's ways of saying the same; `dates` are columns of the type date.

    Raises NotSimulated.
    """

    def changed(node: Any) -> Any:
        rewrite = _REWRITES.get(type(node).__name__)
        return _dated(node, dates) if rewrite is None else rewrite(node)

    return tree.transform(changed)


def _expect_utc(zone: Any) -> None:
    if zone.name.upper() not in ("UTC", "GMT", "Z"):
        raise NotSimulated("time zones other than UTC within values")


def _utc(node: Any) -> Any:
    from sqlglot import exp

    return exp.cast(node.this, exp.DataType.Type.TIMESTAMPTZ)


def _format(node: Any) -> Any:
    from sqlglot import exp

    return exp.Anonymous(this="printf", expressions=[node.this, *node.expressions])


def _slice(node: Any) -> Any:
    from sqlglot import exp

    parts = [node.this, node.args["start"], node.args["end"]]
    return exp.Anonymous(this="slice", expressions=parts)


def _reduce(node: Any) -> Any:
    """DuckDB's reduction has no last step; it is taken on a list of one."""
    from sqlglot import exp

    finish = node.args.get("finish")
    node.set("finish", None)
    if finish is None or finish.this.sql() == finish.expressions[0].sql():
        return node
    last = exp.Anonymous(
        this="list_transform", expressions=[exp.Array(expressions=[node.copy()]), finish]
    )
    return exp.Anonymous(this="list_extract", expressions=[last, exp.Literal.number(1)])


def _parse_datetime(node: Any) -> Any:
    from sqlglot import exp

    parsed = exp.Anonymous(
        this="strptime", expressions=[node.this, _pattern(node.args.get("format"))]
    )
    return exp.cast(parsed, exp.DataType.Type.TIMESTAMPTZ)


def _anonymous(node: Any) -> Any:
    from sqlglot import exp

    name, given = node.name.lower(), node.expressions
    if name == "at_timezone":
        return exp.cast(given[0], exp.DataType.Type.TIMESTAMPTZ)
    if name == "format_datetime":
        return exp.Anonymous(this="strftime", expressions=[given[0], _pattern(given[1])])
    if name in ("any_match", "all_match", "none_match"):
        kept = exp.Anonymous(this="list_filter", expressions=[each.copy() for each in given])
        count = exp.Anonymous(this="len", expressions=[kept])
        if name == "any_match":
            return exp.GT(this=count, expression=exp.Literal.number(0))
        whole = exp.Anonymous(this="len", expressions=[given[0].copy()])
        right = whole if name == "all_match" else exp.Literal.number(0)
        return exp.EQ(this=count, expression=right)
    return node


def _pattern(node: Any) -> Any:
    """One of Joda's patterns as DuckDB's. Raises NotSimulated."""
    from sqlglot import exp

    if not isinstance(node, exp.Literal):
        raise NotSimulated("date patterns that are no literals")
    parts = []
    for found in _JODA_PART.finditer(node.name):
        part = found[0]
        if part in _JODA:
            parts.append(_JODA[part])
        elif part[0] == "'":
            parts.append(part[1:-1].replace("%", "%%") or "'")
        elif part[0].isalpha():
            raise NotSimulated(f"the date pattern {part}")
        else:
            parts.append(part.replace("%", "%%"))
    return exp.Literal.string("".join(parts))


_REWRITES: Final = MappingProxyType(
    {
        "AtTimeZone": _utc,
        "Format": _format,
        "ArraySlice": _slice,
        "Reduce": _reduce,
        "ParseDatetime": _parse_datetime,
        "Anonymous": _anonymous,
    }
)


def _dated(node: Any, dates: Collection[str]) -> Any:
    """A date moved by days or truncated stays a date, which DuckDB makes a timestamp."""
    from sqlglot import exp

    if not isinstance(node, (exp.DateAdd, exp.DateSub, exp.Add, exp.Sub, exp.TimestampTrunc)):
        return node
    if isinstance(node.parent, exp.Cast) and node.parent.is_type("date"):
        return node
    if _is_date(node, dates):
        return exp.cast(node, exp.DataType.Type.DATE)
    return node


def _is_date(node: Any, dates: Collection[str]) -> bool:
    from sqlglot import exp

    if isinstance(node, exp.Paren):
        return _is_date(node.this, dates)
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return bool(node.is_type("date"))
    if isinstance(node, (exp.CurrentDate, exp.Date, exp.FromISO8601Date, exp.LastDay)):
        return True
    if isinstance(node, exp.Column):
        return node.name.lower() in dates
    if isinstance(node, (exp.Add, exp.Sub)):
        step = node.expression
        coarse = isinstance(step, exp.Interval) and _unit(step) in _COARSE
        return coarse and _is_date(node.this, dates)
    if isinstance(node, (exp.DateAdd, exp.DateSub, exp.TimestampTrunc)):
        return _unit(node) in _COARSE and _is_date(node.this, dates)
    return False


def _unit(node: Any) -> str:
    unit = node.args.get("unit")
    return unit.name.upper().rstrip("S") if unit is not None else ""
