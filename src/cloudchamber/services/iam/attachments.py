"""Attaching managed policies to users, groups and roles, and telling who has which.

Rules of this file: one function per operation for all three kinds; each takes the kind first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.kinds import (
    GROUP,
    ROLE,
    USER,
    Kind,
    expect_identity,
    expect_modifiable,
    handler_of,
)
from cloudchamber.services.iam.listing import has_prefix, listed
from cloudchamber.services.iam.managed import (
    Managed,
    count,
    expect_attachable,
    expect_managed,
    find_managed,
    order_of,
    warn_of_inexact,
)
from cloudchamber.services.iam.nouns import Identity

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_ENTITY_TYPES = (("User", USER), ("Group", GROUP), ("Role", ROLE))


def attach(kind: Kind, call: Call, request: Input) -> Output:
    """AttachUserPolicy and its like. Attaching what is attached changes nothing."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    policy = expect_attachable(call, request["PolicyArn"], kind)
    if policy.arn in row.attached:
        return {}
    quota = f"PoliciesPer{kind.title}"
    if len(row.attached) >= call.quota(quota):
        raise refusals.over_quota(quota, call.quota(quota))
    warn_of_inexact(call, policy)
    row.attached.append(policy.arn)
    count(call, policy.arn, attached=1)
    return {}


def detach(kind: Kind, call: Call, request: Input) -> Output:
    """DetachUserPolicy and its like. What is not attached cannot be found."""
    row: Identity = expect_modifiable(call, kind, request[kind.member])
    arn = request["PolicyArn"]
    if arn not in row.attached:
        raise refusals.no_such_entity(f"Policy {arn} was not found.")
    row.attached.remove(arn)
    count(call, arn, attached=-1)
    return {}


def list_attached(kind: Kind, call: Call, request: Input) -> Output:
    """ListAttachedUserPolicies and its like, by name."""
    row: Identity = expect_identity(call, kind, request[kind.member])
    policies = [policy for policy in attached_to(call, row) if has_prefix(request, policy.path)]
    return listed(request, "AttachedPolicies", policies, order_of, attached_view)


def attached_to(call: Call, row: Identity) -> list[Managed]:
    """The policies attached to an identity, by name."""
    found = [find_managed(call.cloud, call.account, arn) for arn in row.attached]
    policies = [policy for policy in found if policy is not None]
    return sorted(policies, key=order_of)


def attached_view(policy: Managed) -> dict[str, str]:
    """An attached policy as listings show it."""
    return {"PolicyName": policy.name, "PolicyArn": policy.arn}


def list_entities(call: Call, request: Input) -> Output:
    """ListEntitiesForPolicy: users, then groups, then roles, in one paged listing."""
    arn = expect_managed(call, request["PolicyArn"]).arn
    usage = request.get("PolicyUsageFilter")
    wanted = request.get("EntityFilter")
    members = ["PolicyUsers", "PolicyGroups", "PolicyRoles"]
    found: list[tuple[str, int, Identity]] = []
    for number, (entity_type, kind) in enumerate(_ENTITY_TYPES):
        if wanted not in (None, entity_type):
            continue
        for key, row in call.rows(kind.table).items():
            attached = arn in row.attached and usage != "PermissionsBoundary"
            bounded = arn == row.boundary and usage != "PermissionsPolicy"
            if (attached or bounded) and has_prefix(request, row.path):
                found.append((f"{number}{key}", number, row))
    output = listed(request, "Entities", found, lambda entity: entity[0], lambda entity: entity)
    shown = output.pop("Entities")
    for number, member in enumerate(members):
        title = _ENTITY_TYPES[number][0]
        output[member] = [
            {f"{title}Name": row.name, f"{title}Id": row.id} for _, of, row in shown if of == number
        ]
    return output


attach_user_policy = handler_of(attach, USER)
attach_group_policy = handler_of(attach, GROUP)
attach_role_policy = handler_of(attach, ROLE)
detach_user_policy = handler_of(detach, USER)
detach_group_policy = handler_of(detach, GROUP)
detach_role_policy = handler_of(detach, ROLE)
list_attached_user_policies = handler_of(list_attached, USER)
list_attached_group_policies = handler_of(list_attached, GROUP)
list_attached_role_policies = handler_of(list_attached, ROLE)
