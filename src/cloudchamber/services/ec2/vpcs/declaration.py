"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import recorded, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once_answered
from cloudchamber.services.ec2.permissions import created, named, requested, tagged
from cloudchamber.services.ec2.vpcs import (
    absent,
    acl_entries,
    acls,
    block_public_access,
    blocks,
    dhcp_options,
    internet_gateways,
    reservations,
    subnet_attributes,
    subnets,
    table_associations,
    table_routes,
    tables,
    vpcs,
)
from cloudchamber.services.ec2.vpcs.ipv6_pool import AMAZON_BLOCKS
from cloudchamber.services.ec2.vpcs.nouns import (
    BLOCK_EXCLUSION,
    BLOCK_OPTIONS,
    CIDR_RESERVATION,
    DHCP_OPTIONS_SET,
    EGRESS_ONLY_GATEWAY,
    INTERNET_GATEWAY,
    NETWORK_ACL,
    ROUTE_TABLE,
    SUBNET,
    VPC,
)

_VPC: Final = named(VPC, "VpcId")
_SUBNET: Final = named(SUBNET, "SubnetId")
_TABLE: Final = named(ROUTE_TABLE, "RouteTableId")
_ACL: Final = named(NETWORK_ACL, "NetworkAclId")
_GATEWAY: Final = named(INTERNET_GATEWAY, "InternetGatewayId")
_TABLE_TAGS: Final = tagged(ROUTE_TABLE, "RouteTableId")
_ACL_TAGS: Final = tagged(NETWORK_ACL, "NetworkAclId")
_GATEWAY_TAGS: Final = tagged(INTERNET_GATEWAY, "InternetGatewayId")

