"""Tables as DescribeTable shows them, and as CreateTable would be asked for them.

Rules of this file: reading only.
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.service import Output
from cloudchamber.services.dynamodb.keys import KeySchema
from cloudchamber.services.dynamodb.lookup import setting_of
from cloudchamber.services.dynamodb.nouns import Index, Table, Throughput
from cloudchamber.services.dynamodb.settings import Replica, Setting

NOTHING: Final = (0, 0)
# "12,000 read operations and 4,000 write operations", on-demand-capacity-mode.html
WARM_READ: Final = 12_000
WARM_WRITE: Final = 4_000
GLOBAL_VERSION: Final = "2019.11.21"


def show_keys(keys: KeySchema) -> list[dict[str, str]]:
    """A key schema as answers have it."""
    return [
        *({"AttributeName": each.name, "KeyType": "HASH"} for each in keys.hash),
        *({"AttributeName": each.name, "KeyType": "RANGE"} for each in keys.range),
    ]


def show_attributes(table: Table) -> list[dict[str, str]]:
    """A table's attribute definitions as answers have them."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in table.kinds.items()]


def show_table(call: Call, table: Table) -> Output:
    """TableDescription."""
    setting = setting_of(call, table)
    items, size = setting.counted.get("", NOTHING)
    shown: Output = {
        "AttributeDefinitions": show_attributes(table),
        "TableName": table.name,
        "KeySchema": show_keys(table.keys),
        "TableStatus": table.status,
        "CreationDateTime": table.created_ns / SECOND_NS,
        "ProvisionedThroughput": show_throughput(table.throughput, call.now),
        "TableSizeBytes": size,
        "ItemCount": items,
        "TableArn": table.arn,
        "TableId": table.id,
        "DeletionProtectionEnabled": table.is_protected,
        "WarmThroughput": {**_warm(table), "Status": table.status},
    }
    if setting.was_on_demand:
        shown["BillingModeSummary"] = {"BillingMode": table.billing}
        if table.billing_changed_ns is not None:
            changed = table.billing_changed_ns / SECOND_NS
            shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"] = changed
    if limits := show_limits(table):
        shown["OnDemandThroughput"] = limits
    locals_ = [index for index in table.indexes.values() if not index.is_global]
    globals_ = [index for index in table.indexes.values() if index.is_global]
    if locals_:
        shown["LocalSecondaryIndexes"] = [_local(table, setting, each) for each in locals_]
    if globals_:
        shown["GlobalSecondaryIndexes"] = [
            _global(table, setting, each, call.now) for each in globals_
        ]
    shown.update(_stream(table, setting))
    shown.update(_rest(table, setting))
    if setting.replicas:
        shown["GlobalTableVersion"] = GLOBAL_VERSION
        shown["MultiRegionConsistency"] = "EVENTUAL"
        shown["DisassociationProtectionEnabled"] = setting.is_tied
        shown["Replicas"] = [_replica(table, each) for each in setting.replicas]
    return shown


def _stream(table: Table, setting: Setting) -> Output:
    shown: Output = {}
    if table.stream is not None:
        shown["StreamSpecification"] = {"StreamEnabled": True, "StreamViewType": table.stream.view}
    if setting.latest:
        shown["LatestStreamArn"] = setting.latest
        shown["LatestStreamLabel"] = setting.latest.rpartition("/")[2]
    return shown


def _rest(table: Table, setting: Setting) -> Output:
    shown: Output = {}
    if setting.key:
        shown["SSEDescription"] = show_encryption(setting)
    if table.table_class != "STANDARD" or setting.class_changed_ns is not None:
        shown["TableClassSummary"] = {"TableClass": table.table_class}
        if setting.class_changed_ns is not None:
            changed = setting.class_changed_ns / SECOND_NS
            shown["TableClassSummary"]["LastUpdateDateTime"] = changed
    if setting.restored is not None:
        restored = setting.restored
        summary: Output = {
            "SourceTableArn": restored.source,
            "RestoreDateTime": restored.moment_ns / SECOND_NS,
            "RestoreInProgress": table.status == "CREATING",
        }
        if restored.backup:
            summary["SourceBackupArn"] = restored.backup
        shown["RestoreSummary"] = summary
    return shown


