"""What the Describe calls of EC2 say of a network, in the form that the oracle of the walk reads.

Rules of this file: nothing but answers of the public API, of every account and Region asked, put
side by side; no row and no code of the package is looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.unit.services.ec2.reachability.estate import Estate

Described = dict[str, Any]
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}
_TARGETS = (
    "GatewayId", "NatGatewayId", "NetworkInterfaceId", "TransitGatewayId",
    "VpcPeeringConnectionId", "EgressOnlyInternetGatewayId",
)  # fmt: skip
_DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")


def described(estates: Iterable[Estate]) -> Described:
    """Everything that the estates' accounts see in their Regions; what two see, once."""
    world: Described = {part: [] for part in _PARTS}
    for estate in estates:
        for part, (read, key) in _PARTS.items():
            known = {each[key] for each in world[part]}
            world[part] += [each for each in read(estate) if each[key] not in known]
    _associate(world, list(estates))
    return world


def _first(shown: Described, names: tuple[str, ...]) -> str:
    return next((shown[name] for name in names if shown.get(name)), "")


def _number(protocol: str) -> int:
    return _PROTOCOLS.get(protocol) or int(protocol)


def _vpcs(estate: Estate) -> Iterable[Described]:
    options = estate.ec2.describe_vpc_block_public_access_options()
    mode = options["VpcBlockPublicAccessOptions"]["InternetGatewayBlockMode"]
    for each in estate.ec2.describe_vpcs()["Vpcs"]:
        six = each.get("Ipv6CidrBlockAssociationSet", [])
        yield {
            "VpcId": each["VpcId"],
            "Region": estate.region,
            "BlockMode": mode,
            "Exclusion": _exclusion(estate, "vpc", each["VpcId"]),
            "CidrBlocks": [
                *(block["CidrBlock"] for block in each["CidrBlockAssociationSet"]),
                *(block["Ipv6CidrBlock"] for block in six),
            ],
        }


def _exclusion(estate: Estate, kind: str, identifier: str) -> str:
    shown = estate.ec2.describe_vpc_block_public_access_exclusions()
    for each in shown["VpcBlockPublicAccessExclusions"]:
        if each["ResourceArn"].endswith(f":{kind}/{identifier}"):
            mode: str = each["InternetGatewayExclusionMode"]
            return mode
    return ""


def _subnets(estate: Estate) -> Iterable[Described]:
    tables = estate.ec2.describe_route_tables()["RouteTables"]
    acls = estate.ec2.describe_network_acls()["NetworkAcls"]
    table_of = {
        held.get("SubnetId", each["VpcId"]): each["RouteTableId"]
        for each in tables
        for held in each["Associations"]
        if "GatewayId" not in held
    }
    acl_of = {
        held["SubnetId"]: each["NetworkAclId"] for each in acls for held in each["Associations"]
    }
    for each in estate.ec2.describe_subnets()["Subnets"]:
        identifier = each["SubnetId"]
        yield {
            "SubnetId": identifier,
            "VpcId": each["VpcId"],
            "AvailabilityZoneId": each["AvailabilityZoneId"],
            "CidrBlock": each["CidrBlock"],
            "RouteTableId": table_of.get(identifier) or table_of[each["VpcId"]],
            "NetworkAclId": acl_of[identifier],
            "Exclusion": _exclusion(estate, "subnet", identifier),
        }


def _interfaces(estate: Estate) -> Iterable[Described]:
    running = {
        instance["InstanceId"]
        for group in estate.ec2.describe_instances()["Reservations"]
        for instance in group["Instances"]
        if instance["State"]["Name"] == "running"
    }
    for each in estate.ec2.describe_network_interfaces()["NetworkInterfaces"]:
        instance = each.get("Attachment", {}).get("InstanceId")
        six = [address["Ipv6Address"] for address in each.get("Ipv6Addresses", [])]
        yield {
            "NetworkInterfaceId": each["NetworkInterfaceId"],
            "VpcId": each["VpcId"],
            "SubnetId": each["SubnetId"],
            "PrivateIpAddress": each["PrivateIpAddress"],
            "Ipv6Address": six[0] if six else "",
            "PublicIp": each.get("Association", {}).get("PublicIp", ""),
            "Groups": [group["GroupId"] for group in each["Groups"]],
            "SourceDestCheck": each["SourceDestCheck"],
            "InterfaceType": each["InterfaceType"],
            "Up": instance in running if instance else "Attachment" in each,
        }


