"""Managed permissions: what a share lets the other account do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber

OWNER, MEMBER = "111111111111", "222222222222"
REGION = "us-east-1"
READ = json.dumps({"Effect": "Allow", "Action": ["ec2:DescribeManagedPrefixLists"]})


def shared(chamber: Chamber, **more: Any) -> tuple[str, str]:
    """A prefix list shared with another account that accepted; its ARN and the share's."""
    arn = chamber.client("ec2", region_name=REGION, account=OWNER).create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=3, AddressFamily="IPv4",
        Entries=[{"Cidr": "192.0.2.0/24"}],
    )["PrefixList"]["PrefixListArn"]  # fmt: skip
    ram = chamber.client("ram", region_name=REGION, account=OWNER)
    share = ram.create_resource_share(
        name="lists", resourceArns=[arn], principals=[MEMBER], **more
    )["resourceShare"]["resourceShareArn"]
    other = chamber.client("ram", region_name=REGION, account=MEMBER)
    for each in other.get_resource_share_invitations()["resourceShareInvitations"]:
        other.accept_resource_share_invitation(
            resourceShareInvitationArn=each["resourceShareInvitationArn"]
        )
    return arn, share


def test_aws_permission_is_attached_and_becomes_the_resources_policy() -> None:
    with Chamber(seed=1) as chamber:
        arn, share = shared(chamber)
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        used = ram.list_resource_share_permissions(resourceShareArn=share)["permissions"]
        assert [each["name"] for each in used] == ["AWSRAMDefaultPermissionPrefixList"]
        assert used[0]["permissionType"] == "AWS_MANAGED"
        policies = ram.get_resource_policies(resourceArns=[arn])["policies"]
        statement = json.loads(policies[0])["Statement"][0]
        assert statement["Principal"] == {"AWS": [MEMBER]}
        assert "ec2:GetManagedPrefixListEntries" in statement["Action"]
        assert statement["Resource"] == arn


def test_a_share_that_nobody_takes_part_in_puts_no_policy_on_its_resources() -> None:
    with Chamber(seed=1) as chamber:
        ec2 = chamber.client("ec2", region_name=REGION, account=OWNER)
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        gateway = ec2.create_transit_gateway()["TransitGateway"]
        arn = gateway["TransitGatewayArn"]
        ram.create_resource_share(name="hub", resourceArns=[arn], principals=[MEMBER])
        ram.create_resource_share(name="idle", resourceArns=[arn])
        assert ram.get_resource_policies(resourceArns=[arn])["policies"] == []
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        ec2.create_transit_gateway_vpc_attachment(
            TransitGatewayId=gateway["TransitGatewayId"], VpcId=vpc, SubnetIds=[subnet]
        )
        (made,) = ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
        assert made["State"] == "available"
        other = chamber.client("ram", region_name=REGION, account=MEMBER)
        (invitation,) = other.get_resource_share_invitations()["resourceShareInvitations"]
        other.accept_resource_share_invitation(
            resourceShareInvitationArn=invitation["resourceShareInvitationArn"]
        )
        assert len(ram.get_resource_policies(resourceArns=[arn])["policies"]) == 1


@pytest.mark.parametrize("allowed", [True, False])
def test_a_participant_may_what_the_permission_allows(allowed: bool) -> None:
    with Chamber(seed=1, iam="enforce") as chamber:
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        more: dict[str, Any] = {}
        if not allowed:
            made = ram.create_permission(
                name="look-only", resourceType="ec2:PrefixList", policyTemplate=READ
            )["permission"]
            more = {"permissionArns": [made["arn"]]}
        arn, _ = shared(chamber, **more)
        other = chamber.client("ec2", region_name=REGION, account=MEMBER)
        entries = {"PrefixListId": arn.rpartition("/")[2]}
        if allowed:
            assert other.get_managed_prefix_list_entries(**entries)["Entries"]
        else:
            with pytest.raises(ClientError) as error:
                other.get_managed_prefix_list_entries(**entries)
            assert error.value.response["Error"]["Code"] == "UnauthorizedOperation"


