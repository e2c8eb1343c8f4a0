"""The state of S3: buckets, the versions of objects, multipart uploads.

Rules of this file: plain data and its tables. A bucket has one slot for each of its configurations,
kept as the API's own structure (what Put took is what Get gives), None when nobody has set it.

The idea: bucket names are one namespace, so everything is in tables of the whole world. An object's
current version lies in CURRENT under `bucket NUL key` (a bucket's name has no NUL; Python orders
texts by code point, which is the order of their UTF-8 bytes, S3's own). What was current before
lies in NONCURRENT under the same name, oldest first. So listing a bucket never sees old versions.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table

NULL: Final = "null"  # the id of the version that was made while versioning was not on
STANDARD: Final = "STANDARD"
Settings = dict[str, Any]


class Bucket(msgspec.Struct):
    """One bucket: who owns it, where it is, and what was configured on it.

    `key` is what its objects' own keys are sealed with (SSE-S3), `serial` counts what was sealed.
    `versioning` and `mfa_delete` are "" until set, then `Enabled` or `Suspended` (`Disabled`).
    `acl` and `public_access_block` None are AWS's defaults (owner only; everything blocked).
    `lock_rule` is the default retention.
    """

    name: str
    account: str
    region: str
    arn: str
    created_ns: int
    key: bytes
    serial: int = 0
    versioning: str = ""
    mfa_delete: str = ""
    lock_enabled: bool = False
    lock_rule: Settings | None = None
    tags: dict[str, str] = {}
    ownership: Settings | None = None
    acl: Settings | None = None
    policy: str = ""
    public_access_block: Settings | None = None
    encryption: Settings | None = None
    cors: Settings | None = None
    lifecycle: Settings | None = None
    replication: Settings | None = None
    notification: Settings | None = None
    website: Settings | None = None
    logging: Settings | None = None
    accelerate: Settings | None = None
    request_payment: Settings | None = None
    analytics: dict[str, Settings] = {}
    intelligent_tiering: dict[str, Settings] = {}
    inventory: dict[str, Settings] = {}
    metrics: dict[str, Settings] = {}
    metadata: Settings | None = None
    metadata_table: Settings | None = None
    abac: Settings | None = None
    more: Settings = {}  # for whatever has no slot of its own


class Encryption(msgspec.Struct, frozen=True):
    """How a version is encrypted, when it is not S3's own default (SSE-S3).

    `algorithm` is `aws:kms`, `aws:kms:dsse`, or `AES256` with the MD5 of a customer's key (SSE-C).
    `envelope` is the key that KMS made for this body, as KMS encrypted it.
    """

    algorithm: str
    kms_key: str = ""
    context: str = ""  # the caller's encryption context: base64 of JSON, as it came
    bucket_key: bool = False
    customer_md5: str = ""
    envelope: bytes = b""


class Extent(msgspec.Struct, frozen=True):
    """A run of bytes of a body: sealed here (`data`), or in the blob store under `blob`.

    `start` is where it begins in what was sealed. `key` leads to the key it is sealed with
    (see `sealing.py`).
    """

    length: int
    key: bytes
    start: int = 0
    data: bytes = b""
    blob: str = ""


class PartFacts(msgspec.Struct, frozen=True):
    """What a multipart object remembers of one of its parts; `checksum` may be empty."""

    number: int
    size: int
    checksum: str = ""


class Retention(msgspec.Struct, frozen=True):
    """Until when a version is locked, in `GOVERNANCE` or `COMPLIANCE` mode."""

    mode: str
    until_ns: int


class Restore(msgspec.Struct, frozen=True):
    """A restored copy of an archived version: under way while `ready_ns` is to come."""

    ready_ns: int
    expires_ns: int
    tier: str = "Standard"


class Annotation(msgspec.Struct, frozen=True):
    """A named text beside a version, sealed like its body."""

    size: int
    etag: str
    checksum: str
    algorithm: str
    modified_ns: int
    extent: Extent


class ObjectVersion(msgspec.Struct, tag="object"):
    """One version of an object. Most are small and plain, so what is seldom set is None.

    `body` is bytes sealed under the key that `salt` gives, or extents. `etag` has no quotes.
    `checksum` is base64 (with `-N` when composite), made by `algorithm`. `owner` is an account, ""
    for the bucket's own. `headers` are modelled members (CacheControl, ...) that an answer repeats,
    `metadata` the user's. `noncurrent_ns` is when a newer version came. `acl` is the API's
    structure, None for the default (private). `replication` is the x-amz-replication-status.
    """

    version_id: str
    modified_ns: int
    size: int
    etag: str
    body: bytes | list[Extent]
    salt: int
    checksum: str
    algorithm: str
    content_type: str
    composite: bool = False
    storage_class: str = STANDARD
    owner: str = ""
    headers: dict[str, str] | None = None
    metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    encryption: Encryption | None = None
    parts: list[PartFacts] | None = None
    upload_id: str = ""
    retention: Retention | None = None
    legal_hold: str = ""  # "", ON or OFF
    acl: Settings | None = None
    restore: Restore | None = None
    replication: str = ""
    noncurrent_ns: int = 0
    annotations: dict[str, Annotation] | None = None


class DeleteMarker(msgspec.Struct, tag="marker"):
    """A version that says: deleted."""

    version_id: str
    modified_ns: int
    owner: str = ""
    noncurrent_ns: int = 0
    replication: str = ""


Version = ObjectVersion | DeleteMarker


class Older(msgspec.Struct):
    """The versions of one key that are not current, oldest first."""

    versions: list[ObjectVersion | DeleteMarker]


class Part(msgspec.Struct, frozen=True):
    """One uploaded part. `etag` is the hex MD5; `checksum` base64 of the upload's algorithm."""

    number: int
    size: int
    etag: str
    extents: list[Extent]
    modified_ns: int
    checksum: str = ""


