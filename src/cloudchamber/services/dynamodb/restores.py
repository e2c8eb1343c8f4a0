"""Tables from what was: a backup, or a table as it was at an instant.

Rules of this file: a restore makes a new table with the items of then and the settings of the
source, less what AWS leaves out (tags, streams, time to live, protection, recovery, policies). Its
indexes are filled a slice at a time while the table is CREATING.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery_Howitworks.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.dynamodb import encryption, indexes, watching
from cloudchamber.services.dynamodb.backups import expect_backup
from cloudchamber.services.dynamodb.change_log import LOGS
from cloudchamber.services.dynamodb.definitions import (
    check_billing,
    check_name,
    invalid,
    not_simulated,
    validation,
)
from cloudchamber.services.dynamodb.lifecycle import BACKUP, RECOVERY_DAYS
from cloudchamber.services.dynamodb.lookup import expect_source, find_table, setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, Table
from cloudchamber.services.dynamodb.ordered import Ordered
from cloudchamber.services.dynamodb.settings import Restored, Setting
from cloudchamber.services.dynamodb.shelf import Shelf, ShelfData, size_in
from cloudchamber.services.dynamodb.table_views import definition_of, show_table
from cloudchamber.services.dynamodb.tables import check_limits, make

_OVERRIDES: Final = (
    ("GlobalSecondaryIndexOverride", "GlobalSecondaryIndexes"),
    ("LocalSecondaryIndexOverride", "LocalSecondaryIndexes"),
)


def update_continuous_backups(call: Call, request: Input) -> Output:
    """Switch point-in-time recovery on or off."""
    table = expect_source(call, request["TableName"])
    if table.status in ("CREATING", "DELETING"):
        raise AwsError(
            "ContinuousBackupsUnavailableException",
            f"Backups are being enabled for the table: {table.name}. Please retry later",
        )
    setting = setting_of(call, table)
    wanted = request["PointInTimeRecoverySpecification"]
    days = wanted.get("RecoveryPeriodInDays")
    if not wanted["PointInTimeRecoveryEnabled"]:
        if days is not None:
            raise validation(
                "RecoveryPeriodInDays can only be specified when PointInTimeRecoveryEnabled is true"
            )
        setting.recovery_ns = None
    else:
        if setting.recovery_ns is None:
            setting.recovery_ns = call.now
            setting.recovery_days = RECOVERY_DAYS
        # What a shorter period has let go does not come back with a longer one.
        kept_ns = setting.recovery_days * DAY_NS
        setting.recovery_ns = max(setting.recovery_ns, call.now - kept_ns)
        setting.recovery_days = days or setting.recovery_days
    table.is_watched = watching.is_wanted(table, setting)
    return {"ContinuousBackupsDescription": _described(call, setting)}


def describe_continuous_backups(call: Call, request: Input) -> Output:
    """Whether a table can be restored to an instant, and to which."""
    table = expect_source(call, request["TableName"])
    return {"ContinuousBackupsDescription": _described(call, setting_of(call, table))}


def _described(call: Call, setting: Setting) -> Output:
    recovery: Output = {"PointInTimeRecoveryStatus": "DISABLED"}
    window = window_of(call, setting)
    if window is not None:
        recovery = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": setting.recovery_days,
            "EarliestRestorableDateTime": window[0] / SECOND_NS,
            "LatestRestorableDateTime": window[1] / SECOND_NS,
        }
    return {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": recovery}


def window_of(call: Call, setting: Setting) -> tuple[int, int] | None:
    """The first and the last instant that a table can be restored to; None without recovery."""
    if setting.recovery_ns is None:
        return None
    earliest = max(setting.recovery_ns, call.now - setting.recovery_days * DAY_NS)
    # Clients send whole seconds: what is called the earliest must be one that can be had.
    earliest = -(-earliest // SECOND_NS) * SECOND_NS
    behind_ns = BACKUP.delay_ns(call.cloud.settings.lifecycle, "behind")
    return earliest, max(earliest, call.now - behind_ns)


def shelf_at(call: Call, table: Table, t_ns: int) -> Shelf:
    """The items of a table as they were at an instant within its window, without indexes.

    What was changed after it is undone, newest first.
    """
    now = call.rows(SHELVES)[table.name]
    keys, records = now.rows.dump()
    log = call.rows(LOGS).get(table.id)
    if log is None or log.position(t_ns + 1) == log.next:
        return Shelf.of(ShelfData(keys, records, now.bytes, {}))
    state = Ordered.of(keys, records)
    later = [change for _, change in log.since(log.position(t_ns + 1))]
    size = now.bytes
    for change in reversed(later):
        if change.after is not None:
            size -= size_in(change.after)
        if change.before is None:
            state.remove(change.key)
        else:
            state.put(change.key, change.before)
            size += size_in(change.before)
    shelf = Shelf()
    shelf.rows, shelf.bytes = state, size
    return shelf


def restore_table_from_backup(call: Call, request: Input) -> Output:
    """A new table with the items of a backup."""
    backup = expect_backup(call, request["BackupArn"])
    if backup.status != "AVAILABLE":
        raise AwsError("BackupInUseException", f"Backup is being created: {backup.arn}")
    restored = Restored(backup.table_arn, backup.arn, backup.created_ns)
    shelf = Shelf.of(ShelfData(backup.keys, backup.records, backup.size, {}))
    return _restore(call, request, backup.definition, backup.key, restored, shelf)


def restore_table_to_point_in_time(call: Call, request: Input) -> Output:
    """A new table with the items that a table had at an instant."""
    named = request.get("SourceTableArn") or request.get("SourceTableName")
    if named is None:
        raise invalid("SourceTableName or SourceTableArn must be specified")
    table = expect_source(call, named)
    setting = setting_of(call, table)
    window = window_of(call, setting)
    if window is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    latest = request.get("UseLatestRestorableTime", False)
    if latest == ("RestoreDateTime" in request):
        raise invalid("Specify either RestoreDateTime or UseLatestRestorableTime")
    moment = window[1] if latest else round(request["RestoreDateTime"] * SECOND_NS)
    if not window[0] <= moment <= window[1]:
        raise AwsError(
            "InvalidRestoreTimeException",
            "RestoreDateTime must be between EarliestRestorableDateTime and "
            "LatestRestorableDateTime",
        )
    shelf = shelf_at(call, table, moment)
    restored = Restored(table.arn, "", moment)
    return _restore(call, request, definition_of(table), setting.key, restored, shelf)


def _restore(
    call: Call,
    request: Input,
    definition: Mapping[str, Any],
    key: str,
    restored: Restored,
    shelf: Shelf,
) -> Output:
    if "VectorIndexOverride" in request:
        raise not_simulated(call.operation_name, "VectorIndexOverride")
    name = request["TargetTableName"]
    check_name(name, "targetTableName")
    if find_table(call, name) is not None:
        raise AwsError("TableAlreadyExistsException", f"Table already exists: {name}")
    wanted = _overridden(definition, request)
    check_billing(wanted)
    check_limits(call, wanted)
    if "SSESpecificationOverride" in request:
        key = encryption.chosen_key(call, request["SSESpecificationOverride"])
    delay_ns = BACKUP.delay_ns(call.cloud.settings.lifecycle, "restoring")
    table, setting = make(call, name, wanted, shelf=shelf, restored=restored, delay_ns=delay_ns)
    setting.key = key
    indexes.fill_all(call, table)
    call.meter("RestoreDataSize-Bytes", shelf.bytes, table.arn)
    return {"TableDescription": show_table(call, table)}


def _overridden(definition: Mapping[str, Any], request: Input) -> dict[str, Any]:
    """The definition of the new table: some indexes left out, another billing mode."""
    wanted = {key: [dict(each) for each in value] if isinstance(value, list) else value
              for key, value in definition.items()}  # fmt: skip
    for override, member in _OVERRIDES:
        if override not in request:
            continue
        have = {each["IndexName"]: each for each in definition.get(member, ())}
        for each in request[override]:
            if not _is_same(each, have.get(each["IndexName"])):
                raise invalid(
                    f"Index {each['IndexName']} is not an index of the source table: a restore "
                    "can leave indexes out and adds none"
                )
        wanted.pop(member, None)
        if request[override]:
            wanted[member] = [{**have[each["IndexName"]], **each} for each in request[override]]
    billing = request.get("BillingModeOverride", wanted["BillingMode"])
    if billing != wanted["BillingMode"]:
        wanted["BillingMode"] = billing
        for part in (wanted, *wanted.get("GlobalSecondaryIndexes", ())):
            part.pop("ProvisionedThroughput" if billing == "PAY_PER_REQUEST" else
                     "OnDemandThroughput", None)  # fmt: skip
    if "ProvisionedThroughputOverride" in request:
        wanted["ProvisionedThroughput"] = request["ProvisionedThroughputOverride"]
    if "OnDemandThroughputOverride" in request:
        wanted["OnDemandThroughput"] = request["OnDemandThroughputOverride"]
    used = [key["AttributeName"] for key in wanted["KeySchema"]]
    for _, member in _OVERRIDES:
        for each in wanted.get(member, ()):
            used += [key["AttributeName"] for key in each["KeySchema"]]
    wanted["AttributeDefinitions"] = [
        each for each in wanted["AttributeDefinitions"] if each["AttributeName"] in used
    ]
    return wanted


def _is_same(wanted: Mapping[str, Any], have: Mapping[str, Any] | None) -> bool:
    """Whether an index of a request is the source's index of that name."""
    if have is None or wanted["KeySchema"] != have["KeySchema"]:
        return False
    one, other = wanted["Projection"], have["Projection"]
    names = [sorted(each.get("NonKeyAttributes", ())) for each in (one, other)]
    return one.get("ProjectionType") == other["ProjectionType"] and names[0] == names[1]


def arn_of_restore(call: Call, request: Input) -> str:
    """The ARN that a permission to restore is asked on: the source's."""
    arn = request.get("SourceTableArn")
    return str(arn) if arn else call.arn(f"table/{request.get('SourceTableName', '*')}")
