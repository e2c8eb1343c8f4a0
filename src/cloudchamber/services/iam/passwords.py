"""Console passwords: the account's rules for them, login profiles, and ChangePassword.

Rules of this file: nobody signs in to a console here. What a password does: it is checked against
the account's rules, it is asked for by ChangePassword, and a user who has one cannot be deleted.
Passwords are kept as digests.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.kinds import calling_user, expect_user, named_or_calling_user
from cloudchamber.services.iam.nouns import (
    PASSWORD_POLICIES,
    LoginProfile,
    PasswordPolicy,
    User,
)
from cloudchamber.services.iam.views import password_policy_view, seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

_SYMBOLS: Final = frozenset("!@#$%^&*()_+-=[]{}|'")
_DEFAULT_MINIMUM: Final = 8
_DEFAULT_KINDS: Final = 3
_EARLIER_MAX: Final = 24
_ROW: Final = "policy"


def update_account_password_policy(call: Call, request: Input) -> Output:
    """UpdateAccountPasswordPolicy: what the request does not say goes back to its default."""
    call.rows(PASSWORD_POLICIES)[_ROW] = PasswordPolicy(
        minimum_length=request.get("MinimumPasswordLength", 6),
        symbols=request.get("RequireSymbols", False),
        numbers=request.get("RequireNumbers", False),
        uppercase=request.get("RequireUppercaseCharacters", False),
        lowercase=request.get("RequireLowercaseCharacters", False),
        users_may_change=request.get("AllowUsersToChangePassword", False),
        max_age_days=request.get("MaxPasswordAge", 0),
        reuse_prevention=request.get("PasswordReusePrevention", 0),
        hard_expiry=request.get("HardExpiry"),
    )
    return {}


def get_account_password_policy(call: Call, request: Input) -> Output:
    """GetAccountPasswordPolicy; the default rules are no policy and cannot be found."""
    return {"PasswordPolicy": password_policy_view(_expect_policy(call))}


def delete_account_password_policy(call: Call, request: Input) -> Output:
    """DeleteAccountPasswordPolicy: back to the default rules."""
    _expect_policy(call)
    del call.rows(PASSWORD_POLICIES)[_ROW]
    return {}


def _expect_policy(call: Call) -> PasswordPolicy:
    found = call.rows(PASSWORD_POLICIES).get(_ROW)
    if found is None:
        raise refusals.no_such_entity(
            f"The Password Policy with domain name {call.account} cannot be found."
        )
    return found


# Login profiles


def create_login_profile(call: Call, request: Input) -> Output:
    """CreateLoginProfile."""
    user = named_or_calling_user(call, request)
    if user.login is not None:
        raise refusals.already_exists(f"Login Profile for user {user.name} already exists.")
    if "Password" not in request:
        raise refusals.validation("Password must be specified.")
    _check(call, user, request["Password"])
    user.login = LoginProfile(
        call.now, _digest(user, request["Password"]), request.get("PasswordResetRequired", False)
    )
    return {"LoginProfile": _view(user, user.login)}


def get_login_profile(call: Call, request: Input) -> Output:
    """GetLoginProfile."""
    user = named_or_calling_user(call, request)
    return {"LoginProfile": _view(user, _expect_login(user))}


def update_login_profile(call: Call, request: Input) -> Output:
    """UpdateLoginProfile: a new password, a new duty to change it, or both."""
    user = expect_user(call, request["UserName"])
    login = _expect_login(user)
    if "Password" in request:
        _check(call, user, request["Password"])
        _replace(call, user, login, request["Password"])
    if "PasswordResetRequired" in request:
        login.reset_required = request["PasswordResetRequired"]
    return {}


def delete_login_profile(call: Call, request: Input) -> Output:
    """DeleteLoginProfile."""
    user = named_or_calling_user(call, request)
    _expect_login(user)
    user.login = None
    return {}


def change_password(call: Call, request: Input) -> Output:
    """ChangePassword: users change their own, knowing the old one."""
    user = calling_user(call)
    if user is None:
        raise AwsError("InvalidUserType", "Only IAM Users can change their own password")
    login = _expect_login(user)
    if login.digest != _digest(user, request["OldPassword"]):
        raise AwsError("AccessDenied", "The old password was incorrect.", 403)
    _check(call, user, request["NewPassword"])
    _replace(call, user, login, request["NewPassword"])
    login.reset_required = False
    return {}


def _expect_login(user: User) -> LoginProfile:
    if user.login is None:
        raise refusals.no_such_entity(f"Login Profile for User {user.name} cannot be found.")
    return user.login


def _replace(call: Call, user: User, login: LoginProfile, password: str) -> None:
    login.earlier = [*login.earlier, login.digest][-_EARLIER_MAX:]
    login.digest = _digest(user, password)
    login.changed_ns = call.now


def _digest(user: User, password: str) -> bytes:
    return blake2b(password.encode(), key=user.id.encode(), digest_size=32).digest()


def _view(user: User, login: LoginProfile) -> Output:
    return {
        "UserName": user.name,
        "CreateDate": seconds(login.created_ns),
        "PasswordResetRequired": login.reset_required,
    }


def _check(call: Call, user: User, password: str) -> None:
    """Raise PasswordPolicyViolation for a password that the account's rules do not allow."""
    kinds = {
        "symbols": any(character in _SYMBOLS for character in password),
        "numbers": any("0" <= character <= "9" for character in password),
        "uppercase": any("A" <= character <= "Z" for character in password),
        "lowercase": any("a" <= character <= "z" for character in password),
    }
    policy = call.rows(PASSWORD_POLICIES).get(_ROW)
    if policy is None:
        fits = len(password) >= _DEFAULT_MINIMUM and sum(kinds.values()) >= _DEFAULT_KINDS
    else:
        wanted = {
            "symbols": policy.symbols,
            "numbers": policy.numbers,
            "uppercase": policy.uppercase,
            "lowercase": policy.lowercase,
        }
        fits = len(password) >= policy.minimum_length and all(
            has or not wanted[kind] for kind, has in kinds.items()
        )
        if fits and policy.reuse_prevention and user.login is not None:
            used = [*user.login.earlier, user.login.digest][-policy.reuse_prevention :]
            fits = _digest(user, password) not in used
    if not fits:
        raise AwsError(
            "PasswordPolicyViolation",
            "Password does not conform to the account password policy.",
        )
