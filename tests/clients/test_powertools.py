"""The idempotency layer of Powertools for AWS Lambda, over a table of the chamber.

It lives by conditional writes with expression names, by the item that a failed condition returns
and by the table's time to live: what people's functions lean on without a thought.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from cloudchamber import Chamber

powertools = pytest.importorskip(
    "aws_lambda_powertools.utilities.idempotency", reason="aws-lambda-powertools is not installed"
)
exceptions = pytest.importorskip("aws_lambda_powertools.utilities.idempotency.exceptions")


@dataclass
class Context:
    """What Powertools reads of a Lambda context."""

    function_name: str = "pay"
    memory_limit_in_mb: int = 128
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:111111111111:function:pay"
    aws_request_id: str = "one"

    def get_remaining_time_in_millis(self) -> int:
        return 5_000


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    # The layer compares expiries with the wall, so this world begins there.
    import datetime

    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    with Chamber(seed=1, start=now) as chamber:
        table = chamber.client("dynamodb")
        table.create_table(
            TableName="once",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        )
        table.update_time_to_live(
            TableName="once",
            TimeToLiveSpecification={"Enabled": True, "AttributeName": "expiration"},
        )
        yield chamber


def payer(chamber: Chamber, calls: list[Any], **settings: Any) -> Any:
    store = powertools.DynamoDBPersistenceLayer(
        table_name="once", boto3_client=chamber.client("dynamodb")
    )
    config = powertools.IdempotencyConfig(event_key_jmespath="order", **settings)

    @powertools.idempotent(persistence_store=store, config=config)
    def pay(event: dict[str, Any], context: Context) -> dict[str, Any]:
        calls.append(event)
        if event.get("fails"):
            raise ValueError("no money")
        return {"paid": event["order"], "times": len(calls)}

    return pay


def test_the_same_order_is_paid_once(chamber: Chamber) -> None:
    calls: list[Any] = []
    pay = payer(chamber, calls)
    first = pay({"order": "7"}, Context())
    again = pay({"order": "7", "more": "noise"}, Context())
    other = pay({"order": "8"}, Context())
    assert first == again == {"paid": "7", "times": 1}
    assert other == {"paid": "8", "times": 2}
    assert len(calls) == 2
    items = chamber.client("dynamodb").scan(TableName="once")["Items"]
    assert [item["status"]["S"] for item in items] == ["COMPLETED", "COMPLETED"]


def test_a_failed_order_may_be_tried_again(chamber: Chamber) -> None:
    calls: list[Any] = []
    pay = payer(chamber, calls)
    with pytest.raises(ValueError, match="no money"):
        pay({"order": "7", "fails": True}, Context())
    assert pay({"order": "7"}, Context()) == {"paid": "7", "times": 2}


def test_another_payload_under_the_same_key_is_refused(chamber: Chamber) -> None:
    pay = payer(chamber, [], payload_validation_jmespath="amount")
    pay({"order": "7", "amount": 1}, Context())
    with pytest.raises(exceptions.IdempotencyValidationError):
        pay({"order": "7", "amount": 2}, Context())


def test_an_order_under_way_is_not_begun_again(chamber: Chamber) -> None:
    calls: list[Any] = []
    store = powertools.DynamoDBPersistenceLayer(
        table_name="once", boto3_client=chamber.client("dynamodb")
    )
    config = powertools.IdempotencyConfig(event_key_jmespath="order")

    @powertools.idempotent(persistence_store=store, config=config)
    def pay(event: dict[str, Any], context: Context) -> dict[str, Any]:
        calls.append(event)
        if len(calls) == 1:
            with pytest.raises(exceptions.IdempotencyAlreadyInProgressError):
                pay(event, context)
        return {"times": len(calls)}

    assert pay({"order": "7"}, Context()) == {"times": 1}


def test_what_is_remembered_expires_on_the_chambers_clock(chamber: Chamber) -> None:
    calls: list[Any] = []
    pay = payer(chamber, calls, expires_after_seconds=60)
    pay({"order": "7"}, Context())
    chamber.advance("3d")
    assert chamber.client("dynamodb").scan(TableName="once")["Items"] == []
    pay({"order": "7"}, Context())
    assert len(calls) == 2
