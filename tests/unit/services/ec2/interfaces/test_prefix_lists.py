"""Prefix lists: their versions, what names them, and AWS's own."""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber
from tests.unit.services.ec2.interfaces.conftest import OTHER, REGION
from tests.unit.services.ec2.refusing import refused


def make(ec2: Any, *cidrs: str, size: int = 5, **members: Any) -> str:
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices",
        AddressFamily="IPv4",
        MaxEntries=size,
        Entries=[{"Cidr": each} for each in cidrs],
        **members,
    )["PrefixList"]
    assert made["State"] == "create-in-progress"
    return str(made["PrefixListId"])


def shown(ec2: Any, identifier: str) -> dict[str, Any]:
    (found,) = ec2.describe_managed_prefix_lists(PrefixListIds=[identifier])["PrefixLists"]
    return dict(found)


def entries(ec2: Any, identifier: str, **members: Any) -> list[str]:
    answer = ec2.get_managed_prefix_list_entries(PrefixListId=identifier, **members)
    return [each["Cidr"] for each in answer["Entries"]]


def test_versions_follow_each_other_and_come_back(ec2: Any) -> None:
    made = make(ec2, "10.0.0.0/8", "192.168.0.1/16")
    assert shown(ec2, made)["State"] == "create-complete"
    assert entries(ec2, made) == ["10.0.0.0/8", "192.168.0.0/16"]
    ec2.modify_managed_prefix_list(
        PrefixListId=made,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "172.16.0.0/12", "Description": "lab"}],
        RemoveEntries=[{"Cidr": "10.0.0.0/8"}],
    )
    assert shown(ec2, made)["Version"] == 2
    assert shown(ec2, made)["State"] == "modify-complete"
    assert entries(ec2, made) == ["172.16.0.0/12", "192.168.0.0/16"]
    assert entries(ec2, made, TargetVersion=1) == ["10.0.0.0/8", "192.168.0.0/16"]
    assert refused(
        ec2.modify_managed_prefix_list,
        PrefixListId=made,
        CurrentVersion=1,
        RemoveEntries=[{"Cidr": "172.16.0.0/12"}],
    ) == "PrefixListVersionMismatch"  # fmt: skip
    ec2.restore_managed_prefix_list_version(PrefixListId=made, PreviousVersion=1, CurrentVersion=2)
    assert shown(ec2, made)["Version"] == 3
    assert entries(ec2, made) == ["10.0.0.0/8", "192.168.0.0/16"]
    ec2.modify_managed_prefix_list(PrefixListId=made, PrefixListName="sites")
    after = shown(ec2, made)
    assert (after["PrefixListName"], after["Version"]) == ("sites", 3)


def test_a_list_has_its_size(ec2: Any) -> None:
    made = make(ec2, "10.0.0.0/8", size=1)
    assert refused(
        ec2.modify_managed_prefix_list,
        PrefixListId=made,
        CurrentVersion=1,
        AddEntries=[{"Cidr": "11.0.0.0/8"}],
    ) == "PrefixListMaxEntriesExceeded"  # fmt: skip
    ec2.modify_managed_prefix_list(PrefixListId=made, MaxEntries=2)
    ec2.modify_managed_prefix_list(
        PrefixListId=made, CurrentVersion=1, AddEntries=[{"Cidr": "11.0.0.0/8"}]
    )
    assert refused(ec2.modify_managed_prefix_list, PrefixListId=made, MaxEntries=1) == (
        "PrefixListMaxEntriesExceeded"
    )


def test_a_rule_counts_with_the_size_of_its_list(ec2: Any, vpc: str) -> None:
    made = make(ec2, "10.0.0.0/8", size=40)
    group = ec2.create_security_group(GroupName="g", Description="g", VpcId=vpc)["GroupId"]
    permission = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "PrefixListIds": [{"PrefixListId": made}],
    }
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    assert refused(
        ec2.authorize_security_group_ingress,
        GroupId=group,
        IpPermissions=[{**permission, "FromPort": 23, "ToPort": 23}],
    ) == "RulesPerSecurityGroupLimitExceeded"  # fmt: skip
    (use,) = ec2.get_managed_prefix_list_associations(PrefixListId=made)["PrefixListAssociations"]
    assert use == {"ResourceId": group, "ResourceOwner": "111111111111"}
    # It cannot grow where the group has no room for it.
    ec2.modify_managed_prefix_list(PrefixListId=made, MaxEntries=61)
    after = shown(ec2, made)
    assert (after["State"], after["MaxEntries"]) == ("modify-failed", 40)
    assert group in after["StateMessage"]
    ec2.delete_managed_prefix_list(PrefixListId=made)
    after = shown(ec2, made)
    assert after["State"] == "delete-failed"
    assert group in after["StateMessage"]
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[permission])
    ec2.delete_managed_prefix_list(PrefixListId=made)
    assert refused(ec2.describe_managed_prefix_lists, PrefixListIds=[made]) == (
        "InvalidPrefixListID.NotFound"
    )


