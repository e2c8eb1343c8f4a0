"""Queue attributes: which there are, what values they take, what they mean.

Rules of this file: checks raise before anything is changed. AWS's texts where it publishes or shows
them. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.sqs.lookup import find_queue_by_arn
from cloudchamber.services.sqs.nouns import Queue, Redrive
from cloudchamber.services.sqs.permissions import check_policy

RANGES: Final = MappingProxyType(
    {
        "DelaySeconds": (0, 900),
        "MaximumMessageSize": (1024, 1_048_576),
        "MessageRetentionPeriod": (60, 1_209_600),
        "ReceiveMessageWaitTimeSeconds": (0, 20),
        "VisibilityTimeout": (0, 43_200),
        "KmsDataKeyReusePeriodSeconds": (60, 86_400),
    }
)
CHOICES: Final = MappingProxyType(
    {
        "FifoQueue": ("true",),
        "ContentBasedDeduplication": ("true", "false"),
        "SqsManagedSseEnabled": ("true", "false"),
        "DeduplicationScope": ("messageGroup", "queue"),
        "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
    }
)
FIFO_ONLY: Final = ("FifoQueue", "ContentBasedDeduplication")
HIGH_THROUGHPUT: Final = ("DeduplicationScope", "FifoThroughputLimit")
DEFAULTS: Final = MappingProxyType(
    {
        "DelaySeconds": "0",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "ReceiveMessageWaitTimeSeconds": "0",
        "VisibilityTimeout": "30",
        "SqsManagedSseEnabled": "true",
    }
)
FIFO_DEFAULTS: Final = MappingProxyType(
    {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "FifoThroughputLimit": "perQueue",
    }
)
SETTABLE: Final = frozenset(
    {*RANGES, *CHOICES, "Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"}
)
COUNTED: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
READABLE: Final = frozenset(
    {*SETTABLE, *COUNTED, "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn", "All"}
)
RECEIVES_MAX: Final = 1000
SOURCES_MAX: Final = 10


def check(
    call: Call, arn: str, fifo: bool, wanted: Mapping[str, str], have: Mapping[str, str]
) -> dict[str, str]:
    """The attributes to set over those that a queue has. Raises AwsError and changes nothing."""
    checked: dict[str, str] = {}
    for name, value in wanted.items():
        if name not in SETTABLE or (name in FIFO_ONLY and not fifo):
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        if name in HIGH_THROUGHPUT and not fifo:
            raise AwsError(
                "InvalidAttributeName",
                f"You can specify the {name} only when FifoQueue is set to true.",
            )
        if name in RANGES:
            _check_range(name, value)
        elif name in CHOICES and value not in CHOICES[name]:
            raise _invalid(name)
        elif name in _DOCUMENTS and value:
            _DOCUMENTS[name](call, arn, fifo, value)
        checked[name] = value
    _check_together(checked, {**have, **checked})
    return checked


def _check_together(checked: Mapping[str, str], after: Mapping[str, str]) -> None:
    if checked.get("KmsMasterKeyId") and checked.get("SqsManagedSseEnabled") == "true":
        raise AwsError(
            "InvalidAttributeName",
            "You can use one type of server-side encryption (SSE) at one time. You can either "
            "enable KMS SSE or SQS SSE.",
        )
    by_group = after.get("FifoThroughputLimit") == "perMessageGroupId"
    if by_group and after.get("DeduplicationScope") != "messageGroup":
        raise AwsError(
            "InvalidAttributeValue",
            "The perMessageGroupId value is allowed only when the value for DeduplicationScope is "
            "messageGroup.",
        )


def apply(queue: Queue, changed: Mapping[str, str]) -> None:
    """Set checked attributes; an empty document takes the attribute away."""
    for name, value in changed.items():
        if value or name not in _DOCUMENTS:
            queue.attributes[name] = value
        else:
            queue.attributes.pop(name, None)
    if changed.get("KmsMasterKeyId"):
        queue.attributes["SqsManagedSseEnabled"] = "false"
    elif changed.get("SqsManagedSseEnabled") == "true":
        queue.attributes.pop("KmsMasterKeyId", None)
    queue.visibility_ns = _number(queue, "VisibilityTimeout") * SECOND_NS
    queue.delay_ns = _number(queue, "DelaySeconds") * SECOND_NS
    queue.retention_ns = _number(queue, "MessageRetentionPeriod") * SECOND_NS
    queue.wait_ns = _number(queue, "ReceiveMessageWaitTimeSeconds") * SECOND_NS
    queue.size_max = _number(queue, "MaximumMessageSize")
    queue.deduplicates_by_content = queue.attributes.get("ContentBasedDeduplication") == "true"
    queue.deduplicates_by_group = queue.attributes.get("DeduplicationScope") == "messageGroup"
    kms_key = queue.attributes.get("KmsMasterKeyId", "")
    if kms_key != queue.kms_key:
        queue.kms_key, queue.data_keys, queue.sealed_key = kms_key, {}, b""
    document = queue.attributes.get("RedrivePolicy")
    queue.redrive = _read_redrive(document) if document else None


def effective(queue: Queue) -> dict[str, str]:
    """Every attribute that was set or has a default."""
    defaults = {**DEFAULTS, **FIFO_DEFAULTS} if queue.fifo else dict(DEFAULTS)
    if queue.attributes.get("KmsMasterKeyId"):
        defaults["KmsDataKeyReusePeriodSeconds"] = "300"
    return {**defaults, **queue.attributes}


def differs(queue: Queue, wanted: Mapping[str, str]) -> str | None:
    """The first wanted attribute whose value is not the queue's, or None."""
    found = effective(queue)
    for name, value in wanted.items():
        if not _same(name, found.get(name, ""), value):
            return name
    return None


