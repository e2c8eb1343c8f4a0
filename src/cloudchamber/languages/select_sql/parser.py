"""Words to a query: a descent through the grammar that makes a function of each expression.

Rules of this file: what AWS documents of S3 Select's SQL, no joins, no groups, no subqueries.
Unquoted names are found whatever their case, quoted ones exactly; `_N` is the N-th column.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-select-sql-reference-select.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from cloudchamber.languages.select_sql.grammar import Expressions
from cloudchamber.languages.select_sql.query import Column, Query
from cloudchamber.languages.select_sql.tokens import read_tokens
from cloudchamber.languages.select_sql.values import BadQuery

CLAUSES: Final = ("FROM", "WHERE", "LIMIT", "AS")


def parse_query(text: str, now: datetime) -> Query:
    """The query of a text; `now` is what UTCNOW() gives. Raises BadQuery."""
    return _Parser(read_tokens(text), now).query()


class _Parser(Expressions):
    def query(self) -> Query:
        """SELECT ... FROM ... [WHERE ...] [LIMIT ...]."""
        self._expect_word("SELECT")
        start = self._at
        # The alias is said after the columns that use it.
        depth = 0
        while depth or not self._next.is_word("FROM"):
            token = self._take()
            if token.kind == "end":
                self._at -= 1
                self._expect_word("FROM")
                self._unexpected()
            if token.kind == "sign":
                depth += (token.value == "(") - (token.value == ")")
        self._at += 1
        path = self._source()
        rest, self._at = self._at, start
        columns = self._columns()
        self._expect_word("FROM")
        self._at = rest
        shown = tuple(self._totals)
        where = self._expression() if self._took("WHERE") else None
        if len(self._totals) > len(shown):
            raise BadQuery("UnsupportedSyntax", "WHERE takes no aggregate functions")
        limit = self._index() if self._took("LIMIT") else None
        if self._next.kind != "end":
            self._unexpected()
        return Query(columns, path, where, limit, shown)

    def _source(self) -> tuple[str | int | None, ...]:
        token = self._take()
        if token.value.lower() != "s3object":
            raise BadQuery("InvalidTableAlias", "The FROM clause must name S3Object")
        path: list[str | int | None] = []
        while True:
            if self._took_sign("["):
                path.append(None if self._took_sign("*") else self._index())
                self._expect_sign("]")
            elif self._took_sign("."):
                path.append(self._take().value)
            else:
                break
        is_named = self._took("AS")
        if self._next.kind in ("name", "quoted") and (
            is_named or self._next.value.upper() not in CLAUSES
        ):
            self._alias = self._take().value.lower()
        return tuple(path)

    def _columns(self) -> tuple[Column, ...]:
        if self._next.value == "*" and self._next.kind == "sign":
            self._at += 1
            return ()
        ahead = self._tokens[self._at : self._at + 3]
        if [token.value.lower() for token in ahead] == [self._alias, ".", "*"]:
            self._at += 3
            return ()
        columns = []
        while True:
            start = self._at
            made = self._expression()
            name = self._name_of(start)
            if self._took("AS") or (
                self._next.kind in ("name", "quoted") and not self._next.is_word("FROM")
            ):
                name = self._take().value
            columns.append(Column(name, made))
            if self._took_sign(",") is None:
                return tuple(columns)

    def _name_of(self, start: int) -> str:
        """The name of a column that is a plain path; "" for any other expression."""
        words = self._tokens[start : self._at]
        plain = all(
            token.kind in ("name", "quoted") or token.value in (".", "[", "]") for token in words
        )
        name = words[-1].value if plain and words[-1].kind in ("name", "quoted") else ""
        return "" if re.fullmatch(r"_\d+", name) else name
