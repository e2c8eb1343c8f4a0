"""Login profiles, ChangePassword and the account's password policy."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from cloudchamber.services.iam.nouns import USERS
from tests.unit.services.iam.documents import ACCOUNT, refusal

VIOLATION = (
    "PasswordPolicyViolation",
    400,
    "Password does not conform to the account password policy.",
)
GOOD = "Secret-123"


@pytest.fixture
def user(iam: Any) -> Any:
    return iam.create_user(UserName="u")["User"]


def test_a_login_profile(iam: Any, user: Any) -> None:
    made = iam.create_login_profile(UserName="u", Password=GOOD, PasswordResetRequired=True)
    assert iam.get_login_profile(UserName="u")["LoginProfile"] == made["LoginProfile"]
    assert made["LoginProfile"]["PasswordResetRequired"] is True
    assert refusal(iam.create_login_profile, UserName="u", Password=GOOD) == (
        "EntityAlreadyExists",
        409,
        "Login Profile for user u already exists.",
    )
    iam.update_login_profile(UserName="u", PasswordResetRequired=False)
    assert not iam.get_login_profile(UserName="u")["LoginProfile"]["PasswordResetRequired"]
    iam.delete_login_profile(UserName="u")
    answer = ("NoSuchEntity", 404, "Login Profile for User u cannot be found.")
    assert refusal(iam.get_login_profile, UserName="u") == answer
    assert refusal(iam.delete_login_profile, UserName="u") == answer
    assert refusal(iam.update_login_profile, UserName="u", Password=GOOD) == answer


@pytest.mark.parametrize("password", ["Short-1", "onlylower", "lower and space"])
def test_the_default_rules(iam: Any, user: Any, password: str) -> None:
    assert refusal(iam.create_login_profile, UserName="u", Password=password) == VIOLATION


def test_the_accounts_rules(iam: Any, user: Any) -> None:
    missing = (
        "NoSuchEntity",
        404,
        f"The Password Policy with domain name {ACCOUNT} cannot be found.",
    )
    assert refusal(iam.get_account_password_policy) == missing
    iam.update_account_password_policy(
        MinimumPasswordLength=12, RequireSymbols=True, MaxPasswordAge=90, PasswordReusePrevention=2
    )
    assert iam.get_account_password_policy()["PasswordPolicy"] == {
        "MinimumPasswordLength": 12,
        "RequireSymbols": True,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 2,
    }
    for password in ("short-one", "long without any"):
        assert refusal(iam.create_login_profile, UserName="u", Password=password) == VIOLATION
    iam.create_login_profile(UserName="u", Password="first-password")
    iam.update_login_profile(UserName="u", Password="second-password")
    for password in ("first-password", "second-password"):
        assert refusal(iam.update_login_profile, UserName="u", Password=password) == VIOLATION
    iam.update_login_profile(UserName="u", Password="third-password")
    iam.update_login_profile(UserName="u", Password="first-password")
    iam.update_account_password_policy()
    policy = iam.get_account_password_policy()["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 6
    assert not {"MaxPasswordAge", "PasswordReusePrevention", "HardExpiry"} & set(policy)
    iam.delete_account_password_policy()
    assert refusal(iam.delete_account_password_policy) == missing


def test_users_change_their_own_password(iam: Any, chamber: Any, user: Any) -> None:
    key = iam.create_access_key(UserName="u")["AccessKey"]
    mine = chamber.client("iam", credentials=key)
    iam.create_login_profile(UserName="u", Password=GOOD, PasswordResetRequired=True)
    assert refusal(mine.change_password, OldPassword="wrong", NewPassword="Secret-456")[:2] == (
        "AccessDenied",
        403,
    )
    mine.change_password(OldPassword=GOOD, NewPassword="Secret-456")
    assert not iam.get_login_profile(UserName="u")["LoginProfile"]["PasswordResetRequired"]
    assert refusal(mine.change_password, OldPassword=GOOD, NewPassword=GOOD)[0] == "AccessDenied"
    assert refusal(iam.change_password, OldPassword=GOOD, NewPassword=GOOD)[0] == "InvalidUserType"


def test_no_password_lies_in_the_world(iam: Any, chamber: Any, user: Any) -> None:
    iam.create_login_profile(UserName="u", Password=GOOD)
    row = chamber.cloud.store.rows(USERS, ACCOUNT, "")["u"]
    assert row.login is not None
    assert GOOD.encode() not in msgspec.msgpack.encode(row)
