"""One thing of each service that has tags: tagged, found and untagged in one place."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.cloud import ports
from cloudchamber.cloud.registry import load_service, service_names

ONE = "111111111111"
Make = Callable[[Chamber], str]


def queue(chamber: Chamber) -> str:
    chamber.client("sqs").create_queue(QueueName="thing")
    return f"arn:aws:sqs:us-east-1:{ONE}:thing"


def policy(chamber: Chamber) -> str:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    made = chamber.client("iam").create_policy(PolicyName="thing", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


def profile(chamber: Chamber) -> str:
    made = chamber.client("iam").create_instance_profile(InstanceProfileName="thing", Path="/x/")
    return str(made["InstanceProfile"]["Arn"])


def device(chamber: Chamber) -> str:
    made = chamber.client("iam").create_virtual_mfa_device(VirtualMFADeviceName="thing")
    return str(made["VirtualMFADevice"]["SerialNumber"])


def issuer(chamber: Chamber) -> str:
    made = chamber.client("iam").create_open_id_connect_provider(Url="https://id.example.com")
    return str(made["OpenIDConnectProviderArn"])


def unit(chamber: Chamber) -> str:
    client = chamber.client("organizations")
    client.create_organization()
    root = client.list_roots()["Roots"][0]["Id"]
    made = client.create_organizational_unit(ParentId=root, Name="thing")
    return str(made["OrganizationalUnit"]["Arn"])


def parameter(chamber: Chamber) -> str:
    chamber.client("ssm").put_parameter(Name="/a/thing", Value="v", Type="String")
    return f"arn:aws:ssm:us-east-1:{ONE}:parameter/a/thing"


def secret(chamber: Chamber) -> str:
    return str(chamber.client("secretsmanager").create_secret(Name="thing")["ARN"])


def key(chamber: Chamber) -> str:
    return str(chamber.client("kms").create_key()["KeyMetadata"]["Arn"])


def table(chamber: Chamber) -> str:
    made = chamber.client("dynamodb").create_table(
        TableName="thing",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return str(made["TableDescription"]["TableArn"])


def bucket(chamber: Chamber) -> str:
    chamber.client("s3").create_bucket(Bucket="thing")
    return "arn:aws:s3:::thing"


def function(chamber: Chamber) -> str:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole",
             "Principal": {"Service": "lambda.amazonaws.com"}}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = chamber.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=document)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): ...")
    made = chamber.client("lambda").create_function(
        FunctionName="thing",
        Runtime="python3.11",
        Role=role["Role"]["Arn"],
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    return str(made["FunctionArn"])


MAKERS = (
    queue,
    policy,
    profile,
    device,
    issuer,
    unit,
    parameter,
    secret,
    key,
    table,
    bucket,
    function,
)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_a_thing_is_tagged_found_and_untagged(make: Make) -> None:
    with Chamber(seed=1, account=ONE) as chamber:
        arn = make(chamber)
        tagging = chamber.client("resourcegroupstaggingapi")

        def found() -> list[dict[str, Any]]:
            shown: list[dict[str, Any]] = tagging.get_resources()["ResourceTagMappingList"]
            return shown

        assert found() == []
        for tags in ({"a": "1", "b": "2"}, {"a": "3"}):
            answer = tagging.tag_resources(ResourceARNList=[arn], Tags=tags)
            assert answer["FailedResourcesMap"] == {}
        assert found() == [
            {"ResourceARN": arn, "Tags": [{"Key": "a", "Value": "3"}, {"Key": "b", "Value": "2"}]}
        ]
        assert tagging.get_tag_values(Key="a")["TagValues"] == ["3"]
        answer = tagging.untag_resources(ResourceARNList=[arn], TagKeys=["a", "none"])
        assert answer["FailedResourcesMap"] == {}
        assert found() == [{"ResourceARN": arn, "Tags": [{"Key": "b", "Value": "2"}]}]
        fork = chamber.fork().client("resourcegroupstaggingapi")
        assert fork.get_tag_keys()["TagKeys"] == ["b"]


@pytest.mark.parametrize("name", service_names())
def test_a_service_that_tags_things_says_what_has_tags(name: str) -> None:
    service = load_service(name)
    assert service is not None
    tagging = [
        operation
        for operation, declared in service.operations.items()
        if operation.startswith(("AddTags", "PutBucketTagging", "Tag")) and declared.handler
    ]
    if tagging and name != "resourcegroupstaggingapi":
        assert ports.TAGGED_RESOURCES in service.ports, tagging
