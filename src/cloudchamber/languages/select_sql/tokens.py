"""Text to words: names, quoted names, texts, numbers, signs.

Rules of this file: one pass of one expression without backtracking; what is no word is BadQuery.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cloudchamber.languages.select_sql.values import BadQuery

_WORD: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)"
    r'|"(?P<quoted>(?:[^"]|"")*)"'
    r"|'(?P<text>(?:[^']|'')*)'"
    r"|(?P<sign><>|!=|<=|>=|\|\||[-+*/%=<>(),.\[\]]))"
)
LENGTH_MAX: Final = 256 << 10


class Token(NamedTuple):
    """One word: its kind (`name`, `quoted`, `text`, `number`, `sign`, `end`), itself, its place."""

    kind: str
    value: str
    at: int

    def is_word(self, word: str) -> bool:
        """Whether it is that keyword."""
        return self.kind == "name" and self.value.upper() == word


def read_tokens(text: str) -> list[Token]:
    """The words of a query, and an end. Raises BadQuery."""
    if len(text) > LENGTH_MAX:
        raise BadQuery("ExpressionTooLong", "The SQL expression is too long")
    tokens: list[Token] = []
    at, stop = 0, len(text.rstrip().removesuffix(";").rstrip())
    while at < stop:
        found = _WORD.match(text, at, stop)
        if found is None or found.lastgroup is None:
            raise BadQuery("LexerInvalidChar", f"Invalid character at column {at + 1}")
        value = found[found.lastgroup]
        if found.lastgroup == "quoted":
            value = value.replace('""', '"')
        elif found.lastgroup == "text":
            value = value.replace("''", "'")
        tokens.append(Token(found.lastgroup, value, at))
        at = found.end()
    tokens.append(Token("end", "", stop))
    return tokens
