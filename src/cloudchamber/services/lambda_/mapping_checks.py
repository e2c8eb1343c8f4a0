"""Event source mappings: what a request may say for which source.

Rules of this file: nothing changes here. AWS's texts where they are published.
https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input
from cloudchamber.languages.event_patterns import BadPattern
from cloudchamber.services.lambda_ import refusals, roles, sources
from cloudchamber.services.lambda_.nouns import Configuration, Function, Mapping
from cloudchamber.services.lambda_.queue_source import url_of
from cloudchamber.services.lambda_.settings import check_destination

STREAMS_ONLY: Final = (
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "DestinationConfig",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
)
COMMON: Final = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FilterCriteria",
    "FunctionResponseTypes",
    "ScalingConfig",
    "MetricsConfig",
    "LoggingConfig",
    "ProvisionedPollerConfig",
    "KMSKeyArn",
)
_OTHERS: Final = (
    ("SelfManagedEventSource", "self-managed Kafka"),
    ("Topics", "Kafka"),
    ("Queues", "Amazon MQ"),
    ("AmazonManagedKafkaEventSourceConfig", "Amazon MSK"),
    ("SelfManagedKafkaEventSourceConfig", "self-managed Kafka"),
    ("DocumentDBEventSourceConfig", "Amazon DocumentDB"),
)
_FILTERS_MAX: Final = 5  # adjustable up to 10 by request
_WITHOUT_WINDOW: Final = 10


def kind_of(call: Call, request: Input) -> str:
    """`sqs` or `stream`. Raises InvalidParameterValueException, Refused for other sources."""
    for member, what in _OTHERS:
        if member in request:
            raise Refused("lambda", call.operation_name, f"{what} is no event source here")
    arn = request.get("EventSourceArn")
    parsed = find_arn(arn) if arn else None
    if parsed is None:
        raise refusals.invalid("Event source arn is required and must be valid.")
    if parsed.service == "sqs":
        return "sqs"
    if parsed.service == "dynamodb":
        if "/stream/" not in parsed.resource:
            raise refusals.invalid(f"Unrecognized event source, must be kinesis, dynamodb stream "
                                   f"or sqs. Unsupported arn: {arn}")  # fmt: skip
        return "stream"
    if parsed.service in ("kinesis", "kafka", "mq", "rds"):
        raise Refused("lambda", call.operation_name, f"{parsed.service} is no event source here")
    raise refusals.invalid(
        "Unrecognized event source, must be kinesis, dynamodb stream or sqs. Unsupported source "
        f"{parsed.service}"
    )


def members_of(kind: str, request: Input, source: str) -> dict[str, Any]:
    """The members of a new mapping, with AWS's defaults."""
    members: dict[str, Any] = {"MaximumBatchingWindowInSeconds": 0}
    if kind == "sqs":
        for name in STREAMS_ONLY:
            if request.get(name):
                raise refusals.invalid(f"Unsupported parameter {name} for SQS event sources.")
        members["BatchSize"] = 10
        members["FunctionResponseTypes"] = []
    else:
        if "ScalingConfig" in request:
            raise refusals.invalid("ScalingConfig is only supported for SQS event sources.")
        position = request.get("StartingPosition")
        if position is None:
            raise refusals.invalid(
                "1 validation error detected: Value null at 'startingPosition' failed to satisfy "
                "constraint: Member must not be null."
            )
        if position == "AT_TIMESTAMP":
            raise refusals.invalid(f"Unsupported starting position for arn type: {source}")
        members.update(
            {
                "BatchSize": 100,
                "ParallelizationFactor": 1,
                "DestinationConfig": {"OnFailure": {}},
                "MaximumRecordAgeInSeconds": -1,
                "BisectBatchOnFunctionError": False,
                "MaximumRetryAttempts": -1,
                "TumblingWindowInSeconds": 0,
                "FunctionResponseTypes": [],
            }
        )
        members.update({name: request[name] for name in STREAMS_ONLY if name in request})
    members.update({name: request[name] for name in COMMON if name in request})
    return members


