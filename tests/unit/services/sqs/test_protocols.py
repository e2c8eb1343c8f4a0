"""The bytes: JSON as today's clients speak it, and the old query protocol, with the same queues."""

from __future__ import annotations

import hashlib
import json
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest

from cloudchamber import Chamber
from cloudchamber.wire.http import Request, Response
from tests.unit.services.sqs.mail import ONE, Box, bytes_of

NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"
DATE = "20270101T000000Z"
AUTHORIZATION = (
    f"AWS4-HMAC-SHA256 Credential={ONE}/20270101/us-east-1/sqs/aws4_request, "
    "SignedHeaders=host, Signature=0"
)


def query(
    chamber: Chamber, action: str, path: str = "/", method: str = "POST", **fields: Any
) -> Response:
    """A request as clients made it before 2023; `Attribute_1_Name` stands for Attribute.1.Name."""
    form = {"Action": action, "Version": "2012-11-05"}
    form |= {name.replace("_", "."): str(value) for name, value in fields.items()}
    headers = {"host": "localhost:4566", "authorization": AUTHORIZATION, "x-amz-date": DATE}
    text = urlencode(form, quote_via=quote)
    if method == "GET":
        return chamber.host.handle(Request("GET", path, text, headers))
    headers["content-type"] = "application/x-www-form-urlencoded; charset=utf-8"
    return chamber.host.handle(Request("POST", path, "", headers, text.encode()))


def answer(response: Response) -> ElementTree.Element:
    """The result of a query that went well."""
    assert response.status == 200, response.body
    assert response.headers["content-type"] == "text/xml"
    root = ElementTree.fromstring(response.body)
    action = root.tag.removeprefix(NAMESPACE).removesuffix("Response")
    metadata = root.find(f"{NAMESPACE}ResponseMetadata/{NAMESPACE}RequestId")
    assert metadata is not None
    assert metadata.text == response.headers["x-amzn-requestid"]
    result = root.find(f"{NAMESPACE}{action}Result")
    return root if result is None else result


def texts(parent: ElementTree.Element, path: str) -> list[str]:
    full = "/".join(NAMESPACE + part for part in path.split("/"))
    return [each.text or "" for each in parent.findall(full)]


def pairs(parent: ElementTree.Element, tag: str, key: str = "Name") -> dict[str, str]:
    names, values = texts(parent, f"{tag}/{key}"), texts(parent, f"{tag}/Value")
    return dict(zip(names, values, strict=True))


def error(response: Response) -> tuple[int, str, str, str]:
    root = ElementTree.fromstring(response.body)
    assert root.tag == f"{NAMESPACE}ErrorResponse"
    (code,), (message,), (kind,) = (
        texts(root, f"Error/{name}") for name in ("Code", "Message", "Type")
    )
    assert texts(root, "RequestId") == [response.headers["x-amzn-requestid"]]
    return response.status, code, message, kind


