"""The CIDRs of a VPC: associated and disassociated, IPv4 and IPv6.

Rules of this file: a block is routed locally while it is associated, in every route table of the
VPC. The first IPv6 block opens default groups and the default ACL to IPv6, unless they were
changed.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import PEERING, PeeringSide
from cloudchamber.services.ec2.interfaces.groups import let_ipv6_out
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.vpcs import ipv6_pool
from cloudchamber.services.ec2.vpcs.cidrs import covers, expect_addable, is_ipv6, overlap
from cloudchamber.services.ec2.vpcs.lifecycle import BLOCK_LIFE
from cloudchamber.services.ec2.vpcs.limits import expect_block_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc, subnets_of, zones_for
from cloudchamber.services.ec2.vpcs.making import LOCAL, WITH_TABLE, allow_all
from cloudchamber.services.ec2.vpcs.nouns import (
    NETWORK_ACL,
    ROUTE_TABLE,
    VPC,
    CidrAssociation,
    Route,
    Vpc,
)
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.views import block6_view, block_view

BLOCK_DUE: Final = "ec2.vpc-block-due"
AMAZON: Final = "amazon"
PREFIX: Final = "vpc-cidr-assoc"
_FIRST_RULE: Final = 100
_FIRST_RULE6: Final = 101


def associate_vpc_cidr_block(call: Call, request: Input) -> Output:
    """Add an IPv4 block, or an IPv6 block of Amazon's."""
    refuse_absent(call, request)
    vpc = expect_own_vpc(call, request["VpcId"])
    text, is_amazon = request.get("CidrBlock"), request.get("AmazonProvidedIpv6CidrBlock", False)
    if request.get("Ipv6CidrBlock"):
        raise missing_parameter("ipv6Pool")
    border_group = expect_border_group(call, request, is_amazon=is_amazon)
    if text and is_amazon:
        raise invalid_combination(
            "The parameters cidrBlock and amazonProvidedIpv6CidrBlock cannot be used together."
        )
    if is_amazon:
        expect_block_room("blocks6", vpc.id, len(vpc.blocks6))
        if any(each.border_group == border_group for each in vpc.blocks6):
            raise AwsError(
                "CidrLimitExceeded",
                f"The network '{vpc.id}' has an Amazon-provided IPv6 CIDR block in the network "
                f"border group {border_group} already.",
            )
        block = add_amazon_block(call, vpc, border_group)
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": block6_view(block)}
    if not text:
        raise AwsError(
            "MissingParameter",
            "Either 'cidrBlock', 'amazonProvidedIpv6CidrBlock', 'ipv6Pool', 'ipv4IpamPoolId' or "
            "'ipv6IpamPoolId' should be provided.",
        )
    network = expect_addable(text, [each.cidr for each in vpc.blocks])
    expect_block_room("blocks", vpc.id, len(vpc.blocks))
    _expect_no_route(call, vpc, str(network))
    _expect_no_peer(call, vpc, str(network))
    block = CidrAssociation(kinds.new_id(call, PREFIX), str(network), BLOCK_LIFE.initial)
    vpc.blocks.append(block)
    _go_on(call, vpc, block)
    return {"VpcId": vpc.id, "CidrBlockAssociation": block_view(block)}


def disassociate_vpc_cidr_block(call: Call, request: Input) -> Output:
    """Take a block away that no subnet lies in. The primary one stays."""
    identifier = request["AssociationId"]
    vpc, block = _expect_block(call, identifier)
    if block is vpc.blocks[0]:
        raise AwsError(
            "OperationNotPermitted",
            f"The vpc CIDR block with association ID {identifier} may not be disassociated. "
            "It is the primary IPv4 CIDR block of the VPC",
        )
    if block.state != "associated":
        raise AwsError(
            "IncorrectState",
            f"The vpc CIDR block with association ID {identifier} is in the state {block.state}.",
        )
    for subnet in subnets_of(call.cloud, vpc.id):
        cidrs = (subnet.cidr, *(each.cidr for each in subnet.blocks6))
        if any(each and covers(block.cidr, each) for each in cidrs):
            raise AwsError(
                "InvalidCidrBlock.InUse",
                f"The vpc CIDR block with association ID {identifier} may not be disassociated. "
                f"The subnet {subnet.id} uses it.",
            )
    block.state = BLOCK_LIFE.move(block.state, "disassociate")
    _set_routes(call, vpc, block)
    _go_on(call, vpc, block)
    if is_ipv6(block.cidr):
        return {"VpcId": vpc.id, "Ipv6CidrBlockAssociation": block6_view(block)}
    return {"VpcId": vpc.id, "CidrBlockAssociation": block_view(block)}


