"""The processes of one environment: the runtime, and extensions that are programs of their own.

Rules of this file: begun, frozen and ended together. What any of them prints goes to one output,
and the end of any of them is told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Final, Protocol

from cloudchamber.engines.functions.output import Output
from cloudchamber.engines.functions.processes import memory_mb

READS_MAX: Final = 64  # of one pipe before others have their turn
DRAIN_MAX: Final = 8192  # 512 MiB of output after the end: then it is a loop


class Member(Protocol):
    """A process with all that it started, or a container."""

    @property
    def pid(self) -> int:
        """The process whose end is the end of it."""
        ...

    @property
    def output(self) -> int:
        """The read end of the pipe that takes what it prints; it does not block."""
        ...

    @property
    def began(self) -> bool:
        """Whether it was ever running."""
        ...

    @property
    def is_held(self) -> bool:
        """Whether the kernel ends it for taking more memory than it has."""
        ...

    @property
    def exit_code(self) -> int | None:
        """How it ended: a code, or a negative signal; None while it runs."""
        ...

    def read(self) -> bytes | None:
        """What was printed since; None when there is nothing (now), empty at the end."""
        ...

    def freeze(self) -> None:
        """Stop it."""
        ...

    def thaw(self) -> None:
        """Let it go on."""
        ...

    def kill(self) -> None:
        """End it and everything it started."""
        ...

    def reap(self) -> None:
        """Let go of it. It must have ended or been killed."""
        ...

    def processes(self) -> Iterator[int]:
        """All its processes, as far as they can be seen, the first one first."""
        ...


class Family:
    """Begins with nobody. `exited(code, is_runtime)` is called when one has ended by itself."""

    def __init__(
        self,
        begin: Callable[[tuple[str, ...]], Member],
        exited: Callable[[int, bool], None],
    ) -> None:
        """`begin` begins a command, and raises OSError."""
        self.output = Output()
        self._begin = begin
        self._exited = exited
        self._loop = asyncio.get_running_loop()
        self._members: list[Member] = []
        self._runtime: Member | None = None
        self._exit_files: list[int] = []
        self._ended = False

    def start(self, argv: tuple[str, ...], is_runtime: bool) -> None:
        """Begin one more. Raises OSError."""
        process = self._begin(argv)
        self._members.append(process)
        if is_runtime:
            self._runtime = process
        self._loop.add_reader(process.output, partial(self._read, process))
        pidfd_open = getattr(os, "pidfd_open", None)
        if pidfd_open is not None:
            file = pidfd_open(process.pid)
            self._exit_files.append(file)
            self._loop.add_reader(file, self.look)

    def look(self) -> None:
        """See whether one has ended."""
        for process in self._members:
            code = None if self._ended else process.exit_code
            if code is not None:
                self._exited(code, process is self._runtime)
                return

    @property
    def runtime(self) -> Member | None:
        """The one that is the runtime, once it has been begun."""
        return self._runtime

    def memory_mb(self) -> int:
        """Resident memory of all."""
        return sum(memory_mb(member.processes()) for member in self._members)

    def count(self, at_most: int) -> int:
        """How many processes there are, with their children, counted up to `at_most` of each."""
        found = (islice(member.processes(), at_most) for member in self._members)
        return sum(1 for processes in found for _ in processes)

    def freeze(self) -> None:
        """Stop all."""
        for process in self._members:
            process.freeze()

    def thaw(self) -> None:
        """Let all go on."""
        for process in self._members:
            process.thaw()

    def drain(self) -> None:
        """Take everything that was printed."""
        for process in self._members:
            self.output.pull(process.read, DRAIN_MAX)

    def end(self) -> None:
        """End all, and everything they started."""
        self._ended = True
        for process in self._members:
            process.kill()
        self.drain()
        for file in self._exit_files:
            self._loop.remove_reader(file)
            os.close(file)
        for process in self._members:
            self._loop.remove_reader(process.output)
            process.reap()

    def _read(self, process: Member) -> None:
        if not self.output.pull(process.read, READS_MAX):
            self._loop.remove_reader(process.output)
