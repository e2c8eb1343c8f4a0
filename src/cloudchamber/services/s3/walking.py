"""Walking over the keys of a bucket in order, rolling up what shares a prefix to the delimiter.

Rules of this file: no request and no answer, only keys. A common prefix is left by seeking behind
it, so a page costs what it shows, however many keys the bucket or the prefix holds.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-prefixes.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

LAST: Final = chr(0x10FFFF)


def after_prefix(text: str) -> str | None:
    """The first text behind all that begin with `text`, or None when there is none."""
    stem = text.rstrip(LAST)
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else None


def walk(
    rows: Any, bucket: str, prefix: str, delimiter: str, after: str, *, inside: bool = False
) -> Iterator[tuple[str, Any]]:
    """Each key with its row, in order; a common prefix comes once, with None for a row.

    `rows` is a SortedDict by `place`. `after` is the last key or common prefix that was shown: what
    follows begins behind it (behind all that a common prefix holds). With `inside` a key as `after`
    is only a key: the rest of its common prefix is still shown.
    """
    head = f"{bucket}\0"
    size = len(head)
    start, is_open = head + prefix, True
    if after >= prefix and after:
        start, is_open = head + after, False
        common = "" if inside else common_prefix(after, prefix, delimiter)
        if common:
            behind = after_prefix(head + common)
            start, is_open = behind or start, True
    stop = after_prefix(head + prefix)
    while True:
        seek = None
        for where in rows.irange(start, stop, (is_open, False)):
            key = where[size:]
            if delimiter:
                common = common_prefix(key, prefix, delimiter)
                if common:
                    yield common, None
                    seek = after_prefix(head + common)
                    break
            yield key, rows[where]
        if seek is None:
            return
        start, is_open = seek, True


def common_prefix(key: str, prefix: str, delimiter: str) -> str:
    """What a key is rolled up to: up to the first delimiter after the prefix; "" if it is not."""
    if not delimiter:
        return ""
    at = key.find(delimiter, len(prefix))
    return key[: at + len(delimiter)] if at >= 0 else ""
