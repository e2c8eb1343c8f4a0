"""Versioning of a bucket: never set, on, or suspended; and who may delete with an MFA code.

Rules of this file: versioning, once on, is never off again. What it does to objects is in
`changes.py`. https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html
"""

from __future__ import annotations

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket

SWITCH = ("Enabled", "Suspended")
MFA_SWITCH = ("Enabled", "Disabled")


def put_bucket_versioning(call: Call, request: Input) -> Output:
    """Turn versioning on, or suspend it; and ask for an MFA code at deletes, or no longer.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html
    """
    bucket = expect_bucket(call, request)
    wanted = request.get("VersioningConfiguration") or {}
    status, mfa = wanted.get("Status"), wanted.get("MFADelete")
    if status is None and mfa is None:
        raise AwsError(
            "IllegalVersioningConfigurationException",
            "The Versioning element must be specified",
            400,
        )
    if status not in (None, *SWITCH) or mfa not in (None, *MFA_SWITCH):
        raise errors.malformed_xml()
    if mfa is not None or bucket.mfa_delete == "Enabled":
        check_mfa(call, request)
    if bucket.lock_enabled and status == "Suspended":
        raise AwsError(
            "InvalidBucketState",
            "An Object Lock configuration is present on this bucket, so the versioning state "
            "cannot be changed.",
            409,
        )
    if bucket.replication is not None and status == "Suspended":
        raise AwsError(
            "InvalidBucketState",
            "A replication configuration is present on this bucket, so you cannot change the "
            "versioning state. To change the versioning state, first delete the replication "
            "configuration.",
            409,
        )
    bucket.versioning = status or bucket.versioning
    bucket.mfa_delete = mfa or bucket.mfa_delete
    return {}


def get_bucket_versioning(call: Call, request: Input) -> Output:
    """Whether a bucket is versioned; an empty answer when that was never set."""
    bucket = expect_bucket(call, request)
    output: Output = {}
    if bucket.versioning:
        output["Status"] = bucket.versioning
    if bucket.mfa_delete:
        output["MFADelete"] = bucket.mfa_delete
    return output


def check_mfa(call: Call, request: Input) -> None:
    """Raise AccessDenied unless the request brings `serial code` of the caller's MFA device."""
    serial, _, code = request.get("MFA", "").strip().rpartition(" ")
    if not serial or not code:
        raise errors.access_denied("Mfa Authentication must be used for this request")
    is_right = call.port(ports.MFA_CODE)
    if is_right is not None and not is_right(call.cloud, call.caller, serial, code):
        raise errors.access_denied("Mfa Authentication must be used for this request")


def check_mfa_delete(call: Call, bucket: Bucket, request: Input) -> None:
    """The same for the delete of a version, where the bucket asks for it."""
    if bucket.mfa_delete == "Enabled":
        check_mfa(call, request)
