"""A streamed answer on its way through the chamber: kept for the outcome, told to whoever waits.

Rules of this file: the beginning is held in memory, and what goes beyond is sealed and written to
the store of bodies as it comes. It becomes a body there when the outcome is handed in, and not
before: until then nobody counts it.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, Protocol

from cloudchamber.cloud.blobs import INLINE_BYTES_MAX, BlobStore, BlobWriter, Spooled, sealer
from cloudchamber.engines.functions.faults import ANSWER_BYTES_MAX
from cloudchamber.engines.functions.orders import Outcome

OK: Final = "ok"


class Audience(Protocol):
    """The client that waits for an answer and is told of it as it comes."""

    def write(self, content_type: str, data: bytes) -> bool:
        """A piece. False when the client reads too slowly for another."""
        ...


class StreamedAnswer:
    """One of them: the `Sink` of the engine. `length` is how much has come."""

    def __init__(
        self, store: BlobStore, audience: Audience | None, content_type: str, *, takes_stream: bool
    ) -> None:
        """Whoever does not take a stream gets one that is as short as other answers, so it is held
        in memory as they are."""
        self._store = store
        self._audience = audience
        self._content_type = content_type
        self._held_max = INLINE_BYTES_MAX if takes_stream else ANSWER_BYTES_MAX
        self._held = bytearray()
        self._rest: _Rest | None = None
        self.length = 0

    def write(self, data: bytes) -> bool:
        """A piece. Raises OSError."""
        self.length += len(data)
        room = self._held_max - len(self._held)
        if room > 0:
            self._held += data[:room]
        if len(data) > room:
            if self._rest is None:
                self._rest = _Rest(self._store)
            self._rest.write(data[max(0, room) :])
        return self._audience is None or self._audience.write(self._content_type, data)

    def settle(self, outcome: Outcome) -> None:
        """The outcome is about to be handed in: put into it what was streamed. Raises OSError."""
        outcome.is_streamed = True
        outcome.content_type = self._content_type
        if outcome.status == OK:
            outcome.payload = bytes(self._held)
        else:
            outcome.begun = bytes(self._held)
        if self._rest is not None:
            outcome.rest, self._rest = self._rest.close(), None

    def abandon(self) -> None:
        """Nobody will ask for it."""
        if self._rest is not None:
            self._rest.abandon()
            self._rest = None


class _Rest:
    """What does not fit in memory."""

    def __init__(self, store: BlobStore) -> None:
        self._name, self._key = store.invent()
        self._cipher: Any = sealer(self._key)
        self._writer: BlobWriter = store.create(self._name)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._length = 0

    def write(self, data: bytes) -> None:
        self._length += len(data)
        self._md5.update(data)
        self._writer.write(self._cipher.update(data))

    def close(self) -> Spooled:
        self._writer.close()
        return Spooled(self._name, self._key, self._length, self._md5.digest(), None, {})

    def abandon(self) -> None:
        self._writer.abandon()
