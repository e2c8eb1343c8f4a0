"""Secondary addresses and prefixes of network interfaces: assign, unassign.

Rules of this file: everything is checked before anything moves. A secondary IPv4 address may be
taken over from another interface of the subnet (`AllowReassignment`), with its elastic address.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/MultipleIP.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.interfaces import allocation, public, room
from cloudchamber.services.ec2.interfaces.interfaces import expect_touchable
from cloudchamber.services.ec2.interfaces.making import subnet_of
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, Interface, PrivateAddress
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.nouns import Subnet


def assign_private_ip_addresses(call: Call, request: Input) -> Output:
    """Secondary IPv4 addresses or prefixes, by name or so many of them."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    named = list(dict.fromkeys(request.get("PrivateIpAddresses", ())))
    count = request.get("SecondaryPrivateIpAddressCount") or 0
    prefixes = request.get("Ipv4Prefixes", ())
    prefix_count = request.get("Ipv4PrefixCount") or 0
    _expect_one(
        (named, count, prefixes, prefix_count),
        "PrivateIpAddresses, SecondaryPrivateIpAddressCount, Ipv4Prefixes and Ipv4PrefixCount",
    )
    subnet = subnet_of(call, interface)
    more = len(named) + count + len(prefixes) + prefix_count
    room.expect_more_fit(call.cloud, interface, more)
    moved: list[tuple[Interface, PrivateAddress]] = []
    if request.get("AllowReassignment"):
        moved = _movable(call, subnet, interface, named)
    moving = {address.address for _, address in moved}
    rest = [each for each in named if each not in moving]
    addresses = allocation.choose_addresses(call, subnet, rest, count)
    blocks = allocation.choose_prefixes(call, subnet, prefixes, prefix_count)
    for other, address in moved:
        _take_over(call, subnet, other, address)
    got = [*addresses, *(address.address for _, address in moved)]
    allocation.take(call.cloud, subnet, interface.id, [*got, *blocks])
    interface.addresses.extend(PrivateAddress(address=each) for each in got)
    interface.prefixes.extend(blocks)
    output: Output = {"NetworkInterfaceId": interface.id}
    if got:
        output["AssignedPrivateIpAddresses"] = [{"PrivateIpAddress": each} for each in got]
    if blocks:
        output["AssignedIpv4Prefixes"] = [{"Ipv4Prefix": each} for each in blocks]
    return output


def _expect_one(ways: Sequence[object], names: str) -> None:
    if sum(bool(each) for each in ways) != 1:
        raise invalid_combination(f"Exactly one of {names} has to be specified.")


def _movable(
    call: Call, subnet: Subnet, interface: Interface, named: Sequence[str]
) -> list[tuple[Interface, PrivateAddress]]:
    """The named addresses that other interfaces have and may lose: secondary ones."""
    found = []
    for each in named:
        holder = allocation.find_holder(call.cloud, subnet, each)
        other = kinds.find_anywhere(call.cloud, INTERFACE, holder) if holder else None
        if other is None or other.id == interface.id or other.owner != call.account:
            continue
        for address in other.addresses:
            if address.address == each:
                if address.is_primary or other.is_requester_managed:
                    raise allocation.in_use(each)
                found.append((other, address))
    return found


def _take_over(call: Call, subnet: Subnet, other: Interface, address: PrivateAddress) -> None:
    """An address leaves an interface. Its elastic address is free, as after unassigning."""
    _free_elastic(call, address)
    other.addresses.remove(address)
    allocation.free(call.cloud, subnet, [address.address])
    call.event(
        kinds.arn_of(INTERFACE, other.owner, call.region, other.id),
        "ec2.address-moved",
        f"{other.id} lost {address.address}, which was reassigned to another interface",
    )


def _free_elastic(call: Call, address: PrivateAddress) -> None:
    if address.allocation:
        row = public.find_address(call, address.allocation)
        if row is not None:
            public.unbind(call, row)


