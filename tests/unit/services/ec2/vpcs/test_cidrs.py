"""Which blocks a VPC and its subnets may have: AWS's table, and a world of them beside a model."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from cloudchamber import Chamber
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.vpcs.cidrs import (
    contains,
    covers,
    expect_block4,
    expect_block6,
    is_restricted,
    network4,
    overlap,
)
from tests.unit.services.ec2.vpcs.estate import ACCOUNT, REGION, main_table, routes_of

PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")


@pytest.mark.parametrize(
    ("have", "more", "is_allowed"),
    [
        (["10.0.0.0/16"], "10.1.0.0/16", True),
        (["10.0.0.0/16"], "172.16.0.0/16", False),
        (["10.0.0.0/16"], "192.168.0.0/16", False),
        (["10.0.0.0/24"], "10.0.9.0/24", False),
        (["10.1.0.0/16"], "10.0.0.0/16", False),
        (["10.2.0.0/16"], "10.0.0.0/16", True),
        (["10.0.0.0/16"], "100.64.0.0/16", True),
        (["10.0.0.0/16"], "198.51.100.0/24", True),
        (["10.0.0.0/16"], "198.19.0.0/24", False),
        (["172.16.0.0/16"], "172.17.0.0/16", True),
        (["172.16.0.0/16"], "172.31.0.0/16", False),
        (["172.16.0.0/16"], "10.0.0.0/16", False),
        (["192.168.0.0/20"], "192.168.16.0/20", True),
        (["100.64.0.0/16"], "100.65.0.0/16", True),
        (["100.64.0.0/16"], "10.0.0.0/16", False),
        (["100.64.0.0/16"], "198.19.0.0/16", False),
        (["198.19.0.0/24"], "198.19.1.0/24", True),
        (["198.19.0.0/24"], "10.0.0.0/16", False),
        (["198.19.0.0/24"], "100.64.0.0/16", True),
        (["10.2.0.0/16", "100.64.0.0/16"], "10.3.0.0/16", True),
    ],
)
def test_the_table_of_restrictions(have: list[str], more: str, is_allowed: bool) -> None:
    existing = [network4(each) for each in have]
    assert is_restricted(network4(more), existing) is not is_allowed


def networks(bits: int) -> st.SearchStrategy[str]:
    """CIDRs of a family, as texts, near one another so that they meet."""
    near = st.integers(0, 255)
    if bits == 32:
        return st.builds(
            lambda number, length: str(
                ipaddress.ip_network((0x0A000000 + number, length), strict=False)
            ),
            near,
            st.integers(20, 32),
        )
    return st.builds(
        lambda number, length: str(
            ipaddress.ip_network(((0x20010DB8 << 96) + number, length), strict=False)
        ),
        near,
        st.integers(100, 128),
    )


@given(networks(32) | networks(128), networks(32) | networks(128))
def test_covering_and_overlapping_are_what_the_addresses_say(one: str, other: str) -> None:
    first, last, family = extent(one)
    start, end, other_family = extent(other)
    same = family == other_family
    assert covers(one, other) == (same and first <= start and end <= last)
    assert overlap(one, other) == (same and first <= end and start <= last)
    if same:
        assert contains(one, other.partition("/")[0]) == (first <= start <= last)


def extent(cidr: str) -> tuple[int, int, int]:
    """First and last address as numbers, and the family."""
    network = ipaddress.ip_network(cidr)
    return int(network[0]), int(network[-1]), network.version


@given(st.text(max_size=30))
def test_no_text_is_taken_for_a_block_by_accident(text: str) -> None:
    for expect in (expect_block4, expect_block6):
        try:
            block = expect(text)
        except AwsError as error:
            code = error.code
        else:
            code = ""
            assert "/" in text
            assert block.prefixlen <= block.max_prefixlen
        assert code in ("", "InvalidParameterValue")


class Model:
    """A VPC as plain networks, with AWS's rules told once more and differently."""

    def __init__(self, cidr: str) -> None:
        self.blocks = [ipaddress.IPv4Network(cidr)]
        self.subnets: list[ipaddress.IPv4Network] = []

    def adds(self, block: ipaddress.IPv4Network) -> str | None:
        if not 16 <= block.prefixlen <= 28:
            return "InvalidVpc.Range"
        if any(block.overlaps(each) for each in self.blocks) or self._is_kept_apart(block):
            return "InvalidVpc.Range"
        return "CidrLimitExceeded" if len(self.blocks) == 5 else None

    def divides(self, block: ipaddress.IPv4Network) -> str | None:
        if not 16 <= block.prefixlen <= 28:
            return "InvalidSubnet.Range"
        if not any(block.subnet_of(each) for each in self.blocks):
            return "InvalidSubnet.Range"
        if any(block.overlaps(each) for each in self.subnets):
            return "InvalidSubnet.Conflict"
        return None

    def is_used(self, block: ipaddress.IPv4Network) -> bool:
        return any(each.subnet_of(block) for each in self.subnets)

    def _is_kept_apart(self, block: ipaddress.IPv4Network) -> bool:
        """The primary block here is private and in 10.0.0.0/15."""
        if block.overlaps(ipaddress.IPv4Network("198.19.0.0/16")):
            return True
        if block.overlaps(ipaddress.IPv4Network("10.0.0.0/16")):
            return True
        return any(block.overlaps(ipaddress.IPv4Network(each)) for each in PRIVATE[1:])


