"""What rest-json and rest-xml share: members in the path, the query, the headers and the status.

Rules of this file: everything but the body. A member's `location` says where it travels; those
without one, or the one named by `payload`, make the body, which the two protocols spell each in its
own way.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from cloudchamber.wire.bodies import Streamed
from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import STATUS, Request, Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation
from cloudchamber.wire.protocols import constraints
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder
from cloudchamber.wire.protocols.event_output import EVENT_STREAM, encode_events
from cloudchamber.wire.protocols.form import FormError, sayable, scalar, unquoted
from cloudchamber.wire.protocols.header_values import header_reader, header_writer
from cloudchamber.wire.protocols.json_read import members_of

_CONTROLS: Final = re.compile("[\x00-\x08\x0a-\x1f\x7f]")

# Reads the body of a request into an input that already has its located members.
ReadBody = Callable[[bytes, dict[str, Any]], None]
WriteBody = Callable[[Mapping[str, Any]], bytes]
# Reads one kind of located members into an input.
ReadPart = Callable[[Request, Mapping[str, str], dict[str, Any]], None]
WriteHeaders = Callable[[Mapping[str, Any], dict[str, str]], None]

MOST_QUERY_FIELDS: Final = 10_000
PRESIGNED: Final = "x-amz-"


class Body(NamedTuple):
    """How an output's body is written: its bytes and its content type (None when it has none)."""

    write: Callable[[Mapping[str, Any]], bytes | Streamed] | None
    content_type: str | None


