"""From a request to its access point, and to the ARN that a permission is asked on.

Rules of this file: nothing is changed here. An account speaks of what is its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.ports import AccessPointFacts
from cloudchamber.cloud.service import Input
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.s3control.nouns import ACCESS_POINTS, ALIASES, BLOCKS, AccessPoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudchamber.cloud.cloud import Cloud

PREFIX: Final = "accesspoint/"


def check_account(call: Call, request: Input) -> None:
    """Raise AccessDenied when the account of a request is not the caller's."""
    if request["AccountId"] != call.account:
        raise AwsError("AccessDenied", "Access Denied", 403)


def name_of(request: Input) -> str:
    """The name of a request's access point, which may be given as its ARN."""
    name: str = request["Name"]
    return name.rpartition(PREFIX)[2] if name.startswith("arn:") else name


def expect_point(call: Call, request: Input) -> AccessPoint:
    """The access point of a request. Raises NoSuchAccessPoint."""
    check_account(call, request)
    name = name_of(request)
    point = call.rows(ACCESS_POINTS).get(name)
    if point is None:
        raise AwsError(
            "NoSuchAccessPoint", "The specified accesspoint does not exist", 404,
            AccessPointName=name,
        )  # fmt: skip
    return point


def arn_of_point(call: Call, request: Input) -> str:
    """The ARN that a permission on an access point is asked on."""
    name = request.get("Name", "*")
    return name if name.startswith("arn:") else call.arn(f"{PREFIX}{name}")


def access_point(cloud: Cloud, name: str) -> AccessPointFacts | None:
    """Port `access-point`: the access point of an ARN or an alias."""
    account, region, plain = "", "", name
    if name.startswith("arn:"):
        parts = find_arn(name)
        if parts is None or not parts.resource.startswith(PREFIX):
            return None
        account, region = parts.account, parts.region
        plain = parts.resource.removeprefix(PREFIX)
    else:
        alias = cloud.store.rows(ALIASES, "", "").get(name)
        if alias is None:
            return None
        account, region, plain = alias.account, alias.region, alias.name
    point = cloud.store.rows(ACCESS_POINTS, account, region).get(plain)
    if point is None:
        return None
    return AccessPointFacts(
        arn=point.arn,
        alias=point.alias,
        account=point.account,
        region=point.region,
        bucket=point.bucket,
        policy=point.policy,
        vpc=point.vpc,
        blocks=point.blocks,
    )


def has_access_points(cloud: Cloud, bucket: str) -> bool:
    """Port `has-access-points`: whether any leads to a bucket."""
    return any(
        point.bucket == bucket
        for _, _, points in cloud.store.scopes(ACCESS_POINTS)
        for point in points.values()
    )


def account_blocks(cloud: Cloud, account: str) -> Mapping[str, bool] | None:
    """Port `public-access-block`: what an account blocks."""
    kept = cloud.store.rows(BLOCKS, account, "").get("")
    return None if kept is None else kept.blocks


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy of an access point, which also guards what is asked of itself."""
    found = access_point(call.cloud, arn) if f":{PREFIX}" in arn else None
    if found is None or not found.policy:
        return None
    return attached_policy(found.policy, arn)


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> list[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the access points that have tags, by name."""
    points = cloud.store.rows(ACCESS_POINTS, account, region).values()
    return [(point.arn, point.tags) for point in points if point.tags]
