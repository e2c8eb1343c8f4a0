"""Backups: made, listed, deleted, and made tables of again.

Rules of this file: a backup holds the items as they were at the instant of the request, whenever it
becomes AVAILABLE; records are bytes that never change, so a backup shares them with its table. A
table with point-in-time recovery that is deleted leaves a system backup for 35 days.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Backup-and-Restore.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb.lifecycle import BACKUP, RECOVERY_DAYS
from cloudchamber.services.dynamodb.lookup import expect_source, name_in, setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, Table
from cloudchamber.services.dynamodb.settings import Setting
from cloudchamber.services.dynamodb.table_views import definition_of

MADE: Final = "dynamodb.backup-made"
EXPIRED: Final = "dynamodb.backup-expired"
PAGE: Final = 100
_MILLISECOND_NS: Final = 1_000_000
_STAMP_DIGITS: Final = 14
_MARK_DIGITS: Final = 8


class Backup(msgspec.Struct):
    """A backup of a table: its items, what made it a table, and what else it had.

    `definition` is the CreateTable request that makes such a table.
    """

    arn: str
    name: str
    kind: str
    status: str
    created_ns: int
    table: str
    table_id: str
    table_arn: str
    table_created_ns: int
    definition: dict[str, Any]
    features: dict[str, Any]
    key: str
    keys: list[bytes]
    records: list[bytes]
    size: int
    expires_ns: int | None = None


BACKUPS: Final = StoreTable("dynamodb.backups", Backup, ordered=True)  # by ARN


def create_backup(call: Call, request: Input) -> Output:
    """Keep a table as it is now."""
    table = expect_source(call, request["TableName"])
    if table.status in ("CREATING", "DELETING"):
        raise AwsError(
            "TableInUseException", f"Table is being {table.status.lower()}: {table.name}"
        )
    key = setting_of(call, table).key
    backup = _take(call, table, request["BackupName"], "USER", key)
    delay_ns = BACKUP.delay_ns(call.cloud.settings.lifecycle, "CREATING")
    call.after(delay_ns, MADE, backup.arn)
    return {"BackupDetails": _details(backup)}


def _take(call: Call, table: Table, name: str, kind: str, key: str) -> Backup:
    stamp = f"{call.now // _MILLISECOND_NS:0{_STAMP_DIGITS}}"
    mark = call.stream(table.arn, "backup").hex(_MARK_DIGITS)
    shelf = call.rows(SHELVES)[table.name]
    keys, records = shelf.rows.dump()
    features: dict[str, Any] = {}
    if table.stream is not None:
        features["StreamDescription"] = {
            "StreamEnabled": True, "StreamViewType": table.stream.view,
        }  # fmt: skip
    if table.ttl is not None:
        features["TimeToLiveDescription"] = {
            "TimeToLiveStatus": table.ttl.status, "AttributeName": table.ttl.attribute,
        }  # fmt: skip
    if key:
        features["SSEDescription"] = {
            "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key,
        }  # fmt: skip
    backup = Backup(
        arn=f"{table.arn}/backup/{stamp}-{mark}",
        name=name,
        kind=kind,
        status=BACKUP.initial,
        created_ns=call.now,
        table=table.name,
        table_id=table.id,
        table_arn=table.arn,
        table_created_ns=table.created_ns,
        definition=definition_of(table),
        features=features,
        key=key,
        keys=keys,
        records=records,
        size=shelf.bytes,
    )
    call.rows(BACKUPS)[backup.arn] = backup
    return backup


def made(call: Call, arn: str) -> None:
    """A backup can be restored."""
    backup = call.rows(BACKUPS).get(arn)
    if backup is not None and backup.status == "CREATING":
        backup.status = BACKUP.move(backup.status, "made")


def keep_deleted(call: Call, table: Table, setting: Setting) -> None:
    """Leave a system backup of a deleted table that had point-in-time recovery."""
    if setting.recovery_ns is None:
        return
    backup = _take(call, table, f"{table.name}$DeletedTableBackup", "SYSTEM", setting.key)
    backup.status = BACKUP.move(backup.status, "made")
    backup.expires_ns = call.now + RECOVERY_DAYS * DAY_NS
    call.at(backup.expires_ns, EXPIRED, backup.arn, weak=True)


def expired(call: Call, arn: str) -> None:
    """A system backup's days are over."""
    call.rows(BACKUPS).pop(arn, None)


