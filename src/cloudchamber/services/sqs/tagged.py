"""Which queues have tags, for the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from cloudchamber.services.sqs.nouns import QUEUES

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the queues of an account and Region."""
    for queue in cloud.store.rows(QUEUES, account, region).values():
        if queue.tags:
            yield queue.arn, queue.tags
