"""The public images that every Region has: Amazon Linux, Windows, Ubuntu and a few others.

Rules of this file: data. AWS and its partners publish thousands of images, with ids that differ by
Region; here is the newest release (and of some the one before) of what most people launch, with ids
that follow from the Region and the name and are thus the same in every chamber. The names, owners,
devices and parameters are spelled as their publishers do; which releases are there is ours.
https://docs.aws.amazon.com/linux/al2023/ug/ec2.html, https://cloud-images.ubuntu.com/locator/ec2/,
https://docs.aws.amazon.com/ec2/latest/windows-ami-reference/windows-amis.html
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.call import partition_of
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.ec2.instances.nouns import Image, ImageDevice

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

# Owners: alias, account in `aws`, in `aws-us-gov`, in `aws-cn`. Accounts are their publishers';
# where it is not known what they are outside `aws`, the same is used.
_OWNERS: Final = MappingProxyType(
    {
        "amazon-linux": ("amazon", "137112412989", "045324592363", "141808717104"),
        "windows": ("amazon", "801119661308", "077303321853", "016951021795"),
        "ecs": ("amazon", "591542846629", "591542846629", "591542846629"),
        "eks": ("amazon", "602401143452", "151742754352", "961992271922"),
        "canonical": ("", "099720109477", "513442679011", "837727238323"),
        "debian": ("", "136693071363", "136693071363", "136693071363"),
        "redhat": ("", "309956199498", "309956199498", "309956199498"),
    }
)
# owner | release | architecture | root device | GiB | platform | parameter | name
# In names `{a}` is x86_64 or arm64, `{d}` amd64 or arm64. A `+` after the platform means IMDSv2.
_RELEASES: Final = """
amazon-linux|2026-10-27|x86_64,arm64|/dev/xvda|8|linux+|\
/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-{a}|\
al2023-ami-2023.9.20261027.0-kernel-6.1-{a}
amazon-linux|2026-10-13|x86_64,arm64|/dev/xvda|8|linux+||\
al2023-ami-2023.9.20261013.0-kernel-6.1-{a}
amazon-linux|2026-10-27|x86_64,arm64|/dev/xvda|2|linux+|\
/aws/service/ami-amazon-linux-latest/al2023-ami-minimal-kernel-default-{a}|\
al2023-ami-minimal-2023.9.20261027.0-kernel-6.1-{a}
amazon-linux|2026-10-20|x86_64,arm64|/dev/xvda|8|linux|\
/aws/service/ami-amazon-linux-latest/amzn2-ami-kernel-5.10-hvm-{a}-gp2|\
amzn2-ami-kernel-5.10-hvm-2.0.20261020.0-{a}-gp2
amazon-linux|2026-10-06|x86_64,arm64|/dev/xvda|8|linux||\
amzn2-ami-kernel-5.10-hvm-2.0.20261006.0-{a}-gp2
amazon-linux|2026-10-20|x86_64,arm64|/dev/xvda|8|linux|\
/aws/service/ami-amazon-linux-latest/amzn2-ami-hvm-{a}-gp2|\
amzn2-ami-hvm-2.0.20261020.0-{a}-gp2
windows|2026-10-15|x86_64|/dev/sda1|30|windows|\
/aws/service/ami-windows-latest/Windows_Server-2025-English-Full-Base|\
Windows_Server-2025-English-Full-Base-2026.10.15
windows|2026-10-15|x86_64|/dev/sda1|30|windows|\
/aws/service/ami-windows-latest/Windows_Server-2022-English-Full-Base|\
Windows_Server-2022-English-Full-Base-2026.10.15
windows|2026-10-15|x86_64|/dev/sda1|30|windows|\
/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-Base|\
Windows_Server-2022-English-Core-Base-2026.10.15
windows|2026-10-15|x86_64|/dev/sda1|30|windows|\
/aws/service/ami-windows-latest/Windows_Server-2019-English-Full-Base|\
Windows_Server-2019-English-Full-Base-2026.10.15
ecs|2026-10-23|x86_64,arm64|/dev/xvda|30|linux+||\
al2023-ami-ecs-hvm-2023.0.20261023-kernel-6.1-{a}
eks|2026-10-23|x86_64,arm64|/dev/xvda|20|linux+||\
amazon-eks-node-al2023-{a}-standard-1.34-v20261023
canonical|2026-10-22|x86_64,arm64|/dev/sda1|8|linux+|\
/aws/service/canonical/ubuntu/server/24.04/stable/current/{d}/hvm/ebs-gp3/ami-id|\
ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{d}-server-20261022
canonical|2026-09-24|x86_64,arm64|/dev/sda1|8|linux+||\
ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-{d}-server-20260924
canonical|2026-10-15|x86_64,arm64|/dev/sda1|8|linux|\
/aws/service/canonical/ubuntu/server/22.04/stable/current/{d}/hvm/ebs-gp2/ami-id|\
ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-{d}-server-20261015
canonical|2026-10-10|x86_64,arm64|/dev/sda1|8|linux|\
/aws/service/canonical/ubuntu/server/20.04/stable/current/{d}/hvm/ebs-gp2/ami-id|\
ubuntu/images/hvm-ssd/ubuntu-focal-20.04-{d}-server-20261010
debian|2026-10-06|x86_64,arm64|/dev/xvda|8|linux||debian-12-{d}-20261006-2257
debian|2026-10-06|x86_64,arm64|/dev/xvda|8|linux+||debian-13-{d}-20261006-2257
redhat|2026-09-10|x86_64,arm64|/dev/sda1|10|redhat||RHEL-9.6.0_HVM-20260910-{a}-0-Hourly2-GP3
"""
_PLATFORMS: Final = MappingProxyType(
    {
        "linux": ("", "Linux/UNIX", "RunInstances"),
        "windows": ("windows", "Windows", "RunInstances:0002"),
        "redhat": ("", "Red Hat Enterprise Linux", "RunInstances:0010"),
    }
)
_REGIONS: Final = 64


def public_images(region: str) -> Mapping[str, Image]:
    """A Region's public images by id; they are not to be changed."""
    return _images(region)[0]


