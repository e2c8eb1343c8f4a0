"""Query strings and forms, read only as far as somebody asks.

Rules of this file: raw text in, decoded text out; never raises, whatever comes in. Codecs read
forms whole in their own way; here are the cheap looks that routing and signatures take.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import unquote_to_bytes

PAIRS_LIMIT: Final = 10_000
NO_PAIRS: Final[Mapping[str, str]] = MappingProxyType({})
VALUE_LIMIT: Final = 256


def first_values(query: str) -> dict[str, str]:
    """The first value of each name of a raw query, percent-decoded; a bare name has value ""."""
    found: dict[str, str] = {}
    if not query:
        return found
    for pair in query.split("&", PAIRS_LIMIT):
        name, _, value = pair.partition("=")
        if "%" in pair or "+" in pair or not pair.isascii():
            name, value = decode_form(name), decode_form(value)
        if name not in found:
            found[name] = value
    return found


def decode_form(text: str) -> str:
    """Percent-decoding of a query or form, where `+` is a space; bad UTF-8 becomes U+FFFD."""
    return unquote_to_bytes(wire_bytes(text.replace("+", " "))).decode("utf-8", "replace")


def wire_bytes(text: str) -> bytes:
    """The bytes that text from a request had on the wire, where front ends read them as Latin-1."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def find_query_value(query: str, name: str) -> str | None:
    """The first value of `name` in a raw query, percent-decoded; None when it is not there."""
    start = _find_start(query, name)
    if start is None:
        return None
    stop = query.find("&", start)
    value = query[start:] if stop < 0 else query[start:stop]
    return decode_form(value) if "%" in value or "+" in value or not value.isascii() else value


def _find_start(query: str, name: str) -> int | None:
    if query.startswith(name) and query.startswith("=", len(name)):
        return len(name) + 1
    at = query.find(f"&{name}=")
    return None if at < 0 else at + len(name) + 2


def find_form_value(body: bytes, name: bytes) -> str | None:
    """The first value of `name` in a form body, percent-decoded; None when it is not there.

    Meant for short values such as an action's name: what is longer than any of those is cut.
    """
    if body.startswith(name) and body.startswith(b"=", len(name)):
        start = len(name) + 1
    else:
        at = body.find(b"&" + name + b"=")
        if at < 0:
            return None
        start = at + len(name) + 2
    stop = body.find(b"&", start)
    value = body[start : min(stop if stop >= 0 else len(body), start + VALUE_LIMIT)]
    text = value.decode("latin-1")
    return decode_form(text) if "%" in text or "+" in text or not text.isascii() else text
