"""Key pairs: create, import, describe, delete.

Rules of this file: the private half is answered once and not kept. A name is unlike any other of
the account's in the Region.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-key-pairs.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError, Refused
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import filtered
from cloudchamber.services.ec2.instances.key_material import NotAKey, imported, new_pair
from cloudchamber.services.ec2.instances.limits import KEY_PAIRS_MAX
from cloudchamber.services.ec2.instances.nouns import KEY_PAIR, KEY_PAIRS, KeyPair
from cloudchamber.services.ec2.refusals import invalid_value, limit_exceeded, missing_parameter

_NAME_MAX: Final = 255


def create_key_pair(call: Call, request: Input) -> Output:
    """Make a pair and answer its private half."""
    name = _expect_new_name(call, request)
    given = tags.specified(request, KEY_PAIR.type)
    if request.get("KeyFormat") == "ppk":
        raise Refused("ec2", "CreateKeyPair", "keys in PuTTY's format are not written yet")
    kind = request.get("KeyType", "rsa")
    identifier = kinds.new_id(call, KEY_PAIR.prefix)
    made = new_pair(call.stream(call.arn(f"key-pair/{identifier}"), "key"), kind)
    _keep(call, identifier, name, kind, made.fingerprint, made.public, given)
    return {
        "KeyName": name,
        "KeyPairId": identifier,
        "KeyFingerprint": made.fingerprint,
        "KeyMaterial": made.private,
        "Tags": tags.shown(call, identifier),
    }


def import_key_pair(call: Call, request: Input) -> Output:
    """Keep a public key that was made elsewhere."""
    name = _expect_new_name(call, request)
    given = tags.specified(request, KEY_PAIR.type)
    material = request.get("PublicKeyMaterial")
    if not material:
        raise missing_parameter("publicKeyMaterial")
    try:
        kind, public, fingerprint = imported(material)
    except NotAKey:
        raise AwsError(
            "InvalidKey.Format", "Key is not in valid OpenSSH public key format"
        ) from None
    identifier = kinds.new_id(call, KEY_PAIR.prefix)
    _keep(call, identifier, name, kind, fingerprint, public, given)
    return {
        "KeyName": name,
        "KeyPairId": identifier,
        "KeyFingerprint": fingerprint,
        "Tags": tags.shown(call, identifier),
    }


def describe_key_pairs(call: Call, request: Input) -> Output:
    """The account's pairs by name; with their public halves, if asked."""
    rows = list(call.rows(KEY_PAIRS).values())
    names, ids = request.get("KeyNames", ()), request.get("KeyPairIds", ())
    by_name = {each.name: each for each in rows}
    for name in names:
        if name not in by_name:
            raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    for identifier in ids:
        if identifier not in call.rows(KEY_PAIRS):
            raise AwsError(
                "InvalidKeyPair.NotFound", f"The key pair ID '{identifier}' does not exist"
            )
    if names or ids:
        rows = [each for each in rows if each.name in names or each.id in ids]
    rows = filtered(
        call,
        rows,
        request.get("Filters", ()),
        MappingProxyType(
            {
                "key-pair-id": lambda call, row: (row.id,),
                "fingerprint": lambda call, row: (row.fingerprint,),
                "key-name": lambda call, row: (row.name,),
            }
        ),
    )
    rows.sort(key=lambda each: each.name)
    has_public = bool(request.get("IncludePublicKey"))
    return {"KeyPairs": [_view(call, each, has_public=has_public) for each in rows]}


def delete_key_pair(call: Call, request: Input) -> Output:
    """Delete a pair by name or id; one that is not there is deleted already."""
    name, identifier = request.get("KeyName"), request.get("KeyPairId")
    if not name and not identifier:
        raise missing_parameter("keyName")
    for each in list(call.rows(KEY_PAIRS).values()):
        if (name is None or each.name == name) and (identifier is None or each.id == identifier):
            kinds.remove(call, KEY_PAIR, each)
            return {"Return": True, "KeyPairId": each.id}
    return {"Return": True}


def _expect_new_name(call: Call, request: Input) -> str:
    name: str = request.get("KeyName", "")
    if not name:
        raise missing_parameter("keyName")
    if len(name) > _NAME_MAX or not name.isascii():
        raise invalid_value(name, "keyName", "It must be up to 255 ASCII characters.")
    if any(each.name == name for each in call.rows(KEY_PAIRS).values()):
        raise AwsError("InvalidKeyPair.Duplicate", "The keypair already exists")
    if len(call.rows(KEY_PAIRS)) >= KEY_PAIRS_MAX:
        raise limit_exceeded(
            "KeyPairLimitExceeded", f"The maximum number of key pairs is {KEY_PAIRS_MAX}."
        )
    return name


def _keep(
    call: Call,
    identifier: str,
    name: str,
    kind: str,
    fingerprint: str,
    public: str,
    given: dict[str, str],
) -> None:
    row = KeyPair(
        id=identifier,
        owner=call.account,
        name=name,
        type=kind,
        fingerprint=fingerprint,
        public=public,
        created_ns=call.now,
    )
    kinds.add(call, KEY_PAIR, row)
    tags.put(call, identifier, given)


def _view(call: Call, row: KeyPair, *, has_public: bool) -> dict[str, Any]:
    shown = {
        "KeyPairId": row.id,
        "KeyName": row.name,
        "KeyType": row.type,
        "KeyFingerprint": row.fingerprint,
        "CreateTime": row.created_ns / SECOND_NS,
        "Tags": tags.shown(call, row.id),
    }
    if has_public:
        shown["PublicKey"] = f"{row.public} {row.name}"
    return shown
