"""Access keys: whose they are, their state, and when they were last used."""

from __future__ import annotations

import re
from typing import Any

from tests.unit.services.iam.documents import ACCOUNT, arn, every, refusal

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
INVALID = (
    "InvalidClientTokenId",
    403,
    "The security token included in the request is invalid.",
)


def test_a_key_is_its_users(iam: Any, chamber: Any) -> None:
    user = iam.create_user(UserName="u")["User"]
    key = iam.create_access_key(UserName="u")["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9+/]{40}", key["SecretAccessKey"])
    mine = chamber.client("iam", credentials=key)
    assert mine.get_user()["User"]["Arn"] == user["Arn"]
    own = mine.list_access_keys()["AccessKeyMetadata"]
    assert [(each["AccessKeyId"], each["UserName"]) for each in own] == [(key["AccessKeyId"], "u")]
    assert "SecretAccessKey" not in own[0]


def test_the_account_can_be_read_out_of_a_key(iam: Any) -> None:
    key = iam.create_access_key()["AccessKey"]["AccessKeyId"]
    bits = 0
    for character in key[4:]:
        bits = bits << 5 | BASE32.index(character)
    assert bits >> 39 & (1 << 40) - 1 == int(ACCOUNT)


def test_a_wrong_secret_does_not_sign(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    forged = chamber.client("iam", credentials={**key, "SecretAccessKey": "x" * 40})
    assert refusal(forged.get_user)[:2] == ("SignatureDoesNotMatch", 403)


def test_a_user_has_two_keys_at_most(iam: Any) -> None:
    iam.create_user(UserName="u")
    made = [iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"] for _ in range(2)]
    assert refusal(iam.create_access_key, UserName="u") == (
        "LimitExceeded",
        409,
        "Cannot exceed quota for AccessKeysPerUser: 2",
    )
    shown = every(iam, "list_access_keys", "AccessKeyMetadata", UserName="u")
    assert [key["AccessKeyId"] for key in shown] == made


def test_an_inactive_key_is_refused_until_it_is_active_again(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    mine = chamber.client("iam", credentials=key)
    mine.get_user()
    identifier = key["AccessKeyId"]
    iam.update_access_key(UserName="u", AccessKeyId=identifier, Status="Inactive")
    assert refusal(mine.get_user) == INVALID
    assert iam.list_access_keys(UserName="u")["AccessKeyMetadata"][0]["Status"] == "Inactive"
    iam.update_access_key(UserName="u", AccessKeyId=identifier, Status="Active")
    assert mine.get_user()["User"]["UserName"] == "u"


def test_a_key_of_another_user_cannot_be_found(iam: Any) -> None:
    for name in ("u", "v"):
        iam.create_user(UserName=name)
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    answer = ("NoSuchEntity", 404, f"The Access Key with id {key} cannot be found.")
    assert refusal(iam.delete_access_key, UserName="v", AccessKeyId=key) == answer
    assert refusal(iam.delete_access_key, AccessKeyId=key) == answer
    assert refusal(iam.update_access_key, UserName="v", AccessKeyId=key, Status="Active") == answer
    iam.delete_access_key(UserName="u", AccessKeyId=key)
    assert refusal(iam.get_access_key_last_used, AccessKeyId=key) == answer


def test_root_has_keys_of_its_own(iam: Any, chamber: Any) -> None:
    key = iam.create_access_key()["AccessKey"]
    root = chamber.client("iam", credentials=key)
    assert root.get_user()["User"]["Arn"] == arn("root")
    assert [each["AccessKeyId"] for each in iam.list_access_keys()["AccessKeyMetadata"]] == [
        key["AccessKeyId"]
    ]
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    iam.delete_access_key(AccessKeyId=key["AccessKeyId"])
    assert iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 0


def used(iam: Any, key: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
    return found["AccessKeyLastUsed"]  # type: ignore[no-any-return]


def test_the_first_use_in_fifteen_minutes_is_recorded(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    assert used(iam, key) == {"ServiceName": "N/A", "Region": "N/A"}
    mine = chamber.client("sqs", region_name="eu-west-1", credentials=key)
    mine.list_queues()
    first = used(iam, key)
    assert (first["ServiceName"], first["Region"]) == ("sqs", "eu-west-1")
    chamber.advance("14m")
    chamber.client("iam", credentials=key).get_user()
    assert used(iam, key) == first
    chamber.advance("1m")
    chamber.client("iam", credentials=key).get_user()
    second = used(iam, key)
    assert second["ServiceName"] == "iam"
    assert (second["LastUsedDate"] - first["LastUsedDate"]).total_seconds() == 900


def test_a_use_is_part_of_the_world_that_is_forked(iam: Any, chamber: Any) -> None:
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    chamber.client("iam", credentials=key).get_user()
    with chamber.fork() as other:
        assert used(other.client("iam"), key) == used(iam, key)
        assert other.client("iam", credentials=key).get_user()["User"]["UserName"] == "u"


def test_a_replay_remembers_the_same_uses(iam: Any, chamber: Any) -> None:
    records: list[bytes] = []
    chamber.cloud.journal = records.append
    iam.create_user(UserName="u")
    key = iam.create_access_key(UserName="u")["AccessKey"]
    mine = chamber.client("iam", credentials=key)
    for _ in range(3):
        mine.get_user()
        chamber.advance("10m")
    with type(chamber)(seed=1, account=ACCOUNT) as again:
        for record in records:
            again.cloud.replay(record)
        assert again.digest == chamber.digest
        assert used(again.client("iam"), key) == used(iam, key)
