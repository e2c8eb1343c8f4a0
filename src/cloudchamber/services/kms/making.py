"""Keys come into being: their row, their material, and the instants at which it rotates.

Rules of this file: material is drawn from the key's own stream, so that a world of the same seed
has the same keys. Putting the row into the store is the caller's, after its last check.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import DAY_NS
from cloudchamber.services.kms import pairs
from cloudchamber.services.kms.nouns import (
    AWS_KMS,
    CURRENT,
    ENABLED,
    EXTERNAL,
    KEYS,
    NON_CURRENT,
    PENDING_IMPORT,
    PENDING_ROTATION,
    Key,
    Material,
)
from cloudchamber.services.kms.specs import SPECS

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

ROTATE: Final = "kms.rotation-due"


def make(
    call: Call,
    key_id: str,
    *,
    spec: str,
    usage: str,
    policy: str,
    description: str = "",
    origin: str = AWS_KMS,
    manager: str = "CUSTOMER",
    is_multi_region: bool = False,
) -> Key:
    """A new key with its first material, unless that is to be imported."""
    key = Key(
        id=key_id,
        account=call.account,
        region=call.region,
        arn=call.arn(f"key/{key_id}"),
        created_ns=call.now,
        spec=spec,
        usage=usage,
        origin=origin,
        policy=policy,
        state=PENDING_IMPORT if origin == EXTERNAL else ENABLED,
        description=description,
        manager=manager,
        primary_region=call.region if is_multi_region else "",
    )
    if origin != EXTERNAL:
        key.materials.append(material_of(key, draw(call, key.arn, spec)))
    return key


def draw(call: Call, arn: str, spec: str, purpose: str = "material") -> bytes:
    """Material of a spec from the stream of `arn`."""
    about = SPECS[spec]
    stream = call.stream(arn, purpose)
    if about.family in ("symmetric", "hmac"):
        return stream.bytes(about.bits // 8)
    return pairs.make(spec, stream.bytes)


def material_of(key: Key, data: bytes) -> Material:
    """Material as a key keeps it; the same data has the same id in the same key, wherever it is."""
    id_ = sha256(b"kms material " + key.id.encode() + data).hexdigest()
    return Material(id_, data, CURRENT)


def relatives(call: Call, key: Key) -> list[Key]:
    """The rows of a multi-Region key in all its Regions, the primary first; else the key alone."""
    if not key.primary_region:
        return [key]
    primary = call.rows(KEYS, key.account, key.primary_region).get(key.id)
    if primary is None:
        return [key]
    found = [primary]
    for region in primary.replicas:
        replica = call.rows(KEYS, key.account, region).get(key.id)
        if replica is not None:
            found.append(replica)
    return found


def rotate(call: Call, key: Key, how: str) -> None:
    """Give a key new material, in all its Regions; the old goes on opening what it sealed."""
    fresh = None
    if key.origin != EXTERNAL:
        fresh = material_of(key, draw(call, key.arn, key.spec))
    for each in relatives(call, key):
        if fresh is not None:
            each.materials.append(Material(fresh.id, fresh.data, PENDING_ROTATION))
        for material in each.materials:
            if material.state == CURRENT:
                material.state = NON_CURRENT
            elif material.state == PENDING_ROTATION:
                material.state = CURRENT
                material.rotated_ns, material.rotation = call.now, how
        call.event(each.arn, "kms.rotated", f"key {each.id} has new material ({how.lower()})")


def plan_rotation(call: Call, key: Key, days: int, due_ns: int | None = None) -> None:
    """Have a key rotate every so many days, from now on or first at an instant."""
    key.rotation_days = days
    _plan(call, key, call.now + days * DAY_NS if due_ns is None else due_ns)


def _plan(call: Call, key: Key, t_ns: int) -> None:
    key.rotation_ns = t_ns
    key.rotation_event = at_key(call, key, t_ns, ROTATE)


def at_key(call: Call, key: Key, t_ns: int, kind: str, *more: str) -> int:
    """Schedule a kernel event of a key, in the key's own account and Region."""
    everything: tuple[Any, ...] = (key.account, key.region, call.cause, key.id, *more)
    return call.cloud.kernel.at(t_ns, kind, everything, weak=True)


def stop_rotation(call: Call, key: Key) -> None:
    """No rotation is due any more."""
    if key.rotation_event:
        call.cancel(key.rotation_event)
    key.rotation_event, key.rotation_ns, key.rotation_days = 0, None, 0


def rotation_due(call: Call, key_id: str) -> None:
    """The instant has come: rotate a key that is enabled, and plan the next."""
    key = call.rows(KEYS).get(key_id)
    if key is None or key.rotation_ns is None or key.rotation_ns > call.now:
        return
    if key.state == ENABLED:
        rotate(call, key, "AUTOMATIC")
    _plan(call, key, call.now + key.rotation_days * DAY_NS)
