"""With whom something is shared: accounts, organizations and their units, users and roles.

Rules of this file: a principal is text; whether an account is among it is asked of the tree as it
is now, so that an account which joins a unit sees what is shared with it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.ports import OrganizationFacts
from cloudchamber.services.ram.refusals import invalid, not_permitted

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

SERVICE: Final = "ram.amazonaws.com"
_ACCOUNT: Final = re.compile(r"[0-9]{12}", re.ASCII)
_GROUP: Final = re.compile(r"(organization|ou)/(o-[a-z0-9]{10,32})(?:/(ou-[0-9a-z-]+))?", re.ASCII)


def organization_of(cloud: Cloud, account: str) -> OrganizationFacts | None:
    """The organization that an account is in."""
    answer = cloud.registry.port(ports.ORGANIZATION)
    facts: OrganizationFacts | None = answer(cloud, account) if answer else None
    return facts


def checked(call: Call, principal: str, *, allows_external: bool) -> bool:
    """Whether a principal is external to the sharing account's organization.

    Raises InvalidParameterException for what cannot be a principal, OperationNotPermittedException
    for an organization that is not the account's or in which AWS RAM is not trusted, and for an
    external principal of a share that allows none.
    """
    own = organization_of(call.cloud, call.account)
    if group := _group(principal):
        if own is None or own.id != group[0] or SERVICE not in own.services:
            raise not_permitted(
                f"The resource you are attempting to share can't be shared with {principal}. "
                "Sharing within your organization has to be enabled from its management account."
            )
        return False
    account = account_of(principal)
    if account is None:
        raise invalid(f"The principal {principal} is not valid.")
    is_external = not are_together(call.cloud, call.account, account)
    if is_external and not allows_external:
        raise not_permitted(
            "The resource share does not allow principals outside of your organization."
        )
    return is_external


def is_account(principal: str) -> bool:
    """Whether a principal is a whole account."""
    return bool(_ACCOUNT.fullmatch(principal))


def account_of(principal: str) -> str | None:
    """The account that a principal is or lies in; None for organizations, units and nonsense."""
    if _ACCOUNT.fullmatch(principal):
        return principal
    arn = find_arn(principal)
    if arn is not None and arn.service == "iam" and arn.resource.startswith(("role/", "user/")):
        return arn.account
    return None


def are_together(cloud: Cloud, one: str, other: str) -> bool:
    """Whether two accounts are in one organization in which AWS RAM is trusted."""
    here, there = organization_of(cloud, one), organization_of(cloud, other)
    return (
        here is not None and there is not None and here.id == there.id and SERVICE in here.services
    )


def covers(cloud: Cloud, principal: str, owner: str, account: str) -> bool:
    """Whether an account is (in) a principal. The owner is never among those it shares with."""
    if account == owner:
        return False
    group = _group(principal)
    if group is None:
        return account_of(principal) == account
    facts = organization_of(cloud, account)
    if facts is None or facts.id != group[0] or SERVICE not in facts.services:
        return False
    return not group[1] or f"/{group[1]}/" in facts.path


def accounts_in(cloud: Cloud, principal: str, owner: str) -> list[str]:
    """The accounts that a principal stands for, as far as anything knows of them, sorted."""
    account = account_of(principal)
    if account is not None:
        return [] if account == owner else [account]
    answer = cloud.registry.port(ports.MEMBERS)
    members = answer(cloud, owner) if answer else ()
    return sorted(each for each in members if covers(cloud, principal, owner, each))


def _group(principal: str) -> tuple[str, str] | None:
    """The organization and unit (or "") that an ARN names."""
    arn = find_arn(principal)
    if arn is None or arn.service != "organizations":
        return None
    kind, _, rest = arn.resource.partition("/")
    found = _GROUP.fullmatch(f"{kind}/{rest.removeprefix(f'{arn.account}/')}")
    if found is None or (found[1] == "ou") != bool(found[3]):
        return None
    return found[2], found[3] or ""
