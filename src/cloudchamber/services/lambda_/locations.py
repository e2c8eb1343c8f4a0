"""Where a package can be loaded from, for ten minutes: a URL that carries its own proof.

Rules of this file: nothing is kept for a URL. It names the archive, the instant at which it ends
and a seal over both that only who has the archive's key can make.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.services.lambda_.nouns import Package

LIFE_NS: Final = 10 * MINUTE_NS  # "a presigned URL ... valid for 10 minutes", GetFunction
SITE: Final = "lambda-code"


def location(call: Call, package: Package) -> str:
    """The URL of an archive."""
    if not package.name:
        return ""
    until_ns = call.now + LIFE_NS
    return f"{site_url(call, package.name, SITE)}{until_ns}/{proof(package, until_ns)}"


def proof(package: Package, until_ns: int) -> str:
    """The seal of a URL."""
    told = f"{package.name} {until_ns}".encode()
    return blake2b(told, key=package.key, digest_size=16).hexdigest()


def site_url(call: Call, label: str, site: str) -> str:
    """The root of a site of Lambda's, at the host that the caller used.

    One of AWS's own hosts gives AWS's own form, `https://ID.lambda-url.REGION.on.aws/`.
    """
    host = call.origin.host
    name, colon, port = host.rpartition(":")
    if not colon:
        name, port = host, ""
    if not name or name.endswith((".amazonaws.com", ".aws", ".amazonaws.com.cn")):
        return f"https://{label}.{site}.{call.region}.on.aws/"
    # A number cannot have names before it; `localhost` can, and leads to the same machine.
    if name.replace(".", "").isdigit() or name.startswith("[") or name.endswith(".localhost"):
        name = "localhost"
    tail = f":{port}" if port else ""
    return f"{call.origin.scheme}://{label}.{site}.{call.region}.{name}{tail}/"
