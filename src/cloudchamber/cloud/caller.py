"""Who makes a call: one value for root users, IAM users, role sessions, services and nobody.

Rules of this file: plain data that can be journalled with the request it made; no lookups. The
policies that hold for a caller are not here: they are asked for at the moment of each decision.
"""

from __future__ import annotations

from typing import Literal

import msgspec

CallerKind = Literal["root", "user", "role-session", "federated-user", "service", "anonymous"]


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated (or anonymous) principal.

    `arn` is what GetCallerIdentity shows. `user_id` is the unique id (`AIDA...`,
    `AROA...:session`). `name` is the user's or the role's name. `access_key` is the key that
    signed. `session` is the access key id of an STS session, if any. `role_arn` is the role
    behind a session, `user_arn` the user behind a federated user. `service` is `sns.amazonaws.com`
    for calls between services.
    `context` are condition keys that hold for this caller (aws:MultiFactorAuthPresent, session
    tags as aws:PrincipalTag/..., sts:ExternalId ...), each with its values.
    """

    kind: CallerKind
    account: str
    arn: str
    user_id: str
    name: str = ""
    access_key: str = ""
    session: str = ""
    role_arn: str = ""
    user_arn: str = ""
    service: str = ""
    source_identity: str = ""
    context: dict[str, tuple[str, ...]] = {}


def root(account: str, partition: str = "aws", access_key: str = "") -> Caller:
    """The root user of an account: what a 12-digit access key id stands for."""
    return Caller(
        kind="root",
        account=account,
        arn=f"arn:{partition}:iam::{account}:root",
        user_id=account,
        access_key=access_key,
    )


def service(principal: str, account: str) -> Caller:
    """An AWS service acting in an account, e.g. `sns.amazonaws.com`."""
    return Caller(
        kind="service", account=account, arn=principal, user_id=principal, service=principal
    )


def via(caller: Caller, host: str) -> Caller:
    """The same caller as another service hears of it: kms:ViaService says through whom.

    `host` is the service's endpoint (`ssm.eu-west-1.amazonaws.com`).
    """
    return msgspec.structs.replace(caller, context={**caller.context, "kms:ViaService": (host,)})


ANONYMOUS = Caller(kind="anonymous", account="anonymous", arn="*", user_id="anonymous")


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an access key: whose it is, its secret, its token, until when it holds.

    `secret` None means that no secret was ever issued (a 12-digit root key): nothing to verify.
    A key that is not active is known and refused, whatever the permission mode.
    """

    caller: Caller
    secret: str | None = None
    token: str | None = None
    expires_ns: int | None = None
    is_active: bool = True
