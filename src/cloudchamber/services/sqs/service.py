"""Amazon SQS: what it is called, what it answers, what it keeps.

Rules of this file: declaration only. The model's own protocol is JSON; query clients are served by
the same handlers (see overlay.json).
"""

from __future__ import annotations

from functools import partial
from typing import Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.service import Service, simulated
from cloudchamber.services.sqs import (
    move_tasks,
    permissions,
    queues,
    receipts,
    receiving,
    sending,
    tagging,
)
from cloudchamber.services.sqs.limits import QUOTAS
from cloudchamber.services.sqs.lookup import (
    arn_of_name,
    arn_of_source,
    arn_of_url,
    queue_due,
    resource_policy,
)
from cloudchamber.services.sqs.nouns import BUCKETS, GRAVES, MAILBOXES, MOVE_TASKS, QUEUES
from cloudchamber.services.sqs.tagged import tagged_resources

_on_queue: Final = partial(simulated, resource=arn_of_url, anonymous=True)
# Not named like one that changes the world, and it does: what is received is hidden.
_changes: Final = partial(_on_queue, mutates=True)

SERVICE: Final = Service(
    name="sqs",
    operations={
        "AddPermission": _on_queue(permissions.add_permission),
        "CancelMessageMoveTask": simulated(
            move_tasks.cancel_message_move_task, resource=move_tasks.arn_of_handle
        ),
        "ChangeMessageVisibility": _on_queue(receipts.change_message_visibility),
        "ChangeMessageVisibilityBatch": _on_queue(
            receipts.change_message_visibility_batch, action="ChangeMessageVisibility"
        ),
        "CreateQueue": simulated(queues.create_queue, resource=arn_of_name),
        "DeleteMessage": _on_queue(receipts.delete_message),
        "DeleteMessageBatch": _on_queue(receipts.delete_message_batch, action="DeleteMessage"),
        "DeleteQueue": _on_queue(queues.delete_queue),
        "GetQueueAttributes": _on_queue(queues.get_queue_attributes),
        "GetQueueUrl": simulated(queues.get_queue_url, resource=arn_of_name, anonymous=True),
        "ListDeadLetterSourceQueues": _on_queue(queues.list_dead_letter_source_queues),
        "ListMessageMoveTasks": simulated(
            move_tasks.list_message_move_tasks, resource=arn_of_source
        ),
        "ListQueueTags": _on_queue(tagging.list_queue_tags),
        "ListQueues": simulated(queues.list_queues),
        "PurgeQueue": _on_queue(queues.purge_queue),
        "ReceiveMessage": _changes(receiving.receive_message),
        "RemovePermission": _on_queue(permissions.remove_permission),
        "SendMessage": _on_queue(sending.send_message),
        "SendMessageBatch": _on_queue(sending.send_message_batch, action="SendMessage"),
        "SetQueueAttributes": _on_queue(
            queues.set_queue_attributes,
            note="Under a KmsMasterKeyId KMS is asked, and messages are kept in the clear",
        ),
        "StartMessageMoveTask": simulated(
            move_tasks.start_message_move_task, resource=arn_of_source
        ),
        "TagQueue": _on_queue(tagging.tag_queue),
        "UntagQueue": _on_queue(tagging.untag_queue),
    },
    tables=(QUEUES, MAILBOXES, MOVE_TASKS, GRAVES, BUCKETS),
    quotas=QUOTAS,
    kernel_events={move_tasks.TICK: move_tasks.tick},
    ports={ports.TAGGED_RESOURCES: tagged_resources, ports.QUEUE_DUE: queue_due},
    resource_policy=resource_policy,
    guarded=True,
    access_denied="AccessDenied",
)
