"""Users.

Rules of this file: the noun alone. What a user has (keys, password, policies, groups) lives with
the operations that make it; `BLOCKERS` names what must go before a user can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals, tags
from cloudchamber.services.iam.documents import retell_trust
from cloudchamber.services.iam.identifiers import USER as USER_ID
from cloudchamber.services.iam.identifiers import arn_of, unique_id
from cloudchamber.services.iam.kinds import expect_user, handler_of, named_or_calling_user
from cloudchamber.services.iam.listing import listed_rows
from cloudchamber.services.iam.managed import expect_boundary, set_boundary
from cloudchamber.services.iam.mfa_devices import devices_of
from cloudchamber.services.iam.nouns import ACCESS_KEYS, GROUPS, USERS, User, key_of
from cloudchamber.services.iam.user_credentials import CERTIFICATE, SERVICE, SSH, credentials_of
from cloudchamber.services.iam.views import seconds, user_item, user_view

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# What has to be taken from a user before it can be deleted, in the order it is looked for.
BLOCKERS: Final[tuple[tuple[Callable[[Call, User], object], str], ...]] = (
    (lambda call, user: user.attached, "detach all policies"),
    (lambda call, user: user.inline, "delete policies"),
    (lambda call, user: user.access_keys, "delete access keys"),
    (lambda call, user: user.login, "delete login profile"),
    (lambda call, user: devices_of(call, user.id), "delete MFA device"),
    (lambda call, user: credentials_of(call, user, SSH), "delete SSH public keys"),
    (lambda call, user: credentials_of(call, user, CERTIFICATE), "delete signing certificate"),
    (
        lambda call, user: credentials_of(call, user, SERVICE),
        "delete service specific credentials",
    ),
    (lambda call, user: user.groups, "remove users from group"),
)


def create_user(call: Call, request: Input) -> Output:
    """CreateUser."""
    name, path = request["UserName"], request.get("Path", "/")
    rows = call.rows(USERS)
    if key_of(name) in rows:
        raise refusals.already_exists(f"User with name {name} already exists.")
    if len(rows) >= call.quota("UsersPerAccount"):
        raise refusals.over_quota("UsersPerAccount", call.quota("UsersPerAccount"))
    boundary = request.get("PermissionsBoundary", "")
    if boundary:
        boundary = expect_boundary(call, boundary).arn
    new_tags = tags.tags_from(call, request.get("Tags", ()))
    arn = arn_of(call, "user", path, name)
    user = User(
        name=name,
        path=path,
        id=unique_id(call, USER_ID, arn),
        arn=arn,
        created_ns=call.now,
        tags=new_tags,
    )
    set_boundary(call, user, boundary)
    rows[key_of(name)] = user
    return {"User": user_view(user)}


def get_user(call: Call, request: Input) -> Output:
    """GetUser: the named user, else the caller, who may be the account's root user."""
    if "UserName" not in request and call.caller.kind == "root":
        return {
            "User": {
                "UserId": call.account,
                "Arn": call.arn("root", region=""),
                "CreateDate": seconds(call.cloud.settings.start_ns),
            }
        }
    return {"User": user_view(named_or_calling_user(call, request))}


def list_users(call: Call, request: Input) -> Output:
    """ListUsers, by name."""
    return listed_rows(request, "Users", call.rows(USERS), user_item)


def update_user(call: Call, request: Input) -> Output:
    """UpdateUser: another name or path, the same user: id, keys, policies and groups stay."""
    user = expect_user(call, request["UserName"])
    rows = call.rows(USERS)
    name = request.get("NewUserName", user.name)
    old_key, new_key = key_of(user.name), key_of(name)
    if new_key != old_key and new_key in rows:
        raise refusals.already_exists(f"User with name {name} already exists.")
    old_arn = user.arn
    user.name = name
    user.path = request.get("NewPath", user.path)
    user.arn = arn_of(call, "user", user.path, name)
    if new_key != old_key:
        del rows[old_key]
        rows[new_key] = user
        groups = call.rows(GROUPS)
        for group in user.groups:
            members = groups[group].users
            members[members.index(old_key)] = new_key
        keys = call.rows(ACCESS_KEYS)
        for access_key in user.access_keys:
            keys[access_key].user = new_key
    if user.arn != old_arn:
        retell_trust(call, old_arn, user.arn)
    return {}


def delete_user(call: Call, request: Input) -> Output:
    """DeleteUser: only one that has nothing any more."""
    user = expect_user(call, request["UserName"])
    for has, what in BLOCKERS:
        if has(call, user):
            raise refusals.must_go_first(what)
    set_boundary(call, user, "")
    del call.rows(USERS)[key_of(user.name)]
    retell_trust(call, user.arn, user.id)
    return {}


def _find(call: Call, request: Input) -> User:
    return expect_user(call, request["UserName"])


tag_user = handler_of(tags.tag, _find)
untag_user = handler_of(tags.untag, _find)
list_user_tags = handler_of(tags.list_tags, _find)
