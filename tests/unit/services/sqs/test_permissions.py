"""Who may do what to a queue: its policy, AddPermission, and what stays the owner's alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.sqs.mail import ONE, TWO, Box, bytes_of, invalid, refusal

Make = Callable[..., Box]
THREE = "333333333333"


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


@pytest.fixture
def theirs(chamber: Chamber) -> Any:
    """A client of another account's root user."""
    return chamber.client("sqs", account=TWO)


def allow(actions: Any, principal: Any = TWO, **more: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": principal if principal == "*" else {"AWS": principal},
        "Action": actions,
        "Resource": "*",
        **more,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def denied(call: Any, **request: Any) -> bool:
    return refusal(call, **request)[0] == "AccessDenied"


def test_another_account_may_not_without_a_policy(box: Box, theirs: Any) -> None:
    box.send("mine")
    assert denied(theirs.send_message, QueueUrl=box.url, MessageBody="m")
    assert denied(theirs.receive_message, QueueUrl=box.url)
    assert denied(theirs.get_queue_url, QueueName="jobs", QueueOwnerAWSAccountId=ONE)
    assert box.counts() == (1, 0, 0)


def test_another_account_sends_by_policy(box: Box, theirs: Any) -> None:
    box.set(Policy=allow("sqs:SendMessage"))
    seen = box.seen_by(theirs)
    seen.send("theirs")
    entries = [{"Id": "a", "MessageBody": "batch"}]
    theirs.send_message_batch(QueueUrl=box.url, Entries=entries)  # the same permission
    assert denied(theirs.receive_message, QueueUrl=box.url)
    message = box.take()
    assert message["Body"] == "theirs"
    assert message["Attributes"]["SenderId"] == TWO


def test_the_owner_s_policy_may_have_conditions(box: Box, theirs: Any) -> None:
    condition = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    box.set(Policy=allow("sqs:*", Condition=condition))
    assert denied(theirs.send_message, QueueUrl=box.url, MessageBody="m")
    condition = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}
    box.set(Policy=allow("sqs:*", Condition=condition))
    box.seen_by(theirs).send("m")


def test_an_address_is_found_for_another_account(box: Box, theirs: Any) -> None:
    box.set(Policy=allow("sqs:GetQueueUrl"))
    answer = theirs.get_queue_url(QueueName="jobs", QueueOwnerAWSAccountId=ONE)
    assert answer["QueueUrl"] == box.url


def test_what_no_policy_gives_to_another_account(box: Box, theirs: Any, make: Make) -> None:
    graves = make("graves")
    box.redrive_to(graves, 5)
    graves.set(Policy=allow("sqs:*"))
    box.set(Policy=allow("sqs:*"))
    here = {"QueueUrl": box.url}
    for call, request in (
        (theirs.add_permission, {**here, "Label": "x", "AWSAccountIds": [TWO], "Actions": ["*"]}),
        (theirs.remove_permission, {**here, "Label": "x"}),
        (theirs.set_queue_attributes, {**here, "Attributes": {"DelaySeconds": "1"}}),
        (theirs.tag_queue, {**here, "Tags": {"a": "b"}}),
        (theirs.untag_queue, {**here, "TagKeys": ["a"]}),
        (theirs.list_queue_tags, here),
        (theirs.delete_queue, here),
        (theirs.start_message_move_task, {"SourceArn": graves.arn}),
        (theirs.list_message_move_tasks, {"SourceArn": graves.arn}),
    ):
        assert denied(call, **request)
    handle = box.sqs.start_message_move_task(SourceArn=graves.arn)["TaskHandle"]
    assert denied(theirs.cancel_message_move_task, TaskHandle=handle)
    # And what a policy does give, down to the last.
    seen = box.seen_by(theirs)
    seen.send("m")
    seen.hide(seen.take(), 0)
    seen.delete(seen.take())
    assert seen.counts() == (0, 0, 0)
    theirs.list_dead_letter_source_queues(QueueUrl=graves.url)
    theirs.purge_queue(QueueUrl=box.url)


def test_only_warned_a_caller_goes_on_and_it_is_told(theirs: Any, box: Box) -> None:
    with Chamber(seed=1, account=ONE) as chamber:
        mine = Box.make(chamber.client("sqs"), "jobs")
        mine.set(Policy=allow("sqs:*"))
        other = chamber.client("sqs", account=TWO)
        other.tag_queue(QueueUrl=mine.url, Tags={"a": "b"})
        whats = [event["what"] for event in chamber.events(mine.arn)]
        assert "iam.would-deny" in whats


def test_an_explicit_deny_holds_for_the_owner_too(box: Box) -> None:
    policy = allow("sqs:SendMessage", "*")
    policy["Statement"][0]["Effect"] = "Deny"
    box.set(Policy=policy)
    assert denied(box.sqs.send_message, QueueUrl=box.url, MessageBody="m")
    box.set(Policy="")
    box.send("m")


def test_nobody_in_particular(chamber: Chamber, box: Box) -> None:
    request = bytes_of("send_message", QueueUrl=box.url, MessageBody="m")
    del request.headers["authorization"]
    assert b"AccessDenied" in chamber.host.handle(request).body
    box.set(Policy=allow("sqs:SendMessage", "*"))
    assert chamber.host.handle(request).status == 200
    assert box.take()["Attributes"]["SenderId"] == "anonymous"


