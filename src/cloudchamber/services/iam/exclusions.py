"""Policies that a simulation is told to leave out: what if they were not attached?

Rules of this file: pure. An identifier that matches nothing is no error; one that is no identifier
is. https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyIdentifier.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloudchamber.languages.policy import SourcedPolicy
from cloudchamber.services.iam import refusals

BOUNDARY: Final = "permission-boundary"
SCP: Final = "scp"
_INLINE: Final = ("user", "group", "role")
_ARN: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}|aws):policy/[^*?]*[^/]+")


class Exclusions:
    """The PolicyExclusionList of a request, read. Raises InvalidInput."""

    __slots__ = ("_arns", "_inline", "_types")

    def __init__(self, given: Sequence[Mapping[str, Any]]) -> None:
        self._types: list[str] = []
        self._arns: list[re.Pattern[str]] = []
        self._inline: list[tuple[str, str, str]] = []
        for entry in given:
            if len(entry) != 1:
                raise refusals.invalid_input("A policy identifier has exactly one member.")
            if "PolicyType" in entry:
                self._types.append(entry["PolicyType"])
            elif "PolicyArn" in entry:
                arn = entry["PolicyArn"]
                if not _ARN.fullmatch(arn):
                    raise refusals.invalid_input(f"Invalid policy identifier: {arn}")
                self._arns.append(_pattern(arn))
            else:
                inline = entry["InlinePolicyIdentifier"]
                self._inline.append(
                    (
                        inline["PolicyName"],
                        inline["AttachmentType"],
                        # AWS's text speaks of wildcards here, and its model forbids them.
                        inline["AttachmentName"],
                    )
                )

    def names_type(self, type_: str) -> bool:
        """Whether all policies of a type (`permission-boundary`, `scp`) are left out."""
        return type_ in self._types

    def keeps(self, source: SourcedPolicy) -> bool:
        """Whether an attached or embedded policy stays in the simulation."""
        if source.type in _INLINE:
            if "inline" in self._types:
                return False
            # Its id is `<kind of identity>_<identity>_<policy>`, and two of the three are known.
            owner = source.source_id[len(source.type) + 1 : -len(source.name) - 1]
            return (source.name, source.type, owner) not in self._inline
        if source.type in self._types:
            return False
        return not any(pattern.fullmatch(source.arn) for pattern in self._arns)


def _pattern(text: str) -> re.Pattern[str]:
    if text.count("*") > 1:
        raise refusals.invalid_input(f"Invalid policy identifier: {text} has more than one *")
    return re.compile(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
