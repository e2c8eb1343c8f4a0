"""What operations take, as read off their models."""

from __future__ import annotations

from cloudchamber.cloud.members import Member, members_of


def test_members_say_their_type_and_a_list_s_parts() -> None:
    members = members_of("organizations", "TagResource")
    assert members["ResourceId"] == Member("string")
    assert members["Tags"] == Member("list", ("Key", "Value"))
    assert members_of("sqs", "TagQueue")["Tags"] == Member("map")


def test_what_is_not_here_has_no_members() -> None:
    assert not members_of("sqs", "TagNothing")
    assert not members_of("nothing", "TagResource")
