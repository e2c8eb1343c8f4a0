"""GetAccountAuthorizationDetails: everything about who may do what, in one paged answer.

Rules of this file: reading only. The order is users, groups, roles, the account's policies, AWS's
policies (those in use), each by name; a page may end in the middle of any of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam.attachments import attached_to, attached_view
from cloudchamber.services.iam.aws_policies import aws_policies
from cloudchamber.services.iam.instance_profiles import item, profiles_of
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.managed import Managed, versions_of
from cloudchamber.services.iam.nouns import (
    GROUPS,
    POLICIES,
    ROLES,
    USAGES,
    USERS,
    Group,
    Identity,
    Role,
    User,
)
from cloudchamber.services.iam.policies import policy_item, version_view
from cloudchamber.services.iam.views import (
    encoded,
    group_view,
    role_last_used,
    role_view,
    user_view,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_USERS: Final = "UserDetailList"
_GROUPS: Final = "GroupDetailList"
_ROLES: Final = "RoleDetailList"
_POLICIES: Final = "Policies"


def get_account_authorization_details(call: Call, request: Input) -> Output:
    """Users, groups, roles and managed policies with their documents, of the wanted kinds."""
    rows = list(_wanted(call, frozenset(request.get("Filter", ()))))
    output = listed(request, "Rows", rows, lambda row: row[0], lambda row: row)
    shown = output.pop("Rows")
    for member in (_USERS, _GROUPS, _ROLES, _POLICIES):
        output[member] = [_detail(call, row) for _, of, row in shown if of == member]
    return output


def _wanted(call: Call, kinds: frozenset[str]) -> Iterator[tuple[str, str, Any]]:
    """(key, member, row) of everything that is asked for, by key."""
    if not kinds or "User" in kinds:
        yield from ((f"0{key}", _USERS, row) for key, row in call.rows(USERS).items())
    if not kinds or "Group" in kinds:
        yield from ((f"1{key}", _GROUPS, row) for key, row in call.rows(GROUPS).items())
    if not kinds or "Role" in kinds:
        yield from ((f"2{key}", _ROLES, row) for key, row in call.rows(ROLES).items())
    if not kinds or "LocalManagedPolicy" in kinds:
        yield from ((f"3{key}", _POLICIES, row) for key, row in call.rows(POLICIES).items())
    if not kinds or "AWSManagedPolicy" in kinds:
        used = call.rows(USAGES)
        for policy in aws_policies(call.partition).values():
            if policy.arn in used:
                yield f"4{policy.name.lower()}", _POLICIES, policy


def _detail(call: Call, row: User | Group | Role | Managed) -> dict[str, Any]:
    if isinstance(row, User):
        shown = user_view(row)
        shown["GroupList"] = [call.rows(GROUPS)[key].name for key in sorted(row.groups)]
        return _with_policies(call, shown, row, "UserPolicyList")
    if isinstance(row, Group):
        return _with_policies(call, group_view(row), row, "GroupPolicyList")
    if isinstance(row, Role):
        shown = role_view(row)
        # A role's description and longest session are not part of its details.
        shown.pop("Description", None)
        shown.pop("MaxSessionDuration")
        shown["InstanceProfileList"] = [item(call, one) for one in profiles_of(call, row)]
        shown["RoleLastUsed"] = role_last_used(row, call.now)
        return _with_policies(call, shown, row, "RolePolicyList")
    shown = policy_item(call, row)
    shown["PolicyVersionList"] = [version_view(row, one) for one in versions_of(row)[::-1]]
    return shown


def _with_policies(call: Call, shown: dict[str, Any], row: Identity, member: str) -> dict[str, Any]:
    shown[member] = [
        {"PolicyName": name, "PolicyDocument": encoded(row.inline[name])}
        for name in sorted(row.inline)
    ]
    shown["AttachedManagedPolicies"] = [attached_view(one) for one in attached_to(call, row)]
    return shown
