"""Reading the files of an import: gzip or not, CSV or one JSON object a line.

Rules of this file: bytes to items as requests have them (`{"pk": {"S": "a"}}`); a line that holds
no item gives None, so that errors can be counted. Nothing is checked against a table here.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.Format.html
"""

from __future__ import annotations

import base64
import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

Item = dict[str, Any]
DELIMITER: Final = ","
_MARK: Final = "\ufeff"


class Unreadable(ValueError):
    """The file is not packed as the request says, or is no text."""


def unpacked(data: bytes, compression: str) -> str:
    """The text of a file. Raises Unreadable."""
    try:
        plain = gzip.decompress(data) if compression == "GZIP" else data
        return plain.decode("utf-8").removeprefix(_MARK)
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise Unreadable("the file is not as InputCompressionType says") from error


def read_json(text: str) -> Iterator[Item | None]:
    """Items of DynamoDB JSON: `{"Item": {...}}` on each line; binary as bytes."""
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            found = msgspec.json.decode(line)
        except msgspec.DecodeError:
            yield None
            continue
        item: Any = found.get("Item") if isinstance(found, dict) else None
        try:
            yield {name: _typed(value) for name, value in item.items()}
        except (AttributeError, TypeError, ValueError):
            yield None


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    """A value as requests have it. Raises TypeError, ValueError or AttributeError."""
    ((kind, content),) = value.items()
    if kind in ("S", "N"):
        return {kind: _text(content)}
    if kind == "B":
        return {kind: _bytes(content)}
    if kind in ("BOOL", "NULL"):
        if not isinstance(content, bool):
            raise TypeError(kind)
        return {kind: content}
    if kind in ("SS", "NS"):
        return {kind: [_text(each) for each in content]}
    if kind == "BS":
        return {kind: [_bytes(each) for each in content]}
    if kind == "L":
        return {kind: [_typed(each) for each in content]}
    if kind == "M":
        return {kind: {name: _typed(each) for name, each in content.items()}}
    raise ValueError(kind)


def _text(content: Any) -> str:
    if not isinstance(content, str):
        raise TypeError("not text")
    return content


def _bytes(content: Any) -> bytes:
    return base64.b64decode(_text(content), validate=True)


def read_csv(
    text: str, delimiter: str, headers: Sequence[str], kinds: Mapping[str, str]
) -> Iterator[Item | None]:
    """Items of CSV: keys have the kinds of their definitions, all else is text.

    Without `headers` the first line holds them.
    """
    rows = csv.reader(text.splitlines(keepends=True), delimiter=delimiter, strict=True)
    names: Sequence[str] = headers
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error:
            yield None
            continue
        if not row:
            continue
        if not names:
            names = row
        elif len(row) != len(names):
            yield None
        else:
            pairs = zip(names, row, strict=True)
            yield {name: _cell(kinds.get(name, "S"), value) for name, value in pairs}


def _cell(kind: str, text: str) -> dict[str, Any]:
    return {kind: text.encode() if kind == "B" else text}
