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
        "y": "%Y", "M": "%-m", "d": "%-d", "H": "%-H", "h": "%-I", "m": "%-M", "s": "%-S",
        "E": "%a", "DDD": "%j", "Z": "%z", "SSSSSS": "%f",
    }
)  # fmt: skip
_GROUP: Final = re.compile(r"\$(\d)|\\?(\\|.)", re.DOTALL)
_NAMED_GROUP: Final = re.compile(r"(?<!\\)\$\{")
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
        if isinstance(node, (exp.AtTimeZone, exp.UnixToTime)):
            if zone := node.args.get("zone"):
                _expect_utc(zone)
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

    # From the leaves up: what a node became is never taken apart again.
    for node in reversed(list(tree.dfs())):
        rewrite = _REWRITES.get(type(node).__name__)
        fresh = _dated(node, dates) if rewrite is None else rewrite(node)
        if fresh is not node:
            node.replace(fresh)
    return tree


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
    if name == "every":
        return exp.LogicalAnd(this=given[0])
    if name == "millisecond":  # DuckDB counts those of the whole minute
        whole = exp.Anonymous(this="millisecond", expressions=given)
        return exp.Mod(this=whole, expression=exp.Literal.number(1000))
    if name == "json_exists":
        return _of_json(node, "_json_exists", given[0], given[1])
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


def _called(name: str) -> Any:
    """A rewrite that calls a macro with the same operands."""
    from sqlglot import exp

    def changed(node: Any) -> Any:
        given = [each for each in (node.this, node.args.get("expression")) if each is not None]
        return exp.Anonymous(this=name, expressions=given)

    return changed


def _of_json(node: Any, name: str, document: Any, path: Any) -> Any:
    """A function of JSON whose path may say its mode, which decides nothing here."""
    from sqlglot import exp

    if node.args.get("option") or node.args.get("on_condition") or node.args.get("quote"):
        raise NotSimulated("clauses within functions of JSON")
    if isinstance(path, exp.Literal):
        mode, _, rest = path.name.partition(" ")
        path = exp.Literal.string(rest if mode in ("lax", "strict") else path.name)
    return exp.Anonymous(this=name, expressions=[document, path])


def _json_extract(node: Any) -> Any:
    from sqlglot import exp

    called = _of_json(node, "_json", node.this, node.expression)
    if not node.args.get("json_query"):
        return called
    return exp.cast(called, exp.DataType.Type.VARCHAR)


def _json_value(node: Any) -> Any:
    from sqlglot import exp

    called = _of_json(node, "_json_scalar", node.this, node.args["path"])
    kind = node.args.get("returning")
    return exp.cast(called, kind) if kind else called


def _random(node: Any) -> Any:
    from sqlglot import exp

    bounds = [each for each in (node.this, node.args.get("lower")) if each is not None]
    if not bounds:
        return node
    name = "_random" if len(bounds) == 1 else "_random_between"
    return exp.Anonymous(this=name, expressions=bounds)


def _replace_by_pattern(node: Any) -> Any:
    """Trino writes groups as Java does, $1, and DuckDB as RE2 does."""
    from sqlglot import exp

    given = node.args.get("replacement")
    if isinstance(given, exp.Lambda):
        raise NotSimulated("a function as what regexp_replace puts in")
    if isinstance(given, exp.Literal):
        if _NAMED_GROUP.search(given.name):
            raise NotSimulated("groups with names in regexp_replace")
        node.set("replacement", exp.Literal.string(_GROUP.sub(_group, given.name)))
    return node


def _group(found: re.Match[str]) -> str:
    number, plain = found[1], found[2]
    if number:
        return f"\\{number}"
    return "\\\\" if plain == "\\" else plain


def _sequence(node: Any, dates: Collection[str]) -> Any:
    """Dates in steps of days are dates."""
    from sqlglot import exp

    if not _is_date(node.args["start"], dates):
        return node
    if node.args.get("step") is None:
        node.set("step", exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY")))
    step = node.args["step"]
    if isinstance(step, exp.Interval) and _unit(step) in _COARSE:
        return exp.cast(node, "DATE[]", dialect="duckdb")
    return node


def _cast(node: Any) -> Any:
    """Moments as text have their milliseconds and zone; a length cuts off."""
    from sqlglot import exp

    if not node.to.is_type("varchar") or isinstance(node, exp.TryCast):
        return node
    called = exp.Anonymous(this="_text", expressions=[node.this])
    if length := node.to.expressions:
        return exp.Anonymous(this="left", expressions=[called, length[0].this])
    return called


def _unnest(node: Any) -> Any:
    """Arrays side by side, or a map's keys and values: DuckDB takes them apart in SELECT, and
    there the elements of one array stay in order beside their row as well."""
    from sqlglot import exp

    alias = node.args.get("alias")
    names = alias.columns if alias is not None else []
    given = node.expressions
    if len(given) == 1 and len(names) == 2:
        (whole,) = given
        given = [
            exp.Anonymous(this=part, expressions=[whole.copy()])
            for part in ("map_keys", "map_values")
        ]
    elif len(given) == 1 and not names:
        return node
    if len(names) != len(given):
        raise NotSimulated("UNNEST of several values that are not named one by one")
    parts = [
        exp.alias_(exp.Anonymous(this="unnest", expressions=[each.copy()]), name.copy())
        for each, name in zip(given, names, strict=True)
    ]
    if ordinal := node.args.get("offset"):
        lengths = [exp.Anonymous(this="len", expressions=[each.copy()]) for each in given]
        end = exp.Anonymous(this="greatest", expressions=lengths)
        last = exp.Add(this=end, expression=exp.Literal.number(1))
        counted = exp.Anonymous(this="range", expressions=[exp.Literal.number(1), last])
        called = exp.Anonymous(this="unnest", expressions=[counted])
        parts.append(exp.alias_(called, ordinal.copy()))
    return exp.Subquery(this=exp.select(*parts), alias=exp.TableAlias(this=alias.this.copy()))


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
        "ArrayDistinct": _called("_distinct"),
        "JSONExtract": _json_extract,
        "JSONExtractScalar": _called("_json_scalar"),
        "JSONValue": _json_value,
        "Rand": _random,
        "RegexpReplace": _replace_by_pattern,
        "Cast": _cast,
        "Unnest": _unnest,
    }
)


def _dated(node: Any, dates: Collection[str]) -> Any:
    """A date moved by days or truncated stays a date, which DuckDB makes a timestamp."""
    from sqlglot import exp

    if isinstance(node, exp.GenerateSeries):
        return _sequence(node, dates)
    if not isinstance(node, (exp.DateAdd, exp.DateSub, exp.Add, exp.Sub, *_truncations())):
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
    if isinstance(node, (exp.DateAdd, exp.DateSub, *_truncations())):
        return _unit(node) in _COARSE and _is_date(node.this, dates)
    return False


def _truncations() -> tuple[Any, Any]:
    """date_trunc, whose tree is another where a date is written out."""
    from sqlglot import exp

    return exp.TimestampTrunc, exp.DateTrunc


def _unit(node: Any) -> str:
    unit = node.args.get("unit")
    return unit.name.upper().rstrip("S") if unit is not None else ""
