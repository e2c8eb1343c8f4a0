"""The fourth article, "Advanced AWS VPC networking patterns", claim by claim.

Its claims are put to a chamber through botocore's own client and the chamber's own questions. Where
AWS's documentation says otherwise than the article, the test says what AWS documents. The article's
three-tier example is the story `examples/three_tiers`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import ALL, ANYWHERE, Estate, Server
from tests.unit.services.lambda_.crew import ONE
from tests.unit.services.vpc_lattice.conftest import Estate as Delivery

ARTICLE = Path(__file__).parents[2] / "../shared/articles/04-vpc-networking.md"
OTHER = "222222222222"
EPHEMERAL = (1024, 65535)


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=4, account=ONE) as opened:
        yield opened


@pytest.fixture
def estate(chamber: Chamber) -> Estate:
    return Estate(chamber)


# "Simplifying service communication with VPC Lattice"


def test_order_payment_and_tracking_talk_without_peering(chamber: Chamber) -> None:
    """Each service has a VPC of its own, all with the same addresses, and no route between them."""
    delivery = Delivery(chamber)
    try:
        services = {"payment": delivery.service}
        for name in ("orders", "tracking"):
            delivery.function(name)
            services[name] = delivery.serve(name)
        vpcs = {"payment": delivery.vpc}
        for name in ("orders", "tracking"):
            made = delivery.of("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
            vpcs[name] = made
        for vpc in vpcs.values():
            delivery.join(vpc)
        for caller, called in (
            ("orders", "payment"), ("payment", "tracking"), ("tracking", "orders"),
        ):  # fmt: skip
            answer = delivery.ask("/now", vpcs[caller], service=services[called])
            assert answer.body.decode() == f"{called} /now"
        assert delivery.of("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"] == []
    finally:
        delivery.crew.close()


# "Security Groups and NACLs, the dynamic duo of network security"


class Pair:
    """A client and a server in two subnets of a VPC."""

    def __init__(self, estate: Estate) -> None:
        self.estate = estate
        self.vpc = estate.vpc()
        self.near = estate.subnet(self.vpc, "10.0.1.0/24")
        self.far = estate.subnet(self.vpc, "10.0.2.0/24", zone=1)
        self.guard = estate.group(self.vpc, ("tcp", 443, 443, "10.0.1.0/24"))
        self.client = estate.server(self.near)
        self.server = estate.server(self.far, self.guard)

    def reach(self, port: int = 443) -> dict[str, Any]:
        return self.estate.reach(self.client.instance, self.server.instance, port)


def test_security_groups_remember_and_only_allow(estate: Estate) -> None:
    pair = Pair(estate)
    everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
    estate.ec2.revoke_security_group_egress(GroupId=pair.guard, IpPermissions=[everything])
    assert pair.reach()["allowed"], "the answer needs no rule of its own"
    assert not pair.reach(22)["allowed"]
    rules = estate.ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [pair.guard]}]
    )["SecurityGroupRules"]
    assert rules
    assert not any("Action" in each or "RuleAction" in each for each in rules)


def test_network_acls_treat_each_packet_by_itself_and_can_deny(estate: Estate) -> None:
    pair = Pair(estate)
    acl = estate.acl(pair.vpc, (100, False, "allow", 443, 443, "10.0.1.0/24"), subnet=pair.far)
    told = pair.reach()
    assert (told["allowed"], told["code"]) == (False, "SUBNET_ACL_RESTRICTION")
    estate.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=100, Egress=True, RuleAction="allow", Protocol="6",
        PortRange={"From": EPHEMERAL[0], "To": EPHEMERAL[1]}, CidrBlock="10.0.1.0/24",
    )  # fmt: skip
    assert pair.reach()["allowed"]
    estate.ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=90, Egress=False, RuleAction="deny", Protocol="-1",
        CidrBlock=f"{pair.client.address}/32",
    )  # fmt: skip
    assert not pair.reach()["allowed"], "a lower number comes first"


# "Transit gateway as the universal router"


class Hub(Estate):
    """A Region with a Transit Gateway and a VPC for each stage."""

    def __init__(self, chamber: Chamber, region: str, number: int) -> None:
        super().__init__(chamber, ONE, region)
        self.number = number
        made = self.ec2.create_transit_gateway()["TransitGateway"]
        self.gateway: str = made["TransitGatewayId"]
        self.tables: dict[str, str] = {}
        self.servers: dict[str, Server] = {}
        found = self.ec2.describe_transit_gateways()["TransitGateways"][0]
        self.hub_table: str = found["Options"]["AssociationDefaultRouteTableId"]
        for n, stage in enumerate(("dev", "staging", "prod")):
            vpc = self.vpc(f"10.{10 * number + n}.0.0/16")
            subnet = self.subnet(vpc, f"10.{10 * number + n}.1.0/24")
            self.tables[stage] = self.table(vpc, subnet)
            self.servers[stage] = self.server(subnet, self.group(vpc, ALL))
            self.ec2.create_transit_gateway_vpc_attachment(
                TransitGatewayId=self.gateway, VpcId=vpc, SubnetIds=[subnet]
            )
            self.route(self.tables[stage], "10.0.0.0/8", TransitGatewayId=self.gateway)

    def peer(self, other: Hub) -> None:
        """A peering of the two gateways, and a static route for each side."""
        made = self.ec2.create_transit_gateway_peering_attachment(
            TransitGatewayId=self.gateway, PeerTransitGatewayId=other.gateway,
            PeerAccountId=ONE, PeerRegion=other.region,
        )["TransitGatewayPeeringAttachment"]["TransitGatewayAttachmentId"]  # fmt: skip
        other.ec2.accept_transit_gateway_peering_attachment(TransitGatewayAttachmentId=made)
        for here, there in ((self, other), (other, self)):
            for n in range(3):
                here.ec2.create_transit_gateway_route(
                    DestinationCidrBlock=f"10.{10 * there.number + n}.0.0/16",
                    TransitGatewayRouteTableId=here.hub_table, TransitGatewayAttachmentId=made,
                )  # fmt: skip


def test_three_regions_are_joined_by_peered_transit_gateways(chamber: Chamber) -> None:
    names = ("us-east-1", "eu-west-1", "ap-southeast-1")
    us, eu, asia = (Hub(chamber, region, n) for n, region in enumerate(names, 1))
    near = us.reach(us.servers["dev"].instance, us.servers["prod"].instance)
    assert near["allowed"], near
    for one, other in ((us, eu), (eu, asia), (us, asia)):
        far = other.servers["prod"].address
        assert not one.reach(one.servers["dev"].instance, far)["allowed"]
        one.peer(other)
        told = one.reach(one.servers["dev"].instance, far)
        assert told["allowed"], told
        assert other.reach(other.servers["dev"].instance, one.servers["prod"].address)["allowed"]
    found = us.ec2.search_transit_gateway_routes(
        TransitGatewayRouteTableId=us.hub_table, Filters=[{"Name": "type", "Values": ["static"]}]
    )["Routes"]
    assert len(found) == 6


def test_a_transit_gateway_is_shared_by_ram(chamber: Chamber) -> None:
    owner, other = Estate(chamber, ONE), Estate(chamber, OTHER)
    gateway = owner.ec2.create_transit_gateway()["TransitGateway"]
    identifier = gateway["TransitGatewayId"]
    vpc = other.vpc("10.9.0.0/16")
    subnet = other.subnet(vpc, "10.9.1.0/24")
    attach = {"TransitGatewayId": identifier, "VpcId": vpc, "SubnetIds": [subnet]}
    with pytest.raises(Exception, match="InvalidTransitGatewayID"):
        other.ec2.create_transit_gateway_vpc_attachment(**attach)
    chamber.client("ram", "eu-west-1", account=ONE).create_resource_share(
        name="hub", resourceArns=[gateway["TransitGatewayArn"]], principals=[OTHER]
    )
    theirs = chamber.client("ram", "eu-west-1", account=OTHER)
    invitation = theirs.get_resource_share_invitations()["resourceShareInvitations"][0]
    theirs.accept_resource_share_invitation(
        resourceShareInvitationArn=invitation["resourceShareInvitationArn"]
    )
    made = other.ec2.create_transit_gateway_vpc_attachment(**attach)["TransitGatewayVpcAttachment"]
    assert made["State"] == "pendingAcceptance"
    owner.ec2.accept_transit_gateway_vpc_attachment(
        TransitGatewayAttachmentId=made["TransitGatewayAttachmentId"]
    )
    seen = other.ec2.describe_transit_gateway_vpc_attachments()["TransitGatewayVpcAttachments"]
    assert [each["State"] for each in seen] == ["available"]


# "Gateway versus Interface VPC Endpoints"


def test_a_gateway_endpoint_is_a_route_and_an_interface_endpoint_an_interface(
    estate: Estate,
) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    table = estate.table(vpc, subnet)
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        estate.ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    gateway = estate.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.s3", RouteTableIds=[table]
    )["VpcEndpoint"]
    assert gateway["VpcEndpointType"] == "Gateway"
    assert gateway.get("NetworkInterfaceIds", []) == []
    routes = estate.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    through = [each for each in routes if each.get("GatewayId") == gateway["VpcEndpointId"]]
    assert len(through) == 1
    assert through[0]["DestinationPrefixListId"].startswith("pl-")
    interface = estate.ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName="com.amazonaws.eu-west-1.sqs", VpcEndpointType="Interface",
        SubnetIds=[subnet], PrivateDnsEnabled=True, SecurityGroupIds=[estate.group(vpc)],
    )["VpcEndpoint"]  # fmt: skip
    shown = estate.ec2.describe_vpc_endpoints(VpcEndpointIds=[interface["VpcEndpointId"]])
    own = shown["VpcEndpoints"][0]
    assert len(own["NetworkInterfaceIds"]) == 1
    assert any("sqs.eu-west-1" in each["DnsName"] for each in own["DnsEntries"])
    client = estate.server(subnet).instance
    told = estate.reach(client, own["NetworkInterfaceIds"][0])
    assert told["allowed"] is False, "its security group lets nobody in yet"
    estate.ec2.authorize_security_group_ingress(
        GroupId=own["Groups"][0]["GroupId"], IpProtocol="tcp", FromPort=443, ToPort=443,
        CidrIp="10.0.0.0/16",
    )  # fmt: skip
    near = estate.reach(client, gateway["VpcEndpointId"])
    far = estate.reach(client, own["NetworkInterfaceIds"][0])
    assert near["allowed"], near
    assert far["allowed"], far
    # The table: a gateway endpoint is free and adds nothing, an interface endpoint does both.
    (free,), (dear,) = near["endpoints"], far["endpoints"]
    assert (free["type"], free["hours"], free["bytes"]) == ("Gateway", "", "")
    assert (dear["type"], dear["hours"]) == ("Interface", "VpcEndpoint-Hours")
    assert free["added_latency_ns"] < dear["added_latency_ns"]
    metered = {
        (line[3].rpartition("/")[2], line[4])
        for line, _ in estate.chamber.cloud.meter.lines()
        if "VpcEndpoint-" in line[4]
    }
    assert metered == {(own["VpcEndpointId"], "VpcEndpoint-Hours")}


# "VPC Flow logs as your network's black box"


def test_the_query_finds_rejected_https(estate: Estate) -> None:
    """The article's own query, over a table of the name and partition that it uses."""
    query = re.search(r"SELECT \*\s+FROM vpc_flow_logs.*?;", ARTICLE.read_text(), re.DOTALL)
    assert query is not None
    pair, chamber = Pair(estate), estate.chamber
    s3 = chamber.client("s3", "eu-west-1")
    s3.create_bucket(
        Bucket="flow-logs-of-vpc", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    estate.ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[pair.vpc], TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flow-logs-of-vpc", MaxAggregationInterval=60,
    )  # fmt: skip
    estate.ec2.revoke_security_group_ingress(
        GroupId=pair.guard, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp="10.0.1.0/24"
    )
    asked: Any = {
        "source": pair.client.instance, "destination": pair.server.instance, "port": 443,
    }  # fmt: skip
    assert chamber.control.probe(asked)["allowed"] is False
    chamber.advance("15m")
    where = f"s3://flow-logs-of-vpc/AWSLogs/{ONE}/vpcflowlogs/eu-west-1"
    athena(chamber, "CREATE DATABASE network")
    athena(
        chamber,
        f"""CREATE EXTERNAL TABLE vpc_flow_logs (version int, account_id string,
        interface_id string, srcaddr string, dstaddr string, srcport int, dstport int,
        protocol bigint, packets bigint, bytes bigint, start bigint, `end` bigint,
        action string, log_status string)
        PARTITIONED BY (date_partition string)
        ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '
        LOCATION '{where}/' TBLPROPERTIES ('skip.header.line.count'='1')""",
    )
    # Flow logs write yyyy/mm/dd; a partition may be called what the article calls it.
    day = chamber.now[:10]
    athena(
        chamber,
        f"""ALTER TABLE vpc_flow_logs ADD PARTITION (date_partition='{day}')
        LOCATION '{where}/{day.replace("-", "/")}/'""",
    )
    rows = athena(chamber, query[0])
    found = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    assert [(each["action"], each["dstport"]) for each in found] == [("REJECT", "443")]
    assert found[0]["dstaddr"] == pair.server.address
    assert found[0]["interface_id"] == pair.server.interface


