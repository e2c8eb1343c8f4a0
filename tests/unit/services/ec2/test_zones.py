"""DescribeAvailabilityZones and ModifyAvailabilityZoneGroup, asked by botocore's own client."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.geography.regions import regions
from cloudchamber.world.geography.zones import edge_zones_of, zones_of

ONE = "111111111111"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["ZoneId"] for each in answer["AvailabilityZones"]]


def error_of(call: Any, **request: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as found:
        call(**request)
    error = found.value.response["Error"]
    return (
        error["Code"],
        error["Message"],
        found.value.response["ResponseMetadata"]["HTTPStatusCode"],
    )


def test_every_region_answers_with_the_world_s_zones(chamber: Chamber) -> None:
    for each in regions():
        answer = chamber.client("ec2", each.name).describe_availability_zones()
        seen = [(zone["ZoneName"], zone["ZoneId"]) for zone in answer["AvailabilityZones"]]
        assert seen == [(zone.name, zone.id) for zone in zones_of(each.name, ONE, 1)]


def test_an_availability_zone_has_nine_members(chamber: Chamber) -> None:
    zones = chamber.client("ec2", "eu-west-1").describe_availability_zones()["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    for zone in zones:
        assert zone == {
            "State": "available",
            "OptInStatus": "opt-in-not-required",
            "Messages": [],
            "RegionName": "eu-west-1",
            "ZoneName": zone["ZoneName"],
            "ZoneId": zone["ZoneId"],
            "GroupName": "eu-west-1",
            "NetworkBorderGroup": "eu-west-1",
            "ZoneType": "availability-zone",
        }


def test_opting_in_shows_a_local_zone_to_that_account_in_that_region(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", "us-west-2")
    assert "usw2-lax1-az1" not in ids(ec2.describe_availability_zones())
    answer = ec2.modify_availability_zone_group(GroupName="us-west-2-lax-1", OptInStatus="opted-in")
    assert answer["Return"] is True
    shown = ec2.describe_availability_zones()
    assert ids(shown)[-2:] == ["usw2-lax1-az1", "usw2-lax1-az2"]
    parent = next(z for z in shown["AvailabilityZones"] if z["ZoneId"] == "usw2-az2")
    assert shown["AvailabilityZones"][-2] == {
        "State": "available",
        "OptInStatus": "opted-in",
        "Messages": [],
        "RegionName": "us-west-2",
        "ZoneName": "us-west-2-lax-1a",
        "ZoneId": "usw2-lax1-az1",
        "GroupName": "us-west-2-lax-1",
        "GroupLongName": "US West (Los Angeles)",
        "NetworkBorderGroup": "us-west-2-lax-1",
        "ZoneType": "local-zone",
        "ParentZoneId": "usw2-az2",
        "ParentZoneName": parent["ZoneName"],
        "Geography": [{"Name": "United States of America"}],
        "SubGeography": [{"Name": "California"}],
    }
    other = chamber.client("ec2", "us-west-2", account="222222222222")
    assert "usw2-lax1-az1" not in ids(other.describe_availability_zones())
    # Once more changes nothing, and the date stays that of the first time.
    assert ec2.modify_availability_zone_group(GroupName="us-west-2-lax-1", OptInStatus="opted-in")[
        "Return"
    ]
    assert len([e for e in chamber.events() if e["what"] == "ec2.zone-group-opted-in"]) == 1


def test_all_availability_zones_shows_what_could_be_opted_in_to(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", "us-east-1")
    answer = ec2.describe_availability_zones(AllAvailabilityZones=True)
    offered = [z.id for z in edge_zones_of("us-east-1", ONE, 1) if not z.on_request]
    assert ids(answer)[6:] == offered
    assert "use1-nyc1-az1" not in ids(answer)
    wavelength = [z for z in answer["AvailabilityZones"] if z["ZoneType"] == "wavelength-zone"]
    assert {zone["OptInStatus"] for zone in wavelength} == {"not-opted-in"}
    ec2.modify_availability_zone_group(GroupName="us-east-1-wl1", OptInStatus="opted-in")
    mine = [i for i in ids(ec2.describe_availability_zones()) if "-wl1-" in i]
    assert mine == sorted(z["ZoneId"] for z in wavelength if z["GroupName"] == "us-east-1-wl1")
    assert len(mine) == 13


def test_names_and_ids(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", "us-east-1")
    by_name = ec2.describe_availability_zones(ZoneNames=["us-east-1b", "us-east-1a"])
    assert ids(by_name) == ["use1-az3", "use1-az4"]
    assert ids(ec2.describe_availability_zones(ZoneIds=["use1-az4"])) == ["use1-az4"]
    both = ec2.describe_availability_zones(ZoneNames=["us-east-1a"], ZoneIds=["use1-az4"])
    assert ids(both) == []
    assert ids(
        ec2.describe_availability_zones(AllAvailabilityZones=True, ZoneNames=["us-east-1-bos-1a"])
    ) == ["use1-bos1-az1"]


@pytest.mark.parametrize(
    ("name", "values", "found"),
    [
        ("zone-id", ["use1-az[12]", "use1-az?"], 6),
        ("zone-name", ["us-east-1a", "us-east-1f"], 2),
        ("zone-name", ["US-EAST-1A"], 0),
        ("zone-type", ["availability-zone"], 6),
        ("zone-type", ["local-zone"], 15),
        ("zone-type", ["*zone"], 35),
        ("group-name", ["us-east-1"], 6),
        ("group-name", ["us-east-1-zg-1"], 6),
        ("group-name", ["us-east-1-atl-2"], 2),
        ("group-long-name", ["US East (N. Virginia) 1"], 6),
        ("group-long-name", ["US East (Verizon)"], 13),
        ("opt-in-status", ["opt-in-not-required"], 6),
        ("opt-in-status", ["not-opted-in"], 29),
        ("parent-zone-id", ["use1-az5"], 5),
        ("region-name", ["us-east-1"], 35),
        ("region-name", ["us-west-2"], 0),
        ("state", ["available"], 35),
        ("state", ["impaired"], 0),
        ("message", ["*"], 0),
    ],
)
def test_filters(chamber: Chamber, name: str, values: list[str], found: int) -> None:
    ec2 = chamber.client("ec2", "us-east-1")
    answer = ec2.describe_availability_zones(
        AllAvailabilityZones=True, Filters=[{"Name": name, "Values": values}]
    )
    assert len(answer["AvailabilityZones"]) == found


def test_parent_zone_names_are_the_account_s(chamber: Chamber) -> None:
    for account in (ONE, "222222222222"):
        ec2 = chamber.client("ec2", "us-west-2", account=account)
        zones = ec2.describe_availability_zones(AllAvailabilityZones=True)["AvailabilityZones"]
        names = {zone["ZoneId"]: zone["ZoneName"] for zone in zones}
        for zone in zones:
            if "ParentZoneId" in zone:
                assert names[zone["ParentZoneId"]] == zone["ParentZoneName"]
        children = ec2.describe_availability_zones(
            AllAvailabilityZones=True,
            Filters=[{"Name": "parent-zone-name", "Values": [names["usw2-az2"]]}],
        )
        assert {zone["ParentZoneId"] for zone in children["AvailabilityZones"]} == {"usw2-az2"}


def test_errors_of_describe(chamber: Chamber) -> None:
    call = chamber.client("ec2", "us-east-1").describe_availability_zones
    invalid = "InvalidParameterValue"
    assert error_of(call, ZoneNames=["us-east-1a", "us-east-1z", "x"]) == (
        invalid, "Invalid availability zone: [us-east-1z]", 400,
    )  # fmt: skip
    for unusable in ("eu-west-1a", "us-east-1-bos-1a", "use1-az1", ""):
        assert error_of(call, ZoneNames=[unusable]) == (
            invalid, f"Invalid availability zone: [{unusable}]", 400,
        )  # fmt: skip
    assert error_of(call, ZoneIds=["euw1-az1"]) == (
        invalid, "Invalid availability zone-id: [euw1-az1]", 400,
    )  # fmt: skip
    assert error_of(call, Filters=[{"Name": "zone", "Values": ["a"]}]) == (
        invalid, "The filter 'zone' is invalid", 400,
    )  # fmt: skip
    assert error_of(call, DryRun=True)[0] == "DryRunOperation"
    nowhere = chamber.client("ec2", "us-nowhere-1").describe_availability_zones
    assert error_of(nowhere) == (invalid, "Invalid region: [us-nowhere-1]", 400)


def test_errors_of_modify(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", "us-east-1")
    call = ec2.modify_availability_zone_group
    for group in ("us-east-1", "us-east-1-zg-1", "us-west-2-lax-1", "us-east-1-nyc-1", "x"):
        code, message, _ = error_of(call, GroupName=group, OptInStatus="opted-in")
        assert code == "InvalidParameterValue"
        assert group in message
    code, message, _ = error_of(call, GroupName="us-east-1-bos-1", OptInStatus="not-opted-in")
    assert (code, "not-opted-in" in message) == ("InvalidParameterValue", True)
    dry = {"GroupName": "us-east-1-bos-1", "OptInStatus": "opted-in", "DryRun": True}
    assert error_of(call, **dry)[0] == "DryRunOperation"
    assert ids(ec2.describe_availability_zones()) == sorted(
        ids(ec2.describe_availability_zones()),
        key=[z.id for z in zones_of("us-east-1", ONE, 1)].index,
    )
    assert len(ids(ec2.describe_availability_zones())) == 6


def test_a_region_that_is_not_enabled() -> None:
    with Chamber(seed=1, iam="enforce") as chamber:
        ec2 = chamber.client("ec2", "af-south-1")
        for call in (ec2.describe_availability_zones, ec2.describe_regions):
            assert error_of(call) == (
                "AuthFailure", "AWS was not able to validate the provided access credentials", 401,
            )  # fmt: skip
        chamber.client("account").enable_region(RegionName="af-south-1")
        assert ids(ec2.describe_availability_zones()) == ["afs1-az1", "afs1-az2", "afs1-az3"]
    with Chamber(seed=1, iam="warn") as chamber:
        assert len(ids(chamber.client("ec2", "af-south-1").describe_availability_zones())) == 3
        refusals = [e for e in chamber.events() if e["what"] == "region.would-refuse"]
        assert "has not enabled" in refusals[0]["sentence"]
    with Chamber(seed=1, iam="off") as chamber:
        assert len(ids(chamber.client("ec2", "af-south-1").describe_availability_zones())) == 3
        assert not [e for e in chamber.events() if e["what"] == "region.would-refuse"]


def test_a_fork_keeps_names_and_choices(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2", "us-west-2")
    ec2.modify_availability_zone_group(GroupName="us-west-2-hnl-1", OptInStatus="opted-in")
    chamber.client("account").enable_region(RegionName="eu-south-1")
    fork = chamber.fork()
    before = ec2.describe_availability_zones()["AvailabilityZones"]
    after = fork.client("ec2", "us-west-2").describe_availability_zones()["AvailabilityZones"]
    assert before == after
    named = fork.client("ec2").describe_regions(RegionNames=["eu-south-1"])["Regions"]
    assert named[0]["OptInStatus"] == "opted-in"


def test_what_is_not_here_is_refused_by_name(chamber: Chamber) -> None:
    ec2 = chamber.client("ec2")
    code, message, status = error_of(ec2.allocate_hosts, InstanceType="m5.large")
    assert (code, status) == ("NotImplemented", 501)
    assert "ec2.AllocateHosts" in message
