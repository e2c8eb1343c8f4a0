"""The Regions: where they stand, since when, who may use them, and what their zones are called.

Rules of this file: one table, each column with its source, and what can be read from it. Nothing
here depends on an account; what an account sees of a Region is in `zones.py`.
"""

from __future__ import annotations

from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.world.geography.partitions import (
    PARTITIONS,
    Partition,
    expect_partition,
    partition_by_pattern,
)


class Region(msgspec.Struct, frozen=True, gc=False):
    """A Region.

    `long_name` is AWS's (`Europe (Ireland)`). `opened` is the month it opened to customers
    (`2008-12`), None when AWS has not said or it is announced and not open. `opt_in` says that an
    account must enable the Region before it can use it. `geography` is the country, `sub_geography`
    the state where AWS names one. `zone_prefix` starts the zone ids (`euw1`). `zone_ids` are all of
    its zones, in order of their numbers. `zones` pairs the letters of zone names with zone ids as
    AWS maps them where the mapping is the same for everyone. `shuffled` says that, instead, each
    account has a mapping of its own. `withheld` are the ids of which an account is not shown one.
    """

    name: str
    long_name: str
    partition: str
    opened: str | None
    opt_in: bool
    geography: str
    sub_geography: str | None
    zone_prefix: str
    zone_ids: tuple[str, ...]
    zones: tuple[tuple[str, str], ...]
    shuffled: bool
    withheld: tuple[str, ...]

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters that end the names of the zones an account sees, sorted."""
        return tuple(letter for letter, _ in self.zones)


# Columns: code | long name | month it opened | opt-in | zone id prefix | zones | where.
#
# Code and long name: the SDKs' endpoint data (botocore's partitions.json).
# Opt-in, where, number of zones:
#   https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
#   (Regions opened after March 20, 2019 must be enabled; GovCloud, China and the isolated
#   partitions have no such step).
# Zone ids:
#   https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-availability-zones.html
#   for `aws`; as seen in DescribeAvailabilityZones answers for the others.
# Zones: letter and number, in order of the letter. Which letter is which id outside the shuffled
#   Regions is not in AWS's documentation; it is what DescribeAvailabilityZones answers every
#   account (eu-central-1a is euc1-az2). `-` in front of a number is a zone that has no letter for
#   the account in question: see `withheld` above.
# Opened: the announcement of each on https://aws.amazon.com/about-aws/whats-new/.
#   Osaka opened to selected customers in 2018 and to all in March 2021.
# Two Regions in the SDKs' data are announced and not open, with three zones each
#   (https://aws.amazon.com/about-aws/global-infrastructure/regions_az/). The zones of the isolated
#   Regions (aws-iso*) and of eusc-de-east-1 are not published: three each is our model, and those
#   ids are formed like the others.
_REGIONS: Final = """
us-east-1 | US East (N. Virginia) | 2006-08 | - | use1 | a1 b2 c3 d4 e5 f6 | Virginia, USA
us-east-2 | US East (Ohio) | 2016-10 | - | use2 | a1 b2 c3 | Ohio, USA
us-west-1 | US West (N. California) | 2009-12 | - | usw1 | a1 c3 -2 | California, USA
us-west-2 | US West (Oregon) | 2011-11 | - | usw2 | a1 b2 c3 d4 | Oregon, USA
af-south-1 | Africa (Cape Town) | 2020-04 | opt-in | afs1 | a1 b2 c3 | South Africa
ap-east-1 | Asia Pacific (Hong Kong) | 2019-04 | opt-in | ape1 | a1 b2 c3 | Hong Kong
ap-east-2 | Asia Pacific (Taipei) | 2025-06 | opt-in | ape2 | a1 b2 c3 | Taiwan
ap-northeast-1 | Asia Pacific (Tokyo) | 2011-03 | - | apne1 | a4 c1 d2 -3 | Japan
ap-northeast-2 | Asia Pacific (Seoul) | 2016-01 | - | apne2 | a1 b2 c3 d4 | South Korea
ap-northeast-3 | Asia Pacific (Osaka) | 2018-02 | - | apne3 | a3 b1 c2 | Japan
ap-south-1 | Asia Pacific (Mumbai) | 2016-06 | - | aps1 | a1 b3 c2 | India
ap-south-2 | Asia Pacific (Hyderabad) | 2022-11 | opt-in | aps2 | a1 b2 c3 | India
ap-southeast-1 | Asia Pacific (Singapore) | 2010-04 | - | apse1 | a1 b2 c3 | Singapore
ap-southeast-2 | Asia Pacific (Sydney) | 2012-11 | - | apse2 | a1 b3 c2 | Australia
ap-southeast-3 | Asia Pacific (Jakarta) | 2021-12 | opt-in | apse3 | a1 b2 c3 | Indonesia
ap-southeast-4 | Asia Pacific (Melbourne) | 2023-01 | opt-in | apse4 | a1 b2 c3 | Australia
ap-southeast-5 | Asia Pacific (Malaysia) | 2024-08 | opt-in | apse5 | a1 b2 c3 | Malaysia
ap-southeast-6 | Asia Pacific (New Zealand) | 2025-09 | opt-in | apse6 | a1 b2 c3 | New Zealand
ap-southeast-7 | Asia Pacific (Thailand) | 2025-01 | opt-in | apse7 | a1 b2 c3 | Thailand
ca-central-1 | Canada (Central) | 2016-12 | - | cac1 | a1 b2 d4 | Canada
ca-west-1 | Canada West (Calgary) | 2023-12 | opt-in | caw1 | a1 b2 c3 | Canada
eu-central-1 | Europe (Frankfurt) | 2014-10 | - | euc1 | a2 b3 c1 | Germany
eu-central-2 | Europe (Zurich) | 2022-11 | opt-in | euc2 | a1 b2 c3 | Switzerland
eu-north-1 | Europe (Stockholm) | 2018-12 | - | eun1 | a1 b2 c3 | Sweden
eu-south-1 | Europe (Milan) | 2020-04 | opt-in | eus1 | a1 b2 c3 | Italy
eu-south-2 | Europe (Spain) | 2022-11 | opt-in | eus2 | a1 b2 c3 | Spain
eu-west-1 | Europe (Ireland) | 2008-12 | - | euw1 | a1 b2 c3 | Ireland
eu-west-2 | Europe (London) | 2016-12 | - | euw2 | a2 b3 c1 d4 | United Kingdom
eu-west-3 | Europe (Paris) | 2017-12 | - | euw3 | a1 b2 c3 | France
il-central-1 | Israel (Tel Aviv) | 2023-08 | opt-in | ilc1 | a1 b2 c3 | Israel
me-central-1 | Middle East (UAE) | 2022-08 | opt-in | mec1 | a1 b2 c3 | United Arab Emirates
me-south-1 | Middle East (Bahrain) | 2019-07 | opt-in | mes1 | a1 b2 c3 | Bahrain
me-west-1 | Middle East (Saudi Arabia) | - | opt-in | mew1 | a1 b2 c3 | Saudi Arabia
mx-central-1 | Mexico (Central) | 2025-01 | opt-in | mxc1 | a1 b2 c3 | Mexico
sa-east-1 | South America (Sao Paulo) | 2011-12 | - | sae1 | a1 b2 c3 | Brazil
sa-west-1 | South America (Chile) | - | opt-in | saw1 | a1 b2 c3 | Chile
cn-north-1 | China (Beijing) | 2013-12 | - | cnn1 | a1 b2 d4 | China
cn-northwest-1 | China (Ningxia) | 2017-12 | - | cnnw1 | a1 b2 c3 | China
us-gov-east-1 | AWS GovCloud (US-East) | 2018-11 | - | usge1 | a1 b2 c3 | USA
us-gov-west-1 | AWS GovCloud (US-West) | 2011-08 | - | usgw1 | a1 b2 c3 | USA
eusc-de-east-1 | AWS European Sovereign Cloud (Germany) | 2026-01 | - | eusce1 | a1 b2 c3 | Germany
us-iso-east-1 | US ISO East | - | - | usie1 | a1 b2 c3 | USA
us-iso-west-1 | US ISO WEST | - | - | usiw1 | a1 b2 c3 | USA
us-isob-east-1 | US ISOB East (Ohio) | - | - | usibe1 | a1 b2 c3 | USA
us-isob-west-1 | US ISOB West | - | - | usibw1 | a1 b2 c3 | USA
eu-isoe-west-1 | EU ISOE West | - | - | euiew1 | a1 b2 c3 | United Kingdom
us-isof-east-1 | US ISOF EAST | - | - | usife1 | a1 b2 c3 | USA
us-isof-south-1 | US ISOF SOUTH | - | - | usifs1 | a1 b2 c3 | USA
"""

# "In the following Regions ... we independently map Availability Zones to codes for each AWS
# account. All other Regions use a uniform mapping."
# https://docs.aws.amazon.com/global-infrastructure/latest/regions/az-ids.html
# Since November 2025 AWS no longer does so for new accounts. The accounts here are older.
SHUFFLED_REGIONS: Final = (
    "us-east-1",
    "us-west-1",
    "us-west-2",
    "ap-southeast-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "eu-west-1",
    "sa-east-1",
    "us-gov-west-1",
)

# Of which zones an account is not shown one. "Newer accounts can access two Availability Zones in
# US West (N. California)": which two is not said, so each account draws its own. apne1-az3 is
# closed to customers who are not already in it.
_WITHHELD: Final = MappingProxyType(
    {
        "us-west-1": ("usw1-az1", "usw1-az2", "usw1-az3"),
        "ap-northeast-1": ("apne1-az3",),
    }
)


def _region(line: str) -> Region:
    name, long_name, opened, opt_in, prefix, zones, where = (
        cell.strip() for cell in line.split("|")
    )
    sub_geography, comma, geography = where.rpartition(", ")
    pairs = [(item[0], f"{prefix}-az{item[1:]}") for item in zones.split()]
    return Region(
        name=name,
        long_name=long_name,
        partition=partition_by_pattern(name).name,
        opened=None if opened == "-" else opened,
        opt_in=opt_in == "opt-in",
        geography=geography.replace("USA", "United States of America"),
        sub_geography=sub_geography if comma else None,
        zone_prefix=prefix,
        zone_ids=tuple(sorted(zone_id for _, zone_id in pairs)),
        zones=tuple(pair for pair in pairs if pair[0] != "-"),
        shuffled=name in SHUFFLED_REGIONS,
        withheld=_WITHHELD.get(name, ()),
    )


@cache
def _by_name() -> MappingProxyType[str, Region]:
    table = [_region(line) for line in _REGIONS.strip().splitlines()]
    return MappingProxyType({each.name: each for each in table})


@cache
def _by_prefix() -> MappingProxyType[str, Region]:
    return MappingProxyType({each.zone_prefix: each for each in _by_name().values()})


def regions(partition: str | None = None) -> tuple[Region, ...]:
    """Every Region, or those of one partition, in the order of the table."""
    return tuple(
        each for each in _by_name().values() if partition is None or each.partition == partition
    )


def find_region(name: str) -> Region | None:
    """The Region of that code, or None."""
    return _by_name().get(name)


def expect_region(name: str) -> Region:
    """The Region of that code; KeyError when there is none."""
    found = find_region(name)
    if found is None:
        raise KeyError(f"no Region has the code {name!r}")
    return found


def find_region_by_prefix(zone_prefix: str) -> Region | None:
    """The Region whose zone ids start with `zone_prefix` (`euw1`), or None."""
    return _by_prefix().get(zone_prefix)


def partition_of(region: str) -> str:
    """The partition that stands in the ARNs of a Region (`aws-cn`).

    Also for a Region that is in no table, by the pattern of its name, as the SDKs do it.
    """
    found = find_region(region)
    return found.partition if found else partition_by_pattern(region).name


def dns_suffix_of(region: str, *, dual_stack: bool = False) -> str:
    """What the host names of a Region end with (`amazonaws.com.cn`)."""
    partition = expect_partition(partition_of(region))
    return partition.dual_stack_dns_suffix if dual_stack else partition.dns_suffix


@lru_cache(maxsize=1024)
def endpoint_of(service: str, region: str, *, fips: bool = False, dual_stack: bool = False) -> str:
    """The host name of a regional service, by the rule of the SDKs' endpoint data.

    `service` is the endpoint prefix (`ec2`). A service with one endpoint for the whole partition
    (IAM) does not follow the rule.
    """
    label = f"{service}-fips" if fips else service
    return f"{label}.{region}.{dns_suffix_of(region, dual_stack=dual_stack)}"


def partitions() -> tuple[Partition, ...]:
    """Every partition, in the order of the SDKs' endpoint data."""
    return PARTITIONS
