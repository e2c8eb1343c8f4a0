"""What S3 allows: quotas, sizes and the forms of names.

Rules of this file: numbers with their source, and pure checks on text.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_GENERAL: Final = "general/latest/gr/s3.html"
_FACTS: Final = "AmazonS3/latest/userguide/qfacts.html"

QUOTAS: Final = MappingProxyType(
    {
        "buckets": Quota(10_000, _GENERAL, code="L-DC2B2D3D", adjustable=True),
        "object-tags": Quota(10, "AmazonS3/latest/userguide/object-tagging.html"),
        "bucket-tags": Quota(50, _GENERAL),
        "parts": Quota(10_000, _FACTS),
    }
)

MIB: Final = 1 << 20
SINGLE_PUT_BYTES_MAX: Final = 5 << 30  # in one PUT, one part, one copy
OBJECT_BYTES_MAX: Final = 50 << 40  # by multipart upload
PART_BYTES_MIN: Final = 5 << 20  # but for the last part
PARTS_MAX: Final = 10_000
KEY_BYTES_MAX: Final = 1024
METADATA_BYTES_MAX: Final = 2048
HEADERS_BYTES_MAX: Final = 8192
DELETE_MAX: Final = 1000
PAGE_MAX: Final = 1000
TAG_KEY_MAX: Final = 128
TAG_VALUE_MAX: Final = 256

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
_BUCKET_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9.-]{1,61})[a-z0-9]")
_ADDRESS: Final = re.compile(r"\d+\.\d+\.\d+\.\d+")
_PREFIXES: Final = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES: Final = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an")


def is_bucket_name(name: str) -> bool:
    """Whether a general purpose bucket may be called so."""
    return (
        _BUCKET_NAME.fullmatch(name) is not None
        and ".." not in name
        and _ADDRESS.fullmatch(name) is None
        and not name.startswith(_PREFIXES)
        and not name.endswith(_SUFFIXES)
    )


def is_account_regional_name(name: str, account: str, region: str) -> bool:
    """Whether a bucket of an account's own namespace may be called so.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
    """
    tail = f"-{account}-{region}-an"
    return name.endswith(tail) and is_bucket_name(name.removesuffix("-an"))
