"""Answers as HTTP/1.1 writes them, and the answers that HTTP itself gives.

Rules of this file: pure functions. A header that would end its own line is cut there, whatever
wrote it: nothing from a client may add a header to an answer.
"""

from __future__ import annotations

from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType

import orjson

from cloudchamber.wire.http import Response

STATUS_LINES = MappingProxyType(
    {status.value: f"HTTP/1.1 {status.value} {status.phrase}" for status in HTTPStatus}
)
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
NO_BODY = frozenset({204, 304})
# Headers that are HTTP's own business, whoever set them.
OWN = frozenset({"connection", "content-length", "date", "transfer-encoding"})


class HttpRefusal(Exception):
    """A request that HTTP itself refuses, before anybody asks what it means."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    @property
    def response(self) -> Response:
        """The refusal as an answer."""
        return plain_error(self.status, self.code, self.message)


def plain_error(status: int, code: str, message: str) -> Response:
    """An error in no AWS protocol's spelling: JSON that a person can read in any client."""
    body = orjson.dumps({"__type": code, "code": code, "message": message})
    return Response(status, {"content-type": "application/json"}, body)


@lru_cache(maxsize=512)  # answers have the same few headers
def _opening(name: str) -> tuple[str, str]:
    """A header's name as its line begins, and which of HTTP's own headers it is, if one."""
    key = name.lower()
    return f"{name}: ", key if key in OWN else ""


def head_bytes(
    response: Response, date: str, *, is_head: bool, keep_alive: bool, is_chunked: bool = True
) -> bytes:
    """Status line and headers of an answer, up to and with the empty line.

    The length is stated from the body, except for an answer to HEAD that states it itself. A body
    that is still being made goes in chunks, or to a client of HTTP/1.0, up to the end of the
    connection (`is_chunked`).
    """
    status = response.status
    lines = [STATUS_LINES.get(status) or f"HTTP/1.1 {status} Status"]
    stated = False
    for name, value in response.headers.items():
        opening, own = _opening(name)
        if own:
            if own != "content-length" or not is_head:
                continue
            stated = True
        lines.append(opening + value)
    text = "\r\n".join(lines)
    ends = len(lines) - 1
    if text.count("\n") != ends or text.count("\r") != ends:
        text = _one_line_each(response, is_head)
    if not stated and status not in NO_BODY:
        streamed = response.streamed
        if streamed is None:
            text = f"{text}\r\ncontent-length: {len(response.body)}"
        elif not streamed.is_open:
            text = f"{text}\r\ncontent-length: {streamed.length}"
        elif is_chunked:
            text += "\r\ntransfer-encoding: chunked"
    end = "\r\n\r\n" if keep_alive else "\r\nconnection: close\r\n\r\n"
    text = f"{text}\r\ndate: {date}{end}"
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def _one_line_each(response: Response, is_head: bool) -> str:
    """The head's lines, each with its own line ends taken out."""
    status = response.status
    lines = [STATUS_LINES.get(status) or f"HTTP/1.1 {status} Status"]
    for name, value in response.headers.items():
        key = name.lower()
        if key not in OWN or (key == "content-length" and is_head):
            lines += (f"{name}: {each}" for each in lines_of(key, value))
    return "\r\n".join(line.replace("\r", " ").replace("\n", " ") for line in lines)


def lines_of(key: str, value: str) -> list[str]:
    """The values of a header that each have a line: one, but for cookies."""
    return value.split("\n") if key == "set-cookie" else [value]
