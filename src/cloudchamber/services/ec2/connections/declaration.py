"""What this area of EC2 answers."""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.service import recorded, refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.connections import (
    attachments,
    billing,
    endpoint_connections,
    endpoint_services,
    endpoint_states,
    endpoints,
    offered_services,
    peerings,
    prefix_references,
    transit_gateways,
    transit_peerings,
    transit_routes,
    transit_tables,
    vpc_attachments,
)
from cloudchamber.services.ec2.connections.nouns import (
    ENDPOINT,
    ENDPOINT_NOTIFICATIONS,
    ENDPOINT_SERVICE,
    PEERING,
    TRANSIT_ATTACHMENT,
    TRANSIT_GATEWAY,
    TRANSIT_ROUTE_TABLE,
)
from cloudchamber.services.ec2.flow_logs.happened import FLOW
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.interfaces.nouns import SECURITY_GROUP
from cloudchamber.services.ec2.permissions import created, named, requested, tagged, together
from cloudchamber.services.ec2.vpcs.nouns import ROUTE_TABLE, SUBNET, VPC

_ONE_PEERING: Final = named(PEERING, "VpcPeeringConnectionId")
_ONE_GATEWAY: Final = named(TRANSIT_GATEWAY, "TransitGatewayId")
_OF_GATEWAY: Final = tagged(TRANSIT_GATEWAY, "TransitGatewayId")
_ONE_TABLE: Final = named(TRANSIT_ROUTE_TABLE, "TransitGatewayRouteTableId")
_OF_TABLE: Final = tagged(TRANSIT_ROUTE_TABLE, "TransitGatewayRouteTableId")
_ONE_ATTACHMENT: Final = named(TRANSIT_ATTACHMENT, "TransitGatewayAttachmentId")
_OF_ATTACHMENT: Final = tagged(TRANSIT_ATTACHMENT, "TransitGatewayAttachmentId")
_TABLE_AND_ATTACHMENT: Final = together(_ONE_TABLE, _ONE_ATTACHMENT)
_ONE_SERVICE: Final = named(ENDPOINT_SERVICE, "ServiceId")
_OF_SERVICE: Final = tagged(ENDPOINT_SERVICE, "ServiceId")
_NO_CONNECT: Final = refused("attachments of the type connect, which carry BGP, are not here")
_NO_MULTICAST: Final = refused("multicast on a Transit Gateway is not here")
_NO_POLICY_TABLES: Final = refused("policy tables and dynamic routing of gateways are not here")
_NO_RESILIENCE: Final = refused("multipath resilience of peerings is not here")
_OF_PEERING: Final = tagged(PEERING, "VpcPeeringConnectionId")

