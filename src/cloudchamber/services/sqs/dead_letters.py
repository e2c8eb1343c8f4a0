"""Dead letters: a message that was received too often goes to another queue.

Rules of this file: AWS moves a message when it would be received once more than `maxReceiveCount`;
so it does here, and a queue that nobody receives from keeps what it has.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
"""

from __future__ import annotations

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.services.sqs.lookup import find_queue_by_arn, mailbox_of, stir
from cloudchamber.services.sqs.mailbox import Mailbox
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.nouns import Queue


def move_if_dead(call: Call, queue: Queue, box: Mailbox, message: Message) -> bool:
    """Move a taken message that was received too often. False when it stays."""
    redrive = queue.redrive
    received = message.receive_count - message.received_elsewhere
    if redrive is None or received < redrive.max_receives:
        return False
    target = find_queue_by_arn(call, redrive.target_arn)
    if target is None or target is queue:
        return False
    box.remove(message, call.now)
    moved = msgspec.structs.replace(
        message, source_arn=queue.arn, receipt=0, received_elsewhere=message.receive_count
    )
    if target.fifo:
        # A FIFO queue counts retention anew, a standard queue goes on counting ("Setting-up
        # dead-letter queue retention"); and the deduplication id becomes the message's id, lest
        # two messages that shared one be taken for each other ("dead-letter queue redrive").
        moved.sent_ns = call.now
        moved.deduplication = message.id
    mailbox_of(call, target).add(moved, call.now, 0)
    call.event(
        target.arn,
        "sqs.message-dead-lettered",
        f"message {message.id} moved from {queue.name} to {target.name}: it was received "
        f"{'once' if received == 1 else f'{received} times'} and never deleted",
        {"message_id": message.id, "source": queue.arn, "receives": received},
    )
    stir(call, target.arn)
    return True
