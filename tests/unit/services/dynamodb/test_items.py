"""One item: put, get, updated, deleted, and what is said when that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import (
    INVALID,
    KEY,
    NOT_VALID,
    VALIDATION,
    make_plain,
    make_table,
)
from tests.unit.services.dynamodb.tables import ONE, refusal


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb")
    make_table(client)
    make_plain(client)
    return client


def get(db: Any, **key: Any) -> Any:
    """The item of a key, or None."""
    return db.get_item(TableName="things", Key=key or KEY).get("Item")


def put(db: Any, **attributes: Any) -> None:
    """Put an item under the usual key, or another."""
    db.put_item(TableName="things", Item={**KEY, **attributes})


def test_an_item_comes_back_as_it_was_put(db: Any) -> None:
    item = {
        **KEY,
        "t": {"S": "é\u0000☃"},
        "empty": {"S": ""},
        "b": {"B": b"\x00\xff"},
        "n": {"N": "1.50"},
        "yes": {"BOOL": True},
        "nil": {"NULL": True},
        "ss": {"SS": ["b", "a"]},
        "bs": {"BS": [b"2", b"1"]},
        "l": {"L": [{"M": {"deep": {"NS": ["3", "1"]}}}]},
    }
    assert db.put_item(TableName="things", Item=item)["ResponseMetadata"]["HTTPStatusCode"] == 200
    found = get(db, pk={"S": "a"}, sk={"N": "1.0"})
    assert found == {
        **item,
        "n": {"N": "1.5"},
        "ss": {"SS": ["a", "b"]},
        "bs": {"BS": [b"1", b"2"]},
        "l": {"L": [{"M": {"deep": {"NS": ["1", "3"]}}}]},
    }
    assert "Item" not in db.get_item(TableName="things", Key={"pk": {"S": "a"}, "sk": {"N": "2"}})


def test_a_put_replaces_and_gives_the_old(db: Any) -> None:
    put(db, a={"S": "1"})
    old = db.put_item(TableName="things", Item={**KEY, "b": {"S": "2"}}, ReturnValues="ALL_OLD")
    assert old["Attributes"] == {**KEY, "a": {"S": "1"}}
    assert get(db) == {**KEY, "b": {"S": "2"}}
    gone = db.delete_item(TableName="things", Key=KEY, ReturnValues="ALL_OLD")
    assert gone["Attributes"] == {**KEY, "b": {"S": "2"}}
    assert get(db) is None
    again = db.delete_item(TableName="things", Key=KEY, ReturnValues="ALL_OLD")
    assert "Attributes" not in again


def test_parts_of_an_item(db: Any) -> None:
    put(db, name={"S": "x"}, m={"M": {"a": {"N": "1"}, "b": {"N": "2"}}})
    found = db.get_item(
        TableName="things", Key=KEY, ProjectionExpression="#n, m.b",
        ExpressionAttributeNames={"#n": "name"},
    )  # fmt: skip
    assert found["Item"] == {"name": {"S": "x"}, "m": {"M": {"b": {"N": "2"}}}}
    old = db.get_item(TableName="things", Key=KEY, AttributesToGet=["name", "nothing"])
    assert old["Item"] == {"name": {"S": "x"}}


def test_conditions_guard_writes(db: Any) -> None:
    unless_there = "attribute_not_exists(pk)"
    db.put_item(TableName="things", Item=KEY, ConditionExpression=unless_there)
    assert refusal(
        db.put_item, TableName="things", Item={**KEY, "a": {"S": "x"}},
        ConditionExpression=unless_there,
    ) == ("ConditionalCheckFailedException", "The conditional request failed")  # fmt: skip
    assert get(db) == KEY, "a call that fails changes nothing"
    values = {":n": {"N": "5"}}
    for call in (db.delete_item, db.update_item):
        code, _ = refusal(
            call, TableName="things", Key=KEY, ConditionExpression="a = :n",
            ExpressionAttributeValues=values,
        )  # fmt: skip
        assert code == "ConditionalCheckFailedException"
    assert get(db) == KEY


def test_a_failed_condition_can_bring_the_item(db: Any) -> None:
    put(db, a={"S": "x"})
    with pytest.raises(db.exceptions.ConditionalCheckFailedException) as caught:
        db.delete_item(
            TableName="things", Key=KEY, ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )  # fmt: skip
    assert caught.value.response["Item"] == {**KEY, "a": {"S": "x"}}


def update(db: Any, expression: str, returns: str = "ALL_NEW", **values: Any) -> Any:
    """What an update gives back."""
    given = {f":{name}": value for name, value in values.items()}
    more = {"ExpressionAttributeValues": given} if given else {}
    answer = db.update_item(
        TableName="things", Key=KEY, UpdateExpression=expression, ReturnValues=returns, **more
    )
    return answer.get("Attributes")


def test_an_update_makes_the_item_that_is_not_there(db: Any) -> None:
    assert update(db, "SET a = :a", a={"S": "x"}) == {**KEY, "a": {"S": "x"}}
    db.update_item(TableName="things", Key={"pk": {"S": "b"}, "sk": {"N": "1"}})
    assert get(db, pk={"S": "b"}, sk={"N": "1"}) == {"pk": {"S": "b"}, "sk": {"N": "1"}}


def test_what_an_update_gives_back(db: Any) -> None:
    put(db, a={"N": "1"}, m={"M": {"x": {"N": "1"}, "y": {"N": "2"}}}, z={"S": "z"})
    expression = "SET a = a + :one, m.x = :one, b = :one REMOVE z"
    one = {"N": "1"}
    assert update(db, "SET q = :one", "NONE", one=one) is None
    assert update(db, expression, "UPDATED_OLD", one=one) == {
        "a": {"N": "1"},
        "m": {"M": {"x": {"N": "1"}}},
        "z": {"S": "z"},
    }
    assert update(db, "SET a = a + :one, m.x = :one", "UPDATED_NEW", one=one) == {
        "a": {"N": "3"},
        "m": {"M": {"x": one}},
    }
    before = get(db)
    assert update(db, "REMOVE a", "ALL_OLD") == before
    assert "a" not in get(db)


def test_capacity_is_told_when_asked(db: Any) -> None:
    item = {"pk": {"S": "a"}, "v": {"S": "x" * 5000}}
    wrote = db.put_item(TableName="plain", Item=item, ReturnConsumedCapacity="TOTAL")
    assert wrote["ConsumedCapacity"] == {"TableName": "plain", "CapacityUnits": 5.0}
    for consistent, units in ((True, 2.0), (False, 1.0)):
        read = db.get_item(
            TableName="plain", Key={"pk": {"S": "a"}}, ConsistentRead=consistent,
            ReturnConsumedCapacity="TOTAL",
        )  # fmt: skip
        assert read["ConsumedCapacity"]["CapacityUnits"] == units
    small = db.put_item(TableName="plain", Item={"pk": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    assert small["ConsumedCapacity"]["CapacityUnits"] == 5.0, "the larger of before and after"
    missing = db.get_item(TableName="plain", Key={"pk": {"S": "z"}}, ReturnConsumedCapacity="TOTAL")
    assert missing["ConsumedCapacity"]["CapacityUnits"] == 0.5


def test_indexes_take_capacity_of_their_own(db: Any) -> None:
    def units(**attributes: Any) -> Any:
        answer = db.put_item(
            TableName="things", Item={**KEY, **attributes}, ReturnConsumedCapacity="INDEXES"
        )
        told = answer["ConsumedCapacity"]
        assert told["Table"] == {"CapacityUnits": 1.0}
        found = {**told.get("GlobalSecondaryIndexes", {}), **told.get("LocalSecondaryIndexes", {})}
        assert told["CapacityUnits"] == 1 + sum(each["CapacityUnits"] for each in found.values())
        return {name: each["CapacityUnits"] for name, each in found.items()}

    assert units() == {}
    assert units(owner_id={"S": "o"}) == {"owners": 1.0}
    assert units(owner_id={"S": "o"}, extra={"S": "x"}) == {}, "it is not projected"
    assert units(owner_id={"S": "p"}) == {"owners": 2.0}, "gone from one place, come to another"
    assert units(owner_id={"S": "p"}, rank_no={"N": "1"}) == {"by-owner": 1.0, "local": 1.0}


def test_sizes_of_collections_are_told_when_asked(db: Any) -> None:
    answer = db.put_item(TableName="things", Item=KEY, ReturnItemCollectionMetrics="SIZE")
    assert answer["ItemCollectionMetrics"] == {
        "ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0],
    }  # fmt: skip


PUTS: list[tuple[dict[str, Any], str]] = [
    ({"sk": {"N": "1"}}, f"{INVALID}Missing the key pk in the item"),
    ({"pk": {"S": "a"}}, f"{INVALID}Missing the key sk in the item"),
    (
        {"pk": {"N": "1"}, "sk": {"N": "1"}},
        f"{INVALID}Type mismatch for key pk expected: S actual: N",
    ),
    (
        {"pk": {"S": ""}, "sk": {"N": "1"}},
        (
            f"{NOT_VALID}The AttributeValue for a key attribute cannot contain an empty string "
            f"value. "
            "Key: pk"
        ),
    ),
    (
        {**KEY, "owner_id": {"N": "1"}},
        f"{INVALID}Type mismatch for Index Key owner_id Expected: S Actual: N IndexName: by-owner",
    ),
    (
        {**KEY, "owner_id": {"S": ""}},
        (
            f"{NOT_VALID}A value specified for a secondary index key is not supported. The "
            "AttributeValue for a key attribute cannot contain an empty string value. IndexName: "
            "by-owner, IndexKey: owner_id"
        ),
    ),
    (
        {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
        f"{INVALID}Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    ({**KEY, "n": {"N": "1x"}}, "The parameter cannot be converted to a numeric value: 1x"),
    ({**KEY, "s": {"SS": []}}, f"{INVALID}An string set  may not be empty"),
    (
        {**KEY, "v": {"S": "x" * 409_600}},
        "Item size has exceeded the maximum allowed size",
    ),
    (
        {**KEY, "v": {}},
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
]


@pytest.mark.parametrize(("item", "message"), PUTS)
def test_items_that_cannot_be_put(db: Any, item: dict[str, Any], message: str) -> None:
    assert refusal(db.put_item, TableName="things", Item=item) == (VALIDATION, message)


def test_an_item_of_exactly_400_kb_fits(db: Any) -> None:
    room = 409_600 - len("pk") - len("a") - len("v")
    db.put_item(TableName="plain", Item={"pk": {"S": "a"}, "v": {"S": "x" * room}})
    item = {"pk": {"S": "a"}, "v": {"S": "x" * (room + 1)}}
    assert refusal(db.put_item, TableName="plain", Item=item)[0] == VALIDATION
    assert refusal(
        db.update_item, TableName="plain", Key={"pk": {"S": "a"}}, UpdateExpression="SET b = :b",
        ExpressionAttributeValues={":b": {"S": "x"}},
    ) == (VALIDATION, "Item size to update has exceeded the maximum allowed size")  # fmt: skip


@pytest.mark.parametrize(
    "key",
    [
        {"pk": {"S": "a"}},
        {"pk": {"S": "a"}, "sk": {"S": "1"}},
        {"pk": {"S": "a"}, "other": {"N": "1"}},
        {"pk": {"S": "a"}, "sk": {"N": "1"}, "more": {"S": "x"}},
    ],
)
def test_keys_that_are_none(db: Any, key: dict[str, Any]) -> None:
    message = "The provided key element does not match the schema"
    for call in (db.get_item, db.delete_item, db.update_item):
        assert refusal(call, TableName="things", Key=key) == (VALIDATION, message)


def test_an_update_leaves_the_key_alone(db: Any) -> None:
    assert refusal(
        db.update_item, TableName="things", Key=KEY, UpdateExpression="SET sk = :s",
        ExpressionAttributeValues={":s": {"N": "2"}},
    ) == (
        VALIDATION,
        f"{INVALID}Cannot update attribute sk. This attribute is part of the key",
    )  # fmt: skip


def test_an_update_keeps_index_keys_fit(db: Any) -> None:
    assert refusal(
        db.update_item, TableName="things", Key=KEY, UpdateExpression="SET owner_id = :s",
        ExpressionAttributeValues={":s": {"N": "2"}},
    ) == (
        VALIDATION,
        "The update expression attempted to update the secondary index key to unsupported type",
    )  # fmt: skip
    assert get(db) is None


def test_tables_that_are_not_there(db: Any) -> None:
    missing = ("ResourceNotFoundException", "Requested resource not found")
    assert refusal(db.get_item, TableName="nobody", Key=KEY) == missing
    assert refusal(db.put_item, TableName="nobody", Item=KEY) == missing
    assert refusal(db.scan, TableName="nobody") == missing


def test_a_table_that_is_being_made_has_no_items_yet() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        db = chamber.client("dynamodb")
        make_plain(db)
        assert refusal(db.put_item, TableName="plain", Item={"pk": {"S": "a"}}) == (
            "ResourceNotFoundException", "Requested resource not found",
        )  # fmt: skip
        chamber.advance(10)
        db.put_item(TableName="plain", Item={"pk": {"S": "a"}})


EXISTS = "attribute_exists(pk)"
EXPRESSIONS: list[tuple[dict[str, Any], str]] = [
    (
        {"ExpressionAttributeNames": {"#a": "a"}},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    (
        {"ExpressionAttributeValues": {":a": {"S": "a"}}},
        (
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null"
        ),
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeNames": {}},
        "ExpressionAttributeNames must not be empty",
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeValues": {}},
        "ExpressionAttributeValues must not be empty",
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeNames": {"a": "a"}},
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeValues": {"a": {"S": "a"}}},
        'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeValues": {":a": {"S": "a"}}},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
    ),
    (
        {"ConditionExpression": EXISTS, "ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": "x"}}},
        (
            "ExpressionAttributeValues contains invalid value: The parameter cannot be "
            "converted to a "
            "numeric value: x for key :a"
        ),
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {}}},
        (
            "ExpressionAttributeValues contains invalid value: Supplied AttributeValue is "
            "empty, must "
            "contain exactly one of the supported datatypes for key :a"
        ),
    ),
    (
        {"ConditionExpression": "a = :a"},
        (
            "Invalid ConditionExpression: An expression attribute value used in expression is not "
            "defined; attribute value: :a"
        ),
    ),
    (
        {"ConditionExpression": "name = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}},
        "Invalid ConditionExpression: Attribute name is a reserved keyword; reserved keyword: name",
    ),
    (
        {"ConditionExpression": "", "ExpressionAttributeNames": {"#a": "a"}},
        "Invalid ConditionExpression: The expression can not be empty;",
    ),
    (
        {"ConditionExpression": EXISTS, "Expected": {"a": {"Exists": False}}},
        (
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"
        ),
    ),
    ({"ReturnValues": "UPDATED_NEW"}, "Return values set to invalid value"),
]


@pytest.mark.parametrize(("more", "message"), EXPRESSIONS)
def test_expressions_that_are_wrong(db: Any, more: dict[str, Any], message: str) -> None:
    assert refusal(db.put_item, TableName="things", Item=KEY, **more) == (VALIDATION, message)
    assert get(db) is None
