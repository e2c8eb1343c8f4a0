"""What a permission to launch is asked on: everything that a launch makes or is made of.

Rules of this file: made from the request, before it is checked. Images lie in no account, as AWS
writes their ARNs; key pairs and placement groups are named by their names.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ExamplePolicies_EC2.html#iam-example-runinstances
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds, permissions
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.instances.options import DEFAULT_TYPE
from cloudchamber.services.ec2.instances.template_lookup import expect_template, with_template
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, SECURITY_GROUP
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.services.ec2.volumes.nouns import VOLUME
from cloudchamber.services.ec2.vpcs.nouns import SUBNET


def arns_of_launch(call: Call, request: Input) -> Sequence[str]:
    """The ARNs of a RunInstances request."""
    whole = _whole(call, request)
    subnets = [whole.get("SubnetId"), *(each.get("SubnetId") for each in _interfaces(whole))]
    groups = [
        *whole.get("SecurityGroupIds", ()),
        *(group for each in _interfaces(whole) for group in each.get("Groups", ())),
    ]
    existing = [each.get("NetworkInterfaceId") for each in _interfaces(whole)]
    arns = [
        _arn(call, INSTANCE, "*"),
        _arn(call, VOLUME, "*"),
        image_arn(call, whole.get("ImageId", "*")),
        *_arns(call, INTERFACE, existing),
        *_arns(call, SUBNET, subnets),
        *_arns(call, SECURITY_GROUP, groups),
    ]
    if whole.get("KeyName"):
        arns.append(call.arn(f"key-pair/{whole['KeyName']}"))
    if whole.get("Placement", {}).get("GroupName"):
        arns.append(call.arn(f"placement-group/{whole['Placement']['GroupName']}"))
    if request.get("LaunchTemplate"):
        arns.append(_template_arn(call, request["LaunchTemplate"]))
    return arns


def context_of_launch(call: Call, request: Input) -> Mapping[str, Sequence[str]]:
    """The condition keys of a RunInstances request."""
    whole = _whole(call, request)
    keys: dict[str, Sequence[str]] = dict(permissions.requested(call, whole))
    metadata = whole.get("MetadataOptions", {})
    placement = whole.get("Placement", {})
    profile = whole.get("IamInstanceProfile", {})
    market = whole.get("InstanceMarketOptions", {})
    for key, value in (
        ("ec2:InstanceType", whole.get("InstanceType", DEFAULT_TYPE)),
        ("ec2:Tenancy", placement.get("Tenancy", "default")),
        ("ec2:AvailabilityZone", placement.get("AvailabilityZone")),
        ("ec2:MetadataHttpTokens", metadata.get("HttpTokens")),
        ("ec2:MetadataHttpEndpoint", metadata.get("HttpEndpoint")),
        ("ec2:MetadataHttpPutResponseHopLimit", metadata.get("HttpPutResponseHopLimit")),
        ("ec2:InstanceProfile", profile.get("Arn")),
        ("ec2:InstanceMarketType", market.get("MarketType", "on-demand")),
        ("ec2:RootDeviceType", "ebs"),
    ):
        if value is not None:
            keys[key] = (str(value),)
    for key, flag in (
        ("ec2:EbsOptimized", whole.get("EbsOptimized", False)),
        ("ec2:IsLaunchTemplateResource", bool(request.get("LaunchTemplate"))),
    ):
        keys[key] = ("true" if flag else "false",)
    return keys


def arns_of_images(call: Call, request: Input) -> Sequence[str]:
    """The ARN of the image that a request names."""
    return [image_arn(call, request.get("ImageId", "*"))]


def image_arn(call: Call, identifier: str) -> str:
    """An image's ARN, which says no account."""
    return f"arn:{call.partition}:ec2:{call.region}::image/{identifier}"


def _whole(call: Call, request: Input) -> Input:
    """The request with its template; alone, if there is no such template."""
    try:
        return with_template(call, request)[0]
    except AwsError:
        return request


def _template_arn(call: Call, given: Mapping[str, Any]) -> str:
    try:
        return call.arn(f"launch-template/{expect_template(call, given).id}")
    except AwsError:
        return call.arn("launch-template/*")


def _interfaces(request: Input) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = request.get("NetworkInterfaces", ())
    return found


def _arns(call: Call, kind: Kind[Any], ids: Sequence[str | None]) -> list[str]:
    named = list(dict.fromkeys(each for each in ids if each))
    return [_arn(call, kind, each) for each in named] or [_arn(call, kind, "*")]


def _arn(call: Call, kind: Kind[Any], identifier: str) -> str:
    place = kinds.place_of(call.cloud, identifier)
    owner = place.account if place else call.account
    return kinds.arn_of(kind, owner, call.region, identifier)
