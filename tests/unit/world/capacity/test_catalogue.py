"""The catalogue of instance types against figures that AWS publishes."""

from __future__ import annotations

import pytest

from cloudchamber.world.capacity.catalogue import all_types, find_type

# Pods per node as Amazon EKS publishes them: interfaces * (addresses - 1) + 2.
PODS = """
a1.metal 234 c5.9xlarge 234 c5n.18xlarge 737 c6in.large 29 c7g.medium 8 c8a.12xlarge 758
c8g.48xlarge 737 c8gn.12xlarge 350 c8i.4xlarge 394 d3.8xlarge 59 d3en.12xlarge 89 g4ad.xlarge 8
g4dn.16xlarge 58 g5.48xlarge 345 h1.16xlarge 394 i4i.24xlarge 437 i7ie.12xlarge 394
inf1.24xlarge 321 m3.2xlarge 118 m4.large 20 m5.large 29 m5.metal 737 m5zn.12xlarge 737 m6g.medium 8
m7i.48xlarge 737 m7i-flex.large 29 m8i.large 59 m8i.96xlarge 1514 p3.2xlarge 58 r4.large 29
t1.micro 4 t2.2xlarge 44
t3.large 35 t3.micro 4 t3a.small 8 t4g.medium 17 u-3tb1.56xlarge 234 x1e.xlarge 29 z1d.metal 737
""".split()


@pytest.mark.parametrize(("name", "pods"), list(zip(PODS[::2], PODS[1::2], strict=True)))
def test_interfaces_give_the_pods_that_eks_publishes(name: str, pods: str) -> None:
    kind = find_type(name)
    assert kind is not None
    assert kind.enis_max * (kind.ipv4_per_eni - 1) + 2 == int(pods)


# Megabits of network bandwidth that a type has always, as AWS publishes them.
BASELINES = """
t3.nano 32 m7i-flex.large 390 m8i-flex.4xlarge 3750 m6g.medium 500 m7g.medium 520 m5.large 750
m6i.large 781 m7g.large 937 m8g.xlarge 1875 i7i.large 1171 c5n.large 3000 m5n.large 2100
m5zn.3xlarge 15000 c6gn.medium 1600 c6in.large 3125 x2iedn.xlarge 1875 x1e.8xlarge 5000
i7ie.2xlarge 8333 c5a.12xlarge 12000 m5a.12xlarge 10000 r7iz.12xlarge 25000 g5.4xlarge 10000
g6e.16xlarge 35000 hpc6a.48xlarge 100000 hpc7a.96xlarge 300000 p5.48xlarge 3200000 a1.metal 5000
mac2.metal 10000 mac1.metal 25000 c8gn.48xlarge 600000 m8i.48xlarge 75000 d3.4xlarge 12500
f2.6xlarge 12500 z1d.6xlarge 12000 inf2.8xlarge 16667 trn1.2xlarge 3125 c8a.metal-48xl 75000
""".split()


@pytest.mark.parametrize(("name", "mbps"), list(zip(BASELINES[::2], BASELINES[1::2], strict=True)))
def test_a_type_has_its_network_always(name: str, mbps: str) -> None:
    kind = find_type(name)
    assert kind is not None
    assert round(kind.network_baseline_gbps * 1000) == int(mbps)


@pytest.mark.parametrize(
    ("name", "vcpus", "gib", "cores", "network", "mbps"),
    [
        ("t3.micro", 2, 1, 1, "Up to 5 Gigabit", 87),
        ("m5.large", 2, 8, 1, "Up to 10 Gigabit", 650),
        ("m6i.32xlarge", 128, 512, 64, "50 Gigabit", 40000),
        ("c7g.16xlarge", 64, 128, 64, "30 Gigabit", 20000),
        ("r7a.48xlarge", 192, 1536, 192, "50 Gigabit", 40000),
        ("m7i.metal-24xl", 96, 384, 48, "37.5 Gigabit", 30000),
        ("c4.8xlarge", 36, 60, 18, "10 Gigabit", 4000),
        ("r4.16xlarge", 64, 488, 32, "25 Gigabit", 14000),
    ],
)
def test_a_size_says_what_it_has(
    name: str, vcpus: int, gib: int, cores: int, network: str, mbps: int
) -> None:
    kind = find_type(name)
    assert kind is not None
    assert kind.ebs is not None
    assert (kind.vcpus, kind.memory_mib, kind.cores) == (vcpus, gib * 1024, cores)
    assert (kind.network, kind.ebs.baseline_mbps) == (network, mbps)


def test_every_type_is_whole() -> None:
    types = all_types()
    assert len(types) > 900
    assert len({kind.name for kind in types}) == len(types)
    for kind in types:
        assert kind.vcpus > 0, kind.name
        assert kind.memory_mib >= 512, kind.name
        assert min(kind.enis_max, kind.ipv4_per_eni) >= 2, kind.name
        assert kind.network_baseline_gbps <= kind.network_peak_gbps, kind.name
        assert kind.ebs is None or kind.ebs.baseline_mbps <= kind.ebs.maximum_mbps, kind.name


def test_memory_grows_with_the_size_in_a_family() -> None:
    last = None
    for kind in all_types():
        if last and kind.family == last.family and not kind.is_bare_metal:
            assert kind.vcpus >= last.vcpus, kind.name
            assert kind.memory_mib >= last.memory_mib, kind.name
        last = kind


def test_what_is_no_type_is_none() -> None:
    assert find_type("m5.huge") is None
