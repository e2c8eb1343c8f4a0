"""From a QueueUrl to the queue and what it holds.

Rules of this file: the last two parts of the address are account and name, whatever the host; that
is all a QueueUrl means, so a world can be moved to another port.
"""

from __future__ import annotations

from functools import lru_cache

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import PolicyKind, SourcedPolicy, parse_policy
from cloudchamber.services.sqs.attributes import find_queue_by_arn
from cloudchamber.services.sqs.mailbox import Mailbox
from cloudchamber.services.sqs.nouns import MAILBOXES, QUEUES, Queue


@lru_cache(maxsize=4096)
def split_url(url: str) -> tuple[str, str]:
    """(account, name) of a QueueUrl; the account is empty when the address names none."""
    head, _, name = url.rstrip("/").rpartition("/")
    account = head.rpartition("/")[2]
    return (account, name) if is_account(account) else ("", name)


def url_of(call: Call, account: str, name: str) -> str:
    """The QueueUrl of a queue, at the host the caller used."""
    host = call.origin.host or f"sqs.{call.region}.amazonaws.com"
    return f"{call.origin.scheme}://{host}/{account}/{name}"


def arn_of_url(call: Call, request: Input) -> str:
    """The ARN that a permission on a QueueUrl is asked on."""
    account, name = split_url(request.get("QueueUrl", ""))
    return f"arn:{call.partition}:sqs:{call.region}:{account or call.account}:{name}"


def arn_of_name(call: Call, request: Input) -> str:
    """The ARN that a permission on a QueueName is asked on."""
    account = request.get("QueueOwnerAWSAccountId") or call.account
    return f"arn:{call.partition}:sqs:{call.region}:{account}:{request.get('QueueName', '')}"


def arn_of_source(call: Call, request: Input) -> str:
    """The ARN of a move task's source."""
    source: str = request.get("SourceArn", "*")
    return source


def expect_queue(call: Call, request: Input) -> Queue:
    """The queue of a request's QueueUrl. Raises QueueDoesNotExist, MissingParameter."""
    url = request.get("QueueUrl")
    if not url:
        raise AwsError("MissingParameter", "The request must contain the parameter QueueUrl.")
    account, name = split_url(url)
    queue = call.rows(QUEUES, account or call.account).get(name)
    if queue is None:
        raise no_such_queue()
    return queue


def mailbox_of(call: Call, queue: Queue) -> Mailbox:
    """What a queue holds, as of now."""
    box = call.rows(MAILBOXES, queue.account, queue.region)[queue.name]
    box.settle(call.now, queue.retention_ns)
    return box


def no_such_queue() -> AwsError:
    """AWS's answer for a queue that is not there."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


@lru_cache(maxsize=4096)
def _compiled(document: str, arn: str) -> SourcedPolicy:
    policy = parse_policy(document, PolicyKind.RESOURCE)
    return SourcedPolicy(source_id=arn, name=f"the policy of {arn}", policy=policy, arn=arn,
                         type="resource")  # fmt: skip


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to a queue, or None."""
    queue = find_queue_by_arn(call, arn)
    document = queue.attributes.get("Policy") if queue is not None else None
    return _compiled(document, arn) if document else None
