"""Accounts: created, used by their manager, closed, sent away."""

from __future__ import annotations

import re

from cloudchamber.cloud.settings import Lifecycle
from cloudchamber.testing.chamber import Chamber
from tests.unit.services.organizations.story import MANAGER, OUTSIDER, Story, refused, user_of


def test_a_created_account_is_usable_by_its_manager(story: Story) -> None:
    member = story.account("dev")
    assert re.fullmatch(r"\d{12}", member)
    # By its own key.
    assert story.may_queue(member, "own")
    # By the role, from the management account and from no other.
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    sts = story.chamber.client("sts", credentials=user_of(story.chamber, MANAGER))
    given = sts.assume_role(RoleArn=role, RoleSessionName="in")["Credentials"]
    inside = story.chamber.client("sqs", credentials=given)
    assert inside.create_queue(QueueName="by-role")["QueueUrl"].endswith(f"/{member}/by-role")
    stranger = story.chamber.client("sts", credentials=user_of(story.chamber, OUTSIDER))
    code, _ = refused(stranger.assume_role, RoleArn=role, RoleSessionName="in")
    assert code == "AccessDenied"


def test_the_role_has_the_name_that_was_asked_for(story: Story) -> None:
    member = story.account("dev", RoleName="Landing", Tags=[{"Key": "team", "Value": "a"}])
    iam = story.chamber.client("iam", account=member)
    assert [each["RoleName"] for each in iam.list_roles()["Roles"]] == ["Landing"]
    attached = iam.list_attached_role_policies(RoleName="Landing")["AttachedPolicies"]
    assert [each["PolicyName"] for each in attached] == ["AdministratorAccess"]
    tags = story.api.list_tags_for_resource(ResourceId=member)["Tags"]
    assert tags == [{"Key": "team", "Value": "a"}]
    assert refused(
        story.api.create_account,
        Email="x@corp.example.com",
        AccountName="x",
        RoleName="AWSServiceRoleForX",
    ) == ("InvalidInput", "INVALID_ROLE_NAME")


def test_creation_takes_the_time_of_the_lifecycle() -> None:
    profiles: tuple[tuple[Lifecycle, int], ...] = (("realistic", 300), ("adversarial", 3600))
    for lifecycle, seconds in profiles:
        with Chamber(seed=1, account=MANAGER, lifecycle=lifecycle) as chamber:
            story = Story(chamber)
            request = story.api.create_account(Email="a@corp.example.com", AccountName="a")
            id_ = request["CreateAccountStatus"]["Id"]
            assert re.fullmatch(r"car-[a-z0-9]{8,32}", id_)
            chamber.advance(seconds - 1)
            assert story.status(id_)["State"] == "IN_PROGRESS"
            listed = story.api.list_create_account_status(States=["IN_PROGRESS"])
            assert [each["Id"] for each in listed["CreateAccountStatuses"]] == [id_]
            assert refused(story.api.delete_organization) == ("OrganizationNotEmpty", "")
            chamber.advance(1)
            status = story.status(id_)
            assert status["State"] == "SUCCEEDED"
            spent = status["CompletedTimestamp"] - status["RequestedTimestamp"]
            assert spent.total_seconds() == seconds
            assert not story.api.list_create_account_status(States=["IN_PROGRESS"])[
                "CreateAccountStatuses"
            ]


def test_a_creation_under_way_goes_on_in_a_fork() -> None:
    with Chamber(seed=1, account=MANAGER, lifecycle="realistic") as chamber:
        story = Story(chamber)
        story.api.create_account(Email="a@corp.example.com", AccountName="a")
        chamber.advance(299)
        with chamber.fork() as other:
            api = other.client("organizations")
            assert len(api.list_accounts()["Accounts"]) == 1
            other.advance(1)
            found = api.list_accounts()["Accounts"]
            assert len(found) == 2
            chamber.advance(1)
            assert story.api.list_accounts()["Accounts"] == found
            assert chamber.digest == other.digest


