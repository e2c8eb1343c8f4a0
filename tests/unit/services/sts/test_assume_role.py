"""AssumeRole: both sides must agree, and what the session may is the least of all that speaks."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.config import Config

from cloudchamber import Chamber
from tests.unit.services.sts.identities import (
    ACCOUNT,
    OTHER,
    ROLE_ARN,
    allow,
    code,
    document,
    new_role,
    refusal,
    trust,
    user_key,
)

TAG_AND_SOURCE = ("sts:TagSession", "sts:SetSourceIdentity")


def sts_of(chamber: Chamber, credentials: dict[str, Any]) -> Any:
    unchecked = Config(parameter_validation=False)  # so that bad values reach the chamber
    return chamber.client("sts", credentials=credentials, config=unchecked)


@pytest.fixture
def sts(chamber: Chamber, iam: Any) -> Any:
    return sts_of(chamber, user_key(iam))


def assume(sts: Any, role: str = ROLE_ARN, **more: Any) -> dict[str, Any]:
    request = {"RoleArn": role, "RoleSessionName": "session", **more}
    answer: dict[str, Any] = sts.assume_role(**request)
    return answer


def test_a_session_is_the_role(chamber: Chamber, iam: Any, sts: Any) -> None:
    new_role(iam, policy=allow("sqs:*"))
    answer = assume(sts)
    role_id = iam.get_role(RoleName="r")["Role"]["RoleId"]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session"
    assert answer["AssumedRoleUser"] == {"Arn": arn, "AssumedRoleId": f"{role_id}:session"}
    assert "PackedPolicySize" not in answer
    session = answer["Credentials"]
    assert session["AccessKeyId"].startswith("ASIA")
    me = sts_of(chamber, session).get_caller_identity()
    assert (me["Arn"], me["UserId"], me["Account"]) == (arn, f"{role_id}:session", ACCOUNT)
    chamber.client("sqs", credentials=session).create_queue(QueueName="q")
    assert code(chamber.client("iam", credentials=session).list_users) == ("AccessDenied", 403)


def test_whom_a_role_does_not_trust_it_refuses(chamber: Chamber, iam: Any, sts: Any) -> None:
    iam.create_user(UserName="v")
    new_role(iam, trusts=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/v"}))
    answer = refusal(assume, sts=sts)
    assert answer[:2] == ("AccessDenied", 403)
    user = f"arn:aws:iam::{ACCOUNT}:user/u"
    told = f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {ROLE_ARN}"
    assert answer[2].startswith(told)
    missing = f"arn:aws:iam::{ACCOUNT}:role/missing"
    assert refusal(assume, sts=sts, role=missing)[:2] == ("AccessDenied", 403)


def test_trust_in_the_account_leaves_it_to_policies(chamber: Chamber, iam: Any) -> None:
    new_role(iam)
    mine = sts_of(chamber, user_key(iam, "w", allow("sqs:*")))
    assert code(assume, sts=mine) == ("AccessDenied", 403)
    iam.put_user_policy(
        UserName="w", PolicyName="p", PolicyDocument=allow("sts:AssumeRole", ROLE_ARN)
    )
    assert assume(mine)["Credentials"]


def test_across_accounts_both_must_agree(chamber: Chamber, iam: Any) -> None:
    guest = f"arn:aws:iam::{OTHER}:root"
    key = user_key(chamber.client("iam", account=OTHER), "guest", allow("sqs:*"))
    new_role(iam, trusts=trust({"AWS": guest}))
    theirs = sts_of(chamber, key)
    assert code(assume, sts=theirs) == ("AccessDenied", 403)
    chamber.client("iam", account=OTHER).put_user_policy(
        UserName="guest", PolicyName="p", PolicyDocument=allow("sts:AssumeRole")
    )
    session = assume(theirs)["Credentials"]
    assert sts_of(chamber, session).get_caller_identity()["Account"] == ACCOUNT


def test_an_external_id_is_asked_for(iam: Any, sts: Any) -> None:
    new_role(iam, trusts=trust(Condition={"StringEquals": {"sts:ExternalId": "secret"}}))
    assert code(assume, sts=sts) == ("AccessDenied", 403)
    assert code(assume, sts=sts, ExternalId="wrong") == ("AccessDenied", 403)
    assert assume(sts, ExternalId="secret")["Credentials"]


def test_the_root_user_assumes_nothing(chamber: Chamber, iam: Any) -> None:
    new_role(iam)
    assert refusal(assume, sts=chamber.client("sts")) == (
        "AccessDenied",
        403,
        "Roles may not be assumed by root accounts.",
    )


@pytest.mark.parametrize(
    "limit",
    [
        {"Policy": allow("sqs:CreateQueue")},
        {"PolicyArns": [{"arn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}]},
    ],
)
def test_session_policies_only_limit(
    chamber: Chamber, iam: Any, sts: Any, limit: dict[str, Any]
) -> None:
    new_role(iam, policy=allow(["sqs:CreateQueue", "iam:*"]))
    answer = assume(sts, **limit)
    assert 0 < answer["PackedPolicySize"] <= 100
    session = answer["Credentials"]
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="q")
    assert code(sqs.list_queues)[0] == "AccessDenied"  # the role may not
    assert code(chamber.client("iam", credentials=session).list_users)[0] == "AccessDenied"


def test_a_session_policy_of_the_account(chamber: Chamber, iam: Any, sts: Any) -> None:
    new_role(iam)
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=allow("iam:ListUsers"))["Policy"][
        "Arn"
    ]
    session = assume(sts, PolicyArns=[{"arn": arn}])["Credentials"]
    mine = chamber.client("iam", credentials=session)
    assert mine.list_users()["Users"]
    assert code(mine.list_roles) == ("AccessDenied", 403)


def test_bad_session_policies_are_refused(iam: Any, sts: Any) -> None:
    new_role(iam)
    assert code(assume, sts=sts, Policy="{}") == ("MalformedPolicyDocument", 400)
    missing = [{"arn": f"arn:aws:iam::{ACCOUNT}:policy/missing"}]
    assert code(assume, sts=sts, PolicyArns=missing) == ("ValidationError", 400)
    large = allow("sqs:*", f"arn:aws:sqs:*:*:{'q' * 1900}")
    new_role(iam, "t", trusts=trust(also=TAG_AND_SOURCE))
    tags = [{"Key": f"k{number}", "Value": "v" * 40} for number in range(9)]
    answer = refusal(assume, sts=sts, role=ROLE_ARN.replace("/r", "/t"), Policy=large, Tags=tags)
    assert answer[0] == "PackedPolicyTooLarge"
    assert "% of allotted space" in answer[2]


# Durations


def lifetime_s(chamber: Chamber, answer: dict[str, Any]) -> int:
    return int(answer["Credentials"]["Expiration"].timestamp()) - chamber.cloud.kernel.now // 10**9


def test_a_session_lasts_as_long_as_the_role_allows(chamber: Chamber, iam: Any, sts: Any) -> None:
    new_role(iam, MaxSessionDuration=7200)
    assert lifetime_s(chamber, assume(sts)) == 3600
    assert lifetime_s(chamber, assume(sts, DurationSeconds=7200)) == 7200
    assert refusal(assume, sts=sts, DurationSeconds=7201) == (
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    assert code(assume, sts=sts, DurationSeconds=899) == ("ValidationError", 400)


def test_a_chain_lasts_an_hour(chamber: Chamber, iam: Any, sts: Any) -> None:
    new_role(iam, MaxSessionDuration=7200)
    new_role(iam, "next", MaxSessionDuration=7200)
    chained = sts_of(chamber, assume(sts)["Credentials"])
    following = ROLE_ARN.replace("/r", "/next")
    assert lifetime_s(chamber, assume(chained, following)) == 3600
    answer = refusal(assume, sts=chained, role=following, DurationSeconds=3601)
    assert answer[:2] == ("ValidationError", 400)
    assert "1 hour session limit for roles assumed by role chaining" in answer[2]


# Tags and the source identity


def test_tags_of_a_session_decide(chamber: Chamber, iam: Any, sts: Any) -> None:
    policy = allow("sqs:CreateQueue", f"arn:aws:sqs:*:{ACCOUNT}:${{aws:PrincipalTag/team}}-*")
    new_role(iam, trusts=trust(also=TAG_AND_SOURCE), policy=policy)
    session = assume(sts, Tags=[{"Key": "team", "Value": "blue"}])["Credentials"]
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="blue-1")
    assert code(sqs.create_queue, QueueName="red-1")[0] == "AccessDenied"


def test_tags_need_a_permission_of_their_own(iam: Any, sts: Any) -> None:
    new_role(iam)
    answer = refusal(assume, sts=sts, Tags=[{"Key": "team", "Value": "blue"}])
    assert answer[:2] == ("AccessDenied", 403)
    assert "sts:TagSession" in answer[2]


def test_a_trust_policy_may_ask_for_tags(iam: Any, sts: Any) -> None:
    wanted = {"StringEquals": {"aws:RequestTag/team": ["blue", "red"]}}
    new_role(iam, trusts=trust(also=TAG_AND_SOURCE, Condition=wanted))
    assert code(assume, sts=sts, Tags=[{"Key": "team", "Value": "green"}])[0] == "AccessDenied"
    assert assume(sts, Tags=[{"Key": "team", "Value": "red"}])["Credentials"]


def test_transitive_tags_go_down_the_chain(chamber: Chamber, iam: Any, sts: Any) -> None:
    following = ROLE_ARN.replace("/r", "/next")
    trusts = trust(also=TAG_AND_SOURCE)
    new_role(iam, trusts=trusts)
    policy = document(
        {
            "Effect": "Allow",
            "Action": "sqs:CreateQueue",
            "Resource": f"arn:aws:sqs:*:{ACCOUNT}:${{aws:PrincipalTag/team}}",
        },
        {
            "Effect": "Allow",
            "Action": "sqs:CreateQueue",
            "Resource": f"arn:aws:sqs:*:{ACCOUNT}:${{aws:PrincipalTag/lost}}",
        },
    )
    new_role(iam, "next", trusts=trusts, policy=policy)
    tags = [{"Key": "team", "Value": "blue"}, {"Key": "lost", "Value": "gone"}]
    first = sts_of(chamber, assume(sts, Tags=tags, TransitiveTagKeys=["TEAM"])["Credentials"])
    session = assume(first, following)["Credentials"]
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="blue")
    assert code(sqs.create_queue, QueueName="gone")[0] == "AccessDenied"
    again = refusal(assume, sts=first, role=following, Tags=[{"Key": "Team", "Value": "red"}])
    assert again[:2] == ("InvalidParameterValue", 400)


def test_bad_tags_are_refused(iam: Any, sts: Any) -> None:
    new_role(iam, trusts=trust(also=TAG_AND_SOURCE))
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert code(assume, sts=sts, Tags=twice) == ("InvalidParameterValue", 400)
    assert code(assume, sts=sts, Tags=[{"Key": "a", "Value": "1"}], TransitiveTagKeys=["b"]) == (
        "InvalidParameterValue",
        400,
    )
    assert code(assume, sts=sts, Tags=[{"Key": "aws:a", "Value": "1"}]) == ("ValidationError", 400)


def test_a_source_identity_stays(chamber: Chamber, iam: Any, sts: Any) -> None:
    following = ROLE_ARN.replace("/r", "/next")
    only_ann = allow("*", Condition={"StringEquals": {"aws:SourceIdentity": "ann"}})
    new_role(iam, trusts=trust(also=TAG_AND_SOURCE))
    new_role(iam, "next", trusts=trust(also=TAG_AND_SOURCE), policy=only_ann)
    answer = assume(sts, SourceIdentity="ann")
    assert answer["SourceIdentity"] == "ann"
    chained = sts_of(chamber, answer["Credentials"])
    further = assume(chained, following)
    assert further["SourceIdentity"] == "ann"
    mine = chamber.client("iam", credentials=further["Credentials"])
    assert mine.list_users()["Users"]
    other = assume(sts, following, SourceIdentity="bob")["Credentials"]
    assert code(chamber.client("iam", credentials=other).list_users)[0] == "AccessDenied"
    assert code(assume, sts=chained, role=following, SourceIdentity="bob")[0] == "ValidationError"


def test_a_source_identity_needs_a_permission_of_its_own(iam: Any, sts: Any) -> None:
    new_role(iam)
    answer = refusal(assume, sts=sts, SourceIdentity="ann")
    assert answer[:2] == ("AccessDenied", 403)
    assert "sts:SetSourceIdentity" in answer[2]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"RoleArn": "arn:aws:iam::111111111111:user/u"}, "ValidationError"),
        ({"RoleArn": "not-an-arn-but-long-enough"}, "ValidationError"),
        ({"RoleSessionName": "a b"}, "ValidationError"),
    ],
)
def test_bad_requests_are_refused(
    iam: Any, sts: Any, request_: dict[str, str], expected: str
) -> None:
    new_role(iam)
    assert code(assume, sts=sts, **request_) == (expected, 400)


def test_nothing_is_enforced_in_a_watched_world() -> None:
    with Chamber(seed=1, account=ACCOUNT) as chamber:
        iam = chamber.client("iam")
        iam.create_user(UserName="v")
        new_role(iam, trusts=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/v"}))
        key = user_key(iam)
        assert assume(sts_of(chamber, key))["Credentials"]
        (event,) = [each for each in chamber.events() if each["what"] == "iam.would-deny"]
        assert "sts:AssumeRole" in event["sentence"]
