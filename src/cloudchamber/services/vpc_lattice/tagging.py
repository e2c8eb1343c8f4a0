"""Tags of everything in VPC Lattice that has an ARN."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table
from cloudchamber.services.vpc_lattice.nouns import (
    LISTENERS,
    LOG_SUBSCRIPTIONS,
    NETWORKS,
    RULES,
    SERVICE_ASSOCIATIONS,
    SERVICES,
    TARGET_GROUPS,
    VPC_ASSOCIATIONS,
    Owned,
)
from cloudchamber.services.vpc_lattice.refusals import invalid, not_found

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

TAGS_MAX: Final = 50
_TAGGED: Final[tuple[Table[Any], ...]] = (
    NETWORKS, SERVICES, LISTENERS, RULES, TARGET_GROUPS, SERVICE_ASSOCIATIONS, VPC_ASSOCIATIONS,
    LOG_SUBSCRIPTIONS,
)  # fmt: skip


def tag_resource(call: Call, request: Input) -> Output:
    """Add tags."""
    row = _expect(call, request)
    tags = {**row.tags, **request["tags"]}
    if len(tags) > TAGS_MAX:
        raise invalid(f"A resource has at most {TAGS_MAX} tags.", "tags")
    if any(key.lower().startswith("aws:") for key in request["tags"]):
        raise invalid("Keys do not begin with aws:.", "tags")
    row.tags = tags
    return {}


def untag_resource(call: Call, request: Input) -> Output:
    """Take tags away by key; a key that is not there is no error."""
    row = _expect(call, request)
    row.tags = {key: row.tags[key] for key in row.tags if key not in request["tagKeys"]}
    return {}


def list_tags_for_resource(call: Call, request: Input) -> Output:
    """The tags of something."""
    return {"tags": _expect(call, request).tags}


def tagged_resources(
    cloud: Cloud, account: str, region: str
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Port `tagged-resources`: the account's things in the Region that have tags, by ARN."""
    found = [
        (row.arn, row.tags)
        for table in _TAGGED
        for row in cloud.store.rows(table, "", "").values()
        if row.tags and (row.owner, row.region) == (account, region)
    ]
    yield from sorted(found)


def _expect(call: Call, request: Input) -> Owned:
    arn = request["resourceArn"]
    for table in _TAGGED:
        row: Owned | None = call.rows(table).get(arn.rpartition("/")[2])
        if row is not None and row.arn == arn and row.owner == call.account:
            return row
    raise not_found("RESOURCE", arn)
