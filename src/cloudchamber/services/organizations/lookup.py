"""Who asks, in which organization, and what the ids in a request stand for.

Rules of this file: look-ups and the errors of things that are not there. Every look-up is within
the caller's organization: what belongs to another does not exist for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    CONTAINERS,
    IDENTITIES,
    Account,
    Container,
    Identity,
    Node,
    Organization,
)
from cloudchamber.services.organizations.refusals import invalid, refusal

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Item = TypeVar("Item")
_PAGE: Final = 20
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


def word(call: Call, about: str, purpose: str, length: int) -> str:
    """So many lower-case letters and digits of a stream, as AWS's ids have them."""
    stream = call.stream(about, purpose)
    return "".join(_LETTERS[stream.below(len(_LETTERS))] for _ in range(length))


def root_arn(call: Call, account: str) -> str:
    """The ARN of an account's root user, by which its streams and trust are named."""
    return f"arn:{call.partition}:iam::{account}:root"


# What ids stand for


def find_container(call: Call, organization: Organization, id_: str) -> Container | None:
    """A root or OU of the organization, or None."""
    found = call.rows(CONTAINERS).get(id_)
    return found if found is not None and found.organization == organization.id else None


def find_unit(call: Call, organization: Organization, id_: str) -> Container | None:
    """An OU of the organization, or None."""
    found = find_container(call, organization, id_)
    return found if found is not None and found.parent else None


def find_account(call: Call, organization: Organization, id_: str) -> Account | None:
    """An account of the organization, or None."""
    found = call.rows(ACCOUNTS).get(id_)
    return found if found is not None and found.organization == organization.id else None


def find_node(call: Call, organization: Organization, id_: str) -> Node | None:
    """A root, OU or account of the organization, or None."""
    if is_account(id_):
        return find_account(call, organization, id_)
    return find_container(call, organization, id_)


def expect_parent(call: Call, organization: Organization, id_: str) -> Container:
    """A root or OU. Raises ParentNotFoundException."""
    found = find_container(call, organization, id_)
    if found is None:
        raise refusal("ParentNotFound")
    return found


def expect_unit(call: Call, organization: Organization, id_: str) -> Container:
    """An OU. Raises OrganizationalUnitNotFoundException."""
    found = find_unit(call, organization, id_)
    if found is None:
        raise refusal("OrganizationalUnitNotFound")
    return found


def expect_account(call: Call, organization: Organization, id_: str) -> Account:
    """An account of the organization. Raises AccountNotFoundException."""
    found = find_account(call, organization, id_)
    if found is None:
        raise refusal("AccountNotFound")
    return found


def expect_target(call: Call, organization: Organization, id_: str) -> Node:
    """What a policy can be attached to. Raises TargetNotFoundException."""
    found = find_node(call, organization, id_)
    if found is None:
        raise refusal("TargetNotFound")
    return found


def accounts_of(call: Call, organization: Organization) -> list[Account]:
    """The accounts of an organization, by id."""
    return [row for row in call.rows(ACCOUNTS).values() if row.organization == organization.id]


def containers_of(call: Call, organization: Organization) -> list[Container]:
    """The root and the OUs of an organization, by id."""
    return [row for row in call.rows(CONTAINERS).values() if row.organization == organization.id]


def nodes_of(call: Call, organization: Organization) -> Iterator[Node]:
    """Everything that policies can be attached to."""
    yield from containers_of(call, organization)
    yield from accounts_of(call, organization)


def lineage(call: Call, node: Node) -> list[Node]:
    """The root, the OUs on the way, and the node itself."""
    containers = call.rows(CONTAINERS)
    line: list[Node] = [node]
    while line[-1].parent:
        line.append(containers[line[-1].parent])
    return line[::-1]


def path_of(call: Call, node: Node) -> str:
    """`o-id/r-id/ou-id/`, as aws:PrincipalOrgPaths and the API write it."""
    return "/".join([node.organization, *(each.id for each in lineage(call, node))]) + "/"


def identity_of(call: Call, account: str) -> Identity:
    """How an account was signed up. One that nobody created here has an address made of its id."""
    known = call.rows(IDENTITIES).get(account)
    return known or Identity(f"{account}@accounts.example.com", f"account-{account}")


def find_by_email(call: Call, email: str) -> str | None:
    """The account signed up with this address, or None."""
    wanted = email.lower()
    for known, identity in call.rows(IDENTITIES).items():
        if identity.email.lower() == wanted:
            return str(known)
    account, _, host = wanted.partition("@")
    return account if host == "accounts.example.com" and is_account(account) else None


# Pages


def paged(
    request: dict[str, Any],
    member: str,
    items: Sequence[Item],
    key: Callable[[Item], str],
    show: Callable[[Item], Any],
) -> dict[str, Any]:
    """One page of a listing that is sorted by `key`. Raises InvalidInputException."""
    try:
        shown, token = page(
            items, key, request.get("NextToken"), request.get("MaxResults") or _PAGE
        )
    except BadToken:
        raise invalid("INVALID_NEXT_TOKEN") from None
    answer: dict[str, Any] = {member: [show(item) for item in shown]}
    if token is not None:
        answer["NextToken"] = token
    return answer


def by_id(row: Any) -> str:
    """The key of listings that are sorted by id."""
    id_: str = row.id
    return id_


def not_found(name: str) -> AwsError:
    """The error for something that is not there."""
    return refusal(f"{name}NotFound")
