"""Shares, from both sides: what one account shares is what the other one sees, and no more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber

OWNER, MEMBER, STRANGER = "111111111111", "222222222222", "333333333333"
REGION = "us-east-1"


class Estate:
    """An organization of two accounts that trusts AWS RAM, a stranger, and a VPC of the owner's."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        organizations = self.of("organizations")
        organizations.create_organization(FeatureSet="ALL")
        handshake = organizations.invite_account_to_organization(
            Target={"Id": MEMBER, "Type": "ACCOUNT"}
        )["Handshake"]["Id"]
        self.of("organizations", MEMBER).accept_handshake(HandshakeId=handshake)
        self.root = organizations.list_roots()["Roots"][0]["Id"]
        self.organization = organizations.describe_organization()["Organization"]
        self.vpc = self.of("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.make_subnet("10.0.1.0/24")

    def of(self, service: str, account: str = OWNER, region: str = REGION) -> Any:
        return self.chamber.client(service, region_name=region, account=account)

    def make_subnet(self, cidr: str) -> str:
        subnet = self.of("ec2").create_subnet(VpcId=self.vpc, CidrBlock=cidr)["Subnet"]
        arn: str = subnet["SubnetArn"]
        return arn

    def trust(self) -> None:
        assert self.of("ram").enable_sharing_with_aws_organization()["returnValue"]

    def share(self, **more: Any) -> dict[str, Any]:
        request = {"name": "net", "resourceArns": [self.subnet], "principals": [MEMBER], **more}
        share: dict[str, Any] = self.of("ram").create_resource_share(**request)["resourceShare"]
        return share

    def seen(self, account: str = MEMBER) -> list[str]:
        subnets = self.of("ec2", account).describe_subnets()["Subnets"]
        return [each["SubnetArn"] for each in subnets if each["OwnerId"] != account]


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


def test_a_shared_subnet_is_seen_by_the_other_account_under_its_own_zone_name(
    estate: Estate,
) -> None:
    estate.trust()
    assert estate.seen() == []
    share = estate.share()
    assert estate.seen() == [estate.subnet]
    own = estate.of("ec2").describe_subnets(SubnetIds=[estate.subnet.rpartition("/")[2]])
    other = estate.of("ec2", MEMBER).describe_subnets(SubnetIds=[estate.subnet.rpartition("/")[2]])
    here, there = own["Subnets"][0], other["Subnets"][0]
    assert here["AvailabilityZoneId"] == there["AvailabilityZoneId"]
    zones = estate.of("ec2", MEMBER).describe_availability_zones()["AvailabilityZones"]
    names = {each["ZoneId"]: each["ZoneName"] for each in zones}
    assert there["AvailabilityZone"] == names[here["AvailabilityZoneId"]]
    estate.of("ram").delete_resource_share(resourceShareArn=share["resourceShareArn"])
    assert estate.seen() == []


def test_subnets_are_not_shared_outside_of_the_organization(estate: Estate) -> None:
    with pytest.raises(ClientError) as error:
        estate.share(principals=[STRANGER])
    assert code_of(error) == "OperationNotPermittedException"
    # Without trust the member is a stranger too.
    with pytest.raises(ClientError) as error:
        estate.share()
    assert code_of(error) == "OperationNotPermittedException"


def test_the_whole_organization_and_a_unit(estate: Estate) -> None:
    with pytest.raises(ClientError) as error:
        estate.share(principals=[estate.organization["Arn"]])
    assert code_of(error) == "OperationNotPermittedException"
    estate.trust()
    share = estate.share(principals=[estate.organization["Arn"]])
    assert estate.seen() == [estate.subnet]
    estate.of("ram").delete_resource_share(resourceShareArn=share["resourceShareArn"])
    unit = estate.of("organizations").create_organizational_unit(ParentId=estate.root, Name="u")[
        "OrganizationalUnit"
    ]
    estate.share(principals=[unit["Arn"]])
    assert estate.seen() == []
    estate.of("organizations").move_account(
        AccountId=MEMBER, SourceParentId=estate.root, DestinationParentId=unit["Id"]
    )
    assert estate.seen() == [estate.subnet]


def prefix_list(estate: Estate) -> str:
    made = estate.of("ec2").create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=3, AddressFamily="IPv4",
        Entries=[{"Cidr": "192.0.2.0/24"}],
    )["PrefixList"]  # fmt: skip
    arn: str = made["PrefixListArn"]
    return arn