class RestCodec(Codec):
    """The half of a REST codec that is not the body."""

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._checks: dict[str, constraints.Checks] = {}

    @abstractmethod
    def _body_reader(
        self, operation: OperationModel, shape: Shape, validation: Validation
    ) -> ReadBody: ...

    @abstractmethod
    def _body_writer(self, operation: OperationModel, shape: Shape) -> Body: ...

    @abstractmethod
    def _event_payload(self, shape: Shape) -> tuple[WriteBody, str]: ...

    def wrong_type(self, name: str, error: FormError) -> WireError:
        """What AWS answers to a header, label or query value that is not of its type."""
        shown = constraints.shorten(error.text)
        return WireError(
            "SerializationException", f"Value '{shown}' at '{name}' is not a valid {error.kind}"
        )

    def _compile_decoder(self, operation: OperationModel) -> Decoder:
        shape = operation.input_shape
        if shape is None:
            return lambda request, labels: {}
        validation = self.validation_of(operation.name)
        parts = self._part_readers(operation, shape)
        read_body = self._body_reader(operation, shape, validation)
        check = self._checked_shape(shape)
        obeys = constraints.Checks(self.service, validation.mode).of(check)

        def decode(request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
            value: dict[str, Any] = {}
            for part in parts:
                part(request, labels, value)
            if request.spooled is not None and shape.payload is not None:
                value[shape.payload] = request.spooled
            else:
                read_body(request.body, value)
            if obeys is not None and not obeys(value):
                failures = constraints.describe(self.service, check, value, validation.mode)
                if failures:
                    code = validation.code or self.validation_code
                    raise constraints.validation_error(self.service, failures, code)
            return value

        return decode

    def _checked_shape(self, shape: Shape) -> Shape:
        """The part of an input whose constraints are not checked while its body is read."""
        return shape

    # --- requests: path, query, headers ----------------------------------------------------------

    def _part_readers(self, operation: OperationModel, shape: Shape) -> list[ReadPart]:
        by_place: dict[str, list[tuple[str, str, Shape]]] = {}
        for member, ref in shape.members.items():
            target = self.service.resolve(ref)
            if target.location is not None:
                name = target.location_name or member
                by_place.setdefault(target.location, []).append((member, name, target))
        parts: list[ReadPart] = []
        if "uri" in by_place:
            parts.append(self._labels(by_place["uri"]))
        if "header" in by_place:
            parts.append(self._headers(by_place["header"]))
        for member, prefix, _ in by_place.get("headers", ()):
            parts.append(_prefixed(member, prefix.lower()))
        if "querystring" in by_place:
            parts.append(self._query(operation, by_place["querystring"]))
        return parts

    def _labels(self, members: list[tuple[str, str, Shape]]) -> ReadPart:
        steps = [(member, name, scalar(shape)) for member, name, shape in members]

        def read(request: Request, labels: Mapping[str, str], value: dict[str, Any]) -> None:
            for member, name, convert in steps:
                text = labels.get(name)
                if text is not None:
                    try:
                        value[member] = convert(text)
                    except FormError as error:
                        raise self.wrong_type(member, error) from None

        return read

    def _headers(self, members: list[tuple[str, str, Shape]]) -> ReadPart:
        steps = {
            name.lower(): (place, member, header_reader(self.service, shape))
            for place, (member, name, shape) in enumerate(members)
        }
        assert len(steps) == len(members)  # no model has two members in one header

        def read(request: Request, labels: Mapping[str, str], value: dict[str, Any]) -> None:
            headers = request.headers
            # A request has few of the many headers that an operation may know.
            names = [name for name in headers if name in steps]
            if len(names) > 1:
                names.sort(key=lambda name: steps[name][0])  # as the model orders them
            for name in names:
                _, member, convert = steps[name]
                try:
                    value[member] = convert(headers[name])
                except FormError as error:
                    raise self.wrong_type(member, error) from None

        return read

    def _query(self, operation: OperationModel, members: list[tuple[str, str, Shape]]) -> ReadPart:
        named: dict[str, tuple[str, Callable[[str], Any], bool]] = {}
        rest: tuple[str, bool] | None = None
        for member, name, shape in members:
            if shape.type == "map":
                inner = self.service.resolve(shape.entry()[1])
                rest = (member, inner.type == "list")
            elif shape.type == "list":
                named[name] = (member, scalar(self.service.resolve(shape.element())), True)
            else:
                named[name] = (member, scalar(shape), False)
        literals = frozenset(query_fields(operation.uri.partition("?")[2], {}))

        def read(request: Request, labels: Mapping[str, str], value: dict[str, Any]) -> None:
            if not request.query:
                return
            fields = query_fields(request.query, {})
            for name, texts in fields.items():
                step = named.get(name)
                if step is None:
                    if rest and name not in literals and not name.lower().startswith(PRESIGNED):
                        gathered = value.setdefault(rest[0], {})
                        gathered[name] = texts if rest[1] else texts[-1]
                    continue
                member, convert, is_list = step
                try:
                    value[member] = [convert(t) for t in texts] if is_list else convert(texts[-1])
                except FormError as error:
                    raise self.wrong_type(member, error) from None

        return read

    # --- responses: status, headers --------------------------------------------------------------

    def _compile_encoder(self, operation: OperationModel) -> Encoder:
        shape = operation.output_shape
        status = operation.response_code
        if shape is None:
            return lambda output, request_id: Response(status, self.identity(request_id), b"")
        named, write_maps = self._named_headers(shape, for_head=operation.http_method == "HEAD")
        status_member = next(
            (m for m, ref in shape.members.items() if ref.location == "statusCode"), None
        )
        body = self._output_body(operation, shape)
        has_body = operation.http_method != "HEAD" and status not in (204, 304)

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            headers = self.identity(request_id)
            content: bytes | Streamed = b""
            if body.write is not None and has_body:
                content = body.write(output)
                if body.content_type is not None:
                    headers["content-type"] = body.content_type
            # Of the many headers a shape may have, an output has few.
            for member, found in output.items():
                header = named.get(member)
                if header is not None and found is not None:
                    headers[header[0]] = one_line(header[1](found))
            for write in write_maps:
                write(output, headers)
            answered = output.get(status_member or STATUS, status)
            if isinstance(content, Streamed):
                return Response(answered, headers, b"", content)
            return Response(answered, headers, content)

        return encode

    def identity(self, request_id: str) -> dict[str, str]:
        """The headers that name a request."""
        return {"x-amzn-requestid": request_id}

    def _named_headers(
        self, shape: Shape, *, for_head: bool
    ) -> tuple[dict[str, tuple[str, Callable[[Any], str]]], list[WriteHeaders]]:
        """The members of `shape` that are one header each, and what writes those that are many."""
        named: dict[str, tuple[str, Callable[[Any], str]]] = {}
        maps: list[WriteHeaders] = []
        for member, ref in shape.members.items():
            target = self.service.resolve(ref)
            name = (target.location_name or member).lower()
            if target.location == "header" and (for_head or name != "content-length"):
                named[member] = (name, header_writer(self.service, target))
            elif target.location == "headers":
                maps.append(_header_map(member, (target.location_name or "").lower()))
        return named, maps

    def header_writers(self, shape: Shape, *, for_head: bool) -> list[WriteHeaders]:
        """What writes the members of `shape` that travel in headers.

        `content-length` is the HTTP layer's own, but for HEAD, where there is no body to measure.
        """
        named, writers = self._named_headers(shape, for_head=for_head)
        for member, (name, write) in named.items():
            writers.append(_header(member, name, write))
        return writers

    def _output_body(self, operation: OperationModel, shape: Shape) -> Body:
        if shape.payload is None:
            return self._body_writer(operation, shape)
        member = shape.payload
        target = self.service.resolve(shape.members[member])
        if target.eventstream:
            write = encode_events(self.service, target, self._event_payload)
            return Body(lambda output: write(output.get(member, ())), EVENT_STREAM)
        if target.type == "blob":
            return Body(lambda output: output.get(member, b""), "application/octet-stream")
        if target.type == "string":
            return Body(lambda output: output.get(member, "").encode(), "text/plain")
        return self._body_writer(operation, shape)


def body_members(service: ServiceModel, shape: Shape) -> dict[str, Shape]:
    """The members of a structure that make its body, when no single one is its payload."""
    members = ((name, service.resolve(ref)) for name, ref in shape.members.items())
    return {name: target for name, target in members if target.location is None}


def located(service: ServiceModel, shape: Shape) -> Shape:
    """`shape` with only the members that are not in its body."""
    if shape.payload is not None:
        names = {name for name in shape.members if name != shape.payload}
    else:
        names = set(shape.members) - set(body_members(service, shape))
    return members_of(shape, dict.fromkeys(names))


def raw_reader(member: str, *, as_text: Callable[[bytes], str] | None) -> ReadBody:
    """What reads a body that is its payload as it stands; an empty one is an absent member."""

    def read(body: bytes, value: dict[str, Any]) -> None:
        if body:
            value[member] = body if as_text is None else as_text(body)

    return read


def query_fields(query: str, into: dict[str, list[str]]) -> dict[str, list[str]]:
    """A raw query as name -> values, decoded. Raises `WireError` when it is not UTF-8."""
    if query.count("&") >= MOST_QUERY_FIELDS:
        raise WireError("InvalidRequest", "Too many query parameters")
    for field in sayable(query).split("&"):
        if field:
            name, _, value = field.partition("=")
            into.setdefault(unquoted(name), []).append(unquoted(value))
    return into


def _prefixed(member: str, prefix: str) -> ReadPart:
    size = len(prefix)

    def read(request: Request, labels: Mapping[str, str], value: dict[str, Any]) -> None:
        found = {
            name[size:]: text for name, text in request.headers.items() if name.startswith(prefix)
        }
        if found:
            value[member] = found

    return read


def one_line(text: str) -> str:
    """`text` without line breaks and other controls, which would end a header and begin another."""
    return text if text.isprintable() else _CONTROLS.sub(" ", text)


def _header(member: str, name: str, write: Callable[[Any], str]) -> WriteHeaders:
    def put(output: Mapping[str, Any], headers: dict[str, str]) -> None:
        found = output.get(member)
        if found is not None:
            headers[name] = one_line(write(found))

    return put


def _header_map(member: str, prefix: str) -> WriteHeaders:
    def put(output: Mapping[str, Any], headers: dict[str, str]) -> None:
        found = output.get(member)
        if found:
            for key, text in found.items():
                headers[one_line(prefix + key.lower())] = one_line(text)

    return put
