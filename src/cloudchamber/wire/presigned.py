"""Credentials in a query string: presigned URLs, new and old, and how long they live.

Rules of this file: reading only; the time is an argument. S3 has error codes of its own for a URL
that is put together wrongly, every other service answers IncompleteSignature.
See https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.query_strings import first_values
from cloudchamber.wire.scopes import (
    S3_SCOPES,
    SIGV2_HEADER,
    SIGV4,
    SIGV4A,
    Credential,
    cut,
    expect_scope,
    find_scope,
    header_names,
    incomplete,
    names_s3,
)

WEEK_S: Final = 604_800
SKEW_S: Final = 900
_NEEDED: Final = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_S3_NEEDS: Final = (
    "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
    "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)
_S3_SCOPE: Final = (
    "Error parsing the X-Amz-Credential parameter; the Credential is mal-formed; expecting "
    '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)


def from_query(request: Request) -> Credential:
    """The credential of a presigned URL. Raises WireError when it cannot be read."""
    values = first_values(request.query)
    algorithm = values.get("X-Amz-Algorithm", "")
    text = values.get("X-Amz-Credential", "")
    s3 = names_s3(text)
    missing = [name for name in _NEEDED if not values.get(name)]
    if missing and s3:
        raise query_error(_S3_NEEDS)
    if missing:
        told = " ".join(f"AWS query-string parameters must include '{name}'." for name in missing)
        raise incomplete(f"{told} Re-examine the query-string parameters.")
    if algorithm not in (SIGV4, SIGV4A):
        if s3:
            raise query_error(f'X-Amz-Algorithm only supports "{SIGV4} and {SIGV4A}"')
        raise incomplete(f"Unsupported AWS 'algorithm': '{cut(algorithm)}'.")
    if s3 and find_scope(text, algorithm) is None:
        raise query_error(_S3_SCOPE)
    scope = expect_scope(text, algorithm)
    return Credential(
        algorithm=algorithm,
        access_key=scope.access_key,
        date=scope.date,
        region=scope.region or values.get("X-Amz-Region-Set", ""),
        service=scope.service,
        scope=scope.text,
        signed_headers=header_names(values["X-Amz-SignedHeaders"]),
        signature=values["X-Amz-Signature"],
        amz_date=values["X-Amz-Date"],
        token=values.get("X-Amz-Security-Token"),
        presigned=True,
        expires_s=_expires_s(values.get("X-Amz-Expires"), s3=scope.service in S3_SCOPES),
    )


def from_old_values(values: dict[str, str]) -> Credential:
    """Signature Version 2: S3's presigned form, and the query services' own.

    Raises WireError when the key or the signature is missing.
    """
    is_action = "Action" in values
    access_key, signature = values.get("AWSAccessKeyId", ""), values.get("Signature", "")
    if not access_key or not signature:
        if is_action:
            raise incomplete("The request must contain the parameters AWSAccessKeyId, Signature.")
        raise WireError(
            "AccessDenied",
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
            "parameters",
            403,
        )
    return Credential(
        algorithm=values.get("SignatureMethod", SIGV2_HEADER) if is_action else SIGV2_HEADER,
        access_key=access_key,
        date="",
        region="",
        service="" if is_action else "s3",
        scope="",
        signed_headers=(),
        signature=signature,
        amz_date=values.get("Timestamp", ""),
        token=values.get("SecurityToken") or values.get("x-amz-security-token"),
        presigned=not is_action,
    )


def check_presigned_life(credential: Credential, signed_at_s: int, now_s: int) -> None:
    """Refuses a presigned S3 URL before or after its life, in S3's words.

    Times are seconds since the epoch. Raises WireError.
    """
    ends_s = signed_at_s + (credential.expires_s or 0)
    if now_s < signed_at_s - SKEW_S:
        raise WireError("AccessDenied", "Request is not valid yet", 403, {"ServerTime": iso(now_s)})
    if now_s > ends_s:
        raise WireError(
            "AccessDenied",
            "Request has expired",
            403,
            {
                "X-Amz-Expires": str(credential.expires_s),
                "Expires": iso(ends_s),
                "ServerTime": iso(now_s),
            },
        )


def iso(seconds: int) -> str:
    """Seconds since the epoch as S3 writes a time in an error."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def query_error(message: str) -> WireError:
    """S3's error of a presigned URL that is put together wrongly."""
    return WireError("AuthorizationQueryParametersError", message, 400)


def _expires_s(text: str | None, *, s3: bool) -> int | None:
    """The life of a presigned URL in seconds. S3 insists on one, other services do not."""
    if text is None:
        if s3:
            raise query_error(_S3_NEEDS)
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise query_error("X-Amz-Expires should be a number")
    seconds = int(text)
    if seconds < 0:
        raise query_error("X-Amz-Expires must be non-negative")
    if seconds > WEEK_S:
        raise query_error(
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires "
            f"must be less than {WEEK_S} seconds"
        )
    return seconds
