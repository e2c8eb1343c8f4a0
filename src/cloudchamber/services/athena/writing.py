"""Statements that write: CREATE TABLE AS, INSERT INTO, UNLOAD, CREATE VIEW.

Rules of this file: a query is run first, then everything is checked, then files are written, and
last of all the catalog changes.
https://docs.aws.amazon.com/athena/latest/ug/ctas.html
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.engines.sql.database import PARQUET as COMPRESSIONS
from cloudchamber.engines.sql.database import Result, parquet_of
from cloudchamber.engines.sql.values import hive_type, written
from cloudchamber.languages.athena import tree
from cloudchamber.services.athena import ddl, queries
from cloudchamber.services.athena.formats import FORMATS, JSON, LAZY, PARQUET, reader_of
from cloudchamber.services.athena.nouns import ResultColumn
from cloudchamber.services.athena.runs import (
    OTHER,
    SYNTAX_ERROR,
    Failed,
    Outcome,
    Run,
    bucket_and_key,
)

_DEFAULT: Final = "GZIP"
_WRITERS: Final = ("PARQUET", "TEXTFILE", "JSON")
_KNOWN: Final = frozenset(
    "format external_location partitioned_by field_delimiter write_compression "
    "parquet_compression is_external table_type compression".split()
)
_ROWS: Final = (ResultColumn("rows", "bigint", 19, 0),)


class Target:
    """Where rows go: format, folder, delimiter, the partition keys at their end, compression."""

    __slots__ = ("compression", "delimiter", "folder", "format", "keys")

    def __init__(
        self,
        form: str,
        folder: str,
        delimiter: str,
        keys: Sequence[str],
        compression: str = _DEFAULT,
    ) -> None:
        self.format = form
        self.folder = folder if folder.endswith("/") else f"{folder}/"
        self.delimiter = delimiter
        self.keys = tuple(keys)
        self.compression = compression

    @property
    def ending(self) -> str:
        """What a file's name ends in."""
        return ".gz" if self.format != "PARQUET" and self.compression == _DEFAULT else ""


def create_table_as(run: Run, said: tree.CreateTableAs) -> Outcome:
    """CREATE TABLE AS: a table of what a query gives. Raises Failed."""
    schema, name = ddl.schema_of(run, said.name), said.name.table.lower()
    if run.find_table(schema, name) is not None:
        if said.if_not_exists:
            return Outcome()
        raise Failed(
            f"TABLE_ALREADY_EXISTS: line 1:1: Destination table '{schema}.{name}' already exists",
            SYNTAX_ERROR,
        )
    if run.find("GetDatabase", {"Name": schema}) is None:
        raise Failed(f"SCHEMA_NOT_FOUND: line 1:1: Schema '{schema}' does not exist", SYNTAX_ERROR)
    folder = said.properties.get("external_location") or f"{run.row.folder}tables/{run.row.id}/"
    target = _target(said.properties, str(folder))
    _expect_empty(run, target.folder, f"{schema}.{name}")
    result = queries.answer(run, said.query, run.row.parameters, empty=not said.with_data)
    _expect_names(result)
    files, folders = _write(run, target, result)
    table = _table(name, target, result)
    run.glue("CreateTable", {"DatabaseName": schema, "TableInput": table})
    if folders:
        inputs = ddl.partition_inputs(table, folders)
        ddl.create_missing(run, {**table, "DatabaseName": schema}, inputs)
    return Outcome(columns=[*_ROWS], updated=len(result.rows), files=files)


def insert(run: Run, said: tree.Insert) -> Outcome:
    """INSERT INTO: more files for a table. Raises Failed."""
    table = ddl_table(run, said.name)
    storage = table["StorageDescriptor"]
    reader = reader_of(storage)
    form = {"parquet": "PARQUET", "delimited": "TEXTFILE", "json": "JSON"}.get(reader or "")
    if form is None:
        raise Failed(
            "NOT_SUPPORTED: Inserting into a table of this SerDe is not supported", SYNTAX_ERROR
        )
    properties = storage.get("SerdeInfo", {}).get("Parameters", {})
    delimiter = properties.get("field.delim", "\x01")
    keys = [each["Name"].lower() for each in table.get("PartitionKeys", ())]
    target = Target(form, storage.get("Location", ""), delimiter, keys)
    columns = [
        (each["Name"].lower(), each.get("Type", "string"))
        for each in (*storage.get("Columns", ()), *table.get("PartitionKeys", ()))
    ]
    result = _fitted(queries.answer(run, said.query, run.row.parameters), columns, said.columns)
    files, folders = _write(run, target, result)
    ddl.create_missing(run, table, ddl.partition_inputs(table, folders))
    return Outcome(columns=[*_ROWS], updated=len(result.rows), files=files)


