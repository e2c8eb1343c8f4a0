"""One service in several protocols: the same input whichever way it comes, the same output too.

Rules of this file: CloudWatch speaks CBOR, JSON and query, SQS JSON and query. The query names of
SQS are not in botocore's model but in the project's overlay, so they are spelled out here as the
API reference spells them.
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode
from xml.etree import ElementTree

import cbor2
import orjson
import pytest

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.protocols import codec_for
from tests.protocol.wire_case import REQUEST_ID, decode, encode

METRICS: Final[dict[str, Any]] = {
    "Namespace": "Shop/é",
    "MetricData": [
        {
            "MetricName": "Orders",
            "Dimensions": [{"Name": "Zone", "Value": "use1-az1"}],
            "Timestamp": 1_700_000_000.5,
            "StatisticValues": {"SampleCount": 2.0, "Sum": 3.5, "Minimum": 1.0, "Maximum": 2.5},
            "Unit": "Count",
            "StorageResolution": 60,
        },
        {"MetricName": "Latency", "Values": [1.5, 2.0], "Counts": [1.0, 3.0]},
    ],
    "StrictEntityValidation": True,
}


def test_metrics_in_three_protocols() -> None:
    data = METRICS["MetricData"]
    tagged = [{**data[0], "Timestamp": cbor2.CBORTag(1, 1_700_000_000.5)}, data[1]]
    form = {
        "Action": "PutMetricData",
        "Version": "2010-08-01",
        "Namespace": "Shop/é",
        "MetricData.member.1.MetricName": "Orders",
        "MetricData.member.1.Dimensions.member.1.Name": "Zone",
        "MetricData.member.1.Dimensions.member.1.Value": "use1-az1",
        "MetricData.member.1.Timestamp": "2023-11-14T22:13:20.500Z",
        "MetricData.member.1.StatisticValues.SampleCount": "2",
        "MetricData.member.1.StatisticValues.Sum": "3.5",
        "MetricData.member.1.StatisticValues.Minimum": "1.0",
        "MetricData.member.1.StatisticValues.Maximum": "2.5",
        "MetricData.member.1.Unit": "Count",
        "MetricData.member.1.StorageResolution": "60",
        "MetricData.member.2.MetricName": "Latency",
        "MetricData.member.2.Values.member.1": "1.5",
        "MetricData.member.2.Values.member.2": "2",
        "MetricData.member.2.Counts.member.1": "1",
        "MetricData.member.2.Counts.member.2": "3",
        "StrictEntityValidation": "true",
    }
    bodies = {
        "smithy-rpc-v2-cbor": cbor2.dumps({**METRICS, "MetricData": tagged}),
        "json": orjson.dumps(METRICS),
        "query": urlencode(form).encode(),
    }
    for protocol, body in bodies.items():
        assert decode(codec_for("cloudwatch", protocol), "PutMetricData", body) == METRICS


def test_alarm_history_in_three_protocols() -> None:
    output = {"AlarmHistoryItems": [{"AlarmName": "a", "Timestamp": 1_700_000_000.25}]}
    as_json = encode("cloudwatch", "json", "DescribeAlarmHistory", output)
    assert orjson.loads(as_json.body) == output
    as_cbor = encode("cloudwatch", "smithy-rpc-v2-cbor", "DescribeAlarmHistory", output)
    assert b"\xc1\xfb" in as_cbor.body  # tag 1 and a double
    assert as_cbor.headers["smithy-protocol"] == "rpc-v2-cbor"
    assert as_cbor.headers["content-type"] == "application/cbor"
    whole = encode(
        "cloudwatch",
        "smithy-rpc-v2-cbor",
        "DescribeAlarmHistory",
        {"AlarmHistoryItems": [{"Timestamp": 1_700_000_000.0}]},
    )
    assert b"\xc1\x1a" in whole.body  # whole seconds are an integer
    as_query = encode("cloudwatch", "query", "DescribeAlarmHistory", output)
    assert b"<Timestamp>2023-11-14T22:13:20.250Z</Timestamp>" in as_query.body
    assert b"<DescribeAlarmHistoryResult><AlarmHistoryItems><member>" in as_query.body
    for response in (as_json, as_cbor, as_query):
        assert response.headers["x-amzn-requestid"] == REQUEST_ID


def test_errors_of_cloudwatch_name_their_old_code() -> None:
    error = WireError("DashboardNotFoundError", "no such dashboard")
    for protocol in ("json", "smithy-rpc-v2-cbor"):
        response = codec_for("cloudwatch", protocol).encode_error("GetDashboard", error, "id")
        assert response.status == 404
        assert response.headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
        read = orjson.loads if protocol == "json" else cbor2.loads
        body = read(response.body)
        assert body == {"__type": "DashboardNotFoundError", "message": "no such dashboard"}
    response = codec_for("cloudwatch", "query").encode_error("GetDashboard", error, "id")
    assert b"<Code>ResourceNotFound</Code>" in response.body


BATCH: Final = {
    "QueueUrl": "http://localhost:4566/000000000000/q",
    "Entries": [
        {
            "Id": "one",
            "MessageBody": "héllo & <bye>",
            "DelaySeconds": 5,
            "MessageAttributes": {
                "City": {"DataType": "String", "StringValue": "Oslo"},
                "Blob": {"DataType": "Binary", "BinaryValue": b"\x00\xff"},
            },
            "MessageSystemAttributes": {
                "AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}
            },
        },
        {"Id": "two", "MessageBody": "2", "MessageGroupId": "g", "MessageDeduplicationId": "d"},
    ],
}
ENTRY: Final = "SendMessageBatchRequestEntry"
BATCH_FORM: Final = {
    "Action": "SendMessageBatch",
    "Version": "2012-11-05",
    "QueueUrl": BATCH["QueueUrl"],
    f"{ENTRY}.1.Id": "one",
    f"{ENTRY}.1.MessageBody": "héllo & <bye>",
    f"{ENTRY}.1.DelaySeconds": "5",
    f"{ENTRY}.1.MessageAttribute.1.Name": "City",
    f"{ENTRY}.1.MessageAttribute.1.Value.DataType": "String",
    f"{ENTRY}.1.MessageAttribute.1.Value.StringValue": "Oslo",
    f"{ENTRY}.1.MessageAttribute.2.Name": "Blob",
    f"{ENTRY}.1.MessageAttribute.2.Value.DataType": "Binary",
    f"{ENTRY}.1.MessageAttribute.2.Value.BinaryValue": "AP8=",
    f"{ENTRY}.1.MessageSystemAttribute.1.Name": "AWSTraceHeader",
    f"{ENTRY}.1.MessageSystemAttribute.1.Value.DataType": "String",
    f"{ENTRY}.1.MessageSystemAttribute.1.Value.StringValue": "Root=1",
    f"{ENTRY}.2.Id": "two",
    f"{ENTRY}.2.MessageBody": "2",
    f"{ENTRY}.2.MessageGroupId": "g",
    f"{ENTRY}.2.MessageDeduplicationId": "d",
}


def test_a_batch_in_both_protocols_of_sqs() -> None:
    body = orjson.dumps(BATCH, default=lambda blob: {b"\x00\xff": "AP8="}[blob])
    assert decode(codec_for("sqs", "json"), "SendMessageBatch", body) == BATCH
    form = urlencode(BATCH_FORM).encode()
    assert decode(codec_for("sqs", "query"), "SendMessageBatch", form) == BATCH
    query = urlencode(BATCH_FORM)
    assert decode(codec_for("sqs", "query"), "SendMessageBatch", query=query) == BATCH


@pytest.mark.parametrize(
    ("operation", "form", "expected"),
    [
        (
            "CreateQueue",
            (
                "QueueName=q&Attribute.1.Name=DelaySeconds&Attribute.1.Value=5"
                "&Tag.1.Key=a&Tag.1.Value=b"
            ),
            {"QueueName": "q", "Attributes": {"DelaySeconds": "5"}, "tags": {"a": "b"}},
        ),
        (
            "GetQueueAttributes",
            "QueueUrl=u&AttributeName.1=All&AttributeName.2=QueueArn",
            {"QueueUrl": "u", "AttributeNames": ["All", "QueueArn"]},
        ),
        (
            "ReceiveMessage",
            (
                "QueueUrl=u&AttributeName.1=All&MessageAttributeName.1=a.*&MaxNumberOfMessages=10"
                "&MessageSystemAttributeName.1=SentTimestamp&WaitTimeSeconds=20"
            ),
            {
                "QueueUrl": "u",
                "AttributeNames": ["All"],
                "MessageAttributeNames": ["a.*"],
                "MessageSystemAttributeNames": ["SentTimestamp"],
                "MaxNumberOfMessages": 10,
                "WaitTimeSeconds": 20,
            },
        ),
        (
            "AddPermission",
            "QueueUrl=u&Label=l&AWSAccountId.1=123456789012&ActionName.1=SendMessage",
            {
                "QueueUrl": "u",
                "Label": "l",
                "AWSAccountIds": ["123456789012"],
                "Actions": ["SendMessage"],
            },
        ),
        (
            "DeleteMessageBatch",
            (
                "QueueUrl=u&DeleteMessageBatchRequestEntry.1.Id=a"
                "&DeleteMessageBatchRequestEntry.1.ReceiptHandle=r"
            ),
            {"QueueUrl": "u", "Entries": [{"Id": "a", "ReceiptHandle": "r"}]},
        ),
        (
            "ChangeMessageVisibilityBatch",
            (
                "QueueUrl=u&ChangeMessageVisibilityBatchRequestEntry.1.Id=a"
                "&ChangeMessageVisibilityBatchRequestEntry.1.ReceiptHandle=r"
                "&ChangeMessageVisibilityBatchRequestEntry.1.VisibilityTimeout=9"
            ),
            {
                "QueueUrl": "u",
                "Entries": [{"Id": "a", "ReceiptHandle": "r", "VisibilityTimeout": 9}],
            },
        ),
        (
            "UntagQueue",
            "QueueUrl=u&TagKey.1=a&TagKey.2=b",
            {"QueueUrl": "u", "TagKeys": ["a", "b"]},
        ),
    ],
)
def test_query_names_of_sqs(operation: str, form: str, expected: dict[str, Any]) -> None:
    assert decode(codec_for("sqs", "query"), operation, form) == expected


def test_a_queue_address_stands_in_for_its_parameter() -> None:
    labels = {"QueueUrl": "http://localhost/1/q"}
    codec = codec_for("sqs", "query")
    found = decode(codec, "SendMessage", "Action=SendMessage&MessageBody=x", labels=labels)
    assert found == {"QueueUrl": "http://localhost/1/q", "MessageBody": "x"}
    found = decode(codec, "SendMessage", "QueueUrl=other&MessageBody=x", labels=labels)
    assert found["QueueUrl"] == "other"


def test_messages_in_the_xml_of_sqs() -> None:
    output = {
        "Messages": [
            {
                "MessageId": "m",
                "Body": "a & b",
                "Attributes": {"SenderId": "AIDA"},
                "MessageAttributes": {"n": {"StringValue": "x", "DataType": "String"}},
            }
        ]
    }
    body = encode("sqs", "query", "ReceiveMessage", output).body
    root = ElementTree.fromstring(body)
    space = "{http://queue.amazonaws.com/doc/2012-11-05/}"
    assert root.tag == f"{space}ReceiveMessageResponse"
    message = root.find(f"{space}ReceiveMessageResult/{space}Message")
    assert message is not None
    assert message.findtext(f"{space}Body") == "a & b"
    assert message.findtext(f"{space}Attribute/{space}Name") == "SenderId"
    assert message.findtext(f"{space}MessageAttribute/{space}Value/{space}StringValue") == "x"
    assert root.findtext(f"{space}ResponseMetadata/{space}RequestId") == REQUEST_ID


def test_an_operation_of_sqs_without_output() -> None:
    body = encode("sqs", "query", "DeleteQueue", {}).body
    assert b"Result>" not in body
    assert b"<ResponseMetadata>" in body
    assert encode("sqs", "json", "DeleteQueue", {}).body == b""


@pytest.mark.parametrize("code", ["QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"])
def test_the_missing_queue_by_either_name(code: str) -> None:
    error = WireError(code, "The specified queue does not exist.")
    response = codec_for("sqs", "json").encode_error("SendMessage", error, "id")
    assert response.status == 400
    assert orjson.loads(response.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }
    old = "AWS.SimpleQueueService.NonExistentQueue"
    assert response.headers["x-amzn-query-error"] == f"{old};Sender"
    response = codec_for("sqs", "query").encode_error("SendMessage", error, "id")
    assert f"<Type>Sender</Type><Code>{old}</Code>".encode() in response.body
