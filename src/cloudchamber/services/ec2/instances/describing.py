"""DescribeInstances, DescribeInstanceStatus, DescribeInstanceImageMetadata.

Rules of this file: reads only. Filters that are not about a plain member are answered from the
instance's description, by the path of the member they are named after.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.describing import Description, chosen, described
from cloudchamber.services.ec2.instances import lifecycle
from cloudchamber.services.ec2.instances.image_lookup import find_image
from cloudchamber.services.ec2.instances.lookup import expect_instances, is_running, state_of
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Image, Instance
from cloudchamber.services.ec2.instances.states import interfaces_of
from cloudchamber.services.ec2.instances.views import reservations_view, view
from cloudchamber.services.ec2.interfaces.interface_views import INTERFACES_DESCRIBED, instant
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.services.ec2.vpcs.lookup import zone_name

Texts = Callable[[Call, Instance], Sequence[str]]
_Filters = Mapping[str, Texts]


def describe_instances(call: Call, request: Input) -> Output:
    """The account's instances by their reservations, up to 1,000 a page."""
    _expect_one_way(request)
    if request.get("InstanceIds"):
        expect_instances(call, request["InstanceIds"])
    rows = chosen(call, request, INSTANCES_DESCRIBED)
    output = described(call, request, INSTANCES_DESCRIBED, rows)
    shown = output.pop("Instances")
    return {"Reservations": reservations_view(call, shown), **output}


def describe_instance_status(call: Call, request: Input) -> Output:
    """The checks of running instances; of all others too, if asked."""
    _expect_one_way(request)
    if request.get("InstanceIds"):
        expect_instances(call, request["InstanceIds"])
    rows = chosen(call, request, _STATUS_DESCRIBED)
    if not request.get("IncludeAllInstances"):
        rows = [each for each in rows if is_running(each)]
    return described(call, request, _STATUS_DESCRIBED, rows)


def status_of(call: Call, instance: Instance) -> str:
    """`initializing` for some minutes after a boot, then `ok`; nothing here is ever impaired."""
    if not is_running(instance):
        return "not-applicable"
    delay = lifecycle.CHECKS.delay_ns(call.cloud.settings.lifecycle, "initializing")
    return "initializing" if call.now < instance.booted_ns + delay else "ok"


def _expect_one_way(request: Input) -> None:
    if request.get("InstanceIds") and request.get("MaxResults") is not None:
        raise invalid_combination(
            "The parameter instancesSet cannot be used with the parameter maxResults"
        )


def _reachability(status: str) -> str:
    return {"ok": "passed", "not-applicable": ""}.get(status, status)


def _status_view(call: Call, instance: Instance) -> dict[str, Any]:
    status = status_of(call, instance)
    summary: dict[str, Any] = {"Status": status}
    if is_running(instance):
        summary["Details"] = [{"Name": "reachability", "Status": _reachability(status)}]
    return {
        "AvailabilityZone": zone_name(call, instance.zone_id),
        "AvailabilityZoneId": instance.zone_id,
        "InstanceId": instance.id,
        "InstanceState": state_of(instance.state),
        "InstanceStatus": summary,
        "SystemStatus": summary,
        "AttachedEbsStatus": summary,
        "Operator": {"Managed": False},
    }


def _itself(call: Call, instance: Instance) -> Any:
    return instance


def at(path: str) -> Texts:
    """The texts that a description has at a path of members; lists are gone into."""
    members = path.split(".")

    def texts(call: Call, instance: Instance) -> Sequence[str]:
        found: list[Any] = [view(call, instance)]
        for member in members:
            found = [
                inner
                for each in found
                if isinstance(each, dict) and member in each
                for inner in (each[member] if isinstance(each[member], list) else [each[member]])
            ]
        return [_spelled(member, each) for each in found]

    return texts


