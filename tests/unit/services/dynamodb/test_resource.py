"""The boto3 resource: tables of Python values, conditions as objects, batch writers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import make_table
from tests.unit.services.dynamodb.tables import ONE


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def table(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb")
    make_table(client)
    return chamber.session().resource("dynamodb", region_name="us-east-1").Table("things")


def test_items_are_python_values(table: Any) -> None:
    item = {
        "pk": "a",
        "sk": Decimal("1.5"),
        "set": {"x", "y"},
        "list": [Decimal(1), "two", None, True],
        "map": {"deep": b"bytes"},
    }
    table.put_item(Item=item)
    found = table.get_item(Key={"pk": "a", "sk": Decimal("1.5")})["Item"]
    assert found == item
    table.update_item(
        Key={"pk": "a", "sk": Decimal("1.5")},
        UpdateExpression="SET #l[0] = :v",
        ExpressionAttributeNames={"#l": "list"},
        ExpressionAttributeValues={":v": "one"},
    )
    assert table.get_item(Key={"pk": "a", "sk": Decimal("1.5")})["Item"]["list"][0] == "one"


def test_a_batch_writer_writes_hundreds(table: Any) -> None:
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for number in range(120):
            batch.put_item(Item={"pk": "a", "sk": number, "v": number % 3})
        batch.put_item(Item={"pk": "a", "sk": 0, "v": 9})
        batch.delete_item(Key={"pk": "a", "sk": 1})
    found = table.query(KeyConditionExpression=Key("pk").eq("a"))["Items"]
    assert len(found) == 119
    assert found[0]["v"] == 9


def test_conditions_as_objects(table: Any) -> None:
    for number in range(10):
        table.put_item(Item={"pk": "a", "sk": number, "name": f"n{number}", "status": "on"})
    found = table.query(
        KeyConditionExpression=Key("pk").eq("a") & Key("sk").between(2, 8),
        FilterExpression=(Attr("name").begins_with("n") & ~Attr("name").eq("n5"))
        & Attr("status").is_in(["on", "off"]),
    )
    assert [int(item["sk"]) for item in found["Items"]] == [2, 3, 4, 6, 7, 8]
    scanned = table.scan(FilterExpression=Attr("name").contains("7") | Attr("gone").exists())
    assert [int(item["sk"]) for item in scanned["Items"]] == [7]
    sized = table.scan(FilterExpression=Attr("name").size().gt(5) | Attr("sk").attribute_type("S"))
    assert sized["Items"] == []


def test_paginators_of_a_resource(table: Any) -> None:
    for number in range(25):
        table.put_item(Item={"pk": "a", "sk": number})
    pages = table.meta.client.get_paginator("query").paginate(
        TableName="things",
        KeyConditionExpression=Key("pk").eq("a"),
        PaginationConfig={"PageSize": 10},
    )
    assert [page["Count"] for page in pages] == [10, 10, 5]
