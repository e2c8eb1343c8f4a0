"""Lifecycle rules of a bucket: checked, kept, and when they are due.

Rules of this file: what a rule means for a version is a function of the version and the rule; who
carries it out is `lifecycle_days.py`. Days are counted from an instant and rounded up to midnight
UTC. https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import quote

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, MultipartUpload, ObjectVersion
from cloudchamber.services.s3.versions import http_date

RULES_MAX: Final = 1000
ID_CHARACTERS_MAX: Final = 255
NEWER_MAX: Final = 100
INFREQUENT_DAYS_MIN: Final = 30
SMALL_BYTES: Final = 128 << 10
MIDNIGHT: Final = "s3.midnight"
DUE: Final = "lifecycle-due"  # in `Bucket.more`: the midnight that is planned
MINIMUM: Final = "transition-minimum"  # in `Bucket.more`
MINIMUMS: Final = ("all_storage_classes_128K", "varies_by_storage_class")
INFREQUENT: Final = ("STANDARD_IA", "ONEZONE_IA")
# From the dearest to the cheapest: a transition goes down only.
LADDER: Final = MappingProxyType(
    {
        "STANDARD": 0,
        "REDUCED_REDUNDANCY": 0,
        "STANDARD_IA": 1,
        "INTELLIGENT_TIERING": 2,
        "ONEZONE_IA": 3,
        "GLACIER_IR": 4,
        "GLACIER": 5,
        "DEEP_ARCHIVE": 6,
    }
)
ACTIONS: Final = frozenset(
    {
        "Expiration", "Transitions", "NoncurrentVersionTransitions", "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    }
)  # fmt: skip
FILTERS: Final = ("Prefix", "Tag", "ObjectSizeGreaterThan", "ObjectSizeLessThan", "And")


def put_bucket_lifecycle_configuration(call: Call, request: Input) -> Output:
    """Replace all rules; they are carried out every midnight UTC from now on."""
    bucket = expect_bucket(call, request)
    rules = (request.get("LifecycleConfiguration") or {}).get("Rules") or []
    if not 0 < len(rules) <= RULES_MAX:
        raise errors.malformed_xml()
    minimum = request.get("TransitionDefaultMinimumObjectSize", MINIMUMS[0])
    if minimum not in MINIMUMS:
        raise errors.invalid_argument(
            "Invalid TransitionDefaultMinimumObjectSize found",
            "x-amz-transition-default-minimum-object-size",
            minimum,
        )
    for rule in rules:
        _check(rule)
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(frozenset(names)) != len(names):
        raise errors.invalid_argument(
            "Rule ID must be unique. Found same ID for more than one rule", "ID", ""
        )
    draw = call.stream(bucket.arn, "lifecycle-rule-id").uuid
    bucket.lifecycle = {"Rules": [{**rule, "ID": rule.get("ID") or draw()} for rule in rules]}
    bucket.more[MINIMUM] = minimum
    plan(call, bucket)
    return {"TransitionDefaultMinimumObjectSize": minimum}


def plan(call: Call, bucket: Bucket) -> None:
    """See to the rules at the next midnight, unless that is planned."""
    due_ns = (call.now // DAY_NS + 1) * DAY_NS
    if bucket.more.get(DUE) != due_ns:
        bucket.more[DUE] = due_ns
        call.at(due_ns, MIDNIGHT, bucket.name, due_ns, weak=True)


def get_bucket_lifecycle_configuration(call: Call, request: Input) -> Output:
    """All rules. Raises NoSuchLifecycleConfiguration."""
    bucket = expect_bucket(call, request)
    if bucket.lifecycle is None:
        raise AwsError(
            "NoSuchLifecycleConfiguration",
            "The lifecycle configuration does not exist",
            404,
            BucketName=bucket.name,
        )
    minimum = bucket.more.get(MINIMUM, MINIMUMS[0])
    return {**bucket.lifecycle, "TransitionDefaultMinimumObjectSize": minimum}


def delete_bucket_lifecycle(call: Call, request: Input) -> Output:
    """Delete all rules; what they have done stays."""
    bucket = expect_bucket(call, request)
    bucket.lifecycle = None
    bucket.more.pop(DUE, None)
    return {}


def _check(rule: Mapping[str, Any]) -> None:
    if len(rule.get("ID") or "") > ID_CHARACTERS_MAX:
        raise _bad("ID length should not exceed allowed limit of 255", "ID", rule["ID"])
    if rule.get("Status") not in ("Enabled", "Disabled"):
        raise errors.malformed_xml()
    if ("Filter" in rule) == ("Prefix" in rule):
        raise errors.malformed_xml()
    if ACTIONS.isdisjoint(rule):
        raise errors.invalid_request("At least one action needs to be specified in a rule")
    _check_filter(rule)
    moves = rule.get("Transitions") or []
    for move in moves:
        _check_instant(move, "Transition", least=0)
        storage_class = move.get("StorageClass")
        if storage_class not in LADDER or not LADDER[storage_class]:
            raise errors.malformed_xml()
        _check_infrequent(storage_class, move.get("Days"), "Days", "Transition")
    for move in rule.get("NoncurrentVersionTransitions") or []:
        if move.get("StorageClass") not in LADDER or "NoncurrentDays" not in move:
            raise errors.malformed_xml()
        _check_infrequent(
            move["StorageClass"], move["NoncurrentDays"], "NoncurrentDays",
            "NoncurrentVersionTransition",
        )  # fmt: skip
    expiration = rule.get("Expiration")
    if expiration is not None:
        _check_expiration(expiration, moves, prefix_of(rule))
    _check_noncurrent(rule.get("NoncurrentVersionExpiration"))
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort is not None:
        if _tags_of(rule) or _sizes_of(rule) != (None, None):
            raise errors.invalid_request(
                "AbortIncompleteMultipartUpload cannot be specified with Tags."
            )
        if abort.get("DaysAfterInitiation", 0) < 1:
            raise _bad(
                "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a "
                "positive integer",
                "DaysAfterInitiation",
                str(abort.get("DaysAfterInitiation")),
            )


def _check_filter(rule: Mapping[str, Any]) -> None:
    wanted = rule.get("Filter")
    if wanted is None:
        return
    if sum(name in wanted for name in FILTERS) > 1:
        raise errors.malformed_xml()
    pairs = _tag_list(rule)
    if len({tag.get("Key") for tag in pairs}) != len(pairs):
        raise errors.invalid_request("Duplicate Tag Keys are not allowed.")
    above, below = _sizes_of(rule)
    if above is not None and below is not None and below <= above + 1:
        raise errors.invalid_request(
            "'ObjectSizeLessThan' has to be a value greater than 'ObjectSizeGreaterThan'."
        )


def _check_instant(action: Mapping[str, Any], name: str, *, least: int) -> None:
    days, date = action.get("Days"), action.get("Date")
    if (days is None) == (date is None):
        raise errors.malformed_xml()
    if days is not None and days < least:
        kind = "a positive integer" if least else "nonnegative"
        raise _bad(f"'Days' for {name} action must be {kind}", "Days", str(days))
    if date is not None and int(date * SECOND_NS) % DAY_NS:
        raise _bad("'Date' must be at midnight GMT", "Date", str(date))


def _check_infrequent(storage_class: str, days: int | None, member: str, name: str) -> None:
    if storage_class in INFREQUENT and days is not None and days < INFREQUENT_DAYS_MIN:
        raise _bad(
            f"'{member}' in {name} action must be greater than or equal to {INFREQUENT_DAYS_MIN} "
            f"for storageClass '{storage_class}'",
            member,
            str(days),
        )


def _check_expiration(
    expiration: Mapping[str, Any], moves: list[Mapping[str, Any]], prefix: str
) -> None:
    if "ExpiredObjectDeleteMarker" in expiration:
        if "Days" in expiration or "Date" in expiration:
            raise errors.malformed_xml()
        return
    _check_instant(expiration, "Expiration", least=1)
    for move in moves:
        if ("Days" in move) != ("Days" in expiration):
            raise errors.invalid_request(
                f"Found mixed 'Date' and 'Days' based Expiration and Transition actions in "
                f"lifecycle rule for prefix '{prefix}'"
            )
        if move.get("Days", -1) >= expiration.get("Days", 0):
            raise _bad(
                f"'Days' in the Expiration action for filter '(prefix={prefix})' must be greater "
                "than 'Days' in the Transition action",
                "Days",
                str(expiration.get("Days")),
            )


def _check_noncurrent(expiration: Mapping[str, Any] | None) -> None:
    if expiration is None:
        return
    if expiration.get("NoncurrentDays", 0) < 1:
        raise _bad(
            "'NoncurrentDays' for NoncurrentVersionExpiration action must be a positive integer",
            "NoncurrentDays",
            str(expiration.get("NoncurrentDays")),
        )
    if not 1 <= expiration.get("NewerNoncurrentVersions", 1) <= NEWER_MAX:
        raise _bad(
            "'NewerNoncurrentVersions' must be between 1 and 100",
            "NewerNoncurrentVersions",
            str(expiration["NewerNoncurrentVersions"]),
        )


def _bad(message: str, name: str, value: str) -> AwsError:
    return errors.invalid_argument(message, name, value)


# What a rule asks of an object


def prefix_of(rule: Mapping[str, Any]) -> str:
    """The prefix that a rule is held to, "" for none."""
    wanted = rule.get("Filter") or {}
    found: str = (
        rule.get("Prefix") or wanted.get("Prefix") or (wanted.get("And") or {}).get("Prefix") or ""
    )
    return found


def _tag_list(rule: Mapping[str, Any]) -> list[dict[str, str]]:
    wanted = rule.get("Filter") or {}
    one = wanted.get("Tag")
    return [one] if one else list((wanted.get("And") or {}).get("Tags") or [])


def _tags_of(rule: Mapping[str, Any]) -> dict[str, str]:
    return {tag.get("Key", ""): tag.get("Value", "") for tag in _tag_list(rule)}


def _sizes_of(rule: Mapping[str, Any]) -> tuple[int | None, int | None]:
    wanted = rule.get("Filter") or {}
    both = wanted.get("And") or wanted
    return both.get("ObjectSizeGreaterThan"), both.get("ObjectSizeLessThan")


def fits(rule: Mapping[str, Any], key: str, version: ObjectVersion) -> bool:
    """Whether a rule is for a version."""
    if not key.startswith(prefix_of(rule)):
        return False
    above, below = _sizes_of(rule)
    if above is not None and version.size <= above:
        return False
    if below is not None and version.size >= below:
        return False
    tagged = version.tags or {}
    return all(tagged.get(name) == value for name, value in _tags_of(rule).items())


def asks_for_objects(rule: Mapping[str, Any]) -> bool:
    """Whether a rule asks for tags or sizes, which markers do not have."""
    return bool(_tag_list(rule)) or _sizes_of(rule) != (None, None)


def enabled(bucket: Bucket) -> Iterator[Mapping[str, Any]]:
    """The rules of a bucket that are on."""
    for rule in (bucket.lifecycle or {}).get("Rules", ()):
        if rule["Status"] == "Enabled":
            yield rule


def due_ns(since_ns: int, days: int) -> int:
    """`days` after an instant, rounded up to midnight UTC."""
    return -(-(since_ns + days * DAY_NS) // DAY_NS) * DAY_NS


def action_due_ns(action: Mapping[str, Any], since_ns: int) -> int | None:
    """When an expiration or a transition of a version made at `since_ns` is due; None: never."""
    if "Days" in action:
        return due_ns(since_ns, action["Days"])
    if "Date" in action:
        return int(action["Date"] * SECOND_NS)
    return None


def allows_small(bucket: Bucket, rule: Mapping[str, Any], storage_class: str) -> bool:
    """Whether a version below 128 KB goes to a class."""
    if _sizes_of(rule) != (None, None):
        return True
    varies = bucket.more.get(MINIMUM) == MINIMUMS[1]
    return varies and storage_class in ("GLACIER", "DEEP_ARCHIVE")


def expiration_of(bucket: Bucket, key: str, version: ObjectVersion) -> tuple[int, str] | None:
    """When a current version expires and by which rule, the earliest; None when it does not."""
    found = [
        (due, rule["ID"])
        for rule in enabled(bucket)
        if (due := action_due_ns(rule.get("Expiration") or {}, version.modified_ns)) is not None
        and fits(rule, key, version)
    ]
    return min(found) if found else None


def expiration_header(bucket: Bucket, key: str, version: ObjectVersion) -> str | None:
    """`x-amz-expiration` of a current version."""
    found = expiration_of(bucket, key, version)
    if found is None:
        return None
    return f'expiry-date="{http_date(found[0])}", rule-id="{quote(found[1], safe="")}"'


def abort_of(bucket: Bucket, key: str, initiated_ns: int) -> tuple[int, str] | None:
    """When an upload is aborted and by which rule; None when none says so."""
    found = [
        (due_ns(initiated_ns, rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"]),
         rule["ID"])
        for rule in enabled(bucket)
        if rule.get("AbortIncompleteMultipartUpload") and key.startswith(prefix_of(rule))
    ]  # fmt: skip
    return min(found) if found else None


def abort_shown(bucket: Bucket, upload: MultipartUpload) -> dict[str, Any]:
    """`x-amz-abort-date` and `x-amz-abort-rule-id` of an upload."""
    found = abort_of(bucket, upload.key, upload.initiated_ns)
    if found is None:
        return {}
    return {"AbortDate": found[0] / SECOND_NS, "AbortRuleId": found[1]}
