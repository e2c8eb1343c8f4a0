"""Which encryption a version gets, and the key of keys that opens it.

Rules of this file: what a request says, else what the bucket says, else SSE-S3 (None here). KMS is
asked as the caller, through its public operations; its refusals are told in S3's words. A
customer's key is held against its MD5 and never kept.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingEncryption.html
"""

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import md5
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.integrity import find_bytes
from cloudchamber.services.s3.nouns import Bucket, Encryption
from cloudchamber.services.s3.sealing import KEY_BYTES

SSE_S3: Final = "AES256"
BY_KMS: Final = ("aws:kms", "aws:kms:dsse")
AWS_KEY: Final = "alias/aws/s3"
ASKS: Final = frozenset(
    {
        "ServerSideEncryption", "SSEKMSKeyId", "SSEKMSEncryptionContext", "BucketKeyEnabled",
        "SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5",
    }
)  # fmt: skip
CUSTOMERS: Final = ("SSECustomerAlgorithm", "SSECustomerKey", "SSECustomerKeyMD5")
DENIALS: Final = frozenset({"AccessDeniedException", "AccessDenied"})


def customers_key(request: Mapping[str, Any], prefix: str = "") -> tuple[bytes, str] | None:
    """The key that a customer brings and its MD5, or None. Raises InvalidArgument and its like.

    `prefix` is `CopySource` for the key of a copy's source.
    """
    algorithm, text, digest = (request.get(prefix + member) for member in CUSTOMERS)
    if algorithm is None and text is None and digest is None:
        return None
    head = "x-amz-copy-source-" if prefix else "x-amz-"
    if text is None:
        raise errors.invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "an appropriate secret key.",
            f"{head}server-side-encryption-customer-key",
            "null",
        )
    if algorithm is None:
        raise errors.invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "a valid encryption algorithm.",
            f"{head}server-side-encryption-customer-algorithm",
            "null",
        )
    if algorithm != SSE_S3:
        message = "The encryption request you specified is not valid. The valid value is AES256."
        raise AwsError("InvalidEncryptionAlgorithmError", message, 400)
    key = find_bytes(text, KEY_BYTES)
    if key is None:
        raise errors.invalid_argument(
            "The secret key was invalid for the specified algorithm.",
            f"{head}server-side-encryption-customer-algorithm",
            algorithm,
        )
    if digest is None:
        raise errors.invalid_argument(
            "Requests specifying Server Side Encryption with Customer provided keys must provide "
            "the client calculated MD5 of the secret key.",
            f"{head}server-side-encryption-customer-key-MD5",
            "null",
        )
    if b64encode(md5(key, usedforsecurity=False).digest()).decode() != digest:
        raise errors.invalid_argument(
            "The calculated MD5 hash of the key did not match the hash that was provided.",
            f"{head}server-side-encryption-customer-key-MD5",
            digest,
        )
    return key, digest


def chosen(
    call: Call, bucket: Bucket, key: str, request: Mapping[str, Any]
) -> tuple[Encryption | None, bytes]:
    """The encryption of a new version, and its key of keys. Asks KMS for one when it is KMS's."""
    if bucket.encryption is None and ASKS.isdisjoint(request):
        return None, bucket.key
    wanted = _wanted(bucket, request)
    customer = customers_key(request)
    if customer is not None:
        if "ServerSideEncryption" in request:
            raise errors.invalid_argument(
                "Server Side Encryption with Customer provided key is incompatible with the "
                "encryption method specified",
                "x-amz-server-side-encryption",
                request["ServerSideEncryption"],
            )
        if "SSE-C" in _blocked(bucket):
            raise errors.access_denied(
                "This bucket has blocked Server Side Encryption with Customer provided keys"
            )
        return Encryption(SSE_S3, customer_md5=customer[1]), customer[0]
    if wanted is None:
        return None, bucket.key
    return _enveloped(call, bucket, key, wanted)


def _wanted(bucket: Bucket, request: Mapping[str, Any]) -> Encryption | None:
    """What the headers ask for, else the bucket's default."""
    algorithm = request.get("ServerSideEncryption")
    named = request.get("SSEKMSKeyId", "")
    if algorithm is None:
        if named:
            raise errors.invalid_argument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                "x-amz-server-side-encryption : aws:kms",
                "x-amz-server-side-encryption",
                "null",
            )
        return _default(bucket, request)
    if algorithm == SSE_S3:
        if named or "SSEKMSEncryptionContext" in request:
            raise errors.invalid_argument(
                "Server Side Encryption with AWS KMS managed key requires HTTP header "
                "x-amz-server-side-encryption : aws:kms",
                "x-amz-server-side-encryption",
                algorithm,
            )
        return None
    if algorithm not in BY_KMS:
        raise errors.invalid_argument(
            "The encryption method specified is not supported",
            "x-amz-server-side-encryption",
            algorithm,
        )
    default = _default(bucket, {})
    return Encryption(
        algorithm,
        named or AWS_KEY,
        request.get("SSEKMSEncryptionContext", ""),
        request.get("BucketKeyEnabled", default is not None and default.bucket_key)
        and algorithm == BY_KMS[0],
    )


