"""What VPCs and subnets look like in answers.

Rules of this file: rows in, members of answers out. Zones are named as the asking account does.
"""

from __future__ import annotations

from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.interfaces.allocation import free_count
from cloudchamber.services.ec2.vpcs.block_public_access import mode_of
from cloudchamber.services.ec2.vpcs.lookup import zone_name
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, CidrAssociation, Subnet, Vpc


def vpc_view(call: Call, vpc: Vpc) -> dict[str, Any]:
    """A VPC (shape `Vpc`)."""
    return {
        "VpcId": vpc.id,
        "OwnerId": vpc.owner,
        "State": vpc.state,
        "CidrBlock": vpc.blocks[0].cidr,
        "CidrBlockAssociationSet": [block_view(each) for each in vpc.blocks],
        "Ipv6CidrBlockAssociationSet": [block6_view(each) for each in vpc.blocks6],
        "DhcpOptionsId": vpc.dhcp_options,
        "InstanceTenancy": vpc.tenancy,
        "IsDefault": vpc.is_default,
        "Tags": tags.shown(call, vpc.id),
        "BlockPublicAccessStates": {
            "InternetGatewayBlockMode": mode_of(call.cloud, vpc.owner, call.region, vpc.id)
        },
    }


def block_view(block: CidrAssociation) -> dict[str, Any]:
    """An IPv4 CIDR of a VPC."""
    return {
        "AssociationId": block.id,
        "CidrBlock": block.cidr,
        "CidrBlockState": {"State": block.state},
    }


def block6_view(block: CidrAssociation) -> dict[str, Any]:
    """An IPv6 CIDR of a VPC."""
    return {
        **subnet_block_view(block),
        "NetworkBorderGroup": block.border_group,
        "Ipv6Pool": "Amazon",
    }


def subnet_block_view(block: CidrAssociation) -> dict[str, Any]:
    """An IPv6 CIDR of a subnet."""
    return {
        "AssociationId": block.id,
        "Ipv6CidrBlock": block.cidr,
        "Ipv6CidrBlockState": {"State": block.state},
        "Ipv6AddressAttribute": "public",
        "IpSource": "amazon",
    }


def subnet_view(call: Call, subnet: Subnet) -> dict[str, Any]:
    """A subnet (shape `Subnet`)."""
    view: dict[str, Any] = {
        "SubnetId": subnet.id,
        "SubnetArn": arn_of_subnet(call, subnet),
        "OwnerId": subnet.owner,
        "VpcId": subnet.vpc,
        "State": subnet.state,
        "AvailabilityZone": zone_name(call, subnet.zone_id),
        "AvailabilityZoneId": subnet.zone_id,
        "AvailableIpAddressCount": free_count(call.cloud, subnet),
        "DefaultForAz": subnet.is_default,
        "MapPublicIpOnLaunch": subnet.map_public_ip,
        "MapCustomerOwnedIpOnLaunch": False,
        "AssignIpv6AddressOnCreation": subnet.assign_ipv6,
        "Ipv6CidrBlockAssociationSet": [subnet_block_view(each) for each in subnet.blocks6],
        "EnableDns64": subnet.dns64,
        "Ipv6Native": subnet.is_ipv6_only,
        "PrivateDnsNameOptionsOnLaunch": {
            "HostnameType": subnet.hostname_type,
            "EnableResourceNameDnsARecord": subnet.has_a_record,
            "EnableResourceNameDnsAAAARecord": subnet.has_aaaa_record,
        },
        "BlockPublicAccessStates": {
            "InternetGatewayBlockMode": mode_of(
                call.cloud, subnet.owner, call.region, subnet.vpc, subnet.id
            )
        },
        "Tags": tags.shown(call, subnet.id),
    }
    if subnet.cidr:
        view["CidrBlock"] = subnet.cidr
    if subnet.lni_index:
        view["EnableLniAtDeviceIndex"] = subnet.lni_index
    return view


def arn_of_subnet(call: Call, subnet: Subnet) -> str:
    """A subnet's ARN, which names its owner."""
    return kinds.arn_of(SUBNET, subnet.owner, call.region, subnet.id)
