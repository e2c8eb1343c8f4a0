"""XML bodies out: one closure per element, strings appended to a list.

Rules of this file: names come from the model, elements in the model's order, absent members leave
no trace. The dialects differ in how they spell timestamps and in which trait names an element;
both are given when the writer is made.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.wire.model import Ref, ServiceModel, Shape
from cloudchamber.wire.model.shapes import namespace_uri
from cloudchamber.wire.protocols import timestamps
from cloudchamber.wire.protocols.json_write import special_float

Emit = Callable[[str], None]
Write = Callable[[Any, Emit], None]
Text = Callable[[Any], str]
# One member: its name, then for a scalar what stands before it, its text and what stands after it,
# for anything else what writes it.
Step = tuple[str, str, Text, str, Write | None]

DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'

ESCAPED_LENGTH_MAX: Final = 48
ESCAPED_MAX: Final = 4096  # texts kept for one service

# Controls that XML 1.0 cannot carry are written as references all the same, as S3 does; a carriage
# return is one too, because a parser would read it as a line feed.
_SPECIAL: Final = re.compile("[&<>\r\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}.get


def escape(text: str) -> str:
    """`text` as the content of an element."""
    if text.isprintable() and "&" not in text and "<" not in text and ">" not in text:
        return text
    return _SPECIAL.sub(_reference, text)


class _Escaped(dict[str, str]):
    """Short texts and how they are escaped. Answers hold the same few over and over, and a look
    here costs a quarter of looking at every character again."""

    def __missing__(self, text: str) -> str:
        escaped = escape(text)
        if len(text) <= ESCAPED_LENGTH_MAX and len(self) < ESCAPED_MAX:
            self[text] = escaped
        return escaped


def escape_attribute(text: str) -> str:
    """`text` as the value of a double-quoted attribute."""
    return re.sub('["\n\t]', _reference, escape(text))


def _reference(found: re.Match[str]) -> str:
    character = found[0]
    return _ENTITIES(character) or f"&#{ord(character)};"


class XmlOutputs:
    """Compiles writers of XML elements for one service.

    `timestamp_spelling` is how timestamps look where the model does not say.
    """

    def __init__(self, service: ServiceModel, timestamp_spelling: str = "iso8601") -> None:
        self._service = service
        self._timestamp_spelling = timestamp_spelling
        self._escape: Text = _Escaped().__getitem__
        # Lists, because those of a recursive shape are used before they are filled.
        self._steps: dict[str, list[Step]] = {}

    def content(self, shape: Shape) -> Write:
        """What writes the members of a structure, without an element around them."""
        return _members(self._steps_of(shape))

    def fresh_content(self, shape: Shape) -> Write:
        """`content` of a structure whose members are not all those of its name."""
        return _members(self._made_steps(shape))

    def _steps_of(self, shape: Shape) -> list[Step]:
        steps = self._steps.get(shape.name)
        if steps is None:
            steps = self._steps[shape.name] = []
            steps += self._made_steps(shape)
        return steps

    def _made_steps(self, shape: Shape) -> list[Step]:
        return [
            self._step(member, ref)
            for member, ref in shape.members.items()
            if not self._service.resolve(ref).xml_attribute
        ]

    def _step(self, member: str, ref: Ref) -> Step:
        shape = self._service.resolve(ref)
        if shape.type in ("structure", "list", "map"):
            return member, "", str, "", self.member(member, ref)
        name = shape.location_name or member
        return member, _opening(name, shape), self.text(shape), f"</{name}>", None

    def member(self, member: str, ref: Ref) -> Write:
        """What writes one member of a structure as its element, or elements if it is flattened."""
        shape = self._service.resolve(ref)
        name = shape.location_name or member
        if shape.type == "list" and shape.flattened:
            element = self._service.resolve(shape.element())
            return _repeated(self.element(element.location_name or name, element))
        return self.element(name, shape)

    def element(self, name: str, shape: Shape) -> Write:
        """What writes a value of `shape` as the element `name`."""
        kind = shape.type
        if kind == "structure":
            return self._structure(name, shape)
        if kind == "list":
            item = self._service.resolve(shape.element())
            inner = self.element(item.location_name or "member", item)
            return _wrapped(_opening(name, shape), f"</{name}>", _repeated(inner))
        if kind == "map":
            return self._map(name, shape)
        return _scalar(_opening(name, shape), f"</{name}>", self.text(shape))

    def _structure(self, name: str, shape: Shape) -> Write:
        attributes = tuple(
            (member, f' {target.location_name or member}="')
            for member, ref in shape.members.items()
            if (target := self._service.resolve(ref)).xml_attribute
        )
        opening, closing = _opening(name, shape), f"</{name}>"
        steps = self._steps_of(shape)
        if not attributes:
            return _element(opening, closing, steps)
        start, content = opening[:-1], _members(steps)

        def write(value: Any, emit: Emit) -> None:
            emit(start)
            for member, prefix in attributes:
                if (found := value.get(member)) is not None:
                    emit(f'{prefix}{escape_attribute(str(found))}"')
            emit(">")
            content(value, emit)
            emit(closing)

        return write

    def _map(self, name: str, shape: Shape) -> Write:
        key_shape, value_shape = (self._service.resolve(ref) for ref in shape.entry())
        write_key = self.element(key_shape.location_name or "key", key_shape)
        write_value = self.element(value_shape.location_name or "value", value_shape)
        entry = name if shape.flattened else "entry"
        opening, closing = f"<{entry}>", f"</{entry}>"

        def write(value: Mapping[str, Any], emit: Emit) -> None:
            for key, item in value.items():
                emit(opening)
                write_key(key, emit)
                write_value(item, emit)
                emit(closing)

        return write if shape.flattened else _wrapped(_opening(name, shape), f"</{name}>", write)

    def text(self, shape: Shape) -> Text:
        """What turns a scalar into text that may stand in an element."""
        kind = shape.type
        if kind in ("string", "character"):
            return self._escape
        if kind == "timestamp":
            return timestamps.writer(shape.timestamp_format or self._timestamp_spelling)
        return SCALAR_TEXT[kind]


def boolean_text(value: Any) -> str:
    """`true` or `false`."""
    return "true" if value else "false"


def float_text(value: float) -> str:
    """A float as Java would write it; NaN and the infinities are words."""
    number = float(value)
    return repr(number) if abs(number) < float("inf") else special_float(number)


def base64_text(value: bytes) -> str:
    """A blob as base64."""
    return base64.b64encode(value).decode("ascii")


SCALAR_TEXT: Final[Mapping[str, Text]] = MappingProxyType(
    {
        "boolean": boolean_text,
        "integer": str,
        "long": str,
        "float": float_text,
        "double": float_text,
        "blob": base64_text,
    }
)


def _opening(name: str, shape: Shape) -> str:
    uri = namespace_uri(shape.xml_namespace)
    if uri is None:
        return f"<{name}>"
    prefix = shape.xml_namespace.get("prefix") if isinstance(shape.xml_namespace, dict) else None
    attribute = f"xmlns:{prefix}" if prefix else "xmlns"
    return f'<{name} {attribute}="{escape_attribute(uri)}">'


def _members(steps: list[Step]) -> Write:
    return _element("", "", steps)


def _element(opening: str, closing: str, steps: list[Step]) -> Write:
    def write(value: Any, emit: Emit) -> None:
        emit(opening)
        get = value.get
        for member, before, text, after, step in steps:
            found = get(member)
            if found is not None:
                if step is None:  # a scalar, written here to save a call
                    emit(f"{before}{text(found)}{after}")
                else:
                    step(found, emit)
        emit(closing)

    return write


def _scalar(opening: str, closing: str, text: Text) -> Write:
    def write(value: Any, emit: Emit) -> None:
        emit(f"{opening}{text(value)}{closing}")

    return write


def _wrapped(opening: str, closing: str, inner: Write) -> Write:
    def write(value: Any, emit: Emit) -> None:
        emit(opening)
        inner(value, emit)
        emit(closing)

    return write


def _repeated(inner: Write) -> Write:
    def write(values: Any, emit: Emit) -> None:
        for value in values:
            inner(value, emit)

    return write
