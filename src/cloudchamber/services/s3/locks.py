"""Object lock: retention, legal holds, and the defaults of a bucket, in force.

Rules of this file: a version that is locked is not deleted, whoever asks; a delete without a
version id only puts a marker before it. GOVERNANCE gives way to who may bypass it and says so.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.authorization import decide, require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion, Retention, Version
from cloudchamber.services.s3.versions import expect_object

GOVERNANCE, COMPLIANCE = "GOVERNANCE", "COMPLIANCE"
MODES: Final = (GOVERNANCE, COMPLIANCE)
DAYS_MAX, YEARS_MAX = 36_500, 100
DAYS_A_YEAR: Final = 365
ASKS: Final = frozenset(
    {
        "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus",
        "ObjectLockEventHold", "ObjectLockEventHoldDurationDays",
        "ObjectLockEventHoldDurationYears",
    }
)  # fmt: skip
EVENT_HOLDS: Final = frozenset(name for name in ASKS if name.startswith("ObjectLockEventHold"))
PROTECTED: Final = "Access Denied because object protected by object lock."


def lock_of(call: Call, bucket: Bucket, request: Mapping[str, Any]) -> tuple[Retention | None, str]:
    """The retention and legal hold of a new version: the request's, else the bucket's default.

    Raises InvalidRequest, InvalidArgument, AccessDenied.
    """
    if not EVENT_HOLDS.isdisjoint(request):
        raise errors.not_implemented("x-amz-object-lock-event-hold")
    mode, until = request.get("ObjectLockMode"), request.get("ObjectLockRetainUntilDate")
    hold = request.get("ObjectLockLegalHoldStatus", "")
    if not bucket.lock_enabled:
        if mode or until is not None or hold:
            raise errors.invalid_request("Bucket is missing Object Lock Configuration")
        return None, ""
    if hold and hold not in ("ON", "OFF"):
        raise errors.invalid_argument(
            "Legal Hold must be either of 'ON' or 'OFF'", "x-amz-object-lock-legal-hold", hold
        )
    arn = f"{bucket.arn}/{request['Key']}"
    if hold:
        require(call, "s3:PutObjectLegalHold", arn)
    if mode is None and until is None:
        return _default(call, bucket), hold
    if mode is None or until is None:
        raise errors.invalid_argument(
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied",
            "x-amz-object-lock-mode" if mode is None else "x-amz-object-lock-retain-until-date",
            "null",
        )
    require(call, "s3:PutObjectRetention", arn)
    return _retention(call, mode, until), hold


def _retention(call: Call, mode: str, until_s: float) -> Retention:
    if mode not in MODES:
        raise errors.invalid_argument("Unknown wormMode directive", "x-amz-object-lock-mode", mode)
    until_ns = int(until_s * SECOND_NS)
    if until_ns <= call.now:
        raise errors.invalid_argument(
            "The retain until date must be in the future!",
            "x-amz-object-lock-retain-until-date",
            str(until_s),
        )
    return Retention(mode, until_ns)


def _default(call: Call, bucket: Bucket) -> Retention | None:
    default = (bucket.lock_rule or {}).get("DefaultRetention")
    if not default:
        return None
    days = default.get("Days") or default["Years"] * DAYS_A_YEAR
    return Retention(default["Mode"], call.now + days * DAY_NS)


def check_free(
    call: Call, bucket: Bucket, key: str, version: Version, *, bypasses: bool = False
) -> None:
    """Raise AccessDenied when a version is locked now."""
    if not isinstance(version, ObjectVersion):
        return
    if version.legal_hold == "ON":
        raise errors.access_denied(PROTECTED)
    retention = version.retention
    if retention is None or retention.until_ns <= call.now:
        return
    if retention.mode == COMPLIANCE or not (bypasses and may_bypass(call, bucket, key)):
        raise errors.access_denied(PROTECTED)


def may_bypass(call: Call, bucket: Bucket, key: str) -> bool:
    """Whether the caller may go past governance; in `warn` everybody may, and it is noted."""
    if call.cloud.settings.iam == "enforce":
        decision = decide(call, "s3:BypassGovernanceRetention", f"{bucket.arn}/{key}")
        return decision is None or decision.effect == "allowed"
    require(call, "s3:BypassGovernanceRetention", f"{bucket.arn}/{key}")
    return True


def shown(version: ObjectVersion, output: dict[str, Any]) -> None:
    """Say a version's lock in an answer."""
    if version.retention is not None:
        output["ObjectLockMode"] = version.retention.mode
        output["ObjectLockRetainUntilDate"] = version.retention.until_ns / SECOND_NS
    if version.legal_hold:
        output["ObjectLockLegalHoldStatus"] = version.legal_hold


