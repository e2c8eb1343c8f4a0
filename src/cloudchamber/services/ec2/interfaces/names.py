"""The DNS names of addresses, as AWS makes them.

Rules of this file: text from text. Whether a name is there at all is said by its VPC:
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-dns.html and
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/hostname-types.html
"""

from __future__ import annotations

import ipaddress

from cloudchamber.cloud.call import partition_of


def private_domain(region: str) -> str:
    """The domain of private names in a Region."""
    return "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"


def private_name(region: str, address: str) -> str:
    """`ip-10-0-0-5.ec2.internal`."""
    return f"ip-{address.replace('.', '-')}.{private_domain(region)}"


def private_name6(region: str, address: str) -> str:
    """The name of an IPv6 address, which has all its groups: `i-...` names come from instances."""
    groups = ipaddress.IPv6Address(address).exploded.replace(":", "-")
    return f"ip-{groups}.{private_domain(region)}"


def resource_name(region: str, instance: str) -> str:
    """`i-0123456789abcdef0.eu-west-1.compute.internal`: us-east-1 has no short form of it."""
    return f"{instance}.{private_domain(region)}"


def public_name(region: str, address: str) -> str:
    """`ec2-3-4-5-6.eu-west-1.compute.amazonaws.com`."""
    suffix = "amazonaws.com.cn" if partition_of(region) == "aws-cn" else "amazonaws.com"
    where = "compute-1" if region == "us-east-1" else f"{region}.compute"
    return f"ec2-{address.replace('.', '-')}.{where}.{suffix}"
