"""Three tiers: a network that blocks and says why, and the black box that remembers.

Rules of this file: only public tools are used, as a user would: boto3 and the `cloudchamber`
command. What is expected is checked; a story that goes otherwise ends with an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

CHAMBER = Path(sys.executable).with_name("cloudchamber")
ACCOUNT, REGION = "111111111111", "eu-west-1"
ANYWHERE = "0.0.0.0/0"
KNOWN_BAD = "198.51.100.0/24"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
BUCKET = "black-box-of-the-network"
TIERS = ("web", "app", "database")
EPHEMERAL = (1024, 65535)
TABLE = """
CREATE EXTERNAL TABLE network.flows (
  version int, account_id string, interface_id string, srcaddr string, dstaddr string,
  srcport int, dstport int, protocol bigint, packets bigint, bytes bigint,
  start bigint, `end` bigint, action string, log_status string)
PARTITIONED BY (day string)
ROW FORMAT DELIMITED FIELDS TERMINATED BY ' '
LOCATION 's3://{bucket}/AWSLogs/{account}/vpcflowlogs/{region}/'
TBLPROPERTIES (
  'skip.header.line.count'='1', 'projection.enabled'='true', 'projection.day.type'='date',
  'projection.day.format'='yyyy/MM/dd', 'projection.day.range'='2024/01/01,NOW',
  'storage.location.template'='s3://{bucket}/AWSLogs/{account}/vpcflowlogs/{region}/${{day}}')
