"""The types of resources that can be shared here, and AWS's managed permission for each.

Rules of this file: data, for the services that are in the chamber. `is_external` says whether AWS
lets a type be shared outside of the owner's organization.
https://docs.aws.amazon.com/ram/latest/userguide/shareable.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.cloud.arns import find_arn


class ResourceType(NamedTuple):
    """A type, the beginning of its ARNs' resource part, its managed permission and its actions."""

    name: str
    service: str
    resource: str
    is_external: bool
    permission: str
    actions: tuple[str, ...]


TYPES: Final = (
    ResourceType(
        "ec2:Subnet", "ec2", "subnet/", False, "AWSRAMDefaultPermissionSubnet",
        ("ec2:CreateNetworkInterface", "ec2:DescribeSubnets", "ec2:RunInstances",
         "ec2:CreateTags", "ec2:DeleteTags", "ec2:CreateFleet"),
    ),
    ResourceType(
        "ec2:SecurityGroup", "ec2", "security-group/", False,
        "AWSRAMDefaultPermissionSecurityGroup",
        ("ec2:CreateNetworkInterface", "ec2:DescribeSecurityGroups", "ec2:RunInstances",
         "ec2:ModifyNetworkInterfaceAttribute", "ec2:CreateTags", "ec2:DeleteTags"),
    ),
    ResourceType(
        "ec2:PrefixList", "ec2", "prefix-list/", True, "AWSRAMDefaultPermissionPrefixList",
        ("ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries",
         "ec2:GetManagedPrefixListAssociations", "ec2:CreateTags", "ec2:DeleteTags"),
    ),
    ResourceType(
        "ec2:TransitGateway", "ec2", "transit-gateway/", True,
        "AWSRAMDefaultPermissionTransitGateway",
        ("ec2:CreateTransitGatewayVpcAttachment", "ec2:DeleteTransitGatewayVpcAttachment",
         "ec2:DescribeTransitGatewayVpcAttachments", "ec2:DescribeTransitGateways",
         "ec2:ModifyTransitGatewayVpcAttachment", "ec2:CreateTags", "ec2:DeleteTags"),
    ),
    ResourceType(
        "vpc-lattice:Service", "vpc-lattice", "service/", True,
        "AWSRAMPermissionVpcLatticeServiceReadWrite",
        ("vpc-lattice:CreateServiceNetworkServiceAssociation", "vpc-lattice:GetService",
         "vpc-lattice:ListServices"),
    ),
    ResourceType(
        "vpc-lattice:ServiceNetwork", "vpc-lattice", "servicenetwork/", True,
        "AWSRAMPermissionVpcLatticeServiceNetworkReadWrite",
        ("vpc-lattice:CreateServiceNetworkServiceAssociation",
         "vpc-lattice:CreateServiceNetworkVpcAssociation", "vpc-lattice:GetServiceNetwork",
         "vpc-lattice:ListServiceNetworks"),
    ),
)  # fmt: skip

BY_NAME: Final = MappingProxyType({each.name: each for each in TYPES})
# When AWS published the first of these, ns: it shows dates that nobody here has made.
PUBLISHED_NS: Final = 1_542_672_000_000_000_000


def type_of(arn: str) -> ResourceType | None:
    """The type of what an ARN names, or None for one that cannot be shared here."""
    parts = find_arn(arn)
    if parts is None:
        return None
    return next(
        (
            each
            for each in TYPES
            if each.service == parts.service and parts.resource.startswith(each.resource)
        ),
        None,
    )


def find_type(name: str) -> ResourceType | None:
    """A type by its name, in any case."""
    return next((each for each in TYPES if each.name.lower() == name.lower()), None)
