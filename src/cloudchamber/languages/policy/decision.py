"""A verdict, and every way to tell it: one word, AWS's message, a sentence, the full trace.

Rules of this file: a decision keeps the question and the policies, so that nothing is told before
somebody asks. The trace is built by asking every statement again, and must come to the same end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypeAlias

import msgspec

from cloudchamber.languages.policy.request import AccessRequest, PolicySet, SourcedPolicy
from cloudchamber.languages.policy.tree import Failure, PolicyKind, Statement

Verdict: TypeAlias = Literal["allowed", "explicitDeny", "implicitDeny"]
Outcome: TypeAlias = Literal["allowed", "explicitDeny", "implicitDeny", "silent"]

_OUTCOMES: Final[tuple[Outcome, ...]] = ("explicitDeny", "implicitDeny", "allowed", "silent")


class Layer(StrEnum):
    """The kinds of policies, in the order in which AWS reads them."""

    RCP = "RCP"
    SCP = "SCP"
    VPC_ENDPOINT = "VPC endpoint"
    RESOURCE = "resource"
    IDENTITY = "identity"
    BOUNDARY = "permissions boundary"
    SESSION = "session"


# How AWS's messages call a layer: after "with an explicit deny in", and after "because no".
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
_EXPLICIT: Final[Mapping[Layer, str]] = MappingProxyType(
    {
        Layer.RCP: "a resource control policy",
        Layer.SCP: "a service control policy",
        Layer.VPC_ENDPOINT: "a VPC endpoint policy",
        Layer.RESOURCE: "a resource-based policy",
        Layer.IDENTITY: "an identity-based policy",
        Layer.BOUNDARY: "a permissions boundary",
        Layer.SESSION: "a session policy",
    }
)
_TRUST: Final = "the role trust policy"


class Matched(NamedTuple):
    """A statement that had its say, and where it stands."""

    source: SourcedPolicy
    statement: Statement

    def __str__(self) -> str:
        sid = f" ({self.statement.sid})" if self.statement.sid else ""
        return f"statement {self.statement.index + 1}{sid} of {self.source}"


class StatementStep(msgspec.Struct, frozen=True):
    """One statement in a trace: whether it applied and, if not, what failed."""

    source: SourcedPolicy
    statement: Statement
    failure: Failure | None

    @property
    def matched(self) -> bool:
        """Whether the statement applied."""
        return self.failure is None

    def __str__(self) -> str:
        what = str(Matched(self.source, self.statement))
        verb = "denies" if self.statement.effect == "Deny" else "allows"
        if self.failure is None:
            return f"{what} {verb}"
        return f"{what} does not apply: {self.failure.reason}"


class LayerStep(msgspec.Struct, frozen=True):
    """One layer in a trace (for SCPs and RCPs one per level, `level` from 0 at the root).

    `outcome` is what the layer alone says: allowed, explicitDeny, implicitDeny, or "silent" where
    it has no policies or no say over this caller; `note` tells what that means for the request.
    """

    layer: Layer
    outcome: Outcome
    statements: tuple[StatementStep, ...] = ()
    level: int | None = None
    note: str = ""

    def __str__(self) -> str:
        level = "" if self.level is None else f" at level {self.level}"
        note = f" ({self.note})" if self.note else ""
        body = "".join(f"; {step}" for step in self.statements)
        return f"{self.layer}{level}: {self.outcome}{note}{body}"


class Decision(msgspec.Struct):
    """The verdict on one request.

    `layer` decided; `deciding` are the statements that did: the Deny, the Allow, both Allows across
    accounts, none for an implicit deny. `note` adds in our words which rule made that so.
    """

    effect: Verdict
    layer: Layer
    deciding: tuple[Matched, ...]
    note: str
    request: AccessRequest
    policies: PolicySet
    _trace: tuple[LayerStep, ...] | None = None

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect == "allowed"

    @property
    def matched(self) -> tuple[Matched, ...]:
        """MatchedStatements of the simulator: no SCPs, no RCPs, and denies alone if there are any.

        https://docs.aws.amazon.com/IAM/latest/APIReference/API_EvaluationResult.html
        """
        hits = [
            Matched(step.source, step.statement)
            for layer in self.trace()
            if layer.layer not in (Layer.SCP, Layer.RCP)
            for step in layer.statements
            if step.matched
        ]
        wanted = {"allowed": "Allow", "explicitDeny": "Deny"}.get(self.effect)
        return tuple(hit for hit in hits if hit.statement.effect == wanted)

    @property
    def missing_context_keys(self) -> tuple[str, ...]:
        """Keys that policies (but SCPs and RCPs) refer to and the request does not have."""
        policies = self.policies
        sources: list[SourcedPolicy] = [*policies.identity, *(policies.session or ())]
        sources.extend(s for s in (policies.boundary, policies.resource) if s is not None)
        names: dict[str, str] = {}
        for source in sources:
            for name in source.policy.context_keys:
                if self.request.values(name.lower()) is None:
                    names.setdefault(name.lower(), name)
        return tuple(names.values())

    def trace(self) -> tuple[LayerStep, ...]:
        """Every layer with every statement, and why each did or did not apply."""
        if self._trace is None:
            self._trace = _trace(self.request, self.policies)
        return self._trace

    def outcome(self, layer: Layer) -> Outcome:
        """What one layer says taken alone (of several levels, the most restrictive).

        The simulator's AllowedByOrganizations, AllowedByPermissionsBoundary and EvalDecisionDetails
        are this question; "silent" means that the layer takes nothing away.
        """
        said = {step.outcome for step in self.trace() if step.layer is layer}
        return next(outcome for outcome in _OUTCOMES if outcome in said or outcome == "silent")

    def sentence(self) -> str:
        """The verdict as one sentence for people."""
        request = self.request
        what = f"{request.action} on {request.resource} for {request.principal.name}"
        note = f" ({self.note})" if self.note else ""
        hits = " and ".join(str(hit) for hit in self.deciding)
        if self.effect == "explicitDeny":
            return f"{what} is denied: {hits}, {self._called()}, denies it{note}"
        if self.effect == "implicitDeny":
            noun = self._called().split(" ", 1)[1]
            return f"{what} is not allowed: no {noun} allows it{note}"
        if not hits:
            return f"{what} is allowed: {self.note}"
        return (
            f"{what} is allowed: {hits} {'allows' if len(self.deciding) == 1 else 'allow'} it{note}"
        )

    def access_denied_message(self, *, with_policy_arn: bool = False) -> str:
        """AWS's own text for a denial; raises ValueError on an allowed request.

        `with_policy_arn` appends the denying policy's ARN, as AWS does within an organization.
        """
        if self.effect == "allowed":
            raise ValueError("an allowed request has no access denied message")
        request = self.request
        text = f"User: {request.principal.name} is not authorized to perform: {request.action}"
        if request.resource != "*":
            text += f" on resource: {request.resource}"
        called = self._called()
        if self.effect == "implicitDeny":
            noun = called.split(" ", 1)[1]
            return f"{text} because no {noun} allows the {request.action} action"
        text += f" with an explicit deny in {called}"
        arn = self.deciding[0].source.arn if self.deciding else ""
        return f"{text}: {arn}" if with_policy_arn and arn else text

    def _called(self) -> str:
        resource = self.policies.resource
        if (
            self.layer is Layer.RESOURCE
            and resource is not None
            and resource.policy.kind is PolicyKind.TRUST
        ):
            return _TRUST
        return _EXPLICIT[self.layer]


def _trace(request: AccessRequest, policies: PolicySet) -> tuple[LayerStep, ...]:
    caller = request.principal
    steps: list[LayerStep] = []
    for layer, levels in ((Layer.RCP, policies.rcps), (Layer.SCP, policies.scps)):
        if layer is Layer.SCP and caller.outside:
            steps.append(LayerStep(layer, "silent", note="SCPs limit principals of accounts"))
        elif levels is None:
            steps.append(LayerStep(layer, "silent", note="none applies"))
        else:
            for level, sources in enumerate(levels):
                steps.append(_step(layer, sources, request, level))
    for layer, source in (
        (Layer.VPC_ENDPOINT, policies.vpc_endpoint),
        (Layer.RESOURCE, policies.resource),
    ):
        if source is None:
            steps.append(LayerStep(layer, "silent", note="none is attached"))
        else:
            steps.append(_step(layer, (source,), request))
    if caller.outside:
        note = f"a {caller.kind} principal has no policies of its own"
        steps.append(LayerStep(Layer.IDENTITY, "silent", note=note))
        return tuple(steps)
    identity = _step(Layer.IDENTITY, policies.identity, request)
    if caller.kind == "root" and identity.outcome == "implicitDeny":
        identity = LayerStep(Layer.IDENTITY, "allowed", note="the root user needs no policy")
    steps.append(identity)
    if policies.boundary is None:
        steps.append(LayerStep(Layer.BOUNDARY, "silent", note="none is set"))
    else:
        steps.append(_step(Layer.BOUNDARY, (policies.boundary,), request))
    if policies.session is not None:
        steps.append(_step(Layer.SESSION, policies.session, request))
    elif caller.kind == "federated-user":
        note = "a federated user has no permissions without a session policy"
        steps.append(LayerStep(Layer.SESSION, "implicitDeny", note=note))
    else:
        steps.append(LayerStep(Layer.SESSION, "silent", note="none was passed"))
    return tuple(steps)


def _step(
    layer: Layer,
    sources: Sequence[SourcedPolicy],
    request: AccessRequest,
    level: int | None = None,
) -> LayerStep:
    steps = tuple(
        StatementStep(source, statement, statement.failure(request))
        for source in sources
        for statement in source.policy.statements
    )
    effects = [step.statement.effect for step in steps if step.matched]
    if "Deny" in effects:
        return LayerStep(layer, "explicitDeny", steps, level)
    return LayerStep(layer, "allowed" if effects else "implicitDeny", steps, level)
