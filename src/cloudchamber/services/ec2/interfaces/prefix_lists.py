"""Managed prefix lists: create, modify, restore, delete, describe.

Rules of this file: a change of entries makes a version; the last one is in force. Whatever names a
list counts with as many rules as the list may have entries, so a list grows only where all that
name it have room.
https://docs.aws.amazon.com/vpc/latest/userguide/managed-prefix-lists.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.interfaces.lifecycle import LIST
from cloudchamber.services.ec2.interfaces.limits import (
    PREFIX_ENTRIES_AT_ONCE_MAX,
    PREFIX_ENTRIES_MAX,
    PREFIX_LISTS_MAX,
    PREFIX_VERSIONS_MAX,
)
from cloudchamber.services.ec2.interfaces.list_uses import crowded_by, uses_of
from cloudchamber.services.ec2.interfaces.nouns import (
    AWS,
    PREFIX_LIST,
    PREFIX_LISTS,
    PrefixEntry,
    PrefixList,
)
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    limit_exceeded,
)

DUE: Final = "ec2.prefix-list-due"
TEXT_MAX: Final = 255


def create_managed_prefix_list(call: Call, request: Input) -> Output:
    """A list with its first version."""
    given_tags = tags.specified(request, PREFIX_LIST.type)
    name, family = request["PrefixListName"], request["AddressFamily"]
    if family not in ("IPv4", "IPv6"):
        raise invalid_value(family, "addressFamily", "It is neither IPv4 nor IPv6.")
    _expect_name(name)
    size = request["MaxEntries"]
    _expect_size(size)
    entries = _added([], request.get("Entries", ()), family)
    _expect_entries_fit(entries, size)
    if len(call.rows(PREFIX_LISTS)) >= PREFIX_LISTS_MAX:
        raise limit_exceeded(
            "PrefixListLimitExceeded", f"An account can have {PREFIX_LISTS_MAX} prefix lists."
        )
    row = PrefixList(
        id=kinds.new_id(call, PREFIX_LIST.prefix),
        owner=call.account,
        name=name,
        family=family,
        max_entries=size,
        versions=[entries],
        state="create-in-progress",
    )
    kinds.add(call, PREFIX_LIST, row)
    tags.put(call, row.id, given_tags)
    _go_on(call, row, "done")
    return {"PrefixList": view(call, row)}


def modify_managed_prefix_list(call: Call, request: Input) -> Output:
    """Another name, another size, or other entries (a new version)."""
    row = expect_changeable(call, request["PrefixListId"])
    add, remove = request.get("AddEntries", ()), request.get("RemoveEntries", ())
    size = request.get("MaxEntries")
    name = request.get("PrefixListName")
    if request.get("IpamPrefixListResolverSyncEnabled"):
        raise invalid_value("true", "ipamPrefixListResolverSyncEnabled", "There is no IPAM.")
    _expect_version(row, request.get("CurrentVersion"))
    if size is not None and (add or remove):
        raise invalid_combination(
            "You cannot modify the entries and the maximum entries for the prefix list in the "
            "same request."
        )
    if len(add) + len(remove) > PREFIX_ENTRIES_AT_ONCE_MAX:
        raise invalid_value(
            len(add) + len(remove), "entries", f"At most {PREFIX_ENTRIES_AT_ONCE_MAX} at once."
        )
    if name is not None:
        _expect_name(name)
    if size is not None:
        _expect_size(size)
        _expect_entries_fit(row.versions[-1], size)
    entries = _added(_removed(row, remove), add, row.family)
    _expect_entries_fit(entries, size or row.max_entries)
    if add or remove:
        _expect_version_fits(row)
    step = "done"
    row.state_text = ""
    if size is not None and (crowded := crowded_by(call, row, size)):
        step = "failed"
        row.state_text = f"The new maximum size is too large for: {', '.join(crowded[:10])}"
    elif size is not None:
        row.max_entries = size
    if name is not None:
        row.name = name
    if add or remove:
        row.versions.append(entries)
    row.state = "modify-in-progress"
    _go_on(call, row, step)
    return {"PrefixList": view(call, row)}


def restore_managed_prefix_list_version(call: Call, request: Input) -> Output:
    """Make a version that was before the one in force again, under a new number."""
    row = expect_changeable(call, request["PrefixListId"])
    _expect_version(row, request["CurrentVersion"])
    entries = _expect_entries_of(row, request["PreviousVersion"])
    _expect_entries_fit(entries, row.max_entries)
    _expect_version_fits(row)
    row.versions.append(list(entries))
    row.state = "restore-in-progress"
    _go_on(call, row, "done")
    return {"PrefixList": view(call, row)}


def delete_managed_prefix_list(call: Call, request: Input) -> Output:
    """Delete a list. One that something names is `delete-failed` afterwards, with the reason."""
    row = expect_changeable(call, request["PrefixListId"])
    uses = uses_of(call, row)
    row.state = "delete-in-progress"
    row.state_text = ""
    if uses:
        named = ", ".join(each.resource for each in uses[:10])
        row.state_text = f"The prefix list is referenced by: {named}"
    _go_on(call, row, "failed" if uses else "done")
    return {"PrefixList": view(call, row)}


def come_due(call: Call, identifier: str, step: str) -> None:
    """Kernel event: what was asked of a list is done, or has failed."""
    row = kinds.find_anywhere(call.cloud, PREFIX_LIST, identifier)
    if row is None or (row.state, step) not in LIST.moves:
        return
    row.state = LIST.move(row.state, step)
    if row.state == "delete-complete":
        kinds.remove(call, PREFIX_LIST, row)
    if step == "failed":
        arn = kinds.arn_of(PREFIX_LIST, row.owner, call.region, row.id)
        call.event(arn, "ec2.prefix-list-failed", f"{row.id} is {row.state}: {row.state_text}")


def _go_on(call: Call, row: PrefixList, step: str) -> None:
    delay_ns = LIST.delay_ns(call.cloud.settings.lifecycle, row.state)
    call.after(delay_ns, DUE, row.id, step)


def _expect_version_fits(row: PrefixList) -> None:
    if len(row.versions) >= PREFIX_VERSIONS_MAX:
        raise limit_exceeded(
            "PrefixListVersionLimitExceeded",
            f"A prefix list can have {PREFIX_VERSIONS_MAX} versions.",
        )


def expect_changeable(call: Call, identifier: str) -> PrefixList:
    """A list of one's own at which nothing is being done. Raises IncorrectState and others."""
    row = kinds.expect(call, PREFIX_LIST, identifier)
    if row.owner == AWS:
        raise AwsError(
            "InvalidPrefixListModification",
            f"The prefix list {row.id} is managed by AWS and cannot be changed.",
        )
    row = kinds.expect_own(call, PREFIX_LIST, identifier)
    if row.state.endswith("-in-progress"):
        raise AwsError(
            "IncorrectState",
            f"The prefix list {row.id} is in the state {row.state} and cannot be changed.",
        )
    return row


