"""Whom the policy simulator asks about: a user with its groups, a group, a role.

Rules of this file: the same lookups that decide real calls, so that the simulator cannot differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cloudchamber.cloud.arns import Arn, find_arn
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import Principal, SourcedPolicy
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.kinds import GROUP, KINDS, ROLE, Kind, find_identity
from cloudchamber.services.iam.nouns import GROUPS, Identity, User
from cloudchamber.services.iam.principals import boundary_of, policies_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


class Simulated(NamedTuple):
    """An identity as the simulator sees it: who it is and everything attached to it."""

    principal: Principal
    policies: list[SourcedPolicy]
    boundary: SourcedPolicy | None
    context: Mapping[str, Sequence[str]]


def expect_simulated(call: Call, text: str) -> Simulated:
    """The user, group or role with this ARN. Raises InvalidInput, NoSuchEntity."""
    arn, kind = _read(text)
    name = arn.resource.rpartition("/")[2]
    found = find_identity(call, kind, name) if arn.account == call.account else None
    if found is None or found.arn != text:
        raise refusals.not_found(kind.noun, name)
    policies = list(policies_of(call.cloud, call.account, kind.noun, found))
    if isinstance(found, User):
        groups = call.rows(GROUPS)
        for key in found.groups:
            policies.extend(policies_of(call.cloud, call.account, GROUP.noun, groups[key]))
    return Simulated(
        principal=_principal(arn, kind, found),
        policies=policies,
        boundary=boundary_of(call.cloud, call.account, found),
        context={f"aws:PrincipalTag/{tag.key}": (tag.value,) for tag in found.tags},
    )


def principal_of(text: str) -> Principal:
    """A caller by its ARN alone; it need not exist. Raises InvalidInput."""
    arn, kind = _read(text)
    return _principal(arn, kind, None)


def _principal(arn: Arn, kind: Kind, found: Identity | None) -> Principal:
    user_id = found.id if found is not None else ""
    text = str(arn)
    if kind is ROLE:
        return Principal(
            kind="role-session", arn=text, account=arn.account, user_id=user_id, role_arn=text
        )
    return Principal(kind="user", arn=text, account=arn.account, user_id=user_id)


def _read(text: str) -> tuple[Arn, Kind]:
    arn = find_arn(text)
    if arn is not None and arn.service == "iam" and is_account(arn.account):
        for kind in KINDS:
            if arn.resource.startswith(f"{kind.noun}/"):
                return arn, kind
    raise refusals.invalid_input(f"Invalid Entity Arn: {text} does not clearly define entity type.")
