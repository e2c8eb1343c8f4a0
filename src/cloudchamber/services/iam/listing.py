"""Paged listings as IAM has them: MaxItems, Marker, IsTruncated.

Rules of this file: a listing is sorted by the key its rows are stored under (the lower-cased
name), and a marker names the last key shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, key_of, page, token_of
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals

Item = TypeVar("Item")
DEFAULT_ITEMS = 100


class Pathed(Protocol):
    """A row with a path."""

    path: str


Row = TypeVar("Row", bound=Pathed)


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
        raise _bad_marker() from None
    return _page(member, [view(item) for item in shown], marker)


def listed_rows(
    request: Input, member: str, rows: Mapping[str, Row], view: Callable[[Row], Any]
) -> Output:
    """One page of an ordered table below the request's PathPrefix.

    Walks from the marker on and stops when the page is full, so that a page of a large account
    costs no more than one of a small account.
    """
    try:
        start = key_of(request["Marker"]) if "Marker" in request else None
    except BadToken:
        raise _bad_marker() from None
    size = request.get("MaxItems", DEFAULT_ITEMS)
    shown: list[Any] = []
    last = ""
    ordered: Any = rows  # a SortedDict: the table is declared so
    for key in ordered.irange(minimum=start, inclusive=(False, True)):
        row: Row = rows[key]
        if not has_prefix(request, row.path):
            continue
        if len(shown) == size:
            return _page(member, shown, token_of(last))
        shown.append(view(row))
        last = key
    return _page(member, shown, None)


def _page(member: str, shown: list[Any], marker: str | None) -> Output:
    output: Output = {member: shown, "IsTruncated": marker is not None}
    if marker is not None:
        output["Marker"] = marker
    return output


def _bad_marker() -> AwsError:
    return refusals.validation("Invalid Marker.")


def has_prefix(request: Input, path: str) -> bool:
    """Whether a path begins with the request's PathPrefix, if it has one."""
    return path.startswith(request.get("PathPrefix", "/"))
