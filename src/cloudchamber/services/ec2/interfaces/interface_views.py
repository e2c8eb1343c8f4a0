"""DescribeNetworkInterfaces: what an interface looks like, and by what it is found.

Rules of this file: reads only. DNS names are shown where the VPC gives them.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeNetworkInterfaces.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces import names
from cloudchamber.services.ec2.interfaces.groups import names_of
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    INTERFACE,
    Attachment,
    Interface,
    PrivateAddress,
)
from cloudchamber.services.ec2.interfaces.public import primary_of
from cloudchamber.services.ec2.vpcs.lookup import zone_name
from cloudchamber.services.ec2.vpcs.nouns import VPC


def describe_network_interfaces(call: Call, request: Input) -> Output:
    """The interfaces that the account sees: its own, and those in its subnets."""
    return describe(call, request, INTERFACES_DESCRIBED)


def view(call: Call, interface: Interface) -> dict[str, Any]:
    """An interface as AWS describes it."""
    has_names = gives_names(call, interface)
    primary = primary_of(interface)
    shown: dict[str, Any] = {
        **core_view(call, interface, has_names),
        "AvailabilityZone": zone_name(call, interface.zone_id),
        "AvailabilityZoneId": interface.zone_id,
        "RequesterManaged": interface.is_requester_managed,
        "TagSet": tags.shown(call, interface.id),
    }
    if interface.requester:
        shown["RequesterId"] = interface.requester
    if primary is not None:
        if primary.public:
            shown["Association"] = association_view(call, primary, has_names)
            if has_names:
                public_name = names.public_name(call.region, primary.public)
                shown["PublicDnsName"] = public_name
                shown["PublicIpDnsNameOptions"] = {
                    "DnsHostnameType": interface.hostname_type,
                    "PublicIpv4DnsName": public_name,
                }
    elif interface.addresses6:
        shown["Ipv6Native"] = True
        if has_names:
            shown["PrivateDnsName"] = names.private_name6(call.region, interface.addresses6[0])
    if interface.addresses6:
        shown["Ipv6Address"] = interface.addresses6[0]
    if interface.attachment is not None:
        shown["Attachment"] = attachment_view(interface.attachment)
    return shown


def core_view(call: Call, interface: Interface, has_names: bool) -> dict[str, Any]:
    """What DescribeNetworkInterfaces and DescribeInstances both show of an interface."""
    shown: dict[str, Any] = {
        "Description": interface.description,
        "Groups": names_of(call.cloud, interface.groups),
        "InterfaceType": interface.kind,
        "Ipv6Addresses": views6(interface),
        "MacAddress": interface.mac,
        "NetworkInterfaceId": interface.id,
        "OwnerId": interface.owner,
        "PrivateIpAddresses": [
            address_view(call, interface, each, has_names) for each in interface.addresses
        ],
        "SourceDestCheck": interface.source_dest_check,
        "Status": interface.status,
        "SubnetId": interface.subnet,
        "VpcId": interface.vpc,
        "Operator": {"Managed": False},
    }
    primary = primary_of(interface)
    if primary is not None:
        shown["PrivateIpAddress"] = primary.address
        if has_names:
            shown["PrivateDnsName"] = names.private_name(call.region, primary.address)
    if interface.prefixes:
        shown["Ipv4Prefixes"] = [{"Ipv4Prefix": each} for each in interface.prefixes]
    if interface.prefixes6:
        shown["Ipv6Prefixes"] = [{"Ipv6Prefix": each} for each in interface.prefixes6]
    if interface.tracking:
        shown["ConnectionTrackingConfiguration"] = dict(interface.tracking)
    return shown


def address_view(
    call: Call, interface: Interface, address: PrivateAddress, has_names: bool
) -> dict[str, Any]:
    """One private IPv4 address, with the public one it is seen as."""
    shown: dict[str, Any] = {"Primary": address.is_primary, "PrivateIpAddress": address.address}
    if has_names:
        shown["PrivateDnsName"] = names.private_name(call.region, address.address)
    if address.public:
        shown["Association"] = association_view(call, address, has_names)
    return shown


def association_view(call: Call, address: PrivateAddress, has_names: bool) -> dict[str, str]:
    """The public address of a private one; one of Amazon's pool is owned by `amazon`."""
    shown = {"IpOwnerId": ip_owner(call, address), "PublicIp": address.public}
    if has_names:
        shown["PublicDnsName"] = names.public_name(call.region, address.public)
    if address.allocation:
        shown["AllocationId"] = address.allocation
        shown["AssociationId"] = address.association
    return shown


def ip_owner(call: Call, address: PrivateAddress) -> str:
    """Whose a public address is."""
    row = kinds.find_anywhere(call.cloud, ADDRESS, address.allocation)
    return row.owner if row else "amazon"


def attachment_view(attachment: Attachment) -> dict[str, Any]:
    """An attachment as AWS describes it."""
    shown: dict[str, Any] = {
        "AttachTime": attachment.attached_ns / SECOND_NS,
        "AttachmentId": attachment.id,
        "DeleteOnTermination": attachment.delete_on_termination,
        "DeviceIndex": attachment.device_index,
        "NetworkCardIndex": attachment.card_index,
        "InstanceOwnerId": attachment.instance_owner,
        "Status": attachment.status,
    }
    if attachment.instance:
        shown["InstanceId"] = attachment.instance
    return shown


