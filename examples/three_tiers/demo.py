"""Three tiers: a network that blocks and says why, and the black box that remembers.

Rules of this file: only public tools are used, as a user would: the AWS CLI builds, sends for the
flow logs and queries them, the `cloudchamber` command asks. What is expected is checked; a story
that goes otherwise ends with an error.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

ROOT = Path(__file__).resolve().parents[2]
CHAMBER = Path(sys.executable).with_name("cloudchamber")
CLIENTS = ROOT / ".clients" / "found.json"
ACCOUNT, REGION = "111111111111", "eu-west-1"
ANYWHERE = "0.0.0.0/0"
KNOWN_BAD = "198.51.100.0/24"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
BUCKET = "black-box-of-the-network"
TIERS = ("web", "app", "database")
APPLICATION = "10.0.10.0/23"  # both of its subnets
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
MAY_DELIVER = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "delivery.logs.amazonaws.com"},
            "Action": action,
            "Resource": f"arn:aws:s3:::{BUCKET}{below}",
        }
        for action, below in (("s3:PutObject", "/AWSLogs/*"), ("s3:GetBucketAcl", ""))
    ],
}  # what flow logs need of a bucket


class Chamber:
    """A served chamber, the AWS CLI that is pointed at it, and its own command line."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.cli = _find_cli()
        command = [str(CHAMBER), "start", "--port", "0", "--clock", "demand", "--seed", "4",
                   "--json"]  # fmt: skip
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.endpoint: str = json.loads(self.process.stdout.readline())["endpoint"]

    def aws(self, line: str, *more: str, take: str = "") -> Any:
        """Run a line of the AWS CLI; give its JSON, or the text of what `--query` is to take."""
        words = [*shlex.split(line), *more]
        if take:
            words += ["--query", take, "--output", "text"]
        self.show("aws", words)
        said = _run([self.cli, "--endpoint-url", self.endpoint, *words], _environment())
        return said.strip() if take or not said.strip() else json.loads(said)

    def verb(self, *words: str) -> Any:
        """A verb of `cloudchamber`, and what it says as JSON. 1 is a No, not an error."""
        self.show("cloudchamber", list(words))
        command = [str(CHAMBER), *words, "--endpoint", self.endpoint, "--json"]
        return json.loads(_run(command, dict(os.environ), highest=1))

    def show(self, program: str, words: list[str]) -> None:
        """A command as it could be typed, cut to one line."""
        shown = " ".join(shlex.join([program, *words]).split())
        self.console.print(f"[dim]$ {escape(shown)}[/]", no_wrap=True, overflow="ellipsis")

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
        self.aws = chamber.aws
        self.console = console
        self.subnets: dict[str, list[str]] = {}
        self.groups: dict[str, str] = {}
        self.acls: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.addresses: dict[str, str] = {}
        self.vpc = ""

    def tell(self) -> None:
        """The whole story, in order."""
        self.build()
        self.reach()
        self.expose()
        self.forget()
        self.block()
        self.query()

    def title(self, text: str) -> None:
        """A heading."""
        self.console.rule(f"[bold]{text}", align="left")

    def say(self, text: str) -> None:
        """A line of the story."""
        self.console.print(text, highlight=False)

    # What is built first

    def build(self) -> None:
        """VPC, subnets in two zones, routes, guards, an instance in each tier, flow logs."""
        self.title("What the AWS CLI builds")
        self.vpc = self.aws("ec2 create-vpc --cidr-block 10.0.0.0/16", take="Vpc.VpcId")
        zones = self.aws(
            "ec2 describe-availability-zones", take="AvailabilityZones[:2].ZoneName"
        ).split()
        for n, tier in enumerate(TIERS):
            self.subnets[tier] = [
                self.aws(
                    f"ec2 create-subnet --vpc-id {self.vpc} --cidr-block 10.0.{10 * n + m}.0/24 "
                    f"--availability-zone {zone}",
                    take="Subnet.SubnetId",
                )
                for m, zone in enumerate(zones)
            ]
        self.route()
        self.guard()
        self.fence()
        self.populate()
        self.record()
        self.say("internet -> web -> app -> database, and from app out through a NAT gateway\n")

    def route(self) -> None:
        """The internet for web, a NAT gateway for app; the main table keeps data at home."""
        gateway = self.aws("ec2 create-internet-gateway", take="InternetGateway.InternetGatewayId")
        self.aws(f"ec2 attach-internet-gateway --internet-gateway-id {gateway} --vpc-id {self.vpc}")
        address = self.aws("ec2 allocate-address --domain vpc", take="AllocationId")
        nat = self.aws(
            f"ec2 create-nat-gateway --subnet-id {self.subnets['web'][0]} "
            f"--allocation-id {address}",
            take="NatGateway.NatGatewayId",
        )
        self.aws(f"ec2 wait nat-gateway-available --nat-gateway-ids {nat}")
        ways = {"web": f"--gateway-id {gateway}", "app": f"--nat-gateway-id {nat}"}
        for tier, way in ways.items():
            table = self.aws(
                f"ec2 create-route-table --vpc-id {self.vpc}", take="RouteTable.RouteTableId"
            )
            self.aws(
                f"ec2 create-route --route-table-id {table} "
                f"--destination-cidr-block {ANYWHERE} {way}"
            )
            for subnet in self.subnets[tier]:
                self.aws(f"ec2 associate-route-table --route-table-id {table} --subnet-id {subnet}")

    def guard(self) -> None:
        """Security groups: each tier lets in only the one before it."""
        for tier in TIERS:
            self.groups[tier] = self.aws(
                f"ec2 create-security-group --group-name {tier} --vpc-id {self.vpc} "
                f"--description 'the {tier} tier'",
                take="GroupId",
            )
        self.let_in("web", f"--protocol tcp --port 443 --cidr {ANYWHERE}")
        self.let_in("app", f"--protocol tcp --port 443 --source-group {self.groups['web']}")
        self.let_in("database", f"--protocol tcp --port 5432 --source-group {self.groups['app']}")

    def let_in(self, tier: str, rule: str) -> None:
        """A rule of a tier's security group."""
        self.aws(f"ec2 authorize-security-group-ingress --group-id {self.groups[tier]} {rule}")

    def fence(self) -> None:
        """Network ACLs, each with a mistake that people make but for the web tier's."""
        associations = self.aws(
            f"ec2 describe-network-acls --filters Name=vpc-id,Values={self.vpc}"
        )["NetworkAcls"][0]["Associations"]
        found = {each["SubnetId"]: each["NetworkAclAssociationId"] for each in associations}
        for tier in TIERS:
            acl = self.acls[tier] = self.aws(
                f"ec2 create-network-acl --vpc-id {self.vpc}", take="NetworkAcl.NetworkAclId"
            )
            for subnet in self.subnets[tier]:
                self.aws(
                    f"ec2 replace-network-acl-association --network-acl-id {acl} "
                    f"--association-id {found[subnet]}"
                )
        self.entry("web", 90, f"--ingress --rule-action deny --protocol -1 --cidr {KNOWN_BAD}")
        https = "--protocol tcp --port-range From=443,To=443"
        self.entry("app", 90, f"--ingress --rule-action deny --cidr {ANYWHERE} {https}")
        for tier in ("web", "app"):
            for way in ("--ingress", "--egress"):
                self.entry(tier, 100, f"{way} --rule-action allow --protocol -1 --cidr {ANYWHERE}")
        postgres = "--protocol tcp --port-range From=5432,To=5432"
        self.entry(
            "database", 100, f"--ingress --rule-action allow --cidr {APPLICATION} {postgres}"
        )

    def entry(self, tier: str, number: int, rule: str) -> None:
        """A rule of a tier's ACL."""
        self.aws(
            f"ec2 create-network-acl-entry --network-acl-id {self.acls[tier]} "
            f"--rule-number {number} {rule}"
        )

    def populate(self) -> None:
        """An instance in each tier; the web tier's has a public address."""
        for tier in TIERS:
            address = "--associate-public-ip-address" if tier == "web" else ""
            told = self.aws(
                f"ec2 run-instances --image-id {IMAGE} --instance-type t3.micro "
                f"--subnet-id {self.subnets[tier][0]} --security-group-ids {self.groups[tier]} "
                f"{address}",
                take="Instances[0].[InstanceId,PrivateIpAddress]",
            )
            self.instances[tier], self.addresses[tier] = told.split()
        self.aws(f"ec2 wait instance-running --instance-ids {' '.join(self.instances.values())}")

    def record(self) -> None:
        """Flow logs of the whole VPC into a bucket."""
        self.aws(
            f"s3api create-bucket --bucket {BUCKET} "
            f"--create-bucket-configuration LocationConstraint={REGION}"
        )
        self.aws(f"s3api put-bucket-policy --bucket {BUCKET}", "--policy", json.dumps(MAY_DELIVER))
        made = self.aws(
            f"ec2 create-flow-logs --resource-type VPC --resource-ids {self.vpc} "
            "--traffic-type ALL --log-destination-type s3 --max-aggregation-interval 60 "
            f"--log-destination arn:aws:s3:::{BUCKET}"
        )
        assert not made["Unsuccessful"], made

    # The chapters

    def reach(self) -> None:
        """Who gets where."""
        self.title("Who reaches whom")
        web, app = self.instances["web"], self.instances["app"]
        self.ask("internet", web, 443, True)
        self.ask("internet", web, 22, False)
        self.ask("internet", app, 443, False)
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
        answers = "--protocol tcp --port-range From=1024,To=65535"
        self.entry("database", 100, f"--egress --rule-action allow --cidr {APPLICATION} {answers}")
        self.say("the ACL lets answers out now")
        self.ask(app, database, 5432, True)
        self.say("")

    def block(self) -> None:
        """A flow that is sent and blocked, the rule that blocks it, and the flow let through."""
        self.title("A flow, blocked and mended")
        told = self.send("web", "app", 443, False)
        assert self.acls["app"] in told["steps"][-1]["sentence"], told
        self.aws(
            f"ec2 delete-network-acl-entry --network-acl-id {self.acls['app']} "
            "--rule-number 90 --ingress"
        )
        self.say("the forgotten rule is gone")
        self.send("web", "app", 443, True)
        self.say("")

    def query(self) -> None:
        """Its record, found by the query that everybody writes first: rejected HTTPS."""
        self.title("The black box remembers")
        self.chamber.verb("clock", "--advance", "15m")
        self.athena("CREATE DATABASE network")
        self.athena(TABLE.format(bucket=BUCKET, account=ACCOUNT, region=REGION))
        rows = self.rows(self.athena(REJECTED))
        self.say(f"rejected HTTPS in the flow logs: {len(rows)} record")
        for row in rows:
            self.say(f"  {row[3]} -> {row[4]}:{row[6]}  [red]{row[12]}[/]")
        found = [(row[3], row[4]) for row in rows]
        assert found == [(self.addresses["web"], self.addresses["app"])], rows

    def athena(self, text: str) -> str:
        """Run a query to its end; its id."""
        id_: str = self.aws(
            "athena start-query-execution", "--query-string", text,
            "--result-configuration", f"OutputLocation=s3://{BUCKET}/answers/",
            take="QueryExecutionId",
        )  # fmt: skip
        while True:
            told = self.aws(f"athena get-query-execution --query-execution-id {id_}")
            status = told["QueryExecution"]["Status"]
            if status["State"] not in ("QUEUED", "RUNNING"):
                break
            self.chamber.verb("clock", "--advance", "1s")
        if status["State"] != "SUCCEEDED":
            raise SystemExit(status["StateChangeReason"])
        return id_

    def rows(self, query: str) -> list[list[str]]:
        """What a query found, without the names of the columns."""
        told = self.aws(f"athena get-query-results --query-execution-id {query}")
        rows = told["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue", "") for cell in row["Data"]] for row in rows[1:]]

    # Doing

    def ask(self, source: str, destination: str, port: int, expected: bool) -> Any:
        """Ask without sending, and hold the answer to what is expected."""
        return self.hold("reach", source, destination, port, expected)

    def send(self, source: str, destination: str, port: int, expected: bool) -> Any:
        """Send from one tier to another, which flow logs see, and hold it to what is expected."""
        ends = self.instances[source], self.instances[destination]
        return self.hold("probe", *ends, port, expected)

    def hold(self, verb: str, source: str, destination: str, port: int, expected: bool) -> Any:
        """Use a verb, say what came of it, and why nothing did."""
        told = self.chamber.verb(verb, source, destination, "--port", str(port))
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


def _find_cli() -> str:
    """The AWS CLI that `make demo` brought, else the machine's own."""
    entry = json.loads(CLIENTS.read_text()).get("aws-v1", {}) if CLIENTS.exists() else {}
    path: str | None = entry.get("path") or shutil.which("aws")
    if path is None:
        raise SystemExit("this story needs the AWS CLI: pip install awscli, or make demo")
    return path


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    return {
        **kept,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "chamber",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_DEFAULT_OUTPUT": "json",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_PAGER": "",
    }


def _run(command: list[str], environment: dict[str, str], highest: int = 0) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode > highest:
        raise SystemExit(f"{shlex.join(command)} failed:\n{done.stderr or done.stdout}")
    return done.stdout


def main() -> None:
    """Start a chamber and tell the story."""
    console = Console(width=120)
    chamber = Chamber(console)
    try:
        Story(chamber, console).tell()
    finally:
        chamber.end()


if __name__ == "__main__":
    main()
