"""Finding shares, and what an account sees of them.

Rules of this file: reads only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeVar

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ram.nouns import INVITATIONS, SHARES, Invitation, Share
from cloudchamber.services.ram.principals import covers
from cloudchamber.services.ram.refusals import bad_token, malformed, not_permitted, unknown

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

Item = TypeVar("Item")
PAGE: Final = 500
LIVE: Final = ("ASSOCIATED",)


def expect_own(call: Call, arn: str) -> Share:
    """A share of the account's own in the Region, not deleted.

    Raises MalformedArnException, UnknownResourceException, OperationNotPermittedException.
    """
    share = expect_visible(call, arn)
    if share.owner != call.account:
        raise not_permitted(f"You are not the owner of the resource share {arn}.")
    if share.status == "DELETED":
        raise unknown(arn)
    return share


def expect_visible(call: Call, arn: str) -> Share:
    """A share that the account owns or receives, in the Region."""
    parts = find_arn(arn)
    if parts is None or parts.service != "ram" or not parts.resource.startswith("resource-share/"):
        raise malformed(arn)
    share = call.rows(SHARES).get(arn)
    if share is None or share.region != call.region or not _sees(call, share):
        raise unknown(arn)
    return share


def owned(call: Call) -> Iterator[Share]:
    """The account's own shares in the Region, by ARN."""
    for share in call.rows(SHARES).values():
        if share.owner == call.account and share.region == call.region:
            yield share


def received(cloud: Cloud, account: str, region: str) -> Iterator[Share]:
    """The shares of others whose resources an account may use in a Region, by ARN."""
    for share in cloud.store.rows(SHARES, "", "").values():
        if share.region == region and share.status == "ACTIVE" and receives(cloud, share, account):
            yield share


def receives(cloud: Cloud, share: Share, account: str) -> bool:
    """Whether an account is among those that a share is for, its invitation accepted."""
    return any(
        each.status in LIVE and covers(cloud, principal, share.owner, account)
        for principal, each in share.principals.items()
    )


def chosen(call: Call, owner: str) -> list[Share]:
    """The shares that `resourceOwner` asks for."""
    if owner == "SELF":
        return list(owned(call))
    return list(received(call.cloud, call.account, call.region))


def invitation(call: Call, arn: str) -> Invitation:
    """An invitation to the account. Raises ResourceShareInvitationArnNotFoundException."""
    parts = find_arn(arn)
    if parts is None or parts.service != "ram":
        raise malformed(arn)
    found = call.rows(INVITATIONS).get(arn)
    if found is None or found.receiver != call.account:
        raise AwsError(
            "ResourceShareInvitationArnNotFoundException",
            f"ResourceShareInvitation {arn} could not be found.",
        )
    return found


def paged(
    request: Input, items: Sequence[Item], key: Callable[[Item], str], member: str,
    view: Callable[[Item], Any],
) -> Output:  # fmt: skip
    """One page. Raises InvalidNextTokenException."""
    size = min(request.get("maxResults", PAGE), PAGE)
    try:
        shown, token = page(items, key, request.get("nextToken"), size)
    except BadToken:
        raise bad_token() from None
    output: Output = {member: [view(each) for each in shown]}
    if token:
        output["nextToken"] = token
    return output


def _sees(call: Call, share: Share) -> bool:
    return share.owner == call.account or receives(call.cloud, share, call.account)
