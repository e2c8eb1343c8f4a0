"""DescribeInstanceTypes and GetInstanceTypesFromInstanceRequirements.

Rules of this file: reads only; the figures are those of `world/capacity`. A Region has the types
that any of its zones has.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.describing import page_size, paged
from cloudchamber.services.ec2.filters import matching
from cloudchamber.services.ec2.instances.modifying import has_weighting
from cloudchamber.services.ec2.instances.requirements import meets
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.services.ec2.vpcs.lookup import zones_for
from cloudchamber.world.capacity.catalogue import InstanceType, find_type
from cloudchamber.world.capacity.offerings import offered

_PAGE: Final = 100
_NAMED_MAX: Final = 100
_FREE_TIER: Final = frozenset({"t2.micro", "t3.micro", "t3.small", "t4g.micro", "t4g.small",
                               "c7i-flex.large", "m7i-flex.large"})  # fmt: skip
_ENCRYPTED_IN_TRANSIT: Final = 6
_REMEMBERED: Final = 2048


def describe_instance_types(call: Call, request: Input) -> Output:
    """The Region's types, by name; up to 100 a page."""
    names = request.get("InstanceTypes", ())
    if names and request.get("MaxResults") is not None:
        raise invalid_combination(
            "The parameter instanceTypes cannot be used with the parameter maxResults"
        )
    if len(names) > _NAMED_MAX:
        raise AwsError(
            "InvalidParameterValue", f"At most {_NAMED_MAX} instance types can be named."
        )
    rows = types_of(call)
    if names:
        there = {each.name for each in rows}
        missing = sorted(each for each in names if each not in there)
        if missing:
            raise AwsError(
                "InvalidInstanceType",
                f"The following supplied instance types do not exist: [{', '.join(missing)}]",
            )
        rows = [each for each in rows if each.name in names]
    rows = matching(rows, request.get("Filters", ()), _FILTERS)
    return _by_name(
        request, rows, "InstanceTypes", lambda each: type_view(each.name), size_max=_PAGE
    )


def get_instance_types_from_instance_requirements(call: Call, request: Input) -> Output:
    """The names of the Region's types that meet requirements."""
    for member in ("ArchitectureTypes", "VirtualizationTypes", "InstanceRequirements"):
        if not request.get(member):
            raise missing_parameter(member)
    requirements = request["InstanceRequirements"]
    for member in ("VCpuCount", "MemoryMiB"):
        if requirements.get(member, {}).get("Min") is None:
            raise missing_parameter(f"InstanceRequirements.{member}.Min")
    if requirements.get("AllowedInstanceTypes") and requirements.get("ExcludedInstanceTypes"):
        raise invalid_combination(
            "AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together."
        )
    rows = [
        each
        for each in types_of(call)
        if any(name in each.architectures for name in request["ArchitectureTypes"])
        and any(name in virtualizations(each) for name in request["VirtualizationTypes"])
        and meets(each, requirements)
    ]
    return _by_name(request, rows, "InstanceTypes", lambda each: {"InstanceType": each.name})


def types_of(call: Call) -> list[InstanceType]:
    """The types that any Availability Zone of the Region has, by family and size."""
    seed = call.cloud.kernel.seed
    found = {
        each.name: each
        for zone in zones_for(call)
        if zone.type == "availability-zone"
        for each in offered(seed, zone.id)
    }
    return list(found.values())


def virtualizations(kind: InstanceType) -> tuple[str, ...]:
    """How a type can be virtualised: the oldest also without hardware support."""
    return ("hvm",) if kind.is_current else ("hvm", "paravirtual")


