"""Interfaces, groups and prefix lists between accounts that share through AWS RAM."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.interfaces.conftest import ACCOUNT, OTHER, REGION
from tests.unit.services.ec2.refusing import refused


@pytest.fixture
def friend(chamber: Chamber) -> Any:
    return chamber.client("ec2", region_name=REGION, account=OTHER)


def share(chamber: Chamber, arn: str) -> None:
    """Share something of the account's with the other account, which accepts."""
    owner = chamber.client("ram", region_name=REGION, account=ACCOUNT)
    owner.create_resource_share(name="s", resourceArns=[arn], principals=[OTHER])
    other = chamber.client("ram", region_name=REGION, account=OTHER)
    for each in other.get_resource_share_invitations()["resourceShareInvitations"]:
        if each["status"] == "PENDING":
            other.accept_resource_share_invitation(
                resourceShareInvitationArn=each["resourceShareInvitationArn"]
            )


def arn_of(what: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:{what}"


def share_in_organization(chamber: Chamber, arn: str) -> None:
    """Subnets are shared within an organization only."""
    organizations = chamber.client("organizations", region_name="us-east-1", account=ACCOUNT)
    organizations.create_organization(FeatureSet="ALL")
    handshake = organizations.invite_account_to_organization(
        Target={"Type": "ACCOUNT", "Id": OTHER}
    )["Handshake"]
    chamber.client("organizations", region_name="us-east-1", account=OTHER).accept_handshake(
        HandshakeId=handshake["Id"]
    )
    owner = chamber.client("ram", region_name=REGION, account=ACCOUNT)
    owner.enable_sharing_with_aws_organization()
    owner.create_resource_share(name="s", resourceArns=[arn], principals=[OTHER])


def test_a_participant_makes_interfaces_in_a_shared_subnet(
    chamber: Chamber, ec2: Any, friend: Any, vpc: str, subnet: str
) -> None:
    share_in_organization(chamber, arn_of(f"subnet/{subnet}"))
    # The owner's default group is not the participant's to use.
    assert refused(friend.create_network_interface, SubnetId=subnet) == "InvalidGroup.NotFound"
    (default,) = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "SecurityGroups"
    ]
    assert refused(
        friend.create_network_interface, SubnetId=subnet, Groups=[default["GroupId"]]
    ) == "InvalidGroup.NotFound"  # fmt: skip
    group = friend.create_security_group(GroupName="mine", Description="d", VpcId=vpc)["GroupId"]
    made = friend.create_network_interface(SubnetId=subnet, Groups=[group])["NetworkInterface"]
    assert made["OwnerId"] == OTHER
    # The owner of the subnet sees it and cannot change it.
    (seen,) = ec2.describe_network_interfaces(Filters=[{"Name": "subnet-id", "Values": [subnet]}])[
        "NetworkInterfaces"
    ]
    assert seen["NetworkInterfaceId"] == made["NetworkInterfaceId"]
    assert refused(
        ec2.delete_network_interface, NetworkInterfaceId=made["NetworkInterfaceId"]
    ) == "OperationNotPermitted"  # fmt: skip
    assert refused(ec2.delete_subnet, SubnetId=subnet) == "DependencyViolation"
    usable = friend.get_security_groups_for_vpc(VpcId=vpc)["SecurityGroupForVpcs"]
    assert [each["GroupId"] for each in usable] == [group]


def test_a_shared_prefix_list_is_named_by_others(chamber: Chamber, ec2: Any, friend: Any) -> None:
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices",
        AddressFamily="IPv4",
        MaxEntries=5,
        Entries=[{"Cidr": "10.0.0.0/8"}],
    )["PrefixList"]["PrefixListId"]
    group = friend.create_security_group(GroupName="g", Description="d")["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "PrefixListIds": [{"PrefixListId": made}],
    }
    ask = {"GroupId": group, "IpPermissions": [permission]}
    assert refused(friend.authorize_security_group_ingress, **ask) == (
        "InvalidPrefixListID.NotFound"
    )
    share(chamber, arn_of(f"prefix-list/{made}"))
    friend.authorize_security_group_ingress(**ask)
    assert friend.get_managed_prefix_list_entries(PrefixListId=made)["Entries"] == [
        {"Cidr": "10.0.0.0/8"}
    ]
    assert refused(friend.delete_managed_prefix_list, PrefixListId=made) == (
        "OperationNotPermitted"
    )
    (use,) = ec2.get_managed_prefix_list_associations(PrefixListId=made)["PrefixListAssociations"]
    assert use == {"ResourceId": group, "ResourceOwner": OTHER}
