"""Names, paths and values of a PartiQL statement.

Rules of this file: what stands in a statement as a value, and what a parameter puts in its place,
is checked and kept as any value is, under a placeholder of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloudchamber.languages.dynamodb.paths import Path
from cloudchamber.languages.dynamodb.statement_tokens import (
    StatementToken,
    not_formed,
    statement_tokens,
)
from cloudchamber.languages.dynamodb.tree import Given
from cloudchamber.languages.dynamodb.values import Item, Value, kind_of, read_value

NESTED_MAX: Final = 100


class ValueReader:
    """The tokens of one statement, and the values that were met in them so far."""

    def __init__(self, text: str, parameters: Sequence[Mapping[str, Any]]) -> None:
        self.tokens = statement_tokens(text)
        self.place = 0
        self.parameters = parameters
        self.taken = 0
        self.depth = 0
        self.values: dict[str, Value] = {}

    @property
    def token(self) -> StatementToken:
        """The token that comes next."""
        return self.tokens[self.place]

    def takes(self, *words: str) -> bool:
        """Take keywords or a sign, if they come next."""
        for ahead, word in enumerate(words):
            token = self.tokens[min(self.place + ahead, len(self.tokens) - 1)]
            if token.kind not in ("word", "sign") or token.text.upper() != word:
                return False
        self.place += len(words)
        return True

    def expect(self, *words: str) -> None:
        """Take keywords or a sign that must come next."""
        if not self.takes(*words):
            raise not_formed(f"Expected {' '.join(words)}, found: {self.token.text or 'the end'}")

    def name(self) -> str:
        """A plain or a quoted name."""
        token = self.token
        if token.kind not in ("word", "quoted"):
            raise not_formed(f"Expected identifier, found: {token.text or 'the end'}")
        self.place += 1
        return token.text

    def deeper(self) -> None:
        """One level further in; `depth` is taken back by the caller. Raises DynamoError."""
        self.depth += 1
        if self.depth > NESTED_MAX:
            raise not_formed("Statement is nested too deeply")

    def path(self) -> Path:
        """`a.b[0]."c d"`"""
        steps: list[str | int] = [self.name()]
        while True:
            if self.takes("."):
                steps.append(self.name())
            elif self.takes("["):
                token = self.token
                if token.kind == "number" and token.text.isdigit():
                    steps.append(int(token.text))
                elif token.kind in ("string", "quoted"):
                    steps.append(token.text)
                else:
                    raise not_formed(f"Unexpected term: {token.text}")
                self.place += 1
                self.expect("]")
            else:
                return tuple(steps)

    def given(self, value: Value) -> Given:
        """A value under a placeholder of its own."""
        name = f":{len(self.values)}"
        self.values[name] = read_value(value)[0]
        return Given(name)

    def literal(self) -> Value:
        """A value as the statement has it, or the next parameter."""
        if self.takes("?"):
            self.taken += 1
            if self.taken > len(self.parameters):
                raise not_formed("Number of parameters in request and statement don't match.")
            return read_value(self.parameters[self.taken - 1])[0]
        kind, text = self.token
        if kind == "string":
            self.place += 1
            return {"S": text}
        if kind == "number":
            self.place += 1
            return read_value({"N": text})[0]
        if self.takes("-"):
            number = self.token
            self.place += 1
            return read_value({"N": f"-{number.text}"})[0]
        for word, value in (("TRUE", True), ("FALSE", False)):
            if self.takes(word):
                return {"BOOL": value}
        if self.takes("NULL"):
            return {"NULL": True}
        if self.takes("{"):
            return self._tuple()
        if self.takes("["):
            return {"L": self._elements("]")}
        if self.takes("<<"):
            elements = self._elements(">>")
            kinds = sorted(frozenset(map(kind_of, elements)))
            if len(kinds) != 1 or kinds[0] not in ("S", "N", "B"):
                raise not_formed("A set holds strings, numbers or binaries, of one kind")
            return {f"{kinds[0]}S": [each[kinds[0]] for each in elements]}
        raise not_formed(f"Unexpected term: {text or 'the end'}")

    def _elements(self, close: str) -> list[Value]:
        self.deeper()
        elements: list[Value] = []
        while not self.takes(close):
            if elements:
                self.expect(",")
            elements.append(self.literal())
        self.depth -= 1
        return elements

    def _tuple(self) -> Value:
        self.deeper()
        entries: Item = {}
        while not self.takes("}"):
            if entries:
                self.expect(",")
            token = self.token
            if token.kind not in ("string", "quoted", "word"):
                raise not_formed(f"Unexpected term: {token.text or 'the end'}")
            self.place += 1
            self.expect(":")
            entries[token.text] = self.literal()
        self.depth -= 1
        return {"M": entries}
