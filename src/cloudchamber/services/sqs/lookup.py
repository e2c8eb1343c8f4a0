"""From a QueueUrl to the queue, what it holds, and the policy that guards it.

Rules of this file: a QueueUrl is read as AWS writes it, `<scheme>://<host>/<account>/<name>`. The
host says nothing, so that a world can be moved to another port, unless it is one of AWS's own: that
names a Region, and a request to another Region is refused as AWS refuses it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from cloudchamber.cloud.arns import Arn, find_arn
from cloudchamber.cloud.call import Call, partition_of
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.cloud.settings import DEFAULT_REGION, is_account
from cloudchamber.languages.policy import SourcedPolicy, attached_policy
from cloudchamber.services.sqs.mailbox import Mailbox
from cloudchamber.services.sqs.nouns import MAILBOXES, QUEUES, Queue

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

STIRRED: Final = "sqs.queue-stirred"
# https://docs.aws.amazon.com/general/latest/gr/sqs-service.html, legacy endpoints too
_AWS_HOST: Final = re.compile(
    r"(?:sqs(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws)"
    r"|(?:([a-z0-9-]+)\.)?queue\.amazonaws\.com(?:\.cn)?)(?::\d+)?"
)
_PARTS: Final = 2

# "Cross-account permissions don't apply to this action", in the API reference of each.
OWNERS_ONLY: Final = frozenset(
    {
        "AddPermission",
        "CancelMessageMoveTask",
        "CreateQueue",
        "DeleteQueue",
        "ListMessageMoveTasks",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "StartMessageMoveTask",
        "TagQueue",
        "UntagQueue",
    }
)


class Address(NamedTuple):
    """What a QueueUrl says. `region` is empty when the host is none of AWS's."""

    account: str
    name: str
    region: str
    endpoint: str


@lru_cache(maxsize=4096)
def read_url(url: str) -> Address | None:
    """The address in a QueueUrl, or None when it is none."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = parts.path.strip("/").split("/")
    if not parts.netloc or len(path) != _PARTS or not is_account(path[0]):
        return None
    aws = _AWS_HOST.fullmatch(parts.netloc)
    region = (aws.group(1) or aws.group(2) or DEFAULT_REGION) if aws else ""
    return Address(path[0], path[1], region, f"{parts.scheme}://{parts.netloc}/")


def url_of(call: Call, account: str, name: str) -> str:
    """The QueueUrl of a queue, at the host the caller used."""
    host = call.origin.host
    if not host:
        return f"https://sqs.{call.region}.amazonaws.com/{account}/{name}"
    return f"{call.origin.scheme}://{host}/{account}/{name}"


@lru_cache(maxsize=4096)
def _queue_arn(partition: str, region: str, account: str, name: str) -> str:
    return f"arn:{partition}:sqs:{region}:{account}:{name}"


def arn_of_url(call: Call, request: Input) -> str:
    """The ARN that a permission on a QueueUrl is asked on."""
    return _arn_at(request.get("QueueUrl", ""), call.region)


@lru_cache(maxsize=4096)
def _arn_at(url: str, region: str) -> str:
    address = read_url(url)
    if address is None:
        return "*"
    return _queue_arn(partition_of(region), region, address.account, address.name)


def arn_of_name(call: Call, request: Input) -> str:
    """The ARN that a permission on a QueueName is asked on."""
    account = request.get("QueueOwnerAWSAccountId") or call.account
    return _queue_arn(call.partition, call.region, account, request.get("QueueName", ""))


def arn_of_source(call: Call, request: Input) -> str:
    """The ARN of a move task's source."""
    source: str = request.get("SourceArn") or "*"
    return source


def missing(name: str) -> AwsError:
    """AWS's answer when a required parameter is not there."""
    return AwsError("MissingParameter", f"The request must contain the parameter {name}.")


def expect_queue(call: Call, request: Input) -> Queue:
    """The queue of a request's QueueUrl. Raises QueueDoesNotExist, InvalidAddress."""
    url = request.get("QueueUrl")
    if not url:
        raise missing("QueueUrl")
    address = read_url(url)
    if address is None:
        raise _invalid_address(url)
    if address.region and address.region != call.region:
        raise _invalid_address(address.endpoint)
    queue = call.rows(QUEUES, address.account).get(address.name)
    if queue is None:
        raise no_such_queue(call)
    return queue


def mailbox_of(call: Call, queue: Queue) -> Mailbox:
    """What a queue holds, as of now."""
    box = call.rows(MAILBOXES, queue.account, queue.region)[queue.name]
    box.settle(call.cloud.kernel.now, queue.retention_ns, queue.delay_ns)
    return box


def stir(call: Call, arn: str) -> None:
    """Something may be visible in a queue that was not: tell those who wait and who subscribe.

    The fact `sqs.queue-stirred` is `{"queue": arn}`.
    """
    call.wake("sqs", arn)
    call.publish(STIRRED, {"queue": arn})


def queue_due(cloud: Cloud, arn: str) -> int | None:
    """Port `queue-due`: when something is or will be visible, ns; None when nothing will be."""
    parts = _read_arn(arn)
    if parts is None:
        return None
    queue = cloud.store.rows(QUEUES, parts.account, parts.region).get(parts.resource)
    if queue is None:
        return None
    box = cloud.store.rows(MAILBOXES, parts.account, parts.region)[queue.name]
    box.settle(cloud.kernel.now, queue.retention_ns, queue.delay_ns)
    return box.next_due_ns(queue.retention_ns)


def no_such_queue(call: Call) -> AwsError:
    """AWS's answer for a queue that is not there, which query clients know in other words."""
    tail = " for this wsdl version" if call.origin.protocol == "query" else ""
    return AwsError("QueueDoesNotExist", f"The specified queue does not exist{tail}.")


def _invalid_address(url: str) -> AwsError:
    return AwsError("InvalidAddress", f"The address {url} is not valid for this endpoint.", 404)


@lru_cache(maxsize=4096)
def _read_arn(arn: str) -> Arn | None:
    parts = find_arn(arn)
    return parts if parts is not None and parts.service == "sqs" else None


def find_queue_by_arn(call: Call, arn: str) -> Queue | None:
    """The queue of an ARN, in whichever account and region, or None."""
    parts = _read_arn(arn)
    if parts is None:
        return None
    return call.rows(QUEUES, parts.account, parts.region).get(parts.resource)


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to a queue, or None; no policy lets others do what is its owner's."""
    queue = find_queue_by_arn(call, arn)
    document = queue.attributes.get("Policy") if queue is not None else None
    if queue is None or not document:
        return None
    if call.operation_name in OWNERS_ONLY and call.caller.account != queue.account:
        return None
    return attached_policy(document, arn)
