"""Who may do what with items: actions, tables and condition keys."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.dynamodb.items import make_table
from tests.unit.services.dynamodb.tables import ONE

ARN = f"arn:aws:dynamodb:us-east-1:{ONE}:table/things"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        make_table(opened.client("dynamodb"))
        opened.client("dynamodb").put_item(
            TableName="things", Item={"pk": {"S": "mine"}, "sk": {"N": "1"}}
        )
        yield opened


def client_of(chamber: Chamber, *statements: dict[str, Any]) -> Any:
    """The client of a user whom a policy allows what the statements say."""
    iam = chamber.client("iam")
    iam.create_user(UserName="user")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Resource": ARN, **each} for each in statements],
    }
    iam.put_user_policy(UserName="user", PolicyName="p", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="user")["AccessKey"]
    return chamber.client("dynamodb", credentials=key)


def denied(call: Any, **arguments: Any) -> bool:
    """Whether a call is denied."""
    code = ""
    try:
        call(**arguments)
    except ClientError as error:
        code = error.response["Error"]["Code"]
    assert code in ("", "AccessDeniedException")
    return bool(code)


def key(name: str) -> dict[str, Any]:
    """A key."""
    return {"pk": {"S": name}, "sk": {"N": "1"}}


def test_each_operation_asks_for_its_own_action(chamber: Chamber) -> None:
    db = client_of(chamber, {"Action": ["dynamodb:GetItem", "dynamodb:PutItem"]})
    assert not denied(db.get_item, TableName="things", Key=key("mine"))
    assert denied(db.delete_item, TableName="things", Key=key("mine"))
    assert denied(db.scan, TableName="things")
    put = {"Put": {"TableName": "things", "Item": key("new")}}
    gone = {"Delete": {"TableName": "things", "Key": key("mine")}}
    assert denied(db.transact_write_items, TransactItems=[put, gone])
    assert not denied(db.transact_write_items, TransactItems=[put])
    get = {"Get": {"TableName": "things", "Key": key("new")}}
    assert db.transact_get_items(TransactItems=[get])["Responses"] == [{"Item": key("new")}]


def test_statements_ask_for_actions_of_their_own(chamber: Chamber) -> None:
    db = client_of(chamber, {"Action": "dynamodb:PartiQLSelect"})
    assert not denied(db.execute_statement, Statement="SELECT * FROM things")
    update = "UPDATE things SET a = 1 WHERE pk = 'mine' AND sk = 1"
    assert denied(db.execute_statement, Statement=update)
    found = db.batch_execute_statement(Statements=[{"Statement": update}])["Responses"]
    assert found[0]["Error"]["Code"] == "AccessDenied"


def test_leading_keys_fence_off_partitions(chamber: Chamber) -> None:
    fence = {
        "Action": "dynamodb:*",
        "Condition": {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["mine"]}},
    }
    db = client_of(chamber, fence)
    assert not denied(db.get_item, TableName="things", Key=key("mine"))
    assert denied(db.get_item, TableName="things", Key=key("theirs"))
    assert denied(db.put_item, TableName="things", Item=key("theirs"))
    query = {
        "TableName": "things",
        "KeyConditionExpression": "#p = :p AND sk > :n",
        "ExpressionAttributeNames": {"#p": "pk"},
    }
    for name in ("mine", "theirs"):
        values = {":p": {"S": name}, ":n": {"N": "0"}}
        assert denied(db.query, **query, ExpressionAttributeValues=values) is (name == "theirs")
    both = {"things": {"Keys": [key("mine"), key("theirs")]}}
    assert denied(db.batch_get_item, RequestItems=both)
    writes = {"things": [{"PutRequest": {"Item": key("theirs")}}]}
    assert denied(db.batch_write_item, RequestItems=writes)
    parts = [{"Put": {"TableName": "things", "Item": key("theirs")}}]
    assert denied(db.transact_write_items, TransactItems=parts)


def test_attributes_are_named_by_requests(chamber: Chamber) -> None:
    only = {
        "Action": "dynamodb:GetItem",
        "Condition": {
            "ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "open"]},
        },
    }
    db = client_of(chamber, only)
    wanted = {"TableName": "things", "Key": key("mine")}
    assert not denied(db.get_item, **wanted, ProjectionExpression="pk, sk")
    assert denied(db.get_item, **wanted, ProjectionExpression="pk, closed")
    assert denied(db.get_item, **wanted, AttributesToGet=["closed"])
    assert not denied(db.get_item, **wanted, AttributesToGet=["open"])
