"""SHOW and DESCRIBE: what the catalog holds, as Hive writes it.

https://docs.aws.amazon.com/athena/latest/ug/show-tables.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cloudchamber.languages.athena import tree
from cloudchamber.languages.athena.tables import written
from cloudchamber.services.athena.ddl import expect_table, no_database, task_failed
from cloudchamber.services.athena.formats import LAZY
from cloudchamber.services.athena.nouns import ResultColumn
from cloudchamber.services.athena.queries import is_view, read_view
from cloudchamber.services.athena.runs import DDL_FAILED, Failed, Outcome, Run

_WIDTH: Final = 20


def show(run: Run, said: tree.Show) -> Outcome:
    """SHOW, whatever of. Raises Failed."""
    if said.what == "databases":
        names = (each["Name"] for each in run.pages("GetDatabases", "DatabaseList", {}))
        return _list("database_name", _matching(names, said.pattern))
    if said.what in ("tables", "views"):
        return _tables(run, said)
    if said.name is None:
        raise Failed("FAILED: ParseException", DDL_FAILED)
    name = said.name
    if said.database:
        name = tree.Name(said.name.table, said.database)
    table = expect_table(run, name)
    if said.what == "partitions":
        return _partitions(run, table)
    if said.what == "columns":
        return _list("field", [_padded(each["Name"]) for each in _all_columns(table)])
    if said.what == "properties":
        return _properties(table, said.pattern)
    if said.what == "create-view" or is_view(table):
        return _create_view(table)
    return _list("createtab_stmt", written(statement_of(table)).split("\n"))


def describe(run: Run, said: tree.Describe) -> Outcome:
    """DESCRIBE: columns, then partition keys. Raises Failed."""
    table = expect_table(run, said.name)
    columns = _all_columns(table)
    if said.column:
        columns = [each for each in columns if each["Name"].lower() == said.column.lower()]
        if not columns:
            raise task_failed(f"[Error 10004]: Invalid column {said.column}")
    lines = [_described(each) for each in columns]
    keys = table.get("PartitionKeys", [])
    if keys and not said.column:
        blank = "\t".join([" " * _WIDTH] * 3)
        heading = "# col_name            \tdata_type           \tcomment             "
        lines += [blank, "# Partition Information", heading, blank]
        lines += [_described(each) for each in keys]
    if said.detail:
        lines += ["", "# Detailed Table Information", *_details(table)]
    names = ("col_name", "data_type", "comment")
    return Outcome(
        columns=[ResultColumn(name, "string", 0, 0) for name in names],
        rows=[[line] for line in lines],
    )


def statement_of(table: Mapping[str, Any]) -> tree.CreateTable:
    """The CREATE EXTERNAL TABLE that makes a table of the catalog."""
    storage = table.get("StorageDescriptor", {})
    serde = storage.get("SerdeInfo", {})
    properties = dict(table.get("Parameters", {}))
    comment = properties.pop("comment", "")
    properties.pop("EXTERNAL", None)
    return tree.CreateTable(
        name=tree.Name(table["Name"]),
        columns=_columns(storage.get("Columns", ())),
        comment=comment,
        partitions=_columns(table.get("PartitionKeys", ())),
        rows=tree.RowFormat(
            serde.get("SerializationLibrary", LAZY), dict(serde.get("Parameters", {}))
        ),
        storage=tree.Storage(
            reads=storage.get("InputFormat", ""), writes=storage.get("OutputFormat", "")
        ),
        location=storage.get("Location", ""),
        properties=properties,
    )


def _columns(columns: Iterable[Mapping[str, Any]]) -> tuple[tree.Column, ...]:
    return tuple(
        tree.Column(each["Name"], each.get("Type", "string"), each.get("Comment", ""))
        for each in columns
    )


def _all_columns(table: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    plain = table.get("StorageDescriptor", {}).get("Columns", [])
    return [*plain, *table.get("PartitionKeys", ())]


def _tables(run: Run, said: tree.Show) -> Outcome:
    schema = (said.database or run.database).lower()
    if run.find("GetDatabase", {"Name": schema}) is None:
        raise no_database(schema)
    rows = run.pages("GetTables", "TableList", {"DatabaseName": schema})
    names = (each["Name"] for each in rows if said.what == "tables" or is_view(each))
    return _list("tab_name" if said.what == "tables" else "views", _matching(names, said.pattern))


def _partitions(run: Run, table: Mapping[str, Any]) -> Outcome:
    keys = [each["Name"] for each in table.get("PartitionKeys", ())]
    if not keys:
        raise task_failed(f"Table {table['Name']} is not a partitioned table")
    asked = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
    names = [
        "/".join(f"{key}={value}" for key, value in zip(keys, each["Values"], strict=True))
        for each in run.pages("GetPartitions", "Partitions", asked)
    ]
    return _list("partition", names)


def _properties(table: Mapping[str, Any], key: str) -> Outcome:
    properties = table.get("Parameters", {})
    if key:
        value = properties.get(key)
        said = (
            value if value is not None else f"Table {table['Name']} does not have property: {key}"
        )
        return _list("prpt_name", [said])
    return _list("prpt_name", [f"{name}\t{value}" for name, value in sorted(properties.items())])


def _create_view(table: Mapping[str, Any]) -> Outcome:
    if not is_view(table):
        raise Failed(f"line 1:1: Relation '{table['Name']}' is not a view", DDL_FAILED)
    query, _ = read_view(table.get("ViewOriginalText", ""))
    return _list("Create View", f"CREATE VIEW {table['Name']} AS\n{query}".split("\n"))


def _list(name: str, rows: Iterable[str]) -> Outcome:
    return Outcome(columns=[ResultColumn(name, "string", 0, 0)], rows=[[row] for row in rows])


def _matching(names: Iterable[str], pattern: str) -> list[str]:
    """The names that match: `*` is anything, `|` parts alternatives, as Hive has it."""
    if not pattern:
        return list(names)
    parts = pattern.replace(".*", "*").split("|")
    wanted = re.compile(
        "|".join(".*".join(re.escape(each) for each in part.split("*")) for part in parts),
        re.IGNORECASE,
    )
    return [name for name in names if wanted.fullmatch(name)]


def _padded(text: str) -> str:
    return text.ljust(_WIDTH)


def _described(column: Mapping[str, Any]) -> str:
    parts = (column["Name"], column.get("Type", ""), column.get("Comment", ""))
    return "\t".join(_padded(part) for part in parts)


def _details(table: Mapping[str, Any]) -> list[str]:
    storage = table.get("StorageDescriptor", {})
    pairs = {
        "Database:": table["DatabaseName"],
        "Owner:": table.get("Owner", ""),
        "Location:": storage.get("Location", ""),
        "Table Type:": table.get("TableType", ""),
        "SerDe Library:": storage.get("SerdeInfo", {}).get("SerializationLibrary", ""),
        "InputFormat:": storage.get("InputFormat", ""),
        "OutputFormat:": storage.get("OutputFormat", ""),
        **table.get("Parameters", {}),
    }
    return [f"{_padded(name)}\t{value}" for name, value in pairs.items()]
