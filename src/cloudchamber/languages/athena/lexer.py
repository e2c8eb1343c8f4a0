"""The tokens of a statement, with their places.

Rules of this file: pure text. A token knows where it starts, so that a query that stands within a
statement is cut out as it was written. Texts are in single quotes (doubled inside, or after a
backslash, as Hive has it) or in double quotes; names may stand in backticks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from cloudchamber.languages.athena.errors import BadStatement

_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<text>'(?:[^'\\]|''|\\.)*'|"(?:[^"\\]|""|\\.)*")"""
    r"""|(?P<quoted>`(?:[^`]|``)+`)"""
    r"""|(?P<number>\d+(?:\.\d+)?)"""
    r"""|(?P<word>[^\W\d][\w$]*)"""
    r"""|(?P<sign>.)""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(u[0-9a-fA-F]{4}|[0-3][0-7]{2}|.)", re.DOTALL)


class Token(NamedTuple):
    """One token: its kind, its text as written, and where it starts and ends."""

    kind: Literal["text", "quoted", "number", "word", "sign", "end"]
    text: str
    start: int
    end: int

    @property
    def value(self) -> str:
        """A text without its quotes, a name without backticks."""
        if self.kind == "text":
            return unescaped(self.text)
        if self.kind == "quoted":
            return self.text[1:-1].replace("``", "`")
        return self.text


def tokens(text: str) -> Iterator[Token]:
    """Every token, and an end. Raises BadStatement for a quote that is not closed."""
    place = 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None or found[0] in ("'", '"', "`"):
            raise BadStatement(*position(text, place), f"mismatched input '{text[place]}'")
        if found.lastgroup != "space":
            yield Token(found.lastgroup, found[0], place, found.end())  # type: ignore[arg-type]
        place = found.end()
    yield Token("end", "<EOF>", len(text), len(text))


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


def unescaped(text: str) -> str:
    """What a text in quotes says: `'\\t'`, `'\\001'` and `'\\u0001'` are one character."""
    quote = text[0]
    inner = text[1:-1].replace(quote * 2, quote)
    return _ESCAPE.sub(_escape, inner)


def written(value: str) -> str:
    """A text in single quotes, as this lexer reads it."""
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _escape(found: re.Match[str]) -> str:
    sign = found[1]
    if sign[0] == "u" and len(sign) > 1:
        return chr(int(sign[1:], 16))
    if len(sign) == 3:
        return chr(int(sign, 8))
    plain = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "b": "\b", "Z": "\x1a"}.get(sign)
    if plain is not None:
        return plain
    # An escaped wildcard or letter of a regular expression keeps its backslash.
    return sign if sign in "\\'\"" else f"\\{sign}"
