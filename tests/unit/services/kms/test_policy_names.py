"""A key has one policy, and it is called default."""

from __future__ import annotations

from cloudchamber import Chamber


def test_the_policy_of_a_key_is_listed_and_found_by_its_name() -> None:
    with Chamber(seed=1) as chamber:
        kms = chamber.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        names = kms.list_key_policies(KeyId=key)["PolicyNames"]
        assert names == ["default"]
        assert kms.get_key_policy(KeyId=key, PolicyName=names[0])["Policy"]
