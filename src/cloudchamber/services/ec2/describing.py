"""What all Describe operations do: ids, filters, pages.

Rules of this file: no kind of thing is known here. Ids that do not exist are an error, filters that
match nothing give an empty list, and a page goes on after the last id shown.
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/Query-Requests.html#api-pagination
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, Generic, TypeVar

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.services.ec2.kinds import Kind

Row = TypeVar("Row", bound=Any)
Item = TypeVar("Item")

PAGE_MIN: Final = 5
PAGE_MAX: Final = 1000
_NO_PROPERTIES: Final[Mapping[str, Any]] = MappingProxyType({})


class Description(msgspec.Struct, Generic[Row], frozen=True, kw_only=True):
    """How a kind is described.

    `ids` is the request's member with ids (`VpcIds`), `answer` the output's list (`Vpcs`), `view`
    what a row looks like, `filters` what it offers to filters: name -> texts of (call, row). The
    filters `tag:KEY`, `tag-key` and `tag-value` are there for everything.
    """

    kind: Kind[Row]
    ids: str
    answer: str
    view: Callable[[Call, Row], dict[str, Any]]
    filters: Mapping[str, Callable[[Call, Row], Sequence[str]]] = _NO_PROPERTIES
    page_min: int = PAGE_MIN
    page_max: int = PAGE_MAX


def describe(call: Call, request: Input, description: Description[Row]) -> Output:
    """The answer of a Describe operation. Raises the kind's NotFound, and for bad filters."""
    return described(call, request, description, chosen(call, request, description))


def chosen(call: Call, request: Input, description: Description[Row]) -> list[Row]:
    """The rows that are visible, named (if ids are given) and pass the filters, by id."""
    kind = description.kind
    ids = request.get(description.ids, ())
    rows: list[Row]
    if ids:
        rows = [kinds.expect(call, kind, each) for each in dict.fromkeys(ids)]
    else:
        rows = kinds.visible(call, kind)
    filters = request.get("Filters", ())
    if filters:
        rows = filtered(call, rows, filters, description.filters)
    rows.sort(key=_id_of)
    return rows


def filtered(
    call: Call,
    rows: Sequence[Row],
    filters: Sequence[Mapping[str, Any]],
    properties: Mapping[str, Callable[[Call, Row], Sequence[str]]],
) -> list[Row]:
    """The rows that pass the filters, those on tags included; rows have an `id`."""
    bound: dict[str, Any] = {
        name: (lambda row, of=texts: of(call, row)) for name, texts in properties.items()
    }
    bound["tag-key"] = lambda row: tuple(tags.tags_of(call, row.id))
    bound["tag-value"] = lambda row: tuple(tags.tags_of(call, row.id).values())
    for each in filters:
        name = each.get("Name") or ""
        if name.startswith("tag:"):
            bound[name] = lambda row, key=name[4:]: _value(call, row.id, key)
    known: Properties[Row] = bound
    return matching(rows, filters, known)


def described(
    call: Call, request: Input, description: Description[Row], rows: Sequence[Row]
) -> Output:
    """One page of rows, which are in the order of their ids."""
    size = page_size(request, description.page_min, description.page_max)
    shown, token = one_page(request, rows, _id_of, size)
    return with_token({description.answer: [description.view(call, row) for row in shown]}, token)


def listed(
    request: Input,
    answer: str,
    items: Iterable[Item],
    key: Callable[[Item], str],
    properties: Mapping[str, Callable[[Item], Iterable[str]]],
    view: Callable[[Item], Any],
) -> Output:
    """One page of what passes the request's filters, by `key`; for what is no kind of thing."""
    chosen = matching(items, request.get("Filters", ()), properties)
    return paged(request, answer, sorted(chosen, key=key), key, view)


def paged(
    request: Input,
    answer: str,
    items: Sequence[Item],
    key: Callable[[Item], str],
    view: Callable[[Item], Any],
    size: int | None = None,
) -> Output:
    """One page of items that are in order of their keys; by default as long as most are."""
    shown, token = one_page(request, items, key, page_size(request) if size is None else size)
    return with_token({answer: [view(each) for each in shown]}, token)


def one_page(
    request: Input, items: Sequence[Item], key: Callable[[Item], str], size: int
) -> tuple[Sequence[Item], str | None]:
    """What is on the page that a request asks for, and the next token. Raises InvalidNextToken."""
    try:
        return page(items, key, request.get("NextToken"), size)
    except BadToken:
        raise bad_token() from None


def bad_token() -> AwsError:
    """A page token of nobody's."""
    return AwsError("InvalidNextToken", "The specified NextToken is not valid.")


def with_token(output: Output, token: str | None) -> Output:
    """An answer with the token of the next page, if there is one."""
    return {**output, "NextToken": token} if token else output


def page_size(request: Input, least: int = PAGE_MIN, most: int = PAGE_MAX) -> int:
    """How many a page may hold. Raises InvalidParameterValue."""
    size: int | None = request.get("MaxResults")
    if size is None:
        return most
    if size < least:
        raise AwsError(
            "InvalidParameterValue",
            f"Value ( {size} ) for parameter maxResults is invalid. "
            f"Expecting a value greater than {least}.",
        )
    return min(size, most)


def _id_of(row: Any) -> str:
    identifier: str = row.id
    return identifier


def _value(call: Call, identifier: str, key: str) -> tuple[str, ...]:
    value = tags.tags_of(call, identifier).get(key)
    return () if value is None else (value,)
