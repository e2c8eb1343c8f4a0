"""Form bodies in: `Name.member.1.Key=value`, as the query and ec2 protocols write them.

Rules of this file: a body becomes a tree of dicts split at the dots, and closures compiled from the
model read the tree. A tree's leaves are text; a name that is both a leaf and a branch (an empty
list and its elements) keeps the leaf under "". List numbers only order the elements, so gaps and
huge numbers cost nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Any, Final
from urllib.parse import unquote_to_bytes

from cloudchamber.wire.errors import WireError
from cloudchamber.wire.http import Request
from cloudchamber.wire.model import ServiceModel, Shape
from cloudchamber.wire.protocols import timestamps
from cloudchamber.wire.protocols.slow_walk import SPECIAL_FLOATS, int_range

Tree = dict[str, Any]
Read = Callable[[Any], Any]

MALFORMED: Final = "MalformedQueryString"
MOST_FIELDS: Final = 200_000
DEEPEST: Final = 64
MOST_DIGITS: Final = 9

_INTEGER: Final = re.compile(r"[+-]?\d{1,20}", re.ASCII)
_FLOAT: Final = re.compile(
    r"[+-]?(?:\d{1,40}\.?\d{0,40}|\.\d{1,40})(?:[eE][+-]?\d{1,4})?", re.ASCII
)


class FormNames:
    """How one protocol spells names in a form. This is query's way."""

    def member(self, member: str, shape: Shape, element: Shape | None) -> str:
        """The name of a structure's member; `element` is what a list member is made of."""
        if element is not None and shape.flattened and element.location_name:
            return element.location_name
        return shape.location_name or member

    def list_step(self, shape: Shape, element: Shape) -> str | None:
        """What stands between a list's name and its numbers; None when nothing does."""
        return None if shape.flattened else element.location_name or "member"

    def map_step(self, shape: Shape) -> str | None:
        """What stands between a map's name and its numbers; None when nothing does."""
        return None if shape.flattened else "entry"


class FormError(ValueError):
    """A scalar that is not of its type. `kind` says which type was expected."""

    def __init__(self, text: str, kind: str) -> None:
        super().__init__(text)
        self.text = text
        self.kind = kind
        self.names: list[str] = []


class FormInputs:
    """Compiles readers of form trees for one service."""

    def __init__(self, service: ServiceModel, names: FormNames) -> None:
        self._service = service
        self._names = names
        self._structures: dict[str, Read] = {}

    def read(self, shape: Shape) -> Read:
        """A function from a tree (or leaf) to the modelled value. Raises `FormError`."""
        kind = shape.type
        if kind == "structure":
            return self._structure(shape)
        if kind == "list":
            element = self._service.resolve(shape.element())
            return _list(self._names.list_step(shape, element), self.read(element))
        if kind == "map":
            return self._map(shape)
        return _leaf(scalar(shape))

    def _structure(self, shape: Shape) -> Read:
        name = shape.name
        built = self._structures.get(name)
        if built is None:
            # Entered before it is made, so that a recursive shape finds itself.
            self._structures[name] = lambda tree: self._late(name, tree)
            built = self._structures[name] = self._fresh_structure(shape)
        return built

    def _late(self, name: str, tree: Any) -> Any:
        return self._structures[name](tree)

    def _fresh_structure(self, shape: Shape) -> Read:
        steps: list[tuple[str, str, Read]] = []
        for member, ref in shape.members.items():
            target = self._service.resolve(ref)
            element = self._service.resolve(target.element()) if target.type == "list" else None
            wire_name = self._names.member(member, target, element)
            steps.append((wire_name, member, self.read(target)))
        return _structure_reader(tuple(steps))

    def _map(self, shape: Shape) -> Read:
        key_shape, value_shape = (self._service.resolve(ref) for ref in shape.entry())
        key_name = key_shape.location_name or "key"
        value_name = value_shape.location_name or "value"
        read_key, read_value = self.read(key_shape), self.read(value_shape)
        step = self._names.map_step(shape)

        def read(tree: Any) -> dict[str, Any]:
            value: dict[str, Any] = {}
            for entry in _numbered(tree, step):
                if not isinstance(entry, dict) or key_name not in entry:
                    raise FormError("", "Map entry")
                found = entry.get(value_name)
                key = read_key(entry[key_name])
                value[key] = read_value("" if found is None else found)
            return value

        return read


def _structure_reader(steps: tuple[tuple[str, str, Read], ...]) -> Read:
    def read(tree: Any) -> dict[str, Any]:
        value: dict[str, Any] = {}
        if not isinstance(tree, dict):
            if tree:
                raise FormError(tree, "Structure")
            return value
        get = tree.get
        for wire_name, member, step in steps:
            found = get(wire_name)
            if found is not None:
                try:
                    value[member] = step(found)
                except FormError as error:
                    error.names.append(wire_name)
                    raise
        return value

    return read


