"""Associations of services and of VPCs with service networks.

Rules of this file: both sides have to be visible to who associates them. A VPC is in one service
network at most. AWS works for some seconds (CREATE_IN_PROGRESS); here it is done when the call is
answered. https://docs.aws.amazon.com/vpc-lattice/latest/ug/service-network-associations.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.ports import LatticeFacts
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice import networks
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    network_of,
    new_id,
    new_parts,
    own,
    paged,
    seconds,
    service_of,
)
from cloudchamber.services.vpc_lattice.nouns import (
    NETWORKS,
    SERVICE_ASSOCIATIONS,
    SERVICES,
    VPC_ASSOCIATIONS,
    ServiceAssociation,
    VpcAssociation,
)
from cloudchamber.services.vpc_lattice.refusals import conflict, invalid, not_found, quota_exceeded
from cloudchamber.services.vpc_lattice.services import dns_entry

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud


def create_service_network_service_association(call: Call, request: Input) -> Output:
    """Put a service into a service network; once."""
    network = network_of(call, request["serviceNetworkIdentifier"])
    service = service_of(call, request["serviceIdentifier"])
    rows = call.rows(SERVICE_ASSOCIATIONS)
    mine = [each for each in rows.values() if each.network == network.id]
    if any(each.service == service.id for each in mine):
        raise conflict("SERVICE", service.id, f"{service.id} is in {network.id} already")
    if len(mine) >= call.quota("services-in-network"):
        raise quota_exceeded("SERVICE_NETWORK", "L-services-in-network", len(mine))
    identifier = new_id(call, "snsa")
    arn = call.arn(f"servicenetworkserviceassociation/{identifier}")
    row = rows[identifier] = ServiceAssociation(
        **new_parts(call, identifier, arn, request), network=network.id, service=service.id
    )
    call.event(service.arn, "vpc-lattice.service-associated",
               f"the service {service.name} is in the service network {network.name}")  # fmt: skip
    shown = {**_brief(row), "dnsEntry": dns_entry(service)}
    if service.custom:
        shown["customDomainName"] = service.custom
    return shown


def get_service_network_service_association(call: Call, request: Input) -> Output:
    """A service in a service network."""
    row = _service_association(call, request["serviceNetworkServiceAssociationIdentifier"])
    return _service_view(call, row)


def list_service_network_service_associations(call: Call, request: Input) -> Output:
    """The services of a service network, or the service networks of a service."""
    network, service = request.get("serviceNetworkIdentifier"), request.get("serviceIdentifier")
    if (network is None) == (service is None):
        raise invalid("Name either a service network or a service.")
    wanted = network_of(call, network) if network else service_of(call, service or "")
    rows = [
        each
        for each in call.rows(SERVICE_ASSOCIATIONS).values()
        if wanted.id in (each.network, each.service)
    ]
    return paged(request, rows, lambda row: _service_view(call, row), by_id)


def delete_service_network_service_association(call: Call, request: Input) -> Output:
    """Take a service out of a service network."""
    row = _service_association(call, request["serviceNetworkServiceAssociationIdentifier"])
    del call.rows(SERVICE_ASSOCIATIONS)[row.id]
    return {"id": row.id, "arn": row.arn, "status": "DELETE_IN_PROGRESS"}


def create_service_network_vpc_association(call: Call, request: Input) -> Output:
    """Let the clients of a VPC use a service network."""
    network = network_of(call, request["serviceNetworkIdentifier"])
    vpc = networks.expect_own_vpc(call, request["vpcIdentifier"])
    groups = request.get("securityGroupIds", [])
    if len(groups) > call.quota("security-groups"):
        raise invalid("There are too many security groups.", "securityGroupIds")
    networks.expect_groups(call, groups, vpc)
    rows = call.rows(VPC_ASSOCIATIONS)
    if (other := next((each for each in rows.values() if each.vpc == vpc), None)) is not None:
        raise conflict("VPC", vpc, f"{vpc} is associated with {other.network} already")
    mine = sum(each.network == network.id for each in rows.values())
    if mine >= call.quota("vpcs-in-network"):
        raise quota_exceeded("SERVICE_NETWORK", "L-vpcs-in-network", mine)
    identifier = new_id(call, "snva")
    arn = call.arn(f"servicenetworkvpcassociation/{identifier}")
    row = rows[identifier] = VpcAssociation(
        **new_parts(call, identifier, arn, request), network=network.id, vpc=vpc,
        groups=list(groups), private_dns=request.get("privateDnsEnabled", False),
        dns_options=request.get("dnsOptions", {}),
    )  # fmt: skip
    call.event(vpc, "vpc-lattice.vpc-associated",
               f"clients of {vpc} may use the service network {network.name}")  # fmt: skip
    return {**_brief(row), **_settings(row)}


def update_service_network_vpc_association(call: Call, request: Input) -> Output:
    """Change the security groups of a VPC's association; one that has some keeps at least one."""
    row = _vpc_association(call, request["serviceNetworkVpcAssociationIdentifier"])
    groups = request.get("securityGroupIds", row.groups)
    if row.groups and not groups:
        raise invalid("At least one security group has to remain.", "securityGroupIds")
    networks.expect_groups(call, groups, row.vpc)
    row.groups, row.updated_ns = list(groups), call.now
    row.private_dns = request.get("privateDnsEnabled", row.private_dns)
    row.dns_options = request.get("dnsOptions", row.dns_options)
    return {**_brief(row), **_settings(row)}


