"""Which buckets have tags, for the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cloudchamber.services.s3.nouns import BUCKETS

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the buckets of an account in a Region."""
    for bucket in cloud.store.rows(BUCKETS, "", "").values():
        if bucket.tags and bucket.account == account and bucket.region == region:
            yield bucket.arn, bucket.tags


def whose(cloud: Cloud, name: str) -> tuple[str, str] | None:
    """Port `bucket`: the account and the Region of a bucket."""
    bucket = cloud.store.rows(BUCKETS, "", "").get(name)
    return None if bucket is None else (bucket.account, bucket.region)
