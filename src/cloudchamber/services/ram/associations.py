"""Putting principals and resources into a share, and taking them out.

Rules of this file: everything is checked before anything changes. A principal outside of the
organization gets an invitation and nothing else until it is accepted; one inside is let in at
once. AWS associates within seconds; here it is done when the call is answered.
https://docs.aws.amazon.com/ram/latest/userguide/working-with-sharing.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud import ports
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram import attaching
from cloudchamber.services.ram.lookup import expect_own, expect_visible, owned, paged
from cloudchamber.services.ram.nouns import INVITATIONS, Association, Invitation, Share
from cloudchamber.services.ram.principals import account_of, checked
from cloudchamber.services.ram.refusals import (
    invalid,
    malformed,
    not_permitted,
    unknown,
)
from cloudchamber.services.ram.resource_types import ResourceType, type_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def associate_resource_share(call: Call, request: Input) -> Output:
    """Add principals and resources to a share."""
    share = expect_own(call, request["resourceShareArn"])
    added = join(
        call, share, request.get("principals", ()), request.get("resourceArns", ()),
        request.get("sources", ()),
    )  # fmt: skip
    return {"resourceShareAssociations": [view(share, *each) for each in added]}


def disassociate_resource_share(call: Call, request: Input) -> Output:
    """Take principals and resources out of a share; what is not in it is left aside.

    A receiving account may take itself out of a share, as when it leaves one.
    """
    share = expect_visible(call, request["resourceShareArn"])
    if share.owner != call.account:
        own = request.get("principals", ()) == [call.account] and not request.get("resourceArns")
        if not own or call.account not in share.principals:
            raise not_permitted(f"You are not the owner of the resource share {share.arn}.")
    if request.get("sources"):
        raise invalid("Source constraints of resource shares are not supported here.")
    gone = [
        *(
            ("PRINCIPAL", each)
            for each in request.get("principals", ())
            if each in share.principals
        ),
        *(
            ("RESOURCE", each)
            for each in request.get("resourceArns", ())
            if each in share.resources
        ),
    ]
    shown = []
    for kind, each in gone:
        left = (share.principals if kind == "PRINCIPAL" else share.resources).pop(each)
        left.status, left.updated_ns = "DISASSOCIATED", call.now
        shown.append(entry(share, kind, each, left))
        call.event(share.arn, "ram.disassociated", f"{each} is no longer in the share {share.name}")
    share.updated_ns = call.now
    return {"resourceShareAssociations": shown}


def get_resource_share_associations(call: Call, request: Input) -> Output:
    """The principals or the resources of the account's own shares."""
    kind = request["associationType"]
    if kind == "SOURCE":
        raise invalid("Source constraints of resource shares are not supported here.")
    if kind == "PRINCIPAL" and request.get("resourceArn"):
        raise invalid("You cannot specify a resource ARN when the association type is PRINCIPAL.")
    if kind == "RESOURCE" and request.get("principal"):
        raise invalid("You cannot specify a principal when the association type is RESOURCE.")
    arns = request.get("resourceShareArns")
    shares = [expect_own(call, each) for each in arns] if arns else owned(call)
    wanted = request.get("principal") or request.get("resourceArn")
    status = request.get("associationStatus")
    found = [
        (share, name, each)
        for share in shares
        if share.status == "ACTIVE"
        for name, each in (share.principals if kind == "PRINCIPAL" else share.resources).items()
        if wanted in (None, name) and status in (None, each.status)
    ]
    found.sort(key=_place)
    return paged(
        request, found, _place, "resourceShareAssociations",
        lambda each: entry(each[0], kind, each[1], each[2]),
    )  # fmt: skip


