"""Replicas: the same secret in other Regions, following its primary after a while.

Rules of this file: a replica is a row of its Region and changes only from here. Each copy is sealed
under the key of its own Region, for the account that has the secret.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/replicate-secrets.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.secretsmanager import encryption
from cloudchamber.services.secretsmanager.lifecycle import REPLICA
from cloudchamber.services.secretsmanager.lookup import (
    expect_live,
    expect_primary,
    find_by_arn,
    invalid_parameter,
    invalid_request,
)
from cloudchamber.services.secretsmanager.nouns import SECRETS, Replica, Secret, Version
from cloudchamber.world.geography.regions import find_region

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

COPY: Final = "secretsmanager.copy"
_TAKEN: Final = "Replication failed: Secret with this name already exists in this region."


def replicate_secret_to_regions(call: Call, request: Input) -> Output:
    """Add replicas. Raises InvalidParameterException, InvalidRequestException."""
    secret = expect_primary(call, request["SecretId"])
    wanted = request["AddReplicaRegions"]
    check_regions(call, secret, wanted)
    add(call, secret, wanted, request.get("ForceOverwriteReplicaSecret", False))
    return {"ARN": secret.arn, "ReplicationStatus": status(call, secret)}


def check_regions(call: Call, secret: Secret | None, wanted: Sequence[dict[str, Any]]) -> None:
    """Raises InvalidParameterException for Regions that cannot have a replica."""
    names = [each.get("Region", "") for each in wanted]
    for name in names:
        region = find_region(name)
        if region is None or region.opened is None:
            raise invalid_parameter(f"The Region {name} is not valid.")
        if name == call.region:
            raise invalid_parameter("Invalid replica region.")
        if names.count(name) > 1:
            raise invalid_parameter(f"The Region {name} is named more than once.")
        if secret is not None and name in secret.replicas:
            if secret.replicas[name].status != "Failed":
                raise invalid_parameter(f"The secret is already replicated to {name}.")


def add(call: Call, secret: Secret, wanted: Sequence[dict[str, Any]], overwrite: bool) -> None:
    """Begin to replicate to Regions that were checked."""
    for each in wanted:
        replica = Replica(
            region=each["Region"], key_id=each.get("KmsKeyId", ""), overwrites=overwrite
        )
        secret.replicas[replica.region] = replica
        _schedule(call, secret, replica)


def spread(call: Call, secret: Secret) -> None:
    """The primary was changed: its replicas will follow."""
    for replica in secret.replicas.values():
        _schedule(call, secret, replica)


def _schedule(call: Call, secret: Secret, replica: Replica) -> None:
    replica.status = "InProgress"
    call.cancel(replica.event)
    delay_ns = REPLICA.delay_ns(call.cloud.settings.lifecycle, "InProgress")
    replica.event = call.after(delay_ns, COPY, secret.arn, replica.region)


def copy(call: Call, arn: str, region: str) -> None:
    """The replica of a Region becomes what its primary is by now."""
    secret = find_by_arn(call, arn)
    if secret is None or region not in secret.replicas:
        return
    name, replica = secret.name, secret.replicas[region]
    rows = call.rows(SECRETS, secret.account, region)
    old = rows.get(name)
    if old is not None and _arn_in(secret, region) != old.arn and not replica.overwrites:
        _fail(call, secret, replica, _TAKEN)
        return
    followed = old if old is not None and old.arn == _arn_in(secret, region) else None
    try:
        rows[name] = _copied(call, secret, replica, followed)
    except AwsError as error:
        _fail(call, secret, replica, f"Replication failed: {error.message}")
        return
    replica.status = REPLICA.move("InProgress", "copied")
    replica.message = "Replication succeeded"
    call.event(
        _arn_in(secret, region), "secretsmanager.replicated", f"{name} was copied to {region}"
    )


def _fail(call: Call, secret: Secret, replica: Replica, message: str) -> None:
    replica.status = REPLICA.move("InProgress", "refused")
    replica.message = message
    call.event(
        secret.arn,
        "secretsmanager.replication-failed",
        f"{secret.name} was not copied to {replica.region}: {message}",
    )


def _copied(call: Call, secret: Secret, replica: Replica, old: Secret | None) -> Secret:
    new = Secret(
        name=secret.name,
        account=secret.account,
        region=replica.region,
        arn=_arn_in(secret, replica.region),
        created_ns=old.created_ns if old is not None else call.now,
        changed_ns=secret.changed_ns,
        primary_region=secret.region,
        description=secret.description,
        key_id=replica.key_id,
        tags=dict(secret.tags),
        policy=secret.policy,
        accessed_ns=old.accessed_ns if old is not None else 0,
    )
    for version in secret.versions.values():
        new.versions[version.id] = _copied_version(call, secret, new, version, old)
    return new


def _copied_version(
    call: Call, secret: Secret, new: Secret, version: Version, old: Secret | None
) -> Version:
    """A version of the replica; what it has already is not sealed again."""
    known = old.versions.get(version.id) if old is not None else None
    made = Version(id=version.id, created_ns=version.created_ns, stages=list(version.stages))
    if known is not None:
        made.accessed_ns = known.accessed_ns
        if known.sealed is not None:
            made.sealed = known.sealed
            return made
    if version.sealed is not None:
        owner = encryption.owner_of(secret)
        value = encryption.unseal(call, secret, version.id, version.sealed, owner)
        made.sealed = encryption.seal(call, new, version.id, value, owner)
    return made


def _arn_in(secret: Secret, region: str) -> str:
    return secret.arn.replace(f":{secret.region}:", f":{region}:", 1)


def remove_regions_from_replication(call: Call, request: Input) -> Output:
    """Delete replicas. Raises InvalidParameterException."""
    secret = expect_primary(call, request["SecretId"])
    names = list(dict.fromkeys(request["RemoveReplicaRegions"]))
    for name in names:
        if name not in secret.replicas:
            raise invalid_parameter(f"The secret is not replicated to the Region {name}.")
    for name in names:
        replica = secret.replicas.pop(name)
        call.cancel(replica.event)
        rows = call.rows(SECRETS, secret.account, name)
        found = rows.get(secret.name)
        if found is not None and found.arn == _arn_in(secret, name):
            del rows[secret.name]
    return {"ARN": secret.arn, "ReplicationStatus": status(call, secret)}


def stop_replication_to_replica(call: Call, request: Input) -> Output:
    """Make a replica a secret of its own; called in its Region."""
    secret = expect_live(call, request["SecretId"])
    if not secret.is_replica:
        raise invalid_request("Operation not permitted on a primary secret.")
    primary = call.rows(SECRETS, secret.account, secret.primary_region).get(secret.name)
    if primary is not None and secret.region in primary.replicas:
        call.cancel(primary.replicas.pop(secret.region).event)
    secret.primary_region = secret.region
    secret.changed_ns = call.now
    return {"ARN": secret.arn}


def status(call: Call, secret: Secret) -> list[dict[str, Any]]:
    """The replicas of a primary as answers show them."""
    return [_view(call, secret, each) for each in secret.replicas.values()]


def _view(call: Call, secret: Secret, replica: Replica) -> dict[str, Any]:
    shown: dict[str, Any] = {"Region": replica.region, "Status": replica.status}
    shown["KmsKeyId"] = replica.key_id or encryption.DEFAULT_KEY
    if replica.message:
        shown["StatusMessage"] = replica.message
    found = call.rows(SECRETS, secret.account, replica.region).get(secret.name)
    if found is not None and found.accessed_ns:
        shown["LastAccessedDate"] = found.accessed_ns / SECOND_NS
    return shown
