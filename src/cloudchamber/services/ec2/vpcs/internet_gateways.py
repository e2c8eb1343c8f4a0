"""Internet gateways and egress-only internet gateways.

Rules of this file: an internet gateway is made alone and attached to one VPC; a VPC has one at
most. An egress-only gateway belongs to its VPC from the beginning.
https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Internet_Gateway.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE
from cloudchamber.services.ec2.refusals import still_used
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import (
    EGRESS_ONLY_GATEWAY,
    INTERNET_GATEWAY,
    EgressOnlyGateway,
    InternetGateway,
)
from cloudchamber.services.ec2.vpcs.table_associations import is_routing_for


def create_internet_gateway(call: Call, request: Input) -> Output:
    """An internet gateway that is attached to nothing."""
    given = tags.specified(request, INTERNET_GATEWAY.type)
    expect_room("internet-gateways", len(call.rows(INTERNET_GATEWAY.table)))
    gateway = InternetGateway(id=kinds.new_id(call, INTERNET_GATEWAY.prefix), owner=call.account)
    kinds.add(call, INTERNET_GATEWAY, gateway)
    tags.put(call, gateway.id, given)
    return {"InternetGateway": _view(call, gateway)}


def delete_internet_gateway(call: Call, request: Input) -> Output:
    """Delete a gateway that is detached."""
    gateway = kinds.expect_own(call, INTERNET_GATEWAY, request["InternetGatewayId"])
    if gateway.vpc:
        raise still_used("internetGateway", gateway.id)
    kinds.remove(call, INTERNET_GATEWAY, gateway)
    return {}


def attach_internet_gateway(call: Call, request: Input) -> Output:
    """Let a VPC reach the internet, where its routes lead to the gateway."""
    gateway = kinds.expect_own(call, INTERNET_GATEWAY, request["InternetGatewayId"])
    vpc = expect_own_vpc(call, request["VpcId"])
    if gateway.vpc:
        raise AwsError(
            "Resource.AlreadyAssociated",
            f"resource {gateway.id} is already attached to network {gateway.vpc}",
        )
    if any(each.vpc == vpc.id for each in call.rows(INTERNET_GATEWAY.table).values()):
        raise AwsError(
            "InvalidParameterValue",
            f"Network {vpc.id} already has an internet gateway attached",
        )
    gateway.vpc = vpc.id
    return {}


def detach_internet_gateway(call: Call, request: Input) -> Output:
    """Cut a VPC off, once nothing in it has a public address."""
    gateway = kinds.expect_own(call, INTERNET_GATEWAY, request["InternetGatewayId"])
    vpc = expect_own_vpc(call, request["VpcId"])
    if gateway.vpc != vpc.id:
        raise AwsError(
            "Gateway.NotAttached", f"resource {gateway.id} is not attached to network {vpc.id}"
        )
    if _has_public_addresses(call, vpc.id):
        raise AwsError(
            "DependencyViolation",
            f"Network {vpc.id} has some mapped public address(es). Please unmap those public "
            "address(es) before detaching the gateway.",
        )
    if is_routing_for(call, gateway.id):
        raise AwsError(
            "DependencyViolation",
            f"The internetGateway '{gateway.id}' has a route table associated with it and cannot "
            "be detached.",
        )
    gateway.vpc = ""
    return {}


def describe_internet_gateways(call: Call, request: Input) -> Output:
    """The account's internet gateways."""
    return describe(call, request, _GATEWAYS)


def create_egress_only_gateway(call: Call, request: Input) -> Output:
    """A way out for a VPC's IPv6 traffic, and for nothing in."""
    given = tags.specified(request, EGRESS_ONLY_GATEWAY.type)
    vpc = expect_own_vpc(call, request["VpcId"])
    expect_room("egress-only-gateways", len(call.rows(EGRESS_ONLY_GATEWAY.table)))
    gateway = EgressOnlyGateway(
        id=kinds.new_id(call, EGRESS_ONLY_GATEWAY.prefix), owner=call.account, vpc=vpc.id
    )
    kinds.add(call, EGRESS_ONLY_GATEWAY, gateway)
    tags.put(call, gateway.id, given)
    return {"EgressOnlyInternetGateway": _egress_view(call, gateway)}


def delete_egress_only_gateway(call: Call, request: Input) -> Output:
    """Delete it; routes that lead to it are blackholes from then on."""
    gateway = kinds.expect_own(call, EGRESS_ONLY_GATEWAY, request["EgressOnlyInternetGatewayId"])
    kinds.remove(call, EGRESS_ONLY_GATEWAY, gateway)
    return {"ReturnCode": True}


def describe_egress_only_gateways(call: Call, request: Input) -> Output:
    """The account's egress-only gateways."""
    return describe(call, request, _EGRESS_ONLY)


def _has_public_addresses(call: Call, vpc_id: str) -> bool:
    """Whether any interface in a VPC is seen as a public address, whosever it is."""
    return any(
        interface.vpc == vpc_id and any(each.public for each in interface.addresses)
        for _, _, interface in kinds.everywhere(call.cloud, INTERFACE)
    )


def _view(call: Call, gateway: InternetGateway) -> dict[str, Any]:
    attached = [{"VpcId": gateway.vpc, "State": "available"}] if gateway.vpc else []
    return {
        "InternetGatewayId": gateway.id,
        "OwnerId": gateway.owner,
        "Attachments": attached,
        "Tags": tags.shown(call, gateway.id),
    }


def _egress_view(call: Call, gateway: EgressOnlyGateway) -> dict[str, Any]:
    return {
        "EgressOnlyInternetGatewayId": gateway.id,
        "Attachments": [{"VpcId": gateway.vpc, "State": "attached"}],
        "Tags": tags.shown(call, gateway.id),
    }


_GATEWAYS: Final = Description(
    kind=INTERNET_GATEWAY,
    ids="InternetGatewayIds",
    answer="InternetGateways",
    view=_view,
    filters={
        "attachment.state": lambda call, row: ("available",) if row.vpc else (),
        "attachment.vpc-id": lambda call, row: (row.vpc,) if row.vpc else (),
        "internet-gateway-id": lambda call, row: (row.id,),
        "owner-id": lambda call, row: (row.owner,),
    },
)
_EGRESS_ONLY: Final = Description(
    kind=EGRESS_ONLY_GATEWAY,
    ids="EgressOnlyInternetGatewayIds",
    answer="EgressOnlyInternetGateways",
    view=_egress_view,
    page_max=255,
)
