"""Invitations, from both sides and on the clock."""

from __future__ import annotations

from datetime import timedelta

from tests.unit.services.organizations.story import MANAGER, OUTSIDER, Story, refused

TARGET = {"Type": "ACCOUNT", "Id": OUTSIDER}


def test_an_invited_account_joins(story: Story) -> None:
    sent = story.api.invite_account_to_organization(
        Target=TARGET, Notes="hello", Tags=[{"Key": "k", "Value": "v"}]
    )["Handshake"]
    assert sent["State"] == "OPEN"
    assert sent["ExpirationTimestamp"] - sent["RequestedTimestamp"] == timedelta(days=15)
    assert sent["Parties"] == [
        {"Id": story.organization["Id"].removeprefix("o-"), "Type": "ORGANIZATION"},
        {"Id": OUTSIDER, "Type": "ACCOUNT"},
    ]
    assert {"Type": "NOTES", "Value": "hello"} in sent["Resources"]
    other = story.of(OUTSIDER)
    assert other.list_handshakes_for_account()["Handshakes"] == [sent]
    assert refused(story.api.accept_handshake, HandshakeId=sent["Id"]) == ("AccessDenied", "")
    done = other.accept_handshake(HandshakeId=sent["Id"])["Handshake"]
    assert done == {**sent, "State": "ACCEPTED"}
    joined = story.api.describe_account(AccountId=OUTSIDER)["Account"]
    assert joined["JoinedMethod"] == "INVITED"
    assert story.api.list_tags_for_resource(ResourceId=OUTSIDER)["Tags"] == [
        {"Key": "k", "Value": "v"}
    ]
    assert other.describe_organization()["Organization"] == story.organization
    story.deny("NoQueues", "sqs:*", story.root)
    assert not story.may_queue(OUTSIDER)
    again = {"HandshakeId": sent["Id"]}
    assert refused(other.accept_handshake, **again) == ("HandshakeAlreadyInState", "")
    assert refused(other.decline_handshake, **again) == ("InvalidHandshakeTransition", "")
    assert refused(story.api.cancel_handshake, **again) == ("InvalidHandshakeTransition", "")
    assert refused(story.api.invite_account_to_organization, Target=TARGET) == (
        "HandshakeConstraintViolation",
        "ALREADY_IN_AN_ORGANIZATION",
    )
    # Invited accounts need not wait.
    other.leave_organization()


def test_declined_and_cancelled(story: Story) -> None:
    sent = story.api.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
    assert refused(story.api.invite_account_to_organization, Target=TARGET) == (
        "DuplicateHandshake",
        "",
    )
    other = story.of(OUTSIDER)
    assert other.decline_handshake(HandshakeId=sent)["Handshake"]["State"] == "DECLINED"
    sent = story.api.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
    assert refused(other.cancel_handshake, HandshakeId=sent) == ("AccessDenied", "")
    assert story.api.cancel_handshake(HandshakeId=sent)["Handshake"]["State"] == "CANCELED"
    assert refused(other.accept_handshake, HandshakeId=sent) == ("InvalidHandshakeTransition", "")
    assert refused(story.of("333333333333").describe_handshake, HandshakeId=sent) == (
        "HandshakeNotFound",
        "",
    )
    states = [each["State"] for each in story.api.list_handshakes_for_organization()["Handshakes"]]
    assert sorted(states) == ["CANCELED", "DECLINED"]
    story.chamber.advance("30d")
    assert story.api.list_handshakes_for_organization()["Handshakes"] == []


def test_an_invitation_runs_out_after_fifteen_days(story: Story) -> None:
    sent = story.api.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
    other = story.of(OUTSIDER)
    story.chamber.advance(15 * 86_400 - 1)
    assert other.describe_handshake(HandshakeId=sent)["Handshake"]["State"] == "OPEN"
    story.chamber.advance(1)
    assert other.describe_handshake(HandshakeId=sent)["Handshake"]["State"] == "EXPIRED"
    assert refused(other.accept_handshake, HandshakeId=sent) == ("InvalidHandshakeTransition", "")
    story.chamber.advance("30d")
    assert refused(other.describe_handshake, HandshakeId=sent) == ("HandshakeNotFound", "")


def test_by_address(story: Story) -> None:
    member = story.account("dev")
    story.chamber.advance("4d")
    story.of(member).leave_organization()
    target = {"Type": "EMAIL", "Id": "dev@corp.example.com"}
    sent = story.api.invite_account_to_organization(Target=target)["Handshake"]
    assert sent["Parties"][1] == {"Id": "dev@corp.example.com", "Type": "EMAIL"}
    story.of(member).accept_handshake(HandshakeId=sent["Id"])
    for target, reason in (
        ({"Type": "EMAIL", "Id": "nobody@corp.example.com"}, "INVALID_EMAIL_ADDRESS_TARGET"),
        ({"Type": "ORGANIZATION", "Id": "o-abcdefghij"}, "INVALID_PARTY_TYPE_TARGET"),
        ({"Type": "ACCOUNT", "Id": "12"}, "INVALID_PATTERN_TARGET_ID"),
    ):
        assert refused(story.api.invite_account_to_organization, Target=target) == (
            "InvalidInput",
            reason,
        )


def test_an_account_of_another_organization_cannot_accept(story: Story) -> None:
    sent = story.api.invite_account_to_organization(Target=TARGET)["Handshake"]["Id"]
    other = story.of(OUTSIDER)
    other.create_organization()
    assert refused(other.accept_handshake, HandshakeId=sent) == (
        "HandshakeConstraintViolation",
        "ALREADY_IN_AN_ORGANIZATION",
    )
    other.delete_organization()
    other.accept_handshake(HandshakeId=sent)


def test_open_invitations_count_as_accounts(story: Story) -> None:
    for number in range(9):
        story.api.invite_account_to_organization(
            Target={"Type": "ACCOUNT", "Id": f"{300_000_000_000 + number}"}
        )
    assert refused(story.api.invite_account_to_organization, Target=TARGET) == (
        "HandshakeConstraintViolation",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    )
    assert refused(story.api.create_account, Email="a@corp.example.com", AccountName="a") == (
        "ConstraintViolation",
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
    )
    assert len(story.of(MANAGER).list_handshakes_for_organization()["Handshakes"]) == 9
