"""Which permission a share gives for each type of resource in it, and where it is used.

Rules of this file: one permission for each type; a share keeps the version that was the default
when it was attached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram.lookup import expect_own, expect_visible, owned, paged
from cloudchamber.services.ram.managed_permissions import (
    aws_permission,
    expect_permission,
    expect_version,
)
from cloudchamber.services.ram.nouns import (
    REPLACEMENTS,
    Attached,
    Permission,
    Replacement,
    Share,
)
from cloudchamber.services.ram.refusals import invalid, unknown, wrong_state
from cloudchamber.services.ram.resource_types import BY_NAME, type_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def attach(call: Call, share: Share, permission: Permission) -> None:
    """Give a share the default version of a permission. Raises for one that cannot be attached."""
    if permission.status != "ATTACHABLE":
        raise wrong_state(f"The permission {permission.arn} cannot be attached.")
    share.permissions[permission.type] = Attached(permission.arn, permission.default, call.now)


def fill(call: Call, share: Share) -> None:
    """Give a share AWS's permission for each type in it that has none."""
    for arn in share.resources:
        kind = type_of(arn)
        if kind is not None and kind.name not in share.permissions:
            attach(call, share, aws_permission(kind))


def associate_resource_share_permission(call: Call, request: Input) -> Output:
    """Attach a permission; another one for the same type goes only if `replace` says so."""
    share = expect_own(call, request["resourceShareArn"])
    permission = expect_permission(call, request["permissionArn"])
    version = expect_version(permission, request.get("permissionVersion"))
    if version.number != permission.default:
        raise invalid("Only the default version of a permission can be associated.")
    if request.get("permissionTemplateParameters"):
        raise invalid("Template parameters of permissions are not supported here.")
    before = share.permissions.get(permission.type)
    if before and before.permission != permission.arn and not request.get("replace"):
        raise invalid(
            f"The resource share has a permission for {permission.type} already. Set replace to "
            "take the new one instead."
        )
    attach(call, share, permission)
    share.updated_ns = call.now
    return {"returnValue": True}


def disassociate_resource_share_permission(call: Call, request: Input) -> Output:
    """Detach a permission that no resource of the share needs."""
    share = expect_own(call, request["resourceShareArn"])
    permission = expect_permission(call, request["permissionArn"])
    attached = share.permissions.get(permission.type)
    if attached is None or attached.permission != permission.arn:
        raise unknown(permission.arn)
    if any((kind := type_of(arn)) and kind.name == permission.type for arn in share.resources):
        raise wrong_state(
            f"Resources of type {permission.type} are in the share; remove them first."
        )
    del share.permissions[permission.type]
    share.updated_ns = call.now
    return {"returnValue": True}


def list_resource_share_permissions(call: Call, request: Input) -> Output:
    """The permissions of a share, by type."""
    share = expect_visible(call, request["resourceShareArn"])
    shown = sorted(share.permissions.items())
    return paged(
        request, shown, lambda each: each[0], "permissions",
        lambda each: _shown(call, each[0], each[1]),
    )  # fmt: skip


def list_permission_associations(call: Call, request: Input) -> Output:
    """Which shares of the account use which permissions, by permission and share."""
    wanted = request.get("permissionArn")
    number = request.get("permissionVersion")
    shares = request.get("resourceShareArn")
    kind = request.get("resourceType")
    found = [
        (share, type_, each)
        for share in owned(call)
        if share.status == "ACTIVE" and shares in (None, share.arn)
        for type_, each in share.permissions.items()
        if wanted in (None, each.permission)
        and number in (None, each.version)
        and kind in (None, type_)
    ]
    found.sort(key=lambda each: f"{each[2].permission} {each[0].arn}")
    return paged(
        request, found, lambda each: f"{each[2].permission} {each[0].arn}", "permissions",
        lambda each: {
            "arn": each[2].permission,
            "permissionVersion": str(each[2].version),
            "defaultVersion": each[2].version
            == expect_permission(call, each[2].permission).default,
            "resourceType": each[1],
            "status": "ASSOCIATED",
            "featureSet": "STANDARD",
            "lastUpdatedTime": each[2].updated_ns / SECOND_NS,
            "resourceShareArn": each[0].arn,
        },
    )  # fmt: skip


def replace_permission_associations(call: Call, request: Input) -> Output:
    """Give every share that uses one permission another one, or its newest version."""
    before = expect_permission(call, request["fromPermissionArn"])
    after = expect_permission(call, request["toPermissionArn"])
    if before.type != after.type:
        raise invalid("Both permissions have to be for the same resource type.")
    if request.get("permissionTemplateParameters"):
        raise invalid("Template parameters of permissions are not supported here.")
    number = request.get("fromPermissionVersion")
    for share in owned(call):
        attached = share.permissions.get(before.type)
        if attached and attached.permission == before.arn and number in (None, attached.version):
            attach(call, share, after)
    work = Replacement(
        id=call.stream(call.arn("work"), "id").uuid(), from_permission=before.arn,
        from_version=number or before.default, to_permission=after.arn, to_version=after.default,
        done_ns=call.now,
    )  # fmt: skip
    call.rows(REPLACEMENTS)[work.id] = work
    return {"replacePermissionAssociationsWork": _work(work)}


def list_replace_permission_associations_work(call: Call, request: Input) -> Output:
    """The works that were asked for, by id; each was done at once."""
    ids = request.get("workIds")
    status = request.get("status")
    shown = [
        each
        for each in call.rows(REPLACEMENTS).values()
        if (not ids or each.id in ids) and status in (None, "COMPLETED")
    ]
    return paged(request, shown, lambda each: each.id, "replacePermissionAssociationsWorks", _work)


def _work(row: Replacement) -> dict[str, Any]:
    return {
        "id": row.id,
        "fromPermissionArn": row.from_permission,
        "fromPermissionVersion": str(row.from_version),
        "toPermissionArn": row.to_permission,
        "toPermissionVersion": str(row.to_version),
        "status": "COMPLETED",
        "creationTime": row.done_ns / SECOND_NS,
        "lastUpdatedTime": row.done_ns / SECOND_NS,
    }


def _shown(call: Call, type_: str, attached: Attached) -> dict[str, Any]:
    kind = BY_NAME[type_]
    permission = expect_permission(call, attached.permission)
    return {
        "arn": attached.permission,
        "version": str(attached.version),
        "defaultVersion": attached.version == permission.default,
        "name": permission.name,
        "resourceType": kind.name,
        "status": "ASSOCIATED",
        "creationTime": permission.created_ns / SECOND_NS,
        "lastUpdatedTime": attached.updated_ns / SECOND_NS,
        "isResourceTypeDefault": permission.name == kind.permission,
        "permissionType": "AWS_MANAGED"
        if permission.arn == aws_permission(kind).arn
        else "CUSTOMER_MANAGED",
        "featureSet": "STANDARD",
    }
