"""The smaller settings of a bucket: tags, default encryption, acceleration, who pays, ABAC.

Rules of this file: what Put took is what Get gives. Every bucket encrypts (SSE-S3) and lets its
owner pay, also when nobody has said so.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/view-bucket-properties.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import errors, tags
from cloudchamber.services.s3.lookup import expect_bucket

ALGORITHMS: Final = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})
STATES: Final = ("Enabled", "Suspended")


def put_bucket_tagging(call: Call, request: Input) -> Output:
    """Replace a bucket's tags; those that AWS made (`aws:`) stay AWS's business."""
    bucket = expect_bucket(call, request)
    wanted = (request.get("Tagging") or {}).get("TagSet") or []
    bucket.tags = tags.read_set(wanted, tags.BUCKET_TAGS_MAX)
    return {}


def get_bucket_tagging(call: Call, request: Input) -> Output:
    """A bucket's tags. Raises NoSuchTagSet for one that has none."""
    bucket = expect_bucket(call, request)
    if not bucket.tags:
        raise AwsError("NoSuchTagSet", "The TagSet does not exist", 404, BucketName=bucket.name)
    return {"TagSet": tags.shown(bucket.tags)}


def delete_bucket_tagging(call: Call, request: Input) -> Output:
    """Take all tags from a bucket."""
    expect_bucket(call, request).tags = {}
    return {}


def put_bucket_encryption(call: Call, request: Input) -> Output:
    """Say how objects are encrypted that do not say it themselves."""
    bucket = expect_bucket(call, request)
    rules = (request.get("ServerSideEncryptionConfiguration") or {}).get("Rules") or []
    if len(rules) != 1:
        raise errors.malformed_xml()
    rule = rules[0]
    default = rule.get("ApplyServerSideEncryptionByDefault")
    if default is not None:
        algorithm = default.get("SSEAlgorithm")
        if algorithm not in ALGORITHMS:
            raise errors.malformed_xml()
        if algorithm == "AES256" and default.get("KMSMasterKeyID"):
            raise errors.invalid_argument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms "
                "or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault",
                "AES256",
            )
    kept: dict[str, Any] = {"BucketKeyEnabled": bool(rule.get("BucketKeyEnabled", False))}
    kept["ApplyServerSideEncryptionByDefault"] = dict(default or {"SSEAlgorithm": "AES256"})
    if rule.get("BlockedEncryptionTypes"):
        kept["BlockedEncryptionTypes"] = rule["BlockedEncryptionTypes"]
    bucket.encryption = {"Rules": [kept]}
    return {}


def get_bucket_encryption(call: Call, request: Input) -> Output:
    """How objects are encrypted by default."""
    bucket = expect_bucket(call, request)
    default = {"SSEAlgorithm": "AES256"}
    rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": False}
    return {"ServerSideEncryptionConfiguration": bucket.encryption or {"Rules": [rule]}}


def delete_bucket_encryption(call: Call, request: Input) -> Output:
    """Go back to SSE-S3."""
    expect_bucket(call, request).encryption = None
    return {}


def put_bucket_request_payment(call: Call, request: Input) -> Output:
    """Let whoever asks pay (and say so), or the owner."""
    bucket = expect_bucket(call, request)
    payer = (request.get("RequestPaymentConfiguration") or {}).get("Payer")
    if payer not in ("Requester", "BucketOwner"):
        raise errors.malformed_xml()
    bucket.request_payment = {"Payer": payer} if payer == "Requester" else None
    return {}


def get_bucket_request_payment(call: Call, request: Input) -> Output:
    """Who pays for requests."""
    return dict(expect_bucket(call, request).request_payment or {"Payer": "BucketOwner"})


def put_bucket_accelerate_configuration(call: Call, request: Input) -> Output:
    """Let the bucket be reached through edge locations."""
    bucket = expect_bucket(call, request)
    status = (request.get("AccelerateConfiguration") or {}).get("Status")
    if status not in STATES:
        raise errors.malformed_xml()
    if "." in bucket.name:
        raise errors.invalid_request(
            "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    if status == "Enabled" or bucket.accelerate is not None:
        bucket.accelerate = {"Status": status}
    return {}


def get_bucket_accelerate_configuration(call: Call, request: Input) -> Output:
    """Whether the bucket is accelerated; nothing when that was never set."""
    return dict(expect_bucket(call, request).accelerate or {})


def put_bucket_abac(call: Call, request: Input) -> Output:
    """Switch access by tags of buckets on or off."""
    bucket = expect_bucket(call, request)
    status = (request.get("AbacStatus") or {}).get("Status")
    if status not in ("Enabled", "Disabled"):
        raise errors.malformed_xml()
    bucket.abac = {"Status": status}
    return {}


def get_bucket_abac(call: Call, request: Input) -> Output:
    """Whether access by tags is on."""
    return {"AbacStatus": dict(expect_bucket(call, request).abac or {"Status": "Disabled"})}
