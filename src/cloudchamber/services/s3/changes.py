"""The one place where objects change, and where it is told.

Rules of this file: every version that comes, goes or is altered passes here; what could be wrong
with that was checked before. A bucket that somebody watches tells the fact OBJECT_CHANGED:

    event        `s3:ObjectCreated:Put` and its like, as notifications name it
    bucket, key, version_id ("" where the bucket was never versioned), size, etag
    sequencer    grows with every change of a key
    account, region    of the bucket
    principal, source_ip, request_id    whose doing it was

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
"""

from __future__ import annotations

from base64 import b64encode
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.s3 import bodies
from cloudchamber.services.s3.nouns import (
    CURRENT,
    NONCURRENT,
    NULL,
    Bucket,
    DeleteMarker,
    ObjectVersion,
    Older,
    Version,
    place,
)

OBJECT_CHANGED: Final = "s3.object-changed"
ENABLED: Final = "Enabled"
ID_BYTES: Final = 24


def new_version_id(call: Call, bucket: Bucket) -> str:
    """The id of a version made now: `null` unless versioning is on."""
    if bucket.versioning != ENABLED:
        return NULL
    drawn = call.stream(bucket.arn, "version-id").bytes(ID_BYTES)
    return b64encode(drawn, b"._").decode()


def add_version(call: Call, bucket: Bucket, key: str, version: Version, event: str) -> None:
    """Make `version` the current one of its key, and tell it as `event`.

    Its id is `new_version_id`'s. What it replaces (while versioning is not on: the version `null`,
    wherever it is) is gone; any other becomes noncurrent.
    """
    where = f"{bucket.name}\0{key}"
    rows = call.rows(CURRENT, "", "")
    replaced = rows.get(where)
    if replaced is not None:
        if replaced.version_id == NULL and version.version_id == NULL:
            bodies.drop(call, replaced)
        else:
            _retire(call, where, replaced, version)
    rows[where] = version
    if is_watched(bucket):
        tell(call, bucket, key, version, event)


def _retire(call: Call, where: str, replaced: Version, by: Version) -> None:
    """Put a current version among the older ones; a new `null` version removes the old one."""
    rows = call.rows(NONCURRENT, "", "")
    older = rows.get(where)
    if older is None:
        older = rows[where] = Older([])
    elif by.version_id == NULL:
        for at, version in enumerate(older.versions):
            if version.version_id == NULL:
                bodies.drop(call, version)
                del older.versions[at]
                break
    replaced.noncurrent_ns = call.now
    older.versions.append(replaced)


def delete_current(call: Call, bucket: Bucket, key: str, event: str = "") -> DeleteMarker | None:
    """Delete a key as a client without a version id does.

    Gives the delete marker that now is current, or None where the bucket was never versioned (then
    the object is gone, and nothing was told if there was none). `event` replaces the event's name,
    for what expires: `s3:LifecycleExpiration:`; the kind is added.
    """
    head = event or "s3:ObjectRemoved:"
    if not bucket.versioning:
        gone = call.rows(CURRENT, "", "").pop(place(bucket.name, key), None)
        if gone is not None:
            bodies.drop(call, gone)
            if is_watched(bucket):
                tell(call, bucket, key, gone, f"{head}Delete")
        return None
    marker = DeleteMarker(new_version_id(call, bucket), call.now)
    add_version(call, bucket, key, marker, f"{head}DeleteMarkerCreated")
    return marker


def delete_version(
    call: Call, bucket: Bucket, key: str, version_id: str, event: str = ""
) -> Version | None:
    """Delete one version for good; the newest of the others is current then. None: there is none.

    `event` is as for `delete_current`.
    """
    where = place(bucket.name, key)
    rows, olds = call.rows(CURRENT, "", ""), call.rows(NONCURRENT, "", "")
    current, older = rows.get(where), olds.get(where)
    gone: Version | None = None
    if current is not None and current.version_id == version_id:
        gone = current
        if older is None:
            del rows[where]
        else:
            back = older.versions.pop()
            back.noncurrent_ns = 0
            rows[where] = back
    elif older is not None:
        for at in range(len(older.versions) - 1, -1, -1):
            if older.versions[at].version_id == version_id:
                gone = older.versions.pop(at)
                break
    if older is not None and not older.versions:
        del olds[where]
    if gone is not None:
        bodies.drop(call, gone)
        if is_watched(bucket):
            tell(call, bucket, key, gone, f"{event or 's3:ObjectRemoved:'}Delete")
    return gone


def is_watched(bucket: Bucket) -> bool:
    """Whether anybody may hang on what happens in a bucket."""
    return bucket.notification is not None or bucket.replication is not None


def tell(call: Call, bucket: Bucket, key: str, version: Version, event: str) -> None:
    """Tell a change of a version (a new one, one that went, its tags, its ACL, its restore)."""
    if not is_watched(bucket):
        return
    size, etag = (version.size, version.etag) if isinstance(version, ObjectVersion) else (0, "")
    call.publish(
        OBJECT_CHANGED,
        {
            "event": event,
            "bucket": bucket.name,
            "key": key,
            "version_id": version.version_id if bucket.versioning else "",
            "size": size,
            "etag": etag,
            "sequencer": f"{call.now:016X}{call.number:08X}",
            "account": bucket.account,
            "region": bucket.region,
            "principal": call.caller.user_id,
            "source_ip": call.origin.source_ip,
            "request_id": call.request_id,
        },
    )
