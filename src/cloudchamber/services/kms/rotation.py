"""Rotation: by the calendar, on demand, and the list of what was.

Rules of this file: only symmetric keys rotate. What is automatic is an instant on the clock; a
multi-Region key rotates where its primary is, for all its Regions.
https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import making
from cloudchamber.services.kms.limits import ROTATION_DAYS
from cloudchamber.services.kms.lookup import (
    check_customers,
    check_enabled,
    check_origin,
    expect_key,
    invalid_state,
    owned_key,
    unsupported,
)
from cloudchamber.services.kms.metadata import expiration, seconds
from cloudchamber.services.kms.nouns import (
    EXTERNAL,
    PENDING_DELETION,
    PENDING_ROTATION,
    Key,
    Material,
)
from cloudchamber.services.kms.paging import listed

# "an automatic rotation of this key is currently in progress or scheduled to begin within the next
# 20 minutes", ConflictException in the API reference.
_NEAR_NS: Final = 20 * MINUTE_NS


def enable_key_rotation(call: Call, request: Input) -> Output:
    """Have a key rotate every 90 to 2560 days, 365 if not said."""
    key = _rotating(call, request)
    making.stop_rotation(call, key)
    making.plan_rotation(call, key, request.get("RotationPeriodInDays", ROTATION_DAYS))
    return {}


def disable_key_rotation(call: Call, request: Input) -> Output:
    """Have a key rotate no more by itself."""
    making.stop_rotation(call, _rotating(call, request))
    return {}


def _rotating(call: Call, request: Input) -> Key:
    key = owned_key(call, request)
    _check_kind(key)
    check_origin(key, imported=False)
    check_customers(key)
    _check_primary(key)
    check_enabled(key)
    return key


def _check_kind(key: Key) -> None:
    if not key.is_symmetric:
        raise unsupported(f"{key.arn} key spec is {key.spec} which is not valid for key rotation.")


def _check_primary(key: Key) -> None:
    if key.is_replica:
        raise unsupported(f"{key.arn} is a replica: the primary key rotates for all its replicas.")


def get_key_rotation_status(call: Call, request: Input) -> Output:
    """Whether and when a key rotates by itself. One that cannot does not, which is no error:
    Terraform asks this of every key."""
    key = expect_key(call, request["KeyId"])
    plan = making.relatives(call, key)[0]
    output: Output = {"KeyId": key.arn, "KeyRotationEnabled": False}
    # "While the KMS key is pending deletion, its key rotation status is false"
    if plan.rotation_ns is not None and key.state != PENDING_DELETION:
        output["KeyRotationEnabled"] = True
        output["RotationPeriodInDays"] = plan.rotation_days
        output["NextRotationDate"] = seconds(plan.rotation_ns)
    return output


def rotate_key_on_demand(call: Call, request: Input) -> Output:
    """Rotate now. An imported key takes the material that waits for it."""
    key = owned_key(call, request)
    _check_kind(key)
    check_customers(key)
    _check_primary(key)
    check_enabled(key)
    if key.on_demand >= call.quota("on-demand-rotations"):
        raise AwsError(
            "LimitExceededException",
            f"The key {key.arn} was rotated on demand as often as it can be.",
        )
    if key.rotation_ns is not None and key.rotation_ns - call.now <= _NEAR_NS:
        raise AwsError("ConflictException", f"{key.arn} is about to rotate automatically.")
    if key.origin == EXTERNAL and all(each.state != PENDING_ROTATION for each in key.materials):
        raise invalid_state(f"{key.arn} has no key material that is pending rotation.")
    making.rotate(call, key, "ON_DEMAND")
    key.on_demand += 1
    return {"KeyId": key.arn}


def list_key_rotations(call: Call, request: Input) -> Output:
    """The rotations of a key, or all of its material."""
    key = owned_key(call, request)
    _check_kind(key)
    everything = request.get("IncludeKeyMaterial", "ROTATIONS_ONLY") == "ALL_KEY_MATERIAL"
    found = [
        (f"{number:06d}", material)
        for number, material in enumerate(key.materials)
        if everything or material.rotated_ns is not None
    ]
    return listed(
        request,
        "Rotations",
        found,
        lambda item: item[0],
        lambda item: _shown(key, item[1], everything),
    )


def _shown(key: Key, material: Material, everything: bool) -> Output:
    output: Output = {"KeyId": key.arn, "KeyMaterialId": material.id}
    if everything:
        output["KeyMaterialState"] = material.state
    if material.rotated_ns is not None:
        output["RotationDate"] = seconds(material.rotated_ns)
        output["RotationType"] = material.rotation
    if key.origin == EXTERNAL and everything:
        output["ImportState"] = "IMPORTED" if material.data else "PENDING_IMPORT"
        if material.description:
            output["KeyMaterialDescription"] = material.description
        if material.data:
            output.update(expiration(material.expires_ns))
    return output
