"""DescribeVolumes, DescribeVolumeStatus, volume attributes: what volumes look like from outside.

Rules of this file: views and filters. A volume's I/O is never impaired here, so every status is
`ok` once the volume is made.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVolumes.html
"""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes.nouns import VOLUME, Volume, VolumeAttachment
from cloudchamber.services.ec2.volumes.spelling import instant, seconds, truth
from cloudchamber.services.ec2.vpcs import lookup

_NOT_MANAGED: Final = MappingProxyType({"Managed": False})


def attachment_view(volume: Volume, attachment: VolumeAttachment) -> Output:
    """An attachment, as DescribeVolumes and AttachVolume show it."""
    return {
        "VolumeId": volume.id,
        "InstanceId": attachment.instance,
        "Device": attachment.device,
        "State": attachment.state,
        "AttachTime": seconds(attachment.attached_ns),
        "DeleteOnTermination": attachment.delete_on_termination,
    }


def volume_view(call: Call, volume: Volume) -> Output:
    """A volume."""
    view: Output = {
        "VolumeId": volume.id,
        "Size": volume.size,
        "SnapshotId": volume.snapshot,
        "AvailabilityZone": lookup.zone_name(call, volume.zone_id),
        "AvailabilityZoneId": volume.zone_id,
        "State": volume.state,
        "CreateTime": seconds(volume.created_ns),
        "Attachments": [attachment_view(volume, each) for each in volume.attachments],
        "Encrypted": volume.is_encrypted,
        "VolumeType": volume.type,
        "MultiAttachEnabled": volume.is_multi_attach,
        "Operator": dict(_NOT_MANAGED),
    }
    if volume.iops:
        view["Iops"] = volume.iops
    if volume.throughput:
        view["Throughput"] = volume.throughput
    if volume.key:
        view["KmsKeyId"] = volume.key
    if volume.initialization_rate:
        view["VolumeInitializationRate"] = volume.initialization_rate
    if volume.source_volume:
        view["SourceVolumeId"] = volume.source_volume
    if volume.is_fast_restored:
        view["FastRestored"] = True
    if shown := tags.shown(call, volume.id):
        view["Tags"] = shown
    return view


_VOLUMES: Final[Description[Volume]] = Description(
    kind=VOLUME,
    ids="VolumeIds",
    answer="Volumes",
    view=volume_view,
    filters=MappingProxyType(
        {
            "attachment.attach-time": lambda call, row: [
                instant(each.attached_ns) for each in row.attachments
            ],
            "attachment.delete-on-termination": lambda call, row: [
                truth(each.delete_on_termination)[0] for each in row.attachments
            ],
            "attachment.device": lambda call, row: [each.device for each in row.attachments],
            "attachment.instance-id": lambda call, row: [each.instance for each in row.attachments],
            "attachment.status": lambda call, row: [each.state for each in row.attachments],
            "availability-zone": lambda call, row: (lookup.zone_name(call, row.zone_id),),
            "availability-zone-id": lambda call, row: (row.zone_id,),
            "create-time": lambda call, row: (instant(row.created_ns),),
            "encrypted": lambda call, row: truth(row.is_encrypted),
            "fast-restored": lambda call, row: truth(row.is_fast_restored),
            "multi-attach-enabled": lambda call, row: truth(row.is_multi_attach),
            "operator.managed": lambda call, row: ("false",),
            "operator.principal": lambda call, row: (),
            "size": lambda call, row: (str(row.size),),
            "snapshot-id": lambda call, row: (row.snapshot,) if row.snapshot else (),
            "status": lambda call, row: (row.state,),
            "volume-id": lambda call, row: (row.id,),
            "volume-type": lambda call, row: (row.type,),
        }
    ),
)


def describe_volumes(call: Call, request: Input) -> Output:
    """The account's volumes."""
    return describe(call, request, _VOLUMES)


def _status(row: Volume) -> str:
    return "insufficient-data" if row.state == "creating" else "ok"