@lru_cache(maxsize=_REMEMBERED)
def type_view(name: str) -> dict[str, Any]:
    """A type as AWS describes it; the same for everybody, and not to be changed."""
    kind = find_type(name)
    if kind is None:
        raise KeyError(name)
    shown: dict[str, Any] = {
        "InstanceType": kind.name,
        "CurrentGeneration": kind.is_current,
        "FreeTierEligible": kind.name in _FREE_TIER,
        "SupportedUsageClasses": ["on-demand"] if kind.is_mac else ["on-demand", "spot"],
        "SupportedRootDeviceTypes": ["ebs"] if kind.is_nitro else ["ebs", "instance-store"],
        "SupportedVirtualizationTypes": list(virtualizations(kind)),
        "BareMetal": kind.is_bare_metal,
        "ProcessorInfo": _processor(kind),
        "VCpuInfo": _vcpus(kind),
        "MemoryInfo": {"SizeInMiB": kind.memory_mib},
        "InstanceStorageSupported": kind.disks is not None,
        "EbsInfo": _ebs(kind),
        "NetworkInfo": _network(kind),
        "PlacementGroupInfo": {"SupportedStrategies": _strategies(kind)},
        "HibernationSupported": kind.can_hibernate,
        "BurstablePerformanceSupported": kind.is_burstable,
        "DedicatedHostsSupported": not kind.is_burstable or kind.family == "t3",
        "AutoRecoverySupported": kind.disks is None and not kind.is_bare_metal,
        "SupportedBootModes": _boot_modes(kind),
        "NitroEnclavesSupport": _supported(_has_enclaves(kind)),
        "NitroTpmSupport": _supported(_has_tpm(kind)),
        "PhcSupport": "unsupported",
        "RebootMigrationSupport": _supported(kind.disks is None and not kind.is_bare_metal),
    }
    if kind.hypervisor:
        shown["Hypervisor"] = kind.hypervisor
    if _has_tpm(kind):
        shown["NitroTpmInfo"] = {"SupportedVersions": ["2.0"]}
    if kind.disks is not None:
        shown["InstanceStorageInfo"] = {
            "TotalSizeInGB": kind.disks.gb * kind.disks.count,
            "Disks": [
                {
                    "SizeInGB": kind.disks.gb,
                    "Count": kind.disks.count,
                    "Type": kind.disks.kind,
                }
            ],
            "NvmeSupport": "required" if kind.is_nitro else "unsupported",
            "EncryptionSupport": "required" if kind.is_nitro else "unsupported",
        }
    shown.update(_accelerators(kind))
    return shown


def _processor(kind: InstanceType) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "SupportedArchitectures": list(kind.architectures),
        "Manufacturer": kind.manufacturer,
    }
    if kind.ghz:
        shown["SustainedClockSpeedInGhz"] = kind.ghz
    if kind.family in ("c6a", "m6a", "r6a"):
        shown["SupportedFeatures"] = ["amd-sev-snp"]
    return shown


def _vcpus(kind: InstanceType) -> dict[str, Any]:
    threads = list(range(1, kind.threads_per_core + 1))
    cores = [1, *range(2, kind.cores + 1, 2)] if kind.cores > 1 else [1]
    shown: dict[str, Any] = {
        "DefaultVCpus": kind.vcpus,
        "DefaultCores": kind.cores,
        "DefaultThreadsPerCore": kind.threads_per_core,
    }
    if not kind.is_bare_metal:
        shown["ValidCores"], shown["ValidThreadsPerCore"] = cores, threads
    return shown


def _ebs(kind: InstanceType) -> dict[str, Any]:
    ebs = kind.ebs
    shown: dict[str, Any] = {
        "EbsOptimizedSupport": "unsupported" if ebs is None else "default",
        "EncryptionSupport": "supported",
        "NvmeSupport": "required" if kind.is_nitro else "unsupported",
    }
    if ebs is not None:
        shown["EbsOptimizedInfo"] = {
            "BaselineBandwidthInMbps": ebs.baseline_mbps,
            "BaselineThroughputInMBps": ebs.baseline_mbps / 8,
            "BaselineIops": ebs.baseline_iops,
            "MaximumBandwidthInMbps": ebs.maximum_mbps,
            "MaximumThroughputInMBps": ebs.maximum_mbps / 8,
            "MaximumIops": ebs.maximum_iops,
        }
    return shown


