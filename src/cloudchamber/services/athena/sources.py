"""What a query reads: a table of the catalog, its partitions, its files, as columns of values.

Rules of this file: a table's own words (SerDe, properties, locations) decide; partitions that a
query certainly does not want are not read, and not counted.
https://docs.aws.amazon.com/athena/latest/ug/partitions.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from cloudchamber.engines.sql.database import Lines, Relation, passing
from cloudchamber.engines.sql.query import Query, TableRef
from cloudchamber.engines.sql.translation import PATH
from cloudchamber.services.athena import projection, serdes
from cloudchamber.services.athena.formats import reader_of
from cloudchamber.services.athena.limits import FILES_MAX, PARTITIONS_MAX
from cloudchamber.services.athena.runs import DATA_ERROR, OTHER, Failed, Run, bucket_and_key

_NULL_KEY: Final = "__HIVE_DEFAULT_PARTITION__"
_EQUALS: Final = r"\"?{key}\"? = '((?:[^']|'')*)'"


class Folder(msgspec.Struct, frozen=True):
    """Where data lie, under which values of the partition keys, in which storage."""

    location: str
    values: tuple[str, ...] = ()
    storage: Mapping[str, Any] = {}


def columns_of(table: Mapping[str, Any]) -> list[tuple[str, str]]:
    """A table's columns, partition keys last: (name in lower case, Hive type)."""
    plain = table.get("StorageDescriptor", {}).get("Columns", [])
    return [
        (each["Name"].lower(), each.get("Type", "string"))
        for each in (*plain, *table.get("PartitionKeys", ()))
    ]


def shown_columns(table: Mapping[str, Any], query: Query) -> list[tuple[str, str]]:
    """A table's columns as a query may name them: with the hidden one, if it does."""
    return columns_of(table) + ([(PATH, "string")] if query.asks_path else [])


def relation(run: Run, table: Mapping[str, Any], query: Query, ref: TableRef) -> Relation:
    """A table with all that the query may want of it. Raises Failed, Stopped."""
    storage = table.get("StorageDescriptor", {})
    columns = shown_columns(table, query)
    keys = [each["Name"].lower() for each in table.get("PartitionKeys", ())]
    keys += [PATH] if query.asks_path else []
    plain = columns[: len(columns) - len(keys)]
    text: tuple[list[str | None], ...] = tuple([] for _ in columns)
    lines: list[Lines] = []
    parquet: list[tuple[bytes, Mapping[str, str]]] = []
    for folder in _folders(run, table, query, ref):
        held = {**storage, **folder.storage}
        reader = reader_of(held)
        if reader is None:
            serde = held.get("SerdeInfo", {}).get("SerializationLibrary", "")
            raise Failed(f"Cloudchamber does not read files of {serde}", category=OTHER)
        bucket, _ = bucket_and_key(folder.location)
        for key, data in _files(run, folder.location):
            path = (f"s3://{bucket}/{key}",) if query.asks_path else ()
            values = (*folder.values, *path)
            if reader == "parquet":
                parquet.append((data, dict(zip(keys, values, strict=True))))
                continue
            file = _File(key, data, reader, held, values, _skipped(table))
            if not _append_whole(run, lines, plain, file):
                _append(run, text, plain, file)
    return Relation(tuple(columns), text, tuple(lines), tuple(parquet))


class _File(NamedTuple):
    """A file of text and how it is read."""

    name: str
    data: bytes
    reader: str
    storage: Mapping[str, Any]
    values: Sequence[str]
    skip: int

    @property
    def serde(self) -> Mapping[str, str]:
        """The SerDe's properties."""
        found: Mapping[str, str] = self.storage.get("SerdeInfo", {}).get("Parameters", {})
        return found

    @property
    def keys(self) -> tuple[str | None, ...]:
        """The partition's values, None for Hive's name of NULL."""
        return tuple(None if each == _NULL_KEY else each for each in self.values)

    def unpacked(self) -> bytes:
        """The file without its compression. Raises Failed."""
        try:
            return serdes.unpacked(self.name, self.data)
        except serdes.BadData as error:
            raise Failed(f"{error}", DATA_ERROR) from error
        except serdes.UnknownCompression as error:
            raise Failed(f"Cloudchamber: {error}", category=OTHER) from error


