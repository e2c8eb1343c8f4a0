"""Network ACLs and their rules."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal, refused
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, default_acl, rules_of, where

PORTS = {"PortRange": {"From": 80, "To": 443}}


@pytest.fixture
def acl(ec2: Any, vpc: str) -> str:
    identifier: str = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    return identifier


def acl_of(ec2: Any, identifier: str) -> dict[str, Any]:
    (found,) = ec2.describe_network_acls(NetworkAclIds=[identifier])["NetworkAcls"]
    described: dict[str, Any] = found
    return described


def entry(acl: str, number: int = 100, **members: Any) -> dict[str, Any]:
    """A rule that lets all TCP of two ports in from everywhere, with some members changed."""
    return {
        "NetworkAclId": acl, "RuleNumber": number, "Protocol": "6", "RuleAction": "allow",
        "Egress": False, "CidrBlock": "0.0.0.0/0", **PORTS, **members,
    }  # fmt: skip


def test_a_new_acl_denies_everything(ec2: Any, vpc: str, acl: str) -> None:
    seen = acl_of(ec2, acl)
    assert (seen["IsDefault"], seen["OwnerId"], seen["VpcId"]) == (False, ACCOUNT, vpc)
    for is_egress in (False, True):
        assert rules_of(seen, is_egress=is_egress) == [(32767, "0.0.0.0/0", "deny")]


def test_rules_stand_by_number_in_two_directions(ec2: Any, acl: str) -> None:
    ec2.create_network_acl_entry(**entry(acl, 200, CidrBlock="192.0.2.9/24"))
    ec2.create_network_acl_entry(**entry(acl, 100, RuleAction="deny"))
    ec2.create_network_acl_entry(**entry(acl, 100, Egress=True))
    seen = acl_of(ec2, acl)
    assert rules_of(seen) == [
        (100, "0.0.0.0/0", "deny"),
        (200, "192.0.2.0/24", "allow"),
        (32767, "0.0.0.0/0", "deny"),
    ]
    assert rules_of(seen, is_egress=True)[0] == (100, "0.0.0.0/0", "allow")
    (rule,) = (each for each in seen["Entries"] if each["RuleNumber"] == 200)
    assert (rule["Protocol"], rule["PortRange"]) == ("6", {"From": 80, "To": 443})


def test_a_number_is_taken_replaced_and_free_again(ec2: Any, acl: str) -> None:
    assert refused(ec2.replace_network_acl_entry, **entry(acl)) == (
        "InvalidNetworkAclEntry.NotFound"
    )
    ec2.create_network_acl_entry(**entry(acl))
    assert refusal(ec2.create_network_acl_entry, **entry(acl, RuleAction="deny")) == (
        "NetworkAclEntryAlreadyExists",
        "The network acl entry identified by 100 already exists.",
    )
    ec2.replace_network_acl_entry(**entry(acl, RuleAction="deny"))
    assert rules_of(acl_of(ec2, acl))[0] == (100, "0.0.0.0/0", "deny")
    ec2.delete_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Egress=False)
    assert len(rules_of(acl_of(ec2, acl))) == 1
    assert (
        refused(ec2.delete_network_acl_entry, NetworkAclId=acl, RuleNumber=32767, Egress=False)
        == "InvalidNetworkAclEntry.NotFound"
    )


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"RuleNumber": 0}, "InvalidParameterValue"),
        ({"RuleNumber": 32767}, "InvalidParameterValue"),
        ({"Protocol": "256"}, "InvalidParameterValue"),
        ({"Protocol": "telepathy"}, "InvalidParameterValue"),
        ({"PortRange": {"From": 443, "To": 80}}, "InvalidParameterValue"),
        ({"PortRange": {"From": 0, "To": 65536}}, "InvalidParameterValue"),
        ({"PortRange": {}}, "MissingParameter"),
        ({"Protocol": "1"}, "MissingParameter"),
        ({"Protocol": "1", "IcmpTypeCode": {"Type": 300, "Code": 0}}, "InvalidParameterValue"),
        ({"Protocol": "1", "IcmpTypeCode": {"Type": -1, "Code": 3}}, "InvalidParameterValue"),
        ({"CidrBlock": "everywhere"}, "InvalidParameterValue"),
        ({"Ipv6CidrBlock": "::/0"}, "InvalidParameterCombination"),
        ({"CidrBlock": ""}, "MissingParameter"),
    ],
)
def test_rules_that_cannot_be(ec2: Any, acl: str, members: dict[str, Any], code: str) -> None:
    assert refused(ec2.create_network_acl_entry, **entry(acl, **members)) == code
    assert len(rules_of(acl_of(ec2, acl))) == 1


def test_what_does_not_count_is_not_kept(ec2: Any, acl: str) -> None:
    ec2.create_network_acl_entry(**entry(acl, 1, Protocol="-1"))
    ec2.create_network_acl_entry(**entry(acl, 2, Protocol="47"))
    icmp = {"Type": 8, "Code": -1}
    ec2.create_network_acl_entry(**entry(acl, 3, Protocol="icmp", IcmpTypeCode=icmp))
    six = entry(acl, 4, Protocol="58", IcmpTypeCode={"Type": 128, "Code": 0}, Ipv6CidrBlock="::/0")
    del six["CidrBlock"]
    ec2.create_network_acl_entry(**six)
    by_number = {each["RuleNumber"]: each for each in acl_of(ec2, acl)["Entries"]}
    for number in (1, 2, 3, 4):
        assert "PortRange" not in by_number[number]
    assert (by_number[3]["Protocol"], by_number[3]["IcmpTypeCode"]) == ("1", icmp)
    assert by_number[4]["IcmpTypeCode"] == {"Type": 128, "Code": 0}
    assert by_number[4]["Ipv6CidrBlock"] == "::/0"


def test_twenty_rules_of_a_direction_with_the_closing_one(ec2: Any, acl: str) -> None:
    for number in range(1, 20):
        ec2.create_network_acl_entry(**entry(acl, number))
    assert refused(ec2.create_network_acl_entry, **entry(acl, 20)) == (
        "NetworkAclEntryLimitExceeded"
    )
    ec2.create_network_acl_entry(**entry(acl, 20, Egress=True))


def test_another_acl_guards_a_subnet(ec2: Any, vpc: str, subnet: str, acl: str) -> None:
    (association,) = default_acl(ec2, vpc)["Associations"]
    assert association["SubnetId"] == subnet
    identifier = association["NetworkAclAssociationId"]
    new = ec2.replace_network_acl_association(AssociationId=identifier, NetworkAclId=acl)
    assert default_acl(ec2, vpc)["Associations"] == []
    assert acl_of(ec2, acl)["Associations"] == [
        {
            "NetworkAclAssociationId": new["NewAssociationId"],
            "NetworkAclId": acl,
            "SubnetId": subnet,
        }
    ]
    assert refusal(ec2.delete_network_acl, NetworkAclId=acl) == (
        "DependencyViolation",
        f"The networkAcl '{acl}' has dependencies and cannot be deleted.",
    )
    assert (
        refused(ec2.replace_network_acl_association, AssociationId=identifier, NetworkAclId=acl)
        == "InvalidAssociationID.NotFound"
    )
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl)


def test_the_default_acl_stays_and_networks_do_not_mix(ec2: Any, vpc: str, subnet: str) -> None:
    default = default_acl(ec2, vpc)
    identifier = default["NetworkAclId"]
    assert refusal(ec2.delete_network_acl, NetworkAclId=identifier) == (
        "InvalidParameterValue",
        f"cannot delete default network ACL {identifier}",
    )
    other = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    (association,) = default["Associations"]
    assert (
        refused(
            ec2.replace_network_acl_association,
            AssociationId=association["NetworkAclAssociationId"],
            NetworkAclId=default_acl(ec2, other)["NetworkAclId"],
        )
        == "InvalidParameterValue"
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("association.association-id", "aclassoc-*"),
        ("association.network-acl-id", "acl-*"),
        ("association.subnet-id", "subnet-*"),
        ("entry.cidr", "192.0.2.0/24"),
        ("entry.port-range.from", "80"),
        ("entry.port-range.to", "443"),
        ("entry.protocol", "tcp"),
        ("entry.rule-action", "allow"),
        ("entry.rule-number", "77"),
        ("entry.egress", "true"),
        ("entry.icmp.type", "8"),
        ("entry.icmp.code", "0"),
        ("owner-id", ACCOUNT),
    ],
)
def test_every_filter_finds_the_acl(
    ec2: Any, vpc: str, subnet: str, acl: str, name: str, value: str
) -> None:
    (association,) = default_acl(ec2, vpc)["Associations"]
    ec2.replace_network_acl_association(
        AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
    )
    ec2.create_network_acl_entry(**entry(acl, 77, CidrBlock="192.0.2.0/24"))
    ec2.create_network_acl_entry(
        **entry(acl, 78, Protocol="1", IcmpTypeCode={"Type": 8, "Code": 0})
    )
    found = ec2.describe_network_acls(Filters=[{"Name": name, "Values": [value]}])["NetworkAcls"]
    assert acl in [each["NetworkAclId"] for each in found]
    none = ec2.describe_network_acls(Filters=[{"Name": name, "Values": ["nothing"]}])
    assert none["NetworkAcls"] == []
    assert len(ec2.describe_network_acls(Filters=where(vpc_id=vpc))["NetworkAcls"]) == 2
