"""VPC Block Public Access: the switch, its exclusions, and what VPCs and subnets say of it."""

from __future__ import annotations

from typing import Any

from cloudchamber import Chamber
from tests.unit.services.ec2.refusing import refused
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, REGION, where

BLOCKED = "block-bidirectional"
INGRESS = "block-ingress"


def mode_of(ec2: Any, identifier: str) -> str:
    if identifier.startswith("vpc-"):
        (row,) = ec2.describe_vpcs(VpcIds=[identifier])["Vpcs"]
    else:
        (row,) = ec2.describe_subnets(SubnetIds=[identifier])["Subnets"]
    mode: str = row["BlockPublicAccessStates"]["InternetGatewayBlockMode"]
    return mode


def exclude(ec2: Any, mode: str, **what: str) -> str:
    made = ec2.create_vpc_block_public_access_exclusion(InternetGatewayExclusionMode=mode, **what)[
        "VpcBlockPublicAccessExclusion"
    ]
    identifier: str = made["ExclusionId"]
    return identifier


def test_the_switch_counts_for_every_vpc_of_the_region(ec2: Any, vpc: str, subnet: str) -> None:
    options = ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert (options["State"], options["InternetGatewayBlockMode"]) == ("default-state", "off")
    assert mode_of(ec2, vpc) == "off"
    turned = ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=BLOCKED)
    assert turned["VpcBlockPublicAccessOptions"]["State"] == "update-in-progress"
    options = ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert (options["State"], options["InternetGatewayBlockMode"]) == ("update-complete", BLOCKED)
    assert (mode_of(ec2, vpc), mode_of(ec2, subnet)) == (BLOCKED, BLOCKED)


def test_an_exclusion_leaves_out_a_vpc_or_a_subnet(ec2: Any, vpc: str, subnet: str) -> None:
    ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=BLOCKED)
    exclusion = exclude(ec2, "allow-egress", VpcId=vpc)
    assert (mode_of(ec2, vpc), mode_of(ec2, subnet)) == (INGRESS, INGRESS)
    inner = exclude(ec2, "allow-bidirectional", SubnetId=subnet)
    assert (mode_of(ec2, vpc), mode_of(ec2, subnet)) == (INGRESS, "off")
    ec2.delete_vpc_block_public_access_exclusion(ExclusionId=inner)
    assert mode_of(ec2, subnet) == INGRESS
    ec2.modify_vpc_block_public_access_exclusion(
        ExclusionId=exclusion, InternetGatewayExclusionMode="allow-bidirectional"
    )
    assert (mode_of(ec2, vpc), mode_of(ec2, subnet)) == ("off", "off")
    found = ec2.describe_vpc_block_public_access_exclusions(Filters=where(state="*-complete"))
    states = {
        each["ExclusionId"]: each["State"] for each in found["VpcBlockPublicAccessExclusions"]
    }
    assert states == {exclusion: "update-complete", inner: "delete-complete"}
    assert refused(ec2.delete_vpc_block_public_access_exclusion, ExclusionId=inner) == (
        "IncorrectState"
    )


def test_what_an_exclusion_cannot_be(ec2: Any, vpc: str, subnet: str) -> None:
    create = ec2.create_vpc_block_public_access_exclusion
    mode = {"InternetGatewayExclusionMode": "allow-egress"}
    assert refused(create, **mode) == "InvalidParameterCombination"
    assert refused(create, **mode, VpcId=vpc, SubnetId=subnet) == "InvalidParameterCombination"
    exclude(ec2, "allow-egress", VpcId=vpc)
    assert refused(create, **mode, VpcId=vpc) == "VpcBlockPublicAccessExclusionAlreadyExists"
    assert refused(create, **mode, VpcId="vpc-0123456789abcdef0") == "InvalidVpcID.NotFound"


def test_a_change_takes_effect_when_it_is_complete() -> None:
    with Chamber(seed=1, lifecycle="realistic") as chamber:
        ec2 = chamber.client("ec2", region_name=REGION, account=ACCOUNT)
        (vpc,) = (each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"])
        ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode=BLOCKED)
        assert mode_of(ec2, vpc) == "off"
        assert (
            refused(ec2.modify_vpc_block_public_access_options, InternetGatewayBlockMode="off")
            == "IncorrectState"
        )
        chamber.advance("10m")
        assert mode_of(ec2, vpc) == BLOCKED


def test_a_deleted_vpc_takes_its_exclusions_along(ec2: Any, vpc: str, subnet: str) -> None:
    exclude(ec2, "allow-egress", VpcId=vpc)
    exclude(ec2, "allow-egress", SubnetId=subnet)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    found = ec2.describe_vpc_block_public_access_exclusions()
    assert found["VpcBlockPublicAccessExclusions"] == []
