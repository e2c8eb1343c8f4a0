"""VPC peering connections: asked for by one VPC's owner, accepted by the other's.

Rules of this file: one row for both sides; what an account may do follows from which side it is
and in which Region it asks. A request that cannot be (no such VPC, overlapping CIDRs) is no error:
as at AWS it is there a moment later, failed. What is over stays visible for a while, to each side
its own.
https://docs.aws.amazon.com/vpc/latest/peering/vpc-peering-basics.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections.acting import forget_tags
from cloudchamber.services.ec2.connections.lifecycle import (
    EXPIRES_NS,
    SEEN_BY_ENDER_NS,
    SEEN_BY_OTHER_NS,
)
from cloudchamber.services.ec2.connections.lifecycle import PEERING as LIFE
from cloudchamber.services.ec2.connections.limits import PEERINGS_OUTSTANDING, PEERINGS_PER_VPC
from cloudchamber.services.ec2.connections.nouns import PEERING, Peering, PeeringSide
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.refusals import missing_parameter
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import VPC, Vpc
from cloudchamber.world.geography.regions import find_region

DUE: Final = "ec2.peering-due"
_ALIVE: Final = ("initiating-request", "pending-acceptance", "provisioning", "active")
_AGREED: Final = ("provisioning", "active", "deleting", "deleted")
_FAILURE: Final = "Failed due to incorrect VPC-ID, Account ID, or overlapping CIDR range"
# Members of the options that ClassicLink left behind; they are answered, false for ever.
_CLASSIC: Final = (
    "AllowEgressFromLocalClassicLinkToRemoteVpc",
    "AllowEgressFromLocalVpcToRemoteClassicLink",
)


def create_vpc_peering_connection(call: Call, request: Input) -> Output:
    """Ask another VPC's owner for a peering; by default the account's own, in the same Region."""
    given = tags.specified(request, PEERING.type)
    if not request.get("PeerVpcId"):
        raise missing_parameter("peerVpcId")
    _refuse_multipath(call, request.get("RequesterPeeringConnectionOptions", {}))
    vpc = expect_own_vpc(call, request["VpcId"])
    account = request.get("PeerOwnerId") or call.account
    region = request.get("PeerRegion") or call.region
    if find_region(region) is None:
        raise AwsError("InvalidParameterValue", f"The region '{region}' does not exist.")
    peer = request["PeerVpcId"]
    if (account, region) == (call.account, call.region):
        expect_own_vpc(call, peer)
        if peer == vpc.id:
            raise AwsError("InvalidParameterValue", f"The VPC {peer} cannot be peered with itself.")
    _expect_room(call, vpc.id, peer)
    peering = Peering(
        id=kinds.new_id(call, PEERING.prefix),
        owner=call.account,
        requester=PeeringSide(
            account=call.account, region=call.region, vpc=vpc.id, cidrs=cidrs_of(vpc),
            cidrs6=cidrs6_of(vpc),
        ),
        accepter=PeeringSide(account=account, region=region, vpc=peer, cidrs=[]),
        status=LIFE.initial,
        status_text=f"Initiating Request to {account}",
        expires_ns=call.now + EXPIRES_NS,
        changed_ns=call.now,
    )  # fmt: skip
    kinds.add(call, PEERING, peering)
    tags.put(call, peering.id, given)
    _later(call, peering, "asked")
    return {"VpcPeeringConnection": shown(call, peering)}


def accept_vpc_peering_connection(call: Call, request: Input) -> Output:
    """Accept what another VPC's owner asked for, in the Region of one's own VPC."""
    peering = kinds.expect(call, PEERING, request["VpcPeeringConnectionId"])
    _expect_accepter(call, peering, "accept")
    status = _moved(peering, "accept")
    for side in (peering.requester, peering.accepter):
        if _count_active(call, side.vpc) >= PEERINGS_PER_VPC:
            raise AwsError(
                "ActiveVpcPeeringConnectionPerVpcLimitExceeded",
                f"The maximum number of active VPC peering connections for {side.vpc} has been "
                f"reached ({PEERINGS_PER_VPC}).",
            )
    _set(call, peering, status, "Provisioning")
    peering.expires_ns = 0
    for side in (peering.requester, peering.accepter):
        vpc = kinds.find_anywhere(call.cloud, VPC, side.vpc)
        if vpc is not None:
            side.cidrs, side.cidrs6 = cidrs_of(vpc), cidrs6_of(vpc)
    _tell(call, peering, "accepted", f"{call.account} accepted {_between(peering)}")
    _later(call, peering, "provisioned")
    return {"VpcPeeringConnection": shown(call, peering)}


def reject_vpc_peering_connection(call: Call, request: Input) -> Output:
    """Turn down what another VPC's owner asked for."""
    peering = kinds.expect(call, PEERING, request["VpcPeeringConnectionId"])
    _expect_accepter(call, peering, "reject")
    _set(call, peering, _moved(peering, "reject"), f"Rejected by {call.account}")
    _over(call, peering)
    _tell(call, peering, "rejected", f"{call.account} rejected {_between(peering)}")
    return {"Return": True}


