"""Scalars and lists in headers, URI labels and query strings.

Rules of this file: text <-> one modelled value, by its shape; no knowledge of whole requests. In
headers timestamps default to HTTP dates, lists are joined by commas (with quotes where an element
has a comma of its own), and a `jsonvalue` is base64 of JSON.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final

import orjson

from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.protocols import timestamps
from cloudchamber.wire.protocols.form import FormError, scalar
from cloudchamber.wire.protocols.xml_write import SCALAR_TEXT

ReadText = Callable[[str], Any]
WriteText = Callable[[Any], str]

_ELEMENT: Final = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|([^,]*))\s*(?:,|$)')
_DATES: Final = re.compile(r"([^,]+,[^,]+)(?:,|$)")
_ESCAPED: Final = re.compile(r"\\(.)")


def header_reader(service: ServiceModel, shape: Shape) -> ReadText:
    """What reads a header's value. It raises `FormError`."""
    if shape.type == "list":
        element = service.resolve(shape.element())
        split = split_dates if element.type == "timestamp" else split_list
        read = header_reader(service, element)
        return lambda text: [read(item) for item in split(text)]
    return json_value if shape.jsonvalue else scalar(shape)


def header_writer(service: ServiceModel, shape: Shape) -> WriteText:
    """What writes a header's value."""
    if shape.type == "list":
        element = service.resolve(shape.element())
        write = header_writer(service, element)
        quoting = quoted if element.type == "string" else str
        return lambda values: ", ".join(quoting(write(value)) for value in values)
    if shape.jsonvalue:
        return lambda value: base64.b64encode(orjson.dumps(value)).decode("ascii")
    if shape.type == "timestamp":
        return timestamps.writer(shape.timestamp_format or "rfc822")
    return SCALAR_TEXT.get(shape.type, str)


def split_list(text: str) -> list[str]:
    """The elements of a comma-separated header; quotes protect commas and are taken off."""
    elements: list[str] = []
    at = 0
    while at < len(text):
        found = _ELEMENT.match(text, at)
        if found is None:  # a quote that never ends: what is left is one element
            elements.append(text[at:].strip())
            break
        quoted_part, plain = found.groups()
        if quoted_part is None:
            elements.append(plain.strip())
        else:
            elements.append(_ESCAPED.sub(r"\1", quoted_part))
        at = found.end()
    return elements


def split_dates(text: str) -> list[str]:
    """The elements of a list of timestamps; an HTTP date has a comma of its own."""
    if not text[:3].isalpha():
        return split_list(text)
    return [date.strip() for date in _DATES.findall(text)]


def quoted(text: str) -> str:
    """An element of a header list, in quotes when it needs them."""
    if "," not in text and '"' not in text:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def json_value(text: str) -> Any:
    """A `jsonvalue` header: base64 of JSON."""
    try:
        return orjson.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        raise FormError(text, "JSON value") from None
