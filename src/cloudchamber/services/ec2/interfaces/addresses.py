"""Elastic IP addresses: allocate, associate, disassociate, release, describe.

Rules of this file: operations and checks; `public.py` binds and unbinds. What a service of AWS's
holds (a NAT gateway's address) only that service lets go.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-eips.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, chosen, describe, filtered
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import permits, public
from cloudchamber.services.ec2.interfaces.limits import ADDRESSES_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    ADDRESSES,
    INTERFACE,
    PUBLIC_ADDRESSES,
    RELEASED,
    Address,
    Interface,
    PrivateAddress,
    PublicAddress,
)
from cloudchamber.services.ec2.interfaces.pools import give_back_public, take_public
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    limit_exceeded,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs.lookup import zones_for
from cloudchamber.services.ec2.vpcs.nouns import INTERNET_GATEWAY, VPC

AMAZON: Final = "amazon"


def allocate_address(call: Call, request: Input) -> Output:
    """A public address for the account to keep."""
    given_tags = tags.specified(request, ADDRESS.type)
    if request.get("Domain") == "standard":
        raise invalid_value("standard", "domain", "EC2-Classic is retired.")
    _expect_amazon_pool(request)
    group = request.get("NetworkBorderGroup") or call.region
    if group not in {call.region, *(zone.border_group for zone in zones_for(call))}:
        raise invalid_value(group, "networkBorderGroup", "It is no network border group here.")
    rows = call.rows(ADDRESSES)
    if sum(not each.is_service_managed for each in rows.values()) >= ADDRESSES_MAX:
        raise limit_exceeded(
            "AddressLimitExceeded", "The maximum number of addresses has been reached."
        )
    wanted = request.get("Address")
    if wanted and (wanted not in call.rows(RELEASED) or wanted in call.rows(PUBLIC_ADDRESSES)):
        raise unknown_address(wanted)
    identifier = kinds.new_id(call, ADDRESS.prefix)
    if wanted:
        call.rows(PUBLIC_ADDRESSES)[wanted] = PublicAddress(identifier)
        del call.rows(RELEASED)[wanted]
    row = Address(
        id=identifier,
        owner=call.account,
        public=wanted or take_public(call, identifier),
        border_group=group,
    )
    kinds.add(call, ADDRESS, row)
    tags.put(call, row.id, given_tags)
    return {
        "AllocationId": row.id,
        "PublicIp": row.public,
        "PublicIpv4Pool": AMAZON,
        "NetworkBorderGroup": row.border_group,
        "Domain": "vpc",
    }


def _expect_amazon_pool(request: Input) -> None:
    pool = request.get("PublicIpv4Pool")
    if pool and pool != AMAZON:
        raise AwsError("InvalidPublicIpv4PoolID.NotFound", f"The pool ID '{pool}' does not exist.")
    if request.get("IpamPoolId"):
        raise AwsError(
            "InvalidIpamPoolId.NotFound",
            f"The ipam-pool ID '{request['IpamPoolId']}' does not exist",
        )
    if request.get("CustomerOwnedIpv4Pool"):
        raise invalid_value(
            request["CustomerOwnedIpv4Pool"], "customerOwnedIpv4Pool", "There are no Outposts."
        )


def unknown_address(address: str) -> AwsError:
    """The account does not have that address."""
    return AwsError("InvalidAddress.NotFound", f"Address '{address}' not found.")


def associate_address(call: Call, request: Input) -> Output:
    """Let an interface's private address be seen as an elastic one."""
    if not request.get("AllocationId"):
        if request.get("PublicIp"):
            raise invalid_combination(
                "You must specify an allocation id when mapping an address to a VPC instance"
            )
        raise missing_parameter("allocationId")
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    interface = _target(call, request)
    private = _private_of(interface, request.get("PrivateIpAddress"))
    expect_internet_gateway(call, interface.vpc)
    allows = request.get("AllowReassociation", True)
    if private.allocation == address.id:
        return {"AssociationId": address.association}
    if address.association:
        _expect_free_to_move(call, address)
        if not allows:
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"resource {address.id} is already associated with associate-id "
                f"{address.association}",
            )
    if private.allocation and not allows:
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"resource {interface.id} is already associated with associate-id "
            f"{private.association}",
        )
    if address.association:
        public.unbind(call, address)
    if private.allocation:
        before = public.find_address(call, private.allocation)
        if before is not None:
            public.unbind(call, before)
    return {"AssociationId": public.bind(call, address, interface, private)}


