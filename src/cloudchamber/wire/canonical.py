"""The canonical form of a request: what its sender signed, rebuilt from what arrived.

Rules of this file: text only, no keys, no time. A request can arrive in a spelling its sender did
not sign (an encoder in between, a repeated header joined again, a Latin-1 header), so beside the
plain reading there are others; they are built only when the plain one does not verify.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from itertools import product
from typing import Final
from urllib.parse import quote, unquote_to_bytes

import msgspec

from cloudchamber.wire.http import Request
from cloudchamber.wire.query_strings import wire_bytes

EMPTY_SHA256: Final = sha256(b"").hexdigest()
UNSIGNED_PAYLOAD: Final = "UNSIGNED-PAYLOAD"
STREAMING_PREFIX: Final = "STREAMING-"
READINGS_LIMIT: Final = 24

_UNRESERVED: Final = "-_.~"
_PLAIN_QUERY: Final = re.compile(r"(?:[A-Za-z0-9\-_.~=&]|%[0-9A-F]{2})*")


class Canonical(msgspec.Struct, frozen=True):
    """A canonical request. `data` are the bytes that were hashed; `text` is for people."""

    text: str
    data: bytes


def readings(
    request: Request, signed_headers: tuple[str, ...], payload_hash: str, *, s3: bool
) -> Iterator[Canonical]:
    """Every canonical request this request may have been signed as, the likeliest first.

    With `s3` the path is taken as it is, otherwise it is normalised and encoded once more.
    """
    names = ";".join(signed_headers)
    seen: set[bytes] = set()
    choices = product(
        _paths(request.path, s3=s3),
        _queries(request.query),
        _header_blocks(request, signed_headers),
        ("utf-8", "latin-1"),
    )
    for count, (path, query, headers, encoding) in enumerate(choices):
        if count >= READINGS_LIMIT:
            return
        text = f"{request.method}\n{path}\n{query}\n{headers}\n{names}\n{payload_hash}"
        # An unpaired surrogate or a wide character cannot be what was on the wire in Latin-1.
        data = text.encode(encoding, "replace")
        if data not in seen:
            seen.add(data)
            yield Canonical(text, data)


def plain_reading(
    request: Request, signed_headers: tuple[str, ...], payload_hash: str, *, s3: bool
) -> Canonical:
    """The likeliest canonical request: what every AWS SDK signs."""
    text = (
        f"{request.method}\n{next(_paths(request.path, s3=s3))}\n"
        f"{next(_queries(request.query))}\n{header_block(request, signed_headers)}\n"
        f"{';'.join(signed_headers)}\n{payload_hash}"
    )
    return Canonical(text, text.encode("utf-8", "replace"))


def _paths(path: str, *, s3: bool) -> Iterator[str]:
    if s3:
        yield path or "/"
        yield quote(unquote_to_bytes(wire_bytes(path)), safe="/" + _UNRESERVED)
        return
    if path == "/":
        yield path
        return
    normal = normal_path(path)
    yield quote(wire_bytes(normal), safe="/~")
    # Signed from the decoded path: encoded once for the wire and once for the signature.
    yield quote(quote(unquote_to_bytes(wire_bytes(normal)), safe="/~"), safe="/~")
    # Signed as it stands, by clients that treat every service like S3.
    yield path


def normal_path(path: str) -> str:
    """The path without `.`, `..` and empty segments; a slash at the end stays."""
    if "//" not in path and "/." not in path and path.startswith("/"):
        return path
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            if kept:
                kept.pop()
        elif segment and segment != ".":
            kept.append(segment)
    end = "/" if kept and path.endswith("/") else ""
    return "/" + "/".join(kept) + end


def _queries(query: str) -> Iterator[str]:
    """The canonical query: as it was sent if that is canonical, else as it may have been meant."""
    if not query:
        yield ""
        return
    pairs = [
        (name, value)
        for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)
        if name != "X-Amz-Signature"
    ]
    yield _joined(pairs)
    if _PLAIN_QUERY.fullmatch(query):
        return
    yield _joined([(_encoded(name), _encoded(value)) for name, value in pairs])
    if "+" in query:
        spaced = [(name.replace("+", "%20"), value.replace("+", "%20")) for name, value in pairs]
        yield _joined([(_encoded(name), _encoded(value)) for name, value in spaced])


def _joined(pairs: list[tuple[str, str]]) -> str:
    return "&".join([f"{name}={value}" for name, value in sorted(pairs)])


def _encoded(text: str) -> str:
    return quote(unquote_to_bytes(wire_bytes(text)), safe=_UNRESERVED)


def header_block(request: Request, signed_headers: tuple[str, ...]) -> str:
    """The signed headers, one per line, with runs of spaces made one."""
    headers = request.headers
    lines = []
    for name in signed_headers:
        value = headers.get(name, "")
        lines.append(f"{name}:{' '.join(value.split())}\n")
    return "".join(lines)


def _header_blocks(request: Request, signed_headers: tuple[str, ...]) -> Iterator[str]:
    block = header_block(request, signed_headers)
    yield block
    if ", " in block:
        # A repeated header was joined with a space on its way here; its sender signed none.
        yield block.replace(", ", ",")
