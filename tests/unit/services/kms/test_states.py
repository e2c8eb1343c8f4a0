"""States of keys on the clock: disabled, deleted after a while, called back; aliases; tags."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.kms.words import DAY_S, ONE, TWO, arn_of, refusal

Make = Callable[..., str]


def state_of(kms: Any, key: str) -> str:
    state: str = kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
    return state


def test_a_disabled_key_does_nothing_until_it_is_enabled(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=key)
    assert state_of(kms, key) == "Disabled"
    said = ("DisabledException", f"{arn_of(key)} is disabled.")
    assert refusal(kms.decrypt, CiphertextBlob=blob) == said
    assert refusal(kms.generate_data_key, KeyId=key, KeySpec="AES_256") == said
    kms.enable_key(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"


def test_a_key_is_deleted_when_its_time_is_over(chamber: Chamber, kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingDeletion"
    said = ("KMSInvalidStateException", f"{arn_of(key)} is pending deletion.")
    assert refusal(kms.decrypt, CiphertextBlob=blob) == said
    for act in (kms.enable_key, kms.disable_key, kms.schedule_key_deletion):
        assert refusal(act, KeyId=key) == said
    assert refusal(kms.create_alias, AliasName="alias/two", TargetKeyId=key) == said
    assert refusal(kms.tag_resource, KeyId=key, Tags=[{"TagKey": "a", "TagValue": ""}]) == said
    chamber.advance(7 * DAY_S - 1)
    assert state_of(kms, key) == "PendingDeletion"
    chamber.advance(1)
    gone = ("NotFoundException", f"Key '{arn_of(key)}' does not exist")
    assert refusal(kms.describe_key, KeyId=key) == gone
    assert refusal(kms.decrypt, CiphertextBlob=blob) == gone
    assert kms.list_aliases()["Aliases"] == []
    assert kms.list_keys()["Keys"] == []


def test_a_deletion_can_be_called_back(chamber: Chamber, kms: Any, key: str) -> None:
    assert refusal(kms.cancel_key_deletion, KeyId=key) == (
        "KMSInvalidStateException",
        f"{arn_of(key)} is not pending deletion.",
    )
    kms.schedule_key_deletion(KeyId=key)
    chamber.advance(29 * DAY_S)
    kms.cancel_key_deletion(KeyId=key)
    chamber.advance(9 * DAY_S)
    assert state_of(kms, key) == "Disabled"


@pytest.mark.parametrize("days", [6, 31])
def test_the_waiting_period_is_7_to_30_days(kms: Any, key: str, days: int) -> None:
    wrong = refusal(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=days)
    assert wrong[0] == "ValidationException"
    assert state_of(kms, key) == "Enabled"


def test_keys_are_listed_in_pages(kms: Any, make: Make) -> None:
    made = sorted(make() for _ in range(5))
    first = kms.list_keys(Limit=3)
    assert first["Truncated"] is True
    second = kms.list_keys(Limit=3, Marker=first["NextMarker"])
    assert second["Truncated"] is False
    assert [each["KeyId"] for each in first["Keys"] + second["Keys"]] == made
    assert refusal(kms.list_keys, Marker="nonsense")[0] == "InvalidMarkerException"


def test_an_alias_moves_to_another_key(kms: Any, make: Make) -> None:
    old, new = make(), make()
    kms.create_alias(AliasName="alias/mine", TargetKeyId=old)
    arn = f"arn:aws:kms:us-east-1:{ONE}:alias/mine"
    assert refusal(kms.create_alias, AliasName="alias/mine", TargetKeyId=new) == (
        "AlreadyExistsException",
        f"An alias with the name {arn} already exists",
    )
    blob = kms.encrypt(KeyId="alias/mine", Plaintext=b"x")["CiphertextBlob"]
    kms.update_alias(AliasName="alias/mine", TargetKeyId=new)
    assert kms.encrypt(KeyId="alias/mine", Plaintext=b"x")["KeyId"] == arn_of(new)
    assert kms.decrypt(CiphertextBlob=blob)["KeyId"] == arn_of(old)
    assert kms.list_aliases(KeyId=old)["Aliases"] == []
    (alias,) = kms.list_aliases(KeyId=new)["Aliases"]
    assert (alias["AliasName"], alias["AliasArn"]) == ("alias/mine", arn)
    signer = make(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    unlike = refusal(kms.update_alias, AliasName="alias/mine", TargetKeyId=signer)
    assert unlike[0] == "ValidationException"
    kms.delete_alias(AliasName="alias/mine")
    assert refusal(kms.delete_alias, AliasName="alias/mine")[0] == "NotFoundException"


def test_names_that_no_alias_has(kms: Any, key: str) -> None:
    assert refusal(kms.create_alias, AliasName="mine", TargetKeyId=key) == (
        "ValidationException",
        "Invalid identifier",
    )
    reserved = refusal(kms.create_alias, AliasName="alias/aws/mine", TargetKeyId=key)
    assert reserved[0] == "InvalidAliasNameException"


def test_management_takes_no_alias(kms: Any, key: str) -> None:
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    assert refusal(kms.disable_key, KeyId="alias/mine") == (
        "NotFoundException",
        "Invalid keyId 'alias/mine'",
    )


def test_tags(chamber: Chamber, kms: Any, make: Make) -> None:
    key = make(Tags=[{"TagKey": "a", "TagValue": "1"}])
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    tagging = chamber.client("resourcegroupstaggingapi")
    found = tagging.get_resources()["ResourceTagMappingList"]
    assert [each["ResourceARN"] for each in found] == [arn_of(key)]
    reserved = [{"TagKey": "aws:x", "TagValue": ""}]
    assert refusal(kms.tag_resource, KeyId=key, Tags=reserved)[0] == "TagException"


def test_describing_the_alias_of_an_aws_managed_key_makes_it(chamber: Chamber, kms: Any) -> None:
    assert refusal(kms.encrypt, KeyId="alias/aws/ebs", Plaintext=b"x")[0] == "NotFoundException"
    about = kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert about["KeyManager"] == "AWS"
    assert kms.describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"] == about["KeyId"]
    assert refusal(kms.describe_key, KeyId="alias/aws/nothing")[0] == "NotFoundException"
    assert kms.get_key_rotation_status(KeyId=about["KeyId"])["KeyRotationEnabled"] is True
    assert refusal(kms.disable_key, KeyId=about["KeyId"])[0] == "AccessDeniedException"
    chamber.advance(366 * DAY_S)
    assert len(kms.list_key_rotations(KeyId=about["KeyId"])["Rotations"]) == 1


def test_the_description_can_be_changed(kms: Any, make: Make) -> None:
    key = make(Description="first")
    kms.update_key_description(KeyId=key, Description="second")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "second"


def test_keys_belong_to_their_account(chamber: Chamber, kms: Any, key: str) -> None:
    theirs = chamber.client("kms", account=TWO)
    assert theirs.list_keys()["Keys"] == []
    assert refusal(theirs.describe_key, KeyId=key)[0] == "NotFoundException"
    assert theirs.describe_key(KeyId=arn_of(key))["KeyMetadata"]["AWSAccountId"] == ONE


def test_stores_of_other_makers_are_refused(kms: Any) -> None:
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []
    unknown = refusal(kms.describe_custom_key_stores, CustomKeyStoreId="cks-1")
    assert unknown[0] == "CustomKeyStoreNotFoundException"
    named = {"CustomKeyStoreId": "cks-1"}
    assert refusal(kms.connect_custom_key_store, **named)[0] == "NotImplemented"
    cloud_hsm = {"Origin": "AWS_CLOUDHSM", "CustomKeyStoreId": "cks-1"}
    assert refusal(kms.create_key, **cloud_hsm)[0] == "NotImplemented"
