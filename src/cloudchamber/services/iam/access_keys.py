"""Access keys of users and of the root user, and when each was last used.

Rules of this file: a secret is shown once, when the key is made. A key that is inactive is known
and refused. "When an access key is used more than once in a 15-minute span, only the first use is
recorded" (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.identifiers import access_key_id, secret_key
from cloudchamber.services.iam.kinds import named_or_calling_user
from cloudchamber.services.iam.listing import listed
from cloudchamber.services.iam.nouns import (
    ACCESS_KEYS,
    ROOT_KEYS,
    USERS,
    AccessKey,
    RootKeys,
    User,
    key_of,
)
from cloudchamber.services.iam.views import access_key_item, seconds

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

SPAN_NS: Final = 15 * MINUTE_NS


def create_access_key(call: Call, request: Input) -> Output:
    """CreateAccessKey: for the named user, else for the caller, who may be root."""
    owner = _owner(call, request)
    ids = _ids(call, owner)
    limit = call.quota("AccessKeysPerUser")
    if len(ids) >= limit:
        raise refusals.over_quota("AccessKeysPerUser", limit)
    arn = owner.arn if owner is not None else call.arn("root", region="")
    access_key = AccessKey(
        id=access_key_id(call, arn),
        secret=secret_key(call, arn),
        account=call.account,
        user=key_of(owner.name) if owner is not None else "",
        created_ns=call.now,
    )
    call.rows(ACCESS_KEYS)[access_key.id] = access_key
    if owner is None:
        call.rows(ROOT_KEYS).setdefault("root", RootKeys()).access_keys.append(access_key.id)
    else:
        ids.append(access_key.id)
    return {"AccessKey": {**_item(access_key, owner), "SecretAccessKey": access_key.secret}}


def list_access_keys(call: Call, request: Input) -> Output:
    """ListAccessKeys, oldest first."""
    owner = _owner(call, request)
    rows = call.rows(ACCESS_KEYS)
    numbered = [(f"{number:02}", rows[id_]) for number, id_ in enumerate(_ids(call, owner))]
    return listed(
        request,
        "AccessKeyMetadata",
        numbered,
        lambda pair: pair[0],
        lambda pair: _item(pair[1], owner),
    )


def update_access_key(call: Call, request: Input) -> Output:
    """UpdateAccessKey: make it active or inactive."""
    access_key = _expect(call, request)
    if request["Status"] not in ("Active", "Inactive"):
        raise refusals.invalid_input("Status can only be set to Active or Inactive.")
    access_key.is_active = request["Status"] == "Active"
    return {}


def delete_access_key(call: Call, request: Input) -> Output:
    """DeleteAccessKey: the key is unknown from now on."""
    access_key = _expect(call, request)
    _ids(call, _owner(call, request)).remove(access_key.id)
    del call.rows(ACCESS_KEYS)[access_key.id]
    return {}


def get_access_key_last_used(call: Call, request: Input) -> Output:
    """GetAccessKeyLastUsed: when, where and for which service."""
    access_key = call.rows(ACCESS_KEYS).get(request["AccessKeyId"])
    if access_key is None or access_key.account != call.account:
        raise _unknown(request["AccessKeyId"])
    used: Output = {"ServiceName": "N/A", "Region": "N/A"}
    if access_key.used_ns is not None:
        used = {
            "LastUsedDate": seconds(access_key.used_ns),
            "ServiceName": access_key.used_service,
            "Region": access_key.used_region,
        }
    output: Output = {"AccessKeyLastUsed": used}
    if access_key.user:
        output["UserName"] = call.rows(USERS)[access_key.user].name
    return output


def _owner(call: Call, request: Input) -> User | None:
    """The user whose keys are meant; None for the root user, when root names nobody."""
    if "UserName" not in request and call.caller.kind == "root":
        return None
    return named_or_calling_user(call, request)


def _ids(call: Call, owner: User | None) -> list[str]:
    """The ids of an owner's keys; root's as they are, though not to be added to."""
    if owner is not None:
        return owner.access_keys
    keys = call.rows(ROOT_KEYS).get("root")
    return keys.access_keys if keys is not None else []


def _expect(call: Call, request: Input) -> AccessKey:
    id_ = request["AccessKeyId"]
    if id_ not in _ids(call, _owner(call, request)):
        raise _unknown(id_)
    return call.rows(ACCESS_KEYS)[id_]


def _unknown(id_: str) -> Exception:
    return refusals.no_such_entity(f"The Access Key with id {id_} cannot be found.")


def _item(access_key: AccessKey, owner: User | None) -> Output:
    return access_key_item(access_key, owner.name if owner is not None else "")
