"""Network access scopes: which paths there should be, and which never.

Rules of this file: a scope is what was asked, checked and kept as AWS's own members; nothing is
walked here. A scope never changes.
https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/working-with-network-access-scopes.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.reachability import limits
from cloudchamber.services.ec2.reachability.nouns import SCOPE, SCOPE_ANALYSES, Scope
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    limit_exceeded,
    missing_parameter,
)

# Where each type of resource may stand: as source, as destination, or on the way. AWS lets
# peerings and attachments be sources too; what lies behind them is found here from its own side.
# https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/resource-statement.html
TYPES: Final = (
    ("AWS::EC2::InternetGateway", ("source", "destination")),
    ("AWS::EC2::NatGateway", ("through",)),
    ("AWS::EC2::NetworkInterface", ("source", "destination")),
    ("AWS::EC2::TransitGatewayAttachment", ("destination", "through")),
    ("AWS::EC2::VPCEndpoint", ("destination", "through")),
    ("AWS::EC2::VPCPeeringConnection", ("destination", "through")),
)
# The same for single resources, by the prefix of their ids.
PREFIXES: Final = (
    ("i", ("source", "destination")),
    ("igw", ("source", "destination")),
    ("nat", ("through",)),
    ("eni", ("source", "destination")),
    ("sg", ("source", "destination")),
    ("subnet", ("source", "destination")),
    ("tgw-attach", ("destination", "through")),
    ("vpc", ("source", "destination")),
    ("vpce", ("destination", "through")),
    ("pcx", ("destination", "through")),
)
PROTOCOLS: Final = ("tcp", "udp")
PORT_MAX: Final = 65_535


def create_network_insights_access_scope(call: Call, request: Input) -> Output:
    """Keep a description of paths."""
    chosen = tags.specified(request, SCOPE.type)
    matches, excludes = request.get("MatchPaths", []), request.get("ExcludePaths", [])
    if not matches and not excludes:
        raise missing_parameter("matchPath")
    for path in (*matches, *excludes):
        _check(path)
    if len(call.rows(SCOPE.table)) >= limits.SCOPES_MAX:
        raise limit_exceeded(
            "NetworkInsightsAccessScopeLimitExceeded",
            f"The maximum number of Network Access Scopes has been reached: {limits.SCOPES_MAX}.",
        )
    scope = Scope(
        id=kinds.new_id(call, SCOPE.prefix),
        owner=call.account,
        matches=msgspec.msgpack.encode(matches),
        excludes=msgspec.msgpack.encode(excludes),
        created_ns=call.now,
        updated_ns=call.now,
    )
    kinds.add(call, SCOPE, scope)
    tags.put(call, scope.id, chosen)
    return {
        "NetworkInsightsAccessScope": view(call, scope),
        "NetworkInsightsAccessScopeContent": content(scope),
    }


def delete_network_insights_access_scope(call: Call, request: Input) -> Output:
    """Forget a scope that has no analyses left."""
    scope = expect_scope(call, request)
    if any(row.scope == scope.id for row in call.rows(SCOPE_ANALYSES).values()):
        raise AwsError(
            "AnalysisExistsForNetworkInsightsAccessScope",
            f"The Network Access Scope '{scope.id}' has analyses. Delete them first.",
        )
    kinds.remove(call, SCOPE, scope)
    return {"NetworkInsightsAccessScopeId": scope.id}


def describe_network_insights_access_scopes(call: Call, request: Input) -> Output:
    """The scopes that are kept. AWS has no filters for them."""
    return describe(call, request, SCOPES)


def get_network_insights_access_scope_content(call: Call, request: Input) -> Output:
    """What a scope describes."""
    return {"NetworkInsightsAccessScopeContent": content(expect_scope(call, request))}


def expect_scope(call: Call, request: Input) -> Scope:
    """The scope that a request names. Raises MissingParameter, NotFound."""
    identifier = request.get("NetworkInsightsAccessScopeId")
    if not identifier:
        raise missing_parameter("networkInsightsAccessScopeId")
    return kinds.expect_own(call, SCOPE, identifier)


def view(call: Call, scope: Scope) -> dict[str, Any]:
    """The scope as AWS shows it."""
    return {
        "NetworkInsightsAccessScopeId": scope.id,
        "NetworkInsightsAccessScopeArn": kinds.arn_of(SCOPE, scope.owner, call.region, scope.id),
        "CreatedDate": scope.created_ns / SECOND_NS,
        "UpdatedDate": scope.updated_ns / SECOND_NS,
        "Tags": tags.shown(call, scope.id),
    }


def content(scope: Scope) -> dict[str, Any]:
    """What the scope describes, as it was given."""
    return {
        "NetworkInsightsAccessScopeId": scope.id,
        "MatchPaths": msgspec.msgpack.decode(scope.matches),
        "ExcludePaths": msgspec.msgpack.decode(scope.excludes),
    }


def _check(path: Mapping[str, Any]) -> None:
    """Raises AwsError for a path that says nothing, or nothing that can be."""
    if not any(path.get(name) for name in ("Source", "Destination", "ThroughResources")):
        raise missing_parameter("source")
    for role in ("Source", "Destination"):
        statement = path.get(role) or {}
        _check_resources(statement.get("ResourceStatement") or {}, role.lower())
        _check_headers(statement.get("PacketHeaderStatement") or {})
    for each in path.get("ThroughResources", ()):
        _check_resources(each.get("ResourceStatement") or {}, "through")


def _check_resources(statement: Mapping[str, Any], role: str) -> None:
    resources, types = statement.get("Resources", ()), statement.get("ResourceTypes", ())
    if resources and types:
        raise invalid_combination(
            "A resource statement can include either resources or resource types, but not both."
        )
    known_types, known_prefixes = dict(TYPES), dict(PREFIXES)
    for each in types:
        if role not in known_types.get(each, ()):
            raise invalid_value(each, "resourceType", f"It cannot be a {role} of a path here.")
    for each in resources:
        prefix = each.rpartition("/")[2].rpartition("-")[0]
        if role not in known_prefixes.get(prefix, ()):
            raise invalid_value(each, "resource", f"It cannot be a {role} of a path here.")


def _check_headers(statement: Mapping[str, Any]) -> None:
    for end in ("Source", "Destination"):
        addresses = statement.get(f"{end}Addresses", ())
        if addresses and statement.get(f"{end}PrefixLists"):
            raise invalid_combination(
                f"A packet header statement can include either {end.lower()} addresses or "
                f"{end.lower()} prefix lists, but not both."
            )
        for each in addresses:
            _check_block(each)
        read_ports(statement.get(f"{end}Ports", ()))
    for each in statement.get("Protocols", ()):
        if each not in PROTOCOLS:
            raise invalid_value(each, "protocol", "Use tcp or udp.")


def _check_block(text: str) -> None:
    try:
        ip_network(text, strict=False)
    except ValueError:
        raise invalid_value(text, "address", "It is not an address or CIDR block.") from None


def read_ports(texts: Iterable[str]) -> list[tuple[int, int]]:
    """Ranges of ports such as `22` or `1024-65535`. Raises InvalidParameterValue."""
    ranges = []
    for text in texts:
        low, dash, high = text.partition("-")
        last = high if dash else low
        if not (low.isdecimal() and last.isdecimal() and int(low) <= int(last) <= PORT_MAX):
            raise invalid_value(text, "port", "It is not a port or a range of ports.")
        ranges.append((int(low), int(last)))
    return ranges


SCOPES: Final = Description(
    kind=SCOPE,
    ids="NetworkInsightsAccessScopeIds",
    answer="NetworkInsightsAccessScopes",
    view=view,
    page_min=limits.PAGE_MIN,
    page_max=limits.PAGE_MAX,
)