def _list(step: str | None, read: Read) -> Read:
    return lambda tree: [read(item) for item in _numbered(tree, step)]


def _numbered(tree: Any, step: str | None) -> Iterator[Any]:
    """The elements of a list in the order of their numbers."""
    if step is not None and isinstance(tree, dict):
        tree = tree.get(step, "")
    if not isinstance(tree, dict):
        if tree:
            raise FormError(tree, "List")
        return iter(())
    for number, key in enumerate(tree, 1):
        if key != str(number):
            return _reordered(tree)
    return iter(tree.values())


def _reordered(tree: Tree) -> Iterator[Any]:
    numbers = [key for key in tree if key.isascii() and key.isdecimal()]
    if any(len(key) > MOST_DIGITS for key in numbers):
        raise FormError(max(numbers, key=len)[:40], "List index")
    return (tree[key] for key in sorted(numbers, key=int))


def _leaf(convert: Callable[[str], Any]) -> Read:
    def read(found: Any) -> Any:
        if isinstance(found, dict):
            if "" not in found:
                raise FormError("", "Scalar")
            found = found[""]
        return convert(found)

    return read


def scalar(shape: Shape) -> Callable[[str], Any]:
    """What reads a scalar of `shape` from text. It raises `FormError`."""
    kind = shape.type
    if kind in ("string", "character"):
        return str
    if kind in ("integer", "long"):
        low, high = int_range(shape)
        return lambda text: _integer(text, low, high)
    if kind == "boolean":
        return _boolean
    if kind in ("float", "double"):
        return _float
    return _blob if kind == "blob" else _timestamp


def _integer(text: str, low: int, high: int) -> int:
    if not _INTEGER.fullmatch(text) or not low <= int(text) <= high:
        raise FormError(text, "Integer")
    return int(text)


def _boolean(text: str) -> bool:
    lowered = text.lower()
    if lowered not in ("true", "false"):
        raise FormError(text, "Boolean")
    return lowered == "true"


def _float(text: str) -> float:
    special = SPECIAL_FLOATS(text)
    if special is not None:
        return special
    if not _FLOAT.fullmatch(text):
        raise FormError(text, "Double")
    value = float(text)
    if value - value != 0.0:
        raise FormError(text, "Double")
    return value


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise FormError(text, "Blob") from None


def _timestamp(text: str) -> float:
    try:
        return timestamps.parse(text)
    except (ValueError, OverflowError):
        raise FormError(text, "Timestamp") from None


def fields(request: Request) -> Tree:
    """The form of a request, from its URL and its body, as a tree.

    Raises `WireError` for text that is not UTF-8, too many fields or names nested too deeply.
    """
    tree: Tree = {}
    if request.query:
        _add(tree, sayable(request.query))
    if request.body:
        try:
            text = request.body.decode("utf-8")
        except UnicodeDecodeError:
            raise malformed("The form is not valid UTF-8") from None
        _add(tree, text)
    return tree


def _add(tree: Tree, text: str) -> None:
    if text.count("&") >= MOST_FIELDS:
        raise malformed("Too many parameters")
    for field in text.split("&"):
        name, _, value = field.partition("=")
        if "%" in field or "+" in field:
            name, value = unquoted(name), unquoted(value)
        if "." not in name:
            _plant(tree, name, value)
            continue
        path = name.split(".")
        if len(path) > DEEPEST:
            raise malformed("A parameter's name is nested too deeply")
        node = tree
        for part in path[:-1]:
            below = node.get(part)
            if not isinstance(below, dict):
                below = node[part] = {} if below is None else {"": below}
            node = below
        _plant(node, path[-1], value)


def _plant(node: Tree, name: str, value: str) -> None:
    present = node.get(name)
    if isinstance(present, dict):
        present[""] = value
    else:
        node[name] = value


def sayable(query: str) -> str:
    """A raw query that can be written as UTF-8. Raises `WireError` for one that cannot."""
    if not query.isascii():
        try:
            query.encode("utf-8")
        except UnicodeError:
            raise malformed("The query is not valid UTF-8") from None
    return query


def unquoted(text: str) -> str:
    """`text` of a form without its percent signs and pluses. Raises `WireError` if not UTF-8."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeError:
        raise malformed("The form is not valid UTF-8") from None


def malformed(message: str) -> WireError:
    """AWS's answer to a form that cannot be read at all."""
    return WireError(MALFORMED, message)