def _same(name: str, have: str, want: str) -> bool:
    if name in _JSON and have and want:
        return bool(_json(have) == _json(want))
    return have == want


def _number(queue: Queue, name: str) -> int:
    return int(queue.attributes.get(name, DEFAULTS[name]))


def _check_range(name: str, value: str) -> None:
    low, high = RANGES[name]
    if not (value.isascii() and value.isdigit() and len(value) < 10 and low <= int(value) <= high):
        raise _invalid(name)


def _invalid(name: str) -> AwsError:
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}.")


def _reason(name: str, value: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )


def _json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def _is_count(value: object) -> bool:
    text = str(value)
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(RECEIVES_MAX))
    return digits and not isinstance(value, bool) and 1 <= int(text) <= RECEIVES_MAX


def _read_redrive(value: str) -> Redrive:
    data = _json(value)
    return Redrive(data["deadLetterTargetArn"], int(data.get("maxReceiveCount", 10)))


def _check_redrive(call: Call, arn: str, fifo: bool, value: str) -> None:
    data = _json(value)
    if not isinstance(data, dict):
        raise _reason("RedrivePolicy", value, "Redrive policy is not a valid JSON map.")
    target = data.get("deadLetterTargetArn")
    if not isinstance(target, str):
        raise _reason(
            "RedrivePolicy", value, "Redrive policy does not contain mandatory attribute: "
            "deadLetterTargetArn."
        )  # fmt: skip
    count = data.get("maxReceiveCount", 10)
    if not _is_count(count):
        raise _reason(
            "RedrivePolicy", value, f"Invalid value for maxReceiveCount: {count}, valid values are "
            f"from 1 to {RECEIVES_MAX} both inclusive."
        )  # fmt: skip
    # "The dead-letter queue must be in the same account and Region", sqs-dead-letter-queues.html.
    parts, own = find_arn(target), find_arn(arn)
    if parts is not None and own is not None and parts.account != own.account:
        raise _reason(
            "RedrivePolicy", value, "Dead-letter target owner should be same as the source."
        )
    same_region = parts is not None and own is not None and parts.region == own.region
    found = find_queue_by_arn(call, target) if same_region else None
    if found is None:
        raise _reason("RedrivePolicy", value, "Dead letter target does not exist.")
    if found.fifo != fifo:
        raise _reason(
            "RedrivePolicy", value, "Dead-letter queue must be same type of queue as the source."
        )
    if not allows_source(found, arn):
        raise _reason(
            "RedrivePolicy", value, f"The redrive allow policy of {target} does not allow {arn}."
        )


def _check_allow(call: Call, arn: str, fifo: bool, value: str) -> None:
    data = _json(value)
    kinds = ("allowAll", "denyAll", "byQueue")
    if not isinstance(data, dict) or data.get("redrivePermission") not in kinds:
        raise _reason("RedriveAllowPolicy", value, "Amazon SQS can't create the redrive allow "
                      "policy, as it's in an unsupported format.")  # fmt: skip
    sources = data.get("sourceQueueArns")
    if data["redrivePermission"] == "byQueue":
        if not isinstance(sources, list) or not 1 <= len(sources) <= SOURCES_MAX:
            raise _reason("RedriveAllowPolicy", value, "Amazon SQS can't create the redrive allow "
                          "policy. Specify 1 to 10 source queue ARNs.")  # fmt: skip
    elif sources is not None:
        raise _reason("RedriveAllowPolicy", value, "Amazon SQS can't create the redrive allow "
                      "policy, as sourceQueueArns goes with byQueue only.")  # fmt: skip


def _check_key(call: Call, arn: str, fifo: bool, value: str) -> None:
    """Any key will do: AWS asks KMS when a message is sent."""


_JSON: Final = ("Policy", "RedrivePolicy", "RedriveAllowPolicy")
_DOCUMENTS: Final[Mapping[str, Callable[[Call, str, bool, str], None]]] = MappingProxyType(
    {
        "Policy": check_policy,
        "RedrivePolicy": _check_redrive,
        "RedriveAllowPolicy": _check_allow,
        "KmsMasterKeyId": _check_key,
    }
)


def allows_source(queue: Queue, source_arn: str) -> bool:
    """Whether a dead-letter queue lets this source use it (its RedriveAllowPolicy)."""
    document = queue.attributes.get("RedriveAllowPolicy")
    if not document:
        return True
    data = _json(document)
    if data["redrivePermission"] == "byQueue":
        return bool(source_arn in data["sourceQueueArns"])
    return bool(data["redrivePermission"] == "allowAll")
