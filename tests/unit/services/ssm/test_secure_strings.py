"""SecureString: encrypted by KMS for its parameter alone, in the caller's name."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from cloudchamber import Chamber
from cloudchamber.services.ssm.nouns import PARAMETERS
from tests.unit.services.ssm.store import ONE, again, put, refusal, value

SECURE = {"Type": "SecureString"}


def rows(chamber: Chamber) -> bytes:
    return PARAMETERS.encode(chamber.cloud.store.rows(PARAMETERS, ONE, "us-east-1"))


@pytest.mark.parametrize("tier", ["Standard", "Advanced"])
def test_a_value_lies_sealed_and_is_read_by_who_asks_for_it(
    ssm: Any, chamber: Chamber, tier: str
) -> None:
    put(ssm, "x", "hush-hush", **SECURE, Tier=tier)
    assert b"hush-hush" not in rows(chamber)
    assert value(ssm, "x", WithDecryption=True) == "hush-hush"
    found = ssm.get_parameter(Name="x")["Parameter"]
    assert found["Type"] == "SecureString"
    assert b"hush-hush" not in base64.b64decode(found["Value"])
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == "alias/aws/ssm"
    answer = ssm.get_parameters(Names=["x"], WithDecryption=True)
    assert answer["Parameters"][0]["Value"] == "hush-hush"
    answer = ssm.get_parameter_history(Name="x", WithDecryption=True)
    assert answer["Parameters"][0]["Value"] == "hush-hush"
    fork = chamber.fork().client("ssm")
    assert value(fork, "x", WithDecryption=True) == "hush-hush"


def test_advanced_values_are_twice_as_long(ssm: Any) -> None:
    put(ssm, "x", "v" * 8192, **SECURE, Tier="Advanced")
    assert value(ssm, "x", WithDecryption=True) == "v" * 8192
    put(ssm, "y", "v" * 4096, **SECURE)
    assert value(ssm, "y", WithDecryption=True) == "v" * 4096


def test_what_was_sealed_for_one_parameter_opens_for_no_other(ssm: Any, chamber: Chamber) -> None:
    put(ssm, "x", "mine", **SECURE)
    put(ssm, "y", "other", **SECURE)
    parameters = chamber.cloud.store.rows(PARAMETERS, ONE, "us-east-1")
    parameters["y"].latest.sealed = parameters["x"].latest.sealed
    assert refusal(ssm.get_parameter, Name="y", WithDecryption=True)[0] == "InvalidKeyId"
    assert value(ssm, "x", WithDecryption=True) == "mine"


def test_a_new_value_stays_under_its_key(ssm: Any, chamber: Chamber) -> None:
    key = chamber.client("kms").create_key()["KeyMetadata"]["KeyId"]
    put(ssm, "x", "v", **SECURE, KeyId=key)
    ssm.put_parameter(Name="x", Value="w", Overwrite=True)
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == key
    ssm.put_parameter(Name="x", Value="w", Overwrite=True, KeyId="alias/aws/ssm")
    assert ssm.describe_parameters()["Parameters"][0]["KeyId"] == "alias/aws/ssm"


def test_a_key_of_ones_own(ssm: Any, chamber: Chamber) -> None:
    kms = chamber.client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    put(ssm, "x", "v", **SECURE, KeyId="alias/mine")
    assert value(ssm, "x", WithDecryption=True) == "v"
    by = [{"Key": "KeyId", "Values": ["alias/mine"]}]
    assert len(ssm.describe_parameters(ParameterFilters=by)["Parameters"]) == 1
    kms.disable_key(KeyId=key)
    assert refusal(ssm.get_parameter, Name="x", WithDecryption=True)[0] == "InvalidKeyId"
    assert refusal(ssm.put_parameter, Name="x", Value="w", Overwrite=True, KeyId=key)[0] == (
        "InvalidKeyId"
    )
    again(ssm, "x", "w", KeyId="alias/aws/ssm")
    assert value(ssm, "x", WithDecryption=True) == "w"
    kms.enable_key(KeyId=key)
    assert value(ssm, "x:1", WithDecryption=True) == "v"
    assert refusal(ssm.put_parameter, Name="z", Value="v", Type="SecureString",
                   KeyId="alias/none")[0] == "InvalidKeyId"  # fmt: skip


def test_a_type_is_not_changed_to_or_from_secure(ssm: Any) -> None:
    put(ssm, "x")
    assert refusal(ssm.put_parameter, Name="x", Value="v", Overwrite=True, **SECURE)[0] == (
        "HierarchyTypeMismatchException"
    )


def test_who_may_not_use_the_key_may_not_read_the_value() -> None:
    with Chamber(seed=1, account=ONE, iam="enforce") as chamber:
        ssm, kms, iam = (chamber.client(name) for name in ("ssm", "kms", "iam"))
        key = kms.create_key()["KeyMetadata"]["Arn"]
        put(ssm, "managed", "m", **SECURE)
        put(ssm, "mine", "c", **SECURE, KeyId=key)
        iam.create_user(UserName="ann")
        anns = chamber.client("ssm", credentials=iam.create_access_key(UserName="ann")["AccessKey"])

        def give(*statements: dict[str, Any]) -> None:
            listed = [{"Effect": "Allow", "Resource": "*", **each} for each in statements]
            document = json.dumps({"Version": "2012-10-17", "Statement": listed})
            iam.put_user_policy(UserName="ann", PolicyName="p", PolicyDocument=document)

        give({"Action": "ssm:GetParameter"})
        # The AWS managed key is everybody's who may use Parameter Store.
        assert value(anns, "managed", WithDecryption=True) == "m"
        assert refusal(anns.get_parameter, Name="mine", WithDecryption=True)[0] == (
            "AccessDeniedException"
        )
        assert value(anns, "mine") != "c"
        context = {
            "kms:EncryptionContext:PARAMETER_ARN": f"arn:aws:ssm:us-east-1:{ONE}:parameter/x"
        }
        decrypt = {"Action": "kms:Decrypt", "Resource": key}
        give({"Action": "ssm:GetParameter"}, {**decrypt, "Condition": {"StringEquals": context}})
        assert refusal(anns.get_parameter, Name="mine", WithDecryption=True)[0] == (
            "AccessDeniedException"
        )
        give({"Action": "ssm:GetParameter"}, decrypt)
        assert value(anns, "mine", WithDecryption=True) == "c"
