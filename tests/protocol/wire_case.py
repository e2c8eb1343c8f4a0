"""Small helpers for tests that look at bytes on the wire.

Rules of this file: build a request, decode it, or refuse loudly; nothing clever.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import Validation, load_model
from cloudchamber.wire.protocols import Codec, codec_class, codec_for

REQUEST_ID = "7d1f0c5e-3333-4444-8888-000000000001"


def strict(service: str, protocol: str) -> Codec:
    """A codec that enforces the whole model, whatever the service's overlay says."""
    return codec_class(protocol)(load_model(service), Validation())


def decode(
    codec: Codec,
    operation: str,
    body: bytes | str = b"",
    *,
    query: str = "",
    headers: Mapping[str, str] | None = None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The modelled input of a request."""
    raw = body.encode() if isinstance(body, str) else body
    request = Request("POST", "/", query, dict(headers or {}), raw)
    return codec.decode(operation, request, labels or {})


def refusal(codec: Codec, operation: str, body: bytes | str = b"", **rest: Any) -> WireError:
    """The error with which a request is refused."""
    with pytest.raises(WireError) as caught:
        decode(codec, operation, body, **rest)
    return caught.value


def encode(service: str, protocol: str, operation: str, output: Mapping[str, Any]) -> Response:
    """The response that carries an output."""
    return codec_for(service, protocol).encode(operation, output, REQUEST_ID)
