"""Elastic addresses that go from one account to another: offered, accepted, taken back.

Rules of this file: an offer holds for seven days. What was accepted or taken back is shown to the
offering account for fourteen more. The address keeps its public IP and gets a new allocation.
https://docs.aws.amazon.com/vpc/latest/userguide/transfer-EIPs-intro-ec2.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import DAY_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import paged
from cloudchamber.services.ec2.interfaces.limits import ADDRESSES_MAX
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    ADDRESSES,
    PUBLIC_ADDRESSES,
    TRANSFERS,
    Address,
    PublicAddress,
    Transfer,
)
from cloudchamber.services.ec2.refusals import invalid_value, limit_exceeded

OFFER_NS: Final = 7 * DAY_NS
SHOWN_NS: Final = 14 * DAY_NS


def enable_address_transfer(call: Call, request: Input) -> Output:
    """Offer an address to an account, anew if it is offered already."""
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    account = request["TransferAccountId"]
    if account == call.account or len(account) != 12 or not account.isdigit():
        raise invalid_value(account, "transferAccountId", "It is not another account's ID.")
    transfer = Transfer(
        id=address.id,
        owner=call.account,
        public=address.public,
        account=account,
        expires_ns=call.now + OFFER_NS,
    )
    call.rows(TRANSFERS)[address.id] = transfer
    return {"AddressTransfer": _view(transfer)}


def disable_address_transfer(call: Call, request: Input) -> Output:
    """Take an offer back."""
    address = kinds.expect_own(call, ADDRESS, request["AllocationId"])
    transfer = call.rows(TRANSFERS).get(address.id)
    if transfer is None or not _is_open(call, transfer):
        raise AwsError(
            "InvalidTransfer.AddressNotFound", f"{address.id} is not offered to any account."
        )
    transfer.status, transfer.over_ns = "disabled", call.now
    return {"AddressTransfer": _view(transfer)}


def accept_address_transfer(call: Call, request: Input) -> Output:
    """Take over an address that is offered; it must not be associated, nor have a name."""
    public = request["Address"]
    given_tags = tags.specified(request, ADDRESS.type)
    transfer = _offer_of(call, public)
    address = kinds.find_anywhere(call.cloud, ADDRESS, transfer.id) if transfer else None
    if transfer is None or address is None:
        raise AwsError(
            "InvalidTransfer.AddressNotFound",
            f"The address '{public}' is not offered to account {call.account}.",
        )
    if address.association:
        raise AwsError(
            "InvalidTransfer.AddressAssociated",
            f"The address '{public}' is associated and cannot be transferred.",
        )
    if address.ptr:
        raise AwsError(
            "InvalidTransfer.AddressCustomPtrSet",
            f"The address '{public}' has a reverse DNS record and cannot be transferred.",
        )
    if len(call.rows(ADDRESSES)) >= ADDRESSES_MAX:
        raise limit_exceeded(
            "AddressLimitExceeded", "The maximum number of addresses has been reached."
        )
    kinds.remove(call, ADDRESS, address)
    taken = Address(
        id=kinds.new_id(call, ADDRESS.prefix),
        owner=call.account,
        public=public,
        border_group=address.border_group,
    )
    kinds.add(call, ADDRESS, taken)
    call.rows(PUBLIC_ADDRESSES)[public] = PublicAddress(taken.id)
    tags.put(call, taken.id, given_tags)
    transfer.status, transfer.over_ns = "accepted", call.now
    call.event(
        kinds.arn_of(ADDRESS, transfer.owner, call.region, transfer.id),
        "ec2.address-transferred",
        f"{public} went from account {transfer.owner} to {call.account}, as {taken.id}",
    )
    return {"AddressTransfer": {**_view(transfer), "AllocationId": taken.id}}


def describe_address_transfers(call: Call, request: Input) -> Output:
    """The offers that the account has made."""
    wanted = request.get("AllocationIds", ())
    found = [
        each
        for each in call.rows(TRANSFERS).values()
        if (not wanted or each.id in wanted) and _is_shown(call, each)
    ]
    return paged(request, "AddressTransfers", found, _id_of, _view)


def _offer_of(call: Call, public: str) -> Transfer | None:
    """The open offer of an address to the call's account, in its Region."""
    for _, region, rows in call.cloud.store.scopes(TRANSFERS):
        for each in rows.values():
            if each.public == public and each.account == call.account and region == call.region:
                if _is_open(call, each):
                    return each
    return None


def _is_open(call: Call, transfer: Transfer) -> bool:
    return transfer.status == "pending" and call.now < transfer.expires_ns


def _is_shown(call: Call, transfer: Transfer) -> bool:
    return _is_open(call, transfer) or call.now < transfer.over_ns + SHOWN_NS > SHOWN_NS


def _id_of(transfer: Transfer) -> str:
    return transfer.id


def _view(transfer: Transfer) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "PublicIp": transfer.public,
        "AllocationId": transfer.id,
        "TransferAccountId": transfer.account,
        "TransferOfferExpirationTimestamp": transfer.expires_ns / SECOND_NS,
        "AddressTransferStatus": transfer.status,
    }
    if transfer.status == "accepted":
        shown["TransferOfferAcceptedTimestamp"] = transfer.over_ns / SECOND_NS
    return shown