def test_what_cannot_be(ec2: Any) -> None:
    def code(**members: Any) -> str:
        given = {"PrefixListName": "x", "AddressFamily": "IPv4", "MaxEntries": 3, **members}
        return refused(ec2.create_managed_prefix_list, **given)

    assert code(AddressFamily="IPv5") == "InvalidParameterValue"
    assert code(PrefixListName="com.amazonaws.mine") == "InvalidParameterValue"
    assert code(MaxEntries=0) == "InvalidParameterValue"
    assert code(Entries=[{"Cidr": "2001:db8::/32"}]) == "InvalidParameterValue"
    assert code(Entries=[{"Cidr": "10.0.0.0/8"}] * 2) == "InvalidPrefixListModification"
    made = make(ec2, "10.0.0.0/8")
    assert refused(
        ec2.modify_managed_prefix_list,
        PrefixListId=made,
        MaxEntries=9,
        AddEntries=[{"Cidr": "11.0.0.0/8"}],
    ) == "InvalidParameterCombination"  # fmt: skip
    assert refused(
        ec2.restore_managed_prefix_list_version,
        PrefixListId=made,
        PreviousVersion=7,
        CurrentVersion=1,
    ) == "InvalidPrefixListVersion.NotFound"  # fmt: skip


def test_aws_has_lists_in_every_region(chamber: Chamber, ec2: Any) -> None:
    by_name = {each["PrefixListName"]: each for each in ec2.describe_prefix_lists()["PrefixLists"]}
    assert by_name["com.amazonaws.eu-west-1.vpc-lattice"]["Cidrs"] == ["169.254.171.0/24"]
    s3 = by_name["com.amazonaws.eu-west-1.s3"]
    assert "52.218.0.0/17" in s3["Cidrs"]
    assert shown(ec2, s3["PrefixListId"])["OwnerId"] == "AWS"
    assert refused(ec2.delete_managed_prefix_list, PrefixListId=s3["PrefixListId"]) == (
        "InvalidPrefixListModification"
    )
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    theirs = friend.describe_prefix_lists(
        Filters=[{"Name": "prefix-list-name", "Values": ["com.amazonaws.eu-west-1.s3"]}]
    )["PrefixLists"]
    assert [each["PrefixListId"] for each in theirs] == [s3["PrefixListId"]]
    far = chamber.client("ec2", region_name="sa-east-1", account=OTHER)
    names = {each["PrefixListName"] for each in far.describe_prefix_lists()["PrefixLists"]}
    assert "com.amazonaws.sa-east-1.dynamodb" in names
    assert "com.amazonaws.eu-west-1.s3" not in names


def test_nobody_sees_another_accounts_list(chamber: Chamber, ec2: Any) -> None:
    made = make(ec2, "10.0.0.0/8")
    friend = chamber.client("ec2", region_name=REGION, account=OTHER)
    assert refused(friend.describe_managed_prefix_lists, PrefixListIds=[made]) == (
        "InvalidPrefixListID.NotFound"
    )


def test_entries_come_in_pages(ec2: Any) -> None:
    cidrs = [f"10.{each}.0.0/16" for each in range(7)]
    made = make(ec2, *cidrs, size=10)
    first = ec2.get_managed_prefix_list_entries(PrefixListId=made, MaxResults=5)
    rest = ec2.get_managed_prefix_list_entries(
        PrefixListId=made, MaxResults=5, NextToken=first["NextToken"]
    )
    assert [each["Cidr"] for each in first["Entries"] + rest["Entries"]] == cidrs
    assert "NextToken" not in rest