def test_a_stranger_is_invited(estate: Estate) -> None:
    arn = prefix_list(estate)
    share = estate.share(resourceArns=[arn], principals=[STRANGER])
    stranger = estate.of("ram", STRANGER)
    invitation = stranger.get_resource_share_invitations()["resourceShareInvitations"][0]
    assert (invitation["status"], invitation["senderAccountId"]) == ("PENDING", OWNER)
    key = {"resourceShareInvitationArn": invitation["resourceShareInvitationArn"]}
    assert [each["arn"] for each in stranger.list_pending_invitation_resources(**key)["resources"]]
    lists = estate.of("ec2", STRANGER)
    wanted = [arn.rpartition("/")[2]]
    with pytest.raises(ClientError):
        lists.describe_managed_prefix_lists(PrefixListIds=wanted)
    owned = estate.of("ram").get_resource_share_associations(associationType="PRINCIPAL")
    assert owned["resourceShareAssociations"][0]["status"] == "ASSOCIATING"
    assert owned["resourceShareAssociations"][0]["external"] is True
    stranger.accept_resource_share_invitation(**key)
    assert lists.describe_managed_prefix_lists(PrefixListIds=wanted)["PrefixLists"]
    assert [
        each["resourceShareArn"]
        for each in stranger.get_resource_shares(resourceOwner="OTHER-ACCOUNTS")["resourceShares"]
    ] == [share["resourceShareArn"]]
    assert stranger.list_principals(resourceOwner="OTHER-ACCOUNTS")["principals"][0]["id"] == OWNER
    with pytest.raises(ClientError) as error:
        stranger.accept_resource_share_invitation(**key)
    assert code_of(error) == "ResourceShareInvitationAlreadyAcceptedException"
    stranger.disassociate_resource_share(
        resourceShareArn=share["resourceShareArn"], principals=[STRANGER]
    )
    with pytest.raises(ClientError):
        lists.describe_managed_prefix_lists(PrefixListIds=wanted)


def test_an_invitation_can_be_rejected_and_expires(estate: Estate) -> None:
    arn = prefix_list(estate)
    estate.share(resourceArns=[arn], principals=[STRANGER])
    stranger = estate.of("ram", STRANGER)
    first = stranger.get_resource_share_invitations()["resourceShareInvitations"][0]
    key = {"resourceShareInvitationArn": first["resourceShareInvitationArn"]}
    rejected = stranger.reject_resource_share_invitation(**key)["resourceShareInvitation"]
    assert rejected["status"] == "REJECTED"
    with pytest.raises(ClientError) as error:
        stranger.accept_resource_share_invitation(**key)
    assert code_of(error) == "ResourceShareInvitationAlreadyRejectedException"
    estate.share(resourceArns=[arn], principals=[STRANGER])
    second = next(
        each
        for each in stranger.get_resource_share_invitations()["resourceShareInvitations"]
        if each["status"] == "PENDING"
    )
    estate.chamber.advance("7d")
    with pytest.raises(ClientError) as error:
        stranger.accept_resource_share_invitation(
            resourceShareInvitationArn=second["resourceShareInvitationArn"]
        )
    assert code_of(error) == "ResourceShareInvitationExpiredException"


