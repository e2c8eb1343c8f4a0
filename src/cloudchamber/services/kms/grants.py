"""Grants: permissions on a key that are given and taken back one by one.

Rules of this file: a grant is in force at once (AWS may need minutes, which is what grant tokens
are for; they are checked and not needed). What a grant allows is decided in `permissions.py`.
https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.kms.lookup import (
    check_dry_run,
    check_enabled,
    check_tokens,
    invalid,
    not_found,
    owned_key,
)
from cloudchamber.services.kms.metadata import seconds
from cloudchamber.services.kms.nouns import KEYS, Grant, Key
from cloudchamber.services.kms.paging import listed
from cloudchamber.services.kms.permissions import find_parent
from cloudchamber.services.kms.specs import AGREE, ENCAPSULATE, ENCRYPT, MAC, SIGN

_ALWAYS: Final = ("CreateGrant", "RetireGrant", "DescribeKey")
_DATA: Final = (
    "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
)  # fmt: skip
# grants.html, "Grant operations".
_OPERATIONS: Final = MappingProxyType(
    {
        ENCRYPT: ("Encrypt", "Decrypt", "ReEncryptFrom", "ReEncryptTo"),
        SIGN: ("Sign", "Verify"),
        MAC: ("GenerateMac", "VerifyMac"),
        AGREE: ("DeriveSharedSecret",),
        ENCAPSULATE: ("Encapsulate", "Decapsulate"),
    }
)
_TOKEN: Final = 120
_ID: Final = 64


def create_grant(call: Call, request: Input) -> Output:
    """Let a principal use a key; the same named grant again gives the same id."""
    key = owned_key(call, request)
    check_enabled(key)
    _check_parties(request)
    _check_operations(key, request["Operations"])
    constraints = request.get("Constraints", {})
    equals, subset = (constraints.get(f"EncryptionContext{how}") for how in ("Equals", "Subset"))
    if not key.is_symmetric and (equals is not None or subset is not None):
        raise invalid("Encryption context constraints need a symmetric encryption KMS key.")
    _check_parent(find_parent(call, key), request["Operations"], constraints)
    check_tokens(call, request)
    if len(key.grants) >= call.quota("grants-of-key"):
        raise AwsError("LimitExceededException", f"{key.arn} has as many grants as it can have.")
    check_dry_run(request)
    stream = call.stream(key.arn, "grant")
    grant = Grant(
        id="",
        key_id=key.id,
        name=request.get("Name", ""),
        created_ns=0,
        issuer=f"arn:{call.partition}:iam::{call.caller.account}:root",
        operations=tuple(request["Operations"]),
        grantee=request.get("GranteePrincipal", ""),
        grantee_service=request.get("GranteeServicePrincipal", ""),
        retiring=request.get("RetiringPrincipal", ""),
        retiring_service=request.get("RetiringServicePrincipal", ""),
        equals=equals,
        subset=subset,
        source_arn=constraints.get("SourceArn", ""),
    )
    token = f"AQpA{stream.alnum(_TOKEN)}"
    old = _find_same(key, grant) if grant.name else None
    if old is None:
        made = msgspec.structs.replace(
            grant, id=stream.hex(_ID), created_ns=call.now, tokens=(token,)
        )
        key.grantees.setdefault(made.grantee or made.grantee_service, []).append(made.id)
    else:
        made = msgspec.structs.replace(old, tokens=(*old.tokens, token))
    key.grants[made.id] = made
    return {"GrantToken": token, "GrantId": made.id}


def _check_parent(
    parent: Grant | None, operations: Sequence[str], constraints: Mapping[str, Any]
) -> None:
    """Whoever may make grants by a grant alone gives no more than it gives: grants.html."""
    if parent is None:
        return
    equals = constraints.get("EncryptionContextEquals")
    subset = constraints.get("EncryptionContextSubset")
    is_as_strict = all(name in parent.operations for name in operations)
    if parent.equals is not None and equals != parent.equals:
        is_as_strict = False
    if parent.subset is not None:
        wanted = parent.subset.items()
        is_as_strict &= wanted <= (equals or {}).items() or wanted <= (subset or {}).items()
    if not is_as_strict:
        raise AwsError(
            "AccessDeniedException",
            f"A grant that is made by grant {parent.id} can give no more than that grant.",
        )


def _find_same(key: Key, grant: Grant) -> Grant | None:
    for other in key.grants.values():
        if msgspec.structs.replace(other, id="", created_ns=0, tokens=()) == grant:
            return other
    return None


def _check_parties(request: Input) -> None:
    if ("GranteePrincipal" in request) == ("GranteeServicePrincipal" in request):
        raise invalid("Specify either GranteePrincipal or GranteeServicePrincipal, but not both.")
    if "RetiringPrincipal" in request and "RetiringServicePrincipal" in request:
        raise invalid("Specify either RetiringPrincipal or RetiringServicePrincipal, not both.")
    if "GranteeServicePrincipal" in request:
        if "SourceArn" not in request.get("Constraints", {}):
            raise invalid("A grant to a service principal needs a SourceArn grant constraint.")
        if "RetiringPrincipal" not in request and "RetiringServicePrincipal" not in request:
            raise invalid("A grant to a service principal needs a retiring principal.")
    for member in ("GranteePrincipal", "RetiringPrincipal"):
        name = request.get(member)
        if name is not None and not name.startswith("arn:"):
            raise AwsError("InvalidArnException", f"{member} {name} is not an ARN of a principal.")


def _check_operations(key: Key, operations: Sequence[str]) -> None:
    allowed = (*_ALWAYS, *_OPERATIONS[key.usage])
    if key.is_symmetric:
        allowed += _DATA
    elif key.usage != MAC:
        allowed += ("GetPublicKey",)
    if not operations:
        raise invalid("A grant must allow an operation.")
    for name in operations:
        if name not in allowed:
            raise invalid(
                f"Grant operation {name} is not supported for {key.arn} with key usage {key.usage} "
                f"and key spec {key.spec}."
            )


def list_grants(call: Call, request: Input) -> Output:
    """The grants of a key, by id."""
    key = owned_key(call, request)
    found = sorted(key.grants.values(), key=_id_of)
    for member, field in (
        ("GrantId", "id"),
        ("GranteePrincipal", "grantee"),
        ("GranteeServicePrincipal", "grantee_service"),
    ):
        if member in request:
            found = [each for each in found if getattr(each, field) == request[member]]
    return listed(request, "Grants", found, _id_of, lambda grant: _shown(key, grant), size=50)


def list_retirable_grants(call: Call, request: Input) -> Output:
    """The grants in the account and Region that a principal may retire."""
    person = request.get("RetiringPrincipal")
    service = request.get("RetiringServicePrincipal")
    if (person is None) == (service is None):
        raise invalid("Specify either RetiringPrincipal or RetiringServicePrincipal.")
    found = [
        (key, grant)
        for key in call.rows(KEYS).values()
        for grant in key.grants.values()
        if (grant.retiring == person if person else grant.retiring_service == service)
    ]
    found.sort(key=lambda pair: pair[1].id)
    return listed(
        request, "Grants", found, lambda pair: pair[1].id, lambda pair: _shown(*pair), size=50
    )


def _id_of(grant: Grant) -> str:
    return grant.id


def _shown(key: Key, grant: Grant) -> Output:
    output: Output = {
        "KeyId": key.arn,
        "GrantId": grant.id,
        "Name": grant.name,
        "CreationDate": seconds(grant.created_ns),
        "IssuingAccount": grant.issuer,
        "Operations": list(grant.operations),
    }
    for member, value in (
        ("GranteePrincipal", grant.grantee),
        ("GranteeServicePrincipal", grant.grantee_service),
        ("RetiringPrincipal", grant.retiring),
        ("RetiringServicePrincipal", grant.retiring_service),
    ):
        if value:
            output[member] = value
    constraints = {
        name: value
        for name, value in (
            ("EncryptionContextEquals", grant.equals),
            ("EncryptionContextSubset", grant.subset),
            ("SourceArn", grant.source_arn or None),
        )
        if value is not None
    }
    if constraints:
        output["Constraints"] = constraints
    return output


def revoke_grant(call: Call, request: Input) -> Output:
    """Take a grant back."""
    key = owned_key(call, request)
    grant = _expect(key, request["GrantId"])
    check_dry_run(request)
    _remove(key, grant)
    return {}


def retire_grant(call: Call, request: Input) -> Output:
    """Give a grant back that is no longer needed: by its token, or by key and id."""
    if "GrantToken" in request:
        key, grant = _by_token(call, request["GrantToken"])
    elif "KeyId" in request and "GrantId" in request:
        key = owned_key(call, request)
        grant = _expect(key, request["GrantId"])
    else:
        raise invalid("Specify a grant token, or a key ARN and a grant ID.")
    if not _may_retire(call, grant):
        require(call, "kms:RetireGrant", key.arn)
    check_dry_run(request)
    _remove(key, grant)
    return {}


def _may_retire(call: Call, grant: Grant) -> bool:
    caller = call.caller
    names = [caller.arn, caller.role_arn, f"arn:{call.partition}:iam::{caller.account}:root"]
    if caller.kind == "service":
        return grant.retiring_service == caller.service
    if grant.retiring and grant.retiring in names:
        return True
    return bool(grant.grantee) and grant.grantee in names and "RetireGrant" in grant.operations


def _by_token(call: Call, token: str) -> tuple[Key, Grant]:
    for _, region, rows in call.cloud.store.scopes(KEYS):
        if region == call.region:
            for key in rows.values():
                for grant in key.grants.values():
                    if token in grant.tokens:
                        return key, grant
    raise AwsError("InvalidGrantTokenException", "Invalid grant token.")


def _expect(key: Key, grant_id: str) -> Grant:
    grant = key.grants.get(grant_id)
    if grant is None:
        raise not_found(f"Grant ID {grant_id} not found")
    return grant


def _remove(key: Key, grant: Grant) -> None:
    del key.grants[grant.id]
    name = grant.grantee or grant.grantee_service
    key.grantees[name].remove(grant.id)
    if not key.grantees[name]:
        del key.grantees[name]
