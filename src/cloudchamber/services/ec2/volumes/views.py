"""What snapshots look like, and which of them an account is shown: DescribeSnapshots.

Rules of this file: views and filters. A snapshot's progress follows from the clock.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSnapshots.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.describing import Description, described, filtered
from cloudchamber.services.ec2.volumes import sharing
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, Snapshot
from cloudchamber.services.ec2.volumes.spelling import instant, seconds, truth


def progress(call: Call, row: Snapshot) -> int:
    """How far a snapshot is, in percent; a hundred only when it is complete."""
    if row.state == "completed":
        return 100
    whole = row.completed_ns - row.started_ns
    return min(99, 100 * (call.now - row.started_ns) // whole) if whole else 0


def summary_view(call: Call, row: Snapshot) -> Output:
    """A snapshot as CreateSnapshots shows it."""
    view: Output = {
        "SnapshotId": row.id,
        "VolumeId": row.volume,
        "VolumeSize": row.size,
        "State": row.state,
        "StartTime": seconds(row.started_ns),
        "Progress": f"{progress(call, row)}%",
        "OwnerId": row.owner,
        "Description": row.description,
        "Encrypted": row.is_encrypted,
    }
    if shown := tags.shown(call, row.id):
        view["Tags"] = shown
    return view


def snapshot_view(call: Call, row: Snapshot) -> Output:
    """A snapshot."""
    view = summary_view(call, row)
    view["StorageTier"] = sharing.tier(call, row)
    if row.key:
        view["KmsKeyId"] = row.key
    if row.alias:
        view["OwnerAlias"] = row.alias
    if row.transfer:
        view["TransferType"] = row.transfer
    if row.minutes:
        view["CompletionDurationMinutes"] = row.minutes
    if row.state == "completed":
        view["CompletionTime"] = seconds(row.completed_ns)
    moving = row.tiering
    if moving is not None and moving.operation == "temporary-restore":
        view["RestoreExpiryTime"] = seconds(moving.expires_ns)
    return view


_SNAPSHOTS: Final[Description[Snapshot]] = Description(
    kind=SNAPSHOT,
    ids="SnapshotIds",
    answer="Snapshots",
    view=snapshot_view,
    filters=MappingProxyType(
        {
            "description": lambda call, row: (row.description,),
            "encrypted": lambda call, row: truth(row.is_encrypted),
            "owner-alias": lambda call, row: (row.alias,) if row.alias else (),
            "owner-id": lambda call, row: (row.owner,),
            "progress": lambda call, row: (f"{progress(call, row)}%",),
            "snapshot-id": lambda call, row: (row.id,),
            "start-time": lambda call, row: (instant(row.started_ns),),
            "status": lambda call, row: (row.state,),
            "storage-tier": lambda call, row: (sharing.tier(call, row),),
            "transfer-type": lambda call, row: (row.transfer,) if row.transfer else (),
            "volume-id": lambda call, row: (row.volume,),
            "volume-size": lambda call, row: (str(row.size),),
        }
    ),
)


def describe_snapshots(call: Call, request: Input) -> Output:
    """The snapshots that the account may use: its own, shared with it, public."""
    ids = dict.fromkeys(request.get("SnapshotIds", ()))
    rows = [sharing.expect_usable(call, each) for each in ids] or list(sharing.usable(call))
    owners = [call.account if each == "self" else each for each in request.get("OwnerIds", ())]
    if owners:
        rows = [row for row in rows if row.owner in owners or (row.alias and row.alias in owners)]
    users = [
        call.account if each == "self" else each for each in request.get("RestorableByUserIds", ())
    ]
    if users:
        rows = [row for row in rows if any(_restorable(call, row, each) for each in users)]
    filters = request.get("Filters", ())
    if filters:
        rows = filtered(call, rows, filters, _SNAPSHOTS.filters)
    rows.sort(key=lambda row: row.id)
    return described(call, request, _SNAPSHOTS, rows)


def _restorable(call: Call, row: Snapshot, user: str) -> bool:
    if user == "all":
        return sharing.is_public(call.cloud, row, call.region)
    return user == row.owner or user in row.users
