"""Queue attributes: what there is, what may be set, and what a change does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, TWO, Box, refusal

Make = Callable[..., Box]
REGIONAL = f"arn:aws:sqs:us-east-1:{ONE}"
SSE = (
    "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS "
    "SSE or SQS SSE."
)
PER_GROUP = (
    "The perMessageGroupId value is allowed only when the value for DeduplicationScope is "
    "messageGroup."
)


def test_a_new_queue_has_aws_s_defaults(box: Box) -> None:
    assert box.attributes() == {
        "QueueArn": f"{REGIONAL}:jobs",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "CreatedTimestamp": "1798761600",
        "LastModifiedTimestamp": "1798761600",
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }


def test_a_new_fifo_queue_has_more(fifo: Box, box: Box) -> None:
    more = {
        name: fifo.attributes()[name] for name in set(fifo.attributes()) - set(box.attributes())
    }
    assert more == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }


def test_only_what_is_asked_is_answered(box: Box) -> None:
    assert box.attributes("DelaySeconds", "RedrivePolicy") == {"DelaySeconds": "0"}
    answer = box.sqs.get_queue_attributes(QueueUrl=box.url)
    assert "Attributes" not in answer
    assert refusal(box.sqs.get_queue_attributes, QueueUrl=box.url, AttributeNames=["Colour"]) == (
        "InvalidAttributeName",
        "Unknown Attribute Colour.",
        400,
    )


def test_a_change_shows_and_has_its_time(chamber: Chamber, box: Box) -> None:
    chamber.advance("90s")
    box.set(VisibilityTimeout="5")
    found = box.attributes()
    assert found["VisibilityTimeout"] == "5"
    assert int(found["LastModifiedTimestamp"]) - int(found["CreatedTimestamp"]) == 90
    box.send("m")
    box.take()
    chamber.advance("5s")
    assert box.bodies() == ["m"]


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("DelaySeconds", 0, 900),
        ("MaximumMessageSize", 1024, 1_048_576),
        ("MessageRetentionPeriod", 60, 1_209_600),
        ("ReceiveMessageWaitTimeSeconds", 0, 20),
        ("VisibilityTimeout", 0, 43_200),
        ("KmsDataKeyReusePeriodSeconds", 60, 86_400),
    ],
)
def test_numbers_have_their_ranges(box: Box, name: str, low: int, high: int) -> None:
    for value in (low, high):
        box.set(**{name: str(value)})
        assert box.attributes(name) == {name: str(value)}
    for wrong in (str(low - 1), str(high + 1), "", "one", "1.5", "²", "9" * 5000):
        assert refusal(
            box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes={name: wrong}
        ) == ("InvalidAttributeValue", f"Invalid value for the parameter {name}.", 400)
    assert box.attributes(name) == {name: str(high)}


def test_nothing_is_changed_when_one_of_several_is_wrong(box: Box) -> None:
    both = {"VisibilityTimeout": "5", "DelaySeconds": "901"}
    assert refusal(box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes=both)[0]
    assert box.attributes("VisibilityTimeout") == {"VisibilityTimeout": "30"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("FifoQueue", "Unknown Attribute FifoQueue."),
        ("ContentBasedDeduplication", "Unknown Attribute ContentBasedDeduplication."),
        (
            "DeduplicationScope",
            "You can specify the DeduplicationScope only when FifoQueue is set to true.",
        ),
        (
            "FifoThroughputLimit",
            "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
        ),
        ("Colour", "Unknown Attribute Colour."),
        ("QueueArn", "Unknown Attribute QueueArn."),
    ],
)
@pytest.mark.parametrize("value", ["true", "false"])
def test_what_a_standard_queue_has_not(box: Box, name: str, says: str, value: str) -> None:
    expected = ("InvalidAttributeName", says, 400)
    given = {name: value}
    assert refusal(box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes=given) == expected
    if (name, value) != ("FifoQueue", "true"):
        assert refusal(box.sqs.create_queue, QueueName="other", Attributes=given) == expected


def test_a_queue_s_kind_cannot_be_changed(fifo: Box) -> None:
    assert refusal(
        fifo.sqs.set_queue_attributes, QueueUrl=fifo.url, Attributes={"FifoQueue": "false"}
    ) == ("InvalidAttributeValue", "Invalid value for the parameter FifoQueue.", 400)


def test_high_throughput_needs_deduplication_by_group(fifo: Box, make: Make) -> None:
    expected = ("InvalidAttributeValue", PER_GROUP, 400)
    set_ = fifo.sqs.set_queue_attributes
    limit = {"FifoThroughputLimit": "perMessageGroupId"}
    assert refusal(set_, QueueUrl=fifo.url, Attributes=limit) == expected
    fifo.set(DeduplicationScope="messageGroup")
    fifo.set(**limit)
    assert refusal(set_, QueueUrl=fifo.url, Attributes={"DeduplicationScope": "queue"}) == expected
    fifo.set(DeduplicationScope="queue", FifoThroughputLimit="perQueue")
    both = {"DeduplicationScope": "messageGroup", **limit}
    assert make("high.fifo", **both).attributes(*both) == both


def test_one_kind_of_encryption_at_a_time(box: Box) -> None:
    both = {"KmsMasterKeyId": "alias/mine", "SqsManagedSseEnabled": "true"}
    assert refusal(box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes=both) == (
        "InvalidAttributeName",
        SSE,
        400,
    )
    box.set(KmsMasterKeyId="alias/mine")
    names = ("KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds", "SqsManagedSseEnabled")
    assert box.attributes(*names) == {
        "KmsMasterKeyId": "alias/mine",
        "KmsDataKeyReusePeriodSeconds": "300",
        "SqsManagedSseEnabled": "false",
    }
    box.set(SqsManagedSseEnabled="true")
    assert box.attributes(*names) == {"SqsManagedSseEnabled": "true"}
    box.set(KmsMasterKeyId="alias/mine")
    box.set(KmsMasterKeyId="")
    assert "KmsMasterKeyId" not in box.attributes()


def test_nothing_to_set(box: Box) -> None:
    assert refusal(box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes={}) == (
        "MissingParameter",
        "The request must contain the parameter Attributes.",
        400,
    )


# Documents


def redrive_refusal(box: Box, value: str) -> tuple[str, str, int]:
    return refusal(
        box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes={"RedrivePolicy": value}
    )


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        ("[]", "Redrive policy is not a valid JSON map."),
        ("{", "Redrive policy is not a valid JSON map."),
        ("[" * 50_000, "Redrive policy is not a valid JSON map."),
        (
            '{"maxReceiveCount": 3}',
            "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
        ),
        (
            f'{{"deadLetterTargetArn": "{REGIONAL}:nobody", "maxReceiveCount": 3}}',
            "Dead letter target does not exist.",
        ),
        (
            f'{{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:{ONE}:graves"}}',
            "Dead letter target does not exist.",
        ),
        ('{"deadLetterTargetArn": "graves"}', "Dead letter target does not exist."),
        (
            f'{{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:{TWO}:graves"}}',
            "Dead-letter target owner should be same as the source.",
        ),
        (
            f'{{"deadLetterTargetArn": "{REGIONAL}:graves.fifo"}}',
            "Dead-letter queue must be same type of queue as the source.",
        ),
    ],
)
def test_a_redrive_policy_that_cannot_be(
    make: Make, chamber: Chamber, policy: str, reason: str
) -> None:
    make("graves")
    make("graves.fifo")
    Box.make(chamber.client("sqs", "eu-west-1"), "graves")
    Box.make(chamber.client("sqs", account=TWO), "graves")
    assert redrive_refusal(make("jobs"), policy) == (
        "InvalidParameterValue",
        f"Value {policy} for parameter RedrivePolicy is invalid. Reason: {reason}",
        400,
    )


@pytest.mark.parametrize("count", [0, 1001, -1, "x", "", True, 1.5, None, "9" * 5000, "³"])
def test_a_receive_count_that_cannot_be(make: Make, count: Any) -> None:
    policy = json.dumps({"deadLetterTargetArn": make("graves").arn, "maxReceiveCount": count})
    assert redrive_refusal(make("jobs"), policy)[1].endswith(
        f"Invalid value for maxReceiveCount: {count}, valid values are from 1 to 1000 both "
        "inclusive."
    )


@pytest.mark.parametrize("count", [1, 1000, "7"])
def test_a_redrive_policy_is_kept_as_it_was_written(make: Make, count: Any) -> None:
    policy = json.dumps({"deadLetterTargetArn": make("graves").arn, "maxReceiveCount": count})
    box = make("jobs", RedrivePolicy=policy)
    assert box.attributes("RedrivePolicy") == {"RedrivePolicy": policy}
    box.set(RedrivePolicy="")
    assert box.attributes("RedrivePolicy") == {}


def test_a_dead_letter_queue_says_who_may_use_it(make: Make) -> None:
    graves, good, bad = make("graves"), make("good"), make("bad")
    for allow, allowed in (
        ({"redrivePermission": "byQueue", "sourceQueueArns": [good.arn]}, {"good"}),
        ({"redrivePermission": "denyAll"}, set[str]()),
        ({"redrivePermission": "allowAll"}, {"good", "bad"}),
    ):
        graves.set(RedriveAllowPolicy=allow)
        for box in (good, bad):
            policy = json.dumps({"deadLetterTargetArn": graves.arn, "maxReceiveCount": 1})
            if box.url.rpartition("/")[2] in allowed:
                box.set(RedrivePolicy=policy)
            else:
                assert redrive_refusal(box, policy)[1].endswith(
                    f"The redrive allow policy of {graves.arn} does not allow {box.arn}."
                )
    graves.set(RedriveAllowPolicy="")
    assert graves.attributes("RedriveAllowPolicy") == {}


@pytest.mark.parametrize(
    "allow",
    [
        {},
        {"redrivePermission": "some"},
        {"redrivePermission": "byQueue"},
        {"redrivePermission": "byQueue", "sourceQueueArns": []},
        {"redrivePermission": "byQueue", "sourceQueueArns": ["a"] * 11},
        {"redrivePermission": "allowAll", "sourceQueueArns": ["a"]},
    ],
)
def test_a_redrive_allow_policy_that_cannot_be(box: Box, allow: dict[str, Any]) -> None:
    code, message, _ = refusal(
        box.sqs.set_queue_attributes,
        QueueUrl=box.url,
        Attributes={"RedriveAllowPolicy": json.dumps(allow)},
    )
    assert code == "InvalidParameterValue"
    assert "parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create" in message


def statement(**more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "sqs:SendMessage",
        "Resource": "*",
        **more,
    }


@pytest.mark.parametrize(
    ("policy", "code", "says"),
    [
        ("text", "InvalidAttributeValue", "Invalid value for the parameter Policy."),
        ("[" * 50_000, "InvalidAttributeValue", "Invalid value for the parameter Policy."),
        (
            {"Version": "2012-10-17", "Statement": [{"Effect": "Maybe"}]},
            "InvalidAttributeValue",
            "Invalid value for the parameter Policy.",
        ),
        (
            {"Version": "2012-10-17", "Statement": statement(Sid="x" * 8192)},
            "InvalidAttributeValue",
            "Invalid value for the parameter Policy.",
        ),
        (
            {"Version": "2012-10-17", "Statement": [statement()] * 21},
            "OverLimit",
            "21 Statements were found, maximum allowed is 20.",
        ),
        (
            {
                "Version": "2012-10-17",
                "Statement": statement(Action=[f"sqs:SendMessage{n}" for n in range(8)]),
            },
            "OverLimit",
            "8 Actions were found, maximum allowed is 7.",
        ),
        (
            {
                "Version": "2012-10-17",
                "Statement": statement(Principal={"AWS": [f"{n:012}" for n in range(51)]}),
            },
            "OverLimit",
            "51 Principals were found, maximum allowed is 50.",
        ),
        (
            {
                "Version": "2012-10-17",
                "Statement": [
                    statement(
                        Condition={"StringEquals": {"aws:UserAgent": "x", "aws:SourceIp": "y"}}
                    )
                ]
                * 6,
            },
            "OverLimit",
            "12 Conditions were found, maximum allowed is 10.",
        ),
    ],
)
def test_a_policy_that_cannot_be(box: Box, policy: Any, code: str, says: str) -> None:
    text = policy if isinstance(policy, str) else json.dumps(policy)
    found = refusal(box.sqs.set_queue_attributes, QueueUrl=box.url, Attributes={"Policy": text})
    assert found == (code, says, 403 if code == "OverLimit" else 400)
    assert box.attributes("Policy") == {}


def test_a_policy_is_kept_as_it_was_written(box: Box) -> None:
    text = json.dumps({"Version": "2012-10-17", "Statement": statement()}, indent=3)
    box.set(Policy=text)
    assert box.attributes("Policy") == {"Policy": text}
    box.set(Policy="")
    assert box.attributes("Policy") == {}
