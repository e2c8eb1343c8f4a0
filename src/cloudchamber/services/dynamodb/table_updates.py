"""UpdateTable: what may be changed of a table that lives, and what it takes.

Rules of this file: everything is checked before anything is changed. What is set counts at once;
the table is UPDATING for as long as the lifecycle says, and reads and writes go on. An index that
is made or deleted has a life of its own (see `indexes`).
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTable.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb import encryption, indexes, replication, streams, watching
from cloudchamber.services.dynamodb.definitions import (
    check_on_demand,
    check_stream,
    check_warm,
    invalid,
    not_simulated,
    validation,
)
from cloudchamber.services.dynamodb.lifecycle import TABLE
from cloudchamber.services.dynamodb.lookup import expect_table, not_found, setting_of
from cloudchamber.services.dynamodb.nouns import Index, Table, Throughput
from cloudchamber.services.dynamodb.settings import Setting
from cloudchamber.services.dynamodb.table_views import decreases_today, show_table, warm_of
from cloudchamber.services.dynamodb.tables import (
    check_free,
    check_units,
    find_same,
    other_units,
    set_capacity,
    units_of,
)

UPDATED: Final = "dynamodb.table-updated"
FREE_DECREASES: Final = 4
NOT_SIMULATED: Final = (
    "VectorIndexUpdates", "GlobalTableWitnessUpdates", "GlobalTableSettingsReplicationMode",
)  # fmt: skip
_CHANGES: Final = (
    "BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates", "StreamSpecification",
    "SSESpecification", "ReplicaUpdates", "TableClass", "DeletionProtectionEnabled",
    "OnDemandThroughput", "WarmThroughput", "MultiRegionConsistency",
    "DisassociationProtectionEnabled",
)  # fmt: skip
_SUBJECT: Final = "Refer to the Amazon DynamoDB Developer Guide for current limits and how to "


def update_table(call: Call, request: Input) -> Output:
    """Change a table's settings, or make, change or delete an index."""
    table = expect_table(call, request["TableName"])
    for member in NOT_SIMULATED:
        if member in request:
            raise not_simulated(call.operation_name, member)
    if not any(member in request for member in _CHANGES):
        raise validation(
            "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
            "GlobalSecondaryIndexUpdates or SSESpecification or ReplicaUpdates is required"
        )
    check_free(table)
    setting = setting_of(call, table)
    _check_alone(setting, request)
    _check_settings(table, setting, request)
    _check_capacity(call, table, request)
    indexes.check_updates(table, request)
    _check_index_figures(call, table, request)
    key = setting.key
    if "SSESpecification" in request:
        key = encryption.chosen_key(call, request["SSESpecification"])
    replication.check_updates(call, table, setting, request)
    replication.check_elsewhere(call, table, setting, request)

    replication.change_elsewhere(call, table, setting, request)
    _apply_capacity(call, table, setting, request)
    _apply_settings(call, table, setting, request)
    setting.is_tied = request.get("DisassociationProtectionEnabled", setting.is_tied)
    if key != setting.key:
        setting.key, setting.key_changed_ns = key, call.now
    indexes.apply_updates(call, table, request)
    replication.apply_updates(call, table, setting, request)
    table.is_watched = watching.is_wanted(table, setting)
    table.status = TABLE.move(table.status, "update")
    delay_ns = TABLE.delay_ns(call.cloud.settings.lifecycle, "UPDATING")
    call.after(delay_ns, UPDATED, table.name, table.id)
    return {"TableDescription": show_table(call, table)}


def updated(call: Call, name: str, id_: str) -> None:
    """A table's change has been made."""
    table = find_same(call, name, id_)
    if table is not None and table.status == "UPDATING":
        table.status = TABLE.move(table.status, "made")
        for index in table.indexes.values():
            if index.status == "UPDATING":
                index.status = "ACTIVE"


