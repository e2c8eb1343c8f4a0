"""What every statement is read with: names, lists, texts, properties.

Rules of this file: a cursor over tokens. `take_x` goes on, `find_x` goes on only if it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from cloudchamber.languages.athena.errors import BadStatement
from cloudchamber.languages.athena.lexer import Token, position, tokens
from cloudchamber.languages.athena.tree import Column, Name, PartitionSpec

Item = TypeVar("Item")


class Reader:
    """A text and how far it is read."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(tokens(text))
        self.place = 0

    @property
    def next(self) -> Token:
        """The token that comes."""
        return self.tokens[self.place]

    def take(self) -> Token:
        """The token that comes, and go on; the end stays."""
        token = self.next
        if token.kind != "end":
            self.place += 1
        return token

    def fail(self, token: Token | None = None) -> BadStatement:
        """The error about a token: the next one, unless another is given."""
        found = token or self.next
        return BadStatement(*position(self.text, found.start), f"mismatched input '{found.text}'")

    def are(self, *words: str) -> bool:
        """Whether these keywords or signs come."""
        coming = self.tokens[self.place : self.place + len(words)]
        return len(coming) == len(words) and all(
            token.kind in ("word", "sign") and token.text.upper() == word
            for token, word in zip(coming, words, strict=True)
        )

    def find(self, *words: str) -> bool:
        """Go on past these keywords, if all of them come."""
        if not self.are(*words):
            return False
        self.place += len(words)
        return True

    def expect(self, *words: str) -> None:
        """These keywords have to come. Raises BadStatement at the first that does not."""
        for word in words:
            if not self.find(word):
                raise self.fail()

    def end(self) -> None:
        """Nothing but a semicolon may follow."""
        self.find(";")
        if self.next.kind != "end":
            raise self.fail()

    def name(self) -> str:
        """One name."""
        token = self.take()
        if token.kind in ("word", "quoted") or (token.kind == "text" and token.text[0] == '"'):
            return token.value
        raise self.fail(token)

    def table(self) -> Name:
        """A table's name with up to two names before it."""
        parts = [self.name()]
        while len(parts) < 3 and self.find("."):
            parts.append(self.name())
        table, database, catalog = [*parts[::-1], "", ""][:3]
        return Name(table, database, catalog)

    def string(self) -> str:
        """A text in quotes."""
        token = self.take()
        if token.kind != "text":
            raise self.fail(token)
        return token.value

    def number(self) -> int:
        """A whole number."""
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise self.fail(token)
        return int(token.text)

    def listed(self, item: Callable[[], Item]) -> tuple[Item, ...]:
        """Items between parentheses, with commas between them."""
        self.expect("(")
        items = [item()]
        while self.find(","):
            items.append(item())
        self.expect(")")
        return tuple(items)

    def properties(self) -> dict[str, str]:
        """('key' = 'value', ...)."""
        return dict(self.listed(self._property))

    def _property(self) -> tuple[str, str]:
        key = self.string()
        self.expect("=")
        token = self.take()
        if token.kind not in ("text", "number", "word"):
            raise self.fail(token)
        return key, token.value

    def column(self) -> Column:
        """A column: name, type, comment."""
        name = self.name()
        self.find(":")
        kind = self.type()
        comment = self.string() if self.find("COMMENT") else ""
        return Column(name, kind, comment)

    def type(self) -> str:
        """A type, in lower case and without spaces."""
        token = self.take()
        if token.kind != "word":
            raise self.fail(token)
        base = token.text.lower()
        if base in ("array", "map", "struct", "uniontype") and self.find("<"):
            part = self._field if base == "struct" else self.type
            parts = [part()]
            while self.find(","):
                parts.append(part())
            self.expect(">")
            return f"{base}<{','.join(parts)}>"
        if self.are("("):
            sizes = self.listed(self.number)
            return f"{base}({','.join(str(size) for size in sizes)})"
        return base

    def _field(self) -> str:
        name = self.name()
        self.expect(":")
        return f"{name}:{self.type()}"

    def spec(self) -> PartitionSpec:
        """(key = value, ...), maybe with LOCATION."""
        values = dict(self.listed(self._key))
        return PartitionSpec(values, self.string() if self.find("LOCATION") else "")

    def _key(self) -> tuple[str, str]:
        name = self.name()
        self.expect("=")
        token = self.take()
        if token.kind not in ("text", "number"):
            raise self.fail(token)
        return name.lower(), token.value

    def rest(self) -> str:
        """All that is left, as written, without a semicolon at its end."""
        last = len(self.tokens) - 2
        end = self.tokens[-1].start
        while last >= self.place and self.tokens[last].text == ";":
            end = self.tokens[last].start
            last -= 1
        if last < self.place:
            raise self.fail()
        text = self.text[self.next.start : end].rstrip()
        self.place = len(self.tokens) - 1
        return text

    def parenthesized(self) -> str:
        """What stands between the parentheses that come, as written."""
        self.expect("(")
        start, depth = self.next.start, 1
        while depth:
            token = self.take()
            if token.kind == "end":
                raise self.fail(token)
            if token.kind == "sign":
                depth += (token.text == "(") - (token.text == ")")
        return self.text[start : self.tokens[self.place - 1].start].strip()