def delete_vpc_peering_connection(call: Call, request: Input) -> Output:
    """End a peering, from either side; a request that is not answered, from the asker's."""
    peering = kinds.expect(call, PEERING, request["VpcPeeringConnectionId"])
    status = _moved(peering, "delete")
    here = (call.account, call.region)
    if peering.status == "pending-acceptance" and here != _place(peering.requester):
        raise AwsError(
            "OperationNotPermitted",
            f"User {call.account} cannot delete peering {peering.id}, which is "
            "pending acceptance; reject it.",
        )
    _set(call, peering, status, f"Deleting by {call.account}")
    _over(call, peering)
    _later(call, peering, "deleted")
    return {"Return": True}


def modify_vpc_peering_connection_options(call: Call, request: Input) -> Output:
    """Let the other VPC resolve this one's public names to private addresses, or no longer."""
    peering = kinds.expect(call, PEERING, request["VpcPeeringConnectionId"])
    wanted = [
        (side, request[member])
        for member, side in (
            ("AccepterPeeringConnectionOptions", peering.accepter),
            ("RequesterPeeringConnectionOptions", peering.requester),
        )
        if member in request
    ]
    if not wanted:
        raise missing_parameter("requesterPeeringConnectionOptions")
    if peering.status != "active":
        raise AwsError(
            "OperationNotPermitted",
            f"Peering {peering.id} is not active. "
            "Peering options can be added only to active peerings.",
        )
    for side, options in wanted:
        _expect_options(call, peering, side, options)
    output: Output = {}
    for side, options in wanted:
        allows = options.get("AllowDnsResolutionFromRemoteVpc")
        if allows is not None:
            side.resolves_dns = allows
        name = "Accepter" if side is peering.accepter else "Requester"
        output[f"{name}PeeringConnectionOptions"] = _options(side)
    return output


def describe_vpc_peering_connections(call: Call, request: Input) -> Output:
    """The peerings that the account is a side of, in the Region of its side."""
    return describing.describe(call, request, DESCRIPTION)


def peering_due(call: Call, identifier: str, event: str) -> None:
    """Kernel event: the next step of a peering, or its end in everybody's sight."""
    peering = kinds.find_anywhere(call.cloud, PEERING, identifier)
    if peering is None:
        return
    if event == "forget":
        _forget(call, peering)
        return
    why_not = _why_not(call, peering) if event == "asked" else ""
    if why_not:
        event = "overlap"
    try:
        status = LIFE.move(peering.status, event)
    except IllegalMove:
        return
    if event == "asked":
        _set(call, peering, status, f"Pending Acceptance by {peering.accepter.account}")
        call.at(peering.expires_ns, DUE, peering.id, "expire", weak=True)
    elif event == "overlap":
        _set(call, peering, status, _FAILURE)
        peering.accepter_until_ns = call.now
        peering.requester_until_ns = call.now + SEEN_BY_ENDER_NS
        call.at(peering.requester_until_ns, DUE, peering.id, "forget", weak=True)
        _tell(call, peering, "failed", f"{_between(peering)} failed: {why_not}")
    elif event == "expire":
        _set(call, peering, status, "Expired")
        peering.requester_until_ns = peering.accepter_until_ns = call.now + SEEN_BY_OTHER_NS
        call.at(peering.requester_until_ns, DUE, peering.id, "forget", weak=True)
        _tell(call, peering, "expired", f"nobody answered {_between(peering)} in seven days")
    elif event == "provisioned":
        _set(call, peering, status, "Active")
    else:
        text = peering.status_text.replace("Deleting by", "Deleted by")
        _set(call, peering, status, text)
        _tell(call, peering, "deleted", f"{_between(peering)} is gone: {text.lower()}")


def cidrs_of(vpc: Vpc) -> list[str]:
    """The IPv4 CIDRs that a VPC has now."""
    return [each.cidr for each in vpc.blocks if each.state == "associated"]


