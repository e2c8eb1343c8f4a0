"""Tables: made, found, listed, described and deleted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from typing import Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb import (
    backups,
    encryption,
    expiries,
    remains,
    replication,
    resource_policies,
    streams,
    tagging,
    watching,
)
from cloudchamber.services.dynamodb.definitions import (
    check_billing,
    check_definitions,
    check_name,
    check_on_demand,
    check_stream,
    check_warm,
    not_simulated,
    read_attributes,
    validation,
)
from cloudchamber.services.dynamodb.keys import KeyAttribute, KeySchema
from cloudchamber.services.dynamodb.lifecycle import COUNTED_EVERY_NS, TABLE
from cloudchamber.services.dynamodb.lookup import expect_table, find_table, name_in, setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES, Index, Table, Throughput
from cloudchamber.services.dynamodb.settings import SETTINGS, Restored, Setting
from cloudchamber.services.dynamodb.shelf import Shelf
from cloudchamber.services.dynamodb.table_views import show_table

MADE: Final = "dynamodb.table-made"
GONE: Final = "dynamodb.table-gone"
COUNT: Final = "dynamodb.table-counted"
LIST_MAX: Final = 100
ENDPOINT_MINUTES: Final = 1440
NOT_SIMULATED: Final = ("GlobalTableSourceArn", "VectorIndexes")


def create_table(call: Call, request: Input) -> Output:
    """Make a table; it is ACTIVE a little later."""
    name = name_in(request["TableName"])
    check_name(name)
    check_request(call.operation_name, request)
    arn = call.arn(f"table/{name}")
    tags = tagging.checked({}, request.get("Tags", ()))
    if tags:
        require(call, "dynamodb:TagResource", arn)
    policy = request.get("ResourcePolicy")
    if policy is not None:
        require(call, "dynamodb:PutResourcePolicy", arn)
        resource_policies.check(call, policy)
    if find_table(call, name) is not None:
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    check_limits(call, request)
    key = encryption.chosen_key(call, request.get("SSESpecification"))
    table, setting = make(call, name, request)
    table.tags = tags
    setting.key = key
    view = check_stream(request.get("StreamSpecification"))
    if view is not None:
        streams.begin_stream(call, table, setting, view)
    table.is_watched = watching.is_wanted(table, setting)
    if policy is not None:
        resource_policies.attach(call, arn, policy)
    return {"TableDescription": show_table(call, table)}


def check_request(operation: str, request: Mapping[str, Any]) -> None:
    """Everything of a new table that can be told from the request alone."""
    for member in NOT_SIMULATED:
        if member in request:
            raise not_simulated(operation, member)
    check_definitions(request)
    check_billing(request)
    check_stream(request.get("StreamSpecification"))
    check_warm(request.get("WarmThroughput"))
    check_on_demand(request.get("OnDemandThroughput"))
    for index in request.get("GlobalSecondaryIndexes", ()):
        check_warm(index.get("WarmThroughput"))
        check_on_demand(index.get("OnDemandThroughput"))


def check_limits(call: Call, request: Mapping[str, Any]) -> None:
    """The account's quotas. Raises LimitExceededException."""
    tables = call.rows(TABLES)
    if len(tables) >= call.quota("tables"):
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: There is a limit of {call.quota('tables')} tables per "
            "subscriber",
        )
    most = call.quota("concurrent-changes")
    if sum(table.status != "ACTIVE" for table in tables.values()) >= most:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: Only {most} tables can be created, updated, or deleted "
            "simultaneously",
        )
    parts = [request, *request.get("GlobalSecondaryIndexes", ())]
    for member, what, quota in (
        ("ReadCapacityUnits", "read", "read-units"),
        ("WriteCapacityUnits", "write", "write-units"),
    ):
        units = sum(part.get("ProvisionedThroughput", {}).get(member, 0) for part in parts)
        check_units(call, what, units, _account_units(call, what), quota)


def check_units(call: Call, what: str, units: int, elsewhere: int, quota: str) -> None:
    """A table's units, and with those of all other tables. Raises LimitExceededException."""
    most, all_ = call.quota(f"table-{quota}"), call.quota(f"account-{quota}")
    if units > most or units + elsewhere > all_:
        raise AwsError(
            "LimitExceededException",
            f"Subscriber limit exceeded: Provisioned {what} capacity units would be {units} for "
            f"the table and {units + elsewhere} for the account in this Region, over the limits "
            f"of {most} and {all_}",
        )


def _account_units(call: Call, what: str, besides: str = "") -> int:
    return sum(
        units_of(table, what) for table in call.rows(TABLES).values() if table.name != besides
    )


def units_of(table: Table, what: str) -> int:
    """The provisioned units of a table and its indexes; `what` is read or write."""
    parts = [table.throughput, *(index.throughput for index in table.indexes.values())]
    return sum(getattr(part, what) for part in parts if part is not None)


def other_units(call: Call, table: Table, what: str) -> int:
    """The provisioned units of all other tables of the place."""
    return _account_units(call, what, table.name)


