"""A request's body as its operation reads it: out of its chunks, out of its compression.

Rules of this file: what was signed is the body as it arrived, so the request that is verified is
kept beside the one that is decoded. To S3 `Content-Encoding: gzip` is a property of the object and
stays; everywhere else it says how the body came.
"""

from __future__ import annotations

from collections.abc import Callable

from cloudchamber.wire.aws_chunked import ChunkSigner, is_chunked, without_chunks
from cloudchamber.wire.content_encoding import decode_body
from cloudchamber.wire.credentials import find_scope_service
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.scopes import S3_SCOPES


def unwrapped(
    request: Request, signer_of: Callable[[Request], ChunkSigner | None]
) -> tuple[Request, WireError | None]:
    """The request to route and decode, and what is wrong with its body, if anything is.

    The error is for later: first it must be known who asks, and in which protocol to answer.
    `signer_of` gives what verifies a request's chunks, None when there is nothing to verify by. A
    spooled body has been through all this while it came.
    """
    if request.spooled is not None or request.problem is not None:
        return request, request.problem
    headers = request.headers
    if "content-encoding" not in headers and "x-amz-content-sha256" not in headers:
        return request, None
    try:
        if is_chunked(headers):
            request = without_chunks(request, signer_of(request))
        if "content-encoding" in request.headers:
            scope = find_scope_service(request)
            if scope is not None and scope not in S3_SCOPES:
                request = decode_body(request)
    except WireError as error:
        return request, error
    return request, None
