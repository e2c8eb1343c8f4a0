"""Pages of sorted things, with tokens that hold for 15 minutes.

Rules of this file: a token names the last thing shown and when it was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeVar

from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.pages import BadToken, key_of, token_of
from cloudchamber.services.resourcegroupstaggingapi.refusals import expired, invalid

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Item = TypeVar("Item")
# "A PaginationToken is valid for a maximum of 15 minutes."
TOKEN_NS: Final = 15 * MINUTE_NS


def after(call: Call, token: str | None) -> str:
    """The key after which a page starts; empty for the first one.

    Raises InvalidParameterException, PaginationTokenExpiredException.
    """
    if not token:
        return ""
    try:
        shown_ns, _, key = key_of(token).partition(" ")
    except BadToken:
        raise invalid("The provided PaginationToken is invalid.") from None
    if not (shown_ns.isascii() and shown_ns.isdigit()):
        raise invalid("The provided PaginationToken is invalid.")
    if call.now - int(shown_ns) > TOKEN_NS:
        raise expired()
    return key


def token_after(call: Call, key: str) -> str:
    """The token of the page that starts after `key`."""
    return token_of(f"{call.now} {key}")


def page_of(
    call: Call, items: Iterable[Item], key: Callable[[Item], str], token: str | None, size: int
) -> tuple[list[Item], str]:
    """At most `size` of the items, which come sorted by key, and the next token or nothing."""
    start = after(call, token)
    chosen: list[Item] = []
    for item in items:
        if key(item) <= start:
            continue
        if len(chosen) == size:
            return chosen, token_after(call, key(chosen[-1]))
        chosen.append(item)
    return chosen, ""