def change_rows(run: Run, said: tree.ChangeRows) -> Outcome:
    """DELETE, UPDATE, MERGE: only for Iceberg tables, of which there is none. Raises Failed."""
    ddl_table(run, said.name)
    text = "Modifying Hive table rows is only supported for transactional tables"
    raise Failed(f"NOT_SUPPORTED: {text}", SYNTAX_ERROR)


def unload(run: Run, said: tree.Unload) -> Outcome:
    """UNLOAD: files of what a query gives, no table. Raises Failed."""
    if "format" not in said.properties:
        raise Failed("line 1:1: UNLOAD needs the property format", SYNTAX_ERROR)
    target = _target(said.properties, said.location)
    _expect_empty(run, target.folder, said.location)
    result = queries.answer(run, said.query, run.row.parameters)
    files, _ = _write(run, target, result)
    return Outcome(columns=[*_ROWS], updated=len(result.rows), files=files)


def create_view(run: Run, said: tree.CreateView) -> Outcome:
    """CREATE VIEW: the query is tried without data, and kept. Raises Failed."""
    schema, name = ddl.schema_of(run, said.name), said.name.table.lower()
    found = run.find_table(schema, name)
    if found is not None and (not said.replace or not queries.is_view(found)):
        raise Failed(f"line 1:1: View already exists: awsdatacatalog.{schema}.{name}", SYNTAX_ERROR)
    if run.find("GetDatabase", {"Name": schema}) is None:
        raise Failed(f"SCHEMA_NOT_FOUND: line 1:1: Schema '{schema}' does not exist", SYNTAX_ERROR)
    result = queries.answer(run, said.query, run.row.parameters, empty=True)
    _expect_names(result)
    columns = [(each, hive_type(kind)) for each, kind in result.columns]
    given = {
        "Name": name,
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "StorageDescriptor": {
            "Columns": [{"Name": each.lower(), "Type": kind} for each, kind in columns],
            "Location": "",
            "SerdeInfo": {},
        },
        "ViewOriginalText": queries.view_text(said.query, run.database, columns),
        "ViewExpandedText": "/* Presto View */",
    }
    operation = "CreateTable" if found is None else "UpdateTable"
    run.glue(operation, {"DatabaseName": schema, "TableInput": given})
    return Outcome()


def ddl_table(run: Run, name: tree.Name) -> dict[str, Any]:
    """The table that is inserted into, in Trino's words when it is not there. Raises Failed."""
    schema, table = ddl.schema_of(run, name), name.table.lower()
    found = run.find_table(schema, table)
    if found is None:
        named = f"awsdatacatalog.{schema}.{table}"
        raise Failed(f"TABLE_NOT_FOUND: line 1:1: Table '{named}' does not exist", SYNTAX_ERROR)
    if queries.is_view(found):
        raise Failed("NOT_SUPPORTED: Inserting into views is not supported", SYNTAX_ERROR)
    return found


def _target(properties: Mapping[str, str | tuple[str, ...]], folder: str) -> Target:
    """Where and how a CTAS or an UNLOAD writes. Raises Failed."""
    form = str(properties.get("format", "PARQUET")).upper()
    form = {"TEXT": "TEXTFILE"}.get(form, form)
    unknown = sorted(set(properties) - _KNOWN)
    if (
        unknown
        or form not in _WRITERS
        or str(properties.get("table_type", "hive")).lower() != "hive"
    ):
        what = f"the property {unknown[0]}" if unknown else f"tables of {form}"
        if "table_type" in properties and not unknown:
            what = f"tables of the type {properties['table_type']}"
        raise Failed(f"Cloudchamber does not write {what}", category=OTHER)
    named = (properties.get(f"{each}compression") for each in ("write_", "parquet_", ""))
    compression = str(next(filter(None, named), _DEFAULT)).upper()
    if compression not in (COMPRESSIONS if form == "PARQUET" else (_DEFAULT, "NONE")):
        raise Failed(
            f"Cloudchamber does not write {form} compressed by {compression}", category=OTHER
        )
    keys = properties.get("partitioned_by", ())
    names = (keys,) if isinstance(keys, str) else keys
    bucket_and_key(folder)
    delimiter = str(properties.get("field_delimiter", "\x01"))
    return Target(form, folder, delimiter, [each.lower() for each in names], compression)


def _expect_empty(run: Run, folder: str, name: str) -> None:
    bucket, prefix = bucket_and_key(folder)
    if next(iter(run.listed(bucket, prefix)), None) is not None:
        raise Failed(
            f"HIVE_PATH_ALREADY_EXISTS: Target directory for table '{name}' already exists: "
            f"{folder}. You may need to manually clean the data at location before retrying.",
            SYNTAX_ERROR,
        )


