"""What Athena's statements are, once read.

Rules of this file: data. Names are as written, without quotes; `database` is "" where none stands.
https://docs.aws.amazon.com/athena/latest/ug/ddl-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal

import msgspec

NONE: Final[Mapping[str, str]] = MappingProxyType({})


class Name(msgspec.Struct, frozen=True):
    """A table's name, maybe with its database and catalog."""

    table: str
    database: str = ""
    catalog: str = ""


class Column(msgspec.Struct, frozen=True):
    """A column: its name, its type as written in lower case without spaces, its comment."""

    name: str
    type: str
    comment: str = ""


class RowFormat(msgspec.Struct, frozen=True):
    """How rows lie in a file: a SerDe's class ("" for the format's own) and its properties."""

    serde: str = ""
    properties: Mapping[str, str] = NONE


class Storage(msgspec.Struct, frozen=True):
    """What files a table has: a format's name, or the classes that read and write them."""

    format: str = ""
    reads: str = ""
    writes: str = ""


class CreateDatabase(msgspec.Struct, frozen=True):
    """CREATE DATABASE."""

    name: str
    if_not_exists: bool = False
    comment: str = ""
    location: str = ""
    properties: Mapping[str, str] = NONE


class DropDatabase(msgspec.Struct, frozen=True):
    """DROP DATABASE; `cascade` takes tables along."""

    name: str
    if_exists: bool = False
    cascade: bool = False


class AlterDatabase(msgspec.Struct, frozen=True):
    """ALTER DATABASE ... SET DBPROPERTIES."""

    name: str
    properties: Mapping[str, str]


class CreateTable(msgspec.Struct, frozen=True):
    """CREATE EXTERNAL TABLE. `external` False is an Iceberg table."""

    name: Name
    columns: tuple[Column, ...]
    external: bool = True
    if_not_exists: bool = False
    comment: str = ""
    partitions: tuple[Column, ...] = ()
    rows: RowFormat | None = None
    storage: Storage | None = None
    location: str = ""
    properties: Mapping[str, str] = NONE
    bucket_columns: tuple[str, ...] = ()
    buckets: int = 0


class DropTable(msgspec.Struct, frozen=True):
    """DROP TABLE or DROP VIEW."""

    name: Name
    if_exists: bool = False
    view: bool = False


class PartitionSpec(msgspec.Struct, frozen=True):
    """PARTITION (key = value, ...) and where it lies."""

    values: Mapping[str, str]
    location: str = ""


class AddPartitions(msgspec.Struct, frozen=True):
    """ALTER TABLE ... ADD PARTITION."""

    name: Name
    specs: tuple[PartitionSpec, ...]
    if_not_exists: bool = False


class DropPartitions(msgspec.Struct, frozen=True):
    """ALTER TABLE ... DROP PARTITION."""

    name: Name
    specs: tuple[PartitionSpec, ...]
    if_exists: bool = False


class RenamePartition(msgspec.Struct, frozen=True):
    """ALTER TABLE ... PARTITION (...) RENAME TO PARTITION (...)."""

    name: Name
    old: PartitionSpec
    new: PartitionSpec


class SetLocation(msgspec.Struct, frozen=True):
    """ALTER TABLE ... [PARTITION (...)] SET LOCATION."""

    name: Name
    location: str
    spec: PartitionSpec | None = None


class SetProperties(msgspec.Struct, frozen=True):
    """ALTER TABLE ... SET TBLPROPERTIES."""

    name: Name
    properties: Mapping[str, str]


class ChangeColumns(msgspec.Struct, frozen=True):
    """ALTER TABLE ... ADD COLUMNS or REPLACE COLUMNS."""

    name: Name
    columns: tuple[Column, ...]
    replace: bool = False


class Repair(msgspec.Struct, frozen=True):
    """MSCK REPAIR TABLE."""

    name: Name


class Show(msgspec.Struct, frozen=True):
    """SHOW ...: what, of which table or database, and a pattern."""

    what: Literal[
        "databases", "tables", "partitions", "columns", "properties", "create-table", "views",
        "create-view",
    ]  # fmt: skip
    name: Name | None = None
    database: str = ""
    pattern: str = ""


class Describe(msgspec.Struct, frozen=True):
    """DESCRIBE; `detail` is "", EXTENDED or FORMATTED."""

    name: Name
    detail: str = ""
    column: str = ""


class Select(msgspec.Struct, frozen=True):
    """A query, as it was written."""

    query: str


class CreateTableAs(msgspec.Struct, frozen=True):
    """CREATE TABLE ... AS. Properties are texts, or tuples of texts for ARRAY[...]."""

    name: Name
    query: str
    if_not_exists: bool = False
    properties: Mapping[str, str | tuple[str, ...]] = MappingProxyType({})
    with_data: bool = True


class CreateView(msgspec.Struct, frozen=True):
    """CREATE [OR REPLACE] VIEW."""

    name: Name
    query: str
    replace: bool = False


class Insert(msgspec.Struct, frozen=True):
    """INSERT INTO ... query."""

    name: Name
    query: str
    columns: tuple[str, ...] = ()


class ChangeRows(msgspec.Struct, frozen=True):
    """DELETE, UPDATE or MERGE; which rows and how is not read: no table here has such rows."""

    verb: str
    name: Name


class Unload(msgspec.Struct, frozen=True):
    """UNLOAD (query) TO '...' WITH (...)."""

    query: str
    location: str
    properties: Mapping[str, str | tuple[str, ...]]


class Explain(msgspec.Struct, frozen=True):
    """EXPLAIN [ANALYZE] query."""

    query: str
    analyze: bool = False


class Prepare(msgspec.Struct, frozen=True):
    """PREPARE name FROM statement."""

    name: str
    query: str


class Execute(msgspec.Struct, frozen=True):
    """EXECUTE name [USING value, ...]; values as written."""

    name: str
    values: tuple[str, ...] = ()


class Deallocate(msgspec.Struct, frozen=True):
    """DEALLOCATE PREPARE name."""

    name: str


Statement = (
    CreateDatabase
    | DropDatabase
    | AlterDatabase
    | CreateTable
    | DropTable
    | AddPartitions
    | DropPartitions
    | RenamePartition
    | SetLocation
    | SetProperties
    | ChangeColumns
    | Repair
    | Show
    | Describe
    | Select
    | CreateTableAs
    | CreateView
    | Insert
    | ChangeRows
    | Unload
    | Explain
    | Prepare
    | Execute
    | Deallocate
)
