"""What in an organization has tags, for the house.

Rules of this file: an organization's things are its management account's, and global, so they are
seen in the home Region of the partition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.store import Table
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    CONTAINERS,
    ORGANIZATIONS,
    POLICIES,
    TAGS,
)
from cloudchamber.world.geography.partitions import expect_partition
from cloudchamber.world.geography.regions import partition_of

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

Tagged = tuple[str, Mapping[str, str]]


def tagged_resources(cloud: Cloud, account: str, region: str) -> Iterable[Tagged]:
    """Port `tagged-resources`: roots, units, accounts, policies of the account's organization."""
    if region != expect_partition(partition_of(region)).home_region:
        return ()
    store = cloud.store
    own = [row for row in store.rows(ORGANIZATIONS, "", "").values() if row.management == account]
    tags = store.rows(TAGS, "", "")
    found: list[Tagged] = []
    for organization in own:
        policy = organization.resource_policy
        if policy is not None and policy.id in tags:
            found.append((policy.arn, tags[policy.id].values))
        tables: tuple[Table[Any], ...] = (CONTAINERS, ACCOUNTS, POLICIES)
        for table in tables:
            found += [
                (row.arn, tags[row.id].values)
                for row in store.rows(table, "", "").values()
                if row.organization == organization.id and row.id in tags
            ]
    return sorted(found, key=lambda each: each[0])
