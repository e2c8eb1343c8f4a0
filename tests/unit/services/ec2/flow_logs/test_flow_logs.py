"""Flow logs: what happened, and nothing else, arrives in the bucket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.services.ec2.flow_logs.records import ROOM
from tests.unit.services.ec2.flow_logs.estate import BUCKET, ONE, REGION, TWO, Estate


def test_a_flow_is_a_line_of_the_default_format(estate: Estate) -> None:
    identifier = estate.watch()
    estate.happen(estate.sighting(packets=3, octets=180))
    assert estate.keys() == []
    estate.chamber.advance("60s")
    (key,) = estate.keys()
    folder, _, name = key.rpartition("/")
    assert folder == f"AWSLogs/{ONE}/vpcflowlogs/{REGION}/2027/01/01"
    start = f"{ONE}_vpcflowlogs_{REGION}_{identifier}_20270101T0001Z_"
    assert name.startswith(start)
    assert name.endswith(".log.gz")
    first, second = estate.interfaces
    assert estate.lines() == [
        f"2 {ONE} {first} 10.9.9.9 10.0.0.10 50000 443 6 3 180 1798761600 1798761600 ACCEPT OK",
        f"2 {ONE} {second} - - - - - - - 1798761600 1798761660 - NODATA",
    ]


def test_packets_of_one_flow_are_added_up_in_a_window(estate: Estate) -> None:
    estate.watch(LogFormat="${srcport} ${packets} ${bytes} ${start} ${end} ${tcp-flags} ${action}")
    estate.happen(estate.sighting(octets=40))
    estate.chamber.advance("10s")
    estate.happen(estate.sighting(octets=60, tcp_flags=1), estate.sighting(action="REJECT"))
    estate.happen(estate.sighting(source_port=50_001))
    estate.chamber.advance("60s")
    estate.happen(estate.sighting())
    estate.chamber.advance("60s")
    lines = [line for line in estate.lines() if not line.startswith("-")]
    assert sorted(lines) == [
        "50000 1 40 1798761610 1798761610 2 REJECT",
        "50000 1 40 1798761670 1798761670 2 ACCEPT",
        "50000 2 100 1798761600 1798761610 3 ACCEPT",
        "50001 1 40 1798761610 1798761610 2 ACCEPT",
    ]


def test_what_finds_no_room_is_said_to_be_skipped(estate: Estate) -> None:
    estate.watch(LogFormat="${interface-id} ${srcport} ${dstport} ${start} ${end} ${log-status}")
    busy, other = estate.interfaces
    many = [estate.sighting(source_port=port) for port in range(ROOM)]
    estate.happen(*many, estate.sighting(at=1))
    estate.chamber.advance("10s")
    estate.happen(estate.sighting(source_port=ROOM), estate.sighting(source_port=1, packets=2))
    estate.chamber.advance("5s")
    estate.happen(estate.sighting(source_port=ROOM + 1))
    estate.chamber.advance("60s")
    lines = estate.lines()
    assert len([line for line in lines if line.startswith(busy) and line.endswith(" OK")]) == ROOM
    assert f"{busy} 1 443 1798761600 1798761610 OK" in lines
    assert f"{other} 50000 443 1798761600 1798761600 OK" in lines
    (skipped,) = [line for line in lines if line.endswith("SKIPDATA")]
    assert skipped == f"{busy} - - 1798761610 1798761615 SKIPDATA"
    estate.chamber.advance("60s")
    assert sorted(estate.lines()[len(lines) :]) == [
        f"{each} - - 1798761660 1798761720 NODATA" for each in sorted((busy, other))
    ]


def test_a_flow_log_sees_only_what_it_watches(estate: Estate) -> None:
    first, second = estate.interfaces
    fields = {"LogFormat": "${interface-id} ${action} ${log-status}"}
    accepted = {"TrafficType": "ACCEPT", "LogDestination": f"{BUCKET}/accepted/", **fields}
    rejected = {"TrafficType": "REJECT", "LogDestination": f"{BUCKET}/rejected", **fields}
    estate.watch(ResourceIds=[estate.subnet], ResourceType="Subnet", **accepted)
    estate.watch(ResourceIds=[second], ResourceType="NetworkInterface", **rejected)
    other = estate.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    estate.watch(ResourceIds=[other], **{**accepted, "LogDestination": f"{BUCKET}/other"})
    estate.happen(
        estate.sighting(0),
        estate.sighting(0, action="REJECT", source_port=1),
        estate.sighting(1, action="REJECT"),
    )
    estate.chamber.advance("60s")
    assert estate.lines("accepted/") == [f"{first} ACCEPT OK", f"{second} - NODATA"]
    assert estate.lines("rejected/") == [f"{second} REJECT OK"]
    assert estate.lines("other/") == []


def test_all_fields_have_their_values(estate: Estate) -> None:
    names = (
        "version vpc-id subnet-id instance-id type pkt-srcaddr pkt-dstaddr region az-id "
        "pkt-dst-aws-service flow-direction traffic-path ecs-task-id reject-reason resource-id"
    ).split()
    estate.watch(LogFormat=" ".join(f"${{{name}}}" for name in names))
    estate.happen(
        estate.sighting(
            instance="i-1", direction="egress", packet_destination="52.0.0.1", path=8,
            destination_service="S3",
        )
    )  # fmt: skip
    estate.chamber.advance("60s")
    assert estate.lines()[0] == (
        f"9 {estate.vpc} {estate.subnet} i-1 IPv4 10.9.9.9 52.0.0.1 {REGION} euw1-az1 S3 egress 8 "
        "- - -"
    )


def test_paths_in_hives_way_by_the_hour(estate: Estate) -> None:
    options = {"HiveCompatiblePartitions": True, "PerHourPartition": True}
    estate.watch(DestinationOptions={"FileFormat": "plain-text", **options})
    estate.happen(estate.sighting())
    estate.chamber.advance("60s")
    (key,) = estate.keys()
    assert key.startswith(
        f"AWSLogs/aws-account-id={ONE}/aws-service=vpcflowlogs/aws-region={REGION}/"
        "year=2027/month=01/day=01/hour=00/"
    )


def test_delivery_takes_its_time() -> None:
    with Chamber(seed=1, account=ONE, region=REGION, lifecycle="realistic") as chamber:
        estate = Estate(chamber)
        estate.watch(MaxAggregationInterval=600)
        estate.happen(estate.sighting())
        chamber.advance("14m")
        assert estate.keys() == []
        chamber.advance("1m")
        assert len(estate.keys()) == 1


def test_silence_keeps_no_world_busy_and_traffic_is_waited_for(estate: Estate) -> None:
    estate.watch()
    estate.chamber.run_until_idle()
    assert estate.keys() == []
    estate.happen(estate.sighting())
    estate.chamber.run_until_idle()
    assert len(estate.keys()) == 1
    estate.chamber.advance("3m")
    assert len(estate.keys()) == 4
    with estate.chamber.fork() as copy:
        copy.advance("2m")
        answer = copy.client("s3").list_objects_v2(Bucket="logs")
        assert len(answer["Contents"]) == 6


def test_a_transit_gateway_has_its_own_fields(estate: Estate) -> None:
    gateway = estate.ec2.create_transit_gateway()["TransitGateway"]["TransitGatewayId"]
    answer = estate.ec2.create_flow_logs(
        ResourceIds=[gateway], ResourceType="TransitGateway", LogDestinationType="s3",
        LogDestination=BUCKET,
    )  # fmt: skip
    assert answer["FlowLogIds"]
    crossing = {
        "gateway": gateway, "attachment": "tgw-attach-1", "account": ONE, "region": REGION,
        "direction": "ingress", "source": "10.0.0.10", "destination": "10.1.0.9", "protocol": 6,
        "source_vpc": estate.vpc, "lost_no_route": 1,
    }  # fmt: skip
    estate.happen(transits=(crossing,))
    estate.chamber.advance("60s")
    (line,) = estate.lines()
    values = line.split()
    assert values[:5] == ["6", "TransitGateway", ONE, gateway, "tgw-attach-1"]
    assert values[27:31] == ["1", "0", "0", "0"]
    assert len(values) == 36


def test_a_bucket_decides_who_gets_in() -> None:
    with Chamber(seed=1, account=ONE, region=REGION, iam="enforce") as chamber:
        estate = Estate(chamber)
        identifier = estate.watch()
        policy = json.loads(estate.s3.get_bucket_policy(Bucket="logs")["Policy"])
        assert [each["Sid"] for each in policy["Statement"]] == [
            "AWSLogDeliveryWrite",
            "AWSLogDeliveryAclCheck",
        ]
        estate.happen(estate.sighting())
        chamber.advance("60s")
        assert len(estate.keys()) == 1
        estate.s3.delete_bucket_policy(Bucket="logs")
        chamber.advance("60s")
        (shown,) = estate.ec2.describe_flow_logs(FlowLogIds=[identifier])["FlowLogs"]
        assert (shown["DeliverLogsStatus"], shown["DeliverLogsErrorMessage"]) == (
            "FAILED",
            "Access error",
        )
        elsewhere = {**policy["Statement"][0], "Resource": "arn:aws:s3:::logs/elsewhere/*"}
        fresh = json.dumps({"Version": "2012-10-17", "Statement": [elsewhere]})
        estate.s3.put_bucket_policy(Bucket="logs", Policy=fresh)
        chamber.advance("60s")
        assert len(estate.keys()) == 1
        told = [event["what"] for event in chamber.events() if "flow-log" in event["what"]]
        assert told == ["ec2.flow-log-delivered", *["ec2.flow-log-lost"] * 2]


def test_flow_logs_are_described_and_deleted(estate: Estate) -> None:
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "k", "Value": "v"}]}]
    first = estate.watch(TagSpecifications=tags)
    second = estate.watch(TrafficType="REJECT", ClientToken="once")
    assert estate.watch(TrafficType="REJECT", ClientToken="once") == second
    (shown,) = estate.ec2.describe_flow_logs(Filter=[{"Name": "tag:k", "Values": ["v"]}])[
        "FlowLogs"
    ]
    assert shown["FlowLogId"] == first
    assert shown["LogFormat"].startswith("${version} ${account-id}")
    assert (shown["MaxAggregationInterval"], shown["FlowLogStatus"]) == (60, "ACTIVE")
    (shown,) = estate.ec2.describe_flow_logs(
        Filter=[{"Name": "traffic-type", "Values": ["REJECT"]}]
    )["FlowLogs"]
    assert shown["FlowLogId"] == second
    estate.happen(estate.sighting())
    estate.ec2.delete_flow_logs(FlowLogIds=[first, second])
    estate.chamber.advance("2m")
    assert estate.keys() == []
    assert estate.ec2.describe_flow_logs()["FlowLogs"] == []
    with pytest.raises(ClientError, match="TotalCount: 1"):
        estate.ec2.delete_flow_logs(FlowLogIds=[first])


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"LogDestinationType": "cloud-watch-logs"}, "NotImplemented", "CloudWatch Logs"),
        ({"LogDestination": "arn:aws:s3:::logs/AWSLogs/"}, "InvalidParameter", "AWSLogs"),
        ({"LogDestination": "logs"}, "InvalidParameter", "not a valid ARN"),
        ({"LogFormat": "${version} ${nope}"}, "InvalidParameter", "nope"),
        ({"LogFormat": "version"}, "InvalidParameter", "field-id"),
        ({"MaxAggregationInterval": 61}, "InvalidParameterValue", "Aggregation Interval"),
        ({"ResourceIds": ["vpc-0123456789abcdef0"]}, "InvalidVpcID.NotFound", "does not exist"),
        ({"ResourceType": "CoreNetwork"}, "NotImplemented", "CoreNetwork"),
        ({"ResourceType": "TransitGateway"}, "InvalidParameter", "TrafficType"),
    ],
)
def test_what_is_wrong_is_said(estate: Estate, more: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        estate.watch(**more)
    assert caught.value.response["Error"]["Code"] == code


def test_one_configuration_once_and_two_for_a_resource(estate: Estate) -> None:
    estate.watch()
    with pytest.raises(ClientError, match="FlowLogAlreadyExists"):
        estate.watch()
    estate.watch(TrafficType="REJECT")
    with pytest.raises(ClientError, match="FlowLogsLimitExceeded"):
        estate.watch(TrafficType="ACCEPT")
    answer = estate.ec2.create_flow_logs(
        ResourceIds=[estate.subnet], ResourceType="Subnet", TrafficType="ALL",
        LogDestinationType="s3", LogDestination="arn:aws:s3:::nowhere",
    )  # fmt: skip
    assert answer["FlowLogIds"] == []
    assert answer["Unsuccessful"][0]["Error"]["Message"] == "LogDestination: nowhere does not exist"


def test_anothers_vpc_cannot_be_watched(estate: Estate) -> None:
    other = estate.chamber.client("ec2", account=TWO)
    with pytest.raises(ClientError, match=r"InvalidVpcID\.NotFound"):
        other.create_flow_logs(
            ResourceIds=[estate.vpc], ResourceType="VPC", TrafficType="ALL",
            LogDestinationType="s3", LogDestination=BUCKET,
        )  # fmt: skip


def test_a_flow_of_another_shape_is_no_flow(estate: Estate) -> None:
    with pytest.raises(ValueError, match="unknown field"):
        estate.happen(estate.sighting(colour="red"))
