"""IAM's quotas at AWS's defaults, by the names that its LimitExceeded messages use.

Rules of this file: data only. Codes are those of Service Quotas, where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Quota

_SOURCE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html"


def _quota(value: int, code: str = "", adjustable: bool = False) -> Quota:
    return Quota(value, _SOURCE, code, adjustable)


QUOTAS: Final[Mapping[str, Quota]] = MappingProxyType(
    {
        # How many of each an account may have.
        "UsersPerAccount": _quota(5000, "L-F55AF5E4"),
        "GroupsPerAccount": _quota(300, "L-F4A5425F", adjustable=True),
        "RolesPerAccount": _quota(1000, "L-FE177D64", adjustable=True),
        "PoliciesPerAccount": _quota(1500, "L-E95E4862", adjustable=True),
        "InstanceProfilesPerAccount": _quota(1000, "L-6E65F664", adjustable=True),
        # How many one of them may have.
        "PoliciesPerUser": _quota(10, "L-4019AD8B", adjustable=True),
        "PoliciesPerGroup": _quota(10, "L-384571C4", adjustable=True),
        "PoliciesPerRole": _quota(10, "L-0DA4ABF3", adjustable=True),
        "GroupsPerUser": _quota(10),
        "AccessKeysPerUser": _quota(2, "L-8758042E"),
        "VersionsPerPolicy": _quota(5),
        "InstanceSessionsPerInstanceProfile": _quota(1),
        "TagsPerResource": _quota(50),
        "MFADevicesPerUser": _quota(8),
        "OpenIdConnectProvidersPerAccount": _quota(100, "L-858F3967", adjustable=True),
        "SAMLProvidersPerAccount": _quota(100, "L-DB618D39"),
        "ClientIdsPerOpenIdConnectProvider": _quota(100),
        # Lengths in characters; white space does not count.
        "PolicySize": _quota(6144),
        "UserPolicySize": _quota(2048),
        "GroupPolicySize": _quota(5120),
        "RolePolicySize": _quota(10240),
        "ACLSizePerRole": _quota(2048, "L-C07B4B0D", adjustable=True),
        # Shown by GetAccountSummary.
        "PolicyVersionsInUse": _quota(10000),
        "ServerCertificatesPerAccount": _quota(20, "L-BF35879D", adjustable=True),
        "SigningCertificatesPerUser": _quota(2),
    }
)
