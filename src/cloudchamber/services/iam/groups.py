"""Groups and who is in them.

Rules of this file: both sides of a membership are changed together. What a group has in policies
holds for each of its members from the moment they join.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.iam import refusals
from cloudchamber.services.iam.identifiers import GROUP, arn_of, unique_id
from cloudchamber.services.iam.kinds import expect_group, expect_user
from cloudchamber.services.iam.listing import listed, listed_rows
from cloudchamber.services.iam.nouns import GROUPS, USERS, Group, key_of
from cloudchamber.services.iam.views import group_view, user_item

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def create_group(call: Call, request: Input) -> Output:
    """CreateGroup."""
    name, path = request["GroupName"], request.get("Path", "/")
    rows = call.rows(GROUPS)
    if key_of(name) in rows:
        raise refusals.already_exists(f"Group with name {name} already exists.")
    if len(rows) >= call.quota("GroupsPerAccount"):
        raise refusals.over_quota("GroupsPerAccount", call.quota("GroupsPerAccount"))
    arn = arn_of(call, "group", path, name)
    group = Group(
        name=name, path=path, id=unique_id(call, GROUP, arn), arn=arn, created_ns=call.now
    )
    rows[key_of(name)] = group
    return {"Group": group_view(group)}


def get_group(call: Call, request: Input) -> Output:
    """GetGroup: the group and, paged, its users by name."""
    group = expect_group(call, request["GroupName"])
    users = call.rows(USERS)
    members = [users[key] for key in sorted(group.users)]
    output = listed(request, "Users", members, lambda user: key_of(user.name), user_item)
    output["Group"] = group_view(group)
    return output


def list_groups(call: Call, request: Input) -> Output:
    """ListGroups, by name."""
    return listed_rows(request, "Groups", call.rows(GROUPS), group_view)


def list_groups_for_user(call: Call, request: Input) -> Output:
    """ListGroupsForUser, by name."""
    user = expect_user(call, request["UserName"])
    rows = call.rows(GROUPS)
    groups = [rows[key] for key in sorted(user.groups)]
    return listed(request, "Groups", groups, lambda group: key_of(group.name), group_view)


def update_group(call: Call, request: Input) -> Output:
    """UpdateGroup: another name or path, the same group."""
    group = expect_group(call, request["GroupName"])
    rows = call.rows(GROUPS)
    name = request.get("NewGroupName", group.name)
    old_key, new_key = key_of(group.name), key_of(name)
    if new_key != old_key and new_key in rows:
        raise refusals.already_exists(f"Group with name {name} already exists.")
    group.name = name
    group.path = request.get("NewPath", group.path)
    group.arn = arn_of(call, "group", group.path, name)
    if new_key != old_key:
        del rows[old_key]
        rows[new_key] = group
        users = call.rows(USERS)
        for user in group.users:
            groups = users[user].groups
            groups[groups.index(old_key)] = new_key
    return {}


def delete_group(call: Call, request: Input) -> Output:
    """DeleteGroup: only one without members and policies."""
    group = expect_group(call, request["GroupName"])
    if group.users:
        raise refusals.must_go_first("remove users from group")
    if group.attached:
        raise refusals.must_go_first("detach all policies")
    if group.inline:
        raise refusals.must_go_first("delete policies")
    del call.rows(GROUPS)[key_of(group.name)]
    return {}


def add_user_to_group(call: Call, request: Input) -> Output:
    """AddUserToGroup. Adding a member again changes nothing."""
    group = expect_group(call, request["GroupName"])
    user = expect_user(call, request["UserName"])
    if key_of(user.name) in group.users:
        return {}
    limit = call.quota("GroupsPerUser")
    if len(user.groups) >= limit:
        raise refusals.over_quota("GroupsPerUser", limit)
    group.users.append(key_of(user.name))
    user.groups.append(key_of(group.name))
    return {}


def remove_user_from_group(call: Call, request: Input) -> Output:
    """RemoveUserFromGroup. Removing who is no member changes nothing."""
    group = expect_group(call, request["GroupName"])
    user = expect_user(call, request["UserName"])
    if key_of(user.name) in group.users:
        group.users.remove(key_of(user.name))
        user.groups.remove(key_of(group.name))
    return {}