def athena(chamber: Chamber, text: str) -> list[list[str]]:
    """The rows of a query's result, the head first."""
    client = chamber.client("athena", "eu-west-1")
    started = client.start_query_execution(
        QueryString=text,
        QueryExecutionContext={"Database": "network"},
        ResultConfiguration={"OutputLocation": "s3://flow-logs-of-vpc/answers/"},
    )["QueryExecutionId"]
    chamber.advance("1m")
    told = client.get_query_execution(QueryExecutionId=started)["QueryExecution"]["Status"]
    assert told["State"] == "SUCCEEDED", told
    found = client.get_query_results(QueryExecutionId=started)["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in found]


# "Preparing for the future with IPv6"


def test_the_steps_to_ipv6(estate: Estate) -> None:
    """Enable it for the VPC, give subnets blocks, update routes and rules: then it is reached."""
    ec2 = estate.ec2
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    table = estate.table(vpc, subnet)
    gateway = estate.internet(vpc)
    estate.route(table, GatewayId=gateway)
    guard = estate.group(vpc, ("tcp", 443, 443, ANYWHERE))
    # 1. Enable IPv6 for the VPC.
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    shown = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]
    assert shown["Ipv6CidrBlockState"]["State"] == "associated"
    block = shown["Ipv6CidrBlock"]
    assert block.endswith("/56")
    # 2. Add IPv6 CIDR blocks to subnets.
    part = block.replace("/56", "/64")
    ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=part)
    server = ec2.run_instances(
        ImageId="resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        InstanceType="t3.micro", MinCount=1, MaxCount=1,
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [guard], "Ipv6AddressCount": 1}
        ],
    )["Instances"][0]  # fmt: skip
    address = server["NetworkInterfaces"][0]["Ipv6Addresses"][0]["Ipv6Address"]
    told = estate.reach("internet", address)
    assert told["allowed"] is False, "neither route nor rule knows IPv6 yet"
    # 3. Update route tables and security rules.
    ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
    assert estate.reach("internet", address)["allowed"] is False
    ec2.authorize_security_group_ingress(
        GroupId=guard,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443,
             "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}
        ],
    )  # fmt: skip
    told = estate.reach("internet", address)
    assert told["allowed"], told
    # IPv4 works beside it, as before (dual stack): the instance has no public IPv4 address.
    assert estate.reach(server["InstanceId"], "203.0.113.7")["allowed"] is False


