"""What a launch can say about an instance beside its network and its disks, checked.

Rules of this file: each function reads one part of a RunInstances request and answers what the
instance is to have, or raises what AWS says. Nothing is changed.
"""

from __future__ import annotations

import base64
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2.instances.devices import Device
from cloudchamber.services.ec2.instances.limits import USER_DATA_MAX
from cloudchamber.services.ec2.instances.nouns import (
    KEY_PAIRS,
    PLACEMENT_GROUPS,
    Image,
    Metadata,
    PlacementGroup,
)
from cloudchamber.services.ec2.instances.settings import settings_of
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value
from cloudchamber.services.ec2.vpcs.nouns import Subnet, Vpc
from cloudchamber.world.capacity.catalogue import InstanceType, find_type

HOPS_MAX: Final = 64
# Types that came before hardware virtualisation, and the one that is meant when none is named.
DEFAULT_TYPE: Final = "m1.small"
_PARAVIRTUAL: Final = frozenset({"m1", "c1", "t1"})
UNLIMITED: Final = frozenset({"t3", "t3a", "t4g"})


def expect_type(name: str) -> InstanceType:
    """A type of the catalogue. One that AWS has and the catalogue has not is refused by name."""
    kind = find_type(name)
    if kind is None:
        raise Refused("ec2", "RunInstances", f"the instance type {name} is not in the catalogue")
    return kind


def expect_fits(kind: InstanceType, image: Image) -> None:
    """A type can start an image. Raises InvalidParameterValue or -Combination."""
    if image.architecture not in kind.architectures:
        raise AwsError(
            "InvalidParameterValue",
            f"The architecture '{','.join(kind.architectures)}' of the specified instance type "
            f"does not match the architecture '{image.architecture}' of the specified AMI. Specify "
            "an instance type and an AMI that have matching architectures, and try again. You can "
            "use 'describe-instance-types' or 'describe-images' to discover the architecture of "
            "the instance type or AMI.",
        )
    if kind.family in _PARAVIRTUAL and image.virtualization == "hvm" and not image.platform:
        raise invalid_combination(
            "Non-Windows instances with a virtualization type of 'hvm' are currently not supported "
            f"for this instance type : {kind.name}"
        )
    if image.boot_mode == "uefi" and not kind.is_nitro:
        raise AwsError(
            "Unsupported",
            f"The instance type '{kind.name}' does not support the boot mode 'uefi' of the AMI.",
        )


def user_data(request: Input) -> str:
    """The user data, as it was sent. Raises InvalidUserData.Malformed or InvalidParameterValue."""
    text: str = request.get("UserData", "")
    return checked_user_data(text)


def checked_user_data(text: str) -> str:
    """User data in base64: at most 16 KiB before it is encoded."""
    try:
        raw = base64.b64decode("".join(text.split()), validate=True)
    except ValueError:  # also what is no ASCII at all
        raise AwsError(
            "InvalidUserData.Malformed", "Invalid BASE64 encoding of user data"
        ) from None
    if len(raw) > USER_DATA_MAX:
        raise AwsError("InvalidParameterValue", f"User data is limited to {USER_DATA_MAX} bytes")
    return text


def key_name(call: Call, request: Input) -> str:
    """The key pair's name. Raises InvalidKeyPair.NotFound."""
    name: str = request.get("KeyName", "")
    if name and not any(each.name == name for each in call.rows(KEY_PAIRS).values()):
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    return name


def metadata(call: Call, request: Input, image: Image) -> Metadata:
    """How the metadata can be reached: as asked, else as the account or the image has it."""
    given: dict[str, Any] = request.get("MetadataOptions", {})
    chosen = settings_of(call)
    of_image = "required" if image.imds == "v2.0" else "optional"
    is_enforced = chosen.tokens_enforced == "enabled"
    options = Metadata(
        tokens=given.get("HttpTokens") or chosen.tokens or of_image,
        hop_limit=given.get("HttpPutResponseHopLimit")
        or chosen.hop_limit
        or (2 if image.imds == "v2.0" else 1),
        endpoint=given.get("HttpEndpoint") or chosen.endpoint or "enabled",
        ipv6=given.get("HttpProtocolIpv6") or "disabled",
        tags=given.get("InstanceMetadataTags") or chosen.metadata_tags or "disabled",
    )
    if is_enforced and options.tokens == "optional":
        raise AwsError(
            "UnsupportedOperation",
            "You can't launch instances with IMDSv1 because httpTokensEnforced is enabled for this "
            "account. Either launch the instance with httpTokens=required or contact your account "
            "owner to disable httpTokensEnforced.",
        )
    expect_hops(options.hop_limit)
    if options.endpoint == "disabled" and given.get("HttpTokens"):
        raise invalid_combination(
            "The HttpTokens parameter cannot be used when HttpEndpoint is disabled."
        )
    return options


def expect_hops(limit: int) -> None:
    """A hop limit from 1 to 64. Raises InvalidParameterValue."""
    if not 1 <= limit <= HOPS_MAX:
        raise invalid_value(
            limit, "HttpPutResponseHopLimit", f"It must be between 1 and {HOPS_MAX}."
        )


def credits(call: Call, request: Input, kind: InstanceType) -> str:
    """`standard` or `unlimited` for a burstable type, empty for others."""
    asked = request.get("CreditSpecification", {}).get("CpuCredits", "")
    if not kind.is_burstable or kind.family == "t1":
        if asked:
            raise invalid_combination(
                f"The CreditSpecification parameter is not supported for the instance type "
                f"{kind.name}."
            )
        return ""
    if asked not in ("", "standard", "unlimited"):
        raise invalid_value(asked, "CpuCredits", "It must be standard or unlimited.")
    if asked:
        return str(asked)
    return default_credits(call, kind.family)


