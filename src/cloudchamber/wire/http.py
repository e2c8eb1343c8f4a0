"""The two nouns of HTTP that the wire layer speaks: a request and a response.

Rules of this file: plain values, no parsing, no socket. A front end fills a `Request` from whatever
it reads; header names are lower case so that nothing above ever asks twice.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.wire.bodies import Spooled, Streamed
from cloudchamber.wire.errors import WireError

# A member of an output that is in no model: the HTTP status where the model knows one only, as of
# S3's 206 for a part of an object.
STATUS: Final = "(status)"


class Request(msgspec.Struct, gc=False):
    """One HTTP request, whole.

    `path` is the raw percent-encoded path without the query, `query` the raw query without `?`.
    Header names are lower case; a repeated header's values are joined with `", "`. A body that was
    put aside while it came is `spooled`, and `body` empty; `problem` is what was wrong with it.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes = b""
    spooled: Spooled | None = None
    problem: WireError | None = None


class Response(msgspec.Struct, gc=False):
    """One HTTP response, whole. `content-length` is the front end's business, not the codec's.

    A body that is read while it is sent is `streamed`, and `body` empty. Several cookies stand in
    one `set-cookie`, a line each: they cannot be joined by commas.
    """

    status: int
    headers: dict[str, str]
    body: bytes = b""
    streamed: Streamed | None = None
