"""From a data directory to a running world.

Rules of this file: a world keeps the settings it was made with; of those given anew, the ones that
only steer what happens next are taken over, and the ones that would make it another world are
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.server.adapters import ADAPTERS
from cloudchamber.server.data.directory import DataDirectory, Progress, Say
from cloudchamber.server.data.errors import DataError

FIXED = ("seed", "start_ns")  # they make a world what it is


class Opened(NamedTuple):
    """A world, whether it had a life before, and how many records of it were replayed."""

    cloud: Cloud
    is_old: bool
    records: int


def open_world(
    directory: DataDirectory,
    wanted: Settings,
    given: frozenset[str],
    say: Say,
    progress: Progress,
) -> Opened:
    """The world in a directory, or a new one put there. `given` names the settings that count.

    Raises DataError, and then nothing in the directory has changed but a torn end.
    """
    if directory.is_new:
        cloud = Cloud(wanted, ADAPTERS, directory.blobs)
        directory.note_start(follows_wall="start_ns" not in given)
        directory.begin(wanted.seed, snapshots.save(cloud))
        return Opened(cloud, False, 0)
    cloud = _load(directory)
    stored = cloud.settings
    for field in FIXED:
        if field in given and getattr(wanted, field) != getattr(stored, field):
            raise DataError(
                f"{directory.folder} holds a world of {field} {getattr(stored, field)}, not "
                f"{getattr(wanted, field)}: leave the setting out, or choose another directory"
            )
    replayed = directory.replay(stored.seed, _taker(directory, cloud), progress)
    changed = {
        field: getattr(wanted, field)
        for field in sorted(given)
        if getattr(wanted, field) != getattr(cloud.settings, field)
    }
    if changed:
        # The journal is replayed under the settings in force when it begins, so one is begun now.
        cloud.settings = msgspec.structs.replace(cloud.settings, **changed)
        try:
            directory.checkpoint(snapshots.save(cloud))
        except OSError as error:
            raise DataError(f"{directory.folder} cannot be written: {error.strerror}") from error
    if replayed.records:
        say(f"{replayed.records} records were replayed")
    return Opened(cloud, True, replayed.records)


def _load(directory: DataDirectory) -> Cloud:
    data = directory.read_world()
    try:
        cloud = Cloud(snapshots.read(data).settings, ADAPTERS, directory.blobs)
        snapshots.load(cloud, data)
    except (snapshots.SnapshotError, KeyError, ValueError) as error:
        raise DataError(
            f"{directory.world_path} cannot be loaded: {error}. Nothing was changed; put back a "
            "good copy of the file, or choose another --data directory"
        ) from error
    return cloud


def _taker(directory: DataDirectory, cloud: Cloud) -> Callable[[bytes], None]:
    count = 0

    def take(record: bytes) -> None:
        nonlocal count
        count += 1
        try:
            cloud.replay(record)
        except Exception as error:
            raise DataError(
                f"record {count} of the journal in {directory.folder} cannot be replayed "
                f"({type(error).__name__}: {error}): was it written by another version?"
            ) from error

    return take
