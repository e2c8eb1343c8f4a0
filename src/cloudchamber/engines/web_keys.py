"""The public keys of an OpenID Connect issuer, as it publishes them.

Rules of this file: one question, one answer, small limits. Only https, and http on this machine's
own addresses; redirects are not followed, so that an issuer cannot send the chamber elsewhere.
https://openid.net/specs/openid-connect-discovery-1_0.html
"""

from __future__ import annotations

import http.client
import ipaddress
import json
from typing import Final
from urllib.parse import SplitResult, urlsplit

ANSWER_MAX: Final = 1_048_576
PATIENCE_S: Final = 3.0
DISCOVERY: Final = "/.well-known/openid-configuration"


def fetch_keys(issuer: str) -> bytes:
    """The JWK set of an issuer (`https://...`), as JSON. Raises OSError, ValueError."""
    document = json.loads(_get(f"{issuer.rstrip('/')}{DISCOVERY}"))
    address = document.get("jwks_uri") if isinstance(document, dict) else None
    if not isinstance(address, str):
        raise ValueError(f"{issuer} names no jwks_uri")
    keys = _get(address)
    json.loads(keys)
    return keys


def _get(address: str) -> bytes:
    url = urlsplit(address)
    connection = _connection(url)
    try:
        connection.request("GET", f"{url.path or '/'}{'?' + url.query if url.query else ''}")
        response = connection.getresponse()
        data = response.read(ANSWER_MAX + 1)
    except http.client.HTTPException as error:
        raise OSError(f"{address} does not speak HTTP: {error!r}") from error
    finally:
        connection.close()
    if response.status != http.client.OK:
        raise OSError(f"{address} answered {response.status}")
    if len(data) > ANSWER_MAX:
        raise ValueError(f"{address} answered with more than {ANSWER_MAX} bytes")
    return data


def _connection(url: SplitResult) -> http.client.HTTPConnection:
    if url.hostname and url.scheme == "https":
        return http.client.HTTPSConnection(url.hostname, url.port, timeout=PATIENCE_S)
    if url.hostname and url.scheme == "http" and _is_local(url.hostname):
        return http.client.HTTPConnection(url.hostname, url.port, timeout=PATIENCE_S)
    raise ValueError(f"{url.geturl()} is neither https nor on this machine")


def _is_local(name: str) -> bool:
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
