"""Users: creation, names, paths, tags, renames, deletion."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.unit.services.iam.documents import (
    ACCOUNT,
    ADMINISTRATOR,
    allow,
    arn,
    every,
    refusal,
    trust,
)


def test_a_user_is_shown_as_it_was_made(iam: Any) -> None:
    made = iam.create_user(
        UserName="Alice",
        Path="/staff/",
        PermissionsBoundary=ADMINISTRATOR,
        Tags=[{"Key": "team", "Value": "red"}],
    )["User"]
    assert made["Arn"] == arn("user/staff/Alice")
    assert re.fullmatch(r"AIDA[A-Z2-7]{17}", made["UserId"])
    assert made["PermissionsBoundary"] == {
        "PermissionsBoundaryType": "Policy",
        "PermissionsBoundaryArn": ADMINISTRATOR,
    }
    assert made["Tags"] == [{"Key": "team", "Value": "red"}]
    assert iam.get_user(UserName="Alice")["User"] == made


def test_names_are_unique_and_found_in_any_case(iam: Any) -> None:
    made = iam.create_user(UserName="Alice")["User"]
    assert iam.get_user(UserName="aLICE")["User"] == made
    assert refusal(iam.create_user, UserName="ALICE") == (
        "EntityAlreadyExists",
        409,
        "User with name ALICE already exists.",
    )


def test_who_is_not_there_cannot_be_found(iam: Any) -> None:
    answer = ("NoSuchEntity", 404, "The user with name bob cannot be found.")
    assert refusal(iam.get_user, UserName="bob") == answer
    assert refusal(iam.delete_user, UserName="bob") == answer
    assert refusal(iam.tag_user, UserName="bob", Tags=[{"Key": "a", "Value": "b"}]) == answer


def test_root_asks_who_it_is(iam: Any) -> None:
    user = iam.get_user()["User"]
    assert (user["UserId"], user["Arn"]) == (ACCOUNT, arn("root"))


def test_users_are_listed_by_name_below_a_path(iam: Any) -> None:
    for name, path in [
        ("zoe", "/"),
        ("Bob", "/x/"),
        ("adam", "/x/y/"),
        ("carl", "/x/"),
        ("eve", "/"),
    ]:
        iam.create_user(UserName=name, Path=path, Tags=[{"Key": "k", "Value": "v"}])
    names = [user["UserName"] for user in every(iam, "list_users", "Users")]
    assert names == ["adam", "Bob", "carl", "eve", "zoe"]
    below = every(iam, "list_users", "Users", PathPrefix="/x/")
    assert [user["UserName"] for user in below] == ["adam", "Bob", "carl"]
    assert all("Tags" not in user for user in below)
    first = iam.list_users(MaxItems=2)
    assert first["IsTruncated"] is True
    assert iam.list_users()["IsTruncated"] is False


def test_a_page_continues_where_the_last_one_ended_whatever_came_or_went(iam: Any) -> None:
    for name in ("a", "b", "c", "d"):
        iam.create_user(UserName=name)
    first = iam.list_users(MaxItems=2)
    iam.delete_user(UserName="b")
    iam.create_user(UserName="aa")
    rest = iam.list_users(Marker=first["Marker"])
    assert [user["UserName"] for user in rest["Users"]] == ["c", "d"]
    assert refusal(iam.list_users, Marker="nonsense")[0] == "ValidationError"


def test_tags_are_unique_without_regard_to_case(iam: Any) -> None:
    iam.create_user(UserName="a", Tags=[{"Key": "Team", "Value": "red"}])
    iam.tag_user(UserName="a", Tags=[{"Key": "team", "Value": "blue"}, {"Key": "x", "Value": ""}])
    assert every(iam, "list_user_tags", "Tags", UserName="a") == [
        {"Key": "team", "Value": "blue"},
        {"Key": "x", "Value": ""},
    ]
    iam.untag_user(UserName="a", TagKeys=["TEAM", "nothing"])
    assert iam.list_user_tags(UserName="a")["Tags"] == [{"Key": "x", "Value": ""}]
    assert refusal(
        iam.tag_user, UserName="a", Tags=[{"Key": "q", "Value": "1"}, {"Key": "Q", "Value": "2"}]
    ) == (
        "InvalidInput",
        400,
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    assert refusal(iam.tag_user, UserName="a", Tags=[{"Key": "aws:x", "Value": "1"}])[0] in (
        "InvalidInput",
        "ValidationError",
    )


def test_a_user_has_fifty_tags_at_most(iam: Any) -> None:
    iam.create_user(UserName="a", Tags=[{"Key": f"k{n}", "Value": ""} for n in range(50)])
    iam.tag_user(UserName="a", Tags=[{"Key": "k7", "Value": "again"}])
    code, status, _ = refusal(iam.tag_user, UserName="a", Tags=[{"Key": "one more", "Value": ""}])
    assert (code, status) == ("LimitExceeded", 409)
    assert len(every(iam, "list_user_tags", "Tags", UserName="a")) == 50


def test_a_renamed_user_keeps_all_it_has(iam: Any, chamber: Any) -> None:
    made = iam.create_user(UserName="old")["User"]
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="old")
    key = iam.create_access_key(UserName="old")["AccessKey"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=made["Arn"]))
    iam.update_user(UserName="old", NewUserName="New", NewPath="/p/")

    renamed = iam.get_user(UserName="new")["User"]
    assert renamed["UserId"] == made["UserId"]
    assert renamed["Arn"] == arn("user/p/New")
    assert [user["UserName"] for user in iam.get_group(GroupName="g")["Users"]] == ["New"]
    assert iam.list_access_keys(UserName="New")["AccessKeyMetadata"][0]["UserName"] == "New"
    assert chamber.client("iam", credentials=key).get_user()["User"]["UserName"] == "New"
    trusted = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Principal"] == {"AWS": arn("user/p/New")}
    assert refusal(iam.get_user, UserName="old")[0] == "NoSuchEntity"
    iam.create_user(UserName="other")
    assert refusal(iam.update_user, UserName="other", NewUserName="NEW") == (
        "EntityAlreadyExists",
        409,
        "User with name NEW already exists.",
    )


@pytest.mark.parametrize(
    ("give", "take", "what"),
    [
        (
            lambda iam: iam.attach_user_policy(UserName="a", PolicyArn=ADMINISTRATOR),
            lambda iam: iam.detach_user_policy(UserName="a", PolicyArn=ADMINISTRATOR),
            "detach all policies",
        ),
        (
            lambda iam: iam.put_user_policy(
                UserName="a", PolicyName="p", PolicyDocument=allow("s3:*")
            ),
            lambda iam: iam.delete_user_policy(UserName="a", PolicyName="p"),
            "delete policies",
        ),
        (
            lambda iam: iam.create_login_profile(UserName="a", Password="Secret-12"),
            lambda iam: iam.delete_login_profile(UserName="a"),
            "delete login profile",
        ),
        (
            lambda iam: iam.create_access_key(UserName="a"),
            lambda iam: iam.delete_access_key(
                UserName="a",
                AccessKeyId=iam.list_access_keys(UserName="a")["AccessKeyMetadata"][0][
                    "AccessKeyId"
                ],
            ),
            "delete access keys",
        ),
        (
            lambda iam: iam.add_user_to_group(GroupName="g", UserName="a"),
            lambda iam: iam.remove_user_from_group(GroupName="g", UserName="a"),
            "remove users from group",
        ),
    ],
)
def test_a_user_with_anything_left_cannot_be_deleted(
    iam: Any, give: Any, take: Any, what: str
) -> None:
    iam.create_group(GroupName="g")
    iam.create_user(UserName="a", PermissionsBoundary=ADMINISTRATOR)
    give(iam)
    assert refusal(iam.delete_user, UserName="a") == (
        "DeleteConflict",
        409,
        f"Cannot delete entity, must {what} first.",
    )
    take(iam)
    iam.delete_user(UserName="a")
    assert refusal(iam.get_user, UserName="a")[0] == "NoSuchEntity"
    shown = iam.get_policy(PolicyArn=ADMINISTRATOR)["Policy"]
    assert (shown["AttachmentCount"], shown["PermissionsBoundaryUsageCount"]) == (0, 0)


def test_a_namesake_is_somebody_else(iam: Any, chamber: Any) -> None:
    first = iam.create_user(UserName="a")["User"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(AWS=first["Arn"]))
    iam.delete_user(UserName="a")
    second = iam.create_user(UserName="a")["User"]
    assert second["Arn"] == first["Arn"]
    assert second["UserId"] != first["UserId"]
    trusted = iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    assert trusted["Statement"][0]["Principal"] == {"AWS": first["UserId"]}
    assert chamber.events(about=arn("role/r"))[-1]["what"] == "iam.trust-retold"


def test_accounts_are_apart(chamber: Any) -> None:
    ours = chamber.client("iam")
    theirs = chamber.client("iam", account="222222222222")
    ours.create_user(UserName="a")
    assert theirs.list_users()["Users"] == []
    assert theirs.create_user(UserName="a")["User"]["Arn"] == arn("user/a", "222222222222")


def test_a_user_of_another_region_is_the_same_user(chamber: Any) -> None:
    chamber.client("iam", region_name="eu-west-1").create_user(UserName="a")
    assert chamber.client("iam", region_name="us-west-2").get_user(UserName="a")
