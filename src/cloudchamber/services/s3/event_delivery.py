"""Handing an event of a bucket to a queue, a topic, a function or a bus.

Rules of this file: through the destination's own public operation, as `s3.amazonaws.com` for the
bucket (aws:SourceArn, aws:SourceAccount). What is refused raises; nobody is asked twice.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3.nouns import Bucket

PRINCIPAL: Final = "s3.amazonaws.com"
HOST_ID_BYTES: Final = 56


def test(call: Call, bucket: Bucket, arn: str) -> None:
    """Send `s3:TestEvent`, or ask a function whether it would run. Raises AwsError."""
    body = {
        "Service": "Amazon S3",
        "Event": "s3:TestEvent",
        "Time": iso_ms(call.now),
        "Bucket": bucket.name,
        "RequestId": call.request_id,
        "HostId": host_id(call.request_id),
    }
    deliver(call, bucket, arn, body, is_test=True)


def deliver(
    call: Call, bucket: Bucket, arn: str, body: dict[str, Any], *, is_test: bool = False
) -> None:
    """Hand `body` as JSON to the destination of that ARN. Raises its AwsError."""
    parts = find_arn(arn)
    assert parts is not None  # it was read when the rule was put
    text = msgspec.json.encode(body).decode()
    if parts.service == "sqs":
        address = f"https://sqs.{parts.region}.amazonaws.com/{parts.account}/{parts.resource}"
        request: dict[str, Any] = {"QueueUrl": address, "MessageBody": text}
        _ask(call, bucket, arn, "sqs", "SendMessage", request)
    elif parts.service == "sns":
        request = {"TopicArn": arn, "Message": text, "Subject": "Amazon S3 Notification"}
        _ask(call, bucket, arn, "sns", "Publish", request)
    else:
        kind = "DryRun" if is_test else "Event"
        request = {"FunctionName": arn, "InvocationType": kind, "Payload": text.encode()}
        _ask(call, bucket, arn, "lambda", "Invoke", request)


def put_on_bus(call: Call, bucket: Bucket, entry: dict[str, Any]) -> None:
    """Hand an event to the default bus of the bucket's account and Region. Raises AwsError."""
    _ask(call, bucket, "", "events", "PutEvents", {"Entries": [entry]})


def _ask(
    call: Call, bucket: Bucket, arn: str, service: str, operation: str, request: dict[str, Any]
) -> None:
    parts = find_arn(arn)
    account, region = bucket.account, bucket.region
    if parts is not None:
        account, region = parts.account, parts.region
    caller = msgspec.structs.replace(
        callers.service(PRINCIPAL, bucket.account),
        context={"aws:SourceArn": (bucket.arn,), "aws:SourceAccount": (bucket.account,)},
    )
    if arn and call.cloud.settings.iam == "enforce":
        guard = call.cloud.registry.expect(service).resource_policy
        if guard is not None and guard(call, arn) is None:
            raise AwsError("AccessDenied", f"{arn} has no policy that lets {PRINCIPAL} in", 403)
    call.invoke(service, operation, request, caller=caller, account=account, region=region)


def host_id(request_id: str) -> str:
    """The second identity of a request, as its answer has it (`x-amz-id-2`)."""
    return b64encode((request_id + request_id[::-1])[:HOST_ID_BYTES].encode()).decode()


def iso_ms(t_ns: int) -> str:
    """An instant as events write it: `2026-01-31T12:00:00.000Z`."""
    seconds, rest = divmod(t_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03d}Z"
