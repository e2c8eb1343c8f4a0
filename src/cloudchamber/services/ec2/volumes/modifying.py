"""ModifyVolume and DescribeVolumesModifications.

Rules of this file: a change is checked as a whole and then goes its way on the clock: `modifying`,
then it holds and is `optimizing`, then `completed`. One at a time, four within a rolling day.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modify-volume.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import page_size, paged
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.services.ec2.refusals import missing_parameter
from cloudchamber.services.ec2.volumes import lifecycle, quotas
from cloudchamber.services.ec2.volumes.announcing import announce
from cloudchamber.services.ec2.volumes.limits import MODIFICATIONS_DAYS, MODIFICATIONS_MAX
from cloudchamber.services.ec2.volumes.making import VOLUME_DUE
from cloudchamber.services.ec2.volumes.nouns import VOLUME, Modification, Shape, Volume
from cloudchamber.services.ec2.volumes.shapes import expect_type, shape_of, shaped
from cloudchamber.services.ec2.volumes.spelling import instant, seconds, truth

_PAGE_MAX: Final = 500
_MODIFIED_IOPS: Final = 3000
_MEMBERS: Final = ("Size", "VolumeType", "Iops", "Throughput", "MultiAttachEnabled")


def modify_volume(call: Call, request: Input) -> Output:
    """Change a volume's size (it only grows), type, IOPS, throughput or Multi-Attach."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    if all(request.get(each) is None for each in _MEMBERS):
        raise missing_parameter("size/volumeType/iops")
    _expect_modifiable(call, volume)
    before, target = shape_of(volume), _target(volume, request)
    quotas.expect_room(call, target, before)
    profile = call.cloud.settings.lifecycle
    applied = call.now + lifecycle.MODIFICATION.delay_ns(profile, "modifying")
    optimizing = lifecycle.per_tib_ns(
        lifecycle.MODIFICATION, profile, "optimizing", max(volume.size, target.size)
    )
    modification = Modification(
        original=before,
        target=target,
        state="modifying",
        started_ns=call.now,
        applied_ns=applied,
        ended_ns=applied + optimizing,
    )
    since = call.now - MODIFICATIONS_DAYS * DAY_NS
    volume.modifications = [
        *(each for each in volume.modifications if each.started_ns > since),
        modification,
    ]
    call.at(applied, VOLUME_DUE, volume.id, "modifying")
    return {"VolumeModification": _view(call, volume)}


def modification_due(call: Call, volume: Volume, what: str) -> None:
    """The volume's last modification has been long enough in a state."""
    if not volume.modifications or volume.modifications[-1].state != what:
        return
    modification = volume.modifications[-1]
    if what == "optimizing":
        modification.state = lifecycle.MODIFICATION.move(modification.state, "done")
        announce(call, "modifyVolume", "completed", volume)
        return
    modification.state = lifecycle.MODIFICATION.move(modification.state, "applied")
    target = modification.target
    quotas.count(call, shape_of(volume), -1)
    quotas.count(call, target, 1)
    volume.size, volume.type = target.size, target.type
    volume.iops, volume.throughput = target.iops, target.throughput
    volume.is_multi_attach = target.is_multi_attach
    announce(call, "modifyVolume", "optimizing", volume)
    call.at(modification.ended_ns, VOLUME_DUE, volume.id, "optimizing")


def describe_volumes_modifications(call: Call, request: Input) -> Output:
    """The last modification of each volume."""
    ids = request.get("VolumeIds", ())
    if ids:
        rows = [kinds.expect_own(call, VOLUME, each) for each in dict.fromkeys(ids)]
        for row in rows:
            if not row.modifications:
                raise AwsError(
                    "InvalidVolumeModification.NotFound",
                    f"Modification for volume '{row.id}' does not exist.",
                )
    else:
        rows = [row for row in call.rows(VOLUME.table).values() if row.modifications]
    rows = matching(rows, request.get("Filters", ()), _PROPERTIES)
    rows.sort(key=_id)
    size = page_size(request, 1, _PAGE_MAX)
    return paged(request, "VolumesModifications", rows, _id, lambda row: _view(call, row), size)


