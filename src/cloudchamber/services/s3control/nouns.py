"""The state of S3 Control: access points, and what an account blocks of public access.

Rules of this file: plain data and its tables.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table


class AccessPoint(msgspec.Struct):
    """One access point: a name of its own, with a policy, that leads to a bucket.

    `bucket_account` owns the bucket. `vpc` is the VPC it is held to, "" for the internet.
    """

    name: str
    arn: str
    alias: str
    account: str
    region: str
    bucket: str
    bucket_account: str
    created_ns: int
    vpc: str = ""
    policy: str = ""
    blocks: dict[str, bool] = {}
    tags: dict[str, str] = {}


class Alias(msgspec.Struct, frozen=True):
    """Where the access point of an alias is."""

    account: str
    region: str
    name: str


class Blocks(msgspec.Struct):
    """What an account blocks of public access."""

    blocks: dict[str, Any]


# name -> access point
ACCESS_POINTS: Final = Table("s3control.access-points", AccessPoint, ordered=True)
# alias -> where it is
ALIASES: Final = Table("s3control.aliases", Alias, "world")
# "" -> what is blocked
BLOCKS: Final = Table("s3control.blocks", Blocks, "account")
