"""A compiled pattern: fields with tests, all of which must hold, and alternatives.

Rules of this file: pure. An array in an event passes when one of its elements does; a field within
an array of objects is looked for in each of them. All fields that a pattern names below one array
must be met by the same element, as EventBridge has it ("array consistency").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from cloudchamber.languages.event_patterns.values import MISSING, ValueTest


class Leaf(msgspec.Struct, frozen=True):
    """A field's list of tests, one of which must hold."""

    tests: tuple[ValueTest, ...]

    def matches(self, value: Any) -> bool:
        """Whether a value of the event, or one in its array, passes."""
        candidates = _elements(value)
        return any(test.holds(each) for each in candidates for test in self.tests)


class Pattern(msgspec.Struct, frozen=True):
    """An object of a pattern. `either` are alternatives (`$or`), of each of which one must hold."""

    fields: tuple[tuple[str, Leaf | Pattern], ...] = ()
    either: tuple[tuple[Pattern, ...], ...] = ()

    def matches(self, event: Any) -> bool:
        """Whether an event, which is plain JSON data, is one that the pattern means."""
        if isinstance(event, list):
            # An object of a pattern against an array: one of its objects must meet all of it.
            objects = [each for each in event if isinstance(each, dict)]
            return any(self._meets(each) for each in objects) if objects else self._meets({})
        return self._meets(event if isinstance(event, dict) else {})

    def _meets(self, event: dict[str, Any]) -> bool:
        for name, wanted in self.fields:
            if not wanted.matches(event.get(name, MISSING)):
                return False
        return all(any(each.matches(event) for each in choice) for choice in self.either)


def _elements(value: Any) -> Iterator[Any]:
    """The scalars that a leaf looks at: an array's own, and those of arrays within it.

    An object is there but is no value: only `exists` could see it, and AWS's does not.
    """
    if isinstance(value, list):
        if not value:
            yield MISSING
        for each in value:
            yield from _elements(each)
    elif isinstance(value, dict):
        yield MISSING
    else:
        yield value