def unassign_private_ip_addresses(call: Call, request: Input) -> Output:
    """Give secondary IPv4 addresses and prefixes back."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    named = list(dict.fromkeys(request.get("PrivateIpAddresses", ())))
    prefixes = list(dict.fromkeys(request.get("Ipv4Prefixes", ())))
    _expect_one((named, prefixes), "PrivateIpAddresses and Ipv4Prefixes")
    have = {each.address: each for each in interface.addresses}
    for each in named:
        if each not in have:
            raise _not_assigned(each, interface)
        if have[each].is_primary:
            raise AwsError(
                "InvalidParameterValue",
                f"The primary private IP address {each} cannot be unassigned.",
            )
    for each in prefixes:
        if each not in interface.prefixes:
            raise _not_assigned(each, interface)
    for each in named:
        _free_elastic(call, have[each])
        interface.addresses.remove(have[each])
    for each in prefixes:
        interface.prefixes.remove(each)
    allocation.free(call.cloud, subnet_of(call, interface), [*named, *prefixes])
    return {}


def _not_assigned(what: str, interface: Interface) -> AwsError:
    return AwsError(
        "InvalidParameterValue",
        f"Some of the specified addresses are not assigned to interface {interface.id}: {what}",
    )


def assign_ipv6_addresses(call: Call, request: Input) -> Output:
    """IPv6 addresses or prefixes, by name or so many of them."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    named = request.get("Ipv6Addresses", ())
    count = request.get("Ipv6AddressCount") or 0
    prefixes = request.get("Ipv6Prefixes", ())
    prefix_count = request.get("Ipv6PrefixCount") or 0
    _expect_one(
        (named, count, prefixes, prefix_count),
        "Ipv6Addresses, Ipv6AddressCount, Ipv6Prefixes and Ipv6PrefixCount",
    )
    more = len(named) + count + len(prefixes) + prefix_count
    room.expect_more_fit(call.cloud, interface, 0, more)
    subnet = subnet_of(call, interface)
    addresses = allocation.choose_addresses6(call, subnet, named, count)
    blocks = allocation.choose_prefixes6(call, subnet, prefixes, prefix_count)
    allocation.take(call.cloud, subnet, interface.id, [*addresses, *blocks])
    interface.addresses6.extend(addresses)
    interface.prefixes6.extend(blocks)
    output: Output = {"NetworkInterfaceId": interface.id}
    if addresses:
        output["AssignedIpv6Addresses"] = addresses
    if blocks:
        output["AssignedIpv6Prefixes"] = blocks
    return output


def unassign_ipv6_addresses(call: Call, request: Input) -> Output:
    """Give IPv6 addresses and prefixes back; a primary one stays for the interface's life."""
    interface = expect_touchable(call, request["NetworkInterfaceId"])
    named = [_canonical(each) for each in dict.fromkeys(request.get("Ipv6Addresses", ()))]
    prefixes = list(dict.fromkeys(request.get("Ipv6Prefixes", ())))
    _expect_one((named, prefixes), "Ipv6Addresses and Ipv6Prefixes")
    for each in named:
        if each not in interface.addresses6:
            raise _not_assigned(each, interface)
        if interface.is_primary6 and each == interface.addresses6[0]:
            raise AwsError(
                "OperationNotPermitted", f"The primary IPv6 address {each} cannot be unassigned."
            )
    for each in prefixes:
        if each not in interface.prefixes6:
            raise _not_assigned(each, interface)
    interface.addresses6 = [each for each in interface.addresses6 if each not in named]
    interface.prefixes6 = [each for each in interface.prefixes6 if each not in prefixes]
    allocation.free(call.cloud, subnet_of(call, interface), [*named, *prefixes])
    output: Output = {"NetworkInterfaceId": interface.id}
    if named:
        output["UnassignedIpv6Addresses"] = named
    if prefixes:
        output["UnassignedIpv6Prefixes"] = prefixes
    return output


def _canonical(address: str) -> str:
    try:
        return str(ipaddress.IPv6Address(address))
    except ValueError:
        raise AwsError(
            "InvalidParameterValue", f"invalid value for IPv6 address: {address}"
        ) from None
