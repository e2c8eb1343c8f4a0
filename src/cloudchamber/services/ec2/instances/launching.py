"""Launching instances: a plan that is checked whole, then everything at once.

Rules of this file: `plan` raises and changes nothing; `carry_out` takes hosts and addresses first,
since only these can run out, and gives them back when it cannot go on. Whoever launches for a
reason of its own (a Spot request, a fleet) calls `launch`.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances import lifecycle, networking, options, placing
from cloudchamber.services.ec2.instances.announcing import announce
from cloudchamber.services.ec2.instances.devices import Device, planned
from cloudchamber.services.ec2.instances.image_lookup import expect_launchable
from cloudchamber.services.ec2.instances.nouns import (
    IMAGE,
    INSTANCE,
    Image,
    Instance,
    Metadata,
    PlacementGroup,
)
from cloudchamber.services.ec2.instances.profiles import expect_profile, give_profile
from cloudchamber.services.ec2.instances.template_lookup import with_template
from cloudchamber.services.ec2.interfaces.allocation import free_count
from cloudchamber.services.ec2.interfaces.making import attach
from cloudchamber.services.ec2.interfaces.nouns import Interface
from cloudchamber.services.ec2.refusals import missing_parameter
from cloudchamber.services.ec2.volumes.making import attach_volume, make_planned
from cloudchamber.services.ec2.vpcs.lookup import vpc_of
from cloudchamber.services.ec2.vpcs.nouns import Subnet
from cloudchamber.world.capacity.catalogue import InstanceType

TAGGED: Final = ("instance", "volume", "network-interface", "spot-instances-request")


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """For whom instances are launched: `spot_requests` has the request of each instance."""

    lifecycle: str = ""
    spot_requests: tuple[str, ...] = ()
    capacity_reservation: str = ""
    requester: str = ""


ON_DEMAND: Final = Market()


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A launch that can be carried out. `shared` are the members that every instance has."""

    request: Input
    kind: InstanceType
    image: Image
    subnet: Subnet
    wants: list[networking.Wanted]
    devices: list[Device]
    least: int
    most: int
    group: PlacementGroup | None
    partition: int
    metadata: Metadata
    profile: tuple[str, str]
    shared: Mapping[str, Any]
    tags: dict[str, str]


def launch(
    call: Call, request: Input, least: int, most: int, market: Market = ON_DEMAND
) -> list[Instance]:
    """Launch `least` to `most` instances as a RunInstances request says. Raises AwsError."""
    return carry_out(call, plan(call, request, least, most), market)


def plan(call: Call, request: Input, least: int, most: int) -> Plan:
    """Check everything about a launch. Raises AwsError."""
    request, template_tags = with_template(call, request)
    if not request.get("ImageId"):
        raise missing_parameter("ImageId")
    given = tags.specified_all(request, TAGGED)
    image = expect_launchable(call, request["ImageId"])
    kind = options.expect_type(request.get("InstanceType") or options.DEFAULT_TYPE)
    options.expect_fits(kind, image)
    subnet = networking.chosen_subnet(call, request, kind)
    placing.expect_offered(call, kind, subnet.zone_id)
    wants = networking.wanted(call, request, subnet, kind, most)
    devices = planned(
        call,
        image,
        request.get("BlockDeviceMappings", ()),
        subnet.zone_id,
        given.get("volume", {}),
    )
    group, partition = options.group(call, request, kind)
    return Plan(
        request=request,
        kind=kind,
        image=image,
        subnet=subnet,
        wants=wants,
        devices=devices,
        least=least,
        most=most,
        group=group,
        partition=partition,
        metadata=options.metadata(call, request, image),
        profile=expect_profile(call, request.get("IamInstanceProfile", {})),
        shared=_shared(call, request, kind, image, subnet, devices),
        tags={**given.get("instance", {}), **template_tags},
    )


def carry_out(call: Call, plan: Plan, market: Market = ON_DEMAND) -> list[Instance]:
    """Make the instances of a plan. Raises when hosts or addresses run out; then none is made."""
    is_spot = market.lifecycle == "spot"
    place = (plan.kind, plan.subnet.zone_id)
    most = _fitting(call, plan)
    hosts, parts = _hosts(call, plan, most, is_spot=is_spot)
    try:
        connected = networking.connected(call, plan.wants, len(hosts))
    except AwsError:
        placing.give_back(call, *place, hosts, is_spot=is_spot)
        raise
    reservation = kinds.new_id(call, "r")
    made = [
        _made(call, plan, market, reservation, index, host, part)
        for index, (host, part) in enumerate(zip(hosts, parts, strict=True))
    ]
    for instance, interfaces in zip(made, connected, strict=True):
        _furnish(call, plan, instance, interfaces)
        announce(call, instance)
    own = kinds.find_anywhere(call.cloud, IMAGE, plan.image.id)
    if own is not None:
        own.launched_ns = call.now
    begin(call, made)
    return made


def begin(call: Call, instances: list[Instance]) -> None:
    """Instances are pending; they run when their boot is over."""
    delay = lifecycle.INSTANCE.delay_ns(call.cloud.settings.lifecycle, "pending")
    call.after(delay, lifecycle.DUE, "pending", tuple(each.id for each in instances), call.now)


