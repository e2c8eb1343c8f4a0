"""Network ACLs and the subnets they guard.

Rules of this file: every subnet has one ACL, its VPC's default one until another is put in its
place. `Subnet.acl` is kept in step here.
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.refusals import still_used
from cloudchamber.services.ec2.vpcs.acl_entries import entries_shown, names_of_protocol
from cloudchamber.services.ec2.vpcs.limits import expect_room
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.making import make_network_acl
from cloudchamber.services.ec2.vpcs.nouns import (
    NETWORK_ACL,
    SUBNET,
    AclAssociation,
    NetworkAcl,
)
from cloudchamber.services.ec2.vpcs.seen import describe_seen


def create_network_acl(call: Call, request: Input) -> Output:
    """An ACL that denies everything until it has rules."""
    given = tags.specified(request, NETWORK_ACL.type)
    vpc = expect_own_vpc(call, request["VpcId"])
    have = sum(each.vpc == vpc.id for each in call.rows(NETWORK_ACL.table).values())
    expect_room("network-acls", have)
    acl = make_network_acl(call, vpc)
    tags.put(call, acl.id, given)
    return {"NetworkAcl": _view(call, acl)}


def delete_network_acl(call: Call, request: Input) -> Output:
    """Delete an ACL that guards no subnet. The default one stays."""
    acl = kinds.expect_own(call, NETWORK_ACL, request["NetworkAclId"])
    if acl.is_default:
        raise AwsError("InvalidParameterValue", f"cannot delete default network ACL {acl.id}")
    if acl.associations:
        raise still_used("networkAcl", acl.id)
    kinds.remove(call, NETWORK_ACL, acl)
    return {}


def replace_network_acl_association(call: Call, request: Input) -> Output:
    """Let another ACL of the VPC guard a subnet."""
    acl = kinds.expect_own(call, NETWORK_ACL, request["NetworkAclId"])
    before, association = _expect_association(call, request["AssociationId"])
    if before.vpc != acl.vpc:
        raise AwsError(
            "InvalidParameterValue",
            f"network ACL {acl.id} and subnet {association.subnet} belong to different networks",
        )
    new = AclAssociation(id=kinds.new_id(call, "aclassoc"), subnet=association.subnet)
    before.associations.remove(association)
    acl.associations.append(new)
    call.rows(SUBNET.table)[new.subnet].acl = acl.id
    return {"NewAssociationId": new.id}


def describe_network_acls(call: Call, request: Input) -> Output:
    """The account's ACLs, and those that guard subnets shared with it."""
    return describe_seen(call, request, _ACLS)


def _expect_association(call: Call, identifier: str) -> tuple[NetworkAcl, AclAssociation]:
    for acl in call.rows(NETWORK_ACL.table).values():
        for association in acl.associations:
            if association.id == identifier:
                return acl, association
    raise AwsError(
        "InvalidAssociationID.NotFound", f"The association ID '{identifier}' does not exist"
    )


def _view(call: Call, acl: NetworkAcl) -> dict[str, Any]:
    return {
        "NetworkAclId": acl.id,
        "VpcId": acl.vpc,
        "OwnerId": acl.owner,
        "IsDefault": acl.is_default,
        "Entries": entries_shown(call, acl),
        "Associations": [
            {
                "NetworkAclAssociationId": each.id,
                "NetworkAclId": acl.id,
                "SubnetId": each.subnet,
            }
            for each in acl.associations
        ],
        "Tags": tags.shown(call, acl.id),
    }


def _of_entries(call: Call, acl: NetworkAcl, *path: str) -> list[str]:
    """The texts at some member of all entries, those without it left out."""
    found: list[str] = []
    for entry in entries_shown(call, acl):
        value: Any = entry
        for step in path:
            value = None if value is None else value.get(step)
        if isinstance(value, bool):
            found.append("true" if value else "false")
        elif value is not None:
            found.append(str(value))
    return found


_ACLS: Final = Description(
    kind=NETWORK_ACL,
    ids="NetworkAclIds",
    answer="NetworkAcls",
    view=_view,
    filters={
        "association.association-id": lambda call, row: [each.id for each in row.associations],
        "association.network-acl-id": lambda call, row: [row.id] if row.associations else [],
        "association.subnet-id": lambda call, row: [each.subnet for each in row.associations],
        "default": lambda call, row: ("true" if row.is_default else "false",),
        "entry.cidr": lambda call, row: _of_entries(call, row, "CidrBlock"),
        "entry.egress": lambda call, row: _of_entries(call, row, "Egress"),
        "entry.icmp.code": lambda call, row: _of_entries(call, row, "IcmpTypeCode", "Code"),
        "entry.icmp.type": lambda call, row: _of_entries(call, row, "IcmpTypeCode", "Type"),
        "entry.ipv6-cidr": lambda call, row: _of_entries(call, row, "Ipv6CidrBlock"),
        "entry.port-range.from": lambda call, row: _of_entries(call, row, "PortRange", "From"),
        "entry.port-range.to": lambda call, row: _of_entries(call, row, "PortRange", "To"),
        "entry.protocol": (
            lambda call, row: [
                name
                for number in _of_entries(call, row, "Protocol")
                for name in names_of_protocol(number)
            ]
        ),
        "entry.rule-action": lambda call, row: _of_entries(call, row, "RuleAction"),
        "entry.rule-number": lambda call, row: _of_entries(call, row, "RuleNumber"),
        "network-acl-id": lambda call, row: (row.id,),
        "owner-id": lambda call, row: (row.owner,),
        "vpc-id": lambda call, row: (row.vpc,),
    },
)
