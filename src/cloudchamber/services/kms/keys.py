"""Keys: made, shown, listed, switched on and off, described, and deleted after a while.

Rules of this file: everything is checked before anything changes. A key's end is an instant on the
clock, and until then it can be called back.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms import making, policies, tagging
from cloudchamber.services.kms.limits import WINDOW_DAYS_MAX, WINDOW_DAYS_MIN
from cloudchamber.services.kms.lookup import (
    alive_key,
    check_customers,
    expect_key,
    invalid,
    invalid_state,
    owned_key,
    unsupported,
)
from cloudchamber.services.kms.metadata import seconds, shown
from cloudchamber.services.kms.nouns import (
    ALIASES,
    AWS_KMS,
    DISABLED,
    ENABLED,
    EXTERNAL,
    KEYS,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICAS,
    Key,
)
from cloudchamber.services.kms.paging import listed
from cloudchamber.services.kms.specs import ENCRYPT, SPECS, SYMMETRIC, WITHOUT

DELETE: Final = "kms.deletion-due"


def create_key(call: Call, request: Input) -> Output:
    """A new key, with material of its own or waiting for it."""
    spec, usage = _kind(call, request)
    origin = request.get("Origin", AWS_KMS)
    if origin not in (AWS_KMS, EXTERNAL) or "CustomKeyStoreId" in request or "XksKeyId" in request:
        raise Refused("kms", "CreateKey", "there are no custom key stores")
    tags = tagging.checked(call, {}, request.get("Tags", ()))
    if tags:
        require(call, "kms:TagResource", "*")
    if len(call.rows(KEYS)) >= call.quota("keys"):
        raise AwsError("LimitExceededException", "The request exceeds the quota of KMS keys.")
    is_multi_region = request.get("MultiRegion", False)
    stream = call.stream(call.arn("key"), "id")
    key_id = f"mrk-{stream.hex(32)}" if is_multi_region else stream.uuid()
    arn = call.arn(f"key/{key_id}")
    policy = request.get("Policy")
    if policy is None:
        policy = policies.default(call.account, call.partition)
    else:
        bypass = request.get("BypassPolicyLockoutSafetyCheck", False)
        policies.check(call, arn, policy, bypass=bypass)
    key = making.make(
        call,
        key_id,
        spec=spec,
        usage=usage,
        policy=policy,
        description=request.get("Description", ""),
        origin=origin,
        is_multi_region=is_multi_region,
    )
    key.tags = tags
    call.rows(KEYS)[key_id] = key
    return {"KeyMetadata": shown(call, key)}


def _kind(call: Call, request: Input) -> tuple[str, str]:
    """The spec and usage that a request asks for. Raises ValidationException and its like."""
    new, old = request.get("KeySpec"), request.get("CustomerMasterKeySpec")
    if new is not None and old is not None:
        raise invalid(
            "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. "
            "CustomerMasterKeySpec is deprecated."
        )
    spec: str = new or old or SYMMETRIC
    if spec == "SM2" and call.partition != "aws-cn":
        raise unsupported("KeySpec SM2 is not supported in this Region.")
    if spec in WITHOUT:
        raise Refused("kms", "CreateKey", WITHOUT[spec])
    usages = SPECS[spec].usages
    usage = request.get("KeyUsage")
    if usage is None:
        if spec != SYMMETRIC:
            raise invalid(
                f"You must specify a KeyUsage value for an asymmetric or HMAC KMS key: {spec}."
            )
        usage = ENCRYPT
    if usage not in usages:
        raise invalid(f"KeyUsage {usage} is not compatible with KeySpec {spec}")
    return spec, usage


def describe_key(call: Call, request: Input) -> Output:
    """A key's metadata; the alias of an AWS managed key makes that key."""
    return {"KeyMetadata": shown(call, expect_key(call, request["KeyId"]))}


def list_keys(call: Call, request: Input) -> Output:
    """The keys of the account and Region."""
    if "SELF" not in request.get("ResourceOwners", ("SELF",)):
        return {"Keys": [], "Truncated": False}
    rows = list(call.rows(KEYS).values())
    return listed(
        request, "Keys", rows, lambda key: key.id, lambda key: {"KeyId": key.id, "KeyArn": key.arn}
    )