def _expect_version(row: PrefixList, version: int | None) -> None:
    if version is not None and version != len(row.versions):
        raise AwsError(
            "PrefixListVersionMismatch", "The prefix list has the incorrect version number."
        )


def _expect_entries_of(row: PrefixList, version: int) -> list[PrefixEntry]:
    if not 1 <= version <= len(row.versions):
        raise AwsError(
            "InvalidPrefixListVersion.NotFound",
            f"The prefix list {row.id} has no version {version}.",
        )
    return row.versions[version - 1]


def _expect_name(name: str) -> None:
    if not name or len(name) > TEXT_MAX or name.startswith("com.amazonaws"):
        raise invalid_value(
            name,
            "prefixListName",
            "It must have 1 to 255 characters and not start with com.amazonaws.",
        )


def _expect_size(size: int) -> None:
    if not 1 <= size <= PREFIX_ENTRIES_MAX:
        raise invalid_value(size, "maxEntries", f"It must be between 1 and {PREFIX_ENTRIES_MAX}.")


def _expect_entries_fit(entries: Sequence[PrefixEntry], size: int) -> None:
    if len(entries) > size:
        raise AwsError(
            "PrefixListMaxEntriesExceeded",
            "You've reached the maximum number of entries for the prefix list.",
        )


def _removed(row: PrefixList, remove: Iterable[Mapping[str, Any]]) -> list[PrefixEntry]:
    gone = [_cidr_of(each["Cidr"], row.family) for each in remove]
    have = {each.cidr for each in row.versions[-1]}
    for cidr in gone:
        if cidr not in have:
            raise invalid_value(cidr, "removeEntries", "The prefix list has no such entry.")
    return [each for each in row.versions[-1] if each.cidr not in gone]


