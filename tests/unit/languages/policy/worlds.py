"""Short ways to write policies, callers and requests in the tests of the policy language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudchamber.languages.policy import (
    AccessRequest,
    Policy,
    PolicyKind,
    Principal,
    SourcedPolicy,
    parse_policy,
)

ACCOUNT = "111122223333"
OTHER = "999988887777"
QUEUE = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:orders"
USER_ARN = f"arn:aws:iam::{ACCOUNT}:user/team/ann"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/app"
SESSION_ARN = f"arn:aws:sts::{ACCOUNT}:assumed-role/app/web"
FEDERATED_ARN = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
ROOT_ARN = f"arn:aws:iam::{ACCOUNT}:root"

USER = Principal(kind="user", arn=USER_ARN, account=ACCOUNT, user_id="AIDAANN1234567890")
SESSION = Principal(
    kind="role-session",
    arn=SESSION_ARN,
    account=ACCOUNT,
    user_id="AROAAPP1234567890:web",
    role_arn=ROLE_ARN,
)
FEDERATED = Principal(
    kind="federated-user",
    arn=FEDERATED_ARN,
    account=ACCOUNT,
    user_id=f"{ACCOUNT}:bob",
    user_arn=USER_ARN,
)
ROOT = Principal(kind="root", arn=ROOT_ARN, account=ACCOUNT, user_id=ACCOUNT)
SNS = Principal(kind="service", service="sns.amazonaws.com", account=ACCOUNT)
ANONYMOUS = Principal(kind="anonymous", arn="*")
GITHUB = Principal(
    kind="provider",
    provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com",
)


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """A document of statements."""
    return {"Version": version, "Statement": [dict(statement) for statement in statements]}


def statement(effect: str = "Allow", action: Any = "*", **elements: Any) -> dict[str, Any]:
    """A statement; `Resource` is `*` unless given, and absent when given as None."""
    found = {"Effect": effect, "Action": action, "Resource": "*", **elements}
    return {name: value for name, value in found.items() if value is not None}


def allow(action: Any = "*", **elements: Any) -> dict[str, Any]:
    """An Allow statement."""
    return statement("Allow", action, **elements)


def deny(action: Any = "*", **elements: Any) -> dict[str, Any]:
    """A Deny statement."""
    return statement("Deny", action, **elements)


def policy(
    *statements: Mapping[str, Any],
    kind: PolicyKind = PolicyKind.IDENTITY,
    version: str = "2012-10-17",
) -> Policy:
    """A parsed policy of statements."""
    return parse_policy(document(*statements, version=version), kind)


def sourced(
    *statements: Mapping[str, Any], kind: PolicyKind = PolicyKind.IDENTITY, name: str = "Test"
) -> SourcedPolicy:
    """The same with a source."""
    return SourcedPolicy(f"{kind}-1", name, policy(*statements, kind=kind), arn=f"arn:of:{name}")


def request(
    principal: Principal = USER,
    /,
    action: str = "sqs:SendMessage",
    resource: str = QUEUE,
    owner: str = ACCOUNT,
    **context: str | Sequence[str],
) -> AccessRequest:
    """A request; context keys are given as `aws__SourceIp="..."`."""
    return AccessRequest(
        principal,
        action,
        resource,
        owner,
        {
            name.replace("__", ":"): (value,) if isinstance(value, str) else value
            for name, value in context.items()
        },
    )
