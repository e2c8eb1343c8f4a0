"""How the state of an organization is shown: ARNs and the shapes of answers.

Rules of this file: reading only.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.organizations import lookup
from cloudchamber.services.organizations.aws_policies import find_aws_policy
from cloudchamber.services.organizations.nouns import (
    ACCOUNTS,
    CONTAINERS,
    HANDSHAKES,
    ORGANIZATIONS,
    POLICIES,
    Account,
    Container,
    CreateRequest,
    Organization,
    Policy,
)

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def arn_of(call: Call, organization: Organization, resource: str) -> str:
    """The ARN of something in an organization; it belongs to the management account."""
    return f"arn:{call.partition}:organizations::{organization.management}:{resource}"


def arn_of_account(call: Call, organization: Organization, account: str) -> str:
    """The ARN of an account as a member."""
    return arn_of(call, organization, f"account/{organization.id}/{account}")


def organization_view(call: Call, organization: Organization) -> dict[str, Any]:
    """The shape `Organization`."""
    types = (
        [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
        if organization.features == "ALL"
        else []
    )
    return {
        "Id": organization.id,
        "Arn": organization.arn,
        "FeatureSet": organization.features,
        "MasterAccountArn": arn_of_account(call, organization, organization.management),
        "MasterAccountId": organization.management,
        "MasterAccountEmail": call.rows(ACCOUNTS)[organization.management].email,
        "AvailablePolicyTypes": types,
    }


def root_view(organization: Organization, root: Container) -> dict[str, Any]:
    """The shape `Root`."""
    return {
        "Id": root.id,
        "Arn": root.arn,
        "Name": root.name,
        "PolicyTypes": [{"Type": name, "Status": "ENABLED"} for name in organization.types],
    }


def unit_view(call: Call, unit: Container) -> dict[str, Any]:
    """The shape `OrganizationalUnit`."""
    return {
        "Id": unit.id,
        "Arn": unit.arn,
        "Name": unit.name,
        "Path": lookup.path_of(call, unit),
    }


def account_view(call: Call, account: Account) -> dict[str, Any]:
    """The shape `Account`."""
    return {
        "Id": account.id,
        "Arn": account.arn,
        "Email": account.email,
        "Name": account.name,
        "Status": account.state,
        "State": account.state,
        "Paths": [lookup.path_of(call, account)],
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": account.joined_ns / SECOND_NS,
    }


def request_view(row: CreateRequest) -> dict[str, Any]:
    """The shape `CreateAccountStatus`."""
    view: dict[str, Any] = {
        "Id": row.id,
        "AccountName": row.name,
        "State": row.state,
        "RequestedTimestamp": row.requested_ns / SECOND_NS,
    }
    if row.completed_ns:
        view["CompletedTimestamp"] = row.completed_ns / SECOND_NS
    if row.account:
        view["AccountId"] = row.account
    if row.failure:
        view["FailureReason"] = row.failure
    return view


def policy_view(policy: Policy) -> dict[str, Any]:
    """The shape `PolicySummary`."""
    return {
        "Id": policy.id,
        "Arn": policy.arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": not policy.organization,
    }


# Permissions


def resource_of(call: Call, request: dict[str, Any]) -> str | Sequence[str]:
    """What the permission for a call is asked on: the thing that the request names.

    The things of an organization belong to its management account. For others the question is
    whether their own account lets them call at all, so it is asked on `*`.
    """
    account = call.rows(ACCOUNTS).get(call.account)
    if account is None:
        return "*"
    organization = call.rows(ORGANIZATIONS)[account.organization]
    if organization.management != call.account:
        return "*"
    return arn_in_request(call, organization, request)


def arn_in_request(call: Call, organization: Organization, request: dict[str, Any]) -> str:
    """The ARN of the first thing that a request names, or `*`."""
    for member in (
        "PolicyId",
        "TargetId",
        "ResourceId",
        "AccountId",
        "OrganizationalUnitId",
        "ParentId",
        "RootId",
        "ChildId",
        "HandshakeId",
    ):
        if member in request:
            return _arn_of_id(call, organization, request[member])
    return "*"


def _arn_of_id(call: Call, organization: Organization, id_: str) -> str:
    if is_account(id_):
        return arn_of_account(call, organization, id_)
    row: Any = (
        call.rows(CONTAINERS).get(id_)
        or find_aws_policy(id_)
        or call.rows(POLICIES).get(id_)
        or call.rows(HANDSHAKES).get(id_)
    )
    # Another organization's invitation is not this one's thing.
    known = row is not None and row.organization in ("", organization.id)
    return row.arn if known else "*"


def context_of(request: dict[str, Any]) -> Mapping[str, Sequence[str]]:
    """The condition keys of Organizations that follow from a request."""
    context: dict[str, Sequence[str]] = {}
    kind = request.get("PolicyType") or request.get("Type") or request.get("Filter")
    if isinstance(kind, str):
        context["organizations:PolicyType"] = (kind,)
    if "ServicePrincipal" in request:
        context["organizations:ServicePrincipal"] = (request["ServicePrincipal"],)
    tags = request.get("Tags")
    if tags:
        for tag in tags:
            context[f"aws:RequestTag/{tag['Key']}"] = (tag["Value"],)
    keys = [tag["Key"] for tag in tags or ()] or request.get("TagKeys")
    if keys:
        context["aws:TagKeys"] = tuple(keys)
    return context


def condition_keys(call: Call, request: dict[str, Any]) -> Mapping[str, Sequence[str]]:
    """`context_of`, as a declaration takes it."""
    return context_of(request)
