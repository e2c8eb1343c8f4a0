"""Locks of snapshots: LockSnapshot, UnlockSnapshot, DescribeLockedSnapshots.

Rules of this file: a lock keeps a snapshot from deletion until it expires. Governance mode can be
taken away; compliance mode only within its cool-off period. A compliance lock can be lengthened.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshot-lock.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, HOUR_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import Description, described, filtered
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.services.ec2.volumes.nouns import SNAPSHOT, Lock, Snapshot
from cloudchamber.services.ec2.volumes.spelling import nanoseconds, seconds


def state_of(call: Call, lock: Lock) -> str:
    """A lock's state, as AWS names it."""
    if call.now >= lock.expires_ns:
        return "expired"
    if lock.mode == "compliance" and call.now < lock.cool_off_ns:
        return "compliance-cooloff"
    return lock.mode


def is_locked(call: Call, snapshot: Snapshot) -> bool:
    """Whether a lock keeps a snapshot."""
    return snapshot.lock is not None and state_of(call, snapshot.lock) != "expired"


def lock_snapshot(call: Call, request: Input) -> Output:
    """Lock a snapshot, or change its lock as far as that is allowed."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    mode = request["LockMode"]
    days, expires = request.get("LockDuration"), request.get("ExpirationDate")
    hours = request.get("CoolOffPeriod")
    if (days is None) == (expires is None):
        if days is None:
            raise missing_parameter("LockDuration/ExpirationDate")
        raise invalid_combination("LockDuration and ExpirationDate cannot be specified together.")
    if hours is not None and mode == "governance":
        raise invalid_combination("CoolOffPeriod cannot be specified in governance mode.")
    # "If you lock a snapshot that is in the pending state, the lock duration starts only once the
    # snapshot enters the completed state."
    begins = max(call.now, snapshot.completed_ns)
    until = begins + days * DAY_NS if days is not None else nanoseconds(expires or 0.0)
    if until < call.now + DAY_NS:
        raise AwsError(
            "InvalidParameterValue", "The expiration date has to be at least one day away."
        )
    _expect_changeable(call, snapshot, mode, until, hours)
    before = snapshot.lock
    created = call.now if before is None or not is_locked(call, snapshot) else before.created_ns
    snapshot.lock = Lock(
        mode=mode,
        days=days if days is not None else -(-(until - begins) // DAY_NS),
        created_ns=created,
        begins_ns=begins,
        expires_ns=until,
        cool_off_hours=hours or 0,
        cool_off_ns=call.now + (hours or 0) * HOUR_NS,
    )
    return _lock_view(call, snapshot)


def unlock_snapshot(call: Call, request: Input) -> Output:
    """Take a lock away that may be taken away."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    if snapshot.lock is None or not is_locked(call, snapshot):
        raise AwsError("IncorrectState", f"The snapshot '{snapshot.id}' is not locked.")
    if state_of(call, snapshot.lock) == "compliance":
        raise AwsError(
            "OperationNotPermitted",
            f"The snapshot '{snapshot.id}' is locked in compliance mode and cannot be unlocked.",
        )
    snapshot.lock = None
    return {"SnapshotId": snapshot.id}


def describe_locked_snapshots(call: Call, request: Input) -> Output:
    """The account's snapshots that have a lock, expired ones with them."""
    ids = dict.fromkeys(request.get("SnapshotIds", ()))
    rows = [kinds.expect_own(call, SNAPSHOT, each) for each in ids]
    if not ids:
        rows = list(call.rows(SNAPSHOT.table).values())
    rows = [row for row in rows if row.lock is not None]
    rows = filtered(call, rows, request.get("Filters", ()), _LOCKED.filters)
    rows.sort(key=lambda row: row.id)
    return described(call, request, _LOCKED, rows)


def _expect_changeable(
    call: Call, snapshot: Snapshot, mode: str, until: int, hours: int | None
) -> None:
    lock = snapshot.lock
    if lock is None or state_of(call, lock) != "compliance":
        return
    if mode != "compliance" or until < lock.expires_ns or hours is not None:
        raise AwsError(
            "OperationNotPermitted",
            f"The snapshot '{snapshot.id}' is locked in compliance mode: its lock can only be "
            "made longer.",
        )


def _lock_view(call: Call, snapshot: Snapshot) -> Output:
    lock = snapshot.lock
    if lock is None:
        return {"SnapshotId": snapshot.id}
    view: Output = {
        "SnapshotId": snapshot.id,
        "LockState": state_of(call, lock),
        "LockDuration": lock.days,
        "LockCreatedOn": seconds(lock.created_ns),
        "LockDurationStartTime": seconds(lock.begins_ns),
        "LockExpiresOn": seconds(lock.expires_ns),
    }
    if lock.cool_off_hours:
        view["CoolOffPeriod"] = lock.cool_off_hours
        view["CoolOffPeriodExpiresOn"] = seconds(lock.cool_off_ns)
    return view


def _described_lock(call: Call, snapshot: Snapshot) -> Output:
    return {"OwnerId": snapshot.owner, **_lock_view(call, snapshot)}


_LOCKED: Final[Description[Snapshot]] = Description(
    kind=SNAPSHOT,
    ids="SnapshotIds",
    answer="Snapshots",
    view=_described_lock,
    filters=MappingProxyType(
        {"lock-state": lambda call, row: (state_of(call, row.lock),) if row.lock else ()}
    ),
)