def get_service_network_vpc_association(call: Call, request: Input) -> Output:
    """A VPC's association."""
    row = _vpc_association(call, request["serviceNetworkVpcAssociationIdentifier"])
    return {**_vpc_view(call, row), **_settings(row)}


def list_service_network_vpc_associations(call: Call, request: Input) -> Output:
    """The VPCs of a service network, or the service network of a VPC."""
    network, vpc = request.get("serviceNetworkIdentifier"), request.get("vpcIdentifier")
    if (network is None) == (vpc is None):
        raise invalid("Name either a service network or a VPC.")
    wanted = network_of(call, network).id if network else (vpc or "").rpartition("/")[2]
    rows = [
        each for each in call.rows(VPC_ASSOCIATIONS).values() if wanted in (each.network, each.vpc)
    ]
    return paged(request, rows, lambda row: _vpc_view(call, row), by_id)


def delete_service_network_vpc_association(call: Call, request: Input) -> Output:
    """Let the clients of a VPC use the service network no more."""
    row = _vpc_association(call, request["serviceNetworkVpcAssociationIdentifier"])
    del call.rows(VPC_ASSOCIATIONS)[row.id]
    return {"id": row.id, "arn": row.arn, "status": "DELETE_IN_PROGRESS"}


def lattice(cloud: Cloud) -> Iterator[LatticeFacts]:
    """Port `lattice`: every VPC that is associated with a service network."""
    for row in cloud.store.rows(VPC_ASSOCIATIONS, "", "").values():
        yield LatticeFacts(id=row.id, vpc=row.vpc, network=row.network, groups=tuple(row.groups))


def _brief(row: ServiceAssociation | VpcAssociation) -> dict[str, Any]:
    return {"id": row.id, "arn": row.arn, "status": "ACTIVE", "createdBy": row.owner}


def _settings(row: VpcAssociation) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "securityGroupIds": row.groups, "privateDnsEnabled": row.private_dns
    }  # fmt: skip
    if row.dns_options:
        shown["dnsOptions"] = row.dns_options
    return shown


def _service_view(call: Call, row: ServiceAssociation) -> dict[str, Any]:
    network, service = call.rows(NETWORKS)[row.network], call.rows(SERVICES)[row.service]
    shown = {
        **_brief(row),
        "createdAt": seconds(row.created_ns),
        "serviceId": service.id,
        "serviceName": service.name,
        "serviceArn": service.arn,
        "serviceNetworkId": network.id,
        "serviceNetworkName": network.name,
        "serviceNetworkArn": network.arn,
        "dnsEntry": dns_entry(service),
    }
    if service.custom:
        shown["customDomainName"] = service.custom
    return shown


def _vpc_view(call: Call, row: VpcAssociation) -> dict[str, Any]:
    network = call.rows(NETWORKS)[row.network]
    return {
        **_brief(row),
        "createdAt": seconds(row.created_ns),
        "lastUpdatedAt": seconds(row.updated_ns),
        "serviceNetworkId": network.id,
        "serviceNetworkName": network.name,
        "serviceNetworkArn": network.arn,
        "vpcId": row.vpc,
        "privateDnsEnabled": row.private_dns,
    }


def _service_association(call: Call, identifier: str) -> ServiceAssociation:
    """An association that the account made, or whose service network is its own."""
    row = call.rows(SERVICE_ASSOCIATIONS).get(identifier.rpartition("/")[2])
    if row is None or row.region != call.region or call.account not in (
        row.owner, call.rows(NETWORKS)[row.network].owner
    ):  # fmt: skip
        raise not_found("SERVICE_NETWORK_SERVICE_ASSOCIATION", identifier)
    return row


def _vpc_association(call: Call, identifier: str) -> VpcAssociation:
    return own(call, VPC_ASSOCIATIONS, "SERVICE_NETWORK_VPC_ASSOCIATION", identifier)
