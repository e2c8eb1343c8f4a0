"""Roles: who may assume them, for how long, and what they are called.

Rules of this file: the noun alone. Service-linked roles (path /aws-service-role/) are changed by
their service only, but for their description and tags. Sessions are STS's; it
learns of a role through the `role` port.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.documents import check_trust, retell_trust
from cloudchamber.services.iam.identifiers import ROLE as ROLE_ID
from cloudchamber.services.iam.identifiers import arn_of, unique_id
from cloudchamber.services.iam.kinds import (
    ROLE,
    SERVICE_LINKED_PATH,
    expect_modifiable,
    expect_role,
    handler_of,
)
from cloudchamber.services.iam.listing import listed_rows
from cloudchamber.services.iam.managed import expect_boundary, set_boundary
from cloudchamber.services.iam.nouns import ROLES, Role, key_of
from cloudchamber.services.iam.views import role_item, role_last_used, role_view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DEFAULT_SESSION_S = 3600


def create_role(call: Call, request: Input) -> Output:
    """CreateRole."""
    name, path = request["RoleName"], request.get("Path", "/")
    if path.startswith(SERVICE_LINKED_PATH):
        raise refusals.validation(
            f"The specified value for path is invalid. Path {SERVICE_LINKED_PATH} is reserved for "
            "service-linked roles: use CreateServiceLinkedRole."
        )
    rows = call.rows(ROLES)
    if key_of(name) in rows:
        raise refusals.already_exists(f"Role with name {name} already exists.")
    if len(rows) >= call.quota("RolesPerAccount"):
        raise refusals.over_quota("RolesPerAccount", call.quota("RolesPerAccount"))
    check_trust(call, request["AssumeRolePolicyDocument"])
    boundary = request.get("PermissionsBoundary", "")
    if boundary:
        boundary = expect_boundary(call, boundary).arn
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    arn = arn_of(call, "role", path, name)
    role = Role(
        name=name,
        path=path,
        id=unique_id(call, ROLE_ID, arn),
        arn=arn,
        created_ns=call.now,
        trust=request["AssumeRolePolicyDocument"],
        description=request.get("Description"),
        max_session_s=request.get("MaxSessionDuration", DEFAULT_SESSION_S),
        tags=new_tags,
    )
    set_boundary(call, role, boundary)
    rows[key_of(name)] = role
    return {"Role": role_view(role)}


def get_role(call: Call, request: Input) -> Output:
    """GetRole, with its last use."""
    role = expect_role(call, request["RoleName"])
    return {"Role": role_view(role) | {"RoleLastUsed": role_last_used(role, call.now)}}


def list_roles(call: Call, request: Input) -> Output:
    """ListRoles, by name."""
    return listed_rows(request, "Roles", call.rows(ROLES), role_item)


def update_role(call: Call, request: Input) -> Output:
    """UpdateRole: description and longest session; a member that is absent keeps its value,
    but for the longest session, which "defaults to one hour".
    """
    role = expect_role(call, request["RoleName"])
    if "MaxSessionDuration" in request:
        expect_modifiable(call, ROLE, request["RoleName"])
    if "Description" in request:
        role.description = request["Description"]
    role.max_session_s = request.get("MaxSessionDuration", DEFAULT_SESSION_S)
    return {}


def update_role_description(call: Call, request: Input) -> Output:
    """UpdateRoleDescription: the older way, which answers the role."""
    role = expect_role(call, request["RoleName"])
    role.description = request["Description"]
    return {"Role": role_view(role)}


def update_assume_role_policy(call: Call, request: Input) -> Output:
    """UpdateAssumeRolePolicy: another trust policy; sessions that exist go on."""
    role: Role = expect_modifiable(call, ROLE, request["RoleName"])
    check_trust(call, request["PolicyDocument"])
    role.trust = request["PolicyDocument"]
    return {}


def delete_role(call: Call, request: Input) -> Output:
    """DeleteRole: only one without policies that no instance profile holds."""
    role: Role = expect_modifiable(call, ROLE, request["RoleName"])
    if role.profiles:
        raise refusals.must_go_first("remove roles from instance profile")
    if role.attached:
        raise refusals.must_go_first("detach all policies")
    if role.inline:
        raise refusals.must_go_first("delete policies")
    forget_role(call, role)
    return {}


def forget_role(call: Call, role: Role) -> None:
    """Take a role away, and with it the trust that others put in it."""
    set_boundary(call, role, "")
    del call.rows(ROLES)[key_of(role.name)]
    retell_trust(call, role.arn, role.id)


def _find(call: Call, request: Input) -> Role:
    return expect_role(call, request["RoleName"])


tag_role = handler_of(tags.tag, _find)
untag_role = handler_of(tags.untag, _find)
list_role_tags = handler_of(tags.list_tags, _find)
