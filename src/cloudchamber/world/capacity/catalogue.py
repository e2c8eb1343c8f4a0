"""The catalogue of instance types: `find_type("m5.large")`.

Rules of this file: the table in `families.py`, read once. Figures are AWS's: vCPUs, memory, how
many interfaces and addresses fit, and what bandwidth there is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.world.capacity import families

MIB: Final = 1024
_SIZE: Final = re.compile(r"(?:metal-)?(\d+)xl(?:arge)?", re.ASCII)
_FAMILY: Final = re.compile(r"([a-z]+)-?(\d*).*", re.ASCII)
_SMALL: Final = MappingProxyType({"medium": 1, "large": 2, "xlarge": 4})
_ORDER: Final = MappingProxyType(
    {"nano": 0, "micro": 1, "small": 2, "medium": 3, "large": 4, "xlarge": 5}
)


class Ebs(msgspec.Struct, frozen=True, gc=False):
    """What an EBS-optimised type carries to its volumes: Mbps and IOPS, always and at most."""

    baseline_mbps: int
    maximum_mbps: int
    baseline_iops: int
    maximum_iops: int


class Disks(msgspec.Struct, frozen=True, gc=False):
    """Local disks: each of `gb`, `count` of them, `ssd` or `hdd`."""

    gb: int
    count: int
    kind: str


class Accelerator(msgspec.Struct, frozen=True, gc=False):
    """A GPU or an inference chip: how many, and the memory of one in MiB."""

    name: str
    manufacturer: str
    count: int
    memory_mib: int


class InstanceType(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An instance type. `architectures` are AWS's (`x86_64`, `arm64`), the usual one last.

    `enis_max` counts network interfaces over all network cards, `ipv4_per_eni` and `ipv6_per_eni`
    addresses of each. `network` is AWS's NetworkPerformance, and its Gbps are at most and always.
    `hypervisor` is `nitro` or `xen`, empty for bare metal. `generation` is the number in the name.
    """

    name: str
    family: str
    size: str
    vcpus: int
    threads_per_core: int
    memory_mib: int
    enis_max: int
    ipv4_per_eni: int
    ipv6_per_eni: int
    architectures: tuple[str, ...]
    hypervisor: str
    is_nitro: bool
    is_bare_metal: bool
    is_burstable: bool
    is_current: bool
    can_hibernate: bool
    is_mac: bool
    generation: int
    manufacturer: str
    ghz: float
    network: str
    network_peak_gbps: float
    network_baseline_gbps: float
    network_cards: int
    ebs: Ebs | None = None
    disks: Disks | None = None
    accelerator: Accelerator | None = None
    is_fpga: bool = False

    @property
    def architecture(self) -> str:
        """The architecture that images for it are usually made for."""
        return self.architectures[-1]

    @property
    def cores(self) -> int:
        """Physical cores."""
        return max(1, self.vcpus // self.threads_per_core)

    @property
    def letters(self) -> str:
        """The class: `m`, `c`, `hpc`, `inf`, `u` ..."""
        found = _FAMILY.fullmatch(self.family)
        return found[1] if found else self.family


def find_type(name: str) -> InstanceType | None:
    """The type of that name, or None."""
    return _by_name().get(name)


def all_types() -> tuple[InstanceType, ...]:
    """Every type, by family and then by size, small first."""
    return tuple(_by_name().values())


@cache
def _by_name() -> Mapping[str, InstanceType]:
    sizes = _ladders(families.SIZES)
    interfaces = _ladders(families.INTERFACES)
    network = _ladders(families.NETWORK)
    ebs = _ladders(families.EBS)
    made: dict[str, InstanceType] = {}
    for line in families.FAMILIES.strip().splitlines():
        columns = line.split("|")
        named = columns[6].split()
        if len(named) == 1 and named[0] in sizes:
            named = [f"{size}={text}" if text else size for size, text in sizes[named[0]].items()]
        for each in named:
            kind = _made(
                columns, each, interfaces[columns[7]], network[columns[8]], ebs[columns[9]]
            )
            made[kind.name] = kind
    ordered = sorted(made.values(), key=lambda each: (each.family, _rank(each.size)))
    return MappingProxyType({each.name: each for each in ordered})


def _ladders(text: str) -> dict[str, dict[str, str]]:
    """name -> size -> what is said of it (empty if nothing)."""
    ladders: dict[str, dict[str, str]] = {}
    for line in text.strip().splitlines():
        name, *steps = line.split()
        ladder = ladders.setdefault(name, {})
        for step in steps:
            size, _, said = step.partition("=")
            ladder[size] = said
    return ladders


def _made(
    columns: list[str],
    size_text: str,
    interfaces: Mapping[str, str],
    network: Mapping[str, str],
    ebs: Mapping[str, str],
) -> InstanceType:
    family, architectures, hypervisor, maker, ghz, ratio = columns[:6]
    size, _, said = size_text.partition("=")
    vcpus_text, _, memory_text = said.partition("/")
    vcpus = int(vcpus_text) if vcpus_text else _vcpus(size)
    flags = columns[11].split()
    enis, addresses = interfaces[size].split("x")
    peak, always, cards, words = _network(network[size])
    is_metal = size.startswith("metal")
    number = _FAMILY.fullmatch(family)
    can_xen6 = family in ("t2", "c4", "m4", "r4", "x1", "x1e", "i3", "d2", "h1", "p3", "c3", "r3")
    return InstanceType(
        name=f"{family}.{size}",
        family=family,
        size=size,
        vcpus=vcpus,
        threads_per_core=1 if maker in ("AWS", "Apple") or "single" in flags or vcpus == 1 else 2,
        memory_mib=round(float(memory_text or vcpus * float(ratio)) * MIB),
        enis_max=int(enis),
        ipv4_per_eni=int(addresses),
        ipv6_per_eni=int(addresses) if hypervisor == "nitro" or can_xen6 else 0,
        architectures=tuple(architectures.split(",")),
        hypervisor="" if is_metal else hypervisor,
        is_nitro=hypervisor == "nitro",
        is_bare_metal=is_metal,
        is_burstable="burst" in flags,
        is_current="old" not in flags,
        can_hibernate="hibernate" in flags and not is_metal,
        is_mac="mac" in flags,
        generation=int(number[2]) if number and number[2] else 1,
        manufacturer=maker,
        ghz=float(ghz),
        network=words,
        network_peak_gbps=peak,
        network_baseline_gbps=always,
        network_cards=cards,
        ebs=_ebs(ebs.get(size, "")),
        disks=_disks(columns[10], size, "hdd" if "hdd" in flags else "ssd"),
        accelerator=next((_accelerator(each, size) for each in flags if "/" in each), None),
        is_fpga="fpga" in flags,
    )


def _vcpus(size: str) -> int:
    found = _SIZE.fullmatch(size)
    return 4 * int(found[1]) if found else _SMALL[size]


def _rank(size: str) -> tuple[int, int]:
    """Small sizes first, bare metal last."""
    found = _SIZE.fullmatch(size)
    number = int(found[1]) if found else 0
    if size.startswith("metal"):
        return 2000, number
    return _ORDER.get(size, 5), number


def _network(text: str) -> tuple[float, float, int, str]:
    """(at most, always, network cards, AWS's words)"""
    if not text[0].isdigit() and text[0] != "~":
        rate = {"Very_Low": 0.05, "Low": 0.1, "Low_to_Moderate": 0.3, "Moderate": 0.3}.get(text, 1)
        return rate, rate, 1, text.replace("_", " ")
    rates, _, cards = text.partition("x")
    peak, _, always = rates.lstrip("~").partition("/")
    many = int(cards or 1)
    if always:
        words = f"Up to {peak} Gigabit"
    elif many > 1:
        words = f"{many}x {float(peak) / many:g} Gigabit"
    else:
        words = f"{peak} Gigabit"
    return float(peak), float(always or peak), many, words


def _ebs(text: str) -> Ebs | None:
    """`650/4750@3.6/18.75`: Mbps and thousands of IOPS, baseline and maximum."""
    if not text:
        return None
    rates, _, operations = text.partition("@")
    baseline, _, most = rates.partition("/")
    least, _, peak = operations.partition("/")
    return Ebs(
        int(baseline),
        int(most or baseline),
        round(float(least) * 1000),
        round(float(peak or least) * 1000),
    )


def _disks(text: str, size: str, kind: str) -> Disks | None:
    for each in text.split():
        name, _, said = each.partition("=")
        if name == size:
            gb, _, count = said.partition("*")
            return Disks(int(gb), int(count), kind)
    return None


def _accelerator(text: str, size: str) -> Accelerator:
    """`T4/NVIDIA/16384:12xlarge=4`: one of them, and more where a size says so."""
    what, _, counts = text.partition(":")
    name, maker, memory = what.split("/")
    by_size = dict(each.split("=") for each in counts.split(",") if each)
    return Accelerator(name.replace("_", " "), maker, int(by_size.get(size, 1)), int(memory))
