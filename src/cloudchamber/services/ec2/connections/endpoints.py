"""VPC endpoints: made, changed, deleted, described.

Rules of this file: a gateway endpoint is a route in the tables it is given; every other type is an
interface in each of its subnets. An endpoint to a customer's service waits for its owner, if the
service says so, and has no interfaces until then.
https://docs.aws.amazon.com/vpc/latest/privatelink/concepts.html#concepts-vpc-endpoints
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import endpoint_parts as parts
from cloudchamber.services.ec2.connections import endpoint_states as states
from cloudchamber.services.ec2.connections import limits
from cloudchamber.services.ec2.connections.endpoint_targets import Target, expect_target
from cloudchamber.services.ec2.connections.nouns import ENDPOINT, ENDPOINTS, Endpoint
from cloudchamber.services.ec2.describing import Description
from cloudchamber.services.ec2.interfaces import groups as security
from cloudchamber.services.ec2.interfaces.aws_lists import find_aws_list
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.services.ec2.vpcs.lookup import expect_own_vpc
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE, Vpc

_NETWORK: Final = "ServiceNetwork"
_NOT_HERE: Final = ("Resource", "Tunnel")
# What belongs to gateways, and what to everything else.
_OF_GATEWAY: Final = ("RouteTableIds",)
_OF_OTHERS: Final = ("SubnetIds", "SecurityGroupIds", "SubnetConfigurations")


def create_vpc_endpoint(call: Call, request: Input) -> Output:
    """An endpoint in a VPC of the account's own; a gateway endpoint, if no type is said."""
    given = tags.specified(request, ENDPOINT.type)
    type_ = request.get("VpcEndpointType", "Gateway")
    if type_ in _NOT_HERE:
        why = f"endpoints of the type {type_} lead to resource gateways, which are not here"
        raise Refused("ec2", call.operation_name, why)
    vpc = expect_own_vpc(call, request["VpcId"])
    _expect_members(type_, request)
    endpoint = Endpoint(
        id="", owner=call.account, vpc=vpc.id, type=type_, service="",
        address_type=request.get("IpAddressType", "ipv4"), created_ns=call.now,
    )  # fmt: skip
    if type_ == "Gateway":
        _make_gateway(call, request, vpc, endpoint)
    else:
        _make_other(call, request, vpc, endpoint)
    tags.put(call, endpoint.id, given)
    return {"VpcEndpoint": shown(call, endpoint)}


def modify_vpc_endpoint(call: Call, request: Input) -> Output:
    """Change an endpoint's policy, tables, subnets, groups, private DNS."""
    endpoint = expect_endpoint(call, request["VpcEndpointId"])
    if endpoint.state in ("deleting", "rejected", "failed"):
        raise AwsError(
            "InvalidVpcEndpoint.NotAvailable", f"{endpoint.id} is in state {endpoint.state}."
        )
    vpc = expect_own_vpc(call, endpoint.vpc)
    policy = endpoint.policy
    if request.get("ResetPolicy"):
        if request.get("PolicyDocument"):
            raise invalid_combination("A policy is either given or reset.")
        policy = parts.FULL_ACCESS
    elif request.get("PolicyDocument"):
        if not policy:
            raise _no_policy(endpoint.service)
        policy = parts.expect_policy(request["PolicyDocument"])
    if endpoint.type == "Gateway":
        _change_tables(call, request, vpc, endpoint)
    else:
        _change_interfaces(call, request, vpc, endpoint)
    endpoint.policy = policy
    return {"Return": True}


def delete_vpc_endpoints(call: Call, request: Input) -> Output:
    """Delete endpoints; what cannot be is listed, the others go."""
    failures = []
    for each in dict.fromkeys(request["VpcEndpointIds"]):
        try:
            endpoint = expect_endpoint(call, each)
            states.next_state(endpoint, "delete")
        except AwsError as error:
            failures.append(
                {"ResourceId": each, "Error": {"Code": error.code, "Message": error.message}}
            )
            continue
        parts.drop_routes(call, endpoint, endpoint.route_tables)
        states.move(call, endpoint, "delete")
    return {"Unsuccessful": failures}


def describe_vpc_endpoints(call: Call, request: Input) -> Output:
    """The account's endpoints in the Region."""
    return describing.describe(call, request, DESCRIPTION)


def expect_endpoint(call: Call, identifier: str) -> Endpoint:
    """An endpoint of the account's own. Raises InvalidVpcEndpointId.NotFound or Malformed."""
    return kinds.expect_own(call, ENDPOINT, identifier)


