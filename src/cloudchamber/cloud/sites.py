"""Sites: plain HTTP at host names of a service's own, such as `ID.lambda-url.REGION.on.aws`.

Rules of this file: names and shapes. A host `PREFIX.SERVICE-SITE.REGION.SUFFIX` belongs to the
service of that name if it declares the site (`Service(sites=...)`), as do `SERVICE-SITE-REGION` and
`SERVICE-SITE` (then in the chamber's Region); the suffix is one of AWS's or the chamber's own host
(`localhost`). What is asked becomes the input of an operation that no model
has, so that it passes the pipeline, is journalled and may wait like any other:

    input   {"Prefix", "Method", "Path", "Query", "Headers", "Body", "Problem", "WallNs"}
    output  {"Status": int, "Headers": {name: value}, "Body": bytes or Streamed}

`Problem` says why a signature was not accepted; its caller is then nobody. So is whoever sent none.
`WallNs` is the real time, None where that does not count (for what was signed to expire by it).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote

import msgspec

from cloudchamber.cloud.authentication import authenticate
from cloudchamber.cloud.call import Call, Origin
from cloudchamber.cloud.caller import ANONYMOUS, Caller
from cloudchamber.cloud.registry import service_names
from cloudchamber.cloud.service import Output
from cloudchamber.wire.bodies import Streamed
from cloudchamber.wire.credentials import parse_credential
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.host_names import strip_suffix, without_port
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.s3_hosts import read_s3_host

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_REGION: Final = re.compile(r"(?:[a-z]{2,4}-)+[a-z]+-\d")
_JOINED: Final = re.compile(r"([a-z0-9]+-[a-z]+)-((?:[a-z]{2,4}-)+[a-z]+-\d)")
_LABELS: Final = 3
FORM: Final = "multipart/form-data"  # what a browser posts to a bucket: no operation of S3's model
FORM_SITE: Final = "s3-form"


class Site(NamedTuple):
    """What a host name says: which service, the name of its site, what stands before, where."""

    service: str
    name: str
    prefix: str
    region: str
    protocol: str = "rest-json"


@lru_cache(maxsize=1024)
def find_site(host: str) -> Site | None:
    """The site of a Host header, or None for any other host."""
    rest = strip_suffix(without_port(host))
    labels = rest.split(".") if rest else []
    if len(labels) >= _LABELS and _REGION.fullmatch(labels[-1]):
        name, region, prefix = labels[-2], labels[-1], labels[:-2]
    elif len(labels) > 1:
        joined = _JOINED.fullmatch(labels[-1])
        name, region = joined.groups() if joined else (labels[-1], "")
        prefix = labels[:-1]
    else:
        return None
    service = _service_of(name)
    return Site(service, name, ".".join(prefix), region) if service else None


def _service_of(name: str) -> str:
    """The service that a site's name begins with (`lambda-url`, `vpc-lattice-svcs`), or ""."""
    known = service_names()
    while name:
        name = name.rpartition("-")[0]
        if name in known:
            return name
    return ""


def site_of(cloud: Cloud, request: Request) -> Site | None:
    """The site that a request is to, or None: by its host name, or as a form posted to a bucket."""
    headers = request.headers
    host = headers.get("host", "")
    site = find_site(host)
    if site is None:
        if request.method != "POST" or not headers.get("content-type", "").startswith(FORM):
            return None
        bucket = "" if "authorization" in headers else bucket_of(host, request.path)
        return Site("s3", FORM_SITE, bucket, "") if bucket else None
    return site if site.name in cloud.registry.expect(site.service).sites else None


def bucket_of(host: str, path: str) -> str:
    """The bucket that a request speaks of if it is for S3: by its host, else by its path."""
    named = read_s3_host(host).bucket
    return named if named is not None else unquote(path[1:].partition("/")[0])


class Visit(NamedTuple):
    """A request to a site, as the front end saw it."""

    number: int
    request: Request
    wall_ns: int | None
    source_ip: str
    scheme: str


def begin_visit(cloud: Cloud, site: Site, visit: Visit, finish: Callable[[Response], None]) -> None:
    """Take a request to a site; `finish(response)` is called now, or later when it had to wait."""
    headers = visit.request.headers
    caller, request = _asked(cloud, site, visit)
    origin = Origin(
        headers.get("host", ""),
        visit.scheme,
        visit.request.path,
        visit.source_ip,
        headers.get("user-agent", ""),
        site.protocol,
        trace=headers.get("x-amzn-trace-id", ""),
    )
    call = Call(
        cloud,
        cloud.registry.expect(site.service),
        site.name,
        request,
        caller,
        cloud.settings.account if caller.kind == "anonymous" else caller.account,
        site.region or cloud.settings.region,
        visit.number,
        origin=origin,
        request_id=cloud.request_id(visit.number),
    )

    def settle(output: Output | None, error: WireError | None) -> None:
        finish(answer_of(output, error, call.request_id))

    cloud.submit(call, settle)


def _asked(cloud: Cloud, site: Site, visit: Visit) -> tuple[Caller, Any]:
    """Who asks, and the input of the site's operation."""
    caller, problem, request = ANONYMOUS, "", visit.request
    try:
        if parse_credential(request) is not None:
            caller, _ = authenticate(cloud, request, site, visit.wall_ns)
    except WireError as error:
        problem = error.message
    return caller, {
        "Prefix": site.prefix,
        "Method": request.method,
        "Path": request.path,
        "Query": request.query,
        "Headers": dict(request.headers),
        "Body": request.body,
        "Problem": problem,
        "WallNs": visit.wall_ns,
    }


def answer_of(output: Output | None, error: WireError | None, request_id: str) -> Response:
    """The response of a site; an error is said in JSON, as the service's own API does."""
    if error is not None:
        body = msgspec.json.encode({"Message": error.message})
        headers = {
            "content-type": "application/json",
            "x-amzn-errortype": error.code,
            "x-amzn-requestid": request_id,
        }
        return Response(error.status, headers, body)
    found = output or {}
    body, headers = found["Body"], dict(found["Headers"])
    if isinstance(body, Streamed):
        return Response(found["Status"], headers, streamed=body)
    return Response(found["Status"], headers, body)
