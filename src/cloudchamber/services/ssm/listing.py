"""DescribeParameters and GetParametersByPath: parameters by name, filtered, in pages.

https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeParameters.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ssm import filters, names, public_parameters
from cloudchamber.services.ssm.nouns import PARAMETERS, Parameter, Version
from cloudchamber.services.ssm.reading import invalid_token, metadata, view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

DESCRIBE_PAGE = 50
BY_PATH_PAGE = 10

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
    if request.get("Shared"):
        rows: Sequence[Parameter] = ()  # nothing is shared by a resource share: there is no RAM
    else:
        rows = list(call.rows(PARAMETERS).values())
    found = [(row, row.latest) for row in rows if all(test(row, row.latest) for test in tests)]
    chosen, token = _page(found, request, DESCRIBE_PAGE)
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
    if public_parameters.is_public(path):
        rows: Sequence[Parameter] = public_parameters.below(call, path, recursive)
    else:
        rows = names.below(call, path, recursive)
    by_label = any(each["Key"] == "Label" for each in asked)
    found = [
        (row, version)
        for row in rows
        for version in (row.versions if by_label else (row.latest,))
        if all(test(row, version) for test in tests)
    ]
    chosen, token = _page(found, request, BY_PATH_PAGE)
    decrypt = request.get("WithDecryption", False)
    return {"Parameters": [view(call, *each, decrypt) for each in chosen], **token}


def _page(
    found: Sequence[Found], request: Input, size: int
) -> tuple[Sequence[Found], dict[str, Any]]:
    try:
        chosen, token = page(
            found,
            lambda each: f"{each[0].name} {each[1].number:020}",
            request.get("NextToken"),
            request.get("MaxResults", size),
        )
    except BadToken:
        raise invalid_token() from None
    return chosen, {"NextToken": token} if token else {}
