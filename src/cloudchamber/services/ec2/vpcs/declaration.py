"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.permissions import created, named, requested, tagged
from cloudchamber.services.ec2.vpcs import (
    block_public_access,
    blocks,
    reservations,
    subnet_attributes,
    subnets,
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
