"""Organizational units, and who is whose parent.

Rules of this file: a name is unique among the OUs of one parent; an OU goes only when it is empty.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.services.organizations import callers, guards, lookup, membership, tagging, views
from cloudchamber.services.organizations.nouns import CONTAINERS, Account, Container, Organization
from cloudchamber.services.organizations.refusals import constraint, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_organizational_unit(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """A new OU under the root or another OU, five deep at most."""
    organization = callers.expect_manager(call)
    parent = lookup.expect_parent(call, organization, request["ParentId"])
    name = request["Name"]
    _check_name(call, organization, parent.id, name)
    if len(lookup.lineage(call, parent)) > call.quota("unit-depth"):
        raise constraint("OU_DEPTH_LIMIT_EXCEEDED")
    # The root is among the containers, and does not count.
    if len(lookup.containers_of(call, organization)) > call.quota("units"):
        raise constraint("OU_NUMBER_LIMIT_EXCEEDED")
    tags = tagging.checked(call, {}, request.get("Tags", []))
    family = organization.root.removeprefix("r-")
    id_ = f"ou-{family}-" + lookup.word(call, organization.arn, "unit", 8)
    unit = Container(
        id_,
        views.arn_of(call, organization, f"ou/{organization.id}/{id_}"),
        organization.id,
        "ORGANIZATIONAL_UNIT",
        name,
        parent.id,
        membership.default_policies(organization),
    )
    call.rows(CONTAINERS)[id_] = unit
    tagging.put(call, id_, tags)
    return {"OrganizationalUnit": views.unit_view(call, unit)}


def describe_organizational_unit(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """One OU."""
    organization = callers.expect_reader(call)
    unit = lookup.expect_unit(call, organization, request["OrganizationalUnitId"])
    return {"OrganizationalUnit": views.unit_view(call, unit)}


def update_organizational_unit(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Rename an OU. Raises DuplicateOrganizationalUnitException."""
    organization = callers.expect_manager(call)
    unit = lookup.expect_unit(call, organization, request["OrganizationalUnitId"])
    name = request.get("Name", unit.name)
    if name != unit.name:
        _check_name(call, organization, unit.parent, name)
        unit.name = name
    return {"OrganizationalUnit": views.unit_view(call, unit)}


def delete_organizational_unit(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Remove an empty OU. Raises OrganizationalUnitNotEmptyException."""
    organization = callers.expect_manager(call)
    unit = lookup.expect_unit(call, organization, request["OrganizationalUnitId"])
    if _units(call, organization, unit.id) or _accounts(call, organization, unit.id):
        raise refusal("OrganizationalUnitNotEmpty")
    del call.rows(CONTAINERS)[unit.id]
    tagging.forget(call, unit.id)
    return {}


def list_organizational_units(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The OUs of a parent, by id."""
    organization = callers.expect_reader(call)
    parent = lookup.expect_parent(call, organization, request["ParentId"])
    return lookup.paged(
        request,
        "OrganizationalUnits",
        _units(call, organization, parent.id),
        lookup.by_id,
        lambda row: views.unit_view(call, row),
    )


def list_accounts_for_parent(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The accounts of a parent, by id."""
    organization = callers.expect_reader(call)
    parent = lookup.expect_parent(call, organization, request["ParentId"])
    return lookup.paged(
        request,
        "Accounts",
        _accounts(call, organization, parent.id),
        lookup.by_id,
        lambda row: views.account_view(call, row),
    )


def list_children(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The OUs or the accounts of a parent, by id."""
    organization = callers.expect_reader(call)
    parent = lookup.expect_parent(call, organization, request["ParentId"])
    type_ = request["ChildType"]
    find = _accounts if type_ == "ACCOUNT" else _units
    found: list[Any] = [*find(call, organization, parent.id)]
    return lookup.paged(
        request, "Children", found, lookup.by_id, lambda row: {"Id": row.id, "Type": type_}
    )


def list_parents(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """The one parent of an OU or account. Raises ChildNotFoundException."""
    organization = callers.expect_reader(call)
    child = lookup.find_node(call, organization, request["ChildId"])
    if child is None or not child.parent:
        raise refusal("ChildNotFound")
    parents = [call.rows(CONTAINERS)[child.parent]]
    return lookup.paged(
        request, "Parents", parents, lookup.by_id, lambda row: {"Id": row.id, "Type": row.kind}
    )


def list_accounts(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Every account of the organization, by id."""
    organization = callers.expect_reader(call)
    return lookup.paged(
        request,
        "Accounts",
        lookup.accounts_of(call, organization),
        lookup.by_id,
        lambda row: views.account_view(call, row),
    )


def describe_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """One account. Raises AccountNotFoundException."""
    organization = callers.expect_reader(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    return {"Account": views.account_view(call, account)}


def move_account(call: Call, request: dict[str, Any]) -> dict[str, Any]:
    """Put an account under another parent; what it may do changes at once."""
    organization = callers.expect_manager(call)
    account = lookup.expect_account(call, organization, request["AccountId"])
    source = lookup.find_container(call, organization, request["SourceParentId"])
    if source is None or source.id != account.parent:
        raise refusal("SourceParentNotFound")
    destination = lookup.find_container(call, organization, request["DestinationParentId"])
    if destination is None:
        raise refusal("DestinationParentNotFound")
    if destination.id == account.parent:
        raise refusal("DuplicateAccount")
    account.parent = destination.id
    guards.retell_account(call, organization, account)
    call.event(
        account.arn,
        "organizations.account-moved",
        f"account {account.id} moved from {source.name} to {destination.name}",
        {"from": source.id, "to": destination.id},
    )
    return {}


def _check_name(call: Call, organization: Organization, parent: str, name: str) -> None:
    if any(row.name == name for row in _units(call, organization, parent)):
        raise refusal("DuplicateOrganizationalUnit")


def _units(call: Call, organization: Organization, parent: str) -> list[Container]:
    return [row for row in lookup.containers_of(call, organization) if row.parent == parent]


def _accounts(call: Call, organization: Organization, parent: str) -> list[Account]:
    return [row for row in lookup.accounts_of(call, organization) if row.parent == parent]
