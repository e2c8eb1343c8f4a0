"""The first article, "The hidden truth behind AWS Availability Zones", claim by claim.

Its claims are put to a chamber through botocore's own client. Where AWS's documentation says
otherwise than the article, the test says what AWS documents, and the guide
(docs/guide/availability-zones.md) tells readers so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber

ARTICLE = Path(__file__).parents[2] / "../shared/articles/01-availability-zones.md"
MINE = "111111111111"
YOURS = "222222222222"

# "Common AZ IDs across regions", as the article lists them.
ARTICLE_IDS = {
    "us-east-1": "use1-az1 | use1-az2 | use1-az3 | use1-az4 | use1-az5 | use1-az6",
    "us-east-2": "use2-az1 | use2-az2 | use2-az3",
    "us-west-1": "usw1-az1 | usw1-az2 | usw1-az3",
    "us-west-2": "usw2-az1 | usw2-az2 | usw2-az3 | usw2-az4",
    "af-south-1": "afs1-az1 | afs1-az2 | afs1-az3",
}

# The article's example, one zone of its three.
ARTICLE_ZONE = {
    "State": "available",
    "OptInStatus": "opt-in-not-required",
    "Messages": [],
    "RegionName": "eu-west-1",
    "ZoneName": "eu-west-1a",
    "ZoneId": "euw1-az3",
    "GroupName": "eu-west-1",
    "NetworkBorderGroup": "eu-west-1",
    "ZoneType": "availability-zone",
}


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1) as opened:
        yield opened


def zones_of(chamber: Chamber, region: str, account: str) -> list[dict[str, Any]]:
    client = chamber.client("ec2", region, account=account)
    found: list[dict[str, Any]] = client.describe_availability_zones()["AvailabilityZones"]
    return found


def names_to_ids(chamber: Chamber, region: str, account: str) -> dict[str, str]:
    return {zone["ZoneName"]: zone["ZoneId"] for zone in zones_of(chamber, region, account)}


def many_accounts(count: int = 24) -> list[str]:
    return [f"{number:012d}" for number in range(1, count + 1)]


@pytest.mark.skipif(not ARTICLE.exists(), reason="the article is not beside the repository")
def test_the_tables_above_are_the_article_s() -> None:
    text = ARTICLE.read_text(encoding="utf-8")
    for ids in ARTICLE_IDS.values():
        assert ids in text
    printed = json.loads(text[text.index("{") : text.rindex("]\n}") + 3])
    assert printed["AvailabilityZones"][0] == ARTICLE_ZONE


def test_a_name_is_not_the_same_place_in_another_account(chamber: Chamber) -> None:
    """ "us-east-1a in one account could map to a different physical data center"."""
    mine = names_to_ids(chamber, "us-east-1", MINE)
    yours = names_to_ids(chamber, "us-east-1", YOURS)
    assert mine["us-east-1a"] != yours["us-east-1a"]
    assert mine.keys() == yours.keys()


def test_an_id_is_the_same_place_whatever_it_is_called(chamber: Chamber) -> None:
    """ "whether it's named us-east-1a in one account or us-east-1b in another"."""
    mine = names_to_ids(chamber, "us-east-1", MINE)
    yours = names_to_ids(chamber, "us-east-1", YOURS)
    assert set(mine.values()) == set(yours.values())
    called = {zone_id: name for name, zone_id in yours.items()}
    assert any(name != called[zone_id] for name, zone_id in mine.items())


def test_the_names_of_an_account_stay(chamber: Chamber) -> None:
    """The article's remedy, to look the ids up once, needs this."""
    first = names_to_ids(chamber, "us-east-1", MINE)
    for account in many_accounts(20):
        zones_of(chamber, "us-east-1", account)
    chamber.advance("365d")
    assert names_to_ids(chamber, "us-east-1", MINE) == first
    with Chamber(seed=1) as again:
        assert names_to_ids(again, "us-east-1", MINE) == first


def test_randomizing_spreads_what_everybody_puts_first(chamber: Chamber) -> None:
    """ "By randomizing AZ names across accounts, AWS ensures an even distribution"."""
    first = [names_to_ids(chamber, "us-east-1", each)["us-east-1a"] for each in many_accounts()]
    assert set(first) == set(ARTICLE_IDS["us-east-1"].split(" | "))


@pytest.mark.parametrize("region", ["us-east-1", "us-east-2", "us-west-2", "af-south-1"])
def test_the_ids_of_a_region_are_those_of_the_article(chamber: Chamber, region: str) -> None:
    ids = set(ARTICLE_IDS[region].split(" | "))
    for account in (MINE, YOURS):
        assert set(names_to_ids(chamber, region, account).values()) == ids


