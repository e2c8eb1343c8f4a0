"""How a rule is tested: a few snippets as a house, and what the rule must say about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tests.tidy.house import House
from tests.tidy.rules import Rule


class Case(NamedTuple):
    """`says` is part of a finding that must come up; "" means that nothing may."""

    rule: Rule
    files: Mapping[str, str]
    says: str = ""


def check(case: Case) -> None:
    """Hold the rule against the snippets."""
    findings = [str(finding) for finding in case.rule(House(case.files))]
    if case.says:
        assert any(case.says in finding for finding in findings), findings
    else:
        assert not findings


def names_of(cases: Sequence[Case]) -> list[str]:
    """A name for each case: the rule, whether it must catch or let pass, and a number."""
    counted: Counter[str] = Counter()
    names = []
    for case in cases:
        name = f"{case.rule.__name__}-{'catches' if case.says else 'lets-pass'}"
        counted[name] += 1
        names.append(f"{name}-{counted[name]}")
    return names
