"""Notifications: queues really hear of what happens in a bucket."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from zipfile import ZipFile

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output, Service, simulated
from tests.unit.services.s3.answers import refusal

BOX, ONE = "box", "111111111111"
QUEUE_ARN = f"arn:aws:sqs:us-east-1:{ONE}:heard"


class Scene:
    """A bucket and a queue that lets S3 in."""

    def __init__(self, chamber: Chamber) -> None:
        self.chamber = chamber
        self.s3 = chamber.client("s3")
        self.sqs = chamber.client("sqs")
        self.s3.create_bucket(Bucket=BOX)
        self.url = self.sqs.create_queue(QueueName="heard")["QueueUrl"]

    def let_in(self, principal: str = "s3.amazonaws.com") -> None:
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": principal},
            "Action": "sqs:SendMessage",
            "Resource": QUEUE_ARN,
            "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{BOX}"}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def watch(self, *events: str, **affixes: str) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket=BOX, NotificationConfiguration={"QueueConfigurations": [rule(events, affixes)]}
        )

    def heard(self) -> list[dict[str, Any]]:
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def names(self) -> list[str]:
        records = [record for body in self.heard() for record in body.get("Records", [])]
        return sorted(f"{r['eventName']} {r['s3']['object']['key']}" for r in records)


def rule(events: tuple[str, ...], affixes: dict[str, str], name: str = "q") -> dict[str, Any]:
    made: dict[str, Any] = {"Id": name, "QueueArn": QUEUE_ARN, "Events": list(events)}
    if affixes:
        rules = [{"Name": key, "Value": value} for key, value in affixes.items()]
        made["Filter"] = {"Key": {"FilterRules": rules}}
    return made


@pytest.fixture
def scene() -> Iterator[Scene]:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        yield Scene(chamber)


def test_a_queue_hears_a_test_and_then_what_happens(scene: Scene) -> None:
    scene.let_in()
    scene.watch("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    [test] = scene.heard()
    assert (test["Event"], test["Bucket"]) == ("s3:TestEvent", BOX)
    put = scene.s3.put_object(Bucket=BOX, Key="a b/ü", Body=b"hello")["ResponseMetadata"]
    [body] = scene.heard()
    [record] = body["Records"]
    assert record["responseElements"] == {
        "x-amz-request-id": put["RequestId"],
        "x-amz-id-2": put["HostId"],
    }
    assert record["eventVersion"] == "2.1"
    assert record["eventName"] == "ObjectCreated:Put"
    assert record["s3"]["configurationId"] == "q"
    assert record["s3"]["bucket"]["arn"] == f"arn:aws:s3:::{BOX}"
    about = record["s3"]["object"]
    assert (about["key"], about["size"]) == ("a+b/%C3%BC", 5)
    assert about["eTag"] == "5d41402abc4b2a76b9719d911017c592"
    scene.s3.copy_object(Bucket=BOX, Key="copy", CopySource={"Bucket": BOX, "Key": "a b/ü"})
    scene.s3.delete_object(Bucket=BOX, Key="copy")
    assert scene.names() == ["ObjectCreated:Copy copy", "ObjectRemoved:Delete copy"]


def test_prefix_and_suffix_filter(scene: Scene) -> None:
    scene.let_in()
    scene.watch("s3:ObjectCreated:*", prefix="in/", suffix=".jpg")
    for key in ("in/a.jpg", "in/a.png", "out/a.jpg"):
        scene.s3.put_object(Bucket=BOX, Key=key, Body=b"")
    assert scene.names() == ["ObjectCreated:Put in/a.jpg"]


def test_markers_tags_and_lists_are_events_too(scene: Scene) -> None:
    scene.let_in()
    scene.watch("s3:ObjectTagging:*", "s3:ObjectRemoved:DeleteMarkerCreated")
    scene.s3.put_bucket_versioning(Bucket=BOX, VersioningConfiguration={"Status": "Enabled"})
    scene.s3.put_object(Bucket=BOX, Key="k", Body=b"")
    scene.s3.put_object_tagging(
        Bucket=BOX, Key="k", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]}
    )
    scene.s3.delete_object(Bucket=BOX, Key="k")
    assert scene.names() == ["ObjectRemoved:DeleteMarkerCreated k", "ObjectTagging:Put k"]


def test_what_expires_is_told(scene: Scene) -> None:
    scene.let_in()
    scene.watch("s3:LifecycleExpiration:*")
    scene.s3.put_bucket_lifecycle_configuration(
        Bucket=BOX,
        LifecycleConfiguration={
            "Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]
        },
    )
    scene.s3.put_object(Bucket=BOX, Key="k", Body=b"")
    scene.chamber.advance("3d")
    assert scene.names() == ["LifecycleExpiration:Delete k"]


def test_a_queue_without_any_policy_lets_no_service_in() -> None:
    with Chamber(seed=1, iam="enforce") as chamber:
        chamber.client("sqs").create_queue(QueueName="bare")
        s3 = chamber.client("s3")
        s3.create_bucket(Bucket="box-of-labels")
        arn = f"arn:aws:sqs:us-east-1:{chamber.cloud.settings.account}:bare"
        told = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        with pytest.raises(ClientError, match="Unable to validate the following destination"):
            s3.put_bucket_notification_configuration(
                Bucket="box-of-labels", NotificationConfiguration=told
            )


def test_a_destination_that_does_not_let_s3_in_is_refused(scene: Scene) -> None:
    expected = (
        "InvalidArgument",
        "Unable to validate the following destination configurations",
    )
    configuration = {"QueueConfigurations": [rule(("s3:ObjectCreated:*",), {})]}
    put = scene.s3.put_bucket_notification_configuration
    assert refusal(put, Bucket=BOX, NotificationConfiguration=configuration) == expected
    scene.let_in("sns.amazonaws.com")
    assert refusal(put, Bucket=BOX, NotificationConfiguration=configuration) == expected
    put(Bucket=BOX, NotificationConfiguration=configuration, SkipDestinationValidation=True)
    scene.s3.put_object(Bucket=BOX, Key="k", Body=b"")
    assert scene.heard() == []
    assert "s3.notification-failed" in [each["what"] for each in scene.chamber.events()]


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ([rule(("s3:Nothing",), {})], "A specified event is not supported for notifications"),
        (
            [
                rule(("s3:ObjectCreated:*",), {"prefix": "a"}, "x"),
                rule(("s3:ObjectCreated:Put",), {"prefix": "ab"}, "y"),
            ],
            (
                "Configuration is ambiguously defined. Cannot have overlapping suffixes in two "
                "rules if the prefixes are overlapping for the same event type."
            ),
        ),
        (
            [rule(("s3:ObjectCreated:*",), {"infix": "a"})],
            "filter rule name must be either prefix or suffix",
        ),
    ],
)
def test_configurations_that_are_wrong_are_refused(
    scene: Scene, rules: list[dict[str, Any]], message: str
) -> None:
    put = scene.s3.put_bucket_notification_configuration
    configuration = {"QueueConfigurations": rules}
    assert refusal(put, Bucket=BOX, NotificationConfiguration=configuration) == (
        "InvalidArgument",
        message,
    )


def test_what_is_put_is_got_and_nothing_ends_it(scene: Scene) -> None:
    scene.let_in()
    scene.watch("s3:ObjectCreated:*", suffix=".txt")
    got = scene.s3.get_bucket_notification_configuration(Bucket=BOX)
    [kept] = got["QueueConfigurations"]
    assert kept["Filter"]["Key"]["FilterRules"] == [{"Name": "Suffix", "Value": ".txt"}]
    scene.heard()
    scene.s3.put_bucket_notification_configuration(Bucket=BOX, NotificationConfiguration={})
    scene.s3.put_object(Bucket=BOX, Key="a.txt", Body=b"")
    assert scene.heard() == []


CODE = """
def handler(event, context):
    print("heard of", event["Records"][0]["s3"]["object"]["key"])
