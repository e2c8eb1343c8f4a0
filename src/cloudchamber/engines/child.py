"""A program that we begin and watch from outside: its one pipe, its end, what it starts.

Rules of this file: no shell, no inherited files but the one pipe that takes what it prints. Nothing
here waits.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

PIPE_BYTES: Final = 65536
PROC: Final = Path("/proc")


class Child:
    """A program in a session of its own. `output` is the read end of its pipe, which does not
    block; `pid` is its number."""

    def __init__(self, argv: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        """Raises OSError."""
        self.output, write = os.pipe()
        os.set_blocking(self.output, False)
        try:
            self._popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=write,
                stderr=write,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
                close_fds=True,
            )
        except (OSError, ValueError):
            os.close(self.output)
            raise
        finally:
            os.close(write)
        self.pid = self._popen.pid
        self._is_frozen = False

    def read(self, bytes_max: int = PIPE_BYTES) -> bytes | None:
        """What was printed since; None when there is nothing (now), empty at the end."""
        try:
            return os.read(self.output, bytes_max)
        except BlockingIOError:
            return None
        except OSError:
            return b""

    def freeze(self) -> None:
        """Stop all of it, as Lambda does between invocations."""
        if not self._is_frozen:
            self._is_frozen = True
            self._stop()

    def thaw(self) -> None:
        """Let it go on."""
        if self._is_frozen:
            self._is_frozen = False
            self._go_on()

    def _stop(self) -> None:
        raise NotImplementedError

    def _go_on(self) -> None:
        raise NotImplementedError


def tree_of(pid: int) -> Iterator[int]:
    """A process and everything below it, itself first; itself alone where that cannot be seen."""
    waiting = [pid]
    while waiting:
        number = waiting.pop()
        yield number
        waiting.extend(_children(number))


def _children(pid: int) -> Iterator[int]:
    try:
        for task in os.listdir(PROC / str(pid) / "task"):
            text = (PROC / str(pid) / "task" / task / "children").read_text()
            yield from map(int, text.split())
    except (OSError, ValueError):
        return
