"""Resource shares: create, change, delete, list.

Rules of this file: a deleted share shares nothing at once and is shown for two hours more.
https://docs.aws.amazon.com/ram/latest/APIReference/API_CreateResourceShare.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.durations import HOUR_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram import attaching, tagging
from cloudchamber.services.ram.associations import join
from cloudchamber.services.ram.lookup import chosen, expect_own, expect_visible, owned, paged
from cloudchamber.services.ram.managed_permissions import expect_permission
from cloudchamber.services.ram.nouns import SHARES, Share
from cloudchamber.services.ram.principals import SERVICE, organization_of
from cloudchamber.services.ram.refusals import invalid, not_permitted

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

FORGOTTEN: Final = "ram.share-forgotten"
# "A deleted resource share ... remains visible for two hours"
SHOWN_NS: Final = 2 * HOUR_NS


def create_resource_share(call: Call, request: Input) -> Output:
    """Share resources with principals; all or nothing."""
    if request.get("permissionTemplateParameters") or request.get("resourceShareConfiguration"):
        raise invalid("Template parameters and the configuration of shares are not supported here.")
    tags = tagging.checked(call, {}, request.get("tags", ()))
    permissions = [expect_permission(call, each) for each in request.get("permissionArns", ())]
    if len({each.type for each in permissions}) < len(permissions):
        raise invalid("You can associate only one permission with each resource type.")
    if sum(each.status == "ACTIVE" for each in owned(call)) >= call.quota("shares"):
        raise AwsError("ResourceShareLimitExceededException", "There are too many resource shares.")
    stream = call.stream(call.arn("resource-share/*"), "id")
    share = Share(
        arn=call.arn(f"resource-share/{stream.uuid()}"), name=request["name"],
        owner=call.account, region=call.region,
        allows_external=request.get("allowExternalPrincipals", True), tags=tags,
        created_ns=call.now, updated_ns=call.now,
    )  # fmt: skip
    for each in permissions:
        attaching.attach(call, share, each)
    join(
        call, share, request.get("principals", ()), request.get("resourceArns", ()),
        request.get("sources", ()),
    )  # fmt: skip
    call.rows(SHARES)[share.arn] = share
    return {"resourceShare": view(share)}


def update_resource_share(call: Call, request: Input) -> Output:
    """Change the name of a share, or whether it may go outside of the organization."""
    share = expect_own(call, request["resourceShareArn"])
    external = request.get("allowExternalPrincipals", share.allows_external)
    if not external and any(each.is_external for each in share.principals.values()):
        raise invalid("The resource share has principals outside of your organization.")
    share.name = request.get("name", share.name)
    share.allows_external, share.updated_ns = external, call.now
    return {"resourceShare": view(share)}


def delete_resource_share(call: Call, request: Input) -> Output:
    """Share nothing more. The resources stay."""
    share = expect_own(call, request["resourceShareArn"])
    share.status, share.updated_ns = "DELETED", call.now
    for each in (*share.principals.values(), *share.resources.values()):
        each.status, each.updated_ns = "DISASSOCIATED", call.now
    call.event(share.arn, "ram.share-deleted", f"the share {share.name} was deleted")
    call.after(SHOWN_NS, FORGOTTEN, share.arn, weak=True)
    return {"returnValue": True}


def share_forgotten(call: Call, arn: str) -> None:
    """A deleted share is shown no more."""
    call.rows(SHARES).pop(arn, None)


def get_resource_shares(call: Call, request: Input) -> Output:
    """The shares that the account owns, or receives."""
    owner = request["resourceOwner"]
    arns = request.get("resourceShareArns")
    permission = request.get("permissionArn")
    version = request.get("permissionVersion")
    shares = chosen(call, owner)
    if arns:
        for arn in arns:
            expect_visible(call, arn)
        shares = [each for each in shares if each.arn in arns]
    filters = request.get("tagFilters", ())
    shown = [
        each
        for each in shares
        if request.get("name", each.name) == each.name
        and request.get("resourceShareStatus", each.status) == each.status
        and all(tagging.has(each.tags, wanted) for wanted in filters)
        and (
            permission is None
            or any(
                used.permission == permission and version in (None, used.version)
                for used in each.permissions.values()
            )
        )
    ]
    return paged(
        request, shown, lambda each: each.arn, "resourceShares",
        lambda each: view(each, with_tags=owner == "SELF"),
    )  # fmt: skip


def enable_sharing_with_aws_organization(call: Call, request: Input) -> Output:
    """Trust AWS RAM in the organization; only its management account may.

    Raises OperationNotPermittedException.
    """
    facts = organization_of(call.cloud, call.account)
    if facts is None or facts.management != call.account:
        raise not_permitted(
            "Only the management account of an organization can enable sharing with it."
        )
    try:
        call.invoke("iam", "CreateServiceLinkedRole", {"AWSServiceName": SERVICE})
    except AwsError as error:
        if error.code != "InvalidInput":  # it is there already
            raise
    call.invoke("organizations", "EnableAWSServiceAccess", {"ServicePrincipal": SERVICE})
    return {"returnValue": True}


def view(share: Share, *, with_tags: bool = True) -> dict[str, Any]:
    """A share as the API shows it; its tags are its owner's."""
    shown: dict[str, Any] = {
        "resourceShareArn": share.arn,
        "name": share.name,
        "owningAccountId": share.owner,
        "allowExternalPrincipals": share.allows_external,
        "status": share.status,
        "creationTime": share.created_ns / SECOND_NS,
        "lastUpdatedTime": share.updated_ns / SECOND_NS,
        "featureSet": "STANDARD",
    }
    if with_tags and share.tags:
        shown["tags"] = tagging.shown(share.tags)
    return shown
