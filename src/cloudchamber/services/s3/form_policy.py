"""The policy of a form: who signed it, until when it holds, and what it allows in the fields.

Rules of this file: checks only, in S3's order and words. Like signatures, policies are made by the
client's clock, so they expire by the real time, where that counts.
https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha1, sha256
from typing import Any, Final

import msgspec

from cloudchamber.cloud.authentication import find_credentials
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import ANONYMOUS, Caller, root
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import errors

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SIGNED_V4: Final = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature")
SIGNED_V2: Final = ("awsaccesskeyid", "signature")
FREE: Final = frozenset({"x-amz-signature", "signature", "awsaccesskeyid", "policy", "file"})
SCOPE_PARTS: Final = 5
RANGE: Final = "content-length-range"
DIGITS_MAX: Final = 18


def caller_of(call: Call, fields: Mapping[str, str]) -> Caller:
    """Who signed a form; nobody when it has no policy.

    Raises InvalidArgument (a field is missing), InvalidAccessKeyId, SignatureDoesNotMatch.
    """
    policy = fields.get("policy")
    signs = [name for name in (*SIGNED_V4, *SIGNED_V2) if name in fields]
    if policy is None:
        if signs:
            raise missing("policy")
        is_enforced = call.cloud.settings.iam == "enforce"
        return ANONYMOUS if is_enforced else root(call.cloud.settings.account)
    if "x-amz-credential" in fields or "x-amz-algorithm" in fields:
        for name in SIGNED_V4:
            if name not in fields:
                raise missing("-".join(part.capitalize() for part in name.split("-")))
        return _signed_v4(call, fields, policy)
    for name, shown in zip(SIGNED_V2, ("AWSAccessKeyId", "Signature"), strict=True):
        if name not in fields:
            raise missing(shown)
    key = fields["awsaccesskeyid"]
    caller, secret = _known(call, key, fields)
    if secret is not None:
        made = hmac.digest(secret.encode(), policy.encode(), sha1)
        _compare(b64encode(made).decode(), fields["signature"], key)
    return caller


def _signed_v4(call: Call, fields: Mapping[str, str], policy: str) -> Caller:
    if fields["x-amz-algorithm"] != ALGORITHM:
        raise errors.invalid_argument(
            f"x-amz-algorithm must be {ALGORITHM}", "x-amz-algorithm", fields["x-amz-algorithm"]
        )
    scope = fields["x-amz-credential"].split("/")
    if len(scope) != SCOPE_PARTS or scope[4] != "aws4_request" or scope[3] != "s3":
        raise errors.invalid_argument(
            "The X-Amz-Credential field is mal-formed; expecting "
            '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
            "x-amz-credential",
            fields["x-amz-credential"],
        )
    caller, secret = _known(call, scope[0], fields)
    if secret is not None:
        key = f"AWS4{secret}".encode()
        for part in scope[1:]:
            key = hmac.digest(key, part.encode(), sha256)
        made = hmac.digest(key, policy.encode(), sha256).hex()
        _compare(made, fields["x-amz-signature"], scope[0])
    return caller


def _known(call: Call, access_key: str, fields: Mapping[str, str]) -> tuple[Caller, str | None]:
    """Whose key it is, and the secret that its signature is to be checked with."""
    known = find_credentials(call.cloud, access_key)
    if known is None:
        if call.cloud.settings.iam != "enforce":
            return root(call.cloud.settings.account, access_key=access_key), None
        raise _unknown(access_key)
    if not known.is_active:
        raise _unknown(access_key)
    if known.token is not None and fields.get("x-amz-security-token") != known.token:
        raise AwsError("InvalidToken", "The provided token is malformed or otherwise invalid.", 400)
    if known.expires_ns is not None and call.now >= known.expires_ns:
        raise AwsError("ExpiredToken", "The provided token has expired.", 400)
    return known.caller, None if call.cloud.settings.iam == "off" else known.secret


def _unknown(access_key: str) -> AwsError:
    message = "The AWS Access Key Id you provided does not exist in our records."
    return AwsError("InvalidAccessKeyId", message, 403, AWSAccessKeyId=access_key)


def _compare(made: str, given: str, access_key: str) -> None:
    if not hmac.compare_digest(made.encode(), given.encode()):
        raise AwsError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. Check "
            "your key and signing method.",
            403,
            AWSAccessKeyId=access_key,
            SignatureProvided=given,
        )


def missing(name: str) -> AwsError:
    """400: the form lacks a field."""
    return errors.invalid_argument(
        f"Bucket POST must contain a field named '{name}'.  If it is specified, please check the "
        "order of the fields.",
        name,
        "",
    )


def check(fields: Mapping[str, str], bucket: str, size: int, wall_ns: int | None) -> None:
    """Raise unless the form's policy, if it has one, allows its fields and its file."""
    text = fields.get("policy")
    if text is None:
        return
    document = _document(text)
    expiration = document.get("expiration")
    if not isinstance(expiration, str):
        raise _invalid("Policy missing expiration.")
    if wall_ns is not None and _instant(expiration) <= wall_ns:
        raise _denied("Policy expired.")
    conditions = document.get("conditions")
    if not isinstance(conditions, list):
        raise _invalid("Policy missing conditions.")
    given = {**fields, "bucket": bucket}
    named = set(FREE) | {"bucket"}
    for condition in conditions:
        named.add(_check_condition(condition, given, size))
    extra = [name for name in fields if name not in named and not name.startswith("x-ignore-")]
    if extra:
        raise _denied(f"Extra input fields: {', '.join(extra)}")


