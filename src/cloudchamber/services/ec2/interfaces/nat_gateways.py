"""NAT gateways: create, delete, describe.

Rules of this file: what is wrong with a gateway shows in its state, as at AWS: it is `pending` and
then `failed`, with a code. One that can be made has its interface from the beginning.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-basics.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces import allocation, public
from cloudchamber.services.ec2.interfaces.addresses import has_internet_gateway
from cloudchamber.services.ec2.interfaces.lifecycle import NAT, VISIBLE_NS
from cloudchamber.services.ec2.interfaces.limits import (
    NAT_GATEWAYS_PER_ZONE_MAX,
    NAT_PRIVATE_ADDRESSES_MAX,
    NAT_PUBLIC_ADDRESSES_MAX,
)
from cloudchamber.services.ec2.interfaces.making import attach, make_interface, remove_interface
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    INTERFACE,
    NAT_GATEWAY,
    NAT_GATEWAYS,
    Interface,
    NatAddress,
    NatGateway,
)
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    limit_exceeded,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs.lookup import expect_subnet
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, Subnet

DUE: Final = "ec2.nat-gateway-due"
REQUESTER: Final = "amazon-aws"
_LIVING: Final = ("pending", "available", "deleting")


def create_nat_gateway(call: Call, request: Input) -> Output:
    """A NAT gateway in a subnet. Its state says what became of it."""
    if request.get("AvailabilityMode") == "regional" or request.get("AvailabilityZoneAddresses"):
        raise Refused("ec2", "CreateNatGateway", "regional NAT gateways are not simulated")
    if not request.get("SubnetId"):
        raise missing_parameter("subnetId")
    given_tags = tags.specified(request, NAT_GATEWAY.type)
    subnet = expect_subnet(call, request["SubnetId"])
    connectivity = request.get("ConnectivityType", "public")
    _expect_members(request, connectivity)
    _expect_room(call, subnet)
    gateway = NatGateway(
        id=kinds.new_id(call, NAT_GATEWAY.prefix),
        owner=call.account,
        vpc=subnet.vpc,
        subnet=subnet.id,
        connectivity=connectivity,
        created_ns=call.now,
    )
    allocations = [
        each
        for each in (request.get("AllocationId"), *request.get("SecondaryAllocationIds", ()))
        if each
    ]
    failure = _failure(call, gateway, allocations)
    if failure is None:
        failure = _furnish(call, gateway, subnet, request, allocations)
    if failure is not None:
        gateway.failure, gateway.failure_text = failure
    kinds.add(call, NAT_GATEWAY, gateway)
    tags.put(call, gateway.id, given_tags)
    step = "failed" if failure else "made"
    call.after(NAT.delay_ns(call.cloud.settings.lifecycle, "pending"), DUE, gateway.id, step)
    return {"NatGateway": view(call, gateway)}


def _expect_members(request: Input, connectivity: str) -> None:
    """The members that go with a kind of connectivity."""
    named = request.get("SecondaryPrivateIpAddresses", ())
    count = request.get("SecondaryPrivateIpAddressCount")
    more = request.get("SecondaryAllocationIds", ())
    if connectivity == "public":
        if not request.get("AllocationId"):
            raise missing_parameter("allocationId")
        if count:
            raise invalid_combination(
                "SecondaryPrivateIpAddressCount is only for private NAT gateways."
            )
        if named and len(named) != len(more):
            raise invalid_combination(
                "As many SecondaryPrivateIpAddresses as SecondaryAllocationIds are needed."
            )
        expect_few(1 + len(more), NAT_PUBLIC_ADDRESSES_MAX)
    else:
        if request.get("AllocationId") or more:
            raise invalid_combination("A private NAT gateway cannot have an Elastic IP address.")
        if named and count:
            raise invalid_combination(
                "Only one of SecondaryPrivateIpAddresses and SecondaryPrivateIpAddressCount can "
                "be specified."
            )
        expect_few(1 + (count or len(named)), NAT_PRIVATE_ADDRESSES_MAX)


def expect_few(count: int, most: int) -> None:
    """How many addresses a gateway is to have. Raises NatGatewayAddressLimitExceeded."""
    if count > most:
        raise limit_exceeded(
            "NatGatewayAddressLimitExceeded",
            f"A NAT gateway of this kind can have {most} addresses.",
        )


def _expect_room(call: Call, subnet: Subnet) -> None:
    """AWS lets an account have so many NAT gateways in a zone."""
    count = 0
    for each in call.rows(NAT_GATEWAYS).values():
        where = kinds.find_anywhere(call.cloud, SUBNET, each.subnet)
        if each.state in _LIVING and where is not None and where.zone_id == subnet.zone_id:
            count += 1
    if count >= NAT_GATEWAYS_PER_ZONE_MAX:
        raise limit_exceeded(
            "NatGatewayLimitExceeded",
            "The maximum number of NAT gateways has been reached for the Availability Zone.",
        )


def _failure(call: Call, gateway: NatGateway, allocations: Sequence[str]) -> tuple[str, str] | None:
    """Why a gateway will fail: code and message, as AWS's troubleshooting page has them."""
    if gateway.connectivity == "public" and not has_internet_gateway(call, gateway.vpc):
        return (
            "Gateway.NotAttached",
            f"Network {gateway.vpc} has no Internet gateway attached",
        )
    for each in allocations:
        address = kinds.find(call, ADDRESS, each)
        if address is None:
            return (
                "InvalidAllocationID.NotFound",
                f"Elastic IP address {each} could not be associated with this NAT gateway",
            )
        if address.association:
            return (
                "Resource.AlreadyAssociated",
                f"Elastic IP address [{each}] is already associated",
            )
    return None


