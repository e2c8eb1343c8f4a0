"""Queries: what they name is found in the catalog, read from S3, and asked of the engine.

Rules of this file: names are resolved here. A view stands for its query, in its own database; the
tables of information_schema are made of what Glue tells.
https://docs.aws.amazon.com/athena/latest/ug/select.html
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.engines.sql import database as engine
from cloudchamber.engines.sql.database import Relation, Result
from cloudchamber.engines.sql.errors import NotSimulated, SqlError, TooMuch
from cloudchamber.engines.sql.query import Query, TableRef
from cloudchamber.engines.sql.values import kind_of
from cloudchamber.services.athena.catalogs import expect_glue_catalog
from cloudchamber.services.athena.nouns import AWS_CATALOG, ResultColumn
from cloudchamber.services.athena.runs import (
    DATA_ERROR,
    OTHER,
    SYNTAX_ERROR,
    USER_ERROR,
    Failed,
    Outcome,
    Run,
)
from cloudchamber.services.athena.sources import columns_of, relation, shown_columns

_PARTITIONS: Final = "$partitions"
_VIEWS_DEEP: Final = 20
_ANALYSIS: Final = frozenset(
    "SYNTAX_ERROR TABLE_NOT_FOUND SCHEMA_NOT_FOUND CATALOG_NOT_FOUND COLUMN_NOT_FOUND "
    "FUNCTION_NOT_FOUND TYPE_MISMATCH INVALID_PARAMETER_USAGE EXPRESSION_NOT_AGGREGATE "
    "AMBIGUOUS_NAME".split()
)
_VIEW: Final = "/* Presto View: "
_INFORMATION: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "schemata": ("catalog_name", "schema_name"),
        "tables": ("table_catalog", "table_schema", "table_name", "table_type"),
        "columns": (
            "table_catalog",
            "table_schema",
            "table_name",
            "column_name",
            "ordinal_position",
            "is_nullable",
            "data_type",
        ),
    }
)
_TRINO_NAMES: Final = (("string", "varchar"), ("int", "integer"), ("float", "real"))

Engine = Callable[[Query, Mapping[str, Relation], int, int], Result]


def select(run: Run, text: str, parameters: list[str]) -> Outcome:
    """The rows of a query, as they are written into its result. Raises Failed."""
    result = answer(run, text, parameters)
    columns = [_column(name, kind) for name, kind in result.columns]
    return Outcome(columns=columns, rows=result.texts(), header=True)


def answer(
    run: Run,
    text: str,
    parameters: list[str],
    *,
    empty: bool = False,
    how: Engine = engine.run,
) -> Result:
    """The rows of a query; with `empty` nothing is read, for who wants to know the columns.

    Raises Failed.
    """
    try:
        query = Query(text)
        query.bind(parameters)
        relations: dict[str, Relation] = {}
        _assemble(run, query, run.database, relations, empty=empty, depth=0)
        seed = run.call.stream(run.call.arn(f"execution/{run.row.id}"), "random").below(10**6)
        return how(query, relations, run.row.submitted_ns, seed)
    except SqlError as error:
        kind = SYNTAX_ERROR if error.kind in _ANALYSIS else DATA_ERROR
        raise Failed(str(error), kind) from error
    except NotSimulated as error:
        raise Failed(f"Cloudchamber does not simulate {error}", USER_ERROR, OTHER) from error
    except TooMuch as error:
        raise Failed(f"Cloudchamber stopped the query: {error}", USER_ERROR, OTHER) from error


def view_text(query: str, database: str, columns: list[tuple[str, str]]) -> str:
    """How a view is kept in the catalog."""
    said = {
        "originalSql": query,
        "catalog": AWS_CATALOG.lower(),
        "schema": database,
        "columns": [{"name": name, "type": _trino(kind)} for name, kind in columns],
    }
    return f"{_VIEW}{base64.b64encode(json.dumps(said).encode()).decode()} */"


def read_view(text: str) -> tuple[str, str]:
    """A view's query and its database. Raises Failed for what is no view of Athena's."""
    encoded = text.removeprefix(_VIEW).removesuffix(" */")
    try:
        said = json.loads(base64.b64decode(encoded))
        return str(said["originalSql"]), str(said["schema"])
    except (ValueError, KeyError, TypeError) as error:
        raise Failed("INVALID_VIEW: the view's text cannot be read", SYNTAX_ERROR) from error


def is_view(table: Mapping[str, Any]) -> bool:
    """Whether a table of the catalog is a view."""
    return table.get("TableType") == "VIRTUAL_VIEW"


def text_column(name: str) -> ResultColumn:
    """A column of text that is no query's."""
    return ResultColumn(name, "varchar")


