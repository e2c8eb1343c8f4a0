"""Kinds of things that have ids: how they are named, found, added and taken away.

Rules of this file: a row of EC2 is found by its id. It lies in its owner's account and Region, and
`WHEREABOUTS` says where, so that a peering, a shared subnet or a walk finds what belongs to
others. What is added and removed goes through here: tags and whereabouts follow.

Each row is a Struct with `id` and `owner` (an account). Ids are a prefix and seventeen hexadecimal
digits, drawn from a stream of the account, the Region and the prefix.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2 import tags

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_DIGITS: Final = 17
_ID: Final = re.compile(r"[a-z-]+-([0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)

Row = TypeVar("Row", bound=Any)


class Place(msgspec.Struct, frozen=True):
    """The account and Region that a row lies in."""

    account: str
    region: str


WHEREABOUTS: Final = Table("ec2.whereabouts", Place, "world")


class Kind(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """A kind of thing: `subnet-` ids, resource type `subnet`, a table, and the errors about it.

    `type` is the word of TagSpecifications, of DescribeTags and of the ARN. `said` stands in
    AWS's sentence "The subnet ID '...' does not exist". `shared_as` is the type under which AWS RAM
    shares it (`ec2:Subnet`), empty if it cannot be shared. `sees` is for what lies between two
    parties (a peering): which account, in which Region, sees a row; then nothing else decides.
    """

    prefix: str
    type: str
    table: Table[Row]
    said: str
    not_found: str
    malformed: str
    shared_as: str = ""
    sees: Callable[[Call, Any], bool] | None = None


def new_id(call: Call, prefix: str) -> str:
    """A new id of the call's account and Region."""
    stream = call.stream(call.arn(f"{prefix}/*"), "id")
    return f"{prefix}-{stream.hex(_DIGITS)}"


def add(call: Call, kind: Kind[Row], row: Row) -> None:
    """Put a new row where the call acts."""
    call.rows(kind.table)[row.id] = row
    call.rows(WHEREABOUTS)[row.id] = Place(call.account, call.region)


def remove(call: Call, kind: Kind[Row], row: Row) -> None:
    """Take a row away, wherever it lies, with the tags that its owner gave it."""
    where = call.rows(WHEREABOUTS).pop(row.id)
    del call.rows(kind.table, where.account, where.region)[row.id]
    tags.forget(call, row.id, where.account, where.region)


def arn_of(kind: Kind[Any], owner: str, region: str, identifier: str) -> str:
    """The ARN of a thing."""
    return f"arn:{partition_of(region)}:ec2:{region}:{owner}:{kind.type}/{identifier}"


def find_anywhere(cloud: Cloud, kind: Kind[Row], identifier: str) -> Row | None:
    """A row by its id, whosever it is."""
    place = cloud.store.rows(WHEREABOUTS, "", "").get(identifier)
    if place is None:
        return None
    return cloud.store.rows(kind.table, place.account, place.region).get(identifier)


def place_of(cloud: Cloud, identifier: str) -> Place | None:
    """Where a row lies."""
    return cloud.store.rows(WHEREABOUTS, "", "").get(identifier)


def find(call: Call, kind: Kind[Row], identifier: str) -> Row | None:
    """A row that the call's account may see here: its own, or one that is shared with it."""
    if kind.sees is not None:
        row = find_anywhere(call.cloud, kind, identifier)
        return row if row is not None and kind.sees(call, row) else None
    own = call.rows(kind.table).get(identifier)
    if own is not None or not kind.shared_as:
        return own
    return next((each for each in shared(call, kind) if each.id == identifier), None)


def expect(call: Call, kind: Kind[Row], identifier: str) -> Row:
    """A row that the account may see. Raises the kind's own NotFound or Malformed."""
    row = find(call, kind, identifier)
    if row is None:
        raise missing(kind, identifier)
    return row


def expect_own(call: Call, kind: Kind[Row], identifier: str) -> Row:
    """A row of the account's own. Raises NotFound, or OperationNotPermitted for a shared one."""
    row = expect(call, kind, identifier)
    if row.owner != call.account:
        raise AwsError(
            "OperationNotPermitted",
            f"You are not the owner of {identifier} and cannot change it.",
        )
    return row


def missing(kind: Kind[Any], identifier: str) -> AwsError:
    """The error for an id that names nothing, or is none."""
    if not _ID.fullmatch(identifier) or not identifier.startswith(f"{kind.prefix}-"):
        return AwsError(
            kind.malformed, f'Invalid id: "{identifier}" (expecting "{kind.prefix}-...")'
        )
    return AwsError(kind.not_found, f"The {kind.said} '{identifier}' does not exist")


def visible(call: Call, kind: Kind[Row]) -> list[Row]:
    """All rows that the account may see here: its own, then those shared with it."""
    if kind.sees is not None:
        return [row for _, _, row in everywhere(call.cloud, kind) if kind.sees(call, row)]
    return [*call.rows(kind.table).values(), *shared(call, kind)]


def shared(call: Call, kind: Kind[Row]) -> list[Row]:
    """The rows that others share with the account in the Region, by ARN."""
    if not kind.shared_as:
        return []
    answer = call.port(ports.SHARED_RESOURCES)
    arns: Sequence[str] = (
        answer(call.cloud, call.account, call.region, kind.shared_as) if answer else ()
    )
    found = (find_anywhere(call.cloud, kind, arn.rpartition("/")[2]) for arn in arns)
    return [each for each in found if each is not None]


def everywhere(cloud: Cloud, kind: Kind[Row]) -> Iterable[tuple[str, str, Row]]:
    """Every row of a kind in the world, with its account and Region, by those and then as added."""
    for account, region, rows in cloud.store.scopes(kind.table):
        for row in rows.values():
            yield account, region, row
