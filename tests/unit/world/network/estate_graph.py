"""The graph that says the same as an estate.

Rules of this file: one Struct for each thing described, and no judgement.
"""

from __future__ import annotations

from typing import Any

from cloudchamber.world.network import graph
from cloudchamber.world.network.graph import Network
from tests.unit.world.network.estates import Described


def network_of(world: Described) -> Network:
    """The graph of an estate."""
    parts: dict[str, list[Any]] = {
        **_places(world),
        **_rules_and_routes(world),
        **_gateways(world),
        **_transit_parts(world),
    }
    return Network(**{part: {each.id: each for each in held} for part, held in parts.items()})


def _places(world: Described) -> dict[str, list[Any]]:
    return {
        "vpcs": [
            graph.Vpc(
                id=each["VpcId"],
                account="1",
                region=each["Region"],
                block_public_access=each["BlockMode"],
                v4_cidrs=tuple(each["CidrBlocks"][:1]),
                v6_cidrs=tuple(each["CidrBlocks"][1:]),
                exclusion=each["Exclusion"],
            )
            for each in world["Vpcs"]
        ],
        "subnets": [
            graph.Subnet(
                id=each["SubnetId"],
                vpc=each["VpcId"],
                account="1",
                zone_id=each["AvailabilityZoneId"],
                route_table=each["RouteTableId"],
                acl=each["NetworkAclId"],
                v4_cidr=each["CidrBlock"],
                exclusion=each["Exclusion"],
            )
            for each in world["Subnets"]
        ],
        "interfaces": [
            graph.Interface(
                id=each["NetworkInterfaceId"],
                vpc=each["VpcId"],
                subnet=each["SubnetId"],
                account="1",
                addresses=(graph.Address(each["PrivateIpAddress"], each["PublicIp"]),),
                v6_addresses=(each["Ipv6Address"],) if each["Ipv6Address"] else (),
                groups=tuple(each["Groups"]),
                source_dest_check=each["SourceDestCheck"],
                kind=each["InterfaceType"],
                is_up=each["Up"],
            )
            for each in world["NetworkInterfaces"]
        ],
    }


def _rules_and_routes(world: Described) -> dict[str, list[Any]]:
    return {
        "acls": [
            graph.Acl(
                id=each["NetworkAclId"],
                vpc="",
                ingress=_entries(each, False),
                egress=_entries(each, True),
            )
            for each in world["NetworkAcls"]
        ],
        "security_groups": _groups(world),
        "route_tables": [
            graph.RouteTable(
                id=each["RouteTableId"],
                vpc=each["VpcId"],
                routes=tuple(
                    graph.Route(
                        destination=route["Destination"],
                        target=route["Target"],
                        state=route["State"],
                        propagated=route["Origin"] == "EnableVgwRoutePropagation",
                    )
                    for route in each["Routes"]
                ),
            )
            for each in world["RouteTables"]
        ],
    }


def _gateways(world: Described) -> dict[str, list[Any]]:
    return {
        "internet_gateways": [
            graph.InternetGateway(
                id=each["InternetGatewayId"], vpc=each["VpcId"], route_table=each["RouteTableId"]
            )
            for each in world["InternetGateways"]
        ],
        "egress_only_gateways": [
            graph.EgressOnlyGateway(id=each["Id"], vpc=each["VpcId"])
            for each in world["EgressOnlyGateways"]
        ],
        "nat_gateways": [
            graph.NatGateway(
                id=each["NatGatewayId"],
                vpc=each["VpcId"],
                subnet=each["SubnetId"],
                interface=each["NetworkInterfaceId"],
                is_available=each["State"] == "available",
            )
            for each in world["NatGateways"]
        ],
        "peerings": [
            graph.Peering(
                id=each["VpcPeeringConnectionId"],
                requester_vpc=each["RequesterVpc"],
                accepter_vpc=each["AccepterVpc"],
                is_active=each["Status"] == "active",
            )
            for each in world["VpcPeeringConnections"]
        ],
        "prefix_lists": [
            graph.PrefixList(id=each["PrefixListId"], entries=tuple(each["Entries"]))
            for each in world["ManagedPrefixLists"]
        ],
        "virtual_gateways": [
            graph.VirtualGateway(id=each["VpnGatewayId"], vpc=each["VpcId"])
            for each in world["VpnGateways"]
        ],
        "gateway_endpoints": [
            graph.GatewayEndpoint(
                id=each["VpcEndpointId"],
                vpc=each["VpcId"],
                service="s3",
                prefix_list=each["PrefixListId"],
            )
            for each in world["GatewayEndpoints"]
        ],
    }


