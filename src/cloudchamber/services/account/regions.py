"""EnableRegion, DisableRegion, GetRegionOptStatus, ListRegions: which Regions an account may use.

Rules of this file: the choice is the account's and holds in every Region, so it is kept once per
account. What a Region is comes from the world's geography. Others learn of the choice through the
port `enabled-regions`.
https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-regions.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.services.account.lifecycle import REGION_LIFE
from cloudchamber.services.account.nouns import REGION_CHOICES, OptStatus, RegionChoice
from cloudchamber.world.geography.regions import Region, find_region, partition_of, regions

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

REGION_DONE: Final = "account.region-done"
_PAGE: Final = 50
_UNDER_WAY: Final = ("ENABLING", "DISABLING")


def enable_region(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to enable an opt-in Region. Raises ValidationException for a default Region,
    ConflictException while a change is under way, TooManyRequestsException above the quota."""
    _change(call, request, "enable")
    return {}


def disable_region(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Begin to disable an opt-in Region; raises what `enable_region` raises."""
    _change(call, request, "disable")
    return {}


def get_region_opt_status(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Where one Region stands. Raises ValidationException for what is no Region."""
    account = _account(call, request)
    region = _expect_region(call, request["RegionName"])
    return {"RegionName": region.name, "RegionOptStatus": _status(call, account, region)}


def list_regions(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Every Region of the partition with its status, at most 50 a page, by code."""
    account = _account(call, request)
    wanted = request.get("RegionOptStatusContains")
    listed = [
        {"RegionName": each.name, "RegionOptStatus": _status(call, account, each)}
        for each in sorted(regions(partition_of(call.region)), key=_code)
    ]
    if wanted:
        listed = [each for each in listed if each["RegionOptStatus"] in wanted]
    try:
        shown, token = page(
            listed,
            lambda each: each["RegionName"],
            request.get("NextToken"),
            request.get("MaxResults", _PAGE),
        )
    except BadToken:
        raise _invalid("NextToken", "The NextToken is not valid.") from None
    answer: dict[str, Any] = {"Regions": list(shown)}
    if token is not None:
        answer["NextToken"] = token
    return answer


def enabled_regions(cloud: Cloud, account: str) -> frozenset[str]:
    """The opt-in Regions that the account may use now: the answer to the port of that name."""
    rows = cloud.store.rows(REGION_CHOICES, account, "")
    return frozenset(name for name, row in rows.items() if row.status == "ENABLED")


def region_done(call: Call, account: str, region: str) -> None:
    """The kernel event at the end of a change."""
    row = call.rows(REGION_CHOICES, account=account)[region]
    row.status = cast(OptStatus, REGION_LIFE.move(row.status, "done"))
    row.since_ns = call.now
    _tell(call, account, region, row.status)


def _change(call: Call, request: dict[str, Any], event: str) -> None:
    account = _account(call, request)
    region = _expect_region(call, request["RegionName"])
    if not region.opt_in:
        raise _invalid(
            "RegionName",
            f"{region.name} is enabled by default and cannot be enabled or disabled.",
            "invalidRegionOptTarget",
        )
    rows = call.rows(REGION_CHOICES, account=account)
    row = rows.get(region.name) or RegionChoice("DISABLED", call.now)
    try:
        status = REGION_LIFE.move(row.status, event)
    except IllegalMove:
        raise AwsError(
            "ConflictException",
            f"The Region {region.name} is being enabled or disabled. Try again when it is done.",
            status=409,
        ) from None
    if status == row.status:
        return
    under_way = sum(each.status in _UNDER_WAY for each in rows.values())
    if under_way >= call.quota("region-opt-requests"):
        raise AwsError(
            "TooManyRequestsException",
            "This request has exceeded the quota for 'Number of concurrent region-opt requests "
            "for an account'. Consider retrying the operation later once some requests have been "
            "completed.",
            status=429,
        )
    row.status = cast(OptStatus, status)
    row.since_ns = call.now
    rows[region.name] = row
    _tell(call, account, region.name, row.status)
    delay_ns = REGION_LIFE.delay_ns(call.cloud.settings.lifecycle, row.status)
    if delay_ns:
        call.after(delay_ns, REGION_DONE, account, region.name)
    else:
        region_done(call, account, region.name)


def _account(call: Call, request: dict[str, Any]) -> str:
    """The account a request is about: the caller's, or a member of its organization."""
    target: str | None = request.get("AccountId")
    if target is None:
        return call.account
    if target == call.account:
        raise AwsError(
            "AccessDeniedException",
            "The management account can't specify its own AccountId. Call the operation without "
            "the AccountId parameter.",
            status=403,
        )
    try:
        call.invoke("organizations", "DescribeAccount", {"AccountId": target})
    except Refused:
        raise
    except AwsError as error:
        raise AwsError(
            "AccessDeniedException",
            f"{call.caller.arn} may not act on account {target}: {error.message}",
            status=403,
        ) from error
    return target


def _expect_region(call: Call, name: str) -> Region:
    region = find_region(name)
    if region is None or region.partition != partition_of(call.region):
        raise _invalid("RegionName", f"{name} is not a valid Region.")
    return region


def _status(call: Call, account: str, region: Region) -> str:
    if not region.opt_in:
        return "ENABLED_BY_DEFAULT"
    row = call.rows(REGION_CHOICES, account=account).get(region.name)
    return row.status if row else REGION_LIFE.initial


def _tell(call: Call, account: str, region: str, status: str) -> None:
    call.event(
        f"arn:{partition_of(region)}:account:{region}:{account}:region",
        f"account.region-{status.lower()}",
        f"{region} is {status} for account {account}",
    )


def _invalid(field: str, message: str, reason: str = "fieldValidationFailed") -> AwsError:
    return AwsError(
        "ValidationException",
        message,
        reason=reason,
        fieldList=[{"name": field, "message": message}],
    )


def _code(region: Region) -> str:
    return region.name
