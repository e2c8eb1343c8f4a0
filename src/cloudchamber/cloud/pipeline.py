"""The request path, as one list that is read from top to bottom.

Rules of this file: stages are functions of a Call; they may raise an AwsError and nothing else.
Authentication happens before there is a Call (it makes the caller); encoding happens after.

    authenticate   who signed                        cloud/authentication.py
    authorise      do the policies allow it          cloud/authorization.py
    refuse         is it simulated at all            here
    throttle       is the caller over AWS's rate     cloud/throttling.py
    dispatch       the service's handler             services/*/
    meter          count what AWS would bill         here
    notice         when a key or role was last used  here
    log            the event log and `why`           here

Permissions come before refusal: a caller who may not is told so first, as at AWS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from cloudchamber.cloud.authorization import authorise
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import Refused
from cloudchamber.cloud.ports import SEEN
from cloudchamber.cloud.service import Output, Waiting
from cloudchamber.cloud.throttling import throttle
from cloudchamber.wire.errors import WireError


def refuse(call: Call) -> None:
    """An operation nobody simulates answers 501 and says what is missing."""
    if call.operation.handler is None:
        raise Refused(call.service.name, call.operation_name, call.operation.note)


def dispatch(call: Call) -> Output | Waiting:
    """Hand the call to the service."""
    handler = call.operation.handler
    assert handler is not None  # refuse() stands before this in the list
    return handler(call, call.input)


def meter(call: Call, error: WireError | None) -> None:
    """Count the request; what a service bills beyond requests it meters itself."""
    call.cloud.meter.add(
        (call.service.name, call.account, call.region, call.resource, call.operation_name)
    )


def notice(call: Call, error: WireError | None) -> None:
    """Tell who keeps track of it that this caller was at work."""
    tellers = call.cloud.registry.ports(SEEN)
    if tellers and call.caller.kind not in ("anonymous", "service"):
        for tell in tellers:
            tell(call)


def log(call: Call, error: WireError | None) -> None:
    """Remember the call for `why`, and write an event for one that changed the world."""
    service = call.service
    if service.after is not None:
        service.after(call, error)
    if error is None and call.operation_name in service.mutating:
        call.cause  # noqa: B018  asking for the cause writes the call's own event
    call.cloud.remember(call, error)


BEFORE: Final[tuple[Callable[[Call], None], ...]] = (authorise, refuse, throttle)
AFTER: Final[tuple[Callable[[Call, WireError | None], None], ...]] = (meter, notice, log)