def _transit_parts(world: Described) -> dict[str, list[Any]]:
    return {
        "transit_gateways": [
            graph.TransitGateway(
                id=each["TransitGatewayId"],
                account="1",
                region="",
                references_groups=each["SgReferencing"],
            )
            for each in world["TransitGateways"]
        ],
        "attachments": [
            graph.Attachment(
                id=each["Id"],
                transit_gateway=each["TransitGatewayId"],
                vpc=each["VpcId"],
                subnets=tuple(each["SubnetIds"]),
                table=each["RouteTableId"],
                is_available=each["State"] == "available",
                appliance_mode=each["ApplianceMode"],
                v6_support=each["Ipv6Support"],
                references_groups=each["SgReferencing"],
            )
            for each in world["TransitGatewayAttachments"]
        ],
        "transit_peerings": [
            graph.TransitPeering(
                id=each["Id"],
                requester_gateway=each["Requester"],
                accepter_gateway=each["Accepter"],
                requester_table=each["RequesterTable"],
                accepter_table=each["AccepterTable"],
                is_available=each["State"] == "available",
            )
            for each in world["TransitGatewayPeerings"]
        ],
        "transit_tables": [
            graph.TransitRouteTable(
                id=each["Id"],
                transit_gateway="",
                routes=tuple(
                    graph.TransitRoute(
                        destination=route["Destination"],
                        state=route["State"],
                        attachment=route["Attachment"],
                        propagated=route["Type"] == "propagated",
                    )
                    for route in each["Routes"]
                ),
            )
            for each in world["TransitGatewayRouteTables"]
        ],
    }


def _entries(acl: Described, egress: bool) -> tuple[graph.AclEntry, ...]:
    return tuple(
        graph.AclEntry(
            number=each["RuleNumber"],
            allows=each["RuleAction"] == "allow",
            cidr=each["CidrBlock"],
            protocol=each["Protocol"],
            from_port=each["FromPort"],
            to_port=each["ToPort"],
        )
        for each in acl["Entries"]
        if each["Egress"] == egress
    )


def _groups(world: Described) -> list[graph.SecurityGroup]:
    names = sorted(
        {
            f"sg-{each['VpcId'].removeprefix('vpc-')}{group}"
            for each in world["Vpcs"]
            for group in range(3)
        }
    )
    return [
        graph.SecurityGroup(
            id=name,
            vpc="",
            account="1",
            ingress=_rules(world, name, False),
            egress=_rules(world, name, True),
        )
        for name in names
    ]


def _rules(world: Described, group: str, egress: bool) -> tuple[graph.Rule, ...]:
    return tuple(
        graph.Rule(
            id=each["SecurityGroupRuleId"],
            protocol=each["Protocol"],
            from_port=each["FromPort"],
            to_port=each["ToPort"],
            group=each["ReferencedGroupId"],
            prefix_list=each["PrefixListId"],
            v4_cidr="" if ":" in each["CidrIp"] else each["CidrIp"],
            v6_cidr=each["CidrIp"] if ":" in each["CidrIp"] else "",
        )
        for each in world["SecurityGroupRules"]
        if each["GroupId"] == group and each["IsEgress"] == egress
    )
