"""Endpoint services of customers: a load balancer that others reach by endpoints of their own.

Rules of this file: a service, its settings, and who may connect. Load balancers are named by ARN;
whether they exist is not asked, since no balancer is simulated yet. Who does connect is in
`endpoint_connections.py`.
https://docs.aws.amazon.com/vpc/latest/privatelink/create-endpoint-service.html
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import describing, kinds, tags
from cloudchamber.services.ec2.connections import endpoint_targets as targets
from cloudchamber.services.ec2.connections.endpoint_connections import connected_to
from cloudchamber.services.ec2.connections.nouns import ENDPOINT_SERVICE, EndpointService
from cloudchamber.services.ec2.describing import Description, listed
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter
from cloudchamber.world.geography.regions import find_region
from cloudchamber.world.geography.zones import zones_of

_FAMILIES: Final = ("ipv4", "ipv6")


def create_vpc_endpoint_service_configuration(call: Call, request: Input) -> Output:
    """A service over Network Load Balancers, or over Gateway Load Balancers."""
    given = tags.specified(request, ENDPOINT_SERVICE.type)
    network = _expect_balancers(call, request.get("NetworkLoadBalancerArns", ()), "net")
    gateway = _expect_balancers(call, request.get("GatewayLoadBalancerArns", ()), "gwy")
    _expect_one_sort(network, gateway)
    families = _expect_families(request.get("SupportedIpAddressTypes", ("ipv4",)))
    regions = _expect_regions(call, request.get("SupportedRegions", ()))
    private = request.get("PrivateDnsName", "")
    if private and gateway:
        raise AwsError(
            "InvalidParameter", "A service over Gateway Load Balancers has no private DNS name."
        )
    identifier = kinds.new_id(call, ENDPOINT_SERVICE.prefix)
    zones = zones_of(call.region, call.account, call.cloud.kernel.seed)
    service = EndpointService(
        id=identifier,
        owner=call.account,
        name=f"com.amazonaws.vpce.{call.region}.{identifier}",
        must_accept=request.get("AcceptanceRequired", True),
        network_balancers=network,
        gateway_balancers=gateway,
        address_types=families,
        regions=regions,
        zones=[zone.id for zone in zones],
        created_ns=call.now,
    )
    kinds.add(call, ENDPOINT_SERVICE, service)
    _name_privately(call, service, private)
    tags.put(call, service.id, given)
    return {"ServiceConfiguration": shown(call, service)}


def modify_vpc_endpoint_service_configuration(call: Call, request: Input) -> Output:
    """Change a service's balancers, private name, families, Regions, and whether it is asked."""
    service = expect_service(call, request["ServiceId"])
    network = _changed(call, request, service.network_balancers, "NetworkLoadBalancerArns", "net")
    gateway = _changed(call, request, service.gateway_balancers, "GatewayLoadBalancerArns", "gwy")
    _expect_one_sort(network, gateway)
    gone = request.get("RemoveSupportedIpAddressTypes", ())
    families = _expect_families(
        [
            *(each for each in service.address_types if each not in gone),
            *request.get("AddSupportedIpAddressTypes", ()),
        ]
    )
    left = request.get("RemoveSupportedRegions", ())
    regions = _expect_regions(
        call,
        [
            *(each for each in service.regions if each not in left),
            *request.get("AddSupportedRegions", ()),
        ],
    )
    private = request.get("PrivateDnsName")
    if private and request.get("RemovePrivateDnsName"):
        raise AwsError("InvalidParameter", "A private DNS name is either given or removed.")
    service.network_balancers, service.gateway_balancers = network, gateway
    service.address_types, service.regions = families, regions
    service.must_accept = request.get("AcceptanceRequired", service.must_accept)
    if private or request.get("RemovePrivateDnsName"):
        _name_privately(call, service, private or "")
    return {"Return": True}


def delete_vpc_endpoint_service_configurations(call: Call, request: Input) -> Output:
    """Delete services that nobody is connected to; the others are listed."""
    failures = []
    for each in dict.fromkeys(request["ServiceIds"]):
        try:
            service = expect_service(call, each)
            if connected_to(call, service):
                raise AwsError(
                    "ExistingVpcEndpointConnections",
                    f"Service {service.id} has existing active VPC Endpoint connections!",
                )
        except AwsError as error:
            failures.append(
                {"ResourceId": each, "Error": {"Code": error.code, "Message": error.message}}
            )
            continue
        kinds.remove(call, ENDPOINT_SERVICE, service)
    return {"Unsuccessful": failures}


