"""Instance types: what they are, where they are, and which meet requirements."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.services.ec2.refusing import refusal


def described(ec2: Any, **request: Any) -> list[dict[str, Any]]:
    pages = ec2.get_paginator("describe_instance_types").paginate(**request)
    return [each for page in pages for each in page["InstanceTypes"]]


def test_a_type_is_described_with_its_figures(ec2: Any) -> None:
    kind = described(ec2, InstanceTypes=["m5d.xlarge"])[0]
    assert kind["VCpuInfo"]["DefaultVCpus"] == 4
    assert kind["MemoryInfo"]["SizeInMiB"] == 16384
    assert kind["NetworkInfo"]["MaximumNetworkInterfaces"] == 4
    assert kind["NetworkInfo"]["Ipv4AddressesPerInterface"] == 15
    assert kind["NetworkInfo"]["NetworkCards"][0]["PeakBandwidthInGbps"] == 10
    assert kind["InstanceStorageInfo"]["TotalSizeInGB"] == 150
    assert kind["EbsInfo"]["EbsOptimizedInfo"]["BaselineThroughputInMBps"] == 143.75
    assert kind["Hypervisor"] == "nitro"


def test_pages_hold_a_hundred_and_show_each_type_once(ec2: Any) -> None:
    first = ec2.describe_instance_types()
    assert len(first["InstanceTypes"]) == 100
    names = [each["InstanceType"] for each in described(ec2)]
    assert len(names) == len(set(names)) > 700
    offered = {
        each["InstanceType"]
        for page in ec2.get_paginator("describe_instance_type_offerings").paginate()
        for each in page["InstanceTypeOfferings"]
    }
    assert offered == set(names)


@pytest.mark.parametrize(
    ("name", "value", "seen"),
    [
        ("instance-type", "t3.*", 7),
        ("vcpu-info.default-vcpus", "192", None),
        ("processor-info.supported-architecture", "arm64", None),
        ("bare-metal", "true", None),
        ("burstable-performance-supported", "true", None),
        ("network-info.network-performance", "100 Gigabit", None),
    ],
)
def test_filters_choose(ec2: Any, name: str, value: str, seen: int | None) -> None:
    found = described(ec2, Filters=[{"Name": name, "Values": [value]}])
    assert found
    assert seen in (None, len(found))
    assert len(found) < len(described(ec2))


def test_what_is_no_type_is_named(ec2: Any) -> None:
    assert refusal(ec2.describe_instance_types, InstanceTypes=["m9g.large", "m5.large"]) == (
        "InvalidInstanceType",
        "The following supplied instance types do not exist: [m9g.large]",
    )
    assert refusal(ec2.describe_instance_types, InstanceTypes=["m5.large"], MaxResults=5)[0] == (
        "InvalidParameterCombination"
    )


def selected(ec2: Any, **requirements: Any) -> list[str]:
    pages = ec2.get_paginator("get_instance_types_from_instance_requirements").paginate(
        ArchitectureTypes=["x86_64"],
        VirtualizationTypes=["hvm"],
        InstanceRequirements={"VCpuCount": {"Min": 4, "Max": 4}, "MemoryMiB": {"Min": 0},
                              **requirements},
    )  # fmt: skip
    return [each["InstanceType"] for page in pages for each in page["InstanceTypes"]]


def test_requirements_choose_types(ec2: Any) -> None:
    everything = selected(ec2)
    assert "m5.xlarge" in everything
    assert "t3.xlarge" not in everything
    assert "m6g.xlarge" not in everything
    assert all(name.endswith("xlarge") for name in everything)
    assert "t3.xlarge" in selected(ec2, BurstablePerformance="required")
    assert "m5.xlarge" not in selected(ec2, BurstablePerformance="required")
    local = selected(ec2, LocalStorage="required")
    assert "m5d.xlarge" in local
    assert "m5.xlarge" not in local
    amd = selected(ec2, CpuManufacturers=["amd"])
    assert "m6a.xlarge" in amd
    assert "m6i.xlarge" not in amd
    memory = selected(ec2, MemoryGiBPerVCpu={"Min": 8, "Max": 8})
    assert "r5.xlarge" in memory
    assert "m5.xlarge" not in memory
    assert set(selected(ec2, AllowedInstanceTypes=["m5*"])) <= {
        name for name in everything if name.startswith("m5")
    }
    assert "m5.xlarge" not in selected(ec2, ExcludedInstanceTypes=["m5.*"])
    gpus = selected(ec2, AcceleratorTypes=["gpu"], AcceleratorManufacturers=["nvidia"])
    assert all(name[0] == "g" for name in gpus)


def test_types_are_allowed_or_excluded_not_both(ec2: Any) -> None:
    assert refusal(
        ec2.get_instance_types_from_instance_requirements,
        ArchitectureTypes=["x86_64"],
        VirtualizationTypes=["hvm"],
        InstanceRequirements={
            "VCpuCount": {"Min": 1},
            "MemoryMiB": {"Min": 8},
            "AllowedInstanceTypes": ["m5.*"],
            "ExcludedInstanceTypes": ["m5.large"],
        },
    ) == (
        "InvalidParameterCombination",
        "AllowedInstanceTypes and ExcludedInstanceTypes cannot be specified together.",
    )