def _check_alone(setting: Setting, request: Input) -> None:
    """What is changed of a replica's ties is changed with nothing else."""
    leaves = any("Disassociate" in each for each in request.get("ReplicaUpdates", ()))
    ties = "DisassociationProtectionEnabled" in request
    if ties and not setting.replicas:
        raise validation("DisassociationProtectionEnabled is for replicas of a global table")
    changes = sum(member in request for member in _CHANGES)
    if (leaves or ties) and changes > 1:
        raise validation("Disassociation cannot be combined with any other change of the table")


def _check_settings(table: Table, setting: Setting, request: Input) -> None:
    specification = request.get("StreamSpecification")
    if specification is not None:
        view = check_stream(specification)
        if view is not None and table.stream is not None:
            raise validation(f"Table already has an enabled stream: TableName: {table.name}")
        if view is None and table.stream is None:
            raise validation("Table is already in the desired state: stream is disabled")
        if view is None and setting.replicas:
            raise validation("The stream of a table that has replicas cannot be disabled")
        if "ProvisionedThroughput" in request or "BillingMode" in request:
            raise invalid("You cannot modify stream status while updating table IOPS")
    check_on_demand(request.get("OnDemandThroughput"))
    check_warm(request.get("WarmThroughput"))
    _check_warmer(table, request.get("WarmThroughput"))


def _check_warmer(part: Table | Index, warm: Mapping[str, int] | None) -> None:
    """Warm throughput only grows."""
    if warm is None:
        return
    read, write = warm_of(part)
    if warm.get("ReadUnitsPerSecond", read) < read or warm.get("WriteUnitsPerSecond", write) < (
        write
    ):
        raise invalid(
            f"Requested WarmThroughput is lower than the current one of {read} read and {write} "
            "write units per second: it cannot be decreased"
        )


def _check_capacity(call: Call, table: Table, request: Input) -> None:
    billing = request.get("BillingMode", table.billing)
    wanted = request.get("ProvisionedThroughput")
    on_demand = billing == "PAY_PER_REQUEST"
    if on_demand and wanted is not None:
        raise invalid(
            "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode "
            "is PAY_PER_REQUEST"
        )
    if not on_demand and "OnDemandThroughput" in request:
        raise invalid(
            "OnDemandThroughput can only be specified when BillingMode is PAY_PER_REQUEST"
        )
    if on_demand or wanted is None:
        if not on_demand and table.throughput is None:
            raise invalid(
                "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode "
                "is PROVISIONED"
            )
        return
    if table.throughput is not None:
        _check_different(table.throughput, wanted, "table")
        check_decrease(call, table.throughput, wanted)
    for member, what in (("ReadCapacityUnits", "read"), ("WriteCapacityUnits", "write")):
        now = getattr(table.throughput, what) if table.throughput else 0
        total = units_of(table, what) - now + wanted[member]
        if wanted[member] > now:
            check_units(call, what, total, other_units(call, table, what), f"{what}-units")


def _check_different(have: Throughput, wanted: Mapping[str, int], what: str) -> None:
    read, write = wanted["ReadCapacityUnits"], wanted["WriteCapacityUnits"]
    if (have.read, have.write) == (read, write):
        raise validation(
            f"The provisioned throughput for the {what} will not change. The requested value "
            f"equals the current value. Current ReadCapacityUnits provisioned for the {what}: "
            f"{have.read}. Requested ReadCapacityUnits: {read}. Current WriteCapacityUnits "
            f"provisioned for the {what}: {have.write}. Requested WriteCapacityUnits: {write}. "
            f"{_SUBJECT}request higher limits."
        )