def test_a_queue_s_life_in_query(chamber: Chamber) -> None:
    made = answer(
        query(
            chamber,
            "CreateQueue",
            QueueName="jobs",
            Attribute_1_Name="VisibilityTimeout",
            Attribute_1_Value=7,
            Attribute_2_Name="DelaySeconds",
            Attribute_2_Value=0,
            Tag_1_Key="team",
            Tag_1_Value="blue & green",
        )
    )
    (url,) = texts(made, "QueueUrl")
    assert url == f"http://localhost:4566/{ONE}/jobs"
    assert texts(answer(query(chamber, "GetQueueUrl", QueueName="jobs")), "QueueUrl") == [url]
    assert texts(answer(query(chamber, "ListQueues", QueueNamePrefix="jo")), "QueueUrl") == [url]
    asked = {"AttributeName_1": "VisibilityTimeout", "AttributeName_2": "QueueArn"}
    found = answer(query(chamber, "GetQueueAttributes", QueueUrl=url, **asked))
    assert pairs(found, "Attribute") == {
        "VisibilityTimeout": "7",
        "QueueArn": f"arn:aws:sqs:us-east-1:{ONE}:jobs",
    }
    tags = answer(query(chamber, "ListQueueTags", QueueUrl=url))
    assert pairs(tags, "Tag", "Key") == {"team": "blue & green"}
    answer(query(chamber, "TagQueue", QueueUrl=url, Tag_1_Key="a", Tag_1_Value="b"))
    answer(query(chamber, "UntagQueue", QueueUrl=url, TagKey_1="team"))
    assert pairs(answer(query(chamber, "ListQueueTags", QueueUrl=url)), "Tag", "Key") == {"a": "b"}
    answer(
        query(
            chamber,
            "SetQueueAttributes",
            QueueUrl=url,
            Attribute_1_Name="VisibilityTimeout",
            Attribute_1_Value=9,
        )
    )
    answer(query(chamber, "PurgeQueue", QueueUrl=url))
    answer(query(chamber, "DeleteQueue", QueueUrl=url))
    assert texts(answer(query(chamber, "ListQueues")), "QueueUrl") == []


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_requests_go_to_the_queue_s_own_address(chamber: Chamber, box: Box, method: str) -> None:
    path = f"/{ONE}/jobs"
    sent = answer(query(chamber, "SendMessage", path, method, MessageBody="a<b>&\"ü'"))
    (message_id,) = texts(sent, "MessageId")
    digest = hashlib.md5("a<b>&\"ü'".encode(), usedforsecurity=False).hexdigest()
    assert texts(sent, "MD5OfMessageBody") == [digest]
    got = answer(query(chamber, "ReceiveMessage", path, method, AttributeName_1="All"))
    assert texts(got, "Message/MessageId") == [message_id]
    assert texts(got, "Message/Body") == ["a<b>&\"ü'"]
    assert texts(got, "Message/MD5OfBody") == [digest]
    (message,) = got.findall(f"{NAMESPACE}Message")
    assert pairs(message, "Attribute")["ApproximateReceiveCount"] == "1"
    (handle,) = texts(got, "Message/ReceiptHandle")
    changed = {"ReceiptHandle": handle, "VisibilityTimeout": 0}
    answer(query(chamber, "ChangeMessageVisibility", path, method, **changed))
    assert box.counts() == (1, 0, 0)
    answer(query(chamber, "DeleteMessage", path, method, ReceiptHandle=handle))
    assert box.counts() == (0, 0, 0)


def test_message_attributes_in_query(chamber: Chamber, box: Box) -> None:
    sent = answer(
        query(
            chamber,
            "SendMessage",
            QueueUrl=box.url,
            MessageBody="m",
            MessageAttribute_1_Name="city",
            MessageAttribute_1_Value_DataType="String",
            MessageAttribute_1_Value_StringValue="Köln",
            MessageAttribute_2_Name="seal",
            MessageAttribute_2_Value_DataType="Binary",
            MessageAttribute_2_Value_BinaryValue="AP8=",
            MessageSystemAttribute_1_Name="AWSTraceHeader",
            MessageSystemAttribute_1_Value_DataType="String",
            MessageSystemAttribute_1_Value_StringValue="Root=1",
        )
    )
    (md5,) = texts(sent, "MD5OfMessageAttributes")
    assert len(texts(sent, "MD5OfMessageSystemAttributes")) == 1
    got = answer(
        query(chamber, "ReceiveMessage", QueueUrl=box.url, MessageAttributeName_1="All",
              VisibilityTimeout=0)
    )  # fmt: skip
    assert texts(got, "Message/MessageAttribute/Name") == ["city", "seal"]
    assert texts(got, "Message/MessageAttribute/Value/StringValue") == ["Köln"]
    assert texts(got, "Message/MessageAttribute/Value/BinaryValue") == ["AP8="]
    assert texts(got, "Message/MD5OfMessageAttributes") == [md5]
    message = box.take()
    assert message["MessageAttributes"]["seal"]["BinaryValue"] == b"\x00\xff"
    assert message["Attributes"]["AWSTraceHeader"] == "Root=1"


