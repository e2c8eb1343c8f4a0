"""Wildcards against naive twins, and in time that does not depend on malice."""

from __future__ import annotations

import re
import time
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.languages.policy.patterns import (
    Token,
    Wild,
    arn_tokens,
    compile_glob,
    compile_tokens,
    split_tokens,
    tokens_of,
)


def naive_glob(pattern: str, subject: str) -> bool:
    """The definition: `*` is any text, `?` any one character."""
    translated = "".join(
        "(?s:.*)" if c == "*" else "(?s:.)" if c == "?" else re.escape(c) for c in pattern
    )
    return re.fullmatch(translated, subject) is not None


def naive_tokens(tokens: tuple[Token, ...], subject: str) -> bool:
    """The definition for every kind of wildcard, by trying everything."""
    places: list[str | Wild] = []
    for token in tokens:
        places.extend(token if isinstance(token, str) else [token])

    @cache
    def reach(place: int, at: int) -> bool:
        if place == len(places):
            return at == len(subject)
        what = places[place]
        if what in (Wild.STAR, Wild.SEGMENT_STAR):
            stays = at < len(subject) and (what is Wild.STAR or subject[at] != ":")
            return reach(place + 1, at) or (stays and reach(place, at + 1))
        if at == len(subject):
            return False
        if what is Wild.MARK:
            hit = True
        elif what is Wild.SEGMENT_MARK:
            hit = subject[at] != ":"
        else:
            hit = subject[at] == what
        return hit and reach(place + 1, at + 1)

    return reach(0, 0)


@settings(max_examples=500)
@given(st.text("ab*?:", max_size=9), st.text("ab:\n", max_size=12))
def test_globs_mean_what_the_naive_regex_means(pattern: str, subject: str) -> None:
    assert compile_glob(pattern)(subject) is naive_glob(pattern, subject)


def test_a_free_mark_crosses_a_colon_even_beside_a_star_that_does_not() -> None:
    assert compile_tokens((":", Wild.MARK, Wild.SEGMENT_STAR))("::")
    assert not compile_tokens((":", Wild.SEGMENT_MARK, Wild.SEGMENT_STAR))("::")


@settings(max_examples=500)
@given(
    st.lists(st.sampled_from(["a", "b", ":", "ab", *Wild]), max_size=8).map(tuple),
    st.text("ab:", max_size=12),
)
def test_every_mixture_of_wildcards_means_what_trying_everything_means(
    tokens: tuple[Token, ...], subject: str
) -> None:
    assert compile_tokens(tokens)(subject) is naive_tokens(tokens, subject)


@pytest.mark.parametrize(
    ("pattern", "subject"),
    [
        ("*a" * 200, "a" * 4000 + "b"),
        ("*a*?" * 100 + "b", "a" * 4000),
        ("?*" * 200 + "b", "a" * 4000),
        ("*ab" * 200 + "c", "ab" * 2000),
    ],
)
def test_no_pattern_takes_exponential_time(pattern: str, subject: str) -> None:
    started = time.perf_counter()
    compile_glob(pattern)(subject)
    head = f"arn:aws:s3:{'*a' * 100}:1"
    compile_tokens(arn_tokens(head, tokens_of(pattern)))(f"arn:aws:s3:{'a' * 2000}:1:{subject}")
    assert time.perf_counter() - started < 2.0


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
@pytest.mark.parametrize(
    ("pattern", "subject", "matches"),
    [
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket/a/b", True),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::bucket", False),
        ("arn:aws:s3:::bucket/*", "arn:aws:s3:::Bucket/a", False),
        ("arn:aws:s3:::*", "arn:aws:s3:::b/k", True),
        ("arn:aws:iam::1:user/accounting/*", "arn:aws:iam::1:user/accounting/eu/ann", True),
        ("arn:aws:iam::1:user/accounting/*", "arn:aws:iam::1:user/ann", False),
        ("arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:eu-west-1:1:instance/i-1", True),
        ("arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:eu-west-1:1:volume/v", False),
        # the resource's own colons are within reach of its wildcards
        ("arn:aws:logs:*:*:log-group:/app/*", "arn:aws:logs:x:1:log-group:/app/a:stream:s", True),
        ("arn:aws:logs:*:*:log-group:*:s", "arn:aws:logs:x:1:log-group:a:b:s", True),
        ("arn:aws:sns:x:1:t?pic", "arn:aws:sns:x:1:t:pic", True),
        # the last star of a segment reaches beyond its colon, others do not
        ("arn:aws:sqs:eu*:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs:eu-*-1:1:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs:eu-*-1:1:q", "arn:aws:sqs:eu-west:1:b-1:1:q", False),
        ("arn:aws:sqs:e?-west-1:1:q", "arn:aws:sqs:eu-west-1:1:q", True),
        ("arn:aws:sqs:eu?:1:q", "arn:aws:sqs:eu::1:q", False),
    ],
)
def test_arn_patterns(pattern: str, subject: str, matches: bool) -> None:
    head, _, tail = pattern.rpartition(":") if pattern.count(":") < 5 else _cut(pattern)
    assert compile_tokens(arn_tokens(head, tokens_of(tail)))(subject) is matches


def _cut(pattern: str) -> tuple[str, str, str]:
    parts = pattern.split(":", 5)
    return ":".join(parts[:5]), ":", parts[5]


def test_tokens_are_cut_at_literal_colons_only() -> None:
    assert split_tokens(("a:b", Wild.STAR, "c::d"), 6) == [
        ("a",),
        ("b", Wild.STAR, "c"),
        (),
        ("d",),
    ]
    assert split_tokens(("a:b:c:d",), 2) == [("a",), ("b:c:d",)]
    assert split_tokens((), 3) == [()]
