"""What in IAM has tags that are seen from outside, for the house.

Rules of this file: users and roles are left out, because GetResources does not show them.
https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/supported-services.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.store import Table
from cloudchamber.services.iam.nouns import POLICIES, PROFILES, Tag
from cloudchamber.services.iam.proofs import (
    CERTIFICATES,
    MFA_DEVICES,
    OIDC_PROVIDERS,
    SAML_PROVIDERS,
)
from cloudchamber.world.geography.partitions import expect_partition
from cloudchamber.world.geography.regions import partition_of

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

Tagged = tuple[str, Mapping[str, str]]


def tagged_resources(cloud: Cloud, account: str, region: str) -> Iterable[Tagged]:
    """Port `tagged-resources`: what an account has, in the home Region of its partition."""
    if region != expect_partition(partition_of(region)).home_region:
        return ()
    found: list[Tagged] = []
    tables: tuple[Table[Any], ...] = (
        POLICIES,
        PROFILES,
        CERTIFICATES,
        OIDC_PROVIDERS,
        SAML_PROVIDERS,
    )
    for table in tables:
        rows = cloud.store.rows(table, account, "")
        found += [(row.arn, _tags(row.tags)) for row in rows.values() if row.tags]
    for device in cloud.store.rows(MFA_DEVICES, account, "").values():
        if device.tags:
            found.append((device.serial, _tags(device.tags)))
    return sorted(found, key=lambda each: each[0])


def _tags(tags: list[Tag]) -> dict[str, str]:
    return {tag.key: tag.value for tag in tags}
