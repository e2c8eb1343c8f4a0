"""TransactWriteItems and TransactGetItems: all or nothing.

Rules of this file: every write is planned before any is made, so a transaction that cannot be made
whole has changed nothing and says for each of its parts why. Calls follow one another, so there is
never another transaction to be in conflict with. A token is remembered for ten minutes.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table as Stored
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.paths import project
from cloudchamber.services.dynamodb import throughput
from cloudchamber.services.dynamodb.changes import shelf_of
from cloudchamber.services.dynamodb.consumption import TRANSACTIONAL, Consumption
from cloudchamber.services.dynamodb.expressions import read
from cloudchamber.services.dynamodb.items import (
    CONDITION,
    UPDATE,
    Plan,
    carry_out,
    collection_metrics,
    pay_for,
    plan_check,
    plan_delete,
    plan_put,
    plan_update,
    used_by,
)
from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.permissions import require_parts
from cloudchamber.services.dynamodb.reach import expect_live, invalid, read_key, validated
from cloudchamber.services.dynamodb.shelf import size_in, unpack

TOKEN_NS: Final = 600 * SECOND_NS
BYTES_MAX: Final = 4 << 20
Reason = dict[str, Any]
Planner = Callable[[Call, Table, Mapping[str, Any]], Plan]
_PLANNERS: Final[Mapping[str, Planner]] = MappingProxyType(
    {
        "ConditionCheck": plan_check,
        "Delete": plan_delete,
        "Put": plan_put,
        "Update": plan_update,
    }
)


_OUT_OF_CAPACITY: Final = MappingProxyType(
    {
        "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
        "ThrottlingException": "ThrottlingError",
    }
)


class Token(msgspec.Struct):
    """A transaction that was made under a token: its digest, when, what it used by table."""

    digest: bytes
    made_ns: int
    used: dict[str, int]


TOKENS: Final = Stored("dynamodb.transaction-tokens", Token)  # token -> what was made under it


def canceled(reasons: Sequence[Reason]) -> AwsError:
    """The transaction was not made; `reasons` has an entry for each part."""
    codes = ", ".join(reason["Code"] for reason in reasons)
    return AwsError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=list(reasons),
    )


def reason_of(error: AwsError | DynamoError) -> Reason:
    """Why a part of a transaction cannot be made. Raises what is no reason."""
    if isinstance(error, DynamoError):
        return {"Code": "ValidationError", "Message": str(error)}
    if error.code == "ConditionalCheckFailedException":
        reason: Reason = {"Code": "ConditionalCheckFailed", "Message": error.message}
        if "Item" in error.fields:
            reason["Item"] = error.fields["Item"]
        return reason
    if error.code == "DuplicateItemException":
        return {"Code": "DuplicateItem", "Message": error.message}
    if error.code == "ValidationException":
        return {"Code": "ValidationError", "Message": error.message}
    raise error


@validated
def transact_write_items(call: Call, request: Input) -> Output:
    """Up to a hundred writes and checks, of different items, made together or not at all."""
    require_parts(call, request["TransactItems"], "TransactWriteItems")
    known = find_made(call, request, request["TransactItems"])
    if known is not None:
        return known
    plans = plan_all([_part(call, each) for each in request["TransactItems"]])
    check_sizes(plans)
    output, used = make_all(call, plans, request)
    remember(call, request, request["TransactItems"], used)
    return output


def _part(call: Call, each: Mapping[str, Any]) -> Callable[[], Plan]:
    """What plans one part of a request."""
    if len(each) != 1:
        raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
    kind, wanted = next(iter(each.items()))
    table = expect_live(call, wanted["TableName"])
    # What is wrong with the request alone is no reason to cancel, but no transaction at all.
    read(wanted, UPDATE if kind == "Update" else CONDITION)
    return partial(_PLANNERS[kind], call, table, wanted)


def plan_all(parts: Sequence[Callable[[], Plan]]) -> list[Plan]:
    """Plan every part. Raises TransactionCanceledException."""
    plans: list[Plan] = []
    reasons: list[Reason] = []
    for part in parts:
        try:
            plans.append(part())
            reasons.append({"Code": "None"})
        except (AwsError, DynamoError) as error:
            reasons.append(reason_of(error))
    if len(plans) < len(parts):
        raise canceled(reasons)
    seen = frozenset((plan.table.arn, plan.key) for plan in plans)
    if len(seen) < len(plans):
        raise invalid("Transaction request cannot include multiple operations on one item")
    return plans


def check_sizes(plans: Sequence[Plan]) -> None:
    """All items of a transaction together are at most 4 MB. Raises ValidationException."""
    if sum(plan.size for plan in plans) > BYTES_MAX:
        raise invalid("Collection size limit exceeded: transaction payload is larger than 4 MB")


def make_all(
    call: Call, plans: Sequence[Plan], request: Input
) -> tuple[Output, dict[str, Consumption]]:
    """Make every planned write, and tell what they used."""
    by_table: dict[str, list[Plan]] = {}
    for plan in plans:
        by_table.setdefault(plan.table.arn, []).append(plan)
    for arn, some in by_table.items():
        if some[0].table.is_limited:
            _pay(call, arn, some, plans)
    used: dict[str, Consumption] = {}
    metrics: dict[str, list[Any]] = {}
    for plan in plans:
        cost = used_by(plan, carry_out(call, plan), TRANSACTIONAL)
        if plan.table.arn in used:
            used[plan.table.arn].add(cost)
        else:
            used[plan.table.arn] = cost
        if request.get("ReturnItemCollectionMetrics") == "SIZE" and not plan.idle:
            found = collection_metrics(call, plan.table, plan.names)
            if found is not None:
                metrics.setdefault(plan.table.name, []).append(found)
    output: Output = {}
    told_all(call, output, used.values(), request)
    if metrics:
        output["ItemCollectionMetrics"] = metrics
    return output, used


def _pay(call: Call, arn: str, some: list[Plan], plans: Sequence[Plan]) -> None:
    """Take the capacity of one table's writes. Raises TransactionCanceledException."""
    try:
        pay_for(call, some, TRANSACTIONAL)
    except AwsError as error:
        code = _OUT_OF_CAPACITY.get(error.code)
        if code is None:
            raise
        reason = {"Code": code, "Message": error.message}
        raise canceled(
            [reason if plan.table.arn == arn else {"Code": "None"} for plan in plans]
        ) from error


