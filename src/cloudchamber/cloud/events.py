"""The event log: what happened, when, to what, and because of which earlier event.

Rules of this file: append only, bounded, no clock. An event is cheap to add (one tuple) and is
rendered when somebody asks. `why` walks causes backwards; nothing is ever invented for it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True, gc=False):
    """One thing that happened.

    `number` counts from 1; `time_ns` is the chamber's clock; `about` an ARN, a request id or
    another name of the deciding object; `what` a dotted kind (`sqs.message-dead-lettered`);
    `cause` the number of the event that led here (0: nothing did); `sentence` says it to a person;
    `request` is the id of the request it is about, where it is about one.

    There are very many of them, so the garbage collector does not look at them: an event refers to
    nothing that could refer back.
    """

    number: int
    time_ns: int
    about: str
    what: str
    cause: int
    sentence: str
    details: Mapping[str, Any] | None
    request: str = ""

    @property
    def id(self) -> str:
        """The event's public name, `ev-12`."""
        return f"ev-{self.number}"

    def shown_details(self) -> dict[str, Any]:
        """The details as they are shown, the request's id among them."""
        request = {"request_id": self.request} if self.request else {}
        return {**request, **(self.details or {})}


class EventLog:
    """A bounded list of events, the oldest forgotten first. `last` is the newest number given."""

    __slots__ = ("_events", "last")

    def __init__(self, limit: int) -> None:
        self._events: deque[Event] = deque(maxlen=limit)
        self.last = 0

    def __len__(self) -> int:
        return len(self._events)

    def __iter__(self) -> Iterator[Event]:
        return iter(self._events)

    def add(
        self,
        time_ns: int,
        about: str,
        what: str,
        sentence: str,
        cause: int = 0,
        details: Mapping[str, Any] | None = None,
        request: str = "",
    ) -> int:
        """Write one event and return its number."""
        self.last += 1
        self._events.append(
            Event(self.last, time_ns, about, what, cause, sentence, details or None, request)
        )
        return self.last

    def find(self, number: int) -> Event | None:
        """The event of that number, or None when it is forgotten or never was."""
        if not self._events:
            return None
        index = min(number - self._events[0].number, len(self._events) - 1)
        if index < 0:
            return None
        # Numbers may have gaps (a replay sets the count), so the event is here or further down.
        while index > 0 and self._events[index].number > number:
            index -= 1
        event: Event = self._events[index]
        return event if event.number == number else None

    def select(self, since_ns: int = 0, about: str | None = None, limit: int = 1000) -> list[Event]:
        """The newest `limit` events at or after `since_ns` (about one thing), oldest first."""
        chosen: list[Event] = []
        for event in reversed(self._events):
            if event.time_ns < since_ns or len(chosen) >= limit:
                break
            if about is None or mentions(event, about):
                chosen.append(event)
        chosen.reverse()
        return chosen

    def why(self, about: str) -> list[Event]:
        """The chain of causes of the newest event about something, newest last."""
        found = self._newest(about)
        chain: list[Event] = []
        while found is not None:
            chain.append(found)
            # A cause always has a smaller number, so the walk ends.
            found = self.find(found.cause) if found.cause else None
        chain.reverse()
        return chain

    def _newest(self, about: str) -> Event | None:
        found = (event for event in reversed(self._events) if mentions(event, about))
        newest: Event | None = next(found, None)
        return newest

    def clear(self) -> None:
        """Forget every event and count from 1 again."""
        self._events.clear()
        self.last = 0

    def dump(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [self.last, [msgspec.structs.astuple(event) for event in self._events]]

    def load(self, dumped: list[Any]) -> None:
        """Put back what `dump` gave."""
        self.clear()
        self.last = dumped[0]
        self._events.extend(Event(*event) for event in dumped[1])


def mentions(event: Event, about: str) -> bool:
    """True when an event is about this ARN, id (what an ARN ends with: `i-0abc...`) or request."""
    return about in (event.about, event.id, event.request) or event.about.endswith(f"/{about}")