AREA: Final = Area(
    operations={
        "CreateVpcPeeringConnection": simulated(
            peerings.create_vpc_peering_connection,
            resource=created(PEERING, named(VPC, "VpcId")),
            context=tagged(VPC, "VpcId"),
        ),
        "AcceptVpcPeeringConnection": simulated(
            peerings.accept_vpc_peering_connection, resource=_ONE_PEERING, context=_OF_PEERING
        ),
        "RejectVpcPeeringConnection": simulated(
            peerings.reject_vpc_peering_connection, resource=_ONE_PEERING, context=_OF_PEERING
        ),
        "DeleteVpcPeeringConnection": simulated(
            peerings.delete_vpc_peering_connection, resource=_ONE_PEERING, context=_OF_PEERING
        ),
        "ModifyVpcPeeringConnectionOptions": simulated(
            peerings.modify_vpc_peering_connection_options,
            resource=_ONE_PEERING,
            context=_OF_PEERING,
        ),
        "DescribeVpcPeeringConnections": simulated(peerings.describe_vpc_peering_connections),
        "CreateTransitGateway": simulated(
            transit_gateways.create_transit_gateway,
            resource=created(TRANSIT_GATEWAY),
            context=requested,
        ),
        "ModifyTransitGateway": simulated(
            transit_gateways.modify_transit_gateway, resource=_ONE_GATEWAY, context=_OF_GATEWAY
        ),
        "DeleteTransitGateway": simulated(
            transit_gateways.delete_transit_gateway, resource=_ONE_GATEWAY, context=_OF_GATEWAY
        ),
        "DescribeTransitGateways": simulated(transit_gateways.describe_transit_gateways),
        "CreateTransitGatewayVpcAttachment": simulated(
            vpc_attachments.create_transit_gateway_vpc_attachment,
            resource=created(
                TRANSIT_ATTACHMENT, _ONE_GATEWAY, named(VPC, "VpcId"), named(SUBNET, "SubnetIds")
            ),
            context=tagged(TRANSIT_GATEWAY, "TransitGatewayId", "VpcId"),
        ),
        "ModifyTransitGatewayVpcAttachment": simulated(
            vpc_attachments.modify_transit_gateway_vpc_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "AcceptTransitGatewayVpcAttachment": simulated(
            vpc_attachments.accept_transit_gateway_vpc_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "RejectTransitGatewayVpcAttachment": simulated(
            vpc_attachments.reject_transit_gateway_vpc_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "DeleteTransitGatewayVpcAttachment": simulated(
            vpc_attachments.delete_transit_gateway_vpc_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "DescribeTransitGatewayVpcAttachments": simulated(
            vpc_attachments.describe_transit_gateway_vpc_attachments
        ),
        "CreateTransitGatewayPeeringAttachment": simulated(
            transit_peerings.create_transit_gateway_peering_attachment,
            resource=created(TRANSIT_ATTACHMENT, _ONE_GATEWAY),
            context=_OF_GATEWAY,
        ),
        "AcceptTransitGatewayPeeringAttachment": simulated(
            transit_peerings.accept_transit_gateway_peering_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "RejectTransitGatewayPeeringAttachment": simulated(
            transit_peerings.reject_transit_gateway_peering_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "DeleteTransitGatewayPeeringAttachment": simulated(
            transit_peerings.delete_transit_gateway_peering_attachment,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "DescribeTransitGatewayPeeringAttachments": simulated(
            transit_peerings.describe_transit_gateway_peering_attachments
        ),
        "DescribeTransitGatewayAttachments": simulated(
            attachments.describe_transit_gateway_attachments
        ),
        "CreateTransitGatewayRouteTable": simulated(
            transit_tables.create_transit_gateway_route_table,
            resource=created(TRANSIT_ROUTE_TABLE, _ONE_GATEWAY),
            context=_OF_GATEWAY,
        ),
        "DeleteTransitGatewayRouteTable": simulated(
            transit_tables.delete_transit_gateway_route_table,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
        ),
        "DescribeTransitGatewayRouteTables": simulated(
            transit_tables.describe_transit_gateway_route_tables
        ),
        "AssociateTransitGatewayRouteTable": simulated(
            transit_tables.associate_transit_gateway_route_table,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "DisassociateTransitGatewayRouteTable": simulated(
            transit_tables.disassociate_transit_gateway_route_table,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "EnableTransitGatewayRouteTablePropagation": simulated(
            transit_tables.enable_transit_gateway_route_table_propagation,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "DisableTransitGatewayRouteTablePropagation": simulated(
            transit_tables.disable_transit_gateway_route_table_propagation,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "GetTransitGatewayRouteTableAssociations": simulated(
            transit_tables.get_transit_gateway_route_table_associations,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
        ),
        "GetTransitGatewayRouteTablePropagations": simulated(
            transit_tables.get_transit_gateway_route_table_propagations,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
        ),
        "GetTransitGatewayAttachmentPropagations": simulated(
            transit_tables.get_transit_gateway_attachment_propagations,
            resource=_ONE_ATTACHMENT,
            context=_OF_ATTACHMENT,
        ),
        "CreateTransitGatewayRoute": simulated(
            transit_routes.create_transit_gateway_route,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "ReplaceTransitGatewayRoute": simulated(
            transit_routes.replace_transit_gateway_route,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "DeleteTransitGatewayRoute": simulated(
            transit_routes.delete_transit_gateway_route, resource=_ONE_TABLE, context=_OF_TABLE
        ),
        "SearchTransitGatewayRoutes": simulated(
            transit_routes.search_transit_gateway_routes, resource=_ONE_TABLE, context=_OF_TABLE
        ),
        "ExportTransitGatewayRoutes": simulated(
            transit_routes.export_transit_gateway_routes,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
            mutates=True,
        ),
        "CreateTransitGatewayPrefixListReference": simulated(
            prefix_references.create_transit_gateway_prefix_list_reference,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "ModifyTransitGatewayPrefixListReference": simulated(
            prefix_references.modify_transit_gateway_prefix_list_reference,
            resource=_TABLE_AND_ATTACHMENT,
            context=_OF_TABLE,
        ),
        "DeleteTransitGatewayPrefixListReference": simulated(
            prefix_references.delete_transit_gateway_prefix_list_reference,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
        ),
        "GetTransitGatewayPrefixListReferences": simulated(
            prefix_references.get_transit_gateway_prefix_list_references,
            resource=_ONE_TABLE,
            context=_OF_TABLE,
        ),
        "ModifyTransitGatewayPeeringAttachment": _NO_RESILIENCE,
        "CreateTransitGatewayConnect": _NO_CONNECT,
        "CreateTransitGatewayConnectPeer": _NO_CONNECT,
        "DeleteTransitGatewayConnect": _NO_CONNECT,
        "DeleteTransitGatewayConnectPeer": _NO_CONNECT,
        "DescribeTransitGatewayConnects": _NO_CONNECT,
        "DescribeTransitGatewayConnectPeers": _NO_CONNECT,
        "AcceptTransitGatewayMulticastDomainAssociations": _NO_MULTICAST,
        "AssociateTransitGatewayMulticastDomain": _NO_MULTICAST,
        "CreateTransitGatewayMulticastDomain": _NO_MULTICAST,
        "DeleteTransitGatewayMulticastDomain": _NO_MULTICAST,
        "DeregisterTransitGatewayMulticastGroupMembers": _NO_MULTICAST,
        "DeregisterTransitGatewayMulticastGroupSources": _NO_MULTICAST,
        "DescribeTransitGatewayMulticastDomains": _NO_MULTICAST,
        "DisassociateTransitGatewayMulticastDomain": _NO_MULTICAST,
        "GetTransitGatewayMulticastDomainAssociations": _NO_MULTICAST,
        "RegisterTransitGatewayMulticastGroupMembers": _NO_MULTICAST,
        "RegisterTransitGatewayMulticastGroupSources": _NO_MULTICAST,
        "RejectTransitGatewayMulticastDomainAssociations": _NO_MULTICAST,
        "SearchTransitGatewayMulticastGroups": _NO_MULTICAST,
        "AssociateTransitGatewayPolicyTable": _NO_POLICY_TABLES,
        "CreateTransitGatewayPolicyTable": _NO_POLICY_TABLES,
        "DeleteTransitGatewayPolicyTable": _NO_POLICY_TABLES,
        "DescribeTransitGatewayPolicyTables": _NO_POLICY_TABLES,
        "DisassociateTransitGatewayPolicyTable": _NO_POLICY_TABLES,
        "GetTransitGatewayPolicyTableAssociations": _NO_POLICY_TABLES,
        "GetTransitGatewayPolicyTableEntries": _NO_POLICY_TABLES,
        "CreateTransitGatewayRouteTableAnnouncement": _NO_POLICY_TABLES,
        "DeleteTransitGatewayRouteTableAnnouncement": _NO_POLICY_TABLES,
        "DescribeTransitGatewayRouteTableAnnouncements": _NO_POLICY_TABLES,
        "CreateVpcEndpoint": simulated(
            once(endpoints.create_vpc_endpoint),
            resource=created(
                ENDPOINT,
                named(VPC, "VpcId"),
                named(SUBNET, "SubnetIds"),
                named(ROUTE_TABLE, "RouteTableIds"),
                named(SECURITY_GROUP, "SecurityGroupIds"),
            ),
            context=tagged(VPC, "VpcId"),
        ),
        "ModifyVpcEndpoint": simulated(
            endpoints.modify_vpc_endpoint,
            resource=named(ENDPOINT, "VpcEndpointId"),
            context=tagged(ENDPOINT, "VpcEndpointId"),
        ),
        "DeleteVpcEndpoints": simulated(
            endpoints.delete_vpc_endpoints,
            resource=named(ENDPOINT, "VpcEndpointIds"),
            context=tagged(ENDPOINT, "VpcEndpointIds"),
        ),
        "DescribeVpcEndpoints": simulated(endpoints.describe_vpc_endpoints),
        "DescribeVpcEndpointServices": simulated(offered_services.describe_vpc_endpoint_services),
        "CreateVpcEndpointServiceConfiguration": simulated(
            once(endpoint_services.create_vpc_endpoint_service_configuration),
            resource=created(ENDPOINT_SERVICE),
            context=requested,
        ),
        "ModifyVpcEndpointServiceConfiguration": simulated(
            endpoint_services.modify_vpc_endpoint_service_configuration,
            resource=_ONE_SERVICE,
            context=_OF_SERVICE,
        ),
        "DeleteVpcEndpointServiceConfigurations": simulated(
            endpoint_services.delete_vpc_endpoint_service_configurations,
            resource=named(ENDPOINT_SERVICE, "ServiceIds"),
            context=tagged(ENDPOINT_SERVICE, "ServiceIds"),
        ),
        "DescribeVpcEndpointServiceConfigurations": simulated(
            endpoint_services.describe_vpc_endpoint_service_configurations
        ),
        "DescribeVpcEndpointServicePermissions": simulated(
            endpoint_services.describe_vpc_endpoint_service_permissions,
            resource=_ONE_SERVICE,
            context=_OF_SERVICE,
        ),
        "ModifyVpcEndpointServicePermissions": simulated(
            endpoint_services.modify_vpc_endpoint_service_permissions,
            resource=_ONE_SERVICE,
            context=_OF_SERVICE,
        ),
        "DescribeVpcEndpointConnections": simulated(
            endpoint_connections.describe_vpc_endpoint_connections
        ),
        "AcceptVpcEndpointConnections": simulated(
            endpoint_connections.accept_vpc_endpoint_connections,
            resource=_ONE_SERVICE,
            context=_OF_SERVICE,
        ),
        "RejectVpcEndpointConnections": simulated(
            endpoint_connections.reject_vpc_endpoint_connections,
            resource=_ONE_SERVICE,
            context=_OF_SERVICE,
        ),
        "StartVpcEndpointServicePrivateDnsVerification": recorded(
            endpoint_services.start_vpc_endpoint_service_private_dns_verification,
            "there is no public DNS to ask; the name counts as verified",
        ),
        "ModifyVpcEndpointServicePayerResponsibility": recorded(
            endpoint_services.modify_vpc_endpoint_service_payer_responsibility,
            "who pays is stored and shown; the endpoint's owner is metered",
        ),
        "CreateVpcEndpointConnectionNotification": recorded(
            once(endpoint_connections.create_vpc_endpoint_connection_notification),
            "no topic is told; who is connected can be described",
        ),
        "ModifyVpcEndpointConnectionNotification": recorded(
            endpoint_connections.modify_vpc_endpoint_connection_notification,
            "no topic is told; who is connected can be described",
        ),
        "DeleteVpcEndpointConnectionNotifications": recorded(
            endpoint_connections.delete_vpc_endpoint_connection_notifications,
            "no topic is told; who is connected can be described",
        ),
        "DescribeVpcEndpointConnectionNotifications": recorded(
            endpoint_connections.describe_vpc_endpoint_connection_notifications,
            "no topic is told; who is connected can be described",
        ),
        "DescribeVpcEndpointAssociations": refused(
            "what a Lattice resource stands for behind an endpoint is not here"
        ),
        "ModifyVpcEndpointPayerResponsibility": refused(
            "who pays for a resource endpoint is not simulated"
        ),
    },
    kinds=(
        PEERING,
        TRANSIT_GATEWAY,
        TRANSIT_ATTACHMENT,
        TRANSIT_ROUTE_TABLE,
        ENDPOINT,
        ENDPOINT_SERVICE,
    ),
    tables=(ENDPOINT_NOTIFICATIONS,),
    subscribes={FLOW: billing.count_flow},
    kernel_events={
        peerings.DUE: peerings.peering_due,
        transit_gateways.DUE: transit_gateways.gateway_due,
        transit_tables.DUE: transit_tables.table_due,
        attachments.DUE: attachments.attachment_due,
        endpoint_states.DUE: endpoint_states.endpoint_due,
        billing.HOUR: billing.hour_over,
    },
)
