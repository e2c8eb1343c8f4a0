"""Reads one statement: which of Athena's it is, and all that it says.

Rules of this file: one function for each statement. A query within a statement is cut out as
written and read by whoever runs it.
https://docs.aws.amazon.com/athena/latest/ug/ddl-sql-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.languages.athena.reader import Reader
from cloudchamber.languages.athena.tables import create_table
from cloudchamber.languages.athena.tree import (
    AddPartitions,
    AlterDatabase,
    ChangeColumns,
    ChangeRows,
    CreateDatabase,
    CreateTableAs,
    CreateView,
    Deallocate,
    Describe,
    DropDatabase,
    DropPartitions,
    DropTable,
    Execute,
    Explain,
    Insert,
    Prepare,
    RenamePartition,
    Repair,
    Select,
    SetLocation,
    SetProperties,
    Show,
    Statement,
    Unload,
)

_QUERY: Final = re.compile(
    r"(\s|--[^\n]*\n|/\*.*?\*/)*(\(|(SELECT|WITH|VALUES|TABLE)\b)", re.DOTALL | re.IGNORECASE
)
_END: Final = re.compile(r"(\s*;)+\s*$")


def read_statement(text: str) -> Statement:
    """The statement. Raises BadStatement."""
    if _QUERY.match(text):
        # A query's own words are not looked at: in them a backslash is nothing special.
        return Select(_END.sub("", text).strip())
    reader = Reader(text)
    for word, read in _STATEMENTS.items():
        if reader.find(word):
            statement = read(reader)
            reader.end()
            return statement
    raise reader.fail()


def _create(reader: Reader) -> Statement:
    if reader.find("DATABASE") or reader.find("SCHEMA"):
        return _create_database(reader)
    if reader.find("OR", "REPLACE", "VIEW"):
        return _create_view(reader, replace=True)
    if reader.find("VIEW"):
        return _create_view(reader, replace=False)
    external = reader.find("EXTERNAL")
    reader.expect("TABLE")
    if_not_exists = reader.find("IF", "NOT", "EXISTS")
    name = reader.table()
    if not external and (reader.are("WITH") or reader.are("AS")):
        properties = _options(reader) if reader.find("WITH") else {}
        reader.expect("AS")
        query, with_data = _without_data(reader.rest())
        return CreateTableAs(name, query, if_not_exists, properties, with_data)
    return create_table(reader, name, external=external, if_not_exists=if_not_exists)


def _without_data(query: str) -> tuple[str, bool]:
    words = query.upper().split()
    if words[-3:] == ["WITH", "NO", "DATA"]:
        return query[: query.upper().rindex("WITH")].rstrip(), False
    if words[-2:] == ["WITH", "DATA"]:
        return query[: query.upper().rindex("WITH")].rstrip(), True
    return query, True


def _create_database(reader: Reader) -> CreateDatabase:
    if_not_exists = reader.find("IF", "NOT", "EXISTS")
    name = reader.name()
    comment = location = ""
    properties: Mapping[str, str] = {}
    while True:
        if reader.find("COMMENT"):
            comment = reader.string()
        elif reader.find("LOCATION"):
            location = reader.string()
        elif reader.find("WITH", "DBPROPERTIES"):
            properties = reader.properties()
        else:
            return CreateDatabase(name, if_not_exists, comment, location, properties)


def _create_view(reader: Reader, *, replace: bool) -> CreateView:
    name = reader.table()
    reader.expect("AS")
    return CreateView(name, reader.rest(), replace)


def _drop(reader: Reader) -> Statement:
    if reader.find("DATABASE") or reader.find("SCHEMA"):
        if_exists = reader.find("IF", "EXISTS")
        name = reader.name()
        cascade = reader.find("CASCADE")
        if not cascade:
            reader.find("RESTRICT")
        return DropDatabase(name, if_exists, cascade)
    view = reader.find("VIEW")
    if not view:
        reader.expect("TABLE")
    if_exists = reader.find("IF", "EXISTS")
    return DropTable(reader.table(), if_exists, view)


def _alter(reader: Reader) -> Statement:
    if reader.find("DATABASE") or reader.find("SCHEMA"):
        database = reader.name()
        reader.expect("SET", "DBPROPERTIES")
        return AlterDatabase(database, reader.properties())
    reader.expect("TABLE")
    name = reader.table()
    if reader.find("ADD", "COLUMNS"):
        return ChangeColumns(name, reader.listed(reader.column))
    if reader.find("REPLACE", "COLUMNS"):
        return ChangeColumns(name, reader.listed(reader.column), replace=True)
    if reader.find("ADD"):
        if_not_exists = reader.find("IF", "NOT", "EXISTS")
        specs = []
        reader.expect("PARTITION")
        specs.append(reader.spec())
        while reader.find("PARTITION"):
            specs.append(reader.spec())
        return AddPartitions(name, tuple(specs), if_not_exists)
    if reader.find("DROP"):
        if_exists = reader.find("IF", "EXISTS")
        reader.expect("PARTITION")
        specs = [reader.spec()]
        while reader.find(","):
            reader.expect("PARTITION")
            specs.append(reader.spec())
        return DropPartitions(name, tuple(specs), if_exists)
    if reader.find("SET", "TBLPROPERTIES"):
        return SetProperties(name, reader.properties())
    spec = None
    if reader.find("PARTITION"):
        spec = reader.spec()
        if reader.find("RENAME", "TO", "PARTITION"):
            return RenamePartition(name, spec, reader.spec())
    reader.expect("SET", "LOCATION")
    return SetLocation(name, reader.string(), spec)


def _msck(reader: Reader) -> Repair:
    reader.expect("REPAIR", "TABLE")
    return Repair(reader.table())


def _show(reader: Reader) -> Show:
    if reader.find("DATABASES") or reader.find("SCHEMAS"):
        return Show("databases", pattern=_pattern(reader))
    if reader.find("CREATE", "TABLE"):
        return Show("create-table", reader.table())
    if reader.find("CREATE", "VIEW"):
        return Show("create-view", reader.table())
    if reader.find("PARTITIONS"):
        return Show("partitions", reader.table())
    if reader.find("TBLPROPERTIES"):
        name = reader.table()
        key = reader.listed(reader.string)[0] if reader.are("(") else ""
        return Show("properties", name, pattern=key)
    if reader.find("COLUMNS"):
        if not reader.find("IN"):
            reader.expect("FROM")
        name = reader.table()
        database = reader.name() if reader.find("IN") or reader.find("FROM") else ""
        return Show("columns", name, database)
    views = reader.find("VIEWS")
    if not views:
        reader.expect("TABLES")
    database = reader.name() if reader.find("IN") or reader.find("FROM") else ""
    return Show("views" if views else "tables", None, database, _pattern(reader))


def _pattern(reader: Reader) -> str:
    reader.find("LIKE")
    return reader.string() if reader.next.kind == "text" else ""


def _describe(reader: Reader) -> Describe:
    detail = next((word for word in ("EXTENDED", "FORMATTED") if reader.find(word)), "")
    name = reader.table()
    if reader.find("PARTITION"):
        reader.spec()
    column = reader.name() if reader.next.kind in ("word", "quoted") else ""
    return Describe(name, detail, column)


def _insert(reader: Reader) -> Insert:
    reader.expect("INTO")
    reader.find("TABLE")
    name = reader.table()
    start = reader.place
    columns: tuple[str, ...] = ()
    if reader.are("(") and not any(reader.are("(", word) for word in ("SELECT", "WITH", "VALUES")):
        columns = reader.listed(reader.name)
        if reader.next.kind == "end":
            reader.place = start
            columns = ()
    return Insert(name, reader.rest(), columns)


def _delete(reader: Reader) -> ChangeRows:
    reader.expect("FROM")
    name = reader.table()
    if reader.are("WHERE"):
        reader.rest()
    return ChangeRows("DELETE", name)


def _update(reader: Reader) -> ChangeRows:
    name = reader.table()
    if not reader.are("SET"):
        raise reader.fail()
    reader.rest()
    return ChangeRows("UPDATE", name)


def _merge(reader: Reader) -> ChangeRows:
    reader.expect("INTO")
    name = reader.table()
    reader.rest()
    return ChangeRows("MERGE", name)


def _unload(reader: Reader) -> Unload:
    query = reader.parenthesized()
    reader.expect("TO")
    location = reader.string()
    reader.expect("WITH")
    return Unload(query, location, _options(reader))


def _options(reader: Reader) -> dict[str, str | tuple[str, ...]]:
    """(name = value, ...) where a value may be ARRAY['a', 'b']."""

    def option() -> tuple[str, str | tuple[str, ...]]:
        name = reader.name().lower()
        reader.expect("=")
        if reader.find("ARRAY"):
            reader.expect("[")
            items = [reader.string()]
            while reader.find(","):
                items.append(reader.string())
            reader.expect("]")
            return name, tuple(items)
        token = reader.take()
        if token.kind not in ("text", "number", "word"):
            raise reader.fail(token)
        return name, token.value

    return dict(reader.listed(option))


def _explain(reader: Reader) -> Explain:
    analyze = reader.find("ANALYZE")
    if reader.are("(", "FORMAT") or reader.are("(", "TYPE"):
        reader.parenthesized()
    return Explain(reader.rest(), analyze)


def _prepare(reader: Reader) -> Prepare:
    name = reader.name()
    reader.expect("FROM")
    return Prepare(name, reader.rest())


def _execute(reader: Reader) -> Execute:
    name = reader.name()
    if not reader.find("USING"):
        return Execute(name)
    start = reader.next.start
    parts, depth = [], 0
    while True:
        token = reader.take()
        depth += (token.text in "([") - (token.text in ")]") if token.kind == "sign" else 0
        if token.kind == "end" or (token.kind == "sign" and token.text in ",;" and depth == 0):
            part = reader.text[start : token.start].strip()
            if not part:
                raise reader.fail(token)
            parts.append(part)
            start = token.end
            if token.kind == "end" or token.text == ";":
                return Execute(name, tuple(parts))


def _deallocate(reader: Reader) -> Deallocate:
    reader.expect("PREPARE")
    return Deallocate(reader.name())


_STATEMENTS: Final[Mapping[str, Callable[[Reader], Statement]]] = MappingProxyType(
    {
        "CREATE": _create,
        "DROP": _drop,
        "ALTER": _alter,
        "MSCK": _msck,
        "SHOW": _show,
        "DESCRIBE": _describe,
        "DESC": _describe,
        "INSERT": _insert,
        "DELETE": _delete,
        "UPDATE": _update,
        "MERGE": _merge,
        "UNLOAD": _unload,
        "EXPLAIN": _explain,
        "PREPARE": _prepare,
        "EXECUTE": _execute,
        "DEALLOCATE": _deallocate,
    }
)