def test_an_address_is_one_accounts(story: Story) -> None:
    story.account("dev")
    request = story.api.create_account(Email="DEV@corp.example.com", AccountName="again")
    status = story.status(request["CreateAccountStatus"]["Id"])
    assert (status["State"], status["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert len(story.api.list_accounts()["Accounts"]) == 2


def test_creations_are_limited() -> None:
    with Chamber(seed=1, account=MANAGER, lifecycle="realistic") as chamber:
        story = Story(chamber)
        for number in range(5):
            story.api.create_account(Email=f"a{number}@corp.example.com", AccountName="a")
        again = {"Email": "b@corp.example.com", "AccountName": "b"}
        assert refused(story.api.create_account, **again) == (
            "ConstraintViolation",
            "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED",
        )
        chamber.advance(300)
        for number in range(5, 9):
            story.api.create_account(Email=f"a{number}@corp.example.com", AccountName="a")
        # With the manager's that makes ten.
        assert refused(story.api.create_account, **again) == (
            "ConstraintViolation",
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        )


def test_a_closed_account_is_suspended_and_then_gone() -> None:
    with Chamber(seed=1, account=MANAGER, lifecycle="realistic") as chamber:
        story = Story(chamber)
        ids = []
        for number in range(4):
            story.api.create_account(Email=f"a{number}@corp.example.com", AccountName="a")
        chamber.advance(300)
        ids = [each["Id"] for each in story.api.list_accounts()["Accounts"]]
        ids.remove(MANAGER)
        assert refused(story.api.close_account, AccountId=MANAGER) == (
            "ConstraintViolation",
            "CANNOT_CLOSE_MANAGEMENT_ACCOUNT",
        )
        for id_ in ids[:3]:
            story.api.close_account(AccountId=id_)
        assert refused(story.api.close_account, AccountId=ids[0]) == ("Conflict", "")
        assert refused(story.api.close_account, AccountId=ids[3]) == (
            "ConstraintViolation",
            "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED",
        )
        assert story.api.describe_account(AccountId=ids[0])["Account"]["State"] == (
            "PENDING_CLOSURE"
        )
        chamber.advance(300)
        assert story.api.describe_account(AccountId=ids[0])["Account"]["Status"] == "SUSPENDED"
        assert refused(story.api.close_account, AccountId=ids[0]) == ("AccountAlreadyClosed", "")
        chamber.advance("90d")
        left = [each["Id"] for each in story.api.list_accounts()["Accounts"]]
        assert left == sorted([MANAGER, ids[3]])


def test_leaving(story: Story) -> None:
    member = story.account("dev")
    story.api.tag_resource(ResourceId=member, Tags=[{"Key": "k", "Value": "v"}])
    waiting = ("ConstraintViolation", "WAIT_PERIOD_ACTIVE")
    story.chamber.advance(4 * 86_400 - 1)
    assert refused(story.of(member).leave_organization) == waiting
    assert refused(story.api.remove_account_from_organization, AccountId=member) == waiting
    story.chamber.advance(1)
    assert refused(story.api.leave_organization) == ("MasterCannotLeaveOrganization", "")
    assert refused(story.api.remove_account_from_organization, AccountId=MANAGER) == (
        "MasterCannotLeaveOrganization",
        "",
    )
    story.of(member).leave_organization()
    assert refused(story.of(member).describe_organization) == ("AWSOrganizationsNotInUse", "")
    assert refused(story.api.list_tags_for_resource, ResourceId=member) == ("TargetNotFound", "")
    # It may found its own now.
    assert story.of(member).create_organization()["Organization"]["MasterAccountId"] == member


def test_account_management_finds_members(story: Story) -> None:
    member = story.account("dev")
    api = story.chamber.client("account")
    api.enable_region(AccountId=member, RegionName="me-south-1")
    own = story.chamber.client("account", account=member)
    assert own.get_region_opt_status(RegionName="me-south-1")["RegionOptStatus"] == "ENABLED"
    assert refused(api.enable_region, AccountId=OUTSIDER, RegionName="me-south-1")[0] == (
        "AccessDenied"
    )
