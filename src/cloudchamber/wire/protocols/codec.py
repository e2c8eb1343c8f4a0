"""What every protocol's codec has in common: lazy compilation, errors found in the model, gzip.

Rules of this file: one `Codec` per service and protocol; an operation is compiled the first time it
is named and kept. Decoding raises nothing but `WireError`, whatever the bytes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from cloudchamber.wire.content_encoding import decode_body
from cloudchamber.wire.errors import CLIENT_FAULT_BELOW, WireError
from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation

Decoder = Callable[[Request, Mapping[str, str]], dict[str, Any]]
Encoder = Callable[[Mapping[str, Any], str], Response]

DEFAULT_STATUS: Final = 400


Value = TypeVar("Value")


class Lazy(dict[str, Value]):
    """A dict that makes what is missing, once."""

    def __init__(self, make: Callable[[str], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: str) -> Value:
        value = self[key] = self._make(key)
        return value


class SpokenError(NamedTuple):
    """An error as the model sees it.

    `name` is its shape name and `code` its wire code (the error's own code for both when no model
    knows it), `members` the modelled members beside the message, `shape` its shape if any.
    """

    name: str
    code: str
    message: str
    status: int
    sender_fault: bool
    shape: Shape | None
    members: dict[str, Any]

    @property
    def message_member(self) -> str | None:
        """The member that carries the message (`message` or `Message`), if the shape has one."""
        return find_message_member(self.shape) if self.shape else None


def find_message_member(shape: Shape) -> str | None:
    """The member of an error shape that carries its message."""
    for name in ("message", "Message"):
        if name in shape.members:
            return name
    return None


class Codec(ABC):
    """Bytes <-> modelled values, for one service in one protocol.

    `decode` gives the modelled input: member names, timestamps as epoch seconds (float), blobs as
    bytes, absent members absent. `encode` takes the same form.
    """

    protocol: str = ""
    validation_code: str = "ValidationException"
    malformed_code: str = "SerializationException"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        self.service = service.as_spoken_in(self.protocol)
        self._forced_validation = validation
        self._decoders: Lazy[Decoder] = Lazy(self._build_decoder)
        self._encoders: Lazy[Encoder] = Lazy(self._build_encoder)
        self._streams: Lazy[bool] = Lazy(self._find_stream)

    def decode(self, operation: str, request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
        """The modelled input of `operation`. `labels` are the decoded values of URI labels.

        Raises `WireError`: a body that cannot be read, types or constraints that do not hold.
        """
        try:
            return self._decoders[operation](request, labels)
        except RecursionError:
            raise WireError(self.malformed_code, "The request is nested too deeply") from None

    def encode(self, operation: str, output: Mapping[str, Any], request_id: str) -> Response:
        """The response that carries `output`."""
        return self._encoders[operation](output, request_id)

    def encode_error(self, operation: str | None, error: WireError, request_id: str) -> Response:
        """The response that carries `error`; `operation` is None when the request named none."""
        response = self._write_error(self.spoken_error(error), operation, request_id)
        response.headers.update(error.headers)
        known = operation if operation in self.service.operations else None
        if known is not None and self.service.operations[known].http_method == "HEAD":
            response.body = b""
        return response

    def spoken_error(self, error: WireError) -> SpokenError:
        """`error` looked up in the model: its code may be given as shape name or as wire code."""
        shape = self.service.error_shapes.get(error.code)
        if shape is None:
            name = code = error.code
            return SpokenError(
                name, code, error.message, error.status, error.sender_fault, None, error.fields
            )
        code, status, fault = shape.name, error.status, error.sender_fault
        if shape.error is not None:
            code = shape.error.code or code
        if error.status == DEFAULT_STATUS:
            status = modelled_status(shape)
            fault = modelled_fault(shape, status)
        return SpokenError(shape.name, code, error.message, status, fault, shape, error.fields)

    def validation_of(self, operation: str) -> Validation:
        """How strictly an operation's input is held to its model, and under which code."""
        chosen = self._forced_validation or self.service.validation(self.protocol, operation)
        if chosen.code is not None:
            return chosen
        return msgspec.structs.replace(chosen, code=self.validation_code)

    def takes_stream(self, operation: str) -> bool:
        """Whether the body of a request is a blob that may be too large for memory."""
        return self._streams[operation]

    def _find_stream(self, name: str) -> bool:
        shape = self.service.operations[name].input_shape
        if shape is None or shape.payload is None:
            return False
        target = self.service.resolve(shape.members[shape.payload])
        return target.type == "blob" and target.streaming

    @abstractmethod
    def _compile_decoder(self, operation: OperationModel) -> Decoder: ...

    @abstractmethod
    def _compile_encoder(self, operation: OperationModel) -> Encoder: ...

    @abstractmethod
    def _write_error(
        self, error: SpokenError, operation: str | None, request_id: str
    ) -> Response: ...

    def _build_decoder(self, name: str) -> Decoder:
        operation = self.service.operations[name]
        decoder = self._compile_decoder(operation)
        return inflating(decoder) if operation.accepts_gzip else decoder

    def _build_encoder(self, name: str) -> Encoder:
        return self._compile_encoder(self.service.operations[name])


def modelled_status(shape: Shape) -> int:
    """The HTTP status of a modelled error: what it says, else 500 for a fault and 400 otherwise."""
    if shape.error is not None and shape.error.http_status_code is not None:
        return shape.error.http_status_code
    return 500 if shape.fault else DEFAULT_STATUS


def modelled_fault(shape: Shape, status: int) -> bool:
    """Whether a modelled error is the client's fault."""
    if shape.error is not None and shape.error.sender_fault is not None:
        return shape.error.sender_fault
    return status < CLIENT_FAULT_BELOW


def inflating(decoder: Decoder) -> Decoder:
    """`decoder` for an operation whose body may come gzipped."""
    return lambda request, labels: decoder(decode_body(request), labels)
