"""Service networks: who may reach what, across VPCs and accounts.

Rules of this file: a service network goes only when nothing is associated with it.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/service-networks.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    here,
    network_of,
    new_id,
    new_parts,
    own_network,
    paged,
    seconds,
    visible,
)
from cloudchamber.services.vpc_lattice.nouns import (
    LOG_SUBSCRIPTIONS,
    NETWORKS,
    RESOURCE_POLICIES,
    SERVICE_ASSOCIATIONS,
    VPC_ASSOCIATIONS,
    ServiceNetwork,
)
from cloudchamber.services.vpc_lattice.refusals import conflict, quota_exceeded

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_service_network(call: Call, request: Input) -> Output:
    """Make a service network; names are unique in the account and Region."""
    name = request["name"]
    mine = list(here(call, NETWORKS))
    if any(each.name == name for each in mine):
        raise conflict("SERVICE_NETWORK", name, f"A service network named {name} already exists")
    if len(mine) >= call.quota("service-networks"):
        raise quota_exceeded("SERVICE_NETWORK", "L-service-networks", len(mine))
    identifier = new_id(call, "sn")
    row = ServiceNetwork(
        **new_parts(call, identifier, call.arn(f"servicenetwork/{identifier}"), request),
        name=name,
        auth=request.get("authType", "NONE"),
        is_sharable=request.get("sharingConfig", {}).get("enabled", True),
    )
    call.rows(NETWORKS)[identifier] = row
    return {**_brief(row), "authType": row.auth, "sharingConfig": {"enabled": row.is_sharable}}


def get_service_network(call: Call, request: Input) -> Output:
    """A service network, and how much is associated with it."""
    row = network_of(call, request["serviceNetworkIdentifier"])
    return {
        **_counted(call, row),
        "authType": row.auth,
        "sharingConfig": {"enabled": row.is_sharable},
    }


def list_service_networks(call: Call, request: Input) -> Output:
    """The service networks of the account and those shared with it."""
    rows = visible(call, NETWORKS, "vpc-lattice:ServiceNetwork")
    return paged(
        request, rows,
        lambda row: {**_counted(call, row), "numberOfAssociatedResourceConfigurations": 0}, by_id,
    )  # fmt: skip


def update_service_network(call: Call, request: Input) -> Output:
    """Turn IAM authorization on or off."""
    row = own_network(call, request["serviceNetworkIdentifier"])
    row.auth, row.updated_ns = request["authType"], call.now
    return {**_brief(row), "authType": row.auth}


def delete_service_network(call: Call, request: Input) -> Output:
    """Delete a service network that nothing is associated with."""
    row = own_network(call, request["serviceNetworkIdentifier"])
    vpcs, services = _count(call, row)
    if vpcs or services:
        raise conflict(
            "SERVICE_NETWORK", row.id,
            f"{row.id} has {vpcs} VPC associations and {services} service associations",
        )  # fmt: skip
    del call.rows(NETWORKS)[row.id]
    call.rows(RESOURCE_POLICIES).pop(row.arn, None)
    subscriptions = call.rows(LOG_SUBSCRIPTIONS)
    for each in [each.id for each in subscriptions.values() if each.resource == row.arn]:
        del subscriptions[each]
    return {}


def _brief(row: ServiceNetwork) -> dict[str, Any]:
    return {"id": row.id, "arn": row.arn, "name": row.name}


def _counted(call: Call, row: ServiceNetwork) -> dict[str, Any]:
    vpcs, services = _count(call, row)
    return {
        **_brief(row),
        "createdAt": seconds(row.created_ns),
        "lastUpdatedAt": seconds(row.updated_ns),
        "numberOfAssociatedVPCs": vpcs,
        "numberOfAssociatedServices": services,
    }


def _count(call: Call, row: ServiceNetwork) -> tuple[int, int]:
    return (
        sum(each.network == row.id for each in call.rows(VPC_ASSOCIATIONS).values()),
        sum(each.network == row.id for each in call.rows(SERVICE_ASSOCIATIONS).values()),
    )