def default_credits(call: Call, family: str) -> str:
    """The account's default for a burstable family; T2 is AWS's only one that is standard."""
    return settings_of(call).credits.get(family) or (
        "unlimited" if family in UNLIMITED else "standard"
    )


def cpu(request: Input, kind: InstanceType) -> tuple[int, int]:
    """Cores and threads of each. Raises InvalidParameterValue or -Combination."""
    given = request.get("CpuOptions", {})
    cores, threads = given.get("CoreCount"), given.get("ThreadsPerCore")
    if cores is None and threads is None:
        return kind.cores, kind.threads_per_core
    if cores is None or threads is None:
        raise invalid_combination(
            "You must specify both CoreCount and ThreadsPerCore in the CpuOptions parameter."
        )
    if not 1 <= cores <= kind.cores or (cores > 1 and cores % 2):
        raise invalid_value(cores, "CoreCount", f"{kind.name} has {kind.cores} cores.")
    if not 1 <= threads <= kind.threads_per_core:
        raise invalid_value(
            threads, "ThreadsPerCore", f"{kind.name} has {kind.threads_per_core} threads per core."
        )
    return cores, threads


def tenancy(request: Input, vpc: Vpc) -> str:
    """`default` or `dedicated`; Dedicated Hosts are refused."""
    asked: str = request.get("Placement", {}).get("Tenancy") or "default"
    if asked == "host" or request.get("Placement", {}).get("HostId"):
        raise Refused("ec2", "RunInstances", "Dedicated Hosts are not there yet")
    return "dedicated" if vpc.tenancy == "dedicated" else asked


def group(call: Call, request: Input, kind: InstanceType) -> tuple[PlacementGroup | None, int]:
    """The placement group and the partition. Raises InvalidPlacementGroup.Unknown and others."""
    given = request.get("Placement", {})
    name, identifier = given.get("GroupName"), given.get("GroupId")
    if not name and not identifier:
        if given.get("PartitionNumber"):
            raise invalid_combination("A partition number requires a partition placement group.")
        return None, 0
    found = find_group(call, name, identifier)
    number: int = given.get("PartitionNumber", 0)
    if number and (found.strategy != "partition" or not 1 <= number <= found.partitions):
        raise invalid_value(
            number, "PartitionNumber", f"The placement group '{found.name}' has no such partition."
        )
    if found.strategy == "cluster" and (kind.is_burstable or not kind.ebs):
        raise invalid_combination(
            f"Cluster placement groups are not supported by the '{kind.name}' instance type. "
            "Specify a supported instance type or change the placement group strategy, and try "
            "again."
        )
    return found, number


def find_group(call: Call, name: str | None, identifier: str | None) -> PlacementGroup:
    """A placement group by name or id. Raises InvalidPlacementGroup.Unknown."""
    for each in call.rows(PLACEMENT_GROUPS).values():
        if each.name == name or (name is None and each.id == identifier):
            return each
    raise AwsError(
        "InvalidPlacementGroup.Unknown", f"The Placement Group '{name or identifier}' is unknown."
    )


def expect_hibernation(
    request: Input, kind: InstanceType, image: Image, devices: list[Device]
) -> bool:
    """Whether the instances can be hibernated. Raises UnsupportedHibernationConfiguration."""
    if not request.get("HibernationOptions", {}).get("Configured"):
        return False
    why = ""
    root = next((each for each in devices if each.name == image.root_device), None)
    if not kind.can_hibernate:
        why = f"The instance type {kind.name} does not support hibernation."
    elif root is None or not root.plan.is_encrypted:
        why = "The root volume must be encrypted to enable hibernation."
    elif root.plan.shape.size * 1024 < kind.memory_mib:
        why = "The root volume is too small to hold the contents of the instance's memory."
    if why:
        raise AwsError("UnsupportedHibernationConfiguration", why)
    return True


def expect_enclaves(request: Input, kind: InstanceType) -> bool:
    """Whether the instances can have enclaves. Raises InvalidParameterCombination."""
    if not request.get("EnclaveOptions", {}).get("Enabled"):
        return False
    least = 2 if kind.architecture == "arm64" else 4
    if not kind.is_nitro or kind.is_bare_metal or kind.vcpus < least:
        raise invalid_combination(
            f"Nitro Enclaves are not supported by the instance type {kind.name}."
        )
    if request.get("HibernationOptions", {}).get("Configured"):
        raise invalid_combination(
            "You can't enable hibernation and Nitro Enclaves on the same instance."
        )
    return True


def expect_ebs_optimized(request: Input, kind: InstanceType) -> bool:
    """Whether EBS-optimized was asked for. Raises Unsupported."""
    asked = bool(request.get("EbsOptimized"))
    if asked and kind.ebs is None:
        raise AwsError(
            "Unsupported",
            "EBS-optimized instances are not supported for your requested configuration. Please "
            "check the documentation for supported configurations.",
        )
    return asked


def naming(request: Input, subnet: Subnet) -> tuple[str, bool, bool]:
    """The kind of host name, and whether resource names have A and AAAA records."""
    given = request.get("PrivateDnsNameOptions", {})
    return (
        given.get("HostnameType") or subnet.hostname_type,
        given.get("EnableResourceNameDnsARecord", subnet.has_a_record),
        given.get("EnableResourceNameDnsAAAARecord", subnet.has_aaaa_record),
    )
