"""Partitions: those that a query does not want are not read."""

from __future__ import annotations

import pytest

from tests.unit.services.athena.desk import COMMAS, Desk

KEYS = "PARTITIONED BY (year int, day string)"


@pytest.fixture
def flows(desk: Desk) -> Desk:
    desk.put("f/year=2023/day=31/a.csv", "old\n")
    desk.put("f/year=2024/day=01/a.csv", "first\n")
    desk.put("f/year=2024/day=02/a.csv", "second!\n")
    desk.put("elsewhere/a.csv", "far\n")
    desk.done(f"CREATE EXTERNAL TABLE f (a string) {KEYS} {COMMAS} LOCATION 's3://data/f/'")
    return desk


def scanned(desk: Desk, query: str) -> int:
    size: int = desk.done(query)["Statistics"]["DataScannedInBytes"]
    return size


def test_partitions_are_found_by_repair(flows: Desk) -> None:
    assert flows.rows("SELECT * FROM f") == []
    told = flows.rows("MSCK REPAIR TABLE f")
    assert told[1] == ["Repair: Added partition to metastore f:year=2023/day=31"]
    assert flows.rows("SHOW PARTITIONS f") == [
        ["year=2023/day=31"],
        ["year=2024/day=01"],
        ["year=2024/day=02"],
    ]
    assert flows.rows("MSCK REPAIR TABLE f") == []


def test_partitions_can_be_asked_like_a_table(flows: Desk) -> None:
    flows.done("MSCK REPAIR TABLE f")
    assert flows.rows('SELECT max(day), count(*) FROM "f$partitions" WHERE year = 2024') == [
        ["02", "2"]
    ]
    flows.done(f"CREATE EXTERNAL TABLE g (a string) {COMMAS} LOCATION 's3://data/f/'")
    assert "TABLE_NOT_FOUND" in flows.failed('SELECT * FROM "g$partitions"')


def test_only_what_is_wanted_is_read(flows: Desk) -> None:
    flows.done("MSCK REPAIR TABLE f")
    query = "SELECT a, year FROM f WHERE year = 2024 AND day >= '02'"
    assert flows.rows(query) == [["second!", "2024"]]
    assert scanned(flows, query) == len("second!\n")
    assert scanned(flows, "SELECT * FROM f x WHERE x.day = '01' AND a <> 'z'") == len("first\n")
    assert scanned(flows, "SELECT * FROM f WHERE day = '01' OR a = 'old'") == len(
        "old\nfirst\nsecond!\n"
    )
    assert scanned(flows, "SELECT * FROM f WHERE year IN (2023) AND (day = '31' OR day = '1')") == 4
    joined = "SELECT x.a FROM f x LEFT JOIN f y ON x.day = y.day WHERE y.day = '01'"
    assert flows.rows(joined) == [["first"]]


def test_partitions_are_added_moved_and_dropped(flows: Desk) -> None:
    flows.done(
        "ALTER TABLE f ADD PARTITION (year = 2024, day = '01') "
        "PARTITION (year = 2020, day = '01') LOCATION 's3://data/elsewhere/'"
    )
    assert flows.rows("SELECT a, year FROM f ORDER BY year") == [["far", "2020"], ["first", "2024"]]
    said = flows.failed("ALTER TABLE f ADD PARTITION (year = 2024, day = '01')")
    assert "Partition already exists" in said
    flows.done("ALTER TABLE f ADD IF NOT EXISTS PARTITION (year = 2024, day = '01')")
    assert "doesn't contain all" in flows.failed("ALTER TABLE f ADD PARTITION (year = 2024)")
    flows.done(
        "ALTER TABLE f PARTITION (year = 2020, day = '01') "
        "RENAME TO PARTITION (year = 2021, day = '09')"
    )
    assert flows.rows("SELECT day FROM f WHERE year = 2021") == [["09"]]
    flows.done(
        "ALTER TABLE f PARTITION (year = 2021, day = '09') SET LOCATION 's3://data/f/year=2023/day=31/'"
    )
    assert flows.rows("SELECT a FROM f WHERE year = 2021") == [["old"]]
    flows.done("ALTER TABLE f DROP PARTITION (year = 2021)")
    assert flows.rows("SELECT a FROM f") == [["first"]]
    assert "Partition not found" in flows.failed("ALTER TABLE f DROP PARTITION (year = 2021)")
    flows.done("ALTER TABLE f DROP IF EXISTS PARTITION (year = 2021)")


def test_projected_partitions_need_no_catalog(desk: Desk) -> None:
    for day in ("30", "31"):
        desk.put(f"p/2026/12/{day}/a.csv", f"d{day}\n")
    desk.put("p/2027/01/01/a.csv", "today\n")
    desk.put("p/2027/01/02/a.csv", "tomorrow\n")
    desk.done(
        f"CREATE EXTERNAL TABLE p (a string) PARTITIONED BY (day string) {COMMAS} "
        "LOCATION 's3://data/p/' TBLPROPERTIES ('projection.enabled'='true', "
        "'projection.day.type'='date', 'projection.day.format'='yyyy/MM/dd', "
        "'projection.day.range'='NOW-2DAYS,NOW', "
        "'storage.location.template'='s3://data/p/${day}')"
    )
    query = "SELECT a FROM p WHERE day >= '2026/12/31' ORDER BY day"
    assert desk.rows(query) == [["d31"], ["today"]]
    assert scanned(desk, query) == len("d31\ntoday\n")
    desk.done("ALTER TABLE p SET TBLPROPERTIES ('projection.day.type'='injected')")
    assert "static equality" in desk.failed("SELECT a FROM p")
    assert desk.rows("SELECT a FROM p WHERE day = '2027/01/02'") == [["tomorrow"]]


def test_a_null_key_has_hives_name(desk: Desk) -> None:
    desk.put("n/k=__HIVE_DEFAULT_PARTITION__/a.csv", "x\n")
    desk.done(
        f"CREATE EXTERNAL TABLE n (a string) PARTITIONED BY (k int) {COMMAS} LOCATION 's3://data/n/'"
    )
    desk.done("MSCK REPAIR TABLE n")
    assert desk.rows("SELECT a, k FROM n WHERE k IS NULL") == [["x", None]]
