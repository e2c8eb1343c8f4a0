"""What IAM knows of callers: the answers to the house's questions about keys, users and roles.

Rules of this file: these run on each call, so they look up rows and never compute; compiled
policies are remembered by their text in `documents`. A caller whose user or role was deleted, or
made again under the same name, has no policies at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.caller import Caller, Credentials, root
from cloudchamber.cloud.ports import CallerPolicies, RoleFacts
from cloudchamber.languages.policy import SourcedPolicy
from cloudchamber.services.iam.access_keys import SPAN_NS
from cloudchamber.services.iam.documents import sourced
from cloudchamber.services.iam.managed import find_managed, sourced_policy
from cloudchamber.services.iam.nouns import (
    ACCESS_KEYS,
    GROUPS,
    ROLES,
    USERS,
    AccessKey,
    Identity,
    Role,
    User,
    key_of,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

_EVERYTHING: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
)


def credentials(cloud: Cloud, access_key: str) -> Credentials | None:
    """Port `credentials`: whose long-term key is it?"""
    found = cloud.store.rows(ACCESS_KEYS, "", "").get(access_key)
    if found is None:
        return None
    caller = root(found.account, access_key=access_key)
    if found.user:
        user = cloud.store.rows(USERS, found.account, "")[found.user]
        caller = Caller(
            kind="user",
            account=found.account,
            arn=user.arn,
            user_id=user.id,
            name=user.name,
            access_key=access_key,
        )
    return Credentials(caller=caller, secret=found.secret, is_active=found.is_active)


def policies(cloud: Cloud, caller: Caller) -> CallerPolicies | None:
    """Port `policies`: what a user, or whoever is behind a session, may do; None for others."""
    account = caller.account
    if caller.kind == "federated-user" and caller.user_arn.endswith(":root"):
        # "The permissions are the intersection of the session policies and the caller's": root's
        # are everything, and only the session policies limit.
        return CallerPolicies(identity=[sourced("root", "root", _EVERYTHING, "", "none")])
    if caller.kind == "role-session":
        role = find_role(cloud, caller.role_arn)
        if role is None or role.id != caller.user_id.partition(":")[0]:
            return None
        return _gathered(cloud, account, role, list(policies_of(cloud, account, "role", role)))
    user = find_user(cloud, caller)
    if user is None:
        return None
    found = list(policies_of(cloud, account, "user", user))
    groups = cloud.store.rows(GROUPS, account, "")
    for key in user.groups:
        found.extend(policies_of(cloud, account, "group", groups[key]))
    return _gathered(cloud, account, user, found)


def _gathered(
    cloud: Cloud, account: str, identity: Identity, found: list[SourcedPolicy]
) -> CallerPolicies:
    return CallerPolicies(
        identity=found,
        boundary=boundary_of(cloud, account, identity),
        context={f"aws:PrincipalTag/{tag.key}": (tag.value,) for tag in identity.tags},
    )


def policies_of(
    cloud: Cloud, account: str, noun: str, identity: Identity
) -> Iterator[SourcedPolicy]:
    """An identity's inline and attached policies, compiled."""
    for name, text in identity.inline.items():
        yield sourced(f"{noun}_{identity.name}_{name}", name, text, "", noun)
    for arn in identity.attached:
        policy = find_managed(cloud, account, arn)
        if policy is not None:
            yield sourced_policy(policy)


def boundary_of(cloud: Cloud, account: str, identity: Identity) -> SourcedPolicy | None:
    """An identity's permissions boundary, compiled, or None."""
    policy = find_managed(cloud, account, identity.boundary) if identity.boundary else None
    return sourced_policy(policy) if policy is not None else None


def find_user(cloud: Cloud, caller: Caller) -> User | None:
    """The user behind a caller, under whatever name it has by now; None once it is deleted."""
    rows = cloud.store.rows(USERS, caller.account, "")
    if caller.kind == "federated-user":
        found = rows.get(key_of(caller.user_arn.rpartition("/")[2]))
        return found if found is not None and found.arn == caller.user_arn else None
    if caller.kind != "user":
        return None
    found = rows.get(key_of(caller.name))
    if found is not None and found.id == caller.user_id:
        return found
    return next((user for user in rows.values() if user.id == caller.user_id), None)


def find_role(cloud: Cloud, role_arn: str) -> Role | None:
    """The role with exactly this ARN, or None."""
    arn = find_arn(role_arn)
    if arn is None or not arn.resource.startswith("role/"):
        return None
    found = cloud.store.rows(ROLES, arn.account, "").get(key_of(arn.resource.rpartition("/")[2]))
    return found if found is not None and found.arn == role_arn else None


def managed_policy(cloud: Cloud, account: str, arn: str) -> SourcedPolicy | None:
    """Port `managed-policy`: a policy of the account or of AWS, compiled."""
    found = find_managed(cloud, account, arn)
    return sourced_policy(found) if found is not None else None


def role(cloud: Cloud, role_arn: str) -> RoleFacts | None:
    """Port `role`: whom does a role trust, and who is it?"""
    found = find_role(cloud, role_arn)
    if found is None:
        return None
    return RoleFacts(
        arn=found.arn,
        role_id=found.id,
        name=found.name,
        path=found.path,
        account=found.arn.split(":")[4],
        trust=found.trust,
        max_session_s=found.max_session_s,
        tags={tag.key: tag.value for tag in found.tags},
    )


def seen(call: Call) -> None:
    """Port `seen`: remember the first use of a key or role in each span of 15 minutes."""
    caller = call.caller
    if caller.kind == "role-session":
        role = find_role(call.cloud, caller.role_arn)
        if role is not None and _is_news(role, call.now):
            role.used_ns, role.used_region = call.now, call.region
            _tell(call, role.arn, f"role {role.name} was used in {call.region}")
        return
    key = call.cloud.store.rows(ACCESS_KEYS, "", "").get(caller.access_key)
    if key is not None and _is_news(key, call.now):
        key.used_ns, key.used_region = call.now, call.region
        key.used_service = call.service.prefix
        _tell(call, caller.arn, f"access key {key.id} was used for {key.used_service}")


def _is_news(row: Role | AccessKey, now_ns: int) -> bool:
    return row.used_ns is None or now_ns - row.used_ns >= SPAN_NS


def _tell(call: Call, arn: str, sentence: str) -> None:
    # The event makes the call one that touched the world, so that it is journalled even when it
    # only reads, and a replay remembers the same uses.
    call.event(arn, "iam.used", sentence)
