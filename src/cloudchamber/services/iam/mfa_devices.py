"""Virtual MFA devices: a seed, the codes that follow from it, and whose device it is.

Rules of this file: codes are RFC 6238's (SHA-1, six digits, steps of 30 s) on the chamber's clock,
so a test needs no wall clock. A code is accepted within one step of now and only once.
https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.identifiers import arn_of
from cloudchamber.services.iam.kinds import expect_user, handler_of, named_or_calling_user
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import USERS, User
from cloudchamber.services.iam.proofs import MFA_DEVICES, MfaDevice
from cloudchamber.services.iam.views import seconds, user_view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud

STEP_NS: Final = 30 * SECOND_NS
SEED_BYTES: Final = 40
_DIGITS: Final = 1_000_000
_WINDOW: Final = 1
_SEARCH: Final = 20  # steps that a device's clock may be off when two codes in a row show it


def code_of(seed: bytes, step: int) -> str:
    """The six digits of one 30 s step, https://www.rfc-editor.org/rfc/rfc6238."""
    digest = hmac.new(seed, step.to_bytes(8, "big"), hashlib.sha1).digest()
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % _DIGITS:06d}"


def create_virtual_mfa_device(call: Call, request: Input) -> Output:
    """CreateVirtualMFADevice: the seed is shown this once, in base32; no picture of it is drawn."""
    name, path = request["VirtualMFADeviceName"], request.get("Path", "/")
    serial = arn_of(call, "mfa", path, name)
    rows = call.rows(MFA_DEVICES)
    if serial in rows:
        raise refusals.already_exists("MFADevice entity at the same path and name already exists.")
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    device = MfaDevice(
        serial=serial, seed=call.stream(serial, "mfa-seed").bytes(SEED_BYTES), tags=new_tags
    )
    rows[serial] = device
    shown = {"SerialNumber": serial, "Base32StringSeed": base64.b32encode(device.seed)}
    return {"VirtualMFADevice": tags.with_tags(shown, device)}


def delete_virtual_mfa_device(call: Call, request: Input) -> Output:
    """DeleteVirtualMFADevice: only one that nobody has."""
    device = _expect(call, request)
    if device.user_id:
        raise refusals.delete_conflict("MFA VirtualDevice in use. Must deactivate first.")
    del call.rows(MFA_DEVICES)[device.serial]
    return {}


def enable_mfa_device(call: Call, request: Input) -> Output:
    """EnableMFADevice: two codes in a row show that the user has the seed."""
    user = expect_user(call, request["UserName"])
    device = _expect(call, request)
    if device.user_id:
        raise refusals.already_exists("MFA Device is already in use.")
    limit = call.quota("MFADevicesPerUser")
    if len(devices_of(call, user.id)) >= limit:
        raise refusals.over_quota("MFADevicesPerUser", limit)
    step = _synchronised(call, device, request)
    device.user_id, device.enabled_ns, device.step = user.id, call.now, step
    device.drift = step - call.now // STEP_NS
    return {}


def resync_mfa_device(call: Call, request: Input) -> Output:
    """ResyncMFADevice: two codes in a row show how far the device's clock is off."""
    user = expect_user(call, request["UserName"])
    device = _expect_of(call, user, request["SerialNumber"])
    device.step = _synchronised(call, device, request)
    device.drift = device.step - call.now // STEP_NS
    return {}


def deactivate_mfa_device(call: Call, request: Input) -> Output:
    """DeactivateMFADevice: the device is nobody's again."""
    user = named_or_calling_user(call, request)
    device = _expect_of(call, user, request["SerialNumber"])
    device.user_id, device.enabled_ns, device.drift = "", 0, 0
    return {}


def list_mfa_devices(call: Call, request: Input) -> Output:
    """ListMFADevices: those of a user."""
    user = named_or_calling_user(call, request)
    devices = devices_of(call, user.id)
    return listed(
        request,
        "MFADevices",
        devices,
        lambda device: device.serial,
        lambda device: {
            "UserName": user.name,
            "SerialNumber": device.serial,
            "EnableDate": seconds(device.enabled_ns),
        },
    )


