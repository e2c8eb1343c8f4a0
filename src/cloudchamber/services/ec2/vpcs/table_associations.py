"""What route tables are for: subnets, gateways, and the VPC's main table.

Rules of this file: a subnet or a gateway has one association at most, a VPC one main table always.
`Subnet.table` and `Vpc.main_table` are kept in step here.
https://docs.aws.amazon.com/vpc/latest/userguide/WorkWithRouteTables.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.refusals import invalid_combination, missing_parameter
from cloudchamber.services.ec2.vpcs.nouns import (
    INTERNET_GATEWAY,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    RouteTable,
    TableAssociation,
)
from cloudchamber.services.ec2.vpcs.refusing import refuse_absent
from cloudchamber.services.ec2.vpcs.route_targets import other_network
from cloudchamber.services.ec2.vpcs.table_routes import expect_for_gateways

PREFIX: Final = "rtbassoc"


def associate_route_table(call: Call, request: Input) -> Output:
    """Let a table route for a subnet, or for what comes in through an internet gateway."""
    refuse_absent(call, request)
    table = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    subnet_id, gateway_id = request.get("SubnetId", ""), request.get("GatewayId", "")
    if subnet_id and gateway_id:
        raise invalid_combination("The parameters subnetId and gatewayId cannot be used together.")
    if not subnet_id and not gateway_id:
        raise missing_parameter("subnetId or gatewayId")
    if subnet_id:
        _expect_subnet(call, table, subnet_id)
    else:
        _expect_gateway(call, table, gateway_id)
    before = _find_for(call, subnet_id, gateway_id)
    if before is not None:
        other, association = before
        if other is not table:
            raise AwsError(
                "Resource.AlreadyAssociated",
                f"the specified association for route table {table.id} conflicts with an "
                "existing association",
            )
    else:
        association = TableAssociation(
            id=kinds.new_id(call, PREFIX), subnet=subnet_id, gateway=gateway_id
        )
        table.associations.append(association)
        _keep_in_step(call, association, table.id)
    return {
        "AssociationId": association.id,
        "AssociationState": {"State": association.state},
    }


def disassociate_route_table(call: Call, request: Input) -> Output:
    """The subnet follows the main table again."""
    table, association = _expect_association(call, request["AssociationId"])
    if association.is_main:
        raise AwsError(
            "InvalidParameterValue",
            f"cannot disassociate the main route table association {association.id}",
        )
    table.associations.remove(association)
    _keep_in_step(call, association, "")
    return {}


def replace_route_table_association(call: Call, request: Input) -> Output:
    """Let another table route for the same subnet, or be the VPC's main table."""
    table, association = _expect_association(call, request["AssociationId"])
    other = kinds.expect_own(call, ROUTE_TABLE, request["RouteTableId"])
    if other.vpc != table.vpc:
        raise AwsError(
            "InvalidParameterValue",
            f"route table {other.id} and route table {table.id} belong to different networks",
        )
    if association.gateway:
        expect_for_gateways(call, other)
    if association.is_main and any(each.gateway for each in other.associations):
        raise AwsError(
            "InvalidParameterValue",
            f"The route table {other.id} is associated with a gateway and cannot be the main one.",
        )
    new = TableAssociation(
        id=kinds.new_id(call, PREFIX),
        subnet=association.subnet,
        gateway=association.gateway,
        is_main=association.is_main,
    )
    table.associations.remove(association)
    other.associations.append(new)
    _keep_in_step(call, new, other.id)
    return {"NewAssociationId": new.id, "AssociationState": {"State": new.state}}


def is_routing_for(call: Call, gateway_id: str) -> bool:
    """Whether a route table is associated with a gateway."""
    return _find_for(call, "", gateway_id) is not None


def _keep_in_step(call: Call, association: TableAssociation, table_id: str) -> None:
    """`Subnet.table` and `Vpc.main_table` say what the association says."""
    if association.subnet:
        call.rows(SUBNET.table)[association.subnet].table = table_id
    elif association.is_main:
        table = call.rows(ROUTE_TABLE.table)[table_id]
        call.rows(VPC.table)[table.vpc].main_table = table_id


def _expect_subnet(call: Call, table: RouteTable, subnet_id: str) -> None:
    subnet = kinds.expect_own(call, SUBNET, subnet_id)
    if subnet.vpc != table.vpc:
        raise other_network(table, "subnet", subnet_id)


def _expect_gateway(call: Call, table: RouteTable, gateway_id: str) -> None:
    gateway = kinds.find(call, INTERNET_GATEWAY, gateway_id)
    if gateway is None:
        raise AwsError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")
    if gateway.vpc != table.vpc:
        raise other_network(table, "network gateway", gateway_id)
    expect_for_gateways(call, table)


def _find_for(
    call: Call, subnet_id: str, gateway_id: str
) -> tuple[RouteTable, TableAssociation] | None:
    """The association of a subnet or a gateway."""
    if subnet_id:
        table = call.rows(ROUTE_TABLE.table).get(call.rows(SUBNET.table)[subnet_id].table)
        tables = [table] if table else []
    else:
        tables = list(call.rows(ROUTE_TABLE.table).values())
    for each in tables:
        for association in each.associations:
            if (association.subnet, association.gateway) == (subnet_id, gateway_id):
                return each, association
    return None


def _expect_association(call: Call, identifier: str) -> tuple[RouteTable, TableAssociation]:
    for table in call.rows(ROUTE_TABLE.table).values():
        for association in table.associations:
            if association.id == identifier:
                return table, association
    raise AwsError(
        "InvalidAssociationID.NotFound", f"The association ID '{identifier}' does not exist"
    )
