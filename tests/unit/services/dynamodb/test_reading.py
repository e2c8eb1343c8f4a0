"""Query and Scan: order, pages, filters, indexes, segments."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import INVALID, VALIDATION, make_plain, make_table
from tests.unit.services.dynamodb.tables import ONE, attributes_of, keys_of, refusal

NUMBERS = ("-1000", "-20.5", "-3", "0", "0.001", "1", "2", "10", "300")


@pytest.fixture
def db() -> Iterator[Any]:
    with Chamber(seed=1, account=ONE) as chamber:
        client = chamber.client("dynamodb")
        make_table(client)
        for place, number in enumerate(reversed(NUMBERS)):
            client.put_item(
                TableName="things",
                Item={
                    "pk": {"S": "a"},
                    "sk": {"N": number},
                    "owner_id": {"S": f"owner-{place % 2}"},
                    "rank_no": {"N": str(place)},
                    "note": {"S": "x" * place},
                },
            )
        client.put_item(TableName="things", Item={"pk": {"S": "ab"}, "sk": {"N": "1"}})
        yield client


def query(db: Any, condition: str, values: dict[str, Any], **more: Any) -> Any:
    """A query of the table."""
    return db.query(
        TableName="things",
        KeyConditionExpression=condition,
        ExpressionAttributeValues={":a": {"S": "a"}, **values},
        **more,
    )


def keys(answer: Any) -> list[str]:
    """The range keys of an answer."""
    return [item["sk"]["N"] for item in answer["Items"]]


RANGES = [
    ("pk = :a", {}, NUMBERS),
    ("pk = :a and sk = :n", {":n": {"N": "1.0"}}, ("1",)),
    ("pk = :a and sk < :n", {":n": {"N": "0"}}, NUMBERS[:3]),
    ("pk = :a and sk <= :n", {":n": {"N": "0"}}, NUMBERS[:4]),
    ("pk = :a and sk > :n", {":n": {"N": "-3"}}, NUMBERS[3:]),
    ("pk = :a and sk >= :n", {":n": {"N": "-3"}}, NUMBERS[2:]),
    (
        "pk = :a and sk between :n and :m",
        {":n": {"N": "-20.5"}, ":m": {"N": "2"}},
        NUMBERS[1:7],
    ),
]


@pytest.mark.parametrize(("condition", "values", "expected"), RANGES)
def test_ranges(db: Any, condition: str, values: dict[str, Any], expected: tuple[str, ...]) -> None:
    found = query(db, condition, values)
    assert tuple(keys(found)) == expected
    assert found["Count"] == found["ScannedCount"] == len(expected)
    assert "LastEvaluatedKey" not in found
    back = query(db, condition, values, ScanIndexForward=False)
    assert tuple(keys(back)) == expected[::-1]


@pytest.mark.parametrize("forward", [True, False])
def test_pages_neither_repeat_nor_skip(db: Any, forward: bool) -> None:
    pages = db.get_paginator("query").paginate(
        TableName="things",
        KeyConditionExpression="pk = :a",
        ExpressionAttributeValues={":a": {"S": "a"}},
        ScanIndexForward=forward,
        PaginationConfig={"PageSize": 2},
    )
    found = [keys(page) for page in pages]
    assert [len(page) for page in found] == [2, 2, 2, 2, 1]
    expected = NUMBERS if forward else NUMBERS[::-1]
    assert [number for page in found for number in page] == list(expected)


def test_a_page_that_ends_at_the_limit_names_its_last_item(db: Any) -> None:
    found = query(db, "pk = :a", {}, Limit=len(NUMBERS))
    last = {"pk": {"S": "a"}, "sk": {"N": "300"}}
    assert found["LastEvaluatedKey"] == last
    after = query(db, "pk = :a", {}, ExclusiveStartKey=last)
    assert (after["Items"], after["Count"]) == ([], 0)
    # The item that a page starts behind need not be there any more.
    behind = query(db, "pk = :a", {}, ExclusiveStartKey={"pk": {"S": "a"}, "sk": {"N": "5"}})
    assert keys(behind) == ["10", "300"]


def test_filters_come_after_counting(db: Any) -> None:
    found = query(db, "pk = :a", {":n": {"N": "3"}}, FilterExpression="rank_no < :n", Limit=8)
    assert (found["Count"], found["ScannedCount"]) == (2, 8)
    assert found["LastEvaluatedKey"]["sk"] == {"N": "10"}
    counted = query(db, "pk = :a", {}, Select="COUNT")
    assert counted["Count"] == 9
    assert "Items" not in counted


def test_text_and_binary_sort_by_their_bytes(db: Any) -> None:
    for kind, values in (
        ("S", ["", "a", "a\x00", "a\x00b", "a\x01", "aa", "b", "é", "☃", "😀"]),
        ("B", [b"", b"\x00", b"\x00\x00", b"\x00\x01", b"\x01", b"\xff", b"\xff\xff"]),
    ):
        values = values[1:]
        name = f"sorted-{kind}"
        db.create_table(
            TableName=name, KeySchema=keys_of("pk", "sk"), BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=attributes_of(pk="S", sk=kind),
        )  # fmt: skip
        db.describe_table(TableName=name)
        for value in reversed(values):
            db.put_item(TableName=name, Item={"pk": {"S": "a"}, "sk": {kind: value}})
        found = db.query(
            TableName=name, KeyConditionExpression="pk = :a",
            ExpressionAttributeValues={":a": {"S": "a"}},
        )  # fmt: skip
        assert [item["sk"][kind] for item in found["Items"]] == values
        begun = db.query(
            TableName=name, KeyConditionExpression="pk = :a and begins_with(sk, :b)",
            ExpressionAttributeValues={":a": {"S": "a"}, ":b": {kind: values[0]}},
        )  # fmt: skip
        first: Any = values[0]
        expected = [value for value in values if value[: len(first)] == first]
        assert [item["sk"][kind] for item in begun["Items"]] == expected


def test_a_global_index(db: Any) -> None:
    def owned(**more: Any) -> Any:
        return db.query(
            TableName="things", IndexName="by-owner", KeyConditionExpression="owner_id = :o",
            ExpressionAttributeValues={":o": {"S": "owner-1"}}, **more,
        )  # fmt: skip

    assert [item["rank_no"]["N"] for item in owned()["Items"]] == ["1", "3", "5", "7"]
    page = owned(Limit=2)
    assert sorted(page["LastEvaluatedKey"]) == ["owner_id", "pk", "rank_no", "sk"]
    rest = owned(ExclusiveStartKey=page["LastEvaluatedKey"])
    assert [item["rank_no"]["N"] for item in rest["Items"]] == ["5", "7"]
    back = owned(ExclusiveStartKey=rest["Items"][0] and page["LastEvaluatedKey"],
                 ScanIndexForward=False)  # fmt: skip
    assert [item["rank_no"]["N"] for item in back["Items"]] == ["1"]
    assert refusal(owned, ConsistentRead=True) == (
        VALIDATION, "Consistent reads are not supported on global secondary indexes",
    )  # fmt: skip


def test_an_index_follows_its_items(db: Any) -> None:
    def owners() -> list[str]:
        found = db.scan(TableName="things", IndexName="owners")["Items"]
        return sorted(item["owner_id"]["S"] for item in found)

    key = {"pk": {"S": "ab"}, "sk": {"N": "1"}}
    before = owners()
    assert "new" not in before, "an item without the key is not in the index"
    db.put_item(TableName="things", Item={**key, "owner_id": {"S": "new"}})
    assert owners() == sorted([*before, "new"])
    db.update_item(
        TableName="things", Key=key, UpdateExpression="SET owner_id = :o",
        ExpressionAttributeValues={":o": {"S": "newer"}},
    )  # fmt: skip
    assert owners() == sorted([*before, "newer"])
    db.update_item(TableName="things", Key=key, UpdateExpression="REMOVE owner_id")
    assert owners() == before
    db.delete_item(TableName="things", Key={"pk": {"S": "a"}, "sk": {"N": "300"}})
    assert len(owners()) == len(before) - 1


def test_an_index_holds_what_is_projected(db: Any) -> None:
    found = db.scan(TableName="things", IndexName="owners", Limit=1)["Items"][0]
    assert sorted(found) == ["owner_id", "pk", "sk"]
    wanted = {"TableName": "things", "IndexName": "owners"}
    assert refusal(db.scan, **wanted, ProjectionExpression="note") == (
        VALIDATION, f"{INVALID}Global secondary index owners does not project [note]",
    )  # fmt: skip
    assert refusal(db.scan, **wanted, Select="ALL_ATTRIBUTES") == (
        VALIDATION,
        (
            f"{INVALID}Select type ALL_ATTRIBUTES is not supported for global secondary index "
            f"owners "
            "because its projection type is not ALL"
        ),
    )
    everything = query(db, "pk = :a", {}, IndexName="local", Select="ALL_ATTRIBUTES", Limit=1)
    assert "note" in everything["Items"][0]
    held = query(db, "pk = :a", {}, IndexName="local", Limit=1, ConsistentRead=True)["Items"][0]
    assert sorted(held) == ["pk", "rank_no", "sk"]
    # A local index fetches what it does not hold, and that costs.
    local = query(
        db, "pk = :a", {}, IndexName="local", ProjectionExpression="note", Limit=3,
        ReturnConsumedCapacity="INDEXES",
    )  # fmt: skip
    assert local["Items"] == [{"note": {"S": "x" * place}} for place in range(3)]
    told = local["ConsumedCapacity"]
    assert told["Table"] == {"CapacityUnits": 1.5}
    assert told["LocalSecondaryIndexes"] == {"local": {"CapacityUnits": 0.5}}


def test_a_scan_sees_everything_once(db: Any) -> None:
    make_plain(db)
    for number in range(200):
        db.put_item(TableName="plain", Item={"pk": {"S": f"key-{number}"}})
    whole = [item["pk"]["S"] for item in db.scan(TableName="plain")["Items"]]
    assert sorted(whole) == sorted(f"key-{number}" for number in range(200))
    pages = db.get_paginator("scan").paginate(TableName="plain", PaginationConfig={"PageSize": 30})
    assert [item["pk"]["S"] for page in pages for item in page["Items"]] == whole
    segments: list[str] = []
    for segment in range(7):
        pages = db.get_paginator("scan").paginate(
            TableName="plain", Segment=segment, TotalSegments=7,
            PaginationConfig={"PageSize": 10},
        )  # fmt: skip
        part = [item["pk"]["S"] for page in pages for item in page["Items"]]
        assert 10 < len(part) < 60
        segments += part
    assert segments == whole


def test_a_page_holds_a_megabyte(db: Any) -> None:
    make_plain(db)
    for number in range(30):
        item = {"pk": {"S": f"{number:02}"}, "v": {"S": "x" * 99_996}}
        db.put_item(TableName="plain", Item=item)
    pages = list(db.get_paginator("scan").paginate(TableName="plain"))
    assert [page["Count"] for page in pages] == [10, 10, 10]
    assert "LastEvaluatedKey" not in pages[-1]
    told = db.scan(TableName="plain", ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"]
    assert told["CapacityUnits"] == 122.5, "a million bytes in half units of 4 KB"


QUERIES: list[tuple[dict[str, Any], str]] = [
    (
        {},
        (
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the "
            "request."
        ),
    ),
    (
        {"KeyConditionExpression": "sk = :a"},
        "Query condition missed key schema element: pk",
    ),
    (
        {"KeyConditionExpression": "pk = :a", "FilterExpression": "sk > :a"},
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    (
        {"KeyConditionExpression": "pk = :a", "IndexName": "nothing"},
        "The table does not have the specified index: nothing",
    ),
    (
        {"KeyConditionExpression": "pk = :a", "Select": "COUNT", "ProjectionExpression": "pk"},
        "Cannot specify the ProjectionExpression when choosing to get only the Count",
    ),
    (
        {"KeyConditionExpression": "pk = :a", "Select": "SPECIFIC_ATTRIBUTES"},
        (
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES"
        ),
    ),
    (
        {"KeyConditionExpression": "pk = :a", "Select": "ALL_PROJECTED_ATTRIBUTES"},
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ),
    (
        {"KeyConditionExpression": "pk = :a", "ExclusiveStartKey": {"pk": {"S": "a"}}},
        "The provided starting key is invalid: The provided key element does not match the schema",
    ),
    (
        {
            "KeyConditionExpression": "pk = :a",
            "ExclusiveStartKey": {"pk": {"S": "b"}, "sk": {"N": "1"}},
        },
        "The provided starting key is outside query boundaries based on provided conditions",
    ),
]


@pytest.mark.parametrize(("more", "message"), QUERIES)
def test_queries_that_cannot_be(db: Any, more: dict[str, Any], message: str) -> None:
    if more:
        more = {**more, "ExpressionAttributeValues": {":a": {"S": "a"}}}
    assert refusal(db.query, TableName="things", **more) == (VALIDATION, message)


SEGMENTS = [
    (
        {"Segment": 1},
        (
            "The TotalSegments parameter is required but was not present in the request when "
            "Segment "
            "parameter is present"
        ),
    ),
    (
        {"TotalSegments": 2},
        (
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present"
        ),
    ),
    (
        {"Segment": 2, "TotalSegments": 2},
        (
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 2 is not less than TotalSegments: 2"
        ),
    ),
]


@pytest.mark.parametrize(("more", "message"), SEGMENTS)
def test_segments_that_cannot_be(db: Any, more: dict[str, Any], message: str) -> None:
    assert refusal(db.scan, TableName="things", **more) == (VALIDATION, message)


def test_numbers_of_every_size_are_in_order(db: Any) -> None:
    texts = [f"{sign}{digits}E{power}" for sign in ("", "-") for digits in ("1", "12", "9.99")
             for power in (-120, -1, 0, 7, 120)]  # fmt: skip
    for text in texts:
        db.put_item(TableName="things", Item={"pk": {"S": "n"}, "sk": {"N": text}})
    found = db.query(
        TableName="things", KeyConditionExpression="pk = :n",
        ExpressionAttributeValues={":n": {"S": "n"}},
    )["Items"]  # fmt: skip
    assert [Decimal(item["sk"]["N"]) for item in found] == sorted(map(Decimal, texts))


def test_an_index_may_have_keys_of_many_attributes(db: Any) -> None:
    keys_ = [
        {"AttributeName": name, "KeyType": kind}
        for name, kind in (("a", "HASH"), ("b", "HASH"), ("c", "RANGE"), ("d", "RANGE"))
    ]
    db.create_table(
        TableName="many",
        KeySchema=keys_of("pk"),
        AttributeDefinitions=attributes_of(pk="B", a="S", b="N", c="S", d="N"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[
            {
                "IndexName": "multi",
                "KeySchema": keys_,
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
            }
        ],
    )
    db.describe_table(TableName="many")
    for number in range(12):
        item = {
            "pk": {"B": bytes([number, 0, 255])},
            "a": {"S": "a"},
            "b": {"N": "1"},
            "c": {"S": "c\x00"[: number % 2 + 1]},
            "d": {"N": str(number - 6)},
            "x": {"S": "x"},
            "y": {"S": "y"},
        }
        db.put_item(TableName="many", Item=item)

    def found(condition: str, **values: Any) -> Any:
        given = {":a": {"S": "a"}, ":b": {"N": "1"}, **{f":{k}": v for k, v in values.items()}}
        return db.query(
            TableName="many", IndexName="multi", KeyConditionExpression=condition,
            ExpressionAttributeValues=given,
        )["Items"]  # fmt: skip

    whole = found("a = :a AND b = :b")
    order = [(item["c"]["S"], int(item["d"]["N"])) for item in whole]
    assert order == sorted(order)
    assert len(order) == 12
    assert sorted(whole[0]) == ["a", "b", "c", "d", "pk", "x"]
    last = found("a = :a AND b = :b AND c = :c AND d > :d", c={"S": "c"}, d={"N": "-3"})
    assert [int(item["d"]["N"]) for item in last] == [-2, 0, 2, 4]
    begun = found("a = :a AND b = :b AND begins_with(c, :c)", c={"S": "c\x00"})
    assert len(begun) == 6
    pages = db.get_paginator("query").paginate(
        TableName="many", IndexName="multi", KeyConditionExpression="a = :a AND b = :b",
        ExpressionAttributeValues={":a": {"S": "a"}, ":b": {"N": "1"}},
        PaginationConfig={"PageSize": 5},
    )  # fmt: skip
    assert [item for page in pages for item in page["Items"]] == whole
    for condition in ("a = :a AND b = :b AND d = :b", "a = :a AND b = :b AND c > :a AND d = :b"):
        values = {":a": {"S": "a"}, ":b": {"N": "1"}}
        code, _ = refusal(
            db.query, TableName="many", IndexName="multi", KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
        )  # fmt: skip
        assert code == VALIDATION
