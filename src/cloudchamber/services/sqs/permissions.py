"""AddPermission and RemovePermission: one labelled statement in the queue's policy.

Rules of this file: the policy document is the only state; these calls edit it.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.sqs.limits import LABEL
from cloudchamber.services.sqs.lookup import expect_queue
from cloudchamber.services.sqs.nouns import Queue

ACTIONS_MAX: Final = 7
GRANTABLE: Final = frozenset(
    {
        "*",
        "ChangeMessageVisibility",
        "DeleteMessage",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListDeadLetterSourceQueues",
        "PurgeQueue",
        "ReceiveMessage",
        "SendMessage",
    }
)


def add_permission(call: Call, request: Input) -> Output:
    """Allow other accounts some actions, under a label."""
    queue = expect_queue(call, request)
    label = request.get("Label", "")
    accounts = request.get("AWSAccountIds", [])
    actions = request.get("Actions", [])
    if not LABEL.fullmatch(label):
        raise _invalid(label, "Label", "Can only include alphanumeric characters, hyphens, or "
                       "underscores. 1 to 80 in length")  # fmt: skip
    for name, values in (("AWSAccountIds", accounts), ("Actions", actions)):
        if not values:
            raise AwsError("MissingParameter", f"The request must contain the parameter {name}.")
    for account in accounts:
        if not is_account(account):
            raise _invalid(account, "PrincipalId", "Unable to verify.")
    for action in actions:
        if action not in GRANTABLE:
            raise _invalid(action, "ActionName", "Only the queue owner is allowed to invoke this "
                           "action.")  # fmt: skip
    if len(actions) > ACTIONS_MAX:
        raise AwsError("OverLimit", f"{len(actions)} Actions were found, maximum allowed is "
                       f"{ACTIONS_MAX}.", 403)  # fmt: skip
    policy = _policy(queue)
    statements = policy["Statement"]
    if any(statement.get("Sid") == label for statement in statements):
        raise _invalid(label, "Label", "Already exists.")
    limit = call.quota("policy-statements")
    if len(statements) >= limit:
        raise AwsError("OverLimit", f"The policy of a queue holds at most {limit} statements.", 403)
    principals = [f"arn:{call.partition}:iam::{account}:root" for account in accounts]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_many(principals)},
        "Action": _one_or_many([f"SQS:{action}" for action in actions]),
        "Resource": queue.arn,
    }
    _write(call, queue, {**policy, "Statement": [*statements, statement]})
    return {}


def remove_permission(call: Call, request: Input) -> Output:
    """Take the statement of a label out of the policy."""
    queue = expect_queue(call, request)
    label = request.get("Label", "")
    policy = _policy(queue)
    left = [statement for statement in policy["Statement"] if statement.get("Sid") != label]
    if len(left) == len(policy["Statement"]):
        raise _invalid(label, "Label", "can't find label on existing policy.")
    _write(call, queue, {**policy, "Statement": left})
    return {}


def _policy(queue: Queue) -> dict[str, Any]:
    document = queue.attributes.get("Policy")
    if not document:
        return {"Version": "2012-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    policy: dict[str, Any] = msgspec.json.decode(document)
    statements = policy["Statement"]
    return {**policy, "Statement": statements if isinstance(statements, list) else [statements]}


def _write(call: Call, queue: Queue, policy: dict[str, Any]) -> None:
    if policy["Statement"]:
        queue.attributes["Policy"] = msgspec.json.encode(policy).decode()
    else:
        queue.attributes.pop("Policy", None)
    queue.modified_ns = call.now


def _one_or_many(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _invalid(value: str, name: str, reason: str) -> AwsError:
    return AwsError(
        "InvalidParameterValue", f"Value {value} for parameter {name} is invalid. Reason: {reason}"
    )