def _network(kind: InstanceType) -> dict[str, Any]:
    each = kind.enis_max // kind.network_cards
    cards = [
        {
            "NetworkCardIndex": number,
            "NetworkPerformance": kind.network,
            "MaximumNetworkInterfaces": each,
            "BaselineBandwidthInGbps": kind.network_baseline_gbps / kind.network_cards,
            "PeakBandwidthInGbps": kind.network_peak_gbps / kind.network_cards,
        }
        for number in range(kind.network_cards)
    ]
    shown: dict[str, Any] = {
        "NetworkPerformance": kind.network,
        "MaximumNetworkInterfaces": kind.enis_max,
        "MaximumNetworkCards": kind.network_cards,
        "DefaultNetworkCardIndex": 0,
        "NetworkCards": cards,
        "Ipv4AddressesPerInterface": kind.ipv4_per_eni,
        "Ipv6AddressesPerInterface": kind.ipv6_per_eni,
        "Ipv6Supported": kind.ipv6_per_eni > 0,
        "EnaSupport": "required" if kind.is_nitro else "supported",
        "EfaSupported": False,
        "EncryptionInTransitSupported": _encrypts(kind),
        "EnaSrdSupported": False,
    }
    if has_weighting(kind.family, kind.generation):
        shown["BandwidthWeightings"] = ["default", "vpc-1", "ebs-1"]
    return shown


def _encrypts(kind: InstanceType) -> bool:
    """Traffic between Nitro instances of the newer generations is encrypted by the hosts."""
    return kind.is_nitro and kind.generation >= _ENCRYPTED_IN_TRANSIT


def _strategies(kind: InstanceType) -> list[str]:
    if kind.is_burstable or kind.ebs is None or kind.is_mac:
        return ["partition", "spread"]
    return ["cluster", "partition", "spread"]


def _boot_modes(kind: InstanceType) -> list[str]:
    if kind.architecture.startswith("arm64"):
        return ["uefi"]
    return ["legacy-bios", "uefi"] if kind.is_nitro and not kind.is_mac else ["legacy-bios"]


def _has_enclaves(kind: InstanceType) -> bool:
    least = 2 if kind.architecture == "arm64" else 4
    return kind.is_nitro and kind.vcpus >= least and not (kind.is_bare_metal or kind.is_burstable)


def _has_tpm(kind: InstanceType) -> bool:
    return kind.is_nitro and not kind.is_bare_metal and kind.family != "a1"


def _supported(value: bool) -> str:
    return "supported" if value else "unsupported"


def _accelerators(kind: InstanceType) -> dict[str, Any]:
    one = kind.accelerator
    if one is None:
        return {}
    total = one.count * one.memory_mib
    chips = {
        "Name": one.name,
        "Manufacturer": one.manufacturer,
        "Count": one.count,
        "MemoryInfo": {"SizeInMiB": one.memory_mib},
    }
    if one.manufacturer == "AWS":
        return {
            "InferenceAcceleratorInfo": {
                "Accelerators": [chips],
                "TotalInferenceMemoryInMiB": total,
            }
        }
    return {"GpuInfo": {"Gpus": [chips], "TotalGpuMemoryInMiB": total}}


def _by_name(
    request: Input,
    rows: Sequence[InstanceType],
    answer: str,
    view: Callable[[InstanceType], dict[str, Any]],
    size_max: int = 1000,
) -> Output:
    size = page_size(request, most=size_max)
    return paged(request, answer, sorted(rows, key=_name_of), _name_of, view, size)


def _name_of(kind: InstanceType) -> str:
    return kind.name


def _at(path: str) -> Callable[[InstanceType], Sequence[str]]:
    """The texts that a type's description has at a path of members; lists are gone into."""
    members = path.split(".")

    def texts(kind: InstanceType) -> Sequence[str]:
        found: list[Any] = [type_view(kind.name)]
        for member in members:
            found = [
                inner
                for each in found
                if member in each
                for inner in (each[member] if isinstance(each[member], list) else [each[member]])
            ]
        return [_spelled(each) for each in found]

    return texts


