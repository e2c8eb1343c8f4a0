"""The journal's bytes: a header, then frames. Pure framing; whoever has the file reads and writes.

Rules of this file:
- What was cut short is a torn tail: the write that a crash interrupted, never acknowledged. It is
  reported, and `good_length` says where to truncate and go on.
- What is damaged although more was written after it is corruption: an error with its offset.
  Nothing is skipped in silence.
- Magic, format number, lengths and checksums of the header keep their places in every format to
  come, so that any build can name the format it cannot read.

The idea: a frame's own header (marker, length, checksum of the payload) has a checksum too. So a
length can be trusted before the payload is there, and after a damaged frame the marker finds the
next one, which is the evidence that tells corruption from a torn tail.

    header   magic 8 | format u16 | body length u16 | crc32 u32 | body: seed, NUL, build | crc32 u32
    frame    marker 4 | payload length u32 | payload crc32 u32 | crc32 of these u32 | payload
"""

from __future__ import annotations

from struct import Struct
from typing import Final, NamedTuple
from zlib import crc32

from cloudchamber.kernel.errors import JournalError

FORMAT: Final = 1
MAGIC: Final = b"CHAMBERJ"
_MARKER: Final = b"\xf5fr\n"  # not valid UTF-8, so rare inside payloads
_HEAD: Final = Struct("<8sHH")
_FRAME: Final = Struct("<4sII")
_CRC: Final = Struct("<I")
_HEAD_BYTES: Final = _HEAD.size + _CRC.size
_FRAME_BYTES: Final = _FRAME.size + _CRC.size


class Header(NamedTuple):
    """Which world the journal belongs to, and which build wrote it."""

    seed: int
    build: str


class Problem(NamedTuple):
    """A torn tail: `lost` bytes from `offset` on are an unfinished write.

    `damaged` when those bytes are not the beginning of a good record. A killed process leaves a
    beginning; only a lost power supply (or a bad disk) leaves damage.
    """

    offset: int
    lost: int
    message: str
    damaged: bool = False


class Scan(NamedTuple):
    """A whole journal. `header` is None when even that was torn."""

    header: Header | None
    frames: tuple[bytes, ...]
    good_length: int
    problem: Problem | None


def _sealed(data: bytes) -> bytes:
    return data + _CRC.pack(crc32(data))


def encode_header(seed: int, build: str) -> bytes:
    """The bytes that begin a journal."""
    body = b"%d\0%s" % (seed, build.encode())
    return _sealed(_HEAD.pack(MAGIC, FORMAT, len(body))) + _sealed(body)


def encode_frame(payload: bytes) -> bytes:
    """The bytes of one record."""
    return _sealed(_FRAME.pack(_MARKER, len(payload), crc32(payload))) + payload


def scan(data: bytes) -> Scan:
    """Read a whole journal. Raises `JournalError` when it is corrupt, foreign or newer."""
    reader = Reader()
    reader.feed(data)
    frames: list[bytes] = []
    while (payload := reader.find_frame()) is not None:
        frames.append(payload)
    problem = reader.close()
    return Scan(reader.header, tuple(frames), reader.good_length, problem)


class Reader:
    """Reads a journal piece by piece: `feed` bytes, `find_frame` until None; at the end `close`.

    `header` is there once its bytes are; `good_length` is the offset after the last good frame.
    """

    __slots__ = ("_base", "_buffer", "_damage", "_pos", "good_length", "header")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._base = 0  # offset in the file of _buffer[0]
        self._pos = 0  # in _buffer: everything before is read
        self._damage = ""  # what is wrong at good_length; then only evidence is looked for
        self.header: Header | None = None
        self.good_length = 0

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the file."""
        if self._pos:
            del self._buffer[: self._pos]
            self._base += self._pos
            self._pos = 0
        self._buffer += data

    def find_frame(self) -> bytes | None:
        """The next record, or None until more is fed. Raises `JournalError`."""
        if self.header is None and not self._read_header():
            return None
        if not self._damage:
            buffer, begin = self._buffer, self._pos + _FRAME_BYTES
            if len(buffer) < begin:
                return None
            length = self._find_length(self._pos)
            if length is None:
                self._damage = "frame header"
            elif len(buffer) < begin + length:
                return None
            else:
                payload = bytes(buffer[begin : begin + length])
                check = _FRAME.unpack_from(buffer, self._pos)[2]
                self._pos = begin + length
                if crc32(payload) == check:
                    self.good_length = self._base + self._pos
                    return payload
                self._damage = "payload"
        self._look_for_evidence()
        return None

    def close(self) -> Problem | None:
        """The file has ended: the torn tail, if there is one."""
        lost = self._base + len(self._buffer) - self.good_length
        if not lost and self.header is not None:
            return None
        what = self._damage or ("record" if self.header else "header")
        message = f"unfinished {what} of {lost} bytes at offset {self.good_length}"
        return Problem(self.good_length, lost, message, bool(self._damage))

    def _read_header(self) -> bool:
        buffer = self._buffer
        if not MAGIC.startswith(buffer[: len(MAGIC)]):
            raise JournalError("not a journal: it begins with other bytes", 0)
        if len(buffer) < _HEAD_BYTES:
            return False
        _, version, length = _HEAD.unpack_from(buffer)
        if _sealed(bytes(buffer[: _HEAD.size])) != buffer[:_HEAD_BYTES]:
            raise JournalError("the journal's header is damaged", 0)
        if version != FORMAT:
            text = f"the journal has format {version}; this build reads format {FORMAT}"
            raise JournalError(text, 0)
        end = _HEAD_BYTES + length + _CRC.size
        if len(buffer) < end:
            return False
        body = bytes(buffer[_HEAD_BYTES : end - _CRC.size])
        if _sealed(body) != buffer[_HEAD_BYTES:end]:
            raise JournalError("the journal's header is damaged", _HEAD_BYTES)
        seed, _, build = body.partition(b"\0")
        self.header = Header(int(seed), build.decode())
        self._pos = self.good_length = end
        return True

    def _find_length(self, pos: int) -> int | None:
        """The payload length that the frame header at `pos` states, None when it is not one."""
        marker, length, _ = _FRAME.unpack_from(self._buffer, pos)
        (check,) = _CRC.unpack_from(self._buffer, pos + _FRAME.size)
        if marker != _MARKER or crc32(self._buffer[pos : pos + _FRAME.size]) != check:
            return None
        return int(length)

    def _look_for_evidence(self) -> None:
        """A good frame header after the damage proves that it was not the last write."""
        buffer = self._buffer
        while len(buffer) - self._pos >= _FRAME_BYTES:
            found = buffer.find(_MARKER, self._pos)
            if found < 0:
                self._pos = len(buffer) - len(_MARKER) + 1
            elif len(buffer) - found < _FRAME_BYTES:
                self._pos = found
            elif self._find_length(found) is None:
                self._pos = found + 1
            else:
                raise JournalError(
                    f"the journal is corrupt at offset {self.good_length} (damaged "
                    f"{self._damage}): a later record begins at offset {self._base + found}",
                    self.good_length,
                )
