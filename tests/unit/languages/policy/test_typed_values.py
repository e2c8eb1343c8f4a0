"""Texts that conditions read as numbers, dates, addresses, bytes and truth."""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.languages.policy.typed_values import (
    find_bytes,
    find_date,
    find_network,
    find_number,
    find_truth,
)

S = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10", 10),
        ("-3", -3),
        ("+1.50", Decimal("1.5")),
        (".5", Decimal("0.5")),
        ("1e3", 1000),
        ("", None),
        ("ten", None),
        (" 1", None),
        ("1e9999", None),
        ("NaN", None),
        ("9" * 200, None),
    ],
)
def test_numbers(text: str, value: Decimal | None) -> None:
    assert find_number(text) == value


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        # the precisions of https://www.w3.org/TR/NOTE-datetime
        ("1970", 0),
        ("1970-02", 31 * 86400 * S),
        ("1970-01-02", 86400 * S),
        ("1970-01-01T01:00Z", 3600 * S),
        ("1970-01-01T00:00:01Z", S),
        ("1970-01-01T00:00:01.25Z", S + S // 4),
        ("1970-01-01T02:00:00+02:00", 0),
        ("1969-12-31T19:00:00-0500", 0),
        ("1970-01-01T00:00:01", S),
        # epoch seconds
        ("1500000000", 1_500_000_000 * S),
        ("1500000000.5", 1_500_000_000 * S + S // 2),
        ("-0.5", -S // 2),
        # not dates
        ("1970-13-01", None),
        ("1970-00", None),
        ("1970-01-00", None),
        ("1970-02-30", None),
        ("1970-01-01T24:00Z", None),
        ("1970-01-01T00:60Z", None),
        ("tomorrow", None),
        ("", None),
        ("0000-01-01", None),
    ],
)
def test_dates(text: str, ns: int | None) -> None:
    assert find_date(text) == ns


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_dates_agree_with_the_standard_library(moment: datetime) -> None:
    since = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    text = moment.strftime("%Y").zfill(4) + moment.strftime("-%m-%dT%H:%M:%S.%fZ")
    assert find_date(text) == since // timedelta(microseconds=1) * 1000


def test_truth_and_bytes() -> None:
    assert [find_truth(t) for t in ("true", "False", "yes")] == [True, False, None]
    assert find_bytes("QmluYXJ5") == b"Binary"
    assert find_bytes("no base 64!") is None
    assert find_bytes("é") is None


ADDRESSES = st.ip_addresses(v=4) | st.ip_addresses(v=6)


@given(ADDRESSES, st.integers(0, 128), ADDRESSES)
def test_networks_agree_with_the_standard_library(
    base: ipaddress.IPv4Address | ipaddress.IPv6Address,
    bits: int,
    other: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    network = ipaddress.ip_network(f"{base}/{min(bits, base.max_prefixlen)}", strict=False)
    contains = find_network(str(network))
    assert contains is not None
    assert contains(str(base))
    assert contains(str(other)) is (other in network)


def test_what_is_no_network_and_no_address() -> None:
    assert find_network("10.0.0.0/33") is None
    assert find_network("example.com") is None
    contains = find_network("10.0.0.1")
    assert contains is not None
    assert contains("10.0.0.1")
    assert not contains("10.0.0.2")
    assert not contains("nonsense")