def test_a_permission_of_ones_own_has_versions_and_is_replaced() -> None:
    with Chamber(seed=1) as chamber:
        _, share = shared(chamber)
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        own = ram.create_permission(
            name="mine", resourceType="ec2:PrefixList", policyTemplate=READ
        )["permission"]["arn"]
        aws = "arn:aws:ram::aws:permission/AWSRAMDefaultPermissionPrefixList"
        with pytest.raises(ClientError) as error:
            ram.associate_resource_share_permission(resourceShareArn=share, permissionArn=own)
        assert error.value.response["Error"]["Code"] == "InvalidParameterException"
        work = ram.replace_permission_associations(fromPermissionArn=aws, toPermissionArn=own)
        assert work["replacePermissionAssociationsWork"]["status"] == "COMPLETED"
        assert ram.list_replace_permission_associations_work()["replacePermissionAssociationsWorks"]
        more = json.dumps({"Effect": "Allow", "Action": ["ec2:GetManagedPrefixListEntries"]})
        second = ram.create_permission_version(permissionArn=own, policyTemplate=more)
        assert second["permission"]["version"] == "2"
        used = ram.list_permission_associations(permissionArn=own)["permissions"]
        assert [(each["permissionVersion"], each["defaultVersion"]) for each in used] == [
            ("1", False)
        ]
        with pytest.raises(ClientError):
            ram.delete_permission_version(permissionArn=own, permissionVersion=1)
        ram.replace_permission_associations(fromPermissionArn=own, toPermissionArn=own)
        ram.delete_permission_version(permissionArn=own, permissionVersion=1)
        versions = ram.list_permission_versions(permissionArn=own)["permissions"]
        assert [each["version"] for each in versions] == ["2"]
        got = ram.get_permission(permissionArn=own)["permission"]
        assert got["permission"] == more
        with pytest.raises(ClientError) as error:
            ram.delete_permission(permissionArn=own)
        assert error.value.response["Error"]["Code"] == "OperationNotPermittedException"


def test_defaults_and_statuses() -> None:
    with Chamber(seed=1) as chamber:
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        own = ram.create_permission(
            name="mine", resourceType="ec2:PrefixList", policyTemplate=READ,
            tags=[{"key": "a", "value": "b"}],
        )["permission"]["arn"]  # fmt: skip
        ram.create_permission_version(permissionArn=own, policyTemplate=READ)
        ram.set_default_permission_version(permissionArn=own, permissionVersion=1)
        assert ram.get_permission(permissionArn=own)["permission"]["version"] == "1"
        ram.update_permission(permissionArn=own, status="DEPRECATED")
        listed = ram.list_permissions(permissionType="CUSTOMER_MANAGED")["permissions"]
        assert [each["status"] for each in listed] == ["DEPRECATED"]
        with pytest.raises(ClientError) as error:
            shared(chamber, permissionArns=[own])
        assert error.value.response["Error"]["Code"] == "InvalidStateTransitionException"
        ram.delete_permission(permissionArn=own)
        with pytest.raises(ClientError) as error:
            ram.get_permission(permissionArn=own)
        assert error.value.response["Error"]["Code"] == "UnknownResourceException"


@pytest.mark.parametrize(
    "template",
    ["{", "[]", '{"Effect": "Deny", "Action": ["ec2:*"]}', '{"Effect": "Allow"}',
     '{"Effect": "Allow", "Action": ["ec2:*"], "Principal": "*"}'],
)  # fmt: skip
def test_a_bad_template_is_refused(template: str) -> None:
    with Chamber(seed=1) as chamber:
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        with pytest.raises(ClientError) as error:
            ram.create_permission(
                name="mine", resourceType="ec2:PrefixList", policyTemplate=template
            )
        assert error.value.response["Error"]["Code"] == "MalformedPolicyTemplateException"


def test_only_a_management_account_enables_sharing() -> None:
    with Chamber(seed=1) as chamber:
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        with pytest.raises(ClientError) as error:
            ram.enable_sharing_with_aws_organization()
        assert error.value.response["Error"]["Code"] == "OperationNotPermittedException"


def test_types_and_aws_permissions_are_listed() -> None:
    with Chamber(seed=1) as chamber:
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        types = {each["resourceType"] for each in ram.list_resource_types()["resourceTypes"]}
        assert {"ec2:Subnet", "ec2:TransitGateway", "ec2:PrefixList"} <= types
        found = ram.list_permissions(resourceType="EC2:subnet")["permissions"]
        assert [each["name"] for each in found] == ["AWSRAMDefaultPermissionSubnet"]


def test_a_permission_is_put_beside_others_and_taken_out() -> None:
    with Chamber(seed=1) as chamber:
        arn, share = shared(chamber)
        ram = chamber.client("ram", region_name=REGION, account=OWNER)
        own = ram.create_permission(
            name="mine", resourceType="ec2:PrefixList", policyTemplate=READ
        )["permission"]["arn"]
        ram.associate_resource_share_permission(
            resourceShareArn=share, permissionArn=own, replace=True
        )
        used = ram.list_resource_share_permissions(resourceShareArn=share)["permissions"]
        assert [each["arn"] for each in used] == [own]
        policies = ram.get_resource_policies(resourceArns=[arn])["policies"]
        assert json.loads(policies[0])["Statement"][0]["Action"] == [
            "ec2:DescribeManagedPrefixLists"
        ]
        named = {"resourceShareArn": share, "permissionArn": own}
        with pytest.raises(ClientError) as error:
            ram.disassociate_resource_share_permission(**named)
        assert error.value.response["Error"]["Code"] == "InvalidStateTransitionException"
        ram.disassociate_resource_share(resourceShareArn=share, resourceArns=[arn])
        ram.disassociate_resource_share_permission(**named)
        assert ram.list_resource_share_permissions(resourceShareArn=share)["permissions"] == []
