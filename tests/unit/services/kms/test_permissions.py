"""Key policies and grants in force: whom they let in, through what, and for which context."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cloudchamber import Chamber
from tests.unit.services.kms.words import ONE, TWO, arn_of, refusal

Make = Callable[..., str]
ROOT = f"arn:aws:iam::{ONE}:root"
EVERYTHING = {"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"}


@pytest.fixture
def chamber() -> Iterator[Chamber]:
    with Chamber(seed=1, account=ONE, iam="enforce") as opened:
        yield opened


@pytest.fixture
def ann(chamber: Chamber) -> Any:
    """A user without any permission."""
    return user(chamber, "ann")


def user(chamber: Chamber, name: str, actions: str | list[str] = "") -> Any:
    iam = chamber.client("iam")
    iam.create_user(UserName=name)
    if actions:
        document = policy({"Effect": "Allow", "Action": actions, "Resource": "*"})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    made = iam.create_access_key(UserName=name)["AccessKey"]
    return chamber.client("kms", credentials=made)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def arn_of_user(name: str) -> str:
    return f"arn:aws:iam::{ONE}:user/{name}"


def allow(name: str, actions: Any, **more: Any) -> dict[str, Any]:
    who = {"AWS": arn_of_user(name)}
    return {"Effect": "Allow", "Principal": who, "Action": actions, "Resource": "*", **more}


def denied(call: Any, **request: Any) -> bool:
    return refusal(call, **request)[0] == "AccessDeniedException"


def test_the_default_policy_leaves_it_to_iam(chamber: Chamber, key: str, ann: Any) -> None:
    bob = user(chamber, "bob", "kms:Encrypt")
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x")
    blob = bob.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert denied(bob.decrypt, CiphertextBlob=blob)


def test_without_the_key_policy_iam_does_not_count(chamber: Chamber, make: Make, kms: Any) -> None:
    bob = user(chamber, "bob", "kms:*")
    admin = [allow("ann", ["kms:*"]), {**EVERYTHING, "Action": ["kms:PutKeyPolicy"]}]
    key = make(Policy=policy(*admin))
    code, message = refusal(bob.encrypt, KeyId=key, Plaintext=b"x")
    assert code == "AccessDeniedException"
    assert "no resource-based policy allows the kms:Encrypt action" in message
    assert denied(kms.encrypt, KeyId=key, Plaintext=b"x")  # the root user as well


def test_a_user_that_the_key_policy_names_needs_no_iam(make: Make, ann: Any) -> None:
    key = make(Policy=policy(EVERYTHING, allow("ann", "kms:GenerateDataKey")))
    assert ann.generate_data_key(KeyId=key, KeySpec="AES_256")["Plaintext"]
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x")


def test_nobody_locks_himself_out(make: Make, kms: Any, key: str) -> None:
    said = "The new key policy will not allow you to update the key policy in the future."
    bad = policy(allow("ann", "kms:*"))
    expected = ("MalformedPolicyDocumentException", said)
    assert refusal(kms.put_key_policy, KeyId=key, Policy=bad) == expected
    assert refusal(kms.create_key, Policy=bad) == expected
    kms.put_key_policy(KeyId=key, Policy=bad, BypassPolicyLockoutSafetyCheck=True)
    assert denied(kms.get_key_policy, KeyId=key)
    other = make()
    broken = refusal(kms.put_key_policy, KeyId=other, Policy="{}")
    assert broken[0] == "MalformedPolicyDocumentException"
    kms.put_key_policy(KeyId=other, Policy=policy(EVERYTHING))
    assert kms.get_key_policy(KeyId=other)["Policy"] == policy(EVERYTHING)


def test_a_condition_on_the_encryption_context(make: Make, ann: Any) -> None:
    condition = {"StringEquals": {"kms:EncryptionContext:app": "one"}}
    key = make(Policy=policy(EVERYTHING, allow("ann", "kms:Encrypt", Condition=condition)))
    ann.encrypt(KeyId=key, Plaintext=b"x", EncryptionContext={"app": "one"})
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x", EncryptionContext={"app": "two"})
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x")


def test_a_condition_on_the_alias_and_the_spec(make: Make, kms: Any, ann: Any) -> None:
    condition = {
        "StringEquals": {"kms:RequestAlias": "alias/mine", "kms:KeySpec": "SYMMETRIC_DEFAULT"}
    }
    key = make(Policy=policy(EVERYTHING, allow("ann", "kms:Encrypt", Condition=condition)))
    kms.create_alias(AliasName="alias/mine", TargetKeyId=key)
    ann.encrypt(KeyId="alias/mine", Plaintext=b"x")
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x")


def test_another_account_needs_both_sides(chamber: Chamber, make: Make, key: str) -> None:
    theirs = chamber.client("kms", account=TWO)
    assert denied(theirs.encrypt, KeyId=arn_of(key), Plaintext=b"x")
    them = {**EVERYTHING, "Principal": {"AWS": TWO}, "Action": ["kms:Encrypt", "kms:DisableKey"]}
    shared = make(Policy=policy(EVERYTHING, them))
    assert theirs.encrypt(KeyId=arn_of(shared), Plaintext=b"x")["KeyId"] == arn_of(shared)
    assert denied(theirs.disable_key, KeyId=arn_of(shared))  # the owner's alone


def test_re_encrypting_asks_on_both_keys(chamber: Chamber, make: Make, kms: Any) -> None:
    bob = user(chamber, "bob", ["kms:ReEncryptTo", "kms:Encrypt"])
    source, target = make(), make()
    blob = kms.encrypt(KeyId=source, Plaintext=b"x")["CiphertextBlob"]
    code, message = refusal(bob.re_encrypt, CiphertextBlob=blob, DestinationKeyId=target)
    assert code == "AccessDeniedException"
    assert "kms:ReEncryptFrom" in message


def test_a_grant_lets_in_and_is_taken_back(kms: Any, key: str, ann: Any) -> None:
    grant = {"KeyId": key, "GranteePrincipal": arn_of_user("ann"), "Operations": ["Encrypt"]}
    made = kms.create_grant(Name="n", **grant)
    blob = ann.encrypt(KeyId=key, Plaintext=b"x", GrantTokens=[made["GrantToken"]])
    assert denied(ann.decrypt, CiphertextBlob=blob["CiphertextBlob"])
    again = kms.create_grant(Name="n", **grant)
    assert again["GrantId"] == made["GrantId"]
    (shown,) = kms.list_grants(KeyId=key)["Grants"]
    assert (shown["GrantId"], shown["Operations"]) == (made["GrantId"], ["Encrypt"])
    assert shown["GranteePrincipal"] == arn_of_user("ann")
    kms.revoke_grant(KeyId=key, GrantId=made["GrantId"])
    assert denied(ann.encrypt, KeyId=key, Plaintext=b"x")
    assert refusal(kms.revoke_grant, KeyId=key, GrantId=made["GrantId"])[0] == "NotFoundException"
    nobody = refusal(kms.encrypt, KeyId=key, Plaintext=b"x", GrantTokens=["none"])
    assert nobody[0] == "InvalidGrantTokenException"


@pytest.mark.parametrize(
    ("constraint", "context", "goes"),
    [
        ("EncryptionContextEquals", {"a": "1"}, True),
        ("EncryptionContextEquals", {"a": "1", "b": "2"}, False),
        ("EncryptionContextSubset", {"a": "1", "b": "2"}, True),
        ("EncryptionContextSubset", {"b": "2"}, False),
        ("EncryptionContextSubset", {}, False),
    ],
)
def test_a_grant_is_for_an_encryption_context(
    kms: Any, key: str, ann: Any, constraint: str, context: dict[str, str], goes: bool
) -> None:
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=arn_of_user("ann"),
        Operations=["Encrypt", "DescribeKey"],
        Constraints={constraint: {"a": "1"}},
    )
    request = {"KeyId": key, "Plaintext": b"x", "EncryptionContext": context}
    if goes:
        ann.encrypt(**request)
    else:
        assert denied(ann.encrypt, **request)
    assert ann.describe_key(KeyId=key)["KeyMetadata"]["KeyId"] == key


def test_who_may_retire_a_grant(chamber: Chamber, kms: Any, key: str, ann: Any) -> None:
    bob = user(chamber, "bob")
    about = {
        "KeyId": key,
        "GranteePrincipal": arn_of_user("ann"),
        "RetiringPrincipal": arn_of_user("bob"),
        "Operations": ["Encrypt"],
    }
    made = kms.create_grant(**about)
    assert denied(ann.retire_grant, GrantToken=made["GrantToken"])
    (shown,) = kms.list_retirable_grants(RetiringPrincipal=arn_of_user("bob"))["Grants"]
    assert shown["GrantId"] == made["GrantId"]
    bob.retire_grant(GrantToken=made["GrantToken"])
    assert kms.list_grants(KeyId=key)["Grants"] == []
    made = kms.create_grant(**{**about, "Operations": ["Encrypt", "RetireGrant"]})
    ann.retire_grant(KeyId=arn_of(key), GrantId=made["GrantId"])
    assert kms.list_grants(KeyId=key)["Grants"] == []


def test_grants_that_make_no_sense(kms: Any, key: str) -> None:
    ann = arn_of_user("ann")
    wrong = refusal(kms.create_grant, KeyId=key, GranteePrincipal=ann, Operations=["Sign"])
    assert wrong[0] == "ValidationException"
    assert refusal(kms.create_grant, KeyId=key, Operations=["Encrypt"])[0] == "ValidationException"


def test_an_aws_managed_key_is_used_through_its_service(chamber: Chamber, kms: Any) -> None:
    about = kms.describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]
    assert denied(kms.encrypt, KeyId=about["KeyId"], Plaintext=b"x")
    ssm = chamber.client("ssm")
    ssm.put_parameter(Name="/p", Value="secret", Type="SecureString")
    found = ssm.get_parameter(Name="/p", WithDecryption=True)["Parameter"]["Value"]
    assert found == "secret"
    usage = kms.get_key_last_usage(KeyId=about["KeyId"])["KeyLastUsage"]
    assert usage["Operation"] == "Decrypt"


def test_via_service_tells_who_asked(chamber: Chamber, make: Make, kms: Any) -> None:
    through = {"StringEquals": {"kms:ViaService": "ssm.us-east-1.amazonaws.com"}}
    use = {**EVERYTHING, "Condition": through, "Action": ["kms:Encrypt", "kms:Decrypt"]}
    rule = {**EVERYTHING, "Action": ["kms:PutKeyPolicy", "kms:DescribeKey"]}
    key = make(Policy=policy(rule, use))
    assert denied(kms.encrypt, KeyId=key, Plaintext=b"x")
    ssm = chamber.client("ssm")
    ssm.put_parameter(Name="/p", Value="secret", Type="SecureString", KeyId=key)


def test_a_grant_gives_no_more_than_the_grant_it_was_made_by(kms: Any, key: str, ann: Any) -> None:
    kms.create_grant(
        KeyId=key,
        GranteePrincipal=arn_of_user("ann"),
        Operations=["Encrypt", "CreateGrant"],
        Constraints={"EncryptionContextSubset": {"a": "1"}},
    )
    bob = {"KeyId": key, "GranteePrincipal": arn_of_user("bob")}
    strict = {"EncryptionContextSubset": {"a": "1", "b": "2"}}
    ann.create_grant(Operations=["Encrypt"], Constraints=strict, **bob)
    assert denied(ann.create_grant, Operations=["Encrypt"], **bob)
    assert denied(ann.create_grant, Operations=["Decrypt"], Constraints=strict, **bob)


def test_a_grant_to_an_account(chamber: Chamber, kms: Any, key: str) -> None:
    theirs = chamber.client("kms", account=TWO)
    them = f"arn:aws:iam::{TWO}:root"
    kms.create_grant(KeyId=key, GranteePrincipal=them, Operations=["Encrypt"])
    assert theirs.encrypt(KeyId=arn_of(key), Plaintext=b"x")["KeyId"] == arn_of(key)
    assert denied(theirs.describe_key, KeyId=arn_of(key))