"""
REJECTED = (
    "SELECT * FROM network.flows WHERE action = 'REJECT' AND dstport = 443 AND day >= '2024/01/01'"
)


class Chamber:
    """A served chamber."""

    def __init__(self) -> None:
        command = [str(CHAMBER), "start", "--port", "0", "--clock", "demand", "--seed", "4",
                   "--json"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.endpoint: str = json.loads(self.process.stdout.readline())["endpoint"]

    def client(self, service: str) -> Any:
        """A boto3 client of one service."""
        return boto3.client(
            service,
            REGION,
            endpoint_url=self.endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="chamber",
        )

    def verb(self, *words: str) -> Any:
        """A verb of the command line, and what it says as JSON. 1 is a No, not an error."""
        command = [str(CHAMBER), *words, "--endpoint", self.endpoint, "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(done.stderr or done.stdout)
        return json.loads(done.stdout)

    def end(self) -> None:
        """Stop it."""
        self.process.terminate()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class Story:
    """Tells the story chapter by chapter."""

    def __init__(self, chamber: Chamber, console: Console) -> None:
        self.chamber = chamber
        self.console = console
        self.ec2 = chamber.client("ec2")
        self.subnets: dict[str, list[str]] = {}
        self.groups: dict[str, str] = {}
        self.acls: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.vpc = ""

    def title(self, text: str) -> None:
        """A heading."""
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """A line of the story."""
        self.console.print(text, highlight=False)

    # What is built first

    def build(self) -> None:
        """VPC, subnets in two zones, routes, guards, and an instance in each tier."""
        self.title("What is built")
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        zones = [
            each["ZoneName"] for each in ec2.describe_availability_zones()["AvailabilityZones"]
        ]
        for n, tier in enumerate(TIERS):
            self.subnets[tier] = [
                ec2.create_subnet(
                    VpcId=self.vpc, CidrBlock=f"10.0.{10 * n + m}.0/24", AvailabilityZone=zone
                )["Subnet"]["SubnetId"]
                for m, zone in enumerate(zones[:2])
            ]
        self.route()
        self.guard()
        self.fence()
        for tier in TIERS:
            self.instances[tier] = ec2.run_instances(
                ImageId=IMAGE,
                InstanceType="t3.micro",
                MinCount=1,
                MaxCount=1,
                NetworkInterfaces=[
                    {
                        "DeviceIndex": 0,
                        "SubnetId": self.subnets[tier][0],
                        "Groups": [self.groups[tier]],
                        "AssociatePublicIpAddress": tier == "web",
                    }
                ],
            )["Instances"][0]["InstanceId"]
        ec2.get_waiter("instance_running").wait(InstanceIds=list(self.instances.values()))
        self.say("internet -> web -> app -> database, and from app out through a NAT gateway\n")

    def route(self) -> None:
        """The internet for the web tier, a NAT gateway for the application, nothing for data."""
        ec2 = self.ec2
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        address = ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = ec2.create_nat_gateway(SubnetId=self.subnets["web"][0], AllocationId=address)[
            "NatGateway"
        ]["NatGatewayId"]
        ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[nat])
        ways: dict[str, dict[str, str]] = {
            "web": {"GatewayId": gateway}, "app": {"NatGatewayId": nat}, "database": {},
        }  # fmt: skip
        for tier, way in ways.items():
            table = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
            if way:
                ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, **way)
            for subnet in self.subnets[tier]:
                ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)

    def guard(self) -> None:
        """Security groups: each tier lets in only the one before it."""
        for tier in TIERS:
            self.groups[tier] = self.ec2.create_security_group(
                GroupName=tier, Description=f"the {tier} tier", VpcId=self.vpc
            )["GroupId"]
        for port in (80, 443):
            self.let_in("web", port, IpRanges=[{"CidrIp": ANYWHERE}])
        self.let_in("app", 8080, UserIdGroupPairs=[{"GroupId": self.groups["web"]}])
        self.let_in("database", 5432, UserIdGroupPairs=[{"GroupId": self.groups["app"]}])

    def let_in(self, tier: str, port: int, **who: Any) -> None:
        """A rule of a tier's security group."""
        self.ec2.authorize_security_group_ingress(
            GroupId=self.groups[tier],
            IpPermissions=[{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **who}],
        )

    def fence(self) -> None:
        """Network ACLs: known bad addresses stay out, data talks to the application only."""
        for tier in TIERS:
            self.acls[tier] = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"][
                "NetworkAclId"
            ]
            self.use(tier)
        self.entry("web", 90, KNOWN_BAD, "deny", ports=None)
        self.entry("web", 100, ANYWHERE, ports=None)
        self.entry("web", 100, ANYWHERE, ports=None, egress=True)
        self.entry("app", 100, ANYWHERE, ports=None)
        self.entry("app", 100, ANYWHERE, ports=None, egress=True)
        for n, cidr in enumerate(("10.0.10.0/24", "10.0.11.0/24")):
            self.entry("database", 100 + n, cidr, ports=(5432, 5432))

    def use(self, tier: str) -> None:
        """Put a tier's subnets behind its ACL."""
        found = self.ec2.describe_network_acls(
            Filters=[{"Name": "association.subnet-id", "Values": self.subnets[tier]}]
        )["NetworkAcls"]
        for acl in found:
            for each in acl["Associations"]:
                if each["SubnetId"] in self.subnets[tier]:
                    self.ec2.replace_network_acl_association(
                        AssociationId=each["NetworkAclAssociationId"], NetworkAclId=self.acls[tier]
                    )

    def entry(
        self, tier: str, number: int, cidr: str, action: str = "allow",
        *, ports: tuple[int, int] | None, egress: bool = False,
    ) -> None:  # fmt: skip
        """A rule of a tier's ACL; without ports for everything."""
        more: dict[str, Any] = {"Protocol": "-1"}
        if ports is not None:
            more = {"Protocol": "6", "PortRange": {"From": ports[0], "To": ports[1]}}
        self.ec2.create_network_acl_entry(
            NetworkAclId=self.acls[tier], RuleNumber=number, RuleAction=action, Egress=egress,
            CidrBlock=cidr, **more,
        )  # fmt: skip

    # The chapters

    def reach(self) -> None:
        """Who gets where, before anything is wrong."""
        self.title("Who reaches whom")
        web, app = self.instances["web"], self.instances["app"]
        self.ask("internet", web, 443, True)
        self.ask("internet", web, 22, False)
        self.ask("internet", app, 8080, False)
        self.ask(web, app, 8080, True)
        self.ask(web, self.instances["database"], 5432, False)
        self.ask(app, "203.0.113.9", 443, True)
        self.say("")

    def expose(self) -> None:
        """What the internet reaches, all of it."""
        self.title("What the internet reaches")
        found = self.chamber.verb("exposed")["exposed"]
        for each in found:
            ports = ", ".join(
                f"{low}" if low == high else f"{low}-{high}" for low, high in each["ports"]
            )
            self.say(f"  {self.name(each['instance'])} on {each['protocol']} {ports}, by:")
            for rule in each["by"]:
                self.say(f"    {rule}")
        assert {each["instance"] for each in found} == {self.instances["web"]}
        self.say("")

    def forget(self) -> None:
        """The way back is blocked, which no security group would do."""
        self.title("The database does not answer")
        app, database = self.instances["app"], self.instances["database"]
        told = self.ask(app, database, 5432, False)
        assert self.acls["database"] in json.dumps(told)
        for n, cidr in enumerate(("10.0.10.0/24", "10.0.11.0/24")):
            self.entry("database", 100 + n, cidr, ports=EPHEMERAL, egress=True)
        self.say("the ACL lets answers out now: TCP from 1024 to 65535")
        self.ask(app, database, 5432, True)
        self.say("")

    def box(self) -> None:
        """Flow logs, and the question that they answer."""
        self.title("The black box")
        s3 = self.chamber.client("s3")
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(may_deliver(BUCKET)))
        made = self.ec2.create_flow_logs(
            ResourceType="VPC", ResourceIds=[self.vpc], TrafficType="ALL",
            LogDestinationType="s3", LogDestination=f"arn:aws:s3:::{BUCKET}",
            MaxAggregationInterval=60,
        )  # fmt: skip
        assert not made["Unsuccessful"], made
        sent = (
            ("internet", "web", 443), ("web", "app", 443), ("web", "database", 443),
            ("app", "database", 5432),
        )  # fmt: skip
        for source, destination, port in sent:
            told = self.chamber.verb(
                "probe", self.instances.get(source, source), self.instances[destination],
                "--port", str(port),
            )  # fmt: skip
            self.say(f"  sent {source} -> {destination}:{port}: {verdict(told)}")
        self.chamber.verb("clock", "--advance", "15m")
        rows = self.query()
        self.say(f"rejected HTTPS in the last quarter of an hour: {len(rows)} records")
        for row in rows:
            self.say(f"  {row[3]} -> {row[4]}:{row[6]}  {row[12]}")
        assert len(rows) == 2, rows

    def query(self) -> list[list[str]]:
        """The rejected HTTPS of the flow logs, by Athena."""
        self.athena("CREATE DATABASE network")
        self.athena(TABLE.format(bucket=BUCKET, account=ACCOUNT, region=REGION))
        return self.athena(REJECTED)[1:]

    def athena(self, text: str) -> list[list[str]]:
        """The rows that a query gives, the head of the columns first."""
        athena = self.chamber.client("athena")
        id_ = athena.start_query_execution(
            QueryString=text,
            ResultConfiguration={"OutputLocation": f"s3://{BUCKET}/answers/"},
        )["QueryExecutionId"]
        while True:
            status = athena.get_query_execution(QueryExecutionId=id_)["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            self.chamber.verb("clock", "--advance", "1s")
        if status["State"] != "SUCCEEDED":
            raise SystemExit(status["StateChangeReason"])
        found = athena.get_query_results(QueryExecutionId=id_)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in found]

    # Doing

    def ask(self, source: str, destination: str, port: int, expected: bool) -> Any:
        """Ask without sending, say what the answer was, and hold it to what is expected."""
        told = self.chamber.verb("reach", source, destination, "--port", str(port))
        self.say(f"{self.name(source)} -> {self.name(destination)}:{port}: {verdict(told)}")
        if not told["allowed"]:
            self.say(f"    {told['steps'][-1]['sentence']}")
        assert told["allowed"] is expected, told
        return told

    def name(self, what: str) -> str:
        """A tier's name for its instance."""
        return next((tier for tier, id_ in self.instances.items() if id_ == what), what)


def verdict(told: dict[str, Any]) -> str:
    """Allowed, or the code of what blocks."""
    return "[green]allowed[/]" if told["allowed"] else f"[red]blocked[/] ({told['code']})"


def may_deliver(bucket: str) -> dict[str, Any]:
    """The policy that flow logs need of a bucket."""
    service = {"Service": "delivery.logs.amazonaws.com"}
    statements: Sequence[dict[str, Any]] = (
        {
            "Effect": "Allow", "Principal": service, "Action": "s3:PutObject",
            "Resource": f"arn:aws:s3:::{bucket}/AWSLogs/*",
        },
        {
            "Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl",
            "Resource": f"arn:aws:s3:::{bucket}",
        },
    )  # fmt: skip
    return {"Version": "2012-10-17", "Statement": list(statements)}


def main() -> None:
    """Start a chamber and tell the story."""
    chamber = Chamber()
    try:
        story = Story(chamber, Console(width=120))
        story.build()
        story.reach()
        story.expose()
        story.forget()
        story.box()
    finally:
        chamber.end()


if __name__ == "__main__":
    main()
