"""Batches and transactions: many items in one call, each for itself or all together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import VALIDATION, make_plain, make_table
from tests.unit.services.dynamodb.tables import ONE, refusal, simple


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


def key(name: str) -> dict[str, Any]:
    """A key of the plain table."""
    return {"pk": {"S": name}}


def put(name: str, **more: Any) -> dict[str, Any]:
    """A put request of a batch."""
    return {"PutRequest": {"Item": {**key(name), **more}}}


def names(db: Any) -> list[str]:
    """The keys that are in the plain table."""
    return sorted(item["pk"]["S"] for item in db.scan(TableName="plain")["Items"])


def test_a_batch_writes_and_reads(db: Any) -> None:
    answer = db.batch_write_item(
        RequestItems={
            "plain": [put("a"), put("b", v={"N": "1.0"})],
            "things": [{"PutRequest": {"Item": {**key("a"), "sk": {"N": "1"}}}}],
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["UnprocessedItems"] == {}
    assert [each["CapacityUnits"] for each in answer["ConsumedCapacity"]] == [2.0, 1.0]
    db.batch_write_item(RequestItems={"plain": [{"DeleteRequest": {"Key": key("a")}}, put("c")]})
    assert names(db) == ["b", "c"]
    found = db.batch_get_item(
        RequestItems={
            "plain": {"Keys": [key("b"), key("nobody"), key("c")], "ProjectionExpression": "v"},
            "things": {"Keys": [{**key("a"), "sk": {"N": "1"}}], "ConsistentRead": True},
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert found["Responses"] == {
        "plain": [{"v": {"N": "1"}}, {}],
        "things": [{**key("a"), "sk": {"N": "1"}}],
    }
    assert found["UnprocessedKeys"] == {}
    assert [each["CapacityUnits"] for each in found["ConsumedCapacity"]] == [1.5, 1.0]


def test_a_batch_gives_at_most_16_mb(db: Any) -> None:
    keys = []
    for number in range(45):
        item = {**key(f"{number:02}"), "v": {"S": "x" * 400_000}}
        db.put_item(TableName="plain", Item=item)
        keys.append(key(f"{number:02}"))
    found = db.batch_get_item(RequestItems={"plain": {"Keys": keys}})
    count = len(found["Responses"]["plain"])
    assert count == (16 << 20) // 400_005
    assert found["UnprocessedKeys"] == {"plain": {"Keys": keys[count:]}}
    rest = db.batch_get_item(RequestItems=found["UnprocessedKeys"])
    assert len(rest["Responses"]["plain"]) == 45 - count


DUPLICATES = (VALIDATION, "Provided list of item keys contains duplicates")


def test_batches_that_cannot_be(db: Any) -> None:
    assert refusal(db.batch_write_item, RequestItems={"plain": [put("a"), put("a")]}) == DUPLICATES
    both = [put("a"), {"DeleteRequest": {"Key": key("a")}}]
    assert refusal(db.batch_write_item, RequestItems={"plain": both}) == DUPLICATES
    twice = {"plain": {"Keys": [key("a"), key("a")]}}
    assert refusal(db.batch_get_item, RequestItems=twice) == DUPLICATES
    many = [put(str(number)) for number in range(20)]
    things = [
        {"PutRequest": {"Item": {**key("a"), "sk": {"N": str(number)}}}} for number in range(6)
    ]
    assert refusal(db.batch_write_item, RequestItems={"plain": many, "things": things}) == (
        VALIDATION, "Too many items requested for the BatchWriteItem call",
    )  # fmt: skip
    keys = [key(str(number)) for number in range(60)]
    others = [{**key("a"), "sk": {"N": str(number)}} for number in range(60)]
    assert refusal(
        db.batch_get_item, RequestItems={"plain": {"Keys": keys}, "things": {"Keys": others}}
    ) == (VALIDATION, "Too many items requested for the BatchGetItem call")
    bad = {"plain": [put("a"), {"PutRequest": {"Item": {"v": {"S": "x"}}}}]}
    assert refusal(db.batch_write_item, RequestItems=bad)[0] == VALIDATION
    assert names(db) == [], "everything is checked before anything is done"
    assert refusal(db.batch_write_item, RequestItems={"nobody": [put("a")]})[0] == (
        "ResourceNotFoundException"
    )


# Transactions


def in_plain(kind: str, name: str, **more: Any) -> dict[str, Any]:
    """One part of a transaction on the plain table."""
    where = {"Item": {**key(name), **more.pop("item", {})}} if kind == "Put" else {"Key": key(name)}
    return {kind: {"TableName": "plain", **where, **more}}


def test_a_transaction_is_made_whole(db: Any) -> None:
    db.put_item(TableName="plain", Item={**key("gone"), "v": {"S": "x"}})
    db.put_item(TableName="plain", Item={**key("count"), "n": {"N": "1"}})
    answer = db.transact_write_items(
        TransactItems=[
            in_plain("Put", "new", item={"v": {"S": "y"}}),
            in_plain(
                "Update", "count", UpdateExpression="ADD n :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            ),
            in_plain("Delete", "gone"),
            in_plain("ConditionCheck", "nobody", ConditionExpression="attribute_not_exists(pk)"),
        ],
        ReturnConsumedCapacity="TOTAL",
    )  # fmt: skip
    assert answer["ConsumedCapacity"] == [
        {"TableName": "plain", "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}
    ]
    found = db.transact_get_items(
        TransactItems=[in_plain("Get", name) for name in ("new", "count", "gone")],
        ReturnConsumedCapacity="TOTAL",
    )
    assert found["Responses"] == [
        {"Item": {**key("new"), "v": {"S": "y"}}},
        {"Item": {**key("count"), "n": {"N": "2"}}},
        {},
    ]
    assert found["ConsumedCapacity"][0]["ReadCapacityUnits"] == 6.0


def reasons(call: Any, **arguments: Any) -> tuple[str, list[dict[str, Any]]]:
    """The message and the reasons of a transaction that is canceled."""
    with pytest.raises(call.__self__.exceptions.TransactionCanceledException) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Message"], response["CancellationReasons"]


def test_a_transaction_that_fails_changes_nothing_and_says_why(db: Any) -> None:
    old = {**key("there"), "n": {"S": "text"}}
    db.put_item(TableName="plain", Item=old)
    message, found = reasons(
        db.transact_write_items,
        TransactItems=[
            in_plain("Put", "new"),
            in_plain(
                "Delete", "there", ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            ),
            in_plain(
                "Update", "other", UpdateExpression="SET n = n + :one",
                ExpressionAttributeValues={":one": {"N": "1"}},
            ),
            in_plain("ConditionCheck", "third", ConditionExpression="attribute_exists(pk)"),
        ],
    )  # fmt: skip
    assert message == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed, ValidationError, ConditionalCheckFailed]"
    )
    failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
    assert found == [
        {"Code": "None"},
        {**failed, "Item": old},
        {
            "Code": "ValidationError",
            "Message": "The provided expression refers to an attribute that does not exist in the "
            "item",
        },
        failed,
    ]
    assert names(db) == ["there"]


def test_transactions_that_cannot_be(db: Any) -> None:
    twice = [in_plain("Put", "a"), in_plain("Delete", "a")]
    assert refusal(db.transact_write_items, TransactItems=twice) == (
        VALIDATION, "Transaction request cannot include multiple operations on one item",
    )  # fmt: skip
    two = [{**in_plain("Put", "a"), **in_plain("Delete", "b")}]
    assert refusal(db.transact_write_items, TransactItems=two) == (
        VALIDATION, "TransactItems can only contain one of Check, Put, Update or Delete",
    )  # fmt: skip
    wrong = [in_plain("Update", "a", UpdateExpression="SET a :b")]
    assert refusal(db.transact_write_items, TransactItems=wrong) == (
        VALIDATION, 'Invalid UpdateExpression: Syntax error; token: ":b", near: "a :b"',
    )  # fmt: skip
    _, found = reasons(
        db.transact_get_items,
        TransactItems=[{"Get": {"TableName": "plain", "Key": {"sk": {"S": "a"}}}}],
    )
    assert found == [
        {
            "Code": "ValidationError",
            "Message": "The provided key element does not match the schema",
        }
    ]


def test_a_token_is_good_for_ten_minutes(db: Any, chamber: Chamber) -> None:
    add = in_plain(
        "Update", "n", UpdateExpression="ADD n :one", ExpressionAttributeValues={":one": {"N": "1"}}
    )

    def count() -> str:
        found: str = db.get_item(TableName="plain", Key=key("n"))["Item"]["n"]["N"]
        return found

    first = {"TransactItems": [add], "ClientRequestToken": "once"}
    db.transact_write_items(**first)
    again = db.transact_write_items(**first, ReturnConsumedCapacity="TOTAL")
    assert count() == "1"
    assert again["ConsumedCapacity"][0]["ReadCapacityUnits"] == 2.0
    other = {"TransactItems": [in_plain("Put", "b")], "ClientRequestToken": "once"}
    assert refusal(db.transact_write_items, **other)[0] == "IdempotentParameterMismatchException"
    chamber.advance("599s")
    db.transact_write_items(**first)
    assert count() == "1"
    chamber.advance("2s")
    db.transact_write_items(**first)
    assert count() == "2"


def test_a_canceled_transaction_leaves_its_token_free(db: Any) -> None:
    check = in_plain("ConditionCheck", "a", ConditionExpression="attribute_exists(pk)")
    request = {"TransactItems": [in_plain("Put", "b"), check], "ClientRequestToken": "t"}
    reasons(db.transact_write_items, **request)
    db.put_item(TableName="plain", Item=key("a"))
    db.transact_write_items(**request)
    assert names(db) == ["a", "b"]


# Capacity that is used up


@pytest.fixture
def scarce() -> Iterator[Any]:
    """A table of one unit a second, so of 300 units at first."""
    with Chamber(seed=1, account=ONE, throttling="enforce") as opened:
        client = opened.client("dynamodb", config=Config(retries={"max_attempts": 0}))
        one = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
        request = simple("plain", BillingMode="PROVISIONED", ProvisionedThroughput=one)
        client.create_table(**request)
        client.describe_table(TableName="plain")
        yield client


LARGE = {"S": "x" * 102_000}


def test_what_capacity_does_not_reach_for_is_handed_back(scarce: Any) -> None:
    puts = [put(str(number), v=LARGE) for number in range(5)]
    answer = scarce.batch_write_item(RequestItems={"plain": puts})
    assert answer["UnprocessedItems"] == {"plain": puts[3:]}, "each takes a hundred units"
    code, _ = refusal(scarce.batch_write_item, RequestItems={"plain": puts[3:]})
    assert code == "ProvisionedThroughputExceededException"
    keys = [key("0"), key("1")]
    read = {"plain": {"Keys": keys, "ConsistentRead": True}}
    for _ in range(5):
        assert scarce.batch_get_item(RequestItems=read)["UnprocessedKeys"] == {}
    scarce.get_item(TableName="plain", Key=key("0"), ConsistentRead=True)
    # Each read takes 25 units, so one more is left.
    found = scarce.batch_get_item(RequestItems=read)
    assert len(found["Responses"]["plain"]) == 1
    assert found["UnprocessedKeys"] == {"plain": {**read["plain"], "Keys": keys[1:]}}


def test_a_transaction_without_capacity_is_canceled(scarce: Any) -> None:
    def large(name: str) -> dict[str, Any]:
        return in_plain("Put", name, item={"v": LARGE})

    scarce.transact_write_items(TransactItems=[large("a")])
    _, found = reasons(
        scarce.transact_write_items, TransactItems=[large("b"), in_plain("Put", "c")]
    )
    assert [reason["Code"] for reason in found] == ["ProvisionedThroughputExceeded"] * 2
    assert names(scarce) == ["a"]