def test_us_west_1_has_the_article_s_three_and_shows_each_account_two(chamber: Chamber) -> None:
    """The article lists three without a word; AWS shows newer accounts two of them."""
    seen = [set(names_to_ids(chamber, "us-west-1", each).values()) for each in many_accounts()]
    assert {len(ids) for ids in seen} == {2}
    assert set.union(*seen) == set(ARTICLE_IDS["us-west-1"].split(" | "))
    assert any(one != other for one, other in pairwise(seen))


def test_not_every_region_is_shuffled(chamber: Chamber) -> None:
    """The article says all are; AWS maps those opened after November 2012 alike for everyone."""
    for region in ("us-east-2", "af-south-1", "eu-west-2", "eu-central-1", "ca-central-1"):
        mappings = {tuple(names_to_ids(chamber, region, each).items()) for each in many_accounts(9)}
        assert len(mappings) == 1
    for region in ("us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-northeast-1"):
        mappings = {tuple(names_to_ids(chamber, region, each).items()) for each in many_accounts(9)}
        assert len(mappings) > 1


def test_describe_availability_zones_answers_in_the_article_s_shape(chamber: Chamber) -> None:
    """`aws ec2 describe-availability-zones --region eu-west-1`, key for key."""
    zones = zones_of(chamber, "eu-west-1", MINE)
    assert [zone["ZoneName"] for zone in zones] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    assert sorted(zone["ZoneId"] for zone in zones) == ["euw1-az1", "euw1-az2", "euw1-az3"]
    for zone in zones:
        own = {"ZoneName": zone["ZoneName"], "ZoneId": zone["ZoneId"]}
        assert zone == ARTICLE_ZONE | own


def test_some_account_has_the_article_s_very_mapping(chamber: Chamber) -> None:
    """Its account had a, b, c = az3, az1, az2: one of the six that there are."""
    mappings = {
        tuple(names_to_ids(chamber, "eu-west-1", each).values()) for each in many_accounts(40)
    }
    assert ("euw1-az3", "euw1-az1", "euw1-az2") in mappings
    assert len(mappings) == 6


def test_the_practical_example_two_accounts_meet_in_one_zone(chamber: Chamber) -> None:
    """Run the command in both accounts, then use the common id."""
    common = "use1-az1"
    for account in (MINE, YOURS):
        client = chamber.client("ec2", "us-east-1", account=account)
        (zone,) = client.describe_availability_zones(ZoneIds=[common])["AvailabilityZones"]
        (again,) = client.describe_availability_zones(
            Filters=[{"Name": "zone-name", "Values": [zone["ZoneName"]]}]
        )["AvailabilityZones"]
        assert zone == again
        assert re.fullmatch(r"us-east-1[a-f]", zone["ZoneName"])


def test_the_practical_example_a_subnet_is_shared_and_both_launch_in_its_zone(
    chamber: Chamber,
) -> None:
    """Align the resources in both accounts by referencing the common AZ ID, end to end.

    AWS shares subnets only inside an organization that trusts AWS RAM, which the article leaves
    out.
    """
    organizations = chamber.client("organizations", account=MINE)
    organizations.create_organization(FeatureSet="ALL")
    invited = organizations.invite_account_to_organization(Target={"Id": YOURS, "Type": "ACCOUNT"})
    chamber.client("organizations", account=YOURS).accept_handshake(
        HandshakeId=invited["Handshake"]["Id"]
    )
    ram = chamber.client("ram", "us-east-1", account=MINE)
    ram.enable_sharing_with_aws_organization()
    mine = chamber.client("ec2", "us-east-1", account=MINE)
    yours = chamber.client("ec2", "us-east-1", account=YOURS)
    common = "use1-az1"
    vpc = mine.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = mine.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZoneId=common)[
        "Subnet"
    ]
    ram.create_resource_share(name="subnet", resourceArns=[subnet["SubnetArn"]], principals=[YOURS])
    (seen,) = yours.describe_subnets(SubnetIds=[subnet["SubnetId"]])["Subnets"]
    assert seen["OwnerId"] == MINE
    assert seen["AvailabilityZoneId"] == common
    names = {
        account: {id_: name for name, id_ in names_to_ids(chamber, "us-east-1", account).items()}
        for account in (MINE, YOURS)
    }
    assert subnet["AvailabilityZone"] == names[MINE][common]
    assert seen["AvailabilityZone"] == names[YOURS][common]
    image = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    # The VPC's default group is its owner's: whoever takes part brings groups of its own.
    own = yours.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
    for client, account, groups in ((mine, MINE, []), (yours, YOURS, [own])):
        launched = client.run_instances(
            ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1,
            SubnetId=subnet["SubnetId"], SecurityGroupIds=groups,
        )["Instances"][0]  # fmt: skip
        assert launched["Placement"]["AvailabilityZoneId"] == common
        assert launched["Placement"]["AvailabilityZone"] == names[account][common]
        assert launched["VpcId"] == vpc
    with pytest.raises(ClientError, match=r"OperationNotPermitted|UnauthorizedOperation"):
        yours.delete_subnet(SubnetId=subnet["SubnetId"])