def cidrs6_of(vpc: Vpc) -> list[str]:
    """The IPv6 CIDRs that a VPC has now."""
    return [each.cidr for each in vpc.blocks6 if each.state == "associated"]


def overlapping(first: Sequence[str], second: Sequence[str]) -> tuple[str, str] | None:
    """A CIDR of each that have addresses in common. IPv4 and IPv6 never have."""
    ours = [ipaddress.ip_network(each) for each in first]
    theirs = [ipaddress.ip_network(each) for each in second]
    for mine in ours:
        for yours in theirs:
            if mine.version == yours.version and mine.overlaps(yours):
                return str(mine), str(yours)
    return None


def shown(call: Call, peering: Peering) -> dict[str, Any]:
    """The member `VpcPeeringConnection`."""
    view: dict[str, Any] = {
        "VpcPeeringConnectionId": peering.id,
        "RequesterVpcInfo": _side(call, peering, peering.requester),
        "AccepterVpcInfo": _side(call, peering, peering.accepter),
        "Status": {"Code": peering.status, "Message": peering.status_text},
        "Tags": tags.shown(call, peering.id),
    }
    if peering.expires_ns:
        view["ExpirationTime"] = peering.expires_ns / SECOND_NS
    return view


def _side(call: Call, peering: Peering, side: PeeringSide) -> dict[str, Any]:
    view: dict[str, Any] = {
        "OwnerId": side.account,
        "VpcId": side.vpc,
        "Region": side.region,
    }
    if side is peering.accepter and peering.status not in _AGREED:
        return view
    vpc = kinds.find_anywhere(call.cloud, VPC, side.vpc)
    cidrs = cidrs_of(vpc) if vpc else side.cidrs
    cidrs6 = cidrs6_of(vpc) if vpc else side.cidrs6
    if cidrs:
        view["CidrBlock"] = cidrs[0]
    view["CidrBlockSet"] = [{"CidrBlock": each} for each in cidrs]
    if cidrs6:
        view["Ipv6CidrBlockSet"] = [{"Ipv6CidrBlock": each} for each in cidrs6]
    view["PeeringOptions"] = _options(side)
    return view


def _options(side: PeeringSide) -> dict[str, bool]:
    return {
        "AllowDnsResolutionFromRemoteVpc": side.resolves_dns,
        **dict.fromkeys(_CLASSIC, False),
    }


def _expect_options(
    call: Call, peering: Peering, side: PeeringSide, options: dict[str, Any]
) -> None:
    if (call.account, call.region) != _place(side):
        raise AwsError(
            "OperationNotPermitted",
            f"User {call.account} cannot modify the options of {side.vpc} in peering {peering.id} "
            f"from {call.region}.",
        )
    _refuse_multipath(call, options)
    if any(options.get(each) for each in _CLASSIC):
        raise AwsError("UnsupportedOperation", "ClassicLink is no longer available.")
    vpc = kinds.find_anywhere(call.cloud, VPC, side.vpc)
    if options.get("AllowDnsResolutionFromRemoteVpc") and vpc is not None:
        if not (vpc.dns_hostnames and vpc.dns_support):
            raise AwsError(
                "InvalidVpcPeeringConnectionState.DnsHostnamesDisabled",
                "To enable DNS hostname resolution for the VPC peering connection, DNS hostname "
                f"support must be enabled for the VPC {vpc.id}.",
            )


def _refuse_multipath(call: Call, options: dict[str, Any]) -> None:
    if options.get("AllowMultipathResilience") or options.get("MultipathResilienceMode"):
        raise Refused("ec2", call.operation_name, "multipath resilience of peerings is not here")


def _expect_accepter(call: Call, peering: Peering, verb: str) -> None:
    if call.account != peering.accepter.account:
        raise AwsError(
            "OperationNotPermitted", f"User {call.account} cannot {verb} peering {peering.id}"
        )
    if call.region != peering.accepter.region:
        raise AwsError(
            "OperationNotPermitted",
            f"Incorrect region ({call.region}) specified for this request. VPC peering connection "
            f"{peering.id} must be {verb}ed in region {peering.accepter.region}",
        )


def _moved(peering: Peering, event: str) -> str:
    try:
        return LIFE.move(peering.status, event)
    except IllegalMove:
        to = {"accept": "active", "reject": "rejected", "delete": "deleting"}[event]
        raise AwsError(
            "InvalidStateTransition",
            f"Invalid state transition for {peering.id}, attempted to transition from "
            f"{peering.status} to {to}",
        ) from None


