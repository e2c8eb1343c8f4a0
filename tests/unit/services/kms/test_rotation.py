"""Keys rotate on the clock and on demand, in all their Regions; what is old still opens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudchamber import Chamber
from tests.unit.services.kms.words import DAY_S, arn_of, refusal

Make = Callable[..., str]


def test_a_key_rotates_by_the_calendar(chamber: Chamber, kms: Any, key: str) -> None:
    before = kms.encrypt(KeyId=key, Plaintext=b"old")["CiphertextBlob"]
    first = kms.decrypt(CiphertextBlob=before)["KeyMaterialId"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=100)
    status = kms.get_key_rotation_status(KeyId=key)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 100)
    chamber.advance(100 * DAY_S - 1)
    assert kms.list_key_rotations(KeyId=key)["Rotations"] == []
    chamber.advance(1)
    (rotation,) = kms.list_key_rotations(KeyId=key)["Rotations"]
    assert rotation["RotationType"] == "AUTOMATIC"
    after = kms.encrypt(KeyId=key, Plaintext=b"new")["CiphertextBlob"]
    opened = kms.decrypt(CiphertextBlob=after)
    assert opened["KeyMaterialId"] == rotation["KeyMaterialId"] != first
    opened = kms.decrypt(CiphertextBlob=before)
    assert (opened["Plaintext"], opened["KeyMaterialId"]) == (b"old", first)
    chamber.advance(100 * DAY_S)
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 2
    kms.disable_key_rotation(KeyId=key)
    chamber.advance(200 * DAY_S)
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 2
    everything = kms.list_key_rotations(KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
    states = [each["KeyMaterialState"] for each in everything["Rotations"]]
    assert states == ["NON_CURRENT", "NON_CURRENT", "CURRENT"]


def test_a_key_rotates_on_demand_25_times(kms: Any, key: str) -> None:
    blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    for _ in range(25):
        kms.rotate_key_on_demand(KeyId=key)
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"x"
    assert refusal(kms.rotate_key_on_demand, KeyId=key)[0] == "LimitExceededException"


def test_only_symmetric_keys_rotate(kms: Any, make: Make) -> None:
    key = make(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")
    for act in (kms.enable_key_rotation, kms.disable_key_rotation, kms.rotate_key_on_demand):
        assert refusal(act, KeyId=key)[0] == "UnsupportedOperationException"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False


def test_a_multi_region_key_opens_everywhere(chamber: Chamber, kms: Any, make: Make) -> None:
    key = make(MultiRegion=True)
    assert key.startswith("mrk-")
    there = chamber.client("kms", region_name="eu-west-1")
    assert refusal(there.describe_key, KeyId=key)[0] == "NotFoundException"
    made = kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")["ReplicaKeyMetadata"]
    assert made["Arn"] == arn_of(key, region="eu-west-1")
    assert made["MultiRegionConfiguration"]["MultiRegionKeyType"] == "REPLICA"
    blob = kms.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"a": "b"})["CiphertextBlob"]
    opened = there.decrypt(CiphertextBlob=blob, EncryptionContext={"a": "b"})
    assert (opened["Plaintext"], opened["KeyId"]) == (b"x", made["Arn"])
    kms.rotate_key_on_demand(KeyId=key)
    blob = there.encrypt(KeyId=key, Plaintext=b"y")["CiphertextBlob"]
    assert kms.decrypt(CiphertextBlob=blob)["Plaintext"] == b"y"
    twice = refusal(kms.replicate_key, KeyId=key, ReplicaRegion="eu-west-1")
    assert twice[0] == "AlreadyExistsException"
    on_replica = refusal(there.replicate_key, KeyId=key, ReplicaRegion="eu-west-2")
    assert on_replica[0] == "UnsupportedOperationException"


def test_a_replica_becomes_the_primary(chamber: Chamber, kms: Any, make: Make) -> None:
    key = make(MultiRegion=True)
    there = chamber.client("kms", region_name="eu-west-1")
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=90)
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    kms.update_primary_region(KeyId=key, PrimaryRegion="eu-west-1")
    for client in (kms, there):
        about = client.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]
        assert about["PrimaryKey"]["Region"] == "eu-west-1"
        assert [each["Region"] for each in about["ReplicaKeys"]] == ["us-east-1"]
    chamber.advance(90 * DAY_S)
    assert len(kms.list_key_rotations(KeyId=key)["Rotations"]) == 1
    assert refusal(kms.rotate_key_on_demand, KeyId=key)[0] == "UnsupportedOperationException"
    there.rotate_key_on_demand(KeyId=key)


def test_a_primary_waits_for_its_replicas(chamber: Chamber, kms: Any, make: Make) -> None:
    key = make(MultiRegion=True)
    there = chamber.client("kms", region_name="eu-west-1")
    kms.replicate_key(KeyId=key, ReplicaRegion="eu-west-1")
    answer = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    assert answer["KeyState"] == "PendingReplicaDeletion"
    assert "DeletionDate" not in answer
    chamber.advance(30 * DAY_S)
    there.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    chamber.advance(7 * DAY_S)
    assert refusal(there.describe_key, KeyId=key)[0] == "NotFoundException"
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    chamber.advance(7 * DAY_S)
    assert refusal(kms.describe_key, KeyId=key)[0] == "NotFoundException"