def told_all(call: Call, output: Output, used: Any, request: Input) -> None:
    """Meter what was used of each table, and put it into the output when it is asked for."""
    consumed: list[Any] = []
    for each in used:
        each.meter(call)
        told = each.told(request.get("ReturnConsumedCapacity"), is_split=True)
        if told is not None:
            consumed.append(told)
    if consumed:
        output["ConsumedCapacity"] = consumed


def _digest(parts: Any) -> bytes:
    return blake2b(msgspec.msgpack.encode(parts), digest_size=16).digest()


def find_made(call: Call, request: Input, parts: Any) -> Output | None:
    """The answer to a token under which a transaction was made: nothing is done twice.

    Raises IdempotentParameterMismatchException when it was another transaction.
    """
    token = request.get("ClientRequestToken")
    if token is None:
        return None
    known = call.rows(TOKENS).get(token)
    if known is None or call.now - known.made_ns > TOKEN_NS:
        return None
    if known.digest != _digest(parts):
        raise AwsError(
            "IdempotentParameterMismatchException",
            "Request parameters do not match the parameters of the earlier request with the same "
            "ClientRequestToken",
        )
    output: Output = {}
    if request.get("ReturnConsumedCapacity", "NONE") != "NONE":
        # What was written is read this time.
        output["ConsumedCapacity"] = [
            {
                "TableName": arn.rpartition("/")[2],
                "CapacityUnits": float(units),
                "ReadCapacityUnits": float(units),
            }
            for arn, units in known.used.items()
        ]
    return output


def remember(call: Call, request: Input, parts: Any, used: Mapping[str, Consumption]) -> None:
    """Remember that a transaction was made under its token."""
    token = request.get("ClientRequestToken")
    if token is not None:
        _forget(call)
        units = {arn: round(each.total()) for arn, each in used.items()}
        call.rows(TOKENS)[token] = Token(_digest(parts), call.now, units)


def _forget(call: Call) -> None:
    tokens = call.rows(TOKENS)
    while tokens:
        oldest = next(iter(tokens))
        if call.now - tokens[oldest].made_ns <= TOKEN_NS:
            return
        del tokens[oldest]


@validated
def transact_get_items(call: Call, request: Input) -> Output:
    """Up to a hundred items, as they are at one instant."""
    require_parts(call, request["TransactItems"], "TransactGetItems")
    found: list[bytes | None] = []
    reasons: list[Reason] = []
    used: dict[str, Consumption] = {}
    parts = [each["Get"] for each in request["TransactItems"]]
    tables = [expect_live(call, each["TableName"]) for each in parts]
    asked = [read(each, ("ProjectionExpression",)) for each in parts]
    for each, table in zip(parts, tables, strict=True):
        try:
            key, _ = read_key(table, each["Key"])
        except (AwsError, DynamoError) as error:
            reasons.append(reason_of(error))
            continue
        reasons.append({"Code": "None"})
        record = shelf_of(call, table).rows.get(key)
        found.append(record)
        cost = used.setdefault(table.arn, Consumption(table, TRANSACTIONAL))
        cost.read(0 if record is None else size_in(record), True)
    if len(found) < len(parts):
        raise canceled(reasons)
    if sum(size_in(record) for record in found if record is not None) > BYTES_MAX:
        raise invalid("Collection size limit exceeded: transaction payload is larger than 4 MB")
    for cost in used.values():
        throughput.pay(call, cost.table, cost.reads, cost.writes)
    responses: list[dict[str, Item]] = []
    for record, each in zip(found, asked, strict=True):
        if record is None:
            responses.append({})
            continue
        item = unpack(record)
        paths = each.projection
        responses.append({"Item": item if paths is None else project(item, paths)})
    output: Output = {"Responses": responses}
    told_all(call, output, used.values(), request)
    return output
