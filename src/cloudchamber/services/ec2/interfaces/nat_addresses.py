"""Secondary addresses of NAT gateways: private ones of private gateways, elastic ones of public.

Rules of this file: at once done, where AWS takes a while and drains connections first.
https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
"""

from __future__ import annotations

from collections.abc import Sequence

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces import allocation, public
from cloudchamber.services.ec2.interfaces.limits import (
    NAT_PRIVATE_ADDRESSES_MAX,
    NAT_PUBLIC_ADDRESSES_MAX,
)
from cloudchamber.services.ec2.interfaces.making import subnet_of
from cloudchamber.services.ec2.interfaces.nat_gateways import (
    address_view,
    bind_address,
    expect_few,
    expect_gateway,
)
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    INTERFACE,
    Interface,
    NatAddress,
    NatGateway,
    PrivateAddress,
)
from cloudchamber.services.ec2.refusals import invalid_combination


def assign_private_nat_gateway_address(call: Call, request: Input) -> Output:
    """More private addresses for a private gateway."""
    gateway = _expect_available(call, request["NatGatewayId"], "private")
    named = request.get("PrivateIpAddresses", ())
    count = request.get("PrivateIpAddressCount") or 0
    if bool(named) is bool(count):
        raise invalid_combination(
            "Exactly one of PrivateIpAddresses and PrivateIpAddressCount has to be specified."
        )
    expect_few(len(gateway.addresses) + len(named) + count, NAT_PRIVATE_ADDRESSES_MAX)
    rows = _add_private(call, gateway, named, count)
    return _answer(gateway, rows, "assigning")


def unassign_private_nat_gateway_address(call: Call, request: Input) -> Output:
    """Secondary private addresses leave a private gateway."""
    gateway = _expect_available(call, request["NatGatewayId"], "private")
    rows = [_expect_secondary(gateway, each) for each in dict.fromkeys(_named(request))]
    answer = _answer(gateway, rows, "unassigning")
    _remove(call, gateway, rows)
    return answer


def associate_nat_gateway_address(call: Call, request: Input) -> Output:
    """More elastic addresses for a public gateway, each with a private one."""
    gateway = _expect_available(call, request["NatGatewayId"], "public")
    allocations = list(dict.fromkeys(request["AllocationIds"]))
    named = _named(request)
    if named and len(named) != len(allocations):
        raise invalid_combination("As many PrivateIpAddresses as AllocationIds are needed.")
    expect_few(len(gateway.addresses) + len(allocations), NAT_PUBLIC_ADDRESSES_MAX)
    for each in allocations:
        address = kinds.expect_own(call, ADDRESS, each)
        if address.association:
            raise AwsError(
                "Resource.AlreadyAssociated", f"Elastic IP address [{each}] is already associated"
            )
    rows = _add_private(call, gateway, named, 0 if named else len(allocations))
    interface = _interface_of(call, gateway)
    for row, each in zip(rows, allocations, strict=True):
        bind_address(call, interface, row, each)
    return _answer(gateway, rows, "associating")


def disassociate_nat_gateway_address(call: Call, request: Input) -> Output:
    """Secondary elastic addresses leave a public gateway."""
    gateway = _expect_available(call, request["NatGatewayId"], "public")
    by_association = {each.association: each for each in gateway.addresses}
    rows = []
    for each in dict.fromkeys(request["AssociationIds"]):
        row = by_association.get(each)
        if row is None:
            raise AwsError(
                "InvalidAssociationID.NotFound", f"The association ID '{each}' does not exist"
            )
        rows.append(_expect_secondary(gateway, row.private))
    answer = _answer(gateway, rows, "disassociating")
    _remove(call, gateway, rows)
    return answer


def _named(request: Input) -> Sequence[str]:
    named: Sequence[str] = request.get("PrivateIpAddresses", ())
    return named


def _expect_available(call: Call, identifier: str, connectivity: str) -> NatGateway:
    gateway = expect_gateway(call, identifier)
    if gateway.connectivity != connectivity:
        raise AwsError(
            "InvalidParameterValue",
            f"{gateway.id} is a {gateway.connectivity} NAT gateway; the operation is for "
            f"{connectivity} ones.",
        )
    if gateway.state != "available":
        raise AwsError(
            "IncorrectState", f"{gateway.id} is in the state {gateway.state}, not available."
        )
    return gateway


def _expect_secondary(gateway: NatGateway, private: str) -> NatAddress:
    for each in gateway.addresses:
        if each.private == private:
            if each.is_primary:
                raise AwsError(
                    "InvalidParameterValue",
                    f"{private} is the primary address of {gateway.id} and cannot be removed.",
                )
            return each
    raise AwsError("InvalidParameterValue", f"{private} is not an address of {gateway.id}.")


def _interface_of(call: Call, gateway: NatGateway) -> Interface:
    interface = kinds.find_anywhere(call.cloud, INTERFACE, gateway.addresses[0].interface)
    if interface is None:
        raise LookupError(f"{gateway.id} has no interface")
    return interface


def _add_private(
    call: Call, gateway: NatGateway, named: Sequence[str], count: int
) -> list[NatAddress]:
    interface = _interface_of(call, gateway)
    subnet = subnet_of(call, interface)
    chosen = allocation.choose_addresses(call, subnet, named, count)
    allocation.take(call.cloud, subnet, interface.id, chosen)
    interface.addresses.extend(PrivateAddress(address=each) for each in chosen)
    rows = [NatAddress(private=each, interface=interface.id) for each in chosen]
    gateway.addresses.extend(rows)
    return rows


def _remove(call: Call, gateway: NatGateway, rows: Sequence[NatAddress]) -> None:
    interface = _interface_of(call, gateway)
    gone = {each.private for each in rows}
    for each in rows:
        address = public.find_address(call, each.allocation) if each.allocation else None
        if address is not None:
            public.unbind(call, address)
    gateway.addresses = [each for each in gateway.addresses if each.private not in gone]
    interface.addresses = [each for each in interface.addresses if each.address not in gone]
    allocation.free(call.cloud, subnet_of(call, interface), sorted(gone))


def _answer(gateway: NatGateway, rows: Sequence[NatAddress], status: str) -> Output:
    return {
        "NatGatewayId": gateway.id,
        "NatGatewayAddresses": [address_view(each, status) for each in rows],
    }
