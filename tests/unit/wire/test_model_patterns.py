"""Java's regular expressions in Python's words, and those that are not enforced."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.wire.model import load_model, patterns, services
from cloudchamber.wire.model.patterns import UntranslatableError, matches, translate


@pytest.mark.parametrize(
    ("source", "good", "bad"),
    [
        (r"[\w+=,.@-]+", ["a", "a+b@c-d"], ["", "a b", "é", "a\n"]),
        ("^arn:aws", ["arn:aws:x"], ["x arn:aws"]),
        ("[a-z]+$", ["a", "1a"], ["a\n", "a1"]),
        ("^[a-z]{2}$", ["ab"], ["abc", "ab\n"]),
        (r"^a|b$", ["ax", "xb"], ["xa"]),
        (r"\d+", ["12"], ["٣", "1a"]),
        (r"\p{L}+", ["aé你"], ["1", "a1", "😀"]),
        (r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*", ["", "a b:1", "é\u3000你Ⅷ"], ["!", "é!", "\u0000"]),
        (r"[^\p{C}]*", ["a é"], ["\n", "é\u200b"]),
        (r"\P{C}+", ["aé"], ["\t", "é\t"]),
        (r"[\P{C}\r\n]{1,3}", ["a\r\n", "é\n"], ["\t", "é\t", "abcd"]),
        (r"\p{Print}+", ["a b~"], ["é", "\t"]),
        (r"\p{ASCII}*", ["\x00~"], ["é"]),
        (r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*", ["a😀\t"], ["\n", "é\x00"]),
        (r"(?i)true", ["TRUE", "true"], ["yes"]),
        (r"(?s).{1,3}", ["a\nb"], ["", "abcd"]),
        (r"\A[0-9]+\z", ["12"], ["12\n"]),
        (r"[a-z\d-_]+", ["a-1_"], ["."]),
        (r"[\w-.]+", ["a-b.c"], ["/"]),
        (r"/^[a-z]+$/", ["abc"], ["/abc/"]),
        (r"[[]", ["["], ["]"]),
        (r"[\p{L}||\p{N}]+", ["a1"], ["|"]),
    ],
)
def test_translation(source: str, good: list[str], bad: list[str]) -> None:
    for value in good:
        assert matches(source, value), value
    for value in bad:
        assert not matches(source, value), value


@pytest.mark.parametrize("source", [r"[\p{Print}&&[^|:/]]+", r"\p{Klingon}", "a**", "[", "(?i"])
def test_what_has_no_words(source: str) -> None:
    with pytest.raises(UntranslatableError):
        translate(source)
    assert patterns.find_pattern(source) is None
    assert matches(source, "anything")


@given(st.characters(exclude_categories=["Cs"]))
def test_unicode_classes_are_pythons(character: str) -> None:
    for name in ("L", "Lu", "M", "N", "Nd", "P", "S", "Z", "Zs", "C"):
        belongs = unicodedata.category(character).startswith(name)
        # A letter beside it makes the value one that is not ASCII.
        assert matches(rf"é[\p{{{name}}}]", f"é{character}") == belongs
        assert matches(rf"é\P{{{name}}}", f"é{character}") != belongs
        assert matches(rf"[\p{{{name}}}]", character) == belongs


@pytest.mark.slow
def test_every_pattern_of_botocore_is_enforced_or_listed() -> None:
    sources: set[str] = set()
    for name in services():
        model = load_model(name)
        shapes = model._document.shapes.values()
        sources.update(shape.pattern for shape in shapes if shape.pattern)
    assert len(sources) > 4000
    assert patterns.unchecked() <= sources
    unlisted = []
    for source in sorted(sources - patterns.unchecked()):
        try:
            translate(source, ascii_only=True)
        except UntranslatableError as problem:
            unlisted.append(f"{source}: {problem}")
    assert not unlisted


def test_patterns_that_would_never_end_are_not_run() -> None:
    hostile = "a" * 5000 + "!"
    assert all(matches(source, hostile) for source in patterns.unchecked())
