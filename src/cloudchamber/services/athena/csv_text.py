"""Results as Athena writes them into S3, and as GetQueryResults reads them back.

Rules of this file: pure text. In a CSV result every value is in quotes, a NULL is nothing at all,
lines end with one line feed. In a text result (of DDL) a line is a row, with tabs between values.
https://docs.aws.amazon.com/athena/latest/ug/querying.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

Value = str | None


def written(rows: Iterable[Sequence[Value]]) -> str:
    """Rows as CSV."""
    return "".join(f"{','.join(_quoted(value) for value in row)}\n" for row in rows)


def read(text: str) -> list[list[Value]]:
    """The rows that `written` wrote. Raises ValueError for another text."""
    rows: list[list[Value]] = []
    row: list[Value] = []
    place, end = 0, len(text)
    while place < end:
        value: Value = None
        if text[place] == '"':
            value, place = _read_quoted(text, place + 1)
        row.append(value)
        sign = text[place : place + 1]
        if sign == "\n":
            rows.append(row)
            row = []
        elif sign != ",":
            raise ValueError(f"no result: {sign!r} after a value")
        elif text[place + 1 : place + 2] in ("", "\n"):
            row.append(None)
            rows.append(row)
            row = []
            place += 1
        place += 1
    return rows


def lines(rows: Iterable[Sequence[Value]]) -> str:
    """Rows as a text result."""
    return "\n".join("\t".join(value or "" for value in row) for row in rows)


def _quoted(value: Value) -> str:
    return "" if value is None else '"' + value.replace('"', '""') + '"'


def _read_quoted(text: str, place: int) -> tuple[str, int]:
    """The value that begins here, and where it ends (after its quote)."""
    parts = []
    while True:
        close = text.find('"', place)
        if close < 0:
            raise ValueError("no result: a quote is not closed")
        parts.append(text[place:close])
        if text[close + 1 : close + 2] != '"':
            return '"'.join(parts), close + 1
        place = close + 2