def _skipped(table: Mapping[str, Any]) -> int:
    skip = table.get("Parameters", {}).get("skip.header.line.count", "0")
    return int(skip) if skip.isdigit() else 0


def _append_whole(
    run: Run, lines: list[Lines], plain: Sequence[tuple[str, str]], file: _File
) -> bool:
    """Add a file that the engine takes apart; False if it cannot. Raises Failed."""
    if file.reader != "delimited":
        return False
    found = serdes.plain_lines(file.unpacked(), plain, file.serde, file.skip)
    if found is None:
        return False
    run.rows_in += found.rows
    if found.rows:
        lines.append(Lines(found.text, found.delimiter, found.null, file.keys))
    return True


def _files(run: Run, location: str) -> list[tuple[str, bytes]]:
    bucket, prefix = bucket_and_key(location)
    # A location is a folder, whether or not it ends like one.
    prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
    listed = []
    for key, size in run.listed(bucket, prefix):
        run.allow(size)
        listed.append((key, run.read(bucket, key)))
        if len(listed) > FILES_MAX:
            raise Failed(f"Cloudchamber reads at most {FILES_MAX} files", category=OTHER)
    return listed


def _append(
    run: Run, text: tuple[list[str | None], ...], plain: Sequence[tuple[str, str]], file: _File
) -> None:
    """Add a file's rows to the columns. Raises Failed."""
    try:
        rows = list(serdes.rows_of(file.reader, file.unpacked(), plain, file.serde, file.skip))
    except serdes.BadData as error:
        raise Failed(f"{error}", DATA_ERROR) from error
    run.rows_in += len(rows)
    if rows:
        for column, added in zip(text, zip(*rows, strict=True), strict=False):
            column.extend(added)
        for column, key in zip(text[len(plain) :], file.keys, strict=True):
            column.extend([key] * len(rows))


def _folders(run: Run, table: Mapping[str, Any], query: Query, ref: TableRef) -> list[Folder]:
    """Where a table's data lie, as far as the query may want them. Raises Failed."""
    storage = table.get("StorageDescriptor", {})
    location = storage.get("Location", "")
    keys = [
        (each["Name"].lower(), each.get("Type", "string"))
        for each in table.get("PartitionKeys", ())
    ]
    if not keys:
        return [Folder(location)]
    names = [name for name, _ in keys]
    test = query.on_keys(ref, frozenset(names), run.row.submitted_ns)
    properties = table.get("Parameters", {})
    if projection.is_projected(properties):
        folders = _projected(run, properties, names, location, test)
    else:
        asked = {"DatabaseName": table["DatabaseName"], "TableName": table["Name"]}
        folders = [
            Folder(
                each.get("StorageDescriptor", {}).get("Location") or location,
                tuple(each["Values"]),
                _own_storage(each),
            )
            for each in run.pages("GetPartitions", "Partitions", asked)
        ]
    if len(folders) > PARTITIONS_MAX:
        raise Failed(f"Cloudchamber looks at {PARTITIONS_MAX} partitions at most", category=OTHER)
    if test is None or not folders:
        return folders
    chosen = passing(keys, [folder.values for folder in folders], test)
    return [folders[place] for place in chosen]


def _own_storage(partition: Mapping[str, Any]) -> Mapping[str, Any]:
    """A partition may have a SerDe of its own; its columns are the table's."""
    storage = partition.get("StorageDescriptor", {})
    if storage.get("SerdeInfo", {}).get("SerializationLibrary"):
        return {"SerdeInfo": storage["SerdeInfo"]}
    return {}


def _projected(
    run: Run, properties: Mapping[str, str], names: Sequence[str], location: str, test: str | None
) -> list[Folder]:
    fixed = {}
    for name in projection.injected(properties, names):
        found = re.findall(_EQUALS.format(key=re.escape(name)), test or "", re.IGNORECASE)
        if found:
            fixed[name] = [each.replace("''", "'") for each in found]
    try:
        values = projection.projected(properties, names, run.call.now, fixed, PARTITIONS_MAX)
    except projection.BadProjection as error:
        raise Failed(f"CONSTRAINT_VIOLATION: {error}") from error
    template = properties.get("storage.location.template", "")
    return [Folder(projection.location(template, location, names, each), each) for each in values]
