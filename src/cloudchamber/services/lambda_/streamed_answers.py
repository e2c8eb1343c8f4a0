"""Answers that functions stream: told piece by piece as they come, and whole once they are there.

Rules of this file: what is told of a piece is a function of the pieces so far. What was streamed
begins in the row of its invocation; what does not fit there lies among the blobs.
https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from cloudchamber.cloud.blobs import Source, Spooled, Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Output
from cloudchamber.services.lambda_.nouns import Invocation
from cloudchamber.services.lambda_.preludes import CONTENT_TYPE, PreludeError, find_prelude

CHUNK_BYTES: Final = 64 << 10  # of one PayloadChunk that is made afterwards
BYTES: Final = "application/octet-stream"
Headers = dict[str, str]


class SiteParts:
    """What a function URL's client is told of each piece; `headers` gives those beside the
    function's own."""

    def __init__(self, headers: Callable[[], Headers]) -> None:
        self._headers = headers
        self._held = bytearray()
        self._has_head = False
        self._is_bad = False

    def tell(self, content_type: str, data: bytes) -> Output | None:
        """A piece. Nothing is told before the prelude is whole, nor of one that is none."""
        if self._has_head:
            return {"Status": 200, "Headers": {}, "Body": data}
        if content_type != CONTENT_TYPE:
            self._has_head = True
            kind = {"content-type": content_type or BYTES}
            return {"Status": 200, "Headers": {**kind, **self._headers()}, "Body": data}
        if self._is_bad:
            return None
        self._held += data
        try:
            prelude = find_prelude(self._held)
        except PreludeError:
            self._is_bad = True
            return None
        if prelude is None:
            return None
        self._has_head = True
        return {
            "Status": prelude.status,
            "Headers": {**prelude.headers, **self._headers()},
            "Body": bytes(self._held[prelude.length :]),
        }


# When it is there


def keep(call: Call, row: Invocation, outcome: dict[str, Any]) -> None:
    """Take what was streamed out of an outcome."""
    row.is_streamed = outcome.get("is_streamed", False)
    row.content_type = outcome.get("content_type", "")
    row.begun = outcome.get("begun", b"")
    rest = Spooled.of(outcome.get("rest"))
    if rest is not None:
        row.rest, row.rest_key, row.rest_bytes = rest.name, rest.key, rest.length
        call.blobs.keep(rest.name)


def forget(call: Call, row: Invocation) -> None:
    """The rest of it is not needed any more."""
    if row.rest:
        call.blobs.drop(row.rest)


def beginning(row: Invocation) -> bytes:
    """Its first bytes: all of what was streamed, or of what was answered, that is in the row."""
    return row.payload if row.status == "ok" else row.begun


def body(call: Call, row: Invocation, start: int) -> bytes | Streamed:
    """All of it from a byte on that is in the row."""
    head = beginning(row)[start:]
    if not row.rest:
        return head
    parts: list[bytes | Source] = [head, _rest(call, row)]
    return Streamed(parts)


def chunks(call: Call, row: Invocation) -> Iterator[dict[str, Any]]:
    """All of it as events, made when they are sent."""
    head = beginning(row)
    for start in range(0, len(head), CHUNK_BYTES):
        yield {"PayloadChunk": {"Payload": head[start : start + CHUNK_BYTES]}}
    if row.rest:
        for piece in _rest(call, row).pieces(CHUNK_BYTES):
            yield {"PayloadChunk": {"Payload": piece}}


def _rest(call: Call, row: Invocation) -> Source:
    return call.blobs.slice(row.rest, row.rest_key, 0, row.rest_bytes)
