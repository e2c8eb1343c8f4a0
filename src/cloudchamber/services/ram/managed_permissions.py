"""Managed permissions: AWS's own for each type, and those that an account makes.

Rules of this file: what a permission says; `attaching.py` puts it into shares. AWS's are made from
`resource_types`, each in one version.
https://docs.aws.amazon.com/ram/latest/userguide/security-ram-permissions.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, parse_policy
from cloudchamber.services.ram.lookup import paged
from cloudchamber.services.ram.nouns import PERMISSIONS, SHARES, Permission, Version
from cloudchamber.services.ram.refusals import (
    bad_type,
    invalid,
    malformed,
    not_permitted,
    unknown,
)
from cloudchamber.services.ram.resource_types import (
    PUBLISHED_NS,
    TYPES,
    ResourceType,
    find_type,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_AWS: Final = "arn:aws:ram::aws:permission/"
_ELEMENTS: Final = frozenset({"Effect", "Action", "Condition"})


def aws_permission(kind: ResourceType) -> Permission:
    """AWS's own permission for a type."""
    template = json.dumps({"Effect": "Allow", "Action": list(kind.actions)})
    return Permission(
        arn=f"{_AWS}{kind.permission}", name=kind.permission, type=kind.name, status="ATTACHABLE",
        versions=[Version(1, template, PUBLISHED_NS)], default=1, next=2, tags={},
        created_ns=PUBLISHED_NS, updated_ns=PUBLISHED_NS,
    )  # fmt: skip


def expect_permission(call: Call, arn: str) -> Permission:
    """A permission by ARN. Raises MalformedArnException, UnknownResourceException."""
    parts = find_arn(arn)
    if parts is None or parts.service != "ram" or not parts.resource.startswith("permission/"):
        raise malformed(arn)
    for kind in TYPES:
        if arn == f"{_AWS}{kind.permission}":
            return aws_permission(kind)
    found = call.rows(PERMISSIONS).get(arn)
    if found is None:
        raise unknown(arn)
    return found


def expect_version(permission: Permission, number: int | None) -> Version:
    """A version of a permission, the default one if none is named."""
    wanted = permission.default if number is None else number
    found = next((each for each in permission.versions if each.number == wanted), None)
    if found is None:
        raise unknown(f"version {wanted} of {permission.arn}")
    return found


def create_permission(call: Call, request: Input) -> Output:
    """Make a customer managed permission; its first version is the default."""
    if request.get("permissionTemplateParameters"):
        raise invalid("Template parameters of permissions are not supported here.")
    kind = find_type(request["resourceType"])
    if kind is None:
        raise bad_type(request["resourceType"])
    _expect_template(request["policyTemplate"])
    arn = call.arn(f"permission/{request['name']}")
    rows = call.rows(PERMISSIONS)
    if arn in rows:
        raise AwsError(
            "PermissionAlreadyExistsException",
            f"A permission named {request['name']} exists.",
            status=409,
        )
    if len(rows) >= call.quota("permissions"):
        raise AwsError("PermissionLimitExceededException", "There are too many permissions.")
    row = rows[arn] = Permission(
        arn=arn, name=request["name"], type=kind.name, status="ATTACHABLE",
        versions=[Version(1, request["policyTemplate"], call.now)], default=1, next=2,
        tags=_tags(request), created_ns=call.now, updated_ns=call.now,
    )  # fmt: skip
    return {"permission": _summary(row, row.versions[0])}


def create_permission_version(call: Call, request: Input) -> Output:
    """Add a version, which becomes the default; shares keep theirs."""
    row = _expect_own(call, request["permissionArn"])
    if request.get("permissionTemplateParameters"):
        raise invalid("Template parameters of permissions are not supported here.")
    _expect_template(request["policyTemplate"])
    if len(row.versions) >= call.quota("versions"):
        raise AwsError(
            "PermissionVersionsLimitExceededException",
            "Delete a version before you make another one.",
        )
    row.versions.append(Version(row.next, request["policyTemplate"], call.now))
    row.default, row.next, row.updated_ns = row.next, row.next + 1, call.now
    return {"permission": detail(row, row.versions[-1])}


def delete_permission(call: Call, request: Input) -> Output:
    """Delete a permission that no share uses, with all its versions."""
    row = _expect_own(call, request["permissionArn"])
    _expect_unused(call, row.arn, None)
    del call.rows(PERMISSIONS)[row.arn]
    return {"returnValue": True, "permissionStatus": "DELETED"}


def delete_permission_version(call: Call, request: Input) -> Output:
    """Delete a version that is not the default and that no share uses."""
    row = _expect_own(call, request["permissionArn"])
    version = expect_version(row, request["permissionVersion"])
    if version.number == row.default:
        raise not_permitted("The default version of a permission cannot be deleted.")
    _expect_unused(call, row.arn, version.number)
    row.versions.remove(version)
    return {"returnValue": True, "permissionStatus": "DELETED"}


