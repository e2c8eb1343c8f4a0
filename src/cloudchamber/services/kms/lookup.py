"""From a KeyId in any of its four forms to the key, and whether its state allows what is asked.

Rules of this file: a key id or an alias means one of the caller's account and Region; an ARN says
whose it is, and must be of the Region that is asked.
https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import HOUR_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.kms import managed
from cloudchamber.services.kms.limits import ALIAS, AWS_ALIAS, KEY_ID
from cloudchamber.services.kms.nouns import (
    ALIASES,
    AWS_KMS,
    DISABLED,
    ENABLED,
    EXTERNAL,
    KEYS,
    PENDING_DELETION,
    PENDING_IMPORT,
    PENDING_REPLICAS,
    Key,
)

_DYING: Final = (PENDING_DELETION, PENDING_REPLICAS)


def not_found(message: str) -> AwsError:
    """AWS's answer for what is not there."""
    return AwsError("NotFoundException", message)


def invalid_state(message: str) -> AwsError:
    """AWS's answer for a key whose state does not allow it."""
    return AwsError("KMSInvalidStateException", message)


def unsupported(message: str) -> AwsError:
    """AWS's answer for a key or a parameter that the operation does not take."""
    return AwsError("UnsupportedOperationException", message)


def invalid(message: str) -> AwsError:
    """AWS's answer for a parameter that is well-formed and makes no sense."""
    return AwsError("ValidationException", message)


def expect_key(call: Call, key_id: str, *, alias: bool = True) -> Key:
    """The key of a key id, key ARN, alias or alias ARN. Raises NotFoundException and its like.

    With `alias` false only a key id or a key ARN names one.
    """
    key = call.rows(KEYS).get(key_id)
    if key is not None:
        return key
    account, resource = call.account, key_id
    if key_id.startswith("arn:"):
        parts = find_arn(key_id)
        if parts is None or parts.service != "kms":
            raise AwsError("InvalidArnException", f"Invalid arn {key_id}")
        if parts.region != call.region:
            raise not_found(f"Invalid arn {parts.region}")
        account, resource = parts.account, parts.resource
        if not resource.startswith(("key/", "alias/")):
            raise AwsError("InvalidArnException", f"Invalid arn {key_id}")
    elif not key_id.startswith("alias/"):
        if not KEY_ID.fullmatch(key_id):
            raise not_found(f"Invalid keyId '{key_id}'")
        resource = f"key/{key_id}"
    if resource.startswith("alias/"):
        if not alias:
            raise not_found(f"Invalid keyId '{key_id}'")
        return _of_alias(call, account, resource)
    found = call.rows(KEYS, account).get(resource.removeprefix("key/"))
    if found is None:
        raise not_found(f"Key '{_arn(call, account, resource)}' does not exist")
    return found


def _arn(call: Call, account: str, resource: str) -> str:
    return f"arn:{call.partition}:kms:{call.region}:{account}:{resource}"


def _of_alias(call: Call, account: str, name: str) -> Key:
    found = call.rows(ALIASES, account).get(name)
    if found is not None:
        key = call.rows(KEYS, account).get(found.key_id)
        if key is not None:
            return key
    if name.startswith(AWS_ALIAS) and account == call.account:
        made = managed.find_or_make(call, name)
        if made is not None:
            return made
    if not ALIAS.fullmatch(name):
        raise not_found(f"Invalid alias '{name}'")
    raise not_found(f"Alias {_arn(call, account, name)} is not found.")


def owned_key(call: Call, request: Input) -> Key:
    """The key of a management request: by key id or key ARN, never by alias."""
    return expect_key(call, request["KeyId"], alias=False)


def alive_key(call: Call, request: Input) -> Key:
    """The same, which must not be about to be deleted. Raises KMSInvalidStateException."""
    key = owned_key(call, request)
    check_alive(key)
    return key


def check_alive(key: Key) -> None:
    """Raises KMSInvalidStateException for a key that waits for its deletion."""
    if key.state in _DYING:
        raise invalid_state(f"{key.arn} is {_words(key.state)}.")


def check_customers(key: Key) -> None:
    """Raises AccessDeniedException for a key that AWS manages."""
    if key.manager == "AWS":
        raise AwsError(
            "AccessDeniedException",
            f"{key.arn} is an AWS managed key: it cannot be changed by you.",
        )


def check_enabled(key: Key) -> None:
    """Raises what AWS answers to a cryptographic operation in another state than Enabled."""
    if key.state == ENABLED:
        return
    if key.state == DISABLED:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")
    raise invalid_state(f"{key.arn} is {_words(key.state)}.")


def _words(state: str) -> str:
    if state == PENDING_IMPORT:
        return "pending import"
    return "pending replica deletion" if state == PENDING_REPLICAS else "pending deletion"


def check_usage(call: Call, key: Key, usage: str) -> None:
    """Raises InvalidKeyUsageException when the key is for something else."""
    if key.usage != usage:
        raise AwsError(
            "InvalidKeyUsageException",
            f"{key.arn} key usage is {key.usage} which is not valid for {call.operation_name}.",
        )


def check_origin(key: Key, *, imported: bool) -> None:
    """Raises UnsupportedOperationException for a key of the wrong origin."""
    if (key.origin == EXTERNAL) != imported:
        wrong = key.origin if imported else EXTERNAL
        raise unsupported(
            f"{key.arn} origin is {wrong or AWS_KMS} which is not valid for this operation."
        )


def check_dry_run(request: Input) -> None:
    """Raises DryRunOperationException when the request only asks whether it would succeed."""
    if request.get("DryRun"):
        raise AwsError(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
        )


def note_use(call: Call, key: Key) -> None:
    """Remember what a key was last used for: each new hour, each new operation.

    The event makes a call that only reads one that is journalled, so that a replay remembers it.
    """
    name = call.operation_name
    if key.used_for == name and key.used_ns is not None and call.now - key.used_ns < HOUR_NS:
        return
    key.used_ns, key.used_for, key.used_request = call.now, name, call.request_id
    key.used_event = call.event(key.arn, "kms.used", f"key {key.id} was used for {name}")


def check_tokens(call: Call, request: Input) -> None:
    """Raises InvalidGrantTokenException for a grant token that no grant of the house has."""
    tokens = request.get("GrantTokens")
    if not tokens:
        return
    known: set[str] = set()
    for _, _, rows in call.cloud.store.scopes(KEYS):
        for key in rows.values():
            for grant in key.grants.values():
                known.update(grant.tokens)
    for token in tokens:
        if token not in known:
            raise AwsError("InvalidGrantTokenException", "Invalid grant token.")