def test_only_ones_own_and_what_is_there_is_shared(estate: Estate) -> None:
    estate.trust()
    ghost = estate.subnet[:-4] + "0000"
    default = estate.of("ec2").describe_subnets(
        Filters=[{"Name": "default-for-az", "Values": ["true"]}]
    )["Subnets"][0]["SubnetArn"]
    for arn, code in (
        (ghost, "UnknownResourceException"),
        ("nonsense", "MalformedArnException"),
        (f"arn:aws:ec2:{REGION}:{STRANGER}:subnet/subnet-1", "OperationNotPermittedException"),
        (f"arn:aws:ec2:{REGION}:{OWNER}:instance/i-1", "InvalidParameterException"),
        (default, "OperationNotPermittedException"),
    ):
        with pytest.raises(ClientError) as error:
            estate.share(resourceArns=[arn])
        assert code_of(error) == code, arn
    with pytest.raises(ClientError) as error:
        estate.share(principals=["nobody"])
    assert code_of(error) == "InvalidParameterException"
    assert estate.of("ram").get_resource_shares(resourceOwner="SELF")["resourceShares"] == []


def test_a_share_without_externals_takes_none(estate: Estate) -> None:
    arn = prefix_list(estate)
    with pytest.raises(ClientError) as error:
        estate.share(resourceArns=[arn], principals=[STRANGER], allowExternalPrincipals=False)
    assert code_of(error) == "OperationNotPermittedException"


def test_resources_join_and_leave(estate: Estate) -> None:
    estate.trust()
    share = estate.share()["resourceShareArn"]
    second = estate.make_subnet("10.0.2.0/24")
    ram = estate.of("ram")
    ram.associate_resource_share(resourceShareArn=share, resourceArns=[second])
    assert estate.seen() == sorted([estate.subnet, second])
    assert [
        each["arn"] for each in ram.list_resources(resourceOwner="SELF")["resources"]
    ] == sorted([estate.subnet, second])
    gone = ram.disassociate_resource_share(resourceShareArn=share, resourceArns=[estate.subnet])
    assert gone["resourceShareAssociations"][0]["status"] == "DISASSOCIATED"
    assert estate.seen() == [second]


def test_a_deleted_share_is_shown_for_two_hours(estate: Estate) -> None:
    estate.trust()
    ram = estate.of("ram")
    share = estate.share()["resourceShareArn"]
    ram.delete_resource_share(resourceShareArn=share)
    shown = ram.get_resource_shares(resourceOwner="SELF")["resourceShares"]
    assert [each["status"] for each in shown] == ["DELETED"]
    estate.chamber.advance("2h")
    assert ram.get_resource_shares(resourceOwner="SELF")["resourceShares"] == []


def test_a_client_token_shares_once(estate: Estate) -> None:
    estate.trust()
    first = estate.share(clientToken="t")
    assert estate.share(clientToken="t") == first
    with pytest.raises(ClientError) as error:
        estate.share(clientToken="t", name="other")
    assert code_of(error) == "IdempotentParameterMismatchException"


def test_names_tags_and_filters(estate: Estate) -> None:
    estate.trust()
    ram = estate.of("ram")
    one = estate.share(tags=[{"key": "team", "value": "net"}])["resourceShareArn"]
    two = estate.share(name="other")["resourceShareArn"]

    def found(**more: Any) -> list[str]:
        shares = ram.get_resource_shares(resourceOwner="SELF", **more)["resourceShares"]
        return [each["resourceShareArn"] for each in shares]

    assert found() == sorted([one, two])
    assert found(name="other") == [two]
    assert found(tagFilters=[{"tagKey": "team", "tagValues": ["net"]}]) == [one]
    ram.untag_resource(resourceShareArn=one, tagKeys=["team"])
    assert found(tagFilters=[{"tagKey": "team"}]) == []
    ram.tag_resource(resourceShareArn=two, tags=[{"key": "team", "value": "x"}])
    tagged = estate.of("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "team", "Values": ["x"]}]
    )["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in tagged] == [two]
    renamed = ram.update_resource_share(resourceShareArn=two, name="third")["resourceShare"]
    assert renamed["name"] == "third"
    first = ram.get_resource_shares(resourceOwner="SELF", maxResults=1)
    rest = ram.get_resource_shares(resourceOwner="SELF", nextToken=first["nextToken"])
    assert len(first["resourceShares"]) == len(rest["resourceShares"]) == 1
    with pytest.raises(ClientError) as error:
        ram.get_resource_shares(resourceOwner="SELF", nextToken="x")
    assert code_of(error) == "InvalidNextTokenException"
