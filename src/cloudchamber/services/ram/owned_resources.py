"""What is shared and with whom: resources, principals, types, and the policies that follow.

Rules of this file: reads only, of both sides: `SELF` is what the account shares, `OTHER-ACCOUNTS`
what is shared with it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import SourcedPolicy
from cloudchamber.languages.policy.attached import attached_policy
from cloudchamber.services.ram import lookup
from cloudchamber.services.ram.managed_permissions import aws_permission, document_of
from cloudchamber.services.ram.nouns import PERMISSIONS, SHARES, Share
from cloudchamber.services.ram.principals import accounts_in
from cloudchamber.services.ram.refusals import bad_type, malformed
from cloudchamber.services.ram.resource_types import BY_NAME, TYPES, find_type, type_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def list_resources(call: Call, request: Input) -> Output:
    """The resources that are shared by the account, or with it, by share and ARN."""
    kind = _expect_type(request)
    wanted = request.get("resourceArns")
    principal = request.get("principal")
    owner = request["resourceOwner"]
    found = [
        (share, arn)
        for share in _shares(call, request)
        if principal is None
        or (principal in share.principals if owner == "SELF" else share.owner == principal)
        for arn in share.resources
        if (not wanted or arn in wanted) and (kind is None or _is(arn, kind))
    ]
    if request.get("resourceRegionScope") == "GLOBAL":
        found = []
    found.sort(key=_place)
    return lookup.paged(request, found, _place, "resources", lambda each: view(*each))


def list_principals(call: Call, request: Input) -> Output:
    """With whom the account shares, or who shares with it."""
    kind = _expect_type(request)
    arn = request.get("resourceArn")
    wanted = request.get("principals")
    own = request["resourceOwner"] == "SELF"
    found: list[tuple[Share, str]] = []
    for share in _shares(call, request):
        if arn is not None and arn not in share.resources:
            continue
        if kind is not None and not any(_is(each, kind) for each in share.resources):
            continue
        names = list(share.principals) if own else [share.owner]
        found += [(share, name) for name in names if not wanted or name in wanted]
    found.sort(key=_place)
    return lookup.paged(request, found, _place, "principals", lambda each: _principal(own, *each))


def list_resource_types(call: Call, request: Input) -> Output:
    """The types that can be shared here."""
    types = [] if request.get("resourceRegionScope") == "GLOBAL" else sorted(BY_NAME)
    return lookup.paged(
        request, types, str, "resourceTypes",
        lambda name: {
            "resourceType": name,
            "serviceName": BY_NAME[name].service,
            "resourceRegionScope": "REGIONAL",
        },
    )  # fmt: skip


def get_resource_policies(call: Call, request: Input) -> Output:
    """The policies that sharing puts on the account's resources, as JSON texts."""
    documents = []
    for arn in request["resourceArns"]:
        parts = find_arn(arn)
        if parts is None:
            raise malformed(arn)
        if parts.account != call.account:
            continue
        for share in _of_resource(call.cloud, arn):
            if request.get("principal") in (None, *share.principals):
                document = _document(call.cloud, share, arn)
                documents += [] if document is None else [document]
    return lookup.paged(
        request, [f"{n:06} {text}" for n, text in enumerate(documents)], str, "policies",
        lambda text: text.partition(" ")[2],
    )  # fmt: skip


def shared_resources(cloud: Cloud, account: str, region: str, type_: str) -> list[str]:
    """Port `shared-resources`: what others share with an account, of a type, by ARN."""
    return sorted(
        {
            arn
            for share in lookup.received(cloud, account, region)
            for arn in share.resources
            if _is(arn, type_)
        }
    )


def share_policy(cloud: Cloud, arn: str) -> SourcedPolicy | None:
    """Port `share-policy`: what a shared resource's managed permissions allow, and whom."""
    statements: list[Any] = []
    for share in _of_resource(cloud, arn):
        document = _document(cloud, share, arn)
        statements += [] if document is None else json.loads(document)["Statement"]
    if not statements:
        return None
    return attached_policy(json.dumps({"Version": "2012-10-17", "Statement": statements}), arn)


def view(share: Share, arn: str) -> dict[str, Any]:
    """A shared resource as the API shows it."""
    row = share.resources[arn]
    kind = type_of(arn)
    return {
        "arn": arn,
        "type": kind.name if kind else "",
        "resourceShareArn": share.arn,
        "status": "AVAILABLE",
        "creationTime": row.created_ns / SECOND_NS,
        "lastUpdatedTime": row.updated_ns / SECOND_NS,
        "resourceRegionScope": "REGIONAL",
    }


def _principal(own: bool, share: Share, name: str) -> dict[str, Any]:
    row = share.principals.get(name)
    created, updated = (
        (row.created_ns, row.updated_ns) if own and row else (share.created_ns, share.updated_ns)
    )
    return {
        "id": name,
        "resourceShareArn": share.arn,
        "creationTime": created / SECOND_NS,
        "lastUpdatedTime": updated / SECOND_NS,
        "external": row.is_external if row else False,
    }


def _shares(call: Call, request: Input) -> list[Share]:
    arns = request.get("resourceShareArns")
    for arn in arns or ():
        lookup.expect_visible(call, arn)
    return [
        each
        for each in lookup.chosen(call, request["resourceOwner"])
        if each.status == "ACTIVE" and (not arns or each.arn in arns)
    ]


def _expect_type(request: Input) -> str | None:
    name = request.get("resourceType")
    if name is None:
        return None
    kind = find_type(name)
    if kind is None:
        raise bad_type(name)
    return kind.name


def _is(arn: str, type_: str) -> bool:
    kind = type_of(arn)
    return kind is not None and kind.name == type_


def _place(found: tuple[Share, str]) -> str:
    return f"{found[0].arn} {found[1]}"


def _of_resource(cloud: Cloud, arn: str) -> Iterator[Share]:
    """The active shares that a resource is in."""
    for share in cloud.store.rows(SHARES, "", "").values():
        if share.status == "ACTIVE" and arn in share.resources:
            yield share


def _document(cloud: Cloud, share: Share, arn: str) -> str | None:
    """The policy that one share puts on a resource; None while nobody takes part in it."""
    kind = type_of(arn)
    assert kind is not None
    attached = share.permissions[kind.name]
    permission = next(
        (each for each in map(aws_permission, TYPES) if each.arn == attached.permission), None
    ) or cloud.store.rows(PERMISSIONS, share.owner, share.region).get(attached.permission)
    assert permission is not None
    version = next(each for each in permission.versions if each.number == attached.version)
    principals = sorted(
        account
        for name, each in share.principals.items()
        if each.status in lookup.LIVE
        for account in (
            [name] if name.startswith("arn:aws:iam:") else accounts_in(cloud, name, share.owner)
        )
    )
    return document_of(json.loads(version.template), principals, arn) if principals else None