def check_decrease(call: Call, have: Throughput, wanted: Mapping[str, int]) -> None:
    """Four decreases a day at any time, more only an hour after the last."""
    read, write = wanted["ReadCapacityUnits"], wanted["WriteCapacityUnits"]
    if (read >= have.read and write >= have.write) or have.decreased_ns is None:
        return
    today = decreases_today(have, call.now)
    if today >= FREE_DECREASES and call.now < have.decreased_ns + HOUR_NS:
        raise AwsError(
            "LimitExceededException",
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a "
            "given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC "
            f"day can be performed at most once every 3600 seconds. Number of decreases today: "
            f"{today}. Last decrease at {_instant(have.decreased_ns)}. Next decrease can be made "
            f"at {_instant(have.decreased_ns + HOUR_NS)}",
        )


def _instant(t_ns: int) -> str:
    moment = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return f"{moment:%A, %B %d, %Y at %I:%M:%S %p} Coordinated Universal Time"


def _check_index_figures(call: Call, table: Table, request: Input) -> None:
    """Figures of indexes that are there, each against the billing mode that will hold."""
    on_demand = request.get("BillingMode", table.billing) == "PAY_PER_REQUEST"
    named: list[str] = []
    for each in request.get("GlobalSecondaryIndexUpdates", ()):
        update = each.get("Update")
        if update is None:
            continue
        name = update["IndexName"]
        index = table.indexes.get(name)
        if index is None or not index.is_global:
            raise not_found(f"Index: {name} for table: {table.name} not found")
        named.append(name)
        wanted = update.get("ProvisionedThroughput")
        check_on_demand(update.get("OnDemandThroughput"))
        check_warm(update.get("WarmThroughput"))
        _check_warmer(index, update.get("WarmThroughput"))
        if wanted is not None and on_demand:
            raise invalid(
                f"ProvisionedThroughput should not be specified for index: {name} when BillingMode "
                "is PAY_PER_REQUEST"
            )
        if wanted is not None and index.throughput is not None:
            _check_different(index.throughput, wanted, "index")
            check_decrease(call, index.throughput, wanted)
    if on_demand or table.billing == "PROVISIONED":
        return
    for index in table.indexes.values():
        if index.is_global and index.name not in named:
            raise invalid(f"ProvisionedThroughput must be specified for index: {index.name}")


def _apply_capacity(call: Call, table: Table, setting: Setting, request: Input) -> None:
    billing = request.get("BillingMode", table.billing)
    if billing != table.billing:
        table.billing = billing
        if billing == "PAY_PER_REQUEST":
            table.billing_changed_ns = call.now
            setting.was_on_demand = True
            table.throughput = None
            for index in table.indexes.values():
                index.throughput = None
        else:
            table.on_demand_read = table.on_demand_write = None
    change_capacity(call, table, request)
    for each in request.get("GlobalSecondaryIndexUpdates", ()):
        if "Update" in each:
            index = table.indexes[each["Update"]["IndexName"]]
            change_capacity(call, index, each["Update"])
            index.status = "UPDATING"


def change_capacity(call: Call, part: Table | Index, request: Mapping[str, Any]) -> None:
    """Take new figures, and remember which way they went."""
    before = part.throughput
    set_capacity(part, request)
    after = part.throughput
    if after is None or before is None or after is before:
        return
    after.increased_ns, after.decreased_ns = before.increased_ns, before.decreased_ns
    after.decreases_today = before.decreases_today
    if after.read > before.read or after.write > before.write:
        after.increased_ns = call.now
    if after.read < before.read or after.write < before.write:
        after.decreases_today = decreases_today(before, call.now) + 1
        after.decreased_ns = call.now


def _apply_settings(call: Call, table: Table, setting: Setting, request: Input) -> None:
    if "TableClass" in request and request["TableClass"] != table.table_class:
        table.table_class = request["TableClass"]
        setting.class_changed_ns = call.now
    table.is_protected = request.get("DeletionProtectionEnabled", table.is_protected)
    if "StreamSpecification" in request:
        view = check_stream(request["StreamSpecification"])
        if view is None:
            streams.end_stream(call, table)
        else:
            streams.begin_stream(call, table, setting, view)
