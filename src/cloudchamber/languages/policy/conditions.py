"""Condition operators: what `{"StringLike": {"aws:PrincipalArn": [...]}}` means.

Rules of this file: an operator is a base (how one value of the request compares with one value of
the policy), a negation, a set quantifier and IfExists; nothing is special-cased beyond that table.
Several policy values are OR, under a negated operator NOR; a missing key is false, under a negated
operator true, with IfExists and ForAllValues true, with ForAnyValue false. Key names ignore case.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from __future__ import annotations

import operator as compare
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeAlias

import msgspec

from cloudchamber.languages.policy.patterns import (
    ARN_PARTS,
    Matcher,
    Tokens,
    compile_tokens,
    split_tokens,
)
from cloudchamber.languages.policy.typed_values import (
    find_bytes,
    find_date,
    find_network,
    find_number,
    find_truth,
)
from cloudchamber.languages.policy.variables import Lookup, Pattern, read_template

Values: TypeAlias = Sequence[str]


class Context(Protocol):
    """What a condition asks of a request: context keys, by their lower-cased names."""

    def values(self, key: str) -> Values | None:
        """The values of a key, or None when it is missing."""

    def single(self, key: str) -> str | None:
        """The value of a key that has exactly one."""


FOR_ALL: Final = "ForAllValues"
FOR_ANY: Final = "ForAnyValue"
_IF_EXISTS: Final = "IfExists"
_NULL: Final = "Null"


class Base(msgspec.Struct, frozen=True):
    """How one request value compares with one policy value.

    `compile` turns the tokens of a policy value into a test. `wildcards` says whether `*` and `?`
    are wildcards in it, `variables` whether policy variables are replaced.
    """

    compile: Callable[[Tokens], Matcher]
    wildcards: bool = False
    variables: bool = False


def _text(tokens: Tokens) -> str:
    return "".join(str(token) for token in tokens)


def _never(_subject: str) -> bool:
    return False


def _same(tokens: Tokens) -> Matcher:
    return compile_tokens((_text(tokens),))


def _same_folded(tokens: Tokens) -> Matcher:
    wanted = _text(tokens).lower()
    return lambda subject: subject.lower() == wanted


def _typed(
    find: Callable[[str], Any], compare_: Callable[[Any, Any], bool], tokens: Tokens
) -> Matcher:
    """A comparison after reading both sides; a side that cannot be read compares with nothing."""
    wanted = find(_text(tokens))
    if wanted is None:
        return _never

    def test(subject: str) -> bool:
        found = find(subject)
        return found is not None and compare_(found, wanted)

    return test


def _within(tokens: Tokens) -> Matcher:
    return find_network(_text(tokens)) or _never


def _arn(tokens: Tokens) -> Matcher:
    """Each of the six segments is matched on its own; the sixth keeps its colons."""
    matchers = [compile_tokens(part) for part in split_tokens(tokens, ARN_PARTS)]
    if len(matchers) < ARN_PARTS:
        # Only a lone star can stand for a whole ARN.
        return matchers[0] if len(matchers) == 1 else _never

    def test(subject: str) -> bool:
        parts = subject.split(":", ARN_PARTS - 1)
        if len(parts) < ARN_PARTS:
            return False
        return all(match(part) for match, part in zip(matchers, parts, strict=True))

    return test


_STRING: Final = Base(_same, variables=True)
_FOLDED: Final = Base(_same_folded, variables=True)
_LIKE: Final = Base(compile_tokens, wildcards=True, variables=True)
_ARN: Final = Base(_arn, wildcards=True, variables=True)
_IP: Final = Base(_within)


def _ordered(prefix: str, find: Callable[[str], Any]) -> dict[str, tuple[Base, bool]]:
    """The six operators of a type with an order, each with its negation flag."""
    table = {
        "Equals": (compare.eq, False),
        "NotEquals": (compare.eq, True),
        "LessThan": (compare.lt, False),
        "LessThanEquals": (compare.le, False),
        "GreaterThan": (compare.gt, False),
        "GreaterThanEquals": (compare.ge, False),
    }
    return {
        prefix + name: (Base(partial(_typed, find, how)), negated)
        for name, (how, negated) in table.items()
    }


# Operator -> (base, negated).
OPERATORS: Final[Mapping[str, tuple[Base, bool]]] = MappingProxyType(
    {
        "StringEquals": (_STRING, False),
        "StringNotEquals": (_STRING, True),
        "StringEqualsIgnoreCase": (_FOLDED, False),
        "StringNotEqualsIgnoreCase": (_FOLDED, True),
        "StringLike": (_LIKE, False),
        "StringNotLike": (_LIKE, True),
        **_ordered("Numeric", find_number),
        **_ordered("Date", find_date),
        "Bool": (Base(partial(_typed, find_truth, compare.eq), variables=True), False),
        "BinaryEquals": (Base(partial(_typed, find_bytes, compare.eq)), False),
        "IpAddress": (_IP, False),
        "NotIpAddress": (_IP, True),
        "ArnEquals": (_ARN, False),
        "ArnLike": (_ARN, False),
        "ArnNotEquals": (_ARN, True),
        "ArnNotLike": (_ARN, True),
        _NULL: (_FOLDED, False),
    }
)


class Operator(msgspec.Struct, frozen=True):
    """A condition operator as a policy spells it, taken apart."""

    text: str
    name: str
    quantifier: str
    if_exists: bool
    negated: bool
    base: Base


def find_operator(text: str) -> Operator | None:
    """The operator of that spelling (`ForAnyValue:StringLikeIfExists`), or None."""
    quantifier, colon, rest = text.partition(":")
    if not colon:
        quantifier, rest = "", text
    elif quantifier not in (FOR_ALL, FOR_ANY):
        return None
    name = rest.removesuffix(_IF_EXISTS)
    if name not in OPERATORS or (name == _NULL and rest != name):
        return None
    base, negated = OPERATORS[name]
    return Operator(text, name, quantifier, rest != name, negated, base)


def accepts(operator: Operator, value: str) -> bool:
    """Whether AWS takes a value under an operator: dates must be dates, Null true or false."""
    if operator.name.startswith("Date"):
        return find_date(value) is not None
    return operator.name != _NULL or find_truth(value) is not None


class Condition:
    """One operator with one key and its values; a statement needs all of its conditions."""

    __slots__ = ("_fixed", "_patterns", "key", "name", "operator", "values")

    def __init__(
        self, operator: Operator, key: str, values: Sequence[str], *, variables: bool
    ) -> None:
        self.operator = operator
        self.name = key
        self.key = key.lower()
        self.values = tuple(values)
        base = operator.base
        self._patterns = tuple(
            Pattern(
                value,
                read_template(
                    value,
                    wildcards=base.wildcards,
                    variables=variables and base.variables and operator.name != _NULL,
                ),
                base.compile,
            )
            for value in values
        )
        fixed = [pattern.fixed for pattern in self._patterns]
        self._fixed = tuple(test for test in fixed if test is not None)
        if len(self._fixed) < len(fixed):
            self._fixed = ()

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The compiled policy values."""
        return self._patterns

    def holds(self, context: Context) -> bool:
        """Whether the condition is true for a request."""
        operator = self.operator
        found = context.values(self.key)
        if operator.name == _NULL:
            return self._null(found)
        if operator.quantifier and found and not any(found):
            found = None  # "a null data set, such as an empty string"
        if not found:
            return self._missing()
        tests: Sequence[Matcher] = self._fixed
        if not tests and self._patterns:
            filled = self._fill(context.single)
            if filled is None:
                return False
            tests = filled
        negated = operator.negated
        every = operator.quantifier == FOR_ALL or (negated and not operator.quantifier)
        for value in found:
            matched = False
            for test in tests:
                if test(value):
                    matched = True
                    break
            if (matched is not negated) is not every:
                return not every
        return every

    def _missing(self) -> bool:
        operator = self.operator
        if operator.if_exists or operator.quantifier == FOR_ALL:
            return True
        return operator.negated and operator.quantifier != FOR_ANY

    def _null(self, found: Values | None) -> bool:
        spelled = "false" if found else "true"
        return any(value.lower() == spelled for value in self.values)

    def _fill(self, lookup: Lookup) -> list[Matcher] | None:
        """The tests with variables replaced.

        A variable without a value makes its policy value match nothing. Under a negated operator
        that would make the condition true out of ignorance, so there it makes the condition false
        ("this might cause the entire statement to be invalid"), unless IfExists was written.
        """
        tests: list[Matcher] = []
        for pattern in self._patterns:
            test = pattern.matcher(lookup)
            if test is not None:
                tests.append(test)
            elif self.operator.negated and not self.operator.if_exists:
                return None
        return tests

    def __str__(self) -> str:
        values = ", ".join(self.values)
        return f"{self.operator.text} {self.name} [{values}]"