def _expect_names(result: Result) -> None:
    """Every column has a name, and only one. Raises Failed."""
    names = [name.lower() for name, _ in result.columns]
    for place, name in enumerate(names):
        if name == f"_col{place}":
            raise Failed(
                f"MISSING_COLUMN_NAME: line 1:1: Column name not specified at position {place + 1}",
                SYNTAX_ERROR,
            )
        if names.count(name) > 1:
            raise Failed(
                f"DUPLICATE_COLUMN_NAME: line 1:1: Column name '{name}' specified more than once",
                SYNTAX_ERROR,
            )


def _fitted(result: Result, columns: Sequence[tuple[str, str]], chosen: Sequence[str]) -> Result:
    """A query's rows in the order and types of a table. Raises Failed."""
    from_names = [name.lower() for name in chosen] or [name for name, _ in columns]
    if len(from_names) != len(result.columns):
        raise Failed(
            "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: "
            f"Table has {len(from_names)} columns, query has {len(result.columns)}",
            SYNTAX_ERROR,
        )
    known = [name for name, _ in columns]
    missing = next((name for name in from_names if name not in known), None)
    if missing is not None:
        raise Failed(
            f"COLUMN_NOT_FOUND: line 1:1: Insert column name does not exist in target table: "
            f"{missing}",
            SYNTAX_ERROR,
        )
    places = [from_names.index(name) if name in from_names else None for name in known]
    rows = [tuple(None if at is None else row[at] for at in places) for row in result.rows]
    kinds = [
        (name, "VARCHAR" if at is None else result.columns[at][1])
        for name, at in zip(known, places, strict=True)
    ]
    return Result(tuple(kinds), rows)


def _write(
    run: Run, target: Target, result: Result
) -> tuple[list[str], dict[tuple[str, ...], str]]:
    """Write the rows; the files, and where each partition lies."""
    width = len(result.columns) - len(target.keys)
    names = [name.lower() for name, _ in result.columns]
    if tuple(names[width:]) != target.keys:
        raise Failed(
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and "
            f"in the same order as the table properties: {list(target.keys)}",
            SYNTAX_ERROR,
        )
    parts: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for row in result.rows:
        values = tuple(_key(value) for value in row[width:])
        parts.setdefault(values, []).append(row[:width])
    files, folders = [], {}
    stem = _stem(run)
    for number, (values, rows) in enumerate(parts.items()):
        pairs = zip(target.keys, values, strict=True)
        folder = target.folder + "".join(f"{key}={value}/" for key, value in pairs)
        held = Result(result.columns[:width], rows)
        location = f"{folder}{stem}_{number:05d}{target.ending}"
        run.write(location, _encoded(target, held))
        files.append(location)
        if target.keys:
            folders[values] = folder
    return files, folders


def _key(value: Any) -> str:
    text = written(value)
    return "__HIVE_DEFAULT_PARTITION__" if text is None else text


def _stem(run: Run) -> str:
    moment = datetime.fromtimestamp(run.call.now // SECOND_NS, UTC)
    return f"{moment:%Y%m%d_%H%M%S}_{run.row.number:05d}_{run.row.id}"


def _encoded(target: Target, result: Result) -> bytes:
    if target.format == "PARQUET":
        return parquet_of(result, target.compression)
    if target.format == "JSON":
        names = [name.lower() for name, _ in result.columns]
        lines = [
            json.dumps(dict(zip(names, row, strict=True)), default=written) for row in result.rows
        ]
    else:
        lines = [
            target.delimiter.join("\\N" if each is None else each for each in row)
            for row in result.texts()
        ]
    text = "".join(f"{line}\n" for line in lines).encode()
    # The moment does not stand in the file: equal rows are equal bytes.
    return gzip.compress(text, mtime=0) if target.ending else text


def _table(name: str, target: Target, result: Result) -> dict[str, Any]:
    form = FORMATS[target.format]
    columns = [{"Name": each.lower(), "Type": hive_type(kind)} for each, kind in result.columns]
    width = len(columns) - len(target.keys)
    serde = {"PARQUET": PARQUET, "JSON": JSON, "TEXTFILE": LAZY}[target.format]
    parameters = {"serialization.format": "1"}
    if target.format == "TEXTFILE":
        parameters["field.delim"] = target.delimiter
    return {
        "Name": name,
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "has_encrypted_data": "false"},
        "PartitionKeys": columns[width:],
        "StorageDescriptor": {
            "Columns": columns[:width],
            "Location": target.folder,
            "InputFormat": form.reads,
            "OutputFormat": form.writes,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": parameters},
        },
    }
