"""AWS's own prefix lists, which every Region has.

Rules of this file: names and CIDRs as data, put into the world once for each Region, where they lie
in the account `AWS`. How many rules of a security group each counts for is AWS's "weight":
https://docs.aws.amazon.com/vpc/latest/userguide/working-with-aws-managed-prefix-lists.html

The CIDRs are some of those that AWS publishes (https://ip-ranges.amazonaws.com/ip-ranges.json); a
Region that is not in the tables below has its share of 198.19.0.0/16, which RFC 2544 keeps for
tests: made up, and nowhere else in use. Ids are drawn, they are not AWS's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.services.ec2.interfaces.nouns import (
    AWS,
    PREFIX_LIST,
    PREFIX_LISTS,
    PrefixEntry,
    PrefixList,
)
from cloudchamber.services.ec2.kinds import WHEREABOUTS, Place
from cloudchamber.world.geography.regions import regions

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

LATTICE: Final = "169.254.171.0/24"
LATTICE6: Final = "fd00:ec2:80::/64"
_Ranges = Mapping[str, tuple[str, ...]]

_S3: Final[_Ranges] = MappingProxyType(
    {
        "ap-southeast-2": ("52.95.128.0/21", "3.5.164.0/22"),
        "eu-central-1": ("52.219.168.0/21", "3.5.136.0/22"),
        "eu-west-1": ("52.218.0.0/17", "52.92.0.0/17", "3.5.64.0/21"),
        "eu-west-2": ("52.95.148.0/22", "3.5.244.0/22"),
        "us-east-1": ("52.216.0.0/15", "54.231.0.0/16", "3.5.0.0/19", "16.182.0.0/16"),
        "us-east-2": ("52.219.80.0/20", "3.5.128.0/22"),
        "us-west-2": ("52.92.128.0/17", "52.218.128.0/17", "3.5.76.0/22"),
    }
)
_DYNAMODB: Final[_Ranges] = MappingProxyType(
    {
        "eu-central-1": ("52.94.17.0/24", "52.119.188.0/22"),
        "eu-west-1": ("52.94.24.0/23", "52.119.240.0/21"),
        "us-east-1": ("52.94.0.0/22", "52.119.224.0/20"),
        "us-west-2": ("52.94.10.0/24", "35.71.64.0/22"),
    }
)
_CONNECT: Final[_Ranges] = MappingProxyType(
    {
        "eu-central-1": ("3.120.181.40/29",),
        "eu-west-1": ("18.202.216.48/29",),
        "us-east-1": ("18.206.107.24/29",),
        "us-west-2": ("18.237.140.160/29",),
    }
)
_CLOUDFRONT: Final = (
    "15.158.0.0/16", "64.252.64.0/18", "64.252.128.0/18", "70.132.0.0/18", "130.176.0.0/17",
)  # fmt: skip
_CLOUDFRONT6: Final = ("2600:9000::/28",)


def ensure_aws_lists(call: Call) -> None:
    """Put AWS's lists into the call's Region, unless they are there."""
    region = call.region
    rows = call.rows(PREFIX_LISTS, AWS)
    if rows:
        return
    stream = call.stream(f"arn:{partition_of(region)}:ec2:{region}:aws:prefix-list/*", "id")
    for name, weight, cidrs in lists_of(region):
        row = PrefixList(
            id=f"{PREFIX_LIST.prefix}-{stream.hex(8)}",
            owner=AWS,
            name=name,
            family="IPv6" if ":" in cidrs[0] else "IPv4",
            max_entries=weight,
            versions=[[PrefixEntry(cidr=each) for each in cidrs]],
        )
        rows[row.id] = row
        call.rows(WHEREABOUTS)[row.id] = Place(AWS, region)


def lists_of(region: str) -> list[tuple[str, int, tuple[str, ...]]]:
    """(name, weight, CIDRs) of a Region's lists."""
    own = f"com.amazonaws.{region}"
    all_over = "com.amazonaws.global"
    return [
        (f"{own}.s3", 1, _S3.get(region) or _made_up(region, 0)),
        (f"{own}.dynamodb", 1, _DYNAMODB.get(region) or _made_up(region, 1)),
        (f"{own}.s3express", 6, _made_up(region, 2)),
        (f"{own}.ec2-instance-connect", 2, _CONNECT.get(region) or _made_up(region, 3)),
        (f"{own}.vpc-lattice", 10, (LATTICE,)),
        (f"{own}.ipv6.vpc-lattice", 10, (LATTICE6,)),
        (f"{all_over}.cloudfront.origin-facing", 55, _CLOUDFRONT),
        (f"{all_over}.ipv6.cloudfront.origin-facing", 55, _CLOUDFRONT6),
    ]


def find_aws_list(cloud: Cloud, region: str, name: str) -> PrefixList | None:
    """One of AWS's lists in a Region, by its name (`com.amazonaws.eu-west-1.s3`)."""
    rows = cloud.store.rows(PREFIX_LISTS, AWS, region)
    return next((each for each in rows.values() if each.name == name), None)


def _made_up(region: str, which: int) -> tuple[str, ...]:
    """One of four /26 of the Region's /24 in 198.19.0.0/16."""
    names = sorted(each.name for each in regions(partition_of(region)))
    return (f"198.19.{names.index(region)}.{64 * which}/26",)