def make(
    call: Call,
    name: str,
    request: Mapping[str, Any],
    *,
    shelf: Shelf | None = None,
    restored: Restored | None = None,
    delay_ns: int | None = None,
    is_filled_later: bool = False,
) -> tuple[Table, Setting]:
    """A new table as a CreateTable request describes it, in state CREATING.

    `shelf` holds the items it begins with. `delay_ns` is how long it takes until it is ACTIVE, by
    default what the lifecycle says; one that `is_filled_later` is ACTIVE when its maker says so.
    """
    arn = call.arn(f"table/{name}")
    billing = request.get("BillingMode", "PROVISIONED")
    kinds = read_attributes(request["AttributeDefinitions"])
    table = Table(
        name=name,
        account=call.account,
        region=call.region,
        id=call.stream(arn, "table").uuid(),
        arn=arn,
        created_ns=call.now,
        keys=read_keys(request["KeySchema"], kinds),
        kinds=kinds,
        status=TABLE.initial,
        billing=billing,
        billing_changed_ns=call.now if billing == "PAY_PER_REQUEST" else None,
        table_class=request.get("TableClass", "STANDARD"),
        is_protected=request.get("DeletionProtectionEnabled", False),
        is_limited=call.cloud.settings.throttling == "enforce",
    )
    setting = Setting(was_on_demand=billing == "PAY_PER_REQUEST", restored=restored)
    set_capacity(table, request)
    for member, is_global in (("LocalSecondaryIndexes", False), ("GlobalSecondaryIndexes", True)):
        for each in request.get(member, ()):
            index = new_index(each, kinds, is_global=is_global)
            table.indexes[index.name] = index
    call.rows(SHELVES)[name] = Shelf() if shelf is None else shelf
    call.rows(TABLES)[name] = table
    call.rows(SETTINGS)[name] = setting
    if delay_ns is None:
        delay_ns = TABLE.delay_ns(call.cloud.settings.lifecycle, "CREATING")
    if not is_filled_later:
        call.after(delay_ns, MADE, name, table.id)
    call.after(COUNTED_EVERY_NS, COUNT, name, table.id, weak=True)
    return table, setting


def read_keys(key_schema: Iterable[Mapping[str, str]], kinds: Mapping[str, str]) -> KeySchema:
    """A checked key schema of a request."""
    keys = [(each["KeyType"], each["AttributeName"]) for each in key_schema]
    return KeySchema(
        tuple(KeyAttribute(name, kinds[name]) for role, name in keys if role == "HASH"),
        tuple(KeyAttribute(name, kinds[name]) for role, name in keys if role == "RANGE"),
    )


def new_index(request: Mapping[str, Any], kinds: Mapping[str, str], *, is_global: bool) -> Index:
    """An index as requests describe it; a global one has yet to be made."""
    projection = request["Projection"]
    index = Index(
        name=request["IndexName"],
        is_global=is_global,
        keys=read_keys(request["KeySchema"], kinds),
        projection=projection["ProjectionType"],
        included=tuple(projection.get("NonKeyAttributes", ())),
        status="CREATING" if is_global else "ACTIVE",
    )
    set_capacity(index, request)
    return index


def set_capacity(part: Table | Index, request: Mapping[str, Any]) -> None:
    """Take the figures of a request for a table or an index: whichever are named."""
    units = request.get("ProvisionedThroughput")
    if units is not None:
        part.throughput = Throughput(units["ReadCapacityUnits"], units["WriteCapacityUnits"])
    limits = request.get("OnDemandThroughput", {})
    warm = request.get("WarmThroughput", {})
    if "MaxReadRequestUnits" in limits:
        part.on_demand_read = _limit(limits["MaxReadRequestUnits"])
    if "MaxWriteRequestUnits" in limits:
        part.on_demand_write = _limit(limits["MaxWriteRequestUnits"])
    part.warm_read = warm.get("ReadUnitsPerSecond", part.warm_read)
    part.warm_write = warm.get("WriteUnitsPerSecond", part.warm_write)


def _limit(figure: int) -> int | None:
    return None if figure == -1 else figure


def find_same(call: Call, name: str, id_: str) -> Table | None:
    """The table of a name, if it is still the one that an event is about."""
    table = call.rows(TABLES).get(name)
    return table if table is not None and table.id == id_ else None


def made(call: Call, name: str, id_: str) -> None:
    """A table is there: it and the indexes it was made with are ACTIVE."""
    table = find_same(call, name, id_)
    if table is None:
        return
    table.status = TABLE.move(table.status, "made")
    for index in table.indexes.values():
        if index.status == "CREATING" and not index.backfilling:
            index.status = "ACTIVE"
    call.event(table.arn, "dynamodb.table-active", f"the table {name} is ACTIVE")