def shown(call: Call, endpoint: Endpoint) -> dict[str, Any]:
    """The member `VpcEndpoint`."""
    view: dict[str, Any] = {
        "VpcEndpointId": endpoint.id,
        "VpcEndpointType": endpoint.type,
        "VpcId": endpoint.vpc,
        "State": endpoint.state,
        "RouteTableIds": [
            each
            for each in endpoint.route_tables
            if kinds.find_anywhere(call.cloud, ROUTE_TABLE, each) is not None
        ],
        "SubnetIds": list(endpoint.subnets),
        "Groups": security.names_of(call.cloud, endpoint.groups),
        "PrivateDnsEnabled": endpoint.private_dns,
        "RequesterManaged": endpoint.is_requester_managed,
        "NetworkInterfaceIds": list(endpoint.interfaces),
        "DnsEntries": [
            {"DnsName": name, "HostedZoneId": zone} for name, zone in endpoint.dns_names
        ],
        "CreationTimestamp": endpoint.created_ns / SECOND_NS,
        "Tags": tags.shown(call, endpoint.id),
        "OwnerId": endpoint.owner,
    }
    if endpoint.service:
        view["ServiceName"] = endpoint.service
        view["ServiceRegion"] = endpoint.service_region
    if endpoint.policy:
        view["PolicyDocument"] = endpoint.policy
    if endpoint.resource:
        view["ServiceNetworkArn"] = endpoint.resource
    if endpoint.type != "Gateway":
        view["IpAddressType"] = endpoint.address_type
        view["DnsOptions"] = _dns_options(endpoint)
    if endpoint.failure:
        view["FailureReason"] = endpoint.failure
    return view


