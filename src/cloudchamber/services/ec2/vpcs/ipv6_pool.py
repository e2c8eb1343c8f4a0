"""Amazon's pool of IPv6 addresses: a /56 for each VPC that asks, no two alike in the world.

Rules of this file: what is lent is kept in one table for the whole world, since IPv6 addresses are
public. A block is drawn from a stream of the account and the Region.

A Region draws from the space that AWS announces for EC2 there, as far as its published ranges say
(https://docs.aws.amazon.com/vpc/latest/userguide/aws-ip-ranges.html). Others have a /36 each of a
block of Amazon's that no Region is known to use.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv6Network
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.store import Table
from cloudchamber.world.geography.regions import regions

BLOCK_BITS: Final = 56
SPACE_BITS: Final = 36
_UNKNOWN: Final = IPv6Network("2600:1f70::/28")
_SPACES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "ap-east-1": "2406:da1e::/36",
        "ap-northeast-1": "2406:da14::/36",
        "ap-northeast-2": "2406:da12::/36",
        "ap-northeast-3": "2406:da16::/36",
        "ap-south-1": "2406:da1a::/36",
        "ap-southeast-1": "2406:da18::/36",
        "ap-southeast-2": "2406:da1c::/36",
        "ca-central-1": "2600:1f11::/36",
        "eu-central-1": "2a05:d014::/36",
        "eu-north-1": "2a05:d016::/36",
        "eu-south-1": "2a05:d01a::/36",
        "eu-west-1": "2a05:d018::/36",
        "eu-west-2": "2a05:d01c::/36",
        "eu-west-3": "2a05:d012::/36",
        "sa-east-1": "2600:1f1e::/36",
        "us-east-1": "2600:1f18::/36",
        "us-east-2": "2600:1f16::/36",
        "us-west-1": "2600:1f1c::/36",
        "us-west-2": "2600:1f14::/36",
    }
)


class Lent(msgspec.Struct, frozen=True):
    """The VPC that a block is lent to."""

    vpc: str


# By CIDR.
AMAZON_BLOCKS: Final = Table("ec2.amazon-ipv6-blocks", Lent, "world")


def space_of(region: str) -> IPv6Network:
    """The IPv6 space that a Region's VPCs draw from."""
    known = _SPACES.get(region)
    if known is not None:
        return IPv6Network(known)
    names = sorted(each.name for each in regions())
    first = int(_UNKNOWN.network_address) + (names.index(region) << (128 - SPACE_BITS))
    return IPv6Network((first, SPACE_BITS))


def lend(call: Call, vpc_id: str) -> str:
    """A block that no VPC has, as text."""
    space = space_of(call.region)
    lent = call.rows(AMAZON_BLOCKS)
    stream = call.stream(call.arn("ipv6-pool/amazon"), "block")
    while True:
        number = stream.below(1 << (BLOCK_BITS - SPACE_BITS))
        first = int(space.network_address) + (number << (128 - BLOCK_BITS))
        cidr = str(IPv6Network((first, BLOCK_BITS)))
        if cidr not in lent:
            lent[cidr] = Lent(vpc_id)
            return cidr


def give_back(call: Call, cidr: str) -> None:
    """The VPC has it no longer."""
    call.rows(AMAZON_BLOCKS).pop(cidr, None)
