"""A probe, its record in a flow log, and the record in a bucket."""

from __future__ import annotations

import gzip
from typing import Any

from cloudchamber import Chamber
from tests.unit.services.ec2.reachability.estate import ANYWHERE, Estate


def test_a_blocked_probe_is_in_the_bucket_as_rejected_until_the_rule_is_mended() -> None:
    with Chamber(seed=1) as chamber:
        estate = Estate(chamber)
        vpc = estate.vpc()
        subnet = estate.subnet(vpc, "10.0.1.0/24")
        group = estate.group(vpc)
        client, server = estate.server(subnet), estate.server(subnet, group)
        s3: Any = chamber.client("s3", estate.region, account=estate.account)
        s3.create_bucket(
            Bucket="black-box", CreateBucketConfiguration={"LocationConstraint": estate.region}
        )
        estate.ec2.create_flow_logs(
            ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", MaxAggregationInterval=60,
            LogDestinationType="s3", LogDestination="arn:aws:s3:::black-box",
        )  # fmt: skip
        chamber.advance("5m")
        asked = {"source": client.instance, "destination": server.instance, "port": 443}
        assert chamber.control.probe(asked)["code"] == "SG_HAS_NO_RULES"
        chamber.advance("20m")
        assert _seen(s3, server.interface) == [("443", "REJECT")]
        estate.ec2.authorize_security_group_ingress(
            GroupId=group, IpProtocol="tcp", FromPort=443, ToPort=443, CidrIp=ANYWHERE
        )
        assert chamber.control.probe(asked)["allowed"] is True
        chamber.control.reach(asked)
        chamber.advance("20m")
        assert sorted(_seen(s3, server.interface)) == [("443", "ACCEPT"), ("443", "REJECT")]


def _seen(s3: Any, interface: str) -> list[tuple[str, str]]:
    """(destination port, action) of what came to an interface's port 443, by all objects."""
    found = []
    for each in s3.list_objects_v2(Bucket="black-box").get("Contents", ()):
        body = s3.get_object(Bucket="black-box", Key=each["Key"])["Body"].read()
        for line in gzip.decompress(body).decode().splitlines()[1:]:
            fields = line.split()
            if fields[2] == interface and fields[6] == "443":
                found.append((fields[6], fields[12]))
    return found
