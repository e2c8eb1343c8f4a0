"""What the tests of flow logs share: a VPC with interfaces, a bucket, flows made by hand.

Rules of this file: flows are published as whoever walks them would; everything else goes through
boto clients.
"""

from __future__ import annotations

import gzip
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2.flow_logs.happened import FLOW
from cloudchamber.services.ec2.interfaces.nouns import INTERFACES

ONE, TWO = "111111111111", "222222222222"
REGION = "eu-west-1"
BUCKET = "arn:aws:s3:::logs"


class Estate:
    """A VPC with two interfaces in one subnet, and a bucket for logs."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.ec2 = chamber.client("ec2")
        self.s3 = chamber.client("s3")
        self.s3.create_bucket(
            Bucket="logs", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock="10.0.0.0/24")["Subnet"][
            "SubnetId"
        ]
        self.interfaces = [self._interface(last) for last in (10, 20)]

    def _interface(self, last: int) -> str:
        made = self.ec2.create_network_interface(
            SubnetId=self.subnet, PrivateIpAddress=f"10.0.0.{last}"
        )["NetworkInterface"]
        identifier: str = made["NetworkInterfaceId"]
        # As if an instance had it: no flow is told of an interface that nothing uses.
        self.chamber.cloud.store.rows(INTERFACES, ONE, REGION)[identifier].status = "in-use"
        return identifier

    def watch(self, **more: Any) -> str:
        """A new flow log of the VPC, with windows of a minute."""
        given = {
            "ResourceIds": [self.vpc], "ResourceType": "VPC", "TrafficType": "ALL",
            "LogDestinationType": "s3", "LogDestination": BUCKET, "MaxAggregationInterval": 60,
        }  # fmt: skip
        answer = self.ec2.create_flow_logs(**{**given, **more})
        assert not answer["Unsuccessful"], answer
        identifier: str = answer["FlowLogIds"][0]
        return identifier

    def sighting(self, at: int = 0, **more: Any) -> dict[str, Any]:
        """What one of the interfaces saw: by default a packet for port 443 that came and got in."""
        return {
            "interface": self.interfaces[at], "account": ONE, "region": REGION, "vpc": self.vpc,
            "subnet": self.subnet, "zone_id": "euw1-az1", "direction": "ingress",
            "action": "ACCEPT", "source": "10.9.9.9", "destination": f"10.0.0.{10 + at * 10}",
            "protocol": 6, "source_port": 50_000, "destination_port": 443, "tcp_flags": 2, **more,
        }  # fmt: skip

    def happen(self, *sightings: dict[str, Any], transits: tuple[dict[str, Any], ...] = ()) -> None:
        """A flow of this instant."""
        cloud = self.chamber.cloud
        ec2 = cloud.registry.expect("ec2")
        call = Call(cloud, ec2, "", {}, callers.root(ONE), ONE, REGION, 0)
        now = cloud.kernel.now
        call.publish(
            FLOW,
            {"start_ns": now, "end_ns": now, "sightings": sightings, "transits": transits},
        )

    def keys(self, prefix: str = "") -> list[str]:
        answer = self.s3.list_objects_v2(Bucket="logs", Prefix=prefix)
        return [each["Key"] for each in answer.get("Contents", ())]

    def lines(self, prefix: str = "") -> list[str]:
        """The lines of all files below a prefix, without headers."""
        found: list[str] = []
        for key in self.keys(prefix):
            body = self.s3.get_object(Bucket="logs", Key=key)["Body"].read()
            found += gzip.decompress(body).decode().splitlines()[1:]
        return found