def block_due(call: Call, vpc_id: str, identifier: str) -> None:
    """An association is complete, or over."""
    vpc = call.rows(VPC.table).get(vpc_id)
    blocks = () if vpc is None else (*vpc.blocks, *vpc.blocks6)
    block = next((each for each in blocks if each.id == identifier), None)
    if vpc is None or block is None:
        return
    block.state = BLOCK_LIFE.move(block.state, "done")
    _set_routes(call, vpc, block)
    if block.state == "disassociated":
        ipv6_pool.give_back(call, block.cidr)
        (vpc.blocks6 if is_ipv6(block.cidr) else vpc.blocks).remove(block)
    elif is_ipv6(block.cidr) and len(vpc.blocks6) == 1:
        _open_to_ipv6(call, vpc)


def add_amazon_block(call: Call, vpc: Vpc, border_group: str) -> CidrAssociation:
    """Lend the VPC a /56 of Amazon's; it is associated after a while."""
    block = CidrAssociation(
        kinds.new_id(call, PREFIX),
        ipv6_pool.lend(call, vpc.id),
        BLOCK_LIFE.initial,
        AMAZON,
        border_group,
    )
    vpc.blocks6.append(block)
    _go_on(call, vpc, block)
    return block


def expect_border_group(call: Call, request: Input, *, is_amazon: bool) -> str:
    """Where an IPv6 block is announced from: the Region, or a zone group. Raises
    InvalidParameterCombination, InvalidParameterValue."""
    group: str | None = request.get("Ipv6CidrBlockNetworkBorderGroup")
    if group is None:
        return call.region
    if not is_amazon:
        raise invalid_combination(
            "ipv6CidrBlockNetworkBorderGroup needs amazonProvidedIpv6CidrBlock to be true."
        )
    if group not in {zone.border_group for zone in zones_for(call)}:
        raise invalid_value(
            group, "ipv6CidrBlockNetworkBorderGroup", "It is not a network border group."
        )
    return group


def _go_on(call: Call, vpc: Vpc, block: CidrAssociation) -> None:
    delay_ns = BLOCK_LIFE.delay_ns(call.cloud.settings.lifecycle, block.state)
    call.after(delay_ns, BLOCK_DUE, vpc.id, block.id)


def _expect_block(call: Call, identifier: str) -> tuple[Vpc, CidrAssociation]:
    for vpc in call.rows(VPC.table).values():
        for block in (*vpc.blocks, *vpc.blocks6):
            if block.id == identifier:
                return vpc, block
    raise AwsError(
        "InvalidVpcCidrBlockAssociationID.NotFound",
        f"The vpc CIDR block association ID '{identifier}' does not exist",
    )


def _set_routes(call: Call, vpc: Vpc, block: CidrAssociation) -> None:
    """Route a block locally while it is associated, and not otherwise."""
    for table in call.rows(ROUTE_TABLE.table).values():
        if table.vpc != vpc.id:
            continue
        table.routes[:] = [each for each in table.routes if each.destination != block.cidr]
        if block.state == "associated":
            local = sum(each.origin == WITH_TABLE for each in table.routes)
            table.routes.insert(
                local, Route(destination=block.cidr, target=LOCAL, origin=WITH_TABLE)
            )


def _open_to_ipv6(call: Call, vpc: Vpc) -> None:
    """The default ACL and default groups let IPv6 through, where they let all IPv4 through."""
    let_ipv6_out(call, vpc)
    acl = call.rows(NETWORK_ACL.table)[vpc.default_acl]
    untouched = allow_all("0.0.0.0/0", "", _FIRST_RULE)
    for before, rule in zip(untouched, allow_all("", "::/0", _FIRST_RULE6), strict=True):
        if [each for each in acl.entries if each.is_egress == rule.is_egress] == [before]:
            acl.entries.append(rule)


def _expect_no_route(call: Call, vpc: Vpc, cidr: str) -> None:
    """No route leads to the block or a part of it already."""
    for table in call.rows(ROUTE_TABLE.table).values():
        if table.vpc != vpc.id:
            continue
        for route in table.routes:
            if not route.destination.startswith("pl-") and covers(cidr, route.destination):
                raise AwsError(
                    "InvalidVpc.Range",
                    f"The CIDR '{cidr}' is the same as or larger than the destination "
                    f"'{route.destination}' of a route in the route table {table.id}.",
                )


def _expect_no_peer(call: Call, vpc: Vpc, cidr: str) -> None:
    """No VPC that is peered has the block, and no peering waits for an answer."""
    for _, _, peering in kinds.everywhere(call.cloud, PEERING):
        sides = (peering.requester, peering.accepter)
        if vpc.id not in (side.vpc for side in sides):
            continue
        if peering.status == "pending-acceptance" and peering.requester.vpc == vpc.id:
            raise AwsError(
                "OperationNotPermitted",
                f"The peering {peering.id}, which {vpc.id} requested, is pending acceptance.",
            )
        other = next((side for side in sides if side.vpc != vpc.id), None)
        if peering.status == "active" and other is not None and _has(other, cidr):
            raise AwsError(
                "InvalidVpc.Range",
                f"The CIDR '{cidr}' conflicts with a CIDR of the peered VPC {other.vpc}.",
            )


def _has(side: PeeringSide, cidr: str) -> bool:
    return any(overlap(cidr, each) for each in side.cidrs)
