"""DuckDB, held still: tables are handed in, one query is run, rows come out.

Rules of this file: the only place that knows DuckDB. One thread, its time zone UTC, its chance
seeded: the same tables and query give the same rows. It reaches no file and no network: what it
may not do is switched off before the first word of a user's query is run, and cannot be switched
on again. Parquet goes through a private folder that is made and removed here. A query that runs
too long is stopped by the wall clock; that is the one thing here that a clock decides.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.engines.sql.errors import NotSimulated, SqlError, TooMuch
from cloudchamber.engines.sql.functions import MACROS, TRINO
from cloudchamber.engines.sql.query import Query
from cloudchamber.engines.sql.values import kind_of, written

WALL_S: Final = 60
MEMORY: Final = "1GB"
ROWS_MAX: Final = 1_000_000
# How Athena names what Parquet is compressed by -> DuckDB's name.
PARQUET: Final[Mapping[str, str]] = MappingProxyType(
    {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed"}
)

_BASES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "string": "VARCHAR", "varchar": "VARCHAR", "char": "VARCHAR", "int": "INTEGER",
        "integer": "INTEGER", "tinyint": "TINYINT", "smallint": "SMALLINT", "bigint": "BIGINT",
        "long": "BIGINT", "float": "FLOAT", "real": "FLOAT", "double": "DOUBLE",
        "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP", "binary": "BLOB",
    }
)  # fmt: skip
_MISSING_COLUMN: Final = re.compile(r'Referenced column "([^"]+)" not found')
_MISSING_TABLE_COLUMN: Final = re.compile(r'does not have a column named "([^"]+)"')
_MISSING_FUNCTION: Final = re.compile(r"Function with name \"?([A-Za-z0-9_]+)\"? does not exist")
_MISSING_TYPE: Final = re.compile(r"Type with name \"?(\w+)\"? does not exist")
_NO_OVERLOAD: Final = re.compile(r"No function matches the given name.*?'([^']+)'", re.DOTALL)
_NOT_GROUPED: Final = re.compile(r'column "?([^"\s]+)"? must appear in the GROUP BY clause')
_AMBIGUOUS: Final = re.compile(r'Ambiguous reference to column name "([^"]+)"')
_CONVERSION: Final = re.compile(r"Could not convert string '(.*?)' to (\w+)", re.DOTALL)

_CAST_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {"INT8": "TINYINT", "INT16": "SMALLINT", "INT32": "INT", "INT64": "BIGINT"}
)


class Lines(msgspec.Struct, frozen=True):
    """A file of lines whose values stand between delimiters; `null` is what NULL is written as.

    `keys` are the values of the columns that come last and stand in no line (partition keys).
    """

    text: str
    delimiter: str
    null: str
    keys: tuple[str | None, ...] = ()


class Relation(msgspec.Struct, frozen=True):
    """A table that is handed in: columns (name, Hive type), and what is in it.

    `text` are its columns' values as text (JSON for nested types), all of one length; `lines` are
    files that DuckDB takes apart itself, which is faster; `parquet` are files, each with the values
    of the columns that stand in none of them (partition keys). What is in it comes in that order.
    """

    columns: tuple[tuple[str, str], ...]
    text: tuple[list[str | None], ...] = ()
    lines: tuple[Lines, ...] = ()
    parquet: tuple[tuple[bytes, Mapping[str, str]], ...] = ()


class Result(msgspec.Struct, frozen=True):
    """What a query gave: columns (name, DuckDB's type) and rows of Python's values."""

    columns: tuple[tuple[str, str], ...]
    rows: list[tuple[Any, ...]]

    def texts(self) -> list[list[str | None]]:
        """The rows as Athena writes them."""
        return [[written(value) for value in row] for row in self.rows]


def duck_type(hive: str) -> str:
    """DuckDB's type for one of Hive's. Raises SqlError for what is no type."""
    text = hive.strip().lower()
    base, bracket, rest = text.partition("<")
    if bracket and rest.endswith(">"):
        parts = parts_of(rest[:-1])
        if base == "array":
            return f"{duck_type(rest[:-1])}[]"
        if base == "map" and len(parts) == 2:
            return f"MAP({duck_type(parts[0])}, {duck_type(parts[1])})"
        if base == "struct":
            fields = (part.partition(":") for part in parts)
            return f"STRUCT({', '.join(f'{quoted(a)} {duck_type(b)}' for a, _, b in fields)})"
    if text.startswith("decimal"):
        return text.upper() if "(" in text else "DECIMAL(10, 0)"
    found = _BASES.get(text.partition("(")[0].strip())
    if found is None:
        raise SqlError("HIVE_INVALID_METADATA", f"Unknown type '{hive}'")
    return found


def is_nested(hive: str) -> bool:
    """Whether a Hive type is an array, a map or a struct."""
    return "<" in hive


def quoted(name: str) -> str:
    """A name as DuckDB takes it literally."""
    return '"' + name.replace('"', '""') + '"'


def run(query: Query, relations: Mapping[str, Relation], now_ns: int, seed: int) -> Result:
    """The rows of a query over tables of these names, at an instant.

    Raises SqlError, NotSimulated, TooMuch.
    """
    text = query.duckdb(now_ns)
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        for name, relation in relations.items():
            _load(connection, name, relation)
        _lock(connection, seed)
        try:
            described = connection.execute(f"DESCRIBE {text}").fetchall()
            rows = _fetched(connection, text)
        except duckdb.Error as error:
            raise _fault(query, error) from error
    finally:
        connection.close()
    return Result(tuple((each[0], each[1]) for each in described), rows)


def explain(query: Query, relations: Mapping[str, Relation], now_ns: int, seed: int) -> Result:
    """How DuckDB would run a query: one row, one text. Raises SqlError, NotSimulated."""
    text = query.duckdb(now_ns)
    import duckdb

    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        for name, relation in relations.items():
            _load(connection, name, relation)
        _lock(connection, seed)
        plans = connection.execute(f"EXPLAIN {text}").fetchall()
    except duckdb.Error as error:
        raise _fault(query, error) from error
    finally:
        connection.close()
    return Result((("Query Plan", "VARCHAR"),), [(plan,) for _, plan in plans])


def passing(
    columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]], test: str
) -> list[int]:
    """Which rows (of text) pass a condition in DuckDB's dialect: their places, in order.

    A condition that cannot be evaluated passes everything. Columns are (name, Hive type).
    """
    import duckdb

    lists: tuple[list[str | None], ...] = tuple(
        [row[place] for row in rows] for place in range(len(columns))
    )
    relation = Relation(tuple(columns), lists)
    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        _load(connection, "keys", relation, numbered=True)
        _lock(connection, 0)
        asked = f"SELECT _place FROM keys WHERE {test} ORDER BY _place"
        return [place for (place,) in connection.execute(asked).fetchall()]
    except duckdb.Error:
        return list(range(len(rows)))
    finally:
        connection.close()


def parquet_of(result: Result, compression: str = "GZIP") -> bytes:
    """A result as one Parquet file, compressed as Athena does by default, or as `PARQUET` has."""
    import duckdb

    how = PARQUET[compression]

    connection = duckdb.connect(":memory:", config={"threads": 1})
    try:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in result.columns)
        connection.execute(f"CREATE TABLE t ({columns})")
        marks = ", ".join("?" for _ in result.columns)
        if result.rows:
            connection.executemany(f"INSERT INTO t VALUES ({marks})", result.rows)
        with tempfile.TemporaryDirectory(prefix="cloudchamber-sql-") as folder:
            path = Path(folder) / "t.parquet"
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet, COMPRESSION {how})")
            return path.read_bytes()
    finally:
        connection.close()


def parts_of(text: str) -> list[str]:
    """The parts of a nested type, between commas of the outermost level."""
    parts, depth, start = [], 0, 0
    for place, sign in enumerate(text):
        depth += (sign in "<(") - (sign in ">)")
        if sign == "," and depth == 0:
            parts.append(text[start:place].strip())
            start = place + 1
    return [*parts, text[start:].strip()]


def _lock(connection: Any, seed: int) -> None:
    for macro in MACROS:
        connection.execute(f"CREATE MACRO {macro}")
    for setting in (
        "TimeZone = 'UTC'",
        "integer_division = true",
        f"memory_limit = '{MEMORY}'",
        "enable_external_access = false",
    ):
        connection.execute(f"SET {setting}")
    connection.execute("SELECT setseed(?)", [seed % 1_000_003 / 1_000_003])
    connection.execute("SET lock_configuration = true")


def _load(connection: Any, name: str, relation: Relation, *, numbered: bool = False) -> None:
    casts = [_cast(column, kind) for column, kind in relation.columns]
    lists = ", ".join(f"unnest(?::VARCHAR[]) AS {quoted(column)}" for column, _ in relation.columns)
    inner = lists or "unnest([]::INTEGER[]) AS nothing"
    text = relation.text or tuple([] for _ in relation.columns)
    if numbered:
        inner += ", unnest(range(?)) AS _place"
        casts.append("_place")
    parameters: list[Any] = [*text, len(text[0])] if numbered else [*text]
    connection.execute(
        f"CREATE TABLE {quoted(name)} AS SELECT {', '.join(casts) or '*'} FROM (SELECT {inner})",
        parameters,
    )
    for file in relation.lines:
        _load_lines(connection, name, relation.columns, file)
    if relation.parquet:
        _load_parquet(connection, name, relation)


def _load_lines(
    connection: Any, name: str, columns: Sequence[tuple[str, str]], file: Lines
) -> None:
    width = len(columns) - len(file.keys)
    values = [
        f"nullif(_parts[{place + 1}], $null) AS {quoted(column)}"
        for place, (column, _) in enumerate(columns[:width])
    ]
    values += [
        f"$key{place}::VARCHAR AS {quoted(column)}"
        for place, (column, _) in enumerate(columns[width:])
    ]
    casts = ", ".join(_cast(column, kind) for column, kind in columns)
    connection.execute(
        f"INSERT INTO {quoted(name)} SELECT {casts} FROM (SELECT {', '.join(values)} FROM "
        "(SELECT string_split(_line, $delimiter) AS _parts FROM "
        "(SELECT unnest(string_split($text, chr(10))) AS _line)))",
        {
            "text": file.text,
            "delimiter": file.delimiter,
            "null": file.null,
            **{f"key{place}": value for place, value in enumerate(file.keys)},
        },
    )


def _cast(column: str, kind: str) -> str:
    name = quoted(column)
    if is_nested(kind):
        return f"TRY_CAST({name}::JSON AS {duck_type(kind)}) AS {name}"
    if duck_type(kind) == "BLOB":
        return f"from_base64({name}) AS {name}"
    return f"TRY_CAST({name} AS {duck_type(kind)}) AS {name}"


def _load_parquet(connection: Any, name: str, relation: Relation) -> None:
    import duckdb

    with tempfile.TemporaryDirectory(prefix="cloudchamber-sql-") as folder:
        path = Path(folder) / "t.parquet"
        for data, keys in relation.parquet:
            path.write_bytes(data)
            try:
                shown = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{path}')")
                there = {each[0].lower(): each[0] for each in shown.fetchall()}
                parts, values = [], []
                for column, kind in relation.columns:
                    if column in keys:
                        parts.append(f"CAST(? AS {duck_type(kind)})")
                        values.append(keys[column])
                    elif column in there:
                        parts.append(f"CAST({quoted(there[column])} AS {duck_type(kind)})")
                    else:
                        parts.append("NULL")
                chosen = ", ".join(parts)
                connection.execute(
                    f"INSERT INTO {quoted(name)} SELECT {chosen} FROM read_parquet('{path}')",
                    values,
                )
            except duckdb.Error as error:
                first = str(error).partition("\n")[0].replace(str(path), "the file")
                raise SqlError("HIVE_CANNOT_OPEN_SPLIT", first) from error


def _fetched(connection: Any, text: str) -> list[tuple[Any, ...]]:
    valve = threading.Timer(WALL_S, connection.interrupt)
    valve.daemon = True
    valve.start()
    try:
        rows: list[tuple[Any, ...]] = connection.execute(text).fetchmany(ROWS_MAX + 1)
    finally:
        valve.cancel()
    if len(rows) > ROWS_MAX:
        raise TooMuch(f"the result has more than {ROWS_MAX} rows")
    return rows


def _fault(query: Query, error: Any) -> Exception:
    """DuckDB's error in Trino's words."""
    import duckdb

    text = str(error)
    first = text.partition("\n")[0].partition(": ")[2]
    if isinstance(error, duckdb.InterruptException):
        return TooMuch(f"the query ran for more than {WALL_S} s")
    if isinstance(error, duckdb.OutOfMemoryException):
        return TooMuch(f"the query needs more than {MEMORY} of memory")
    if found := _MISSING_COLUMN.search(text) or _MISSING_TABLE_COLUMN.search(text):
        line, column = query.position(found[1])
        said = f"line {line}:{column}: Column '{found[1]}' cannot be resolved"
        return SqlError("COLUMN_NOT_FOUND", said)
    if (found := _MISSING_FUNCTION.search(text)) and found[1].lower() in TRINO:
        return NotSimulated(f"the function {found[1].lower()}")
    if found:
        line, column = query.function_position(found[1])
        said = f"line {line}:{column}: Function '{found[1].lower()}' not registered"
        return SqlError("FUNCTION_NOT_FOUND", said)
    if found := _MISSING_TYPE.search(text):
        return NotSimulated(f"the type {found[1].lower()}")
    if found := _NO_OVERLOAD.search(text):
        return _unfitting(query, *found[1].removesuffix(")").partition("(")[::2])
    if found := _NOT_GROUPED.search(text):
        line, column = query.position(found[1])
        said = f"'{found[1]}' must be an aggregate expression or appear in GROUP BY clause"
        return SqlError("EXPRESSION_NOT_AGGREGATE", f"line {line}:{column}: {said}")
    if found := _AMBIGUOUS.search(text):
        line, column = query.position(found[1])
        said = f"line {line}:{column}: Column '{found[1]}' is ambiguous"
        return SqlError("AMBIGUOUS_NAME", said)
    if found := _CONVERSION.search(text):
        wanted = _CAST_NAMES.get(found[2], found[2])
        return SqlError("INVALID_CAST_ARGUMENT", f"Cannot cast '{found[1]}' to {wanted}")
    if "Division by zero" in text:
        return SqlError("DIVISION_BY_ZERO", "Division by zero")
    if isinstance(error, duckdb.BinderException):
        return SqlError("SYNTAX_ERROR", f"line 1:1: {first}")
    if isinstance(error, (duckdb.ConversionException, duckdb.OutOfRangeException)):
        return SqlError("NUMERIC_VALUE_OUT_OF_RANGE", first)
    return SqlError("GENERIC_USER_ERROR", first)


def _unfitting(query: Query, name: str, types: str) -> SqlError:
    """A function or an operator that takes no values of these types."""
    given = ", ".join(kind_of(each).name for each in types.split(", "))
    if not name.isidentifier():
        line, column = query.place_of(name)
        said = f"line {line}:{column}: '{name}' cannot be applied to {given}"
        return SqlError("TYPE_MISMATCH", said)
    line, column = query.function_position(name)
    said = f"line {line}:{column}: Unexpected parameters ({given}) for function {name}"
    return SqlError("FUNCTION_NOT_FOUND", said)
