"""Attachments of VPCs to Transit Gateways: an interface in one subnet of each zone.

Rules of this file: the VPC's owner attaches it, to a gateway of its own or one that is shared with
it; then the gateway's owner accepts, unless the gateway accepts by itself. The interfaces are made
when it is agreed, in the account of the VPC's owner.
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-vpc-attachments.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import attachments, limits, transit_gateways
from cloudchamber.services.ec2.connections.acting import acting_in
from cloudchamber.services.ec2.connections.nouns import (
    TRANSIT_ATTACHMENT,
    TransitAttachment,
    TransitGateway,
)
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.interfaces import allocation
from cloudchamber.services.ec2.interfaces.making import attach, make_interface
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, Subnet, Vpc

# AWS's defaults: API_CreateTransitGatewayVpcAttachmentRequestOptions.html
_DEFAULTS: Final = MappingProxyType(
    {
        "DnsSupport": "enable",
        "SecurityGroupReferencingSupport": "enable",
        "Ipv6Support": "disable",
        "ApplianceModeSupport": "disable",
    }
)


def create_transit_gateway_vpc_attachment(call: Call, request: Input) -> Output:
    """Attach a VPC of one's own by one subnet in each zone that is to be served."""
    given = tags.specified(request, TRANSIT_ATTACHMENT.type)
    gateway = transit_gateways.expect_available(call, request["TransitGatewayId"])
    vpc = expect_own_vpc(call, request["VpcId"])
    if not request.get("SubnetIds"):
        raise missing_parameter("subnetIds")
    asked = request.get("Options", {})
    options = {name: asked.get(name, default) for name, default in _DEFAULTS.items()}
    subnets = _expect_subnets(call, vpc, request["SubnetIds"])
    _expect_ipv6(vpc, subnets, options)
    _expect_room(call, gateway, vpc)
    is_agreed = (
        gateway.owner == call.account or gateway.options["AutoAcceptSharedAttachments"] == "enable"
    )
    attachment = TransitAttachment(
        id=kinds.new_id(call, TRANSIT_ATTACHMENT.prefix),
        owner=call.account,
        gateway=gateway.id,
        gateway_owner=gateway.owner,
        type="vpc",
        resource=vpc.id,
        resource_owner=vpc.owner,
        subnets=[each.id for each in subnets],
        state="pending" if is_agreed else "pendingAcceptance",
        options=options,
        created_ns=call.now,
    )
    kinds.add(call, TRANSIT_ATTACHMENT, attachment)
    tags.put(call, attachment.id, given)
    if is_agreed:
        _make_interfaces(call, attachment, subnets)
    attachments.later(call, attachment)
    return {"TransitGatewayVpcAttachment": shown(call, attachment)}


def modify_transit_gateway_vpc_attachment(call: Call, request: Input) -> Output:
    """Serve other zones, or by other options."""
    attachment = _expect_vpc_attachment(call, request["TransitGatewayAttachmentId"])
    if attachment.owner != call.account:
        raise _not_yours(call, attachment)
    attachments.next_state(attachment, "modify")
    vpc = expect_own_vpc(call, attachment.resource)
    removed = list(dict.fromkeys(request.get("RemoveSubnetIds", ())))
    for each in removed:
        if each not in attachment.subnets:
            raise invalid_value(each, "RemoveSubnetIds", f"It is not one of {attachment.id}'s.")
    added = [
        each
        for each in dict.fromkeys(request.get("AddSubnetIds", ()))
        if each not in attachment.subnets
    ]
    kept = [each for each in attachment.subnets if each not in removed]
    if not kept and not added:
        raise invalid_value(removed, "RemoveSubnetIds", "An attachment has at least one subnet.")
    subnets = _expect_subnets(call, vpc, [*kept, *added], len(kept))
    options = {**attachment.options, **request.get("Options", {})}
    _expect_ipv6(vpc, subnets, options)
    for each in removed:
        attachments.drop_interfaces(call, attachment, _interfaces_in(call, attachment, each))
    attachment.subnets = kept
    _make_interfaces(call, attachment, subnets[len(kept) :])
    attachment.subnets = [*kept, *added]
    attachment.options = options
    attachments.move(call, attachment, "modify")
    return {"TransitGatewayVpcAttachment": shown(call, attachment)}


def accept_transit_gateway_vpc_attachment(call: Call, request: Input) -> Output:
    """Let another account's VPC in, as the gateway's owner."""
    attachment = _expect_asked(call, request)
    attachments.next_state(attachment, "accept")
    found = (kinds.find_anywhere(call.cloud, SUBNET, each) for each in attachment.subnets)
    subnets = [each for each in found if each is not None]
    _expect_free(call, subnets)
    _make_interfaces(acting_in(call, attachment.owner, call.region), attachment, subnets)
    attachments.move(call, attachment, "accept")
    attachments.tell(call, attachment, "accepted", f"{call.account} let {attachment.resource} in")
    return {"TransitGatewayVpcAttachment": shown(call, attachment)}


def reject_transit_gateway_vpc_attachment(call: Call, request: Input) -> Output:
    """Keep another account's VPC out, as the gateway's owner."""
    attachment = _expect_asked(call, request)
    attachments.move(call, attachment, "reject")
    attachments.tell(call, attachment, "rejected", f"{call.account} kept {attachment.resource} out")
    return {"TransitGatewayVpcAttachment": shown(call, attachment)}


def delete_transit_gateway_vpc_attachment(call: Call, request: Input) -> Output:
    """Detach a VPC, as its owner or as the gateway's."""
    attachment = _expect_vpc_attachment(call, request["TransitGatewayAttachmentId"])
    attachments.move(call, attachment, "delete")
    return {"TransitGatewayVpcAttachment": shown(call, attachment)}


