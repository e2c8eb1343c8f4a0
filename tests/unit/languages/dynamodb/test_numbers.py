"""Numbers: canonical text, exact arithmetic, bytes that sort."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.numbers import (
    add,
    canonical,
    compare,
    order_bytes,
    size_of,
    subtract,
)

EXACT = Context(prec=600)


@st.composite
def numbers(draw: st.DrawFn) -> str:
    """Numbers that DynamoDB takes, as people write them."""
    digits = draw(st.integers(1, 10**38 - 1))
    first = draw(st.integers(-130, 125))
    sign = draw(st.sampled_from(["", "-"]))
    return f"{sign}{digits}E{first - len(str(digits)) + 1}"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0", "0"),
        ("-0", "0"),
        ("0.000", "0"),
        ("007", "7"),
        ("+7", "7"),
        ("1.50", "1.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1e3", "1000"),
        ("-1.20E-3", "-0.0012"),
        ("1000", "1000"),
        (
            "123456789012345678901234567890123456780000",
            "123456789012345678901234567890123456780000",
        ),
    ],
)
def test_numbers_come_back_in_one_form(text: str, kept: str) -> None:
    assert canonical(text) == kept


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("abc", "The parameter cannot be converted to a numeric value: abc"),
        ("", "The parameter cannot be converted to a numeric value"),
        ("NaN", "The parameter cannot be converted to a numeric value: NaN"),
        (" 1", "The parameter cannot be converted to a numeric value:  1"),
        ("1 2", "The parameter cannot be converted to a numeric value: 1 2"),
        ("1" * 39, "Attempting to store more than 38 significant digits in a Number"),
        (
            "1e126",
            (
                "Number overflow. Attempting to store a number with magnitude larger than "
                "supported "
                "range"
            ),
        ),
        (
            "-1e-131",
            (
                "Number underflow. Attempting to store a number with magnitude smaller than "
                "supported "
                "range"
            ),
        ),
    ],
)
def test_what_is_no_number_is_refused(text: str, message: str) -> None:
    with pytest.raises(DynamoError) as caught:
        canonical(text)
    assert str(caught.value) == message


@given(numbers())
def test_the_canonical_form_is_the_same_number(text: str) -> None:
    kept = canonical(text)
    assert Decimal(kept) == Decimal(text)
    assert canonical(kept) == kept
    assert "E" not in kept


@given(numbers(), numbers())
def test_bytes_sort_as_numbers_do(one: str, other: str) -> None:
    one, other = canonical(one), canonical(other)
    mine, theirs = order_bytes(one), order_bytes(other)
    expected = (Decimal(one) > Decimal(other)) - (Decimal(one) < Decimal(other))
    assert (mine > theirs) - (mine < theirs) == expected == compare(one, other)


@given(st.integers(-(10**20), 10**20), st.integers(-(10**20), 10**20), st.integers(0, 15))
def test_sums_are_exact(one: int, other: int, places: int) -> None:
    mine, theirs = canonical(f"{one}e-{places}"), canonical(f"{other}e-{places}")
    assert Decimal(add(mine, theirs)) == EXACT.add(Decimal(mine), Decimal(theirs))
    assert Decimal(subtract(mine, theirs)) == EXACT.subtract(Decimal(mine), Decimal(theirs))


def test_a_sum_of_too_many_digits_is_refused() -> None:
    with pytest.raises(DynamoError, match="38 significant digits"):
        add("1" + "0" * 40, "1")


def test_sizes_are_half_the_digits_and_one() -> None:
    assert [size_of(text) for text in ("0", "7", "77", "777", "-777", "700")] == [1, 2, 2, 3, 4, 2]