AREA: Final = Area(
    operations={
        "CreateVpc": simulated(vpcs.create_vpc, resource=created(VPC), context=requested),
        "CreateDefaultVpc": simulated(vpcs.create_default_vpc),
        "DeleteVpc": simulated(vpcs.delete_vpc, resource=_VPC, context=tagged(VPC, "VpcId")),
        "DescribeVpcs": simulated(vpcs.describe_vpcs),
        "DescribeVpcAttribute": simulated(vpcs.describe_vpc_attribute, resource=_VPC),
        "ModifyVpcAttribute": simulated(
            vpcs.modify_vpc_attribute, resource=_VPC, context=tagged(VPC, "VpcId")
        ),
        "ModifyVpcTenancy": simulated(
            vpcs.modify_vpc_tenancy, resource=_VPC, context=tagged(VPC, "VpcId")
        ),
        "AssociateVpcCidrBlock": simulated(
            blocks.associate_vpc_cidr_block, resource=_VPC, context=tagged(VPC, "VpcId")
        ),
        "DisassociateVpcCidrBlock": simulated(
            blocks.disassociate_vpc_cidr_block, resource=named(VPC)
        ),
        "CreateSubnet": simulated(
            subnets.create_subnet, resource=created(SUBNET, _VPC), context=requested
        ),
        "CreateDefaultSubnet": simulated(subnets.create_default_subnet),
        "DeleteSubnet": simulated(
            subnets.delete_subnet, resource=_SUBNET, context=tagged(SUBNET, "SubnetId")
        ),
        "DescribeSubnets": simulated(subnets.describe_subnets),
        "ModifySubnetAttribute": simulated(
            subnet_attributes.modify_subnet_attribute,
            resource=_SUBNET,
            context=tagged(SUBNET, "SubnetId"),
        ),
        "AssociateSubnetCidrBlock": simulated(
            subnet_attributes.associate_subnet_cidr_block,
            resource=_SUBNET,
            context=tagged(SUBNET, "SubnetId"),
        ),
        "DisassociateSubnetCidrBlock": simulated(
            subnet_attributes.disassociate_subnet_cidr_block, resource=named(SUBNET)
        ),
        "CreateSubnetCidrReservation": simulated(
            reservations.create_subnet_cidr_reservation,
            resource=created(CIDR_RESERVATION, _SUBNET),
            context=requested,
        ),
        "DeleteSubnetCidrReservation": simulated(
            reservations.delete_subnet_cidr_reservation,
            resource=named(CIDR_RESERVATION, "SubnetCidrReservationId"),
        ),
        "GetSubnetCidrReservations": simulated(reservations.get_subnet_cidr_reservations),
        "CreateRouteTable": simulated(
            once_answered(tables.create_route_table),
            resource=created(ROUTE_TABLE, _VPC),
            context=requested,
        ),
        "DeleteRouteTable": simulated(
            tables.delete_route_table, resource=_TABLE, context=_TABLE_TAGS
        ),
        "DescribeRouteTables": simulated(tables.describe_route_tables),
        "CreateRoute": simulated(table_routes.create_route, resource=_TABLE, context=_TABLE_TAGS),
        "ReplaceRoute": simulated(table_routes.replace_route, resource=_TABLE, context=_TABLE_TAGS),
        "DeleteRoute": simulated(table_routes.delete_route, resource=_TABLE, context=_TABLE_TAGS),
        "AssociateRouteTable": simulated(
            table_associations.associate_route_table, resource=_TABLE, context=_TABLE_TAGS
        ),
        "DisassociateRouteTable": simulated(
            table_associations.disassociate_route_table, resource=named(ROUTE_TABLE)
        ),
        "ReplaceRouteTableAssociation": simulated(
            table_associations.replace_route_table_association,
            resource=_TABLE,
            context=_TABLE_TAGS,
        ),
        "CreateInternetGateway": simulated(
            internet_gateways.create_internet_gateway,
            resource=created(INTERNET_GATEWAY),
            context=requested,
        ),
        "DeleteInternetGateway": simulated(
            internet_gateways.delete_internet_gateway, resource=_GATEWAY, context=_GATEWAY_TAGS
        ),
        "AttachInternetGateway": simulated(
            internet_gateways.attach_internet_gateway, resource=_GATEWAY, context=_GATEWAY_TAGS
        ),
        "DetachInternetGateway": simulated(
            internet_gateways.detach_internet_gateway, resource=_GATEWAY, context=_GATEWAY_TAGS
        ),
        "DescribeInternetGateways": simulated(internet_gateways.describe_internet_gateways),
        "CreateEgressOnlyInternetGateway": simulated(
            once_answered(internet_gateways.create_egress_only_gateway),
            resource=created(EGRESS_ONLY_GATEWAY, _VPC),
            context=requested,
        ),
        "DeleteEgressOnlyInternetGateway": simulated(
            internet_gateways.delete_egress_only_gateway,
            resource=named(EGRESS_ONLY_GATEWAY, "EgressOnlyInternetGatewayId"),
        ),
        "DescribeEgressOnlyInternetGateways": simulated(
            internet_gateways.describe_egress_only_gateways
        ),
        "CreateNetworkAcl": simulated(
            once_answered(acls.create_network_acl),
            resource=created(NETWORK_ACL, _VPC),
            context=requested,
        ),
        "DeleteNetworkAcl": simulated(acls.delete_network_acl, resource=_ACL, context=_ACL_TAGS),
        "DescribeNetworkAcls": simulated(acls.describe_network_acls),
        "ReplaceNetworkAclAssociation": simulated(
            acls.replace_network_acl_association, resource=_ACL, context=_ACL_TAGS
        ),
        "CreateNetworkAclEntry": simulated(
            acl_entries.create_network_acl_entry, resource=_ACL, context=_ACL_TAGS
        ),
        "ReplaceNetworkAclEntry": simulated(
            acl_entries.replace_network_acl_entry, resource=_ACL, context=_ACL_TAGS
        ),
        "DeleteNetworkAclEntry": simulated(
            acl_entries.delete_network_acl_entry, resource=_ACL, context=_ACL_TAGS
        ),
        "CreateDhcpOptions": recorded(
            dhcp_options.create_dhcp_options,
            "no instance asks for a lease, so none is told the options",
            resource=created(DHCP_OPTIONS_SET),
        ),
        "AssociateDhcpOptions": recorded(
            dhcp_options.associate_dhcp_options,
            "no instance asks for a lease, so none is told the options",
            resource=_VPC,
        ),
        "DeleteDhcpOptions": simulated(
            dhcp_options.delete_dhcp_options, resource=named(DHCP_OPTIONS_SET, "DhcpOptionsId")
        ),
        "DescribeDhcpOptions": simulated(dhcp_options.describe_dhcp_options),
        "DescribeVpcBlockPublicAccessOptions": simulated(block_public_access.describe_options),
        "ModifyVpcBlockPublicAccessOptions": simulated(block_public_access.modify_options),
        "CreateVpcBlockPublicAccessExclusion": simulated(
            block_public_access.create_exclusion,
            resource=created(BLOCK_EXCLUSION),
            context=requested,
        ),
        "ModifyVpcBlockPublicAccessExclusion": simulated(
            block_public_access.modify_exclusion, resource=named(BLOCK_EXCLUSION, "ExclusionId")
        ),
        "DeleteVpcBlockPublicAccessExclusion": simulated(
            block_public_access.delete_exclusion, resource=named(BLOCK_EXCLUSION, "ExclusionId")
        ),
        "DescribeVpcBlockPublicAccessExclusions": simulated(
            block_public_access.describe_exclusions
        ),
        **absent.OPERATIONS,
    },
    kinds=(
        VPC,
        SUBNET,
        DHCP_OPTIONS_SET,
        ROUTE_TABLE,
        INTERNET_GATEWAY,
        EGRESS_ONLY_GATEWAY,
        NETWORK_ACL,
        CIDR_RESERVATION,
        BLOCK_EXCLUSION,
    ),
    tables=(BLOCK_OPTIONS, AMAZON_BLOCKS),
    kernel_events={
        vpcs.VPC_DUE: vpcs.vpc_due,
        blocks.BLOCK_DUE: blocks.block_due,
        subnet_attributes.SUBNET_BLOCK_DUE: subnet_attributes.subnet_block_due,
        block_public_access.EXCLUSION_DUE: block_public_access.exclusion_due,
        block_public_access.OPTIONS_DUE: block_public_access.options_due,
    },
)
