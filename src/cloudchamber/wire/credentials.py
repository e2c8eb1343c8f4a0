"""Who a request says it is from: the credential in its Authorization header or query string.

Rules of this file: reading only. Nothing is verified here (that is `sigv4`) and nothing is looked
up: whether the key exists is the caller's business. A malformed credential is answered in AWS's
words.

Forms read: Signature Version 4 and 4A in the header or the query string, S3's old
`AWS key:signature` header and its query form, and Signature Version 2 in a query or form body.
See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.presigned import from_old_values, from_query
from cloudchamber.wire.query_strings import find_query_value, first_values
from cloudchamber.wire.scopes import (
    S3_SCOPES,
    SCOPE_CACHE,
    SIGV2_HEADER,
    SIGV4,
    SIGV4A,
    TERMINATOR,
    Credential,
    Scope,
    cut,
    expect_scope,
    find_scope,
    header_names,
    incomplete,
    names_s3,
)

__all__ = (
    "S3_SCOPES",
    "SIGV4",
    "SIGV4A",
    "Credential",
    "find_scope_service",
    "parse_credential",
    "spell_for",
)

_TERMINATED: Final = "/" + TERMINATOR
_S3_SCOPE: Final = (
    "The authorization header is malformed; the Credential is mal-formed; expecting "
    '"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".'
)
# The services that speak JSON or CBOR name the same failures differently.
_JSON_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "IncompleteSignature": "IncompleteSignatureException",
        "InvalidClientTokenId": "UnrecognizedClientException",
        "MissingAuthenticationToken": "MissingAuthenticationTokenException",
        "SignatureDoesNotMatch": "InvalidSignatureException",
    }
)
# As nearly every client writes it; anything else is taken apart piece by piece.
_USUAL_FORM: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^\s,=]+),\s?SignedHeaders=([^\s,=]+),\s?"
)
_XML_PROTOCOLS: Final = frozenset(("query", "ec2", "rest-xml"))


def parse_credential(request: Request) -> Credential | None:
    """The credential of a request, None when it presents none of a kind that AWS signs with.

    Raises WireError (IncompleteSignature, or S3's own codes) when there is one that cannot be read.
    A bearer token is not a credential of this kind.
    """
    authorization = request.headers.get("authorization")
    if authorization is not None:
        if authorization.startswith("AWS4-"):
            return _from_header(request, authorization)
        if authorization.startswith("AWS "):
            return _from_old_header(request, authorization)
        return None
    query = request.query
    if "X-Amz-Algorithm=" in query or "X-Amz-Credential=" in query:
        return from_query(request)
    if "AWSAccessKeyId=" in query:
        return from_old_values(first_values(query))
    if b"AWSAccessKeyId=" in request.body and _is_form(request):
        return from_old_values(first_values(request.body.decode("utf-8", "replace")))
    return None


def find_scope_service(request: Request) -> str | None:
    """The service a request is signed for, read as cheaply as can be; None when it does not say.

    Never raises: a scope that cannot be read is `parse_credential`'s to refuse.
    """
    authorization = request.headers.get("authorization")
    if authorization is None:
        if "X-Amz-Credential=" in request.query:
            return _service_of(find_query_value(request.query, "X-Amz-Credential") or "")
        if "AWSAccessKeyId=" in request.query and "Action=" not in request.query:
            return "s3"
        return None
    if authorization.startswith("AWS4-"):
        stop = authorization.find(_TERMINATED)
        start = authorization.rfind("/", 0, stop)
        return authorization[start + 1 : stop] if 0 < start < stop else None
    return "s3" if authorization.startswith("AWS ") else None


def spell_for(error: WireError, protocol: str) -> WireError:
    """The same failure under the code that services of this protocol use for it."""
    code = _JSON_CODES.get(error.code)
    if code is None or protocol in _XML_PROTOCOLS:
        return error
    return WireError(
        code,
        error.message,
        400 if protocol == "json" else error.status,
        error.fields,
        sender_fault=error.sender_fault,
        headers=error.headers,
    )


@lru_cache(maxsize=SCOPE_CACHE)
def _service_of(text: str) -> str | None:
    parts = text.rsplit("/", 2)
    return parts[1] if len(parts) == 3 and parts[2] == TERMINATOR else None


def _from_header(request: Request, authorization: str) -> Credential:
    known, _, signature = authorization.rpartition("Signature=")
    amz_date = request.headers.get("x-amz-date")
    is_last = "," not in signature and " " not in signature
    usual = _find_usual(known) if amz_date and is_last else None
    if usual is None or amz_date is None:
        return _from_unusual_header(request, authorization)
    scope, signed_headers = usual
    return Credential(
        SIGV4,
        scope.access_key,
        scope.date,
        scope.region,
        scope.service,
        scope.text,
        signed_headers,
        signature,
        amz_date,
        request.headers.get("x-amz-security-token"),
    )


@lru_cache(maxsize=SCOPE_CACHE)
def _find_usual(known: str) -> tuple[Scope, tuple[str, ...]] | None:
    """What the header says before its signature, the same for a client all day; None when it is
    not spelt as nearly every client spells it."""
    usual = _USUAL_FORM.fullmatch(known)
    if usual is None:
        return None
    scope = find_scope(usual[1], SIGV4)
    if scope is None or not scope.text.endswith(_TERMINATED):
        return None
    return scope, header_names(usual[2])


def _from_unusual_header(request: Request, authorization: str) -> Credential:
    algorithm, _, rest = authorization.partition(" ")
    if algorithm not in (SIGV4, SIGV4A):
        raise incomplete(f"Unsupported AWS 'algorithm': '{cut(algorithm)}'.")
    parameters = _header_parameters(authorization, rest)
    headers = request.headers
    amz_date = headers.get("x-amz-date") or headers.get("date", "")
    missing = [
        f"Authorization header requires '{name}' parameter."
        for name in ("Credential", "Signature", "SignedHeaders")
        if not parameters.get(name)
    ]
    if not amz_date:
        missing.append(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header."
        )
    if missing:
        raise incomplete(f"{' '.join(missing)} Authorization={cut(authorization)}")
    text = parameters["Credential"]
    if names_s3(text) and find_scope(text, algorithm) is None:
        raise WireError("AuthorizationHeaderMalformed", _S3_SCOPE, 400)
    scope = expect_scope(text, algorithm)
    return Credential(
        algorithm=algorithm,
        access_key=scope.access_key,
        date=scope.date,
        region=scope.region or headers.get("x-amz-region-set", ""),
        service=scope.service,
        scope=scope.text,
        signed_headers=header_names(parameters["SignedHeaders"]),
        signature=parameters["Signature"],
        amz_date=amz_date,
        token=headers.get("x-amz-security-token"),
    )


def _header_parameters(authorization: str, rest: str) -> dict[str, str]:
    """`Credential=..., SignedHeaders=..., Signature=...` in any order, comma or space between."""
    parameters: dict[str, str] = {}
    for part in rest.replace(",", " ").split():
        name, equals, value = part.partition("=")
        if not equals:
            raise incomplete(
                f"'{cut(part)}' not a valid key=value pair (missing equal-sign) in Authorization "
                f"header: '{cut(authorization)}'."
            )
        parameters[name] = value
    return parameters


def _from_old_header(request: Request, authorization: str) -> Credential:
    """S3's `Authorization: AWS key:signature`."""
    access_key, _, signature = authorization[4:].strip().partition(":")
    if not access_key or not signature or " " in signature:
        raise WireError(
            "InvalidArgument",
            "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature",
            400,
            {"ArgumentName": "Authorization", "ArgumentValue": cut(authorization)},
        )
    return Credential(
        algorithm=SIGV2_HEADER,
        access_key=access_key,
        date="",
        region="",
        service="s3",
        scope="",
        signed_headers=(),
        signature=signature,
        amz_date=request.headers.get("x-amz-date") or request.headers.get("date", ""),
        token=request.headers.get("x-amz-security-token"),
    )


def _is_form(request: Request) -> bool:
    kind = request.headers.get("content-type", "")
    return kind.startswith("application/x-www-form-urlencoded")