def _expect_modifiable(call: Call, volume: Volume) -> None:
    if volume.state not in ("available", "in-use"):
        raise AwsError("IncorrectState", f"The volume '{volume.id}' is '{volume.state}'")
    if volume.type == "standard":
        raise AwsError(
            "UnsupportedOperation", "Magnetic volumes cannot be modified: create a new volume."
        )
    last = volume.modifications[-1] if volume.modifications else None
    if last is not None and last.state in ("modifying", "optimizing"):
        raise AwsError(
            "IncorrectModificationState",
            f"Cannot modify volume {volume.id}: its modification is in the state "
            f"{last.state.upper()}",
        )
    since = call.now - MODIFICATIONS_DAYS * DAY_NS
    recent = [each.started_ns for each in volume.modifications if each.started_ns > since]
    if len(recent) >= MODIFICATIONS_MAX:
        again = instant(recent[-MODIFICATIONS_MAX] + MODIFICATIONS_DAYS * DAY_NS)
        raise AwsError(
            "VolumeModificationRateExceeded",
            "You've reached the maximum modification rate per volume limit: a volume can be "
            f"modified {MODIFICATIONS_MAX} times within 24 hours. It can be modified again at "
            f"{again}.",
        )


def _target(volume: Volume, request: Input) -> Shape:
    size = request.get("Size") or volume.size
    if size < volume.size:
        raise AwsError("InvalidParameterValue", "New size cannot be smaller than existing size")
    name = request.get("VolumeType") or volume.type
    kind = expect_type(name)
    keeps = name == volume.type
    iops, throughput = request.get("Iops"), request.get("Throughput")
    if iops is None and kind.iops_max:
        iops = volume.iops if keeps else _MODIFIED_IOPS
    if throughput is None and kind.throughput_max and keeps:
        throughput = volume.throughput
    shared = request.get("MultiAttachEnabled")
    if shared is None:
        shared = volume.is_multi_attach
    if not shared and volume.is_multi_attach and len(volume.attachments) > 1:
        raise AwsError(
            "InvalidParameterValue",
            f"Multi-Attach cannot be disabled while {volume.id} is attached to more than one "
            "instance.",
        )
    if shared and not volume.is_multi_attach and volume.attachments and name == "io2":
        raise AwsError(
            "IncorrectState",
            f"Multi-Attach can be enabled for {volume.id} only while it is not attached.",
        )
    return shaped(name, size, iops, throughput, is_multi_attach=shared)


def _progress(call: Call, row: Modification) -> int:
    if row.state == "completed":
        return 100
    whole = row.ended_ns - row.started_ns
    return min(99, 100 * (call.now - row.started_ns) // whole) if whole else 0


def _view(call: Call, volume: Volume) -> Output:
    row = volume.modifications[-1]
    view: Output = {
        "VolumeId": volume.id,
        "ModificationState": row.state,
        "TargetSize": row.target.size,
        "TargetVolumeType": row.target.type,
        "TargetMultiAttachEnabled": row.target.is_multi_attach,
        "OriginalSize": row.original.size,
        "OriginalVolumeType": row.original.type,
        "OriginalMultiAttachEnabled": row.original.is_multi_attach,
        "Progress": _progress(call, row),
        "StartTime": seconds(row.started_ns),
    }
    for prefix, shape in (("Target", row.target), ("Original", row.original)):
        if shape.iops:
            view[f"{prefix}Iops"] = shape.iops
        if shape.throughput:
            view[f"{prefix}Throughput"] = shape.throughput
    if row.state == "completed":
        view["EndTime"] = seconds(row.ended_ns)
    return view


def _id(row: Volume) -> str:
    return row.id


_PROPERTIES: Final[Properties[Volume]] = MappingProxyType(
    {
        "modification-state": lambda row: (row.modifications[-1].state,),
        "original-iops": lambda row: (str(row.modifications[-1].original.iops),),
        "original-size": lambda row: (str(row.modifications[-1].original.size),),
        "original-volume-type": lambda row: (row.modifications[-1].original.type,),
        "originalMultiAttachEnabled": lambda row: truth(
            row.modifications[-1].original.is_multi_attach
        ),
        "start-time": lambda row: (instant(row.modifications[-1].started_ns),),
        "target-iops": lambda row: (str(row.modifications[-1].target.iops),),
        "target-size": lambda row: (str(row.modifications[-1].target.size),),
        "target-volume-type": lambda row: (row.modifications[-1].target.type,),
        "targetMultiAttachEnabled": lambda row: truth(row.modifications[-1].target.is_multi_attach),
        "volume-id": lambda row: (row.id,),
    }
)