def _furnish(
    call: Call,
    gateway: NatGateway,
    subnet: Subnet,
    request: Input,
    allocations: Sequence[str],
) -> tuple[str, str] | None:
    """Give a gateway its interface and addresses, or answer why that cannot be."""
    named = request.get("SecondaryPrivateIpAddresses", ())
    count = request.get("SecondaryPrivateIpAddressCount") or 0
    if not count and not named:
        count = max(0, len(allocations) - 1)
    needed = 1 + len(named) + count
    if allocation.free_count(call.cloud, subnet) < needed:
        return (
            "InsufficientFreeAddressesInSubnet",
            "Subnet has insufficient free addresses to create this NAT gateway",
        )
    interface = make_interface(
        call,
        subnet,
        private=request.get("PrivateIpAddress"),
        others=named,
        private_count=count,
        count6=0,
        description=f"Interface for NAT Gateway {gateway.id}",
        kind="nat_gateway",
        requester=REQUESTER,
        is_requester_managed=True,
        has_groups=False,
    )
    interface.source_dest_check = False
    attach(call, interface, device_index=1)
    for place, private in enumerate(interface.addresses):
        row = NatAddress(
            private=private.address, interface=interface.id, is_primary=private.is_primary
        )
        if place < len(allocations):
            bind_address(call, interface, row, allocations[place])
        gateway.addresses.append(row)
    return None


def bind_address(call: Call, interface: Interface, row: NatAddress, allocation_id: str) -> None:
    """Let an address of a gateway be seen as an elastic one."""
    address = kinds.find(call, ADDRESS, allocation_id)
    private = next(each for each in interface.addresses if each.address == row.private)
    if address is None:
        raise LookupError(f"{allocation_id} was there a moment ago")
    row.association = public.bind(call, address, interface, private)
    row.allocation, row.public = address.id, address.public


def come_due(call: Call, identifier: str, step: str) -> None:
    """Kernel event: a gateway's next step (`made`, `failed`, `gone`, `forgotten`)."""
    gateway = kinds.find_anywhere(call.cloud, NAT_GATEWAY, identifier)
    if gateway is None:
        return
    if step == "forgotten":
        kinds.remove(call, NAT_GATEWAY, gateway)
        return
    if (gateway.state, step) not in NAT.moves:
        return
    gateway.state = NAT.move(gateway.state, step)
    arn = kinds.arn_of(NAT_GATEWAY, gateway.owner, call.region, gateway.id)
    if step == "failed":
        call.event(arn, "ec2.nat-gateway-failed", f"{gateway.id} failed: {gateway.failure_text}")
    if step == "gone":
        for each in _interfaces_of(call, gateway):
            remove_interface(call, each)
        gateway.deleted_ns = call.now
        call.event(arn, "ec2.nat-gateway-deleted", f"{gateway.id} is deleted; routes to it stay")
    if step in ("failed", "gone"):
        call.after(VISIBLE_NS, DUE, gateway.id, "forgotten", weak=True)