def enable_key(call: Call, request: Input) -> Output:
    """Let a disabled key be used again."""
    key = alive_key(call, request)
    check_customers(key)
    _check_imported(key)
    key.state = ENABLED
    return {}


def disable_key(call: Call, request: Input) -> Output:
    """Let a key be used no more, until it is enabled."""
    key = alive_key(call, request)
    check_customers(key)
    _check_imported(key)
    key.state = DISABLED
    return {}


def _check_imported(key: Key) -> None:
    if key.state == PENDING_IMPORT:
        raise invalid_state(f"{key.arn} is pending import.")


def update_key_description(call: Call, request: Input) -> Output:
    """Say what a key is for."""
    key = alive_key(call, request)
    check_customers(key)
    key.description = request["Description"]
    return {}


def schedule_key_deletion(call: Call, request: Input) -> Output:
    """Have a key deleted in 7 to 30 days; nothing can use it meanwhile."""
    key = alive_key(call, request)
    check_customers(key)
    days = request.get("PendingWindowInDays", WINDOW_DAYS_MAX)
    if not WINDOW_DAYS_MIN <= days <= WINDOW_DAYS_MAX:
        raise invalid(
            f"PendingWindowInDays must be between {WINDOW_DAYS_MIN} and {WINDOW_DAYS_MAX} "
            "(inclusive)"
        )
    key.window_days = days
    output: Output = {"KeyId": key.arn, "PendingWindowInDays": days}
    if key.replicas:
        key.state = PENDING_REPLICAS
    else:
        output["DeletionDate"] = seconds(_begin_deletion(call, key))
    output["KeyState"] = key.state
    return output


def _begin_deletion(call: Call, key: Key) -> int:
    due_ns = call.now + key.window_days * DAY_NS
    key.state = PENDING_DELETION
    key.deletion_ns = due_ns
    key.deletion_event = making.at_key(call, key, due_ns, DELETE)
    return due_ns


def cancel_key_deletion(call: Call, request: Input) -> Output:
    """Call back a key that is to be deleted; it is disabled then."""
    key = owned_key(call, request)
    if key.state not in (PENDING_DELETION, PENDING_REPLICAS):
        raise invalid_state(f"{key.arn} is not pending deletion.")
    if key.deletion_event:
        call.cancel(key.deletion_event)
    key.deletion_event, key.deletion_ns, key.window_days = 0, None, 0
    key.state = DISABLED
    current = key.find_current()
    if key.origin == EXTERNAL and (current is None or not current.data):
        key.state = PENDING_IMPORT
    return {"KeyId": key.arn}


def deletion_due(call: Call, key_id: str) -> None:
    """The waiting period is over: the key, its material, aliases and grants are gone."""
    keys = call.rows(KEYS)
    key = keys.get(key_id)
    if key is None or key.deletion_ns is None or key.deletion_ns > call.now:
        return
    making.stop_rotation(call, key)
    del keys[key_id]
    aliases = call.rows(ALIASES)
    for name in [alias.name for alias in aliases.values() if alias.key_id == key_id]:
        del aliases[name]
    call.event(key.arn, "kms.deleted", f"key {key_id} was deleted: nothing it sealed opens again")
    if key.is_replica:
        _leave(call, key)


def _leave(call: Call, replica: Key) -> None:
    """A primary that waited for its last replica begins its own waiting period."""
    primary = call.rows(KEYS, replica.account, replica.primary_region).get(replica.id)
    if primary is None:
        return
    primary.replicas.remove(replica.region)
    if primary.state == PENDING_REPLICAS and not primary.replicas:
        _begin_deletion(call, primary)


def get_key_last_usage(call: Call, request: Input) -> Output:
    """What a key was last used for, to the hour."""
    key = expect_key(call, request["KeyId"])
    usage: Output = {}
    if key.used_ns is not None:
        usage = {
            "Operation": key.used_for,
            "Timestamp": seconds(key.used_ns),
            "KmsRequestId": key.used_request,
        }
    return {
        "KeyId": key.id,
        "KeyLastUsage": usage,
        "TrackingStartDate": seconds(key.created_ns),
        "KeyCreationDate": seconds(key.created_ns),
    }
