"""Document paths: how they are written, and what they reach in an item.

Rules of this file: a path is a tuple of names and list indexes. Reading never raises; what is not
there is None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.languages.dynamodb.values import Item, Value

Path = tuple[str | int, ...]


def find_value(item: Mapping[str, Value], path: Path) -> Value | None:
    """The value at a path."""
    value = item.get(path[0])  # type: ignore[arg-type]
    for step in path[1:]:
        if value is None:
            return None
        if isinstance(step, int):
            elements = value.get("L")
            value = elements[step] if elements is not None and step < len(elements) else None
        else:
            value = value.get("M", {}).get(step)
    return value


def written(path: Path) -> str:
    """A path as AWS's messages print it: `[a, b, [0]]`."""
    return f"[{', '.join(f'[{step}]' if isinstance(step, int) else step for step in path)}]"


def check_apart(paths: Sequence[Path]) -> None:
    """No two paths overlap or conflict. Raises DynamoError with AWS's words."""
    if len(paths) < 2:
        return
    firsts = [path[0] for path in paths]
    if len(frozenset(firsts)) == len(firsts):
        return
    for later, one in enumerate(paths):
        for other in paths[:later]:
            _check_pair(other, one)


def _check_pair(one: Path, other: Path) -> None:
    for here, there in zip(one, other, strict=False):
        if here == there and type(here) is type(there):
            continue
        if isinstance(here, int) == isinstance(there, int):
            return
        raise DynamoError(
            "Two document paths conflict with each other; must remove or rewrite one of these "
            f"paths; path one: {written(one)}, path two: {written(other)}"
        )
    raise DynamoError(
        "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        f"path one: {written(one)}, path two: {written(other)}"
    )


def project(item: Mapping[str, Value], paths: Iterable[Path]) -> Item:
    """The parts of an item that paths reach; list elements close up, in their order."""
    wanted: dict[str | int, Any] = {}
    plain = True
    for path in paths:
        node = wanted
        plain = plain and len(path) == 1
        for step in path[:-1]:
            node = node.setdefault(step, {})
        node[path[-1]] = None
    if plain:
        return {name: item[name] for name in wanted if name in item}  # type: ignore[misc,index]
    return _entries(item, wanted)


def _entries(entries: Mapping[str, Value], wanted: Mapping[str | int, Any]) -> Item:
    found: Item = {}
    for name, inner in wanted.items():
        value = entries.get(name)  # type: ignore[arg-type]
        part = None if value is None else _part(value, inner)
        if part is not None:
            found[str(name)] = part
    return found


def _part(value: Value, wanted: Mapping[str | int, Any] | None) -> Value | None:
    if wanted is None:
        return value
    if "M" in value:
        entries = _entries(value["M"], wanted)
        return {"M": entries} if entries else None
    if "L" not in value:
        return None
    found: list[Value] = []
    for index in sorted(step for step in wanted if isinstance(step, int)):
        if index < len(value["L"]):
            part = _part(value["L"][index], wanted[index])
            if part is not None:
                found.append(part)
    return {"L": found} if found else None
