"""Reads and writes CREATE EXTERNAL TABLE, Hive's longest statement.

Rules of this file: what `create_table` reads, `written` writes, so that each can be tried against
the other.
https://docs.aws.amazon.com/athena/latest/ug/create-table.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.languages.athena.lexer import written as text_of
from cloudchamber.languages.athena.reader import Reader
from cloudchamber.languages.athena.tree import Column, CreateTable, Name, RowFormat, Storage

# What ROW FORMAT DELIMITED says, and the property of LazySimpleSerDe that it sets.
_DELIMITED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "FIELDS TERMINATED BY": "field.delim",
        "ESCAPED BY": "escape.delim",
        "COLLECTION ITEMS TERMINATED BY": "collection.delim",
        "MAP KEYS TERMINATED BY": "mapkey.delim",
        "LINES TERMINATED BY": "line.delim",
        "NULL DEFINED AS": "serialization.null.format",
    }
)


def create_table(reader: Reader, name: Name, *, external: bool, if_not_exists: bool) -> CreateTable:
    """What follows the name. Raises BadStatement."""
    found: dict[str, Any] = {"columns": reader.listed(reader.column)}
    while _clause(reader, found):
        pass
    return CreateTable(name=name, external=external, if_not_exists=if_not_exists, **found)


def _clause(reader: Reader, found: dict[str, Any]) -> bool:
    """Read one clause into `found`; False when none follows."""
    if reader.find("COMMENT"):
        found["comment"] = reader.string()
    elif reader.find("PARTITIONED", "BY"):
        found["partitions"] = reader.listed(reader.column)
    elif reader.find("CLUSTERED", "BY"):
        found["bucket_columns"] = reader.listed(reader.name)
        reader.expect("INTO")
        found["buckets"] = reader.number()
        reader.expect("BUCKETS")
    elif reader.find("ROW", "FORMAT"):
        found["rows"] = _row_format(reader)
    elif reader.find("STORED", "AS"):
        found["storage"] = _storage(reader)
    elif reader.find("LOCATION"):
        found["location"] = reader.string()
    elif reader.find("TBLPROPERTIES"):
        found["properties"] = reader.properties()
    elif reader.find("WITH", "SERDEPROPERTIES"):
        more = reader.properties()
        rows = found.get("rows") or RowFormat()
        found["rows"] = RowFormat(rows.serde, {**rows.properties, **more})
    else:
        return False
    return True


def _row_format(reader: Reader) -> RowFormat:
    if reader.find("SERDE"):
        serde = reader.string()
        return RowFormat(
            serde, reader.properties() if reader.find("WITH", "SERDEPROPERTIES") else {}
        )
    reader.expect("DELIMITED")
    properties: dict[str, str] = {}
    while True:
        said = next((each for each in _DELIMITED if reader.find(*each.split())), None)
        if said is None:
            return RowFormat("", properties)
        properties[_DELIMITED[said]] = reader.string()


def _storage(reader: Reader) -> Storage:
    if reader.find("INPUTFORMAT"):
        reads = reader.string()
        reader.expect("OUTPUTFORMAT")
        return Storage(reads=reads, writes=reader.string())
    return Storage(reader.name().upper())


def written(table: CreateTable) -> str:
    """The statement again, in the order in which SHOW CREATE TABLE writes it."""
    parts = ["CREATE EXTERNAL TABLE" if table.external else "CREATE TABLE"]
    if table.if_not_exists:
        parts.append("IF NOT EXISTS")
    parts.append(".".join(_name(each) for each in (table.name.database, table.name.table) if each))
    lines = [f"{' '.join(parts)}(", _columns(table.columns)]
    if table.comment:
        lines.append(f"COMMENT {text_of(table.comment)}")
    if table.partitions:
        lines += ["PARTITIONED BY (", _columns(table.partitions)]
    if table.bucket_columns:
        names = ", ".join(_name(each) for each in table.bucket_columns)
        lines.append(f"CLUSTERED BY ({names}) INTO {table.buckets} BUCKETS")
    lines += _rows(table.rows)
    if table.storage is not None:
        lines += _stored(table.storage)
    if table.location:
        lines += ["LOCATION", f"  {text_of(table.location)}"]
    if table.properties:
        lines += ["TBLPROPERTIES (", _pairs(table.properties)]
    return "\n".join(lines)


def _name(name: str) -> str:
    return "`" + name.replace("`", "``") + "`"


def _columns(columns: tuple[Column, ...]) -> str:
    rows = [
        f"  {_name(column.name)} {column.type}"
        + (f" COMMENT {text_of(column.comment)}" if column.comment else "")
        for column in columns
    ]
    return ",\n".join(rows) + ")"


def _pairs(properties: Mapping[str, str]) -> str:
    rows = [f"  {text_of(key)}={text_of(value)}" for key, value in properties.items()]
    return ",\n".join(rows) + ")"


def _rows(rows: RowFormat | None) -> list[str]:
    if rows is None:
        return []
    if rows.serde:
        lines = ["ROW FORMAT SERDE", f"  {text_of(rows.serde)}"]
        return (
            [*lines, "WITH SERDEPROPERTIES (", _pairs(rows.properties)]
            if rows.properties
            else lines
        )
    words = {key: said for said, key in _DELIMITED.items()}
    said = [f"  {words[key]} {text_of(value)}" for key, value in rows.properties.items()]
    return ["ROW FORMAT DELIMITED", *said]


def _stored(storage: Storage) -> list[str]:
    if storage.format:
        return [f"STORED AS {storage.format}"]
    return [
        "STORED AS INPUTFORMAT",
        f"  {text_of(storage.reads)}",
        "OUTPUTFORMAT",
        f"  {text_of(storage.writes)}",
    ]
