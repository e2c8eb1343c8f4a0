"""Signature Version 4: whether a request was signed with the secret its sender should have.

Rules of this file: pure computation. The secret comes from the caller, the time is an argument,
keys derived from secrets are kept in an object the caller owns. Comparison takes the same time
whatever differs. What is refused is refused in AWS's words, S3 in its own.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

import hmac
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from cloudchamber.wire import sigv2
from cloudchamber.wire.aws_chunked import ChunkSigner
from cloudchamber.wire.canonical import (
    EMPTY_SHA256,
    STREAMING_PREFIX,
    UNSIGNED_PAYLOAD,
    Canonical,
    plain_reading,
    readings,
)
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.presigned import check_presigned_life, iso
from cloudchamber.wire.protocols import timestamps
from cloudchamber.wire.query_strings import find_query_value
from cloudchamber.wire.scopes import S3_SCOPES, SIGV4, SIGV4A, Credential, cut, incomplete

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

KEYS_LIMIT: Final = 1024
SKEW_S: Final = 300
S3_SKEW_S: Final = 900
PRESIGNED_SKEW_S: Final = 900

_HOST_UNSIGNED: Final = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
_AMZ_DATE: Final = re.compile(r"\d{8}T\d{6}Z", re.ASCII)
_AMZ_FORMAT: Final = "%Y%m%dT%H%M%SZ"
_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")


class Verifier:
    """Verifies signatures, and keeps the keys derived for it: deriving one costs more than using.

    Holds at most `limit` keys of each kind and forgets the oldest first.
    """

    __slots__ = ("_keys", "_limit", "_public_keys")

    def __init__(self, limit: int = KEYS_LIMIT) -> None:
        self._keys: dict[tuple[str, str, str, str], bytes] = {}
        self._public_keys: dict[tuple[str, str], EllipticCurvePublicKey] = {}
        self._limit = limit

    @property
    def kept(self) -> int:
        """How many keys are kept."""
        return len(self._keys) + len(self._public_keys)

    def signing_key(self, credential: Credential, secret: str) -> bytes:
        """The key that signs this credential's requests and their chunks."""
        name = (secret, credential.date, credential.region, credential.service)
        key = self._keys.get(name)
        if key is None:
            key = derive_key(*name)
            if len(self._keys) >= self._limit:
                del self._keys[next(iter(self._keys))]
            self._keys[name] = key
        return key

    def chunk_signer(self, credential: Credential, secret: str) -> ChunkSigner:
        """What verifies the chunks of a body whose request this credential signed."""
        return ChunkSigner.of(credential, self.signing_key(credential, secret))

    def verify(
        self,
        request: Request,
        credential: Credential,
        secret: str,
        now_s: float | None = None,
        *,
        payload_sha256: str | None = None,
    ) -> None:
        """Raises WireError unless the request was signed with this secret.

        `now_s` is the time in seconds since the epoch; without it, age is not looked at.
        `payload_sha256` is the hash of the body, in hex, if the caller has computed it already.
        Codes: SignatureDoesNotMatch, IncompleteSignature, and S3's RequestTimeTooSkewed,
        AccessDenied, XAmzContentSHA256Mismatch, AuthorizationHeaderMalformed and InvalidRequest.
        """
        now = None if now_s is None else int(now_s)
        if credential.algorithm not in (SIGV4, SIGV4A):
            sigv2.verify(request, credential, secret, now_s=now)
            return
        s3 = credential.service in S3_SCOPES
        amz_date = _expect_date(credential, s3=s3)
        if now is not None:
            _check_age(credential, amz_date, now, s3=s3)
        if "host" not in credential.signed_headers:
            raise WireError("SignatureDoesNotMatch", _HOST_UNSIGNED, 403)
        payload = _payload_hash(request, credential, payload_sha256, s3=s3)
        if credential.algorithm == SIGV4A:
            self._verify_asymmetric(request, credential, secret, amz_date, payload)
        else:
            key = self.signing_key(credential, secret)
            _verify_keyed(request, credential, key, amz_date, payload)
        if s3:
            _check_s3(request, credential, payload, payload_sha256)

    def _verify_asymmetric(
        self, request: Request, credential: Credential, secret: str, amz_date: str, payload: str
    ) -> None:
        from cloudchamber.wire import sigv4a

        name = (credential.access_key, secret)
        key = self._public_keys.get(name)
        if key is None:
            key = sigv4a.public_key(*name)
            if len(self._public_keys) >= self._limit:
                del self._public_keys[next(iter(self._public_keys))]
            self._public_keys[name] = key
        s3 = credential.service in S3_SCOPES
        names, scope = credential.signed_headers, credential.scope
        for reading in readings(request, names, payload, s3=s3):
            text = string_to_sign(SIGV4A, amz_date, scope, reading)
            if sigv4a.is_signed(key, credential.signature, text):
                return
        first = plain_reading(request, names, payload, s3=s3)
        raise mismatch(credential, first, string_to_sign(SIGV4A, amz_date, scope, first))


