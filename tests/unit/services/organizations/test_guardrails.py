"""What an organization's policies do to the calls of its accounts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudchamber.cloud.authorization import decide
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from tests.unit.services.organizations.story import (
    MANAGER,
    OUTSIDER,
    RCP,
    SCP,
    Story,
    document,
    user_of,
)


def test_an_scp_denies_a_members_user_and_the_denial_names_the_statement(story: Story) -> None:
    member = story.account("dev")
    key = user_of(story.chamber, member)
    sqs = story.chamber.client("sqs", credentials=key)
    sqs.create_queue(QueueName="before")
    policy = story.deny("NoQueues", "sqs:CreateQueue", story.root)
    with pytest.raises(ClientError) as denied:
        sqs.create_queue(QueueName="after")
    response: Any = denied.value.response
    assert response["Error"] == {
        **response["Error"],
        "Code": "AccessDenied",
        "Message": f"User: arn:aws:iam::{member}:user/ann is not authorized to perform: "
        f"sqs:CreateQueue on resource: arn:aws:sqs:us-east-1:{member}:after with an explicit "
        "deny in a service control policy",
    }
    told = json.dumps(story.chamber.why(response["ResponseMetadata"]["RequestId"]))
    assert "NoQueues" in told
    # The manager is not bound, whoever calls for it.
    key = user_of(story.chamber, MANAGER)
    story.chamber.client("sqs", credentials=key).create_queue(QueueName="after")
    assert story.may_queue(MANAGER, "root")
    story.api.detach_policy(PolicyId=policy, TargetId=story.root)
    sqs.create_queue(QueueName="after")


def test_a_members_root_user_is_bound_and_outsiders_are_not(story: Story) -> None:
    member = story.account("dev")
    assert story.may_queue(member)
    story.deny("NoQueues", "sqs:*", member)
    assert not story.may_queue(member)
    assert story.may_queue(OUTSIDER)


def test_every_level_must_allow(story: Story) -> None:
    member, unit = story.account("dev"), story.unit("Only EC2")
    only = story.policy("only", Effect="Allow", Action="ec2:*", Resource="*")
    story.api.attach_policy(PolicyId=only, TargetId=unit)
    story.move(member, story.root, unit)
    assert story.may_queue(member)  # FullAWSAccess is still attached beside it
    story.api.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    assert not story.may_queue(member)
    story.chamber.client("ec2", account=member).describe_regions()


def test_moving_an_account_changes_what_it_may_do(story: Story) -> None:
    member = story.account("dev")
    strict, free = story.unit("strict"), story.unit("free")
    inner = story.unit("inner", strict)
    story.deny("NoQueues", "sqs:CreateQueue", strict)
    story.move(member, story.root, inner)
    assert not story.may_queue(member)
    story.move(member, inner, free)
    assert story.may_queue(member)
    story.move(member, free, strict)
    assert not story.may_queue(member)
    shown = story.api.describe_account(AccountId=member)["Account"]["Paths"]
    assert shown == [f"{story.organization['Id']}/{story.root}/{strict}/{member}/"]


def test_changing_a_policy_and_its_type_holds_at_once(story: Story) -> None:
    member = story.account("dev")
    policy = story.deny("NoQueues", "sqs:*", member)
    assert not story.may_queue(member)
    other = document(Effect="Deny", Action="iam:*", Resource="*")
    story.api.update_policy(PolicyId=policy, Content=other)
    assert story.may_queue(member)
    story.api.update_policy(
        PolicyId=policy, Content=document(Effect="Deny", Action="sqs:*", Resource="*")
    )
    assert not story.may_queue(member)
    story.api.disable_policy_type(RootId=story.root, PolicyType=SCP)
    assert story.may_queue(member)
    root = story.api.enable_policy_type(RootId=story.root, PolicyType=SCP)["Root"]
    assert root["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    # What was attached is lost; everything is back to full access.
    assert story.may_queue(member)
    for target in (story.root, member, MANAGER):
        found = story.api.list_policies_for_target(TargetId=target, Filter=SCP)["Policies"]
        assert [each["Id"] for each in found] == ["p-FullAWSAccess"]


def test_an_account_that_leaves_is_free(story: Story) -> None:
    member = story.account("dev")
    story.deny("NoQueues", "sqs:*", story.root)
    assert not story.may_queue(member)
    story.chamber.advance("4d")
    story.api.remove_account_from_organization(AccountId=member)
    assert story.may_queue(member)


def test_an_rcp_denies_on_what_a_member_owns(story: Story) -> None:
    member = story.account("dev")
    sqs = story.chamber.client("sqs", account=member)
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    story.api.enable_policy_type(RootId=story.root, PolicyType=RCP)
    sqs.send_message(QueueUrl=url, MessageBody="1")
    rcp = story.policy(
        "sealed", RCP, Sid="Sealed", Effect="Deny", Principal="*", Action="sqs:SendMessage",
        Resource="*",
    )  # fmt: skip
    story.api.attach_policy(PolicyId=rcp, TargetId=member)
    with pytest.raises(ClientError, match="explicit deny in a resource control policy"):
        sqs.send_message(QueueUrl=url, MessageBody="2")
    sqs.receive_message(QueueUrl=url)
    # The manager's own queues are not bound.
    mine = story.chamber.client("sqs")
    url = mine.create_queue(QueueName="q")["QueueUrl"]
    mine.send_message(QueueUrl=url, MessageBody="3")


def test_the_organization_is_a_condition_key(story: Story) -> None:
    member = story.account("dev")
    sqs = story.chamber.client("sqs", account=OUTSIDER)
    url = sqs.create_queue(QueueName="shared")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    policy = document(
        Effect="Allow", Principal="*", Action="sqs:SendMessage",
        Resource=arn["Attributes"]["QueueArn"],
        Condition={"StringEquals": {"aws:PrincipalOrgID": story.organization["Id"]},
                   "ForAnyValue:StringLike": {
                       "aws:PrincipalOrgPaths": f"{story.organization['Id']}/{story.root}/*"}},
    )  # fmt: skip
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    for account in (member, MANAGER):
        story.chamber.client("sqs", account=account).send_message(QueueUrl=url, MessageBody="hi")
    with pytest.raises(ClientError, match="AccessDenied"):
        story.chamber.client("sqs", account="333333333333").send_message(
            QueueUrl=url, MessageBody="hi"
        )


def test_an_scp_can_keep_members_to_what_the_organization_owns(story: Story) -> None:
    member = story.account("dev")
    outside = story.chamber.client("sqs", account=OUTSIDER)
    theirs = outside.create_queue(QueueName="shared")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{OUTSIDER}:shared"
    policy = document(Effect="Allow", Principal="*", Action="sqs:SendMessage", Resource=arn)
    outside.set_queue_attributes(QueueUrl=theirs, Attributes={"Policy": policy})
    sqs = story.chamber.client("sqs", account=member)
    ours = sqs.create_queue(QueueName="ours")["QueueUrl"]
    sqs.send_message(QueueUrl=theirs, MessageBody="before")
    perimeter = story.policy(
        "perimeter", Sid="OnlyOurs", Effect="Deny", Action="sqs:SendMessage", Resource="*",
        Condition={"StringNotEquals": {"aws:ResourceOrgID": story.organization["Id"]}},
    )  # fmt: skip
    story.api.attach_policy(PolicyId=perimeter, TargetId=story.root)
    sqs.send_message(QueueUrl=ours, MessageBody="within")
    with pytest.raises(ClientError, match="explicit deny in a service control policy"):
        sqs.send_message(QueueUrl=theirs, MessageBody="without")


def test_a_service_linked_role_is_not_bound_by_scps(story: Story) -> None:
    member = story.account("dev")
    story.deny("NoQueues", "sqs:*", member)
    cloud = story.chamber.cloud
    effects = []
    for path in ("aws-service-role/spot.amazonaws.com/", ""):
        role = f"arn:aws:iam::{member}:role/{path}worker"
        session = Caller(
            kind="role-session", account=member, role_arn=role, user_id="AROA:s",
            arn=f"arn:aws:sts::{member}:assumed-role/worker/s",
        )  # fmt: skip
        sqs = cloud.registry.expect("sqs")
        call = Call(cloud, sqs, "ListQueues", {}, session, member, "us-east-1", 1)
        decision = decide(call, "sqs:ListQueues", "*")
        assert decision is not None
        effects.append(decision.effect)
    # Neither has a policy that allows it; only the ordinary role is denied by the SCP.
    assert effects == ["implicitDeny", "explicitDeny"]


def test_a_fork_and_a_snapshot_keep_all(story: Story) -> None:
    member = story.account("dev")
    story.deny("NoQueues", "sqs:CreateQueue", story.unit("strict"))
    story.deny("NoUsers", "iam:CreateUser", member)
    before = story.api.list_accounts()["Accounts"]
    with story.chamber.fork() as other:
        api = other.client("organizations")
        assert api.list_accounts()["Accounts"] == before
        with pytest.raises(ClientError, match="service control policy"):
            other.client("iam", account=member).create_user(UserName="x")
        policies = api.list_policies_for_target(TargetId=member, Filter=SCP)["Policies"]
        api.detach_policy(
            PolicyId=next(each["Id"] for each in policies if not each["AwsManaged"]),
            TargetId=member,
        )
        other.client("iam", account=member).create_user(UserName="x")
    with pytest.raises(ClientError, match="service control policy"):
        story.chamber.client("iam", account=member).create_user(UserName="x")
