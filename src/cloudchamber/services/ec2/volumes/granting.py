"""Who may use a snapshot, and what an account has chosen for EBS in a Region.

Rules of this file: the attribute createVolumePermission, the block on public sharing, encryption
by default with its key.
https://docs.aws.amazon.com/ebs/latest/userguide/ebs-modifying-snapshot-permissions.html
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.settings import is_account
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.refusals import invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes import encryption
from cloudchamber.services.ec2.volumes.limits import SHARED_WITH_MAX
from cloudchamber.services.ec2.volumes.nouns import (
    EBS_SETTINGS,
    SNAPSHOT,
    EbsSettings,
    Snapshot,
)

_PERMISSION: Final = "createVolumePermission"
UNBLOCKED: Final = "unblocked"


def describe_snapshot_attribute(call: Call, request: Input) -> Output:
    """One attribute of a snapshot."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    name = request["Attribute"]
    if name == "productCodes":
        return {"SnapshotId": snapshot.id, "ProductCodes": []}
    if name != _PERMISSION:
        raise invalid_value(name, "attribute", "Unknown attribute.")
    shown: list[dict[str, str]] = [{"Group": "all"}] if snapshot.is_public else []
    shown += [{"UserId": each} for each in snapshot.users]
    return {"SnapshotId": snapshot.id, "CreateVolumePermissions": shown}


def modify_snapshot_attribute(call: Call, request: Input) -> Output:
    """Let accounts, or everybody, make volumes of a snapshot; or take that back."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    if request.get("Attribute", _PERMISSION) != _PERMISSION:
        raise invalid_value(request["Attribute"], "attribute", "It cannot be modified.")
    added, removed = _changes(request)
    if not (added or removed):
        raise missing_parameter(_PERMISSION)
    users = list(snapshot.users)
    is_public = snapshot.is_public
    for each in added:
        if each == "all":
            is_public = True
        elif each not in users:
            users.append(each)
    for each in removed:
        if each == "all":
            is_public = False
        elif each in users:
            users.remove(each)
    if is_public and "all" in added:
        _expect_publishable(call, snapshot)
    if len(users) > SHARED_WITH_MAX:
        raise AwsError(
            "SnapshotCreateVolumePermissionLimitExceeded",
            f"A snapshot can be shared with at most {SHARED_WITH_MAX} accounts.",
        )
    snapshot.users, snapshot.is_public = users, is_public
    return {}


def reset_snapshot_attribute(call: Call, request: Input) -> Output:
    """Share a snapshot with nobody."""
    snapshot = kinds.expect_own(call, SNAPSHOT, request["SnapshotId"])
    if request["Attribute"] != _PERMISSION:
        raise invalid_value(request["Attribute"], "attribute", "It cannot be reset.")
    snapshot.users, snapshot.is_public = [], False
    return {}


def _changes(request: Input) -> tuple[list[str], list[str]]:
    """Accounts and `all`, to add and to remove."""
    changes: Any = request.get("CreateVolumePermission", {})
    added = [_who(each) for each in changes.get("Add", ())]
    removed = [_who(each) for each in changes.get("Remove", ())]
    plain = [_expect_account(each) for each in request.get("UserIds", ())]
    for each in request.get("GroupNames", ()):
        if each != "all":
            raise invalid_value(each, "groupName", "The only group is 'all'.")
        plain.append(each)
    if plain:
        kind = request.get("OperationType")
        if kind is None:
            raise missing_parameter("operationType")
        (added if kind == "add" else removed).extend(plain)
    return added, removed


def _who(permission: dict[str, Any]) -> str:
    if permission.get("Group"):
        if permission["Group"] != "all":
            raise invalid_value(permission["Group"], "group", "The only group is 'all'.")
        return "all"
    return _expect_account(permission.get("UserId", ""))


def _expect_account(text: str) -> str:
    account = text.replace("-", "")
    if not is_account(account):
        raise AwsError("InvalidUserID.Malformed", f'Invalid user id: "{text}"')
    return account


def _expect_publishable(call: Call, snapshot: Snapshot) -> None:
    if snapshot.is_encrypted:
        raise AwsError("InvalidParameterValue", "Encrypted snapshots cannot be shared publicly.")
    if encryption.settings_of(call).block != UNBLOCKED and not snapshot.is_public:
        raise AwsError(
            "OperationNotPermitted",
            "Public sharing of snapshots is blocked in this account: block public access for "
            "snapshots is enabled in the Region.",
        )


def enable_snapshot_block_public_access(call: Call, request: Input) -> Output:
    """Block public sharing: of all snapshots, or of those that are not public yet."""
    state = request["State"]
    if state not in ("block-all-sharing", "block-new-sharing"):
        raise invalid_value(state, "state", "It is block-all-sharing or block-new-sharing.")
    _settings(call).block = state
    return {"State": state}


def disable_snapshot_block_public_access(call: Call, request: Input) -> Output:
    """Let snapshots be shared publicly again."""
    _settings(call).block = UNBLOCKED
    return {"State": UNBLOCKED}


def get_snapshot_block_public_access_state(call: Call, request: Input) -> Output:
    """What is blocked."""
    return {"State": encryption.settings_of(call).block, "ManagedBy": "account"}


def enable_ebs_encryption_by_default(call: Call, request: Input) -> Output:
    """New volumes and copies of snapshots are encrypted, asked for or not."""
    _settings(call).encrypts = True
    return {"EbsEncryptionByDefault": True}


def disable_ebs_encryption_by_default(call: Call, request: Input) -> Output:
    """New volumes are encrypted only when asked for."""
    _settings(call).encrypts = False
    return {"EbsEncryptionByDefault": False}


def get_ebs_encryption_by_default(call: Call, request: Input) -> Output:
    """Whether new volumes are encrypted unasked."""
    return {"EbsEncryptionByDefault": encryption.settings_of(call).encrypts}


def get_ebs_default_kms_key_id(call: Call, request: Input) -> Output:
    """The key for what is encrypted without naming one."""
    return {"KmsKeyId": encryption.settings_of(call).key or encryption.AWS_KEY}


def modify_ebs_default_kms_key_id(call: Call, request: Input) -> Output:
    """Choose the key for what is encrypted without naming one."""
    arn = encryption.expect_key(call, request["KmsKeyId"])
    _settings(call).key = arn
    return {"KmsKeyId": arn}


def reset_ebs_default_kms_key_id(call: Call, request: Input) -> Output:
    """Back to `alias/aws/ebs`."""
    _settings(call).key = ""
    return {"KmsKeyId": encryption.AWS_KEY}


def _settings(call: Call) -> EbsSettings:
    return call.rows(EBS_SETTINGS).setdefault("settings", EbsSettings())
