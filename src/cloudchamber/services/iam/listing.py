"""Paged listings as IAM has them: MaxItems, Marker, IsTruncated.

Rules of this file: a listing is sorted by the key its rows are stored under (the lower-cased
name), and a marker names the last key shown.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals

Item = TypeVar("Item")
DEFAULT_ITEMS = 100


def listed(
    request: Input,
    member: str,
    items: Sequence[Item],
    key: Callable[[Item], str],
    view: Callable[[Item], Any],
) -> Output:
    """One page of `items` (sorted by `key`) under `member`, with IsTruncated and Marker."""
    try:
        shown, marker = page(
            items, key, request.get("Marker"), request.get("MaxItems", DEFAULT_ITEMS)
        )
    except BadToken:
        raise refusals.validation("Invalid Marker.") from None
    output: Output = {member: [view(item) for item in shown], "IsTruncated": marker is not None}
    if marker is not None:
        output["Marker"] = marker
    return output


def has_prefix(request: Input, path: str) -> bool:
    """Whether a path begins with the request's PathPrefix, if it has one."""
    return path.startswith(request.get("PathPrefix", "/"))
