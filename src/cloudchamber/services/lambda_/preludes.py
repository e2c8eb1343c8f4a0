"""The prelude of a streamed answer: status, headers and cookies, as JSON before eight NUL bytes.

Rules of this file: pure functions of bytes that come from a function, and may be anything.
https://docs.aws.amazon.com/lambda/latest/dg/response-streaming-tutorial.html
"""

from __future__ import annotations

import re
from typing import Any, Final, NamedTuple

import msgspec

CONTENT_TYPE: Final = "application/vnd.awslambda.http-integration-response"
END: Final = bytes(8)
# "must appear within the first 16KB of stream data",
# apigateway/latest/developerguide/response-transfer-mode-lambda.html
BYTES_MAX: Final = 16 << 10
STATUSES: Final = range(200, 600)
NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
UNSENT: Final = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive"})


class PreludeError(ValueError):
    """What came is no prelude, and will not become one."""


class Prelude(NamedTuple):
    """What it says. Cookies stand in `set-cookie`, a line each; the body begins at `length`."""

    status: int
    headers: dict[str, str]
    length: int


def find_prelude(data: bytes | bytearray) -> Prelude | None:
    """The prelude that an answer begins with, None while it is not whole. Raises PreludeError."""
    end = data.find(END, 0, BYTES_MAX + len(END))
    if end < 0:
        if len(data) >= BYTES_MAX + len(END):
            raise PreludeError("it does not end")
        return None
    try:
        told = msgspec.json.decode(bytes(data[:end])) if end else {}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PreludeError(f"it is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise PreludeError("it is no object")
    status = told.get("statusCode", 200)
    if isinstance(status, str) and status.isdecimal() and len(status) == 3:
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or status not in STATUSES:
        raise PreludeError("its status is none")
    headers = headers_of(told)
    headers.setdefault("content-type", "application/octet-stream")
    return Prelude(status, headers, end + len(END))


def headers_of(told: dict[str, Any]) -> dict[str, str]:
    """The headers and cookies that a function wants sent, as far as they can be."""
    headers: dict[str, str] = {}
    given = told.get("headers")
    for name, value in given.items() if isinstance(given, dict) else ():
        if NAME.fullmatch(name) and name.lower() not in UNSENT:
            shown = str(value).lower() if isinstance(value, bool) else str(value)
            headers[name.lower()] = _one_line(shown)
    cookies = told.get("cookies")
    if isinstance(cookies, list) and cookies:
        headers["set-cookie"] = "\n".join(_one_line(str(each)) for each in cookies)
    return headers


def _one_line(text: str) -> str:
    return text.replace("\r", "").replace("\n", "")
