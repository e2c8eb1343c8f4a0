"""Virtual MFA devices: real codes of a real seed, on the clock of the chamber."""

from __future__ import annotations

import base64
import hashlib
import hmac
import struct
from typing import Any

import pytest

from cloudchamber.services.iam.mfa_devices import code_of
from tests.unit.services.iam.documents import arn, every, refusal

SERIAL = arn("mfa/phone")


def shown_code(seed: bytes, t_s: float) -> str:
    """What an authenticator app shows, written down once more (RFC 6238 with RFC 4226)."""
    digest = hmac.digest(base64.b32decode(seed), struct.pack(">Q", int(t_s) // 30), hashlib.sha1)
    (number,) = struct.unpack_from(">I", digest, digest[19] & 0xF)
    return str((number & 0x7FFFFFFF) % 10**6).zfill(6)


@pytest.fixture
def seed(iam: Any) -> bytes:
    iam.create_user(UserName="u")
    found: bytes = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"][
        "Base32StringSeed"
    ]
    return found


def pair(chamber: Any, seed: bytes, offset_s: int = 0) -> dict[str, str]:
    now = chamber.cloud.kernel.now // 10**9 + offset_s
    return {
        "AuthenticationCode1": shown_code(seed, now - 30),
        "AuthenticationCode2": shown_code(seed, now),
    }


def enable(iam: Any, chamber: Any, seed: bytes, **more: Any) -> None:
    iam.enable_mfa_device(UserName="u", SerialNumber=SERIAL, **pair(chamber, seed), **more)


@pytest.mark.parametrize(
    ("t_s", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_the_codes_are_those_of_the_rfc(t_s: int, code: str) -> None:
    assert code_of(b"12345678901234567890", t_s // 30) == code


def test_a_device_is_enabled_by_two_codes_in_a_row(iam: Any, chamber: Any, seed: bytes) -> None:
    assert len(base64.b32decode(seed)) == 40
    enable(iam, chamber, seed)
    (device,) = iam.list_mfa_devices(UserName="u")["MFADevices"]
    assert (device["UserName"], device["SerialNumber"]) == ("u", SERIAL)
    assert iam.get_mfa_device(SerialNumber=SERIAL)["EnableDate"] == device["EnableDate"]
    summary = iam.get_account_summary()["SummaryMap"]
    assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1)


def test_wrong_codes_enable_nothing(iam: Any, chamber: Any, seed: bytes) -> None:
    right = pair(chamber, seed)
    swapped = {
        "AuthenticationCode1": right["AuthenticationCode2"],
        "AuthenticationCode2": right["AuthenticationCode1"],
    }
    far = pair(chamber, seed, offset_s=3600)
    for codes in (swapped, far):
        answer = refusal(iam.enable_mfa_device, UserName="u", SerialNumber=SERIAL, **codes)
        assert answer == (
            "InvalidAuthenticationCode",
            403,
            "Authentication code for device is not valid.",
        )
    assert iam.list_mfa_devices(UserName="u")["MFADevices"] == []


def test_a_device_is_one_users(iam: Any, chamber: Any, seed: bytes) -> None:
    enable(iam, chamber, seed)
    iam.create_user(UserName="v")
    again = refusal(iam.enable_mfa_device, UserName="v", SerialNumber=SERIAL, **pair(chamber, seed))
    assert again[:2] == ("EntityAlreadyExists", 409)
    assert refusal(iam.deactivate_mfa_device, UserName="v", SerialNumber=SERIAL)[0] == (
        "NoSuchEntity"
    )
    iam.update_user(UserName="u", NewUserName="renamed")
    assert iam.get_mfa_device(SerialNumber=SERIAL)["UserName"] == "renamed"


def test_a_device_in_use_stays_and_so_does_its_user(iam: Any, chamber: Any, seed: bytes) -> None:
    enable(iam, chamber, seed)
    assert refusal(iam.delete_virtual_mfa_device, SerialNumber=SERIAL)[0] == "DeleteConflict"
    assert refusal(iam.delete_user, UserName="u")[0] == "DeleteConflict"
    iam.deactivate_mfa_device(UserName="u", SerialNumber=SERIAL)
    iam.delete_user(UserName="u")
    iam.delete_virtual_mfa_device(SerialNumber=SERIAL)
    assert refusal(iam.get_mfa_device, SerialNumber=SERIAL)[0] == "NoSuchEntity"
    assert iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []


def test_devices_are_listed_by_their_use_and_keep_their_seed(
    iam: Any, chamber: Any, seed: bytes
) -> None:
    enable(iam, chamber, seed)
    for name in ("a", "b", "c"):
        iam.create_virtual_mfa_device(VirtualMFADeviceName=name)
    assert refusal(iam.create_virtual_mfa_device, VirtualMFADeviceName="a")[0] == (
        "EntityAlreadyExists"
    )
    free = every(
        iam, "list_virtual_mfa_devices", "VirtualMFADevices", AssignmentStatus="Unassigned"
    )
    assert [each["SerialNumber"] for each in free] == [arn(f"mfa/{name}") for name in "abc"]
    (used,) = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert used["User"]["UserName"] == "u"
    assert "Base32StringSeed" not in used


def test_a_clock_that_is_off_is_followed_after_a_resync(
    iam: Any, chamber: Any, seed: bytes
) -> None:
    enable(iam, chamber, seed)
    key = iam.create_access_key(UserName="u")["AccessKey"]
    sts = chamber.client("sts", credentials=key)

    def ask(offset_s: int) -> Any:
        now = chamber.cloud.kernel.now // 10**9
        code = shown_code(seed, now + offset_s)
        return sts.get_session_token(SerialNumber=SERIAL, TokenCode=code)

    chamber.advance("10m")
    assert refusal(ask, offset_s=300)[0] == "AccessDenied"
    iam.resync_mfa_device(UserName="u", SerialNumber=SERIAL, **pair(chamber, seed, offset_s=270))
    assert ask(300)["Credentials"]


def test_tags_of_a_device(iam: Any, seed: bytes) -> None:
    iam.tag_mfa_device(SerialNumber=SERIAL, Tags=[{"Key": "a", "Value": "1"}])
    assert iam.list_mfa_device_tags(SerialNumber=SERIAL)["Tags"] == [{"Key": "a", "Value": "1"}]
    iam.untag_mfa_device(SerialNumber=SERIAL, TagKeys=["a"])
    assert iam.list_mfa_device_tags(SerialNumber=SERIAL)["Tags"] == []
