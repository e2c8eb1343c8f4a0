"""What can be wrong with a query, in the words of Athena's engine.

Rules of this file: an error carries its kind and its place, so that nobody parses its text.
"""

from __future__ import annotations


class SqlError(Exception):
    """A query fails. `kind` is Trino's name for it (COLUMN_NOT_FOUND), `text` the sentence."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind
        self.text = text


class SyntaxFault(SqlError):
    """The text is no statement; nothing was run. `line` counts from 1, `column` as well."""

    def __init__(self, text: str, line: int, column: int) -> None:
        super().__init__("SYNTAX_ERROR", f"line {line}:{column}: {text}")
        self.line = line
        self.column = column


class NotSimulated(Exception):
    """AWS's engine does this and the one here does not; the text names it."""


class TooMuch(Exception):
    """The query is beyond what is run here (time, rows, bytes); the text says which."""