def describe_vpc_endpoint_service_configurations(call: Call, request: Input) -> Output:
    """The account's own services in the Region."""
    return describing.describe(call, request, DESCRIPTION)


def describe_vpc_endpoint_service_permissions(call: Call, request: Input) -> Output:
    """Who may connect to a service."""
    service = expect_service(call, request["ServiceId"])
    return listed(
        request, "AllowedPrincipals", service.principals, str, _PERMISSION_FILTERS,
        lambda each: _permission(service, each),
    )  # fmt: skip


def modify_vpc_endpoint_service_permissions(call: Call, request: Input) -> Output:
    """Let principals connect to a service, or no longer."""
    service = expect_service(call, request["ServiceId"])
    if request.get("PermissionType", "vpc-endpoint") != "vpc-endpoint":
        raise AwsError(
            "InvalidParameter", "Only the permission type vpc-endpoint is available here."
        )
    added = list(dict.fromkeys(request.get("AddAllowedPrincipals", ())))
    gone = list(dict.fromkeys(request.get("RemoveAllowedPrincipals", ())))
    if not added and not gone:
        raise missing_parameter("addAllowedPrincipals")
    for each in (*added, *gone):
        if _type_of(each) is None:
            raise AwsError("InvalidPrincipal", f"Invalid Principal: '{each}'")
    new = [each for each in added if each not in service.principals]
    for each in new:
        service.principals.append(each)
        service.permissions[each] = kinds.new_id(call, "vpce-svc-perm")
    service.principals = [each for each in service.principals if each not in gone]
    for each in gone:
        service.permissions.pop(each, None)
    return {
        "AddedPrincipals": [
            _permission(service, each) for each in new if each in service.permissions
        ],
        "ReturnValue": True,
    }


def start_vpc_endpoint_service_private_dns_verification(call: Call, request: Input) -> Output:
    """Count a service's private DNS name as proven: there is no public DNS here to ask."""
    service = expect_service(call, request["ServiceId"])
    if not service.private_dns:
        raise AwsError("InvalidParameter", f"{service.id} has no private DNS name.")
    service.private_dns_state = "verified"
    return {"ReturnValue": True}


def modify_vpc_endpoint_service_payer_responsibility(call: Call, request: Input) -> Output:
    """Remember who pays for a service's endpoints."""
    service = expect_service(call, request["ServiceId"])
    service.payer = request["PayerResponsibility"]
    return {"ReturnValue": True}


def expect_service(call: Call, identifier: str) -> EndpointService:
    """A service of the account's own. Raises InvalidVpcEndpointServiceId.NotFound."""
    return kinds.expect_own(call, ENDPOINT_SERVICE, identifier)


def shown(call: Call, service: EndpointService) -> dict[str, Any]:
    """The member `ServiceConfiguration`."""
    view: dict[str, Any] = {
        "ServiceType": [{"ServiceType": each} for each in targets.types_of(service)],
        "ServiceId": service.id,
        "ServiceName": service.name,
        "ServiceState": service.state,
        **targets.zones_shown(call, service.zones),
        "AcceptanceRequired": service.must_accept,
        "ManagesVpcEndpoints": False,
        "NetworkLoadBalancerArns": list(service.network_balancers),
        "GatewayLoadBalancerArns": list(service.gateway_balancers),
        "SupportedIpAddressTypes": list(service.address_types),
        "BaseEndpointDnsNames": [targets.base_name_of(service, call.region)],
        "Tags": tags.shown(call, service.id),
        "SupportedRegions": [
            {"Region": each, "ServiceState": service.state} for each in service.regions
        ],
        "RemoteAccessEnabled": any(each != call.region for each in service.regions),
    }
    if service.payer:
        view["PayerResponsibility"] = service.payer
    if service.private_dns:
        view["PrivateDnsName"] = service.private_dns
        view["PrivateDnsNameConfiguration"] = {
            "State": service.private_dns_state,
            "Type": "TXT",
            "Value": service.private_dns_value,
            "Name": service.private_dns_record,
        }
    return view


