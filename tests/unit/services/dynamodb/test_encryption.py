"""Keys of tables: DynamoDB's own, AWS's, the customer's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.dynamodb.tables import ONE, refusal, simple

INVALID = "One or more parameter values were invalid: "


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE) as opened:
        yield opened


@pytest.fixture
def db(chamber: Chamber) -> Any:
    return chamber.client("dynamodb")


@pytest.fixture
def kms(chamber: Chamber) -> Any:
    return chamber.client("kms")


def described(db: Any, name: str = "jobs") -> dict[str, Any]:
    table = db.describe_table(TableName=name)["Table"]
    found: dict[str, Any] = table.get("SSEDescription", {})
    return found


def test_a_table_lies_under_a_customer_s_key(db: Any, kms: Any, chamber: Chamber) -> None:
    key = kms.create_key()["KeyMetadata"]
    specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key["KeyId"]}
    db.create_table(**simple(SSESpecification=specification))
    assert described(db) == {
        "Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key["Arn"],
    }  # fmt: skip
    arn = db.create_backup(TableName="jobs", BackupName="one")["BackupDetails"]["BackupArn"]
    db.restore_table_from_backup(TargetTableName="again", BackupArn=arn)
    assert described(db, "again")["KMSMasterKeyArn"] == key["Arn"]
    db.update_table(TableName="jobs", SSESpecification={"Enabled": False})
    chamber.advance(1)
    assert described(db) == {}


def test_without_a_key_it_is_aws_s_own(db: Any, kms: Any) -> None:
    db.create_table(**simple())
    assert described(db) == {}
    db.create_table(**simple("managed", SSESpecification={"Enabled": True}))
    arn = described(db, "managed")["KMSMasterKeyArn"]
    assert kms.describe_key(KeyId="alias/aws/dynamodb")["KeyMetadata"]["Arn"] == arn


def test_keys_that_cannot_be_used(db: Any, kms: Any) -> None:
    def refused(key: str) -> tuple[str, str]:
        specification = {"Enabled": True, "KMSMasterKeyId": key}
        return refusal(db.create_table, **simple(SSESpecification=specification))

    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    assert refused(key["KeyId"]) == ("ValidationException", f"KMS key is not enabled: {key['Arn']}")
    pair = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    assert refused(pair["KeyId"])[0] == "ValidationException"
    assert refused("alias/none")[0] == "ValidationException"
    for specification, message in (
        (
            {"Enabled": False, "KMSMasterKeyId": key["KeyId"]},
            "SSEType and KMSMasterKeyId can only be specified when Enabled is true",
        ),
        ({"Enabled": True, "SSEType": "AES256"}, "SSEType AES256 is not supported"),
    ):
        assert refusal(db.create_table, **simple(SSESpecification=specification)) == (
            "ValidationException", INVALID + message,
        )  # fmt: skip
    assert db.list_tables()["TableNames"] == []
