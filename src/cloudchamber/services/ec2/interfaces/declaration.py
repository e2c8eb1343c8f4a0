"""What this area of EC2 answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Operation, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.interfaces import interface_views, interfaces, permits
from cloudchamber.services.ec2.interfaces.allocation import TAKEN
from cloudchamber.services.ec2.interfaces.nouns import (
    ADDRESS,
    DEFAULT_GROUPS,
    INTERFACE,
    NAT_GATEWAY,
    PERMIT,
    PREFIX_LIST,
    PUBLIC_ADDRESSES,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
)
from cloudchamber.services.ec2.permissions import created, named, tagged
from cloudchamber.services.ec2.vpcs.nouns import SUBNET

_INTERFACE_OPERATIONS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateNetworkInterface": simulated(
            once(interfaces.create_network_interface),
            resource=created(INTERFACE, named(SUBNET, "SubnetId"), named(SECURITY_GROUP, "Groups")),
            context=tagged(SUBNET, "SubnetId"),
        ),
        "DeleteNetworkInterface": simulated(
            interfaces.delete_network_interface,
            resource=named(INTERFACE, "NetworkInterfaceId"),
            context=tagged(INTERFACE, "NetworkInterfaceId"),
        ),
        "DescribeNetworkInterfaces": simulated(interface_views.describe_network_interfaces),
        "AttachNetworkInterface": simulated(
            interfaces.attach_network_interface,
            resource=named(INTERFACE, "NetworkInterfaceId"),
            context=tagged(INTERFACE, "NetworkInterfaceId"),
        ),
        "DetachNetworkInterface": simulated(
            interfaces.detach_network_interface,
            resource=named(INSTANCE),
        ),
        "CreateNetworkInterfacePermission": simulated(
            permits.create_network_interface_permission,
            resource=named(INTERFACE, "NetworkInterfaceId"),
            context=tagged(INTERFACE, "NetworkInterfaceId"),
        ),
        "DeleteNetworkInterfacePermission": simulated(
            permits.delete_network_interface_permission,
        ),
        "DescribeNetworkInterfacePermissions": simulated(
            permits.describe_network_interface_permissions,
        ),
    }
)

AREA: Final = Area(
    operations=_INTERFACE_OPERATIONS,
    tables=(TAKEN, DEFAULT_GROUPS, PUBLIC_ADDRESSES),
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
