"""The store: scopes are apart, and what is dumped comes back as it was."""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.store import Store, Table


class Row(msgspec.Struct):
    name: str
    blob: bytes = b""
    tags: dict[str, str] = {}


REGIONAL = Table("t.regional", Row)
GLOBAL = Table("t.global", Row, "account")
UNIQUE = Table("t.unique", Row, "world")
ORDERED = Table("t.ordered", Row, ordered=True)
PAIRED = Table("t.paired", Row, key_type=tuple[str, int])


def test_a_regional_table_is_apart_by_account_and_region() -> None:
    store = Store()
    store.rows(REGIONAL, "1", "eu-west-1")["a"] = Row("a")
    assert "a" in store.rows(REGIONAL, "1", "eu-west-1")
    assert "a" not in store.rows(REGIONAL, "1", "us-east-1")
    assert "a" not in store.rows(REGIONAL, "2", "eu-west-1")


def test_a_global_table_is_shared_by_regions_and_a_world_table_by_accounts() -> None:
    store = Store()
    store.rows(GLOBAL, "1", "eu-west-1")["a"] = Row("a")
    store.rows(UNIQUE, "1", "eu-west-1")["u"] = Row("u")
    assert "a" in store.rows(GLOBAL, "1", "us-east-1")
    assert "a" not in store.rows(GLOBAL, "2", "us-east-1")
    assert "u" in store.rows(UNIQUE, "2", "us-east-1")


def test_an_ordered_table_lists_by_key() -> None:
    rows = Store().rows(ORDERED, "1", "r")
    for name in ("b", "c", "a"):
        rows[name] = Row(name)
    assert list(rows) == ["a", "b", "c"]


def test_what_is_dumped_comes_back_equal() -> None:
    tables = {table.name: table for table in (REGIONAL, GLOBAL, UNIQUE, ORDERED, PAIRED)}
    store = Store()
    store.rows(REGIONAL, "1", "r")["a"] = Row("a", b"\x00\xff", {"k": "v"})
    store.rows(ORDERED, "1", "r").update({"b": Row("b"), "a": Row("a")})
    store.rows(PAIRED, "2", "r")[("x", 1)] = Row("p")
    dumped = store.dump(tables)
    other = Store()
    for name, scopes in dumped.items():
        other.restore(tables[name], scopes)
    assert other.dump(tables) == dumped
    assert other.rows(REGIONAL, "1", "r")["a"] == Row("a", b"\x00\xff", {"k": "v"})
    assert other.rows(PAIRED, "2", "r")[("x", 1)] == Row("p")


def test_a_store_that_was_cleared_has_nothing() -> None:
    store = Store()
    store.rows(REGIONAL, "1", "r")["a"] = Row("a")
    assert not store.is_empty(REGIONAL)
    store.clear()
    assert store.is_empty(REGIONAL)