def list_virtual_mfa_devices(call: Call, request: Input) -> Output:
    """ListVirtualMFADevices: all of the account, without their seeds."""
    status = request.get("AssignmentStatus", "Any")
    users = {user.id: user for user in call.rows(USERS).values()}
    devices = [
        device
        for device in call.rows(MFA_DEVICES).values()
        if status == "Any" or bool(device.user_id) == (status == "Assigned")
    ]

    def view(device: MfaDevice) -> dict[str, Any]:
        shown: dict[str, Any] = {"SerialNumber": device.serial}
        user = users.get(device.user_id)
        if user is not None:
            shown |= {"EnableDate": seconds(device.enabled_ns), "User": user_view(user)}
        return shown

    return listed(request, "VirtualMFADevices", devices, lambda device: device.serial, view)


def get_mfa_device(call: Call, request: Input) -> Output:
    """GetMFADevice: whose it is and since when."""
    device = _expect(call, request)
    if "UserName" in request:
        device = _expect_of(call, expect_user(call, request["UserName"]), device.serial)
    shown: dict[str, Any] = {"SerialNumber": device.serial}
    if device.user_id:
        owner = next(user for user in call.rows(USERS).values() if user.id == device.user_id)
        shown |= {"UserName": owner.name, "EnableDate": seconds(device.enabled_ns)}
    return shown


def devices_of(call: Call, user_id: str) -> list[MfaDevice]:
    """The devices of a user by its unique id, by serial number."""
    return [row for row in call.rows(MFA_DEVICES).values() if row.user_id == user_id]


def resource(call: Call, request: Input) -> str:
    """What permission is asked on for a device alone."""
    if "VirtualMFADeviceName" in request:
        return arn_of(call, "mfa", request.get("Path", "/"), request["VirtualMFADeviceName"])
    serial: str = request["SerialNumber"]
    return serial


def accepts(cloud: Cloud, caller: Caller, serial: str, code: str) -> bool:
    """Port `mfa-code`: is this a code that the caller's device shows now, and not yet spent?

    A code that is accepted is spent, whatever becomes of the call: that is an input of the world.
    """
    device = cloud.store.rows(MFA_DEVICES, caller.account, "").get(serial)
    if device is None or device.user_id != caller.user_id:
        return False
    now = cloud.kernel.now // STEP_NS + device.drift
    for step in range(max(now - _WINDOW, device.step + 1), now + _WINDOW + 1):
        if hmac.compare_digest(code_of(device.seed, step).encode(), code.encode()):
            device.step = step
            cloud.touches += 1
            return True
    return False


def _synchronised(call: Call, device: MfaDevice, request: Input) -> int:
    """The step of the second code. Raises InvalidAuthenticationCode."""
    now = call.now // STEP_NS
    first, second = request["AuthenticationCode1"], request["AuthenticationCode2"]
    for step in sorted(range(now - _SEARCH, now + _SEARCH + 1), key=lambda step: abs(now - step)):
        if code_of(device.seed, step) == first and code_of(device.seed, step + 1) == second:
            return step + 1
    raise AwsError("InvalidAuthenticationCode", "Authentication code for device is not valid.", 403)


def _expect(call: Call, request: Input) -> MfaDevice:
    serial = request["SerialNumber"]
    found = call.rows(MFA_DEVICES).get(serial)
    if found is None:
        raise refusals.no_such_entity(
            f"VirtualMFADevice with serial number {serial} doesn't exist."
        )
    return found


def _expect_of(call: Call, user: User, serial: str) -> MfaDevice:
    found = call.rows(MFA_DEVICES).get(serial)
    if found is None or found.user_id != user.id:
        raise refusals.no_such_entity(f"MFA Device {serial} invalid for user {user.name}.")
    return found


tag_mfa_device = handler_of(tags.tag, _expect)
untag_mfa_device = handler_of(tags.untag, _expect)
list_mfa_device_tags = handler_of(tags.list_tags, _expect)
