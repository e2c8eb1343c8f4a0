"""Multi-Region keys: the same key in other Regions, and which of them is the primary.

Rules of this file: related keys share id, material, spec and rotation; each has a policy, tags,
aliases, grants and a state of its own.
https://docs.aws.amazon.com/kms/latest/developerguide/multi-region-keys-overview.html
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import making, policies, tagging
from cloudchamber.services.kms.lookup import check_enabled, invalid, owned_key, unsupported
from cloudchamber.services.kms.metadata import arn_in, shown
from cloudchamber.services.kms.nouns import (
    ENABLED,
    EXTERNAL,
    KEYS,
    PENDING_IMPORT,
    Key,
    Material,
)
from cloudchamber.world.geography.regions import find_region


def replicate_key(call: Call, request: Input) -> Output:
    """A replica of a multi-Region primary key in another Region."""
    primary = _primary(call, request)
    check_enabled(primary)
    region: str = request["ReplicaRegion"]
    if find_region(region) is None or partition_of(region) != call.partition:
        raise invalid(f"Region {region} is not valid for replicas of {primary.arn}.")
    arn = arn_in(primary, region)
    rows = call.rows(KEYS, primary.account, region)
    if region == primary.region or primary.id in rows:
        raise AwsError("AlreadyExistsException", f"{arn} already exists.")
    tags = tagging.checked(call, {}, request.get("Tags", ()))
    policy = request.get("Policy")
    if policy is None:
        policy = policies.default(call.account, call.partition)
    else:
        bypass = request.get("BypassPolicyLockoutSafetyCheck", False)
        policies.check(call, arn, policy, bypass=bypass)
    imported = primary.origin == EXTERNAL
    replica = Key(
        id=primary.id,
        account=primary.account,
        region=region,
        arn=arn,
        created_ns=call.now,
        spec=primary.spec,
        usage=primary.usage,
        origin=primary.origin,
        policy=policy,
        state=PENDING_IMPORT if imported else ENABLED,
        description=request.get("Description", ""),
        materials=[_copy(each, imported) for each in primary.materials],
        tags=tags,
        primary_region=primary.region,
    )
    rows[primary.id] = replica
    primary.replicas = sorted([*primary.replicas, region])
    call.event(arn, "kms.replicated", f"key {primary.id} is now in {region} too")
    return {
        "ReplicaKeyMetadata": shown(call, replica),
        "ReplicaPolicy": policy,
        "ReplicaTags": [{"TagKey": key, "TagValue": tags[key]} for key in sorted(tags)],
    }


def _copy(material: Material, imported: bool) -> Material:
    # Imported material is imported into each Region by its owner.
    if imported:
        return msgspec.structs.replace(material, data=b"", expires_ns=None)
    return msgspec.structs.replace(material)


def _primary(call: Call, request: Input) -> Key:
    key = owned_key(call, request)
    if not key.primary_region:
        raise unsupported(f"{key.arn} is not a multi-Region key.")
    if key.is_replica:
        raise unsupported(f"{key.arn} is not a multi-Region primary key.")
    return key


def update_primary_region(call: Call, request: Input) -> Output:
    """Make a replica the primary; the former primary is its replica then."""
    primary = _primary(call, request)
    region: str = request["PrimaryRegion"]
    related = making.relatives(call, primary)
    chosen = next((key for key in related if key.region == region), None)
    if chosen is None or chosen is primary:
        raise AwsError(
            "NotFoundException", f"{arn_in(primary, region)} is not a replica of {primary.arn}."
        )
    check_enabled(primary)
    check_enabled(chosen)
    chosen.replicas = sorted(key.region for key in related if key is not chosen)
    primary.replicas = []
    for key in related:
        key.primary_region = region
    chosen.on_demand = primary.on_demand
    if primary.rotation_ns is not None:
        days, due_ns = primary.rotation_days, primary.rotation_ns
        making.stop_rotation(call, primary)
        making.plan_rotation(call, chosen, days, due_ns)
    return {}