def test_an_egress_only_gateway_lets_ipv6_out_and_nothing_in(estate: Estate) -> None:
    ec2 = estate.ec2
    vpc = estate.vpc()
    ec2.associate_vpc_cidr_block(VpcId=vpc, AmazonProvidedIpv6CidrBlock=True)
    block = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    ec2.associate_subnet_cidr_block(
        SubnetId=subnet, Ipv6CidrBlock=block["Ipv6CidrBlock"].replace("/56", "/64")
    )
    table = estate.table(vpc, subnet)
    gateway = ec2.create_egress_only_internet_gateway(VpcId=vpc)["EgressOnlyInternetGateway"]
    ec2.create_route(
        RouteTableId=table, DestinationIpv6CidrBlock="::/0",
        EgressOnlyInternetGatewayId=gateway["EgressOnlyInternetGatewayId"],
    )  # fmt: skip
    guard = estate.group(vpc, ("tcp", 443, 443, "::/0"))
    server = ec2.run_instances(
        ImageId="resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
        InstanceType="t3.micro", MinCount=1, MaxCount=1,
        NetworkInterfaces=[
            {"DeviceIndex": 0, "SubnetId": subnet, "Groups": [guard], "Ipv6AddressCount": 1}
        ],
    )["Instances"][0]  # fmt: skip
    address = server["NetworkInterfaces"][0]["Ipv6Addresses"][0]["Ipv6Address"]
    assert estate.reach(server["InstanceId"], "2001:db8::7")["allowed"]
    assert estate.reach("internet", address)["allowed"] is False
