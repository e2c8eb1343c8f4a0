"""Filters of DescribeParameters and GetParametersByPath.

Rules of this file: text against rows; filters of different keys must all hold, values of one key
are alternatives. https://docs.aws.amazon.com/systems-manager/latest/userguide/
parameter-search.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ssm.names import check_path, invalid, is_below
from cloudchamber.services.ssm.nouns import (
    ADVANCED,
    SECURE,
    STANDARD,
    STRING,
    STRING_LIST,
    Parameter,
    Version,
)

EQUALS: Final = "Equals"
BEGINS: Final = "BeginsWith"
CONTAINS: Final = "Contains"
RECURSIVE: Final = "Recursive"
ONE_LEVEL: Final = "OneLevel"
DESCRIBE_KEYS: Final = ("Path", "Name", "Type", "KeyId", "Tier", "DataType")
BY_PATH_KEYS: Final = ("Type", "KeyId", "Label")
_TAG: Final = "tag:"
_TYPES: Final = (STRING, STRING_LIST, SECURE)
_TIERS: Final = (STANDARD, ADVANCED, "Intelligent-Tiering")

Test = Callable[[Parameter, Version], bool]


def compiled(filters: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> list[Test]:
    """The filters of a request. Raises InvalidFilterKey, -Option, -Value."""
    seen: list[str] = []
    tests: list[Test] = []
    for each in filters:
        key = each["Key"]
        if key in seen:
            raise AwsError(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. A request can contain "
                "only one instance of a specific filter.",
            )
        seen.append(key)
        tests.append(_compiled(key, each.get("Option"), each.get("Values", ()), keys))
    return tests


def old_style(filters: Sequence[Mapping[str, Any]]) -> list[Test]:
    """`Filters`, which begin with what they are given."""
    return [
        _compiled(each["Key"], BEGINS if each["Key"] == "Name" else EQUALS, each["Values"],
                  DESCRIBE_KEYS)
        for each in filters
    ]  # fmt: skip


def _compiled(key: str, option: str | None, asked: Sequence[str], keys: Sequence[str]) -> Test:
    if key.startswith(_TAG) and keys is DESCRIBE_KEYS:
        return _tag(key.removeprefix(_TAG), _option(option, (BEGINS, EQUALS)), asked)
    if key not in keys:
        raise AwsError(
            "InvalidFilterKey",
            f"The following filter key is not valid: {key}. Valid filter keys include: "
            f"[{', '.join(keys)}].",
        )
    if not asked:
        raise AwsError(
            "InvalidFilterValue", f"The following filter values are missing : null for filter {key}"
        )
    if key == "Path":
        return _path(_option(option or ONE_LEVEL, (RECURSIVE, ONE_LEVEL)), asked)
    if key == "Label":
        _option(option, (EQUALS,))
        return lambda _, version: any(label in version.labels for label in asked)
    allowed = (BEGINS, EQUALS, CONTAINS) if key == "Name" else (BEGINS, EQUALS)
    chosen = _option(option, allowed)
    _check_values(key, chosen, asked)
    return lambda parameter, version: _fits(_text(key, parameter, version), chosen, asked)


def _option(option: str | None, allowed: Sequence[str]) -> str:
    if option is None:
        return EQUALS
    if option not in allowed:
        raise AwsError(
            "InvalidFilterOption",
            f"The following filter option is not valid: {option}. Valid options include: "
            f"[{', '.join(allowed)}].",
        )
    return option


def _check_values(key: str, option: str, asked: Sequence[str]) -> None:
    known = {"Type": _TYPES, "Tier": _TIERS}.get(key)
    for value in asked:
        if known is not None and option == EQUALS and value not in known:
            raise AwsError(
                "InvalidFilterValue",
                f"The following filter value is not valid: {value}. Valid values include: "
                f"[{', '.join(known)}].",
            )


def _text(key: str, parameter: Parameter, version: Version) -> str:
    if key == "Name":
        return parameter.name
    if key == "Type":
        return version.type
    if key == "KeyId":
        return version.key_id
    return version.tier if key == "Tier" else version.data_type


def _fits(text: str, option: str, asked: Sequence[str]) -> bool:
    if option == EQUALS:
        return text in asked
    if option == BEGINS:
        return any(_begins(text, each) for each in asked)
    return any(each in text for each in asked)


def _begins(text: str, start: str) -> bool:
    # A name is found with and without the slash that begins it.
    return text.startswith(start) or text.removeprefix("/").startswith(start)


def _path(option: str, asked: Sequence[str]) -> Test:
    paths = [check_path(each) for each in asked]
    for each in paths:
        if each.startswith("/aws"):
            raise invalid("Filters cannot name paths of public parameters.")
    return lambda parameter, _: any(
        is_below(parameter.name, path, option == RECURSIVE) for path in paths
    )


def _tag(key: str, option: str, asked: Sequence[str]) -> Test:
    def holds(parameter: Parameter, _: Version) -> bool:
        value = parameter.tags.get(key)
        return value is not None and (not asked or _fits(value, option, asked))

    return holds
