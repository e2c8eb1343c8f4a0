"""IPv6, step by step: a network of IPv4 becomes one of both.

Rules of this file: only public tools are used, as a user would: boto3 and the `cloudchamber`
command. What is expected is checked; a story that goes otherwise ends with an error.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

CHAMBER = Path(sys.executable).with_name("cloudchamber")
ACCOUNT, REGION = "111111111111", "eu-west-1"
IMAGE = "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
ANYWHERE, ANYWHERE6 = "0.0.0.0/0", "::/0"
SOMEBODY, SOMEBODY6 = "203.0.113.9", "2001:db8::9"


class Story:
    """Tells the story step by step."""

    def __init__(self, endpoint: str, console: Console) -> None:
        self.endpoint = endpoint
        self.console = console
        self.ec2: Any = boto3.client(
            "ec2",
            REGION,
            endpoint_url=endpoint,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="chamber",
        )
        self.vpc = ""
        self.gateway = ""
        self.block = ""
        self.subnets: dict[str, str] = {}
        self.tables: dict[str, str] = {}
        self.groups: dict[str, str] = {}
        self.instances: dict[str, str] = {}
        self.addresses: dict[str, str] = {}

    def title(self, text: str) -> None:
        """A heading."""
        self.console.rule(f"[bold]{text}", align="left")

    # The steps

    def build(self) -> None:
        """A public and a private subnet that speak IPv4, and a web server in each."""
        self.title("A VPC that speaks IPv4")
        ec2 = self.ec2
        self.vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.vpc)
        for n, name in enumerate(("public", "private")):
            self.subnets[name] = ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24")[
                "Subnet"
            ]["SubnetId"]
            self.tables[name] = ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
            ec2.associate_route_table(RouteTableId=self.tables[name], SubnetId=self.subnets[name])
            self.groups[name] = ec2.create_security_group(
                GroupName=name, Description=name, VpcId=self.vpc
            )["GroupId"]
            self.let_in(name, IpRanges=[{"CidrIp": ANYWHERE}])
        ec2.create_route(
            RouteTableId=self.tables["public"], DestinationCidrBlock=ANYWHERE,
            GatewayId=self.gateway,
        )  # fmt: skip
        for name, subnet in self.subnets.items():
            self.instances[name] = ec2.run_instances(
                ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1,
                NetworkInterfaces=[
                    {
                        "DeviceIndex": 0, "SubnetId": subnet, "Groups": [self.groups[name]],
                        "AssociatePublicIpAddress": name == "public",
                    }
                ],
            )["Instances"][0]["InstanceId"]  # fmt: skip
        ec2.get_waiter("instance_running").wait(InstanceIds=list(self.instances.values()))
        self.ask("internet", self.instances["public"], True)
        self.ask(self.instances["private"], SOMEBODY, False)

    def enable(self) -> None:
        """Blocks for the VPC and its subnets, an address for each instance."""
        self.title("Steps 1 and 2: blocks for the VPC and its subnets")
        ec2 = self.ec2
        ec2.associate_vpc_cidr_block(VpcId=self.vpc, AmazonProvidedIpv6CidrBlock=True)
        shown = ec2.describe_vpcs(VpcIds=[self.vpc])["Vpcs"][0]
        self.block = shown["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
        stem = self.block.removesuffix("00::/56")
        for n, name in enumerate(self.subnets):
            part = f"{stem}{n:02x}::/64"
            ec2.associate_subnet_cidr_block(SubnetId=self.subnets[name], Ipv6CidrBlock=part)
            found = ec2.describe_network_interfaces(
                Filters=[{"Name": "attachment.instance-id", "Values": [self.instances[name]]}]
            )["NetworkInterfaces"][0]
            self.addresses[name] = ec2.assign_ipv6_addresses(
                NetworkInterfaceId=found["NetworkInterfaceId"], Ipv6AddressCount=1
            )["AssignedIpv6Addresses"][0]
            self.console.print(f"  {name}: {part}, {self.addresses[name]}", highlight=False)
        self.ask("internet", self.addresses["public"], False)

    def update(self) -> None:
        """Routes, then rules."""
        self.title("Step 3: routes and rules")
        self.ec2.create_route(
            RouteTableId=self.tables["public"], DestinationIpv6CidrBlock=ANYWHERE6,
            GatewayId=self.gateway,
        )  # fmt: skip
        self.ask("internet", self.addresses["public"], False)
        for name in self.groups:
            self.let_in(name, Ipv6Ranges=[{"CidrIpv6": ANYWHERE6}])
        self.ask("internet", self.addresses["public"], True)

    def go_out(self) -> None:
        """Out of the private subnet, and not in."""
        self.title("Step 4: out, and not in")
        made = self.ec2.create_egress_only_internet_gateway(VpcId=self.vpc)
        self.ec2.create_route(
            RouteTableId=self.tables["private"], DestinationIpv6CidrBlock=ANYWHERE6,
            EgressOnlyInternetGatewayId=made["EgressOnlyInternetGateway"][
                "EgressOnlyInternetGatewayId"
            ],
        )  # fmt: skip
        self.ask(self.instances["private"], SOMEBODY6, True)
        self.ask("internet", self.addresses["private"], False)

    def look_back(self) -> None:
        """IPv4 is as it was."""
        self.title("IPv4, as before")
        self.ask("internet", self.instances["public"], True)
        self.ask(self.instances["private"], SOMEBODY, False)

    # Doing

    def let_in(self, name: str, **who: Any) -> None:
        """HTTPS, for a family of addresses."""
        permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **who}
        self.ec2.authorize_security_group_ingress(
            GroupId=self.groups[name], IpPermissions=[permission]
        )

    def ask(self, source: str, destination: str, expected: bool) -> None:
        """Ask whether HTTPS arrives, say so, and hold it to what is expected."""
        command = [str(CHAMBER), "reach", source, destination, "--port", "443",
                   "--endpoint", self.endpoint, "--json"]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(done.stderr or done.stdout)
        told = json.loads(done.stdout)
        names = {id_: name for name, id_ in (*self.instances.items(), *self.addresses.items())}
        way = f"{names.get(source, source)} -> {names.get(destination, destination)}"
        if told["allowed"]:
            self.console.print(f"{way}: [green]allowed[/]", highlight=False)
        else:
            self.console.print(f"{way}: [red]blocked[/] ({told['code']})", highlight=False)
            self.console.print(f"    {told['steps'][-1]['sentence']}", highlight=False)
        assert told["allowed"] is expected, told


def main() -> None:
    """Start a chamber and tell the story."""
    command = [str(CHAMBER), "start", "--port", "0", "--clock", "demand", "--seed", "6", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            endpoint = json.loads(process.stdout.readline())["endpoint"]
            story = Story(endpoint, Console(width=110))
            story.build()
            story.enable()
            story.update()
            story.go_out()
            story.look_back()
        finally:
            process.terminate()


if __name__ == "__main__":
    main()
