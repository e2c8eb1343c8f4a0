"""Who asks, and whom a policy means: principals of requests and the Principal element of policies.

Rules of this file: a Principal element names accounts, users, roles, sessions, services, identity
providers or everyone; how precisely it names the caller decides what its Allow is worth (`Grant`),
because AWS lets a grant to the very caller pass by implicit denies elsewhere, but not a grant to
the caller's role or account. ARNs compare exactly: wildcards in principals do not exist.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from enum import IntEnum
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import msgspec

PrincipalKind: TypeAlias = Literal[
    "root", "user", "role-session", "federated-user", "provider", "service", "anonymous"
]

# aws:PrincipalType by kind; services and providers have none.
_TYPES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "root": "Account",
        "user": "User",
        "role-session": "AssumedRole",
        "federated-user": "FederatedUser",
        "anonymous": "Anonymous",
    }
)
_REGIONAL_SERVICE: Final = re.compile(
    r"([a-z0-9-]+)\.[a-z]{2}(?:-[a-z]+)+-[0-9]+\.(amazonaws\.com(?:\.cn)?)"
)
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_ROOT: Final = re.compile(r"arn:[a-z-]+:iam::([0-9]{12}):root")


class Grant(IntEnum):
    """How a resource-based Allow names the caller, from not at all to by its own name.

    ACCOUNT delegates to the account's identity policies. ENTITY (the role behind a session, the
    user behind a federated user) counts like an identity policy, under boundary and session policy.
    DIRECT (the user, the session, a service, everyone) needs nothing else within the account.
    """

    NONE = 0
    ACCOUNT = 1
    ENTITY = 2
    DIRECT = 3


class Principal(msgspec.Struct, kw_only=True):
    """Who makes a request. Treat it as frozen.

    `arn` is what GetCallerIdentity shows (for sessions the session's ARN). `role_arn` is the role
    behind a `role-session`, `user_arn` the user behind a `federated-user`. `user_id` is the value
    of aws:userid (`AIDA...`, `AROA...:session`). `service` is `sns.amazonaws.com` for a service
    that acts in its own right. `provider` is the identity provider (ARN or domain name) of someone
    who asks for AssumeRoleWithWebIdentity or AssumeRoleWithSAML. Empty text means "has none".
    """

    kind: PrincipalKind
    arn: str = ""
    account: str = ""
    user_id: str = ""
    role_arn: str = ""
    user_arn: str = ""
    service: str = ""
    provider: str = ""
    canonical_user: str = ""
    tags: Mapping[str, str] = {}
    _context: Mapping[str, Sequence[str]] | None = None

    @property
    def session_arn(self) -> str:
        """The ARN of the session, or "" for callers that are not sessions."""
        return self.arn if self.kind in ("role-session", "federated-user") else ""

    @property
    def name(self) -> str:
        """How messages call the caller."""
        if self.kind == "anonymous":
            return "anonymous"
        return self.service or self.provider or self.arn

    @property
    def outside(self) -> bool:
        """No identity policy, boundary, session policy or SCP can speak for such a caller."""
        return self.kind in ("service", "provider", "anonymous")

    def context(self) -> Mapping[str, Sequence[str]]:
        """The condition keys that follow from who asks, lower-cased.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
        """
        if self._context is None:
            self._context = self._read_context()
        return self._context

    def _read_context(self) -> dict[str, Sequence[str]]:
        keys: dict[str, str] = {"aws:principaltype": _TYPES.get(self.kind, "")}
        if self.kind == "service":
            keys["aws:principalisawsservice"] = "true"
            keys["aws:principalservicename"] = self.service
        elif not self.outside:
            keys["aws:principalisawsservice"] = "false"
            keys["aws:principalarn"] = self.role_arn or self.arn
            keys["aws:principalaccount"] = self.account
            keys["aws:userid"] = self.user_id or (self.account if self.kind == "root" else "")
            if self.kind == "user":
                keys["aws:username"] = self.arn.rsplit("/", 1)[-1]
        found: dict[str, Sequence[str]] = {key: (text,) for key, text in keys.items() if text}
        for tag, value in self.tags.items():
            found[f"aws:principaltag/{tag.lower()}"] = (value,)
        return found


# Members of an enum are slow to reach through their class, and every statement needs several.
_GRANT_NONE: Final = Grant.NONE
_GRANT_ACCOUNT: Final = Grant.ACCOUNT
_GRANT_ENTITY: Final = Grant.ENTITY
_GRANT_DIRECT: Final = Grant.DIRECT


class PrincipalElement:
    """A compiled Principal or NotPrincipal element.

    `entries` are its (type, value) pairs in the order of the document; `("*", "*")` is the bare
    star. `negated` tells NotPrincipal.
    """

    __slots__ = (
        "accounts",
        "anybody",
        "arns",
        "canonical",
        "entries",
        "everyone",
        "ids",
        "negated",
        "providers",
        "services",
    )

    def __init__(self, entries: Sequence[tuple[str, str]], *, negated: bool = False) -> None:
        self.entries = tuple(entries)
        self.negated = negated
        named = [value for kind, value in entries if kind == "AWS"]
        self.anybody = ("*", "*") in self.entries
        # "AWS": "*" is everyone too, except who comes with a token of an identity provider.
        self.everyone = self.anybody or "*" in named
        roots = [found.group(1) for value in named if (found := _ROOT.fullmatch(value))]
        self.accounts = frozenset(roots + [v for v in named if _ACCOUNT.fullmatch(v)])
        self.arns = frozenset(v for v in named if v.startswith("arn:") and not _ROOT.fullmatch(v))
        self.ids = frozenset(v for v in named if v[:1] == "A" and v.isalnum())
        self.services = frozenset(value for kind, value in entries if kind == "Service")
        self.providers = frozenset(value for kind, value in entries if kind == "Federated")
        self.canonical = frozenset(value for kind, value in entries if kind == "CanonicalUser")

    def grant(self, caller: Principal) -> Grant:
        """What an Allow with this element is worth to a caller."""
        if not self.negated:
            return self._named(caller)
        # "allows all principals except the one named": naming any level of the caller excludes it.
        return _GRANT_NONE if self._named(caller) else _GRANT_DIRECT

    def denies(self, caller: Principal) -> bool:
        """Whether a Deny with this element reaches a caller.

        NotPrincipal with Deny spares a caller only when its account is named, and, for a session,
        its role as well: "you must also specify the account ARN of the not-denied principal".
        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html
        """
        if not self.negated:
            return self._named(caller) is not _GRANT_NONE
        if self._named(caller) is not _GRANT_DIRECT:
            return caller.kind != "root" or caller.account not in self.accounts
        if self.everyone or caller.outside:
            return False
        behind = caller.role_arn or caller.user_arn
        return caller.account not in self.accounts or bool(behind and not self._entity(caller))

    def _named(self, caller: Principal) -> Grant:
        if self.anybody:
            return _GRANT_DIRECT
        kind = caller.kind
        if kind == "provider":
            return _GRANT_DIRECT if caller.provider in self.providers else _GRANT_NONE
        if self.everyone:
            return _GRANT_DIRECT
        if kind == "service":
            return _GRANT_DIRECT if self._names_service(caller.service) else _GRANT_NONE
        if kind == "anonymous":
            return _GRANT_NONE
        if caller.arn in self.arns or (kind == "user" and caller.user_id in self.ids):
            return _GRANT_DIRECT
        if self._entity(caller):
            return _GRANT_ENTITY
        if caller.account in self.accounts or (caller.canonical_user in self.canonical):
            return _GRANT_ACCOUNT
        return _GRANT_NONE

    def _entity(self, caller: Principal) -> bool:
        if caller.kind == "role-session":
            return caller.role_arn in self.arns or caller.user_id.split(":", 1)[0] in self.ids
        return caller.kind == "federated-user" and caller.user_arn in self.arns

    def _names_service(self, service: str) -> bool:
        if service in self.services:
            return True
        # Some services have regional spellings of their principal: logs.us-east-1.amazonaws.com.
        for named in self.services:
            regional = _REGIONAL_SERVICE.fullmatch(named)
            if regional and f"{regional.group(1)}.{regional.group(2)}" == service:
                return True
        return False

    def __str__(self) -> str:
        word = "NotPrincipal" if self.negated else "Principal"
        names = ", ".join(v if k == "*" else f"{k} {v}" for k, v in self.entries)
        return f"{word} {names}"