def _rules(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_security_group_rules()["SecurityGroupRules"]:
        yield {
            "SecurityGroupRuleId": each["SecurityGroupRuleId"],
            "GroupId": each["GroupId"],
            "IsEgress": each["IsEgress"],
            "Protocol": _number(each["IpProtocol"]),
            "FromPort": each.get("FromPort", -1),
            "ToPort": each.get("ToPort", -1),
            "CidrIp": each.get("CidrIpv4") or each.get("CidrIpv6", ""),
            "PrefixListId": each.get("PrefixListId", ""),
            "ReferencedGroupId": each.get("ReferencedGroupInfo", {}).get("GroupId", ""),
        }


def _acls(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_network_acls()["NetworkAcls"]:
        entries = [
            {
                "Egress": entry["Egress"],
                "RuleNumber": entry["RuleNumber"],
                "RuleAction": entry["RuleAction"],
                "CidrBlock": entry.get("CidrBlock") or entry["Ipv6CidrBlock"],
                "Protocol": _number(entry["Protocol"]),
                "FromPort": entry.get("PortRange", {}).get("From", -1),
                "ToPort": entry.get("PortRange", {}).get("To", -1),
            }
            for entry in each["Entries"]
        ]
        yield {"NetworkAclId": each["NetworkAclId"], "Entries": entries}


def _tables(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_route_tables()["RouteTables"]:
        routes = [
            {
                "Destination": _first(route, _DESTINATIONS),
                "Target": _first(route, _TARGETS),
                "State": route["State"],
                "Origin": route["Origin"],
            }
            for route in each["Routes"]
        ]
        yield {"RouteTableId": each["RouteTableId"], "VpcId": each["VpcId"], "Routes": routes}


def _internet(estate: Estate) -> Iterable[Described]:
    edges = {
        held["GatewayId"]: each["RouteTableId"]
        for each in estate.ec2.describe_route_tables()["RouteTables"]
        for held in each["Associations"]
        if "GatewayId" in held
    }
    for each in estate.ec2.describe_internet_gateways()["InternetGateways"]:
        identifier = each["InternetGatewayId"]
        attached = each["Attachments"]
        yield {
            "InternetGatewayId": identifier,
            "VpcId": attached[0]["VpcId"] if attached else "",
            "RouteTableId": edges.get(identifier, ""),
        }


def _egress_only(estate: Estate) -> Iterable[Described]:
    shown = estate.ec2.describe_egress_only_internet_gateways()["EgressOnlyInternetGateways"]
    for each in shown:
        yield {"Id": each["EgressOnlyInternetGatewayId"], "VpcId": each["Attachments"][0]["VpcId"]}


def _nat(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_nat_gateways()["NatGateways"]:
        if each["State"] == "available":
            address = each["NatGatewayAddresses"][0]
            yield {
                "NatGatewayId": each["NatGatewayId"],
                "VpcId": each["VpcId"],
                "SubnetId": each["SubnetId"],
                "NetworkInterfaceId": address["NetworkInterfaceId"],
                "State": each["State"],
            }


def _lists(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_managed_prefix_lists()["PrefixLists"]:
        entries = estate.ec2.get_managed_prefix_list_entries(PrefixListId=each["PrefixListId"])
        yield {
            "PrefixListId": each["PrefixListId"],
            "Entries": [entry["Cidr"] for entry in entries["Entries"]],
        }


def _peerings(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"]:
        yield {
            "VpcPeeringConnectionId": each["VpcPeeringConnectionId"],
            "RequesterVpc": each["RequesterVpcInfo"]["VpcId"],
            "AccepterVpc": each["AccepterVpcInfo"]["VpcId"],
            "Status": each["Status"]["Code"],
        }


def _endpoints(estate: Estate) -> Iterable[Described]:
    lists = {
        each["PrefixListName"]: each["PrefixListId"]
        for each in estate.ec2.describe_prefix_lists()["PrefixLists"]
    }
    for each in estate.ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if each["VpcEndpointType"] == "Gateway":
            yield {
                "VpcEndpointId": each["VpcEndpointId"],
                "VpcId": each["VpcId"],
                "PrefixListId": lists[each["ServiceName"]],
            }


def _gateways(estate: Estate) -> Iterable[Described]:
    for each in estate.ec2.describe_transit_gateways()["TransitGateways"]:
        support = each["Options"].get("SecurityGroupReferencingSupport")
        yield {"TransitGatewayId": each["TransitGatewayId"], "SgReferencing": support == "enable"}


def _attachments(estate: Estate) -> Iterable[Described]:
    shown = estate.ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    for each in shown:
        options = each["Options"]
        yield {
            "Id": each["TransitGatewayAttachmentId"],
            "TransitGatewayId": each["TransitGatewayId"],
            "VpcId": each["VpcId"],
            "SubnetIds": each["SubnetIds"],
            "State": each["State"],
            "RouteTableId": "",
            "ApplianceMode": options["ApplianceModeSupport"] == "enable",
            "Ipv6Support": options["Ipv6Support"] == "enable",
            "SgReferencing": options.get("SecurityGroupReferencingSupport") != "disable",
        }


def _transit_peerings(estate: Estate) -> Iterable[Described]:
    shown = estate.ec2.describe_transit_gateway_peering_attachments()
    for each in shown["TransitGatewayPeeringAttachments"]:
        yield {
            "Id": each["TransitGatewayAttachmentId"],
            "Requester": each["RequesterTgwInfo"]["TransitGatewayId"],
            "Accepter": each["AccepterTgwInfo"]["TransitGatewayId"],
            "State": each["State"],
            "RequesterTable": "",
            "AccepterTable": "",
        }


def _transit_tables(estate: Estate) -> Iterable[Described]:
    shown = estate.ec2.describe_transit_gateway_route_tables()["TransitGatewayRouteTables"]
    for each in shown:
        identifier = each["TransitGatewayRouteTableId"]
        found = estate.ec2.search_transit_gateway_routes(
            TransitGatewayRouteTableId=identifier,
            Filters=[{"Name": "state", "Values": ["active", "blackhole"]}],
        )["Routes"]
        routes = [
            {
                "Destination": route["DestinationCidrBlock"],
                "Type": route["Type"],
                "State": route["State"],
                "Attachment": next(
                    (one["TransitGatewayAttachmentId"]
                     for one in route.get("TransitGatewayAttachments", [])), "",
                ),
            }
            for route in found
        ]  # fmt: skip
        yield {"Id": identifier, "Routes": routes, "Gateway": each["TransitGatewayId"]}


def _associate(world: Described, estates: list[Estate]) -> None:
    """Which transit route table each attachment is associated with, by each side's own answer."""
    for estate in estates:
        shown = estate.ec2.describe_transit_gateway_attachments()["TransitGatewayAttachments"]
        for each in shown:
            table = each.get("Association", {}).get("TransitGatewayRouteTableId", "")
            identifier, gateway = each["TransitGatewayAttachmentId"], each["TransitGatewayId"]
            for held in world["TransitGatewayAttachments"]:
                if held["Id"] == identifier:
                    held["RouteTableId"] = table
            for held in world["TransitGatewayPeerings"]:
                if held["Id"] == identifier:
                    side = "Requester" if held["Requester"] == gateway else "Accepter"
                    held[f"{side}Table"] = table


_PARTS: dict[str, Any] = {
    "Vpcs": (_vpcs, "VpcId"),
    "Subnets": (_subnets, "SubnetId"),
    "NetworkInterfaces": (_interfaces, "NetworkInterfaceId"),
    "SecurityGroupRules": (_rules, "SecurityGroupRuleId"),
    "NetworkAcls": (_acls, "NetworkAclId"),
    "RouteTables": (_tables, "RouteTableId"),
    "InternetGateways": (_internet, "InternetGatewayId"),
    "EgressOnlyGateways": (_egress_only, "Id"),
    "NatGateways": (_nat, "NatGatewayId"),
    "ManagedPrefixLists": (_lists, "PrefixListId"),
    "VpcPeeringConnections": (_peerings, "VpcPeeringConnectionId"),
    "GatewayEndpoints": (_endpoints, "VpcEndpointId"),
    "TransitGateways": (_gateways, "TransitGatewayId"),
    "TransitGatewayAttachments": (_attachments, "Id"),
    "TransitGatewayPeerings": (_transit_peerings, "Id"),
    "TransitGatewayRouteTables": (_transit_tables, "Id"),
    "VpnGateways": (lambda estate: (), "VpnGatewayId"),
}
