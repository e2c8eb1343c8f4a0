"""XML bodies in: a hardened parse, and closures that read elements by the model.

Rules of this file: no document type declarations, so no entities and no bombs; UTF-8 only, whatever
the declaration says. Namespaces are dropped from names; elements the model does not know are
skipped. Scalars are read as forms read them and raise `FormError` when they are not of their type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple
from xml.etree import ElementTree

from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.protocols.form import FormError, scalar

Element = ElementTree.Element
Read = Callable[[Element], Any]


class XmlError(ValueError):
    """A body that is not a well-formed, harmless XML document."""


class Step(NamedTuple):
    """How a child element is read: into which member, by what, and whether it may repeat."""

    member: str
    read: Read
    is_flat_list: bool = False
    is_flat_map: bool = False


def parse(body: bytes) -> Element:
    """The root of an XML document. Raises `XmlError`."""
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise XmlError("Document type declarations are not accepted")
    parser = ElementTree.XMLParser(encoding="utf-8")
    try:
        parser.feed(body)
        return parser.close()
    except (ElementTree.ParseError, ValueError, LookupError) as problem:
        raise XmlError(str(problem)) from None


def local_name(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2] if tag[:1] == "{" else tag


class XmlInputs:
    """Compiles readers of XML elements for one service."""

    def __init__(self, service: ServiceModel) -> None:
        self._service = service
        self._structures: dict[str, Read] = {}

    def read(self, shape: Shape) -> Read:
        """A function from an element to the modelled value. Raises `FormError`."""
        kind = shape.type
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            read = self.read(self._service.resolve(shape.element()))
            return lambda element: [read(child) for child in element]
        if kind == "map":
            return self._map(shape)
        return _leaf(scalar(shape), is_text=kind in ("string", "character"))

    def _structure(self, shape: Shape) -> Read:
        name = shape.name
        built = self._structures.get(name)
        if built is None:
            # Entered before it is made, so that a recursive shape finds itself.
            self._structures[name] = lambda element: self._late(name, element)
            built = self._structures[name] = self.fresh_structure(shape)
        return built

    def _late(self, name: str, element: Element) -> Any:
        return self._structures[name](element)

    def fresh_structure(self, shape: Shape) -> Read:
        """`read` of a structure whose members are not all those of its name."""
        steps: dict[str, Step] = {}
        attributes: dict[str, tuple[str, Callable[[str], Any]]] = {}
        for member, ref in shape.members.items():
            target = self._service.resolve(ref)
            name = target.location_name or member
            if target.xml_attribute:
                attributes[name.rpartition(":")[2]] = (member, scalar(target))
            elif target.flattened and target.type == "list":
                element = self._service.resolve(target.element())
                step = Step(member, self.read(element), is_flat_list=True)
                steps[name] = step
                if element.location_name:
                    steps.setdefault(element.location_name, step)
            elif target.flattened and target.type == "map":
                steps[name] = Step(member, self._entry(target), is_flat_map=True)
            else:
                steps[name] = Step(member, self.read(target))
        return _structure_reader(steps, attributes)

    def _map(self, shape: Shape) -> Read:
        read_entry = self._entry(shape)
        return lambda element: dict(read_entry(child) for child in element)

    def _entry(self, shape: Shape) -> Read:
        key_shape, value_shape = (self._service.resolve(ref) for ref in shape.entry())
        key_name = key_shape.location_name or "key"
        value_name = value_shape.location_name or "value"
        read_key, read_value = self.read(key_shape), self.read(value_shape)

        def read(element: Element) -> tuple[str, Any]:
            children = {local_name(child.tag): child for child in element}
            if key_name not in children or value_name not in children:
                raise FormError("", "Map entry")
            return read_key(children[key_name]), read_value(children[value_name])

        return read


def _structure_reader(
    steps: dict[str, Step], attributes: dict[str, tuple[str, Callable[[str], Any]]]
) -> Read:
    find = steps.get

    def read(element: Element) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for child in element:
            tag = child.tag
            step = find(tag.rpartition("}")[2] if tag[:1] == "{" else tag)
            if step is None:
                continue
            try:
                found = step.read(child)
            except FormError as error:
                error.names.append(step.member)
                raise
            if step.is_flat_list:
                value.setdefault(step.member, []).append(found)
            elif step.is_flat_map:
                value.setdefault(step.member, {})[found[0]] = found[1]
            else:
                value[step.member] = found
        if attributes:
            for name, text in element.attrib.items():
                known = attributes.get(local_name(name))
                if known is not None:
                    value[known[0]] = known[1](text)
        return value

    return read


def _leaf(convert: Callable[[str], Any], *, is_text: bool) -> Read:
    def read(element: Element) -> Any:
        if len(element):
            raise FormError(local_name(element[0].tag), "Scalar")
        text = element.text or ""
        return convert(text if is_text else text.strip())

    return read
