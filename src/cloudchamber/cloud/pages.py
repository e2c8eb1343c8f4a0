"""Pagination: a stable slice of a sorted listing and an opaque token for the next one.

Rules of this file: a token names the last key shown, not an offset, so that rows added or removed
between two pages neither repeat nor skip others. A token this chamber did not make is refused.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
_PREFIX = b"page:"


class BadToken(ValueError):
    """The pagination token is not one of ours. The service answers with its own error code."""


def token_of(key: str) -> str:
    """The opaque token that continues after `key`."""
    return base64.urlsafe_b64encode(_PREFIX + key.encode()).decode()


def key_of(token: str) -> str:
    """The key inside a token. Raises BadToken."""
    try:
        raw = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        if not raw.startswith(_PREFIX):
            raise BadToken(token)
        return raw[len(_PREFIX) :].decode()
    except (binascii.Error, UnicodeError) as error:
        raise BadToken(token) from error


def page(
    items: Sequence[Item], key: Callable[[Item], str], token: str | None, size: int
) -> tuple[Sequence[Item], str | None]:
    """At most `size` items after the token's key, and the token of the next page or None.

    `items` must be sorted by `key`. Raises BadToken.
    """
    start = bisect_right(items, key_of(token), key=key) if token else 0
    chosen = items[start : start + size]
    more = start + size < len(items)
    return chosen, token_of(key(chosen[-1])) if more and chosen else None
