"""Who may do what in a bucket by what hangs on it: its policy, its lists, its access blocks.

Rules of this file: everything becomes one policy document, which the policy language judges; so a
Deny of the bucket's policy beats a grant of a list, as at S3. Lists that nobody has (the default)
cost nothing. https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.s3.access_blocks import ENFORCED, ownership_of
from cloudchamber.services.s3.acls import FULL, LOG_DELIVERY
from cloudchamber.services.s3.lookup import find_bucket
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion, Settings
from cloudchamber.services.s3.owners import find_account
from cloudchamber.services.s3.public_access import (
    ALL_USERS,
    EVERYBODY,
    blocks_of,
    is_public_policy,
)
from cloudchamber.services.s3.versions import find_current, find_version

# What a right of a bucket's list means on the bucket, and on its objects.
ON_BUCKET: Final = MappingProxyType(
    {
        "READ": ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"),
        "READ_ACP": ("s3:GetBucketAcl",),
        "WRITE_ACP": ("s3:PutBucketAcl",),
    }
)
IN_BUCKET: Final = MappingProxyType({"WRITE": ("s3:PutObject", "s3:DeleteObject")})
# What a right of an object's list means.
ON_OBJECT: Final = MappingProxyType(
    {
        "READ": ("s3:GetObject", "s3:GetObjectVersion"),
        "READ_ACP": ("s3:GetObjectAcl", "s3:GetObjectVersionAcl"),
        "WRITE_ACP": ("s3:PutObjectAcl", "s3:PutObjectVersionAcl"),
    }
)
# The permissions that belong to whoever owns a version, not to whoever owns its bucket.
OF_VERSION: Final = frozenset(
    action for actions in ON_OBJECT.values() for action in actions
)  # fmt: skip


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """What a bucket, an object or an access point allows by itself; None when that is nothing."""
    bucket_name, _, key = arn.partition(":::")[2].partition("/")
    if not bucket_name:
        return _of_access_point(call, arn)
    bucket = find_bucket(call, bucket_name)
    if bucket is None:
        return None
    acl = own_acl = None
    if bucket.ownership is not None and ownership_of(bucket) != ENFORCED:
        version = _find_version(call, bucket, key) if key else None
        acl, own_acl = bucket.acl, None if version is None else version.acl
    if not bucket.policy and acl is None and own_acl is None:
        return None
    blocks = blocks_of(call, bucket)
    statements: list[dict[str, Any]] = []
    ignores = bool(blocks.get("IgnorePublicAcls"))
    if acl is not None:
        statements += _granted(acl, f"{bucket.arn}", ON_BUCKET, ignores)
        statements += _granted(acl, f"{bucket.arn}/*", IN_BUCKET, ignores)
    if own_acl is not None:
        statements += _granted(own_acl, arn, ON_OBJECT, ignores)
    text = bucket.policy
    if text and blocks.get("RestrictPublicBuckets") and is_public_policy(text):
        statements.append(_restriction(bucket))
    if statements:
        text = _joined(text, statements)
    return attached_policy(text, bucket.arn) if text else None


def owner_of(call: Call, arn: str) -> str | None:
    """The account that owns what an ARN names, which does not say so: a bucket or a version."""
    parts = find_arn(arn)
    if parts is None or parts.service != "s3" or parts.account:
        return None
    name, _, key = parts.resource.partition("/")
    bucket = find_bucket(call, name)
    if bucket is None:
        return None
    if bucket.ownership is not None and key and call.operation_name in _OWNERS_OPERATIONS:
        version = _find_version(call, bucket, key)
        if version is not None and version.owner and ownership_of(bucket) != ENFORCED:
            return version.owner
    return bucket.account


_OWNERS_OPERATIONS: Final = frozenset(
    {"GetObject", "HeadObject", "GetObjectAcl", "PutObjectAcl", "GetObjectAttributes"}
)


def _find_version(call: Call, bucket: Bucket, key: str) -> ObjectVersion | None:
    wanted = call.input.get("VersionId") if call.input.get("Key") == key else None
    if wanted is None:
        version = find_current(call, bucket, key)
    else:
        version = find_version(call, bucket, key, wanted)
    return version if isinstance(version, ObjectVersion) else None


def _of_access_point(call: Call, arn: str) -> SourcedPolicy | None:
    ask = call.port(ports.ACCESS_POINT)
    found = ask(call.cloud, arn.partition("/object/")[0]) if ask else None
    if found is None or not found.policy:
        return None
    return attached_policy(found.policy, found.arn)


def _granted(
    acl: Settings, resource: str, meanings: Any, ignores_public: bool
) -> list[dict[str, Any]]:
    statements = []
    for grant in acl["Grants"]:
        grantee = grant["Grantee"]
        if ignores_public and grantee.get("URI") in EVERYBODY:
            continue
        rights = tuple(meanings) if grant["Permission"] == FULL else (grant["Permission"],)
        actions = [action for right in rights for action in meanings.get(right, ())]
        statement = _statement(grantee, actions, resource)
        if actions and statement is not None:
            statements.append(statement)
    return statements


def _statement(grantee: dict[str, str], actions: list[str], resource: str) -> dict[str, Any] | None:
    statement: dict[str, Any] = {"Effect": "Allow", "Action": actions, "Resource": resource}
    if grantee.get("URI") == LOG_DELIVERY:
        return {**statement, "Principal": {"Service": "logging.s3.amazonaws.com"}}
    if grantee.get("URI"):
        statement["Principal"] = "*"
        if grantee["URI"] != ALL_USERS:
            statement["Condition"] = {"Null": {"aws:PrincipalAccount": "false"}}
        return statement
    account = find_account(grantee["ID"])
    if account is None:
        return None
    return {**statement, "Principal": {"AWS": account}}


def _restriction(bucket: Bucket) -> dict[str, Any]:
    return {
        "Sid": "RestrictPublicBuckets",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket.arn, f"{bucket.arn}/*"],
        "Condition": {
            "StringNotEquals": {"aws:PrincipalAccount": bucket.account},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }


def _joined(text: str, statements: list[dict[str, Any]]) -> str:
    document: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
    if text:
        document = msgspec.json.decode(text)
    own = document["Statement"]
    document["Statement"] = [*(own if isinstance(own, list) else [own]), *statements]
    return msgspec.json.encode(document).decode()
