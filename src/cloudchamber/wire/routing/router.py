"""From a request to the operation it asks for.

Rules of this file: the order in which a request is asked is written once, in `Router.route`; the
cheap and certain signs come first. What a request may say of its service: its `X-Amz-Target`, its
rpc-v2 path, the service it is signed for, its Host, its Action and Version, its path. Services
that are told apart by none of these are told apart by the name an SDK puts in its User-Agent; what
is left belongs to the first service in the index's order.

A router keeps what it has learnt of targets and actions, so that a request seen before costs one
look-up. It holds nothing else and never looks at a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Final

import msgspec

from cloudchamber.wire.credentials import find_scope_service
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.host_names import BASE_HOSTS, HostName, read_host
from cloudchamber.wire.http import Request
from cloudchamber.wire.query_strings import find_form_value, find_query_value
from cloudchamber.wire.routing import refusals
from cloudchamber.wire.routing.agents import named_services
from cloudchamber.wire.routing.entries import ACTION_PROTOCOLS, CBOR_PROTOCOL
from cloudchamber.wire.routing.index import Index, load_index
from cloudchamber.wire.routing.patterns import Match
from cloudchamber.wire.s3_hosts import S3Host, read_s3_host

NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
FORM: Final = "application/x-www-form-urlencoded"
RPC_V2: Final = "rpc-v2-cbor"
OLD_CBOR: Final = "application/x-amz-cbor"
S3_CONTROL_ROOT: Final = "/v20180820/"
S3_OUTPOSTS_ROOT: Final = "/S3Outposts/"
# Every S3 Control request has one of these, no S3 request has.
CONTROL_HEADERS: Final = frozenset(("x-amz-account-id", "x-amz-outpost-id"))
# WriteGetObjectResponse puts a route, not a bucket, in front of its host.
OBJECT_LAMBDA_HEADER: Final = "x-amz-request-route"
HOST_CACHE: Final = 1024
# Services that take an Action without asking for its exact version.
ANY_VERSION: Final = frozenset(("sqs", "ec2"))


class Route(msgspec.Struct, frozen=True):
    """Where a request goes: botocore's name of the service, the operation, and the protocol.

    `labels` are the labels of the URI template, percent-decoded, by their name in the template. An
    SQS request that is posted to its queue's address has that address as label `QueueUrl`.
    """

    service: str
    operation: str
    protocol: str
    labels: Mapping[str, str] = NO_LABELS


class Router:
    """Finds the route of requests that reach a chamber under the given base hosts."""

    def __init__(
        self, base_hosts: tuple[str, ...] = BASE_HOSTS, *, index: Index | None = None
    ) -> None:
        """`index` is that of the installed botocore unless another is given."""
        index = self._index = index or load_index()
        self._targets: dict[str, Route] = {}
        self._cbor_paths: dict[str, Route] = {}
        self._actions: dict[tuple[str, bytes], Route] = {}

        @lru_cache(HOST_CACHE)
        def host_name(host: str) -> HostName:
            return read_host(host, index.by_endpoint, base_hosts)

        @lru_cache(HOST_CACHE)
        def s3_host(host: str) -> S3Host:
            return read_s3_host(host, base_hosts)

        @lru_cache(HOST_CACHE)
        def services_of(scope: str, host: str) -> tuple[str, ...]:
            services = index.by_scope.get(scope, ())
            hosted = host_name(host).services
            if not services:
                return hosted
            return tuple(name for name in services if name in hosted) or services

        @lru_cache(HOST_CACHE)
        def speak_actions(services: tuple[str, ...]) -> bool:
            return any(map(self._speaks_actions, services))

        self._speak_actions = speak_actions
        self._host_name = host_name
        self._services_of = services_of
        self._s3_host = s3_host

    def route(self, request: Request) -> Route:
        """The route of a request. Raises WireError (a RouteError) when it has none."""
        headers = request.headers
        target = headers.get("x-amz-target")
        if target is not None and request.method == "POST":
            known = self._targets.get(target)
            if known is None:
                known = self._find_target(request, target)
            if known is not None:
                if headers.get("content-type", "").startswith(OLD_CBOR):
                    raise refusals.old_cbor(known.service)
                return known
        smithy = headers.get("smithy-protocol")
        if smithy is not None:
            known = self._cbor_paths.get(request.path)
            if known is not None and smithy == RPC_V2 and request.method == "POST":
                return known
            return self._route_cbor(request, smithy)
        scope = find_scope_service(request)
        head = None
        if headers.get("content-type", "").startswith(FORM):
            head = (scope or "", _form_head(request.body))
            known = self._actions.get(head)
            if known is not None:
                return known if request.path == "/" else self._at_queue(request, known)
        services = self._find_services(request, scope)
        if scope is not None and not services:
            raise refusals.unknown_scope(scope)
        action = self._find_action(request, services)
        if action is not None:
            return self._route_action(request, services, *action, head)
        if services:
            return self._route_path(request, services, scope)
        return self._route_unsigned(request)

    @property
    def remembered(self) -> int:
        """How many spellings of targets, paths and actions are remembered: no more than exist."""
        return len(self._targets) + len(self._cbor_paths) + len(self._actions)

    def host_name(self, host: str) -> HostName:
        """What a Host header says of service and region: for requests that are not signed."""
        return self._host_name(host)

    # --- which service ---------------------------------------------------------------------------

    def _find_services(self, request: Request, scope: str | None) -> tuple[str, ...]:
        """The services a request may be for by its signature and its host; () if neither says."""
        host = request.headers.get("host", "")
        if scope is not None:
            return self._services_of(scope, host)
        hosted = self._host_name(host).services
        if not hosted and request.headers.get("authorization", "").startswith("Bearer "):
            return self._index.bearer
        return hosted

    def _narrowed(self, request: Request, services: tuple[str, ...]) -> tuple[str, ...]:
        """Only the service whose client says so in its User-Agent, with those at its address."""
        agent = request.headers.get("user-agent")
        if agent is None or len(services) < 2:
            return services
        index = self._index
        for name in named_services(agent):
            service = index.by_alias.get(name)
            if service in services:
                prefix = index.services[service].prefix
                return tuple(each for each in services if index.services[each].prefix == prefix)
        return services

    # --- X-Amz-Target and rpc-v2 -----------------------------------------------------------------

    def _find_target(self, request: Request, target: str) -> Route | None:
        """The route of a target not met before, None if no service has that prefix.

        Raises WireError if the service has no such operation.
        """
        index = self._index
        prefix, _, operation = target.rpartition(".")
        services = index.by_target.get(prefix)
        if services is None:
            return None
        having = tuple(name for name in services if operation in index.operations(name))
        if not having or "json" not in index.services[having[0]].protocols:
            raise refusals.unknown_target(services[0], "json")
        if len(having) == 1:
            route = Route(having[0], operation, "json")
            self._targets[target] = route
            return route
        hosted = self._host_name(request.headers.get("host", "")).services
        having = tuple(name for name in having if name in hosted) or having
        return Route(self._narrowed(request, having)[0], operation, "json")

    def _route_cbor(self, request: Request, smithy: str) -> Route:
        """The route of `[/prefix]/service/NAME/operation/NAME`, remembered if it has one."""
        index = self._index
        parts = request.path.rsplit("/", 4)
        if smithy != RPC_V2 or request.method != "POST" or parts[1::2] != ["service", "operation"]:
            raise refusals.unknown_rpc(smithy)
        services = index.by_target.get(parts[2], ())
        if not services:
            raise refusals.unknown_rpc(smithy)
        for service in services:
            speaks = CBOR_PROTOCOL in index.services[service].protocols
            if speaks and parts[4] in index.operations(service):
                route = Route(service, parts[4], CBOR_PROTOCOL)
                if not parts[0]:
                    self._cbor_paths[request.path] = route
                return route
        raise refusals.unknown_target(services[0], CBOR_PROTOCOL)

    # --- Action ----------------------------------------------------------------------------------

    def _find_action(
        self, request: Request, services: tuple[str, ...]
    ) -> tuple[str, str | None] | None:
        """The Action and Version of a request that may have them, from its form or its query."""
        if services and not self._speak_actions(services):
            return None
        body, query = request.body, request.query
        if b"Action=" in body and request.method == "POST":
            kind = request.headers.get("content-type")
            if kind is None or kind.startswith(FORM):
                action = find_form_value(body, b"Action")
                if action is not None:
                    return action, find_form_value(body, b"Version")
        if "Action=" in query:
            action = find_query_value(query, "Action")
            if action is not None:
                return action, find_query_value(query, "Version")
        return None

    def _speaks_actions(self, service: str) -> bool:
        return not ACTION_PROTOCOLS.isdisjoint(self._index.services[service].protocols)

    def _route_action(
        self,
        request: Request,
        services: tuple[str, ...],
        action: str,
        version: str | None,
        head: tuple[str, bytes] | None,
    ) -> Route:
        route = self._choose_action(services, action, version)
        if head is not None and (not head[0] or head[0] in self._index.by_scope):
            # Only what is spelled as models spell it is remembered: there is no end of others.
            version = self._index.services[route.service].version
            if head[1] == f"Action={action}&Version={version}".encode():
                self._actions[head] = route
        return route if request.path == "/" else self._at_queue(request, route)

    def _at_queue(self, request: Request, route: Route) -> Route:
        """The route with the queue's address, for SQS requests that are posted to it."""
        if route.service != "sqs":
            return route
        address = f"http://{request.headers.get('host', 'localhost')}{request.path}"
        return Route("sqs", route.operation, route.protocol, {"QueueUrl": address})

    def _choose_action(self, services: tuple[str, ...], action: str, version: str | None) -> Route:
        index = self._index
        known = tuple(filter(self._speaks_actions, services))
        if known:
            candidates = known
        elif version is not None:
            candidates = index.by_version.get(version, ())
        else:
            candidates = tuple(name for group in index.by_version.values() for name in group)
        for service in candidates:
            entry = index.services[service]
            fits = version == entry.version or service in ANY_VERSION or not known
            if fits and action in index.operations(service):
                protocol = "ec2" if "ec2" in entry.protocols else "query"
                return Route(service, action, protocol)
        raise refusals.unknown_action(candidates[0] if candidates else None, action, version)

    # --- paths -----------------------------------------------------------------------------------

    def _route_path(self, request: Request, services: tuple[str, ...], scope: str | None) -> Route:
        index = self._index
        if "s3" in services or "s3control" in services:
            return self._route_s3(request, services, scope)
        narrowed = services if len(services) == 1 else self._narrowed(request, services)
        for group in (narrowed, services):
            match = self._search(group, request, request.path)
            if match is not None:
                return self._found(match)
            if group is services:
                break
        raise refusals.unknown_path(index.services[narrowed[0]])

    def _search(self, services: tuple[str, ...], request: Request, path: str) -> Match | None:
        """The operation of these services at this path. Raises a RouteError for a label's bytes."""
        tree = self._index.path_tree(services)
        try:
            return tree.find(request.method, path, request.query, request.headers)
        except WireError as error:
            raise refusals.at(error, self._index.services[services[0]]) from error

    def _found(self, match: Match) -> Route:
        protocol = self._index.services[match.service].protocols[0]
        return Route(match.service, match.operation, protocol, match.labels)

    def _route_s3(self, request: Request, services: tuple[str, ...], scope: str | None) -> Route:
        """S3 shares its signing name with S3 Control and Outposts, and takes what they leave."""
        headers, path = request.headers, request.path
        others: tuple[str, ...] = ()
        if path.startswith((S3_CONTROL_ROOT, S3_OUTPOSTS_ROOT)):
            others = tuple(name for name in services if name != "s3")
            if path.startswith(S3_CONTROL_ROOT) and "s3" in services:
                others = () if CONTROL_HEADERS.isdisjoint(headers) else others
        if others:
            match = self._search(others, request, path)
            if match is not None:
                return self._found(match)
        host = self._s3_host(headers.get("host", ""))
        if host.bucket is not None and OBJECT_LAMBDA_HEADER not in headers:
            # The tree knows the path style alone, so the bucket is put in front for the search.
            path = "/-" + path
        match = self._search(("s3",), request, path)
        if match is None:
            raise refusals.s3_method(request.method)
        if host.bucket is not None and "Bucket" in match.labels:
            match.labels["Bucket"] = host.bucket
        operation = match.operation
        if operation == "ListBuckets" and (
            scope == "s3express" or host.endpoint.startswith("s3express-control")
        ):
            operation = "ListDirectoryBuckets"
        return Route("s3", operation, "rest-xml", match.labels)

    def _route_unsigned(self, request: Request) -> Route:
        """A request that says nothing of its service but its path: what needs no key, then S3."""
        index = self._index
        match = index.anonymous_tree().find(
            request.method, request.path, request.query, request.headers, whole=True
        )
        if match is not None:
            return self._found(match)
        if "x-amz-target" in request.headers:
            raise refusals.unknown_target(None, "json")
        return self._route_s3(request, ("s3",), None)


def _form_head(body: bytes) -> bytes:
    """The first two fields of a form, which SDKs make the Action and the Version."""
    stop = body.find(b"&", body.find(b"&") + 1)
    return body if stop < 0 else body[:stop]


@cache
def default_router() -> Router:
    """The router of a chamber that is reached under the usual base hosts."""
    return Router()


def route(request: Request) -> Route:
    """The route of a request. Raises WireError (a RouteError) when it has none."""
    return default_router().route(request)
