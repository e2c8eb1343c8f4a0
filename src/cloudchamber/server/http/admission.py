"""Who may speak to a chamber: names it answers to, and pages it listens to.

Rules of this file: pure; strings in, None or a HttpRefusal out.

Two dangers, both from a browser on the same machine. A page of somebody else may send requests to
localhost (it cannot read the answers, but a request is enough to delete a queue). And a page may
give its own name our address (DNS rebinding), after which the browser takes us for its own server.
The first shows in the `Origin` and `Sec-Fetch-Site` headers, which pages cannot forge; the second
in the `Host` header, which then carries a name that is neither ours nor AWS's. A request without
these headers comes from a program, which needs no browser to do harm and is let in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from cloudchamber.server.http.answers import HttpRefusal

LOCAL_NAME = "localhost"
# Names that AWS owns, so that nobody else can point them here. A client that uses them was told
# to (a hosts file, a proxy, the chamber's own DNS).
AWS_SUFFIXES = (
    ".amazonaws.com",
    ".amazonaws.com.cn",
    ".api.aws",
    ".on.aws",
    ".cloudfront.net",
    ".awsapprunner.com",
    ".awsglobalaccelerator.com",
)
# Names by which a container reaches its host. They end in `.internal`, which public DNS never has.
DEFAULT_NAMES = ("host.docker.internal", "host.containers.internal")
# What only a browser sends, and what is asked of it.
ASKED_OF_PAGES = frozenset({"origin", "sec-fetch-site"})
WILDCARD_HOSTS = frozenset({"0.0.0.0", "::", ""})


def nothing_shared(method: str, path: str, headers: Mapping[str, str]) -> bool:
    """No resource of the chamber shares anything with pages of other origins."""
    return False


def nothing_known(name: str) -> bool:
    """No resource of the chamber has a name of its own."""
    return False


class Admission:
    """The rules for one listening address.

    `bound` is the address listened on. `allowed` are further names (`*.example.com` for all below
    one). `known(name)` says whether a resource in the chamber carries the name (a hosted zone, a
    custom domain); it is asked last. `shares(method, path, headers)` says whether a resource lets
    the page of another origin ask this (a bucket by its CORS rules).
    """

    def __init__(
        self,
        bound: str = "127.0.0.1",
        allowed: tuple[str, ...] = DEFAULT_NAMES,
        known: Callable[[str], bool] = nothing_known,
        shares: Callable[[str, str, Mapping[str, str]], bool] = nothing_shared,
    ) -> None:
        names = [name.lower().rstrip(".") for name in allowed]
        self._bound = bound.lower()
        self._exact = frozenset(name for name in names if not name.startswith("*."))
        self._suffixes = tuple(name[1:] for name in names if name.startswith("*."))
        self._known = known
        self._shares = shares
        # The Host header let in last: nearly always the next one too.
        self.last: str | None = None

    def check(
        self, method: str, query: str, headers: Mapping[str, str], http10: bool, path: str = "/"
    ) -> None:
        """Raise HttpRefusal unless the request may be answered."""
        host = headers.get("host")
        if host is None:
            if not http10:
                raise HttpRefusal(400, "BadRequest", "the request has no Host header")
        elif host != self.last:
            self._check_host(host)
            self.last = host
        origin = headers.get("origin")
        if origin is not None:
            is_local = self._is_local_origin(origin, host or "")
            if not is_local and not self._shares(method, path, headers):
                raise HttpRefusal(
                    403,
                    "ForeignOrigin",
                    f"a page from {origin[:200]!r} may not speak to this chamber: only pages from "
                    "localhost, or from a name given by --allow-host, may",
                )
        elif headers.get("sec-fetch-site") == "cross-site":
            _check_navigation(method, query, headers)

    def _check_host(self, host: str) -> None:
        name = host_name(host)
        if name is None:
            raise HttpRefusal(400, "BadRequest", f"the Host header {host[:200]!r} is not a name")
        if not self.answers_to(name):
            raise HttpRefusal(
                403,
                "ForeignHost",
                f"this chamber does not answer to the name {name[:200]!r}: use localhost, an "
                f"address it listens on or an AWS name, or start it with --allow-host {name[:200]}",
            )

    def answers_to(self, name: str) -> bool:
        """Whether a name or address (lower case, no port) is one of ours."""
        if self._is_local(name) or name.endswith(AWS_SUFFIXES):
            return True
        return self._known(name)

    def is_own_name(self, host: str) -> bool:
        """Whether a Host header means the chamber itself, not a resource in it (a bucket, an
        API): an address, `localhost` alone, or a name that was allowed. No header means so too."""
        name = host_name(host)
        if name is None:
            return not host
        return self._is_local(name) and not name.endswith(".localhost")

    def _is_local(self, name: str) -> bool:
        if name == LOCAL_NAME or name.endswith(".localhost"):
            return True
        if name in self._exact or name.endswith(self._suffixes):
            return True
        try:
            address = ip_address(name)
        except ValueError:
            return name == self._bound
        return address.is_loopback or name == self._bound or self._bound in WILDCARD_HOSTS

    def _is_local_origin(self, origin: str, host: str) -> bool:
        # "null" is what sandboxed frames and local files send; any page can make itself one.
        try:
            parts = urlsplit(origin)
            name = parts.hostname
        except ValueError:
            return False
        if not name:
            return False
        return self._is_local(name.rstrip(".")) or parts.netloc.lower() == host.lower()


def _check_navigation(method: str, query: str, headers: Mapping[str, str]) -> None:
    """Let a person follow a link from elsewhere; let no page fetch, and no link act.

    The query protocol takes actions in the query string of a plain GET, so a link could be one.
    """
    navigates = headers.get("sec-fetch-mode") == "navigate" and method in ("GET", "HEAD")
    if not navigates or "action=" in query.lower():
        raise HttpRefusal(
            403,
            "ForeignOrigin",
            "a page from another site may not speak to this chamber: only pages from localhost, "
            "or from a name given by --allow-host, may",
        )


def host_name(host: str) -> str | None:
    """The name in a Host header, lower case, without port, brackets or final dot; or None."""
    text = host.strip().lower()
    if text.startswith("["):
        name, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not _is_port(rest)):
            return None
        return name
    name, colon, port = text.partition(":")
    if colon and not _is_port(colon + port):
        return None
    name = name.rstrip(".")
    return name if name and not set(name) & set(" ,/\\@?#%\t") else None


def _is_port(text: str) -> bool:
    return text == ":" or (text[0] == ":" and text[1:].isascii() and text[1:].isdigit())
