"""Reading expressions: what all kinds share, paths and operands.

Rules of this file: a reader goes through the tokens once and remembers which placeholders it met.
Whatever is wrong is a DynamoError without the name of the expression; `grammar` puts it in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.lexer import Token, syntax_error, tokens_of
from cloudchamber.languages.dynamodb.paths import Path
from cloudchamber.languages.dynamodb.reserved import RESERVED
from cloudchamber.languages.dynamodb.tree import Given, Operand, Reach, Size

OPERATORS_MAX: Final = 300
NESTED_MAX: Final = 100
CONDITIONS: Final = frozenset(
    ("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains")
)
UPDATES: Final = frozenset(("if_not_exists", "list_append"))


class Reader:
    """The tokens of one expression, and what was met in them so far."""

    def __init__(self, text: str, names: Mapping[str, str]) -> None:
        self.text = text
        self.tokens = tokens_of(text)
        self.place = 0
        self.names = names
        self.used_names: dict[str, None] = {}
        self.used_values: dict[str, None] = {}
        self.paths: list[Path] = []
        self.operators = 0
        self.depth = 0

    # Tokens

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self.tokens[self.place]

    def wrong(self) -> DynamoError:
        """The token that comes next cannot stand there."""
        return syntax_error(self.text, self.tokens, self.place)

    def is_sign(self, text: str) -> bool:
        """Whether a sign comes next."""
        token = self.tokens[self.place]
        return token.kind == "sign" and token.text == text

    def takes_sign(self, text: str) -> bool:
        """Take a sign if it comes next."""
        if self.is_sign(text):
            self.place += 1
            return True
        return False

    def expect_sign(self, text: str) -> None:
        """Take a sign that must come next."""
        if not self.takes_sign(text):
            raise self.wrong()

    def is_word(self, word: str) -> bool:
        """Whether a keyword comes next, in any case."""
        token = self.tokens[self.place]
        return token.kind == "word" and token.text.upper() == word

    def takes_word(self, word: str) -> bool:
        """Take a keyword if it comes next."""
        if self.is_word(word):
            self.place += 1
            return True
        return False

    def expect_end(self) -> None:
        """Nothing may come next."""
        if self.token.kind != "end":
            raise self.wrong()

    def count(self) -> None:
        """One more operator or function."""
        self.operators += 1
        if self.operators > OPERATORS_MAX:
            raise DynamoError(
                "The expression contains too many operators; operator count: "
                f"{self.operators}, maximum: {OPERATORS_MAX}"
            )

    def deeper(self) -> None:
        """One level further into parentheses; `depth` is taken back by the caller."""
        self.depth += 1
        if self.depth > NESTED_MAX:
            raise DynamoError("The expression is nested too deeply")

    # Paths and operands

    def path(self) -> Path:
        """`a.b[0].#c`"""
        steps: list[str | int] = [self._step()]
        while True:
            if self.takes_sign("."):
                steps.append(self._step())
            elif self.takes_sign("["):
                token = self.token
                if token.kind != "number":
                    raise self.wrong()
                self.place += 1
                self.expect_sign("]")
                steps.append(int(token.text))
            else:
                break
        path = tuple(steps)
        self.paths.append(path)
        return path

    def _step(self) -> str:
        token = self.token
        if token.kind == "name":
            self.place += 1
            name = self.names.get(token.text)
            if name is None:
                raise DynamoError(
                    "An expression attribute name used in the document path is not defined; "
                    f"attribute name: {token.text}"
                )
            self.used_names[token.text] = None
            return name
        if token.kind != "word":
            raise self.wrong()
        if token.text.upper() in RESERVED:
            raise DynamoError(
                f"Attribute name is a reserved keyword; reserved keyword: {token.text}"
            )
        self.place += 1
        return token.text

    def given(self) -> Given:
        """`:value`"""
        token = self.token
        if token.kind != "value":
            raise self.wrong()
        self.place += 1
        self.used_values[token.text] = None
        return Given(token.text)

    def is_call(self) -> bool:
        """Whether a function comes next."""
        following = self.tokens[min(self.place + 1, len(self.tokens) - 1)]
        return self.token.kind == "word" and following.text == "("

    def call(self) -> tuple[str, list[Operand]]:
        """A function's name and operands."""
        name = self.token.text
        if name not in CONDITIONS and name not in UPDATES and name != "size":
            raise DynamoError(f"Invalid function name; function: {name}")
        self.count()
        self.deeper()
        self.place += 2
        operands = [self.operand()]
        while self.takes_sign(","):
            operands.append(self.operand())
        self.expect_sign(")")
        self.depth -= 1
        return name, operands

    def operand(self) -> Operand:
        """A value, a path or a function that has a value."""
        if self.token.kind == "value":
            return self.given()
        if self.is_call():
            return self.function()
        return Reach(self.path())

    def function(self) -> Operand:
        """A function that has a value. Each kind of expression has its own."""
        name, operands = self.call()
        if name != "size":
            raise DynamoError(
                "The function is not allowed to be used this way in an expression; function: "
                + name
            )
        check_count(name, operands, 1)
        if isinstance(operands[0], Size):
            raise DynamoError(
                "The function is not allowed to be used this way in an expression; function: size"
            )
        return Size(operands[0])


def check_count(name: str, operands: list[Operand], count: int) -> None:
    """A function has that many operands. Raises DynamoError."""
    if len(operands) != count:
        raise DynamoError(
            "Incorrect number of operands for operator or function; operator or function: "
            f"{name}, number of operands: {len(operands)}"
        )


def expect_path(name: str, operand: Operand) -> Reach:
    """An operand that must be a path. Raises DynamoError."""
    if not isinstance(operand, Reach):
        raise DynamoError(
            f"Operator or function requires a document path; operator or function: {name}"
        )
    return operand
