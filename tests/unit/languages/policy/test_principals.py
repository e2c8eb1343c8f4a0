"""Whom a Principal element means.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

import pytest

from cloudchamber.languages.policy import Grant, Principal
from cloudchamber.languages.policy.principals import PrincipalElement
from tests.unit.languages.policy.worlds import (
    ACCOUNT,
    ANONYMOUS,
    FEDERATED,
    FEDERATED_ARN,
    GITHUB,
    OTHER,
    ROLE_ARN,
    ROOT,
    ROOT_ARN,
    SESSION,
    SESSION_ARN,
    SNS,
    USER,
    USER_ARN,
)

N, A, E, D = Grant.NONE, Grant.ACCOUNT, Grant.ENTITY, Grant.DIRECT


@pytest.mark.parametrize(
    ("entry", "user", "session", "federated", "root"),
    [
        (("AWS", ACCOUNT), A, A, A, A),
        (("AWS", ROOT_ARN), A, A, A, A),
        (("AWS", OTHER), N, N, N, N),
        (("AWS", USER_ARN), D, N, E, N),
        (("AWS", "AIDAANN1234567890"), D, N, N, N),
        (("AWS", ROLE_ARN), N, E, N, N),
        (("AWS", "AROAAPP1234567890"), N, E, N, N),
        (("AWS", SESSION_ARN), N, D, N, N),
        (("AWS", FEDERATED_ARN), N, N, D, N),
        (("AWS", USER_ARN.upper()), N, N, N, N),
        (("AWS", "*"), D, D, D, D),
        (("*", "*"), D, D, D, D),
        (("Service", "sns.amazonaws.com"), N, N, N, N),
    ],
)
def test_how_precisely_an_entry_names_a_caller(
    entry: tuple[str, str], user: Grant, session: Grant, federated: Grant, root: Grant
) -> None:
    element = PrincipalElement([entry])
    for caller, expected in (
        (USER, user),
        (SESSION, session),
        (FEDERATED, federated),
        (ROOT, root),
    ):
        assert element.grant(caller) is expected
        assert element.denies(caller) is (expected is not Grant.NONE)


@pytest.mark.parametrize(
    ("entry", "service", "anonymous", "provider"),
    [
        (("Service", "sns.amazonaws.com"), D, N, N),
        (("Service", "sns.eu-west-1.amazonaws.com"), D, N, N),
        (("Service", "sqs.amazonaws.com"), N, N, N),
        (("AWS", "*"), D, D, N),
        (("*", "*"), D, D, D),
        (("AWS", ACCOUNT), N, N, N),
        (("Federated", GITHUB.provider), N, N, D),
        (("Federated", "accounts.google.com"), N, N, N),
    ],
)
def test_callers_from_outside(
    entry: tuple[str, str], service: Grant, anonymous: Grant, provider: Grant
) -> None:
    element = PrincipalElement([entry])
    for caller, expected in ((SNS, service), (ANONYMOUS, anonymous), (GITHUB, provider)):
        assert element.grant(caller) is expected


def test_the_most_precise_entry_counts() -> None:
    element = PrincipalElement([("AWS", ACCOUNT), ("AWS", ROLE_ARN), ("AWS", SESSION_ARN)])
    assert element.grant(SESSION) is Grant.DIRECT
    assert PrincipalElement([("AWS", ACCOUNT), ("AWS", ROLE_ARN)]).grant(SESSION) is Grant.ENTITY


def test_a_canonical_user_is_an_account() -> None:
    owner = Principal(kind="user", arn=USER_ARN, account=ACCOUNT, canonical_user="79a59df900b9")
    assert PrincipalElement([("CanonicalUser", "79a59df900b9")]).grant(owner) is Grant.ACCOUNT
    assert PrincipalElement([("CanonicalUser", "79a59df900b9")]).grant(USER) is Grant.NONE


@pytest.mark.parametrize(
    ("caller", "names", "spared"),
    [
        # "you must also specify the account ARN of the not-denied principal"
        (USER, [USER_ARN], False),
        (USER, [USER_ARN, ROOT_ARN], True),
        (USER, [ROOT_ARN], False),
        (SESSION, [SESSION_ARN, ROLE_ARN, ROOT_ARN], True),
        (SESSION, [SESSION_ARN, ROOT_ARN], False),
        (SESSION, [SESSION_ARN, ROLE_ARN], False),
        (SESSION, [ROLE_ARN, ROOT_ARN], False),
        (ROOT, [ROOT_ARN], True),
        (ROOT, [OTHER], False),
        (USER, ["*"], True),
        (SNS, [USER_ARN, ROOT_ARN], False),
        (ANONYMOUS, [USER_ARN, ROOT_ARN], False),
        (GITHUB, ["*"], False),
    ],
)
def test_whom_a_deny_with_not_principal_spares(
    caller: Principal, names: list[str], spared: bool
) -> None:
    element = PrincipalElement([("AWS", name) for name in names], negated=True)
    assert element.denies(caller) is not spared


def test_a_service_can_be_spared() -> None:
    element = PrincipalElement([("Service", "sns.amazonaws.com")], negated=True)
    assert not element.denies(SNS)
    assert element.denies(USER)


@pytest.mark.parametrize("name", [USER_ARN, ROOT_ARN])
def test_an_allow_with_not_principal_grants_everyone_not_named(name: str) -> None:
    element = PrincipalElement([("AWS", name)], negated=True)
    assert element.grant(USER) is Grant.NONE
    assert element.grant(ANONYMOUS) is Grant.DIRECT


# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#principaltable
@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (ROOT, {"type": "Account", "arn": ROOT_ARN, "userid": ACCOUNT, "username": None}),
        (USER, {"type": "User", "arn": USER_ARN, "userid": USER.user_id, "username": "ann"}),
        (
            SESSION,
            {"type": "AssumedRole", "arn": ROLE_ARN, "userid": SESSION.user_id, "username": None},
        ),
        (
            FEDERATED,
            {"type": "FederatedUser", "arn": FEDERATED_ARN, "userid": f"{ACCOUNT}:bob"},
        ),
        (ANONYMOUS, {"type": "Anonymous", "arn": None, "userid": None, "username": None}),
        (SNS, {"type": None, "arn": None, "isawsservice": "true"}),
    ],
)
def test_condition_keys_that_follow_from_the_caller(
    caller: Principal, expected: dict[str, str | None]
) -> None:
    keys = caller.context()
    for name, value in expected.items():
        key = f"aws:{name}" if name.startswith("user") else f"aws:principal{name}"
        assert keys.get(key) == (None if value is None else (value,))


def test_tags_are_condition_keys() -> None:
    tagged = Principal(kind="user", arn=USER_ARN, account=ACCOUNT, tags={"Team": "red"})
    assert tagged.context()["aws:principaltag/team"] == ("red",)


def test_only_sessions_have_a_session_arn() -> None:
    assert SESSION.session_arn == SESSION_ARN
    assert FEDERATED.session_arn == FEDERATED_ARN
    assert USER.session_arn == ""
