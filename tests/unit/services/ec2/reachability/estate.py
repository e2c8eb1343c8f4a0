"""Networks built with the public API, as small as a question needs them.

Rules of this file: only what a client of AWS can do; names say what a thing is for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from cloudchamber import Chamber

ACCOUNT = "111111111111"
OTHER = "222222222222"
REGION = "eu-west-1"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
TYPE = "t3.micro"
ANYWHERE = "0.0.0.0/0"
Rule = tuple[str, int, int, str]
ALL: Rule = ("-1", -1, -1, ANYWHERE)


class Server(NamedTuple):
    """An instance that runs, and its primary interface."""

    instance: str
    interface: str
    address: str
    public: str


class Estate:
    """What one account has in one Region."""

    def __init__(self, chamber: Chamber, account: str = ACCOUNT, region: str = REGION) -> None:
        self.chamber = chamber
        self.account = account
        self.region = region
        self.ec2: Any = chamber.client("ec2", region, account=account)
        offered = self.ec2.describe_instance_type_offerings(
            LocationType="availability-zone-id",
            Filters=[{"Name": "instance-type", "Values": [TYPE]}],
        )["InstanceTypeOfferings"]
        self.zones = sorted(each["Location"] for each in offered)

    def vpc(self, cidr: str = "10.0.0.0/16") -> str:
        made: str = self.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
        return made

    def subnet(self, vpc: str, cidr: str, zone: int = 0) -> str:
        made: str = self.ec2.create_subnet(
            VpcId=vpc, CidrBlock=cidr, AvailabilityZoneId=self.zones[zone]
        )["Subnet"]["SubnetId"]
        return made

    def internet(self, vpc: str) -> str:
        """An internet gateway, attached."""
        made: str = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=made, VpcId=vpc)
        return made

    def table(self, vpc: str, *subnets: str) -> str:
        """A route table of its own for subnets."""
        made: str = self.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
        for subnet in subnets:
            self.ec2.associate_route_table(RouteTableId=made, SubnetId=subnet)
        return made

    def route(self, table: str, to: str = ANYWHERE, **target: str) -> None:
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=to, **target)

    def group(self, vpc: str, *ingress: Rule, name: str = "", egress: tuple[Rule, ...] = ()) -> str:
        """A security group; without `egress` it lets everything out."""
        count = len(self.ec2.describe_security_groups()["SecurityGroups"])
        made: str = self.ec2.create_security_group(
            VpcId=vpc, GroupName=name or f"group-{count}", Description="for a test"
        )["GroupId"]
        if ingress:
            self.ec2.authorize_security_group_ingress(
                GroupId=made, IpPermissions=[_permission(each) for each in ingress]
            )
        if egress:
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}
            self.ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[everything])
            self.ec2.authorize_security_group_egress(
                GroupId=made, IpPermissions=[_permission(each) for each in egress]
            )
        return made

    def acl(self, vpc: str, *entries: tuple[int, bool, str, int, int, str], subnet: str) -> str:
        """A network ACL of a subnet: (number, is_egress, action, first port, last port, CIDR)."""
        made: str = self.ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
        for number, is_egress, action, first, last, cidr in entries:
            self.ec2.create_network_acl_entry(
                NetworkAclId=made, RuleNumber=number, Egress=is_egress, RuleAction=action,
                Protocol="6", PortRange={"From": first, "To": last}, CidrBlock=cidr,
            )  # fmt: skip
        known = self.ec2.describe_network_acls(
            Filters=[{"Name": "association.subnet-id", "Values": [subnet]}]
        )["NetworkAcls"][0]["Associations"]
        held = next(each for each in known if each["SubnetId"] == subnet)
        self.ec2.replace_network_acl_association(
            AssociationId=held["NetworkAclAssociationId"], NetworkAclId=made
        )
        return made

    def server(self, subnet: str, *groups: str, public: bool = False) -> Server:
        """An instance that runs."""
        interface: dict[str, Any] = {
            "DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": public,
        }  # fmt: skip
        if groups:
            interface["Groups"] = list(groups)
        made = self.ec2.run_instances(
            ImageId=IMAGE, InstanceType=TYPE, MinCount=1, MaxCount=1,
            NetworkInterfaces=[interface],
        )["Instances"][0]  # fmt: skip
        shown = self.ec2.describe_network_interfaces(
            Filters=[{"Name": "attachment.instance-id", "Values": [made["InstanceId"]]}]
        )["NetworkInterfaces"][0]
        return Server(
            made["InstanceId"],
            shown["NetworkInterfaceId"],
            shown["PrivateIpAddress"],
            shown.get("Association", {}).get("PublicIp", ""),
        )

    def analyse(self, source: str, destination: str, **more: Any) -> dict[str, Any]:
        """A path, asked once: the finished analysis."""
        path = {"Protocol": "tcp", "DestinationPort": 443, **more}
        wanted = {name: path.pop(name) for name in tuple(path) if name in _OF_ANALYSIS}
        made = self.ec2.create_network_insights_path(
            Source=source, Destination=destination, **path
        )["NetworkInsightsPath"]["NetworkInsightsPathId"]
        started = self.ec2.start_network_insights_analysis(NetworkInsightsPathId=made, **wanted)
        identifier = started["NetworkInsightsAnalysis"]["NetworkInsightsAnalysisId"]
        found: dict[str, Any] = self.ec2.describe_network_insights_analyses(
            NetworkInsightsAnalysisIds=[identifier]
        )["NetworkInsightsAnalyses"][0]
        return found

    def reach(self, source: str, destination: str, port: int = 443) -> dict[str, Any]:
        asked: Any = {"source": source, "destination": destination, "port": port}
        return self.chamber.control.reach(asked)


_OF_ANALYSIS = ("AdditionalAccounts", "FilterInArns", "FilterOutArns")


def _permission(rule: Rule) -> dict[str, Any]:
    protocol, first, last, peer = rule
    permission: dict[str, Any] = {"IpProtocol": protocol}
    if protocol != "-1":
        permission |= {"FromPort": first, "ToPort": last}
    if peer.startswith("sg-"):
        return {**permission, "UserIdGroupPairs": [{"GroupId": peer}]}
    if peer.startswith("pl-"):
        return {**permission, "PrefixListIds": [{"PrefixListId": peer}]}
    if ":" in peer:
        return {**permission, "Ipv6Ranges": [{"CidrIpv6": peer}]}
    return {**permission, "IpRanges": [{"CidrIp": peer}]}


def ids(components: list[dict[str, Any]]) -> list[str]:
    """The ids of path components, in order."""
    return [each["Component"]["Id"] for each in components]


def nat_gateway(estate: Estate, subnet: str) -> str:
    """A public NAT gateway with an address of its own."""
    ec2 = estate.ec2
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made: str = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"][
        "NatGatewayId"
    ]
    return made
