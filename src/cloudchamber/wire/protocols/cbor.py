"""Smithy's rpc-v2 over CBOR: `POST /service/NAME/operation/NAME`, CBOR both ways.

Rules of this file: a library reads and writes CBOR; no tag but 1 (a timestamp, read as its number)
is let through it, so that no input can make an object that is more than data. Closures compiled
from the model then check types and keep known members; what they refuse the slow walker explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn

import cbor2

from cloudchamber.wire.http import Request, Response
from cloudchamber.wire.model import OperationModel, ServiceModel, Shape, Validation
from cloudchamber.wire.protocols import constraints, timestamps
from cloudchamber.wire.protocols.codec import Codec, Decoder, Encoder, SpokenError
from cloudchamber.wire.protocols.json import query_error
from cloudchamber.wire.protocols.reach import Reach
from cloudchamber.wire.protocols.slow_walk import (
    Walker,
    int_range,
    read_scalar,
    serialization_error,
    unconvertible,
)

Read = Callable[[Any], Any]
Prepare = Callable[[Any], Any]

CONTENT_TYPE: Final = "application/cbor"
DEEPEST: Final = 200
EPOCH_TAG: Final = 1
# Every tag that the library would turn into an object of its own.
OBJECT_TAGS: Final = (
    *(0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 52, 54, 100),
    *(256, 258, 260, 261, 1004, 43000, 55799),
)


class MismatchError(ValueError):
    """A value that is not of its modelled type, or null: a matter for the slow walker."""


def _refuse(*_: Any) -> NoReturn:
    raise ValueError("this tag is not part of rpc-v2")


def _number(value: Any, _immutable: bool) -> Any:
    return value


_TAGS: Final = MappingProxyType({**dict.fromkeys(OBJECT_TAGS, _refuse), EPOCH_TAG: _number})


def loads(body: bytes) -> Any:
    """The data item in `body`. Raises the `WireError` of a body that is none."""
    try:
        return cbor2.loads(
            body,
            semantic_decoders=_TAGS,
            tag_hook=_refuse,
            max_depth=DEEPEST,
            strict_hashable_types=True,
        )
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, MemoryError):
        raise serialization_error("The body is not CBOR that rpc-v2 allows") from None


class CborCodec(Codec):
    """The codec of a service in rpc-v2 CBOR."""

    protocol = "smithy-rpc-v2-cbor"

    def __init__(self, service: ServiceModel, validation: Validation | None = None) -> None:
        super().__init__(service, validation)
        self._inputs = CborInputs(self.service)
        self._outputs = CborOutputs(self.service)
        self._checks: dict[str, constraints.Checks] = {}

    def _compile_decoder(self, operation: OperationModel) -> Decoder:
        shape = operation.input_shape
        if shape is None:
            return lambda request, labels: {}
        validation = self.validation_of(operation.name)
        checks = self._checks.setdefault(
            validation.mode, constraints.Checks(self.service, validation.mode)
        )
        check = checks.of(shape)
        read = self._inputs.read(shape)

        def decode(request: Request, labels: Mapping[str, str]) -> dict[str, Any]:
            raw = loads(request.body) if request.body else {}
            try:
                value: dict[str, Any] = read(raw)
            except MismatchError:
                value = Walker(self.service, _own_name, cbor_scalar).input(shape, raw)
            else:
                if check is None or check(value):
                    return value
            failures = constraints.describe(self.service, shape, value, validation.mode)
            if failures:
                code = validation.code or self.validation_code
                raise constraints.validation_error(self.service, failures, code)
            return value

        return decode

    def _compile_encoder(self, operation: OperationModel) -> Encoder:
        shape = operation.output_shape
        if shape is None:
            return lambda output, request_id: Response(200, _headers(request_id), b"")
        prepare = self._outputs.prepare(shape)

        def encode(output: Mapping[str, Any], request_id: str) -> Response:
            headers = _headers(request_id)
            headers["content-type"] = CONTENT_TYPE
            value = output if prepare is None else prepare(output)
            return Response(200, headers, cbor2.dumps(value))

        return encode

    def _write_error(self, error: SpokenError, operation: str | None, request_id: str) -> Response:
        namespace = self.service.metadata.error_namespace
        name = f"{namespace}#{error.name}" if namespace else error.name
        body: dict[str, Any] = {"__type": name}
        if error.message or error.message_member is not None:
            body[error.message_member or "message"] = error.message
        prepare = self._outputs.prepare(error.shape) if error.shape is not None else None
        body.update(error.members if prepare is None else prepare(error.members))
        headers = _headers(request_id)
        headers["content-type"] = CONTENT_TYPE
        if self.service.query_compatible:
            headers["x-amzn-query-error"] = query_error(error)
        return Response(error.status, headers, cbor2.dumps(body))


def _headers(request_id: str) -> dict[str, str]:
    return {"x-amzn-requestid": request_id, "smithy-protocol": "rpc-v2-cbor"}


def _own_name(member: str, shape: Shape) -> str:
    return member


def cbor_scalar(shape: Shape, raw: Any) -> Any:
    """A scalar of CBOR as the model's type: like JSON's, but for blobs and special floats."""
    if isinstance(raw, bytes):
        if shape.type == "blob":
            return raw
        raise unconvertible(shape.type, raw)
    if shape.type in ("float", "double") and isinstance(raw, float):
        return raw
    if isinstance(raw, str) and shape.type not in ("string", "character"):
        raise unconvertible(shape.type, raw)
    return read_scalar(shape, raw)


class CborInputs:
    """Compiles readers of CBOR data for one service."""

    def __init__(self, service: ServiceModel) -> None:
        self._service = service
        self._structures: dict[str, Read] = {}

    def read(self, shape: Shape) -> Read:
        """A function from plain data to the modelled value. Raises `MismatchError`."""
        kind = shape.type
        if kind == "structure":
            return _anything if shape.document else self._structure(shape)
        if kind == "list":
            return _list(self.read(self._service.resolve(shape.element())))
        if kind == "map":
            return _map(self.read(self._service.resolve(shape.entry()[1])))
        if kind in ("integer", "long"):
            return _integer(*int_range(shape))
        return _SCALARS[kind]

    def _structure(self, shape: Shape) -> Read:
        name = shape.name
        built = self._structures.get(name)
        if built is None:
            # Entered before it is made, so that a recursive shape finds itself.
            self._structures[name] = lambda raw: self._late(name, raw)
            members = (
                (member, self.read(self._service.resolve(ref)))
                for member, ref in shape.members.items()
            )
            built = self._structures[name] = _structure(tuple(members))
        return built

    def _late(self, name: str, raw: Any) -> Any:
        return self._structures[name](raw)


def _structure(steps: tuple[tuple[str, Read], ...]) -> Read:
    def read(raw: Any) -> dict[str, Any]:
        if type(raw) is not dict:
            raise MismatchError
        get = raw.get
        value: dict[str, Any] = {}
        for member, step in steps:
            found = get(member)
            if found is not None:
                value[member] = step(found)
        return value

    return read


def _list(inner: Read) -> Read:
    def read(raw: Any) -> list[Any]:
        if type(raw) is not list:
            raise MismatchError
        return [inner(item) for item in raw]

    return read


def _map(inner: Read) -> Read:
    def read(raw: Any) -> dict[str, Any]:
        if type(raw) is not dict:
            raise MismatchError
        return {_text(key): inner(item) for key, item in raw.items()}

    return read


def _integer(low: int, high: int) -> Read:
    def read(raw: Any) -> int:
        if type(raw) is not int or not low <= raw <= high:
            raise MismatchError
        return raw

    return read


def _text(raw: Any) -> str:
    if type(raw) is not str:
        raise MismatchError
    return raw


def _blob(raw: Any) -> bytes:
    if type(raw) is not bytes:
        raise MismatchError
    return raw


def _boolean(raw: Any) -> bool:
    if type(raw) is not bool:
        raise MismatchError
    return raw


def _float(raw: Any) -> float:
    if type(raw) is not float and type(raw) is not int:
        raise MismatchError
    return float(raw)


def _moment(raw: Any) -> float:
    moment = _float(raw)
    if not timestamps.EARLIEST <= moment <= timestamps.LATEST:
        raise MismatchError
    return moment


def _anything(raw: Any) -> Any:
    return raw


_SCALARS: Final[Mapping[str, Read]] = MappingProxyType(
    {
        "string": _text,
        "character": _text,
        "boolean": _boolean,
        "float": _float,
        "double": _float,
        "blob": _blob,
        "timestamp": _moment,
    }
)


class CborOutputs:
    """Compiles what makes an output fit for the library: timestamps go under their tag."""

    def __init__(self, service: ServiceModel) -> None:
        self._service = service
        self._reach = Reach(service, lambda shape: shape.type == "timestamp")
        self._built: dict[str, Prepare] = {}

    def prepare(self, shape: Shape) -> Prepare | None:
        """What wraps the timestamps of a value; None when it has none."""
        if not self._reach.within(shape):
            return None
        if shape.type == "structure":
            return self._structure(shape)
        if shape.type == "timestamp":
            return _tagged
        ref = shape.element() if shape.type == "list" else shape.entry()[1]
        inner = self.prepare(self._service.resolve(ref))
        if inner is None:
            return None
        step = inner
        if shape.type == "list":
            return lambda values: [step(value) for value in values]
        return lambda values: {key: step(value) for key, value in values.items()}

    def _structure(self, shape: Shape) -> Prepare:
        name = shape.name
        if name in self._built:
            return self._built[name]
        # Entered before it is made, so that a recursive shape finds itself.
        self._built[name] = lambda value: self._late(name, value)
        members = ((m, self.prepare(self._service.resolve(r))) for m, r in shape.members.items())
        steps = tuple((member, step) for member, step in members if step is not None)

        def prepare(value: Mapping[str, Any]) -> Mapping[str, Any]:
            changed = dict(value)
            for member, step in steps:
                found = value.get(member)
                if found is not None:
                    changed[member] = step(found)
            return changed

        self._built[name] = prepare
        return prepare

    def _late(self, name: str, value: Any) -> Any:
        return self._built[name](value)


def _tagged(value: float) -> cbor2.CBORTag:
    return cbor2.CBORTag(EPOCH_TAG, timestamps.epoch_number(value))
