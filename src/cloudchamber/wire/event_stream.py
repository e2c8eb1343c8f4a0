"""The framing of AWS's event streams: messages with typed headers, each under two checksums.

Rules of this file: bytes and values, no socket. `encode_message` writes one message, a `Decoder`
takes whatever pieces arrive and gives back the messages they complete. What headers mean is the
protocol's business.

    total length (4)  headers length (4)  CRC of these (4)  headers  payload  CRC of all (4)
    header: name length (1)  name  type (1)  value, its length (2) first if it has none of its own

See https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final
from zlib import crc32

import msgspec

from cloudchamber.wire.errors import WireError

PRELUDE: Final = struct.Struct(">III")
PRELUDE_LENGTH: Final = 12
OVERHEAD: Final = 16
HEADERS_LIMIT: Final = 128 * 1024
PAYLOAD_LIMIT: Final = 24 * 1024 * 1024
NAME_LIMIT: Final = 255
VALUE_LIMIT: Final = 32_767

TRUE, FALSE, BYTE, SHORT, INTEGER, LONG, BYTES, STRING, TIMESTAMP, UUID = range(10)


class Byte(int):
    """A header value of 8 bits."""


class Short(int):
    """A header value of 16 bits."""


class Long(int):
    """A header value of 64 bits. A plain int is one of 32 bits, if it fits."""


class Timestamp(int):
    """A header value in milliseconds since the epoch."""


class Uuid(bytes):
    """A header value of 16 bytes that are a UUID."""


HeaderValue = bool | int | bytes | str


class Message(msgspec.Struct, frozen=True):
    """One message of an event stream."""

    headers: dict[str, HeaderValue]
    payload: bytes = b""


def encode_message(headers: Mapping[str, HeaderValue], payload: bytes = b"") -> bytes:
    """One framed message. Raises ValueError for what the framing cannot say."""
    block = b"".join([_encode_header(name, value) for name, value in headers.items()])
    if len(block) > HEADERS_LIMIT or len(payload) > PAYLOAD_LIMIT:
        raise ValueError("an event stream message is too large")
    total = len(block) + len(payload) + OVERHEAD
    start = struct.pack(">II", total, len(block))
    message = b"".join((start, struct.pack(">I", crc32(start)), block, payload))
    return message + struct.pack(">I", crc32(message))


def _encode_header(name: str, value: HeaderValue) -> bytes:
    raw = name.encode()
    if not 0 < len(raw) <= NAME_LIMIT:
        raise ValueError(f"an event stream header's name must have 1 to 255 bytes: {name!r}")
    return bytes((len(raw),)) + raw + _encode_value(value)


def _encode_value(value: HeaderValue) -> bytes:
    try:
        if isinstance(value, str):
            return _with_length(STRING, value.encode())
        if isinstance(value, bool):
            return bytes((TRUE if value else FALSE,))
        if isinstance(value, Uuid):
            return struct.pack(">B16s", UUID, value) if len(value) == 16 else _refuse(value)
        if isinstance(value, bytes):
            return _with_length(BYTES, value)
        if isinstance(value, Byte):
            return struct.pack(">Bb", BYTE, value)
        if isinstance(value, Short):
            return struct.pack(">Bh", SHORT, value)
        if isinstance(value, Timestamp):
            return struct.pack(">Bq", TIMESTAMP, value)
        if not isinstance(value, Long) and -(2**31) <= value < 2**31:
            return struct.pack(">Bi", INTEGER, value)
        return struct.pack(">Bq", LONG, value)
    except struct.error as error:
        raise ValueError(f"an event stream header cannot hold {value!r}") from error


def _refuse(value: object) -> bytes:
    raise ValueError(f"an event stream header cannot hold {value!r}")


def _with_length(kind: int, value: bytes) -> bytes:
    if len(value) > VALUE_LIMIT:
        raise ValueError("an event stream header's value is too long")
    return struct.pack(">BH", kind, len(value)) + value


class Decoder:
    """Gives back the messages of a stream that arrives in pieces."""

    __slots__ = ("_buffer",)

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def is_between_messages(self) -> bool:
        """Whether nothing of an unfinished message has arrived: a stream may end here."""
        return not self._buffer

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete. Raises WireError for what is not one."""
        buffer = self._buffer
        buffer += data
        messages = []
        while len(buffer) >= PRELUDE_LENGTH:
            total, headers_length, checksum = PRELUDE.unpack_from(buffer)
            if crc32(memoryview(buffer)[:8]) != checksum:
                raise malformed("the checksum of its prelude is wrong")
            payload_length = total - headers_length - OVERHEAD
            if headers_length > HEADERS_LIMIT or not 0 <= payload_length <= PAYLOAD_LIMIT:
                raise malformed("its lengths are out of bounds")
            if len(buffer) < total:
                break
            message = bytes(buffer[:total])
            del buffer[:total]
            messages.append(_decode(message, headers_length))
        return messages


def _decode(message: bytes, headers_length: int) -> Message:
    if crc32(memoryview(message)[:-4]) != int.from_bytes(message[-4:], "big"):
        raise malformed("its checksum is wrong")
    stop = PRELUDE_LENGTH + headers_length
    headers: dict[str, HeaderValue] = {}
    at = PRELUDE_LENGTH
    try:
        while at < stop:
            name_stop = at + 1 + message[at]
            name = message[at + 1 : name_stop].decode()
            value, at = _decode_value(message, name_stop, stop)
            if not name or name in headers:
                raise malformed("a header has no name, or another's")
            headers[name] = value
    except (struct.error, UnicodeDecodeError, IndexError) as error:
        raise malformed("its headers cannot be read") from error
    if at != stop:
        raise malformed("its headers do not end where they should")
    return Message(headers, message[stop:-4])


def _decode_value(message: bytes, at: int, stop: int) -> tuple[HeaderValue, int]:
    kind = message[at]
    at += 1
    if kind in (TRUE, FALSE):
        return kind == TRUE, at
    if kind in (BYTES, STRING):
        (length,) = struct.unpack_from(">H", message, at)
        at += 2
        if at + length > stop:
            raise malformed("a header is longer than its message")
        raw = message[at : at + length]
        return (raw if kind == BYTES else raw.decode()), at + length
    if kind == BYTE:
        return Byte(struct.unpack_from(">b", message, at)[0]), at + 1
    if kind == SHORT:
        return Short(struct.unpack_from(">h", message, at)[0]), at + 2
    if kind == INTEGER:
        return int(struct.unpack_from(">i", message, at)[0]), at + 4
    if kind == LONG:
        return Long(struct.unpack_from(">q", message, at)[0]), at + 8
    if kind == TIMESTAMP:
        return Timestamp(struct.unpack_from(">q", message, at)[0]), at + 8
    if kind == UUID:
        return Uuid(struct.unpack_from(">16s", message, at)[0]), at + 16
    raise malformed(f"a header has the unknown type {kind}")


def malformed(why: str) -> WireError:
    """The error of bytes that are no event stream message."""
    return WireError("SerializationException", f"The event stream message is malformed: {why}")
