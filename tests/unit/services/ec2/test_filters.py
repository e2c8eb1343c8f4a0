"""EC2's filters: wildcards, alternatives within a filter, all filters together, limits."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.filters import Properties, matching, pattern

texts = st.text(st.sampled_from("ab*?\\.[-"), max_size=8)

PROPERTIES: Properties[str] = MappingProxyType(
    {
        "whole": lambda word: (word,),
        "letters": tuple,
        "nothing": lambda word: (),
    }
)


def words(*filters: tuple[str, list[str]]) -> list[str]:
    given_filters = [{"Name": name, "Values": values} for name, values in filters]
    return matching(["apple", "pear", "plum"], given_filters, PROPERTIES)


@given(texts)
def test_an_escaped_text_matches_itself_alone(text: str) -> None:
    value = re.sub(r"([\\*?])", r"\\\1", text)
    assert pattern(value).fullmatch(text)
    assert not pattern(value).fullmatch(text + "a")


@given(texts.filter(lambda t: "\\" not in t and "[" not in t and "?" not in t), texts)
def test_a_star_is_any_run_of_characters(value: str, text: str) -> None:
    assert bool(pattern(value).fullmatch(text)) == fnmatchcase(text, value)


def test_a_question_mark_is_one_character_or_none() -> None:
    assert pattern("us-east-1?").fullmatch("us-east-1a")
    assert pattern("us-east-1?").fullmatch("us-east-1")
    assert not pattern("us-east-1?").fullmatch("us-east-1ab")
    assert not pattern("us-east-1").fullmatch("US-EAST-1")
    assert pattern("a\\").fullmatch("a\\")


def test_values_are_alternatives_and_filters_all_hold() -> None:
    assert words() == ["apple", "pear", "plum"]
    assert words(("whole", ["p*", "apple"])) == ["apple", "pear", "plum"]
    assert words(("whole", ["p*"]), ("letters", ["m"])) == ["plum"]
    assert words(("letters", ["e", "u"])) == ["apple", "pear", "plum"]
    assert words(("nothing", ["*"])) == []
    assert words(("whole", [])) == []


def test_unknown_filters_and_limits() -> None:
    with pytest.raises(AwsError, match="The filter 'colour' is invalid") as found:
        words(("colour", ["red"]))
    assert found.value.code == "InvalidParameterValue"
    with pytest.raises(AwsError, match="The filter 'null' is invalid"):
        matching(["a"], [{"Values": ["a"]}], PROPERTIES)
    assert words(("whole", ["apple"] * 200)) == ["apple"]
    for too_many in ([("whole", ["apple"] * 201)], [("whole", ["apple"])] * 51):
        with pytest.raises(AwsError) as over:
            words(*too_many)
        assert over.value.code == "FilterLimitExceeded"
