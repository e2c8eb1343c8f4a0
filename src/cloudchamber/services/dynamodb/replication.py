"""Global tables (version 2019.11.21): replicas in other regions, and what comes from them.

Rules of this file: a replica is a table like any other that knows of the others, as each of them
knows of it. A change arrives after the lag; of two changes of an item the later one stays, and of
two at one instant the one whose region's name is the greater. A replica begins with all settings;
later changes of indexes, billing, throughput and time to live are made in every region, others are
a region's own.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.dynamodb import changes, encryption, expiries, remains, streams
from cloudchamber.services.dynamodb.definitions import invalid, not_simulated, validation
from cloudchamber.services.dynamodb.lifecycle import REPLICA, TABLE
from cloudchamber.services.dynamodb.lookup import setting_of
from cloudchamber.services.dynamodb.nouns import SHELVES, TABLES, Table, Throughput
from cloudchamber.services.dynamodb.replica_changes import VERSIONS, Versions
from cloudchamber.services.dynamodb.settings import SETTINGS, Replica, Setting
from cloudchamber.services.dynamodb.shelf import size_in, unpack

MADE: Final = "dynamodb.replica-made"
GONE: Final = "dynamodb.replica-gone"
LEFT: Final = "dynamodb.replica-left"
REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d")
VIEW: Final = "NEW_AND_OLD_IMAGES"
PRINCIPAL: Final = "replication.dynamodb.amazonaws.com"
# "Settings that are always synchronized", V2globaltables_settings.html, as far as they are here.
_SHARED: Final[tuple[str, ...]] = (
    "AttributeDefinitions", "GlobalSecondaryIndexUpdates", "BillingMode", "ProvisionedThroughput",
    "TimeToLiveSpecification",
)  # fmt: skip


def check_updates(call: Call, table: Table, setting: Setting, request: Input) -> None:
    """Raises for replicas that cannot be made, changed or deleted; changes nothing."""
    if request.get("MultiRegionConsistency", "EVENTUAL") != "EVENTUAL":
        raise not_simulated(call.operation_name, "MultiRegionConsistency STRONG")
    updates = request.get("ReplicaUpdates", ())
    if len(updates) > 1:
        raise validation("Update table operation with more than one replica update is not allowed")
    for update in updates:
        if len(update) != 1:
            raise invalid("Each ReplicationGroupUpdate must have exactly one action")
        ((action, what),) = update.items()
        region = what["RegionName"]
        have = _find(setting, region)
        if action == "Disassociate":
            _check_leaving(call, table, setting, region)
        elif action == "Create":
            _check_new(call, table, have, what)
        elif have is None:
            raise validation(
                "Replica specified in the Replica Update or Replica Delete action of the request "
                f"was not found. Region: {region}"
            )
        elif have.status != "ACTIVE":
            raise AwsError(
                "ResourceInUseException", f"The replica in {region} is {have.status.lower()}"
            )


def _check_leaving(call: Call, table: Table, setting: Setting, region: str) -> None:
    require(call, "dynamodb:DisassociateTableReplica", table.arn)
    if region != table.region or not setting.replicas:
        raise validation("Only the replica of the Region that is asked can be disassociated")
    if setting.is_tied:
        raise validation(
            "Resource cannot be disassociated as it is currently protected against "
            "disassociation. Disable disassociation protection first."
        )
    if any(each.status != "ACTIVE" for each in setting.replicas):
        raise AwsError("ResourceInUseException", "Replicas of the table are being changed")


def _check_new(call: Call, table: Table, have: Replica | None, what: Mapping[str, Any]) -> None:
    region = what["RegionName"]
    if not REGION.fullmatch(region):
        raise invalid(f"Unsupported region {region}")
    if have is not None or region == table.region:
        raise validation(f"Failed to create a the new replica of table with name: '{table.name}' "
                         "because one or more replicas already existed as tables.")  # fmt: skip
    if table.name in call.rows(TABLES, table.account, region):
        raise validation(f"Failed to create a the new replica of table with name: '{table.name}' "
                         "because one or more replicas already existed as tables.")  # fmt: skip
    if table.stream is not None and table.stream.view != VIEW:
        raise invalid(f"A table with replicas must have a stream with the view type {VIEW}")
    if "KMSMasterKeyId" in what:
        encryption.usable_key(call, what["KMSMasterKeyId"], region)


def _find(setting: Setting, region: str) -> Replica | None:
    return next((each for each in setting.replicas if each.region == region), None)


def apply_updates(call: Call, table: Table, setting: Setting, request: Input) -> None:
    """Make, change or delete the replica of a checked request."""
    for update in request.get("ReplicaUpdates", ()):
        ((action, what),) = update.items()
        region = what["RegionName"]
        if action == "Create":
            _create(call, table, setting, what)
        elif action == "Disassociate":
            # What is on its way, here and from here, arrives first.
            profile = call.cloud.settings.lifecycle
            lag_ns = REPLICA.delay_ns(profile, "lag")
            delay_ns = max(TABLE.delay_ns(profile, "UPDATING"), lag_ns)
            call.after(delay_ns, LEFT, table.name, table.id)
        elif action == "Delete":
            replica = _expect(setting, region)
            replica.status = REPLICA.move(replica.status, "delete")
            delay_ns = REPLICA.delay_ns(call.cloud.settings.lifecycle, "DELETING")
            call.after(delay_ns, GONE, table.account, region, table.name)
        else:
            replica = _expect(setting, region)
            _override(replica, what)
            other = call.rows(TABLES, table.account, region)[table.name]
            _apply_overrides(other, replica)


def _expect(setting: Setting, region: str) -> Replica:
    replica = _find(setting, region)
    assert replica is not None  # it has been checked
    return replica


def _override(replica: Replica, what: Mapping[str, Any]) -> None:
    replica.key = what.get("KMSMasterKeyId", replica.key)
    replica.table_class = what.get("TableClassOverride", replica.table_class)
    units = what.get("ProvisionedThroughputOverride", {})
    replica.read = units.get("ReadCapacityUnits", replica.read)


def _apply_overrides(other: Table, replica: Replica) -> None:
    other.table_class = replica.table_class or other.table_class
    if replica.read is not None and other.throughput is not None:
        other.throughput = Throughput(replica.read, other.throughput.write)


def _create(call: Call, table: Table, setting: Setting, what: Mapping[str, Any]) -> None:
    """Make the table of a new replica, with all that there is, and let everybody know."""
    region = what["RegionName"]
    if table.stream is None:
        streams.begin_stream(call, table, setting, VIEW)
    arn = table.arn.replace(f":{table.region}:", f":{region}:", 1)
    other = msgspec.convert(msgspec.to_builtins(table), Table)
    other.region, other.arn, other.stream, other.tags = region, arn, None, {}
    other.id = call.stream(arn, "table").uuid()
    other.created_ns = call.now
    other.status = TABLE.initial
    other.ttl = None
    others = Setting(was_on_demand=setting.was_on_demand)
    replica = Replica(region, REPLICA.initial)
    _override(replica, what)
    _apply_overrides(other, replica)
    others.key = replica.key or others.key
    call.rows(SHELVES, table.account, region)[table.name] = call.rows(
        SHELVES, table.account, table.region
    )[table.name].copy()
    call.rows(TABLES, table.account, region)[table.name] = other
    call.rows(SETTINGS, table.account, region)[table.name] = others
    versions = call.rows(VERSIONS, table.account, table.region).setdefault(table.id, Versions())
    call.rows(VERSIONS, table.account, region)[other.id] = Versions(dict(versions.of))
    for member in (*setting.replicas, Replica(table.region, "ACTIVE")):
        others.replicas.append(Replica(member.region, member.status))
    for member in setting.replicas:
        its = call.rows(SETTINGS, table.account, member.region)[table.name]
        its.replicas.append(Replica(region, REPLICA.initial))
    setting.replicas.append(replica)
    streams.begin_stream(call, other, others, VIEW)
    other.is_watched = True
    delay_ns = REPLICA.delay_ns(call.cloud.settings.lifecycle, "CREATING")
    call.after(delay_ns, MADE, table.account, region, table.name, other.id)


def check_elsewhere(call: Call, table: Table, setting: Setting, request: Input) -> None:
    """What is changed everywhere needs every region at rest. Raises ResourceInUseException."""
    if not _is_shared(call, request):
        return
    for each in setting.replicas:
        other = call.rows(TABLES, table.account, each.region)[table.name]
        if other.status != "ACTIVE" or each.status != "ACTIVE":
            raise AwsError(
                "ResourceInUseException",
                f"Attempt to change a resource which is still in use: the replica in {each.region} "
                f"is {each.status}",
            )


def change_elsewhere(call: Call, table: Table, setting: Setting, request: Input) -> None:
    """Make the same change in every other region, through its own operation."""
    if not _is_shared(call, request):
        return
    shared: dict[str, Any] = {name: request[name] for name in _SHARED if name in request}
    for each in setting.replicas:
        call.invoke(
            "dynamodb",
            call.operation_name,
            {"TableName": table.name, **shared},
            principal=PRINCIPAL,
            account=table.account,
            region=each.region,
        )


def _is_shared(call: Call, request: Input) -> bool:
    """Whether a request changes what all regions share, and does not come from one of them."""
    comes_from_here = call.caller.service != PRINCIPAL
    return comes_from_here and any(name in request for name in _SHARED[1:])


def made(call: Call, account: str, region: str, name: str, id_: str) -> None:
    """A replica is ACTIVE, and everybody knows."""
    other = call.rows(TABLES, account, region).get(name)
    if other is None or other.id != id_:
        return
    other.status = TABLE.move(other.status, "made")
    for each in setting_of(call, other).replicas:
        its = _find(call.rows(SETTINGS, account, each.region)[name], region)
        if its is not None:
            its.status = REPLICA.move(its.status, "made")
    call.event(other.arn, "dynamodb.replica-active", f"the replica {other.arn} is ACTIVE")


def gone(call: Call, account: str, region: str, name: str) -> None:
    """A replica is deleted with its table."""
    other = call.rows(TABLES, account, region).pop(name, None)
    if other is None:
        return
    leave(call, other, setting_of(call, other))
    streams.end_stream(call, other)
    expiries.stop(call, other)
    del call.rows(SETTINGS, account, region)[name]
    streams.drop_log(call, account, region, other.id)
    remains.bury(call, other.id, call.rows(SHELVES, account, region).pop(name))
    call.event(other.arn, "dynamodb.replica-deleted", f"the replica {other.arn} is deleted")


def left(call: Call, name: str, id_: str) -> None:
    """A replica becomes a table of its own."""
    table = call.rows(TABLES).get(name)
    if table is None or table.id != id_:
        return
    setting = setting_of(call, table)
    leave(call, table, setting)
    setting.replicas = []
    call.event(table.arn, "dynamodb.replica-left", f"the table {table.arn} is on its own")


def leave(call: Call, table: Table, setting: Setting) -> None:
    """A table goes: the other regions forget its replica."""
    for each in setting.replicas:
        its = call.rows(SETTINGS, table.account, each.region).get(table.name)
        if its is not None:
            its.replicas = [one for one in its.replicas if one.region != table.region]
    call.rows(VERSIONS, table.account, table.region).pop(table.id, None)


def arrive(
    call: Call,
    account: str,
    region: str,
    name: str,
    key: bytes,
    record: bytes | None,
    written_ns: int,
    writer: str,
) -> None:
    """A change of another region arrives: it is made here, unless what is here is newer."""
    table = call.rows(TABLES, account, region).get(name)
    if table is None:
        return
    versions = call.rows(VERSIONS, account, region).setdefault(table.id, Versions())
    if versions.of.get(key, (0, "")) > (written_ns, writer):
        return
    versions.of[key] = (written_ns, writer)
    if record is None:
        changes.write(call, table, key, None, is_replicated=True)
    else:
        changes.write(call, table, key, unpack(record), size_in(record), is_replicated=True)
