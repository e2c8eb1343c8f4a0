"""What an instance looks like.

Rules of this file: reads only. What a terminated instance had is not shown any more.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Instance.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.instances.lookup import state_of
from cloudchamber.services.ec2.instances.nouns import Instance, Metadata
from cloudchamber.services.ec2.instances.placing import group_of
from cloudchamber.services.ec2.instances.profiles import profile_view
from cloudchamber.services.ec2.instances.states import interfaces_of
from cloudchamber.services.ec2.interfaces import names
from cloudchamber.services.ec2.interfaces.groups import names_of
from cloudchamber.services.ec2.interfaces.interface_views import (
    association_view,
    attachment_view,
    core_view,
    gives_names,
)
from cloudchamber.services.ec2.interfaces.nouns import Interface
from cloudchamber.services.ec2.interfaces.public import primary_of
from cloudchamber.services.ec2.volumes.making import attachment_of, volumes_of_instance
from cloudchamber.services.ec2.vpcs.lookup import zone_name

# Device indices and the like of an attachment that the instance's own view leaves out.
_NOT_IN_INSTANCE = ("InstanceId", "InstanceOwnerId")


def reservation_view(call: Call, instances: Sequence[Instance]) -> Output:
    """A reservation with those of its instances that are to be shown."""
    first = instances[0]
    shown: Output = {
        "ReservationId": first.reservation,
        "OwnerId": first.owner,
        "Groups": [],
        "Instances": [view(call, each) for each in instances],
    }
    if first.requester:
        shown["RequesterId"] = first.requester
    return shown


def reservations_view(call: Call, instances: Sequence[Instance]) -> list[Output]:
    """Instances by their reservations, in the order in which these first come."""
    groups: dict[str, list[Instance]] = {}
    for each in instances:
        groups.setdefault(each.reservation, []).append(each)
    return [reservation_view(call, group) for group in groups.values()]


def view(call: Call, instance: Instance) -> dict[str, Any]:
    """An instance as AWS describes it."""
    interfaces = interfaces_of(call, instance)
    shown: dict[str, Any] = {
        "AmiLaunchIndex": instance.launch_index,
        "Architecture": instance.architecture,
        "BlockDeviceMappings": device_views(call, instance),
        "ClientToken": instance.client_token,
        "CurrentInstanceBootMode": current_boot_mode(instance),
        "EbsOptimized": instance.is_ebs_optimized,
        "EnaSupport": instance.ena,
        "EnclaveOptions": {"Enabled": instance.has_enclave},
        "HibernationOptions": {"Configured": instance.hibernates},
        "Hypervisor": "xen",
        "ImageId": instance.image,
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "LaunchTime": instance.launched_ns / SECOND_NS,
        "MaintenanceOptions": {
            "AutoRecovery": instance.auto_recovery,
            "RebootMigration": instance.reboot_migration,
        },
        "MetadataOptions": metadata_view(instance.metadata),
        "Monitoring": {"State": "enabled" if instance.is_monitored else "disabled"},
        "NetworkPerformanceOptions": {"BandwidthWeighting": instance.bandwidth},
        "Operator": {"Managed": False},
        "Placement": placement_view(call, instance),
        "PlatformDetails": instance.platform_details,
        "PrivateDnsName": "",
        "ProductCodes": [],
        "PublicDnsName": "",
        "RootDeviceName": instance.root_device,
        "RootDeviceType": instance.root_type,
        "State": state_of(instance.state),
        "StateTransitionReason": instance.reason,
        "Tags": tags.shown(call, instance.id),
        "UsageOperation": instance.usage_operation,
        "UsageOperationUpdateTime": instance.launched_ns / SECOND_NS,
        "VirtualizationType": "hvm",
        "CpuOptions": {"CoreCount": instance.cores, "ThreadsPerCore": instance.threads},
        "CapacityReservationSpecification": reservation_choice(instance),
        "NetworkInterfaces": [_interface(call, each) for each in interfaces],
        "SecurityGroups": names_of(call.cloud, interfaces[0].groups) if interfaces else [],
    }
    for member, value in _sometimes(call, instance):
        if value:
            shown[member] = value
    if instance.state != "terminated":
        shown["VpcId"], shown["SubnetId"] = instance.vpc, instance.subnet
        shown["PrivateDnsNameOptions"] = {
            "HostnameType": instance.hostname_type,
            "EnableResourceNameDnsARecord": instance.has_a_record,
            "EnableResourceNameDnsAAAARecord": instance.has_aaaa_record,
        }
    if interfaces:
        shown["SourceDestCheck"] = interfaces[0].source_dest_check
        shown.update(_addresses(call, instance, interfaces[0]))
    return shown


def current_boot_mode(instance: Instance) -> str:
    """How the instance booted: what prefers UEFI uses it on hosts that have it."""
    return "uefi" if instance.boot_mode.startswith("uefi") else "legacy-bios"


def metadata_view(metadata: Metadata) -> dict[str, Any]:
    """The member MetadataOptions."""
    return {
        "State": "applied",
        "HttpTokens": metadata.tokens,
        "HttpPutResponseHopLimit": metadata.hop_limit,
        "HttpEndpoint": metadata.endpoint,
        "HttpProtocolIpv6": metadata.ipv6,
        "InstanceMetadataTags": metadata.tags,
    }


def placement_view(call: Call, instance: Instance) -> dict[str, Any]:
    """The member Placement."""
    shown: dict[str, Any] = {
        "AvailabilityZone": zone_name(call, instance.zone_id),
        "AvailabilityZoneId": instance.zone_id,
        "GroupName": "",
        "Tenancy": instance.tenancy,
    }
    group = group_of(call, instance)
    if group is not None:
        shown["GroupName"], shown["GroupId"] = group.name, group.id
        if instance.partition:
            shown["PartitionNumber"] = instance.partition
    return shown


def reservation_choice(instance: Instance) -> dict[str, Any]:
    """The member CapacityReservationSpecification."""
    if instance.capacity_target:
        return {
            "CapacityReservationTarget": {"CapacityReservationId": instance.capacity_target},
        }
    return {"CapacityReservationPreference": instance.capacity_preference}


def private_dns_name(call: Call, instance: Instance, interface: Interface) -> str:
    """The instance's private host name, of the kind that it is to have."""
    primary = primary_of(interface)
    if instance.hostname_type == "resource-name" or primary is None:
        return names.resource_name(call.region, instance.id)
    return names.private_name(call.region, primary.address)


