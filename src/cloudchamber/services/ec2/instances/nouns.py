"""Instances and what they start from: images, key pairs, launch templates, groups. The state.

Rules of this file: plain data. Zones are zone ids, instants are ns of the chamber's clock, texts
are AWS's words.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind
from cloudchamber.world.capacity.pools import Pool


class Metadata(msgspec.Struct, kw_only=True):
    """How an instance's metadata can be reached (InstanceMetadataOptions, and the account's)."""

    tokens: str = "optional"
    hop_limit: int = 1
    endpoint: str = "enabled"
    ipv6: str = "disabled"
    tags: str = "disabled"


class Instance(msgspec.Struct, kw_only=True):
    """An instance; `interfaces` in order of their device index, the primary one first.

    `state` is AWS's name (pending, running, stopping, stopped, shutting-down, terminated).
    `host` is the place that the capacity gave it in the pool of its type and zone, -1 while it has
    none. Volumes are known by their own attachments. `lifecycle` is `spot` or empty. `user_data` is
    as it was sent, in base64. `changed_ns` is when it came into its state, `booted_ns` when it last
    booted. `hibernates` says that it can be hibernated, `is_hibernated` that it is. `partition`
    counts from 1, 0 for none.
    """

    id: str
    owner: str
    type: str
    image: str
    vpc: str
    subnet: str
    zone_id: str
    reservation: str
    launch_index: int = 0
    state: str = "pending"
    interfaces: list[str] = []
    launched_ns: int = 0
    changed_ns: int = 0
    booted_ns: int = 0
    host: int = -1
    architecture: str = "x86_64"
    platform: str = ""
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    boot_mode: str = ""
    root_device: str = ""
    root_type: str = "ebs"
    ena: bool = True
    key_name: str = ""
    user_data: str = ""
    is_monitored: bool = False
    tenancy: str = "default"
    group: str = ""  # the placement group's id
    partition: int = 0
    hibernates: bool = False
    is_hibernated: bool = False
    credits: str = ""
    profile: str = ""  # the association's id
    metadata: Metadata = msgspec.field(default_factory=Metadata)
    cores: int = 0
    threads: int = 0
    has_enclave: bool = False
    hostname_type: str = "ip-name"
    has_a_record: bool = False
    has_aaaa_record: bool = False
    auto_recovery: str = "default"
    reboot_migration: str = "default"
    bandwidth: str = "default"
    is_ebs_optimized: bool = False
    is_kept: bool = False  # DisableApiTermination
    is_kept_running: bool = False  # DisableApiStop
    on_shutdown: str = "stop"
    client_token: str = ""
    lifecycle: str = ""
    spot_request: str = ""
    capacity_preference: str = "open"
    capacity_target: str = ""
    capacity_reservation: str = ""
    requester: str = ""
    kernel: str = ""
    ramdisk: str = ""
    reason: str = ""  # StateTransitionReason
    reason_code: str = ""
    reason_message: str = ""


class ImageDevice(msgspec.Struct, kw_only=True):
    """A block device of an image: an EBS volume, or (with `virtual`) a local disk."""

    name: str
    snapshot: str = ""
    size: int = 8
    type: str = "gp3"
    iops: int = 0
    throughput: int = 0
    is_encrypted: bool = False
    delete_on_termination: bool = True
    virtual: str = ""


class Image(msgspec.Struct, kw_only=True):
    """A machine image. `users` are accounts (and organisations' ARNs) that may launch it.

    `deprecated_ns` is when DescribeImages stops showing it to others, 0 for never.
    """

    id: str
    owner: str
    name: str
    description: str = ""
    architecture: str = "x86_64"
    root_device: str = "/dev/xvda"
    devices: list[ImageDevice] = []
    virtualization: str = "hvm"
    platform: str = ""
    platform_details: str = "Linux/UNIX"
    usage_operation: str = "RunInstances"
    boot_mode: str = ""
    imds: str = ""
    tpm: str = ""
    ena: bool = True
    sriov: str = "simple"
    state: str = "available"
    is_public: bool = False
    users: list[str] = []
    alias: str = ""
    created_ns: int = 0
    deprecated_ns: int = 0
    launched_ns: int = 0
    source_image: str = ""
    source_region: str = ""
    source_instance: str = ""
    is_protected: bool = False
    protection: str = ""  # disabled, enabled-without-cooldown, enabled-with-cooldown
    protected_until_ns: int = 0
    parameter: str = ""  # the public parameter of Systems Manager that names it


class KeyPair(msgspec.Struct, kw_only=True):
    """A key pair's public half, in OpenSSH's form; the private half is answered once."""

    id: str
    owner: str
    name: str
    type: str
    fingerprint: str
    public: str
    created_ns: int = 0


class TemplateVersion(msgspec.Struct, kw_only=True):
    """A version of a launch template: RequestLaunchTemplateData as it was given."""

    number: int
    data: dict[str, Any]
    description: str = ""
    created_by: str = ""
    created_ns: int = 0


class Template(msgspec.Struct, kw_only=True):
    """A launch template and its versions by number; `made` is the last number ever given."""

    id: str
    owner: str
    name: str
    versions: dict[int, TemplateVersion]
    default: int = 1
    latest: int = 1
    made: int = 1
    created_by: str = ""
    created_ns: int = 0


class PlacementGroup(msgspec.Struct, kw_only=True):
    """A placement group: `cluster`, `spread` (over `host`s or `rack`s) or `partition`."""

    id: str
    owner: str
    name: str
    strategy: str
    level: str = ""
    partitions: int = 0
    state: str = "available"


class ProfileAssociation(msgspec.Struct, kw_only=True):
    """An IAM instance profile that an instance has."""

    id: str
    owner: str
    instance: str
    profile_arn: str
    profile_id: str
    state: str = "associated"
    changed_ns: int = 0


class Settings(msgspec.Struct, kw_only=True):
    """What an account has chosen for all its instances in a Region. Texts are empty for none."""

    serial_console: bool = False
    image_block: str = "block-new-sharing"
    allowed_images: str = "disabled"
    image_criteria: list[dict[str, Any]] = []
    tokens: str = ""
    tokens_enforced: str = ""
    hop_limit: int = 0
    endpoint: str = ""
    metadata_tags: str = ""
    credits: dict[str, str] = {}
    event_tags: list[str] = []
    event_all_tags: bool = False


class Usage(msgspec.Struct):
    """The vCPUs that an account runs in a Region, by quota."""

    vcpus: dict[str, int]


INSTANCES: Final = Table("ec2.instances", Instance, ordered=True)
IMAGES: Final = Table("ec2.images", Image, ordered=True)
KEY_PAIRS: Final = Table("ec2.key-pairs", KeyPair, ordered=True)
TEMPLATES: Final = Table("ec2.launch-templates", Template, ordered=True)
PLACEMENT_GROUPS: Final = Table("ec2.placement-groups", PlacementGroup, ordered=True)
PROFILES: Final = Table("ec2.profile-associations", ProfileAssociation, ordered=True)
# One row, "settings".
SETTINGS: Final = Table("ec2.instance-settings", Settings)
# One row, "vcpus".
USAGE: Final = Table("ec2.vcpu-usage", Usage)
# By type and zone id.
POOLS: Final = Table("ec2.capacity-pools", Pool, "world", key_type=tuple[str, str])

INSTANCE: Final = Kind(
    prefix="i", type="instance", table=INSTANCES, said="instance ID",
    not_found="InvalidInstanceID.NotFound", malformed="InvalidInstanceID.Malformed",
)  # fmt: skip
IMAGE: Final = Kind(
    prefix="ami", type="image", table=IMAGES, said="image id",
    not_found="InvalidAMIID.NotFound", malformed="InvalidAMIID.Malformed",
)  # fmt: skip
KEY_PAIR: Final = Kind(
    prefix="key", type="key-pair", table=KEY_PAIRS, said="key pair",
    not_found="InvalidKeyPair.NotFound", malformed="InvalidKeyPair.Format",
)  # fmt: skip
TEMPLATE: Final = Kind(
    prefix="lt", type="launch-template", table=TEMPLATES, said="launch template ID",
    not_found="InvalidLaunchTemplateId.NotFound", malformed="InvalidLaunchTemplateId.Malformed",
)  # fmt: skip
PLACEMENT_GROUP: Final = Kind(
    prefix="pg", type="placement-group", table=PLACEMENT_GROUPS, said="Placement Group",
    not_found="InvalidPlacementGroup.Unknown", malformed="InvalidPlacementGroupId.Malformed",
)  # fmt: skip
PROFILE: Final = Kind(
    prefix="iip-assoc", type="iam-instance-profile-association", table=PROFILES,
    said="association ID", not_found="InvalidAssociationID.NotFound",
    malformed="InvalidAssociationID.Malformed",
)  # fmt: skip
