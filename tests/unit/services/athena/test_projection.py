"""Projected partitions: their values and where they lie."""

from __future__ import annotations

import pytest

from cloudchamber.services.athena.projection import BadProjection, location, projected

NOW = 1_709_209_800 * 10**9  # 2024-02-29T12:30:00Z


def values(key: str, **properties: str) -> list[str]:
    given = {
        f"projection.{key}.{name.replace('_', '.')}": each for name, each in properties.items()
    }
    return [each[0] for each in projected(given, [key], NOW, {}, 100)]


def test_numbers_and_lists() -> None:
    assert values("n", type="integer", range="8,11", digits="2") == ["08", "09", "10", "11"]
    assert values("n", type="integer", range="0,10", interval="5") == ["0", "5", "10"]
    assert values("n", type="enum", values="a, b") == ["a", "b"]


def test_dates_go_from_instant_to_instant() -> None:
    days = values("d", type="date", range="2024-02-28,NOW", format="yyyy-MM-dd")
    assert days == ["2024-02-28", "2024-02-29"]
    hours = values("d", type="date", range="NOW-2HOURS,NOW", format="yyyy/MM/dd/HH")
    assert hours == ["2024/02/29/10", "2024/02/29/11", "2024/02/29/12"]
    months = values("d", type="date", range="NOW-1YEARS,NOW", format="yyyy-MM", interval="6")
    assert months == ["2023-02", "2023-08", "2024-02"]
    days = values(
        "d", type="date", range="20240131,20240401", format="yyyyMMdd", interval_unit="MONTHS"
    )
    assert days == ["20240131", "20240229", "20240331"]
    quoted = values("d", type="date", range="2024T01,2024T02", format="yyyy'T'MM")
    assert quoted == ["2024T01", "2024T02"]


@pytest.mark.parametrize(
    "properties",
    [
        {"type": "date", "range": "x,NOW", "format": "yyyy"},
        {"type": "date", "range": "NOW", "format": "yyyy"},
        {"type": "date", "range": "NOW,NOW", "format": "EEE"},
        {"type": "date", "range": "NOW-1000DAYS,NOW", "format": "yyyy-MM-dd"},
        {"type": "integer", "range": "a,b"},
        {"type": "integer", "range": "1,1000000"},
        {"type": "integer", "range": "1,2", "interval": "0"},
        {"type": "injected"},
        {},
    ],
)
def test_what_is_no_projection_is_refused(properties: dict[str, str]) -> None:
    with pytest.raises(BadProjection):
        values("d", **properties)


def test_where_partitions_lie() -> None:
    assert location("", "s3://b/t/", ["a", "b"], ["1", "2"]) == "s3://b/t/a=1/b=2"
    assert location("s3://b/${b}/x/${a}/", "s3://b/t/", ["a", "b"], ["1", "2"]) == "s3://b/2/x/1/"
