"""What names a prefix list: rules of security groups, routes, tables of Transit Gateways.

Rules of this file: reads only; `get_managed_prefix_list_*` answer from it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections.nouns import TRANSIT_ROUTE_TABLE
from cloudchamber.services.ec2.describing import page_size, paged
from cloudchamber.services.ec2.interfaces.limits import RULES_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    PREFIX_LIST,
    SECURITY_GROUP,
    GroupRule,
    PrefixEntry,
    PrefixList,
)
from cloudchamber.services.ec2.interfaces.rule_parsing import weights_of
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE

ENTRIES_PAGE: Final = 100
USES_PAGE: Final = 255


class Use(msgspec.Struct, frozen=True):
    """Something that names a list, and whose it is."""

    resource: str
    owner: str


def uses_of(call: Call, row: PrefixList) -> list[Use]:
    """Everything that names a list, by id."""
    found = [
        *(
            Use(group.id, group.owner)
            for _, _, group in kinds.everywhere(call.cloud, SECURITY_GROUP)
            if any(rule.prefix_list == row.id for rule in group.rules)
        ),
        *(
            Use(table.id, table.owner)
            for _, _, table in kinds.everywhere(call.cloud, ROUTE_TABLE)
            if any(route.destination == row.id for route in table.routes)
        ),
        *(
            Use(table.id, table.owner)
            for _, _, table in kinds.everywhere(call.cloud, TRANSIT_ROUTE_TABLE)
            if any(route.prefix_list == row.id for route in table.routes)
        ),
    ]
    return sorted(found, key=_place_of)


def crowded_by(call: Call, row: PrefixList, size: int) -> list[str]:
    """The security groups that would have too many rules if a list had another size."""
    crowded = []
    for _, _, group in kinds.everywhere(call.cloud, SECURITY_GROUP):
        for is_egress in (False, True):
            rules = [each for each in group.rules if each.is_egress is is_egress]
            named = sum(each.prefix_list == row.id for each in rules)
            if named and _weight(call, row, rules) + named * size > RULES_MAX:
                crowded.append(group.id)
                break
    return sorted(crowded)


def _weight(call: Call, row: PrefixList, rules: list[GroupRule]) -> int:
    """What rules count for beside those that name a list, in the list's family."""
    place = 0 if row.family == "IPv4" else 1
    return sum(weights_of(call, each)[place] for each in rules if each.prefix_list != row.id)


def get_managed_prefix_list_associations(call: Call, request: Input) -> Output:
    """What names a list of one's own."""
    row = kinds.expect_own(call, PREFIX_LIST, request["PrefixListId"])
    size = page_size(request, most=USES_PAGE)
    return paged(
        request,
        "PrefixListAssociations",
        uses_of(call, row),
        _place_of,
        lambda each: {"ResourceId": each.resource, "ResourceOwner": each.owner},
        size,
    )


def get_managed_prefix_list_entries(call: Call, request: Input) -> Output:
    """The entries of a version, by CIDR; of the one in force if none is named."""
    row = kinds.expect(call, PREFIX_LIST, request["PrefixListId"])
    version = request.get("TargetVersion") or len(row.versions)
    if not 1 <= version <= len(row.versions):
        raise AwsError(
            "InvalidPrefixListVersion.NotFound",
            f"The prefix list {row.id} has no version {version}.",
        )
    entries = sorted(row.versions[version - 1], key=_cidr_of)
    size = page_size(request, 1, ENTRIES_PAGE)
    return paged(request, "Entries", entries, _cidr_of, _entry_view, size)


def _entry_view(entry: PrefixEntry) -> dict[str, str]:
    described = {"Description": entry.description} if entry.description else {}
    return {"Cidr": entry.cidr, **described}


def _place_of(use: Use) -> str:
    return use.resource


def _cidr_of(entry: PrefixEntry) -> str:
    return entry.cidr