def test_batches_in_query(chamber: Chamber, box: Box) -> None:
    fields: dict[str, Any] = {}
    for number, (name, body) in enumerate((("a", "one"), ("b", "two"), ("c", "")), start=1):
        fields[f"SendMessageBatchRequestEntry_{number}_Id"] = name
        if body:
            fields[f"SendMessageBatchRequestEntry_{number}_MessageBody"] = body
    sent = answer(query(chamber, "SendMessageBatch", QueueUrl=box.url, **fields))
    assert texts(sent, "SendMessageBatchResultEntry/Id") == ["a", "b"]
    assert texts(sent, "BatchResultErrorEntry/Id") == ["c"]
    assert texts(sent, "BatchResultErrorEntry/Code") == ["MissingParameter"]
    assert texts(sent, "BatchResultErrorEntry/SenderFault") == ["true"]
    handles = [message["ReceiptHandle"] for message in box.receive(10)]
    fields = {}
    for number, handle in enumerate(handles, start=1):
        entry = f"ChangeMessageVisibilityBatchRequestEntry_{number}"
        fields |= {f"{entry}_Id": number, f"{entry}_ReceiptHandle": handle}
        fields[f"{entry}_VisibilityTimeout"] = 100
    changed = answer(query(chamber, "ChangeMessageVisibilityBatch", QueueUrl=box.url, **fields))
    assert texts(changed, "ChangeMessageVisibilityBatchResultEntry/Id") == ["1", "2"]
    fields = {}
    for number, handle in enumerate(handles, start=1):
        entry = f"DeleteMessageBatchRequestEntry_{number}"
        fields |= {f"{entry}_Id": number, f"{entry}_ReceiptHandle": handle}
    gone = answer(query(chamber, "DeleteMessageBatch", QueueUrl=box.url, **fields))
    assert texts(gone, "DeleteMessageBatchResultEntry/Id") == ["1", "2"]
    assert box.counts() == (0, 0, 0)


def test_permissions_and_move_tasks_in_query(chamber: Chamber, box: Box) -> None:
    graves = Box.make(box.sqs, "graves")
    box.redrive_to(graves)
    answer(
        query(
            chamber,
            "AddPermission",
            QueueUrl=box.url,
            Label="x",
            AWSAccountId_1="222222222222",
            ActionName_1="SendMessage",
            ActionName_2="ReceiveMessage",
        )
    )
    statement = json.loads(box.attributes("Policy")["Policy"])["Statement"][0]
    assert statement["Action"] == ["SQS:SendMessage", "SQS:ReceiveMessage"]
    answer(query(chamber, "RemovePermission", QueueUrl=box.url, Label="x"))
    found = answer(query(chamber, "ListDeadLetterSourceQueues", QueueUrl=graves.url))
    assert texts(found, "QueueUrl") == [box.url]
    started = answer(query(chamber, "StartMessageMoveTask", SourceArn=graves.arn))
    assert len(texts(started, "TaskHandle")) == 1
    listed = answer(query(chamber, "ListMessageMoveTasks", SourceArn=graves.arn))
    assert texts(listed, "ListMessageMoveTasksResultEntry/Status") == ["COMPLETED"]


def test_a_fifo_message_in_query(chamber: Chamber, fifo: Box) -> None:
    fields = {"MessageBody": "m", "MessageGroupId": "g", "MessageDeduplicationId": "d"}
    sent = answer(query(chamber, "SendMessage", QueueUrl=fifo.url, **fields))
    assert len(texts(sent, "SequenceNumber")) == 1


# Errors, in both forms


def send_to_nobody() -> dict[str, Any]:
    return {"QueueUrl": f"http://localhost:4566/{ONE}/nobody", "MessageBody": "m"}


def test_a_missing_queue_in_both_forms(chamber: Chamber) -> None:
    response = query(chamber, "SendMessage", **send_to_nobody())
    assert error(response) == (
        400,
        "AWS.SimpleQueueService.NonExistentQueue",
        "The specified queue does not exist for this wsdl version.",
        "Sender",
    )
    response = chamber.host.handle(bytes_of("send_message", **send_to_nobody()))
    assert response.status == 400
    assert response.headers["content-type"] == "application/x-amz-json-1.0"
    assert response.headers["x-amzn-query-error"] == (
        "AWS.SimpleQueueService.NonExistentQueue;Sender"
    )
    assert json.loads(response.body) == {
        "__type": "com.amazonaws.sqs#QueueDoesNotExist",
        "message": "The specified queue does not exist.",
    }