def describe_backup(call: Call, request: Input) -> Output:
    """A backup, and the table it is of."""
    return {"BackupDescription": _description(expect_backup(call, request["BackupArn"]))}


def delete_backup(call: Call, request: Input) -> Output:
    """Forget a backup."""
    backup = expect_backup(call, request["BackupArn"])
    if backup.status != "AVAILABLE":
        raise AwsError("BackupInUseException", f"Backup is being created: {backup.arn}")
    del call.rows(BACKUPS)[backup.arn]
    backup.status = BACKUP.move(backup.status, "delete")
    return {"BackupDescription": _description(backup)}


def list_backups(call: Call, request: Input) -> Output:
    """Backups of a table or of all, by ARN."""
    table = name_in(request["TableName"]) if "TableName" in request else None
    kind = request.get("BackupType", "USER")
    low = request.get("TimeRangeLowerBound", 0) * SECOND_NS
    high = request.get("TimeRangeUpperBound")
    found = [
        backup
        for backup in call.rows(BACKUPS).values()
        if (table is None or backup.table == table)
        and kind in ("ALL", backup.kind)
        and backup.created_ns >= low
        and (high is None or backup.created_ns < high * SECOND_NS)
    ]
    start = request.get("ExclusiveStartBackupArn", "")
    found = [backup for backup in found if backup.arn > start]
    size = request.get("Limit", PAGE)
    output: Output = {"BackupSummaries": [_summary(backup) for backup in found[:size]]}
    if len(found) > size:
        output["LastEvaluatedBackupArn"] = found[size - 1].arn
    return output


def expect_backup(call: Call, arn: str) -> Backup:
    """The backup of an ARN. Raises BackupNotFoundException."""
    backup = call.rows(BACKUPS).get(arn)
    if backup is None:
        raise AwsError("BackupNotFoundException", f"Backup not found: {arn}")
    return backup


def arn_of_backup(call: Call, request: Input) -> str:
    """The ARN that a permission on a backup is asked on."""
    arn: str = request["BackupArn"]
    return arn


def _details(backup: Backup) -> Output:
    shown: Output = {
        "BackupArn": backup.arn,
        "BackupName": backup.name,
        "BackupSizeBytes": backup.size,
        "BackupStatus": backup.status,
        "BackupType": backup.kind,
        "BackupCreationDateTime": backup.created_ns / SECOND_NS,
    }
    if backup.expires_ns is not None:
        shown["BackupExpiryDateTime"] = backup.expires_ns / SECOND_NS
    return shown


def _summary(backup: Backup) -> Output:
    return {
        **_details(backup),
        "TableName": backup.table,
        "TableId": backup.table_id,
        "TableArn": backup.table_arn,
    }


def _description(backup: Backup) -> Output:
    definition = backup.definition
    nothing = {"ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    source: Output = {
        "TableName": backup.table,
        "TableId": backup.table_id,
        "TableArn": backup.table_arn,
        "TableSizeBytes": backup.size,
        "KeySchema": definition["KeySchema"],
        "TableCreationDateTime": backup.table_created_ns / SECOND_NS,
        "ProvisionedThroughput": definition.get("ProvisionedThroughput", nothing),
        "ItemCount": len(backup.keys),
        "BillingMode": definition["BillingMode"],
    }
    features = dict(backup.features)
    for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
        if member in definition:
            features[member] = definition[member]
    return {
        "BackupDetails": _details(backup),
        "SourceTableDetails": source,
        "SourceTableFeatureDetails": features,
    }
