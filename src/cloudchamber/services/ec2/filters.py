"""The `Filters` parameter, as every Describe operation of EC2 has it.

Rules of this file: text in, a choice out; no state. A value may hold `*` (any characters) and `?`
(one character or none); a backslash takes their meaning away. Values of one filter are
alternatives, filters all have to hold, case counts.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Filtering.html#Filtering_Resources_CLI
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from cloudchamber.cloud.errors import AwsError

Item = TypeVar("Item")
# What an item has to offer to a filter of some name: none, one or several texts.
Properties = Mapping[str, Callable[[Item], Iterable[str]]]

FILTERS_MAX: Final = 50
VALUES_MAX: Final = 200
_WILDCARD: Final = re.compile(r"\\(.)|([*?])|(\\$)", re.DOTALL)


def matching(
    items: Iterable[Item], filters: Sequence[Mapping[str, Any]], properties: Properties[Item]
) -> list[Item]:
    """The items that pass every filter, in their order.

    Raises InvalidParameterValue for a filter that `properties` does not name, and
    FilterLimitExceeded above 50 filters or 200 values.
    """
    if len(filters) > FILTERS_MAX:
        raise AwsError(
            "FilterLimitExceeded",
            f"The maximum number of filters specified on a single call is {FILTERS_MAX}",
        )
    kept = list(items)
    for each in filters:
        name = each.get("Name")
        if name is None or name not in properties:
            text = "null" if name is None else name
            raise AwsError("InvalidParameterValue", f"The filter '{text}' is invalid")
        values = each.get("Values", ())
        if len(values) > VALUES_MAX:
            raise AwsError(
                "FilterLimitExceeded",
                f"The maximum number of filter values specified on a single call is {VALUES_MAX}",
            )
        patterns = [pattern(value) for value in values]
        texts_of = properties[name]
        kept = [item for item in kept if _any_match(patterns, texts_of(item))]
    return kept


def pattern(value: str) -> re.Pattern[str]:
    """What a filter value matches, whole texts only."""
    parts = []
    end = 0
    for found in _WILDCARD.finditer(value):
        parts.append(re.escape(value[end : found.start()]))
        end = found.end()
        if found[2]:
            parts.append(".*" if found[2] == "*" else ".?")
        else:
            parts.append(re.escape(found[1] or "\\"))
    parts.append(re.escape(value[end:]))
    return re.compile("".join(parts), re.DOTALL)


def _any_match(patterns: list[re.Pattern[str]], texts: Iterable[str]) -> bool:
    return any(each.fullmatch(text) for text in texts for each in patterns)
