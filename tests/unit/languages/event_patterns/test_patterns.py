"""Event patterns: every operator of the guide, what is refused, and laws that hold for all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.event_patterns import BadPattern, parse_pattern

EVENT = {
    "source": "aws.ec2",
    "detail": {
        "state": "running",
        "count": 300,
        "price": 9.5,
        "ip": "10.0.0.7",
        "on": True,
        "gone": None,
        "tags": ["a", "b"],
        "parts": [{"kind": "x", "size": 1}, {"kind": "y", "size": 2}],
        "path": "dir/sub/file.png",
        "empty": "",
        "none": [],
    },
}


def matches(pattern: Any, event: Any = EVENT) -> bool:
    return parse_pattern(json.dumps(pattern)).matches(event)


def detail(**fields: Any) -> dict[str, Any]:
    return {"detail": fields}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ({}, True),
        ({"source": ["aws.ec2"]}, True),
        ({"source": ["aws.s3", "aws.ec2"]}, True),
        ({"source": ["AWS.EC2"]}, False),
        (detail(count=[300.0]), True),
        (detail(count=["300"]), False),
        (detail(on=[True]), True),
        (detail(on=[1]), False),
        (detail(gone=[None]), True),
        (detail(missing=[None]), False),
        (detail(empty=[""]), True),
        (detail(tags=["b"]), True),
        (detail(tags=["c"]), False),
        (detail(state=[{"prefix": "run"}]), True),
        (detail(state=[{"prefix": {"equals-ignore-case": "RUN"}}]), True),
        (detail(state=[{"suffix": "ing"}]), True),
        (detail(state=[{"suffix": {"equals-ignore-case": "ING"}}]), True),
        (detail(state=[{"suffix": "run"}]), False),
        (detail(state=[{"equals-ignore-case": "RUNNING"}]), True),
        (detail(state=[{"anything-but": "stopped"}]), True),
        (detail(state=[{"anything-but": ["running", "stopped"]}]), False),
        (detail(state=[{"anything-but": {"prefix": "run"}}]), False),
        (detail(state=[{"anything-but": {"suffix": ["xx", "ing"]}}]), False),
        (detail(state=[{"anything-but": {"equals-ignore-case": ["RUNNING"]}}]), False),
        (detail(state=[{"anything-but": {"wildcard": "*nn*"}}]), False),
        (detail(missing=[{"anything-but": "x"}]), False),
        (detail(count=[{"anything-but": 200}]), True),
        (detail(count=[{"anything-but": [300]}]), False),
        (detail(count=[{"numeric": [">", 0, "<=", 300]}]), True),
        (detail(count=[{"numeric": ["<", 300]}]), False),
        (detail(price=[{"numeric": ["=", 9.5]}]), True),
        (detail(state=[{"numeric": [">", 0]}]), False),
        (detail(ip=[{"cidr": "10.0.0.0/24"}]), True),
        (detail(ip=[{"cidr": "10.0.1.0/24"}]), False),
        (detail(state=[{"cidr": "10.0.1.0/24"}]), False),
        (detail(state=[{"exists": True}]), True),
        (detail(state=[{"exists": False}]), False),
        (detail(missing=[{"exists": False}]), True),
        (detail(missing=[{"exists": True}]), False),
        (detail(none=[{"exists": False}]), True),
        ({"other": {"deep": [{"exists": False}]}}, True),
        (detail(path=[{"wildcard": "dir/*.png"}]), True),
        (detail(path=[{"wildcard": "dir/*/file.*"}]), True),
        (detail(path=[{"wildcard": "*.jpg"}]), False),
        (detail(path=[{"wildcard": "dir/sub/file.png"}]), True),
        (detail(parts={"kind": ["x"], "size": [1]}), True),
        # Of one element both must hold.
        (detail(parts={"kind": ["x"], "size": [2]}), False),
        ({"$or": [{"source": ["no"]}, {"detail": {"state": ["running"]}}]}, True),
        ({"$or": [{"source": ["no"]}, {"source": ["nor"]}]}, False),
        ({"source": ["aws.ec2"], "$or": [{"source": ["no"]}, {"x": ["y"]}]}, False),
        (detail(**{"$or": [{"count": [1]}, {"count": [300]}]}), True),
        (detail(state=["no", {"prefix": "run"}]), True),
    ],
)
def test_an_event_is_chosen_or_not(pattern: Any, expected: bool) -> None:
    assert matches(pattern) is expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"a": 1}',
        '{"a": "b"}',
        '{"a": []}',
        '{"a": {}}',
        '{"a": [["b"]]}',
        '{"a": [{"prefix": 1}]}',
        '{"a": [{"prefix": ""}]}',
        '{"a": [{"prefix": "x", "suffix": "y"}]}',
        '{"a": [{"unknown": "x"}]}',
        '{"a": [{"exists": "true"}]}',
        '{"a": [{"cidr": "10.0.0.0"}]}',
        '{"a": [{"cidr": "10.0.0.0/64"}]}',
        '{"a": [{"numeric": [">"]}]}',
        '{"a": [{"numeric": [">", "1"]}]}',
        '{"a": [{"numeric": ["~", 1]}]}',
        '{"a": [{"numeric": [">", 5, "<", 5]}]}',
        '{"a": [{"numeric": ["<", 1, ">", 5]}]}',
        '{"a": [{"numeric": [">", 5000000001]}]}',
        '{"a": [{"anything-but": []}]}',
        '{"a": [{"anything-but": [["x"]]}]}',
        '{"a": [{"anything-but": {"cidr": "10.0.0.0/8"}}]}',
        '{"a": [{"wildcard": "a**b"}]}',
        '{"a": [{"wildcard": "a\\\\b"}]}',
    ],
)
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(BadPattern, match="Event pattern is not valid"):
        parse_pattern(text)


def test_a_star_can_be_meant_as_itself() -> None:
    assert matches({"a": [{"wildcard": "x\\**"}]}, {"a": "x*y"})
    assert not matches({"a": [{"wildcard": "x\\**"}]}, {"a": "xzy"})
    assert matches({"a": [{"wildcard": "x\\\\y"}]}, {"a": "x\\y"})


def test_a_field_may_be_called_like_the_choice() -> None:
    assert matches({"$or": ["x"]}, {"$or": "x"})
    assert matches({"$or": [{"prefix": "x"}, {"prefix": "y"}]}, {"$or": "yes"})


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-100, 100), st.text("ab*\\/.", max_size=6)
)
NAMES = st.sampled_from(["a", "b", "c"])
EVENTS = st.dictionaries(
    NAMES, st.one_of(SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(NAMES, SCALARS))
)


@given(EVENTS, NAMES, SCALARS)
def test_exists_is_one_or_the_other_for_scalars(event: Any, name: str, value: Any) -> None:
    event = {**event, name: value}
    assert matches({name: [{"exists": True}]}, event)
    assert not matches({name: [{"exists": False}]}, event)


@given(st.dictionaries(NAMES, SCALARS), NAMES, SCALARS)
def test_anything_but_is_the_contrary_where_there_is_a_value(
    event: Any, name: str, value: Any
) -> None:
    is_that = matches({name: [value]}, event)
    is_other = matches({name: [{"anything-but": [value]}]}, event)
    assert is_that + is_other == (name in event)


@given(st.lists(st.text("ab", max_size=3), min_size=1, max_size=4), st.text("ab", max_size=8))
def test_wildcards_do_what_the_slow_way_does(parts: list[str], text: str) -> None:
    parts = [parts[0], *[part or "a" for part in parts[1:-1]], *parts[1:][-1:]]

    def slow(pattern: str, rest: str) -> bool:
        if not pattern:
            return not rest
        if pattern[0] == "*":
            return any(slow(pattern[1:], rest[at:]) for at in range(len(rest) + 1))
        return bool(rest) and rest[0] == pattern[0] and slow(pattern[1:], rest[1:])

    pattern = "*".join(parts)
    assert matches({"x": [{"wildcard": pattern}]}, {"x": text}) == slow(pattern, text)


@given(EVENTS, st.dictionaries(NAMES, st.lists(SCALARS, min_size=1, max_size=3)))
def test_a_choice_is_met_when_one_of_its_patterns_is(event: Any, pattern: Any) -> None:
    if not pattern:
        return
    never = {"zz": ["zz"]}
    assert matches({"$or": [pattern, never]}, event) == matches(pattern, event)