class MultipartUpload(msgspec.Struct):
    """A multipart upload under way: what the object will be, and its parts by number.

    `checksum_type` is `FULL_OBJECT` or `COMPOSITE`; `algorithm` is "" when the client named none
    (then it is S3's default). `initiator` is the ARN of who began it.
    """

    bucket: str
    key: str
    upload_id: str
    initiated_ns: int
    initiator: str
    owner: str
    content_type: str
    storage_class: str = STANDARD
    headers: dict[str, str] | None = None
    metadata: dict[str, str] | None = None
    tags: dict[str, str] | None = None
    encryption: Encryption | None = None
    algorithm: str = ""
    checksum_type: str = ""
    retention: Retention | None = None
    legal_hold: str = ""
    acl: Settings | None = None
    parts: dict[int, Part] = {}


class AccessLines(msgspec.Struct):
    """What was asked of a bucket that is logged, a line each."""

    lines: list[str]


# bucket name -> bucket
BUCKETS: Final = Table("s3.buckets", Bucket, "world", ordered=True)
# `place(bucket, key)` -> the current version
CURRENT: Final[Table[Version]] = Table(
    "s3.current",
    ObjectVersion | DeleteMarker,  # type: ignore[arg-type]
    "world",
    ordered=True,
)
# `place(bucket, key)` -> the versions before it
NONCURRENT: Final = Table("s3.noncurrent", Older, "world", ordered=True)
# (bucket, key, upload id), ids growing with time
UPLOADS: Final = Table(
    "s3.uploads", MultipartUpload, "world", ordered=True, key_type=tuple[str, str, str]
)


# bucket name -> the lines of its access log that were not delivered yet; has every logged bucket
ACCESS_LINES: Final = Table("s3.access-lines", AccessLines, "world")


def place(bucket: str, key: str) -> str:
    """Where the versions of a key are in CURRENT and NONCURRENT."""
    return f"{bucket}\0{key}"


def key_at(where: str) -> str:
    """The key of a place."""
    return where.partition("\0")[2]
