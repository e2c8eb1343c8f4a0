"""What S3 Select reads and writes: records out of CSV and JSON, rows into them.

Rules of this file: bytes and values only. https://docs.aws.amazon.com/AmazonS3/latest/API/API_SelectObjectContent.html
"""

from __future__ import annotations

import bz2
import csv
import io
import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3.nouns import Settings

WHITE: Final = " \t\r\n"
GZIP: Final = 31  # zlib's window for gzip


def bad(code: str, message: str) -> AwsError:
    """400: the data are not what they were said to be."""
    return AwsError(code, message, 400)


def unpacked(data: bytes, kind: str) -> bytes:
    """Data as they were before they were compressed. Raises InvalidCompressionFormat and others."""
    try:
        if kind == "GZIP":
            return zlib.decompress(data, GZIP)
        return bz2.decompress(data) if kind == "BZIP2" else data
    except (zlib.error, OSError, EOFError, ValueError):
        raise bad(
            "InvalidCompressionFormat",
            f"{kind} is not applicable to the queried object. Please correct the request and try "
            "again.",
        ) from None


def documents(data: bytes, source: Settings) -> Iterator[Any]:
    """The records of a body. Raises InvalidTextEncoding, CSVParsingError, JSONParsingError."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise bad(
            "InvalidTextEncoding", "Invalid encoding type. Only UTF-8 encoding is supported."
        ) from None
    return _from_csv(text, source["CSV"]) if "CSV" in source else _from_json(text, source["JSON"])


def _from_csv(text: str, wanted: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    names: list[str] | None = None
    header = wanted.get("FileHeaderInfo", "NONE")
    comment = wanted.get("Comments", "#")
    rows = csv.reader(_lines(text, wanted, comment), **_dialect(wanted))
    try:
        for at, row in enumerate(rows):
            if at == 0 and header != "NONE":
                names = row if header == "USE" else None
                continue
            if not row:
                continue
            if names is None:
                yield {f"_{place}": value for place, value in enumerate(row, 1)}
            else:
                extra = [f"_{place}" for place in range(len(names) + 1, len(row) + 1)]
                yield dict(zip([*names, *extra], row, strict=False))
    except csv.Error as error:
        raise bad(
            "CSVParsingError",
            f"Encountered an error parsing the CSV file. Check the file and try again. ({error})",
        ) from None


def _dialect(wanted: Mapping[str, Any]) -> dict[str, Any]:
    quote = wanted.get("QuoteCharacter", '"')
    escape = wanted.get("QuoteEscapeCharacter", quote) or quote
    delimiter = wanted.get("FieldDelimiter", ",")
    if len(delimiter) != 1 or len(quote) > 1:
        raise AwsError("InvalidRequestParameter", "A delimiter is one character", 400)
    made: dict[str, Any] = {"delimiter": delimiter, "strict": False}
    if not quote:
        return {**made, "quoting": csv.QUOTE_NONE}
    doubled = escape == quote
    return {
        **made,
        "quotechar": quote,
        "doublequote": doubled,
        "escapechar": None if doubled else escape,
    }


def _lines(text: str, wanted: Mapping[str, Any], comment: str) -> Iterator[str]:
    """The lines of a file; a delimiter of records of its own becomes an end of line."""
    delimiter = wanted.get("RecordDelimiter", "\n")
    if delimiter in ("\n", "\r\n", "\r"):
        lines: Iterator[str] = io.StringIO(text, newline="")
    else:
        lines = (f"{line}\n" for line in text.split(delimiter))
    for line in lines:
        if not (comment and line.startswith(comment)):
            yield line


def _from_json(text: str, wanted: Mapping[str, Any]) -> Iterator[Any]:
    decoder = json.JSONDecoder()
    at, stop = 0, len(text)
    while True:
        while at < stop and text[at] in WHITE:
            at += 1
        if at >= stop:
            return
        try:
            value, at = decoder.raw_decode(text, at)
        except (json.JSONDecodeError, RecursionError):
            raise bad(
                "JSONParsingError",
                "Error parsing JSON file. Please check the file and try again.",
            ) from None
        yield value


def scanned(data: bytes, source: Settings, start: int, stop: int) -> bytes:
    """The records that begin between two bytes, whole."""
    mark = (source.get("CSV") or {}).get("RecordDelimiter", "\n").encode()
    first = 0
    if start > 0:
        found = data.find(mark, start - 1)
        first = len(data) if found < 0 else found + len(mark)
    last = data.find(mark, max(stop - 1, 0)) if stop < len(data) else -1
    return data[first : len(data) if last < 0 else last + len(mark)]


class Writer:
    """Rows as the request wants them written."""

    def __init__(self, wanted: Settings) -> None:
        self._csv = wanted.get("CSV")
        self._end = (wanted.get("JSON") or {}).get("RecordDelimiter", "\n")

    def row(self, row: Mapping[str, Any]) -> bytes:
        """One row."""
        if self._csv is None:
            written: bytes = msgspec.json.encode(row, enc_hook=str) + self._end.encode()
            return written
        wanted = self._csv
        quote = wanted.get("QuoteCharacter", '"')
        escape = wanted.get("QuoteEscapeCharacter", quote)
        delimiter = wanted.get("FieldDelimiter", ",")
        end = wanted.get("RecordDelimiter", "\n")
        special = (quote, delimiter, end, "\n", "\r")
        always = wanted.get("QuoteFields") == "ALWAYS"
        cells = []
        for value in row.values():
            text = _cell(value)
            if always or any(each and each in text for each in special):
                text = f"{quote}{text.replace(quote, escape + quote)}{quote}"
            cells.append(text)
        joined: str = delimiter.join(cells) + end
        return joined.encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return msgspec.json.encode(value).decode()
    return str(value)