def code_of(call: Any, **members: Any) -> str | None:
    try:
        call(**members)
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    return None


BLOCKS = st.builds(
    lambda number, bits: ipaddress.IPv4Network((number, bits), strict=False),
    st.sampled_from([0x0A000000, 0x0A010000, 0x0A020000, 0xAC100000, 0xC0A80000, 0x64400000,
                     0xC6130000]).flatmap(lambda base: st.integers(base, base + 0x3FFFF)),
    st.integers(14, 29),
)  # fmt: skip
PARTS = st.builds(
    lambda number, bits: ipaddress.IPv4Network((0x0A010000 + number, bits), strict=False),
    st.integers(0, 0xFFF),
    st.integers(19, 29),
)


class CidrMachine(RuleBasedStateMachine):
    """A VPC's blocks and subnets come and go, in the chamber and in the model."""

    associations = Bundle("associations")
    subnets = Bundle("subnets")

    def __init__(self) -> None:
        super().__init__()
        self.chamber = Chamber(seed=1)
        self.ec2 = self.chamber.client("ec2", region_name=REGION, account=ACCOUNT)
        self.model = Model("10.1.0.0/20")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.1.0.0/20")["Vpc"]["VpcId"]
        self.table = main_table(self.ec2, self.vpc)["RouteTableId"]

    def teardown(self) -> None:
        self.chamber.close()

    @rule(target=associations, block=BLOCKS)
    def associate(self, block: ipaddress.IPv4Network) -> Any:
        expected = self.model.adds(block)
        request = {"VpcId": self.vpc, "CidrBlock": str(block)}
        if expected is not None:
            assert code_of(self.ec2.associate_vpc_cidr_block, **request) == expected
            return multiple()
        made = self.ec2.associate_vpc_cidr_block(**request)["CidrBlockAssociation"]
        self.model.blocks.append(block)
        return made["AssociationId"], block

    @rule(association=consumes(associations))
    def disassociate(self, association: tuple[str, ipaddress.IPv4Network]) -> None:
        identifier, block = association
        is_used = self.model.is_used(block)
        code = code_of(self.ec2.disassociate_vpc_cidr_block, AssociationId=identifier)
        assert code == ("InvalidCidrBlock.InUse" if is_used else None)
        if not is_used:
            self.model.blocks.remove(block)

    @rule(target=subnets, block=PARTS | BLOCKS)
    def divide(self, block: ipaddress.IPv4Network) -> Any:
        expected = self.model.divides(block)
        request = {"VpcId": self.vpc, "CidrBlock": str(block)}
        if expected is not None:
            assert code_of(self.ec2.create_subnet, **request) == expected
            return multiple()
        made = self.ec2.create_subnet(**request)["Subnet"]
        assert made["AvailableIpAddressCount"] == block.num_addresses - 5
        self.model.subnets.append(block)
        return made["SubnetId"], block

    @rule(subnet=consumes(subnets))
    def undo(self, subnet: tuple[str, ipaddress.IPv4Network]) -> None:
        identifier, block = subnet
        self.ec2.delete_subnet(SubnetId=identifier)
        self.model.subnets.remove(block)

    @invariant()
    def the_world_is_the_model(self) -> None:
        (vpc,) = self.ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"]
        blocks = [each["CidrBlock"] for each in vpc["CidrBlockAssociationSet"]]
        assert blocks == [str(each) for each in self.model.blocks]
        assert list(routes_of(self.ec2, self.table)) == blocks
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}]
        subnets = self.ec2.describe_subnets(Filters=filters)["Subnets"]
        assert sorted(each["CidrBlock"] for each in subnets) == sorted(
            str(each) for each in self.model.subnets
        )


def test_blocks_and_subnets_are_given_as_the_model_gives_them() -> None:
    run_state_machine_as_test(
        CidrMachine, settings=settings(max_examples=25, stateful_step_count=20, deadline=None)
    )
