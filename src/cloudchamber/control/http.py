"""The control API over HTTP: `/_chamber/...` to a Control's verbs and JSON.

Rules of this file: routing and JSON only. Every path is one row of ROUTES, from which the OpenAPI
description is made too. A body that does not fit answers 400 with
`{"error": {"code", "message", "field"}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs

import orjson

from cloudchamber import __version__
from cloudchamber.control.control import Control
from cloudchamber.control.errors import ControlError
from cloudchamber.control.host import Host
from cloudchamber.wire.http import Request, Response

PREFIX: Final = "/_chamber/"
BODY_MAX: Final = 1_048_576
Query = Mapping[str, list[str]]
Answer = Callable[[Control, Mapping[str, Any], Query], dict[str, Any]]


class Route(NamedTuple):
    """One path: its method, what it does, and the fields of its body or query."""

    method: str
    path: str
    answer: Answer
    summary: str
    body: tuple[str, ...] = ()
    query: tuple[str, ...] = ()


def _first(query: Query, name: str) -> str | None:
    values = query.get(name)
    return values[0] if values else None


ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "health", lambda c, b, q: c.health(), "Status, version and modes"),
    Route("POST", "reset", lambda c, b, q: c.reset(b), "Empty every account and region",
          ("seed", "lifecycle", "iam", "throttling", "account")),
    Route("GET", "clock", lambda c, b, q: c.clock(), "The instant and who moves time"),
    Route("POST", "clock", lambda c, b, q: c.move_clock(b), "Move the clock or change its mode",
          ("advance", "run_until", "run_until_idle", "mode")),
    Route("GET", "snapshot", lambda c, b, q: c.list_snapshots(), "Names of the kept worlds"),
    Route("POST", "snapshot", lambda c, b, q: c.save_snapshot(b), "Keep the world", ("name",)),
    Route("POST", "snapshot/load", lambda c, b, q: c.load_snapshot(b), "Go back to a kept world",
          ("name",)),
    Route("GET", "events",
          lambda c, b, q: c.events(_first(q, "since"), _first(q, "about"), _first(q, "limit")),
          "What happened, oldest first", (), ("since", "about", "limit")),
    Route("GET", "why", lambda c, b, q: c.why(_first(q, "about")),
          "The chain of causes of the newest event about something", (), ("about",)),
    Route("GET", "services", lambda c, b, q: c.services(), "Every operation with its fidelity"),
    Route("GET", "zones",
          lambda c, b, q: c.zones(list(q.get("account", ())), _first(q, "region")),
          "Zone ids and the names accounts see for them", (), ("account", "region")),
    Route("POST", "probe", lambda c, b, q: c.probe(b), "Send one flow through the network",
          ("source", "destination", "protocol", "port", "source_port")),
    Route("GET", "reach", lambda c, b, q: c.reach({name: values[0] for name, values in q.items()}),
          "Say what would become of a flow", (),
          ("source", "destination", "protocol", "port", "source_port")),
    Route("GET", "exposed",
          lambda c, b, q: c.exposed(_first(q, "account"), _first(q, "region")),
          "What the internet can reach", (), ("account", "region")),
    Route("GET", "openapi.json", lambda c, b, q: openapi(), "This description"),
)  # fmt: skip


class ControlApi:
    """Answers requests below `/_chamber/`."""

    def __init__(self, host: Host) -> None:
        self._control = Control(host)

    def handle(self, request: Request) -> Response:
        """The answer to one request; raises ClockHeld, but never for what a client sends."""
        return self._try(lambda: self._answer(request))

    def go_on(self, until_ns: int | None) -> Response:
        """The answer to a request that had to wait for functions at work. Raises ClockHeld."""
        return self._try(lambda: self._control.go_on(until_ns))

    def _try(self, act: Callable[[], dict[str, Any]]) -> Response:
        try:
            return _json(200, act())
        except ControlError as error:
            problem = {"code": error.code, "message": error.message, "field": error.field}
            return _json(error.status, {"error": problem})

    def _answer(self, request: Request) -> dict[str, Any]:
        path = request.path.removeprefix(PREFIX).strip("/")
        candidates = [route for route in ROUTES if route.path == path]
        if not candidates:
            known = ", ".join(sorted({route.path for route in ROUTES}))
            raise ControlError("NoSuchPath", f"{request.path} is not here; known: {known}", "", 404)
        for route in candidates:
            if route.method == request.method:
                query = _query(request.query, route)
                return route.answer(self._control, _body(request, route), query)
        allowed = ", ".join(route.method for route in candidates)
        message = f"{request.path} takes {allowed}, not {request.method}"
        raise ControlError("MethodNotAllowed", message, "", 405)


def _query(text: str, route: Route) -> Query:
    query = parse_qs(text, keep_blank_values=True, max_num_fields=1000)
    for name in query:
        if name not in route.query:
            known = ", ".join(route.query) or "none"
            message = f"{name!r} is not a parameter of {route.path}; known: {known}"
            raise ControlError("UnknownField", message, name)
    return query


def _body(request: Request, route: Route) -> Mapping[str, Any]:
    if request.method != "POST" or not request.body.strip():
        return {}
    if len(request.body) > BODY_MAX:
        raise ControlError("BodyTooLarge", f"a body has at most {BODY_MAX} bytes", "", 413)
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        raise ControlError("InvalidJson", f"the body is not JSON: {error}") from error
    if not isinstance(body, dict):
        raise ControlError("InvalidJson", "the body must be a JSON object")
    return body


def _json(status: int, data: Mapping[str, Any]) -> Response:
    body = orjson.dumps(data, option=orjson.OPT_NON_STR_KEYS)
    return Response(status, {"content-type": "application/json"}, body)


def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 description of every route."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        operation: dict[str, Any] = {
            "summary": route.summary,
            "responses": {
                "200": {"description": "the answer", "content": {"application/json": {}}},
                "400": {"description": "the body or a parameter does not fit"},
            },
        }
        if route.query:
            operation["parameters"] = [
                {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}
                for name in route.query
            ]
        if route.body:
            schema = {
                "type": "object",
                "additionalProperties": False,
                "properties": {field: {} for field in route.body},
            }
            operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
        paths.setdefault(PREFIX + route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Cloudchamber control API", "version": __version__},
        "paths": paths,
    }
