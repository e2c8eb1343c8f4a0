"""Queues under a KMS key: who sends needs GenerateDataKey and Decrypt, who receives needs Decrypt.

Rules of this file: KMS is asked in the caller's name through SQS, and not again by the same
principal until its data key's reuse period is over, as AWS counts them. A refusal changes nothing.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AccessDenied, AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.sqs.nouns import DataKey, Queue

REUSE_S: Final = 300

_CODES: Final = MappingProxyType(
    {
        "DisabledException": "KmsDisabled",
        "InvalidKeyUsageException": "KmsInvalidKeyUsage",
        "KMSInvalidStateException": "KmsInvalidState",
        "NotFoundException": "KmsNotFound",
        "ThrottlingException": "KmsThrottled",
    }
)


def lock(call: Call, queue: Queue) -> None:
    """Before something is sent: have a data key. Raises KmsAccessDenied and its like."""
    who = _who(call, "sends")
    if _is_at_hand(call, queue, who):
        return
    made = _ask(call, queue, "GenerateDataKey", {"KeyId": queue.kms_key, "KeySpec": "AES_256"})
    sealed: bytes = made["CiphertextBlob"]
    _ask(call, queue, "Decrypt", {"CiphertextBlob": sealed})
    queue.sealed_key = sealed
    _keep(call, queue, who)


def unlock(call: Call, queue: Queue) -> None:
    """Before something is received: open the data key. Raises KmsAccessDenied and its like."""
    who = _who(call, "receives")
    if not queue.sealed_key or _is_at_hand(call, queue, who):
        return
    _ask(call, queue, "Decrypt", {"CiphertextBlob": queue.sealed_key})
    _keep(call, queue, who)


def _who(call: Call, what: str) -> str:
    return f"{call.caller.role_arn or call.caller.arn} {what}"


def _is_at_hand(call: Call, queue: Queue, who: str) -> bool:
    known = queue.data_keys.get(who)
    return known is not None and call.now < known.until_ns


def _keep(call: Call, queue: Queue, who: str) -> None:
    reuse_s = int(queue.attributes.get("KmsDataKeyReusePeriodSeconds", REUSE_S))
    kept = {name: key for name, key in queue.data_keys.items() if call.now < key.until_ns}
    kept[who] = DataKey(call.now + reuse_s * SECOND_NS)
    queue.data_keys = kept
    # The event makes a call that only waited one that is journalled.
    call.event(queue.arn, "sqs.data-key", f"{who} with a data key for {reuse_s} seconds")


def _ask(call: Call, queue: Queue, operation: str, request: Input) -> Output:
    asked = {**request, "EncryptionContext": {"aws:sqs:arn": queue.arn}}
    try:
        return call.invoke("kms", operation, asked, account=queue.account, region=queue.region)
    except Refused:
        raise
    except AwsError as error:
        code = "KmsAccessDenied"
        if not isinstance(error, AccessDenied):
            code = _CODES.get(error.code, "KmsAccessDenied")
        raise AwsError(
            code,
            f"{error.message} (Service: Kms, Status Code: 400, Request ID: {call.request_id})",
        ) from error
