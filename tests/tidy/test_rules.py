"""A rule that cannot fail is worth nothing: each one has snippets that it catches and lets pass."""

from __future__ import annotations

import pytest

from tests.tidy import (
    test_bans,
    test_imports,
    test_layers,
    test_names,
    test_prose,
    test_sizes,
    test_state,
    test_words,
)
from tests.tidy.rules import RULES, Rule

CASES = (
    *test_bans.CASES,
    *test_imports.CASES,
    *test_layers.CASES,
    *test_names.CASES,
    *test_prose.CASES,
    *test_sizes.CASES,
    *test_state.CASES,
    *test_words.CASES,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_can_fail_and_can_pass(rule: Rule) -> None:
    catches = {bool(case.says) for case in CASES if case.rule is rule}
    assert catches == {True, False}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rule_says_what_it_is_for(rule: Rule) -> None:
    assert rule.__doc__