def delete_table(call: Call, request: Input) -> Output:
    """Delete a table with its items and indexes; deleting it again while it goes is no error."""
    table = expect_table(call, request["TableName"])
    setting = setting_of(call, table)
    if table.status == "DELETING":
        return {"TableDescription": show_deleted(call, table)}
    check_free(table)
    if table.is_protected:
        raise validation(
            "Resource cannot be deleted as it is currently protected against deletion. Disable "
            "deletion protection first."
        )
    if setting.replicas and any(replica.status != "ACTIVE" for replica in setting.replicas):
        raise AwsError("ResourceInUseException", "Table has replicas that are being changed")
    table.status = TABLE.move(table.status, "delete")
    for index in table.indexes.values():
        index.status = "DELETING"
    delay_ns = TABLE.delay_ns(call.cloud.settings.lifecycle, "DELETING")
    call.after(delay_ns, GONE, table.name, table.id)
    return {"TableDescription": show_deleted(call, table)}


def check_free(table: Table) -> None:
    """Nothing is done to a table that is on its way. Raises ResourceInUseException."""
    doing = {"CREATING": "created", "UPDATING": "updated", "DELETING": "deleted"}
    if table.status in doing:
        raise AwsError(
            "ResourceInUseException",
            "Attempt to change a resource which is still in use: Table is being "
            f"{doing[table.status]}: {table.name}",
        )


def show_deleted(call: Call, table: Table) -> Output:
    """What DeleteTable answers: less than DescribeTable."""
    shown = show_table(call, table)
    kept = (
        "TableName", "TableStatus", "ProvisionedThroughput", "TableSizeBytes", "ItemCount",
        "TableArn", "TableId", "BillingModeSummary", "TableClassSummary",
        "DeletionProtectionEnabled",
    )  # fmt: skip
    return {key: value for key, value in shown.items() if key in kept}


def describe_table(call: Call, request: Input) -> Output:
    """Everything about a table."""
    return {"Table": show_table(call, expect_table(call, request["TableName"]))}


def list_tables(call: Call, request: Input) -> Output:
    """The names of tables, in order, in pages."""
    names = list(call.rows(TABLES))
    start = request.get("ExclusiveStartTableName")
    first = bisect_right(names, start) if start else 0
    size = request.get("Limit", LIST_MAX)
    chosen = names[first : first + size]
    output: Output = {"TableNames": chosen}
    if first + size < len(names):
        output["LastEvaluatedTableName"] = chosen[-1]
    return output


def describe_limits(call: Call, request: Input) -> Output:
    """The quotas of capacity."""
    return {
        "AccountMaxReadCapacityUnits": call.quota("account-read-units"),
        "AccountMaxWriteCapacityUnits": call.quota("account-write-units"),
        "TableMaxReadCapacityUnits": call.quota("table-read-units"),
        "TableMaxWriteCapacityUnits": call.quota("table-write-units"),
    }


def describe_endpoints(call: Call, request: Input) -> Output:
    """The one endpoint there is: where the caller already is."""
    host = call.origin.host or f"dynamodb.{call.region}.amazonaws.com"
    return {"Endpoints": [{"Address": host, "CachePeriodInMinutes": ENDPOINT_MINUTES}]}


def gone(call: Call, name: str, id_: str) -> None:
    """A table is deleted: nothing of it is left but its stream, for a day."""
    table = find_same(call, name, id_)
    if table is None:
        return
    setting = setting_of(call, table)
    backups.keep_deleted(call, table, setting)
    replication.leave(call, table, setting)
    streams.end_stream(call, table)
    resource_policies.detach(call, table.arn)
    expiries.stop(call, table)
    shelf = call.rows(SHELVES).pop(name)
    del call.rows(TABLES)[name], call.rows(SETTINGS)[name]
    streams.drop_log(call, table.account, table.region, table.id)
    remains.bury(call, table.id, shelf)
    call.event(table.arn, "dynamodb.table-deleted", f"the table {name} is deleted")


def count(call: Call, name: str, id_: str) -> None:
    """Every six hours DescribeTable learns how many items there are."""
    table = find_same(call, name, id_)
    if table is None:
        return
    shelf = call.rows(SHELVES)[name]
    counted = {"": (shelf.count, shelf.bytes)}
    for index in table.indexes:
        side = shelf.side(index)
        counted[index] = (len(side.entries), side.bytes)
    setting_of(call, table).counted = counted
    _meter(call, table, sum(size for _, size in counted.values()))
    call.after(COUNTED_EVERY_NS, COUNT, name, id_, weak=True)


def _meter(call: Call, table: Table, size: int) -> None:
    """Count six hours of storage and of provisioned units, as AWS bills them."""
    hours = COUNTED_EVERY_NS // HOUR_NS
    prefix = "IA-" if table.table_class != "STANDARD" else ""
    call.meter(f"{prefix}TimedStorage-ByteHrs", size * hours, table.arn)
    for what in ("read", "write"):
        units = units_of(table, what)
        if units:
            call.meter(f"{prefix}{what.title()}CapacityUnit-Hrs", units * hours, table.arn)
