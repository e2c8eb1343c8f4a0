"""Pagination never repeats and never skips, whatever comes and goes between two pages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.pages import BadToken, key_of, page, token_of

names = st.lists(st.text(min_size=1, max_size=4), unique=True, max_size=30).map(sorted)


@given(names, st.integers(1, 10))
def test_the_pages_put_together_are_the_listing(items: list[str], size: int) -> None:
    seen: list[str] = []
    token: str | None = None
    while True:
        chosen, token = page(items, str, token, size)
        seen.extend(chosen)
        if token is None:
            break
    assert seen == items


@given(names, names, st.integers(1, 5))
def test_a_row_that_stays_is_shown_once_though_others_come_and_go(
    before: list[str], after: list[str], size: int
) -> None:
    first, token = page(before, str, None, size)
    rest: list[str] = []
    while token is not None:
        chosen, token = page(after, str, token, size)
        rest.extend(chosen)
    shown = [*first, *rest]
    assert len(shown) == len(set(shown))


@given(st.text())
def test_a_token_gives_back_its_key(key: str) -> None:
    assert key_of(token_of(key)) == key


@pytest.mark.parametrize("token", ["", "abc", "é", "cGFnZQ==", "AAAA"])
def test_a_token_nobody_gave_out_is_refused(token: str) -> None:
    with pytest.raises(BadToken):
        key_of(token)
