"""RequestSpotInstances, DescribeSpotInstanceRequests, CancelSpotInstanceRequests.

Rules of this file: the operations; what a request then does is in `requesting.py`.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RequestSpotInstances.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.instances import launching as instances
from cloudchamber.services.ec2.market import requesting
from cloudchamber.services.ec2.market.launching import (
    Terms,
    expect_behavior,
    new_request,
    price_of,
    product_of,
)
from cloudchamber.services.ec2.market.nouns import SPOT_REQUEST, SpotRequest
from cloudchamber.services.ec2.market.pools import on_demand_price
from cloudchamber.services.ec2.market.statuses import settle
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes.spelling import instant
from cloudchamber.services.ec2.vpcs import lookup
from cloudchamber.world.capacity.prices import dollars

COUNT_MAX: Final = 1000


def request_spot_instances(call: Call, request: Input) -> Output:
    """Ask for Spot instances: each has a request of its own, which is evaluated by itself."""
    given = tags.specified(request, SPOT_REQUEST.type)
    count = request.get("InstanceCount", 1)
    if not 1 <= count <= COUNT_MAX:
        raise invalid_value(count, "instanceCount", f"It is from 1 to {COUNT_MAX}.")
    if request.get("BlockDurationMinutes"):
        raise AwsError(
            "InvalidParameterValue", "Spot Instances with a defined duration are not offered."
        )
    spec = _spec(request)
    terms, begins = _terms(call, request)
    plan = instances.plan(call, spec, 1, 1)
    product = product_of(plan.image.platform_details)
    made = []
    for _ in range(count):
        row = new_request(call, kinds.new_id(call, SPOT_REQUEST.prefix), spec, terms)
        row.from_ns = begins
        row.product = product
        row.max_price = terms.max_price or on_demand_price(plan.kind, plan.subnet.zone_id, product)
        row.launch_group = request.get("LaunchGroup", "")
        row.zone_group = request.get("AvailabilityZoneGroup", "")
        kinds.add(call, SPOT_REQUEST, row)
        tags.put(call, row.id, given)
        requesting.evaluate_now(call, row)
        made.append(row)
    return {"SpotInstanceRequests": [_view(call, row) for row in made]}


def cancel_spot_instance_requests(call: Call, request: Input) -> Output:
    """Cancel requests. Their instances run on."""
    rows = [
        kinds.expect_own(call, SPOT_REQUEST, each)
        for each in dict.fromkeys(request["SpotInstanceRequestIds"])
    ]
    for row in rows:
        if row.state == "open":
            settle(call, row, "cancelled", "canceled-before-fulfillment")
        elif row.state == "active":
            settle(call, row, "cancelled", "request-canceled-and-instance-running")
        elif row.state == "disabled":
            settle(call, row, "cancelled", row.status)
    return {
        "CancelledSpotInstanceRequests": [
            {"SpotInstanceRequestId": row.id, "State": row.state} for row in rows
        ]
    }


def describe_spot_instance_requests(call: Call, request: Input) -> Output:
    """The account's Spot requests."""
    return describe(call, request, _REQUESTS)


def _spec(request: Input) -> dict[str, Any]:
    """The launch, as RunInstances would be asked for it."""
    given = request.get("LaunchSpecification")
    if not given:
        raise missing_parameter("launchSpecification")
    spec = dict(given)
    placement = spec.get("Placement", {})
    if placement.get("Tenancy") == "host":
        raise invalid_combination("Spot Instances cannot be launched on Dedicated Hosts.")
    return spec


def _terms(call: Call, request: Input) -> tuple[Terms, int]:
    """How the instances are asked for, and from when on."""
    type_name = request.get("Type", "one-time")
    begins = int(request.get("ValidFrom", 0)) * SECOND_NS
    until = int(request.get("ValidUntil", 0)) * SECOND_NS
    if until and until <= max(begins, call.now):
        raise AwsError("InvalidParameterValue", "ValidUntil must be later than ValidFrom and now.")
    terms = Terms(
        type=type_name,
        behavior=expect_behavior(
            request.get("InstanceInterruptionBehavior", "terminate"), type_name
        ),
        max_price=price_of(request.get("SpotPrice")),
        until_ns=until,
    )
    return terms, begins


def _view(call: Call, row: SpotRequest) -> Output:
    view: Output = {
        "SpotInstanceRequestId": row.id,
        "SpotPrice": dollars(row.max_price),
        "Type": row.type,
        "State": row.state,
        "Status": {
            "Code": row.status,
            "Message": row.status_text,
            "UpdateTime": row.status_ns / SECOND_NS,
        },
        "LaunchSpecification": dict(row.shown),
        "CreateTime": row.created_ns / SECOND_NS,
        "ProductDescription": row.product,
        "InstanceInterruptionBehavior": row.behavior,
        "Tags": tags.shown(call, row.id),
    }
    if row.instance:
        view["InstanceId"] = row.instance
    if row.zone_id:
        view["LaunchedAvailabilityZone"] = lookup.zone_name(call, row.zone_id)
        view["LaunchedAvailabilityZoneId"] = row.zone_id
    if row.fault_code:
        view["Fault"] = {"Code": row.fault_code, "Message": row.fault_text}
    if row.launch_group:
        view["LaunchGroup"] = row.launch_group
    if row.zone_group:
        view["AvailabilityZoneGroup"] = row.zone_group
    if row.from_ns:
        view["ValidFrom"] = row.from_ns / SECOND_NS
    if row.until_ns:
        view["ValidUntil"] = row.until_ns / SECOND_NS
    return view


