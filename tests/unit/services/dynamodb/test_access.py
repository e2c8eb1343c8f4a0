"""Who may do what: permissions on tables, policies of tables, other accounts; and Kinesis."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Service, simulated
from tests.unit.services.dynamodb.tables import ONE, TWO, refusal, simple

ARN = f"arn:aws:dynamodb:us-east-1:{ONE}:table/jobs"
KEY = {"pk": {"S": "a"}}


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    client = chamber.client("dynamodb")
    client.create_table(**simple())
    client.put_item(TableName="jobs", Item=KEY)
    return client


def user(chamber: Chamber, *statements: dict[str, Any], account: str = ONE) -> dict[str, Any]:
    """The access key of a new user with a policy."""
    iam = chamber.client("iam", account=account)
    iam.create_user(UserName="ann")
    if statements:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document))
    key: dict[str, Any] = iam.create_access_key(UserName="ann")["AccessKey"]
    return key


def allow(actions: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": f"dynamodb:{actions}", "Resource": resource}


def policy(principal: Any, actions: str, resource: str = ARN, effect: str = "Allow") -> str:
    statement = {
        "Effect": effect, "Principal": principal, "Action": f"dynamodb:{actions}",
        "Resource": resource,
    }  # fmt: skip
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_permission_is_asked_on_the_table(chamber: Chamber, db: Any) -> None:
    ann = chamber.client("dynamodb", credentials=user(chamber, allow("*Table*", ARN)))
    assert ann.describe_table(TableName="jobs")
    assert ann.describe_table(TableName=ARN)
    code, message = refusal(ann.describe_table, TableName="other")
    assert code == "AccessDeniedException"
    assert f"dynamodb:DescribeTable on resource: {ARN[:-4]}other" in message
    assert refusal(ann.list_tables)[0] == "AccessDeniedException"
    assert refusal(ann.create_backup, TableName="jobs", BackupName="one")[0] == (
        "AccessDeniedException"
    )
    tags = [{"Key": "a", "Value": "b"}]
    named = chamber.client("dynamodb", credentials=user_of_tags(chamber))
    assert refusal(named.create_table, **simple("tagged", Tags=tags))[0] == "AccessDeniedException"
    assert named.create_table(**simple("tagged"))


def user_of_tags(chamber: Chamber) -> dict[str, Any]:
    iam = chamber.client("iam")
    iam.create_user(UserName="bob")
    document = {"Version": "2012-10-17", "Statement": [allow("CreateTable", "*")]}
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=json.dumps(document))
    key: dict[str, Any] = iam.create_access_key(UserName="bob")["AccessKey"]
    return key


def test_another_account_comes_in_by_the_table_s_policy(chamber: Chamber, db: Any) -> None:
    credentials = user(chamber, allow("GetItem", "*"), account=TWO)
    there = chamber.client("dynamodb", credentials=credentials)
    assert refusal(there.get_item, TableName=ARN, Key=KEY)[0] == "AccessDeniedException"
    revision = db.put_resource_policy(
        ResourceArn=ARN, Policy=policy({"AWS": f"arn:aws:iam::{TWO}:user/ann"}, "GetItem")
    )["RevisionId"]
    assert there.get_item(TableName=ARN, Key=KEY)["Item"] == KEY
    assert refusal(there.delete_item, TableName=ARN, Key=KEY)[0] == "AccessDeniedException"
    assert db.delete_resource_policy(ResourceArn=ARN)["RevisionId"] == revision
    assert refusal(there.get_item, TableName=ARN, Key=KEY)[0] == "AccessDeniedException"


def test_a_policy_can_deny(chamber: Chamber, db: Any) -> None:
    ann = chamber.client("dynamodb", credentials=user(chamber, allow("*", "*")))
    db.put_resource_policy(ResourceArn=ARN, Policy=policy("*", "PutItem", effect="Deny"))
    assert ann.get_item(TableName="jobs", Key=KEY)["Item"] == KEY
    assert refusal(ann.put_item, TableName="jobs", Item=KEY)[0] == "AccessDeniedException"


def test_policies_have_revisions(db: Any) -> None:
    document = policy({"AWS": TWO}, "GetItem")
    absent = ("PolicyNotFoundException", f"Resource-based policy not found for: {ARN}")
    assert refusal(db.get_resource_policy, ResourceArn=ARN) == absent
    assert refusal(
        db.put_resource_policy, ResourceArn=ARN, Policy=document, ExpectedRevisionId="1"
    ) == absent  # fmt: skip
    first = db.put_resource_policy(
        ResourceArn=ARN, Policy=document, ExpectedRevisionId="NO_POLICY"
    )["RevisionId"]
    assert db.put_resource_policy(ResourceArn=ARN, Policy=document)["RevisionId"] == first
    found = db.get_resource_policy(ResourceArn=ARN)
    assert (found["Policy"], found["RevisionId"]) == (document, first)
    other = policy({"AWS": TWO}, "PutItem")
    second = db.put_resource_policy(ResourceArn=ARN, Policy=other)["RevisionId"]
    assert second != first
    assert refusal(
        db.delete_resource_policy, ResourceArn=ARN, ExpectedRevisionId=first
    ) == absent  # fmt: skip
    db.delete_resource_policy(ResourceArn=ARN, ExpectedRevisionId=second)
    assert "RevisionId" not in db.delete_resource_policy(ResourceArn=ARN)


def test_policies_are_checked(db: Any) -> None:
    put = db.put_resource_policy
    assert refusal(put, ResourceArn=ARN, Policy="{}")[0] == "ValidationException"
    long = policy({"AWS": TWO}, "GetItem") + " " * 20_480
    assert refusal(put, ResourceArn=ARN, Policy=long)[0] == "LimitExceededException"
    document = policy({"AWS": TWO}, "GetItem")
    assert refusal(put, ResourceArn=f"{ARN}x", Policy=document)[0] == "ResourceNotFoundException"
    assert refusal(put, ResourceArn=f"{ARN}/index/i", Policy=document)[0] == "ValidationException"
    made = db.create_table(**simple("second", ResourcePolicy=document))["TableDescription"]
    assert db.get_resource_policy(ResourceArn=made["TableArn"])["Policy"] == document


def test_a_stream_has_a_policy_of_its_own(chamber: Chamber, db: Any) -> None:
    arn = db.update_table(
        TableName="jobs",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )["TableDescription"]["LatestStreamArn"]
    credentials = user(chamber, allow("DescribeStream", "*"), account=TWO)
    there = chamber.client("dynamodbstreams", credentials=credentials)
    assert refusal(there.describe_stream, StreamArn=arn)[0] == "AccessDeniedException"
    db.put_resource_policy(ResourceArn=arn, Policy=policy({"AWS": TWO}, "DescribeStream", arn))
    assert there.describe_stream(StreamArn=arn)["StreamDescription"]["TableName"] == "jobs"


def test_a_kinesis_destination_says_that_nothing_arrives(chamber: Chamber, db: Any) -> None:
    stream = f"arn:aws:kinesis:us-east-1:{ONE}:stream/changes"
    names = {"TableName": "jobs", "StreamArn": stream}
    begun = db.enable_kinesis_streaming_destination(**names)
    assert begun["DestinationStatus"] == "ENABLING"
    (found,) = db.describe_kinesis_streaming_destination(TableName="jobs")[
        "KinesisDataStreamDestinations"
    ]
    assert found["DestinationStatus"] == "ACTIVE"
    assert "nothing is delivered" in found["DestinationStatusDescription"]
    db.put_item(TableName="jobs", Item={"pk": {"S": "b"}})
    assert refusal(db.enable_kinesis_streaming_destination, **names)[0] == ("ValidationException")
    micro = {"ApproximateCreationDateTimePrecision": "MICROSECOND"}
    db.update_kinesis_streaming_destination(**names, UpdateKinesisStreamingConfiguration=micro)
    assert refusal(
        db.update_kinesis_streaming_destination, **names, UpdateKinesisStreamingConfiguration=micro
    )[0] == "ValidationException"  # fmt: skip
    db.disable_kinesis_streaming_destination(**names)
    assert refusal(db.disable_kinesis_streaming_destination, **names)[0] == ("ValidationException")
    odd = {"TableName": "jobs", "StreamArn": ARN}
    assert refusal(db.enable_kinesis_streaming_destination, **odd)[0] == "ValidationException"


def test_changes_go_to_kinesis_when_there_is_one(chamber: Chamber, db: Any) -> None:
    arrived: list[dict[str, Any]] = []

    def put_record(call: Any, request: dict[str, Any]) -> dict[str, Any]:
        if len(arrived) == 2:
            raise AwsError("ProvisionedThroughputExceededException", "too fast")
        arrived.append(request)
        return {"ShardId": "s", "SequenceNumber": "1"}

    def describe(call: Any, request: dict[str, Any]) -> dict[str, Any]:
        if not request["StreamARN"].endswith("/changes"):
            raise AwsError("ResourceNotFoundException", "no such stream")
        return {}

    operations = {
        "PutRecord": simulated(put_record, mutates=True),
        "DescribeStreamSummary": simulated(describe),
    }
    chamber.cloud.registry._loaded["kinesis"] = Service("kinesis", operations)
    stream = f"arn:aws:kinesis:us-east-1:{ONE}:stream/changes"
    assert refusal(
        db.enable_kinesis_streaming_destination, TableName="jobs", StreamArn=f"{stream}x"
    )[0] == "ResourceNotFoundException"  # fmt: skip
    db.enable_kinesis_streaming_destination(TableName="jobs", StreamArn=stream)
    db.put_item(TableName="jobs", Item={"pk": {"S": "b"}, "raw": {"B": b"\x00"}})
    db.delete_item(TableName="jobs", Key=KEY)
    first, second = (json.loads(each["Data"]) for each in arrived)
    assert (first["eventName"], second["eventName"]) == ("INSERT", "REMOVE")
    assert first["dynamodb"]["NewImage"] == {"pk": {"S": "b"}, "raw": {"B": "AA=="}}
    assert second["dynamodb"]["OldImage"] == KEY
    assert first["tableName"] == "jobs"
    assert arrived[0]["PartitionKey"] == first["eventID"]
    db.put_item(TableName="jobs", Item={"pk": {"S": "c"}})  # stands, though it does not arrive
    lost = [each for each in chamber.events(ARN) if "not-delivered" in each["what"]]
    assert len(lost) == 1
    db.disable_kinesis_streaming_destination(TableName="jobs", StreamArn=stream)
    db.put_item(TableName="jobs", Item={"pk": {"S": "d"}})
    assert len(arrived) == 2


def test_contributor_insights_are_kept(db: Any) -> None:
    before = db.describe_contributor_insights(TableName="jobs")
    assert before["ContributorInsightsStatus"] == "DISABLED"
    db.update_contributor_insights(TableName="jobs", ContributorInsightsAction="ENABLE")
    after = db.describe_contributor_insights(TableName="jobs")
    assert after["ContributorInsightsStatus"] == "ENABLED"
    assert len(after["ContributorInsightsRuleList"]) == 2
    (listed,) = db.list_contributor_insights()["ContributorInsightsSummaries"]
    assert listed["TableName"] == "jobs"
    assert refusal(db.describe_contributor_insights, TableName="jobs", IndexName="none")[0] == (
        "ResourceNotFoundException"
    )


def test_what_is_refused_says_so(db: Any) -> None:
    code, message = refusal(db.create_global_table, GlobalTableName="jobs", ReplicationGroup=[])
    assert code == "NotImplemented"
    assert "2019.11.21" in message
