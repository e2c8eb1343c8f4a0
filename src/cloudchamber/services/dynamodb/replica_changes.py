"""Changes of a replicated table on their way to its other regions.

Rules of this file: a change leaves at once and arrives after the lag; it carries when it was made
and where, so that the last writer wins wherever two meet. Every write of an item that has replicas
is dated, in the table's `versions`.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb.lifecycle import REPLICA
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.settings import Setting

ARRIVE: Final = "dynamodb.replica-change-arrived"


class Versions(msgspec.Struct):
    """When and where each item was last written: key -> (ns, region)."""

    of: dict[bytes, tuple[int, str]] = {}


VERSIONS: Final = StoreTable("dynamodb.replica-versions", Versions)  # by table id


def send(call: Call, table: Table, setting: Setting, key: bytes, after: bytes | None) -> None:
    """Send a change to every other region that has a replica."""
    versions = call.rows(VERSIONS, table.account, table.region).setdefault(table.id, Versions())
    versions.of[key] = (call.now, table.region)
    lag_ns = REPLICA.delay_ns(call.cloud.settings.lifecycle, "lag")
    for replica in setting.replicas:
        call.after(
            lag_ns, ARRIVE, table.account, replica.region, table.name, key, after, call.now,
            table.region,
        )  # fmt: skip