def _expect_room(call: Call, vpc: str, peer: str) -> None:
    outstanding = 0
    for _, _, each in kinds.everywhere(call.cloud, PEERING):
        vpcs = (each.requester.vpc, each.accepter.vpc)
        if each.status in _ALIVE and sorted(vpcs) == sorted((vpc, peer)):
            raise AwsError(
                "VpcPeeringConnectionAlreadyExists",
                f"A VPC peering connection between {vpc} and {peer} already exists: {each.id}",
            )
        if each.status == "pending-acceptance" and each.requester.vpc == vpc:
            outstanding += 1
    if outstanding >= PEERINGS_OUTSTANDING:
        raise AwsError(
            "OutstandingVpcPeeringConnectionLimitExceeded",
            f"The maximum number of outstanding VPC peering connection requests for {vpc} has been "
            f"reached ({PEERINGS_OUTSTANDING}).",
        )


def _count_active(call: Call, vpc: str) -> int:
    return sum(
        each.status == "active" and vpc in (each.requester.vpc, each.accepter.vpc)
        for _, _, each in kinds.everywhere(call.cloud, PEERING)
    )


def _why_not(call: Call, peering: Peering) -> str:
    """Why a request cannot be, empty if it can."""
    side = peering.accepter
    place = kinds.place_of(call.cloud, side.vpc)
    vpc = kinds.find_anywhere(call.cloud, VPC, side.vpc)
    if vpc is None or place is None or (place.account, place.region) != _place(side):
        return f"{side.account} has no {side.vpc} in {side.region}"
    for ours, theirs in (
        (peering.requester.cidrs, cidrs_of(vpc)),
        (peering.requester.cidrs6, cidrs6_of(vpc)),
    ):
        both = overlapping(ours, theirs)
        if both is not None:
            return f"{both[0]} and {both[1]} overlap"
    return ""


def _over(call: Call, peering: Peering) -> None:
    """It ends: whoever ended it sees it for two hours, another account for two days."""
    peering.expires_ns = 0
    ends = []
    for side in (peering.requester, peering.accepter):
        is_ender = side.account == call.account
        ends.append(call.now + (SEEN_BY_ENDER_NS if is_ender else SEEN_BY_OTHER_NS))
    peering.requester_until_ns, peering.accepter_until_ns = ends
    call.at(max(ends), DUE, peering.id, "forget", weak=True)


def _forget(call: Call, peering: Peering) -> None:
    if not peering.requester_until_ns:
        return
    for side in (peering.requester, peering.accepter):
        forget_tags(call, peering.id, side.account, side.region)
    kinds.remove(call, PEERING, peering)


def _set(call: Call, peering: Peering, status: str, text: str) -> None:
    peering.status = status
    peering.status_text = text
    peering.changed_ns = call.now


def _later(call: Call, peering: Peering, event: str) -> None:
    delay_ns = LIFE.delay_ns(call.cloud.settings.lifecycle, peering.status)
    call.after(delay_ns, DUE, peering.id, event)


def _place(side: PeeringSide) -> tuple[str, str]:
    return side.account, side.region


def _between(peering: Peering) -> str:
    return f"the peering of {peering.requester.vpc} with {peering.accepter.vpc}"


def _tell(call: Call, peering: Peering, what: str, sentence: str) -> None:
    side = peering.requester
    arn = kinds.arn_of(PEERING, side.account, side.region, peering.id)
    call.event(arn, f"ec2.peering-{what}", sentence)


def _time(ns: int) -> str:
    """An instant as filters spell it."""
    return datetime.fromtimestamp(ns // SECOND_NS, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


DESCRIPTION: Final = Description(
    kind=PEERING,
    ids="VpcPeeringConnectionIds",
    answer="VpcPeeringConnections",
    view=shown,
    filters=MappingProxyType(
        {
            "accepter-vpc-info.cidr-block": lambda _, row: row.accepter.cidrs,
            "accepter-vpc-info.owner-id": lambda _, row: (row.accepter.account,),
            "accepter-vpc-info.vpc-id": lambda _, row: (row.accepter.vpc,),
            "expiration-time": lambda _, row: (_time(row.expires_ns),) if row.expires_ns else (),
            "requester-vpc-info.cidr-block": lambda _, row: row.requester.cidrs,
            "requester-vpc-info.owner-id": lambda _, row: (row.requester.account,),
            "requester-vpc-info.vpc-id": lambda _, row: (row.requester.vpc,),
            "status-code": lambda _, row: (row.status,),
            "status-message": lambda _, row: (row.status_text,),
            "vpc-peering-connection-id": lambda _, row: (row.id,),
        }
    ),
)