def show_encryption(setting: Setting) -> Output:
    """SSEDescription of a table under a KMS key."""
    return {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": setting.key}


def _replica(table: Table, replica: Replica) -> Output:
    arn = table.arn.replace(f":{table.region}:", f":{replica.region}:", 1)
    shown: Output = {
        "RegionName": replica.region,
        "ReplicaStatus": replica.status,
        "ReplicaArn": arn,
    }
    if replica.key:
        shown["KMSMasterKeyId"] = replica.key
    if replica.table_class:
        shown["ReplicaTableClassSummary"] = {"TableClass": replica.table_class}
    if replica.read is not None:
        shown["ProvisionedThroughputOverride"] = {"ReadCapacityUnits": replica.read}
    return shown


def decreases_today(throughput: Throughput, now: int) -> int:
    """How often throughput was lowered in the present UTC day."""
    last = throughput.decreased_ns
    same_day = last is not None and last // DAY_NS == now // DAY_NS
    return throughput.decreases_today if same_day else 0


def show_throughput(throughput: Throughput | None, now: int) -> Output:
    """ProvisionedThroughputDescription; of an on-demand table, zeros."""
    if throughput is None:
        return {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}
    shown: Output = {
        "NumberOfDecreasesToday": decreases_today(throughput, now),
        "ReadCapacityUnits": throughput.read,
        "WriteCapacityUnits": throughput.write,
    }
    if throughput.increased_ns is not None:
        shown["LastIncreaseDateTime"] = throughput.increased_ns / SECOND_NS
    if throughput.decreased_ns is not None:
        shown["LastDecreaseDateTime"] = throughput.decreased_ns / SECOND_NS
    return shown


def show_limits(part: Table | Index) -> dict[str, int]:
    """OnDemandThroughput of a table or an index; -1 for no limit, nothing where none was set."""
    if part.on_demand_read is None and part.on_demand_write is None:
        return {}
    return {
        "MaxReadRequestUnits": -1 if part.on_demand_read is None else part.on_demand_read,
        "MaxWriteRequestUnits": -1 if part.on_demand_write is None else part.on_demand_write,
    }


def _warm(part: Table | Index) -> dict[str, int]:
    read, write = warm_of(part)
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write}


def warm_of(part: Table | Index) -> tuple[int, int]:
    """What a table or an index takes at once: the new table's figure or what was bought."""
    return (
        max(part.warm_read or 0, part.throughput.read if part.throughput else WARM_READ),
        max(part.warm_write or 0, part.throughput.write if part.throughput else WARM_WRITE),
    )


def show_projection(index: Index) -> dict[str, Any]:
    """Projection."""
    if index.projection == "INCLUDE":
        return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.included)}
    return {"ProjectionType": index.projection}


def _local(table: Table, setting: Setting, index: Index) -> Output:
    items, size = setting.counted.get(index.name, NOTHING)
    return {
        "IndexName": index.name,
        "KeySchema": show_keys(index.keys),
        "Projection": show_projection(index),
        "IndexSizeBytes": size,
        "ItemCount": items,
        "IndexArn": f"{table.arn}/index/{index.name}",
    }


def _global(table: Table, setting: Setting, index: Index, now: int) -> Output:
    shown = _local(table, setting, index)
    shown["IndexStatus"] = index.status
    shown["ProvisionedThroughput"] = show_throughput(index.throughput, now)
    shown["WarmThroughput"] = {**_warm(index), "Status": index.status}
    # "it is displayed only while the index is being built", API_GlobalSecondaryIndexDescription
    if index.status == "CREATING" and index.backfilling:
        shown["Backfilling"] = table.status == "ACTIVE"
    if limits := show_limits(index):
        shown["OnDemandThroughput"] = limits
    return shown


def definition_of(table: Table) -> dict[str, Any]:
    """The CreateTable request that would make a table like this one, for backups."""
    request: dict[str, Any] = {
        "KeySchema": show_keys(table.keys),
        "AttributeDefinitions": show_attributes(table),
        "BillingMode": table.billing,
        **_sizes(table),
    }
    if table.table_class != "STANDARD":
        request["TableClass"] = table.table_class
    for index in table.indexes.values():
        if index.status == "DELETING" and table.status != "DELETING":
            continue
        member = "GlobalSecondaryIndexes" if index.is_global else "LocalSecondaryIndexes"
        shown = {
            "IndexName": index.name,
            "KeySchema": show_keys(index.keys),
            "Projection": show_projection(index),
            **_sizes(index),
        }
        request.setdefault(member, []).append(shown)
    return request


def _sizes(part: Table | Index) -> dict[str, Any]:
    sizes: dict[str, Any] = {}
    if part.throughput is not None:
        sizes["ProvisionedThroughput"] = {
            "ReadCapacityUnits": part.throughput.read,
            "WriteCapacityUnits": part.throughput.write,
        }
    if limits := show_limits(part):
        sizes["OnDemandThroughput"] = limits
    return sizes
