"""The rules about sizes catch what they must and let pass what they should."""

from __future__ import annotations

import pytest

from tests.tidy.case import Case, check, names_of
from tests.tidy.rules import sizes

PATH = "tools/walk.py"


def function(lines: int, head: str = "def walk():") -> str:
    return head + "\n    step()" * (lines - 1)


CASES = (
    Case(sizes.files_are_short, {PATH: "x = 1\n" * 601}, "601 lines"),
    Case(sizes.files_are_short, {PATH: "x = 1\n" * 600}),
    Case(sizes.definitions_are_short, {PATH: function(71)}, "walk: 71 lines, not 70"),
    Case(sizes.definitions_are_short, {PATH: function(71, "async def walk():")}, "walk: 71"),
    Case(sizes.definitions_are_short, {PATH: function(70)}),
    Case(sizes.definitions_are_short, {PATH: "class A:" + "\n    x = 1" * 300}, "A: 301 lines"),
    Case(sizes.definitions_are_short, {PATH: "class A:" + "\n    x = 1" * 299}),
    Case(sizes.lines_are_narrow, {PATH: "# " + "word " * 20}, "102 columns"),
    Case(sizes.lines_are_narrow, {PATH: "x" * 100}),
    Case(sizes.lines_are_narrow, {PATH: "    # https://" + "x" * 100}),
    Case(sizes.lines_are_narrow, {PATH: "# see https://" + "x" * 100}),
    Case(sizes.lines_are_narrow, {PATH: "# https://" + "x" * 100 + " says so"}, "columns"),
    Case(sizes.lines_are_narrow, {PATH: "# " + "x " * 50 + "https://x"}, "columns"),
)


@pytest.mark.parametrize("case", CASES, ids=names_of(CASES))
def test_sizes(case: Case) -> None:
    check(case)
