"""What kind of statement a text is: its type for AWS, where its result goes, what it needs.

Rules of this file: data and look-ups over read statements; nothing is run.
https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.languages.athena import tree


class Kind(NamedTuple):
    """StatementType, SubstatementType, and the ending of its result ("" for data elsewhere)."""

    type: str
    sub: str
    ending: str


_KINDS: Final[Mapping[type[Any], Kind]] = MappingProxyType(
    {
        tree.Select: Kind("DML", "SELECT", ".csv"),
        tree.Insert: Kind("DML", "INSERT", ""),
        tree.Unload: Kind("DML", "UNLOAD", ""),
        tree.CreateTableAs: Kind("DDL", "CREATE_TABLE_AS_SELECT", ""),
        tree.CreateView: Kind("DDL", "CREATE_VIEW", ".txt"),
        tree.CreateDatabase: Kind("DDL", "CREATE_DATABASE", ".txt"),
        tree.DropDatabase: Kind("DDL", "DROP_DATABASE", ".txt"),
        tree.AlterDatabase: Kind("DDL", "ALTER_DATABASE_SET_DBPROPERTIES", ".txt"),
        tree.CreateTable: Kind("DDL", "CREATE_TABLE", ".txt"),
        tree.DropTable: Kind("DDL", "DROP_TABLE", ".txt"),
        tree.AddPartitions: Kind("DDL", "ALTER_TABLE_ADD_PARTITION", ".txt"),
        tree.DropPartitions: Kind("DDL", "ALTER_TABLE_DROP_PARTITION", ".txt"),
        tree.RenamePartition: Kind("DDL", "ALTER_TABLE_RENAME_PARTITION", ".txt"),
        tree.SetLocation: Kind("DDL", "ALTER_TABLE_SET_LOCATION", ".txt"),
        tree.SetProperties: Kind("DDL", "ALTER_TABLE_SET_TBLPROPERTIES", ".txt"),
        tree.ChangeColumns: Kind("DDL", "ALTER_TABLE_ADD_COLUMNS", ".txt"),
        tree.Repair: Kind("DDL", "MSCK_REPAIR_TABLE", ".txt"),
        tree.Show: Kind("UTILITY", "SHOW", ".txt"),
        tree.Describe: Kind("UTILITY", "DESCRIBE_TABLE", ".txt"),
        tree.Explain: Kind("UTILITY", "EXPLAIN", ".txt"),
        tree.Prepare: Kind("UTILITY", "PREPARE", ".txt"),
        tree.Deallocate: Kind("UTILITY", "DEALLOCATE", ".txt"),
    }
)


def kind_of(statement: tree.Statement) -> Kind:
    """The kind of a statement; an EXECUTE is of the kind of what it executes."""
    if isinstance(statement, tree.ChangeRows):
        return Kind("DML", statement.verb, "")
    return _KINDS[type(statement)]


def query_in(statement: tree.Statement) -> str | None:
    """The query within a statement that the engine is asked; None for pure DDL."""
    if isinstance(
        statement,
        (
            tree.Select, tree.Insert, tree.Unload, tree.CreateTableAs, tree.CreateView,
            tree.Explain,
        ),
    ):  # fmt: skip
        return statement.query
    return None
