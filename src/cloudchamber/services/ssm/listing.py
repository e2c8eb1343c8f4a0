"""DescribeParameters and GetParametersByPath: parameters by name, filtered, in pages.

Rules of this file: a page looks at no more than it needs, from the last name shown on.
https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.pages import BadToken, key_of, token_of
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm import filters, names, public_parameters
from cloudchamber.services.ssm.nouns import Parameter, Version
from cloudchamber.services.ssm.reading import invalid_token, metadata, view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DESCRIBE_PAGE = 50
BY_PATH_PAGE = 10
_LAST = 2**63  # beyond every version: a name was shown, whatever becomes of it

Place = tuple[str, int]  # a name and a version's number
Found = tuple[Parameter, Version]


def describe_parameters(call: Call, request: Input) -> Output:
    """What is known of parameters, without their values.

    Raises InvalidFilterKey, InvalidFilterOption, InvalidFilterValue, InvalidNextToken.
    """
    if request.get("Filters") and request.get("ParameterFilters"):
        raise names.invalid("You can't use Filters and ParameterFilters in the same request.")
    tests = filters.old_style(request.get("Filters", ())) + filters.compiled(
        request.get("ParameterFilters", ()), filters.DESCRIBE_KEYS
    )
    after = _after(request, by_label=False)
    # Nothing is shared by a resource share: there is no RAM.
    rows = () if request.get("Shared") else names.in_order(call, start=after[0])
    found = _passing(((row, row.latest) for row in rows), tests, after)
    chosen, token = _page(found, request.get("MaxResults", DESCRIBE_PAGE))
    shown = [
        {"Name": parameter.name, "ARN": parameter.arn, **metadata(version)}
        for parameter, version in chosen
    ]
    return {"Parameters": shown, **token}


def get_parameters_by_path(call: Call, request: Input) -> Output:
    """The parameters under a path; with a label filter, their versions of that label.

    Raises InvalidFilterKey, InvalidFilterOption, InvalidNextToken, InvalidKeyId.
    """
    path = names.check_path(request["Path"])
    recursive = request.get("Recursive", False)
    asked = request.get("ParameterFilters", ())
    tests = filters.compiled(asked, filters.BY_PATH_KEYS)
    by_label = any(each["Key"] == "Label" for each in asked)
    after = _after(request, by_label)
    rows: Iterable[Parameter]
    if public_parameters.is_public(path):
        rows = public_parameters.below(call, path, recursive)
    else:
        ordered = names.in_order(call, path, after[0])
        rows = (row for row in ordered if names.is_below(row.name, path, recursive))
    versions = (
        (row, version) for row in rows for version in (row.versions if by_label else (row.latest,))
    )
    found = _passing(versions, tests, after)
    chosen, token = _page(found, request.get("MaxResults", BY_PATH_PAGE))
    decrypt = request.get("WithDecryption", False)
    return {"Parameters": [view(call, *each, decrypt) for each in chosen], **token}


def _after(request: Input, by_label: bool) -> Place:
    """Behind which place a page begins. Raises InvalidNextToken."""
    token = request.get("NextToken")
    if not token:
        return "", 0
    try:
        name, _, number = key_of(token).rpartition(" ")
    except BadToken:
        raise invalid_token() from None
    if not (number.isascii() and number.isdigit()):
        raise invalid_token()
    return name, int(number) if by_label else _LAST


def _passing(
    found: Iterable[Found], tests: Sequence[filters.Test], after: Place
) -> Iterator[Found]:
    return (
        (row, version)
        for row, version in found
        if (row.name, version.number) > after and all(test(row, version) for test in tests)
    )


def _page(found: Iterator[Found], size: int) -> tuple[list[Found], dict[str, Any]]:
    chosen: list[Found] = []
    for each in found:
        if len(chosen) == size:
            row, version = chosen[-1]
            return chosen, {"NextToken": token_of(f"{row.name} {version.number}")}
        chosen.append(each)
    return chosen, {}
