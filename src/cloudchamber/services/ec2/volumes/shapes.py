"""What a volume may be: size, type, IOPS and throughput together.

Rules of this file: checks only, no state. The limits are in `limits.py`; AWS publishes them, but
not the words of every refusal.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.services.ec2.volumes.limits import (
    GP2_IOPS_MAX,
    GP2_IOPS_MIN,
    GP2_IOPS_PER_GIB,
    THROUGHPUT_RATIO,
    VOLUME_TYPES,
    VolumeType,
)
from cloudchamber.services.ec2.volumes.nouns import Shape, Volume


def expect_type(name: str) -> VolumeType:
    """A type by its name. Raises InvalidParameterValue."""
    found = VOLUME_TYPES.get(name)
    if found is None:
        raise AwsError(
            "InvalidParameterValue", f"The parameter volumeType value '{name}' is not valid."
        )
    return found


def shaped(
    type_name: str,
    size: int,
    iops: int | None = None,
    throughput: int | None = None,
    *,
    is_multi_attach: bool = False,
) -> Shape:
    """The shape of a volume, with what its type gives where nothing was asked. Raises AwsError."""
    kind = expect_type(type_name)
    _expect_size(kind, size)
    if is_multi_attach and not kind.shares:
        raise invalid_combination(
            f"Multi-Attach is not supported for volumes of type {kind.name}. It is supported for "
            "io1 and io2."
        )
    speed = _iops(kind, size, iops)
    return Shape(
        size=size,
        type=kind.name,
        iops=speed,
        throughput=_throughput(kind, speed, throughput),
        is_multi_attach=is_multi_attach,
    )


def _expect_size(kind: VolumeType, size: int) -> None:
    if size < kind.size_min:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of {size}GiB is too small for volume type {kind.name}; "
            f"minimum is {kind.size_min}GiB.",
        )
    if size > kind.size_max:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of {size}GiB is too large for volume type {kind.name}; "
            f"maximum is {kind.size_max}GiB.",
        )


def _iops(kind: VolumeType, size: int, asked: int | None) -> int:
    if not kind.iops_max:
        if asked is not None:
            raise invalid_combination(
                f"The parameter iops is not supported for {kind.name} volumes."
            )
        if kind.name == "gp2":
            return min(max(GP2_IOPS_MIN, GP2_IOPS_PER_GIB * size), GP2_IOPS_MAX)
        return 0
    if asked is None:
        if not kind.iops_default:
            raise AwsError(
                "MissingParameter",
                f"The parameter iops must be specified for {kind.name} volumes.",
            )
        return kind.iops_default
    if asked < kind.iops_min:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume iops of {asked} is too low; minimum is {kind.iops_min}.",
        )
    if asked > kind.iops_max:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume iops of {asked} is too high; maximum is {kind.iops_max}.",
        )
    if asked > max(size * kind.iops_per_gib, kind.iops_default):
        raise AwsError(
            "InvalidParameterValue",
            f"Iops to volume size ratio of {asked / size:.6f} is too high; "
            f"maximum is {kind.iops_per_gib}",
        )
    return asked


def _throughput(kind: VolumeType, iops: int, asked: int | None) -> int:
    if not kind.throughput_max:
        if asked is not None:
            raise invalid_combination(
                f"The parameter throughput is not supported for {kind.name} volumes."
            )
        return 0
    if asked is None:
        return kind.throughput_min
    if not kind.throughput_min <= asked <= kind.throughput_max:
        which = "low; minimum" if asked < kind.throughput_min else "high; maximum"
        limit = kind.throughput_min if asked < kind.throughput_min else kind.throughput_max
        raise AwsError(
            "InvalidParameterValue", f"Throughput of {asked} MiB/s is too {which} is {limit} MiB/s."
        )
    if asked > iops * THROUGHPUT_RATIO:
        raise AwsError(
            "InvalidParameterValue",
            f"Throughput (MiBps) to iops ratio of {asked / iops:.6f} is too high; "
            f"maximum is {THROUGHPUT_RATIO:.6f} MiBps per iops.",
        )
    return asked


def shape_of(volume: Volume) -> Shape:
    """The shape that a volume has."""
    return Shape(
        size=volume.size,
        type=volume.type,
        iops=volume.iops,
        throughput=volume.throughput,
        is_multi_attach=volume.is_multi_attach,
    )


def size_of(size: int | None, snapshot_size: int | None, snapshot: str = "") -> int:
    """The size that is asked for: at least the snapshot's. Raises AwsError."""
    if size is None:
        if snapshot_size is None:
            raise missing_parameter("size/snapshot")
        return snapshot_size
    if snapshot_size is not None and size < snapshot_size:
        raise AwsError(
            "InvalidParameterValue",
            f"Volume of size {size}GB is smaller than snapshot '{snapshot}', "
            f"expect size >= {snapshot_size}GB",
        )
    return size
