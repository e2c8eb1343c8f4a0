"""Configurations of which a bucket has many, by id: metrics, analytics, tiering, inventories.

Rules of this file: one way to put, get, list and delete them all. Only inventories have an effect
(see `inventories.py`); the others are kept.
https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketMetricsConfiguration.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Handler, Input, Operation, Output, recorded, simulated
from cloudchamber.services.s3 import errors, inventories
from cloudchamber.services.s3.lookup import arn_of_bucket, expect_bucket
from cloudchamber.services.s3.nouns import Bucket, Settings

CONFIGURATIONS_MAX: Final = 1000
PAGE_SIZE: Final = 100
TIERS: Final = ("ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS")
TIER_DAYS_MIN: Final = MappingProxyType({"ARCHIVE_ACCESS": 90, "DEEP_ARCHIVE_ACCESS": 180})
TIER_DAYS_MAX: Final = 730


class Kind(NamedTuple):
    """One kind of configuration: its name in operations, its slot, what checks it.

    `action` is what its permissions are called: `Get{action}`, `Put{action}`.
    """

    name: str
    slot: str
    action: str
    check: Callable[[Call, Bucket, Settings], None]
    note: str = ""


def _check_metrics(call: Call, bucket: Bucket, wanted: Settings) -> None:
    _check_filter(wanted.get("Filter"))


def _check_analytics(call: Call, bucket: Bucket, wanted: Settings) -> None:
    _check_filter(wanted.get("Filter"))
    if "StorageClassAnalysis" not in wanted:
        raise errors.malformed_xml()


def _check_tiering(call: Call, bucket: Bucket, wanted: Settings) -> None:
    _check_filter(wanted.get("Filter"))
    tierings = wanted.get("Tierings") or []
    if wanted.get("Status") not in ("Enabled", "Disabled") or not tierings:
        raise errors.malformed_xml()
    for tiering in tierings:
        tier, days = tiering.get("AccessTier"), tiering.get("Days", 0)
        if tier not in TIERS:
            raise errors.malformed_xml()
        if not TIER_DAYS_MIN[tier] <= days <= TIER_DAYS_MAX:
            raise errors.invalid_argument(
                f"'Days' for {tier} must be between {TIER_DAYS_MIN[tier]} and {TIER_DAYS_MAX}",
                "Days",
                str(days),
            )


def _check_filter(wanted: Mapping[str, Any] | None) -> None:
    if wanted is not None and len(wanted) != 1:
        raise errors.malformed_xml()


KINDS: Final = (
    Kind("Metrics", "metrics", "MetricsConfiguration", _check_metrics,
         "no request metrics are published"),
    Kind("Analytics", "analytics", "AnalyticsConfiguration", _check_analytics,
         "no storage class analysis is made"),
    Kind("IntelligentTiering", "intelligent_tiering", "IntelligentTieringConfiguration",
         _check_tiering, "objects stay in the tier they are in"),
    Kind("Inventory", "inventory", "InventoryConfiguration", inventories.check),
)  # fmt: skip


def _put(kind: Kind) -> Handler:
    member = f"{kind.name}Configuration"

    def put(call: Call, request: Input) -> Output:
        bucket = expect_bucket(call, request)
        wanted = request.get(member)
        if wanted is None:
            raise errors.missing_body()
        if wanted.get("Id") != request["Id"]:
            raise AwsError("InvalidConfigurationId", "The specified configuration ID is invalid.")
        kept = _slot(bucket, kind)
        if request["Id"] not in kept and len(kept) >= CONFIGURATIONS_MAX:
            raise AwsError(
                "TooManyConfigurations",
                "You are attempting to create a new configuration but have already reached the "
                "1,000-configuration limit.",
                400,
            )
        kind.check(call, bucket, wanted)
        kept[request["Id"]] = wanted
        return {}

    return put


def _get(kind: Kind) -> Handler:
    def get(call: Call, request: Input) -> Output:
        bucket = expect_bucket(call, request)
        return {f"{kind.name}Configuration": _expect(bucket, kind, request["Id"])}

    return get


def _delete(kind: Kind) -> Handler:
    def delete(call: Call, request: Input) -> Output:
        bucket = expect_bucket(call, request)
        _expect(bucket, kind, request["Id"])
        del _slot(bucket, kind)[request["Id"]]
        return {}

    return delete


def _list(kind: Kind) -> Handler:
    def listed(call: Call, request: Input) -> Output:
        kept = _slot(expect_bucket(call, request), kind)
        token = request.get("ContinuationToken")
        try:
            shown, more = page(sorted(kept), lambda each: each, token, PAGE_SIZE)
        except BadToken:
            raise errors.invalid_argument(
                "The continuation token provided is incorrect", "continuation-token", token or ""
            ) from None
        output: Output = {"IsTruncated": more is not None}
        if shown:
            output[f"{kind.name}ConfigurationList"] = [kept[name] for name in shown]
        if token is not None:
            output["ContinuationToken"] = token
        if more is not None:
            output["NextContinuationToken"] = more
        return output

    return listed


def _slot(bucket: Bucket, kind: Kind) -> dict[str, Settings]:
    kept: dict[str, Settings] = getattr(bucket, kind.slot)
    return kept


def _expect(bucket: Bucket, kind: Kind, name: str) -> Settings:
    found = _slot(bucket, kind).get(name)
    if found is None:
        raise AwsError("NoSuchConfiguration", "The specified configuration does not exist.", 404)
    return found


def operations() -> dict[str, Operation]:
    """The four operations of each kind."""
    made: dict[str, Operation] = {}
    for kind in KINDS:
        handlers = (
            (f"PutBucket{kind.name}Configuration", _put(kind), f"Put{kind.action}"),
            (f"GetBucket{kind.name}Configuration", _get(kind), f"Get{kind.action}"),
            (f"DeleteBucket{kind.name}Configuration", _delete(kind), f"Put{kind.action}"),
            (f"ListBucket{kind.name}Configurations", _list(kind), f"Get{kind.action}"),
        )
        for name, handler, action in handlers:
            if kind.note:
                made[name] = recorded(handler, kind.note, action=action, resource=arn_of_bucket)
            else:
                made[name] = simulated(handler, action=action, resource=arn_of_bucket)
    return made
