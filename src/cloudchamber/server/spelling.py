"""An error in the protocol of the request it answers, for answers the world itself does not give.

Rules of this file: never raises for what a client sent; what cannot be routed is answered in plain
JSON.
"""

from __future__ import annotations

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.errors import AwsError
from cloudchamber.server.http.answers import plain_error
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.protocols import codec_for


def spell(cloud: Cloud, request: Request, error: WireError, request_id: str = "") -> Response:
    """The answer that says `error` to the client of `request`."""
    try:
        route = cloud.router.route(request)
    except WireError:
        return plain_error(error.status, error.code, error.message)
    codec = codec_for(route.service, route.protocol)
    number = request_id or cloud.request_id(cloud.number)
    return codec.encode_error(route.operation, error, number)


def apology(cloud: Cloud, request: Request, request_id: str) -> Response:
    """The answer to a request over which we made a mistake."""
    error = AwsError("InternalFailure", "Cloudchamber made a mistake; its log says more.", 500)
    try:
        return spell(cloud, request, error, request_id)
    except Exception:
        return plain_error(500, "InternalFailure", "Cloudchamber made a mistake.")
