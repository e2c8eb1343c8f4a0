"""Security groups and their rules, seen by what is described afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.interfaces.conftest import OTHER, REGION
from tests.unit.services.ec2.refusing import refusal, refused


@pytest.fixture
def group(ec2: Any, vpc: str) -> str:
    made = ec2.create_security_group(GroupName="web", Description="web servers", VpcId=vpc)
    identifier: str = made["GroupId"]
    return identifier


def described(ec2: Any, group: str) -> dict[str, Any]:
    (found,) = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    return dict(found)


def tcp(port: int, **peers: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **peers}


def anywhere(port: int) -> dict[str, Any]:
    return tcp(port, IpRanges=[{"CidrIp": "0.0.0.0/0"}])


def test_a_vpc_begins_with_a_default_group(ec2: Any, vpc: str) -> None:
    filters = [{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    (group,) = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
    (ingress,) = group["IpPermissions"]
    assert ingress["IpProtocol"] == "-1"
    assert ingress["UserIdGroupPairs"] == [{"UserId": "111111111111", "GroupId": group["GroupId"]}]
    (egress,) = group["IpPermissionsEgress"]
    assert egress["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    assert "FromPort" not in egress
    code, message = refusal(ec2.delete_security_group, GroupId=group["GroupId"])
    assert code == "CannotDelete"
    assert message.endswith('name: "default" cannot be deleted by a user')


def test_a_group_is_made_with_tags_and_gone_when_deleted(ec2: Any, vpc: str) -> None:
    tags = [{"Key": "team", "Value": "red"}]
    made = ec2.create_security_group(
        GroupName="db",
        Description="databases",
        VpcId=vpc,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}],
    )
    shown = described(ec2, made["GroupId"])
    assert shown["Tags"] == tags
    assert shown["IpPermissions"] == []
    assert shown["IpPermissionsEgress"][0]["IpRanges"] == [{"CidrIp": "0.0.0.0/0"}]
    assert shown["SecurityGroupArn"].endswith(f":security-group/{made['GroupId']}")
    assert ec2.delete_security_group(GroupId=made["GroupId"])["Return"]
    assert refused(ec2.describe_security_groups, GroupIds=[made["GroupId"]]) == (
        "InvalidGroup.NotFound"
    )


def test_names_are_checked(ec2: Any, vpc: str, group: str) -> None:
    def code(**members: Any) -> str:
        given = {"GroupName": "x", "Description": "d", "VpcId": vpc, **members}
        return refused(ec2.create_security_group, **given)

    assert code(GroupName="WEB") == "InvalidGroup.Duplicate"
    assert code(GroupName="sg-web") == "InvalidParameterValue"
    assert code(GroupName="default") == "InvalidParameterValue"
    assert code(Description="größe") == "InvalidParameterValue"
    assert code(VpcId="vpc-00000000000000000") == "InvalidVpcID.NotFound"
    assert code(GroupName="x" * 256) == "InvalidParameterValue"


def test_rules_are_gathered_and_named_by_ids(ec2: Any, group: str) -> None:
    answer = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            tcp(
                443,
                IpRanges=[{"CidrIp": "10.1.2.3/16", "Description": "office"}],
                Ipv6Ranges=[{"CidrIpv6": "2001:DB8::1/32"}],
                UserIdGroupPairs=[{"GroupId": group}],
            ),
            {"IpProtocol": "1", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        ],
        TagSpecifications=[
            {"ResourceType": "security-group-rule", "Tags": [{"Key": "a", "Value": "b"}]}
        ],
    )
    rules = answer["SecurityGroupRules"]
    assert [each.get("CidrIpv4") or each.get("CidrIpv6") for each in rules] == [
        "10.1.0.0/16", "2001:db8::/32", None, "0.0.0.0/0",
    ]  # fmt: skip
    https, icmp = described(ec2, group)["IpPermissions"]
    assert https["IpRanges"] == [{"CidrIp": "10.1.0.0/16", "Description": "office"}]
    assert https["Ipv6Ranges"] == [{"CidrIpv6": "2001:db8::/32"}]
    assert (icmp["IpProtocol"], icmp["FromPort"], icmp["ToPort"]) == ("icmp", 8, -1)
    listed = ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}, {"Name": "tag:a", "Values": ["b"]}]
    )["SecurityGroupRules"]
    assert {each["SecurityGroupRuleId"] for each in listed} == {
        each["SecurityGroupRuleId"] for each in rules
    }
    ec2.create_tags(Resources=[rules[0]["SecurityGroupRuleId"]], Tags=[{"Key": "k", "Value": "v"}])
    (one,) = ec2.describe_security_group_rules(
        SecurityGroupRuleIds=[rules[0]["SecurityGroupRuleId"]]
    )["SecurityGroupRules"]
    assert {"Key": "k", "Value": "v"} in one["Tags"]


def test_rules_that_cannot_be(ec2: Any, group: str) -> None:
    def said(*permissions: dict[str, Any]) -> tuple[str, str]:
        return refusal(
            ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=permissions
        )

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[anywhere(22)])
    code, message = said(anywhere(22))
    assert code == "InvalidPermission.Duplicate"
    peer = '"peer: 0.0.0.0/0, TCP, from port: 22, to port: 22, ALLOW"'
    assert message == f"the specified rule {peer} already exists"
    assert said(anywhere(80), anywhere(80))[1] == (
        "The same permission must not appear multiple times"
    )
    assert said(tcp(22, IpRanges=[{"CidrIp": "10.0.0.1"}]))[1] == "CIDR block 10.0.0.1 is malformed"
    assert said({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})[0] == (
        "InvalidParameterValue"
    )
    backwards = {**anywhere(9), "ToPort": 3}
    assert said(backwards)[1] == "Invalid TCP/UDP port range (9:3)"
    assert said({"IpProtocol": "hop", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})[1] == (
        "Invalid value 'hop' for IP protocol. Unknown protocol."
    )
    assert said(tcp(22))[0] == "MissingParameter"
    assert said(tcp(5, UserIdGroupPairs=[{"GroupId": "sg-0123456789abcdef0"}]))[0] == (
        "InvalidGroup.NotFound"
    )
    assert said(tcp(5, PrefixListIds=[{"PrefixListId": "pl-0123456789abcdef0"}]))[0] == (
        "InvalidPrefixListID.NotFound"
    )
    assert len(described(ec2, group)["IpPermissions"]) == 1


def test_a_group_has_sixty_rules_at_most_in_a_direction(ec2: Any, group: str) -> None:
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[anywhere(port) for port in range(1, 61)]
    )
    # IPv6 is counted by itself.
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[tcp(1, Ipv6Ranges=[{"CidrIpv6": "::/0"}])]
    )
    assert refused(
        ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[anywhere(61)]
    ) == "RulesPerSecurityGroupLimitExceeded"  # fmt: skip
    assert len(described(ec2, group)["IpPermissions"]) == 60


def test_revoking_by_what_a_rule_says_and_by_id(ec2: Any, group: str) -> None:
    made = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[anywhere(22), anywhere(80), anywhere(443)]
    )["SecurityGroupRules"]
    answer = ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[anywhere(22)])
    assert [each["SecurityGroupRuleId"] for each in answer["RevokedSecurityGroupRules"]] == [
        made[0]["SecurityGroupRuleId"]
    ]
    ec2.revoke_security_group_ingress(
        GroupId=group, SecurityGroupRuleIds=[made[1]["SecurityGroupRuleId"]]
    )
    (left,) = described(ec2, group)["IpPermissions"]
    assert left["FromPort"] == 443
    assert refused(
        ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[anywhere(22)]
    ) == "InvalidPermission.NotFound"  # fmt: skip
    assert refused(
        ec2.revoke_security_group_ingress,
        GroupId=group,
        SecurityGroupRuleIds=[made[1]["SecurityGroupRuleId"]],
    ) == "InvalidSecurityGroupRuleId.NotFound"  # fmt: skip
    assert refused(ec2.revoke_security_group_ingress, GroupId=group) == "MissingParameter"
    assert refused(
        ec2.describe_security_group_rules,
        SecurityGroupRuleIds=[made[0]["SecurityGroupRuleId"]],
    ) == "InvalidSecurityGroupRuleId.NotFound"  # fmt: skip


def test_a_default_vpc_says_what_it_did_not_know(ec2: Any) -> None:
    ec2.create_security_group(GroupName="old", Description="by name")
    ec2.authorize_security_group_ingress(
        GroupName="old", IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="10.0.0.0/8"
    )
    answer = ec2.revoke_security_group_ingress(
        GroupName="old", IpProtocol="tcp", FromPort=23, ToPort=23, CidrIp="10.0.0.0/8"
    )
    assert answer["UnknownIpPermissions"][0]["FromPort"] == 23
    (group,) = ec2.describe_security_groups(GroupNames=["old"])["SecurityGroups"]
    assert group["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "10.0.0.0/8"}]
    ec2.authorize_security_group_ingress(GroupName="old", SourceSecurityGroupName="default")
    (group,) = ec2.describe_security_groups(GroupNames=["old"])["SecurityGroups"]
    assert [each["IpProtocol"] for each in group["IpPermissions"]] == ["tcp", "icmp", "tcp", "udp"]


def test_egress_rules_are_apart(ec2: Any, group: str) -> None:
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[anywhere(443)])
    ec2.revoke_security_group_egress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    shown = described(ec2, group)
    assert shown["IpPermissions"] == []
    assert [each["FromPort"] for each in shown["IpPermissionsEgress"]] == [443]


def test_descriptions_and_rules_change_in_place(ec2: Any, group: str) -> None:
    made = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[anywhere(22), anywhere(80)]
    )["SecurityGroupRules"]
    first, second = (each["SecurityGroupRuleId"] for each in made)
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group,
        IpPermissions=[tcp(22, IpRanges=[{"CidrIp": "0.0.0.0/0", "Description": "ssh"}])],
    )
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": second, "Description": "http"}],
    )
    rules = ec2.describe_security_group_rules(SecurityGroupRuleIds=[first, second])
    assert {each["Description"] for each in rules["SecurityGroupRules"]} == {"ssh", "http"}
    ec2.modify_security_group_rules(
        GroupId=group,
        SecurityGroupRules=[
            {
                "SecurityGroupRuleId": second,
                "SecurityGroupRule": {
                    "IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8081,
                    "CidrIpv4": "10.0.0.0/8",
                },
            }
        ],
    )  # fmt: skip
    (after,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[second])[
        "SecurityGroupRules"
    ]
    assert (after["FromPort"], after["ToPort"], after["CidrIpv4"]) == (8080, 8081, "10.0.0.0/8")
    same_as_first = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "CidrIpv4": "0.0.0.0/0"}
    assert refused(
        ec2.modify_security_group_rules,
        GroupId=group,
        SecurityGroupRules=[
            {"SecurityGroupRuleId": second, "SecurityGroupRule": same_as_first}
        ],
    ) == "InvalidPermission.Duplicate"  # fmt: skip
    egress = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])[
        "SecurityGroupRules"
    ]
    out = next(each["SecurityGroupRuleId"] for each in egress if each["IsEgress"])
    ec2.update_security_group_rule_descriptions_egress(
        GroupId=group,
        SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": out, "Description": "all"}],
    )
    assert described(ec2, group)["IpPermissionsEgress"][0]["IpRanges"][0]["Description"] == "all"


def test_what_is_used_or_named_is_not_deleted(ec2: Any, vpc: str, subnet: str, group: str) -> None:
    other = ec2.create_security_group(GroupName="app", Description="d", VpcId=vpc)["GroupId"]
    pair = tcp(80, UserIdGroupPairs=[{"GroupId": group}])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[pair])
    assert refusal(ec2.delete_security_group, GroupId=group) == (
        "DependencyViolation", f"resource {group} has a dependent object",
    )  # fmt: skip
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=[other])["NetworkInterface"]
    assert refused(ec2.delete_security_group, GroupId=other) == "DependencyViolation"
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    ec2.delete_security_group(GroupId=other)
    ec2.delete_security_group(GroupId=group)


def test_a_group_of_another_network_is_not_named(ec2: Any, vpc: str, group: str) -> None:
    elsewhere = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    far = ec2.create_security_group(GroupName="far", Description="d", VpcId=elsewhere)["GroupId"]
    pair = tcp(80, UserIdGroupPairs=[{"GroupId": far}])
    assert refusal(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[pair]) == (
        "InvalidGroup.NotFound",
        "You have specified two resources that belong to different networks.",
    )


def test_a_group_serves_another_vpc_after_association(ec2: Any, group: str) -> None:
    elsewhere = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=elsewhere, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    assert refused(ec2.create_network_interface, SubnetId=subnet, Groups=[group]) == (
        "InvalidParameter"
    )
    assert ec2.associate_security_group_vpc(GroupId=group, VpcId=elsewhere)["State"] == "associated"
    (listed,) = ec2.describe_security_group_vpc_associations(
        Filters=[{"Name": "vpc-id", "Values": [elsewhere]}]
    )["SecurityGroupVpcAssociations"]
    assert listed["GroupId"] == group
    usable = ec2.get_security_groups_for_vpc(VpcId=elsewhere)["SecurityGroupForVpcs"]
    assert group in {each["GroupId"] for each in usable}
    eni = ec2.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    assert refused(
        ec2.disassociate_security_group_vpc, GroupId=group, VpcId=elsewhere
    ) == "DependencyViolation"  # fmt: skip
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    ec2.disassociate_security_group_vpc(GroupId=group, VpcId=elsewhere)
    assert not ec2.describe_security_group_vpc_associations()["SecurityGroupVpcAssociations"]


def test_references_over_a_peering_go_stale_with_it(
    chamber: Chamber, ec2: Any, vpc: str, group: str
) -> None:
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    other_vpc = friend.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    theirs = friend.create_security_group(GroupName="peer", Description="d", VpcId=other_vpc)
    pair = tcp(80, UserIdGroupPairs=[{"GroupId": theirs["GroupId"], "UserId": OTHER}])
    assert refused(
        ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[pair]
    ) == "InvalidGroup.NotFound"  # fmt: skip
    peering = ec2.create_vpc_peering_connection(VpcId=vpc, PeerVpcId=other_vpc, PeerOwnerId=OTHER)[
        "VpcPeeringConnection"
    ]["VpcPeeringConnectionId"]
    friend.accept_vpc_peering_connection(VpcPeeringConnectionId=peering)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[pair])
    (shown,) = described(ec2, group)["IpPermissions"][0]["UserIdGroupPairs"]
    assert shown == {
        "GroupId": theirs["GroupId"], "UserId": OTHER, "VpcId": other_vpc,
        "VpcPeeringConnectionId": peering, "PeeringStatus": "active",
    }  # fmt: skip
    (reference,) = friend.describe_security_group_references(GroupId=[theirs["GroupId"]])[
        "SecurityGroupReferenceSet"
    ]
    assert reference["ReferencingVpcId"] == vpc
    assert not ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
    # A group that is named from another VPC can be deleted; the rule stays, and is stale.
    friend.delete_security_group(GroupId=theirs["GroupId"])
    (stale,) = ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]
    assert stale["StaleIpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == theirs["GroupId"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[pair])
    assert not ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"]


def test_filters_find_groups_by_their_rules(ec2: Any, vpc: str, group: str) -> None:
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[anywhere(22)])

    def found(name: str, value: str) -> bool:
        filters = [{"Name": name, "Values": [value]}, {"Name": "vpc-id", "Values": [vpc]}]
        groups = ec2.describe_security_groups(Filters=filters)["SecurityGroups"]
        return group in {each["GroupId"] for each in groups}

    assert found("ip-permission.from-port", "22")
    assert not found("ip-permission.from-port", "23")
    assert found("ip-permission.cidr", "0.0.0.0/0")
    assert found("egress.ip-permission.protocol", "-1")
    assert not found("egress.ip-permission.to-port", "22")
    assert found("description", "web*")
    assert refused(
        ec2.describe_security_groups, Filters=[{"Name": "colour", "Values": ["red"]}]
    ) == "InvalidParameterValue"  # fmt: skip
