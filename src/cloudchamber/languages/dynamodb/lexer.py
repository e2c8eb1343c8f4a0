"""Text of an expression to tokens.

Rules of this file: a token knows where it stands, so that what is wrong can be shown with what is
near it, as AWS does.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from cloudchamber.languages.dynamodb.errors import DynamoError

EXPRESSION_MAX: Final = 4096
END: Final = "<EOF>"
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<name>#[A-Za-z0-9_]+)|(?P<value>:[A-Za-z0-9_]+)"
    r"|(?P<number>[0-9]+)|(?P<sign><>|<=|>=|[=<>(),.\[\]+-]))",
    re.ASCII,
)


class Token(NamedTuple):
    """A token: `kind` is word, name, value, number, sign or end; where it begins and ends."""

    kind: str
    text: str
    start: int
    end: int


def tokens_of(text: str) -> tuple[Token, ...]:
    """The tokens of an expression, an end last. Raises DynamoError."""
    if len(text.encode()) > EXPRESSION_MAX:
        raise DynamoError(
            "Expression size has exceeded the maximum allowed size; expression size: "
            f"{len(text.encode())}"
        )
    found: list[Token] = []
    place = 0
    stop = len(text.rstrip())
    while place < stop:
        match = _TOKEN.match(text, place)
        if match is None:
            start = place + len(text[place:]) - len(text[place:].lstrip())
            bad = Token("bad", text[start], start, start + 1)
            found.append(bad)
            raise syntax_error(text, found, len(found) - 1)
        kind = match.lastgroup or ""
        found.append(Token(kind, match[kind], match.start(kind), match.end(kind)))
        place = match.end()
    if not found:
        raise DynamoError("The expression can not be empty;")
    found.append(Token("end", END, stop, stop))
    return tuple(found)


def syntax_error(text: str, tokens: list[Token] | tuple[Token, ...], place: int) -> DynamoError:
    """What AWS says of a token that cannot stand where it stands."""
    token = tokens[place]
    first = tokens[max(place - 1, 0)]
    last = tokens[min(place + 1, len(tokens) - 1)]
    near = text[first.start : last.end if last.end > token.end else token.end]
    return DynamoError(f'Syntax error; token: "{token.text}", near: "{near}"')
