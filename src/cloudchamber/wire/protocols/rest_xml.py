"""REST with XML bodies: S3, S3 Control, Route 53, CloudFront.

Rules of this file: bodies have one root element, named by the model (for S3, by its API reference);
errors are `<ErrorResponse>`, S3's a bare `<Error>`. S3 checks types but leaves its constraints to
the service, as the real one answers them one by one under codes of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, Ref, ServiceModel, Shape, Validation
from cloudchamber.wire.model.shapes import namespace_uri
from cloudchamber.wire.protocols import constraints, s3_xml
from cloudchamber.wire.protocols.codec import SpokenError
from cloudchamber.wire.protocols.form import FormError
from cloudchamber.wire.protocols.json_read import members_of
from cloudchamber.wire.protocols.query import error_elements
from cloudchamber.wire.protocols.rest import (
    Body,
    ReadBody,
    RestCodec,
    WriteBody,
    body_members,
    raw_reader,
)
from cloudchamber.wire.protocols.xml_read import Read, XmlError, XmlInputs, parse
from cloudchamber.wire.protocols.xml_write import (
    DECLARATION,
    Write,
    XmlOutputs,
    escape,
    escape_attribute,
)

CONTENT_TYPE: Final = "text/xml"
S3_CONTENT_TYPE: Final = "application/xml"


class RestXmlCodec(RestCodec):
    """The codec of a service in rest-xml."""

    protocol = "rest-xml"
    validation_code = "InvalidInput"
    malformed_code = "MalformedXML"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self.is_s3 = self.service.name == "s3"
        self._inputs = XmlInputs(self.service)
        self._outputs = XmlOutputs(self.service)
        self._namespace = s3_xml.NAMESPACE if self.is_s3 else find_namespace(self.service)
        self._content_type = S3_CONTENT_TYPE if self.is_s3 else CONTENT_TYPE

    def validation_of(self, operation: str) -> Validation:
        """S3 answers broken constraints itself unless its overlay says otherwise."""
        chosen = super().validation_of(operation)
        if self.is_s3 and self.service.overlay.validation is None and not self._forced_validation:
            return msgspec.structs.replace(chosen, mode="types-only")
        return chosen

    def decode(self, operation: str, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The modelled input; to S3, a presigned query may stand for headers."""
        if self.is_s3 and "Signature=" in request.query:
            request = s3_xml.with_headers_of_query(request)
        if self.is_s3 and "content-md5" in request.headers and not self.takes_stream(operation):
            s3_xml.check_digest(request)
        return super().decode(operation, request, labels)

    def identity(self, request_id: str) -> dict[str, str]:
        """The headers that name a request."""
        return s3_xml.identity(request_id) if self.is_s3 else super().identity(request_id)

    def wrong_type(self, name: str, error: FormError) -> WireError:
        """What AWS answers to a header, label or query value that is not of its type."""
        shown = constraints.shorten(error.text)
        message = f"Value '{shown}' at '{name}' is not a valid {error.kind}"
        if self.is_s3:
            fields = {"ArgumentName": name, "ArgumentValue": shown}
            return WireError("InvalidArgument", message, 400, fields)
        return WireError(self.validation_code, message)

    def malformed(self) -> WireError:
        """What AWS answers to a body that is not the XML it should be."""
        if self.is_s3:
            return WireError(
                "MalformedXML",
                "The XML you provided was not well-formed or did not validate against our "
                "published schema",
            )
        return WireError("MalformedInput", "The body is not well-formed XML of this operation")

    def _body_reader(
        self, operation: OperationModel, shape: Shape, validation: Validation
    ) -> ReadBody:
        if shape.payload is not None:
            member = shape.payload
            target = self.service.resolve(shape.members[member])
            if target.type in ("blob", "string"):
                return raw_reader(member, as_text=self._text if target.type == "string" else None)
            read_payload = self._document_reader(self._inputs.read(target))
            return lambda body, value: (
                value.update({member: read_payload(body)}) if body.strip() else None
            )
        members = body_members(self.service, shape)
        if not members:
            return lambda body, value: None
        view = members_of(shape, members)
        read_members = self._document_reader(self._inputs.fresh_structure(view))
        return lambda body, value: value.update(read_members(body)) if body.strip() else None

    def _document_reader(self, read: Read) -> Callable[[bytes], Any]:
        def read_document(body: bytes) -> Any:
            try:
                return read(parse(body))
            except (XmlError, FormError):
                raise self.malformed() from None

        return read_document

    def _text(self, body: bytes) -> str:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            raise self.malformed() from None

    # --- responses -------------------------------------------------------------------------------

    def _body_writer(self, operation: OperationModel, shape: Shape) -> Body:
        if self.is_s3 and operation.name == s3_xml.UNWRAPPED:
            return Body(
                lambda output: s3_xml.location(output.get("LocationConstraint")),
                self._content_type,
            )
        if shape.payload is not None:
            member = shape.payload
            target = self.service.resolve(shape.members[member])
            write = self._outputs.element(target.location_name or target.name, self._rooted(target))
            return Body(lambda output: _document(write, output.get(member)), self._content_type)
        members = body_members(self.service, shape)
        if not members:
            return Body(None, None)
        return Body(self._root_writer(operation, shape, members), self._content_type)

    def _root_writer(
        self, operation: OperationModel, shape: Shape, members: Mapping[str, Shape]
    ) -> WriteBody:
        root = self._root_name(operation, shape)
        content = self._outputs.fresh_content(members_of(shape, members))
        xmlns = f' xmlns="{escape_attribute(self._namespace)}"' if self._namespace else ""
        opening, closing = f"{DECLARATION}<{root}{xmlns}>", f"</{root}>"

        def write(output: Mapping[str, Any]) -> bytes:
            parts = [opening]
            content(output, parts.append)
            parts.append(closing)
            return "".join(parts).encode()

        return write

    def _root_name(self, operation: OperationModel, shape: Shape) -> str:
        if self.is_s3:
            return s3_xml.ROOTS.get(operation.name, shape.name)
        return shape.location_name or shape.name

    def _rooted(self, target: Shape) -> Shape:
        if target.xml_namespace is not None or self._namespace is None:
            return target
        return target.seen_through(Ref(shape=target.name, xml_namespace=self._namespace))

    def _event_payload(self, shape: Shape) -> tuple[WriteBody, str]:
        write = self._outputs.element(shape.location_name or shape.name, shape)
        return lambda value: _element(write, value), CONTENT_TYPE

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        headers = self.identity(request_id)
        headers["content-type"] = self._content_type
        if self.is_s3:
            return Response(error.status, headers, s3_xml.error_body(error, request_id))
        xmlns = f' xmlns="{escape_attribute(self._namespace)}"' if self._namespace else ""
        fault = "Sender" if error.sender_fault else "Receiver"
        parts = [f"{DECLARATION}<ErrorResponse{xmlns}><Error><Type>{fault}</Type>"]
        parts += error_elements(self._outputs, error)
        parts.append(f"</Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>")
        return Response(error.status, headers, "".join(parts).encode())


def find_namespace(service: ServiceModel) -> str | None:
    """The XML namespace of a service: its own, or the one that its requests are modelled with."""
    if service.metadata.xml_namespace is not None:
        return namespace_uri(service.metadata.xml_namespace)
    for operation in service.operations.values():
        ref, shape = operation.raw.input, operation.input_shape
        if ref is None or shape is None:
            continue
        if ref.xml_namespace is None and shape.payload is not None:
            ref = shape.members[shape.payload]
        if ref.xml_namespace is not None:
            return namespace_uri(ref.xml_namespace)
    return None


def _document(write: Write, value: Any) -> bytes:
    return b"" if value is None else DECLARATION.encode() + _element(write, value)


def _element(write: Write, value: Any) -> bytes:
    parts: list[str] = []
    write(value, parts.append)
    return "".join(parts).encode()