def _details(row: Volume) -> list[dict[str, Any]]:
    if row.state == "creating":
        return [
            {"Name": "io-enabled", "Status": "insufficient-data"},
            {"Name": "io-performance", "Status": "not-applicable"},
        ]
    performance = "normal" if row.type in ("io1", "io2", "gp3") else "not-applicable"
    return [
        {"Name": "io-enabled", "Status": "passed"},
        {"Name": "io-performance", "Status": performance},
    ]


def _status_view(call: Call, row: Volume) -> Output:
    details = _details(row)
    view: Output = {
        "VolumeId": row.id,
        "AvailabilityZone": lookup.zone_name(call, row.zone_id),
        "AvailabilityZoneId": row.zone_id,
        "Actions": [],
        "Events": [],
        "AttachmentStatuses": [
            {"InstanceId": each.instance, "IoPerformance": details[1]["Status"]}
            for each in row.attachments
        ],
        "VolumeStatus": {"Status": _status(row), "Details": details},
    }
    if row.snapshot or row.source_volume:
        view["InitializationStatusDetails"] = _initialization(call, row)
        name = "completed" if call.now >= row.initialized_ns else "initializing"
        details.append({"Name": "initialization-state", "Status": name})
    return view


def _initialization(call: Call, row: Volume) -> Output:
    whole = row.initialized_ns - row.created_ns
    left = max(0, row.initialized_ns - call.now)
    kind = "provisioned-rate" if row.initialization_rate else "default"
    shown: Output = {
        "InitializationType": "volume-copy" if row.source_volume else kind,
        "Progress": 100 if not left else 100 * (whole - left) // whole,
    }
    if row.initialization_rate:
        shown["EstimatedTimeToCompleteInSeconds"] = left // SECOND_NS
    return shown


def _nothing(call: Call, row: Volume) -> Sequence[str]:
    return ()


_STATUSES: Final[Description[Volume]] = Description(
    kind=VOLUME,
    ids="VolumeIds",
    answer="VolumeStatuses",
    view=_status_view,
    filters=MappingProxyType(
        {
            "action.code": _nothing,
            "action.description": _nothing,
            "action.event-id": _nothing,
            "attachment-status.instance-id": lambda call, row: [
                each.instance for each in row.attachments
            ],
            "attachment-status.io-performance": lambda call, row: [
                _details(row)[1]["Status"] for _ in row.attachments
            ],
            "availability-zone": lambda call, row: (lookup.zone_name(call, row.zone_id),),
            "availability-zone-id": lambda call, row: (row.zone_id,),
            "event.description": _nothing,
            "event.event-id": _nothing,
            "event.event-type": _nothing,
            "event.not-after": _nothing,
            "event.not-before": _nothing,
            "operator.managed": lambda call, row: ("false",),
            "operator.principal": _nothing,
            "volume-status.details-name": lambda call, row: [
                each["Name"] for each in _details(row)
            ],
            "volume-status.details-status": lambda call, row: [
                each["Status"] for each in _details(row)
            ],
            "volume-status.status": lambda call, row: (_status(row),),
        }
    ),
)


def describe_volume_status(call: Call, request: Input) -> Output:
    """The status of volumes: never impaired."""
    return describe(call, request, _STATUSES)


def describe_volume_attribute(call: Call, request: Input) -> Output:
    """One attribute of a volume."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    name = request["Attribute"]
    if name == "autoEnableIO":
        return {"VolumeId": volume.id, "AutoEnableIO": {"Value": volume.auto_enable_io}}
    if name == "productCodes":
        return {"VolumeId": volume.id, "ProductCodes": []}
    raise invalid_value(name, "attribute", "Unknown attribute.")


def modify_volume_attribute(call: Call, request: Input) -> Output:
    """Set AutoEnableIO."""
    volume = kinds.expect_own(call, VOLUME, request["VolumeId"])
    value = request.get("AutoEnableIO", {}).get("Value")
    if value is None:
        raise missing_parameter("autoEnableIO")
    volume.auto_enable_io = value
    return {}


def enable_volume_io(call: Call, request: Input) -> Output:
    """Let a volume's I/O go on, which is never stopped here."""
    kinds.expect_own(call, VOLUME, request["VolumeId"])
    return {}
