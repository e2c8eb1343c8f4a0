"""Bodies that are not held whole: one that came in and lies elsewhere, one that is read when sent.

Rules of this file: plain values and a protocol; where bytes really lie is not known here. A body is
read in pieces by whoever sends it, and never joined on the way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, runtime_checkable

PIECE_BYTES: Final = 256 << 10
WHOLE_BYTES_MAX: Final = 64 << 10  # a body up to this size is simply held


@runtime_checkable
class Source(Protocol):
    """A part of a body that is read when it is sent."""

    @property
    def length(self) -> int:
        """Its size in bytes."""
        ...

    def pieces(self, size: int) -> Iterator[bytes]:
        """Its bytes in order, at most `size` at a time."""
        ...


class Streamed:
    """A body in parts, each in memory or elsewhere. One that `is_open` is still being made when it
    is begun: nobody knows its length, which is -1."""

    __slots__ = ("is_open", "length", "parts")

    def __init__(self, parts: Sequence[bytes | Source], *, is_open: bool = False) -> None:
        self.is_open = is_open
        self.parts = tuple(parts)
        self.length = -1
        if not is_open:
            self.length = sum(
                len(part) if isinstance(part, bytes) else part.length for part in self.parts
            )

    def pieces(self, size: int = PIECE_BYTES) -> Iterator[bytes]:
        """The bytes of all parts in order, at most `size` at a time."""
        for part in self.parts:
            if not isinstance(part, bytes):
                yield from part.pieces(size)
                continue
            for start in range(0, len(part), size):
                yield part[start : start + size]

    def joined(self) -> bytes:
        """The whole body in memory, for whoever cannot send it in pieces."""
        return b"".join(self.pieces())


class Spooled:
    """A body that came in and was put aside while it came: where it lies and what it is.

    `name` and `key` are for the store that has it (it lies sealed under the 32 bytes of `key`).
    `length` is in bytes, `md5` its digest, `sha256` too if the client claimed one, `checksums` the
    base64 of those it named, by S3's name of the algorithm (`CRC32`, `CRC64NVME`). A spooled body
    is not a msgspec Struct on purpose: a journal and a digest write it each in its own way.
    """

    __slots__ = ("checksums", "key", "length", "md5", "name", "sha256")

    def __init__(
        self,
        name: str,
        key: bytes,
        length: int,
        md5: bytes,
        sha256: bytes | None,
        checksums: Mapping[str, str],
    ) -> None:
        self.name = name
        self.key = key
        self.length = length
        self.md5 = md5
        self.sha256 = sha256
        self.checksums = dict(checksums)

    @classmethod
    def of(cls, value: Any) -> Spooled | None:
        """The spooled body that a decoded member is, live or read back from a journal; or None."""
        if isinstance(value, cls):
            return value
        if not isinstance(value, Mapping) or SPOOLED not in value:
            return None
        return cls(*value[SPOOLED])

    @property
    def as_data(self) -> dict[str, Any]:
        """Everything, as plain data that `of` reads back: for a journal."""
        fields = (self.name, self.key, self.length, self.md5, self.sha256, self.checksums)
        return {SPOOLED: fields}

    @property
    def identity(self) -> tuple[int, bytes]:
        """What it is, whatever the store called it: for a digest."""
        return (self.length, self.md5)


SPOOLED: Final = "(spooled)"  # no shape of any model has such a member