def views6(interface: Interface) -> list[dict[str, Any]]:
    """The IPv6 addresses; the first may be the primary one."""
    return [
        {"Ipv6Address": each, "IsPrimaryIpv6": interface.is_primary6 and place == 0}
        for place, each in enumerate(interface.addresses6)
    ]


def gives_names(call: Call, interface: Interface) -> bool:
    """Whether an interface's VPC gives DNS names."""
    vpc = kinds.find_anywhere(call.cloud, VPC, interface.vpc)
    return vpc is not None and vpc.dns_support and vpc.dns_hostnames


def truth(value: bool) -> str:
    """A boolean as filters spell it."""
    return "true" if value else "false"


def instant(t_ns: int) -> str:
    """An instant as filters spell it (`2026-01-01T00:00:00.000Z`)."""
    moment = datetime.fromtimestamp(t_ns // SECOND_NS, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def _each_public(interface: Interface) -> list[PrivateAddress]:
    return [each for each in interface.addresses if each.public]


def _seen_as(interface: Interface) -> list[PrivateAddress]:
    """The primary address, if it has a public one."""
    return [each for each in interface.addresses if each.is_primary and each.public]


def _attached(
    text: Callable[[Attachment], str],
) -> Callable[[Call, Interface], Sequence[str]]:
    def texts(call: Call, interface: Interface) -> Sequence[str]:
        attachment = interface.attachment
        value = text(attachment) if attachment else ""
        return (value,) if value else ()

    return texts


def _private_names(call: Call, interface: Interface) -> Sequence[str]:
    if not gives_names(call, interface):
        return ()
    return [names.private_name(call.region, each.address) for each in interface.addresses]


def _public_names(call: Call, interface: Interface) -> Sequence[str]:
    if not gives_names(call, interface):
        return ()
    return [names.public_name(call.region, each.public) for each in _seen_as(interface)]


_Filters = Mapping[str, Callable[[Call, Interface], Sequence[str]]]

_FILTERS: Final[_Filters] = MappingProxyType(
    {
        "association.allocation-id": lambda call, eni: [
            each.allocation for each in _seen_as(eni) if each.allocation
        ],
        "association.association-id": lambda call, eni: [
            each.association for each in _seen_as(eni) if each.association
        ],
        "association.ip-owner-id": lambda call, eni: [
            ip_owner(call, each) for each in _seen_as(eni)
        ],
        "association.public-ip": lambda call, eni: [each.public for each in _seen_as(eni)],
        "association.public-dns-name": _public_names,
        "addresses.association.owner-id": lambda call, eni: [
            ip_owner(call, each) for each in _each_public(eni)
        ],
        "addresses.association.public-ip": lambda call, eni: [
            each.public for each in _each_public(eni)
        ],
        "addresses.primary": lambda call, eni: [truth(each.is_primary) for each in eni.addresses],
        "addresses.private-ip-address": lambda call, eni: [each.address for each in eni.addresses],
        "attachment.attach-time": _attached(lambda each: instant(each.attached_ns)),
        "attachment.attachment-id": _attached(lambda each: each.id),
        "attachment.delete-on-termination": _attached(
            lambda each: truth(each.delete_on_termination)
        ),
        "attachment.device-index": _attached(lambda each: str(each.device_index)),
        "attachment.instance-id": _attached(lambda each: each.instance),
        "attachment.instance-owner-id": _attached(lambda each: each.instance_owner),
        "attachment.status": _attached(lambda each: each.status),
        "availability-zone": lambda call, eni: (zone_name(call, eni.zone_id),),
        "availability-zone-id": lambda call, eni: (eni.zone_id,),
        "description": lambda call, eni: (eni.description,),
        "group-id": lambda call, eni: eni.groups,
        "group-name": lambda call, eni: [
            each["GroupName"] for each in names_of(call.cloud, eni.groups)
        ],
        "interface-type": lambda call, eni: (eni.kind,),
        "ipv6-addresses.ipv6-address": lambda call, eni: eni.addresses6,
        "mac-address": lambda call, eni: (eni.mac,),
        "network-interface-id": lambda call, eni: (eni.id,),
        "operator.managed": lambda call, eni: ("false",),
        "operator.principal": lambda call, eni: (),
        "owner-id": lambda call, eni: (eni.owner,),
        "private-dns-name": _private_names,
        "private-ip-address": lambda call, eni: [each.address for each in eni.addresses],
        "requester-id": lambda call, eni: (eni.requester,) if eni.requester else (),
        "requester-managed": lambda call, eni: (truth(eni.is_requester_managed),),
        "source-dest-check": lambda call, eni: (truth(eni.source_dest_check),),
        "status": lambda call, eni: (eni.status,),
        "subnet-id": lambda call, eni: (eni.subnet,),
        "vpc-id": lambda call, eni: (eni.vpc,),
    }
)

INTERFACES_DESCRIBED: Final[Description[Interface]] = Description(
    kind=INTERFACE,
    ids="NetworkInterfaceIds",
    answer="NetworkInterfaces",
    view=view,
    filters=_FILTERS,
)
