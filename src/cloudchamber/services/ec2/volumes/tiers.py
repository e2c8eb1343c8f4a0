"""The archive tier, the recycle bin and fast snapshot restore.

Rules of this file: what moves with time is computed from the instants that were written down when
it began; nothing is scheduled. No rule of Recycle Bin exists here, so that the bin is empty.
https://docs.aws.amazon.com/ebs/latest/userguide/snapshot-archive.html
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-fast-snapshot-restore.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, described, filtered, page_size, paged
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.volumes import lifecycle, sharing
from cloudchamber.services.ec2.volumes.limits import TEMPORARY_RESTORE_DAYS_MAX
from cloudchamber.services.ec2.volumes.nouns import (
    FAST_RESTORES,
    SNAPSHOT,
    FastRestore,
    Snapshot,
    Tiering,
)
from cloudchamber.services.ec2.volumes.spelling import seconds
from cloudchamber.services.ec2.vpcs import lookup

_RESTORES_PAGE: Final = 200


def modify_snapshot_tier(call: Call, request: Input) -> Output:
    """Archive a snapshot."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    if request.get("StorageTier", "archive") != "archive":
        raise invalid_value(request["StorageTier"], "storageTier", "It can only be 'archive'.")
    _expect_still(call, snapshot)
    if snapshot.state != "completed":
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {snapshot.state}")
    if sharing.tier(call, snapshot) == "archive":
        raise AwsError("IncorrectState", f"The snapshot {snapshot.id} is already archived.")
    _begin(call, snapshot, "archival", "standard")
    return {"SnapshotId": snapshot.id, "TieringStartTime": call.now_s}


def restore_snapshot_tier(call: Call, request: Input) -> Output:
    """Bring an archived snapshot back, for some days or for good."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    days, for_good = request.get("TemporaryRestoreDays"), request.get("PermanentRestore", False)
    if days is not None and for_good:
        raise invalid_combination(
            "TemporaryRestoreDays and PermanentRestore cannot be specified together."
        )
    if days is None and not for_good:
        raise missing_parameter("TemporaryRestoreDays/PermanentRestore")
    if days is not None and not 1 <= days <= TEMPORARY_RESTORE_DAYS_MAX:
        raise invalid_value(
            days, "temporaryRestoreDays", f"It is from 1 to {TEMPORARY_RESTORE_DAYS_MAX}."
        )
    _expect_still(call, snapshot)
    moving = snapshot.tiering
    is_borrowed = moving is not None and moving.operation == "temporary-restore"
    if sharing.tier(call, snapshot) != "archive" and not is_borrowed:
        raise AwsError("IncorrectState", f"The snapshot {snapshot.id} is not archived.")
    operation = "permanent-restore" if for_good else "temporary-restore"
    _begin(call, snapshot, operation, "archive")
    if snapshot.tiering is not None and days is not None:
        snapshot.tiering.expires_ns = snapshot.tiering.ended_ns + days * DAY_NS
    output: Output = {
        "SnapshotId": snapshot.id,
        "RestoreStartTime": call.now_s,
        "IsPermanentRestore": for_good,
    }
    if days is not None:
        output["RestoreDuration"] = days
    return output


def describe_snapshot_tier_status(call: Call, request: Input) -> Output:
    """How far archiving and restoring are."""
    rows: list[Snapshot] = list(call.rows(SNAPSHOT.table).values())
    rows = filtered(call, rows, request.get("Filters", ()), _TIERS.filters)
    return described(call, request, _TIERS, rows)


def list_snapshots_in_recycle_bin(call: Call, request: Input) -> Output:
    """The bin, which nothing comes into: Recycle Bin's retention rules do not exist here."""
    for each in request.get("SnapshotIds", ()):
        raise kinds.missing(SNAPSHOT, each)
    return {"Snapshots": []}


def _expect_still(call: Call, snapshot: Snapshot) -> None:
    if snapshot.tiering is not None and call.now < snapshot.tiering.ended_ns:
        raise AwsError(
            "IncorrectState",
            f"The snapshot {snapshot.id} is being moved between tiers: "
            f"{snapshot.tiering.operation}-in-progress",
        )


def _begin(call: Call, snapshot: Snapshot, operation: str, came: str) -> None:
    duration = lifecycle.TIERING.delay_ns(call.cloud.settings.lifecycle, came)
    snapshot.tier = sharing.tier(call, snapshot)
    snapshot.tiering = Tiering(
        operation=operation, started_ns=call.now, ended_ns=call.now + duration
    )


def _operation(call: Call, row: Snapshot) -> str:
    if row.tiering is None:
        return ""
    is_over = call.now >= row.tiering.ended_ns
    return f"{row.tiering.operation}-{'completed' if is_over else 'in-progress'}"


def _tier_view(call: Call, row: Snapshot) -> Output:
    view: Output = {
        "SnapshotId": row.id,
        "VolumeId": row.volume,
        "Status": row.state,
        "OwnerId": row.owner,
        "StorageTier": sharing.tier(call, row),
    }
    if shown := tags.shown(call, row.id):
        view["Tags"] = shown
    moving = row.tiering
    if moving is None:
        return view
    whole = moving.ended_ns - moving.started_ns
    is_over = call.now >= moving.ended_ns
    view["LastTieringStartTime"] = seconds(moving.started_ns)
    view["LastTieringProgress"] = 100 if is_over else 100 * (call.now - moving.started_ns) // whole
    view["LastTieringOperationStatus"] = _operation(call, row)
    if moving.operation == "archival" and is_over:
        view["ArchivalCompleteTime"] = seconds(moving.ended_ns)
    if moving.operation == "temporary-restore":
        view["RestoreExpiryTime"] = seconds(moving.expires_ns)
    return view


