"""Unique ids, access keys, secrets and ARNs.

Rules of this file: drawn from the chamber's keyed streams only. An id is a four-letter prefix and
characters of [A-Z2-7] (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html).
As at AWS, the account can be read out of an id: after a leading one bit come its 40 bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cloudchamber.services.iam.nouns import ACCESS_KEYS

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

USER: Final = "AIDA"
GROUP: Final = "AGPA"
ROLE: Final = "AROA"
POLICY: Final = "ANPA"
INSTANCE_PROFILE: Final = "AIPA"
ACCESS_KEY: Final = "AKIA"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BITS = 5
_ACCOUNT_BITS = 40
_SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
SECRET_LENGTH = 40
ID_LENGTH = 17
KEY_LENGTH = 16


def unique_id(call: Call, prefix: str, arn: str) -> str:
    """A new unique id for the thing with this ARN: a thing made again gets another."""
    return prefix + _body(call, arn, prefix, ID_LENGTH)


def access_key_id(call: Call, owner_arn: str) -> str:
    """An access key id that nobody in the world has."""
    taken = call.rows(ACCESS_KEYS)
    while True:
        found = ACCESS_KEY + _body(call, owner_arn, ACCESS_KEY, KEY_LENGTH)
        if found not in taken:
            return found


def secret_key(call: Call, owner_arn: str) -> str:
    """A secret access key: 40 characters."""
    stream = call.stream(owner_arn, "secret-access-key")
    return "".join(_SECRET_ALPHABET[byte % 64] for byte in stream.bytes(SECRET_LENGTH))


def _body(call: Call, arn: str, purpose: str, length: int) -> str:
    random_bits = _BITS * length - _ACCOUNT_BITS - 1
    stream = call.stream(arn, f"id {purpose}")
    number = (1 << _ACCOUNT_BITS | int(call.account)) << random_bits | stream.below(
        1 << random_bits
    )
    return "".join(
        _ALPHABET[number >> shift & 31] for shift in range(_BITS * (length - 1), -1, -_BITS)
    )


def arn_of(call: Call, kind: str, path: str, name: str) -> str:
    """`arn:aws:iam::123456789012:role/path/name`; IAM's ARNs have no region."""
    return call.arn(f"{kind}{path}{name}", region="")
