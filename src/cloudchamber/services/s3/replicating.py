"""Replicating: what comes into a bucket with rules goes to other buckets, as its role may.

Rules of this file: hears of changes, marks a version PENDING, and some time later makes its
replicas, which keep its version id. The role is assumed and asked for each replica. A replica is
not replicated again. https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-status.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from cloudchamber.cloud.authentication import find_credentials
from cloudchamber.cloud.authorization import decide
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import bodies, changes, encryption
from cloudchamber.services.s3.acls import owner_of_version
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import Bucket, DeleteMarker, Encryption, ObjectVersion
from cloudchamber.services.s3.replication_rules import (
    ENABLED,
    destination_of,
    rules_for,
    rules_for_marker,
)
from cloudchamber.services.s3.sealing import salted
from cloudchamber.services.s3.versions import find_version

REPLICATE: Final = "s3.replicate"
PENDING, COMPLETED, FAILED, REPLICA = "PENDING", "COMPLETED", "FAILED", "REPLICA"
# "most objects replicate within 15 minutes", many within seconds
LAG_NS: Final = 15 * SECOND_NS
CREATED: Final = "s3:ObjectCreated:"
MARKED: Final = "s3:ObjectRemoved:DeleteMarkerCreated"
TAGGED: Final = "s3:ObjectTagging:"
PRINCIPAL: Final = "s3.amazonaws.com"


class Refusal(Exception):
    """A replica that cannot be made; the text says why."""


def on_change(call: Call, data: Mapping[str, Any]) -> None:
    """Plan the replicas of what changed."""
    bucket = find_bucket(call, data["bucket"])
    event = data["event"]
    if bucket is None or bucket.replication is None:
        return
    if not event.startswith((CREATED, TAGGED)) and event != MARKED:
        return
    version = find_version(call, bucket, data["key"], data["version_id"])
    if version is None or version.replication == REPLICA:
        return
    if isinstance(version, DeleteMarker):
        rules = rules_for_marker(bucket, data["key"])
    else:
        rules = rules_for(bucket, data["key"], version)
    if not rules:
        return
    version.replication = PENDING
    delay_ns = 0 if call.cloud.settings.lifecycle == "instant" else LAG_NS
    call.after(delay_ns, REPLICATE, bucket.name, data["key"], version.version_id)


def replicate(call: Call, name: str, key: str, version_id: str) -> None:
    """Make the replicas of one version."""
    bucket = find_bucket(call, name)
    if bucket is None or bucket.replication is None:
        return
    version = find_version(call, bucket, key, version_id)
    if version is None or version.replication != PENDING:
        return
    if isinstance(version, DeleteMarker):
        rules = rules_for_marker(bucket, key)
    else:
        rules = rules_for(bucket, key, version)
    status = COMPLETED
    for rule in rules:
        try:
            _make(call, bucket, key, version, rule)
        except (AwsError, Refusal) as error:
            status = FAILED
            call.event(
                bucket.arn,
                "s3.replication-failed",
                f"{name}/{key} was not replicated to {rule['Destination']['Bucket']}: {error}",
                {"rule": rule["ID"], "version": version_id},
            )
    version.replication = status
    if status == FAILED:
        changes.tell(call, bucket, key, version, "s3:Replication:OperationFailedReplication")


def _make(
    call: Call,
    bucket: Bucket,
    key: str,
    version: ObjectVersion | DeleteMarker,
    rule: Mapping[str, Any],
) -> None:
    target = destination_of(call, rule)
    if target is None:
        raise Refusal("the destination bucket is gone")
    if target.versioning != ENABLED:
        raise Refusal("the destination bucket keeps no versions")
    is_marker = isinstance(version, DeleteMarker)
    _check_role(call, bucket, target, key, is_marker)
    there = find_version(call, target, key, version.version_id)
    if isinstance(version, DeleteMarker):
        if there is None:
            marker = DeleteMarker(version.version_id, version.modified_ns, replication=REPLICA)
            changes.add_version(call, target, key, marker, MARKED)
        return
    if isinstance(there, ObjectVersion):
        there.tags = version.tags
        return
    changes.add_version(
        call, target, key, _copied(call, bucket, target, key, version, rule), f"{CREATED}Put"
    )


def _copied(
    call: Call,
    bucket: Bucket,
    target: Bucket,
    key: str,
    version: ObjectVersion,
    rule: Mapping[str, Any],
) -> ObjectVersion:
    """The replica of a version, its body sealed for its new bucket."""
    destination = rule["Destination"]
    request = _sealing(version.encryption, rule)
    old = encryption.key_of_keys(call, bucket, key, version.encryption, None)
    sealing, new = encryption.chosen(call, target, key, request)
    salt = bodies.new_salt(call, target)
    extents = bodies.handed_on(bodies.extents_of(version), old, new, salted(salt))
    bodies.keep(call, extents)
    owner = owner_of_version(bucket, version)
    if destination.get("AccessControlTranslation") or owner == target.account:
        owner = ""
    return msgspec.structs.replace(
        version,
        body=extents,
        salt=salt,
        encryption=sealing,
        owner=owner,
        acl=None if not owner else version.acl,
        storage_class=destination.get("StorageClass") or version.storage_class,
        replication=REPLICA,
        noncurrent_ns=0,
        restore=None,
        annotations=None,
    )


def _sealing(sealing: Encryption | None, rule: Mapping[str, Any]) -> dict[str, Any]:
    """How a replica is to be encrypted. Raises Refusal for what the rule leaves out."""
    if sealing is None:
        return {}
    if sealing.customer_md5:
        raise Refusal("it is sealed with a customer's key (SSE-C)")
    criteria = (rule.get("SourceSelectionCriteria") or {}).get("SseKmsEncryptedObjects") or {}
    if criteria.get("Status") != ENABLED:
        raise Refusal("the rule does not replicate what is encrypted with KMS")
    named = (rule["Destination"].get("EncryptionConfiguration") or {}).get("ReplicaKmsKeyID")
    if not named:
        raise Refusal("the rule names no key for replicas")
    return {"ServerSideEncryption": sealing.algorithm, "SSEKMSKeyId": named}


def _check_role(call: Call, bucket: Bucket, target: Bucket, key: str, is_marker: bool) -> None:
    """Raise unless the role lets S3 assume it, and may replicate to the destination."""
    assert bucket.replication is not None
    if call.cloud.settings.iam == "off":
        return
    request = {"RoleArn": bucket.replication["Role"], "RoleSessionName": "s3-replication"}
    try:
        given = call.invoke(
            "sts", "AssumeRole", request, principal=PRINCIPAL, account=bucket.account
        )
    except AwsError as error:
        if call.cloud.settings.iam == "enforce":
            raise
        call.event(bucket.arn, "s3.role-not-assumed", f"S3 could not assume: {error.message}")
        return
    known = find_credentials(call.cloud, given["Credentials"]["AccessKeyId"])
    if known is None:
        raise Refusal("its role is gone")
    asking = Call(
        call.cloud, call.service, "", {}, known.caller, bucket.account, bucket.region,
        call.number, cause=call.cause,
    )  # fmt: skip
    made = "s3:ReplicateDelete" if is_marker else "s3:ReplicateObject"
    wanted = [(made, f"{target.arn}/{key}")]
    if not is_marker:
        wanted.append(("s3:GetObjectVersionForReplication", f"{bucket.arn}/{key}"))
    for action, arn in wanted:
        decision = decide(asking, action, arn)
        if decision is not None and decision.effect != "allowed":
            if call.cloud.settings.iam == "enforce":
                raise Refusal(decision.access_denied_message())
            call.event(arn, "iam.would-deny", decision.sentence())
