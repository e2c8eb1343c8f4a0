"""The grammar of expressions: a function of a record is made of each.

Rules of this file: from the loosest sign to the tightest, each a method. Depth and length are
bounded, since what is made is called as deep as it is nested.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.languages.select_sql.expressions import (
    Step,
    among,
    applied,
    both,
    combined,
    compared,
    constant,
    either,
    found_at,
    like,
    negated,
)
from cloudchamber.languages.select_sql.functions import (
    DATED,
    FUNCTIONS,
    extract,
    substring,
    trim,
)
from cloudchamber.languages.select_sql.query import Expression, Total
from cloudchamber.languages.select_sql.tokens import Token
from cloudchamber.languages.select_sql.values import (
    MISSING,
    BadQuery,
    cast,
    expect_number,
    is_absent,
)
from cloudchamber.languages.select_sql.words import Words

TOTALS: Final = ("COUNT", "SUM", "AVG", "MIN", "MAX")
COMPARISONS: Final[Mapping[str, Callable[[int], bool]]] = MappingProxyType(
    {
        "=": lambda order: order == 0,
        "<>": lambda order: order != 0,
        "!=": lambda order: order != 0,
        "<": lambda order: order < 0,
        ">": lambda order: order > 0,
        "<=": lambda order: order <= 0,
        ">=": lambda order: order >= 0,
    }
)
DEPTH_MAX: Final = 32
CHAIN_MAX: Final = 200  # operators of one query, as each is one call deeper


class Expressions(Words):
    """Reads expressions; remembers the totals that they ask for."""

    def __init__(self, tokens: list[Token], now: datetime) -> None:
        super().__init__(tokens)
        self._now = now
        self._alias = "s3object"
        self._totals: list[Total] = []
        self._depth = 0
        self._chained = 0

    # Expressions, from the loosest to the tightest

    def _expression(self) -> Expression:
        self._depth += 1
        if self._depth > DEPTH_MAX:
            raise BadQuery("UnsupportedSyntax", "The SQL expression is nested too deeply")
        made = self._and()
        while self._took("OR"):
            self._chain()
            made = either(made, self._and())
        self._depth -= 1
        return made

    def _chain(self) -> None:
        self._chained += 1
        if self._chained > CHAIN_MAX:
            raise BadQuery("UnsupportedSyntax", "The SQL expression has too many operators")

    def _and(self) -> Expression:
        made = self._not()
        while self._took("AND"):
            self._chain()
            made = both(made, self._not())
        return made

    def _not(self) -> Expression:
        negations = 0
        while self._took("NOT"):
            negations += 1
        made = self._predicate()
        return negated(made) if negations % 2 else made

    def _predicate(self) -> Expression:
        left = self._sum()
        sign = self._took_sign(*COMPARISONS)
        if sign is not None:
            return compared(left, self._sum(), COMPARISONS[sign])
        if self._took("IS"):
            is_negated = self._took("NOT")
            if self._took("MISSING"):
                made: Expression = lambda record: left(record) is MISSING  # noqa: E731
            else:
                self._expect_word("NULL")
                made = lambda record: is_absent(left(record))  # noqa: E731
            return negated(made) if is_negated else made
        is_negated = self._took("NOT")
        if self._took("BETWEEN"):
            low = self._sum()
            self._expect_word("AND")
            made = both(
                compared(left, low, COMPARISONS[">="]),
                compared(left, self._sum(), COMPARISONS["<="]),
            )
        elif self._took("IN"):
            made = among(left, self._list())
        elif self._took("LIKE"):
            pattern = self._sum()
            escape = self._take().value if self._took("ESCAPE") else ""
            made = like(left, pattern, escape)
        elif is_negated:
            self._unexpected()
        else:
            return left
        return negated(made) if is_negated else made

    def _list(self) -> list[Expression]:
        self._expect_sign("(")
        made = [self._expression()]
        while self._took_sign(","):
            made.append(self._expression())
        self._expect_sign(")")
        return made

    def _sum(self) -> Expression:
        made = self._product()
        while (sign := self._took_sign("+", "-", "||")) is not None:
            self._chain()
            made = combined(sign, made, self._product())
        return made

    def _product(self) -> Expression:
        made = self._signed()
        while (sign := self._took_sign("*", "/", "%")) is not None:
            self._chain()
            made = combined(sign, made, self._signed())
        return made

    def _signed(self) -> Expression:
        negations = 0
        while (sign := self._took_sign("-", "+")) is not None:
            negations += sign == "-"
        made = self._primary()
        return combined("-", constant(0), made) if negations % 2 else made

    def _primary(self) -> Expression:
        token = self._take()
        if token.kind == "number":
            return constant(expect_number(token.value))
        if token.kind == "text":
            return constant(token.value)
        if token.kind == "sign" and token.value == "(":
            made = self._expression()
            self._expect_sign(")")
            return made
        if token.kind == "quoted":
            return self._path(token)
        if token.kind != "name":
            self._at -= 1
            self._unexpected()
        word = token.value.upper()
        if word in ("TRUE", "FALSE", "NULL", "MISSING"):
            values = {"TRUE": True, "FALSE": False, "NULL": None, "MISSING": MISSING}
            return constant(values[word])
        if word == "CASE":
            return self._case()
        if self._next.kind == "sign" and self._next.value == "(":
            self._at += 1
            return self._call(word)
        return self._path(token)

    def _path(self, first: Token) -> Expression:
        steps: list[Step] = [(first.value, first.kind == "quoted")]
        while True:
            if self._took_sign("."):
                token = self._take()
                if token.kind not in ("name", "quoted"):
                    self._at -= 1
                    self._unexpected()
                steps.append((token.value, token.kind == "quoted"))
            elif self._took_sign("["):
                token = self._take()
                if token.kind == "text":
                    steps.append((token.value, True))
                else:
                    self._at -= 1
                    steps.append(self._index())
                self._expect_sign("]")
            else:
                break
        if len(steps) > 1 and first.value.lower() in (self._alias, "s3object"):
            steps = steps[1:]
        return found_at(steps)

    def _case(self) -> Expression:
        subject = None if self._next.is_word("WHEN") else self._expression()
        arms: list[tuple[Expression, Expression]] = []
        while self._took("WHEN"):
            condition = self._expression()
            if subject is not None:
                condition = compared(subject, condition, COMPARISONS["="])
            self._expect_word("THEN")
            arms.append((condition, self._expression()))
        otherwise = self._expression() if self._took("ELSE") else constant(None)
        self._expect_word("END")
        if not arms:
            self._unexpected()

        def chosen(record: Any) -> Any:
            for condition, value in arms:
                if condition(record) is True:
                    return value(record)
            return otherwise(record)

        return chosen

    # Calls

    def _call(self, name: str) -> Expression:
        if name in TOTALS:
            return self._total(name)
        if name == "CAST":
            value = self._expression()
            self._expect_word("AS")
            kind = self._take().value.upper()
            self._expect_sign(")")
            return lambda record: cast(value(record), kind)
        if name == "EXTRACT":
            part = self._take().value.lower()
            self._expect_word("FROM")
            value = self._expression()
            self._expect_sign(")")
            return lambda record: extract(part, value(record))
        if name == "UTCNOW":
            self._expect_sign(")")
            return constant(self._now)
        if name == "TRIM":
            return self._trim()
        if name in DATED:
            part = self._take().value.lower()
            self._expect_sign(",")
            return applied(lambda *given: DATED[name](part, *given), self._arguments())
        if name not in FUNCTIONS:
            raise BadQuery("UnsupportedFunction", f"There is no function {name}")
        first = self._expression()
        if name == "SUBSTRING" and self._took("FROM"):
            given = [first, self._expression()]
            if self._took("FOR"):
                given.append(self._expression())
            self._expect_sign(")")
            return applied(substring, given)
        rest = self._arguments() if self._took_sign(",") else self._closed()
        return applied(FUNCTIONS[name], [first, *rest])

    def _closed(self) -> list[Expression]:
        self._expect_sign(")")
        return []

    def _arguments(self) -> list[Expression]:
        given = [self._expression()]
        while self._took_sign(","):
            given.append(self._expression())
        self._expect_sign(")")
        return given

    def _trim(self) -> Expression:
        where = next((each for each in ("BOTH", "LEADING", "TRAILING") if self._took(each)), "BOTH")
        characters = " "
        if self._next.kind == "text" and self._tokens[self._at + 1].is_word("FROM"):
            characters = self._take().value
        self._took("FROM")
        value = self._expression()
        self._expect_sign(")")
        return lambda record: trim(value(record), characters, where)

    def _total(self, name: str) -> Expression:
        of = None
        if not (name == "COUNT" and self._took_sign("*")):
            of = self._expression()
        self._expect_sign(")")
        place = len(self._totals)
        self._totals.append(Total(name, of))
        return lambda record: record.totals[place]
