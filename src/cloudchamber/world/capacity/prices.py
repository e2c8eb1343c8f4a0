"""What an hour of an instance costs On-Demand: rates for vCPUs, memory and accelerators.

Rules of this file: pure; money is in millionths of a dollar an hour. AWS's price list is long and
changes; this is a line through it, good to about a tenth for the common families, so that prices
have their order and size. Fleets choose by them, and discounts are taken from them.
https://aws.amazon.com/ec2/pricing/on-demand/
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.kernel.streams import Streams
from cloudchamber.world.capacity.catalogue import InstanceType

_MIB_PER_GIB: Final = 1024
_VCPU: Final = 35_900
_GIB: Final = 3_300
# Burstable types are priced by their memory.
_BURSTABLE_GIB: Final = 10_400
# For each accelerator, by class of type.
_ACCELERATORS: Final[Mapping[str, int]] = MappingProxyType(
    {"g": 350_000, "gr": 350_000, "p": 3_200_000, "trn": 1_100_000, "inf": 130_000, "dl": 1_500_000}
)
_NEWER_GENERATION: Final = 7
# In hundredths of the price in us-east-1, by the first part of a Region's name.
_REGIONS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "us": 100, "ca": 111, "eu": 112, "ap": 124, "sa": 158, "af": 132, "me": 122, "il": 122,
        "mx": 108, "cn": 118,
    }
)  # fmt: skip
# Licences, for each vCPU.
PRODUCTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "Linux/UNIX": 0,
        "Red Hat Enterprise Linux": 14_400,
        "SUSE Linux": 12_500,
        "Windows": 46_000,
    }
)


def on_demand(kind: InstanceType, region: str, product: str = "Linux/UNIX") -> int:
    """An hour of a type in a Region: millionths of a dollar. Unknown products cost as Linux."""
    gib = kind.memory_mib / _MIB_PER_GIB
    if kind.is_burstable:
        amount = _BURSTABLE_GIB * gib
    else:
        amount = _VCPU * kind.vcpus + _GIB * gib
    percent = 100
    if kind.architecture == "arm64":
        percent -= 18
    elif kind.manufacturer == "AMD":
        percent -= 10
    if kind.disks is not None and kind.is_current:
        percent += 18
    if kind.generation >= _NEWER_GENERATION:
        percent += 5
    place = _REGIONS.get(region.partition("-")[0], 100)
    whole = int(amount) * percent
    if kind.accelerator is not None:
        whole += 100 * _ACCELERATORS.get(kind.letters, 0) * kind.accelerator.count
    whole = whole * place // 10_000
    return (whole + PRODUCTS.get(product, 0) * kind.vcpus) // 100 * 100


def dollars(amount: int) -> str:
    """Millionths of a dollar as AWS writes them: `0.096000`."""
    return f"{amount // 1_000_000}.{amount % 1_000_000:06}"


def offering_id(seed: int, region: str, number: int) -> str:
    """The id of a Region's offering of that number: a UUID that begins with the number."""
    stream = Streams(seed).stream(f"reserved/{region}", str(number))
    return f"{number:08x}-{stream.uuid()[9:]}"
