"""The partitions: groups of Regions that share nothing with each other but the software.

Rules of this file: a table and what can be read from it. An account, an ARN and a DNS name belong
to exactly one partition. Names and suffixes are those of the SDKs' own endpoint data
(botocore's partitions.json); a test compares the two.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec


class Partition(msgspec.Struct, frozen=True, gc=False):
    """A partition.

    `name` is what stands in ARNs (`aws-cn`). `title` is AWS's name for it. `dns_suffix` ends its
    host names, `dual_stack_dns_suffix` those that answer on IPv6 too. `home_region` is where its
    global services live. `region_pattern` matches the Regions that may still be opened in it.
    """

    name: str
    title: str
    dns_suffix: str
    dual_stack_dns_suffix: str
    home_region: str
    region_pattern: str


PARTITIONS: Final = (
    Partition(
        name="aws",
        title="AWS Standard",
        dns_suffix="amazonaws.com",
        dual_stack_dns_suffix="api.aws",
        home_region="us-east-1",
        region_pattern=r"^(us|eu|ap|sa|ca|me|af|il|mx)\-\w+\-\d+$",
    ),
    Partition(
        name="aws-cn",
        title="AWS China",
        dns_suffix="amazonaws.com.cn",
        dual_stack_dns_suffix="api.amazonwebservices.com.cn",
        home_region="cn-northwest-1",
        region_pattern=r"^cn\-\w+\-\d+$",
    ),
    Partition(
        name="aws-us-gov",
        title="AWS GovCloud (US)",
        dns_suffix="amazonaws.com",
        dual_stack_dns_suffix="api.aws",
        home_region="us-gov-west-1",
        region_pattern=r"^us\-gov\-\w+\-\d+$",
    ),
    Partition(
        name="aws-eusc",
        title="AWS EUSC",
        dns_suffix="amazonaws.eu",
        dual_stack_dns_suffix="api.amazonwebservices.eu",
        home_region="eusc-de-east-1",
        region_pattern=r"^eusc\-(de)\-\w+\-\d+$",
    ),
    Partition(
        name="aws-iso",
        title="AWS ISO (US)",
        dns_suffix="c2s.ic.gov",
        dual_stack_dns_suffix="api.aws.ic.gov",
        home_region="us-iso-east-1",
        region_pattern=r"^us\-iso\-\w+\-\d+$",
    ),
    Partition(
        name="aws-iso-b",
        title="AWS ISOB (US)",
        dns_suffix="sc2s.sgov.gov",
        dual_stack_dns_suffix="api.aws.scloud",
        home_region="us-isob-east-1",
        region_pattern=r"^us\-isob\-\w+\-\d+$",
    ),
    Partition(
        name="aws-iso-e",
        title="AWS ISOE (Europe)",
        dns_suffix="cloud.adc-e.uk",
        dual_stack_dns_suffix="api.cloud-aws.adc-e.uk",
        home_region="eu-isoe-west-1",
        region_pattern=r"^eu\-isoe\-\w+\-\d+$",
    ),
    Partition(
        name="aws-iso-f",
        title="AWS ISOF",
        dns_suffix="csp.hci.ic.gov",
        dual_stack_dns_suffix="api.aws.hci.ic.gov",
        home_region="us-isof-south-1",
        region_pattern=r"^us\-isof\-\w+\-\d+$",
    ),
)


def find_partition(name: str) -> Partition | None:
    """The partition of that name, or None."""
    return next((each for each in PARTITIONS if each.name == name), None)


def expect_partition(name: str) -> Partition:
    """The partition of that name; KeyError when there is none."""
    found = find_partition(name)
    if found is None:
        raise KeyError(f"no partition is named {name!r}")
    return found


def partition_by_pattern(region_name: str) -> Partition:
    """Which partition a Region of that name would belong to, as the SDKs guess it.

    A name that fits no pattern belongs to `aws`, again as the SDKs have it.
    """
    for each in PARTITIONS:
        if re.match(each.region_pattern, region_name, re.ASCII):
            return each
    return PARTITIONS[0]
