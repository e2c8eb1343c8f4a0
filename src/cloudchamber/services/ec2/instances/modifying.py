"""What else can be changed of an instance that is there: metadata options, placement, credits,
monitoring, names, maintenance, CPU options.

Rules of this file: each operation changes one thing that DescribeInstances shows. `placing.py` and
the clock do the rest.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.describing import Description, chosen, described
from cloudchamber.services.ec2.instances import options
from cloudchamber.services.ec2.instances.lookup import expect_instances, expect_named, is_live
from cloudchamber.services.ec2.instances.nouns import INSTANCE, INSTANCES, Instance
from cloudchamber.services.ec2.instances.settings import changing
from cloudchamber.services.ec2.instances.views import metadata_view
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    missing_parameter,
)
from cloudchamber.world.capacity.catalogue import find_type

_BURSTABLE: Final = frozenset({"t2", "t3", "t3a", "t4g"})


def modify_instance_metadata_options(call: Call, request: Input) -> Output:
    """Change how the metadata of an instance can be reached, at once."""
    instance = expect_named(call, request)
    if not is_live(instance):
        raise _not_in_state(instance)
    names = ("HttpTokens", "HttpPutResponseHopLimit", "HttpEndpoint", "HttpProtocolIpv6",
             "InstanceMetadataTags")  # fmt: skip
    if not any(request.get(each) is not None for each in names):
        raise missing_parameter("HttpTokens, HttpPutResponseHopLimit or HttpEndpoint")
    options.expect_hops(request.get("HttpPutResponseHopLimit", 1))
    has_other = request.get("HttpTokens") or request.get("HttpPutResponseHopLimit")
    if request.get("HttpEndpoint") == "disabled" and has_other:
        raise invalid_combination(
            "HttpTokens and HttpPutResponseHopLimit cannot be set when HttpEndpoint is disabled."
        )
    now = instance.metadata
    now.tokens = request.get("HttpTokens", now.tokens)
    now.hop_limit = request.get("HttpPutResponseHopLimit", now.hop_limit)
    now.endpoint = request.get("HttpEndpoint", now.endpoint)
    now.ipv6 = request.get("HttpProtocolIpv6", now.ipv6)
    now.tags = request.get("InstanceMetadataTags", now.tags)
    return {
        "InstanceId": instance.id,
        "InstanceMetadataOptions": {**metadata_view(now), "State": "pending"},
    }


def modify_instance_placement(call: Call, request: Input) -> Output:
    """Move a stopped instance into a placement group, or out of it (an empty name)."""
    instance = expect_named(call, request)
    if instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'stopped' state.",
        )
    if request.get("Tenancy") == "host" or request.get("HostId") or request.get("Affinity"):
        raise Refused("ec2", "ModifyInstancePlacement", "Dedicated Hosts are not there yet")
    if request.get("Tenancy"):
        raise invalid_combination(
            f"The tenancy of '{instance.id}' can be changed only from and to host."
        )
    name = request.get("GroupName")
    if name is None and request.get("GroupId") is None and not request.get("PartitionNumber"):
        raise missing_parameter("GroupName")
    if name == "":
        instance.group, instance.partition = "", 0
        return {"Return": True}
    kind = options.expect_type(instance.type)
    given: dict[str, Any] = {
        "GroupName": name,
        "GroupId": request.get("GroupId") or (None if name else instance.group),
        "PartitionNumber": request.get("PartitionNumber", 0),
    }
    group, partition = options.group(call, {"Placement": given}, kind)
    instance.group, instance.partition = group.id if group else "", partition
    return {"Return": True}


def modify_instance_credit_specification(call: Call, request: Input) -> Output:
    """Change the credits of burstable instances; those that cannot be are listed apart."""
    given = request.get("InstanceCreditSpecifications", ())
    if not given:
        raise missing_parameter("InstanceCreditSpecification")
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for each in given:
        identifier, credits = each.get("InstanceId", ""), each.get("CpuCredits", "")
        instance = call.rows(INSTANCES).get(identifier)
        problem = _credit_problem(instance, identifier, credits)
        if problem:
            failed.append(
                {"InstanceId": identifier, "Error": {"Code": problem[0], "Message": problem[1]}}
            )
        elif instance is not None:
            instance.credits = credits
            done.append({"InstanceId": identifier})
    return {
        "SuccessfulInstanceCreditSpecifications": done,
        "UnsuccessfulInstanceCreditSpecifications": failed,
    }


def describe_instance_credit_specifications(call: Call, request: Input) -> Output:
    """Credits of burstable instances; without ids, of those that are unlimited."""
    rows = [each for each in chosen(call, request, _CREDITS_DESCRIBED) if each.credits]
    if not request.get("InstanceIds"):
        rows = [each for each in rows if each.credits == "unlimited"]
    return described(call, request, _CREDITS_DESCRIBED, rows)


def modify_default_credit_specification(call: Call, request: Input) -> Output:
    """Change what new instances of a burstable family get."""
    family, credits = request.get("InstanceFamily", ""), request.get("CpuCredits", "")
    _expect_family(family)
    if credits not in ("standard", "unlimited"):
        raise invalid_value(credits, "CpuCredits", "It must be standard or unlimited.")
    changing(call).credits[family] = credits
    return _family_view(call, family)


def get_default_credit_specification(call: Call, request: Input) -> Output:
    """What new instances of a burstable family get."""
    family = request.get("InstanceFamily", "")
    _expect_family(family)
    return _family_view(call, family)


def monitor_instances(call: Call, request: Input) -> Output:
    """Turn detailed monitoring on; it is pending in the answer."""
    return _monitor(call, request, is_on=True)


def unmonitor_instances(call: Call, request: Input) -> Output:
    """Turn detailed monitoring off; it is disabling in the answer."""
    return _monitor(call, request, is_on=False)


def modify_private_dns_name_options(call: Call, request: Input) -> Output:
    """Change the kind of host name of a stopped instance, and which records it has."""
    instance = expect_named(call, request)
    wanted = request.get("PrivateDnsHostnameType")
    if wanted and wanted != instance.hostname_type and instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'stopped' state.",
        )
    instance.hostname_type = wanted or instance.hostname_type
    instance.has_a_record = request.get("EnableResourceNameDnsARecord", instance.has_a_record)
    instance.has_aaaa_record = request.get(
        "EnableResourceNameDnsAAAARecord", instance.has_aaaa_record
    )
    return {"Return": True}


def modify_instance_maintenance_options(call: Call, request: Input) -> Output:
    """Change whether an instance is recovered or migrated by itself. No host here ever fails."""
    instance = expect_named(call, request)
    instance.auto_recovery = request.get("AutoRecovery", instance.auto_recovery)
    instance.reboot_migration = request.get("RebootMigration", instance.reboot_migration)
    return {
        "InstanceId": instance.id,
        "AutoRecovery": instance.auto_recovery,
        "RebootMigration": instance.reboot_migration,
    }


def modify_instance_cpu_options(call: Call, request: Input) -> Output:
    """Change cores and threads of a stopped instance."""
    instance = expect_named(call, request)
    if instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'stopped' state.",
        )
    kind = options.expect_type(instance.type)
    instance.cores, instance.threads = options.cpu({"CpuOptions": request}, kind)
    return {
        "InstanceId": instance.id,
        "CoreCount": instance.cores,
        "ThreadsPerCore": instance.threads,
    }


def modify_instance_network_performance_options(call: Call, request: Input) -> Output:
    """Shift bandwidth between the network and EBS, on types of the eighth generation."""
    instance = expect_named(call, request)
    kind = find_type(instance.type)
    weighting = request.get("BandwidthWeighting", "default")
    if instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'stopped' state.",
        )
    if weighting != "default" and not (kind and has_weighting(kind.family, kind.generation)):
        raise invalid_combination(
            f"The instance type {instance.type} does not support bandwidth weighting."
        )
    instance.bandwidth = weighting
    return {"InstanceId": instance.id, "BandwidthWeighting": weighting}


def modify_instance_capacity_reservation_attributes(call: Call, request: Input) -> Output:
    """Change which Capacity Reservations a stopped instance may run in."""
    instance = expect_named(call, request)
    given = request.get("CapacityReservationSpecification", {})
    if instance.state != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in the 'stopped' state.",
        )
    target = given.get("CapacityReservationTarget", {}).get("CapacityReservationId", "")
    instance.capacity_target = target
    instance.capacity_preference = given.get(
        "CapacityReservationPreference", instance.capacity_preference
    )
    return {"Return": True}


def has_weighting(family: str, generation: int) -> bool:
    """Whether a family can weigh its bandwidth.

    https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configure-bandwidth-weighting.html
    """
    return generation == 8 and family[0] in "cmrx"


def _monitor(call: Call, request: Input, *, is_on: bool) -> Output:
    instances = expect_instances(call, request.get("InstanceIds", ()))
    shown = []
    for each in instances:
        changes = each.is_monitored != is_on
        each.is_monitored = is_on
        state = ("pending" if is_on else "disabling") if changes else _monitored(each)
        shown.append({"InstanceId": each.id, "Monitoring": {"State": state}})
    return {"InstanceMonitorings": shown}


def _monitored(instance: Instance) -> str:
    return "enabled" if instance.is_monitored else "disabled"


def _credit_problem(
    instance: Instance | None, identifier: str, credits: str
) -> tuple[str, str] | None:
    if instance is None:
        return "InvalidInstanceID.NotFound", f"The instance ID '{identifier}' does not exist"
    if not instance.credits:
        return (
            "InstanceCreditSpecification.NotSupported",
            f"The instance '{identifier}' does not support CPU credits.",
        )
    if instance.state not in ("running", "stopped", "pending", "stopping"):
        return "IncorrectInstanceState", f"The instance '{identifier}' is {instance.state}."
    if credits not in ("standard", "unlimited"):
        return "InvalidParameterValue", f"The value '{credits}' is not standard or unlimited."
    return None


def _expect_family(family: str) -> None:
    if family not in _BURSTABLE:
        raise invalid_value(
            family, "InstanceFamily", "It must be a burstable performance instance family."
        )


def _family_view(call: Call, family: str) -> Output:
    return {
        "InstanceFamilyCreditSpecification": {
            "InstanceFamily": family,
            "CpuCredits": options.default_credits(call, family),
        }
    }


def _credit_view(call: Call, instance: Instance) -> dict[str, Any]:
    return {"InstanceId": instance.id, "CpuCredits": instance.credits}


def _not_in_state(instance: Instance) -> AwsError:
    return AwsError(
        "IncorrectInstanceState",
        f"The instance '{instance.id}' is not in the 'running' or 'stopped' state.",
    )


_NO_FILTERS: Final[Mapping[str, Any]] = MappingProxyType(
    {"instance-id": lambda call, each: (each.id,)}
)
_CREDITS_DESCRIBED: Final[Description[Instance]] = Description(
    kind=INSTANCE,
    ids="InstanceIds",
    answer="InstanceCreditSpecifications",
    view=_credit_view,
    filters=_NO_FILTERS,
)
