"""Event streams out: each event one framed message.

Rules of this file: which headers and which payload an event has, by the model; the framing itself
is `wire/event_stream.py`. A stream inside an output is an iterable of events, each a dict with the
event's name as its only key; an error raised by the service ends the stream as an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

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


def encode_message(headers: Mapping[str, Any], payload: bytes) -> bytes:
    """One framed message."""
    from cloudchamber.wire import event_stream

    return event_stream.encode_message(dict(headers), payload)


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
    in_headers = tuple(member for member, target in members.items() if target.eventheader)
    payload = next((member for member, target in members.items() if target.eventpayload), None)
    write_all, content_type = make(shape)

    def whole(value: Mapping[str, Any]) -> bytes:
        rest = {key: found for key, found in value.items() if key not in in_headers}
        return write_all(rest)

    write: WritePayload = whole if in_headers else write_all
    if payload is not None:
        write, content_type = _payload(payload, members[payload], make)

    def event(value: Mapping[str, Any]) -> bytes:
        headers: dict[str, Any] = dict(base)
        headers[CONTENT_TYPE] = content_type
        for member in in_headers:
            if member in value:
                headers[member] = value[member]
        return encode_message(headers, write(value))

    return event


def _payload(member: str, shape: Shape, make: MakePayload) -> tuple[WritePayload, str]:
    if shape.type == "blob":
        return lambda value: value.get(member, b""), "application/octet-stream"
    if shape.type == "string":
        return lambda value: value.get(member, "").encode(), "text/plain"
    write, content_type = make(shape)
    return lambda value: write(value.get(member, {})), content_type
