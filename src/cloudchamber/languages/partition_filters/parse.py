"""Reads a partition expression, `year = '2024' AND month IN (1, 2)`, into a test of values.

Rules of this file: pure text. The grammar is a WHERE clause's over partition keys: =, <>, !=, <,
<=, >, >=, BETWEEN, IN, LIKE, IS NULL, NOT, AND, OR and parentheses. Keys of number types compare as
numbers, the others as text; dates and timestamps are written so that text has their order.
https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-catalog-partitions.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final

Value = str | Decimal
Test = Callable[[Mapping[str, str]], bool]

_TOKEN: Final = re.compile(
    r"""\s*(?:(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*") | (?P<number>-?\d+(?:\.\d+)?)"""
    r"""| (?P<word>`[^`]+`|[A-Za-z_][A-Za-z0-9_$.-]*) | (?P<sign><=|>=|<>|!=|=|<|>|\(|\)|,))""",
    re.VERBOSE,
)
NUMBERS: Final = frozenset({"tinyint", "smallint", "int", "integer", "bigint", "long", "decimal"})
KEY_TYPES: Final = NUMBERS.union(("string", "varchar", "char", "date", "timestamp"))


class BadExpression(ValueError):
    """The text is no partition expression over these keys; the message says what is wrong."""


def parse_filter(text: str, types: Mapping[str, str]) -> Test:
    """The test of a partition's values (key -> value). `types` are the keys' types by name.

    Raises BadExpression.
    """
    parser = _Parser(text, types)
    test = parser.either()
    parser.end()
    return test


class _Parser:
    def __init__(self, text: str, types: Mapping[str, str]) -> None:
        self.types = types
        self.tokens = list(_tokens(text))
        self.place = 0

    def peek(self) -> tuple[str, str]:
        """The next token's kind and text; ("end", "") after the last."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self) -> tuple[str, str]:
        """The next token, and go on."""
        token = self.peek()
        self.place += 1
        return token

    def word(self, *words: str) -> bool:
        """Go on if the next token is one of these keywords or signs."""
        kind, text = self.peek()
        if kind in ("word", "sign") and text.lower() in words:
            self.place += 1
            return True
        return False

    def expect(self, word: str) -> None:
        """The next token has to be this one."""
        if not self.word(word):
            raise BadExpression(f"expected {word.upper()} but found {self.peek()[1] or 'the end'}")

    def end(self) -> None:
        """Nothing may follow."""
        if self.peek()[0] != "end":
            raise BadExpression(f"unexpected {self.peek()[1]}")

    def either(self) -> Test:
        """Terms joined by OR."""
        tests = [self.both()]
        while self.word("or"):
            tests.append(self.both())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def both(self) -> Test:
        """Factors joined by AND."""
        tests = [self.factor()]
        while self.word("and"):
            tests.append(self.factor())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def factor(self) -> Test:
        """NOT, parentheses, or one comparison."""
        if self.word("not"):
            inner = self.factor()
            return lambda row: not inner(row)
        if self.word("("):
            test = self.either()
            self.expect(")")
            return test
        return self.comparison()

    def comparison(self) -> Test:
        """A key against a literal, or a literal against a key."""
        kind, text = self.take()
        if kind in ("text", "number"):
            sign = self.sign()
            key = self.key(*self.take())
            return self.compared(key, _MIRRORED[sign], self.literal_of(key, kind, text))
        key = self.key(kind, text)
        if self.word("is"):
            negative = self.word("not")
            self.expect("null")
            return lambda row: (row[key] == "__HIVE_DEFAULT_PARTITION__") is not negative
        negative = self.word("not")
        test = self.special(key)
        if test is None:
            if negative:
                raise BadExpression(f"unexpected NOT after {key}")
            return self.compared(key, self.sign(), self.literal(key))
        return (lambda row: not test(row)) if negative else test

    def special(self, key: str) -> Test | None:
        """IN, BETWEEN or LIKE after a key, if that is what follows."""
        if self.word("in"):
            self.expect("(")
            values = [self.literal(key)]
            while self.word(","):
                values.append(self.literal(key))
            self.expect(")")
            return lambda row: self.value(key, row[key]) in values
        if self.word("between"):
            low = self.literal(key)
            self.expect("and")
            high = self.literal(key)
            above, below = self.compared(key, ">=", low), self.compared(key, "<=", high)
            return lambda row: above(row) and below(row)
        if self.word("like"):
            kind, text = self.take()
            if kind != "text":
                raise BadExpression("LIKE needs a text")
            pattern = _like(_unquoted(text))
            return lambda row: pattern.fullmatch(row[key]) is not None
        return None

    def sign(self) -> str:
        """A comparison sign."""
        kind, text = self.take()
        if kind != "sign" or text not in _SIGNS:
            raise BadExpression(f"unexpected {text or 'end'}")
        return text

    def key(self, kind: str, text: str) -> str:
        """A partition key's name."""
        name = text.strip("`").lower()
        if kind != "word" or name not in self.types:
            raise BadExpression(f"{text or 'the end'} is no partition key")
        if self.base(name) not in KEY_TYPES:
            raise BadExpression(f"keys of type {self.types[name]} cannot be compared")
        return name

    def base(self, key: str) -> str:
        """A key's type without its size."""
        return self.types[key].lower().partition("(")[0].strip()

    def literal(self, key: str) -> Value:
        """A literal, as the key's type compares."""
        return self.literal_of(key, *self.take())

    def literal_of(self, key: str, kind: str, text: str) -> Value:
        """A token as the key's type compares it. DATE '...' is a text."""
        if kind == "word" and text.lower() in ("date", "timestamp") and self.peek()[0] == "text":
            kind, text = self.take()
        if kind not in ("text", "number"):
            raise BadExpression(f"{text or 'the end'} is no literal")
        plain = _unquoted(text) if kind == "text" else text
        value = self.value(key, plain)
        if isinstance(value, str) and self.base(key) in NUMBERS:
            raise BadExpression(f"{plain} is no number")
        return value

    def value(self, key: str, text: str) -> Value:
        """A text as the key's type compares it."""
        if self.base(key) not in NUMBERS:
            return text
        try:
            return Decimal(text)
        except InvalidOperation:
            return text

    def compared(self, key: str, sign: str, right: Value) -> Test:
        """The test `key sign right`; a value that is no number passes no test of numbers."""
        compare = _SIGNS[sign]

        def test(row: Mapping[str, str]) -> bool:
            left = self.value(key, row[key])
            return type(left) is type(right) and compare(left, right)

        return test


def _equal(left: Value, right: Value) -> bool:
    return left == right


def _unequal(left: Value, right: Value) -> bool:
    return left != right


def _less(left: Value, right: Value) -> bool:
    return left < right  # type: ignore[operator]  # both are of one type


def _at_most(left: Value, right: Value) -> bool:
    return left <= right  # type: ignore[operator]


def _more(left: Value, right: Value) -> bool:
    return left > right  # type: ignore[operator]


def _at_least(left: Value, right: Value) -> bool:
    return left >= right  # type: ignore[operator]


_SIGNS: Final[Mapping[str, Callable[[Value, Value], bool]]] = MappingProxyType(
    {
        "=": _equal,
        "<>": _unequal,
        "!=": _unequal,
        "<": _less,
        "<=": _at_most,
        ">": _more,
        ">=": _at_least,
    }
)
_MIRRORED: Final[Mapping[str, str]] = MappingProxyType(
    {"=": "=", "<>": "<>", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    place = 0
    end = len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if found is None:
            raise BadExpression(f"unexpected {text[place:].strip()[0]}")
        place = found.end()
        yield found.lastgroup or "", found[found.lastgroup or 0]


def _unquoted(text: str) -> str:
    quote = text[0]
    return text[1:-1].replace(quote * 2, quote)


def _like(text: str) -> re.Pattern[str]:
    parts = {"%": ".*", "_": "."}
    return re.compile("".join(parts.get(each, re.escape(each)) for each in text), re.DOTALL)
