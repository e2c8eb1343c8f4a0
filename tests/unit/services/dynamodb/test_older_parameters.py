"""The parameters that there were before expressions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import INVALID, VALIDATION, make_plain, make_table
from tests.unit.services.dynamodb.tables import ONE, refusal

KEY = {"pk": {"S": "a"}}
FAILED = "ConditionalCheckFailedException"


@pytest.fixture
def db() -> Iterator[Any]:
    with Chamber(seed=1, account=ONE) as chamber:
        client = chamber.client("dynamodb")
        make_plain(client)
        client.put_item(
            TableName="plain",
            Item={**KEY, "n": {"N": "5"}, "t": {"S": "hello"}, "s": {"SS": ["x", "y"]}},
        )
        yield client


def one(kind: str, value: str) -> list[dict[str, str]]:
    """A list of one value."""
    return [{kind: value}]


HOLDS: list[tuple[dict[str, Any], bool]] = [
    ({"n": {"Value": {"N": "5.0"}}}, True),
    ({"n": {"Value": {"N": "6"}}}, False),
    ({"q": {"Exists": False}}, True),
    ({"n": {"Exists": False}}, False),
    ({"n": {"Exists": True, "Value": {"N": "5"}}}, True),
    ({"n": {"ComparisonOperator": "GT", "AttributeValueList": one("N", "4")}}, True),
    ({"n": {"ComparisonOperator": "NE", "AttributeValueList": one("N", "5")}}, False),
    ({"n": {"ComparisonOperator": "LE", "Value": {"N": "5"}}}, True),
    (
        {"n": {"ComparisonOperator": "BETWEEN", "AttributeValueList": [{"N": "1"}, {"N": "5"}]}},
        True,
    ),
    ({"n": {"ComparisonOperator": "IN", "AttributeValueList": [{"N": "1"}, {"N": "5"}]}}, True),
    ({"t": {"ComparisonOperator": "BEGINS_WITH", "AttributeValueList": one("S", "he")}}, True),
    ({"t": {"ComparisonOperator": "CONTAINS", "AttributeValueList": one("S", "ll")}}, True),
    ({"s": {"ComparisonOperator": "CONTAINS", "AttributeValueList": one("S", "x")}}, True),
    ({"s": {"ComparisonOperator": "NOT_CONTAINS", "AttributeValueList": one("S", "x")}}, False),
    ({"t": {"ComparisonOperator": "NOT_NULL"}}, True),
    ({"t": {"ComparisonOperator": "NULL"}}, False),
]


@pytest.mark.parametrize(("expected", "passes"), HOLDS)
def test_expectations(db: Any, expected: dict[str, Any], passes: bool) -> None:
    if passes:
        db.delete_item(TableName="plain", Key=KEY, Expected=expected)
    else:
        code, _ = refusal(db.delete_item, TableName="plain", Key=KEY, Expected=expected)
        assert code == FAILED
    assert ("Item" in db.get_item(TableName="plain", Key=KEY)) is not passes


def test_expectations_are_joined(db: Any) -> None:
    two = {"n": {"Value": {"N": "5"}}, "t": {"Value": {"S": "no"}}}
    assert refusal(db.delete_item, TableName="plain", Key=KEY, Expected=two)[0] == FAILED
    db.delete_item(TableName="plain", Key=KEY, Expected=two, ConditionalOperator="OR")


def test_updates(db: Any) -> None:
    answer = db.update_item(
        TableName="plain",
        Key=KEY,
        AttributeUpdates={
            "n": {"Action": "ADD", "Value": {"N": "2"}},
            "s": {"Action": "DELETE", "Value": {"SS": ["x"]}},
            "t": {"Action": "DELETE"},
            "q": {"Value": {"S": "new"}},
        },
        ReturnValues="ALL_NEW",
    )
    assert answer["Attributes"] == {
        **KEY, "n": {"N": "7"}, "s": {"SS": ["y"]}, "q": {"S": "new"},
    }  # fmt: skip


def test_taking_away_from_nothing_makes_nothing(db: Any) -> None:
    key = {"pk": {"S": "nobody"}}
    db.update_item(TableName="plain", Key=key, AttributeUpdates={"q": {"Action": "DELETE"}})
    assert "Item" not in db.get_item(TableName="plain", Key=key)


WRONG: list[tuple[dict[str, Any], str]] = [
    (
        {"Expected": {"q": {"Exists": True}}},
        f"{INVALID}Value must be provided when Exists is true for Attribute: q",
    ),
    (
        {"Expected": {"q": {"Exists": False, "Value": {"S": "x"}}}},
        f"{INVALID}Value cannot be used when Exists is false for Attribute: q",
    ),
    (
        {"Expected": {"q": {"ComparisonOperator": "GT"}}},
        (
            f"{INVALID}Value or AttributeValueList must be used with ComparisonOperator: GT for "
            "Attribute: q"
        ),
    ),
    (
        {"Expected": {"q": {"ComparisonOperator": "BETWEEN", "AttributeValueList": one("N", "1")}}},
        f"{INVALID}Invalid number of argument(s) for the BETWEEN ComparisonOperator",
    ),
    (
        {"Expected": {"q": {"ComparisonOperator": "LT", "AttributeValueList": [{"BOOL": True}]}}},
        f"{INVALID}ComparisonOperator LT is not valid for BOOL AttributeValue type",
    ),
    (
        {"Expected": {"q": {"Exists": False}}, "ConditionalOperator": "OR"},
        "ConditionalOperator can only be used when Filter or Expected has two or more elements",
    ),
    (
        {"ConditionalOperator": "OR"},
        "ConditionalOperator cannot be used without Filter or Expected",
    ),
    (
        {"AttributeUpdates": {"q": {"Action": "ADD", "Value": {"S": "x"}}}},
        f"{INVALID}ADD action is not supported for the type S",
    ),
    (
        {"AttributeUpdates": {"q": {"Action": "DELETE", "Value": {"S": "x"}}}},
        f"{INVALID}DELETE action with value is not supported for the type S",
    ),
    (
        {"AttributeUpdates": {"q": {"Action": "PUT"}}},
        f"{INVALID}Only DELETE action is allowed when no attribute value is specified",
    ),
    (
        {"AttributeUpdates": {"pk": {"Value": {"S": "x"}}}},
        f"{INVALID}Cannot update attribute pk. This attribute is part of the key",
    ),
]


@pytest.mark.parametrize(("more", "message"), WRONG)
def test_what_is_said_of_wrong_ones(db: Any, more: dict[str, Any], message: str) -> None:
    assert refusal(db.update_item, TableName="plain", Key=KEY, **more) == (VALIDATION, message)


def test_queries_and_scans(db: Any) -> None:
    make_table(db)
    for number in range(5):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "v": {"N": str(number % 2)}}
        db.put_item(TableName="things", Item=item)
    conditions = {
        "pk": {"ComparisonOperator": "EQ", "AttributeValueList": one("S", "a")},
        "sk": {"ComparisonOperator": "GE", "AttributeValueList": one("N", "2")},
    }
    only = {"v": {"ComparisonOperator": "EQ", "AttributeValueList": one("N", "1")}}
    found = db.query(TableName="things", KeyConditions=conditions, QueryFilter=only)
    assert (found["Count"], found["ScannedCount"]) == (1, 3)
    assert found["Items"][0]["sk"] == {"N": "3"}
    found = db.scan(TableName="things", ScanFilter=only, AttributesToGet=["v"])
    assert found["Items"] == [{"v": {"N": "1"}}] * 2
    on_key = {"sk": {"ComparisonOperator": "EQ", "AttributeValueList": one("N", "1")}}
    assert refusal(db.query, TableName="things", KeyConditions=conditions, QueryFilter=on_key) == (
        VALIDATION,
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
    )
