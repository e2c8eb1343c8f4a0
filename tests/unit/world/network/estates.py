"""Random estates as the Describe calls would tell them, and the graph that says the same.

Rules of this file: an estate is made of a seed and nothing else. It is full of the mistakes people
make: overlapping blocks, black holes, missing ways back, narrow ACLs, references too far.
"""

from __future__ import annotations

from random import Random
from typing import Any

Described = dict[str, Any]
BLOCKED = ("block-ingress", "block-bidirectional")
ZONES = ("euw1-az1", "euw1-az2")
PORTS = ((443, 443), (22, 22), (0, 65535), (1024, 65535), (32768, 60999), (400, 500), (-1, -1))
PARTS = (
    "Vpcs Subnets NetworkInterfaces SecurityGroupRules NetworkAcls RouteTables InternetGateways"
    " EgressOnlyGateways NatGateways VpcPeeringConnections TransitGateways"
    " TransitGatewayAttachments TransitGatewayPeerings TransitGatewayRouteTables"
    " ManagedPrefixLists GatewayEndpoints VpnGateways"
).split()


def estate(seed: int) -> Described:
    """A random estate: two to four VPCs, joined in some way, with faults."""
    random = Random(seed)
    world: Described = {part: [] for part in PARTS}
    world["ManagedPrefixLists"] = [
        {"PrefixListId": "pl-s3", "Entries": ["3.5.0.0/16", "52.218.0.0/17"]},
        {"PrefixListId": "pl-own", "Entries": ["10.0.0.0/9", "10.1.1.0/24", "2001:db8::/33"]},
    ]
    count = random.randint(2, 4)
    numbers = [random.choice((0, 1, 1, 2, 3)) if random.random() < 0.3 else n for n in range(count)]
    for vpc, number in enumerate(numbers):
        _vpc(random, world, vpc, number)
    for vpc in range(count):
        _routers(random, world, vpc)
    _joints(random, world, count)
    for table in world["RouteTables"]:
        _routes(random, world, table, numbers)
    return world


def _rule(random: Random, numbers: tuple[int, ...]) -> Described:
    protocol = random.choice((-1, 6, 6, 6, 17, 1, 58))
    low, high = random.choice(PORTS)
    if protocol in (1, 58):
        low, high = random.choice((-1, 8, 0, 128, 129)), random.choice((-1, 0))
    return {
        "Protocol": protocol,
        "FromPort": low,
        "ToPort": high,
        "CidrIp": "",
        "PrefixListId": "",
        "ReferencedGroupId": "",
    }


def _block(random: Random) -> str:
    return random.choice(
        (
            "0.0.0.0/0",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/8",
            f"10.{random.randint(0, 3)}.0.0/16",
            f"10.{random.randint(0, 3)}.{random.randint(1, 3)}.0/24",
            f"10.{random.randint(0, 3)}.1.{random.randint(4, 7)}/32",
            "203.0.113.0/24",
            "2001:db8::/32",
            f"2001:db8:{random.randint(0, 3)}::/48",
        )
    )


