"""Text of a PartiQL statement to tokens.

Rules of this file: strings stand in single quotes, names that are no plain words in double quotes;
a quote is doubled to stand for itself. Keywords are plain words in any case.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cloudchamber.languages.dynamodb.errors import DynamoError

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<string>'(?:[^']|'')*')|(?P<quoted>"(?:[^"]|"")*")"""
    r"""|(?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)"""
    r"""|(?P<sign><<|>>|<=|>=|<>|!=|[=<>()\[\]{},.:?*+;-]))""",
    re.ASCII,
)


class StatementToken(NamedTuple):
    """A token: `kind` is string, quoted, number, word, sign or end; text without its quotes."""

    kind: str
    text: str


def statement_tokens(text: str) -> tuple[StatementToken, ...]:
    """The tokens of a statement, an end last. Raises DynamoError."""
    found: list[StatementToken] = []
    place, stop = 0, len(text.rstrip())
    while place < stop:
        match = _TOKEN.match(text, place)
        if match is None:
            raise not_formed(f"Unexpected character at {place}")
        kind = match.lastgroup or ""
        body = match[kind]
        if kind == "string":
            body = body[1:-1].replace("''", "'")
        elif kind == "quoted":
            body = body[1:-1].replace('""', '"')
        found.append(StatementToken(kind, body))
        place = match.end()
    if found and found[-1] == ("sign", ";"):
        found.pop()
    found.append(StatementToken("end", ""))
    return tuple(found)


def not_formed(why: str) -> DynamoError:
    """A statement that cannot be read."""
    return DynamoError(f"Statement wasn't well formed, can't be processed: {why}")
