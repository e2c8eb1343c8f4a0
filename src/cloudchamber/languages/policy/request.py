"""What is asked (AccessRequest) and which policies speak on it (PolicySet).

Rules of this file: plain data. Context keys are folded to lower case on first use, because most
requests are decided without looking at one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from cloudchamber.languages.policy.principals import Principal

if TYPE_CHECKING:
    from cloudchamber.languages.policy.tree import Policy


class AccessRequest(msgspec.Struct):
    """One question: may `principal` do `action` on `resource`? Treat it as frozen.

    `action` is `sqs:SendMessage`, `resource` an ARN or `*`, `resource_account` the account that
    owns it ("" when the caller's own). `context` holds condition keys in any case, each with its
    values; what follows from the principal (aws:username, aws:PrincipalArn, aws:PrincipalTag/...)
    is filled in unless given.
    """

    principal: Principal
    action: str
    resource: str = "*"
    resource_account: str = ""
    context: Mapping[str, Sequence[str]] = {}
    _keys: dict[str, Sequence[str]] | None = None

    @property
    def same_account(self) -> bool:
        """Whether the caller asks for something of its own account."""
        return not self.resource_account or self.resource_account == self.principal.account

    def values(self, key: str) -> Sequence[str] | None:
        """The values of a context key (lower-cased), or None when the request has no such key."""
        keys = self._keys
        if keys is None:
            keys = self._keys = self._fold()
        return keys.get(key)

    def single(self, key: str) -> str | None:
        """The one value of a context key, as policy variables need it."""
        found = self.values(key)
        return found[0] if found is not None and len(found) == 1 else None

    def _fold(self) -> dict[str, Sequence[str]]:
        keys: dict[str, Sequence[str]] = dict(self.principal.context())
        if self.resource_account:
            keys["aws:resourceaccount"] = (self.resource_account,)
        for name, values in self.context.items():
            keys[name.lower()] = (values,) if isinstance(values, str) else values
        return keys


class SourcedPolicy(msgspec.Struct, frozen=True):
    """A policy and where it comes from.

    `source_id` and `name` are what a person knows it by, `arn` its ARN if it has one, `type` how
    the policy simulator calls its kind (user, group, role, aws-managed, user-managed, resource,
    none).
    """

    source_id: str
    name: str
    policy: Policy
    arn: str = ""
    type: str = "none"

    def __str__(self) -> str:
        return self.name or self.source_id


class PolicySet(msgspec.Struct):
    """Every policy that applies to a request, by type. None means "has no say". Treat it as frozen.

    `scps` and `rcps` are levels from the organization's root to the account, each the policies
    attached there; None for the management account, service-linked roles, and outside of an
    organization. `session` is None when no session policy was passed. `resource_must_allow` is the
    rule of role trust policies and KMS key policies, where the identity policy alone never
    suffices; it is implied by a policy of kind TRUST.
    """

    identity: Sequence[SourcedPolicy] = ()
    boundary: SourcedPolicy | None = None
    session: Sequence[SourcedPolicy] | None = None
    resource: SourcedPolicy | None = None
    scps: Sequence[Sequence[SourcedPolicy]] | None = None
    rcps: Sequence[Sequence[SourcedPolicy]] | None = None
    vpc_endpoint: SourcedPolicy | None = None
    resource_must_allow: bool = False
