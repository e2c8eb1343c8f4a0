"""Lists, dates and JSON in headers, and text in XML: what goes out comes back."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.model import Ref, Shape, load_model
from cloudchamber.wire.protocols import header_values, rest, xml_write
from cloudchamber.wire.protocols.form import FormError

STRINGS = Shape(type="list", name="L", member=Ref(shape="BucketName"))
DATES = Shape(type="list", name="D", member=Ref(shape="LastModified"))
element = st.text(alphabet='ab ,"\\;é', min_size=1, max_size=8).filter(
    lambda text: text == text.strip()
)


@given(st.lists(element, min_size=1, max_size=5))
def test_lists_there_and_back(values: list[str]) -> None:
    service = load_model("s3")
    text = header_values.header_writer(service, STRINGS)(values)
    if not any("\\" in value and "," not in value and '"' not in value for value in values):
        assert header_values.header_reader(service, STRINGS)(text) == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("a,b", ["a", "b"]),
        (" a , b ", ["a", "b"]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a\\"b"', ['a"b']),
        ('"never ends', ['"never ends']),
        ("", []),
        ("a,,b", ["a", "", "b"]),
    ],
)
def test_reading_lists(text: str, values: list[str]) -> None:
    assert header_values.split_list(text) == values


def test_lists_of_dates_have_commas_of_their_own() -> None:
    service = load_model("s3")
    values = [1_700_000_000.0, 0.0]
    text = header_values.header_writer(service, DATES)(values)
    assert text == "Tue, 14 Nov 2023 22:13:20 GMT, Thu, 01 Jan 1970 00:00:00 GMT"
    assert header_values.header_reader(service, DATES)(text) == values
    assert header_values.header_reader(service, DATES)("1970-01-01T00:00:00Z, 5") == [0.0, 5.0]


@pytest.mark.parametrize("text", ["not base64", "AP8=", ""])
def test_json_that_is_none(text: str) -> None:
    with pytest.raises(FormError):
        header_values.json_value(text)


@given(st.text(max_size=40))
def test_a_header_is_one_line(text: str) -> None:
    line = rest.one_line(text)
    assert len(line) == len(text)
    assert "\r" not in line
    assert "\n" not in line
    assert "\0" not in line


sayable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r&<>\"'"),
    max_size=40,
)


@given(sayable)
def test_text_in_xml(text: str) -> None:
    body = f'<a b="{xml_write.escape_attribute(text)}">{xml_write.escape(text)}</a>'
    element = ElementTree.fromstring(body.encode())
    assert (element.text or "") == text
    assert element.attrib["b"] == text


def test_controls_in_xml_are_references() -> None:
    assert xml_write.escape("a\x01b\r") == "a&#1;b&#13;"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1.0"),
        (1.5, "1.5"),
        (float("nan"), "NaN"),
        (float("-inf"), "-Infinity"),
    ],
)
def test_floats_in_xml(value: float, text: str) -> None:
    assert xml_write.float_text(value) == text