def _sometimes(call: Call, instance: Instance) -> tuple[tuple[str, Any], ...]:
    """Members that are left out when there is nothing to say."""
    reason = {"Code": instance.reason_code, "Message": instance.reason_message}
    return (
        ("BootMode", instance.boot_mode),
        ("CapacityReservationId", instance.capacity_reservation),
        ("IamInstanceProfile", profile_view(call, instance)),
        ("InstanceLifecycle", instance.lifecycle),
        ("KernelId", instance.kernel),
        ("KeyName", instance.key_name),
        ("Platform", instance.platform),
        ("RamdiskId", instance.ramdisk),
        ("SpotInstanceRequestId", instance.spot_request),
        ("StateReason", reason if instance.reason_code else None),
    )


def _addresses(call: Call, instance: Instance, interface: Interface) -> dict[str, Any]:
    shown: dict[str, Any] = {"PrivateDnsName": private_dns_name(call, instance, interface)}
    primary = primary_of(interface)
    if primary is not None:
        shown["PrivateIpAddress"] = primary.address
        if primary.public:
            shown["PublicIpAddress"] = primary.public
            if gives_names(call, interface):
                shown["PublicDnsName"] = names.public_name(call.region, primary.public)
    if interface.addresses6:
        shown["Ipv6Address"] = interface.addresses6[0]
    return shown


def device_views(call: Call, instance: Instance) -> list[dict[str, Any]]:
    """The instance's volumes, as InstanceBlockDeviceMapping."""
    found = []
    for volume in volumes_of_instance(call, instance.id):
        attachment = attachment_of(volume, instance.id)
        if attachment is not None:
            found.append(
                {
                    "DeviceName": attachment.device,
                    "Ebs": {
                        "AttachTime": attachment.attached_ns / SECOND_NS,
                        "DeleteOnTermination": attachment.delete_on_termination,
                        "Status": attachment.state,
                        "VolumeId": volume.id,
                    },
                }
            )
    return found


def _interface(call: Call, interface: Interface) -> dict[str, Any]:
    has_names = gives_names(call, interface)
    primary = primary_of(interface)
    shown = core_view(call, interface, has_names)
    if interface.attachment is not None:
        attachment = attachment_view(interface.attachment)
        for member in _NOT_IN_INSTANCE:
            attachment.pop(member, None)
        shown["Attachment"] = attachment
    if primary is not None and primary.public:
        association = association_view(call, primary, has_names)
        association.pop("AllocationId", None)
        association.pop("AssociationId", None)
        shown["Association"] = association
    return shown
