"""What the tests of SQS share: a queue in hand, a refusal as text, a consumer that waits.

Rules of this file: thin. Everything goes through botocore's client or through the bytes it would
have sent.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.testing.transport import make_client
from cloudchamber.wire.http import Request, Response

ONE, TWO = "111111111111", "222222222222"
Message = dict[str, Any]


class Box:
    """A queue and a client of it."""

    def __init__(self, sqs: Any, url: str) -> None:
        self.sqs = sqs
        self.url = url

    @classmethod
    def make(cls, sqs: Any, name: str, **attributes: Any) -> Box:
        """A new queue; one whose name ends with .fifo is a FIFO queue."""
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        texts = {key: str(value) for key, value in attributes.items()}
        return cls(sqs, sqs.create_queue(QueueName=name, Attributes=texts)["QueueUrl"])

    def seen_by(self, sqs: Any) -> Box:
        """The same queue in other hands."""
        return Box(sqs, self.url)

    @property
    def arn(self) -> str:
        return str(self.attributes("QueueArn")["QueueArn"])

    def attributes(self, *names: str) -> dict[str, str]:
        answer = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names or ["All"])
        found: dict[str, str] = answer.get("Attributes", {})
        return found

    def set(self, **attributes: Any) -> None:
        texts = {
            key: value if isinstance(value, str) else json.dumps(value)
            for key, value in attributes.items()
        }
        self.sqs.set_queue_attributes(QueueUrl=self.url, Attributes=texts)

    def counts(self) -> tuple[int, int, int]:
        """Messages that are ready, in flight, delayed."""
        found = self.attributes()
        ready, in_flight, delayed = (
            int(found[f"ApproximateNumberOfMessages{which}"])
            for which in ("", "NotVisible", "Delayed")
        )
        return ready, in_flight, delayed

    def send(self, body: str, group: str | None = None, **more: Any) -> dict[str, Any]:
        """Send one; in a FIFO queue its own deduplication id is the body, unless given."""
        if group is not None:
            more["MessageGroupId"] = group
        if self.url.endswith(".fifo"):
            more.setdefault("MessageGroupId", "g")
            more.setdefault("MessageDeduplicationId", body)
        answer: dict[str, Any] = self.sqs.send_message(QueueUrl=self.url, MessageBody=body, **more)
        return answer

    def receive(self, most: int = 10, **more: Any) -> list[Message]:
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=most, **more)
        found: list[Message] = answer.get("Messages", [])
        return found

    def bodies(self, most: int = 10, **more: Any) -> list[str]:
        return [message["Body"] for message in self.receive(most, **more)]

    def take(self) -> Message:
        """Receive exactly one, with all it has."""
        (message,) = self.receive(
            1, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"]
        )
        return message

    def delete(self, message: Message) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def hide(self, message: Message, seconds: int) -> None:
        self.sqs.change_message_visibility(
            QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=seconds
        )

    def redrive_to(self, other: Box, receives: int = 1) -> None:
        self.set(RedrivePolicy={"deadLetterTargetArn": other.arn, "maxReceiveCount": receives})


def refusal(call: Any, **request: Any) -> tuple[str, str, int]:
    """The code, the message and the status with which a call is refused."""
    with pytest.raises(ClientError) as found:
        call(**request)
    answer: Any = found.value.response
    error = answer["Error"]
    return error["Code"], error["Message"], answer["ResponseMetadata"]["HTTPStatusCode"]


def invalid(value: Any, name: str, reason: str) -> tuple[str, str, int]:
    """How SQS refuses the value of a parameter."""
    text = f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    return "InvalidParameterValue", text, 400


def bytes_of(operation: str, *, account: str = ONE, **request: Any) -> Request:
    """The request that botocore would send, not sent."""
    caught: list[Request] = []

    def catch(sent: Request) -> Response:
        caught.append(sent)
        return Response(200, {"content-type": "application/x-amz-json-1.0"}, b"{}")

    client = make_client(catch, "sqs", region="us-east-1", access_key=account)
    getattr(client, operation)(**request)
    return caught[0]


class Waiter:
    """A ReceiveMessage call that waits while the test goes on."""

    def __init__(self, chamber: Chamber, url: str, **request: Any) -> None:
        request.setdefault("WaitTimeSeconds", 20)
        self.answers: list[Response] = []
        self.number = chamber.cloud.begin(
            bytes_of("receive_message", QueueUrl=url, **request), self.answers.append
        )

    @property
    def waits(self) -> bool:
        return not self.answers

    @property
    def bodies(self) -> list[str]:
        """What it received in the end."""
        (answer,) = self.answers
        assert answer.status == 200, answer.body
        return [message["Body"] for message in json.loads(answer.body).get("Messages", [])]
