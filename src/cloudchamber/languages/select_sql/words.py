"""The words of a query, taken one after the other.

Rules of this file: looks one word ahead; what is not expected is BadQuery, with its column.
"""

from __future__ import annotations

from typing import Final, NoReturn

from cloudchamber.languages.select_sql.tokens import Token
from cloudchamber.languages.select_sql.values import BadQuery

DIGITS_MAX: Final = 9


class Words:
    """Where a parser is in its words."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _took(self, *words: str) -> bool:
        """Take these keywords if they come next."""
        ahead = self._tokens[self._at : self._at + len(words)]
        if len(ahead) == len(words) and all(
            token.is_word(word) for token, word in zip(ahead, words, strict=True)
        ):
            self._at += len(words)
            return True
        return False

    def _took_sign(self, *signs: str) -> str | None:
        token = self._next
        if token.kind == "sign" and token.value in signs:
            self._at += 1
            return token.value
        return None

    def _expect_sign(self, sign: str) -> None:
        if self._took_sign(sign) is None:
            self._unexpected()

    def _expect_word(self, word: str) -> None:
        if not self._took(word):
            raise BadQuery(
                "ParseExpectedKeyword", f"Expected the keyword {word} at column {self._next.at + 1}"
            )

    def _unexpected(self) -> NoReturn:
        token = self._next
        shown = token.value or "the end of the expression"
        raise BadQuery(
            "ParseUnexpectedToken", f"Unexpected token found {shown} at column {token.at + 1}"
        )

    def _index(self) -> int:
        """Take a whole number."""
        token = self._next
        if token.kind != "number" or not token.value.isdigit() or len(token.value) > DIGITS_MAX:
            self._unexpected()
        self._at += 1
        return int(token.value)