def _target(call: Call, request: Input) -> Interface:
    """The interface that a request means, by its id or by its instance's."""
    identifier, instance_id = request.get("NetworkInterfaceId"), request.get("InstanceId")
    if identifier and instance_id:
        raise invalid_combination("You may specify either an instance or a network interface.")
    if not identifier and not instance_id:
        raise missing_parameter("instanceId or networkInterfaceId")
    if instance_id:
        instance = kinds.expect_own(call, INSTANCE, instance_id)
        if instance.state not in ("running", "stopped", "stopping"):
            raise AwsError(
                "InvalidInstanceID",
                f"The {instance.state} instance '{instance.id}' is not in a valid state for this "
                "operation.",
            )
        if len(instance.interfaces) != 1:
            raise AwsError(
                "InvalidInstanceID",
                f"There are multiple interfaces attached to instance '{instance.id}'. "
                "Please specify an interface ID for the operation instead.",
            )
        identifier = instance.interfaces[0]
    found = kinds.find_anywhere(call.cloud, INTERFACE, identifier or "")
    if found is not None and permits.may_associate(call, found):
        return found
    interface = kinds.expect_own(call, INTERFACE, identifier or "")
    if interface.is_requester_managed:
        raise held_by_service()
    return interface


def held_by_service() -> AwsError:
    """A service of AWS's has it."""
    return AwsError("AuthFailure", "You do not have permission to access the specified resource.")


def _private_of(interface: Interface, wanted: str | None) -> PrivateAddress:
    for each in interface.addresses:
        if each.address == wanted or (wanted is None and each.is_primary):
            return each
    raise AwsError(
        "InvalidParameterValue",
        f"The private IP address '{wanted}' is not assigned to {interface.id}."
        if wanted
        else f"{interface.id} has no private IPv4 address.",
    )


def has_internet_gateway(call: Call, vpc_id: str) -> bool:
    """Whether an internet gateway is attached to a VPC, whosever that is."""
    place = kinds.place_of(call.cloud, vpc_id)
    if place is None:
        return False
    rows = call.rows(INTERNET_GATEWAY.table, place.account, place.region)
    return any(each.vpc == vpc_id for each in rows.values())


def expect_internet_gateway(call: Call, vpc_id: str) -> None:
    """A public address is of use only behind an internet gateway. Raises Gateway.NotAttached."""
    if not has_internet_gateway(call, vpc_id):
        raise AwsError(
            "Gateway.NotAttached", f"Network {vpc_id} is not attached to any internet gateway"
        )


def _expect_free_to_move(call: Call, address: Address) -> None:
    interface = kinds.find_anywhere(call.cloud, INTERFACE, address.interface)
    if interface is not None and interface.is_requester_managed:
        raise held_by_service()


def disassociate_address(call: Call, request: Input) -> Output:
    """Let an elastic address be free again."""
    association = request.get("AssociationId")
    if not association:
        if request.get("PublicIp"):
            raise AwsError(
                "InvalidParameterValue",
                "You must specify an association id when unmapping an address from a VPC instance",
            )
        raise missing_parameter("associationId")
    for address in call.rows(ADDRESSES).values():
        if address.association == association:
            _expect_free_to_move(call, address)
            public.unbind(call, address)
            return {}
    raise AwsError(
        "InvalidAssociationID.NotFound", f"The association ID '{association}' does not exist"
    )


