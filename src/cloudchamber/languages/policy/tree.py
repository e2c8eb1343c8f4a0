"""The compiled tree of a policy: statements that can tell whether they apply to a request.

Rules of this file: immutable after parsing, shared between requests. What depends on the action
alone is remembered per action (`Policy.select`), so that a request only looks at statements about
its action. `Statement.failure` names the element that keeps a statement from applying; it is the
slow twin of `applies` and must agree with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from cloudchamber.languages.policy.conditions import Condition
from cloudchamber.languages.policy.json_text import line_and_column
from cloudchamber.languages.policy.patterns import Matcher
from cloudchamber.languages.policy.principals import Grant, PrincipalElement
from cloudchamber.languages.policy.request import AccessRequest
from cloudchamber.languages.policy.variables import Pattern

Effect: TypeAlias = Literal["Allow", "Deny"]

SELECTIONS_MAX: Final = 2048  # actions remembered per policy; AWS has some 20,000


class PolicyKind(StrEnum):
    """Where a policy is attached, which decides its grammar."""

    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    BOUNDARY = "boundary"
    SESSION = "session"
    SCP = "scp"
    RCP = "rcp"
    VPC_ENDPOINT = "vpc-endpoint"


class Position(NamedTuple):
    """A place in a document, both counted from 1."""

    line: int
    column: int


class Failure(NamedTuple):
    """Why a statement does not apply: the element, in words, and the condition if it was one."""

    element: Literal["Action", "Principal", "Resource", "Condition"]
    reason: str
    condition: Condition | None = None


class Statement(msgspec.Struct, frozen=True, eq=False):
    """One statement. `index` counts from 0; `start` and `end` are offsets into the document.

    `actions` and `resources` are texts as written; `principal` is None where the kind has none,
    and an empty `resources` (trust policies) means the resource the policy is attached to.
    """

    index: int
    sid: str
    effect: Effect
    principal: PrincipalElement | None
    actions: tuple[str, ...]
    not_action: bool
    action_matchers: tuple[Matcher, ...]
    resources: tuple[Pattern, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    start: int
    end: int

    def covers_action(self, folded_action: str) -> bool:
        """Whether the Action or NotAction element covers an action (given in lower case)."""
        return self.not_action is not any(match(folded_action) for match in self.action_matchers)

    def applies(self, request: AccessRequest) -> bool:
        """Whether every element but the action matches."""
        principal = self.principal
        if principal is not None:
            if self.effect == "Deny":
                if not principal.denies(request.principal):
                    return False
            elif not principal.grant(request.principal):
                return False
        if self.resources and not self._covers_resource(request):
            return False
        for condition in self.conditions:
            if not condition.holds(request):
                break
        else:
            return True
        return False

    def grant(self, request: AccessRequest) -> Grant:
        """How precisely the Principal element of an Allow names the caller."""
        return Grant.NONE if self.principal is None else self.principal.grant(request.principal)

    def _covers_resource(self, request: AccessRequest) -> bool:
        resource = request.resource
        unfilled = False
        for pattern in self.resources:
            match = pattern.fixed
            if match is None:
                match = pattern.matcher(request.single)
                if match is None:
                    unfilled = True
                    continue
            if match(resource):
                return not self.not_resource
        # NotResource with a variable nobody can fill covers nothing rather than everything.
        return self.not_resource and not unfilled

    def failure(self, request: AccessRequest) -> Failure | None:
        """The first element that does not match, or None when the statement applies."""
        if not self.covers_action(request.action.lower()):
            word = "NotAction" if self.not_action else "Action"
            return Failure(
                "Action", f"{word} [{', '.join(self.actions)}] does not cover {request.action}"
            )
        if self.principal is not None and not (
            self.principal.denies(request.principal)
            if self.effect == "Deny"
            else self.principal.grant(request.principal)
        ):
            return Failure("Principal", f"{self.principal} does not cover {request.principal.name}")
        if self.resources and not self._covers_resource(request):
            return Failure("Resource", self._resource_reason(request))
        for condition in self.conditions:
            if not condition.holds(request):
                return Failure("Condition", _condition_reason(condition, request), condition)
        return None

    def _resource_reason(self, request: AccessRequest) -> str:
        word = "NotResource" if self.not_resource else "Resource"
        texts = ", ".join(pattern.text for pattern in self.resources)
        reason = f"{word} [{texts}] does not cover {request.resource}"
        for pattern in self.resources:
            unfilled = pattern.unfilled(request.single)
            if unfilled is not None:
                return f"{reason} (the request has no value for ${{{unfilled}}})"
        return reason


def _condition_reason(condition: Condition, request: AccessRequest) -> str:
    found = request.values(condition.key)
    if not found:
        what = f"the request has no {condition.name}"
    else:
        what = f"the request has {condition.name} = {', '.join(found)}"
    for pattern in condition.patterns:
        unfilled = pattern.unfilled(request.single)
        if unfilled is not None:
            what += f" and no value for ${{{unfilled}}}"
            break
    return f"{condition} is not met: {what}"


class Selection(NamedTuple):
    """The statements of a policy that cover one action."""

    denies: tuple[Statement, ...]
    allows: tuple[Statement, ...]


class Policy:
    """A parsed and compiled policy.

    `text` is the document (for a mapping, its compact JSON), `size` its length without white space
    between elements, in characters, as IAM counts against its quotas.
    """

    __slots__ = (
        "_context_keys",
        "_selections",
        "id",
        "kind",
        "size",
        "statements",
        "text",
        "version",
    )

    def __init__(
        self,
        kind: PolicyKind,
        version: str,
        id_: str | None,
        statements: Sequence[Statement],
        text: str,
        size: int,
    ) -> None:
        self.kind = kind
        self.version = version
        self.id = id_
        self.statements = tuple(statements)
        self.text = text
        self.size = size
        self._selections: dict[str, Selection] = {}
        self._context_keys: tuple[str, ...] | None = None

    def select(self, action: str) -> Selection:
        """The statements about an action, deny and allow apart."""
        known = self._selections.get(action)
        if known is not None:
            return known
        folded = action.lower()
        about = [statement for statement in self.statements if statement.covers_action(folded)]
        found = Selection(
            tuple(statement for statement in about if statement.effect == "Deny"),
            tuple(statement for statement in about if statement.effect == "Allow"),
        )
        if len(self._selections) >= SELECTIONS_MAX:
            self._selections.clear()
        self._selections[action] = found
        return found

    @property
    def context_keys(self) -> tuple[str, ...]:
        """The context keys that the policy refers to, in order of appearance, without repetition.

        Variables count; names are as first written.
        """
        if self._context_keys is None:
            names: dict[str, str] = {}
            for statement in self.statements:
                for pattern in statement.resources:
                    for variable in pattern.variables:
                        names.setdefault(variable.key, variable.name)
                for condition in statement.conditions:
                    names.setdefault(condition.key, condition.name)
                    for pattern in condition.patterns:
                        for variable in pattern.variables:
                            names.setdefault(variable.key, variable.name)
            self._context_keys = tuple(names.values())
        return self._context_keys

    def position(self, statement: Statement) -> tuple[Position, Position]:
        """Where a statement starts and ends, as MatchedStatements tells it."""
        start = Position(*line_and_column(self.text, statement.start))
        return start, Position(*line_and_column(self.text, statement.end))

    def __repr__(self) -> str:
        return f"Policy({self.kind}, {len(self.statements)} statements)"
