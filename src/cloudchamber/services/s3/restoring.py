"""Archived objects: what has to be restored before it is read, and restoring it on the clock.

Rules of this file: a restore is two instants in the version (ready, and gone again); nothing runs
meanwhile but the events that tell of them.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/restoring-objects.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import STATUS, Input, Output
from cloudchamber.services.s3 import changes, errors
from cloudchamber.services.s3.lookup import expect_bucket, find_bucket
from cloudchamber.services.s3.nouns import ObjectVersion, Restore
from cloudchamber.services.s3.versions import expect_object, find_version, http_date

ARCHIVED: Final = frozenset({"GLACIER", "DEEP_ARCHIVE"})
ACCEPTED: Final = 202
RESTORED: Final = "s3.restored"
RESTORE_ENDED: Final = "s3.restore-ended"
# The upper ends of what the page above says of each class and tier.
DURATIONS: Final[Mapping[tuple[str, str], int]] = MappingProxyType(
    {
        ("GLACIER", "Expedited"): HOUR_NS // 12,
        ("GLACIER", "Standard"): 5 * HOUR_NS,
        ("GLACIER", "Bulk"): 12 * HOUR_NS,
        ("DEEP_ARCHIVE", "Standard"): 12 * HOUR_NS,
        ("DEEP_ARCHIVE", "Bulk"): 48 * HOUR_NS,
    }
)


def is_restored(call: Call, version: ObjectVersion) -> bool:
    """Whether a copy of an archived version is at hand now."""
    restore = version.restore
    return restore is not None and restore.ready_ns <= call.now < restore.expires_ns


def shown(call: Call, version: ObjectVersion, output: dict[str, Any]) -> None:
    """The x-amz-restore header of a version that is or was restored."""
    restore = version.restore
    if restore is None or restore.expires_ns <= call.now:
        return
    if restore.ready_ns > call.now:
        output["Restore"] = 'ongoing-request="true"'
    else:
        until = http_date(restore.expires_ns)
        output["Restore"] = f'ongoing-request="false", expiry-date="{until}"'


def status_of(call: Call, version: ObjectVersion) -> dict[str, Any] | None:
    """The RestoreStatus of a listing, None for what is not restored."""
    restore = version.restore
    if restore is None or restore.expires_ns <= call.now:
        return None
    if restore.ready_ns > call.now:
        return {"IsRestoreInProgress": True}
    until = restore.expires_ns // SECOND_NS
    return {"IsRestoreInProgress": False, "RestoreExpiryDate": until}


def restore_object(call: Call, request: Input) -> Output:
    """Have a copy of an archived version made, for some days; or let one stay longer.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html
    """
    bucket = expect_bucket(call, request)
    version = expect_object(call, bucket, request)
    asked = request.get("RestoreRequest") or {}
    if asked.get("Type") == "SELECT" or "SelectParameters" in asked or "OutputLocation" in asked:
        raise errors.invalid_request("Cloudchamber restores objects, it does not select from them")
    if version.storage_class not in ARCHIVED:
        raise AwsError(
            "InvalidObjectState",
            "Restore is not allowed for the object's current storage class",
            403,
            StorageClass=version.storage_class,
        )
    days = asked.get("Days")
    tier = (asked.get("GlacierJobParameters") or {}).get("Tier") or asked.get("Tier") or "Standard"
    if days is None or days < 1:
        raise errors.malformed_xml()
    lasts = DURATIONS.get((version.storage_class, tier))
    if lasts is None:
        raise errors.invalid_argument(
            "Retrieval option is not supported by this storage class", "Tier", tier
        )
    restore = version.restore
    if restore is not None and restore.ready_ns > call.now:
        raise AwsError("RestoreAlreadyInProgress", "Object restore is already in progress", 409)
    if is_restored(call, version):
        # "the number of days from the current time": a copy at hand only gets another end.
        _begin(call, request, version, Restore(call.now, _midnight(call.now + days * DAY_NS), tier))
        return {}
    ready = call.now + (0 if call.cloud.settings.lifecycle == "instant" else lasts)
    _begin(call, request, version, Restore(ready, _midnight(ready + days * DAY_NS), tier))
    changes.tell(call, bucket, request["Key"], version, "s3:ObjectRestore:Post")
    return {STATUS: ACCEPTED}


def _midnight(t_ns: int) -> int:
    """The next midnight UTC: when copies expire."""
    return -(-t_ns // DAY_NS) * DAY_NS


def _begin(call: Call, request: Input, version: ObjectVersion, restore: Restore) -> None:
    version.restore = restore
    about = (request["Bucket"], request["Key"], version.version_id)
    if restore.ready_ns > call.now or call.cloud.settings.lifecycle == "instant":
        call.at(restore.ready_ns, RESTORED, *about, restore.ready_ns)
    call.at(restore.expires_ns, RESTORE_ENDED, *about, restore.expires_ns, weak=True)


def _find(call: Call, bucket: str, key: str, version_id: str) -> ObjectVersion | None:
    owned = find_bucket(call, bucket)
    found = None if owned is None else find_version(call, owned, key, version_id)
    return found if isinstance(found, ObjectVersion) else None


def restored(call: Call, bucket: str, key: str, version_id: str, ready_ns: int) -> None:
    """A copy is at hand: tell those who watch."""
    version, owned = _find(call, bucket, key, version_id), find_bucket(call, bucket)
    if version is None or owned is None or version.restore is None:
        return
    if version.restore.ready_ns == ready_ns:
        changes.tell(call, owned, key, version, "s3:ObjectRestore:Completed")


def restore_ended(call: Call, bucket: str, key: str, version_id: str, expires_ns: int) -> None:
    """A copy is gone again, unless it was given more time."""
    version, owned = _find(call, bucket, key, version_id), find_bucket(call, bucket)
    if version is None or owned is None or version.restore is None:
        return
    if version.restore.expires_ns == expires_ns:
        version.restore = None
        changes.tell(call, owned, key, version, "s3:ObjectRestore:Delete")