def _name_privately(call: Call, service: EndpointService, name: str) -> None:
    """A new private DNS name, which has to be proven, or none."""
    service.private_dns = name
    service.private_dns_state = "pendingVerification" if name else ""
    if not name:
        service.private_dns_value = service.private_dns_record = ""
        return
    stream = call.stream(call.arn(f"vpc-endpoint-service/{service.id}"), "private-dns")
    service.private_dns_value = f"vpce:{stream.hex(20)}"
    service.private_dns_record = f"_{stream.hex(20)}"


def _changed(call: Call, request: Input, have: Sequence[str], member: str, sort: str) -> list[str]:
    gone = request.get(f"Remove{member}", ())
    added = _expect_balancers(call, request.get(f"Add{member}", ()), sort)
    kept = [each for each in have if each not in gone]
    return [*kept, *(each for each in added if each not in kept)]


def _expect_balancers(call: Call, arns: Iterable[str], sort: str) -> list[str]:
    """ARNs of load balancers of a sort (`net`, `gwy`) that the account owns here."""
    found = list(dict.fromkeys(arns))
    for each in found:
        arn = find_arn(each)
        if (
            arn is None
            or arn.service != "elasticloadbalancing"
            or (arn.account, arn.region) != (call.account, call.region)
            or not arn.resource.startswith(f"loadbalancer/{sort}/")
        ):
            raise AwsError("InvalidParameter", f"Load balancer '{each}' does not exist.")
    return found


def _expect_one_sort(network: Sequence[str], gateway: Sequence[str]) -> None:
    if network and gateway:
        raise AwsError(
            "InvalidParameter",
            "A service has either Network Load Balancers or Gateway Load Balancers.",
        )
    if not network and not gateway:
        raise AwsError("InvalidParameter", "A service needs at least one load balancer.")


def _expect_families(given: Iterable[str]) -> list[str]:
    families = list(dict.fromkeys(given))
    for each in families:
        if each not in _FAMILIES:
            raise invalid_value(each, "SupportedIpAddressTypes", "It is ipv4 or ipv6.")
    if not families:
        raise invalid_value("", "SupportedIpAddressTypes", "There has to be one.")
    return families


def _expect_regions(call: Call, given: Iterable[str]) -> list[str]:
    regions = list(dict.fromkeys(given)) or [call.region]
    for each in regions:
        if find_region(each) is None:
            raise invalid_value(each, "SupportedRegions", "There is no such Region.")
    return regions


def _type_of(principal: str) -> str | None:
    """What a principal is, as AWS calls it; None if it is none."""
    if principal == "*":
        return "All"
    if principal.isdecimal() and len(principal) == 12:
        return "Account"
    arn = find_arn(principal)
    if arn is None:
        return "Service" if principal.endswith(".amazonaws.com") else None
    if arn.service == "organizations":
        return "OrganizationUnit"
    if arn.service not in ("iam", "sts"):
        return None
    if arn.resource == "root":
        return "Account"
    return MappingProxyType({"user": "User", "role": "Role", "assumed-role": "Role"}).get(
        arn.resource.partition("/")[0]
    )


def _permission(service: EndpointService, principal: str) -> dict[str, Any]:
    return {
        "PrincipalType": _type_of(principal) or "All",
        "Principal": principal,
        "ServicePermissionId": service.permissions[principal],
        "ServiceId": service.id,
        "PermissionType": "vpc-endpoint",
    }


_PERMISSION_FILTERS: Final = MappingProxyType(
    {
        "permission-type": lambda each: ("vpc-endpoint",),
        "principal": lambda each: (each,),
        "principal-type": lambda each: (_type_of(each) or "All",),
    }
)

DESCRIPTION: Final = Description(
    kind=ENDPOINT_SERVICE,
    ids="ServiceIds",
    answer="ServiceConfigurations",
    view=shown,
    filters=MappingProxyType(
        {
            "service-name": lambda _, row: (row.name,),
            "service-id": lambda _, row: (row.id,),
            "service-state": lambda _, row: (row.state,),
            "supported-ip-address-types": lambda _, row: row.address_types,
        }
    ),
)
