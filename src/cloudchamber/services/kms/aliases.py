"""Aliases: names of keys, which can be given to another key.

Rules of this file: https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms.limits import ALIAS, AWS_ALIAS
from cloudchamber.services.kms.lookup import (
    check_alive,
    check_customers,
    expect_key,
    invalid,
    not_found,
)
from cloudchamber.services.kms.metadata import seconds
from cloudchamber.services.kms.nouns import ALIASES, KEYS, Alias, Key
from cloudchamber.services.kms.paging import listed


def create_alias(call: Call, request: Input) -> Output:
    """Name a key."""
    name = _name(request)
    key = _target(call, request)
    aliases = call.rows(ALIASES)
    arn = call.arn(name)
    if name in aliases:
        raise AwsError("AlreadyExistsException", f"An alias with the name {arn} already exists")
    _check_room(call, key)
    aliases[name] = Alias(name, arn, key.id, call.now, call.now)
    return {}


def update_alias(call: Call, request: Input) -> Output:
    """Give a name to another key, of the same kind and usage."""
    name = _name(request)
    alias = _expect(call, name)
    key = _target(call, request)
    former = call.rows(KEYS).get(alias.key_id)
    if former is not None and (former.is_symmetric, former.usage) != (key.is_symmetric, key.usage):
        raise invalid(
            "The current and new KMS keys of an alias must be of the same type and have the same "
            f"key usage: {former.spec} {former.usage}, {key.spec} {key.usage}."
        )
    if alias.key_id != key.id:
        _check_room(call, key)
    alias.key_id, alias.updated_ns = key.id, call.now
    return {}


def delete_alias(call: Call, request: Input) -> Output:
    """Take a name away; the key stays."""
    name = _name(request)
    _expect(call, name)
    del call.rows(ALIASES)[name]
    return {}


def list_aliases(call: Call, request: Input) -> Output:
    """The aliases of the account and Region, or of one key."""
    rows = call.rows(ALIASES)
    found = list(rows.values())
    if "KeyId" in request:
        key = expect_key(call, request["KeyId"], alias=False)
        found = [alias for alias in found if alias.key_id == key.id]
    return listed(request, "Aliases", found, lambda alias: alias.name, _shown, size=50)


def _shown(alias: Alias) -> Output:
    return {
        "AliasName": alias.name,
        "AliasArn": alias.arn,
        "TargetKeyId": alias.key_id,
        "CreationDate": seconds(alias.created_ns),
        "LastUpdatedDate": seconds(alias.updated_ns),
    }


def _name(request: Input) -> str:
    name: str = request["AliasName"]
    if not name.startswith("alias/"):
        raise invalid("Invalid identifier")
    if name.startswith(AWS_ALIAS):
        raise AwsError(
            "InvalidAliasNameException", f"The alias name {name} is reserved: {AWS_ALIAS}."
        )
    if not ALIAS.fullmatch(name):
        raise AwsError(
            "InvalidAliasNameException",
            f"Alias {name} contains invalid characters for an alias",
        )
    return name


def _target(call: Call, request: Input) -> Key:
    key = expect_key(call, request["TargetKeyId"], alias=False)
    if key.account != call.account:
        raise not_found(f"Key '{key.arn}' does not exist")
    check_customers(key)
    check_alive(key)
    return key


def _expect(call: Call, name: str) -> Alias:
    alias = call.rows(ALIASES).get(name)
    if alias is None:
        raise not_found(f"Alias {call.arn(name)} is not found.")
    return alias


def _check_room(call: Call, key: Key) -> None:
    count = sum(alias.key_id == key.id for alias in call.rows(ALIASES).values())
    if count >= call.quota("aliases-of-key"):
        raise AwsError(
            "LimitExceededException", f"The key {key.arn} has as many aliases as it can have."
        )
