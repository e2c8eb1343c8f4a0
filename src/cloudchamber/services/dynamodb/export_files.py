"""The files of an export, byte for byte: data, manifests and their checksums.

Rules of this file: pure text from plain values; who writes them to a bucket is elsewhere. Data is
gzip of one JSON object a line. No time of packing is in a gzip, so equal exports are equal bytes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.Output.html
"""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, Final, NamedTuple

import msgspec

from cloudchamber.cloud.durations import SECOND_NS

FOLDER: Final = "AWSDynamoDB"
FILE_BYTES: Final = 16 * 1024 * 1024  # of JSON text before packing; AWS's files hold about as much
FULL_VERSION: Final = "2020-06-30"
INCREMENTAL_VERSION: Final = "2023-08-01"
MILLISECOND_NS: Final = 1_000_000


class DataFile(NamedTuple):
    """One packed file: what is in it and how many items that are."""

    body: bytes
    items: int


def pack(lines: Iterable[bytes]) -> Iterator[DataFile]:
    """Lines (without their ends) as gzip files of a bounded size; at least one file."""
    held: list[bytes] = []
    size = 0
    made = 0
    for line in lines:
        held.append(line)
        size += len(line) + 1
        if size >= FILE_BYTES:
            yield _packed(held)
            made += 1
            held, size = [], 0
    if held or not made:
        yield _packed(held)


def _packed(lines: list[bytes]) -> DataFile:
    text = b"".join(line + b"\n" for line in lines)
    return DataFile(gzip.compress(text, 6, mtime=0), len(lines))


def files_line(key: str, file: DataFile) -> bytes:
    """A data file's line in manifest-files.json."""
    digest = md5(file.body, usedforsecurity=False)
    line = {
        "itemCount": file.items,
        "md5Checksum": base64.b64encode(digest.digest()).decode(),
        "etag": digest.hexdigest(),
        "dataFileS3Key": key,
    }
    return msgspec.json.encode(line) + b"\n"


def checksum(body: bytes) -> bytes:
    """What lies in a manifest's .checksum file: its MD5 in base64."""
    return base64.b64encode(md5(body, usedforsecurity=False).digest())


def summary(fields: dict[str, Any]) -> bytes:
    """manifest-summary.json."""
    return msgspec.json.encode(fields)


def instant(t_ns: int) -> str:
    """An instant as manifests write it: UTC with milliseconds."""
    moment = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{t_ns % SECOND_NS // MILLISECOND_NS:03}Z"
