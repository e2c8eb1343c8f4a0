"""AWS query: a form in, XML out (IAM, STS, SNS, CloudFormation, RDS, and old clients of SQS).

Rules of this file: the response wraps its output in `<OpResult>` and its metadata beside it; an
error is an `<ErrorResponse>` under the wire code of the model, which often differs from the name of
the shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation
from cloudchamber.wire.model.shapes import namespace_uri
from cloudchamber.wire.protocols import constraints, form
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder, SpokenError
from cloudchamber.wire.protocols.xml_write import XmlOutputs, escape, escape_attribute

CONTENT_TYPE: Final = "text/xml"


class FormCodec(Codec):
    """The half that query and ec2 share: reading and checking a form."""

    names: form.FormNames = form.FormNames()
    malformed_code = form.MALFORMED

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._inputs = form.FormInputs(self.service, self.names)
        self._checks: dict[str, constraints.Checks] = {}

    def _compile_decoder(self, operation: OperationModel) -> Decoder:
        shape = operation.input_shape
        if shape is None:
            return lambda request, labels: {}
        validation = self.validation_of(operation.name)
        checks = self._checks.setdefault(
            validation.mode, constraints.Checks(self.service, validation.mode)
        )
        return self._decoder(shape, checks.of(shape), validation)

    def _decoder(
        self, shape: Shape, check: constraints.Check | None, validation: Validation
    ) -> Decoder:
        read = self._inputs.read(shape)

        def decode(request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
            tree = form.fields(request)
            for name, text in labels.items():
                tree.setdefault(name, text)  # a queue's address, when the request was sent there
            try:
                value: dict[str, Any] = read(tree)
            except form.FormError as error:
                raise self.wrong_type(error) from None
            if check is not None and not check(value):
                failures = constraints.describe(self.service, shape, value, validation.mode)
                if failures:
                    raise self.invalid(shape, failures, validation)
            return value

        return decode

    def wrong_type(self, error: form.FormError) -> WireError:
        """What AWS answers to a value that is not of its parameter's type."""
        name = ".".join(reversed(error.names))
        shown = constraints.shorten(error.text)
        return WireError(
            "MalformedInput", f"Value ({shown}) for parameter {name} is not a valid {error.kind}"
        )

    def invalid(
        self, shape: Shape, failures: list[constraints.Failure], validation: Validation
    ) -> WireError:
        """What AWS answers to an input that breaks the model's constraints."""
        code = validation.code or self.validation_code
        return constraints.validation_error(self.service, failures, code)


class QueryCodec(FormCodec):
    """The codec of a service in AWS query."""

    protocol = "query"
    validation_code = "ValidationError"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._outputs = XmlOutputs(self.service)
        uri = namespace_uri(self.service.metadata.xml_namespace)
        self._xmlns = f' xmlns="{escape_attribute(uri)}"' if uri else ""
        self._was_query = self.service.metadata.protocol == "query"

    def _compile_encoder(self, operation: OperationModel) -> Encoder:
        shape, name = operation.output_shape, operation.name
        opening, closing = f"<{name}Response{self._xmlns}>", f"</{name}Response>"
        before_id = "<ResponseMetadata><RequestId>"
        after_id = f"</RequestId></ResponseMetadata>{closing}"
        if shape is None:

            def encode_nothing(output: Mapping[str, Any], request_id: str) -> Response:
                body = f"{opening}{before_id}{escape(request_id)}{after_id}".encode()
                return self._response(200, body, request_id)

            return encode_nothing
        wrapper = operation.result_wrapper
        if wrapper is None and not self._was_query:
            wrapper = f"{name}Result"
        if wrapper is not None:
            opening, before_id = f"{opening}<{wrapper}>", f"</{wrapper}>{before_id}"
        content = self._outputs.content(shape)

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            parts = [opening]
            content(output, parts.append)
            parts.append(f"{before_id}{escape(request_id)}{after_id}")
            return self._response(200, "".join(parts).encode(), request_id)

        return encode

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        fault = "Sender" if error.sender_fault else "Receiver"
        parts = [f"<ErrorResponse{self._xmlns}><Error><Type>{fault}</Type>"]
        parts += error_elements(self._outputs, error)
        parts.append(f"</Error><RequestId>{escape(request_id)}</RequestId></ErrorResponse>")
        return self._response(error.status, "".join(parts).encode(), request_id)

    def _response(self, status: int, body: bytes, request_id: str) -> Response:
        return Response(
            status, {"x-amzn-requestid": request_id, "content-type": CONTENT_TYPE}, body
        )


def error_elements(outputs: XmlOutputs, error: SpokenError) -> list[str]:
    """Code, message and modelled members of an error; never a second `<Message>`."""
    parts = [f"<Code>{escape(error.code)}</Code>", f"<Message>{escape(error.message)}</Message>"]
    shape = error.shape
    if shape is None:
        return parts
    for member, ref in shape.members.items():
        found = error.members.get(member)
        if found is None or member.lower() in ("message", "code") or ref.location is not None:
            continue
        outputs.member(member, ref)(found, parts.append)
    return parts