def test_users_need_permissions_on_the_queue_s_arn(chamber: Chamber, box: Box, make: Make) -> None:
    iam = chamber.client("iam")
    iam.create_user(UserName="ann")
    iam.put_user_policy(
        UserName="ann",
        PolicyName="send",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {
                    "Effect": "Allow",
                    "Action": ["sqs:SendMessage", "sqs:CreateQueue"],
                    "Resource": f"arn:aws:sqs:us-east-1:{ONE}:j*",
                },
            }
        ),
    )
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = chamber.client("sqs", credentials=key)
    box.seen_by(ann).send("m")
    assert denied(ann.send_message, QueueUrl=make("other").url, MessageBody="m")
    assert denied(ann.receive_message, QueueUrl=box.url)
    assert denied(ann.list_queues)
    Box.make(ann, "jets")
    assert denied(ann.create_queue, QueueName="jots", tags={"a": "b"})  # needs sqs:TagQueue too
    assert box.take()["Attributes"]["SenderId"].startswith("AIDA")


def test_moving_needs_the_permissions_of_both_ends(chamber: Chamber, make: Make) -> None:
    box, graves = make("jobs"), make("graves")
    box.redrive_to(graves)
    iam = chamber.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    ann = chamber.client("sqs", credentials=key)

    def grant(*statements: tuple[list[str], str]) -> None:
        document = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Action": actions, "Resource": arn}
                for actions, arn in statements
            ],
        }
        iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=json.dumps(document))

    start = ["sqs:StartMessageMoveTask"]
    reading = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    for statements in (
        [(start, graves.arn)],
        [(start + reading, graves.arn)],
        [(start, graves.arn), (["sqs:SendMessage"], box.arn)],
    ):
        grant(*statements)
        assert denied(ann.start_message_move_task, SourceArn=graves.arn)
    grant((start + reading, graves.arn), (["sqs:SendMessage"], box.arn))
    assert ann.start_message_move_task(SourceArn=graves.arn)["TaskHandle"]


# AddPermission, RemovePermission


def add(box: Box, label: str, accounts: list[str], actions: list[str]) -> None:
    box.sqs.add_permission(QueueUrl=box.url, Label=label, AWSAccountIds=accounts, Actions=actions)


def add_refusal(box: Box, label: str, accounts: list[str], actions: list[str]) -> Any:
    return refusal(
        box.sqs.add_permission,
        QueueUrl=box.url,
        Label=label,
        AWSAccountIds=accounts,
        Actions=actions,
    )


def test_a_permission_is_a_statement_and_works(box: Box, theirs: Any) -> None:
    add(box, "send", [TWO], ["SendMessage"])
    add(box, "all", [TWO, THREE], ["ReceiveMessage", "DeleteMessage"])
    policy = json.loads(box.attributes("Policy")["Policy"])
    assert policy == {
        "Version": "2012-10-17",
        "Id": f"{box.arn}/SQSDefaultPolicy",
        "Statement": [
            {
                "Sid": "send",
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{TWO}:root"},
                "Action": "SQS:SendMessage",
                "Resource": box.arn,
            },
            {
                "Sid": "all",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:aws:iam::{TWO}:root", f"arn:aws:iam::{THREE}:root"]},
                "Action": ["SQS:ReceiveMessage", "SQS:DeleteMessage"],
                "Resource": box.arn,
            },
        ],
    }
    seen = box.seen_by(theirs)
    seen.send("m")
    seen.delete(seen.take())
    box.sqs.remove_permission(QueueUrl=box.url, Label="send")
    assert denied(theirs.send_message, QueueUrl=box.url, MessageBody="m")
    box.sqs.remove_permission(QueueUrl=box.url, Label="all")
    assert box.attributes("Policy") == {}


def test_a_permission_joins_a_policy_that_is_there(box: Box) -> None:
    box.set(Policy=allow("sqs:SendMessage", THREE, Sid="mine"))
    add(box, "more", [TWO], ["*"])
    policy = json.loads(box.attributes("Policy")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["mine", "more"]
    box.sqs.remove_permission(QueueUrl=box.url, Label="mine")
    policy = json.loads(box.attributes("Policy")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["more"]


def test_permissions_that_cannot_be(box: Box) -> None:
    add(box, "taken", [TWO], ["SendMessage"])
    before = box.attributes("Policy")
    only_owner = "Only the queue owner is allowed to invoke this action."
    name_rule = (
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"
    )
    for label, accounts, actions, expected in (
        ("taken", [TWO], ["SendMessage"], invalid("taken", "Label", "Already exists.")),
        ("a b", [TWO], ["SendMessage"], invalid("a b", "Label", name_rule)),
        ("a", ["12"], ["SendMessage"], invalid("12", "PrincipalId", "Unable to verify.")),
        ("a", [TWO], ["DeleteQueue"], invalid("DeleteQueue", "ActionName", only_owner)),
        (
            "a",
            [TWO],
            ["SendMessage"] * 8,
            ("OverLimit", "8 Actions were found, maximum allowed is 7.", 403),
        ),
    ):
        assert add_refusal(box, label, accounts, actions) == expected
    for left_out in ("Label", "AWSAccountIds", "Actions"):
        request: dict[str, Any] = {"Label": "a", "AWSAccountIds": [TWO], "Actions": ["*"]}
        request[left_out] = type(request[left_out])()
        assert refusal(box.sqs.add_permission, QueueUrl=box.url, **request) == (
            "MissingParameter",
            f"The request must contain the parameter {left_out}.",
            400,
        )
    found = refusal(box.sqs.remove_permission, QueueUrl=box.url, Label="nobody")
    assert found == invalid("nobody", "Label", "can't find label on existing policy.")
    assert box.attributes("Policy") == before


def test_twenty_statements_at_most(box: Box) -> None:
    for number in range(20):
        add(box, str(number), [TWO], ["SendMessage"])
    assert add_refusal(box, "more", [TWO], ["SendMessage"]) == (
        "OverLimit",
        "21 Statements were found, maximum allowed is 20.",
        403,
    )
