"""The ec2 protocol: query's form with names of its own, and XML without wrappers.

Rules of this file: a name in the form is the `queryName`, else the `locationName` with a capital,
else the member; lists number their elements directly. Outputs stand right under `<OpResponse>`.
EC2 answers a missing parameter and a bad value in words of its own, one failure at a time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation
from cloudchamber.wire.model.shapes import namespace_uri
from cloudchamber.wire.protocols import constraints, form
from cloudchamber.wire.protocols.codec import Encoder, SpokenError
from cloudchamber.wire.protocols.query import FormCodec, error_elements
from cloudchamber.wire.protocols.xml_write import (
    DECLARATION,
    XmlOutputs,
    escape,
    escape_attribute,
)

CONTENT_TYPE: Final = "text/xml;charset=UTF-8"


class Ec2Names(form.FormNames):
    """How ec2 spells names in a form."""

    def member(self, member: str, shape: Shape, element: Shape | None) -> str:
        """The name of a structure's member."""
        if shape.query_name:
            return shape.query_name
        name = shape.location_name
        return name[0].upper() + name[1:] if name else member

    def list_step(self, shape: Shape, element: Shape) -> str | None:
        """Nothing stands between a list's name and its numbers."""
        return None


class Ec2Codec(FormCodec):
    """The codec of a service in the ec2 protocol."""

    protocol = "ec2"
    validation_code = "InvalidParameterValue"
    names = Ec2Names()

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._outputs = XmlOutputs(self.service, "iso8601-millis")
        uri = namespace_uri(self.service.metadata.xml_namespace)
        # Real responses end the namespace with a slash, which the model leaves out.
        self._xmlns = f' xmlns="{escape_attribute(uri.rstrip("/"))}/"' if uri else ""

    def wrong_type(self, error: form.FormError) -> WireError:
        """EC2's answer to a value that is not of its parameter's type."""
        name = ".".join(reversed(error.names))
        shown = constraints.shorten(error.text)
        return WireError(
            "InvalidParameterValue",
            f"Value ({shown}) for parameter {name} is invalid. Expecting type {error.kind}.",
        )

    def invalid(
        self, shape: Shape, failures: list[constraints.Failure], validation: Validation
    ) -> WireError:
        """EC2's answer to an input that breaks the model: the first failure alone."""
        first = next((failure for failure in failures if failure.is_missing), failures[0])
        name = self._wire_path(shape, first.path)
        if first.is_missing:
            return WireError("MissingParameter", f"The request must contain the parameter {name}")
        shown = first.shown(self.service)
        return WireError(
            validation.code or self.validation_code,
            f"Value ({shown}) for parameter {name} is invalid. {first.constraint}.",
        )

    def _wire_path(self, shape: Shape, path: str) -> str:
        """A failure's path in the names of the form: `tagSpecification.1.member.tags` and so on."""
        names: list[str] = []
        for part in path.split("."):
            if part == "member" and shape.type in ("list", "map"):
                ref = shape.member or shape.value
                shape = self.service.resolve(ref) if ref else shape
            elif shape.type == "structure":
                found = next((m for m in shape.members if constraints.spoken(m) == part), part)
                if found not in shape.members:
                    return path
                target = self.service.resolve(shape.members[found])
                names.append(self.names.member(found, target, None))
                shape = target
            else:
                names.append(part)
        return ".".join(names)

    def _compile_encoder(self, operation: OperationModel) -> Encoder:
        name = operation.name
        opening = f"{DECLARATION}<{name}Response{self._xmlns}><requestId>"
        closing = f"</{name}Response>"
        shape = operation.output_shape
        content = self._outputs.content(shape) if shape is not None else None

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            parts = [f"{opening}{escape(request_id)}</requestId>"]
            if content is not None:
                content(output, parts.append)
            parts.append(closing)
            return _response(200, "".join(parts).encode(), request_id)

        return encode

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        parts = [DECLARATION, "<Response><Errors><Error>"]
        parts += error_elements(self._outputs, error)
        parts.append(f"</Error></Errors><RequestID>{escape(request_id)}</RequestID></Response>")
        return _response(error.status, "".join(parts).encode(), request_id)


def _response(status: int, body: bytes, request_id: str) -> Response:
    return Response(status, {"x-amzn-requestid": request_id, "content-type": CONTENT_TYPE}, body)
