"""The state of the Data Catalog: databases, tables with their versions, partitions, functions.

Rules of this file: plain data and its tables. What a user gave (a DatabaseInput, a TableInput, a
PartitionInput) is kept as it came; names are kept in lower case, as Glue keeps them.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table

TableKey = tuple[str, str]
PartitionKey = tuple[str, str, tuple[str, ...]]


class Database(msgspec.Struct):
    """A database. `given` is its DatabaseInput."""

    name: str
    created_ns: int
    given: dict[str, Any]
    tags: dict[str, str] = {}


class TableVersion(msgspec.Struct):
    """One version of a table: its number, when it came, and its TableInput."""

    number: int
    updated_ns: int
    given: dict[str, Any]


class TableRow(msgspec.Struct):
    """A table. `versions` are oldest first and never empty; the last one is in force.

    `indexes` are partition indexes (name -> keys), `statistics` column statistics by column.
    """

    database: str
    name: str
    created_ns: int
    created_by: str
    versions: list[TableVersion]
    indexes: dict[str, list[str]] = {}
    statistics: dict[str, dict[str, Any]] = {}

    @property
    def latest(self) -> TableVersion:
        """The version in force."""
        return self.versions[-1]

    @property
    def given(self) -> dict[str, Any]:
        """The TableInput in force."""
        return self.versions[-1].given

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The partition keys: columns."""
        keys: list[dict[str, Any]] = self.given.get("PartitionKeys", [])
        return keys


class Partition(msgspec.Struct):
    """A partition: one value for each key of its table, and its PartitionInput."""

    values: list[str]
    created_ns: int
    given: dict[str, Any]
    statistics: dict[str, dict[str, Any]] = {}


class Function(msgspec.Struct):
    """A user-defined function's UserDefinedFunctionInput."""

    database: str
    name: str
    created_ns: int
    given: dict[str, Any]


class CatalogSettings(msgspec.Struct):
    """What an account set for its whole catalog: how it is encrypted."""

    encryption: dict[str, Any] = {}


DATABASES: Final = Table("glue.databases", Database, ordered=True)
TABLES: Final = Table("glue.tables", TableRow, ordered=True, key_type=TableKey)
PARTITIONS: Final = Table("glue.partitions", Partition, ordered=True, key_type=PartitionKey)
FUNCTIONS: Final = Table("glue.functions", Function, ordered=True, key_type=TableKey)
SETTINGS: Final = Table("glue.catalog-settings", CatalogSettings)