def _rule(bucket: Bucket) -> Mapping[str, Any]:
    rules: list[dict[str, Any]] = (bucket.encryption or {}).get("Rules") or [{}]
    return rules[0]


def _blocked(bucket: Bucket) -> list[str]:
    blocked: list[str] = (_rule(bucket).get("BlockedEncryptionTypes") or {}).get(
        "EncryptionType", []
    )
    return blocked


def _default(bucket: Bucket, request: Mapping[str, Any]) -> Encryption | None:
    rule = _rule(bucket)
    default = rule.get("ApplyServerSideEncryptionByDefault") or {}
    algorithm = default.get("SSEAlgorithm", SSE_S3)
    if algorithm not in BY_KMS:
        return None
    return Encryption(
        algorithm,
        default.get("KMSMasterKeyID") or AWS_KEY,
        request.get("SSEKMSEncryptionContext", ""),
        bool(request.get("BucketKeyEnabled", rule.get("BucketKeyEnabled"))),
    )


def _context(bucket: Bucket, key: str, encryption: Encryption) -> dict[str, str]:
    """What KMS is told of the body: its ARN (or its bucket's), and what the caller adds."""
    context: dict[str, str] = {}
    if encryption.context:
        raw = find_json(encryption.context)
        if raw is None:
            raise errors.invalid_argument(
                "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 "
                "string holding JSON which represents a string-string map",
                "x-amz-server-side-encryption-context",
                encryption.context,
            )
        context.update(raw)
    about = bucket.arn if encryption.bucket_key else f"{bucket.arn}/{key}"
    context.setdefault("aws:s3:arn", about)
    return context


def find_json(text: str) -> dict[str, str] | None:
    """The map of texts in a base64 JSON, or None."""
    try:
        found = json.loads(b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return None
    if not isinstance(found, dict) or not all(type(value) is str for value in found.values()):
        return None
    return found


def _enveloped(
    call: Call, bucket: Bucket, key: str, wanted: Encryption
) -> tuple[Encryption, bytes]:
    """Ask KMS for a key of keys; the encryption then carries it as KMS sealed it."""
    answer = _ask(
        call,
        bucket,
        "GenerateDataKey",
        {
            "KeyId": wanted.kms_key,
            "KeySpec": "AES_256",
            "EncryptionContext": _context(bucket, key, wanted),
        },
    )
    made = msgspec.structs.replace(
        wanted, kms_key=answer["KeyId"], envelope=answer["CiphertextBlob"]
    )
    return made, answer["Plaintext"]


def key_of_keys(
    call: Call,
    bucket: Bucket,
    key: str,
    encryption: Encryption | None,
    customer: tuple[bytes, str] | None,
) -> bytes:
    """What opens a version. Raises InvalidRequest, AccessDenied, and what KMS answers."""
    if encryption is None:
        if customer is not None:
            raise errors.invalid_request(
                "The encryption parameters are not applicable to this object."
            )
        return bucket.key
    if encryption.customer_md5:
        if customer is None:
            raise errors.invalid_request(
                "The object was stored using a form of Server Side Encryption. The correct "
                "parameters must be provided to retrieve the object."
            )
        if customer[1] != encryption.customer_md5:
            raise errors.access_denied(
                "Requests specifying Server Side Encryption with Customer provided keys must "
                "provide the correct secret key."
            )
        return customer[0]
    if customer is not None:
        raise errors.invalid_request("The encryption parameters are not applicable to this object.")
    answer = _ask(
        call,
        bucket,
        "Decrypt",
        {
            "CiphertextBlob": encryption.envelope,
            "KeyId": encryption.kms_key,
            "EncryptionContext": _context(bucket, key, encryption),
        },
    )
    opened: bytes = answer["Plaintext"]
    return opened


def check_key(encryption: Encryption | None, customer: tuple[bytes, str] | None) -> None:
    """What HeadObject checks: a customer's key must be there, and be the one. Asks nobody."""
    if customer is not None or (encryption is not None and encryption.customer_md5):
        has_key = encryption is not None and bool(encryption.customer_md5)
        if customer is None or not has_key or encryption is None:
            raise AwsError("BadRequest", "Bad Request", 400)
        if customer[1] != encryption.customer_md5:
            raise errors.access_denied()


def _ask(call: Call, bucket: Bucket, operation: str, request: dict[str, Any]) -> Mapping[str, Any]:
    try:
        return call.invoke("kms", operation, request, region=bucket.region)
    except Refused:
        raise
    except AwsError as error:
        if error.code in DENIALS:
            raise errors.access_denied(error.message) from error
        raise AwsError(f"KMS.{error.code}", error.message, 400) from error


def shown(encryption: Encryption | None, output: dict[str, Any]) -> None:
    """Say in an answer how a version is encrypted."""
    if encryption is None:
        output["ServerSideEncryption"] = SSE_S3
    elif encryption.customer_md5:
        output["SSECustomerAlgorithm"] = SSE_S3
        output["SSECustomerKeyMD5"] = encryption.customer_md5
    else:
        output["ServerSideEncryption"] = encryption.algorithm
        output["SSEKMSKeyId"] = encryption.kms_key
        if encryption.bucket_key:
            output["BucketKeyEnabled"] = True
