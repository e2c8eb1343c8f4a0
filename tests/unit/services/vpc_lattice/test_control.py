"""What is made, changed, associated and deleted, and what stands in the way."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.services.vpc_lattice.conftest import OTHER, OWNER, REGION, Estate, forward


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    code: str = error.value.response["Error"]["Code"]
    return code


def test_what_is_used_does_not_go(estate: Estate) -> None:
    lattice, service = estate.lattice, estate.service["id"]
    association = estate.join()
    with pytest.raises(ClientError) as error:
        lattice.delete_service_network(serviceNetworkIdentifier=estate.network)
    assert code_of(error) == "ConflictException"
    with pytest.raises(ClientError) as error:
        lattice.delete_service(serviceIdentifier=service)
    assert code_of(error) == "ConflictException"
    group = lattice.list_target_groups()["items"][0]
    assert group["serviceArns"] == [estate.service["arn"]]
    with pytest.raises(ClientError) as error:
        lattice.delete_target_group(targetGroupIdentifier=group["id"])
    assert code_of(error) == "ConflictException"
    lattice.delete_service_network_vpc_association(
        serviceNetworkVpcAssociationIdentifier=association["id"]
    )
    assert estate.ask().status == 403
    made = lattice.list_service_network_service_associations(serviceIdentifier=service)["items"]
    lattice.delete_service_network_service_association(
        serviceNetworkServiceAssociationIdentifier=made[0]["id"]
    )
    lattice.delete_service_network(serviceNetworkIdentifier=estate.network)
    lattice.delete_service(serviceIdentifier=service)
    lattice.delete_target_group(targetGroupIdentifier=group["id"])
    assert lattice.list_services()["items"] == []
    assert lattice.list_service_networks()["items"] == []
    assert lattice.list_target_groups()["items"] == []
    with pytest.raises(ClientError) as error:
        lattice.get_service(serviceIdentifier=service)
    assert code_of(error) == "ResourceNotFoundException"


def test_a_vpc_uses_one_service_network(estate: Estate) -> None:
    first = estate.join()
    second = estate.lattice.create_service_network(name="second")["id"]
    with pytest.raises(ClientError) as error:
        estate.lattice.create_service_network_vpc_association(
            serviceNetworkIdentifier=second, vpcIdentifier=estate.vpc
        )
    assert code_of(error) == "ConflictException"
    listed = estate.lattice.list_service_network_vpc_associations(vpcIdentifier=estate.vpc)
    assert [each["id"] for each in listed["items"]] == [first["id"]]


def test_ones_own_vpc_and_its_groups_only(estate: Estate) -> None:
    theirs = estate.of("ec2", OTHER).create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    with pytest.raises(ClientError) as error:
        estate.join(theirs)
    assert code_of(error) == "ResourceNotFoundException"
    ec2 = estate.of("ec2")
    elsewhere = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="a", Description="a", VpcId=elsewhere)["GroupId"]
    with pytest.raises(ClientError) as error:
        estate.join(securityGroupIds=[group])
    assert code_of(error) == "ValidationException"
    own = ec2.create_security_group(GroupName="a", Description="a", VpcId=estate.vpc)["GroupId"]
    made = estate.join(securityGroupIds=[own])
    name = {"serviceNetworkVpcAssociationIdentifier": made["id"]}
    assert estate.lattice.get_service_network_vpc_association(**name)["securityGroupIds"] == [own]
    second = ec2.create_security_group(GroupName="b", Description="b", VpcId=estate.vpc)["GroupId"]
    estate.lattice.update_service_network_vpc_association(**name, securityGroupIds=[second])
    assert estate.lattice.get_service_network_vpc_association(**name)["securityGroupIds"] == [
        second
    ]


def test_names_and_ports_are_taken_once(estate: Estate) -> None:
    lattice, service = estate.lattice, estate.service["id"]
    group = lattice.list_target_groups()["items"][0]["id"]
    made: tuple[tuple[str, dict[str, Any]], ...] = (
        ("create_service_network", {"name": "shop"}),
        ("create_service", {"name": "payment"}),
        ("create_target_group", {"name": "tgt-payment", "type": "LAMBDA"}),
        (
            "create_listener",
            {
                "serviceIdentifier": service, "name": "second", "protocol": "HTTP", "port": 80,
                "defaultAction": forward(group),
            },
        ),
        (
            "create_service_network_service_association",
            {"serviceIdentifier": service, "serviceNetworkIdentifier": estate.network},
        ),
    )  # fmt: skip
    for operation, request in made:
        with pytest.raises(ClientError) as error:
            getattr(lattice, operation)(**request)
        assert code_of(error) == "ConflictException", operation


def test_a_client_token_makes_one(estate: Estate) -> None:
    first = estate.lattice.create_service(name="tokens", clientToken="t")
    assert estate.lattice.create_service(name="tokens", clientToken="t")["id"] == first["id"]
    with pytest.raises(ClientError) as error:
        estate.lattice.create_service(name="others", clientToken="t")
    assert code_of(error) == "ConflictException"


def test_targets_of_addresses(estate: Estate) -> None:
    lattice = estate.lattice
    made = lattice.create_target_group(
        name="addresses", type="IP",
        config={"protocol": "HTTP", "port": 8080, "vpcIdentifier": estate.vpc},
    )  # fmt: skip
    assert made["config"]["healthCheck"]["healthCheckIntervalSeconds"] == 30
    name = {"targetGroupIdentifier": made["id"]}
    told = lattice.register_targets(
        **name, targets=[{"id": "10.0.0.9"}, {"id": "10.9.0.9"}, {"id": "x"}, {"id": "::1"}]
    )
    assert told["successful"] == [{"id": "10.0.0.9", "port": 8080}]
    assert len(told["unsuccessful"]) == 3

    def status() -> list[str]:
        return [each["status"] for each in lattice.list_targets(**name)["items"]]

    assert status() == ["UNUSED"]
    listener = lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    lattice.update_listener(
        serviceIdentifier=estate.service["id"], listenerIdentifier=listener["id"],
        defaultAction=forward(made["id"]),
    )  # fmt: skip
    assert status() == ["INITIAL"]
    estate.chamber.advance("150s")
    assert status() == ["HEALTHY"]
    estate.join()
    answer = estate.ask()
    assert answer.status == 503
    assert b"10.0.0.9:8080" in answer.body
    lattice.deregister_targets(**name, targets=[{"id": "10.0.0.9"}])
    assert status() == ["DRAINING"]
    assert b"No target" in estate.ask().body
    estate.chamber.advance("5m")
    assert status() == []


def test_what_a_function_group_may_hold(estate: Estate) -> None:
    lattice = estate.lattice
    group = lattice.list_target_groups()["items"][0]["id"]
    second = f"arn:aws:lambda:{REGION}:{OWNER}:function:nobody"
    told = lattice.register_targets(targetGroupIdentifier=group, targets=[{"id": second}])
    assert told["successful"] == []
    with pytest.raises(ClientError) as error:
        lattice.create_target_group(name="wrong", type="LAMBDA", config={"port": 80})
    assert code_of(error) == "ValidationException"
    with pytest.raises(ClientError) as error:
        lattice.create_target_group(name="wrong", type="IP", config={"protocol": "HTTP"})
    assert code_of(error) == "ValidationException"


def test_only_the_owner_changes_what_is_shared(estate: Estate) -> None:
    arn = estate.service["arn"]
    estate.of("ram").create_resource_share(name="s", resourceArns=[arn], principals=[OTHER])
    theirs = estate.of("ram", OTHER)
    invitation = theirs.get_resource_share_invitations()["resourceShareInvitations"][0]
    theirs.accept_resource_share_invitation(
        resourceShareInvitationArn=invitation["resourceShareInvitationArn"]
    )
    other = estate.of("vpc-lattice", OTHER)
    assert [each["arn"] for each in other.list_services()["items"]] == [arn]
    with pytest.raises(ClientError) as error:
        other.update_service(serviceIdentifier=estate.service["id"], authType="AWS_IAM")
    assert code_of(error) == "AccessDeniedException"
    network = other.create_service_network(name="theirs")["id"]
    made = other.create_service_network_service_association(
        serviceIdentifier=arn, serviceNetworkIdentifier=network
    )
    assert made["dnsEntry"]["domainName"] == estate.service["dnsEntry"]["domainName"]


def test_tags_are_found_by_the_tagging_api(estate: Estate) -> None:
    arn = estate.service["arn"]
    estate.lattice.tag_resource(resourceArn=arn, tags={"team": "pay", "x": "y"})
    estate.lattice.untag_resource(resourceArn=arn, tagKeys=["x"])
    assert estate.lattice.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "pay"}
    found = estate.of("resourcegroupstaggingapi").get_resources(
        TagFilters=[{"Key": "team", "Values": ["pay"]}]
    )["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == [arn]


def test_resource_policies_are_kept(estate: Estate) -> None:
    arn = estate.service["arn"]
    with pytest.raises(ClientError) as error:
        estate.lattice.get_resource_policy(resourceArn=arn)
    assert code_of(error) == "ResourceNotFoundException"
    text = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "'
        + OTHER + f'"}}, "Action": "vpc-lattice:GetService", "Resource": "{arn}"}}]}}'
    )  # fmt: skip
    estate.lattice.put_resource_policy(resourceArn=arn, policy=text)
    assert estate.lattice.get_resource_policy(resourceArn=arn)["policy"] == text
    estate.lattice.delete_resource_policy(resourceArn=arn)
    with pytest.raises(ClientError) as error:
        estate.lattice.get_resource_policy(resourceArn=arn)
    assert code_of(error) == "ResourceNotFoundException"
    with pytest.raises(ClientError) as error:
        estate.lattice.put_auth_policy(resourceIdentifier=arn, policy='{"Statement": 1}')
    assert code_of(error) == "ValidationException"


def test_rules_change_together_or_by_themselves(estate: Estate) -> None:
    lattice = estate.lattice
    listener = lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    where = {"serviceIdentifier": estate.service["id"], "listenerIdentifier": listener["id"]}
    made = [
        lattice.create_rule(
            **where, name=name, priority=priority, match={"httpMatch": {"method": "GET"}},
            action={"fixedResponse": {"statusCode": 404}},
        )["id"]
        for name, priority in (("one", 1), ("two", 2))
    ]  # fmt: skip
    told = lattice.batch_update_rule(
        **where,
        rules=[
            {"ruleIdentifier": made[0], "priority": 2},
            {"ruleIdentifier": made[1], "priority": 1},
            {"ruleIdentifier": "rule-00000000000000000", "priority": 3},
        ],
    )
    assert [each["priority"] for each in told["successful"]] == [2, 1]
    assert told["unsuccessful"][0]["failureCode"] == "ResourceNotFoundException"
    with pytest.raises(ClientError) as error:
        lattice.update_rule(**where, ruleIdentifier=made[0], priority=1)
    assert code_of(error) == "ConflictException"
    with pytest.raises(ClientError) as error:
        lattice.create_rule(
            **where, name="bad", priority=9, match={"httpMatch": {"method": "GET"}},
            action={"fixedResponse": {"statusCode": 200}},
        )  # fmt: skip
    assert code_of(error) == "ValidationException"


def test_each_thing_is_shown_as_it_was_made(estate: Estate) -> None:
    lattice, service = estate.lattice, estate.service
    named = {"serviceIdentifier": service["id"]}
    shown = lattice.get_service(**named)
    assert (shown["name"], shown["status"]) == ("payment", "ACTIVE")
    assert shown["dnsEntry"] == service["dnsEntry"]
    (listener,) = lattice.list_listeners(**named)["items"]
    where = {**named, "listenerIdentifier": listener["id"]}
    group = lattice.list_target_groups()["items"][0]
    told = lattice.get_listener(**where)
    assert (told["port"], told["protocol"]) == (80, "HTTP")
    assert told["defaultAction"] == forward(group["id"])
    rule = lattice.create_rule(
        **where, name="one", priority=1, match={"httpMatch": {"method": "GET"}},
        action={"fixedResponse": {"statusCode": 404}},
    )  # fmt: skip
    found = lattice.get_rule(**where, ruleIdentifier=rule["arn"])
    assert (found["priority"], found["match"]) == (1, {"httpMatch": {"method": "GET"}})
    assert lattice.get_target_group(targetGroupIdentifier=group["id"])["serviceArns"] == [
        service["arn"]
    ]
    (made,) = lattice.list_service_network_service_associations(**named)["items"]
    one = lattice.get_service_network_service_association(
        serviceNetworkServiceAssociationIdentifier=made["arn"]
    )
    assert (one["serviceName"], one["serviceNetworkName"]) == ("payment", "shop")
    lattice.delete_listener(**where)
    assert lattice.list_listeners(**named)["items"] == []
    estate.join()
    assert estate.ask().status == 503, "nobody listens"
    with pytest.raises(ClientError) as error:
        lattice.get_rule(**where, ruleIdentifier=rule["id"])
    assert code_of(error) == "ResourceNotFoundException"


def test_health_checks_are_changed(estate: Estate) -> None:
    made = estate.lattice.create_target_group(
        name="addresses", type="IP", config={"protocol": "HTTP", "vpcIdentifier": estate.vpc}
    )
    check = estate.lattice.update_target_group(
        targetGroupIdentifier=made["id"], healthCheck={"enabled": False, "path": "/up"}
    )["config"]["healthCheck"]
    assert (check["enabled"], check["path"], check["healthyThresholdCount"]) == (False, "/up", 5)
    listener = estate.lattice.list_listeners(serviceIdentifier=estate.service["id"])["items"][0]
    estate.lattice.update_listener(
        serviceIdentifier=estate.service["id"], listenerIdentifier=listener["id"],
        defaultAction=forward(made["id"]),
    )  # fmt: skip
    estate.lattice.register_targets(targetGroupIdentifier=made["id"], targets=[{"id": "10.0.0.9"}])
    (target,) = estate.lattice.list_targets(targetGroupIdentifier=made["id"])["items"]
    assert target["status"] == "UNAVAILABLE"


def test_a_log_goes_to_another_bucket(estate: Estate) -> None:
    s3 = estate.of("s3")
    for bucket in ("first-of-logs", "second-of-logs"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    name = {"resourceIdentifier": estate.service["arn"]}
    made = estate.lattice.create_access_log_subscription(
        **name, destinationArn="arn:aws:s3:::first-of-logs"
    )
    key = {"accessLogSubscriptionIdentifier": made["arn"]}
    estate.lattice.update_access_log_subscription(
        **key, destinationArn="arn:aws:s3:::second-of-logs"
    )
    shown = estate.lattice.get_access_log_subscription(**key)
    assert shown["destinationArn"] == "arn:aws:s3:::second-of-logs"
    listed = estate.lattice.list_access_log_subscriptions(**name)["items"]
    assert [each["id"] for each in listed] == [made["id"]]
    estate.join()
    estate.ask("/x")
    estate.chamber.advance("2m")
    assert "Contents" not in s3.list_objects_v2(Bucket="first-of-logs")
    assert len(s3.list_objects_v2(Bucket="second-of-logs")["Contents"]) == 1
    with pytest.raises(ClientError) as error:
        estate.lattice.create_access_log_subscription(
            **name, destinationArn="arn:aws:s3:::no-such-bucket-here"
        )
    assert code_of(error) == "ResourceNotFoundException"
