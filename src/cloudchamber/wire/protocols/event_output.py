"""Event streams out: each event one framed message.

Rules of this file: which headers and which payload an event has, by the model; the framing itself
is `wire/event_stream.py`. A stream inside an output is an iterable of events, each a dict with the
event's name as its only key; an error raised by the service ends the stream as an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from cloudchamber.wire.event_stream import HeaderValue, Long, Timestamp, encode_message
from cloudchamber.wire.model import ServiceModel, Shape

WritePayload = Callable[[Mapping[str, Any]], bytes]
# How the protocol writes a structure, and the content type of that.
MakePayload = Callable[[Shape], tuple[WritePayload, str]]
WriteEvents = Callable[[Iterable[Mapping[str, Any]]], bytes]
WriteEvent = Callable[[Mapping[str, Any]], bytes]

EVENT_STREAM: Final = "application/vnd.amazon.eventstream"
MESSAGE_TYPE: Final = ":message-type"
EVENT_TYPE: Final = ":event-type"
EXCEPTION_TYPE: Final = ":exception-type"
CONTENT_TYPE: Final = ":content-type"


def encode_events(service: ServiceModel, stream: Shape, make: MakePayload) -> WriteEvents:
    """What writes the events of a stream, one message after the other."""
    writers = {
        name: _event(service, name, service.resolve(ref), make)
        for name, ref in stream.members.items()
    }

    def write(events: Iterable[Mapping[str, Any]]) -> bytes:
        messages = []
        for event in events:
            for name, value in event.items():
                messages.append(writers[name](value))
        return b"".join(messages)

    return write


def initial_response(payload: bytes, content_type: str) -> bytes:
    """The first message of a stream in an RPC protocol: the output beside the stream."""
    headers = {MESSAGE_TYPE: "event", EVENT_TYPE: "initial-response", CONTENT_TYPE: content_type}
    return encode_message(headers, payload)


def _event(service: ServiceModel, name: str, shape: Shape, make: MakePayload) -> WriteEvent:
    kind = "exception" if shape.exception else "event"
    base = {MESSAGE_TYPE: kind, EXCEPTION_TYPE if shape.exception else EVENT_TYPE: name}
    members = {member: service.resolve(ref) for member, ref in shape.members.items()}
    in_headers = {m: target.type for m, target in members.items() if target.eventheader}
    payload = next((member for member, target in members.items() if target.eventpayload), None)
    write_all, content_type = make(shape)

    def whole(value: Mapping[str, Any]) -> bytes:
        rest = {key: found for key, found in value.items() if key not in in_headers}
        return write_all(rest)

    write: WritePayload = whole if in_headers else write_all
    if payload is not None:
        write, content_type = _payload(payload, members[payload], make)

    def event(value: Mapping[str, Any]) -> bytes:
        headers: dict[str, HeaderValue] = dict(base)
        headers[CONTENT_TYPE] = content_type
        for member, type_name in in_headers.items():
            if member in value:
                headers[member] = _header_value(type_name, value[member])
        return encode_message(headers, write(value))

    return event


def _header_value(type_name: str, value: Any) -> HeaderValue:
    """A member of an event as its header: long and timestamp have 64-bit types of their own."""
    if type_name == "timestamp":
        return Timestamp(round(value * 1000))
    if type_name == "long":
        return Long(value)
    found: HeaderValue = value
    return found


def _payload(member: str, shape: Shape, make: MakePayload) -> tuple[WritePayload, str]:
    if shape.type == "blob":
        return lambda value: value.get(member, b""), "application/octet-stream"
    if shape.type == "string":
        return lambda value: value.get(member, "").encode(), "text/plain"
    write, content_type = make(shape)
    return lambda value: write(value.get(member, {})), content_type