def _one(value: object) -> tuple[str, ...]:
    return (str(value),) if value not in ("", None) else ()


def _devices(row: SpotRequest, member: str) -> list[str]:
    found = [each.get("Ebs", {}).get(member) for each in row.shown.get("BlockDeviceMappings", ())]
    return [_text(each) for each in found if each is not None]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _interfaces(row: SpotRequest, member: str) -> list[str]:
    found = [each.get(member) for each in row.shown.get("NetworkInterfaces", ())]
    return [_text(each) for each in found if each is not None]


def _when(t_ns: int) -> tuple[str, ...]:
    return (instant(t_ns),) if t_ns else ()


_FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "availability-zone-group": lambda call, row: _one(row.zone_group),
        "create-time": lambda call, row: _when(row.created_ns),
        "fault-code": lambda call, row: _one(row.fault_code),
        "fault-message": lambda call, row: _one(row.fault_text),
        "instance-id": lambda call, row: _one(row.instance),
        "launch-group": lambda call, row: _one(row.launch_group),
        "launch.block-device-mapping.delete-on-termination": lambda call, row: _devices(
            row, "DeleteOnTermination"
        ),
        "launch.block-device-mapping.device-name": lambda call, row: [
            each.get("DeviceName", "") for each in row.shown.get("BlockDeviceMappings", ())
        ],
        "launch.block-device-mapping.snapshot-id": lambda call, row: _devices(row, "SnapshotId"),
        "launch.block-device-mapping.volume-size": lambda call, row: _devices(row, "VolumeSize"),
        "launch.block-device-mapping.volume-type": lambda call, row: _devices(row, "VolumeType"),
        "launch.group-id": lambda call, row: [
            each.get("GroupId", "") for each in row.shown.get("SecurityGroups", ())
        ],
        "launch.group-name": lambda call, row: row.spec.get("SecurityGroups", ()),
        "launch.image-id": lambda call, row: _one(row.shown.get("ImageId")),
        "launch.instance-type": lambda call, row: _one(row.shown.get("InstanceType")),
        "launch.kernel-id": lambda call, row: _one(row.shown.get("KernelId")),
        "launch.key-name": lambda call, row: _one(row.shown.get("KeyName")),
        "launch.monitoring-enabled": lambda call, row: _one(
            _text(row.shown["Monitoring"]["Enabled"])
        ),
        "launch.ramdisk-id": lambda call, row: _one(row.shown.get("RamdiskId")),
        "launched-availability-zone": lambda call, row: (
            (lookup.zone_name(call, row.zone_id),) if row.zone_id else ()
        ),
        "launched-availability-zone-id": lambda call, row: _one(row.zone_id),
        "network-interface.addresses.primary": lambda call, row: [
            _text(address.get("Primary", False))
            for each in row.shown.get("NetworkInterfaces", ())
            for address in each.get("PrivateIpAddresses", ())
        ],
        "network-interface.delete-on-termination": lambda call, row: _interfaces(
            row, "DeleteOnTermination"
        ),
        "network-interface.description": lambda call, row: _interfaces(row, "Description"),
        "network-interface.device-index": lambda call, row: _interfaces(row, "DeviceIndex"),
        "network-interface.group-id": lambda call, row: [
            group
            for each in row.shown.get("NetworkInterfaces", ())
            for group in each.get("Groups", ())
        ],
        "network-interface.network-interface-id": lambda call, row: _interfaces(
            row, "NetworkInterfaceId"
        ),
        "network-interface.private-ip-address": lambda call, row: _interfaces(
            row, "PrivateIpAddress"
        ),
        "network-interface.subnet-id": lambda call, row: _interfaces(row, "SubnetId"),
        "product-description": lambda call, row: _one(row.product),
        "spot-instance-request-id": lambda call, row: (row.id,),
        "spot-price": lambda call, row: (dollars(row.max_price),),
        "state": lambda call, row: (row.state,),
        "status-code": lambda call, row: (row.status,),
        "status-message": lambda call, row: (row.status_text,),
        "type": lambda call, row: (row.type,),
        "valid-from": lambda call, row: _when(row.from_ns),
        "valid-until": lambda call, row: _when(row.until_ns),
    }
)

_REQUESTS: Final[Description[SpotRequest]] = Description(
    kind=SPOT_REQUEST,
    ids="SpotInstanceRequestIds",
    answer="SpotInstanceRequests",
    view=_view,
    filters=_FILTERS,
)
