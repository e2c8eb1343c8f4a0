"""Which rule a request meets, and which target group it goes to.

Rules of this file: pure functions of what is declared and of the request. Rules are tried in the
order of their priorities; all parts of a match have to hold; paths are compared with their case
unless the rule says otherwise, header names never.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/listeners.html#listener-rules
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.services.vpc_lattice.nouns import Listener, Rule

_COMPARE: Final[Mapping[str, Callable[[str, str], bool]]] = MappingProxyType(
    {
        "exact": lambda value, wanted: value == wanted,
        "prefix": lambda value, wanted: value.startswith(wanted),
        "contains": lambda value, wanted: wanted in value,
    }
)


class Asked(NamedTuple):
    """A request, as far as rules look at it. Header names are lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


def action_for(
    asked: Asked, listener: Listener, rules: Sequence[Rule]
) -> tuple[dict[str, Any], str]:
    """The action of the first rule that matches, and what decided (an ARN). `rules` by priority."""
    for rule in rules:
        if matches(asked, rule.match["httpMatch"]):
            return rule.action, rule.arn
    return listener.action, listener.arn


def matches(asked: Asked, match: Mapping[str, Any]) -> bool:
    """Whether a request meets all parts of a rule."""
    method = match.get("method")
    if method is not None and method != asked.method:
        return False
    path = match.get("pathMatch")
    if path is not None and not _holds(asked.path, path["match"], path.get("caseSensitive", True)):
        return False
    for each in match.get("headerMatches", ()):
        value = asked.headers.get(each["name"].lower())
        if value is None or not _holds(value, each["match"], each.get("caseSensitive", False)):
            return False
    return True


def weighted(groups: Sequence[Mapping[str, Any]], draw: Callable[[int], int]) -> str:
    """One of the target groups of a forward action, by weight; "" if all weigh nothing.

    `draw(n)` gives a number below n.
    """
    total = sum(each["weight"] for each in groups)
    if not total:
        return ""
    number = draw(total)
    for each in groups:
        if number < each["weight"]:
            identifier: str = each["targetGroupIdentifier"]
            return identifier
        number -= each["weight"]
    raise ValueError(f"{number} was drawn beyond all weights")


def _holds(value: str, wanted: Mapping[str, str], case_matters: bool) -> bool:
    kind, text = next(iter(wanted.items()))
    if not case_matters:
        value, text = value.lower(), text.lower()
    return _COMPARE[kind](value, text)