def derive_key(secret: str, date: str, region: str, service: str) -> bytes:
    """The signing key of a secret for one day (`YYYYMMDD`), region and service."""
    key = f"AWS4{secret}".encode("utf-8", "replace")
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode("utf-8", "replace"), "sha256")
    return key


def string_to_sign(algorithm: str, amz_date: str, scope: str, canonical: Canonical) -> str:
    """What is signed: the algorithm, the time, the scope and the hash of the canonical request."""
    return f"{algorithm}\n{amz_date}\n{scope}\n{sha256(canonical.data).hexdigest()}"


def authorization_for(
    request: Request, *, access_key: str, secret: str, region: str, service: str
) -> str:
    """The Authorization header of a request that has its `host` and `x-amz-date`.

    For requests the chamber sends itself, and for tests. All headers present are signed, but those
    that change on the way.
    """
    names = tuple(sorted(name for name in request.headers if name not in _UNSIGNED_HEADERS))
    amz_date = request.headers["x-amz-date"]
    scope = f"{amz_date[:8]}/{region}/{service}/aws4_request"
    claimed = request.headers.get("x-amz-content-sha256")
    payload = claimed or sha256(request.body).hexdigest()
    canonical = plain_reading(request, names, payload, s3=service in S3_SCOPES)
    text = string_to_sign(SIGV4, amz_date, scope, canonical)
    signature = _signature(derive_key(secret, amz_date[:8], region, service), text)
    return (
        f"{SIGV4} Credential={access_key}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )


_UNSIGNED_HEADERS: Final = frozenset(
    ("authorization", "connection", "expect", "transfer-encoding", "user-agent", "x-amzn-trace-id")
)


def _signature(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode("utf-8", "replace"), "sha256").hex()


def _verify_keyed(
    request: Request, credential: Credential, key: bytes, amz_date: str, payload: str
) -> None:
    s3 = credential.service in S3_SCOPES
    names, scope = credential.signed_headers, credential.scope
    first = plain_reading(request, names, payload, s3=s3)
    text = string_to_sign(SIGV4, amz_date, scope, first)
    if _is_equal(_signature(key, text), credential.signature):
        return
    for other in readings(request, names, payload, s3=s3):
        signature = _signature(key, string_to_sign(SIGV4, amz_date, scope, other))
        if _is_equal(signature, credential.signature):
            return
    raise mismatch(credential, first, text)


def _is_equal(ours: str, theirs: str) -> bool:
    # Bytes, because compare_digest refuses text that is not ASCII.
    return hmac.compare_digest(ours.encode(), theirs.encode("utf-8", "replace"))


def mismatch(credential: Credential, canonical: Canonical, text: str) -> WireError:
    """The error of a wrong signature, saying what should have been signed, as AWS does."""
    if credential.service in S3_SCOPES:
        return WireError(
            "SignatureDoesNotMatch",
            "The request signature we calculated does not match the signature you provided. "
            "Check your key and signing method.",
            403,
            {
                "AWSAccessKeyId": credential.access_key,
                "StringToSign": text,
                "SignatureProvided": credential.signature,
                "StringToSignBytes": _spelled_bytes(text.encode("utf-8", "replace")),
                "CanonicalRequest": canonical.text,
                "CanonicalRequestBytes": _spelled_bytes(canonical.data),
            },
        )
    return WireError(
        "SignatureDoesNotMatch",
        "The request signature we calculated does not match the signature you provided. Check your "
        "AWS Secret Access Key and signing method. Consult the service documentation for details."
        f"\n\nThe Canonical String for this request should have been\n'{canonical.text}'"
        f"\n\nThe String-to-Sign should have been\n'{text}'\n",
        403,
    )


def _spelled_bytes(data: bytes) -> str:
    return data[:8192].hex(" ")


# --- the payload -----------------------------------------------------------------------------


def _payload_hash(
    request: Request, credential: Credential, computed: str | None, *, s3: bool
) -> str:
    """The hash that takes part in the signature: S3 trusts what is claimed until it has checked."""
    claimed = request.headers.get("x-amz-content-sha256")
    if credential.presigned and claimed is None:
        claimed = find_query_value(request.query, "X-Amz-Content-Sha256")
    if s3:
        if claimed is not None:
            return claimed
        if credential.presigned:
            return UNSIGNED_PAYLOAD
        if credential.service != "s3-outposts":
            # S3 on Outposts has a control API that is signed like any other service's.
            raise WireError(
                "InvalidRequest", "Missing required header for this request: x-amz-content-sha256"
            )
    if claimed is not None and (
        claimed == UNSIGNED_PAYLOAD or claimed.startswith(STREAMING_PREFIX)
    ):
        return claimed
    return computed or _hash_of(request.body)


def _hash_of(body: bytes) -> str:
    return sha256(body).hexdigest() if body else EMPTY_SHA256


def _check_s3(request: Request, credential: Credential, payload: str, computed: str | None) -> None:
    """What S3 looks at once a signature is right: the body's hash, and headers left unsigned."""
    signed = credential.signed_headers
    unsigned = [
        name
        for name in request.headers
        if name.startswith("x-amz-") and name not in signed and name != "x-amz-content-sha256"
    ]
    if unsigned:
        raise WireError(
            "AccessDenied",
            "There were headers present in the request which were not signed",
            403,
            {"HeadersNotSigned": ", ".join(sorted(unsigned))},
        )
    if payload == UNSIGNED_PAYLOAD or payload.startswith(STREAMING_PREFIX):
        return
    if not _SHA256.fullmatch(payload):
        raise WireError(
            "InvalidArgument",
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.",
            400,
            {"ArgumentName": "x-amz-content-sha256", "ArgumentValue": cut(payload)},
        )
    found = computed or _hash_of(request.body)
    if found != payload.lower():
        raise WireError(
            "XAmzContentSHA256Mismatch",
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
            400,
            {"ClientComputedContentSHA256": payload, "S3ComputedContentSHA256": found},
        )


# --- the time --------------------------------------------------------------------------------


def _expect_date(credential: Credential, *, s3: bool) -> str:
    """When it was signed, as `YYYYMMDDTHHMMSSZ`. Raises WireError if it does not say, or twice."""
    amz_date = credential.amz_date
    if not _AMZ_DATE.fullmatch(amz_date):
        found = _find_http_date(amz_date)
        if found is None and s3:
            raise WireError(
                "AccessDenied",
                "AWS authentication requires a valid Date or x-amz-date header",
                403,
            )
        if found is None:
            raise incomplete(
                f"Date must be in ISO-8601 'basic format'. Got '{cut(amz_date)}'. "
                "See http://en.wikipedia.org/wiki/ISO_8601"
            )
        amz_date = found
    if amz_date[:8] == credential.date:
        return amz_date
    if s3:
        raise WireError(
            "AuthorizationHeaderMalformed",
            f'The authorization header is malformed; Invalid credential date "{credential.date}". '
            f'This date is not the same as X-Amz-Date: "{amz_date[:8]}".',
        )
    raise WireError(
        "SignatureDoesNotMatch",
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "
        f"'{cut(credential.date)}' != '{amz_date[:8]}', from '{amz_date}'.",
        403,
    )


def _find_http_date(text: str) -> str | None:
    """A Date header's time in the form that is signed."""
    try:
        return _amz(int(timestamps.parse(text)))
    except ValueError:
        return None


def _check_age(credential: Credential, amz_date: str, now_s: int, *, s3: bool) -> None:
    try:
        moment = datetime.strptime(amz_date, _AMZ_FORMAT).replace(tzinfo=UTC)
    except ValueError as error:
        raise incomplete(
            f"Date must be in ISO-8601 'basic format'. Got '{amz_date}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        ) from error
    signed_at_s = int(moment.timestamp())
    if s3 and credential.presigned:
        check_presigned_life(credential, signed_at_s, now_s)
    elif s3:
        if abs(now_s - signed_at_s) > S3_SKEW_S:
            raise too_skewed(amz_date, now_s)
    else:
        skew_s = PRESIGNED_SKEW_S if credential.presigned else SKEW_S
        life_s = max(skew_s, credential.expires_s or 0)
        _check_window(amz_date, signed_at_s, now_s, skew_s, life_s)


def _check_window(amz_date: str, signed_at_s: int, now_s: int, skew_s: int, life_s: int) -> None:
    """Every service but S3: a signature is good for some minutes either way, a URL for its life."""
    now, minutes = _amz(now_s), life_s // 60
    if now_s > signed_at_s + life_s:
        raise WireError(
            "SignatureDoesNotMatch",
            f"Signature expired: {amz_date} is now earlier than {_amz(now_s - life_s)} "
            f"({now} - {minutes} min.)",
            403,
        )
    if now_s < signed_at_s - skew_s:
        raise WireError(
            "SignatureDoesNotMatch",
            f"Signature not yet current: {amz_date} is still later than {_amz(now_s + skew_s)} "
            f"({now} + {skew_s // 60} min.)",
            403,
        )


def too_skewed(sent: str, now_s: int) -> WireError:
    """S3's error of a request from a clock that is far from its own."""
    return WireError(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
        {
            "RequestTime": sent,
            "ServerTime": iso(now_s),
            "MaxAllowedSkewMilliseconds": str(S3_SKEW_S * 1000),
        },
    )


def _amz(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime(_AMZ_FORMAT)
