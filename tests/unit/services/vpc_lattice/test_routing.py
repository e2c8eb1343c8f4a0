"""Rules and weights, against what they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.vpc_lattice.routing import Asked, matches, weighted

ASKED = Asked("GET", "/Shop/cart", {"x-team": "Blue", "host": "a"})


@pytest.mark.parametrize(
    ("match", "wanted"),
    [
        ({"method": "GET"}, True),
        ({"method": "POST"}, False),
        ({"pathMatch": {"match": {"exact": "/Shop/cart"}}}, True),
        ({"pathMatch": {"match": {"exact": "/Shop"}}}, False),
        ({"pathMatch": {"match": {"prefix": "/Shop"}}}, True),
        ({"pathMatch": {"match": {"prefix": "/shop"}}}, False),
        ({"pathMatch": {"match": {"prefix": "/shop"}, "caseSensitive": False}}, True),
        ({"headerMatches": [{"name": "X-Team", "match": {"exact": "blue"}}]}, True),
        (
            {
                "headerMatches": [
                    {"name": "X-Team", "match": {"exact": "blue"}, "caseSensitive": True}
                ]
            },
            False,
        ),
        ({"headerMatches": [{"name": "x-team", "match": {"contains": "lu"}}]}, True),
        ({"headerMatches": [{"name": "x-team", "match": {"prefix": "bl"}}]}, True),
        ({"headerMatches": [{"name": "x-none", "match": {"prefix": ""}}]}, False),
        ({"method": "GET", "headerMatches": [{"name": "host", "match": {"exact": "b"}}]}, False),
    ],
)
def test_a_rule_matches(match: dict[str, Any], wanted: bool) -> None:
    assert matches(ASKED, match) is wanted


@given(st.lists(st.integers(0, 999), min_size=1, max_size=10))
def test_every_number_leads_to_the_group_whose_share_it_is_in(weights: list[int]) -> None:
    groups = [{"targetGroupIdentifier": str(n), "weight": w} for n, w in enumerate(weights)]
    total = sum(weights)
    if not total:
        assert weighted(groups, lambda n: 0) == ""
        return
    counted = [0] * len(weights)
    for number in range(total):
        counted[int(weighted(groups, lambda n, drawn=number: drawn))] += 1  # type: ignore[misc]
    assert counted == weights
