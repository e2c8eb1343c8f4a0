"""Attribute-based instance type selection: does a type meet requirements?

Rules of this file: pure functions of a type and `InstanceRequirements`; prices are looked at by
whoever knows them. What is not asked for excludes bare metal and burstable types, as AWS does.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceRequirementsRequest.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.services.ec2.filters import pattern
from cloudchamber.world.capacity.catalogue import InstanceType

_MAKERS: Final = MappingProxyType(
    {"Intel": "intel", "AMD": "amd", "AWS": "amazon-web-services", "Apple": "apple"}
)
_CHIP_MAKERS: Final = MappingProxyType(
    {"NVIDIA": "nvidia", "AMD": "amd", "AWS": "amazon-web-services", "Habana": "habana"}
)
_MIB_IN_GIB: Final = 1024


def meets(kind: InstanceType, requirements: Mapping[str, Any]) -> bool:
    """Whether a type meets all of the requirements."""
    return (
        _is_named(kind, requirements)
        and _is_shaped(kind, requirements)
        and _has_storage(kind, requirements)
        and _has_accelerators(kind, requirements)
        and _has_network(kind, requirements)
    )


def _is_named(kind: InstanceType, asked: Mapping[str, Any]) -> bool:
    allowed, excluded = asked.get("AllowedInstanceTypes"), asked.get("ExcludedInstanceTypes", ())
    if allowed and not any(pattern(each).fullmatch(kind.name) for each in allowed):
        return False
    if any(pattern(each).fullmatch(kind.name) for each in excluded):
        return False
    generations = asked.get("InstanceGenerations")
    return not generations or ("current" if kind.is_current else "previous") in generations


def _is_shaped(kind: InstanceType, asked: Mapping[str, Any]) -> bool:
    makers = asked.get("CpuManufacturers")
    return (
        _within(kind.vcpus, asked.get("VCpuCount"))
        and _within(kind.memory_mib, asked.get("MemoryMiB"))
        and _within(kind.memory_mib / _MIB_IN_GIB / kind.vcpus, asked.get("MemoryGiBPerVCpu"))
        and (not makers or _MAKERS.get(kind.manufacturer) in makers)
        and _wanted(kind.is_bare_metal, asked.get("BareMetal", "excluded"))
        and _wanted(kind.is_burstable, asked.get("BurstablePerformance", "excluded"))
        and (kind.can_hibernate or not asked.get("RequireHibernateSupport"))
    )


def _has_storage(kind: InstanceType, asked: Mapping[str, Any]) -> bool:
    kinds = asked.get("LocalStorageTypes")
    disks = kind.disks
    total = disks.gb * disks.count if disks else 0
    ebs = kind.ebs.baseline_mbps if kind.ebs else 0
    return (
        _wanted(disks is not None, asked.get("LocalStorage", "included"))
        and (not kinds or disks is None or disks.kind in kinds)
        and _within(total, asked.get("TotalLocalStorageGB"))
        and _within(ebs, asked.get("BaselineEbsBandwidthMbps"))
    )


def _has_accelerators(kind: InstanceType, asked: Mapping[str, Any]) -> bool:
    one = kind.accelerator
    count = one.count if one else int(kind.is_fpga)
    if not _within(count, asked.get("AcceleratorCount")):
        return False
    types = asked.get("AcceleratorTypes")
    if types and _accelerator_type(kind) not in types:
        return False
    makers = asked.get("AcceleratorManufacturers")
    if makers and (one is None or _CHIP_MAKERS.get(one.manufacturer) not in makers):
        return False
    names = asked.get("AcceleratorNames")
    if names and (one is None or one.name.lower().replace(" ", "-") not in names):
        return False
    return _within(one.count * one.memory_mib if one else 0, asked.get("AcceleratorTotalMemoryMiB"))


def _accelerator_type(kind: InstanceType) -> str:
    if kind.is_fpga:
        return "fpga"
    if kind.accelerator is None:
        return ""
    return "inference" if kind.accelerator.manufacturer == "AWS" else "gpu"


def _has_network(kind: InstanceType, asked: Mapping[str, Any]) -> bool:
    return _within(kind.enis_max, asked.get("NetworkInterfaceCount")) and _within(
        kind.network_baseline_gbps, asked.get("NetworkBandwidthGbps")
    )


def _within(value: float, bounds: Mapping[str, Any] | None) -> bool:
    if not bounds:
        return True
    least, most = bounds.get("Min"), bounds.get("Max")
    return (least is None or value >= least) and (most is None or value <= most)


def _wanted(has: bool, wish: str) -> bool:
    """`included`, `excluded` or `required`."""
    return wish == "included" or has == (wish == "required")
