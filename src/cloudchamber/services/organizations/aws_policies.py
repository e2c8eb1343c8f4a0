"""Policy types, their limits, and the two policies that AWS wrote.

Rules of this file: tables that never change.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.languages.policy import PolicyKind
from cloudchamber.services.organizations.nouns import Policy

SCP: Final = "SERVICE_CONTROL_POLICY"
RCP: Final = "RESOURCE_CONTROL_POLICY"
FULL_ACCESS: Final = "p-FullAWSAccess"
RCP_FULL_ACCESS: Final = "p-RCPFullAWSAccess"


class PolicyType(NamedTuple):
    """What AWS allows of a type: how long a text, how many on one target, which grammar.

    `default` is the policy that everything carries while the type is enabled.
    """

    size_max: int
    attached_max: int
    kind: PolicyKind | None = None
    default: str = ""


# Types that are not here are refused by name.
POLICY_TYPES: Final[Mapping[str, PolicyType]] = MappingProxyType(
    {
        SCP: PolicyType(5_120, 5, PolicyKind.SCP, FULL_ACCESS),
        RCP: PolicyType(5_120, 5, PolicyKind.RCP, RCP_FULL_ACCESS),
        "TAG_POLICY": PolicyType(10_000, 10),
        "BACKUP_POLICY": PolicyType(10_000, 10),
        "AISERVICES_OPT_OUT_POLICY": PolicyType(2_500, 5),
    }
)

_AWS_POLICIES: Final[Mapping[str, Policy]] = MappingProxyType(
    {
        FULL_ACCESS: Policy(
            FULL_ACCESS,
            f"arn:aws:organizations::aws:policy/service_control_policy/{FULL_ACCESS}",
            "",
            "FullAWSAccess",
            "Allows access to every operation",
            SCP,
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
        ),
        RCP_FULL_ACCESS: Policy(
            RCP_FULL_ACCESS,
            f"arn:aws:organizations::aws:policy/resource_control_policy/{RCP_FULL_ACCESS}",
            "",
            "RCPFullAWSAccess",
            "Allows access to every resource",
            RCP,
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*",'
            '"Resource":"*"}]}',
        ),
    }
)


def find_aws_policy(id_: str) -> Policy | None:
    """One of AWS's own policies, or None."""
    return _AWS_POLICIES.get(id_)


def aws_policies() -> tuple[Policy, ...]:
    """Every policy that AWS wrote."""
    return tuple(_AWS_POLICIES.values())
