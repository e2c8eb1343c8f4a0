"""AssumeRoleWithWebIdentity: tokens that are signed by whom they say, and all that are not."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
)
from tests.unit.services.sts.issuers import DISCOVERY, Issuer


@pytest.fixture(scope="module")
def served() -> Iterator[Issuer]:
    with Issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(served: Issuer) -> Issuer:
    served.asked.clear()
    return served


@pytest.fixture
def provider(iam: Any, issuer: Issuer) -> str:
    made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app", "web"])
    arn: str = made["OpenIDConnectProviderArn"]
    return arn


@pytest.fixture
def role(iam: Any, provider: str, issuer: Issuer) -> str:
    return new_role(iam, trusts=trusting(provider, issuer), policy=allow("sqs:*"))


def trusting(provider: str, issuer: Issuer, subject: str = "repo:octo/*") -> str:
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {f"{issuer.host}:aud": "app"},
                "StringLike": {f"{issuer.host}:sub": subject},
            },
        }
    )


def now_s(chamber: Chamber) -> float:
    return chamber.cloud.kernel.now / 1e9


def anybody(chamber: Chamber) -> Any:
    return chamber.client("sts", config=Config(signature_version=UNSIGNED))


def assume(chamber: Chamber, token: str, **more: Any) -> Any:
    request = {"RoleArn": ROLE_ARN, "RoleSessionName": "job", "WebIdentityToken": token, **more}
    return anybody(chamber).assume_role_with_web_identity(**request)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_token_becomes_a_session_that_may_what_the_role_may(
    chamber: Chamber, issuer: Issuer, provider: str, role: str, algorithm: str
) -> None:
    answer = assume(chamber, issuer.token(now_s(chamber), algorithm=algorithm))
    assert answer["Provider"] == provider
    assert answer["Audience"] == "app"
    assert answer["SubjectFromWebIdentityToken"] == "repo:octo/app"
    session = answer["Credentials"]
    me = chamber.client("sts", credentials=session).get_caller_identity()
    assert me["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/r/job"
    chamber.client("sqs", credentials=session).create_queue(QueueName="q")
    assert code(chamber.client("iam", credentials=session).list_users) == ("AccessDenied", 403)
    assert issuer.asked == [DISCOVERY, "/keys"]


def test_keys_are_asked_for_once(chamber: Chamber, issuer: Issuer, role: str) -> None:
    for _ in range(3):
        assume(chamber, issuer.token(now_s(chamber)))
    assert issuer.asked == [DISCOVERY, "/keys"]


def test_a_token_signed_with_another_key_is_refused(
    chamber: Chamber, issuer: Issuer, role: str
) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = issuer.token(now_s(chamber), key=stranger)
    assert code(assume, chamber=chamber, token=forged) == ("InvalidIdentityToken", 400)
    good = issuer.token(now_s(chamber)).split(".")
    swapped = ".".join([*issuer.token(now_s(chamber), sub="repo:octo/x").split(".")[:2], good[2]])
    assert code(assume, chamber=chamber, token=swapped) == ("InvalidIdentityToken", 400)


def test_a_token_without_a_signature_is_refused(
    chamber: Chamber, issuer: Issuer, role: str
) -> None:
    bare = jwt.encode(issuer.claims(now_s(chamber)), "", algorithm="none")
    assert code(assume, chamber=chamber, token=bare) == ("InvalidIdentityToken", 400)
    assert code(assume, chamber=chamber, token="not.a.token") == ("InvalidIdentityToken", 400)


def test_a_token_expires_on_the_clock_of_the_chamber(
    chamber: Chamber, issuer: Issuer, role: str
) -> None:
    token = issuer.token(now_s(chamber))
    chamber.advance("299s")
    assume(chamber, token)
    chamber.advance("1s")
    assert code(assume, chamber=chamber, token=token) == ("ExpiredTokenException", 400)


def test_a_token_for_somebody_else_is_refused(chamber: Chamber, issuer: Issuer, role: str) -> None:
    other = issuer.token(now_s(chamber), aud="other")
    assert refusal(assume, chamber=chamber, token=other) == (
        "InvalidIdentityToken",
        400,
        "Incorrect token audience",
    )
    # The provider knows this audience; the role's trust policy does not want it.
    web = issuer.token(now_s(chamber), aud="web")
    assert code(assume, chamber=chamber, token=web) == ("AccessDenied", 403)


def test_client_ids_come_and_go(
    chamber: Chamber, iam: Any, issuer: Issuer, provider: str, role: str
) -> None:
    token = issuer.token(now_s(chamber))
    iam.remove_client_id_from_open_id_connect_provider(
        OpenIDConnectProviderArn=provider, ClientID="app"
    )
    assert code(assume, chamber=chamber, token=token) == ("InvalidIdentityToken", 400)
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=provider, ClientID="app")
    assume(chamber, token)


def test_without_a_provider_nothing_is_asked(
    chamber: Chamber, iam: Any, issuer: Issuer, provider: str, role: str
) -> None:
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=provider)
    token = issuer.token(now_s(chamber))
    answer = refusal(assume, chamber=chamber, token=token)
    assert answer[:2] == ("InvalidIdentityToken", 400)
    assert "No OpenIDConnect provider found in your account" in answer[2]
    assert issuer.asked == []


def test_a_role_that_does_not_trust_refuses(
    chamber: Chamber, iam: Any, issuer: Issuer, provider: str, role: str
) -> None:
    stranger = issuer.token(now_s(chamber), sub="repo:evil/app")
    answer = refusal(assume, chamber=chamber, token=stranger)
    told = ("AccessDenied", 403, "Not authorized to perform sts:AssumeRoleWithWebIdentity")
    assert answer == told
    missing = refusal(
        assume,
        chamber=chamber,
        token=issuer.token(now_s(chamber)),
        RoleArn=f"arn:aws:iam::{ACCOUNT}:role/missing",
    )
    assert missing == told
    elsewhere = f"arn:aws:iam::{OTHER}:role/r"
    assert code(assume, chamber=chamber, token=issuer.token(now_s(chamber)), RoleArn=elsewhere) == (
        "InvalidIdentityToken",
        400,
    )


def test_a_key_server_that_is_gone_is_told(chamber: Chamber, iam: Any) -> None:
    gone = Issuer()
    gone.close()
    made = iam.create_open_id_connect_provider(Url=gone.url, ClientIDList=["app"])
    new_role(iam, trusts=trusting(made["OpenIDConnectProviderArn"], gone))
    token = gone.token(now_s(chamber))
    assert code(assume, chamber=chamber, token=token) == ("IDPCommunicationError", 400)


def test_tags_of_a_token_are_tags_of_the_session(
    chamber: Chamber, iam: Any, issuer: Issuer, provider: str
) -> None:
    trusts = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        }
    )
    only_own = allow("sqs:CreateQueue", f"arn:aws:sqs:*:{ACCOUNT}:${{aws:PrincipalTag/team}}-*")
    new_role(iam, trusts=trusts, policy=only_own)
    tags: Any = {"https://aws.amazon.com/tags": {"principal_tags": {"team": ["blue"]}}}
    token = issuer.token(now_s(chamber), **tags)
    sqs = chamber.client("sqs", credentials=assume(chamber, token)["Credentials"])
    sqs.create_queue(QueueName="blue-1")
    assert code(sqs.create_queue, QueueName="red-1")[0] == "AccessDenied"
    iam.update_assume_role_policy(
        RoleName="r", PolicyDocument=trusts.replace(', "sts:TagSession"', "")
    )
    answer = refusal(assume, chamber=chamber, token=token)
    assert answer[:2] == ("AccessDenied", 403)
    assert "sts:TagSession" in answer[2]


def test_a_replay_needs_no_key_server(chamber: Chamber) -> None:
    records: list[bytes] = []
    chamber.cloud.journal = records.append
    iam = chamber.client("iam")
    with Issuer() as issuer:
        made = iam.create_open_id_connect_provider(Url=issuer.url, ClientIDList=["app"])
        new_role(iam, trusts=trusting(made["OpenIDConnectProviderArn"], issuer))
        session = assume(chamber, issuer.token(now_s(chamber)))["Credentials"]
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as again:
        for record in records:
            again.cloud.replay(record)
        assert again.digest == chamber.digest
        me = again.client("sts", credentials=session).get_caller_identity()
        assert me["Arn"].endswith("assumed-role/r/job")
        assume(again, issuer.token(now_s(again)))  # its keys are remembered


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    odd=st.dictionaries(
        st.sampled_from(
            ["exp", "nbf", "iat", "aud", "sub", "azp", "amr", "https://aws.amazon.com/tags"]
        ),
        ANYTHING,
        min_size=1,
    ),
    header=st.dictionaries(st.sampled_from(["kid", "alg", "typ"]), ANYTHING),
)
def test_odd_claims_never_break_the_chamber(
    chamber: Chamber, issuer: Issuer, role: str, odd: dict[str, Any], header: dict[str, Any]
) -> None:
    parts = ({"alg": "RS256", "kid": "one", **header}, {**issuer.claims(now_s(chamber)), **odd})
    forged = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    )
    answer = code(assume, chamber=chamber, token=f"{forged}.AAAA")
    assert answer in (("InvalidIdentityToken", 400), ("ExpiredTokenException", 400))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    odd=st.dictionaries(st.sampled_from(["sub", "amr", "azp", "nbf"]), ANYTHING),
    tags=ANYTHING
    | st.fixed_dictionaries({"principal_tags": ANYTHING, "transitive_tag_keys": ANYTHING}),
)
def test_odd_claims_that_are_signed_never_break_the_chamber(
    chamber: Chamber,
    iam: Any,
    issuer: Issuer,
    provider: str,
    role: str,
    odd: dict[str, Any],
    tags: Any,
) -> None:
    trusts = document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": provider},
            "Action": ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"],
        }
    )
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=trusts)
    claims = issuer.claims(now_s(chamber), **odd, **{"https://aws.amazon.com/tags": tags})
    signed = jwt.encode(
        {**claims, "iss": issuer.url}, issuer.ec_key, algorithm="ES256", headers={"kid": "two"}
    )
    try:
        session = assume(chamber, signed)["Credentials"]
    except ClientError as error:
        answer = error.response["Error"]["Code"]
        assert answer in ("InvalidIdentityToken", "AccessDenied", "PackedPolicyTooLarge")
    else:
        sts = chamber.client("sts", credentials=session)
        assert sts.get_caller_identity()["Account"] == ACCOUNT
        assert code(sts.assume_role, RoleArn=ROLE_ARN, RoleSessionName="next") == (
            "AccessDenied",
            403,
        )