def describe_transit_gateway_vpc_attachments(call: Call, request: Input) -> Output:
    """The attachments of VPCs that the account made, or that are to a gateway of its own."""
    rows = [each for each in describing.chosen(call, request, DESCRIPTION) if each.type == "vpc"]
    return describing.described(call, request, DESCRIPTION, rows)


def shown(call: Call, attachment: TransitAttachment) -> dict[str, Any]:
    """The member `TransitGatewayVpcAttachment`."""
    return {
        "TransitGatewayAttachmentId": attachment.id,
        "TransitGatewayId": attachment.gateway,
        "VpcId": attachment.resource,
        "VpcOwnerId": attachment.resource_owner,
        "State": attachment.state,
        "SubnetIds": list(attachment.subnets),
        "CreationTime": attachment.created_ns / SECOND_NS,
        "Options": dict(attachment.options),
        "Tags": tags.shown(call, attachment.id),
    }


def _expect_vpc_attachment(call: Call, identifier: str) -> TransitAttachment:
    attachment = kinds.expect(call, TRANSIT_ATTACHMENT, identifier)
    if attachment.type != "vpc":
        raise kinds.missing(TRANSIT_ATTACHMENT, identifier)
    return attachment


def _expect_asked(call: Call, request: Input) -> TransitAttachment:
    """An attachment to a gateway of the caller's own."""
    attachment = _expect_vpc_attachment(call, request["TransitGatewayAttachmentId"])
    if attachment.gateway_owner != call.account:
        raise _not_yours(call, attachment)
    return attachment


def _not_yours(call: Call, attachment: TransitAttachment) -> AwsError:
    return AwsError(
        "OperationNotPermitted",
        f"Account {call.account} may not do this with {attachment.id}.",
    )


def _expect_subnets(call: Call, vpc: Vpc, ids: Sequence[str], already: int = 0) -> list[Subnet]:
    """Subnets of the VPC, one for each zone; all after the first `already` have a free address."""
    subnets = []
    zones: dict[str, str] = {}
    for each in dict.fromkeys(ids):
        subnet = kinds.expect_own(call, SUBNET, each)
        if subnet.vpc != vpc.id:
            raise AwsError("InvalidSubnet", f"{each} is not in {vpc.id}.")
        if subnet.zone_id in zones:
            raise AwsError(
                "DuplicateSubnetsInSameZone",
                f"Duplicate Subnets for same AZ: {zones[subnet.zone_id]} and {each}.",
            )
        zones[subnet.zone_id] = each
        subnets.append(subnet)
    _expect_free(call, subnets[already:])
    return subnets


def _expect_free(call: Call, subnets: Sequence[Subnet]) -> None:
    for subnet in subnets:
        if subnet.cidr and not allocation.free_count(call.cloud, subnet):
            raise allocation.no_room()


def _expect_ipv6(vpc: Vpc, subnets: Sequence[Subnet], options: dict[str, str]) -> None:
    if options["Ipv6Support"] != "enable":
        return
    if not vpc.blocks6 or not all(subnet.blocks6 for subnet in subnets):
        raise AwsError(
            "InvalidParameterCombination",
            "Ipv6Support needs IPv6 CIDR blocks in the VPC and in every subnet.",
        )


def _expect_room(call: Call, gateway: TransitGateway, vpc: Vpc) -> None:
    of_gateway = of_vpc = 0
    for _, _, each in kinds.everywhere(call.cloud, TRANSIT_ATTACHMENT):
        if each.state in attachments.GONE:
            continue
        of_gateway += gateway.id in (each.gateway, each.peer)
        if each.resource == vpc.id:
            of_vpc += 1
            if each.gateway == gateway.id:
                raise AwsError(
                    "DuplicateTransitGatewayAttachment",
                    f"{gateway.id} has non-deleted Transit Gateway Attachments with same VPC ID "
                    f"{vpc.id}.",
                )
    code = "TransitGatewayAttachmentLimitExceeded"
    limits.expect_room(
        of_gateway, limits.TRANSIT_ATTACHMENTS_PER_GATEWAY, code, f"attachments of {gateway.id}"
    )
    limits.expect_room(
        of_vpc, limits.TRANSIT_GATEWAYS_PER_VPC, code, f"Transit Gateways attached to {vpc.id}"
    )


def _make_interfaces(call: Call, attachment: TransitAttachment, subnets: Sequence[Subnet]) -> None:
    wants6 = attachment.options["Ipv6Support"] == "enable"
    for subnet in subnets:
        interface = make_interface(
            call,
            subnet,
            kind="transit_gateway",
            description=f"Network Interface for Transit Gateway Attachment {attachment.id}",
            requester="amazon-aws",
            is_requester_managed=True,
            has_groups=False,
            count6=1 if wants6 and subnet.blocks6 else 0,
        )
        interface.source_dest_check = False
        attach(call, interface)
        attachment.interfaces.append(interface.id)


def _interfaces_in(call: Call, attachment: TransitAttachment, subnet_id: str) -> list[str]:
    found = []
    for each in attachment.interfaces:
        interface = kinds.find_anywhere(call.cloud, INTERFACE, each)
        if interface is not None and interface.subnet == subnet_id:
            found.append(each)
    return found


DESCRIPTION: Final = Description(
    kind=TRANSIT_ATTACHMENT,
    ids="TransitGatewayAttachmentIds",
    answer="TransitGatewayVpcAttachments",
    view=shown,
    filters=MappingProxyType(
        {
            "state": lambda _, row: (row.state,),
            "transit-gateway-attachment-id": lambda _, row: (row.id,),
            "transit-gateway-id": lambda _, row: (row.gateway,),
            "vpc-id": lambda _, row: (row.resource,),
        }
    ),
)
