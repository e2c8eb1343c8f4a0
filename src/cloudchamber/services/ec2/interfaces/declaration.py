"""What this area of EC2 answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Operation, recorded, refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once, once_answered
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import (
    addresses,
    attributes,
    group_vpcs,
    interface_views,
    interfaces,
    list_uses,
    nat_addresses,
    nat_gateways,
    permits,
    prefix_lists,
    secondary,
    security_group_rules,
    security_groups,
    transfers,
)
from cloudchamber.services.ec2.interfaces.allocation import TAKEN
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    DEFAULT_GROUPS,
    INTERFACE,
    NAT_GATEWAY,
    PERMIT,
    PREFIX_LIST,
    PUBLIC_ADDRESSES,
    RELEASED,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    TRANSFERS,
)
from cloudchamber.services.ec2.permissions import created, named, requested, tagged
from cloudchamber.services.ec2.vpcs.nouns import SUBNET, VPC

_INTERFACE: Final = named(INTERFACE, "NetworkInterfaceId")
_OF_INTERFACE: Final = tagged(INTERFACE, "NetworkInterfaceId")
_GROUP: Final = named(SECURITY_GROUP, "GroupId")
_OF_GROUP: Final = tagged(SECURITY_GROUP, "GroupId")

_ADDRESS: Final = named(ADDRESS, "AllocationId")
_OF_ADDRESS: Final = tagged(ADDRESS, "AllocationId")
_NAT: Final = named(NAT_GATEWAY, "NatGatewayId")
_OF_NAT: Final = tagged(NAT_GATEWAY, "NatGatewayId")
_LIST: Final = named(PREFIX_LIST, "PrefixListId")
_OF_LIST: Final = tagged(PREFIX_LIST, "PrefixListId")


def _target(call: Call, request: Input) -> Sequence[str]:
    """An elastic address, and the instance or interface that it is to lead to."""
    return [
        arn
        for of, member in (
            (_ADDRESS, "AllocationId"),
            (named(INSTANCE, "InstanceId"), "InstanceId"),
            (_INTERFACE, "NetworkInterfaceId"),
        )
        if request.get(member)
        for arn in of(call, request)
    ] or ["*"]


_CLASSIC: Final = "EC2-Classic is retired"
_OWN_ADDRESSES: Final = "address ranges that are brought along are not simulated"

_INTERFACE_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateNetworkInterface": simulated(
            once_answered(interfaces.create_network_interface),
            resource=created(INTERFACE, named(SUBNET, "SubnetId"), named(SECURITY_GROUP, "Groups")),
            context=tagged(SUBNET, "SubnetId"),
        ),
        "DeleteNetworkInterface": simulated(
            interfaces.delete_network_interface,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "DescribeNetworkInterfaces": simulated(interface_views.describe_network_interfaces),
        "AttachNetworkInterface": simulated(
            interfaces.attach_network_interface,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "DetachNetworkInterface": simulated(
            interfaces.detach_network_interface,
            resource=named(INSTANCE),
        ),
        "ModifyNetworkInterfaceAttribute": simulated(
            attributes.modify_network_interface_attribute,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "ResetNetworkInterfaceAttribute": simulated(
            attributes.reset_network_interface_attribute,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "DescribeNetworkInterfaceAttribute": simulated(
            attributes.describe_network_interface_attribute,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "ModifyPublicIpDnsNameOptions": recorded(
            attributes.modify_public_ip_dns_name_options,
            "the type is stored and shown; nothing resolves the name",
            resource=_INTERFACE,
        ),
        "AssignPrivateIpAddresses": simulated(
            secondary.assign_private_ip_addresses,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "UnassignPrivateIpAddresses": simulated(
            secondary.unassign_private_ip_addresses,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "AssignIpv6Addresses": simulated(
            secondary.assign_ipv6_addresses,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "UnassignIpv6Addresses": simulated(
            secondary.unassign_ipv6_addresses,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "CreateNetworkInterfacePermission": simulated(
            permits.create_network_interface_permission,
            resource=_INTERFACE,
            context=_OF_INTERFACE,
        ),
        "DeleteNetworkInterfacePermission": simulated(
            permits.delete_network_interface_permission,
        ),
        "DescribeNetworkInterfacePermissions": simulated(
            permits.describe_network_interface_permissions,
        ),
    }
)

_GROUP_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateSecurityGroup": simulated(
            security_groups.create_security_group,
            resource=created(SECURITY_GROUP, named(VPC, "VpcId")),
            context=tagged(VPC, "VpcId"),
        ),
        "DeleteSecurityGroup": simulated(
            security_groups.delete_security_group,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "DescribeSecurityGroups": simulated(
            security_groups.describe_security_groups,
        ),
        "GetSecurityGroupsForVpc": simulated(
            security_groups.get_security_groups_for_vpc,
            resource=named(VPC, "VpcId"),
        ),
        "AuthorizeSecurityGroupIngress": simulated(
            security_group_rules.authorize_security_group_ingress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "AuthorizeSecurityGroupEgress": simulated(
            security_group_rules.authorize_security_group_egress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "RevokeSecurityGroupIngress": simulated(
            security_group_rules.revoke_security_group_ingress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "RevokeSecurityGroupEgress": simulated(
            security_group_rules.revoke_security_group_egress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "UpdateSecurityGroupRuleDescriptionsIngress": simulated(
            security_group_rules.update_security_group_rule_descriptions_ingress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "UpdateSecurityGroupRuleDescriptionsEgress": simulated(
            security_group_rules.update_security_group_rule_descriptions_egress,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "ModifySecurityGroupRules": simulated(
            security_group_rules.modify_security_group_rules,
            resource=_GROUP,
            context=_OF_GROUP,
        ),
        "DescribeSecurityGroupRules": simulated(
            security_group_rules.describe_security_group_rules,
        ),
        "AssociateSecurityGroupVpc": simulated(
            group_vpcs.associate_security_group_vpc,
            resource=named(SECURITY_GROUP, "GroupId"),
            context=_OF_GROUP,
        ),
        "DisassociateSecurityGroupVpc": simulated(
            group_vpcs.disassociate_security_group_vpc,
            resource=named(SECURITY_GROUP, "GroupId"),
            context=_OF_GROUP,
        ),
        "DescribeSecurityGroupVpcAssociations": simulated(
            group_vpcs.describe_security_group_vpc_associations,
        ),
        "DescribeSecurityGroupReferences": simulated(
            group_vpcs.describe_security_group_references,
        ),
        "DescribeStaleSecurityGroups": simulated(
            group_vpcs.describe_stale_security_groups,
        ),
        "ValidateSecurityGroupQuotasForInterface": refused(
            "only authorized AWS services may call it"
        ),
    }
)

_ADDRESS_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "AllocateAddress": simulated(
            addresses.allocate_address,
            resource=created(ADDRESS),
            context=requested,
        ),
        "AssociateAddress": simulated(
            addresses.associate_address,
            resource=_target,
            context=_OF_ADDRESS,
        ),
        "DisassociateAddress": simulated(
            addresses.disassociate_address,
            resource=named(ADDRESS),
        ),
        "ReleaseAddress": simulated(
            addresses.release_address,
            resource=_ADDRESS,
            context=_OF_ADDRESS,
        ),
        "DescribeAddresses": simulated(
            addresses.describe_addresses,
        ),
        "DescribeAddressesAttribute": simulated(
            addresses.describe_addresses_attribute,
        ),
        "ModifyAddressAttribute": recorded(
            addresses.modify_address_attribute,
            "the name is stored and shown; nothing resolves it",
            resource=_ADDRESS,
        ),
        "ResetAddressAttribute": recorded(
            addresses.reset_address_attribute,
            "the name is stored and shown; nothing resolves it",
            resource=_ADDRESS,
        ),
        "EnableAddressTransfer": simulated(
            transfers.enable_address_transfer,
            resource=_ADDRESS,
            context=_OF_ADDRESS,
        ),
        "DisableAddressTransfer": simulated(
            transfers.disable_address_transfer,
            resource=_ADDRESS,
            context=_OF_ADDRESS,
        ),
        "AcceptAddressTransfer": simulated(
            transfers.accept_address_transfer,
            resource=created(ADDRESS),
            context=requested,
        ),
        "DescribeAddressTransfers": simulated(
            transfers.describe_address_transfers,
        ),
        "MoveAddressToVpc": refused(_CLASSIC),
        "RestoreAddressToClassic": refused(_CLASSIC),
        "DescribeMovingAddresses": refused(_CLASSIC),
        "CreatePublicIpv4Pool": refused(_OWN_ADDRESSES),
        "DeletePublicIpv4Pool": refused(_OWN_ADDRESSES),
        "DescribePublicIpv4Pools": refused(_OWN_ADDRESSES),
        "ProvisionPublicIpv4PoolCidr": refused(_OWN_ADDRESSES),
        "DeprovisionPublicIpv4PoolCidr": refused(_OWN_ADDRESSES),
    }
)

_NAT_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateNatGateway": simulated(
            once_answered(nat_gateways.create_nat_gateway),
            resource=created(
                NAT_GATEWAY, named(SUBNET, "SubnetId"), named(ADDRESS, "AllocationId")
            ),
            context=tagged(SUBNET, "SubnetId"),
        ),
        "DeleteNatGateway": simulated(
            nat_gateways.delete_nat_gateway,
            resource=_NAT,
            context=_OF_NAT,
        ),
        "DescribeNatGateways": simulated(
            nat_gateways.describe_nat_gateways,
        ),
        "AssignPrivateNatGatewayAddress": simulated(
            nat_addresses.assign_private_nat_gateway_address,
            resource=_NAT,
            context=_OF_NAT,
        ),
        "UnassignPrivateNatGatewayAddress": simulated(
            nat_addresses.unassign_private_nat_gateway_address,
            resource=_NAT,
            context=_OF_NAT,
        ),
        "AssociateNatGatewayAddress": simulated(
            nat_addresses.associate_nat_gateway_address,
            resource=_NAT,
            context=_OF_NAT,
        ),
        "DisassociateNatGatewayAddress": simulated(
            nat_addresses.disassociate_nat_gateway_address,
            resource=_NAT,
            context=_OF_NAT,
        ),
    }
)

_LIST_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateManagedPrefixList": simulated(
            once(prefix_lists.create_managed_prefix_list),
            resource=created(PREFIX_LIST),
            context=requested,
        ),
        "ModifyManagedPrefixList": simulated(
            prefix_lists.modify_managed_prefix_list,
            resource=_LIST,
            context=_OF_LIST,
        ),
        "RestoreManagedPrefixListVersion": simulated(
            prefix_lists.restore_managed_prefix_list_version,
            resource=_LIST,
            context=_OF_LIST,
        ),
        "DeleteManagedPrefixList": simulated(
            prefix_lists.delete_managed_prefix_list,
            resource=_LIST,
            context=_OF_LIST,
        ),
        "DescribeManagedPrefixLists": simulated(
            prefix_lists.describe_managed_prefix_lists,
        ),
        "DescribePrefixLists": simulated(
            prefix_lists.describe_prefix_lists,
        ),
        "GetManagedPrefixListAssociations": simulated(
            list_uses.get_managed_prefix_list_associations,
            resource=_LIST,
            context=_OF_LIST,
        ),
        "GetManagedPrefixListEntries": simulated(
            list_uses.get_managed_prefix_list_entries,
            resource=_LIST,
            context=_OF_LIST,
        ),
    }
)

AREA: Final = Area(
    operations={
        **_INTERFACE_OPERATIONS,
        **_GROUP_OPERATIONS,
        **_ADDRESS_OPERATIONS,
        **_NAT_OPERATIONS,
        **_LIST_OPERATIONS,
    },
    tables=(TAKEN, DEFAULT_GROUPS, PUBLIC_ADDRESSES, RELEASED, TRANSFERS),
    kernel_events={
        nat_gateways.DUE: nat_gateways.come_due,
        prefix_lists.DUE: prefix_lists.come_due,
    },
    kinds=(
        INTERFACE,
        PERMIT,
        SECURITY_GROUP,
        SECURITY_GROUP_RULE,
        PREFIX_LIST,
        ADDRESS,
        NAT_GATEWAY,
    ),
)