def _assemble(
    run: Run,
    query: Query,
    database: str,
    relations: dict[str, Relation],
    *,
    empty: bool,
    depth: int,
) -> None:
    if depth > _VIEWS_DEEP:
        raise Failed("INVALID_VIEW: views are nested too deeply", SYNTAX_ERROR)
    tables: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for ref in query.tables():
        if ref.key not in tables:
            tables[ref.key] = _expect(run, ref, database)
    query.check_types(
        lambda ref: None if is_view(tables[ref.key]) else dict(columns_of(tables[ref.key]))
    )
    names: dict[tuple[str, str, str], str] = {}
    for ref in query.tables():
        table = tables[ref.key]
        if ref.key in names or is_view(table):
            continue
        name = names[ref.key] = f"t{len(relations)}"
        made = table.get("made")
        if made is not None:
            relations[name] = made
        elif empty:
            relations[name] = Relation(tuple(shown_columns(table, query)))
        else:
            relations[name] = relation(run, table, query, ref)

    def replaced(ref: TableRef) -> str | Query:
        if ref.key in names:
            return names[ref.key]
        text, schema = read_view(tables[ref.key].get("ViewOriginalText", ""))
        inner = Query(text)
        _assemble(run, inner, schema, relations, empty=empty, depth=depth + 1)
        return inner

    if query.asks_path:
        query.hide_path(lambda ref: ref.key in names and "made" not in tables[ref.key])
    query.put(replaced)


def _expect(run: Run, ref: TableRef, database: str) -> Mapping[str, Any]:
    """The table that is meant. Raises SqlError."""
    catalog = ref.catalog or run.row.catalog or AWS_CATALOG
    place = f"line {ref.line}:{ref.column}"
    if catalog.lower() not in (AWS_CATALOG.lower(), "hive"):
        expect_glue_catalog(run.call, catalog)
    schema = ref.database or database
    if schema == "information_schema":
        return _information(run, ref, place)
    found = run.find_table(schema, ref.name)
    if found is not None:
        return found
    whole = run.find_table(schema, ref.name.removesuffix(_PARTITIONS))
    if whole is not None and whole.get("PartitionKeys"):
        return _partitions(run, schema, whole)
    if run.find("GetDatabase", {"Name": schema}) is None:
        raise SqlError("SCHEMA_NOT_FOUND", f"{place}: Schema '{schema}' does not exist")
    named = f"{catalog.lower()}.{schema}.{ref.name}"
    raise SqlError("TABLE_NOT_FOUND", f"{place}: Table '{named}' does not exist")


def _partitions(run: Run, schema: str, table: Mapping[str, Any]) -> Mapping[str, Any]:
    """The hidden table that has a row for each of a table's partitions in the catalog.

    https://docs.aws.amazon.com/athena/latest/ug/show-partitions.html
    """
    asked = {"DatabaseName": schema, "TableName": table["Name"]}
    rows = [each["Values"] for each in run.pages("GetPartitions", "Partitions", asked)]
    keys = table["PartitionKeys"]
    text = tuple([row[at] for row in rows] for at in range(len(keys)))
    types = tuple((each["Name"].lower(), each.get("Type", "string")) for each in keys)
    return {"made": Relation(types, text), "StorageDescriptor": {"Columns": keys}}


def _information(run: Run, ref: TableRef, place: str) -> Mapping[str, Any]:
    """A table of information_schema, with its rows. Raises SqlError."""
    catalog = AWS_CATALOG.lower()
    schemas = [each["Name"] for each in run.pages("GetDatabases", "DatabaseList", {})]
    names = _INFORMATION.get(ref.name)
    if names is None:
        named = f"{catalog}.information_schema.{ref.name}"
        raise SqlError("TABLE_NOT_FOUND", f"{place}: Table '{named}' does not exist")
    rows: list[list[str | None]] = [[catalog, schema] for schema in schemas]
    if ref.name != "schemata":
        rows = []
        for schema, table in _tables(run, schemas):
            start = [catalog, schema, table["Name"]]
            if ref.name == "tables":
                rows.append([*start, "VIEW" if is_view(table) else "BASE TABLE"])
                continue
            for number, (column, kind) in enumerate(columns_of(table), 1):
                rows.append([*start, column, str(number), "YES", _trino(kind)])
    types = [(name, "bigint" if name == "ordinal_position" else "varchar") for name in names]
    text = tuple([row[at] for row in rows] for at in range(len(names)))
    columns = [{"Name": name, "Type": kind} for name, kind in types]
    return {"made": Relation(tuple(types), text), "StorageDescriptor": {"Columns": columns}}


def _tables(run: Run, schemas: list[str]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (schema, table)
        for schema in schemas
        for table in run.pages("GetTables", "TableList", {"DatabaseName": schema})
    ]


def _trino(kind: str) -> str:
    base = kind.partition("(")[0]
    return dict(_TRINO_NAMES).get(base, kind) if base == kind else kind


def _column(name: str, duck: str) -> ResultColumn:
    kind = kind_of(duck)
    return ResultColumn(name, kind.name, kind.precision, kind.scale)
