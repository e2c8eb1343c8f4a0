"""ModifyInstanceAttribute, DescribeInstanceAttribute, ResetInstanceAttribute.

Rules of this file: one attribute a call. What the operating system would read at its next boot (the
type, the user data, EBS optimisation) can be changed while the instance is stopped.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyInstanceAttribute.html
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.instances import options, placing
from cloudchamber.services.ec2.instances.image_lookup import find_image
from cloudchamber.services.ec2.instances.lookup import expect_named
from cloudchamber.services.ec2.instances.nouns import Instance
from cloudchamber.services.ec2.instances.profiles import profile_view
from cloudchamber.services.ec2.instances.states import interfaces_of
from cloudchamber.services.ec2.instances.views import device_views
from cloudchamber.services.ec2.interfaces.groups import expect_groups, names_of
from cloudchamber.services.ec2.interfaces.nouns import Interface
from cloudchamber.services.ec2.interfaces.room import expect_addresses_fit
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.services.ec2.volumes.making import attachment_of, volumes_of_instance
from cloudchamber.services.ec2.volumes.nouns import Volume, VolumeAttachment
from cloudchamber.services.ec2.vpcs.lookup import zone_name
from cloudchamber.world.capacity.catalogue import find_type

# The names of `Attribute`, and the members of their own that say the same.
_MEMBERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "instanceType": "InstanceType",
        "kernel": "Kernel",
        "ramdisk": "Ramdisk",
        "userData": "UserData",
        "disableApiTermination": "DisableApiTermination",
        "disableApiStop": "DisableApiStop",
        "instanceInitiatedShutdownBehavior": "InstanceInitiatedShutdownBehavior",
        "sourceDestCheck": "SourceDestCheck",
        "groupSet": "Groups",
        "ebsOptimized": "EbsOptimized",
        "sriovNetSupport": "SriovNetSupport",
        "enaSupport": "EnaSupport",
        "enclaveOptions": "EnclaveOptions",
        "blockDeviceMapping": "BlockDeviceMappings",
    }
)
_STOPPED_ONLY: Final = frozenset(
    {"InstanceType", "Kernel", "Ramdisk", "UserData", "EbsOptimized", "EnaSupport",
     "SriovNetSupport"}
)  # fmt: skip
_READ_ONLY: Final = ("rootDeviceName", "productCodes")


def modify_instance_attribute(call: Call, request: Input) -> Output:
    """Change one attribute."""
    instance = expect_named(call, request)
    member, value = _asked(request)
    if instance.state in ("terminated", "shutting-down"):
        raise _incorrect(instance, "running or stopped")
    if member in _STOPPED_ONLY and instance.state != "stopped":
        raise _incorrect(instance, "stopped")
    _CHANGES[member](call, instance, value)
    return {}


def describe_instance_attribute(call: Call, request: Input) -> Output:
    """Show one attribute."""
    instance = expect_named(call, request)
    name = request.get("Attribute")
    if not name:
        raise missing_parameter("attribute")
    if name not in _MEMBERS and name not in _READ_ONLY:
        raise _no_attribute(name)
    return {"InstanceId": instance.id, **_shown(call, instance, name)}


def reset_instance_attribute(call: Call, request: Input) -> Output:
    """Give an attribute its first value again: kernel, ramdisk, sourceDestCheck."""
    instance = expect_named(call, request)
    name = request.get("Attribute")
    if name == "sourceDestCheck":
        _primary(call, instance).source_dest_check = True
    elif name in ("kernel", "ramdisk"):
        if instance.state != "stopped":
            raise _incorrect(instance, "stopped")
        setattr(instance, name, "")
    else:
        raise _no_attribute(name or "")
    return {}


def _asked(request: Input) -> tuple[str, Any]:
    """The member that is changed, and what it is to be."""
    given = {
        member: request[member] for member in _MEMBERS.values() if request.get(member) is not None
    }
    name = request.get("Attribute")
    if name:
        if name not in _MEMBERS:
            raise _no_attribute(name)
        if _MEMBERS[name] not in given:
            given[_MEMBERS[name]] = _from_text(_MEMBERS[name], request.get("Value", ""))
    if not given:
        raise AwsError("InvalidParameterCombination", "No attributes specified.")
    if len(given) > 1:
        raise invalid_combination(
            "Fields for multiple attribute types specified: " + ", ".join(sorted(given))
        )
    member, value = next(iter(given.items()))
    if isinstance(value, dict) and member != "EnclaveOptions":
        value = value.get("Value")
        if value is None:
            raise missing_parameter(f"{member}.Value")
    return member, value


def _from_text(member: str, text: str) -> Any:
    if member in ("Groups", "BlockDeviceMappings", "EnclaveOptions"):
        raise invalid_combination(f"The attribute needs the parameter {member}.")
    if text in ("true", "false"):
        return text == "true"
    return text


def _change_type(call: Call, instance: Instance, name: str) -> None:
    kind = options.expect_type(name)
    image = find_image(call, instance.image)
    if image is not None:
        options.expect_fits(kind, image)
    elif instance.architecture not in kind.architectures:
        raise AwsError(
            "InvalidParameterValue",
            f"The instance type {name} does not have the architecture {instance.architecture}.",
        )
    placing.expect_offered(call, kind, instance.zone_id)
    interfaces = interfaces_of(call, instance)
    if len(interfaces) > kind.enis_max:
        raise AwsError(
            "AttachmentLimitExceeded",
            f"Interface count {len(interfaces)} exceeds the limit for {name}",
        )
    for each in interfaces:
        expect_addresses_fit(name, each)
    before = find_type(instance.type)
    instance.type = kind.name
    instance.cores, instance.threads = kind.cores, kind.threads_per_core
    if not kind.is_burstable:
        instance.credits = ""
    elif before is None or not before.is_burstable:
        instance.credits = options.default_credits(call, kind.family)


def _change_user_data(call: Call, instance: Instance, value: Any) -> None:
    raw = value if isinstance(value, bytes) else base64.b64decode(value)
    instance.user_data = options.checked_user_data(base64.b64encode(raw).decode())


def _change_groups(call: Call, instance: Instance, ids: list[str]) -> None:
    primary = _primary(call, instance)
    if len(instance.interfaces) > 1:
        raise AwsError(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance.id}'. Please specify "
            "an interface ID for the operation instead.",
        )
    groups = expect_groups(call, ids, primary.vpc, primary.subnet)
    primary.groups = [each.id for each in groups]


def _change_check(call: Call, instance: Instance, value: bool) -> None:
    primary = _primary(call, instance)
    if len(instance.interfaces) > 1:
        raise AwsError(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance.id}'. Please specify "
            "an interface ID for the operation instead.",
        )
    primary.source_dest_check = value


def _change_devices(call: Call, instance: Instance, mappings: list[Mapping[str, Any]]) -> None:
    changes: list[tuple[VolumeAttachment, bool]] = []
    for mapping in mappings:
        name, ebs = mapping.get("DeviceName", ""), mapping.get("Ebs", {})
        volume = _volume_at(call, instance, name)
        attachment = attachment_of(volume, instance.id) if volume else None
        if attachment is None:
            raise AwsError(
                "InvalidInstanceAttributeValue", f"No device is currently mapped at {name}"
            )
        if "DeleteOnTermination" in ebs:
            changes.append((attachment, ebs["DeleteOnTermination"]))
    for attachment, value in changes:
        attachment.delete_on_termination = value


def _volume_at(call: Call, instance: Instance, device: str) -> Volume | None:
    for volume in volumes_of_instance(call, instance.id):
        attachment = attachment_of(volume, instance.id)
        if attachment is not None and attachment.device == device:
            return volume
    return None


def _change_shutdown(call: Call, instance: Instance, value: str) -> None:
    if value not in ("stop", "terminate"):
        raise invalid_value(
            value, "instanceInitiatedShutdownBehavior", "It must be stop or terminate."
        )
    instance.on_shutdown = value


def _change_optimized(call: Call, instance: Instance, value: bool) -> None:
    kind = find_type(instance.type)
    if kind is not None:
        options.expect_ebs_optimized({"EbsOptimized": value}, kind)
    instance.is_ebs_optimized = value


def _change_enclave(call: Call, instance: Instance, value: Mapping[str, Any]) -> None:
    raise AwsError(
        "OperationNotPermitted", "Nitro Enclaves can be enabled only when an instance is launched."
    )


def _change_sriov(call: Call, instance: Instance, value: str) -> None:
    if value != "simple":
        raise invalid_value(value, "sriovNetSupport", "It must be simple.")


def _setting(name: str) -> Callable[[Call, Instance, Any], None]:
    def change(call: Call, instance: Instance, value: Any) -> None:
        setattr(instance, name, value)

    return change


_CHANGES: Final[Mapping[str, Callable[[Call, Instance, Any], None]]] = MappingProxyType(
    {
        "InstanceType": _change_type,
        "Kernel": _setting("kernel"),
        "Ramdisk": _setting("ramdisk"),
        "UserData": _change_user_data,
        "DisableApiTermination": _setting("is_kept"),
        "DisableApiStop": _setting("is_kept_running"),
        "InstanceInitiatedShutdownBehavior": _change_shutdown,
        "SourceDestCheck": _change_check,
        "Groups": _change_groups,
        "EbsOptimized": _change_optimized,
        "SriovNetSupport": _change_sriov,
        "EnaSupport": _setting("ena"),
        "EnclaveOptions": _change_enclave,
        "BlockDeviceMappings": _change_devices,
    }
)


def _shown(call: Call, instance: Instance, name: str) -> Output:
    interfaces = interfaces_of(call, instance)
    plain: dict[str, tuple[str, Any]] = {
        "instanceType": ("InstanceType", instance.type),
        "kernel": ("KernelId", instance.kernel),
        "ramdisk": ("RamdiskId", instance.ramdisk),
        "userData": ("UserData", instance.user_data),
        "disableApiTermination": ("DisableApiTermination", instance.is_kept),
        "disableApiStop": ("DisableApiStop", instance.is_kept_running),
        "instanceInitiatedShutdownBehavior": (
            "InstanceInitiatedShutdownBehavior",
            instance.on_shutdown,
        ),
        "rootDeviceName": ("RootDeviceName", instance.root_device),
        "ebsOptimized": ("EbsOptimized", instance.is_ebs_optimized),
        "enaSupport": ("EnaSupport", instance.ena),
        "sriovNetSupport": ("SriovNetSupport", "simple"),
        "sourceDestCheck": (
            "SourceDestCheck",
            interfaces[0].source_dest_check if interfaces else True,
        ),
    }
    if name in plain:
        member, value = plain[name]
        return {member: {} if value == "" else {"Value": value}}
    if name == "groupSet":
        groups = names_of(call.cloud, interfaces[0].groups) if interfaces else []
        return {"Groups": groups}
    if name == "blockDeviceMapping":
        return {"BlockDeviceMappings": device_views(call, instance)}
    if name == "productCodes":
        return {"ProductCodes": []}
    return {"EnclaveOptions": {"Enabled": instance.has_enclave}}


def _primary(call: Call, instance: Instance) -> Interface:
    interfaces = interfaces_of(call, instance)
    if not interfaces:
        raise _incorrect(instance, "running or stopped")
    return interfaces[0]


def _incorrect(instance: Instance, wanted: str) -> AwsError:
    return AwsError(
        "IncorrectInstanceState", f"The instance '{instance.id}' is not in the '{wanted}' state."
    )


def _no_attribute(name: str) -> AwsError:
    return invalid_value(name, "attribute", "Unknown attribute.")


def template_data(call: Call, instance: Instance) -> Output:
    """An instance as the data of a launch template."""
    metadata = instance.metadata
    data: dict[str, Any] = {
        "ImageId": instance.image,
        "InstanceType": instance.type,
        "EbsOptimized": instance.is_ebs_optimized,
        "Monitoring": {"Enabled": instance.is_monitored},
        "DisableApiTermination": instance.is_kept,
        "DisableApiStop": instance.is_kept_running,
        "InstanceInitiatedShutdownBehavior": instance.on_shutdown,
        "HibernationOptions": {"Configured": instance.hibernates},
        "EnclaveOptions": {"Enabled": instance.has_enclave},
        "CpuOptions": {"CoreCount": instance.cores, "ThreadsPerCore": instance.threads},
        "MaintenanceOptions": {"AutoRecovery": instance.auto_recovery},
        "MetadataOptions": {
            "HttpTokens": metadata.tokens,
            "HttpPutResponseHopLimit": metadata.hop_limit,
            "HttpEndpoint": metadata.endpoint,
            "HttpProtocolIpv6": metadata.ipv6,
            "InstanceMetadataTags": metadata.tags,
        },
        "Placement": {
            "AvailabilityZone": zone_name(call, instance.zone_id),
            "GroupName": getattr(placing.group_of(call, instance), "name", ""),
            "Tenancy": instance.tenancy,
        },
        "NetworkInterfaces": [
            {
                "DeviceIndex": number,
                "Description": each.description,
                "Groups": list(each.groups),
                "SubnetId": each.subnet,
                "DeleteOnTermination": bool(
                    each.attachment and each.attachment.delete_on_termination
                ),
            }
            for number, each in enumerate(interfaces_of(call, instance))
        ],
        "BlockDeviceMappings": _volumes_as_mappings(call, instance),
    }
    own = [each for each in tags.shown(call, instance.id) if not each["Key"].startswith("aws:")]
    if own:
        data["TagSpecifications"] = [{"ResourceType": "instance", "Tags": own}]
    for member, value in (
        ("KeyName", instance.key_name),
        ("UserData", instance.user_data),
        ("CreditSpecification", {"CpuCredits": instance.credits} if instance.credits else None),
    ):
        if value:
            data[member] = value
    profile = profile_view(call, instance)
    if profile:
        data["IamInstanceProfile"] = {"Arn": profile["Arn"]}
    return data


def _volumes_as_mappings(call: Call, instance: Instance) -> list[dict[str, Any]]:
    shown = []
    for volume in volumes_of_instance(call, instance.id):
        attachment = attachment_of(volume, instance.id)
        if attachment is not None:
            ebs = {
                "VolumeSize": volume.size,
                "VolumeType": volume.type,
                "Encrypted": volume.is_encrypted,
                "DeleteOnTermination": attachment.delete_on_termination,
            }
            if volume.snapshot:
                ebs["SnapshotId"] = volume.snapshot
            shown.append({"DeviceName": attachment.device, "Ebs": ebs})
    return shown
