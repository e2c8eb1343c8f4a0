"""What happens to a bucket at midnight: versions expire, move to cheaper classes, uploads end.

Rules of this file: one look at every key of a bucket that has rules, through `changes.py`. Of what
is due at once the deletion wins, then the cheapest class. What is locked stays.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-configuration-examples.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import bodies, changes, locks
from cloudchamber.services.s3.lifecycle_rules import (
    DUE,
    LADDER,
    SMALL_BYTES,
    abort_of,
    action_due_ns,
    allows_small,
    asks_for_objects,
    due_ns,
    enabled,
    fits,
    plan,
    prefix_of,
)
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import (
    CURRENT,
    NONCURRENT,
    UPLOADS,
    Bucket,
    DeleteMarker,
    ObjectVersion,
    Older,
    Version,
    key_at,
    place,
)

EXPIRED: Final = "s3:LifecycleExpiration:"
MOVED: Final = "s3:LifecycleTransition"


def midnight(call: Call, name: str, planned_ns: int) -> None:
    """Carry out the rules of a bucket, and plan the next midnight."""
    bucket = find_bucket(call, name)
    if bucket is None or bucket.lifecycle is None or bucket.more.get(DUE) != planned_ns:
        return
    rules = list(enabled(bucket))
    span = (f"{name}\0", f"{name}\1")
    olds: Any = call.rows(NONCURRENT, "", "")
    counts = {"expired": 0, "moved": 0, "aborted": 0}
    for where in list(olds.irange(*span)):
        _see_older(call, bucket, key_at(where), olds[where], rules, counts)
    currents: Any = call.rows(CURRENT, "", "")
    for where in list(currents.irange(*span)):
        _see_current(call, bucket, key_at(where), currents[where], rules, counts)
    _end_uploads(call, bucket, counts)
    if any(counts.values()):
        call.event(
            bucket.arn,
            "s3.lifecycle",
            f"The lifecycle rules of {name} expired {counts['expired']} versions, moved "
            f"{counts['moved']} and ended {counts['aborted']} uploads",
            counts,
        )
    plan(call, bucket)


def _see_current(
    call: Call,
    bucket: Bucket,
    key: str,
    version: Version,
    rules: list[Mapping[str, Any]],
    counts: dict[str, int],
) -> None:
    if isinstance(version, DeleteMarker):
        if _is_spent(call, bucket, key, version, rules):
            changes.delete_version(call, bucket, key, version.version_id, EXPIRED)
            counts["expired"] += 1
        return
    fitting = [rule for rule in rules if fits(rule, key, version)]
    for rule in fitting:
        due = action_due_ns(rule.get("Expiration") or {}, version.modified_ns)
        if due is not None and due <= call.now:
            changes.delete_current(call, bucket, key, EXPIRED)
            counts["expired"] += 1
            return
    moves = [
        (rule, move["StorageClass"])
        for rule in fitting
        for move in rule.get("Transitions") or ()
        if (due := action_due_ns(move, version.modified_ns)) is not None and due <= call.now
    ]
    _move(call, bucket, key, version, moves, counts)


def _is_spent(
    call: Call,
    bucket: Bucket,
    key: str,
    marker: DeleteMarker,
    rules: list[Mapping[str, Any]],
) -> bool:
    """Whether a delete marker hides nothing any more, and a rule says to remove it."""
    if place(bucket.name, key) in call.rows(NONCURRENT, "", ""):
        return False
    for rule in rules:
        if not key.startswith(prefix_of(rule)) or asks_for_objects(rule):
            continue
        expiration = rule.get("Expiration") or {}
        if expiration.get("ExpiredObjectDeleteMarker"):
            return True
        if "Days" in expiration and due_ns(marker.modified_ns, expiration["Days"]) <= call.now:
            return True
    return False


def _see_older(
    call: Call,
    bucket: Bucket,
    key: str,
    older: Older,
    rules: list[Mapping[str, Any]],
    counts: dict[str, int],
) -> None:
    count = len(older.versions)
    for at, version in enumerate(list(older.versions)):
        newer = count - 1 - at  # noncurrent versions that are newer
        if _is_over(call, key, version, newer, rules):
            try:
                locks.check_free(call, bucket, key, version)
            except AwsError:
                continue
            changes.delete_version(call, bucket, key, version.version_id, EXPIRED)
            counts["expired"] += 1
        elif isinstance(version, ObjectVersion):
            moves = [
                (rule, move["StorageClass"])
                for rule in rules
                if fits(rule, key, version)
                for move in rule.get("NoncurrentVersionTransitions") or ()
                if _is_due(call, version, newer, move)
            ]
            _move(call, bucket, key, version, moves, counts)


def _is_over(
    call: Call, key: str, version: Version, newer: int, rules: list[Mapping[str, Any]]
) -> bool:
    for rule in rules:
        expiration = rule.get("NoncurrentVersionExpiration")
        if expiration is None or not _is_due(call, version, newer, expiration):
            continue
        if isinstance(version, ObjectVersion):
            if fits(rule, key, version):
                return True
        elif key.startswith(prefix_of(rule)) and not asks_for_objects(rule):
            return True
    return False


def _is_due(call: Call, version: Version, newer: int, action: Mapping[str, Any]) -> bool:
    if newer < action.get("NewerNoncurrentVersions", 0):
        return False
    return due_ns(version.noncurrent_ns, action["NoncurrentDays"]) <= call.now


def _move(
    call: Call,
    bucket: Bucket,
    key: str,
    version: ObjectVersion,
    moves: list[tuple[Mapping[str, Any], str]],
    counts: dict[str, int],
) -> None:
    """Put a version into the cheapest of the classes that are due."""
    wanted = [
        storage_class
        for rule, storage_class in moves
        if LADDER[storage_class] > LADDER[version.storage_class]
        and (version.size >= SMALL_BYTES or allows_small(bucket, rule, storage_class))
    ]
    if not wanted:
        return
    version.storage_class = max(wanted, key=LADDER.__getitem__)
    version.restore = None
    counts["moved"] += 1
    changes.tell(call, bucket, key, version, MOVED)


def _end_uploads(call: Call, bucket: Bucket, counts: dict[str, int]) -> None:
    for where in list(_uploads(call, bucket)):
        rows = call.rows(UPLOADS, "", "")
        upload = rows[where]
        found = abort_of(bucket, upload.key, upload.initiated_ns)
        if found is None or found[0] > call.now:
            continue
        del rows[where]
        for part in upload.parts.values():
            bodies.drop_extents(call, part.extents)
        counts["aborted"] += 1


def _uploads(call: Call, bucket: Bucket) -> Iterator[tuple[str, str, str]]:
    rows: Any = call.rows(UPLOADS, "", "")
    found: Iterator[tuple[str, str, str]] = rows.irange(
        (bucket.name, "", ""), (f"{bucket.name}\0", "", "")
    )
    return found
