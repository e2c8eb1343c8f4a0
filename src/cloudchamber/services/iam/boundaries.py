"""Permissions boundaries: a managed policy as the most that a user or role may ever do.

Rules of this file: users and roles only; groups have no boundary. The boundary is set here, what
it means is the policy language's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.kinds import ROLE, USER, Kind, expect_modifiable, handler_of
from cloudchamber.services.iam.managed import expect_boundary, set_boundary
from cloudchamber.services.iam.nouns import Identity

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def put(kind: Kind, call: Call, request: Input) -> Output:
    """PutUserPermissionsBoundary, PutRolePermissionsBoundary."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    set_boundary(call, row, expect_boundary(call, request["PermissionsBoundary"]).arn)
    return {}


def delete(kind: Kind, call: Call, request: Input) -> Output:
    """DeleteUserPermissionsBoundary, DeleteRolePermissionsBoundary."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    if not row.boundary:
        raise refusals.no_such_entity(
            f"The permissions boundary of {kind.noun} {row.name} cannot be found."
        )
    set_boundary(call, row, "")
    return {}


put_user_permissions_boundary = handler_of(put, USER)
put_role_permissions_boundary = handler_of(put, ROLE)
delete_user_permissions_boundary = handler_of(delete, USER)
delete_role_permissions_boundary = handler_of(delete, ROLE)
