"""What browsers ask of buckets beside S3's own operations: preflights and shared answers.

Rules of this file: it knows which bucket a request speaks of, and asks the service (`cors` port)
what a page of another origin may do. Nothing is shared but by a bucket's own rules.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud import ports
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.sites import bucket_of, find_site
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.protocols import codec_for

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

PREFLIGHT: Final = "OPTIONS"
OK: Final = 200


def share(
    cloud: Cloud, request: Request, request_id: str, finish: Callable[[Response], None]
) -> Callable[[Response], None] | None:
    """Through what a page's request is to be answered; None when that is done (a preflight).

    A page may be asking for a bucket, unless the host is another service's site.
    """
    site = find_site(request.headers.get("host", ""))
    if site is not None and site.service != "s3":
        return finish
    if request.method == PREFLIGHT:
        finish(_preflight(cloud, request, request_id))
        return None
    return partial(_finish, cloud, request, finish)


def _preflight(cloud: Cloud, request: Request, request_id: str) -> Response:
    """The answer to a browser that asks whether its page may ask."""
    try:
        headers = _asked(cloud, request)
    except WireError as error:
        return codec_for("s3", "rest-xml").encode_error(None, error, request_id)
    return Response(OK, {**headers, "x-amz-request-id": request_id})


def _asked(cloud: Cloud, request: Request) -> dict[str, str]:
    headers = request.headers
    origin, method = headers.get("origin"), headers.get("access-control-request-method")
    if origin is None:
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.", 400)
    if method is None:
        raise AwsError("BadRequest", "Invalid Access-Control-Request-Method: null", 400)
    asked = headers.get("access-control-request-headers", "")
    wanted = [name.strip() for name in asked.split(",") if name.strip()]
    return _shared(cloud, headers.get("host", ""), request.path, origin, method, wanted)


def _shared(
    cloud: Cloud, host: str, path: str, origin: str, method: str, wanted: list[str]
) -> dict[str, str]:
    """What lets a page see an answer. Raises AccessForbidden."""
    ask: Any = cloud.registry.port(ports.CORS)
    if ask is None:
        message = "CORSResponse: CORS is not enabled for this bucket."
        raise AwsError("AccessForbidden", message, 403)
    headers: dict[str, str] = ask(cloud, bucket_of(host, path), origin, method, wanted)
    return headers


def _finish(
    cloud: Cloud, request: Request, finish: Callable[[Response], None], response: Response
) -> None:
    """Answer a request that has an origin, with what lets its page see the answer."""
    headers = request.headers
    try:
        told = _shared(
            cloud, headers.get("host", ""), request.path, headers["origin"], request.method, []
        )
    except WireError:
        told = {}
    response.headers.update(told)
    finish(response)


def admits(cloud: Cloud, method: str, path: str, headers: Mapping[str, str]) -> bool:
    """Whether a bucket lets a page of another origin ask this at all."""
    asked = headers.get("access-control-request-method") if method == PREFLIGHT else method
    if asked is None:
        return False
    try:
        _shared(cloud, headers.get("host", ""), path, headers.get("origin", ""), asked, [])
    except WireError:
        return False
    return True
