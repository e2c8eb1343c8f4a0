"""What stands in a file of text: its rows, by the SerDe that a table names.

Rules of this file: pure; bytes and properties in, rows of text out (None for NULL, JSON for arrays,
maps and structs). A line is a record. A row with too few fields has NULLs, too many are dropped.
https://docs.aws.amazon.com/athena/latest/ug/serde-reference.html
"""

from __future__ import annotations

import bz2
import csv
import gzip
import json
import re
import warnings
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.engines.sql.database import parts_of

Columns = Sequence[tuple[str, str]]
Row = list[str | None]
_Reader = Callable[[Sequence[str], Columns, Mapping[str, str]], Iterator[Row]]

_NULL: Final = "\\N"
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE: Final = frozenset({"tinyint", "smallint", "int", "integer", "bigint", "long"})
_FRACTIONS: Final = frozenset({"float", "double", "real", "decimal"})


class BadData(ValueError):
    """A file does not hold what its table says; the text is Athena's sentence."""


class UnknownCompression(ValueError):
    """A file is compressed in a way that nothing here reads."""


def unpacked(name: str, data: bytes) -> bytes:
    """A file without its compression, which its name tells. Raises UnknownCompression, BadData."""
    suffix = name.rsplit(".", 1)[-1].lower()
    if suffix in ("zst", "snappy", "lz4", "lzo", "br"):
        raise UnknownCompression(f"files compressed as .{suffix} are not read")
    try:
        if suffix == "gz":
            return gzip.decompress(data)
        if suffix == "bz2":
            return bz2.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise BadData(f"HIVE_CURSOR_ERROR: {name} is no {suffix} file") from error
    return data


class PlainLines(NamedTuple):
    """A delimited file that needs no care: its lines, how many, its delimiter and its NULL."""

    text: str
    rows: int
    delimiter: str
    null: str


def plain_lines(
    data: bytes, columns: Columns, properties: Mapping[str, str], skip: int
) -> PlainLines | None:
    """A delimited file's lines after `skip`, for who takes lines apart faster than this.

    None if its values are escaped or nested.
    """
    if properties.get("escape.delim") or any("<" in kind for _, kind in columns):
        return None
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    count = text.count("\n") + (not text.endswith("\n")) if text else 0
    text = text.removesuffix("\n")
    for _ in range(min(skip, count)):
        text = text.partition("\n")[2]
    null = properties.get("serialization.null.format", _NULL)
    return PlainLines(text, max(count - skip, 0), _delimiter(properties), null)


def rows_of(
    reader: str, data: bytes, columns: Columns, properties: Mapping[str, str], skip: int
) -> Iterator[Row]:
    """The rows of a file after `skip` lines. Raises BadData."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    lines = text.split("\n")
    if lines and not lines[-1]:
        lines.pop()
    return _READERS[reader](lines[skip:], columns, properties)


def _delimited(lines: Sequence[str], columns: Columns, given: Mapping[str, str]) -> Iterator[Row]:
    delimiter = _delimiter(given)
    null = given.get("serialization.null.format", _NULL)
    escape = given.get("escape.delim", "")
    inner = _character(given.get("collection.delim") or given.get("colelction.delim") or "\x02")
    pairs = _character(given.get("mapkey.delim") or "\x03")
    nested = [(place, kind) for place, (_, kind) in enumerate(columns) if "<" in kind]
    width = len(columns)
    for line in lines:
        if escape:
            row: Row = list(_escaped(line, delimiter, escape, null))[:width]
        else:
            row = [None if part == null else part for part in line.split(delimiter)[:width]]
        row += [None] * (width - len(row))
        for place, kind in nested:
            value = row[place]
            if value is not None:
                row[place] = _collection(value, kind, inner, pairs, null)
        yield row


def _delimiter(given: Mapping[str, str]) -> str:
    return _character(given.get("field.delim") or given.get("serialization.format") or "\x01")


def _character(text: str) -> str:
    """A delimiter; a number stands for a character, as Hive writes "1" for Control-A."""
    return chr(int(text)) if text.isdigit() and len(text) <= 3 else text


def _escaped(line: str, delimiter: str, escape: str, null: str) -> Iterator[str | None]:
    """A line's values; NULL is what stands for it before an escape is taken away."""
    parts: list[str] = []
    place, start, end = 0, 0, len(line)
    while place < end:
        if line[place] == escape and place + 1 < end:
            parts.append(line[place + 1])
            place += 2
        elif line.startswith(delimiter, place):
            yield None if line[start:place] == null else "".join(parts)
            parts = []
            place += len(delimiter)
            start = place
        else:
            parts.append(line[place])
            place += 1
    yield None if line[start:] == null else "".join(parts)