def _added(
    entries: list[PrefixEntry], add: Iterable[Mapping[str, Any]], family: str
) -> list[PrefixEntry]:
    """Entries with more of them; one that is there with another description gets the new one."""
    after = {each.cidr: each for each in entries}
    asked: set[str] = set()
    for each in add:
        cidr, description = _cidr_of(each["Cidr"], family), each.get("Description", "")
        if len(description) > TEXT_MAX:
            raise invalid_value(description, "description", "It is longer than 255 characters.")
        before = after.get(cidr)
        if cidr in asked or (before is not None and before.description == description):
            raise AwsError(
                "InvalidPrefixListModification",
                f"An entry with the CIDR ({cidr}) and description ({description}) already exists.",
            )
        asked.add(cidr)
        after[cidr] = PrefixEntry(cidr=cidr, description=description)
    return list(after.values())


def _cidr_of(text: str, family: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise AwsError("InvalidParameterValue", f"CIDR block {text} is malformed") from None
    if f"IPv{network.version}" != family:
        raise AwsError("InvalidParameterValue", f"CIDR block {text} is not of family {family}")
    return str(network)


def describe_managed_prefix_lists(call: Call, request: Input) -> Output:
    """The account's lists, those shared with it, and AWS's."""
    return describe(call, request, _DESCRIBED)


def describe_prefix_lists(call: Call, request: Input) -> Output:
    """AWS's lists, with their CIDRs."""
    filters = [*request.get("Filters", ()), {"Name": "owner-id", "Values": [AWS]}]
    return describe(call, {**request, "Filters": filters}, _AWS_DESCRIBED)


def view(call: Call, row: PrefixList) -> dict[str, Any]:
    """A list as AWS describes it; AWS's own have no size and no version."""
    owner = "aws" if row.owner == AWS else row.owner
    shown: dict[str, Any] = {
        "PrefixListId": row.id,
        "AddressFamily": row.family,
        "State": row.state,
        "PrefixListArn": (
            f"arn:{partition_of(call.region)}:ec2:{call.region}:{owner}:prefix-list/{row.id}"
        ),
        "PrefixListName": row.name,
        "OwnerId": row.owner,
        "Tags": tags.shown(call, row.id),
    }
    if row.owner != AWS:
        shown["MaxEntries"] = row.max_entries
        shown["Version"] = len(row.versions)
    if row.state_text:
        shown["StateMessage"] = row.state_text
    return shown


def _aws_view(call: Call, row: PrefixList) -> dict[str, Any]:
    return {
        "PrefixListId": row.id,
        "PrefixListName": row.name,
        "Cidrs": [each.cidr for each in row.versions[-1]],
    }


_FILTERS: Final[Mapping[str, Callable[[Call, PrefixList], Sequence[str]]]] = MappingProxyType(
    {
        "owner-id": lambda call, row: (row.owner,),
        "prefix-list-id": lambda call, row: (row.id,),
        "prefix-list-name": lambda call, row: (row.name,),
    }
)
_DESCRIBED: Final[Description[PrefixList]] = Description(
    kind=PREFIX_LIST,
    ids="PrefixListIds",
    answer="PrefixLists",
    view=view,
    filters=_FILTERS,
    page_min=1,
    page_max=100,
)
_AWS_DESCRIBED: Final[Description[PrefixList]] = Description(
    kind=PREFIX_LIST,
    ids="PrefixListIds",
    answer="PrefixLists",
    view=_aws_view,
    filters=_FILTERS,
    page_min=1,
)
