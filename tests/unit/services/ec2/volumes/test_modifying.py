"""Changes of volumes: what is allowed, how they go, how many there may be."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.volumes.limits import VOLUME_TYPES
from cloudchamber.services.ec2.volumes.shapes import shaped
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.ec2.refusing import refusal
from tests.unit.services.ec2.volumes.asking import volume
from tests.unit.services.ec2.volumes.conftest import ZONE


def test_a_volume_grows_and_never_shrinks(ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=10)["VolumeId"]
    ec2.modify_volume(VolumeId=made, Size=100)
    seen = volume(ec2, made)
    assert (seen["Size"], seen["Iops"]) == (100, 300)
    assert refusal(ec2.modify_volume, VolumeId=made, Size=99) == (
        "InvalidParameterValue",
        "New size cannot be smaller than existing size",
    )
    assert refusal(ec2.modify_volume, VolumeId=made)[0] == "MissingParameter"


def test_a_change_of_type_brings_the_type_s_figures(ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=100)["VolumeId"]
    ec2.modify_volume(VolumeId=made, VolumeType="gp3", Throughput=250)
    seen = volume(ec2, made)
    assert (seen["VolumeType"], seen["Iops"], seen["Throughput"]) == ("gp3", 3000, 250)
    ec2.modify_volume(VolumeId=made, VolumeType="io1", Iops=500)
    seen = volume(ec2, made)
    assert (seen["VolumeType"], seen["Iops"], "Throughput" in seen) == ("io1", 500, False)
    old = ec2.create_volume(AvailabilityZone=ZONE, Size=1, VolumeType="standard")["VolumeId"]
    assert refusal(ec2.modify_volume, VolumeId=old, Size=2)[0] == "UnsupportedOperation"


def test_a_change_goes_its_way_on_the_clock(slow: Chamber) -> None:
    ec2 = slow.client("ec2")
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=512)["VolumeId"]
    slow.advance("1m")
    assert ec2.describe_volumes_modifications()["VolumesModifications"] == []
    assert (
        ec2.modify_volume(VolumeId=made, Size=1024)["VolumeModification"]["ModificationState"]
        == "modifying"
    )
    assert volume(ec2, made)["Size"] == 512
    slow.advance("5s")
    assert volume(ec2, made)["Size"] == 1024

    def told() -> tuple[str, int]:
        row = ec2.describe_volumes_modifications(VolumeIds=[made])["VolumesModifications"][0]
        return row["ModificationState"], row["Progress"]

    slow.advance("3h")
    assert told() == ("optimizing", 50)
    code, _ = refusal(ec2.modify_volume, VolumeId=made, Size=2048)
    assert code == "IncorrectModificationState"
    slow.advance("3h")
    assert told() == ("completed", 100)
    optimizing = [{"Name": "modification-state", "Values": ["optimizing"]}]
    found = ec2.describe_volumes_modifications(Filters=optimizing)
    assert found["VolumesModifications"] == []


def test_four_changes_a_day(chamber: Chamber, ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    for size in (2, 3, 4, 5):
        ec2.modify_volume(VolumeId=made, Size=size)
        chamber.advance("1h")
    code, message = refusal(ec2.modify_volume, VolumeId=made, Size=6)
    assert code == "VolumeModificationRateExceeded"
    assert "2027-01-02T00:00:00.000Z" in message
    chamber.advance("20h")
    ec2.modify_volume(VolumeId=made, Size=6)
    assert volume(ec2, made)["Size"] == 6


def test_storage_has_its_quota(ec2: Any) -> None:
    made = [ec2.create_volume(AvailabilityZone=ZONE, Size=16_384)["VolumeId"] for _ in range(3)]
    request = {"AvailabilityZone": ZONE, "Size": 2_049}
    code, message = refusal(ec2.create_volume, **request)
    assert code == "VolumeLimitExceeded"
    assert "maximum gp2 storage limit of 50 TiB" in message
    ec2.create_volume(AvailabilityZone=ZONE, Size=2_049, VolumeType="gp3")
    ec2.delete_volume(VolumeId=made[0])
    small = ec2.create_volume(**request)["VolumeId"]
    ec2.modify_volume(VolumeId=small, VolumeType="gp3")
    for _ in range(2):
        last = ec2.create_volume(AvailabilityZone=ZONE, Size=8_192)["VolumeId"]
    assert refusal(ec2.modify_volume, VolumeId=last, Size=12_000)[0] == "VolumeLimitExceeded"
    ec2.modify_volume(VolumeId=last, Size=8_193)


def test_provisioned_iops_have_their_quota(ec2: Any) -> None:
    request = {"AvailabilityZone": ZONE, "Size": 1_000, "VolumeType": "io2", "Iops": 60_000}
    ec2.create_volume(**request)
    assert refusal(ec2.create_volume, **request)[0] == "MaxIOPSLimitExceeded"
    ec2.create_volume(**{**request, "Iops": 40_000})


def test_a_volume_that_was_never_changed_has_no_modification(ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    code, _ = refusal(ec2.describe_volumes_modifications, VolumeIds=[made])
    assert code == "InvalidVolumeModification.NotFound"


@given(
    name=st.sampled_from(sorted(VOLUME_TYPES)),
    size=st.integers(-5, 70_000),
    iops=st.none() | st.integers(0, 300_000),
    throughput=st.none() | st.integers(0, 3_000),
)
def test_a_shape_is_within_its_type_s_ranges_or_refused(
    name: str, size: int, iops: int | None, throughput: int | None
) -> None:
    kind = VOLUME_TYPES[name]
    try:
        shape = shaped(name, size, iops, throughput)
    except AwsError:
        is_sized = kind.size_min <= size <= kind.size_max
        is_plain = iops is None and throughput is None and not name.startswith("io")
        assert not (is_sized and is_plain)
        return
    assert kind.size_min <= shape.size <= kind.size_max
    if kind.iops_max:
        assert kind.iops_min <= shape.iops <= kind.iops_max
        assert shape.iops <= max(kind.iops_default, kind.iops_per_gib * size)
    if name == "gp3":
        assert 125 <= shape.throughput <= 2_000
        assert shape.throughput * 4 <= shape.iops
    else:
        assert shape.throughput == 0


def test_a_type_that_is_none(ec2: Any) -> None:
    with pytest.raises(AwsError, match="is not valid"):
        shaped("gp9", 1)
