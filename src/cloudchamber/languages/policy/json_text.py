"""Reads JSON and remembers where everything stood, so that a verdict can point into the document.

Rules of this file: RFC 8259 and nothing more (no NaN, no comments, no trailing commas); a key twice
in one object is an error, as the policy grammar says; numbers keep their spelling, because policies
compare text. Nesting is capped, so no document can exhaust the stack.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Final, TypeAlias

import msgspec

DEPTH_MAX: Final = 32  # the deepest legal policy (Condition) needs 6

_SPACE: Final = re.compile(r"[ \t\n\r]*")
_PLAIN_STRING: Final = re.compile(r'"([^"\\\x00-\x1f]*)"')
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DECODER: Final = json.JSONDecoder()


class JsonError(Exception):
    """Not JSON; `offset` is the index of the character where reading stopped."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.offset = offset


class JsonNumber(msgspec.Struct, frozen=True):
    """A number as it was written."""

    text: str


class JsonArray(msgspec.Struct, frozen=True):
    """An array; `start` is the offset of `[`, `end` the offset after `]`."""

    items: tuple[JsonNode, ...]
    start: int
    end: int


class JsonObject(msgspec.Struct, frozen=True):
    """An object, keys in order; `start` is the offset of `{`, `end` the offset after `}`."""

    members: dict[str, JsonNode]
    start: int
    end: int


JsonNode: TypeAlias = str | bool | JsonNumber | JsonArray | JsonObject | None


class _Reader:
    """One pass over one text. `spaces` counts the insignificant white space that was skipped."""

    __slots__ = ("at", "depth", "spaces", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.spaces = 0

    def skip(self) -> str:
        """Move past white space; the character there, or "" at the end."""
        found = _SPACE.match(self.text, self.at)
        end = found.end() if found else self.at
        self.spaces += end - self.at
        self.at = end
        return self.text[end : end + 1]

    def value(self) -> JsonNode:
        first = self.skip()
        if first == '"':
            return self.string()
        if first == "{":
            return self.nested(self.object)
        if first == "[":
            return self.nested(self.array)
        for word, meaning in (("true", True), ("false", False), ("null", None)):
            if self.text.startswith(word, self.at):
                self.at += len(word)
                return meaning
        number = _NUMBER.match(self.text, self.at)
        if number is None:
            raise JsonError("a value is missing", self.at)
        self.at = number.end()
        return JsonNumber(number.group())

    def nested(self, read: Callable[[], JsonNode]) -> JsonNode:
        if self.depth == DEPTH_MAX:
            raise JsonError(f"nested deeper than {DEPTH_MAX} levels", self.at)
        self.depth += 1
        try:
            return read()
        finally:
            self.depth -= 1

    def string(self) -> str:
        plain = _PLAIN_STRING.match(self.text, self.at)
        if plain is not None:
            self.at = plain.end()
            return plain.group(1)
        try:
            found, self.at = _DECODER.raw_decode(self.text, self.at)
        except json.JSONDecodeError as problem:
            raise JsonError("a string is not closed or not escaped", problem.pos) from None
        return str(found)

    def array(self) -> JsonNode:
        start = self.at
        self.at += 1
        items: list[JsonNode] = []
        if self.skip() == "]":
            self.at += 1
            return JsonArray((), start, self.at)
        while True:
            items.append(self.value())
            if self.separator("]"):
                return JsonArray(tuple(items), start, self.at)

    def object(self) -> JsonNode:
        start = self.at
        self.at += 1
        members: dict[str, JsonNode] = {}
        if self.skip() == "}":
            self.at += 1
            return JsonObject(members, start, self.at)
        while True:
            if self.skip() != '"':
                raise JsonError("a key must be a string", self.at)
            key_at = self.at
            key = self.string()
            if key in members:
                raise JsonError(f"the key {key!r} stands twice in one object", key_at)
            if self.skip() != ":":
                raise JsonError("a colon is missing", self.at)
            self.at += 1
            members[key] = self.value()
            if self.separator("}"):
                return JsonObject(members, start, self.at)

    def separator(self, close: str) -> bool:
        """Read `,` (False) or the closing bracket (True)."""
        found = self.skip()
        if found not in (",", close) or not found:
            raise JsonError(f"a comma or {close} is missing", self.at)
        self.at += 1
        return found == close


class Reading(msgspec.Struct, frozen=True):
    """A read text: its value and the number of characters that are insignificant white space."""

    value: JsonNode
    spaces: int


def read_json(text: str) -> Reading:
    """Read the one JSON value that `text` holds; raises JsonError."""
    reader = _Reader(text)
    value = reader.value()
    if reader.skip():
        raise JsonError("something follows the document", reader.at)
    return Reading(value, reader.spaces)


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, both counted from 1."""
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1
