"""Bodies: taken in, kept, given out in whole or in part, handed on without a copy.

Rules of this file: a body up to 64 KiB is sealed in its row; a larger one lies in the blob store
and is never in memory whole. Whoever keeps extents keeps their blobs (`keep`), whoever throws them
away lets go of them (`drop`).
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from hashlib import md5
from typing import Any, Final

import msgspec

from cloudchamber.cloud.blobs import INLINE_BYTES_MAX, Spooled, Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.checksums import checksum, hasher
from cloudchamber.services.s3.nouns import Bucket, Extent, ObjectVersion
from cloudchamber.services.s3.sealing import masked, salted, sealed

SERIAL_BITS: Final = 20
SERIALS: Final = 1 << SERIAL_BITS


class Received(msgspec.Struct):
    """A body as it came: in memory (`data`), or put aside (`spooled`)."""

    data: bytes
    spooled: Any  # Spooled | None, which is no Struct

    @property
    def length(self) -> int:
        """Its size in bytes."""
        return len(self.data) if self.spooled is None else int(self.spooled.length)

    @property
    def md5(self) -> bytes:
        """Its MD5."""
        if self.spooled is None:
            return md5(self.data, usedforsecurity=False).digest()
        digest: bytes = self.spooled.md5
        return digest


def received(body: Any) -> Received:
    """The body of a decoded request; none at all is an empty one."""
    if not body:
        return Received(b"", None)
    if type(body) is bytes:
        return Received(body, None)
    spooled = Spooled.of(body)
    return Received(body if spooled is None else b"", spooled)


def checksum_of(call: Call, body: Received, algorithm: str) -> str:
    """The base64 checksum of a body. A large one was summed while it came, as it was asked."""
    if body.spooled is None:
        return checksum(algorithm, body.data)
    known: str | None = body.spooled.checksums.get(algorithm)
    if known is None:
        return summed(pieces_of(call, body), algorithm)
    return known


def summed(pieces: Iterable[bytes], algorithm: str) -> str:
    """The base64 checksum of bytes that come in pieces."""
    summing = hasher(algorithm)
    for piece in pieces:
        summing.update(piece)
    return b64encode(summing.digest()).decode()


def new_salt(call: Call, bucket: Bucket) -> int:
    """A number that no other body is sealed with, in this call or another. Changes the bucket."""
    bucket.serial += 1
    return call.number << SERIAL_BITS | bucket.serial & SERIALS - 1


def pieces_of(call: Call, body: Received) -> Iterator[bytes]:
    """The bytes of a body as it came, piece by piece."""
    if body.spooled is None:
        return iter((body.data,))
    spooled = body.spooled
    return call.blobs.slice(spooled.name, spooled.key, 0, spooled.length).pieces(INLINE_BYTES_MAX)


def extent_of(call: Call, body: Received, key_of_keys: bytes, number: int) -> Extent:
    """The extent that a received body becomes, by a salt. Large ones are counted by `keep`."""
    spooled = body.spooled
    if spooled is not None:
        key = masked(spooled.key, key_of_keys, spooled.name)
        return Extent(spooled.length, key, blob=spooled.name)
    salt = salted(number)
    if len(body.data) <= INLINE_BYTES_MAX:
        return Extent(len(body.data), salt, data=sealed(body.data, key_of_keys, salt))
    # A service put it: it did not pass the front end, which puts large bodies aside.
    key = sealed(bytes(len(key_of_keys)), key_of_keys, salt)
    name = call.blobs.put(body.data, key)
    return Extent(len(body.data), masked(key, key_of_keys, name), blob=name)


def extents_of(version: ObjectVersion) -> list[Extent]:
    """The extents of a version, also of one whose bytes are in its row."""
    if type(version.body) is bytes:
        return [Extent(version.size, salted(version.salt), data=version.body)]
    assert isinstance(version.body, list)
    return version.body


def part_of(extents: Iterable[Extent], start: int, stop: int) -> Iterator[Extent]:
    """The extents of the bytes from `start` to `stop`."""
    at = 0
    for extent in extents:
        first, last = max(start, at), min(stop, at + extent.length)
        if first < last:
            skipped = first - at
            data = extent.data[skipped : last - at] if extent.data else b""
            yield Extent(last - first, extent.key, extent.start + skipped, data, extent.blob)
        at += extent.length
        if at >= stop:
            return


def opened(call: Call, extents: Iterable[Extent], key_of_keys: bytes) -> bytes | Streamed:
    """The bytes of extents: in memory when they are few, else to be read as they are sent."""
    parts: list[Any] = []
    size = 0
    for extent in extents:
        size += extent.length
        if extent.blob:
            key = masked(extent.key, key_of_keys, extent.blob)
            stop = extent.start + extent.length
            parts.append(call.blobs.slice(extent.blob, key, extent.start, stop))
        else:
            parts.append(sealed(extent.data, key_of_keys, extent.key, extent.start))
    if len(parts) == 1 and type(parts[0]) is bytes:
        return parts[0]
    streamed = Streamed(parts)
    return streamed.joined() if size <= INLINE_BYTES_MAX else streamed


def handed_on(extents: Iterable[Extent], old: bytes, new: bytes, salt: bytes) -> list[Extent]:
    """The same bytes under another key of keys. Those in the blob store stay where they are."""
    moved: list[Extent] = []
    for extent in extents:
        if extent.blob:
            key = masked(masked(extent.key, old, extent.blob), new, extent.blob)
            moved.append(msgspec.structs.replace(extent, key=key))
        elif old == new:
            moved.append(extent)
        else:
            data = sealed(extent.data, old, extent.key, extent.start)
            own = salt + salted(len(moved))
            moved.append(Extent(extent.length, own, data=sealed(data, new, own)))
    return moved


def keep(call: Call, extents: Iterable[Extent]) -> None:
    """Count one more use of what lies in the blob store."""
    for extent in extents:
        if extent.blob:
            call.blobs.keep(extent.blob)


def drop(call: Call, version: object) -> None:
    """Let go of what a version that goes away had in the blob store."""
    if not isinstance(version, ObjectVersion):
        return
    if isinstance(version.body, list):
        drop_extents(call, version.body)
    if version.annotations:
        drop_extents(call, [each.extent for each in version.annotations.values()])


def drop_extents(call: Call, extents: Iterable[Extent]) -> None:
    """Let go of what extents had in the blob store."""
    for extent in extents:
        if extent.blob:
            call.blobs.drop(extent.blob)
