"""Requests to services: who gets there, what decides, and what the other side sees."""

from __future__ import annotations

import gzip
import json
from typing import Any

import msgspec
import pytest

from cloudchamber.wire.http import Request
from tests.unit.services.ec2.reachability.estate import IMAGE
from tests.unit.services.lambda_.crew import failure
from tests.unit.services.vpc_lattice.conftest import OTHER, OWNER, REGION, Estate, forward


def test_a_client_in_an_associated_vpc_reaches_the_function(estate: Estate) -> None:
    assert estate.ask().status == 403
    estate.join()
    answer = estate.ask("/charge", query="order=7&order=8", method="POST", body=b"{}", x_a="b")
    assert (answer.status, answer.body) == (200, b"payment /charge")
    event = estate.crew.payloads()[-1]
    assert event["version"] == "2.0"
    assert event["method"] == "POST"
    assert event["queryStringParameters"] == {"order": ["7", "8"]}
    assert event["headers"]["x-a"] == ["b"]
    assert (event["body"], event["isBase64Encoded"]) == ("{}", False)
    context = event["requestContext"]
    assert context["serviceArn"] == estate.service["arn"]
    assert context["identity"]["sourceVpcArn"].endswith(estate.vpc)


def test_without_a_source_or_outside_of_the_network_nothing_answers(estate: Estate) -> None:
    host = estate.service["dnsEntry"]["domainName"]
    told = estate.chamber.host.handle(Request("GET", "/", "", {"host": host}))
    assert told.status == 403
    assert b"X-Chamber-Source" in told.body
    other = estate.of("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    estate.join()
    assert estate.ask(source=other).status == 403
    assert estate.ask(source="vpc-00000000000000000").status == 403
    assert estate.crew.orders == []


def test_three_services_without_peering_between_overlapping_vpcs(estate: Estate) -> None:
    """Order and tracking call payment; the VPCs have the same CIDR and belong to two accounts."""
    for name in ("orders", "tracking"):
        estate.function(name)
    orders, tracking = estate.serve("orders"), estate.serve("tracking")
    network = estate.lattice.get_service_network(serviceNetworkIdentifier=estate.network)
    assert network["numberOfAssociatedServices"] == 3
    estate.join()
    vpc = estate.of("ec2", OTHER).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ram = estate.of("ram")
    ram.create_resource_share(name="shop", resourceArns=[network["arn"]], principals=[OTHER])
    theirs = estate.of("ram", OTHER)
    invitation = theirs.get_resource_share_invitations()["resourceShareInvitations"][0]
    theirs.accept_resource_share_invitation(
        resourceShareInvitationArn=invitation["resourceShareInvitationArn"]
    )
    estate.join(vpc, OTHER)
    for service in (orders, tracking, estate.service):
        for source, account in ((estate.vpc, OWNER), (vpc, OTHER)):
            answer = estate.ask("/x", source, service=service, authorization=key_of(account))
            assert answer.body.decode().split() == [service["name"], "/x"], answer.body
    assert estate.of("ec2").describe_vpc_peering_connections()["VpcPeeringConnections"] == []


def key_of(account: str) -> str:
    """A signature's head: whose request this is. Nobody checks the rest while permissions warn."""
    scope = f"{account}/20270101/{REGION}/vpc-lattice-svcs/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"


def test_rules_go_by_priority_and_the_default_is_last(estate: Estate) -> None:
    estate.join()
    estate.function("refunds")
    listener = estate.lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    where = {"serviceIdentifier": estate.service["id"], "listenerIdentifier": listener["id"]}
    path = {"match": {"prefix": "/refund"}}
    late = estate.lattice.create_rule(
        **where, name="refunds", priority=20, match={"httpMatch": {"pathMatch": path}},
        action=forward(estate.group("refunds")),
    )  # fmt: skip
    closed = {"httpMatch": {"method": "DELETE", "pathMatch": path}}
    estate.lattice.create_rule(
        **where, name="closed", priority=10, match=closed,
        action={"fixedResponse": {"statusCode": 404}},
    )  # fmt: skip
    assert estate.ask("/refund/1").body == b"refunds /refund/1"
    assert estate.ask("/REFUND/1").body == b"payment /REFUND/1"
    assert estate.ask("/refund/1", method="DELETE").status == 404
    listed = estate.lattice.list_rules(**where)["items"]
    assert [(each["name"], each["isDefault"]) for each in listed] == [
        ("closed", False), ("refunds", False), ("default", True),
    ]  # fmt: skip
    estate.lattice.update_rule(**where, ruleIdentifier=late["id"], priority=5)
    assert estate.ask("/refund/1", method="DELETE").body == b"refunds /refund/1"
    estate.lattice.delete_rule(**where, ruleIdentifier=late["id"])
    assert estate.ask("/refund/1").body == b"payment /refund/1"


def test_weights_share_the_requests(estate: Estate) -> None:
    estate.join()
    estate.function("canary")
    listener = estate.lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    groups = estate.lattice.list_target_groups()["items"]
    old = next(each["id"] for each in groups if each["name"] == "tgt-payment")
    new = estate.group("canary")
    both = forward(old, new)
    both["forward"]["targetGroups"][0]["weight"] = 90
    both["forward"]["targetGroups"][1]["weight"] = 10
    estate.lattice.update_listener(
        serviceIdentifier=estate.service["id"], listenerIdentifier=listener["id"],
        defaultAction=both,
    )  # fmt: skip
    told = [estate.ask().body.split()[0] for _ in range(200)]
    assert 5 <= told.count(b"canary") <= 40
    assert told.count(b"payment") + told.count(b"canary") == 200


def test_a_function_that_fails_is_a_bad_gateway(estate: Estate) -> None:
    estate.join()
    estate.crew.answers["payment"] = lambda order: failure()
    assert estate.ask().status == 502


def test_the_older_event(estate: Estate) -> None:
    estate.join()
    estate.function("older")
    listener = estate.lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    estate.lattice.update_listener(
        serviceIdentifier=estate.service["id"], listenerIdentifier=listener["id"],
        defaultAction=forward(estate.group("older", "V1")),
    )  # fmt: skip
    estate.ask("/a", query="b=c", body=b"\xff")
    event = estate.crew.payloads()[-1]
    assert (event["raw_path"], event["method"]) == ("/a?b=c", "GET")
    assert (event["body"], event["is_base64_encoded"]) == ("/w==", True)


def test_the_network_is_walked_from_an_interface(estate: Estate) -> None:
    """Security groups of the client and of the association decide, as for any other flow."""
    ec2 = estate.of("ec2")
    guard = ec2.create_security_group(GroupName="g", Description="g", VpcId=estate.vpc)["GroupId"]
    estate.join(securityGroupIds=[guard])
    subnet = ec2.create_subnet(VpcId=estate.vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    client = ec2.run_instances(
        ImageId=IMAGE, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet
    )["Instances"][0]
    source = client["InstanceId"]
    assert estate.ask(source="eni-00000000000000000").status == 403
    blocked = estate.ask(source=source)
    assert blocked.status == 504, blocked.body
    ec2.authorize_security_group_ingress(
        GroupId=guard, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp="10.0.0.0/16"
    )
    assert estate.ask("/in", source=source).body == b"payment /in"
    group = client["SecurityGroups"][0]["GroupId"]
    ec2.revoke_security_group_egress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )
    assert estate.ask(source=source).status == 504


def policy(**condition: Any) -> str:
    statement: dict[str, Any] = {
        "Effect": "Allow", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke", "Resource": "*",
    }  # fmt: skip
    if condition:
        statement["Condition"] = {"StringEquals": condition}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture
def strict(estate: Estate) -> Estate:
    """The same, with permissions enforced from here on."""
    estate.join()
    cloud = estate.chamber.cloud
    cloud.settings = msgspec.structs.replace(cloud.settings, iam="enforce")
    return estate


def test_an_auth_policy_decides_by_the_request(strict: Estate) -> None:
    name = strict.service["id"]
    assert strict.ask().status == 200
    strict.lattice.update_service(serviceIdentifier=name, authType="AWS_IAM")
    assert strict.ask().status == 403
    strict.lattice.put_auth_policy(
        resourceIdentifier=name, policy=policy(**{"vpc-lattice-svcs:RequestMethod": "GET"})
    )
    assert strict.lattice.get_auth_policy(resourceIdentifier=name)["state"] == "Active"
    assert strict.ask().status == 200
    assert strict.ask(method="POST").status == 403
    by_vpc = {"vpc-lattice-svcs:SourceVpc": "vpc-11111111111111111"}
    strict.lattice.put_auth_policy(resourceIdentifier=name, policy=policy(**by_vpc))
    assert strict.ask().status == 403
    strict.lattice.delete_auth_policy(resourceIdentifier=name)
    assert strict.ask().status == 403
    strict.lattice.update_service(serviceIdentifier=name, authType="NONE")
    assert strict.ask().status == 200


def test_the_service_network_has_its_say_too(strict: Estate) -> None:
    strict.lattice.update_service_network(
        serviceNetworkIdentifier=strict.network, authType="AWS_IAM"
    )
    assert strict.ask().status == 403
    strict.lattice.put_auth_policy(resourceIdentifier=strict.network, policy=policy())
    assert strict.ask().status == 200


def test_access_logs_tell_of_requests_that_came(estate: Estate) -> None:
    estate.join()
    s3 = estate.of("s3")
    s3.create_bucket(
        Bucket="lattice-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    grant = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::lattice-logs/*",
            }
        ],
    }
    s3.put_bucket_policy(Bucket="lattice-logs", Policy=json.dumps(grant))
    made = estate.lattice.create_access_log_subscription(
        resourceIdentifier=estate.network, destinationArn="arn:aws:s3:::lattice-logs"
    )
    estate.ask("/one", user_agent="curl")
    estate.ask("/two")
    estate.chamber.advance("2m")
    found = s3.list_objects_v2(Bucket="lattice-logs")["Contents"]
    assert len(found) == 1
    assert found[0]["Key"].startswith(f"AWSLogs/{OWNER}/VpcLattice/AccessLogs/{REGION}/")
    text = gzip.decompress(s3.get_object(Bucket="lattice-logs", Key=found[0]["Key"])["Body"].read())
    lines = [json.loads(line) for line in text.splitlines()]
    assert [line["requestPath"] for line in lines] == ["/one", "/two"]
    assert lines[0]["responseCode"] == 200
    assert lines[0]["userAgent"] == "curl"
    assert lines[0]["sourceVpcArn"].endswith(estate.vpc)
    estate.lattice.delete_access_log_subscription(accessLogSubscriptionIdentifier=made["id"])
    estate.ask("/three")
    estate.chamber.advance("2m")
    assert len(s3.list_objects_v2(Bucket="lattice-logs")["Contents"]) == 1
