"""BatchGetItem and BatchWriteItem: many items in one call, each for itself.

Rules of this file: everything is checked before anything is done. What does not fit into 16 MB, or
into the capacity that is left, is handed back as unprocessed, whole items at a time.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.dynamodb.paths import project
from cloudchamber.services.dynamodb import throughput
from cloudchamber.services.dynamodb.changes import shelf_of
from cloudchamber.services.dynamodb.consumption import Consumption
from cloudchamber.services.dynamodb.expressions import read
from cloudchamber.services.dynamodb.items import (
    Plan,
    carry_out,
    collection_metrics,
    pay_for,
    plan_delete,
    plan_put,
    used_by,
)
from cloudchamber.services.dynamodb.keys import Item
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.reach import expect_live, invalid, read_key, validated
from cloudchamber.services.dynamodb.shelf import size_in, unpack

GETS_MAX: Final = 100
WRITES_MAX: Final = 25
ANSWER_BYTES: Final = 16 << 20
_OUT_OF_CAPACITY: Final = ("ProvisionedThroughputExceededException", "ThrottlingException")


def duplicates() -> AwsError:
    """One item twice in one batch."""
    return invalid("Provided list of item keys contains duplicates")


@validated
def batch_get_item(call: Call, request: Input) -> Output:
    """Items of keys, of several tables; what is not there is left out."""
    wanted = request["RequestItems"]
    if sum(len(each["Keys"]) for each in wanted.values()) > GETS_MAX:
        raise invalid("Too many items requested for the BatchGetItem call")
    parts = [(name, each, expect_live(call, name)) for name, each in wanted.items()]
    keys = [[read_key(table, key)[0] for key in each["Keys"]] for _, each, table in parts]
    projections = [read(each, ("ProjectionExpression",)).projection for _, each, _ in parts]
    for some in keys:
        if len(frozenset(some)) != len(some):
            raise duplicates()
    responses: dict[str, list[Item]] = {}
    left: dict[str, Any] = {}
    consumed: list[dict[str, Any]] = []
    weight = 0
    for (name, each, table), some, paths in zip(parts, keys, projections, strict=True):
        used = Consumption(table)
        found: list[Item] = responses.setdefault(name, [])
        rows = shelf_of(call, table).rows
        for place, key in enumerate(some):
            record = rows.get(key)
            size = 0 if record is None else size_in(record)
            if weight + size > ANSWER_BYTES or not _can_read(call, table, size, each):
                left[name] = {**each, "Keys": each["Keys"][place:]}
                break
            weight += size
            used.read(size, each.get("ConsistentRead"))
            if record is not None:
                item = unpack(record)
                found.append(item if paths is None else project(item, paths))
        _note(call, used, request, consumed)
    _check_progress(call, left, consumed_any=any(responses.values()) or len(left) < len(parts))
    output: Output = {"Responses": responses, "UnprocessedKeys": left}
    if consumed:
        output["ConsumedCapacity"] = consumed
    return output


def _can_read(call: Call, table: Table, size: int, request: Mapping[str, Any]) -> bool:
    if not table.is_limited:
        return True
    used = Consumption(table)
    used.read(size, request.get("ConsistentRead"))
    try:
        throughput.pay(call, table, used.reads, used.writes)
    except AwsError as error:
        if error.code in _OUT_OF_CAPACITY:
            return False
        raise
    return True


def _note(call: Call, used: Consumption, request: Input, consumed: list[dict[str, Any]]) -> None:
    used.meter(call)
    told = used.told(request.get("ReturnConsumedCapacity"))
    if told is not None and used.total():
        consumed.append(told)


def _check_progress(call: Call, left: Mapping[str, Any], *, consumed_any: bool) -> None:
    if left and not consumed_any:
        raise AwsError(
            "ProvisionedThroughputExceededException",
            "The level of configured provisioned throughput for one or more tables was exceeded. "
            "Consider increasing your provisioning level for the under-provisioned tables with the "
            "UpdateTable API.",
        )


@validated
def batch_write_item(call: Call, request: Input) -> Output:
    """Put and remove items of several tables; each write stands for itself."""
    wanted = request["RequestItems"]
    if sum(map(len, wanted.values())) > WRITES_MAX:
        raise invalid("Too many items requested for the BatchWriteItem call")
    planned: list[tuple[str, Mapping[str, Any], Plan]] = []
    for name, writes in wanted.items():
        table = expect_live(call, name)
        plans = [_plan(call, table, each) for each in writes]
        if len(frozenset(plan.key for plan in plans)) != len(plans):
            raise duplicates()
        planned += [(name, each, plan) for each, plan in zip(writes, plans, strict=True)]
    left: dict[str, list[Any]] = {}
    used: dict[str, Consumption] = {}
    metrics: dict[str, list[Any]] = {}
    for name, each, plan in planned:
        if plan.table.is_limited and not _can_write(call, plan):
            left.setdefault(name, []).append(each)
            continue
        cost = used_by(plan, carry_out(call, plan))
        if name in used:
            used[name].add(cost)
        else:
            used[name] = cost
        if request.get("ReturnItemCollectionMetrics") == "SIZE":
            found = collection_metrics(call, plan.table, plan.names)
            if found is not None:
                metrics.setdefault(name, []).append(found)
    _check_progress(call, left, consumed_any=bool(used))
    consumed: list[dict[str, Any]] = []
    for each_used in used.values():
        _note(call, each_used, request, consumed)
    output: Output = {"UnprocessedItems": left}
    if consumed:
        output["ConsumedCapacity"] = consumed
    if metrics:
        output["ItemCollectionMetrics"] = metrics
    return output


def _plan(call: Call, table: Table, write: Mapping[str, Any]) -> Plan:
    if len(write) != 1:
        what = "has more than one datatypes set" if write else "is empty"
        raise invalid(
            f"Supplied AttributeValue {what}, must contain exactly one of the supported datatypes"
        )
    if "PutRequest" in write:
        return plan_put(call, table, write["PutRequest"])
    return plan_delete(call, table, write["DeleteRequest"])


def _can_write(call: Call, plan: Plan) -> bool:
    try:
        pay_for(call, [plan])
    except AwsError as error:
        if error.code in _OUT_OF_CAPACITY:
            return False
        raise
    return True
