"""All state of all services: typed tables, scoped by account and region.

Rules of this file: plain data only. A table declares the msgspec Struct of its rows, so that the
whole world can be written as bytes, read back, forked and compared. Services keep no state
elsewhere. A scope is made when it is first asked for and costs nothing until then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Generic, Literal, TypeVar

import msgspec
from sortedcontainers import SortedDict

Row = TypeVar("Row")
Scope = Literal["region", "account", "world"]
ScopeKey = tuple[str, str]


class Table(Generic[Row]):
    """A declared table: its name (`sqs.queues`), the type of its rows, how its scope is chosen.

    `scope` is `region` (one per account and region), `account` (one per account, for global
    services) or `world` (one, for names that are unique across accounts). `ordered` keeps keys
    sorted at all times (for paged listings of large tables); otherwise keys keep insertion order.
    Keys are strings, or `key_type` if given (an int, a tuple of strings).
    """

    __slots__ = ("key_type", "name", "ordered", "row", "scope")

    def __init__(
        self,
        name: str,
        row: type[Row],
        scope: Scope = "region",
        *,
        ordered: bool = False,
        key_type: Any = str,
    ) -> None:
        self.name = name
        self.row = row
        self.scope = scope
        self.ordered = ordered
        self.key_type = key_type

    def encode(self, rows: Mapping[Any, Row]) -> bytes:
        """One scope's rows as bytes, in their order."""
        return msgspec.msgpack.encode(list(rows.items()))

    def decode(self, data: bytes) -> list[tuple[Any, Row]]:
        """The (key, row) pairs that `encode` wrote."""
        pairs: Any = list[tuple[self.key_type, self.row]]  # type: ignore[name-defined]
        decoded: list[tuple[Any, Row]] = msgspec.msgpack.decode(data, type=pairs)
        return decoded

    def __repr__(self) -> str:
        return f"Table({self.name!r}, {self.row.__name__}, {self.scope!r})"


class Store:
    """The rows of one world. `rows(table, account, region)` is a plain mutable mapping."""

    __slots__ = ("_tables", "known")

    def __init__(self) -> None:
        self._tables: dict[str, dict[ScopeKey, dict[Any, Any]]] = {}
        # What `rows` gave for a table's name, account and region: most calls ask again.
        self.known: dict[tuple[str, str, str], dict[Any, Any]] = {}

    def rows(self, table: Table[Row], account: str, region: str) -> dict[Any, Row]:
        """The mapping key -> row of one scope, live: what is put there is in the world.

        An ordered table gives a SortedDict (a dict whose iteration is by key).
        """
        known = self.known.get((table.name, account, region))
        if known is not None:
            return known
        scope = table.scope
        if scope == "region":
            key = (account, region)
        elif scope == "account":
            key = (account, "")
        else:
            key = ("", "")
        scopes = self._tables.get(table.name)
        if scopes is None:
            scopes = self._tables[table.name] = {}
        rows = scopes.get(key)
        if rows is None:
            rows = scopes[key] = SortedDict() if table.ordered else {}
        self.known[table.name, account, region] = rows
        return rows

    def scopes(self, table: Table[Row]) -> Iterator[tuple[str, str, dict[Any, Row]]]:
        """Every (account, region, rows) of a table that has rows, by account and region."""
        for (account, region), rows in sorted(
            self._tables.get(table.name, {}).items(), key=lambda item: item[0]
        ):
            if rows:
                yield account, region, rows

    def is_empty(self, table: Table[Row]) -> bool:
        """True while no scope of the table holds a row."""
        return not any(self._tables.get(table.name, {}).values())

    def clear(self) -> None:
        """Drop every row of every table."""
        self._tables = {}
        self.known = {}

    def table_names(self) -> list[str]:
        """Names of the tables that were ever asked for, sorted."""
        return sorted(self._tables)

    def dump(self, tables: Mapping[str, Table[Any]]) -> dict[str, list[tuple[str, str, bytes]]]:
        """Every scope that holds rows, encoded: table name -> [(account, region, rows)]."""
        dumped: dict[str, list[tuple[str, str, bytes]]] = {}
        for name in self.table_names():
            table = tables[name]
            dumped[name] = [
                (account, region, table.encode(rows))
                for account, region, rows in self.scopes(table)
            ]
        return dumped

    def restore(self, table: Table[Row], dumped: list[tuple[str, str, bytes]]) -> None:
        """Put back one table's rows from what `dump` gave for it."""
        for account, region, data in dumped:
            self.rows(table, account, region).update(table.decode(data))