def _fitting(call: Call, plan: Plan) -> int:
    """At most so many instances find private addresses."""
    by_subnet: dict[str, int] = {}
    fitting = plan.most
    for want in plan.wants:
        if want.existing is None and want.subnet.cidr:
            said = want.arguments
            count = 1 + len(said.get("others", ())) + said.get("private_count", 0)
            by_subnet[want.subnet.id] = by_subnet.get(want.subnet.id, 0) + count
            free = free_count(call.cloud, want.subnet)
            fitting = min(fitting, free // by_subnet[want.subnet.id])
    if fitting < plan.least:
        raise AwsError(
            "InsufficientFreeAddressesInSubnet",
            f"There are not enough free addresses in subnet '{plan.subnet.id}' to satisfy the "
            "requested number of instances.",
        )
    return fitting


def _hosts(call: Call, plan: Plan, most: int, *, is_spot: bool) -> tuple[list[int], list[int]]:
    """A host for each instance, and the partition it is in (0 for none)."""
    place = (plan.kind, plan.subnet.zone_id)
    group = plan.group
    if group is None or group.strategy != "partition" or plan.partition:
        hosts = placing.place(
            call, *place, plan.least, most, group, plan.partition, is_spot=is_spot
        )
        return hosts, [plan.partition] * len(hosts)
    # EC2 spreads instances evenly over the partitions: each goes where the fewest are.
    counts = [0] * group.partitions
    for instance in placing.standing(call, group):
        counts[instance.partition - 1] += 1
    chosen: list[int] = []
    parts: list[int] = []
    for number in range(most):
        part = counts.index(min(counts)) + 1
        try:
            chosen += placing.place(call, *place, 1, 1, group, part, is_spot=is_spot)
        except AwsError:
            if number >= plan.least:
                break
            placing.give_back(call, *place, chosen, is_spot=is_spot)
            raise
        counts[part - 1] += 1
        parts.append(part)
    return chosen, parts


def _shared(
    call: Call,
    request: Input,
    kind: InstanceType,
    image: Image,
    subnet: Subnet,
    devices: list[Device],
) -> dict[str, Any]:
    cores, threads = options.cpu(request, kind)
    hostname, has_a, has_aaaa = options.naming(request, subnet)
    reservation = request.get("CapacityReservationSpecification", {})
    return {
        "owner": call.account,
        "type": kind.name,
        "image": image.id,
        "vpc": subnet.vpc,
        "subnet": subnet.id,
        "zone_id": subnet.zone_id,
        "architecture": image.architecture,
        "platform": image.platform,
        "platform_details": image.platform_details,
        "usage_operation": image.usage_operation,
        "boot_mode": image.boot_mode,
        "root_device": image.root_device,
        "ena": image.ena,
        "key_name": options.key_name(call, request),
        "user_data": options.user_data(request),
        "is_monitored": bool(request.get("Monitoring", {}).get("Enabled")),
        "tenancy": options.tenancy(request, vpc_of(call.cloud, subnet)),
        "hibernates": options.expect_hibernation(request, kind, image, devices),
        "credits": options.credits(call, request, kind),
        "cores": cores,
        "threads": threads,
        "has_enclave": options.expect_enclaves(request, kind),
        "hostname_type": hostname,
        "has_a_record": has_a,
        "has_aaaa_record": has_aaaa,
        "auto_recovery": request.get("MaintenanceOptions", {}).get("AutoRecovery", "default"),
        "bandwidth": request.get("NetworkPerformanceOptions", {}).get(
            "BandwidthWeighting", "default"
        ),
        "is_ebs_optimized": options.expect_ebs_optimized(request, kind),
        "is_kept": bool(request.get("DisableApiTermination")),
        "is_kept_running": bool(request.get("DisableApiStop")),
        "on_shutdown": request.get("InstanceInitiatedShutdownBehavior", "stop"),
        "client_token": request.get("ClientToken", ""),
        "capacity_preference": reservation.get("CapacityReservationPreference", "open"),
        "capacity_target": reservation.get("CapacityReservationTarget", {}).get(
            "CapacityReservationId", ""
        ),
        "kernel": request.get("KernelId", ""),
        "ramdisk": request.get("RamdiskId", ""),
    }


def _made(
    call: Call, plan: Plan, market: Market, reservation: str, index: int, host: int, part: int
) -> Instance:
    spot = market.spot_requests
    instance = Instance(
        id=kinds.new_id(call, INSTANCE.prefix),
        reservation=reservation,
        launch_index=index,
        launched_ns=call.now,
        changed_ns=call.now,
        host=host,
        group=plan.group.id if plan.group else "",
        partition=part,
        metadata=msgspec.structs.replace(plan.metadata),
        lifecycle=market.lifecycle,
        spot_request=spot[index] if index < len(spot) else "",
        capacity_reservation=market.capacity_reservation,
        requester=market.requester,
        reason_code="pending",
        reason_message="pending",
        **plan.shared,
    )
    kinds.add(call, INSTANCE, instance)
    tags.put(call, instance.id, plan.tags)
    return instance


def _furnish(call: Call, plan: Plan, instance: Instance, interfaces: list[Interface]) -> None:
    """Give a new instance its interfaces, volumes and profile."""
    for want, interface in zip(plan.wants, interfaces, strict=True):
        attach(
            call,
            interface,
            instance=instance.id,
            device_index=want.index,
            card_index=want.card,
            delete_on_termination=want.delete_on_termination,
        )
        networking.show_outside(call, want, interface)
    for device in plan.devices:
        volume = make_planned(call, device.plan, is_launched=True)
        attach_volume(call, volume, instance.id, device.name, device.delete_on_termination)
    if plan.profile[0]:
        give_profile(call, instance, *plan.profile)