def image_of_parameter(region: str, name: str) -> str:
    """The image that a public parameter of Systems Manager names in a Region, "" for none."""
    return _images(region)[1].get(name, "")


def parameters(region: str) -> Mapping[str, str]:
    """The public parameters that name images in a Region, with the images' ids."""
    return _images(region)[1]


def image_parameters(cloud: Cloud, region: str) -> Mapping[str, str]:
    """Port `image-parameters`: what Parameter Store shows of them."""
    return parameters(region)


@lru_cache(maxsize=_REGIONS)
def _images(region: str) -> tuple[Mapping[str, Image], Mapping[str, str]]:
    images: dict[str, Image] = {}
    named: dict[str, str] = {}
    for line in _RELEASES.strip().splitlines():
        owner, released, architectures, root, size, system, parameter, name = line.split("|")
        for architecture in architectures.split(","):
            words = {"a": architecture, "d": "amd64" if architecture == "x86_64" else "arm64"}
            image = _image(
                region, owner, released, architecture, root, int(size), system, name.format(**words)
            )
            image.parameter = parameter.format(**words)
            images[image.id] = image
            if image.parameter:
                named[image.parameter] = image.id
    by_id = {identifier: images[identifier] for identifier in sorted(images)}
    return MappingProxyType(by_id), MappingProxyType(named)


def _image(
    region: str,
    owner: str,
    released: str,
    architecture: str,
    root: str,
    size: int,
    system: str,
    name: str,
) -> Image:
    digits = hashlib.sha256(f"{region}/{name}".encode()).hexdigest()
    alias, *accounts = _OWNERS[owner]
    place = ("aws", "aws-us-gov", "aws-cn").index(partition_of(region))
    platform, details, operation = _PLATFORMS[system.rstrip("+")]
    moment = datetime.fromisoformat(f"{released}T18:30:00").replace(tzinfo=UTC)
    is_new = system.endswith("+")
    return Image(
        id=f"ami-{digits[:17]}",
        owner=accounts[place],
        name=name,
        description=_description(owner, name),
        architecture=architecture,
        root_device=root,
        devices=[
            ImageDevice(
                name=root,
                snapshot=f"snap-{digits[17:34]}",
                size=size,
                type="gp3" if is_new or platform == "windows" or "GP3" in name else "gp2",
            )
        ],
        platform=platform,
        platform_details=details,
        usage_operation=operation,
        boot_mode="uefi" if architecture == "arm64" else "uefi-preferred" if is_new else "",
        imds="v2.0" if is_new else "",
        is_public=True,
        alias=alias,
        created_ns=int(moment.timestamp()) * SECOND_NS,
    )


def _description(owner: str, name: str) -> str:
    if owner == "amazon-linux":
        system = "Amazon Linux 2023" if name.startswith("al2023") else "Amazon Linux 2"
        return f"{system} AMI {name}"
    if owner == "windows":
        return "Microsoft " + name.partition("-20")[0].replace("_", " ").replace("-", " ")
    return name
