"""The processes of one environment: the runtime, and extensions that are programs of their own.

Rules of this file: begun, frozen and ended together. What any of them prints goes to one output,
and the end of any of them is told.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from cloudchamber.engines.functions.output import Output
from cloudchamber.engines.functions.processes import Process

READS_MAX: Final = 64  # of one pipe before others have their turn
DRAIN_MAX: Final = 8192  # 512 MiB of output after the end: then it is a loop


class Family:
    """Begins with nobody. `exited(code, is_runtime)` is called when one has ended by itself."""

    def __init__(
        self,
        variables: dict[str, str],
        folder: Path,
        mark: bytes,
        file_bytes_max: int,
        exited: Callable[[int, bool], None],
    ) -> None:
        """`mark` is a piece of the environment that no other process has."""
        self.output = Output()
        self._variables = variables
        self._folder = folder
        self._mark = mark
        self._file_bytes_max = file_bytes_max
        self._exited = exited
        self._loop = asyncio.get_running_loop()
        self._members: list[Process] = []
        self._runtime: Process | None = None
        self._exit_files: list[int] = []
        self._ended = False

    def start(self, argv: tuple[str, ...], is_runtime: bool) -> None:
        """Begin one more. Raises OSError."""
        process = Process(argv, self._variables, self._folder, self._mark, self._file_bytes_max)
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

    def memory_mb(self) -> int:
        """Resident memory of all."""
        return sum(process.memory_mb() for process in self._members)

    def count(self, at_most: int) -> int:
        """How many processes there are, with their children, counted up to `at_most` of each."""
        return sum(process.count(at_most) for process in self._members)

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

    def _read(self, process: Process) -> None:
        if not self.output.pull(process.read, READS_MAX):
            self._loop.remove_reader(process.output)
