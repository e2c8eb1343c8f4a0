"""The queue's policy: what it may be, and AddPermission and RemovePermission, which edit it.

Rules of this file: the policy document is the only state; a statement is found by its label.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, parse_policy
from cloudchamber.services.sqs.limits import LABEL
from cloudchamber.services.sqs.lookup import expect_queue, missing
from cloudchamber.services.sqs.nouns import Queue

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


def check_policy(call: Call, arn: str, fifo: bool, value: str) -> None:
    """Raises InvalidAttributeValue for what is no policy, OverLimit for one that is too large."""
    malformed = AwsError("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    if len(value.encode()) > call.quota("policy-bytes"):
        raise malformed
    try:
        parse_policy(value, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise malformed from error
    _check_size(call, _statements(msgspec.json.decode(value)))


def _check_size(call: Call, statements: list[dict[str, Any]]) -> None:
    _check_count(call, "policy-statements", "Statements", len(statements))
    principals = conditions = 0
    for statement in statements:
        actions = statement.get("Action", statement.get("NotAction", ()))
        _check_count(call, "policy-actions", "Actions", len(_listed(actions)))
        principal = statement.get("Principal", statement.get("NotPrincipal", ()))
        kinds = principal.values() if isinstance(principal, dict) else (principal,)
        principals += sum(len(_listed(kind)) for kind in kinds)
        conditions += sum(len(keys) for keys in statement.get("Condition", {}).values())
    _check_count(call, "policy-principals", "Principals", principals)
    _check_count(call, "policy-conditions", "Conditions", conditions)


def _check_count(call: Call, quota: str, what: str, found: int) -> None:
    limit = call.quota(quota)
    if found > limit:
        raise AwsError("OverLimit", f"{found} {what} were found, maximum allowed is {limit}.", 403)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(policy: dict[str, Any]) -> list[dict[str, Any]]:
    statements: list[dict[str, Any]] = _listed(policy["Statement"])
    return statements


def add_permission(call: Call, request: Input) -> Output:
    """Allow other accounts some actions, under a label."""
    queue = expect_queue(call, request)
    label = request.get("Label", "")
    accounts = request.get("AWSAccountIds", [])
    actions = request.get("Actions", [])
    if not label:
        raise missing("Label")
    if not LABEL.fullmatch(label):
        raise _invalid(label, "Label", "Can only include alphanumeric characters, hyphens, or "
                       "underscores. 1 to 80 in length")  # fmt: skip
    for name, values in (("AWSAccountIds", accounts), ("Actions", actions)):
        if not values:
            raise missing(name)
    for account in accounts:
        if not is_account(account):
            raise _invalid(account, "PrincipalId", "Unable to verify.")
    for action in actions:
        if action not in GRANTABLE:
            raise _invalid(action, "ActionName", "Only the queue owner is allowed to invoke this "
                           "action.")  # fmt: skip
    policy = _policy(queue)
    statements = policy["Statement"]
    if any(statement.get("Sid") == label for statement in statements):
        raise _invalid(label, "Label", "Already exists.")
    principals = [f"arn:{call.partition}:iam::{account}:root" for account in accounts]
    statement = {
        "Sid": label,
        "Effect": "Allow",
        "Principal": {"AWS": _one_or_many(principals)},
        "Action": _one_or_many([f"SQS:{action}" for action in actions]),
        "Resource": queue.arn,
    }
    statements = [*statements, statement]
    _check_size(call, statements)
    _write(call, queue, {**policy, "Statement": statements})
    return {}


def remove_permission(call: Call, request: Input) -> Output:
    """Take the statement of a label out of the policy."""
    queue = expect_queue(call, request)
    label = request.get("Label", "")
    if not label:
        raise missing("Label")
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
    return {**policy, "Statement": _statements(policy)}


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
