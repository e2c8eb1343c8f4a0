"""Lists that are not of one kind of thing: filtered and paged all the same.

Rules of this file: what `describing.py` does for things with ids, for anything with a sort key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.describing import page_size
from cloudchamber.services.ec2.filters import matching

Item = TypeVar("Item")


def listed(
    request: Input,
    answer: str,
    items: Iterable[Item],
    key: Callable[[Item], str],
    properties: Mapping[str, Callable[[Item], Iterable[str]]],
    view: Callable[[Item], Any],
) -> Output:
    """One page of what passes the request's filters, by `key`. Raises as Describe operations."""
    chosen = matching(items, request.get("Filters", ()), properties)
    return paged(request, answer, sorted(chosen, key=key), key, view)


def paged(
    request: Input,
    answer: str,
    items: Sequence[Item],
    key: Callable[[Item], str],
    view: Callable[[Item], Any],
) -> Output:
    """One page of items that are in order of their keys."""
    try:
        shown, token = page(items, key, request.get("NextToken"), page_size(request))
    except BadToken:
        raise AwsError("InvalidNextToken", "The specified NextToken is not valid.") from None
    output: Output = {answer: [view(each) for each in shown]}
    if token:
        output["NextToken"] = token
    return output