"""


def test_a_function_runs_on_what_is_uploaded(scene: Scene) -> None:
    iam, functions = scene.chamber.client("iam"), scene.chamber.client("lambda")
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="runner", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("code.py", CODE)
    arn = functions.create_function(
        FunctionName="listener",
        Runtime="python3.11",
        Role=role,
        Handler="code.handler",
        Code={"ZipFile": packed.getvalue()},
    )["FunctionArn"]
    wanted = {
        "LambdaFunctionConfigurations": [
            {"LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:*"]}
        ]
    }
    put = scene.s3.put_bucket_notification_configuration
    assert refusal(put, Bucket=BOX, NotificationConfiguration=wanted)[0] == "InvalidArgument"
    functions.add_permission(
        FunctionName="listener",
        StatementId="s3",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
        SourceArn=f"arn:aws:s3:::{BOX}",
    )
    put(Bucket=BOX, NotificationConfiguration=wanted)
    scene.s3.put_object(Bucket=BOX, Key="photo", Body=b"x")
    scene.chamber.advance("5s")
    runs = [each for each in scene.chamber.events() if each["what"] == "lambda.invoked"]
    assert ["heard of photo" in each["details"]["log"] for each in runs] == [True]


def test_the_bus_hears_of_everything(scene: Scene) -> None:
    put: list[Any] = []

    def put_events(call: Call, request: Input) -> Output:
        put.extend(request["Entries"])
        return {}

    buses = Service("events", {"PutEvents": simulated(put_events, open=True)})
    scene.chamber.cloud.registry._loaded["events"] = buses
    scene.s3.put_bucket_notification_configuration(
        Bucket=BOX, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    scene.s3.put_object(Bucket=BOX, Key="k", Body=b"hello")
    scene.s3.delete_object(Bucket=BOX, Key="k")
    made, gone = put
    assert (made["Source"], made["DetailType"]) == ("aws.s3", "Object Created")
    assert made["Resources"] == [f"arn:aws:s3:::{BOX}"]
    detail = json.loads(made["Detail"])
    assert (detail["reason"], detail["bucket"]) == ("PutObject", {"name": BOX})
    assert (detail["object"]["key"], detail["object"]["size"]) == ("k", 5)
    assert json.loads(gone["Detail"])["deletion-type"] == "Permanently Deleted"
