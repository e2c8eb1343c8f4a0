"""MD5 beside the event loop: the one sum that is slower than the disk and the network.

Rules of this file: a thread for each large body, alive as long as the body comes; what it gives is
what hashlib gives. The loop is held up when the thread falls too far behind, so memory stays small.
"""

from __future__ import annotations

import hashlib
from queue import SimpleQueue
from threading import BoundedSemaphore, Thread
from typing import Final

ALONE_BYTES: Final = 1 << 20  # up to here a thread costs more than it saves
AHEAD_MAX: Final = 16  # pieces that may wait for the thread


class ThreadedMd5:
    """An MD5 whose `update` returns before the sum is done. `digest` waits, and ends it."""

    __slots__ = ("_md5", "_pieces", "_room", "_seen", "_thread")

    def __init__(self) -> None:
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._pieces: SimpleQueue[bytes | None] = SimpleQueue()
        self._room = BoundedSemaphore(AHEAD_MAX)
        self._seen = 0
        self._thread: Thread | None = None

    def update(self, data: bytes) -> None:
        """The next bytes."""
        if self._thread is None:
            self._seen += len(data)
            if self._seen <= ALONE_BYTES:
                self._md5.update(data)
                return
            self._thread = Thread(target=self._run, name="cloudchamber-md5", daemon=True)
            self._thread.start()
        self._room.acquire()
        self._pieces.put(data)

    def digest(self) -> bytes:
        """The sum of everything; nothing may follow."""
        if self._thread is not None:
            self._pieces.put(None)
            self._thread.join()
            self._thread = None
        return self._md5.digest()

    def _run(self) -> None:
        while (piece := self._pieces.get()) is not None:
            self._md5.update(piece)
            self._room.release()
