"""Acting where another account's things lie, as the service does once that account agreed.

Rules of this file: the caller, the cause and the input stay; only the place changes. What is made
so belongs to the other account and lies in its Region.
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import tags


def acting_in(call: Call, account: str, region: str) -> Call:
    """The same call, made in another account and Region."""
    if (account, region) == (call.account, call.region):
        return call
    return Call(
        call.cloud, call.service, call.operation_name, call.input, call.caller, account, region,
        call.number, cause=call.cause, origin=call.origin, request_id=call.request_id,
    )  # fmt: skip


def forget_tags(call: Call, identifier: str, account: str, region: str) -> None:
    """The other party's tags of a thing that is gone."""
    tags.forget(call, identifier, account, region)