def set_default_permission_version(call: Call, request: Input) -> Output:
    """Make another version the default."""
    row = _expect_own(call, request["permissionArn"])
    row.default = expect_version(row, request["permissionVersion"]).number
    row.updated_ns = call.now
    return {"returnValue": True}


def update_permission(call: Call, request: Input) -> Output:
    """Let a permission be attached, or no more (DEPRECATED)."""
    row = _expect_own(call, request["permissionArn"])
    row.status, row.updated_ns = request["status"], call.now
    return {"permissionStatus": row.status}


def get_permission(call: Call, request: Input) -> Output:
    """A permission with its policy template."""
    row = expect_permission(call, request["permissionArn"])
    return {"permission": detail(row, expect_version(row, request.get("permissionVersion")))}


def list_permissions(call: Call, request: Input) -> Output:
    """AWS's permissions and the account's, by ARN."""
    wanted = request.get("resourceType")
    if wanted is not None and find_type(wanted) is None:
        raise invalid(f"The specified resource type {wanted} is not valid.")
    which = request.get("permissionType", "ALL")
    rows = [aws_permission(kind) for kind in TYPES] if which in ("ALL", "AWS_MANAGED") else []
    if which in ("ALL", "CUSTOMER_MANAGED"):
        rows += call.rows(PERMISSIONS).values()
    status = request.get("permissionStatus")
    shown = sorted(
        (
            each
            for each in rows
            if (wanted is None or each.type.lower() == wanted.lower())
            and (status is None or each.status == status)
        ),
        key=_arn_of,
    )
    return paged(
        request, shown, _arn_of, "permissions",
        lambda each: _summary(each, expect_version(each, None)),
    )  # fmt: skip


def list_permission_versions(call: Call, request: Input) -> Output:
    """All versions of a permission, by number."""
    row = expect_permission(call, request["permissionArn"])
    return paged(
        request, row.versions, lambda each: f"{each.number:09}", "permissions",
        lambda each: _summary(row, each),
    )  # fmt: skip


def detail(row: Permission, version: Version) -> dict[str, Any]:
    """A version of a permission as GetPermission shows it."""
    return {**_shown(row, version), "permission": version.template}


def _summary(row: Permission, version: Version) -> dict[str, Any]:
    return _shown(row, version)


def _shown(row: Permission, version: Version) -> dict[str, Any]:
    is_aws = row.arn.startswith(_AWS)
    return {
        "arn": row.arn,
        "version": str(version.number),
        "defaultVersion": version.number == row.default,
        "name": row.name,
        "resourceType": row.type,
        "status": row.status,
        "creationTime": version.created_ns / SECOND_NS,
        "lastUpdatedTime": row.updated_ns / SECOND_NS,
        "isResourceTypeDefault": is_aws,
        "permissionType": "AWS_MANAGED" if is_aws else "CUSTOMER_MANAGED",
        "featureSet": "STANDARD",
        "tags": [{"key": key, "value": value} for key, value in row.tags.items()],
    }


def _expect_own(call: Call, arn: str) -> Permission:
    if arn.startswith(_AWS):
        raise not_permitted("AWS managed permissions cannot be changed.")
    return expect_permission(call, arn)


def _expect_unused(call: Call, arn: str, version: int | None) -> None:
    for share in call.rows(SHARES).values():
        for each in share.permissions.values():
            if (
                share.status == "ACTIVE"
                and each.permission == arn
                and version
                in (
                    None,
                    each.version,
                )
            ):
                raise not_permitted(f"The permission is used by the resource share {share.arn}.")


def _expect_template(text: str) -> None:
    """Effect, Action and perhaps Condition of one statement. Raises MalformedPolicyTemplate..."""
    try:
        template = json.loads(text)
    except ValueError:
        template = None
    if not isinstance(template, dict) or not template.keys() <= _ELEMENTS:
        raise AwsError(
            "MalformedPolicyTemplateException",
            "A policy template is a JSON object with Effect, Action and optionally Condition.",
        )
    if str(template.get("Effect", "")).upper() != "ALLOW" or not template.get("Action"):
        raise AwsError(
            "MalformedPolicyTemplateException", "A policy template has to allow some actions."
        )
    try:
        parse_policy(document_of(template, ["111122223333"], "*"), PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise AwsError("MalformedPolicyTemplateException", str(error)) from None


def document_of(template: Mapping[str, Any], principals: list[str], resource: str) -> str:
    """The resource policy that a template makes for principals and a resource."""
    statement = {
        **template,
        "Effect": "Allow",
        "Principal": {"AWS": principals},
        "Resource": resource,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _tags(request: Input) -> dict[str, str]:
    return {each["key"]: each.get("value", "") for each in request.get("tags", ())}


def _arn_of(row: Permission) -> str:
    return row.arn
