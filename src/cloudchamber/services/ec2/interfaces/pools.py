"""Where public IPv4 addresses come from: ranges of each Region, and the next free one.

Rules of this file: an address belongs to one holder in the whole world of the chamber. The ranges
are some of those that AWS publishes for EC2 (https://ip-ranges.amazonaws.com/ip-ranges.json,
service EC2), so that an address looks like one of its Region; a Region without a range here gives
addresses of 198.18.0.0/15, which RFC 2544 keeps for tests. Nothing is ever sent to any of them.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.interfaces.allocation import Range, range_of, text_of
from cloudchamber.services.ec2.interfaces.nouns import PUBLIC_ADDRESSES, PublicAddress

ELSEWHERE: Final = "198.18.0.0/15"
RANGES: Final = MappingProxyType(
    {
        "af-south-1": "13.244.0.0/15",
        "ap-east-1": "18.162.0.0/16",
        "ap-northeast-1": "13.112.0.0/14",
        "ap-northeast-2": "13.124.0.0/16",
        "ap-northeast-3": "15.152.0.0/16",
        "ap-south-1": "13.232.0.0/14",
        "ap-southeast-1": "13.228.0.0/15",
        "ap-southeast-2": "13.54.0.0/15",
        "ca-central-1": "35.182.0.0/15",
        "cn-north-1": "52.80.0.0/16",
        "eu-central-1": "35.156.0.0/14",
        "eu-north-1": "13.48.0.0/15",
        "eu-south-1": "15.160.0.0/15",
        "eu-west-1": "34.248.0.0/13",
        "eu-west-2": "35.176.0.0/15",
        "eu-west-3": "35.180.0.0/16",
        "me-south-1": "15.184.0.0/15",
        "sa-east-1": "18.228.0.0/16",
        "us-east-1": "34.192.0.0/12",
        "us-east-2": "18.216.0.0/14",
        "us-gov-east-1": "18.252.0.0/16",
        "us-west-1": "13.52.0.0/16",
        "us-west-2": "34.208.0.0/12",
    }
)


def pool_of(region: str) -> Range:
    """The range that a Region gives public addresses of."""
    return range_of(RANGES.get(region, ELSEWHERE))


def take_public(call: Call, holder: str) -> str:
    """A public address that nobody has; it is the holder's from now on.

    Raises InsufficientAddressCapacity.
    """
    space = pool_of(call.region)
    rows = call.rows(PUBLIC_ADDRESSES)
    start = call.stream(call.arn("elastic-ip/*"), "public").below(space.size)
    for step in range(space.size):
        address = text_of(space.first + (start + step) % space.size)
        # No address ends like a network's own or its broadcast.
        if address not in rows and not address.endswith((".0", ".255")):
            rows[address] = PublicAddress(holder)
            return address
    raise AwsError(
        "InsufficientAddressCapacity",
        "Not enough available addresses to satisfy your minimum request.",
    )


def give_back_public(call: Call, address: str) -> None:
    """The address is nobody's again."""
    call.rows(PUBLIC_ADDRESSES).pop(address, None)
