"""MFA: a code of the caller's own device, once, and what policies then see."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.iam.mfa_devices import code_of
from tests.unit.services.sts.identities import (
    ACCOUNT,
    ROLE_ARN,
    allow,
    code,
    new_role,
    refusal,
    trust,
    user_key,
)

WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
WRONG = (
    "AccessDenied",
    403,
    "MultiFactorAuthentication failed with invalid MFA one time pass code.",
)


class Phone:
    """A user's device: what it shows at this instant of the chamber."""

    def __init__(self, chamber: Chamber, iam: Any, user: str = "u") -> None:
        self.chamber = chamber
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        self.serial = device["SerialNumber"]
        self.seed = base64.b32decode(device["Base32StringSeed"])
        iam.enable_mfa_device(
            UserName=user,
            SerialNumber=self.serial,
            AuthenticationCode1=self.code(-1),
            AuthenticationCode2=self.code(),
        )
        chamber.advance("1m")

    def code(self, steps: int = 0) -> str:
        return code_of(self.seed, self.chamber.cloud.kernel.now // (30 * 10**9) + steps)

    def shown(self) -> dict[str, str]:
        return {"SerialNumber": self.serial, "TokenCode": self.code()}


@pytest.fixture
def key(iam: Any) -> dict[str, Any]:
    return user_key(iam)


@pytest.fixture
def phone(chamber: Chamber, iam: Any, key: dict[str, Any]) -> Phone:
    return Phone(chamber, iam)


@pytest.fixture
def sts(chamber: Chamber, key: dict[str, Any]) -> Any:
    return chamber.client("sts", credentials=key)


def assume(sts: Any, **more: Any) -> Any:
    return sts.assume_role(RoleArn=ROLE_ARN, RoleSessionName="job", **more)["Credentials"]


def test_a_role_may_ask_for_mfa(chamber: Chamber, iam: Any, sts: Any, phone: Phone) -> None:
    new_role(iam, trusts=trust(Condition=WITH_MFA), policy=allow("iam:*", Condition=WITH_MFA))
    assert code(assume, sts=sts) == ("AccessDenied", 403)
    session = assume(sts, **phone.shown())
    assert chamber.client("iam", credentials=session).list_users()["Users"]


def test_a_code_is_good_once(chamber: Chamber, iam: Any, sts: Any, phone: Phone) -> None:
    new_role(iam)
    shown = phone.shown()
    assume(sts, **shown)
    assert refusal(assume, sts=sts, **shown) == WRONG
    chamber.advance("30s")
    assume(sts, **phone.shown())


def test_a_code_is_good_for_a_step_more_or_less(
    chamber: Chamber, iam: Any, sts: Any, phone: Phone
) -> None:
    new_role(iam)
    for steps in (-2, 2):
        late = {"SerialNumber": phone.serial, "TokenCode": phone.code(steps)}
        assert refusal(assume, sts=sts, **late) == WRONG
    assume(sts, SerialNumber=phone.serial, TokenCode=phone.code(-1))
    assume(sts, SerialNumber=phone.serial, TokenCode=phone.code(1))


def test_only_ones_own_device_counts(chamber: Chamber, iam: Any, sts: Any) -> None:
    new_role(iam)
    user_key(iam, "v")
    theirs = Phone(chamber, iam, "v")
    assert refusal(assume, sts=sts, **theirs.shown()) == WRONG
    missing = f"arn:aws:iam::{ACCOUNT}:mfa/missing"
    assert refusal(assume, sts=sts, SerialNumber=missing, TokenCode="123456") == WRONG
    assert code(assume, sts=sts, SerialNumber=theirs.serial) == ("ValidationError", 400)


def test_a_device_taken_away_counts_no_more(iam: Any, sts: Any, phone: Phone) -> None:
    new_role(iam)
    iam.deactivate_mfa_device(UserName="u", SerialNumber=phone.serial)
    assert refusal(assume, sts=sts, **phone.shown()) == WRONG


def test_a_token_remembers_mfa_and_its_age(
    chamber: Chamber, iam: Any, sts: Any, phone: Phone
) -> None:
    fresh = {**WITH_MFA, "NumericLessThan": {"aws:MultiFactorAuthAge": "600"}}
    iam.put_user_policy(
        UserName="u", PolicyName="p", PolicyDocument=allow("iam:ListUsers", Condition=fresh)
    )
    without = chamber.client("iam", credentials=sts.get_session_token()["Credentials"])
    assert code(without.list_users)[0] == "AccessDenied"
    session = sts.get_session_token(**phone.shown())["Credentials"]
    mine = chamber.client("iam", credentials=session)
    assert mine.list_users()["Users"]
    chamber.advance("10m")
    assert code(mine.list_users)[0] == "AccessDenied"


def test_a_replay_spends_the_same_codes(chamber: Chamber) -> None:
    records: list[bytes] = []
    chamber.cloud.journal = records.append
    iam = chamber.client("iam")
    key = user_key(iam)
    phone = Phone(chamber, iam)
    new_role(iam, trusts=trust(Condition={"StringEquals": {"sts:ExternalId": "xyz"}}))
    shown = phone.shown()
    sts = chamber.client("sts", credentials=key)
    # Denied for another reason: the code is spent all the same.
    assert "sts:AssumeRole" in refusal(assume, sts=sts, **shown)[2]
    with Chamber(seed=1, account=ACCOUNT, iam="enforce") as again:
        for record in records:
            again.cloud.replay(record)
        assert again.digest == chamber.digest
        for world in (chamber, again):
            mine = world.client("sts", credentials=key)
            assert refusal(assume, sts=mine, ExternalId="xyz", **shown) == WRONG
