"""One item: put, get, updated, deleted.

Rules of this file: a write is planned first, with every check and its condition, and made only
then; transactions and PartiQL plan in the same way.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.dynamodb.paths import project
from cloudchamber.languages.dynamodb.tree import Values
from cloudchamber.languages.dynamodb.updates import Update
from cloudchamber.languages.dynamodb.values import (
    ITEM_MAX,
    item_size,
    read_item,
    read_value,
    text_size,
    value_size,
)
from cloudchamber.services.dynamodb import throughput
from cloudchamber.services.dynamodb.changes import Written, foresee, shelf_of, write
from cloudchamber.services.dynamodb.consumption import Consumption, meter_read, meter_write, tell
from cloudchamber.services.dynamodb.expressions import Asked, is_plain, read
from cloudchamber.services.dynamodb.keys import Item, partition_prefix, raw
from cloudchamber.services.dynamodb.keys import after as after_prefix
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.older_parameters import only_deletes
from cloudchamber.services.dynamodb.reach import (
    check_index_keys,
    expect_live,
    invalid,
    item_key,
    read_key,
    validated,
)
from cloudchamber.services.dynamodb.shelf import size_in, unpack

CONDITION: Final = ("ConditionExpression",)
UPDATE: Final = ("UpdateExpression", "ConditionExpression")
GIGABYTE: Final = 1 << 30
Request = Mapping[str, Any]
_NO_UPDATE: Final = Update(())


class Plan(NamedTuple):
    """A write that may be made: the item under `key` becomes `new` (None: is removed).

    `before` is its record as it is. `asked` is what the request asked for. `idle` says that nothing
    is to be written at all.
    """

    table: Table
    key: bytes
    names: Item
    before: bytes | None
    new: Item | None
    size: int
    asked: Asked
    idle: bool = False

    @property
    def old(self) -> Item | None:
        """The item as it is."""
        return None if self.before is None else unpack(self.before)


def failed(before: bytes | None, request: Request) -> AwsError:
    """A condition does not hold; the item goes with it when that is asked for."""
    error = AwsError("ConditionalCheckFailedException", "The conditional request failed")
    if request.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and before is not None:
        error.fields["Item"] = unpack(before)
    return error


def check_condition(asked: Asked, before: bytes | None, request: Request) -> None:
    """The condition holds for the item as it is. Raises ConditionalCheckFailedException."""
    if asked.condition is None:
        return
    old = {} if before is None else unpack(before)
    if not asked.condition.holds(old, asked.values):
        raise failed(before, request)


# Plans


def plan_put(call: Call, table: Table, request: Request) -> Plan:
    """Plan a PutItem. Raises and changes nothing."""
    item, size = read_item(request["Item"])
    asked = read(request, CONDITION)
    key = item_key(table, item)
    if table.indexes:
        check_index_keys(table, item)
    if size > ITEM_MAX:
        raise invalid("Item size has exceeded the maximum allowed size")
    before = shelf_of(call, table).rows.get(key)
    check_condition(asked, before, request)
    return Plan(table, key, item, before, item, size, asked)


def plan_delete(call: Call, table: Table, request: Request) -> Plan:
    """Plan a DeleteItem. Raises and changes nothing."""
    asked = read(request, CONDITION)
    key, names = read_key(table, request["Key"])
    before = shelf_of(call, table).rows.get(key)
    check_condition(asked, before, request)
    return Plan(table, key, names, before, None, 0, asked)


def plan_check(call: Call, table: Table, request: Request) -> Plan:
    """Plan a ConditionCheck, which writes nothing. Raises and changes nothing."""
    plan = plan_delete(call, table, request)
    return plan._replace(idle=True)


def plan_update(call: Call, table: Table, request: Request) -> Plan:
    """Plan an UpdateItem. Raises and changes nothing."""
    asked = read(request, UPDATE)
    key, names = read_key(table, request["Key"])
    update = asked.update or _NO_UPDATE
    check_targets(update, names)
    before = shelf_of(call, table).rows.get(key)
    check_condition(asked, before, request)
    if before is None and only_deletes(request):
        return Plan(table, key, names, None, None, 0, asked, idle=True)
    item = dict(names) if before is None else unpack(before)
    size = change(table, item, update, asked.values, before)
    return Plan(table, key, names, before, item, size, asked)


def check_targets(update: Update, key: Item) -> None:
    """An update leaves the key alone. Raises ValidationException."""
    for path in update.paths:
        if path[0] in key:
            raise invalid(
                f"One or more parameter values were invalid: Cannot update attribute {path[0]}. "
                "This attribute is part of the key"
            )


def change(table: Table, item: Item, update: Update, values: Values, before: bytes | None) -> int:
    """Change an item, which is the caller's own, and give its size. Raises ValidationException.

    `before` is the record that the item was made from, if there is one.
    """
    touched = dict.fromkeys(str(action.path[0]) for action in update.actions)
    size = item_size(item) if before is None else size_in(before)
    size -= _weight(item, touched)
    update.apply(item, values)
    size += _weight(item, touched)
    for action in update.actions:
        path = action.path
        if len(path) > 1 and path[0] in item:
            read_value(item[str(path[0])])  # not nested too deeply
    if table.indexes:
        check_index_keys(table, item, is_update=True)
    if size > ITEM_MAX:
        raise invalid("Item size to update has exceeded the maximum allowed size")
    return size


def _weight(item: Item, names: Iterable[str]) -> int:
    """The bytes that some of an item's attributes take."""
    total = 0
    for name in names:
        value = item.get(name)
        if value is not None:
            total += text_size(name) + value_size(value)
    return total


