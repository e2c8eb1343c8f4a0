"""Who am I, and for how long: every kind of caller, expiry on the clock, tampered credentials."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore import UNSIGNED
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

ROOT = f"arn:aws:iam::{ACCOUNT}:root"
INVALID = (
    "InvalidClientTokenId",
    403,
    "The security token included in the request is invalid.",
)


def sts_of(chamber: Chamber, credentials: dict[str, Any] | None = None) -> Any:
    unchecked = Config(parameter_validation=False)  # so that bad values reach the chamber
    return chamber.client("sts", credentials=credentials, config=unchecked)


def identity(chamber: Chamber, credentials: dict[str, Any] | None = None) -> tuple[str, str, str]:
    me = sts_of(chamber, credentials).get_caller_identity()
    return me["Arn"], me["UserId"], me["Account"]


def lifetime_s(chamber: Chamber, answer: dict[str, Any]) -> int:
    return int(answer["Credentials"]["Expiration"].timestamp()) - chamber.cloud.kernel.now // 10**9


# GetCallerIdentity


def test_everybody_may_know_who_they_are(chamber: Chamber, iam: Any) -> None:
    assert identity(chamber) == (ROOT, ACCOUNT, ACCOUNT)
    key = user_key(iam, policy=document({"Effect": "Deny", "Action": "*", "Resource": "*"}))
    user = iam.get_user(UserName="u")["User"]
    mine = (user["Arn"], user["UserId"], ACCOUNT)
    assert identity(chamber, key) == mine
    session = sts_of(chamber, key).get_session_token()["Credentials"]
    assert identity(chamber, session) == mine
    other = chamber.client("sts", account=OTHER).get_caller_identity()
    assert other["Arn"] == f"arn:aws:iam::{OTHER}:root"


def test_nobody_is_refused(chamber: Chamber) -> None:
    unsigned = chamber.client("sts", config=Config(signature_version=UNSIGNED))
    assert refusal(unsigned.get_caller_identity) == (
        "MissingAuthenticationToken",
        403,
        "Request is missing Authentication Token",
    )


# GetSessionToken


@pytest.mark.parametrize(("asked", "lasts"), [(None, 43_200), (900, 900), (129_600, 129_600)])
def test_how_long_a_users_token_lasts(
    chamber: Chamber, iam: Any, asked: int | None, lasts: int
) -> None:
    request = {} if asked is None else {"DurationSeconds": asked}
    answer = sts_of(chamber, user_key(iam)).get_session_token(**request)
    assert lifetime_s(chamber, answer) == lasts


def test_the_root_users_token_lasts_an_hour(chamber: Chamber) -> None:
    for request in ({}, {"DurationSeconds": 7200}):
        assert lifetime_s(chamber, sts_of(chamber).get_session_token(**request)) == 3600


def test_durations_have_bounds(chamber: Chamber, iam: Any) -> None:
    sts = sts_of(chamber, user_key(iam))
    for seconds in (899, 129_601):
        answer = refusal(sts.get_session_token, DurationSeconds=seconds)
        assert answer[:2] == ("ValidationError", 400)
        assert str(seconds) in answer[2]


def test_a_session_gives_no_further_token(chamber: Chamber, iam: Any) -> None:
    new_role(iam)
    sts = sts_of(chamber, user_key(iam))
    token = sts.get_session_token()["Credentials"]
    role = sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="s" * 2)["Credentials"]
    for session in (token, role):
        again = sts_of(chamber, session)
        assert code(again.get_session_token) == ("AccessDenied", 403)
        assert code(again.get_federation_token, Name="fed") == ("AccessDenied", 403)


def test_a_token_may_what_its_user_may_now(chamber: Chamber, iam: Any) -> None:
    session = sts_of(chamber, user_key(iam, policy=allow("sqs:*"))).get_session_token()[
        "Credentials"
    ]
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="q")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=allow("s3:*"))
    assert code(sqs.list_queues)[0] == "AccessDenied"


# GetFederationToken


def test_a_federated_user_may_what_both_allow(chamber: Chamber, iam: Any) -> None:
    key = user_key(iam, policy=allow(["sts:*", "sqs:*"]))
    answer = sts_of(chamber, key).get_federation_token(
        Name="ann", Policy=allow(["sqs:CreateQueue", "iam:*"])
    )
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/ann"
    assert answer["FederatedUser"] == {"Arn": arn, "FederatedUserId": f"{ACCOUNT}:ann"}
    assert answer["PackedPolicySize"] > 0
    session = answer["Credentials"]
    assert identity(chamber, session) == (arn, f"{ACCOUNT}:ann", ACCOUNT)
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="q")
    assert code(sqs.list_queues)[0] == "AccessDenied"
    assert code(chamber.client("iam", credentials=session).list_users)[0] == "AccessDenied"


def test_a_federated_user_without_a_policy_may_nothing(chamber: Chamber, iam: Any) -> None:
    session = sts_of(chamber, user_key(iam)).get_federation_token(Name="ann")["Credentials"]
    assert code(chamber.client("sqs", credentials=session).list_queues)[0] == "AccessDenied"


def test_a_federated_user_of_the_root_user(chamber: Chamber) -> None:
    arns = [{"arn": "arn:aws:iam::aws:policy/AmazonSQSFullAccess"}]
    answer = sts_of(chamber).get_federation_token(Name="ann", PolicyArns=arns, DurationSeconds=7200)
    assert lifetime_s(chamber, answer) == 3600
    session = answer["Credentials"]
    chamber.client("sqs", credentials=session).create_queue(QueueName="q")
    assert code(chamber.client("iam", credentials=session).list_users)[0] == "AccessDenied"


def test_federation_needs_a_permission(chamber: Chamber, iam: Any) -> None:
    sts = sts_of(chamber, user_key(iam, policy=allow("sqs:*")))
    answer = refusal(sts.get_federation_token, Name="ann")
    assert answer[:2] == ("AccessDenied", 403)
    assert "sts:GetFederationToken" in answer[2]


def test_a_permission_may_name_the_federated_user(chamber: Chamber, iam: Any) -> None:
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/ann"
    get = sts_of(
        chamber, user_key(iam, policy=allow("sts:GetFederationToken", arn))
    ).get_federation_token
    assert get(Name="ann")["Credentials"]
    assert code(get, Name="bob") == ("AccessDenied", 403)
    tags = [{"Key": "team", "Value": "blue"}]
    answer = refusal(get, Name="ann", Tags=tags)
    assert answer[:2] == ("AccessDenied", 403)
    assert "sts:TagSession" in answer[2]
    both = allow(["sts:GetFederationToken", "sts:TagSession", "sqs:CreateQueue"])
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=both)
    policy = allow("sqs:CreateQueue", f"arn:aws:sqs:*:{ACCOUNT}:${{aws:PrincipalTag/team}}")
    session = get(Name="ann", Tags=tags, Policy=policy)["Credentials"]
    sqs = chamber.client("sqs", credentials=session)
    sqs.create_queue(QueueName="blue")
    assert code(sqs.create_queue, QueueName="red")[0] == "AccessDenied"


# GetAccessKeyInfo, DecodeAuthorizationMessage


def test_an_access_key_tells_its_account(chamber: Chamber, iam: Any) -> None:
    key = user_key(chamber.client("iam", account=OTHER), "o")
    session = sts_of(chamber, user_key(iam)).get_session_token()["Credentials"]
    info = sts_of(chamber).get_access_key_info
    assert info(AccessKeyId=key["AccessKeyId"])["Account"] == OTHER
    assert info(AccessKeyId=session["AccessKeyId"])["Account"] == ACCOUNT
    assert code(info, AccessKeyId="AKIAAAAAAAAAAAAAAAAA") == ("ValidationError", 400)


def test_the_message_of_a_denial_can_be_read(chamber: Chamber, iam: Any) -> None:
    key = user_key(iam, policy=allow("sqs:*"))
    answer = refusal(chamber.client("ec2", credentials=key).describe_availability_zones)
    assert answer[:2] == ("UnauthorizedOperation", 403)
    encoded = answer[2].rpartition("message: ")[2]
    decoded = sts_of(chamber).decode_authorization_message(EncodedMessage=encoded)
    told = json.loads(decoded["DecodedMessage"])
    assert (told["allowed"], told["explicitDeny"]) == (False, False)
    assert told["context"]["action"] == "ec2:DescribeAvailabilityZones"
    assert told["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/u"
    mine = sts_of(chamber, key).decode_authorization_message
    assert code(mine, EncodedMessage=encoded) == ("AccessDenied", 403)
    assert code(
        sts_of(chamber).decode_authorization_message, EncodedMessage=encoded[:-8] + "AAAAAAAA"
    ) == ("InvalidAuthorizationMessageException", 400)


# Credentials that do not hold


def test_a_session_expires_on_the_clock(chamber: Chamber, iam: Any) -> None:
    new_role(iam)
    answer = sts_of(chamber, user_key(iam)).assume_role(
        RoleArn=ROLE_ARN, RoleSessionName="job", DurationSeconds=900
    )
    session = answer["Credentials"]
    chamber.advance("899s")
    identity(chamber, session)
    chamber.advance("1s")
    message = "The security token included in the request is expired"
    sts = sts_of(chamber, session)
    assert refusal(sts.get_caller_identity) == ("ExpiredToken", 403, message)
    sqs = chamber.client("sqs", credentials=session)
    assert refusal(sqs.list_queues)[::2] == ("ExpiredTokenException", message)
    (event,) = [each for each in chamber.events() if each["what"] == "sts.session-expired"]
    assert session["AccessKeyId"] in event["sentence"]


def test_the_end_of_a_session_keeps_no_world_busy(chamber: Chamber, iam: Any) -> None:
    sts_of(chamber, user_key(iam)).get_session_token()
    before = chamber.now
    chamber.run_until_idle()
    assert chamber.now == before


def test_a_wrong_secret_does_not_sign(chamber: Chamber, iam: Any) -> None:
    session = sts_of(chamber, user_key(iam)).get_session_token()["Credentials"]
    forged = sts_of(chamber, {**session, "SecretAccessKey": "x" * 40})
    assert code(forged.get_caller_identity) == ("SignatureDoesNotMatch", 403)


def test_a_tampered_token_is_refused(chamber: Chamber, iam: Any) -> None:
    session = sts_of(chamber, user_key(iam)).get_session_token()["Credentials"]
    token = session["SessionToken"]
    for bad in (token[:-1] + ("a" if token[-1] != "a" else "b"), None):
        forged = sts_of(chamber, {**session, "SessionToken": bad})
        assert refusal(forged.get_caller_identity) == INVALID
    json_says = code(
        chamber.client("sqs", credentials={**session, "SessionToken": "x"}).list_queues
    )
    assert json_says[0] in ("UnrecognizedClientException", "InvalidClientTokenId")


def test_a_role_made_again_is_not_what_old_sessions_are_of(chamber: Chamber, iam: Any) -> None:
    new_role(iam)
    session = sts_of(chamber, user_key(iam)).assume_role(RoleArn=ROLE_ARN, RoleSessionName="old")[
        "Credentials"
    ]
    assert chamber.client("iam", credentials=session).list_users()["Users"]
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.delete_role(RoleName="r")
    new_role(iam)
    assert code(chamber.client("iam", credentials=session).list_users)[0] == "AccessDenied"


def test_sessions_are_part_of_a_world(chamber: Chamber, iam: Any) -> None:
    records: list[bytes] = []
    chamber.cloud.journal = records.append
    new_role(iam, trusts=trust())
    session = sts_of(chamber, user_key(iam)).assume_role(RoleArn=ROLE_ARN, RoleSessionName="job")[
        "Credentials"
    ]
    with chamber.fork() as other:
        assert identity(other, session) == identity(chamber, session)
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as again:
        for record in records:
            again.cloud.replay(record)
        assert identity(again, session) == identity(chamber, session)


def test_what_is_not_simulated_says_so(chamber: Chamber) -> None:
    sts = sts_of(chamber)
    answer = refusal(
        sts.assume_role_with_saml,
        RoleArn=ROLE_ARN,
        PrincipalArn=f"arn:aws:iam::{ACCOUNT}:saml-provider/p",
        SAMLAssertion="x" * 8,
    )
    assert answer[:2] == ("NotImplemented", 501)
    assert "AssumeRoleWithSAML" in answer[2]
