"""Reading policies without a request, and writing the smallest policy for requests that were seen.

Rules of this file: order is the order of the documents or sorted text, never a set's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from cloudchamber.languages.policy.grammar import CURRENT
from cloudchamber.languages.policy.request import AccessRequest
from cloudchamber.languages.policy.tree import Policy

_SPECIAL: Final = re.compile(r"[*?$]")


def context_keys_of(policies: Iterable[Policy]) -> tuple[str, ...]:
    """The context keys that policies refer to (GetContextKeysForCustomPolicy), each once.

    https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetContextKeysForCustomPolicy.html
    """
    names: dict[str, str] = {}
    for policy in policies:
        for name in policy.context_keys:
            names.setdefault(name.lower(), name)
    return tuple(names.values())


def least_privilege(requests: Iterable[AccessRequest]) -> dict[str, Any]:
    """The identity policy document that allows exactly these actions on exactly these resources.

    Actions seen on the same resources share a statement. Characters of resources that policies
    would read as wildcards or variables are written as `${*}`, `${?}`, `${$}`; they can only be
    written so behind an ARN's fifth colon, where variables exist. Without requests there is nothing
    to allow, and no such document: raises ValueError.
    """
    resources: dict[str, set[str]] = {}
    for request in requests:
        resources.setdefault(request.action, set()).add(_literal(request.resource))
    if not resources:
        raise ValueError("a policy needs at least one request")
    groups: dict[tuple[str, ...], list[str]] = {}
    for action in sorted(resources):
        groups.setdefault(tuple(sorted(resources[action])), []).append(action)
    return {
        "Version": CURRENT,
        "Statement": [
            {"Effect": "Allow", "Action": actions, "Resource": list(group)}
            for group, actions in groups.items()
        ],
    }


def _literal(resource: str) -> str:
    """A resource as a pattern that matches itself alone."""
    if resource == "*":
        return resource
    parts = resource.split(":", 5)
    parts[-1] = _SPECIAL.sub(lambda found: "${" + found.group() + "}", parts[-1])
    return ":".join(parts)
