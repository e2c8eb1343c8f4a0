"""Addresses of a subnet: never given twice, all free again, in range and not AWS's own."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import root
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.settings import Settings
from cloudchamber.services.ec2.interfaces import allocation
from cloudchamber.services.ec2.vpcs.nouns import CidrAssociation, Subnet

ACCOUNT = "111111111111"


def subnet_of(cidr: str, cidr6: str = "") -> Subnet:
    blocks6 = [CidrAssociation("subnet-cidr-assoc-0", cidr6)] if cidr6 else []
    return Subnet(
        id="subnet-0", owner=ACCOUNT, vpc="vpc-0", zone_id="euw1-az1", cidr=cidr, blocks6=blocks6
    )


def a_call() -> Call:
    cloud = Cloud(Settings(seed=3))
    service = cloud.registry.expect("ec2")
    who = root(ACCOUNT)
    return Call(cloud, service, "CreateNetworkInterface", {}, who, ACCOUNT, "eu-west-1", 1)


class Addresses(RuleBasedStateMachine):
    """A /26 and a /64 against two dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.call = a_call()
        self.subnet = subnet_of("10.0.0.0/26", "2a05:d018:0:1::/64")
        self.held: dict[str, str] = {}
        self.count = 0
        network = ipaddress.IPv4Network(self.subnet.cidr)
        self.usable = {str(each) for each in list(network)[4:-1]}

    def given(self) -> set[str]:
        """Every single IPv4 address that somebody has."""
        return {
            str(address)
            for each in self.held
            if ":" not in each
            for address in ipaddress.IPv4Network(each)
        }

    def keep(self, chosen: list[str]) -> None:
        self.count += 1
        allocation.take(self.call.cloud, self.subnet, f"eni-{self.count}", chosen)
        for each in chosen:
            assert each not in self.held
            self.held[each] = f"eni-{self.count}"

    @rule(count=st.integers(1, 12))
    def draw(self, count: int) -> None:
        before = self.given()
        if len(before) + count > len(self.usable):
            with pytest.raises(AwsError, match="enough free addresses"):
                allocation.choose_addresses(self.call, self.subnet, [], count)
            return
        chosen = allocation.choose_addresses(self.call, self.subnet, [], count)
        assert len(set(chosen)) == count
        assert set(chosen) <= self.usable - before
        self.keep(chosen)

    @rule(last=st.integers(0, 70))
    def name(self, last: int) -> None:
        address = f"10.0.0.{last}"
        if address in self.given() or address not in self.usable:
            with pytest.raises(AwsError):
                allocation.choose_addresses(self.call, self.subnet, [address], 0)
            return
        self.keep(allocation.choose_addresses(self.call, self.subnet, [address], 0))

    @rule()
    def draw_prefix(self) -> None:
        free = [
            start
            for start in (16, 32)  # the first and the last block hold addresses of AWS's own
            if not self.given() & {f"10.0.0.{start + each}" for each in range(16)}
        ]
        if not free:
            with pytest.raises(AwsError, match="enough free cidr blocks"):
                allocation.choose_prefixes(self.call, self.subnet, [], 1)
            return
        chosen = allocation.choose_prefixes(self.call, self.subnet, [], 1)
        assert chosen[0] in {f"10.0.0.{start}/28" for start in free}
        self.keep(chosen)

    @rule(count=st.integers(1, 3))
    def draw6(self, count: int) -> None:
        block = ipaddress.IPv6Network("2a05:d018:0:1::/64")
        chosen = allocation.choose_addresses6(self.call, self.subnet, [], count)
        prefixes = [ipaddress.IPv6Network(each) for each in self.held if each.endswith("/80")]
        for each in map(ipaddress.IPv6Address, chosen):
            assert each in block
            assert not any(each in prefix for prefix in prefixes)
        self.keep(chosen)

    @rule()
    def draw_prefix6(self) -> None:
        (prefix,) = allocation.choose_prefixes6(self.call, self.subnet, [], 1)
        inside = ipaddress.IPv6Network(prefix)
        singles = [each for each in self.held if ":" in each and "/" not in each]
        assert not any(ipaddress.IPv6Address(each) in inside for each in singles)
        self.keep([prefix])

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def give_back(self, data: st.DataObject) -> None:
        each = data.draw(st.sampled_from(sorted(self.held)))
        del self.held[each]
        allocation.free(self.call.cloud, self.subnet, [each])

    @invariant()
    def the_count_is_true(self) -> None:
        free = allocation.free_count(self.call.cloud, self.subnet)
        assert free == len(self.usable) - len(self.given())

    @invariant()
    def holders_are_known(self) -> None:
        for each, holder in self.held.items():
            first = each.partition("/")[0]
            assert allocation.find_holder(self.call.cloud, self.subnet, first) == holder


TestAddresses = Addresses.TestCase
TestAddresses.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)


def test_named_addresses_say_what_is_wrong() -> None:
    call = a_call()
    subnet = subnet_of("10.0.0.0/24")
    allocation.take(call.cloud, subnet, "eni-1", ["10.0.0.9"])

    def code_and_text(address: str) -> tuple[str, str]:
        with pytest.raises(AwsError) as caught:
            allocation.choose_addresses(call, subnet, [address], 0)
        return caught.value.code, caught.value.message

    assert code_and_text("10.0.0.9") == ("InvalidIPAddress.InUse", "Address 10.0.0.9 is in use.")
    assert code_and_text("10.0.0.3") == (
        "InvalidParameterValue", "Address 10.0.0.3 is in subnet's reserved address range",
    )  # fmt: skip
    assert code_and_text("10.0.0.255")[1].endswith("reserved address range")
    assert code_and_text("10.0.1.9")[1].endswith("does not fall within the subnet's address range")
    assert code_and_text("ten")[0] == "InvalidParameterValue"


def test_a_whole_subnet_can_be_given_away() -> None:
    call = a_call()
    subnet = subnet_of("10.0.0.0/24")
    chosen = allocation.choose_addresses(call, subnet, [], 251)
    assert len(set(chosen)) == 251
    allocation.take(call.cloud, subnet, "eni-1", chosen)
    assert allocation.free_count(call.cloud, subnet) == 0
    with pytest.raises(AwsError) as caught:
        allocation.choose_addresses(call, subnet, [], 1)
    assert caught.value.code == "InsufficientFreeAddressesInSubnet"


def test_what_is_held_back_is_given_only_by_name() -> None:
    call = a_call()
    subnet = subnet_of("10.0.0.0/27")
    allocation.hold_back(call.cloud, subnet.id, ["10.0.0.16/28"])
    chosen = allocation.choose_addresses(call, subnet, [], 12)
    assert all(int(each.rpartition(".")[2]) < 16 for each in chosen)
    named = allocation.choose_addresses(call, subnet, ["10.0.0.20"], 0)
    assert named == ["10.0.0.20"]


def test_another_world_of_the_same_seed_gives_the_same() -> None:
    def given() -> Any:
        return allocation.choose_addresses(a_call(), subnet_of("10.0.0.0/16"), [], 20)

    assert given() == given()
