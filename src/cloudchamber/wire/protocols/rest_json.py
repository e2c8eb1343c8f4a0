"""REST with JSON bodies (Lambda, API Gateway, EKS, Batch and two hundred more).

Rules of this file: bodies spell members by `locationName`; an error names its shape in the header
`x-amzn-errortype`, its modelled members are the body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation
from cloudchamber.wire.protocols import constraints
from cloudchamber.wire.protocols.codec import SpokenError
from cloudchamber.wire.protocols.json_read import JsonBodies, members_of
from cloudchamber.wire.protocols.json_write import JsonOutputs, to_json
from cloudchamber.wire.protocols.rest import (
    Body,
    ReadBody,
    RestCodec,
    WriteBody,
    body_members,
    located,
    raw_reader,
)
from cloudchamber.wire.protocols.slow_walk import parse_json, serialization_error

CONTENT_TYPE: Final = "application/json"
ERROR_TYPE: Final = "x-amzn-errortype"


class RestJsonCodec(RestCodec):
    """The codec of a service in rest-json."""

    protocol = "rest-json"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._bodies: dict[Validation, JsonBodies] = {}
        self._outputs = JsonOutputs(self.service, uses_wire_names=True)

    def _checked_shape(self, shape: Shape) -> Shape:
        return located(self.service, shape)

    def _bodies_of(self, validation: Validation) -> JsonBodies:
        bodies = self._bodies.get(validation)
        if bodies is None:
            bodies = JsonBodies(self.service, validation, uses_wire_names=True)
            self._bodies[validation] = bodies
        return bodies

    def _body_reader(
        self, operation: OperationModel, shape: Shape, validation: Validation
    ) -> ReadBody:
        if shape.payload is not None:
            target = self.service.resolve(shape.members[shape.payload])
            return self._payload_reader(shape.payload, target, validation, shape)
        members = body_members(self.service, shape)
        if not members:
            return lambda body, value: None
        bodies = self._bodies_of(validation)
        if len(members) == len(shape.members):
            read_whole = bodies.reader(shape)
            return lambda body, value: value.update(read_whole(body))
        view = members_of(shape, members)
        read_part = bodies.reader(view, known_as=f"{operation.name} body")
        return lambda body, value: value.update(read_part(body))

    def _payload_reader(
        self, member: str, target: Shape, validation: Validation, shape: Shape
    ) -> ReadBody:
        if target.type in ("blob", "string"):
            return raw_reader(member, as_text=_text if target.type == "string" else None)
        if target.eventstream:
            return _refuse_stream
        absent = None
        if member in constraints.demanded(self.service, shape, validation.mode):
            absent = constraints.Failure(
                constraints.spoken(member), target, None, "Member must not be null"
            )
        code = validation.code or self.validation_code
        read_document: Callable[[bytes], Any] = parse_json
        if not target.document:
            read_document = self._bodies_of(validation).reader(target)

        def read(body: bytes, value: dict[str, Any]) -> None:
            if body:
                value[member] = read_document(body)
            elif absent is not None:
                raise constraints.validation_error(self.service, [absent], code)

        return read

    def _body_writer(self, operation: OperationModel, shape: Shape) -> Body:
        if shape.payload is not None:
            member = shape.payload
            target = self.service.resolve(shape.members[member])
            write = to_json if target.document else self._outputs.writer(target)
            return Body(
                lambda output: write(output[member]) if output.get(member) is not None else b"",
                CONTENT_TYPE,
            )
        members = body_members(self.service, shape)
        if not members:
            return Body(None, None)
        if len(members) == len(shape.members):
            return Body(self._outputs.writer(shape), CONTENT_TYPE)
        return Body(self._outputs.chosen_writer(members), CONTENT_TYPE)

    def _event_payload(self, shape: Shape) -> tuple[WriteBody, str]:
        return self._outputs.writer(shape), CONTENT_TYPE

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        headers = self.identity(request_id)
        headers["content-type"] = CONTENT_TYPE
        body: dict[str, Any] = {}
        if error.message or error.message_member is not None:
            body[self._message_name(error)] = error.message
        if error.shape is None:
            headers[ERROR_TYPE] = error.name
            body.update(error.members)
            return Response(error.status, headers, to_json(body))
        for write in self.header_writers(error.shape, for_head=False):
            write(error.members, headers)
        headers[ERROR_TYPE] = error.name  # also a modelled member of some errors
        for member, target in body_members(self.service, error.shape).items():
            found = error.members.get(member)
            if found is not None:
                prepare = self._outputs.prepare(target)
                name = self._outputs.wire_name(member, target)
                body[name] = found if prepare is None else prepare(found)
        return Response(error.status, headers, to_json(body))

    def _message_name(self, error: SpokenError) -> str:
        member = error.message_member
        if member is None or error.shape is None:
            return "message"
        return self._outputs.wire_name(member, self.service.resolve(error.shape.members[member]))


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        raise serialization_error("The body is not valid UTF-8") from None


def _refuse_stream(body: bytes, value: Mapping[str, Any]) -> None:
    raise WireError(
        "NotImplemented", "Requests that are event streams are not read by this chamber", 501
    )
