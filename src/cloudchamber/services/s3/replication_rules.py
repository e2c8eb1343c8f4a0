"""Replication rules of a bucket: checked, kept, and which of them fit a version.

Rules of this file: nothing is replicated here (see `replicating.py`). Both buckets keep versions.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-add-config.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket, find_bucket
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion

RULES_MAX: Final = 1000
ENABLED: Final = "Enabled"
STATES: Final = (ENABLED, "Disabled")
SCHEMA: Final = (
    "must be specified for this version of Cross Region Replication configuration schema. Please "
    "refer to S3 Developer Guide for more information."
)


def put_bucket_replication(call: Call, request: Input) -> Output:
    """Replace the rules; what is put from now on is replicated."""
    bucket = expect_bucket(call, request)
    wanted = request.get("ReplicationConfiguration") or {}
    rules = wanted.get("Rules") or []
    role = wanted.get("Role", "")
    parts = find_arn(role)
    if not 0 < len(rules) <= RULES_MAX:
        raise errors.malformed_xml()
    if parts is None or parts.service != "iam" or not parts.resource.startswith("role/"):
        raise errors.invalid_argument("Invalid Role Arn", "Role", role)
    if bucket.versioning != ENABLED:
        raise errors.invalid_request(
            "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    require(call, "iam:PassRole", role, extra={"iam:PassedToService": ("s3.amazonaws.com",)})
    for rule in rules:
        _check(call, bucket, rule)
    _check_together(rules)
    draw = call.stream(bucket.arn, "replication-rule-id").uuid
    kept = [{**rule, "ID": rule.get("ID") or draw()} for rule in rules]
    bucket.replication = {"Role": role, "Rules": kept}
    return {}


def _check(call: Call, bucket: Bucket, rule: Mapping[str, Any]) -> None:
    destination = rule.get("Destination") or {}
    if rule.get("Status") not in STATES or "Bucket" not in destination:
        raise errors.malformed_xml()
    if "Filter" in rule:
        if "Prefix" in rule:
            raise errors.malformed_xml()
        if "Priority" not in rule:
            raise errors.invalid_request(f"Priority {SCHEMA}")
        if "DeleteMarkerReplication" not in rule:
            raise errors.invalid_request(f"DeleteMarkerReplication {SCHEMA}")
        spreads = rule["DeleteMarkerReplication"].get("Status") == ENABLED
        if spreads and tags_of(rule):
            raise errors.invalid_request(
                "Delete marker replication is not supported if any Tag filter is specified. "
                "Please refer to S3 Developer Guide for more information."
            )
    elif "Prefix" not in rule:
        raise errors.malformed_xml()
    target = destination_of(call, rule)
    if target is None:
        raise errors.invalid_request("Destination bucket must exist.")
    if target.name == bucket.name:
        raise errors.invalid_request("Destination bucket cannot be the same as the source bucket.")
    if target.versioning != ENABLED:
        raise errors.invalid_request("Destination bucket must have versioning enabled.")
    owner = destination.get("Account")
    if "AccessControlTranslation" in destination and owner is None:
        raise errors.invalid_request(
            "Account must be specified to change the ownership of replicas to the destination "
            "bucket owner."
        )
    if owner is not None and owner != target.account:
        raise errors.invalid_request("The Destination account does not own the bucket.")


def _check_together(rules: list[Mapping[str, Any]]) -> None:
    priorities = [rule["Priority"] for rule in rules if "Priority" in rule]
    if len(frozenset(priorities)) != len(priorities):
        raise errors.invalid_request("Found duplicate priority in replication rules.")
    names = [rule["ID"] for rule in rules if rule.get("ID")]
    if len(frozenset(names)) != len(names):
        raise errors.invalid_argument(
            "Rule Id must be unique. Found same Id for more than one rule", "ID", ""
        )


def get_bucket_replication(call: Call, request: Input) -> Output:
    """The rules. Raises ReplicationConfigurationNotFoundError."""
    bucket = expect_bucket(call, request)
    if bucket.replication is None:
        raise AwsError(
            "ReplicationConfigurationNotFoundError",
            "The replication configuration was not found",
            404,
            BucketName=bucket.name,
        )
    return {"ReplicationConfiguration": bucket.replication}


def delete_bucket_replication(call: Call, request: Input) -> Output:
    """Delete the rules; replicas stay."""
    expect_bucket(call, request).replication = None
    return {}


# What a rule asks, and where it leads


def destination_of(call: Call, rule: Mapping[str, Any]) -> Bucket | None:
    """The bucket that a rule leads to, or None when it is gone."""
    arn: str = rule["Destination"]["Bucket"]
    return find_bucket(call, arn.partition(":::")[2])


def prefix_of(rule: Mapping[str, Any]) -> str:
    """The prefix that a rule is held to."""
    wanted = rule.get("Filter") or {}
    found: str = (
        rule.get("Prefix") or wanted.get("Prefix") or (wanted.get("And") or {}).get("Prefix") or ""
    )
    return found


def tags_of(rule: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a rule asks for."""
    wanted = rule.get("Filter") or {}
    listed = [wanted["Tag"]] if wanted.get("Tag") else (wanted.get("And") or {}).get("Tags") or []
    return {tag.get("Key", ""): tag.get("Value", "") for tag in listed}


def rules_for(bucket: Bucket, key: str, version: ObjectVersion) -> list[Mapping[str, Any]]:
    """The rules that a version follows: for each destination the one of highest priority."""
    fitting: dict[str, Mapping[str, Any]] = {}
    for rule in _enabled(bucket):
        if not key.startswith(prefix_of(rule)):
            continue
        tagged = version.tags or {}
        if any(tagged.get(name) != value for name, value in tags_of(rule).items()):
            continue
        where = rule["Destination"]["Bucket"]
        if where not in fitting or rule.get("Priority", 0) > fitting[where].get("Priority", 0):
            fitting[where] = rule
    return list(fitting.values())


def rules_for_marker(bucket: Bucket, key: str) -> list[Mapping[str, Any]]:
    """The rules that a delete marker follows."""
    return [
        rule
        for rule in _enabled(bucket)
        if key.startswith(prefix_of(rule))
        # Rules of the first schema have always replicated markers.
        and ("Filter" not in rule or rule["DeleteMarkerReplication"].get("Status") == ENABLED)
    ]


def _enabled(bucket: Bucket) -> list[Mapping[str, Any]]:
    rules = (bucket.replication or {}).get("Rules", ())
    return [rule for rule in rules if rule["Status"] == ENABLED]