def carry_out(call: Call, plan: Plan) -> list[Written]:
    """Make a planned write."""
    if plan.idle or (plan.before is None and plan.new is None):
        return []
    return write(call, plan.table, plan.key, plan.new, plan.size)


def used_by(plan: Plan, written: list[Written], factor: int = 1) -> Consumption:
    """The capacity that a write uses."""
    used = Consumption(plan.table, factor)
    before = 0 if plan.before is None else size_in(plan.before)
    used.wrote(before, plan.size, written)
    return used


def pay_for(call: Call, plans: list[Plan], factor: int = 1) -> None:
    """Take the capacity of planned writes of one table. Raises, and then takes nothing."""
    reads: dict[str, float] = {}
    writes: dict[str, float] = {}
    for plan in plans:
        written = foresee(plan.table, plan.key, plan.old, plan.new) if plan.table.indexes else []
        for index, units in used_by(plan, written, factor).writes.items():
            writes[index] = writes.get(index, 0.0) + units
    throughput.pay(call, plans[0].table, reads, writes)


# Operations


def _check_returns(request: Request, allowed: tuple[str, ...]) -> str:
    asked: str = request.get("ReturnValues", "NONE")
    if asked not in allowed:
        raise invalid("Return values set to invalid value")
    return asked


def _replace(call: Call, request: Input, plan_of: Callable[[Call, Table, Input], Plan]) -> Output:
    """Do what is planned with the whole item of a key; the old one is returned if it is asked."""
    table = expect_live(call, request["TableName"])
    returns = _check_returns(request, ("NONE", "ALL_OLD"))
    plan = plan_of(call, table, request)
    output: Output = {}
    if returns == "ALL_OLD" and plan.before is not None:
        output["Attributes"] = unpack(plan.before)
    return _finish(call, plan, request, output)


@validated
def put_item(call: Call, request: Input) -> Output:
    """Put an item in the place of the one with its key."""
    return _replace(call, request, plan_put)


@validated
def delete_item(call: Call, request: Input) -> Output:
    """Remove the item of a key; it is no error when there is none."""
    return _replace(call, request, plan_delete)


@validated
def update_item(call: Call, request: Input) -> Output:
    """Change an item, or make it."""
    table = expect_live(call, request["TableName"])
    returns = request.get("ReturnValues", "NONE")
    plan = plan_update(call, table, request)
    output: Output = {}
    attributes = _returned(plan, returns)
    if attributes:
        output["Attributes"] = attributes
    return _finish(call, plan, request, output)


def _returned(plan: Plan, returns: str) -> Item | None:
    if returns == "NONE" or plan.idle:
        return None
    if returns.endswith("OLD"):
        image = plan.old
    else:
        image = plan.new
    if image is None or returns.startswith("ALL"):
        return image
    return project(image, plan.asked.update.paths) if plan.asked.update is not None else None


def _finish(call: Call, plan: Plan, request: Input, output: Output) -> Output:
    table = plan.table
    if table.is_limited:
        pay_for(call, [plan])
    written = carry_out(call, plan)
    if not table.indexes and "ReturnConsumedCapacity" not in request:
        before = 0 if plan.before is None else size_in(plan.before)
        meter_write(call, table, max(before, plan.size))
        return output
    tell(call, output, used_by(plan, written), request)
    if request.get("ReturnItemCollectionMetrics") == "SIZE":
        metrics = collection_metrics(call, table, plan.names)
        if metrics is not None:
            output["ItemCollectionMetrics"] = metrics
    return output


def collection_metrics(call: Call, table: Table, item: Item) -> dict[str, Any] | None:
    """The size of an item's collection, in whole gigabytes; only local indexes make collections."""
    if all(index.is_global for index in table.indexes.values()):
        return None
    names = [attribute.name for attribute in table.keys.hash]
    shelf = shelf_of(call, table)
    size = 0
    if shelf.bytes >= GIGABYTE:
        prefix = partition_prefix([raw(item[name]) for name in names])
        size = sum(
            size_in(record) for _, record in shelf.rows.forward(prefix, after_prefix(prefix))
        )
    low = float(size // GIGABYTE)
    return {
        "ItemCollectionKey": {name: item[name] for name in names},
        "SizeEstimateRangeGB": [low, low + 1.0],
    }


@validated
def get_item(call: Call, request: Input) -> Output:
    """The item of a key, or the parts of it that are asked for."""
    table = expect_live(call, request["TableName"])
    asked = None if is_plain(request) else read(request, ("ProjectionExpression",))
    key, _ = read_key(table, request["Key"])
    record = shelf_of(call, table).rows.get(key)
    output: Output = {}
    if record is not None:
        item = unpack(record)
        if asked is not None and asked.projection is not None:
            item = project(item, asked.projection)
        output["Item"] = item
    size = 0 if record is None else size_in(record)
    if "ReturnConsumedCapacity" not in request and not table.is_limited:
        meter_read(call, table, size, request.get("ConsistentRead"))
        return output
    used = Consumption(table)
    used.read(size, request.get("ConsistentRead"))
    if table.is_limited:
        throughput.pay(call, table, used.reads, used.writes)
    return tell(call, output, used, request)