def _vpc(random: Random, world: Described, vpc: int, number: int) -> None:
    name = f"vpc-{vpc}"
    open_mode = random.random() < 0.85
    world["Vpcs"].append(
        {
            "VpcId": name,
            "Region": random.choice(("eu-west-1", "eu-west-1", "us-east-1")),
            "CidrBlocks": [f"10.{number}.0.0/16", f"2001:db8:{vpc}::/48"],
            "BlockMode": "off" if open_mode else random.choice(BLOCKED),
            "Exclusion": random.choice(("", "", "allow-egress", "allow-bidirectional")),
        }
    )
    generous = random.random()
    for group in range(3):
        for egress in (False, True):
            if random.random() < generous:
                world["SecurityGroupRules"] += _open_rules(f"sg-{vpc}{group}", egress)
            for index in range(random.choice((0, 1, 1, 2, 3))):
                rule = _rule(random, (number,))
                kind = random.random()
                if kind < 0.3:
                    rule["ReferencedGroupId"] = f"sg-{random.randint(0, 2)}{random.randint(0, 2)}"
                elif kind < 0.4:
                    rule["PrefixListId"] = random.choice(("pl-s3", "pl-own"))
                else:
                    rule["CidrIp"] = _block(random)
                world["SecurityGroupRules"].append(
                    {
                        **rule,
                        "GroupId": f"sg-{vpc}{group}",
                        "IsEgress": egress,
                        "SecurityGroupRuleId": f"sgr-{vpc}{group}{egress}{index}",
                    }
                )
    for acl in range(2):
        entries = [_entry(random, number) for number in range(random.choice((0, 0, 0, 1, 2, 4)))]
        if acl == 0 or random.random() < 0.5:
            entries += [
                {
                    "RuleNumber": 900 + at,
                    "Egress": egress,
                    "RuleAction": "allow",
                    "CidrBlock": block,
                    "Protocol": -1,
                    "FromPort": -1,
                    "ToPort": -1,
                }
                for egress in (False, True)
                for at, block in enumerate(("0.0.0.0/0", "::/0"))
            ]
        world["NetworkAcls"].append({"NetworkAclId": f"acl-{vpc}{acl}", "Entries": entries})
    for table in range(2):
        world["RouteTables"].append(
            {"RouteTableId": f"rtb-{vpc}{table}", "VpcId": name, "Routes": [], "Number": vpc}
        )
    for subnet in range(3):
        _subnet(random, world, vpc, number, subnet)


def _open_rules(group: str, egress: bool) -> list[Described]:
    return [
        {
            "Protocol": -1,
            "FromPort": -1,
            "ToPort": -1,
            "CidrIp": block,
            "PrefixListId": "",
            "ReferencedGroupId": "",
            "GroupId": group,
            "IsEgress": egress,
            "SecurityGroupRuleId": f"sgr-open-{group}{egress}{block}",
        }
        for block in ("0.0.0.0/0", "::/0")
    ]


def _entry(random: Random, number: int) -> Described:
    rule = _rule(random, ())
    rule["CidrBlock"] = _block(random)
    return {
        **rule,
        "RuleNumber": 100 + 10 * number,
        "Egress": random.random() < 0.5,
        "RuleAction": random.choice(("allow", "deny")),
    }


def _subnet(random: Random, world: Described, vpc: int, number: int, subnet: int) -> None:
    name = f"subnet-{vpc}{subnet}"
    world["Subnets"].append(
        {
            "SubnetId": name,
            "VpcId": f"vpc-{vpc}",
            "AvailabilityZoneId": ZONES[subnet % 2],
            "RouteTableId": f"rtb-{vpc}{random.randint(0, 1)}",
            "NetworkAclId": f"acl-{vpc}{0 if random.random() < 0.7 else 1}",
            "Exclusion": random.choice(("", "", "", "allow-bidirectional")),
            "CidrBlock": f"10.{number}.{subnet + 1}.0/24",
        }
    )
    for host in range(2):
        groups = random.sample([f"sg-{vpc}{each}" for each in range(3)], random.randint(1, 2))
        public = f"198.51.{vpc}.{subnet * 10 + host + 1}" if random.random() < 0.6 else ""
        world["NetworkInterfaces"].append(
            {
                "NetworkInterfaceId": f"eni-{vpc}{subnet}{host}",
                "VpcId": f"vpc-{vpc}",
                "SubnetId": name,
                "PrivateIpAddress": f"10.{number}.{subnet + 1}.{4 + host}",
                "Ipv6Address": f"2001:db8:{vpc}:{subnet + 1}::{4 + host}",
                "PublicIp": public,
                "Groups": groups,
                "InterfaceType": "interface",
                "Up": random.random() < 0.97,
                "SourceDestCheck": random.random() < 0.5,
            }
        )
    if random.random() < 0.5:
        world["NetworkInterfaces"].append(
            {
                "NetworkInterfaceId": f"eni-nat-{vpc}{subnet}",
                "VpcId": f"vpc-{vpc}",
                "SubnetId": name,
                "PrivateIpAddress": f"10.{number}.{subnet + 1}.99",
                "Ipv6Address": "",
                "Groups": [],
                "InterfaceType": "nat_gateway",
                "Up": True,
                "PublicIp": f"198.51.{vpc}.{subnet + 200}" if random.random() < 0.8 else "",
                "SourceDestCheck": False,
            }
        )
        world["NatGateways"].append(
            {
                "NatGatewayId": f"nat-{vpc}{subnet}",
                "VpcId": f"vpc-{vpc}",
                "SubnetId": name,
                "NetworkInterfaceId": f"eni-nat-{vpc}{subnet}",
                "State": "available" if random.random() < 0.9 else "failed",
            }
        )


