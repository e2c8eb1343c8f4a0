"""Bodies too large for memory: kept in a store, sealed, counted, and read in slices.

Rules of this file: no file, no clock, no entropy; where bytes lie is a `BlobStore` that the host of
a world gives (`MemoryBlobs` when it gives none). Which bodies are in use is part of the world (a
count by name); bytes that nobody counts are deleted by the host when it is safe (`collect`).

A body lies sealed under a key of its own, so that nothing can be read in the store by itself.
Sealing is AES-256 in counter mode from zero: a key seals one body only, any slice opens without the
rest, and sealing twice opens. https://csrc.nist.gov/pubs/sp/800/38/a/final
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.wire.bodies import PIECE_BYTES, WHOLE_BYTES_MAX, Source, Spooled, Streamed

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

__all__ = ("INLINE_BYTES_MAX", "BlobStore", "Blobs", "MemoryBlobs", "Slice", "Source", "Spooled",
           "Streamed", "seal")  # fmt: skip

INLINE_BYTES_MAX: Final = WHOLE_BYTES_MAX  # bodies up to this size stay in memory, whole
KEY_BYTES: Final = 32
BLOCK_BYTES: Final = 16


class BlobWriter(Protocol):
    """A body being written."""

    def write(self, data: bytes, /) -> Any:
        """Append. Raises OSError."""
        ...

    def close(self) -> None:
        """It is whole. Raises OSError."""
        ...

    def abandon(self) -> None:
        """Forget it."""
        ...


class BlobStore(Protocol):
    """Where the bytes lie, by name. What it is given is sealed already."""

    def invent(self) -> tuple[str, bytes]:
        """A name and a key that nobody has used."""
        ...

    def create(self, name: str) -> BlobWriter:
        """Begin a body. Raises OSError."""
        ...

    def find_length(self, name: str) -> int | None:
        """The size of a body in bytes, None when it is not here."""
        ...

    def pieces(self, name: str, start: int, stop: int, size: int) -> Iterator[bytes]:
        """The bytes from `start` to `stop`, at most `size` at a time. Raises KeyError."""
        ...

    def delete(self, name: str) -> None:
        """Remove a body if it is there."""
        ...

    def names(self) -> list[str]:
        """All bodies that are whole, sorted."""
        ...


class MemoryBlobs:
    """A store in memory, for worlds without a host that has files."""

    def __init__(self) -> None:
        self._bodies: dict[str, bytes] = {}
        self._numbers = count(1)  # two threads may ask at once

    def invent(self) -> tuple[str, bytes]:
        """Names by number; a key that only this number gives."""
        number = next(self._numbers)
        key = blake2b(number.to_bytes(8, "big"), digest_size=KEY_BYTES, person=b"blobs")
        return f"m{number:x}", key.digest()

    def create(self, name: str) -> BlobWriter:
        """Begin a body."""
        return _MemoryWriter(self._bodies, name)

    def find_length(self, name: str) -> int | None:
        """Its size."""
        body = self._bodies.get(name)
        return None if body is None else len(body)

    def pieces(self, name: str, start: int, stop: int, size: int) -> Iterator[bytes]:
        """Its bytes. Raises KeyError."""
        body = self._bodies[name]
        for at in range(start, stop, size):
            yield body[at : min(at + size, stop)]

    def delete(self, name: str) -> None:
        """Forget it."""
        self._bodies.pop(name, None)

    def names(self) -> list[str]:
        """All of them."""
        return sorted(self._bodies)


class _MemoryWriter:
    __slots__ = ("_bodies", "_name", "_parts")

    def __init__(self, bodies: dict[str, bytes], name: str) -> None:
        self._bodies = bodies
        self._name = name
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._parts.append(data)

    def close(self) -> None:
        self._bodies[self._name] = b"".join(self._parts)

    def abandon(self) -> None:
        self._parts = []


class Kept(msgspec.Struct):
    """How many times a body is in use."""

    count: int


KEPT: Final = Table("cloud.blobs", Kept, "world")


class Blobs:
    """A world's bodies. A handler reaches it as `call.blobs`."""

    __slots__ = ("_cloud", "store", "unused")

    def __init__(self, cloud: Cloud, store: BlobStore) -> None:
        self._cloud = cloud
        self.store = store
        self.unused = 0  # bodies that went out of use since the last `collect`

    def put(self, data: bytes, key: bytes) -> str:
        """Keep bytes that a handler made itself, sealed; count them by `keep`.

        The same data and key give the same name, and are written once: so a replay writes nothing.
        """
        name = "h" + blake2b(data, digest_size=20, key=key[:KEY_BYTES]).hexdigest()
        if self.store.find_length(name) is None:
            writer = self.store.create(name)
            writer.write(seal(data, key))
            writer.close()
        return name

    def read(self, name: str, key: bytes, start: int = 0, stop: int | None = None) -> bytes:
        """Bytes `start` to `stop` of a body, in memory. Raises KeyError when it is not there."""
        end = self.store.find_length(name) if stop is None else stop
        if end is None:
            raise KeyError(name)
        return b"".join(self.slice(name, key, start, end).pieces(PIECE_BYTES))

    def slice(self, name: str, key: bytes, start: int, stop: int) -> Slice:
        """Bytes `start` to `stop`, read when they are sent."""
        return Slice(self.store, name, key, start, stop)

    def keep(self, name: str) -> None:
        """Count one more use of a body."""
        rows = self._rows()
        kept = rows.get(name)
        if kept is None:
            rows[name] = Kept(1)
        else:
            kept.count += 1

    def drop(self, name: str) -> None:
        """Count one use less; at none the host may delete the bytes."""
        rows = self._rows()
        kept = rows.get(name)
        if kept is not None:
            kept.count -= 1
            if kept.count <= 0:
                del rows[name]
                self.unused += 1

    def is_kept(self, name: str) -> bool:
        """Whether anybody uses a body."""
        return name in self._rows()

    def names(self) -> frozenset[str]:
        """The bodies that are in use."""
        return frozenset(self._rows())

    def collect(self, spared: frozenset[str] = frozenset()) -> int:
        """Delete every body that neither this world nor `spared` uses; returns how many."""
        self.unused = 0
        used = self._rows()
        unused = [name for name in self.store.names() if name not in used and name not in spared]
        for name in unused:
            self.store.delete(name)
        return len(unused)

    def _rows(self) -> dict[str, Kept]:
        return self._cloud.store.rows(KEPT, "", "")


