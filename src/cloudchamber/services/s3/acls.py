"""Access control lists of buckets and objects: canned, granted by headers, or written out.

Rules of this file: a list is kept as the API's own structure with everything resolved; None is the
default (only the owner). Where the bucket's owner owns everything there are no lists: only what
says the same as the default is taken. Public lists are refused where they are blocked.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import changes, errors
from cloudchamber.services.s3.access_blocks import ENFORCED, PREFERRED, ownership_of
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion, Settings
from cloudchamber.services.s3.owners import canonical_id, find_account, owner_of
from cloudchamber.services.s3.public_access import (
    ALL_USERS,
    AUTHENTICATED,
    blocks_of,
    is_public_acl,
)
from cloudchamber.services.s3.versions import expect_object, versioned

LOG_DELIVERY: Final = "http://acs.amazonaws.com/groups/s3/LogDelivery"
GROUPS: Final = frozenset({ALL_USERS, AUTHENTICATED, LOG_DELIVERY})
PERMISSIONS: Final = frozenset({"FULL_CONTROL", "WRITE", "WRITE_ACP", "READ", "READ_ACP"})
GRANTS_MAX: Final = 100
FULL: Final = "FULL_CONTROL"
BUCKET_FULL: Final = "bucket-owner-full-control"
# Canned list -> what it grants to groups, beside everything to the owner.
CANNED: Final[Mapping[str, tuple[tuple[str, str], ...]]] = MappingProxyType(
    {
        "private": (),
        "public-read": ((ALL_USERS, "READ"),),
        "public-read-write": ((ALL_USERS, "READ"), (ALL_USERS, "WRITE")),
        "authenticated-read": ((AUTHENTICATED, "READ"),),
        "log-delivery-write": ((LOG_DELIVERY, "WRITE"), (LOG_DELIVERY, "READ_ACP")),
        "aws-exec-read": (),
        "bucket-owner-read": (),
        BUCKET_FULL: (),
    }
)
HEADERS: Final = (
    ("GrantFullControl", FULL),
    ("GrantRead", "READ"),
    ("GrantReadACP", "READ_ACP"),
    ("GrantWrite", "WRITE"),
    ("GrantWriteACP", "WRITE_ACP"),
)
MEMBERS: Final = frozenset({"ACL", "AccessControlPolicy", *(member for member, _ in HEADERS)})
FOREIGN: Final = "The bucket does not allow ACLs"


def _find_wanted(request: Input, owner: str, bucket_owner: str) -> Settings | None:
    """The list that a request asks for, None when it asks for none.

    `owner` is the account that owns what the list is for, `bucket_owner` that of its bucket.
    Raises InvalidRequest, InvalidArgument, MalformedACLError, UnresolvableGrantByEmailAddress.
    """
    canned = request.get("ACL")
    granted = [(member, right) for member, right in HEADERS if member in request]
    if canned is not None and granted:
        raise errors.invalid_request("Specifying both Canned ACLs and Header Grants is not allowed")
    written = request.get("AccessControlPolicy")
    if written and (canned is not None or granted):
        raise AwsError("UnexpectedContent", "This request does not support content", 400)
    if canned is not None:
        return _canned(canned, owner, bucket_owner)
    if granted:
        grants = [
            {"Grantee": grantee, "Permission": right}
            for member, right in granted
            for grantee in _grantees(request[member])
        ]
        return _checked(owner, grants)
    if written is None:
        return None
    return _written(written, owner)


def _canned(canned: str, owner: str, bucket_owner: str) -> Settings:
    if canned not in CANNED:
        raise errors.invalid_argument("", "x-amz-acl", canned)
    grants = [_to_account(owner, FULL)]
    if owner != bucket_owner and canned in (BUCKET_FULL, "bucket-owner-read"):
        grants.append(_to_account(bucket_owner, FULL if canned == BUCKET_FULL else "READ"))
    grants += [
        {"Grantee": {"Type": "Group", "URI": group}, "Permission": right}
        for group, right in CANNED[canned]
    ]
    return {"Owner": owner_of(owner), "Grants": grants}


def _to_account(account: str, right: str) -> dict[str, Any]:
    return {
        "Grantee": {"Type": "CanonicalUser", "ID": canonical_id(account)},
        "Permission": right,
    }


def _grantees(header: str) -> Iterable[dict[str, str]]:
    for part in header.split(","):
        kind, _, value = part.strip().partition("=")
        value = value.strip().strip('"')
        if kind.lower() == "id":
            yield {"Type": "CanonicalUser", "ID": value}
        elif kind.lower() == "uri":
            yield {"Type": "Group", "URI": value}
        elif kind.lower() == "emailaddress":
            yield {"Type": "AmazonCustomerByEmail", "EmailAddress": value}
        else:
            raise errors.invalid_argument(
                "Argument format not recognized", "x-amz-grant-*", part.strip()
            )


def _written(written: Mapping[str, Any], owner: str) -> Settings:
    named = (written.get("Owner") or {}).get("ID")
    if named is None or "Grants" not in written:
        raise AwsError(
            "MalformedACLError",
            "The XML you provided was not well-formed or did not validate against our published "
            "schema",
            400,
        )
    if named != canonical_id(owner):
        raise errors.access_denied()
    return _checked(owner, written["Grants"] or [])


def _checked(owner: str, grants: list[dict[str, Any]]) -> Settings:
    if len(grants) > GRANTS_MAX:
        raise errors.invalid_request(f"The Access Control List has more than {GRANTS_MAX} grants")
    checked = []
    for grant in grants:
        grantee, right = grant.get("Grantee") or {}, grant.get("Permission")
        if right not in PERMISSIONS:
            raise errors.malformed_xml()
        checked.append({"Grantee": _resolved(grantee), "Permission": right})
    return {"Owner": owner_of(owner), "Grants": checked}


def _resolved(grantee: Mapping[str, str]) -> dict[str, str]:
    kind = grantee.get("Type")
    if kind == "CanonicalUser":
        named = grantee.get("ID", "")
        if find_account(named) is None:
            raise errors.invalid_argument("Invalid id", "CanonicalUser/ID", named)
        return {"Type": kind, "ID": named}
    if kind == "Group":
        uri = grantee.get("URI", "")
        if uri not in GROUPS:
            raise errors.invalid_argument("Invalid group uri", "Group/URI", uri)
        return {"Type": kind, "URI": uri}
    if kind == "AmazonCustomerByEmail":
        raise AwsError(
            "UnresolvableGrantByEmailAddress",
            "The e-mail address you provided does not match any account on record.",
            400,
        )
    raise errors.malformed_xml()


def _is_default(acl: Settings) -> bool:
    """Whether only the owner has anything."""
    own = acl["Owner"]["ID"]
    return all(grant["Grantee"].get("ID") == own for grant in acl["Grants"])


def _keep(acl: Settings, owner: str) -> Settings | None:
    """What is stored: None for what equals the default."""
    return None if acl == _canned("private", owner, owner) else acl


def of_new_bucket(call: Call, request: Input, ownership: str, arn: str) -> Settings | None:
    """The list of a bucket about to be made. Raises InvalidBucketAclWithObjectOwnership."""
    wanted = _find_wanted(request, call.account, call.account)
    if wanted is None:
        return None
    require(call, "s3:PutBucketAcl", arn)
    kept = _keep(wanted, call.account)
    if kept is not None and ownership == ENFORCED:
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
            400,
        )
    if kept is not None and is_public_acl(kept):
        # A new bucket blocks public access.
        raise AwsError(
            "InvalidBucketAclWithBlockPublicAccessError",
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
            400,
        )
    return kept


def of_new_object(call: Call, bucket: Bucket, request: Input) -> tuple[str, Settings | None]:
    """Who owns an object about to be made ("" for the bucket's owner), and its list."""
    ownership = ownership_of(bucket)
    asks = not MEMBERS.isdisjoint(request)
    if ownership == ENFORCED:
        if asks:
            _check_enforced(request, bucket)
        return "", None
    owner = bucket.account
    is_given = ownership == PREFERRED and request.get("ACL") == BUCKET_FULL
    if not is_given and call.caller.kind != "service":
        owner = call.caller.account if call.caller.kind != "anonymous" else owner
    name = "" if owner == bucket.account else owner
    if not asks:
        return name, None
    arn = f"{bucket.arn}/{request.get('Key', '')}"
    if call.caller.account == bucket.account:
        require(call, "s3:PutObjectAcl", arn)
    wanted = _find_wanted(request, owner, bucket.account)
    kept = None if wanted is None else _keep(wanted, owner)
    _check_public(call, bucket, kept, "s3:PutObject", arn)
    return name, kept


def _check_enforced(request: Input, bucket: Bucket) -> None:
    """Raise AccessControlListNotSupported unless the list says that the bucket's owner has all."""
    if request.get("ACL") == BUCKET_FULL:
        return
    wanted = _find_wanted(request, bucket.account, bucket.account)
    if wanted is not None and ("ACL" in request or not _gives_owner_all(wanted)):
        raise AwsError("AccessControlListNotSupported", FOREIGN, 400)


def _gives_owner_all(acl: Settings) -> bool:
    return _is_default(acl) and any(grant["Permission"] == FULL for grant in acl["Grants"])


def _check_public(call: Call, bucket: Bucket, acl: Settings | None, action: str, arn: str) -> None:
    if acl is not None and is_public_acl(acl) and blocks_of(call, bucket).get("BlockPublicAcls"):
        raise _blocked(call, action, arn)


def _blocked(call: Call, action: str, arn: str) -> AwsError:
    return errors.access_denied(
        f"User: {call.caller.arn} is not authorized to perform: {action} on resource: "
        f'"{arn}" because public access control lists (ACLs) are blocked by the BlockPublicAcls '
        "block public access setting."
    )


def _missing() -> AwsError:
    message = "Your request was missing a required header"
    return AwsError("MissingSecurityHeader", message, 400, MissingHeaderName="x-amz-acl")


def put_bucket_acl(call: Call, request: Input) -> Output:
    """Replace a bucket's list."""
    bucket = expect_bucket(call, request)
    if MEMBERS.isdisjoint(request):
        raise _missing()
    if ownership_of(bucket) == ENFORCED:
        _check_enforced(request, bucket)
        return {}
    wanted = _find_wanted(request, bucket.account, bucket.account)
    if wanted is None:
        raise _missing()
    kept = _keep(wanted, bucket.account)
    _check_public(call, bucket, kept, "s3:PutBucketAcl", bucket.arn)
    bucket.acl = kept
    return {}


def get_bucket_acl(call: Call, request: Input) -> Output:
    """A bucket's list."""
    bucket = expect_bucket(call, request)
    return dict(bucket.acl or _canned("private", bucket.account, bucket.account))


def put_object_acl(call: Call, request: Input) -> Output:
    """Replace the list of a version."""
    bucket = expect_bucket(call, request)
    version = expect_object(call, bucket, request)
    output: Output = {}
    versioned(bucket, version, output)
    if ownership_of(bucket) == ENFORCED:
        _check_enforced(request, bucket)
        return output
    owner = owner_of_version(bucket, version)
    wanted = _find_wanted(request, owner, bucket.account)
    if wanted is None:
        raise _missing()
    kept = _keep(wanted, owner)
    _check_public(call, bucket, kept, "s3:PutObjectAcl", f"{bucket.arn}/{request['Key']}")
    version.acl = kept
    changes.tell(call, bucket, request["Key"], version, "s3:ObjectAcl:Put")
    return output


def get_object_acl(call: Call, request: Input) -> Output:
    """The list of a version."""
    bucket = expect_bucket(call, request)
    version = expect_object(call, bucket, request)
    owner = owner_of_version(bucket, version)
    if version.acl is None or ownership_of(bucket) == ENFORCED:
        return _canned("private", owner, owner)
    return dict(version.acl)


def owner_of_version(bucket: Bucket, version: ObjectVersion) -> str:
    """The account that owns a version now: the bucket's, where lists are switched off."""
    if not version.owner or ownership_of(bucket) == ENFORCED:
        return bucket.account
    return version.owner
