"""Listings: prefixes, delimiters, markers and tokens, held against a small model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from sortedcontainers import SortedDict

from cloudchamber.services.s3.nouns import place
from cloudchamber.services.s3.walking import after_prefix, walk
from tests.unit.services.s3.answers import code_of


def fill(s3: Any, bucket: str, *keys: str) -> None:
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=key.encode())


def shown(page: Any) -> list[str]:
    keys = [entry["Key"] for entry in page.get("Contents", [])]
    return keys + [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]


def test_keys_come_in_the_order_of_their_bytes(s3: Any, box: str) -> None:
    fill(s3, box, "b", "a", "B", "é", "z", "a/b", "a b", "💩", "\uffff")
    assert shown(s3.list_objects_v2(Bucket=box)) == [
        "B", "a", "a b", "a/b", "b", "z", "é", "\uffff", "💩",
    ]  # fmt: skip


def test_prefix_and_delimiter(s3: Any, box: str) -> None:
    fill(s3, box, "readme", "photos/2024/a", "photos/2025/b", "photos/c", "video/d")
    assert shown(s3.list_objects_v2(Bucket=box, Delimiter="/")) == ["readme", "photos/", "video/"]
    inner = s3.list_objects_v2(Bucket=box, Delimiter="/", Prefix="photos/")
    assert shown(inner) == ["photos/c", "photos/2024/", "photos/2025/"]
    assert (inner["KeyCount"], inner["Prefix"], inner["Delimiter"]) == (3, "photos/", "/")
    assert shown(s3.list_objects_v2(Bucket=box, Delimiter="202")) == [
        "photos/c", "readme", "video/d", "photos/202",
    ]  # fmt: skip
    assert shown(s3.list_objects_v2(Bucket=box, Prefix="nothing")) == []


def test_pages_of_the_newer_call(s3: Any, box: str) -> None:
    fill(s3, box, "a", "b/1", "b/2", "c", "d/1", "e")
    pages = list(
        s3.get_paginator("list_objects_v2").paginate(
            Bucket=box, Delimiter="/", PaginationConfig={"PageSize": 2}
        )
    )
    assert [sorted(shown(page)) for page in pages] == [["a", "b/"], ["c", "d/"], ["e"]]
    assert [page["IsTruncated"] for page in pages] == [True, True, False]
    assert shown(s3.list_objects_v2(Bucket=box, StartAfter="b/1")) == ["b/2", "c", "d/1", "e"]
    assert code_of(s3.list_objects_v2, Bucket=box, ContinuationToken="?") == "InvalidArgument"
    none = s3.list_objects_v2(Bucket=box, MaxKeys=0)
    assert (none["KeyCount"], none["IsTruncated"]) == (0, False)
    assert code_of(s3.list_objects_v2, Bucket=box, MaxKeys=-1) == "InvalidArgument"


def test_pages_of_the_older_call(s3: Any, box: str) -> None:
    fill(s3, box, "a", "b/1", "b/2", "c")
    first = s3.list_objects(Bucket=box, Delimiter="/", MaxKeys=2)
    assert (shown(first), first["NextMarker"]) == (["a", "b/"], "b/")
    assert shown(s3.list_objects(Bucket=box, Delimiter="/", Marker="b/")) == ["c"]
    plain = s3.list_objects(Bucket=box, MaxKeys=3)
    assert "NextMarker" not in plain
    assert shown(s3.list_objects(Bucket=box, Marker="b/2")) == ["c"]
    assert plain["Contents"][0]["Owner"]["ID"]


def test_what_a_listing_says_of_an_object(s3: Any, box: str) -> None:
    put = s3.put_object(Bucket=box, Key="k", Body=b"hello", StorageClass="GLACIER_IR")
    (entry,) = s3.list_objects_v2(Bucket=box)["Contents"]
    assert (entry["Size"], entry["StorageClass"]) == (5, "GLACIER_IR")
    assert entry["ETag"] == put["ETag"]
    assert (entry["ChecksumAlgorithm"], entry["ChecksumType"]) == (["CRC32"], "FULL_OBJECT")
    assert "Owner" not in entry
    (owned,) = s3.list_objects_v2(Bucket=box, FetchOwner=True)["Contents"]
    assert len(owned["Owner"]["ID"]) == 64


def test_a_prefix_of_deleted_keys_is_not_there(s3: Any, shelf: str) -> None:
    fill(s3, shelf, "a/1", "b/1")
    s3.delete_object(Bucket=shelf, Key="a/1")
    assert shown(s3.list_objects_v2(Bucket=shelf, Delimiter="/")) == ["b/"]
    rolled = s3.list_object_versions(Bucket=shelf, Delimiter="/")
    assert [each["Prefix"] for each in rolled["CommonPrefixes"]] == ["a/", "b/"]


def test_a_listing_stays_in_its_bucket(s3: Any, box: str) -> None:
    s3.create_bucket(Bucket="box2")
    s3.create_bucket(Bucket="bow")
    fill(s3, "box2", "x")
    fill(s3, "bow", "y")
    fill(s3, box, "k")
    assert shown(s3.list_objects_v2(Bucket=box)) == ["k"]


TEXTS = st.text(alphabet="ab/\x00\U0010ffff", min_size=1, max_size=6)


@given(st.sets(TEXTS, max_size=30), st.text("ab/", max_size=2), st.sampled_from(["", "/", "a/"]))
def test_walking_is_what_a_model_rolls_up(keys: set[str], prefix: str, delimiter: str) -> None:
    rows = SortedDict({place("box", key): key for key in keys})
    rows[place("bow", "a")] = rows[place("boxx", "a")] = "other"
    expected: list[str] = []
    for key in sorted(keys):
        if not key.startswith(prefix):
            continue
        at = key.find(delimiter, len(prefix)) if delimiter else -1
        name = key[: at + len(delimiter)] if at >= 0 else key
        if name not in expected:
            expected.append(name)
    whole = [key for key, _ in walk(rows, "box", prefix, delimiter, "")]
    assert whole == expected
    # By pages of one: each is found again behind the one before.
    paged, after = [], ""
    while True:
        found = next(walk(rows, "box", prefix, delimiter, after), None)
        if found is None:
            break
        paged.append(found[0])
        after = found[0]
    assert paged == expected


@given(st.text(max_size=4), st.text(max_size=6))
def test_what_comes_after_a_prefix(prefix: str, text: str) -> None:
    behind = after_prefix(prefix)
    if text.startswith(prefix):
        assert behind is None or text < behind
    elif text > prefix:
        assert behind is not None
        assert text >= behind


def test_a_page_costs_what_it_shows() -> None:
    """Under one prefix there are ten thousand keys, and they are not looked at."""
    seen: list[str] = []

    class Watched:
        def __init__(self, rows: SortedDict) -> None:
            self.rows = rows

        def irange(self, *bounds: Any) -> Iterator[str]:
            for key in self.rows.irange(*bounds):
                seen.append(key)
                yield key

    keys = SortedDict({place("box", f"{top}/{i:04}"): 1 for top in "abc" for i in range(4000)})
    rows = Watched(keys)
    assert [key for key, _ in walk(rows, "box", "", "/", "")] == ["a/", "b/", "c/"]
    assert len(seen) == 3
