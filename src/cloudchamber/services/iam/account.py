"""The account as a whole: its alias and its summary.

Rules of this file: an alias is unique across all accounts, an account has one, and a new one
takes its place. The summary counts what is there; it stores nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import (
    ALIASES,
    GROUPS,
    POLICIES,
    PROFILES,
    ROLES,
    ROOT_KEYS,
    USERS,
    Alias,
)
from cloudchamber.services.iam.proofs import (
    CERTIFICATES,
    MFA_DEVICES,
    OIDC_PROVIDERS,
    SAML_PROVIDERS,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_account_alias(call: Call, request: Input) -> Output:
    """CreateAccountAlias, in place of the one the account had."""
    name = request["AccountAlias"]
    rows = call.rows(ALIASES)
    if name in rows:
        raise refusals.already_exists(f"The account alias {name} already exists.")
    had = find_alias(call)
    if had is not None:
        del rows[had]
    rows[name] = Alias(name, call.account)
    return {}


def delete_account_alias(call: Call, request: Input) -> Output:
    """DeleteAccountAlias."""
    name = request["AccountAlias"]
    if find_alias(call) != name:
        raise refusals.not_found("account alias", name)
    del call.rows(ALIASES)[name]
    return {}


def list_account_aliases(call: Call, request: Input) -> Output:
    """ListAccountAliases: one or none."""
    alias = find_alias(call)
    return listed(request, "AccountAliases", [alias] if alias else [], str, str)


def find_alias(call: Call) -> str | None:
    """The account's alias, or None."""
    for row in call.rows(ALIASES).values():
        if row.account == call.account:
            return row.name
    return None


def get_account_summary(call: Call, request: Input) -> Output:
    """GetAccountSummary: how many there are of everything, and how many there may be."""
    policies = call.rows(POLICIES)
    root_keys = call.rows(ROOT_KEYS).get("root")
    devices = call.rows(MFA_DEVICES)
    summary = {
        "Users": len(call.rows(USERS)),
        "Groups": len(call.rows(GROUPS)),
        "Roles": len(call.rows(ROLES)),
        "InstanceProfiles": len(call.rows(PROFILES)),
        "Policies": len(policies),
        "PolicyVersionsInUse": sum(len(policy.versions) for policy in policies.values()),
        "ServerCertificates": len(call.rows(CERTIFICATES)),
        "MFADevices": len(devices),
        "MFADevicesInUse": sum(1 for device in devices.values() if device.user_id),
        "Providers": len(call.rows(OIDC_PROVIDERS)) + len(call.rows(SAML_PROVIDERS)),
        "AccountMFAEnabled": 0,
        "AccountAccessKeysPresent": int(root_keys is not None and bool(root_keys.access_keys)),
        "AccountPasswordPresent": 1,
        "AccountSigningCertificatesPresent": 0,
        "GlobalEndpointTokenVersion": 1,
        "UsersQuota": call.quota("UsersPerAccount"),
        "GroupsQuota": call.quota("GroupsPerAccount"),
        "RolesQuota": call.quota("RolesPerAccount"),
        "InstanceProfilesQuota": call.quota("InstanceProfilesPerAccount"),
        "PoliciesQuota": call.quota("PoliciesPerAccount"),
        "PolicySizeQuota": call.quota("PolicySize"),
        "PolicyVersionsInUseQuota": call.quota("PolicyVersionsInUse"),
        "VersionsPerPolicyQuota": call.quota("VersionsPerPolicy"),
        "ServerCertificatesQuota": call.quota("ServerCertificatesPerAccount"),
        "SigningCertificatesPerUserQuota": call.quota("SigningCertificatesPerUser"),
        "AccessKeysPerUserQuota": call.quota("AccessKeysPerUser"),
        "GroupsPerUserQuota": call.quota("GroupsPerUser"),
        "AttachedPoliciesPerUserQuota": call.quota("PoliciesPerUser"),
        "AttachedPoliciesPerGroupQuota": call.quota("PoliciesPerGroup"),
        "AttachedPoliciesPerRoleQuota": call.quota("PoliciesPerRole"),
        "UserPolicySizeQuota": call.quota("UserPolicySize"),
        "GroupPolicySizeQuota": call.quota("GroupPolicySize"),
        "RolePolicySizeQuota": call.quota("RolePolicySize"),
        "AssumeRolePolicySizeQuota": call.quota("ACLSizePerRole"),
    }
    return {"SummaryMap": summary}