def _make_gateway(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> None:
    target = _expect_service(call, request, endpoint)
    if target.region != call.region:
        raise AwsError("InvalidParameter", "A gateway endpoint leads to its own Region.")
    listing = find_aws_list(call.cloud, call.region, target.name)
    if listing is None:
        raise LookupError(f"{target.name} has no prefix list in {call.region}")
    endpoint.prefix_list = listing.id
    tables = parts.expect_tables(call, vpc, request.get("RouteTableIds", ()), listing.id)
    if request.get("PrivateDnsEnabled"):
        raise AwsError("InvalidParameter", "Private DNS is not available for gateway endpoints.")
    limits.expect_room(
        sum(row.type == "Gateway" for row in call.rows(ENDPOINTS).values()),
        limits.GATEWAY_ENDPOINTS_PER_REGION, "VpcEndpointLimitExceeded",
        "gateway endpoints in this Region",
    )  # fmt: skip
    endpoint.id = kinds.new_id(call, ENDPOINT.prefix)
    endpoint.state = "available"
    kinds.add(call, ENDPOINT, endpoint)
    parts.add_routes(endpoint, tables)


def _make_other(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> None:
    target = None
    if endpoint.type == _NETWORK:
        endpoint.resource = _expect_network(call, request)
    else:
        target = _expect_service(call, request, endpoint)
        _expect_address_type(endpoint, target)
    wanted = parts.expect_subnets(
        call, vpc, request.get("SubnetIds", ()), request.get("SubnetConfigurations", ()),
        endpoint.address_type,
    )  # fmt: skip
    if endpoint.type == "GatewayLoadBalancer":
        if len(wanted) != 1:
            raise AwsError(
                "InvalidParameter", "A Gateway Load Balancer endpoint has exactly one subnet."
            )
    else:
        found = security.expect_groups(call, request.get("SecurityGroupIds", ()), vpc.id)
        endpoint.groups = [each.id for each in found]
    _set_dns(call, request, vpc, endpoint, target)
    limits.expect_room(
        sum(
            row.vpc == vpc.id and row.type != "Gateway" for row in call.rows(ENDPOINTS).values()
        ),
        limits.INTERFACE_ENDPOINTS_PER_VPC, "VpcEndpointLimitExceeded",
        f"interface endpoints in {vpc.id}",
    )  # fmt: skip
    endpoint.id = kinds.new_id(call, ENDPOINT.prefix)
    endpoint.subnets = [each.subnet.id for each in wanted]
    kinds.add(call, ENDPOINT, endpoint)
    states.begin(call, endpoint, target, wanted)


def _expect_service(call: Call, request: Input, endpoint: Endpoint) -> Target:
    """The service that is named; its policy goes into the endpoint."""
    name = request.get("ServiceName")
    if not name:
        raise missing_parameter("serviceName")
    region = request.get("ServiceRegion") or call.region
    target = expect_target(call, name, endpoint.type, region)
    endpoint.service, endpoint.service_region = target.name, target.region
    policy = request.get("PolicyDocument")
    if target.has_policy:
        endpoint.policy = parts.expect_policy(policy) if policy else parts.FULL_ACCESS
    elif policy:
        raise _no_policy(target.name)
    return target


def _no_policy(service: str) -> AwsError:
    return AwsError("InvalidParameter", f"{service} does not support endpoint policies.")


def _expect_network(call: Call, request: Input) -> str:
    """The ARN of a service network that the caller sees. Raises InvalidParameter."""
    text: str | None = request.get("ServiceNetworkArn")
    if not text:
        raise missing_parameter("serviceNetworkArn")
    arn = find_arn(text)
    if (
        arn is None
        or arn.service != "vpc-lattice"
        or not arn.resource.startswith("servicenetwork/")
    ):
        raise AwsError("InvalidParameter", f"{text} is not the ARN of a service network.")
    try:
        call.invoke("vpc-lattice", "GetServiceNetwork", {"serviceNetworkIdentifier": text})
    except AwsError as error:
        raise AwsError("InvalidParameter", f"{text}: {error.message}") from None
    return text


def _expect_members(type_: str, request: Input) -> None:
    for member in _OF_OTHERS if type_ == "Gateway" else _OF_GATEWAY:
        if request.get(member):
            raise AwsError(
                "InvalidParameter", f"{member} cannot be given for an endpoint of type {type_}."
            )
    if type_ == "GatewayLoadBalancer" and request.get("SecurityGroupIds"):
        raise AwsError(
            "InvalidParameter",
            "SecurityGroupIds cannot be given for an endpoint of type GatewayLoadBalancer.",
        )


def _expect_address_type(endpoint: Endpoint, target: Target) -> None:
    if endpoint.address_type != "ipv4" and not target.is_dual_stack:
        raise AwsError(
            "InvalidParameter",
            f"{target.name} does not support the IP address type {endpoint.address_type}.",
        )


def _set_dns(
    call: Call, request: Input, vpc: Vpc, endpoint: Endpoint, target: Target | None
) -> None:
    options = request.get("DnsOptions", {})
    endpoint.dns_record_type = options.get("DnsRecordIpType", endpoint.address_type)
    endpoint.private_dns_preference = options.get("PrivateDnsPreference", "")
    endpoint.private_dns_domains = list(options.get("PrivateDnsSpecifiedDomains", ()))
    wants = request.get("PrivateDnsEnabled")
    if target is None or endpoint.type != "Interface":
        endpoint.private_dns = bool(wants)
        return
    if wants is None:
        # AWS's default is true; it cannot be where there is no name, nor where a gateway endpoint
        # has to stand beside it.
        wants = bool(target.private_names) and not target.is_gateway_too
    endpoint.private_names = list(target.private_names)
    if not wants:
        return
    parts.expect_private_dns(call, vpc, target.private_names)
    if target.is_gateway_too:
        inbound = options.get("PrivateDnsOnlyForInboundResolverEndpoint", True)
        if inbound:
            parts.expect_gateway_beside(call, vpc, target.name)
        endpoint.is_inbound_resolver_only = inbound
    endpoint.private_dns = True


def _change_tables(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> None:
    for member in ("AddSubnetIds", "RemoveSubnetIds", "AddSecurityGroupIds", "PrivateDnsEnabled"):
        if request.get(member):
            raise AwsError("InvalidParameter", f"{member} is not for gateway endpoints.")
    gone = list(dict.fromkeys(request.get("RemoveRouteTableIds", ())))
    for each in gone:
        if each not in endpoint.route_tables:
            raise AwsError("InvalidParameter", f"{endpoint.id} has no route in {each}.")
    added = [
        each for each in request.get("AddRouteTableIds", ()) if each not in endpoint.route_tables
    ]
    tables = parts.expect_tables(call, vpc, added, endpoint.prefix_list)
    parts.drop_routes(call, endpoint, gone)
    parts.add_routes(endpoint, tables)


def _change_interfaces(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> None:
    for member in ("AddRouteTableIds", "RemoveRouteTableIds"):
        if request.get(member):
            raise AwsError("InvalidParameter", f"{member} is for gateway endpoints.")
    if request.get("IpAddressType", endpoint.address_type) != endpoint.address_type or any(
        each.get("SubnetId") in endpoint.subnets for each in request.get("SubnetConfigurations", ())
    ):
        raise Refused(
            "ec2", call.operation_name, "an endpoint's interfaces keep the addresses they have"
        )
    gone = list(dict.fromkeys(request.get("RemoveSubnetIds", ())))
    for each in gone:
        if each not in endpoint.subnets:
            raise AwsError("InvalidParameter", f"{endpoint.id} has no interface in {each}.")
    kept = [each for each in endpoint.subnets if each not in gone]
    wanted = parts.expect_subnets(
        call, vpc,
        (each for each in request.get("AddSubnetIds", ()) if each not in endpoint.subnets),
        [
            each for each in request.get("SubnetConfigurations", ())
            if each.get("SubnetId") not in endpoint.subnets
        ],
        endpoint.address_type, [states.subnet_of(call, each) for each in kept],
    )  # fmt: skip
    groups = _changed_groups(call, request, vpc, endpoint)
    _change_dns(call, request, vpc, endpoint)
    if groups != endpoint.groups:
        parts.set_groups(call, endpoint, groups)
    if gone or wanted:
        parts.drop_interfaces(call, endpoint, gone)
        endpoint.subnets = [*kept, *(each.subnet.id for each in wanted)]
        states.serve(call, endpoint, wanted)


def _changed_groups(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> list[str]:
    gone = request.get("RemoveSecurityGroupIds", ())
    for each in gone:
        if each not in endpoint.groups:
            raise AwsError("InvalidParameter", f"{endpoint.id} has no group {each}.")
    wanted = [each for each in endpoint.groups if each not in gone]
    wanted += [each for each in request.get("AddSecurityGroupIds", ()) if each not in wanted]
    if wanted == endpoint.groups:
        return wanted
    if not wanted:
        raise AwsError("InvalidParameter", f"{endpoint.id} needs at least one security group.")
    return [each.id for each in security.expect_groups(call, wanted, vpc.id)]


def _change_dns(call: Call, request: Input, vpc: Vpc, endpoint: Endpoint) -> None:
    """Checked whole and set; what is checked after it would leave it half done."""
    options = request.get("DnsOptions", {})
    wants = request.get("PrivateDnsEnabled", endpoint.private_dns)
    inbound = endpoint.is_inbound_resolver_only
    if endpoint.type == "Interface" and wants:
        if not endpoint.private_dns:
            parts.expect_private_dns(call, vpc, endpoint.private_names, endpoint.id)
        inbound = options.get("PrivateDnsOnlyForInboundResolverEndpoint", inbound)
        if inbound and not endpoint.is_inbound_resolver_only:
            parts.expect_gateway_beside(call, vpc, endpoint.service)
    if wants != endpoint.private_dns:
        endpoint.private_dns = wants
        states.name(call, endpoint)
    endpoint.is_inbound_resolver_only = inbound and wants
    endpoint.dns_record_type = options.get("DnsRecordIpType", endpoint.dns_record_type)


def _dns_options(endpoint: Endpoint) -> dict[str, Any]:
    options: dict[str, Any] = {"DnsRecordIpType": endpoint.dns_record_type}
    if endpoint.private_dns and endpoint.type == "Interface":
        options["PrivateDnsOnlyForInboundResolverEndpoint"] = endpoint.is_inbound_resolver_only
    if endpoint.private_dns_preference:
        options["PrivateDnsPreference"] = endpoint.private_dns_preference
    if endpoint.private_dns_domains:
        options["PrivateDnsSpecifiedDomains"] = list(endpoint.private_dns_domains)
    return options


DESCRIPTION: Final = Description(
    kind=ENDPOINT,
    ids="VpcEndpointIds",
    answer="VpcEndpoints",
    view=shown,
    filters=MappingProxyType(
        {
            "ip-address-type": lambda _, row: (row.address_type,),
            "service-name": lambda _, row: (row.service,),
            "service-region": lambda _, row: (row.service_region,),
            "vpc-id": lambda _, row: (row.vpc,),
            "vpc-endpoint-id": lambda _, row: (row.id,),
            "vpc-endpoint-state": lambda _, row: (row.state,),
            "vpc-endpoint-type": lambda _, row: (row.type,),
        }
    ),
)
