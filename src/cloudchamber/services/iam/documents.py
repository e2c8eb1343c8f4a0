"""Policy documents: checked when they come in, compiled once per text.

Rules of this file: the grammar is the policy language's; here are only IAM's sizes and its
knowledge of who exists. Compiled policies are remembered by their text, so a document that
changes needs nobody to be told, and equal documents in many accounts are compiled once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.languages.policy import (
    MalformedPolicy,
    Policy,
    PolicyKind,
    SourcedPolicy,
    parse_policy,
)
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.nouns import ROLES, USERS, Identity, key_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_COMPILED_MAX: Final = 4096
_SERVICE: Final = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|aws\.internal)")


@lru_cache(maxsize=_COMPILED_MAX)
def compiled(text: str, kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    """The compiled policy of a document that was accepted. Raises MalformedPolicy."""
    return parse_policy(text, kind)


@lru_cache(maxsize=_COMPILED_MAX)
def sourced(source_id: str, name: str, text: str, arn: str, type_: str) -> SourcedPolicy:
    """A document with where it comes from, as decisions name it."""
    return SourcedPolicy(source_id, name, compiled(text), arn, type_)


def check_managed(call: Call, text: str) -> None:
    """Refuse what CreatePolicy refuses. Raises MalformedPolicyDocument, LimitExceeded."""
    try:
        parse_policy(text, PolicyKind.IDENTITY, managed=True, size_limit=call.quota("PolicySize"))
    except MalformedPolicy as problem:
        raise _answer(problem) from None


def check_inline(text: str) -> int:
    """Refuse what PutUserPolicy refuses; the size that counts. Raises MalformedPolicyDocument."""
    try:
        return compiled(text).size
    except MalformedPolicy as problem:
        raise _answer(problem) from None


def check_trust(call: Call, text: str) -> None:
    """Refuse what CreateRole refuses as a trust policy, unknown principals among it."""
    try:
        policy = parse_policy(text, PolicyKind.TRUST, size_limit=call.quota("ACLSizePerRole"))
    except MalformedPolicy as problem:
        raise _answer(problem) from None
    for statement in policy.statements:
        if statement.principal is not None:
            for kind, value in statement.principal.entries:
                if not _exists(call, kind, value):
                    raise refusals.malformed(
                        f'Invalid principal in policy: "{kind.upper()}":"{value}"'
                    )


def _exists(call: Call, kind: str, value: str) -> bool:
    """Whether a principal exists, as far as this world can know.

    A user or role of an account that has any must be among them. An account that nobody made
    a user or role in is somebody else's, outside of the chamber: it is taken at its word.
    """
    if kind == "Service":
        return _SERVICE.fullmatch(value) is not None
    arn = find_arn(value) if kind == "AWS" else None
    if arn is None or arn.service != "iam" or not arn.account.isdigit():
        return True
    kind_of, _, path = arn.resource.partition("/")
    users = call.rows(USERS, arn.account)
    roles = call.rows(ROLES, arn.account)
    if kind_of not in ("user", "role") or not (users or roles or arn.account == call.account):
        return True
    key = key_of(path.rpartition("/")[2])
    found: Identity | None = users.get(key) if kind_of == "user" else roles.get(key)
    return found is not None and found.arn == value


def _answer(problem: MalformedPolicy) -> AwsError:
    status = refusals.CONFLICT if problem.code == "LimitExceeded" else 400
    return AwsError(problem.code, problem.message, status)


def retell_trust(call: Call, old: str, new: str) -> None:
    """Follow a principal through every trust policy: renamed, or gone and known by its id.

    IAM stores principals by unique id and shows ARNs. Once a principal is deleted its id is all
    that is left, so that a namesake made later is not trusted.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    was, becomes = f'"{old}"', f'"{new}"'
    for _, _, roles in call.cloud.store.scopes(ROLES):
        for role in roles.values():
            if was in role.trust:
                role.trust = role.trust.replace(was, becomes)
                call.event(
                    role.arn,
                    "iam.trust-retold",
                    f"the trust policy of {role.name} names {new} where it named {old}",
                )