def _routers(random: Random, world: Described, vpc: int) -> None:
    if random.random() < 0.8:
        table = f"rtb-{vpc}edge" if random.random() < 0.2 else ""
        world["InternetGateways"].append(
            {"InternetGatewayId": f"igw-{vpc}", "VpcId": f"vpc-{vpc}", "RouteTableId": table}
        )
        if table:
            world["RouteTables"].append(
                {"RouteTableId": table, "VpcId": f"vpc-{vpc}", "Routes": [], "Number": vpc}
            )
    if random.random() < 0.3:
        world["VpnGateways"].append({"VpnGatewayId": f"vgw-{vpc}", "VpcId": f"vpc-{vpc}"})
    if random.random() < 0.5:
        world["EgressOnlyGateways"].append({"Id": f"eigw-{vpc}", "VpcId": f"vpc-{vpc}"})
    if random.random() < 0.5:
        world["GatewayEndpoints"].append(
            {"VpcEndpointId": f"vpce-{vpc}", "VpcId": f"vpc-{vpc}", "PrefixListId": "pl-s3"}
        )


def _joints(random: Random, world: Described, count: int) -> None:
    for one in range(count):
        for other in range(one):
            if random.random() < 0.5:
                world["VpcPeeringConnections"].append(
                    {
                        "VpcPeeringConnectionId": f"pcx-{other}{one}",
                        "RequesterVpc": f"vpc-{other}",
                        "AccepterVpc": f"vpc-{one}",
                        "Status": "active" if random.random() < 0.9 else "deleted",
                    }
                )
    for gateway in range(2):
        world["TransitGateways"].append(
            {"TransitGatewayId": f"tgw-{gateway}", "SgReferencing": random.random() < 0.7}
        )
    for vpc in range(count):
        if random.random() < 0.8:
            gateway = 0 if random.random() < 0.7 else 1
            zones = random.choice(((0,), (1,), (0, 1), (0, 1), (1, 2)))
            world["TransitGatewayAttachments"].append(
                {
                    "Id": f"tgw-attach-{vpc}",
                    "TransitGatewayId": f"tgw-{gateway}",
                    "VpcId": f"vpc-{vpc}",
                    "SubnetIds": [f"subnet-{vpc}{each}" for each in zones],
                    "RouteTableId": random.choice(
                        ("", *[f"tgw-rtb-{gateway}{n}" for n in (0, 0, 1)])
                    ),
                    "State": "available" if random.random() < 0.9 else "deleting",
                    "ApplianceMode": random.random() < 0.2,
                    "Ipv6Support": random.random() < 0.7,
                    "SgReferencing": random.random() < 0.8,
                }
            )
    world["TransitGatewayPeerings"].append(
        {
            "Id": "tgw-attach-peer",
            "Requester": "tgw-0",
            "Accepter": "tgw-1",
            "RequesterTable": random.choice(("", "tgw-rtb-00")),
            "AccepterTable": random.choice(("", "tgw-rtb-10")),
            "State": "available" if random.random() < 0.9 else "deleted",
        }
    )
    ids = [each["Id"] for each in world["TransitGatewayAttachments"]] + ["tgw-attach-peer"]
    for gateway in range(2):
        for table in range(2):
            routes = [_transit_route(random, random.choice(ids)) for _ in range(8)]
            world["TransitGatewayRouteTables"].append(
                {"Id": f"tgw-rtb-{gateway}{table}", "Routes": routes}
            )