def _spelled(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


_PATHS: Final = """
auto-recovery-supported AutoRecoverySupported
bare-metal BareMetal
burstable-performance-supported BurstablePerformanceSupported
current-generation CurrentGeneration
dedicated-hosts-supported DedicatedHostsSupported
ebs-info.attachment-limit-type EbsInfo.AttachmentLimitType
ebs-info.maximum-ebs-attachments EbsInfo.MaximumEbsAttachments
ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps \
EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps
ebs-info.ebs-optimized-info.baseline-iops EbsInfo.EbsOptimizedInfo.BaselineIops
ebs-info.ebs-optimized-info.baseline-throughput-in-mbps \
EbsInfo.EbsOptimizedInfo.BaselineThroughputInMBps
ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps \
EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps
ebs-info.ebs-optimized-info.maximum-iops EbsInfo.EbsOptimizedInfo.MaximumIops
ebs-info.ebs-optimized-info.maximum-throughput-in-mbps \
EbsInfo.EbsOptimizedInfo.MaximumThroughputInMBps
ebs-info.ebs-optimized-support EbsInfo.EbsOptimizedSupport
ebs-info.encryption-support EbsInfo.EncryptionSupport
ebs-info.nvme-support EbsInfo.NvmeSupport
free-tier-eligible FreeTierEligible
hibernation-supported HibernationSupported
hypervisor Hypervisor
instance-storage-info.disk.count InstanceStorageInfo.Disks.Count
instance-storage-info.disk.size-in-gb InstanceStorageInfo.Disks.SizeInGB
instance-storage-info.disk.type InstanceStorageInfo.Disks.Type
instance-storage-info.encryption-support InstanceStorageInfo.EncryptionSupport
instance-storage-info.nvme-support InstanceStorageInfo.NvmeSupport
instance-storage-info.total-size-in-gb InstanceStorageInfo.TotalSizeInGB
instance-storage-supported InstanceStorageSupported
instance-type InstanceType
memory-info.size-in-mib MemoryInfo.SizeInMiB
network-info.bandwidth-weightings NetworkInfo.BandwidthWeightings
network-info.efa-info.maximum-efa-interfaces NetworkInfo.EfaInfo.MaximumEfaInterfaces
network-info.efa-supported NetworkInfo.EfaSupported
network-info.ena-support NetworkInfo.EnaSupport
network-info.flexible-ena-queues-support NetworkInfo.FlexibleEnaQueuesSupport
network-info.encryption-in-transit-supported NetworkInfo.EncryptionInTransitSupported
network-info.ipv4-addresses-per-interface NetworkInfo.Ipv4AddressesPerInterface
network-info.ipv6-addresses-per-interface NetworkInfo.Ipv6AddressesPerInterface
network-info.ipv6-supported NetworkInfo.Ipv6Supported
network-info.maximum-network-cards NetworkInfo.MaximumNetworkCards
network-info.maximum-network-interfaces NetworkInfo.MaximumNetworkInterfaces
network-info.network-performance NetworkInfo.NetworkPerformance
nitro-enclaves-support NitroEnclavesSupport
nitro-tpm-support NitroTpmSupport
nitro-tpm-info.supported-versions NitroTpmInfo.SupportedVersions
processor-info.supported-architecture ProcessorInfo.SupportedArchitectures
processor-info.sustained-clock-speed-in-ghz ProcessorInfo.SustainedClockSpeedInGhz
processor-info.supported-features ProcessorInfo.SupportedFeatures
reboot-migration-support RebootMigrationSupport
supported-boot-mode SupportedBootModes
supported-root-device-type SupportedRootDeviceTypes
supported-usage-class SupportedUsageClasses
supported-virtualization-type SupportedVirtualizationTypes
vcpu-info.default-cores VCpuInfo.DefaultCores
vcpu-info.default-threads-per-core VCpuInfo.DefaultThreadsPerCore
vcpu-info.default-vcpus VCpuInfo.DefaultVCpus
vcpu-info.valid-cores VCpuInfo.ValidCores
vcpu-info.valid-threads-per-core VCpuInfo.ValidThreadsPerCore
"""
_FILTERS: Final[Mapping[str, Callable[[InstanceType], Sequence[str]]]] = MappingProxyType(
    {name: _at(path) for name, path in (line.split() for line in _PATHS.strip().splitlines())}
)
