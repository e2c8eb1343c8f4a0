"""Resource policies: written, read, and in force."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from tests.unit.services.lambda_.crew import ONE, TWO, Crew, archive

Make = Callable[..., Any]
ARN = f"arn:aws:lambda:us-east-1:{ONE}:function:jobs"


def test_a_statement_is_written_as_aws_does(client: Any, make: Make) -> None:
    make("jobs")
    added = client.add_permission(
        FunctionName="jobs",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn="arn:aws:s3:::bucket",
        SourceAccount=ONE,
    )
    assert json.loads(added["Statement"]) == {
        "Sid": "s3",
        "Effect": "Allow",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ONE},
            "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::bucket"},
        },
    }
    with pytest.raises(client.exceptions.ResourceConflictException, match="already exists"):
        client.add_permission(
            FunctionName="jobs", StatementId="s3", Action="lambda:*", Principal=TWO
        )
    policy = client.get_policy(FunctionName="jobs")
    assert json.loads(policy["Policy"])["Id"] == "default"
    with pytest.raises(client.exceptions.PreconditionFailedException):
        client.remove_permission(FunctionName="jobs", StatementId="s3", RevisionId="other")
    client.remove_permission(FunctionName="jobs", StatementId="s3", RevisionId=policy["RevisionId"])
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName="jobs")


def test_a_qualifier_has_a_policy_of_its_own(client: Any, make: Make) -> None:
    make("jobs")
    client.publish_version(FunctionName="jobs")
    client.create_alias(FunctionName="jobs", Name="live", FunctionVersion="1")
    given = {"StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": TWO}
    added = client.add_permission(FunctionName="jobs", Qualifier="live", **given)
    assert json.loads(added["Statement"])["Resource"] == f"{ARN}:live"
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_policy(FunctionName="jobs")
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.add_permission(FunctionName="jobs", Qualifier="$LATEST", **given)


@pytest.fixture
def strict() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def test_another_account_may_when_the_policy_says_so(strict: Chamber) -> None:
    iam = strict.client("iam")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    crew = Crew(strict)
    client, theirs = strict.client("lambda"), strict.client("lambda", account=TWO)
    client.create_function(
        FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role["Role"]["Arn"],
        Code={"ZipFile": archive()},
    )  # fmt: skip
    with pytest.raises(ClientError) as caught:
        theirs.invoke(FunctionName=ARN)
    assert caught.value.response["Error"]["Code"] == "AccessDeniedException"
    client.add_permission(
        FunctionName="jobs", StatementId="two", Action="lambda:InvokeFunction", Principal=TWO
    )
    assert theirs.invoke(FunctionName=ARN, Payload=b"7")["Payload"].read() == b"7"
    assert crew.orders[0]["account"] == ONE
    crew.close()


def test_a_role_that_does_not_trust_lambda_is_refused(strict: Chamber) -> None:
    trust = json.loads(json.dumps(TRUST).replace("lambda.", "ec2."))
    iam = strict.client("iam")
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(trust))
    client = strict.client("lambda")
    with pytest.raises(
        client.exceptions.InvalidParameterValueException, match="cannot be assumed by Lambda"
    ):
        client.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role["Role"]["Arn"],
            Code={"ZipFile": archive()},
        )  # fmt: skip


def test_a_poller_has_only_what_its_role_has(strict: Chamber) -> None:
    iam, sqs, client = (strict.client(name) for name in ("iam", "sqs", "lambda"))
    role = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=json.dumps(TRUST))
    client.create_function(
        FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role["Role"]["Arn"],
        Code={"ZipFile": archive()},
    )  # fmt: skip
    sqs.create_queue(QueueName="work")
    wanted = {"EventSourceArn": f"arn:aws:sqs:us-east-1:{ONE}:work", "FunctionName": "jobs"}
    with pytest.raises(
        client.exceptions.InvalidParameterValueException,
        match="does not have permissions to call ReceiveMessage on SQS",
    ):
        client.create_event_source_mapping(**wanted)
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    iam.put_role_policy(
        RoleName="worker",
        PolicyName="queues",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow]}),
    )
    crew = Crew(strict)
    client.create_event_source_mapping(**wanted)
    sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="work")["QueueUrl"], MessageBody="m")
    strict.advance("1s")
    assert len(crew.orders) == 1
    crew.close()


def test_whole_policies(client: Any, make: Make) -> None:
    make("jobs")
    statement = {
        "Sid": "x",
        "Effect": "Allow",
        "Principal": {"AWS": TWO},
        "Action": "lambda:InvokeFunction",
        "Resource": ARN,
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    put = client.put_resource_policy(ResourceArn=ARN, Policy=document)
    found = client.get_resource_policy(ResourceArn=ARN)
    assert found["RevisionId"] == put["RevisionId"]
    assert json.loads(found["Policy"])["Statement"] == [statement]
    assert json.loads(client.get_policy(FunctionName="jobs")["Policy"])["Statement"] == [statement]
    with pytest.raises(client.exceptions.InvalidParameterValueException):
        client.put_resource_policy(ResourceArn=ARN, Policy='{"Statement": 3}')
    client.delete_resource_policy(ResourceArn=ARN)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_resource_policy(ResourceArn=ARN)
