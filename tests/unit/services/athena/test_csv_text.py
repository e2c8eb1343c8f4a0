"""Results: what is written is read again, and is what every reader of CSV understands."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.athena.csv_text import read, written

VALUES = st.one_of(st.none(), st.text('a",\n\r é', max_size=6))
ROWS = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(VALUES, min_size=width, max_size=width), max_size=5)
)


@given(ROWS)
def test_what_is_written_is_read(rows: list[list[str | None]]) -> None:
    # One column that is NULL is an empty line, which is one value all the same.
    assert read(written(rows)) == rows


@given(st.lists(st.lists(st.text('a",\n é', min_size=1), min_size=2, max_size=3), max_size=4))
def test_other_readers_understand(rows: list[list[str]]) -> None:
    assert list(csv.reader(written(rows).splitlines(keepends=True))) == rows


@pytest.mark.parametrize("text", ['"a', '"a"b\n', "a\n", '"a"'])
def test_no_result_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no result"):
        read(text)
