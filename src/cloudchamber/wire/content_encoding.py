"""Compressed request bodies: gzip undone, with a limit on how much may come out.

Rules of this file: bytes in, bytes out. SDKs compress where the model says they may
(`requestCompression`); whether an operation allows it is the caller's business, since to S3 the
same header is a property of the object. A body that grows past the limit is refused before it
exists, so that a few bytes cannot fill the memory.
"""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import cut

DEFAULT_LIMIT: Final = 64 * 1024 * 1024
ENCODINGS_LIMIT: Final = 4

_GZIP_WINDOW: Final = 31


def decode_body(request: Request, limit: int = DEFAULT_LIMIT) -> Request:
    """The request with its body as it was before it was compressed.

    Raises WireError for an encoding that is not spoken, a body that is not what it says, and one
    that would be larger than `limit` bytes.
    """
    header = request.headers.get("content-encoding")
    if header is None:
        return request
    names = [each.strip().lower() for each in header.split(",")]
    names = [each for each in names if each not in ("", "identity", "aws-chunked")]
    if len(names) > ENCODINGS_LIMIT:
        raise unspoken(header)
    body = request.body
    for name in reversed(names):
        if name not in ("gzip", "x-gzip"):
            raise unspoken(name)
        body = gunzip(body, limit)
    headers = {name: value for name, value in request.headers.items() if name != "content-encoding"}
    headers["content-length"] = str(len(body))
    return msgspec.structs.replace(request, headers=headers, body=body)


def gunzip(body: bytes, limit: int = DEFAULT_LIMIT) -> bytes:
    """A gzipped body, unzipped; several members are one after the other, as gzip allows.

    Raises WireError when it is none, when it is cut short, and when it is larger than `limit`.
    """
    parts: list[bytes] = []
    room = limit
    rest = body
    while rest or not parts:
        inflater = zlib.decompressobj(_GZIP_WINDOW)
        try:
            # One byte more than there is room for tells a full body from one too many.
            part = inflater.decompress(rest, room + 1)
        except zlib.error as error:
            raise WireError("SerializationException", "The body is not valid gzip") from error
        room -= len(part)
        if room < 0 or inflater.unconsumed_tail:
            raise WireError(
                "RequestEntityTooLargeException",
                f"The body is larger than {limit} bytes when decompressed",
                413,
            )
        if not inflater.eof:
            raise WireError("SerializationException", "The gzip body is cut short")
        parts.append(part)
        rest = inflater.unused_data
    return b"".join(parts)


def unspoken(name: str) -> WireError:
    """The error of an encoding that is not spoken."""
    return WireError(
        "UnsupportedMediaType", f"Content-Encoding {cut(name)!r} is not supported", 415
    )