def release_address(call: Call, request: Input) -> Output:
    """Give an elastic address back. In a default VPC it is disassociated first."""
    if not request.get("AllocationId"):
        if request.get("PublicIp"):
            raise AwsError(
                "InvalidParameterValue",
                "You must specify an allocation id when releasing a VPC elastic IP address",
            )
        raise missing_parameter("allocationId")
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    group = request.get("NetworkBorderGroup")
    if group and group != address.border_group:
        raise AwsError(
            "InvalidAddress.NotFound", f"Address '{address.public}' not found in {group}."
        )
    if address.association:
        interface = kinds.find_anywhere(call.cloud, INTERFACE, address.interface)
        vpc = kinds.find_anywhere(call.cloud, VPC, interface.vpc) if interface else None
        if interface is None or interface.is_requester_managed or not (vpc and vpc.is_default):
            raise AwsError("InvalidIPAddress.InUse", f"Address {address.public} is in use.")
        public.unbind(call, address)
    give_back_public(call, address.public)
    call.rows(RELEASED)[address.public] = PublicAddress(call.account)
    kinds.remove(call, ADDRESS, address)
    return {}


def describe_addresses(call: Call, request: Input) -> Output:
    """The account's elastic addresses, all at once."""
    wanted = request.get("PublicIps", ())
    if not wanted:
        rows = chosen(call, request, ADDRESSES_DESCRIBED)
    else:
        by_public = {each.public: each for each in call.rows(ADDRESSES).values()}
        for each in wanted:
            if each not in by_public:
                raise unknown_address(each)
        rows = [by_public[each] for each in dict.fromkeys(wanted)]
        if request.get("Filters"):
            rows = filtered(call, rows, request["Filters"], _FILTERS)
    return {"Addresses": [_view(call, each) for each in rows]}


def _view(call: Call, address: Address) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "AllocationId": address.id,
        "PublicIp": address.public,
        "PublicIpv4Pool": address.pool,
        "NetworkBorderGroup": address.border_group,
        "Domain": "vpc",
        "Tags": tags.shown(call, address.id),
    }
    if address.association:
        shown["AssociationId"] = address.association
        shown["NetworkInterfaceId"] = address.interface
        shown["NetworkInterfaceOwnerId"] = _owner_of(call, address)
        shown["PrivateIpAddress"] = address.private
        if address.instance:
            shown["InstanceId"] = address.instance
    return shown


def _owner_of(call: Call, address: Address) -> str:
    interface = kinds.find_anywhere(call.cloud, INTERFACE, address.interface)
    return interface.owner if interface else ""


def _if_any(text: str) -> Sequence[str]:
    return (text,) if text else ()


_FILTERS: Final[Mapping[str, Callable[[Call, Address], Sequence[str]]]] = MappingProxyType(
    {
        "allocation-id": lambda call, each: (each.id,),
        "association-id": lambda call, each: _if_any(each.association),
        "domain": lambda call, each: ("vpc",),
        "instance-id": lambda call, each: _if_any(each.instance),
        "network-border-group": lambda call, each: (each.border_group,),
        "network-interface-id": lambda call, each: _if_any(each.interface),
        "network-interface-owner-id": lambda call, each: _if_any(_owner_of(call, each)),
        "private-ip-address": lambda call, each: _if_any(each.private),
        "public-ip": lambda call, each: (each.public,),
    }
)

ADDRESSES_DESCRIBED: Final[Description[Address]] = Description(
    kind=ADDRESS,
    ids="AllocationIds",
    answer="Addresses",
    view=_view,
    filters=_FILTERS,
)


def modify_address_attribute(call: Call, request: Input) -> Output:
    """Which name reverse DNS has for an address."""
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    name = request.get("DomainName")
    if not name:
        raise missing_parameter("domainName")
    address.ptr = name if name.endswith(".") else f"{name}."
    return {"Address": _attribute_view(call, address)}


def reset_address_attribute(call: Call, request: Input) -> Output:
    """Let reverse DNS have AWS's own name again."""
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    address.ptr = ""
    return {"Address": _attribute_view(call, address)}


def describe_addresses_attribute(call: Call, request: Input) -> Output:
    """The names that reverse DNS has for addresses."""
    return describe(call, request, _ATTRIBUTES_DESCRIBED)


def _attribute_view(call: Call, address: Address) -> dict[str, Any]:
    shown = {"PublicIp": address.public, "AllocationId": address.id}
    if address.ptr:
        shown["PtrRecord"] = address.ptr
    return shown


_ATTRIBUTES_DESCRIBED: Final[Description[Address]] = Description(
    kind=ADDRESS,
    ids="AllocationIds",
    answer="Addresses",
    view=_attribute_view,
    page_min=1,
)
