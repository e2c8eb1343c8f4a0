"""CIDRs as requests write them, and which of them a VPC may have.

Rules of this file: text and networks only, no state. A CIDR with host bits is taken for the block
around it, as AWS does ("if you specify 100.68.0.18/18, we modify it to 100.68.0.0/18").
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network
from typing import Final

from cloudchamber.cloud.errors import AwsError

LARGEST: Final = 16
SMALLEST: Final = 28
SUBNET6_LARGEST: Final = 44
SUBNET6_SMALLEST: Final = 64
SUBNET6_STEP: Final = 4

PRIVATE: Final = (
    IPv4Network("10.0.0.0/8"),
    IPv4Network("172.16.0.0/12"),
    IPv4Network("192.168.0.0/16"),
)
_NEVER: Final = (
    IPv4Network("0.0.0.0/8"),
    IPv4Network("127.0.0.0/8"),
    IPv4Network("169.254.0.0/16"),
    IPv4Network("224.0.0.0/3"),
)
_BENCHMARK: Final = IPv4Network("198.19.0.0/16")
# What is there -> what cannot be added to it although both are of one private range.
_KEPT_APART: Final = (
    (IPv4Network("10.0.0.0/15"), IPv4Network("10.0.0.0/16")),
    (IPv4Network("172.16.0.0/12"), IPv4Network("172.31.0.0/16")),
)


@lru_cache(maxsize=4096)
def network4(cidr: str) -> IPv4Network:
    """A stored IPv4 CIDR."""
    return IPv4Network(cidr)


@lru_cache(maxsize=4096)
def network6(cidr: str) -> IPv6Network:
    """A stored IPv6 CIDR."""
    return IPv6Network(cidr)


def expect_block4(text: str, parameter: str = "cidrBlock") -> IPv4Network:
    """The IPv4 block that a request writes. Raises InvalidParameterValue."""
    try:
        if "/" not in text:
            raise ValueError(text)
        return IPv4Network(text, strict=False)
    except ValueError:
        raise not_a_block(text, parameter) from None


def expect_block6(text: str, parameter: str = "ipv6CidrBlock") -> IPv6Network:
    """The IPv6 block that a request writes. Raises InvalidParameterValue."""
    try:
        if "/" not in text:
            raise ValueError(text)
        return IPv6Network(text, strict=False)
    except ValueError:
        raise not_a_block(text, parameter) from None


def expect_vpc_block(text: str) -> IPv4Network:
    """A block that a VPC may be made with. Raises InvalidParameterValue, InvalidVpc.Range."""
    block = expect_block4(text)
    if not LARGEST <= block.prefixlen <= SMALLEST or any(map(block.overlaps, _NEVER)):
        raise AwsError("InvalidVpc.Range", f"The CIDR '{text}' is invalid.")
    return block


def expect_addable(text: str, existing: Iterable[str]) -> IPv4Network:
    """A block that may be added to a VPC's. Raises InvalidVpc.Range, InvalidParameterValue."""
    block = expect_vpc_block(text)
    have = [network4(each) for each in existing]
    if any(map(block.overlaps, have)):
        raise AwsError(
            "InvalidVpc.Range", f"The CIDR '{text}' conflicts with another CIDR of the VPC."
        )
    if is_restricted(block, have):
        raise AwsError(
            "InvalidVpc.Range",
            f"The CIDR '{text}' is restricted. Use a CIDR from the same private address range as "
            "the current VPC CIDR, or use a publicly-routable CIDR. For additional restrictions, "
            "see https://docs.aws.amazon.com/vpc/latest/userguide/VPC_Subnets.html",
        )
    return block


def is_restricted(block: IPv4Network, have: Iterable[IPv4Network]) -> bool:
    """AWS's table of restricted associations. A private range has to be the VPC's own from the
    beginning; 198.19.0.0/16 goes with nothing but itself and what comes after it."""
    existing = list(have)
    if _BENCHMARK.overlaps(block):
        return not all(_BENCHMARK.overlaps(each) for each in existing)
    mine = private_range(block)
    if mine is None:
        return False
    theirs = {found for each in existing if (found := private_range(each)) is not None}
    if theirs != {mine}:
        return True
    return any(
        there.overlaps(each) and kept.overlaps(block)
        for there, kept in _KEPT_APART
        for each in existing
    )


def private_range(block: IPv4Network) -> IPv4Network | None:
    """The range of RFC 1918 that a block lies in."""
    return next((each for each in PRIVATE if each.overlaps(block)), None)


def expect_subnet_block(text: str, blocks: Iterable[str]) -> IPv4Network:
    """A block for a subnet, inside one of its VPC's. Raises InvalidSubnet.Range,
    InvalidParameterValue."""
    block = expect_block4(text)
    if not LARGEST <= block.prefixlen <= SMALLEST or not any(
        block.subnet_of(network4(each)) for each in blocks
    ):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    return block


def expect_subnet_block6(text: str, blocks: Iterable[str]) -> IPv6Network:
    """An IPv6 block for a subnet: /44 to /64 in steps of 4, inside one of its VPC's."""
    block = expect_block6(text)
    bits = block.prefixlen
    if (
        not SUBNET6_LARGEST <= bits <= SUBNET6_SMALLEST
        or bits % SUBNET6_STEP
        or not any(block.subnet_of(network6(each)) for each in blocks)
    ):
        raise AwsError("InvalidSubnet.Range", f"The CIDR '{text}' is invalid.")
    return block


def is_ipv6(text: str) -> bool:
    """Whether a CIDR or an address is written as IPv6."""
    return ":" in text


def canonical(text: str, parameter: str) -> str:
    """A CIDR of either family as it is stored. Raises InvalidParameterValue."""
    if is_ipv6(text):
        return str(expect_block6(text, parameter))
    return str(expect_block4(text, parameter))


def covers(outer: str, inner: str) -> bool:
    """Whether one CIDR lies in another (or is the same); false across families."""
    if is_ipv6(outer) != is_ipv6(inner):
        return False
    if is_ipv6(outer):
        return network6(inner).subnet_of(network6(outer))
    return network4(inner).subnet_of(network4(outer))


def overlap(one: str, other: str) -> bool:
    """Whether two CIDRs have an address in common."""
    return covers(one, other) or covers(other, one)


def contains(cidr: str, address: str) -> bool:
    """Whether an address lies in a CIDR; false across families."""
    return ipaddress.ip_address(address) in (network6 if is_ipv6(cidr) else network4)(cidr)


def not_a_block(text: str, parameter: str) -> AwsError:
    """The text is no CIDR."""
    return AwsError(
        "InvalidParameterValue",
        f"Value ({text}) for parameter {parameter} is invalid. This is not a valid CIDR block.",
    )