class Slice:
    """Bytes `start` to `stop` of a sealed body, opened as they are read."""

    __slots__ = ("_key", "_name", "_start", "_stop", "_store")

    def __init__(self, store: BlobStore, name: str, key: bytes, start: int, stop: int) -> None:
        self._store = store
        self._name = name
        self._key = key
        self._start = start
        self._stop = stop

    @property
    def length(self) -> int:
        """Its size in bytes."""
        return self._stop - self._start

    def pieces(self, size: int) -> Iterator[bytes]:
        """Its bytes in order. Raises KeyError, OSError."""
        opener = sealer(self._key, self._start)
        for piece in self._store.pieces(self._name, self._start, self._stop, size):
            yield opener.update(piece)


def seal(data: bytes, key: bytes, offset: int = 0) -> bytes:
    """`data` sealed, or opened again: bytes `offset` and following of the body of that key."""
    sealed: bytes = sealer(key, offset).update(data)
    return sealed


def sealer(key: bytes, offset: int = 0) -> Any:
    """Seals a body piece by piece (`update`), from byte `offset` on. Raises ValueError."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CTR

    if len(key) != KEY_BYTES:
        raise ValueError(f"a body is sealed with {KEY_BYTES} bytes, not {len(key)}")
    block, skipped = divmod(offset, BLOCK_BYTES)
    cipher = Cipher(AES(key), CTR(block.to_bytes(BLOCK_BYTES, "big"))).encryptor()
    if skipped:
        cipher.update(bytes(skipped))
    return cipher
