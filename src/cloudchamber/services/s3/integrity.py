"""What a client says of the bytes it sends, and whether that is so.

Rules of this file: checks only. An object remembers one checksum: the one that was given, else
CRC64NVME, S3's own choice.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.checksums import ALGORITHMS, DEFAULT
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import bodies, errors
from cloudchamber.services.s3.bodies import Received

MD5_BYTES: Final = 16
# algorithm -> how many bytes
SIZES: Final = MappingProxyType(
    {
        "CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32, "SHA512": 64,
        "MD5": 16, "XXHASH64": 8, "XXHASH3": 8, "XXHASH128": 16,
    }
)  # fmt: skip
MEMBERS: Final = tuple((f"Checksum{name}", name) for name in SIZES)
DEFAULT_MEMBER: Final = f"Checksum{DEFAULT}"


def find_claim(request: Mapping[str, Any]) -> tuple[str, str] | None:
    """The algorithm and value of the one checksum that a request gives, or None.

    Raises InvalidRequest when there is more than one, or it cannot be one.
    """
    claims = [(name, request[member]) for member, name in MEMBERS if member in request]
    if not claims:
        return None
    if len(claims) > 1:
        raise errors.invalid_request(
            "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed."
        )
    name, value = claims[0]
    expect_algorithm(name)
    if find_bytes(value, SIZES[name]) is None:
        raise errors.invalid_request(f"Value for x-amz-checksum-{name.lower()} header is invalid.")
    return name, value


def expect_algorithm(name: str) -> str:
    """The algorithm of that name. Raises InvalidRequest for one that is not known here."""
    if name not in ALGORITHMS:
        raise errors.invalid_request(
            "Checksum algorithm provided is unsupported. Please try again with any of the valid "
            f"types: [{', '.join(sorted(ALGORITHMS))}]"
        )
    return name


def find_bytes(text: str, size: int) -> bytes | None:
    """The bytes of a base64 text of that size, or None."""
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if len(raw) == size else None


def text_of(raw: bytes) -> str:
    """The base64 text of a checksum's bytes."""
    return b64encode(raw).decode()


def check_md5(claimed: str | None, digest: bytes) -> None:
    """Hold a Content-MD5 against the bytes. Raises InvalidDigest, BadDigest."""
    if claimed is None:
        return
    if find_bytes(claimed, MD5_BYTES) is None:
        raise AwsError("InvalidDigest", "The Content-MD5 you specified was invalid.", 400)
    actual = b64encode(digest).decode()
    if claimed != actual:
        raise AwsError(
            "BadDigest",
            "The Content-MD5 you specified did not match what we received.",
            400,
            ExpectedDigest=claimed,
            CalculatedDigest=actual,
        )


def checked(call: Call, request: Mapping[str, Any], body: Received) -> tuple[bytes, str, str]:
    """The MD5 of a body, and the algorithm and value of its checksum, all held against the request.

    Raises InvalidDigest, BadDigest, InvalidRequest.
    """
    digest = body.md5
    check_md5(request.get("ContentMD5"), digest)
    claim = find_claim(request)
    if claim is None:
        algorithm = request.get("ChecksumAlgorithm", DEFAULT)
        if algorithm not in ALGORITHMS:
            expect_algorithm(algorithm)
        if "ChecksumAlgorithm" in request and not call.origin.is_nested and body.length:
            raise errors.invalid_request(
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or "
                "x-amz-trailer headers were found."
            )
        return digest, algorithm, bodies.checksum_of(call, body, algorithm)
    algorithm, value = claim
    named = request.get("ChecksumAlgorithm", algorithm)
    if named != algorithm:
        raise errors.invalid_request("Value for x-amz-sdk-checksum-algorithm header is invalid.")
    if bodies.checksum_of(call, body, algorithm) != value:
        raise bad_checksum(algorithm)
    return digest, algorithm, value


def bad_checksum(algorithm: str) -> AwsError:
    """400: the bytes have another checksum than the one that was given."""
    message = f"The {algorithm} you specified did not match the calculated checksum."
    return AwsError("BadDigest", message, 400)