def _transit_route(random: Random, attachment: str) -> Described:
    number = random.randint(0, 3)
    own = attachment.removeprefix("tgw-attach-")
    if own.isdigit() and random.random() < 0.7:
        number = int(own)
    destination = random.choice(
        (
            f"10.{number}.0.0/16",
            f"10.{number}.0.0/16",
            f"2001:db8:{number}::/48",
            f"10.{number}.1.0/24",
            "0.0.0.0/0",
            "pl-own",
        )
    )
    return {
        "Destination": destination,
        "Attachment": attachment,
        "Type": random.choice(("static", "propagated")),
        "State": "active" if random.random() < 0.93 else "blackhole",
    }


def _routes(random: Random, world: Described, table: Described, numbers: list[int]) -> None:
    vpc = table["Number"]
    mine = next(each for each in world["Vpcs"] if each["VpcId"] == f"vpc-{vpc}")
    for block in mine["CidrBlocks"]:
        table["Routes"].append(_route(block, "local"))
    if table["RouteTableId"].endswith("edge"):
        if random.random() < 0.7:
            table["Routes"].append(
                _route(f"10.{numbers[vpc]}.{random.randint(1, 3)}.0/24", _box(random, vpc))
            )
        return
    held = [
        each["InternetGatewayId"]
        for each in world["InternetGateways"]
        if each["VpcId"] == f"vpc-{vpc}" or random.random() < 0.05
    ]
    held += [each["NatGatewayId"] for each in world["NatGateways"] if each["VpcId"] == f"vpc-{vpc}"]
    if held and random.random() < 0.8:
        table["Routes"].append(_route("0.0.0.0/0", random.choice(held)))
    six = [each["Id"] for each in world["EgressOnlyGateways"] if each["VpcId"] == f"vpc-{vpc}"]
    six += [
        each["InternetGatewayId"]
        for each in world["InternetGateways"]
        if each["VpcId"] == f"vpc-{vpc}"
    ]
    if six and random.random() < 0.8:
        table["Routes"].append(_route("::/0", random.choice(six)))
    for other, number in enumerate(numbers):
        if other != vpc and random.random() < 0.9:
            _towards(random, world, table, vpc, other, number)
    if f"vpce-{vpc}" in {each["VpcEndpointId"] for each in world["GatewayEndpoints"]}:
        table["Routes"].append(_route("pl-s3", f"vpce-{vpc}"))
    for gateway in world["VpnGateways"]:
        if gateway["VpcId"] == f"vpc-{vpc}" or random.random() < 0.05:
            for block in ("192.168.0.0/16", "10.2.0.0/16", "10.0.0.0/9"):
                if random.random() < 0.5:
                    learned = _route(block, gateway["VpnGatewayId"])
                    table["Routes"].append({**learned, "Origin": "EnableVgwRoutePropagation"})
    if random.random() < 0.2:
        block = f"10.{numbers[vpc]}.{random.randint(1, 3)}.0/24"
        table["Routes"].append(_route(block, _box(random, vpc)))
    for route in table["Routes"]:
        if route["Target"] != "local" and random.random() < 0.04:
            route["State"] = "blackhole"


def _towards(
    random: Random, world: Described, table: Described, vpc: int, other: int, number: int
) -> None:
    pair = {f"vpc-{vpc}", f"vpc-{other}"}
    targets = [
        each["VpcPeeringConnectionId"]
        for each in world["VpcPeeringConnections"]
        if {each["RequesterVpc"], each["AccepterVpc"]} == pair or random.random() < 0.1
    ]
    targets += ["tgw-0", "tgw-0", "tgw-1"]
    if random.random() < 0.1:
        targets = [_box(random, vpc)]
    block = random.choice(
        (
            f"10.{number}.0.0/16",
            f"10.{number}.0.0/16",
            f"10.{number}.1.0/24",
            "10.0.0.0/8",
            "pl-own",
        )
    )
    known = {each["Destination"] for each in table["Routes"]}
    for destination in (block, f"2001:db8:{other}::/48"):
        if destination not in known:
            known.add(destination)
            table["Routes"].append(_route(destination, random.choice(targets)))


def _box(random: Random, vpc: int) -> str:
    return f"eni-{vpc}{random.randint(0, 2)}{random.randint(0, 1)}"


def _route(destination: str, target: str) -> Described:
    return {
        "Destination": destination,
        "Target": target,
        "State": "active",
        "Origin": "CreateRoute",
    }
