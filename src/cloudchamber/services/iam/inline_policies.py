"""Inline policies: documents embedded in one user, group or role.

Rules of this file: one function per operation for all three kinds; each takes the kind first.
The quota is on the sum of all documents of an identity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.documents import check_inline, compiled
from cloudchamber.services.iam.kinds import (
    GROUP,
    ROLE,
    USER,
    Kind,
    expect_identity,
    expect_modifiable,
    handler_of,
)
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import Identity
from cloudchamber.services.iam.views import encoded

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def put(kind: Kind, call: Call, request: Input) -> Output:
    """PutUserPolicy and its like: add a policy, or replace the one of that name."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    name, document = request["PolicyName"], request["PolicyDocument"]
    size = check_inline(document)
    others = sum(compiled(text).size for other, text in row.inline.items() if other != name)
    limit = call.quota(f"{kind.title}PolicySize")
    if size + others > limit:
        raise refusals.limit_exceeded(
            f"Maximum policy size of {limit} bytes exceeded for {kind.noun} {row.name}"
        )
    row.inline[name] = document
    return {}


def get(kind: Kind, call: Call, request: Input) -> Output:
    """GetUserPolicy and its like."""
    row: Identity = expect_identity(call, kind, request[kind.member])
    name = request["PolicyName"]
    return {
        kind.member: row.name,
        "PolicyName": name,
        "PolicyDocument": encoded(_expect(row, kind, name)),
    }


def delete(kind: Kind, call: Call, request: Input) -> Output:
    """DeleteUserPolicy and its like."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    name = request["PolicyName"]
    _expect(row, kind, name)
    del row.inline[name]
    return {}


def list_names(kind: Kind, call: Call, request: Input) -> Output:
    """ListUserPolicies and its like, by name."""
    row: Identity = expect_identity(call, kind, request[kind.member])
    return listed(request, "PolicyNames", sorted(row.inline), str, str)


def _expect(row: Identity, kind: Kind, name: str) -> str:
    document = row.inline.get(name)
    if document is None:
        raise refusals.not_found(f"{kind.noun} policy", name)
    return document


put_user_policy = handler_of(put, USER)
put_group_policy = handler_of(put, GROUP)
put_role_policy = handler_of(put, ROLE)
get_user_policy = handler_of(get, USER)
get_group_policy = handler_of(get, GROUP)
get_role_policy = handler_of(get, ROLE)
delete_user_policy = handler_of(delete, USER)
delete_group_policy = handler_of(delete, GROUP)
delete_role_policy = handler_of(delete, ROLE)
list_user_policies = handler_of(list_names, USER)
list_group_policies = handler_of(list_names, GROUP)
list_role_policies = handler_of(list_names, ROLE)
