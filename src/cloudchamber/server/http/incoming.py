"""Which bodies are put aside while they come, and the refusals of those that cannot be.

Rules of this file: what both versions of HTTP ask when a head is whole.
"""

from __future__ import annotations

from cloudchamber.server.http.answers import HttpRefusal
from cloudchamber.server.http.exchange import Spool
from cloudchamber.server.http.front import Front
from cloudchamber.wire.bodies import WHOLE_BYTES_MAX
from cloudchamber.wire.http import Request


def open_spool(front: Front, head: Request) -> Spool | None:
    """Where the body of a request goes while it comes; None for one that is held in memory.

    Raises HttpRefusal for a body that is too long, or for which there is no place.
    """
    headers = head.headers
    announced = headers.get("content-length", "")
    length = int(announced) if announced.isdecimal() else 0
    limits = front.limits
    is_small = length <= min(WHOLE_BYTES_MAX, limits.body_bytes_max)
    if is_small and "transfer-encoding" not in headers:
        return None
    try:
        spool = front.app.spool(head)
    except OSError as error:
        raise no_place(error) from error
    longest = limits.body_bytes_max if spool is None else limits.spooled_bytes_max
    if length > longest:
        if spool is not None:
            spool.abandon()
        raise body_too_long(longest)
    return spool


def body_too_long(limit: int) -> HttpRefusal:
    """A body over the limit."""
    return HttpRefusal(413, "EntityTooLarge", f"a body has at most {limit} bytes here")


def no_place(error: OSError) -> HttpRefusal:
    """A body that the disk will not have."""
    reason = error.strerror or str(error)
    return HttpRefusal(503, "ServiceUnavailable", f"the body cannot be kept: {reason}")
