"""Groups and memberships."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.unit.services.iam.documents import ADMINISTRATOR, allow, arn, every, refusal


def names(users: list[dict[str, Any]]) -> list[str]:
    return [user["UserName"] for user in users]


def test_a_group_is_shown_as_it_was_made(iam: Any) -> None:
    made = iam.create_group(GroupName="Team", Path="/x/")["Group"]
    assert made["Arn"] == arn("group/x/Team")
    assert re.fullmatch(r"AGPA[A-Z2-7]{17}", made["GroupId"])
    assert iam.get_group(GroupName="team")["Group"] == made
    assert refusal(iam.create_group, GroupName="TEAM") == (
        "EntityAlreadyExists",
        409,
        "Group with name TEAM already exists.",
    )
    assert refusal(iam.get_group, GroupName="other") == (
        "NoSuchEntity",
        404,
        "The group with name other cannot be found.",
    )


def test_members_are_seen_from_both_sides(iam: Any) -> None:
    for group in ("g", "h"):
        iam.create_group(GroupName=group)
    for user in ("c", "a", "b"):
        iam.create_user(UserName=user)
        iam.add_user_to_group(GroupName="g", UserName=user)
    iam.add_user_to_group(GroupName="h", UserName="a")
    iam.add_user_to_group(GroupName="h", UserName="a")
    assert names(every(iam, "get_group", "Users", GroupName="g")) == ["a", "b", "c"]
    groups = every(iam, "list_groups_for_user", "Groups", UserName="a")
    assert [group["GroupName"] for group in groups] == ["g", "h"]
    iam.remove_user_from_group(GroupName="g", UserName="a")
    iam.remove_user_from_group(GroupName="g", UserName="a")
    assert names(iam.get_group(GroupName="g")["Users"]) == ["b", "c"]
    assert len(iam.list_groups_for_user(UserName="a")["Groups"]) == 1


def test_memberships_need_both(iam: Any) -> None:
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u")
    assert refusal(iam.add_user_to_group, GroupName="g", UserName="x") == (
        "NoSuchEntity",
        404,
        "The user with name x cannot be found.",
    )
    assert refusal(iam.add_user_to_group, GroupName="x", UserName="u")[2] == (
        "The group with name x cannot be found."
    )


def test_a_user_is_in_ten_groups_at_most(iam: Any) -> None:
    iam.create_user(UserName="u")
    for number in range(11):
        iam.create_group(GroupName=f"g{number}")
        if number < 10:
            iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
    assert refusal(iam.add_user_to_group, GroupName="g10", UserName="u") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for GroupsPerUser: 10",
    )


def test_a_renamed_group_keeps_its_members(iam: Any) -> None:
    made = iam.create_group(GroupName="old")["Group"]
    iam.create_user(UserName="u")
    iam.add_user_to_group(GroupName="old", UserName="u")
    iam.update_group(GroupName="old", NewGroupName="new", NewPath="/p/")
    renamed = iam.get_group(GroupName="new")
    assert renamed["Group"]["GroupId"] == made["GroupId"]
    assert renamed["Group"]["Arn"] == arn("group/p/new")
    assert names(renamed["Users"]) == ["u"]
    assert iam.list_groups_for_user(UserName="u")["Groups"][0]["GroupName"] == "new"
    iam.create_group(GroupName="other")
    assert refusal(iam.update_group, GroupName="other", NewGroupName="NEW")[0] == (
        "EntityAlreadyExists"
    )


def test_a_group_goes_when_nothing_is_left_in_it(iam: Any) -> None:
    iam.create_group(GroupName="g")
    iam.create_user(UserName="u")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.attach_group_policy(GroupName="g", PolicyArn=ADMINISTRATOR)
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=allow("s3:*"))
    steps: list[tuple[str, Callable[[], Any]]] = [
        (
            "remove users from group",
            lambda: iam.remove_user_from_group(GroupName="g", UserName="u"),
        ),
        (
            "detach all policies",
            lambda: iam.detach_group_policy(GroupName="g", PolicyArn=ADMINISTRATOR),
        ),
        ("delete policies", lambda: iam.delete_group_policy(GroupName="g", PolicyName="p")),
    ]
    for what, take in steps:
        assert refusal(iam.delete_group, GroupName="g") == (
            "DeleteConflict",
            409,
            f"Cannot delete entity, must {what} first.",
        )
        take()
    iam.delete_group(GroupName="g")
    assert iam.list_groups()["Groups"] == []


def test_groups_are_listed_below_a_path(iam: Any) -> None:
    for name, path in (("b", "/x/"), ("a", "/"), ("c", "/x/")):
        iam.create_group(GroupName=name, Path=path)
    below = every(iam, "list_groups", "Groups", PathPrefix="/x")
    assert [group["GroupName"] for group in below] == ["b", "c"]
