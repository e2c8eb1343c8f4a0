"""AWS JSON 1.0 and 1.1: one POST to `/`, the operation in `X-Amz-Target`, JSON both ways.

Rules of this file: the body is the whole input; `locationName` means nothing here. Errors name
their shape in `__type`, and for services that used to speak query (SQS, CloudWatch) their old code
in `x-amzn-query-error` as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, Ref, ServiceModel, Shape, Validation
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder, SpokenError
from cloudchamber.wire.protocols.event_output import (
    EVENT_STREAM,
    WritePayload,
    encode_events,
    initial_response,
)
from cloudchamber.wire.protocols.json_read import JsonBodies
from cloudchamber.wire.protocols.json_write import JsonOutputs, to_json


class JsonCodec(Codec):
    """The codec of a service in AWS JSON."""

    protocol = "json"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._content_type = f"application/x-amz-json-{self.service.metadata.json_version}"
        self._bodies: dict[Validation, JsonBodies] = {}
        self._outputs = JsonOutputs(self.service, uses_wire_names=False)
        namespace = self.service.metadata.error_namespace
        self._type_prefix = f"{namespace}#" if namespace else ""

    def _compile_decoder(self, operation: OperationModel) -> Decoder:
        shape = operation.input_shape
        if shape is None:
            return lambda request, labels: {}
        validation = self.validation_of(operation.name)
        bodies = self._bodies.get(validation)
        if bodies is None:
            bodies = JsonBodies(self.service, validation, uses_wire_names=False)
            self._bodies[validation] = bodies
        read = bodies.reader(shape)

        def decode(request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
            return read(request.body)

        return decode

    def _compile_encoder(self, operation: OperationModel) -> Encoder:
        content_type = self._content_type
        if operation.output_shape is None:
            return lambda output, request_id: Response(
                200, {"x-amzn-requestid": request_id, "content-type": content_type}, b""
            )
        shape = operation.output_shape
        stream = next((m for m, r in shape.members.items() if self._is_stream(r)), None)
        if stream is not None:
            return self._stream_encoder(shape, stream)
        write = self._outputs.writer(shape)

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            headers = {"x-amzn-requestid": request_id, "content-type": content_type}
            return Response(200, headers, write(output))

        return encode

    def _is_stream(self, ref: Ref) -> bool:
        return self.service.resolve(ref).eventstream

    def _stream_encoder(self, shape: Shape, stream: str) -> Encoder:
        target = self.service.resolve(shape.members[stream])
        write_events = encode_events(self.service, target, self._event_payload)
        beside = {m: self.service.resolve(r) for m, r in shape.members.items() if m != stream}
        write_first = self._outputs.chosen_writer(beside)

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            headers = {"x-amzn-requestid": request_id, "content-type": EVENT_STREAM}
            first = initial_response(write_first(output), self._content_type)
            return Response(200, headers, first + write_events(output.get(stream, ())))

        return encode

    def _event_payload(self, shape: Shape) -> tuple[WritePayload, str]:
        return self._outputs.writer(shape), self._content_type

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        body: dict[str, Any] = {"__type": self._type_prefix + error.name}
        if error.message or error.message_member is not None:
            body[error.message_member or "message"] = error.message
        if error.shape is not None:
            prepare = self._outputs.prepare(error.shape)
            body.update(error.members if prepare is None else prepare(error.members))
        else:
            body.update(error.members)
        headers = {"x-amzn-requestid": request_id, "content-type": self._content_type}
        if self.service.query_compatible:
            headers["x-amzn-query-error"] = query_error(error)
        return Response(error.status, headers, to_json(body))


def query_error(error: SpokenError) -> str:
    """The value of `x-amzn-query-error`: the code of old, and whose fault it is."""
    return f"{error.code};{'Sender' if error.sender_fault else 'Receiver'}"
