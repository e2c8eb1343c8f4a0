"""What CloudWatch will want to know of a queue, counted as it happens.

Rules of this file: the counters of the `AWS/SQS` namespace under their own names, metered for the
queue's owner whoever calls. Those that follow from the state of a queue (how many messages are
visible) need no counter.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.sqs.nouns import Queue

SENT: Final = "NumberOfMessagesSent"
SENT_BYTES: Final = "SentMessageSize"
DEDUPLICATED: Final = "NumberOfDeduplicatedSentMessages"
RECEIVED: Final = "NumberOfMessagesReceived"
EMPTY: Final = "NumberOfEmptyReceives"
DELETED: Final = "NumberOfMessagesDeleted"


def count_sent(call: Call, queue: Queue, size: int) -> None:
    """Count a message and its bytes."""
    account, region, arn = queue.account, queue.region, queue.arn
    lines = (
        (("sqs", account, region, arn, SENT), 1),
        (("sqs", account, region, arn, SENT_BYTES), size),
    )
    call.cloud.meter.add_each(lines)


def count(call: Call, queue: Queue, counter: str, amount: int = 1) -> None:
    """Count something that happened at a queue."""
    call.cloud.meter.add(("sqs", queue.account, queue.region, queue.arn, counter), amount)