CASES = [
    ("delete_message", {"ReceiptHandle": "x"}, 404, "ReceiptHandleIsInvalid", ""),
    ("send_message", {"MessageBody": "\ufffe"}, 400, "InvalidMessageContents", ""),
    ("send_message", {"MessageBody": "m", "DelaySeconds": -1}, 400, "InvalidParameterValue", ""),
    ("get_queue_attributes", {"AttributeNames": ["x"]}, 400, "InvalidAttributeName", ""),
    ("send_message_batch", {"Entries": []}, 400, "EmptyBatchRequest", "AWS.SimpleQueueService."),
    ("remove_permission", {"Label": "x"}, 400, "InvalidParameterValue", ""),
    (
        "change_message_visibility",
        {"ReceiptHandle": "", "VisibilityTimeout": 1},
        400,
        "MissingParameter",
        "",
    ),
]


@pytest.mark.parametrize(("operation", "request_", "status", "shape", "before"), CASES)
def test_errors_have_two_names(
    chamber: Chamber,
    box: Box,
    operation: str,
    request_: dict[str, Any],
    status: int,
    shape: str,
    before: str,
) -> None:
    response = chamber.host.handle(bytes_of(operation, QueueUrl=box.url, **request_))
    assert response.status == status
    assert json.loads(response.body)["__type"] == f"com.amazonaws.sqs#{shape}"
    assert response.headers["x-amzn-query-error"] == f"{before}{shape};Sender"
    action = operation.title().replace("_", "")
    fields: dict[str, Any] = {}
    for name, value in request_.items():
        if isinstance(value, list):  # AttributeNames is AttributeName.1, AttributeName.2, ...
            for number, each in enumerate(value, start=1):
                fields[f"{name.removesuffix('s')}_{number}"] = each
        else:
            fields[name] = value
    assert error(query(chamber, action, QueueUrl=box.url, **fields))[:2] == (
        status,
        f"{before}{shape}",
    )


def test_a_queue_that_is_there_already_in_both_forms(chamber: Chamber, box: Box) -> None:
    attributes = {"DelaySeconds": "5"}
    request = bytes_of("create_queue", QueueName="jobs", Attributes=attributes)
    response = chamber.host.handle(request)
    assert json.loads(response.body)["__type"] == "com.amazonaws.sqs#QueueNameExists"
    assert response.headers["x-amzn-query-error"] == "QueueAlreadyExists;Sender"
    named: dict[str, Any] = {"Attribute_1_Name": "DelaySeconds", "Attribute_1_Value": 5}
    response = query(chamber, "CreateQueue", QueueName="jobs", **named)
    assert error(response)[1] == "QueueAlreadyExists"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"QueueUrl": 5}',
        b'{"QueueUrl": null, "MessageBody": null}',
        b'{"QueueUrl": "http://localhost/111111111111/jobs", "MessageBody": 5}',
        b'{"QueueUrl": "http://localhost/111111111111/jobs", "DelaySeconds": 1e400}',
        b'{"QueueUrl": "http://localhost/111111111111/jobs", "DelaySeconds": true}',
        b'{"QueueUrl": "http://localhost/111111111111/jobs", "MessageAttributes": {"a": null}}',
        b'{"QueueUrl": "http://localhost/111111111111/jobs", "MessageBody": "\\ud800"}',
        b"\xff\xfe",
        b'{"a":' * 50_000,
    ],
)
def test_noise_is_refused_in_aws_s_way(chamber: Chamber, box: Box, body: bytes) -> None:
    request = bytes_of("send_message", QueueUrl=box.url, MessageBody="m")
    request.body = body
    response = chamber.host.handle(request)
    assert 400 <= response.status < 500
    assert json.loads(response.body)["__type"]
    assert box.counts() == (0, 0, 0)


def test_an_answer_says_how_true_it_is(chamber: Chamber, box: Box) -> None:
    response = chamber.host.handle(bytes_of("send_message", QueueUrl=box.url, MessageBody="m"))
    assert response.headers["x-chamber-fidelity"] == "simulated"
