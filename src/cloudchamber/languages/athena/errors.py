"""What the reader of statements says of a text that is none."""

from __future__ import annotations


class BadStatement(ValueError):
    """The text is no statement of Athena's: where (from 1), and what was found there."""

    def __init__(self, line: int, column: int, said: str) -> None:
        super().__init__(f"line {line}:{column}: {said}")
        self.line = line
        self.column = column
        self.said = said
