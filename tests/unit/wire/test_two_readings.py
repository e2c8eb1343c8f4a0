"""The fast way and the slow way through an input agree, whatever the input.

Rules of this file: the fast way may refuse what the slow way accepts (it is then asked), never the
other way round; and both give the same value.
"""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.model import Shape, Validation, load_model
from cloudchamber.wire.protocols import constraints, json_read
from cloudchamber.wire.protocols.json_read import JsonBodies

OPERATIONS: Final = (
    ("dynamodb", "CreateTable"),
    ("dynamodb", "PutItem"),
    ("kinesis", "CreateStream"),
    ("sqs", "SendMessage"),
    ("ecs", "RunTask"),
    ("iotfleetwise", "CreateCampaign"),
    ("wafv2", "CreateIPSet"),
)

words = st.sampled_from(
    ["", "a", "abc", "HASH", "PROVISIONED", "a b", "é", "NaN", "aGk=", "x" * 300]
)
leaves = st.none() | st.booleans() | st.integers(-3, 300) | st.floats(-1, 300) | words


def values(service: str, shape: Shape, depth: int = 0) -> st.SearchStrategy[Any]:
    """Mostly what the model asks for, with something else here and there."""
    model = load_model(service)
    if depth > 3:
        return leaves
    if shape.type == "structure" and not shape.document:
        members = {
            name: values(service, model.resolve(ref), depth + 1)
            for name, ref in shape.members.items()
        }
        chosen = (
            st.sets(st.sampled_from(sorted(members)), max_size=4) if members else st.just(set())
        )
        made = chosen.flatmap(
            lambda names: st.fixed_dictionaries(
                {name: members[name] for name in sorted(names | set(shape.required))}
            )
        )
        return made | leaves
    if shape.type == "list":
        return st.lists(values(service, model.resolve(shape.element()), depth + 1), max_size=3)
    if shape.type == "map":
        inner = values(service, model.resolve(shape.entry()[1]), depth + 1)
        return st.dictionaries(words, inner, max_size=3)
    if shape.enum:
        return st.sampled_from(shape.enum) | words
    if shape.type in ("integer", "long"):
        return st.integers(-3, 300) | leaves
    if shape.type in ("float", "double", "timestamp"):
        return st.floats(-1, 300) | st.integers(0, 300) | leaves
    return st.booleans() | leaves if shape.type == "boolean" else words | leaves


def input_shape(service: str, operation: str) -> Shape:
    """The input of an operation."""
    shape = load_model(service).operations[operation].input_shape
    assert shape is not None
    return shape


def attempt(read: Any, *arguments: Any) -> tuple[Any, str]:
    """What a reading gives: a value, or what it says."""
    try:
        return read(*arguments), ""
    except WireError as error:
        return None, f"{error}"


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@given(data=st.data())
def test_both_ways_agree(service: str, operation: str, data: st.DataObject) -> None:
    shape = input_shape(service, operation)
    body = orjson.dumps(data.draw(values(service, shape)))
    for mode in (Validation("model"), Validation("no-patterns"), Validation("types-only")):
        bodies = bodies_of(service, mode)
        fast = attempt(bodies.reader(shape), body)
        slow = attempt(bodies.walk, shape, body)
        assert fast == slow


def bodies_of(service: str, validation: Validation) -> JsonBodies:
    """A fresh compiler, so that nothing is kept between examples but the model."""
    return JsonBodies(load_model(service), validation, uses_wire_names=False)


@pytest.mark.parametrize(("service", "operation"), OPERATIONS)
@given(data=st.data())
def test_the_quick_check_says_what_the_description_says(
    service: str, operation: str, data: st.DataObject
) -> None:
    shape = input_shape(service, operation)
    body = orjson.dumps(data.draw(values(service, shape)))
    value, _ = attempt(bodies_of(service, Validation("types-only")).walk, shape, body)
    if value is None or has_null(value):
        return
    model = load_model(service)
    for mode in ("model", "no-patterns"):
        check = constraints.Checks(model, mode).of(shape)
        failures = constraints.describe(model, shape, value, mode)
        assert (check is None or check(value)) == (not failures)


def has_null(value: Any) -> bool:
    """Nulls within lists are refused before the quick check is asked."""
    if isinstance(value, dict):
        return any(map(has_null, value.values()))
    return value is None or (isinstance(value, list) and any(map(has_null, value)))


def depth_of(text: str) -> int:
    """The nesting of a JSON text, counted naively."""
    level = deepest = 0
    in_string = escaped = False
    for character in text:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "{[":
            level += 1
            deepest = max(deepest, level)
        elif character in "}]":
            level -= 1
    return deepest


@given(
    st.recursive(
        st.sampled_from(["[[[", "a", '{"', "]", "\\"]),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.just("[{"), inner),
        max_leaves=30,
    ),
    st.integers(0, 260),
    st.integers(0, 3),
)
def test_nesting_is_counted_outside_strings(value: Any, wrapped: int, copies: int) -> None:
    text = "[" * wrapped + orjson.dumps([value] * copies).decode() + "]" * wrapped
    assert json_read.is_too_deep(text.encode()) == (depth_of(text) > json_read.MOST_NESTED)
    wide = "[" + ",".join([text] * 3) + "]" if wrapped < 50 else text
    assert json_read.is_too_deep(wide.encode()) == (depth_of(wide) > json_read.MOST_NESTED)


def test_only_bottomless_shapes_are_counted() -> None:
    dynamodb, sqs = load_model("dynamodb"), load_model("sqs")
    assert json_read.bottomless(dynamodb, input_shape("dynamodb", "PutItem"))
    assert not json_read.bottomless(dynamodb, input_shape("dynamodb", "CreateTable"))
    assert not json_read.bottomless(sqs, input_shape("sqs", "SendMessage"))
    bedrock = load_model("bedrock-runtime")
    assert json_read.bottomless(bedrock, input_shape("bedrock-runtime", "Converse"))