def _collection(value: str, kind: str, inner: str, pairs: str, null: str) -> str | None:
    """An array, map or struct of plain values as JSON; deeper ones are not told apart."""
    items = value.split(inner) if value else []
    plain = [None if item == null else item for item in items]
    if kind.startswith("array<"):
        return json.dumps(plain)
    if kind.startswith("map<"):
        split = [item.partition(pairs) for item in items]
        return json.dumps({key: None if each == null else each for key, _, each in split})
    names = re.findall(r"(?:<|,)\s*([^:<>,]+):", kind)
    return json.dumps(dict(zip(names, plain, strict=False)))


def _csv(lines: Sequence[str], columns: Columns, given: Mapping[str, str]) -> Iterator[Row]:
    quote = given.get("quoteChar", '"')
    escape = given.get("escapeChar", "\\")
    reader = csv.reader(
        lines,
        delimiter=given.get("separatorChar", ","),
        quotechar=quote,
        escapechar=escape if escape != quote else None,
        doublequote=True,
        strict=False,
    )
    width = len(columns)
    bases = [kind.partition("(")[0].lower() for _, kind in columns]
    for number, parts in enumerate(reader):
        row: Row = [*parts[:width], *[None] * (width - len(parts))]
        for place, base in enumerate(bases):
            row[place] = _typed(row[place], base, columns[place][0], number)
        yield row


def _typed(value: str | None, base: str, column: str, number: int) -> str | None:
    """A value of OpenCSVSerDe, which reads no number out of what is none."""
    if value is None or base not in _WHOLE | _FRACTIONS:
        return value
    if not _NUMBER.fullmatch(value.strip()):
        raise BadData(
            f"HIVE_BAD_DATA: Error Parsing a column in the table: '{value}' is no {base} "
            f"in column {column}, row {number + 1}"
        )
    return value.strip()


def _json(lines: Sequence[str], columns: Columns, given: Mapping[str, str]) -> Iterator[Row]:
    lenient = given.get("ignore.malformed.json", "").lower() == "true"
    cased = given.get("case.insensitive", "TRUE").lower() == "false"
    names = {
        name: given.get(f"mapping.{name}", name)
        if cased
        else given.get(f"mapping.{name}", name).lower()
        for name, _ in columns
    }
    for number, line in enumerate(lines):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            if not lenient:
                raise BadData(
                    "HIVE_CURSOR_ERROR: Row is not a valid JSON Object - "
                    f"JSONException: line {number + 1}"
                )
            found = {}
        if not cased:
            found = {key.lower(): value for key, value in found.items()}
        yield [_json_value(found.get(names[name]), kind) for name, kind in columns]


def _json_value(value: Any, kind: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(_shaped(value, kind))


def _shaped(value: Any, kind: str) -> Any:
    """A value whose structs have their fields in lower case, as Hive knows no others."""
    base, _, rest = kind.partition("<")
    parts = parts_of(rest[:-1])
    if isinstance(value, list) and base == "array":
        return [_shaped(each, parts[0]) for each in value]
    if isinstance(value, dict) and base == "map":
        return {key: _shaped(each, parts[-1]) for key, each in value.items()}
    if isinstance(value, dict) and base == "struct":
        kinds = {name.lower(): inner for name, _, inner in (part.partition(":") for part in parts)}
        return {
            key.lower(): _shaped(each, kinds.get(key.lower(), "")) for key, each in value.items()
        }
    return value


def _regex(lines: Sequence[str], columns: Columns, given: Mapping[str, str]) -> Iterator[Row]:
    text = given.get("input.regex", "")
    flags = re.IGNORECASE if given.get("input.regex.case.insensitive") == "true" else 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python reads otherwise some day is refused
            pattern = re.compile(text, flags)
    except (re.error, FutureWarning, DeprecationWarning) as error:
        raise BadData(f"HIVE_SERDE_ERROR: input.regex is no regular expression: {error}") from error
    width = len(columns)
    if pattern.groups < width:
        raise BadData(
            f"HIVE_CURSOR_ERROR: Number of matching groups doesn't match the number of columns: "
            f"{pattern.groups} and {width}"
        )
    for line in lines:
        found = pattern.fullmatch(line)
        yield [found[place + 1] for place in range(width)] if found else [None] * width


_READERS: Final[Mapping[str, _Reader]] = MappingProxyType(
    {"delimited": _delimited, "csv": _csv, "json": _json, "regex": _regex}
)