def changed(mapping: Mapping, request: Input) -> dict[str, Any]:
    """The members after an update."""
    names = COMMON if mapping.kind == "sqs" else COMMON + STREAMS_ONLY
    if mapping.kind == "sqs":
        for name in STREAMS_ONLY:
            if request.get(name):
                raise refusals.invalid(f"Unsupported parameter {name} for SQS event sources.")
    members = {**mapping.members, **{name: request[name] for name in names if name in request}}
    if not members.get("FilterCriteria", {}).get("Filters"):
        members.pop("FilterCriteria", None)
    if not members.get("ScalingConfig"):
        members.pop("ScalingConfig", None)
    return members


def check(call: Call, kind: str, members: dict[str, Any], source: str, function: Function) -> None:
    """Raises InvalidParameterValueException for members that do not go together."""
    size, window_s = members["BatchSize"], members["MaximumBatchingWindowInSeconds"]
    is_fifo = kind == "sqs" and source.endswith(".fifo")
    if is_fifo and size > _WITHOUT_WINDOW:
        raise refusals.invalid(
            f"Batch size {size} for the FIFO queue is more than the maximum of 10."
        )
    if is_fifo and window_s:
        raise refusals.invalid("Batching window is not supported for FIFO queues.")
    if size > _WITHOUT_WINDOW and not window_s and kind == "sqs":
        raise refusals.invalid("Maximum batch window in seconds must be greater than 0 if maximum "
                               "batch size is greater than 10")  # fmt: skip
    if kind == "stream":
        if 0 <= members["MaximumRecordAgeInSeconds"] < 60:
            raise refusals.invalid("MaximumRecordAgeInSeconds must be -1 or between 60 and 604800.")
        target = members["DestinationConfig"].get("OnFailure", {}).get("Destination")
        if target:
            check_destination(function, target, "OnFailure")
        if members["DestinationConfig"].get("OnSuccess", {}).get("Destination"):
            raise refusals.invalid("Unsupported DestinationConfig parameter for given event source "
                                   "mapping type.")  # fmt: skip
    if members.get("KMSKeyArn"):
        raise Refused("lambda", call.operation_name, "filters are not encrypted here")
    _check_filters(members.get("FilterCriteria", {}).get("Filters", ()))


def _check_filters(filters: Any) -> None:
    if len(filters) > _FILTERS_MAX:
        raise refusals.invalid(f"Too many filters: {len(filters)}, at most {_FILTERS_MAX}.")
    for each in filters:
        text = each.get("Pattern", "")
        try:
            sources.compiled(text)
            if not isinstance(msgspec.json.decode(text), dict):
                raise BadPattern("the pattern is no JSON object")
        except (BadPattern, msgspec.DecodeError) as error:
            raise refusals.invalid(f"Invalid filter pattern definition. {error}") from error


def check_source(
    call: Call, kind: str, source: str, function: Function, version: Configuration
) -> None:
    """Raises when the function's role cannot read the source, or it is not there."""
    poller = roles.caller_of(call, function, version)
    parsed = find_arn(source)
    place = {"account": function.account, "region": parsed.region if parsed else call.region}
    if kind == "stream":
        try:
            call.invoke(
                "dynamodbstreams", "DescribeStream", {"StreamArn": source}, caller=poller, **place
            )
        except Refused:
            raise
        except AwsError as error:
            raise _unreadable(error, "DescribeStream", "DynamoDB", source) from error
        return
    names = ["VisibilityTimeout"]
    request = {"QueueUrl": url_of(source), "AttributeNames": names}
    try:
        output = call.invoke("sqs", "GetQueueAttributes", request, caller=poller, **place)
    except AwsError as error:
        raise _unreadable(error, "ReceiveMessage", "SQS", source) from error
    visible_s = int(output["Attributes"]["VisibilityTimeout"])
    timeout_s = version.members["Timeout"]
    if visible_s < timeout_s:
        raise refusals.invalid(
            f"Queue visibility timeout: {visible_s} seconds is less than Function timeout: "
            f"{timeout_s} seconds"
        )


def _unreadable(error: AwsError, action: str, service: str, source: str) -> AwsError:
    if "AccessDenied" in error.code:
        return refusals.invalid(
            f"The provided execution role does not have permissions to call {action} on {service}"
        )
    if service == "DynamoDB":
        return refusals.invalid(f"Stream not found: {source}")
    return refusals.invalid(
        f"Error occurred while {action}. {service} Error Code: {error.code}. "
        f"{service} Error Message: {error.message}"
    )