# The operations


def _lockable(call: Call, request: Input) -> tuple[Bucket, ObjectVersion]:
    bucket = expect_bucket(call, request)
    if not bucket.lock_enabled:
        raise errors.invalid_request("Bucket is missing Object Lock Configuration")
    return bucket, expect_object(call, bucket, request)


def put_object_retention(call: Call, request: Input) -> Output:
    """Lock a version until a date, prolong that, or (in governance, with bypass) shorten it."""
    bucket, version = _lockable(call, request)
    wanted = request.get("Retention") or {}
    bypasses = bool(request.get("BypassGovernanceRetention"))
    mode, until = wanted.get("Mode"), wanted.get("RetainUntilDate")
    if (mode is None) != (until is None):
        raise errors.malformed_xml()
    retention = None if mode is None or until is None else _retention(call, mode, until)
    held = version.retention
    if held is not None and held.until_ns > call.now:
        is_weaker = retention is None or retention.until_ns < held.until_ns
        if held.mode == COMPLIANCE:
            if is_weaker or retention is None or retention.mode != COMPLIANCE:
                raise errors.access_denied(PROTECTED)
        elif is_weaker and not (bypasses and may_bypass(call, bucket, request["Key"])):
            raise errors.access_denied(PROTECTED)
    version.retention = retention
    return {}


def get_object_retention(call: Call, request: Input) -> Output:
    """Until when a version is locked, and how."""
    _, version = _lockable(call, request)
    if version.retention is None:
        raise _no_lock("The specified object does not have a ObjectLock configuration")
    until = version.retention.until_ns / SECOND_NS
    return {"Retention": {"Mode": version.retention.mode, "RetainUntilDate": until}}


def put_object_legal_hold(call: Call, request: Input) -> Output:
    """Hold a version whatever its retention says, or let go of it."""
    _, version = _lockable(call, request)
    status = (request.get("LegalHold") or {}).get("Status")
    if status not in ("ON", "OFF"):
        raise errors.malformed_xml()
    version.legal_hold = status
    return {}


def get_object_legal_hold(call: Call, request: Input) -> Output:
    """Whether a version is held."""
    _, version = _lockable(call, request)
    if not version.legal_hold:
        raise _no_lock("The specified object does not have a ObjectLock configuration")
    return {"LegalHold": {"Status": version.legal_hold}}


def _no_lock(message: str) -> AwsError:
    return AwsError("NoSuchObjectLockConfiguration", message, 404)


def put_object_lock_configuration(call: Call, request: Input) -> Output:
    """Turn object lock on in a versioned bucket, and set its default retention.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectLockConfiguration.html
    """
    bucket = expect_bucket(call, request)
    wanted = request.get("ObjectLockConfiguration") or {}
    if wanted.get("ObjectLockEnabled") != "Enabled":
        raise errors.malformed_xml()
    if bucket.versioning != "Enabled":
        raise AwsError(
            "InvalidBucketState",
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
            409,
        )
    rule = wanted.get("Rule")
    if rule is not None:
        default = rule.get("DefaultRetention") or {}
        days, years = default.get("Days"), default.get("Years")
        if default.get("Mode") not in MODES or (days is None) == (years is None):
            raise errors.malformed_xml()
        for name, period, most in (("Days", days, DAYS_MAX), ("Years", years, YEARS_MAX)):
            if period is not None and not 1 <= period <= most:
                raise errors.invalid_argument(
                    "Default retention period must be a positive integer value.", name, str(period)
                )
    bucket.lock_enabled = True
    bucket.lock_rule = rule
    return {}


def get_object_lock_configuration(call: Call, request: Input) -> Output:
    """A bucket's object lock and its default retention."""
    bucket = expect_bucket(call, request)
    if not bucket.lock_enabled:
        raise AwsError(
            "ObjectLockConfigurationNotFoundError",
            "Object Lock configuration does not exist for this bucket",
            404,
            BucketName=bucket.name,
        )
    shown_: dict[str, Any] = {"ObjectLockEnabled": "Enabled"}
    if bucket.lock_rule is not None:
        shown_["Rule"] = bucket.lock_rule
    return {"ObjectLockConfiguration": shown_}
