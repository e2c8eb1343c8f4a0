"""The credential of a request and the scope it was signed for, as values.

Rules of this file: values and their spelling; which request they come from is `credentials` and
`presigned`. Scopes are parsed once per spelling, because a client sends the same one all day.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from cloudchamber.wire.errors import WireError

SIGV4: Final = "AWS4-HMAC-SHA256"
SIGV4A: Final = "AWS4-ECDSA-P256-SHA256"
SIGV2_HEADER: Final = "AWS"
TERMINATOR: Final = "aws4_request"
S3_SCOPES: Final = frozenset(("s3", "s3express", "s3-outposts", "s3-object-lambda"))
SCOPE_CACHE: Final = 4096


class Scope(msgspec.Struct, frozen=True):
    """The `key/date/region/service/aws4_request` of a signature.

    `region` is "" for Signature Version 4A, whose regions are in `X-Amz-Region-Set`. `text` is the
    scope as it is signed: all but the access key.
    """

    access_key: str
    date: str
    region: str
    service: str
    text: str


class Credential(msgspec.Struct, frozen=True):
    """What a request presents to prove who sent it.

    `amz_date` is the time it was signed, as it was sent. `expires_s` is how long a presigned URL
    lives, None for any other request. `region`, `date`, `service` and `scope` are "" where an old
    signature does not say them; `region` is the region set of a Version 4A signature.
    """

    algorithm: str
    access_key: str
    date: str
    region: str
    service: str
    scope: str
    signed_headers: tuple[str, ...]
    signature: str
    amz_date: str
    token: str | None = None
    presigned: bool = False
    expires_s: int | None = None


@lru_cache(maxsize=SCOPE_CACHE)
def find_scope(text: str, algorithm: str) -> Scope | None:
    """A scope, None when it has not the number of elements its algorithm asks for."""
    parts = text.split("/")
    if len(parts) != (4 if algorithm == SIGV4A else 5) or not all(parts):
        return None
    return Scope(
        access_key=parts[0],
        date=parts[1],
        region="" if algorithm == SIGV4A else parts[2],
        service=parts[-2],
        text="/".join(parts[1:]),
    )


def expect_scope(text: str, algorithm: str) -> Scope:
    """A scope in the form its algorithm asks for. Raises WireError in AWS's words otherwise."""
    scope = find_scope(text, algorithm)
    if scope is None:
        elements = 4 if algorithm == SIGV4A else 5
        example = "keyid/date/service/term" if elements == 4 else "keyid/date/region/service/term"
        raise incomplete(
            f"Credential must have exactly {elements} slash-delimited elements, e.g. {example}, "
            f"got '{cut(text)}'"
        )
    terminator = scope.text.rpartition("/")[2]
    if terminator != TERMINATOR:
        raise WireError(
            "SignatureDoesNotMatch",
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}', "
            f"not '{cut(terminator)}'.",
            403,
        )
    return scope


@lru_cache(maxsize=SCOPE_CACHE)
def header_names(text: str) -> tuple[str, ...]:
    """The names in a `SignedHeaders` list, in the order given."""
    return tuple(name.strip().lower() for name in text.split(";") if name.strip())


def names_s3(text: str) -> bool:
    """Whether a scope that cannot be read was meant for S3, which has errors of its own."""
    return not S3_SCOPES.isdisjoint(text.split("/"))


def incomplete(message: str) -> WireError:
    """The error of a signature that lacks something."""
    return WireError("IncompleteSignature", message, 400)


def cut(text: str, limit: int = 500) -> str:
    """Text that came from outside, short enough to be sent back."""
    return text if len(text) <= limit else text[:limit] + "..."