def join(
    call: Call, share: Share, principals: Sequence[str], arns: Sequence[str], sources: Any = ()
) -> list[tuple[str, str]]:
    """Check and add; returns (association type, name) of what is new. Changes nothing if it raises.

    Raises what the checks below raise.
    """
    if sources:
        raise invalid("Source constraints of resource shares are not supported here.")
    new = [each for each in dict.fromkeys(principals) if each not in share.principals]
    external = {each: checked(call, each, allows_external=share.allows_external) for each in new}
    kinds = {arn: _expect_shareable(call, arn) for arn in dict.fromkeys(arns)}
    everybody = {**{name: each.is_external for name, each in share.principals.items()}, **external}
    _expect_inside(everybody, [*kinds.values(), *filter(None, map(type_of, share.resources))])
    for quota, count in (
        ("principals", len(share.principals) + len(new)),
        ("resources", len({*share.resources, *arns})),
    ):
        if count > call.quota(quota):
            raise AwsError(
                "ResourceShareLimitExceededException", f"There are too many {quota} in the share."
            )
    added: list[tuple[str, str]] = []
    for name in new:
        share.principals[name] = Association(
            "ASSOCIATING" if external[name] else "ASSOCIATED", call.now, call.now, external[name]
        )
        if external[name]:
            _invite(call, share, name)
        added.append(("PRINCIPAL", name))
    for arn in kinds:
        if arn not in share.resources:
            share.resources[arn] = Association("ASSOCIATED", call.now, call.now)
            added.append(("RESOURCE", arn))
    attaching.fill(call, share)
    share.updated_ns = call.now
    return added


def view(share: Share, kind: str, name: str) -> dict[str, Any]:
    """An association that is in a share, as the API shows it."""
    where = share.principals if kind == "PRINCIPAL" else share.resources
    return entry(share, kind, name, where[name])


def entry(share: Share, kind: str, name: str, row: Association) -> dict[str, Any]:
    """An association as the API shows it."""
    shown: dict[str, Any] = {
        "resourceShareArn": share.arn,
        "resourceShareName": share.name,
        "associatedEntity": name,
        "associationType": kind,
        "status": row.status,
        "creationTime": row.created_ns / SECOND_NS,
        "lastUpdatedTime": row.updated_ns / SECOND_NS,
        "external": row.is_external,
    }
    if row.message:
        shown["statusMessage"] = row.message
    return shown


def _place(found: tuple[Share, str, Association]) -> str:
    return f"{found[0].arn} {found[1]}"


def _expect_shareable(call: Call, arn: str) -> ResourceType:
    """The type of a resource that the account owns in the Region and may share."""
    parts = find_arn(arn)
    if parts is None:
        raise malformed(arn)
    kind = type_of(arn)
    if kind is None:
        raise invalid(f"The resource type of {arn} cannot be shared.")
    if parts.region != call.region:
        raise invalid(f"{arn} is not in {call.region}.")
    if parts.account != call.account:
        raise not_permitted(f"You are not the owner of {arn}.")
    problem: str | None = None
    # A service that was never asked for anything has no resources, and does not answer.
    for answer in call.cloud.registry.ports(ports.SHAREABLE):
        if (problem := answer(call.cloud, arn)) is not None:
            break
    if problem is None:
        raise unknown(arn)
    if problem:
        raise not_permitted(problem)
    return kind


def _expect_inside(everybody: dict[str, bool], kinds: Iterable[ResourceType]) -> None:
    for kind in kinds:
        if not kind.is_external and (found := [each for each in everybody if everybody[each]]):
            raise not_permitted(
                f"Resources of type {kind.name} can be shared only within your organization, and "
                f"{found[0]} is not in it."
            )


def _invite(call: Call, share: Share, principal: str) -> None:
    receiver = account_of(principal)
    assert receiver is not None
    stream = call.stream(share.arn, f"invitation of {principal}")
    arn = call.arn(f"resource-share-invitation/{stream.uuid()}")
    call.rows(INVITATIONS)[arn] = Invitation(
        arn=arn, share=share.arn, sender=call.account, receiver=receiver, principal=principal,
        status="PENDING", sent_ns=call.now,
    )  # fmt: skip
    call.event(arn, "ram.invited", f"account {receiver} was invited to the share {share.name}")
