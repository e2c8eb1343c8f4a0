"""A world as bytes: save, load, fork.

Rules of this file: what is written is data (kernel, tables, events, meters, waiting calls), never
code. A snapshot names its format and carries a checksum, so that a newer or damaged one is refused
with a sentence instead of half loaded. Loading fills a Cloud that was opened with the snapshot's
own settings.
"""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from cloudchamber.cloud.blobs import KEPT
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.records import CallRecord
from cloudchamber.cloud.service import Service
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.throttling import BUCKETS
from cloudchamber.cloud.work import WORK

MAGIC = b"cloudchamber snapshot\n"
FORMAT = 1


class SnapshotError(ValueError):
    """The bytes are not a snapshot this version can load; the text says why."""


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything a world is."""

    settings: Settings
    number: int
    kernel: Any
    store: dict[str, list[tuple[str, str, bytes]]]
    events: Any
    meter: Any
    services: list[str]
    parked: list[CallRecord]


def save(cloud: Cloud) -> bytes:
    """The whole world as bytes. Nothing in it changes by being saved."""
    snapshot = Snapshot(
        settings=cloud.settings,
        number=cloud.number,
        kernel=cloud.kernel.save(),
        store=cloud.store.dump(tables_of(list(cloud.registry.loaded()))),
        events=cloud.events.dump(),
        meter=cloud.meter.dump(),
        services=[service.name for service in cloud.registry.loaded()],
        parked=[cloud.parked[number].record for number in sorted(cloud.parked)],
    )
    body = msgspec.msgpack.encode(snapshot)
    return MAGIC + bytes((FORMAT,)) + zlib.crc32(body).to_bytes(4, "big") + body


def load(cloud: Cloud, data: bytes) -> None:
    """Make `cloud` the world that was saved. Raises SnapshotError and then changes nothing."""
    snapshot = read(data)
    cloud.reset(snapshot.settings)
    for name in snapshot.services:
        cloud.registry.expect(name)
    cloud.number = snapshot.number
    cloud.kernel.load(snapshot.kernel)
    tables = tables_of(list(cloud.registry.loaded()))
    for name, dumped in snapshot.store.items():
        cloud.store.restore(tables[name], dumped)
    cloud.events.load(snapshot.events)
    cloud.meter.load(snapshot.meter)
    waits = {parked.describe: parked for parked in cloud.kernel.parked}
    for parked in cloud.kernel.parked:
        if isinstance(parked.describe, str):
            cloud.work.adopt(parked)
    for record in snapshot.parked:
        cloud.adopt(record, waits[record.number])


def fork(cloud: Cloud) -> Cloud:
    """A second world, equal to the first and from now on its own."""
    other = Cloud(cloud.settings, blobs=cloud.blobs.store)
    load(other, save(cloud))
    return other


def read(data: bytes) -> Snapshot:
    """Check and decode a snapshot. Raises SnapshotError."""
    if not data.startswith(MAGIC):
        raise SnapshotError("this is not a Cloudchamber snapshot")
    head = len(MAGIC)
    if data[head] != FORMAT:
        raise SnapshotError(
            f"the snapshot has format {data[head]}, this version reads format {FORMAT}: "
            "use the version of Cloudchamber that wrote it"
        )
    body = data[head + 5 :]
    if zlib.crc32(body) != int.from_bytes(data[head + 1 : head + 5], "big"):
        raise SnapshotError("the snapshot is damaged: its checksum does not match")
    try:
        return msgspec.msgpack.decode(body, type=Snapshot)
    except msgspec.MsgspecError as error:
        raise SnapshotError(f"the snapshot cannot be read: {error}") from error


def tables_of(services: list[Service]) -> dict[str, Any]:
    """Every table that these services and the house keep, by name."""
    tables = {table.name: table for service in services for table in service.tables}
    tables[BUCKETS.name] = BUCKETS
    tables[KEPT.name] = KEPT
    tables[WORK.name] = WORK
    return tables


def bodies_of(data: bytes) -> frozenset[str]:
    """Names of the large bodies that a saved world uses. Raises SnapshotError."""
    dumped = read(data).store.get(KEPT.name, [])
    return frozenset(name for _, _, rows in dumped for name, _ in KEPT.decode(rows))
