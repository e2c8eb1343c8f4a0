"""Which snapshots an account may use: its own, those shared with it, and public ones.

Rules of this file: reads only. A snapshot lies in a Region and is used there; only CopySnapshot
reaches into another.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.volumes.nouns import EBS_SETTINGS, SNAPSHOT, Snapshot

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud


def find_usable(call: Call, identifier: str, region: str = "") -> Snapshot | None:
    """A snapshot that the account may make volumes of, in a Region (its own, if none is given)."""
    where = region or call.region
    place = kinds.place_of(call.cloud, identifier)
    if place is None or place.region != where:
        return None
    row = kinds.find_anywhere(call.cloud, SNAPSHOT, identifier)
    if row is None or not may_use(call.cloud, call.account, row, where):
        return None
    return row


def expect_usable(call: Call, identifier: str, region: str = "") -> Snapshot:
    """A snapshot that the account may make volumes of. Raises InvalidSnapshot.NotFound."""
    row = find_usable(call, identifier, region)
    if row is None:
        raise kinds.missing(SNAPSHOT, identifier)
    return row


def expect_restorable(call: Call, identifier: str) -> Snapshot:
    """A snapshot that is complete and not archived. Raises IncorrectState."""
    row = expect_usable(call, identifier)
    if row.state != "completed":
        raise AwsError("IncorrectState", f"Snapshot is in invalid state - {row.state}")
    if tier(call, row) == "archive":
        raise AwsError(
            "IncorrectState", f"The snapshot {row.id} is archived. It has to be restored first."
        )
    return row


def tier(call: Call, row: Snapshot) -> str:
    """The tier that a snapshot is in now."""
    moving = row.tiering
    if moving is None or call.now < moving.ended_ns:
        return row.tier
    if moving.operation == "archival":
        return "archive"
    is_back = moving.operation == "temporary-restore" and call.now >= moving.expires_ns
    return "archive" if is_back else "standard"


def may_use(cloud: Cloud, account: str, row: Snapshot, region: str) -> bool:
    """Whether an account may make volumes of a snapshot that lies in a Region."""
    if account == row.owner or account in row.users:
        return True
    return is_public(cloud, row, region)


def is_public(cloud: Cloud, row: Snapshot, region: str) -> bool:
    """Whether everybody may use a snapshot; its account can have public sharing blocked."""
    if not row.is_public:
        return False
    settings = cloud.store.rows(EBS_SETTINGS, row.owner, region).get("settings")
    return settings is None or settings.block != "block-all-sharing"


def usable(call: Call) -> Iterator[Snapshot]:
    """Every snapshot in the Region that the account may make volumes of, its own first."""
    yield from call.rows(SNAPSHOT.table).values()
    for account, region, row in kinds.everywhere(call.cloud, SNAPSHOT):
        if region != call.region or account == call.account:
            continue
        if may_use(call.cloud, call.account, row, region):
            yield row
