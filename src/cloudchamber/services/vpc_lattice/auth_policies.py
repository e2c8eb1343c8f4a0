"""Auth policies: who may call a service, said at the service and at the service network.

Rules of this file: a policy counts only where the authorization type is AWS_IAM (`Active`); there a
request has to be allowed, and what no policy allows is denied.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, parse_policy
from cloudchamber.services.vpc_lattice.limits import AUTH_POLICY_BYTES
from cloudchamber.services.vpc_lattice.lookup import own_network, own_service, seconds
from cloudchamber.services.vpc_lattice.nouns import (
    NETWORKS,
    RESOURCE_POLICIES,
    SERVICES,
    LatticeService,
    ResourcePolicy,
    ServiceNetwork,
)
from cloudchamber.services.vpc_lattice.refusals import invalid, not_found

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def put_auth_policy(call: Call, request: Input) -> Output:
    """Set the auth policy of a service or service network."""
    row = guarded(call, request["resourceIdentifier"])
    text = request["policy"].strip()
    if len(text.encode()) > AUTH_POLICY_BYTES:
        raise invalid(f"A policy has at most {AUTH_POLICY_BYTES} bytes.", "policy")
    _expect_policy(text)
    row.policy, row.policy_ns = text, call.now
    return {"policy": text, "state": state_of(row)}


def get_auth_policy(call: Call, request: Input) -> Output:
    """The auth policy and whether it counts."""
    row = guarded(call, request["resourceIdentifier"])
    if not row.policy:
        raise not_found("AUTH_POLICY", row.arn)
    at = seconds(row.policy_ns)
    return {"policy": row.policy, "state": state_of(row), "createdAt": at, "lastUpdatedAt": at}


def delete_auth_policy(call: Call, request: Input) -> Output:
    """Take the auth policy away: with AWS_IAM nobody may call any more."""
    row = guarded(call, request["resourceIdentifier"])
    if not row.policy:
        raise not_found("AUTH_POLICY", row.arn)
    row.policy = ""
    return {}


def put_resource_policy(call: Call, request: Input) -> Output:
    """Keep the policy that says with whom a service or service network is shared."""
    row = guarded(call, request["resourceArn"])
    _expect_policy(request["policy"])
    call.rows(RESOURCE_POLICIES)[row.arn] = ResourcePolicy(request["policy"])
    return {}


def get_resource_policy(call: Call, request: Input) -> Output:
    """The policy that PutResourcePolicy set."""
    row = call.rows(RESOURCE_POLICIES).get(guarded(call, request["resourceArn"]).arn)
    if row is None:
        raise not_found("RESOURCE_POLICY", request["resourceArn"])
    return {"policy": row.document}


def delete_resource_policy(call: Call, request: Input) -> Output:
    """Take it away."""
    arn = guarded(call, request["resourceArn"]).arn
    if call.rows(RESOURCE_POLICIES).pop(arn, None) is None:
        raise not_found("RESOURCE_POLICY", arn)
    return {}


def guarded(call: Call, identifier: str) -> ServiceNetwork | LatticeService:
    """The account's own service or service network."""
    if identifier.rpartition("/")[2].startswith("sn-"):
        return own_network(call, identifier)
    return own_service(call, identifier)


def state_of(row: ServiceNetwork | LatticeService) -> str:
    """Whether a policy counts."""
    return "Active" if row.auth == "AWS_IAM" else "Inactive"


def shareable(cloud: Cloud, arn: str) -> str | None:
    """Port `shareable`: what keeps a service or service network from being shared."""
    parts = find_arn(arn)
    if parts is None or parts.service != "vpc-lattice":
        return None
    identifier = parts.resource.partition("/")[2]
    network = cloud.store.rows(NETWORKS, "", "").get(identifier)
    row = network or cloud.store.rows(SERVICES, "", "").get(identifier)
    if row is None or row.arn != arn:
        return None
    if network is not None and not network.is_sharable:
        return f"Sharing is turned off for {identifier}."
    return ""


def _expect_policy(text: str) -> None:
    try:
        parse_policy(text, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise invalid(f"The policy is not valid: {error}", "policy") from None