def _spelled(member: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and member.endswith("Time"):
        return instant(round(value * SECOND_NS))
    return str(value)


def _of_interfaces(texts: Callable[[Call, Any], Sequence[str]]) -> Texts:
    """What the instance's interfaces offer to a filter of DescribeNetworkInterfaces."""

    def of_all(call: Call, instance: Instance) -> Sequence[str]:
        return [text for each in interfaces_of(call, instance) for text in texts(call, each)]

    return of_all


def _plain(texts: Callable[[Instance], object]) -> Texts:
    def one(call: Call, instance: Instance) -> Sequence[str]:
        value = texts(instance)
        if isinstance(value, bool):
            return ("true" if value else "false",)
        return (str(value),) if value != "" else ()

    return one


def _unknown(call: Call, instance: Instance) -> Sequence[str]:
    return ()


_COMMON: Final[_Filters] = MappingProxyType(
    {
        "availability-zone": lambda call, each: (zone_name(call, each.zone_id),),
        "availability-zone-id": _plain(lambda each: each.zone_id),
        "instance-state-code": lambda call, each: (str(state_of(each.state)["Code"]),),
        "instance-state-name": _plain(lambda each: each.state),
        "operator.managed": _plain(lambda each: "false"),
        "operator.principal": _unknown,
    }
)

# The filters of interfaces that stand under `network-interface.` in their own words.
_INTERFACE: Final[_Filters] = MappingProxyType(
    {
        f"network-interface.{name}": _of_interfaces(texts)
        for name, texts in INTERFACES_DESCRIBED.filters.items()
    }
)

_PATHS: Final = """
block-device-mapping.attach-time BlockDeviceMappings.Ebs.AttachTime
block-device-mapping.delete-on-termination BlockDeviceMappings.Ebs.DeleteOnTermination
block-device-mapping.device-name BlockDeviceMappings.DeviceName
block-device-mapping.status BlockDeviceMappings.Ebs.Status
block-device-mapping.volume-id BlockDeviceMappings.Ebs.VolumeId
current-instance-boot-mode CurrentInstanceBootMode
dns-name PublicDnsName
iam-instance-profile.arn IamInstanceProfile.Arn
iam-instance-profile.id IamInstanceProfile.Id
instance.group-id SecurityGroups.GroupId
instance.group-name SecurityGroups.GroupName
ip-address PublicIpAddress
ipv6-address Ipv6Address
metadata-options.http-endpoint MetadataOptions.HttpEndpoint
metadata-options.http-protocol-ipv6 MetadataOptions.HttpProtocolIpv6
metadata-options.http-put-response-hop-limit MetadataOptions.HttpPutResponseHopLimit
metadata-options.http-tokens MetadataOptions.HttpTokens
metadata-options.instance-metadata-tags MetadataOptions.InstanceMetadataTags
metadata-options.state MetadataOptions.State
network-interface.addresses.association.ip-owner-id \
NetworkInterfaces.PrivateIpAddresses.Association.IpOwnerId
network-interface.addresses.association.public-dns-name \
NetworkInterfaces.PrivateIpAddresses.Association.PublicDnsName
network-interface.addresses.association.allocation-id \
NetworkInterfaces.PrivateIpAddresses.Association.AllocationId
network-interface.addresses.association.association-id \
NetworkInterfaces.PrivateIpAddresses.Association.AssociationId
network-interface.addresses.private-dns-name NetworkInterfaces.PrivateIpAddresses.PrivateDnsName
network-interface.attachment.network-card-index NetworkInterfaces.Attachment.NetworkCardIndex
network-interface.ipv4-prefixes.ipv4-prefix NetworkInterfaces.Ipv4Prefixes.Ipv4Prefix
network-interface.ipv6-address NetworkInterfaces.Ipv6Addresses.Ipv6Address
network-interface.ipv6-addresses.is-primary-ipv6 NetworkInterfaces.Ipv6Addresses.IsPrimaryIpv6
network-interface.ipv6-prefixes.ipv6-prefix NetworkInterfaces.Ipv6Prefixes.Ipv6Prefix
network-interface.public-dns-name NetworkInterfaces.Association.PublicDnsName
placement-group-name Placement.GroupName
private-dns-name PrivateDnsName
private-ip-address PrivateIpAddress
source-dest-check SourceDestCheck
subnet-id SubnetId
usage-operation-update-time UsageOperationUpdateTime
vpc-id VpcId
"""

# Things that no instance here has; the filters are there and match nothing.
_NOTHING: Final = """
affinity host-id outpost-arn product-code product-code.type tpm-support
network-interface.addresses.association.carrier-ip
network-interface.addresses.association.customer-owned-ip
network-interface.association.carrier-ip network-interface.association.customer-owned-ip
network-interface.deny-all-igw-traffic network-interface.ipv6-native
network-interface.outpost-arn network-interface.tag-key network-interface.tag-value
capacity-reservation-specification.capacity-reservation-target.\
capacity-reservation-resource-group-arn
"""
_EMPTY: Final[_Filters] = MappingProxyType(dict.fromkeys(_NOTHING.split(), _unknown))
_PATHED: Final[_Filters] = MappingProxyType(
    {name: at(path) for name, path in (line.split() for line in _PATHS.strip().splitlines())}
)

_FILTERS: Final[_Filters] = MappingProxyType(
    {
        **_EMPTY,
        **_INTERFACE,
        **_PATHED,
        **_COMMON,
        "architecture": _plain(lambda each: each.architecture),
        "boot-mode": _plain(lambda each: each.boot_mode),
        "capacity-reservation-id": _plain(lambda each: each.capacity_reservation),
        "capacity-reservation-specification.capacity-reservation-preference": _plain(
            lambda each: "" if each.capacity_target else each.capacity_preference
        ),
        "capacity-reservation-specification.capacity-reservation-target."
        "capacity-reservation-id": _plain(lambda each: each.capacity_target),
        "client-token": _plain(lambda each: each.client_token),
        "ebs-optimized": _plain(lambda each: each.is_ebs_optimized),
        "ena-support": _plain(lambda each: each.ena),
        "enclave-options.enabled": _plain(lambda each: each.has_enclave),
        "hibernation-options.configured": _plain(lambda each: each.hibernates),
        "hypervisor": _plain(lambda each: "xen"),
        "image-id": _plain(lambda each: each.image),
        "instance-id": _plain(lambda each: each.id),
        "instance-lifecycle": _plain(lambda each: each.lifecycle),
        "instance-type": _plain(lambda each: each.type),
        "kernel-id": _plain(lambda each: each.kernel),
        "key-name": _plain(lambda each: each.key_name),
        "launch-index": _plain(lambda each: each.launch_index),
        "launch-time": _plain(lambda each: instant(each.launched_ns)),
        "maintenance-options.auto-recovery": _plain(lambda each: each.auto_recovery),
        "metadata-options.http-protocol-ipv4": _plain(lambda each: each.metadata.endpoint),
        "monitoring-state": _plain(lambda each: "enabled" if each.is_monitored else "disabled"),
        "network-performance-options.bandwidth-weighting": _plain(lambda each: each.bandwidth),
        "owner-id": _plain(lambda each: each.owner),
        "placement-partition-number": _plain(lambda each: each.partition or ""),
        "platform": _plain(lambda each: each.platform),
        "platform-details": _plain(lambda each: each.platform_details),
        "private-dns-name-options.enable-resource-name-dns-a-record": _plain(
            lambda each: each.has_a_record
        ),
        "private-dns-name-options.enable-resource-name-dns-aaaa-record": _plain(
            lambda each: each.has_aaaa_record
        ),
        "private-dns-name-options.hostname-type": _plain(lambda each: each.hostname_type),
        "ramdisk-id": _plain(lambda each: each.ramdisk),
        "reason": _plain(lambda each: each.reason),
        "requester-id": _plain(lambda each: each.requester),
        "reservation-id": _plain(lambda each: each.reservation),
        "root-device-name": _plain(lambda each: each.root_device),
        "root-device-type": _plain(lambda each: each.root_type),
        "spot-instance-request-id": _plain(lambda each: each.spot_request),
        "state-reason-code": _plain(lambda each: each.reason_code),
        "state-reason-message": _plain(lambda each: each.reason_message),
        "tenancy": _plain(lambda each: each.tenancy),
        "usage-operation": _plain(lambda each: each.usage_operation),
        "virtualization-type": _plain(lambda each: "hvm"),
    }
)


def _status(call: Call, instance: Instance) -> Sequence[str]:
    return (status_of(call, instance),)


def _reach(call: Call, instance: Instance) -> Sequence[str]:
    return (_reachability(status_of(call, instance)),)


_EVENTS: Final[_Filters] = MappingProxyType(
    {
        f"event.{name}": _unknown
        for name in (
            "code", "description", "instance-event-id", "not-after", "not-before",
            "not-before-deadline",
        )
    }
)  # fmt: skip
INSTANCES_DESCRIBED: Final[Description[Instance]] = Description(
    kind=INSTANCE, ids="InstanceIds", answer="Instances", view=_itself, filters=_FILTERS
)
_STATUS_DESCRIBED: Final[Description[Instance]] = Description(
    kind=INSTANCE,
    ids="InstanceIds",
    answer="InstanceStatuses",
    view=_status_view,
    filters=MappingProxyType(
        {
            **_COMMON,
            "instance-status.status": _status,
            "instance-status.reachability": _reach,
            "system-status.status": _status,
            "system-status.reachability": _reach,
            "attached-ebs-status.status": _status,
            "application-status.status": _unknown,
            **_EVENTS,
        }
    ),
)  # fmt: skip


def describe_instance_image_metadata(call: Call, request: Input) -> Output:
    """Running instances with what is known of their images; an image that is gone is its id."""
    rows = chosen(call, request, _IMAGES_DESCRIBED)
    return described(call, request, _IMAGES_DESCRIBED, rows)


def _image_metadata(call: Call, instance: Instance) -> dict[str, Any]:
    image = find_image(call, instance.image)
    known: dict[str, Any] = {"ImageId": instance.image}
    if image is not None:
        known |= {
            "Name": image.name,
            "OwnerId": image.owner,
            "State": image.state,
            "CreationDate": instant(image.created_ns),
            "IsPublic": image.is_public,
        }
        if image.alias:
            known["ImageOwnerAlias"] = image.alias
        if image.deprecated_ns:
            known["DeprecationTime"] = instant(image.deprecated_ns)
    return {
        "InstanceId": instance.id,
        "InstanceType": instance.type,
        "LaunchTime": instance.launched_ns / SECOND_NS,
        "AvailabilityZone": zone_name(call, instance.zone_id),
        "ZoneId": instance.zone_id,
        "State": state_of(instance.state),
        "OwnerId": instance.owner,
        "Tags": tags.shown(call, instance.id),
        "ImageMetadata": known,
        "Operator": {"Managed": False},
    }


def _of_image(texts: Callable[[Image], str]) -> Texts:
    def of_its(call: Call, instance: Instance) -> Sequence[str]:
        image = find_image(call, instance.image)
        return (texts(image),) if image is not None and texts(image) else ()

    return of_its


_IMAGES_DESCRIBED: Final[Description[Instance]] = Description(
    kind=INSTANCE,
    ids="InstanceIds",
    answer="InstanceImageMetadata",
    view=_image_metadata,
    filters=MappingProxyType(
        {
            **_COMMON,
            "image-allowed": _of_image(lambda image: "true"),
            "instance-type": _plain(lambda each: each.type),
            "launch-time": _plain(lambda each: instant(each.launched_ns)),
            "owner-alias": _of_image(lambda image: image.alias),
            "owner-id": _plain(lambda each: each.owner),
            "zone-id": _plain(lambda each: each.zone_id),
        }
    ),
)
