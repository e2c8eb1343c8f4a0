"""The rule about state at module level catches what it must and lets pass what it should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import state

PATH = "src/cloudchamber/cloud/limits.py"

MUTABLE = (
    *("X = []", "X = {}", "X: dict[str, int] = {}", "X = {1, 2}", "X = [a for a in b]"),
    *("X = dict(a=1)", "X = collections.defaultdict(list)", "X = deque()", "X = bytearray(8)"),
    *("__all__ = ['a']", "X = 'a b'.split()", "X = sorted(y)", "X = itertools.count()"),
    *("if a:\n    X = []", "try:\n    X = 1\nexcept OSError:\n    pass\nelse:\n    X = []"),
    *("X = (1, [2])", "X = MappingProxyType({'a': [1]})", "X = MappingProxyType({'a': {}})"),
    *("X = tuple([y] for y in z)", "X = [1] + y", "X = ContextVar('x')"),
)
FROZEN = (
    *("X = ()", "X = (1, 'a')", "X = frozenset({1, 2})", "X = MappingProxyType({'a': 1})"),
    *("X = tuple(y for y in z)", "X = frozenset('a b'.split())", "__all__ = ('a',)"),
    *("X = MappingProxyType({'a': ('b',), 'c': frozenset({1})})", "X: int = 1", "x: int"),
    *("X = MappingProxyType(y | {'a': 1})", "SERVICE = Service(name='a', operations={'b': c})"),
    *("def f():\n    x = []", "class A:\n    def f(self):\n        self.x = {}"),
    "X = MappingProxyType({'a': MappingProxyType({'b': 1})})",
)

CASES = (
    *(Case(state.modules_hold_no_state, {PATH: text}, "at module level") for text in MUTABLE),
    *(Case(state.modules_hold_no_state, {PATH: text}) for text in FROZEN),
    Case(state.modules_hold_no_state, {"tests/unit/test_x.py": "X = []"}),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_state(case: Case) -> None:
    check(case)