_TIERS: Final[Description[Snapshot]] = Description(
    kind=SNAPSHOT,
    ids="SnapshotIds",
    answer="SnapshotTierStatuses",
    view=_tier_view,
    filters=MappingProxyType(
        {
            "snapshot-id": lambda call, row: (row.id,),
            "volume-id": lambda call, row: (row.volume,),
            "last-tiering-operation": lambda call, row: (
                (_operation(call, row),) if row.tiering else ()
            ),
        }
    ),
)


def enable_fast_snapshot_restores(call: Call, request: Input) -> Output:
    """Have a snapshot ready in zones, so that volumes made of it there are whole at once."""
    profile = call.cloud.settings.lifecycle
    begun = call.now + lifecycle.FAST_RESTORE.delay_ns(profile, "enabling")
    rows = call.rows(FAST_RESTORES)
    snapshots, zones = _named(call, request)
    done = []
    for snapshot in snapshots:
        took = lifecycle.per_tib_ns(lifecycle.FAST_RESTORE, profile, "optimizing", snapshot.size)
        for zone in zones:
            before = rows.get((snapshot.id, zone))
            if before is None or before.disabling_ns:
                rows[snapshot.id, zone] = FastRestore(
                    snapshot=snapshot.id,
                    zone_id=zone,
                    owner=call.account,
                    enabling_ns=call.now,
                    optimizing_ns=begun,
                    enabled_ns=begun + took,
                )
            done.append(_restore_view(call, rows[snapshot.id, zone]))
    return {"Successful": done, "Unsuccessful": []}


def disable_fast_snapshot_restores(call: Call, request: Input) -> Output:
    """No longer have a snapshot ready in zones."""
    rows = call.rows(FAST_RESTORES)
    snapshots, zones = _named(call, request)
    done, not_done = [], []
    for snapshot in snapshots:
        errors: list[Any] = []
        for zone in zones:
            row = rows.get((snapshot.id, zone))
            if row is None or row.disabling_ns:
                errors.append(_not_enabled(call, zone))
                continue
            row.disabling_ns = call.now
            done.append(_restore_view(call, row))
        if errors:
            not_done.append({"SnapshotId": snapshot.id, "FastSnapshotRestoreStateErrors": errors})
    return {"Successful": done, "Unsuccessful": not_done}


def describe_fast_snapshot_restores(call: Call, request: Input) -> Output:
    """Where fast snapshot restore is enabled, and how far."""
    rows = sorted(call.rows(FAST_RESTORES).values(), key=_key)
    properties: Properties[FastRestore] = {
        "availability-zone": lambda row: (lookup.zone_name(call, row.zone_id),),
        "availability-zone-id": lambda row: (row.zone_id,),
        "owner-id": lambda row: (row.owner,),
        "snapshot-id": lambda row: (row.snapshot,),
        "state": lambda row: (_state(call, row),),
    }
    rows = matching(rows, request.get("Filters", ()), properties)
    size = page_size(request, 0, _RESTORES_PAGE) or _RESTORES_PAGE
    return paged(
        request, "FastSnapshotRestores", rows, _key, lambda each: _restore_view(call, each), size
    )


def _named(call: Call, request: Input) -> tuple[list[Snapshot], Sequence[str]]:
    names, ids = request.get("AvailabilityZones", ()), request.get("AvailabilityZoneIds", ())
    if bool(names) == bool(ids):
        if names:
            raise invalid_combination(
                "AvailabilityZones and AvailabilityZoneIds cannot be specified together."
            )
        raise missing_parameter("AvailabilityZone")
    zones = [lookup.zone_id(call, each) for each in names or ids]
    found = [sharing.expect_usable(call, each) for each in request["SourceSnapshotIds"]]
    return found, zones


def _not_enabled(call: Call, zone: str) -> Output:
    return {
        "AvailabilityZone": lookup.zone_name(call, zone),
        "AvailabilityZoneId": zone,
        "Error": {
            "Code": "InvalidFastSnapshotRestore.NotFound",
            "Message": "Fast snapshot restore is not enabled for the snapshot in this zone.",
        },
    }


def _state(call: Call, row: FastRestore) -> str:
    if row.disabling_ns:
        return "disabled"
    if call.now < row.optimizing_ns:
        return "enabling"
    return "optimizing" if call.now < row.enabled_ns else "enabled"


def _restore_view(call: Call, row: FastRestore) -> Output:
    state = _state(call, row)
    is_asked = state == "enabling"
    view: Output = {
        "SnapshotId": row.snapshot,
        "AvailabilityZone": lookup.zone_name(call, row.zone_id),
        "AvailabilityZoneId": row.zone_id,
        "State": state,
        "StateTransitionReason": "Client.UserInitiated"
        + ("" if is_asked else " - Lifecycle state transition"),
        "OwnerId": row.owner,
        "EnablingTime": seconds(row.enabling_ns),
    }
    if call.now >= row.optimizing_ns:
        view["OptimizingTime"] = seconds(row.optimizing_ns)
    if call.now >= row.enabled_ns:
        view["EnabledTime"] = seconds(row.enabled_ns)
    if row.disabling_ns:
        view["DisablingTime"] = seconds(row.disabling_ns)
        view["DisabledTime"] = seconds(row.disabling_ns)
    return view


def _key(row: FastRestore) -> str:
    return f"{row.snapshot} {row.zone_id}"
