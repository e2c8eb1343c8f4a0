"""Keys: one's own, changed, disabled, and shared with another account."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.secretsmanager.nouns import SECRETS
from tests.unit.services.secretsmanager.vault import ONE, TWO, refusal, token, value


@pytest.fixture
def kms(chamber: Chamber) -> Any:
    return chamber.client("kms")


def make_key(kms: Any, **more: Any) -> str:
    arn: str = kms.create_key(**more)["KeyMetadata"]["Arn"]
    return arn


def test_a_key_of_ones_own(secrets: Any, kms: Any) -> None:
    key = make_key(kms)
    secrets.create_secret(Name="a", SecretString="1", KmsKeyId=key)
    assert secrets.describe_secret(SecretId="a")["KmsKeyId"] == key
    versions = secrets.list_secret_version_ids(SecretId="a")["Versions"]
    assert versions[0]["KmsKeyIds"] == [key]
    kms.disable_key(KeyId=key)
    code, message = refusal(secrets.get_secret_value, SecretId="a")
    assert code == "DecryptionFailure"
    assert message.startswith("Secrets Manager can't decrypt the protected secret text using the")
    assert refusal(secrets.put_secret_value, SecretId="a", SecretString="2")[0] == (
        "EncryptionFailure"
    )
    kms.enable_key(KeyId=key)
    assert value(secrets, "a") == "1"


def test_a_key_that_is_not_there_makes_no_secret(secrets: Any) -> None:
    request = {"Name": "a", "SecretString": "1", "KmsKeyId": "alias/none"}
    assert refusal(secrets.create_secret, **request)[0] == "EncryptionFailure"
    assert secrets.list_secrets()["SecretList"] == []


def test_another_key_seals_anew_what_has_a_label(secrets: Any, kms: Any) -> None:
    old, new = make_key(kms), make_key(kms)
    secrets.create_secret(
        Name="a", SecretString="1", KmsKeyId=old, ClientRequestToken=token(1)
    )  # fmt: skip
    for number in (2, 3):
        secrets.put_secret_value(
            SecretId="a", SecretString=str(number), ClientRequestToken=token(number)
        )
    secrets.update_secret(SecretId="a", KmsKeyId=new)
    kms.disable_key(KeyId=old)
    assert value(secrets, "a") == "3"
    assert value(secrets, "a", VersionStage="AWSPREVIOUS") == "2"
    assert refusal(secrets.get_secret_value, SecretId="a", VersionId=token(1))[0] == (
        "DecryptionFailure"
    )
    kms.disable_key(KeyId=new)
    assert refusal(secrets.update_secret, SecretId="a", KmsKeyId="")[0] == "DecryptionFailure"
    assert secrets.describe_secret(SecretId="a")["KmsKeyId"] == new


def test_what_was_sealed_for_one_version_opens_for_no_other(secrets: Any, chamber: Chamber) -> None:
    for name in ("a", "b"):
        secrets.create_secret(Name=name, SecretString=name, ClientRequestToken=token(1))
    rows = chamber.cloud.store.rows(SECRETS, ONE, "us-east-1")
    rows["b"].versions[token(1)].sealed = rows["a"].versions[token(1)].sealed
    assert refusal(secrets.get_secret_value, SecretId="b")[0] == "DecryptionFailure"


@pytest.fixture
def enforced() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


def allow(action: str) -> str:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*", "Principal": {"AWS": TWO}}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_another_account_needs_the_key_as_well(enforced: Chamber) -> None:
    secrets, kms = enforced.client("secretsmanager"), enforced.client("kms")
    theirs = enforced.client("secretsmanager", account=TWO)
    key = make_key(kms)
    arns = {}
    for name, more in (("managed", {}), ("own", {"KmsKeyId": key})):
        arns[name] = secrets.create_secret(Name=name, SecretString=name, **more)["ARN"]
        secrets.put_resource_policy(
            SecretId=name, ResourcePolicy=allow("secretsmanager:GetSecretValue")
        )
    for arn in arns.values():
        assert refusal(theirs.get_secret_value, SecretId=arn) == (
            "AccessDeniedException",
            "Access to KMS is not allowed",
        )
    policy = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    policy["Statement"] += json.loads(allow("kms:Decrypt"))["Statement"]
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    assert value(theirs, arns["own"]) == "own"
    assert refusal(theirs.get_secret_value, SecretId=arns["managed"])[0] == "AccessDeniedException"