def _interfaces_of(call: Call, gateway: NatGateway) -> list[Interface]:
    found = []
    for identifier in dict.fromkeys(each.interface for each in gateway.addresses):
        interface = kinds.find_anywhere(call.cloud, INTERFACE, identifier)
        if interface is not None:
            found.append(interface)
    return found


def delete_nat_gateway(call: Call, request: Input) -> Output:
    """Delete a gateway. Its elastic addresses stay the account's, routes to it become blackholes.

    Asking again while it goes changes nothing.
    """
    gateway = expect_gateway(call, request["NatGatewayId"])
    if gateway.state != "deleting":
        gateway.state = NAT.move(gateway.state, "delete")
        delay_ns = NAT.delay_ns(call.cloud.settings.lifecycle, "deleting")
        call.after(delay_ns, DUE, gateway.id, "gone")
    return {"NatGatewayId": gateway.id}


def expect_gateway(call: Call, identifier: str) -> NatGateway:
    """A gateway of one's own that is not deleted. Raises NatGatewayNotFound."""
    gateway = kinds.find(call, NAT_GATEWAY, identifier)
    if gateway is None or gateway.state == "deleted":
        raise unknown_gateway(identifier)
    return gateway


def unknown_gateway(identifier: str) -> AwsError:
    """There is no such gateway, or its id is none."""
    found = kinds.missing(NAT_GATEWAY, identifier)
    if found.code == NAT_GATEWAY.not_found:
        return AwsError("NatGatewayNotFound", f"The Nat Gateway {identifier} was not found")
    return found


def describe_nat_gateways(call: Call, request: Input) -> Output:
    """The account's NAT gateways, those that were deleted within the hour too."""
    for each in request.get("NatGatewayIds", ()):
        if kinds.find(call, NAT_GATEWAY, each) is None:
            raise unknown_gateway(each)
    return describe(call, {**request, "Filters": request.get("Filter", ())}, _DESCRIBED)


def view(call: Call, gateway: NatGateway) -> dict[str, Any]:
    """A gateway as AWS describes it."""
    shown: dict[str, Any] = {
        "NatGatewayId": gateway.id,
        "VpcId": gateway.vpc,
        "SubnetId": gateway.subnet,
        "State": gateway.state,
        "ConnectivityType": gateway.connectivity,
        "AvailabilityMode": "zonal",
        "CreateTime": gateway.created_ns / SECOND_NS,
        "NatGatewayAddresses": [address_view(each) for each in gateway.addresses],
        "Tags": tags.shown(call, gateway.id),
    }
    if gateway.state == "failed":
        shown["FailureCode"] = gateway.failure
        shown["FailureMessage"] = gateway.failure_text
    if gateway.deleted_ns:
        shown["DeleteTime"] = gateway.deleted_ns / SECOND_NS
    return shown


def address_view(address: NatAddress, status: str = "") -> dict[str, Any]:
    """An address of a gateway as AWS describes it."""
    shown: dict[str, Any] = {
        "PrivateIp": address.private,
        "NetworkInterfaceId": address.interface,
        "IsPrimary": address.is_primary,
        "Status": status or address.status,
    }
    if address.allocation:
        shown["AllocationId"] = address.allocation
        shown["AssociationId"] = address.association
        shown["PublicIp"] = address.public
    return shown


_FILTERS: Final[Mapping[str, Callable[[Call, NatGateway], Sequence[str]]]] = MappingProxyType(
    {
        "connectivity-type": lambda call, each: (each.connectivity,),
        "nat-gateway-id": lambda call, each: (each.id,),
        "state": lambda call, each: (each.state,),
        "subnet-id": lambda call, each: (each.subnet,),
        "vpc-id": lambda call, each: (each.vpc,),
    }
)
_DESCRIBED: Final[Description[NatGateway]] = Description(
    kind=NAT_GATEWAY,
    ids="NatGatewayIds",
    answer="NatGateways",
    view=view,
    filters=_FILTERS,
)