def _document(text: str) -> dict[str, Any]:
    try:
        document = msgspec.json.decode(b64decode(text, validate=False))
    except (ValueError, msgspec.DecodeError):
        raise _invalid("Invalid JSON.") from None
    if not isinstance(document, dict):
        raise _invalid("Invalid JSON.")
    return document


def _instant(text: str) -> int:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise _invalid(f"Invalid 'expiration' value: '{text}'") from None
    if read.tzinfo is None:
        raise _invalid(f"Invalid 'expiration' value: '{text}'")
    return int(read.timestamp() * 1000) * (SECOND_NS // 1000)


def _check_condition(condition: Any, given: Mapping[str, str], size: int) -> str:
    """Raise unless a condition holds; gives the field that it speaks of."""
    if isinstance(condition, dict) and len(condition) == 1:
        [(name, value)] = condition.items()
        if given.get(name.lower()) != str(value):
            raise _failed(["eq", f"${name}", value])
        return str(name.lower())
    if not isinstance(condition, list) or len(condition) != 3:
        raise _invalid("Invalid Simple-Condition: Simple-Conditions must have exactly one property")
    kind, name, value = condition
    if str(kind).lower() == RANGE:
        least, most = _count(name), _count(value)
        if size > most:
            raise errors.entity_too_large(size, most)
        if size < least:
            raise AwsError(
                "EntityTooSmall",
                "Your proposed upload is smaller than the minimum allowed size",
                400,
                ProposedSize=size,
                MinSizeAllowed=name,
            )
        return ""
    field = str(name).removeprefix("$").lower()
    found = given.get(field, "")
    if kind == "eq":
        holds = found == str(value)
    elif kind == "starts-with":
        holds = found.startswith(str(value))
    else:
        raise _invalid(f"Invalid Condition: unknown operation '{kind}'.")
    if not holds or field not in given:
        raise _failed(condition)
    return field


def _count(value: Any) -> int:
    text = str(value)
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        raise _invalid("Invalid content-length-range: a limit is not a number.")
    return int(text)


def _failed(condition: list[Any]) -> AwsError:
    shown = ", ".join(msgspec.json.encode(each).decode() for each in condition)
    return _denied(f"Policy Condition failed: [{shown}]")


def _denied(why: str) -> AwsError:
    return errors.access_denied(f"Invalid according to Policy: {why}")


def _invalid(why: str) -> AwsError:
    return AwsError("InvalidPolicyDocument", f"Invalid Policy: {why}", 400)
