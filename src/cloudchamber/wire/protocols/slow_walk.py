"""The slow way through an input: one value at a time, with AWS's words for what is wrong.

Rules of this file: parsed data in (JSON's or CBOR's), modelled values out. It is only walked when
the fast way has refused an input, to read what is right after all (nulls, "NaN") and to say what is
not. Types alone: constraints are checked afterwards.
"""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from typing import Any, Final

import orjson

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.protocols import timestamps

# The key that a member has in a body.
WireName = Callable[[str, Shape], str]
ReadScalar = Callable[[Shape, Any], Any]

INT64: Final = (-(2**63), 2**63 - 1)
INT32: Final = (-(2**31), 2**31 - 1)
DEEPEST: Final = 500


def int_range(shape: Shape) -> tuple[int, int]:
    """The range of an integer type; models exist whose stated maximum needs more than 32 bits."""
    if shape.type == "integer" and (shape.max is None or shape.max <= INT32[1]):
        return INT32
    return INT64


def spelling(shape: Shape) -> str:
    """How a timestamp in a JSON body is spelled."""
    return (shape.timestamp_format or "unixtimestamp").lower()


def parse_json(body: bytes) -> Any:
    """Plain JSON. Raises the `SerializationException` of a body that is none."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        raise serialization_error(f"Could not parse request body into json: {problem}") from None


def serialization_error(message: str) -> WireError:
    """AWS's answer to a body whose types are not the model's."""
    return WireError("SerializationException", message)


_TOKENS: Final = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE"}.get
_NOUNS: Final = {
    "string": "a String",
    "character": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "float": "a Float",
    "double": "a Double",
    "boolean": "a Boolean",
    "blob": "a ByteBuffer",
    "timestamp": "milliseconds since epoch",
}.get
SPECIAL_FLOATS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}.get


class Walker:
    """Reads parsed JSON by the model, one value at a time; constraints are checked later."""

    def __init__(self, service: ServiceModel, wire_name: WireName, scalar: ReadScalar) -> None:
        self._service = service
        self._wire_name = wire_name
        self._scalar = scalar

    def input(self, shape: Shape, raw: Any) -> dict[str, Any]:
        """A whole input. Raises `WireError`."""
        if not isinstance(raw, dict):
            raise serialization_error("Expected structure or null")
        return self.structure(shape, raw, 0)

    def structure(self, shape: Shape, raw: dict[str, Any], depth: int) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for member, ref in shape.members.items():
            target = self._service.resolve(ref)
            found = raw.get(self._wire_name(member, target))
            if found is not None and not target.eventstream:
                value[member] = self.value(target, found, depth + 1)
        return value

    def value(self, shape: Shape, raw: Any, depth: int) -> Any:
        if depth > DEEPEST:
            raise serialization_error("The request is nested too deeply")
        kind = shape.type
        if kind == "structure" and shape.document:
            return raw
        if kind in ("structure", "map"):
            if not isinstance(raw, dict):
                raise serialization_error(f"Expected {kind} or null")
            return (
                self.structure(shape, raw, depth)
                if kind == "structure"
                else self._map(shape, raw, depth)
            )
        if kind == "list":
            if not isinstance(raw, list):
                raise serialization_error("Expected list or null")
            inner = self._service.resolve(shape.element())
            return [None if item is None else self.value(inner, item, depth + 1) for item in raw]
        return self._scalar(shape, raw)

    def _map(self, shape: Shape, raw: dict[str, Any], depth: int) -> dict[str, Any]:
        inner = self._service.resolve(shape.entry()[1])
        if not all(isinstance(key, str) for key in raw):
            raise serialization_error("Expected a String as the key of a map")
        return {
            key: None if item is None else self.value(inner, item, depth + 1)
            for key, item in raw.items()
        }


def read_scalar(shape: Shape, raw: Any) -> Any:
    """A scalar of JSON as the model's type. Raises AWS's words for one that cannot be."""
    kind = shape.type
    if isinstance(raw, dict):
        raise serialization_error("Start of structure or map found where not expected.")
    if isinstance(raw, list):
        raise serialization_error("Start of list found where not expected.")
    if isinstance(raw, bool):
        if kind == "boolean":
            return raw
    elif isinstance(raw, str):
        return _from_text(shape, raw)
    elif not isinstance(raw, int | float):
        pass  # CBOR has values that are none of these
    elif kind in ("integer", "long"):
        if isinstance(raw, int) or raw.is_integer():
            return _in_range(shape, int(raw))
    elif kind in ("float", "double"):
        return _finite(raw)
    elif kind == "timestamp" and spelling(shape) == "unixtimestamp":
        return _moment(lambda: timestamps.checked(float(raw)))
    raise unconvertible(kind, raw)


def unconvertible(kind: str, raw: Any) -> WireError:
    """AWS's sentence for a value of the wrong type."""
    if isinstance(raw, bool):
        token = "TRUE_VALUE" if raw else "FALSE_VALUE"
    else:
        token = _TOKENS(type(raw), "VALUE")
    return serialization_error(f"{token} can not be converted to {_NOUNS(kind, kind)}")


def _from_text(shape: Shape, raw: str) -> Any:
    kind = shape.type
    if kind in ("string", "character"):
        return raw
    if kind == "blob":
        try:
            return base64.b64decode(raw, validate=True)
        except (binascii.Error, ValueError):
            raise serialization_error("The blob is not valid base64") from None
    if kind in ("float", "double") and SPECIAL_FLOATS(raw) is not None:
        return SPECIAL_FLOATS(raw)
    if kind == "timestamp" and spelling(shape) != "unixtimestamp":
        return _moment(lambda: timestamps.parse(raw))
    raise unconvertible(kind, raw)


def _moment(read: Callable[[], float]) -> float:
    try:
        return read()
    except (ValueError, OverflowError):
        raise serialization_error("The timestamp is not one, or out of range") from None


def _finite(raw: float) -> float:
    if math.isinf(raw) or math.isnan(raw):
        raise serialization_error("Number out of range of double")
    return float(raw)


def _in_range(shape: Shape, value: int) -> int:
    low, high = int_range(shape)
    if not low <= value <= high:
        name = "int" if (low, high) == INT32 else "long"
        raise serialization_error(
            f"Numeric value ({value}) out of range of {name} ({low} - {high})"
        )
    return value
