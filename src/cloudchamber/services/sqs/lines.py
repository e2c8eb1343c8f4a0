"""Lines: who is next, as numbers of messages.

Rules of this file: pure. A line is a packed array with a beginning that moves, because a queue may
have a million lines of one message or one line of a million. Numbers of messages that are gone stay
in it until they come to its front.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import Final

import msgspec

from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.shelves import Shelves

_SHORT: Final = 512


class Line(msgspec.Struct, gc=False):
    """Messages of one group, or of none, in order.

    `in_flight` counts the messages of the group that were received and are hidden. `is_listed` says
    whether whoever keeps the lines has this one among those to look at.
    """

    numbers: array[int]
    start: int = 0
    in_flight: int = 0
    is_listed: bool = False

    @classmethod
    def of(cls, *numbers: int) -> Line:
        """A new line."""
        return cls(array("q", numbers))

    def join(self, seq: int) -> None:
        """Add a message at the end."""
        self.numbers.append(seq)

    def join_all(self, numbers: list[int]) -> None:
        """Add many at the end."""
        self.numbers.fromlist(numbers)

    def first(self, shelves: Shelves) -> Message | None:
        """The first message that is still there; it stays in the line."""
        numbers = self.numbers
        start, end = self.start, len(numbers)
        found: Message | None = None
        while start < end:
            found = shelves.find(numbers[start])
            if found is not None:
                break
            start += 1
        self.start = start
        if start > _SHORT and 2 * start > end:
            del numbers[:start]
            self.start = 0
        return found

    def leave(self) -> None:
        """The first one goes."""
        self.start += 1

    def those_there(self, shelves: Shelves) -> Iterator[Message]:
        """Every message that is still there, in order."""
        for index in range(self.start, len(self.numbers)):
            message = shelves.find(self.numbers[index])
            if message is not None:
                yield message
