"""A process and all it started: begun in a session of its own, watched, frozen, ended with all.

Rules of this file: no shell, no inherited environment, no inherited files but the one pipe that
takes what it prints. Nothing here waits.

A process can leave its session (`setsid`) but hardly its environment, so the end of one looks for
both. Where there is no /proc, its group is all that is seen.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cloudchamber.engines.child import PROC, Child, tree_of
from cloudchamber.engines.functions.orders import MB

FILES_MAX: Final = 1024
COUNTED_MAX: Final = 1024
PAGE_BYTES: Final = resource.getpagesize()
SWEEPS_MAX: Final = 100


class Process(Child):
    """A running program of a function's."""

    def __init__(
        self,
        argv: tuple[str, ...],
        environment: Mapping[str, str],
        folder: Path,
        mark: bytes,
        file_bytes_max: int,
    ) -> None:
        """`mark` is a piece of the environment that no other process has. Raises OSError."""
        super().__init__(argv, environment, folder)
        self._mark = mark
        self._limit(file_bytes_max)

    def _limit(self, file_bytes_max: int) -> None:
        prlimit = getattr(resource, "prlimit", None)
        if prlimit is None:
            return
        limits = (
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_FSIZE, file_bytes_max),
            (resource.RLIMIT_NOFILE, FILES_MAX),
        )
        for which, value in limits:
            try:
                prlimit(self.pid, which, (value, value))
            except (OSError, ValueError):
                pass  # it has ended already, or may have no more than less
        try:
            # Should the machine run out of memory, this goes first.
            (PROC / str(self.pid) / "oom_score_adj").write_text("1000")
        except OSError:
            pass

    @property
    def began(self) -> bool:
        """A process that could not begin is none."""
        return True

    @property
    def is_held(self) -> bool:
        """Nobody but us holds it to its memory."""
        return False

    @property
    def exit_code(self) -> int | None:
        """How it ended: a code, or a negative signal; None while it runs."""
        return self._popen.poll()

    def _stop(self) -> None:
        self._signal(signal.SIGSTOP)

    def _go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self.pid, number)
        except OSError:
            pass  # all of it has ended

    def kill(self) -> None:
        """End it and everything it started."""
        self._signal(signal.SIGKILL)
        clean = 0
        for _ in range(SWEEPS_MAX):
            left = [pid for pid in self._family() if pid != self.pid]
            # Once is not enough: one that ended while we looked may just have begun another.
            clean = 0 if left else clean + 1
            if clean == 2:
                break
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass

    def reap(self) -> None:
        """Take note of its end, and let go of the pipe. It must have ended or been killed."""
        try:
            self._popen.wait(timeout=5)
        except subprocess.TimeoutExpired:
            pass  # in the kernel's hands; it is collected with its parent
        os.close(self.output)

    def _family(self) -> Iterator[int]:
        """Everything that runs in its session or carries its mark."""
        try:
            names = os.listdir(PROC)
        except OSError:
            return
        for name in names:
            if name.isdigit() and self._is_ours(int(name)):
                yield int(name)

    def _is_ours(self, pid: int) -> bool:
        try:
            stat = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
            if stat[0] in (b"Z", b"X"):
                return False
            if int(stat[3]) == self.pid:
                return True
            return self._mark in (PROC / str(pid) / "environ").read_bytes()
        except (OSError, IndexError, ValueError):
            return False

    def processes(self) -> Iterator[int]:
        """The process and all its children, itself first."""
        return tree_of(self.pid)


def memory_mb(processes: Iterable[int]) -> int:
    """Resident memory of a process and its children, pages they share counted once; 0 where that
    cannot be seen."""
    total = sum(
        _resident(pid, shared_too=number == 0)
        for number, pid in enumerate(islice(processes, COUNTED_MAX))
    )
    return -(-total * PAGE_BYTES // MB)


def _resident(pid: int, shared_too: bool) -> int:
    try:
        fields = (PROC / str(pid) / "statm").read_bytes().split()
        return int(fields[1]) - (0 if shared_too else int(fields[2]))
    except (OSError, IndexError, ValueError):
        return 0


def disk_bytes(folder: Path, enough: int) -> int:
    """What lies in a folder, counted until it is more than `enough`."""
    total = 0
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_blocks * 512
                    if total > enough:
                        return total
        except OSError:
            continue
    return total


def exit_text(code: int) -> str:
    """How AWS writes the end of a process: `exit status 1`, `signal: killed`."""
    if code >= 0:
        return f"exit status {code}"
    name = next((text for number, text in _SIGNALS.items() if number == -code), "")
    return f"signal: {name or f'signal {-code}'}"


_SIGNALS: Final = MappingProxyType({
    signal.SIGKILL: "killed", signal.SIGSEGV: "segmentation fault", signal.SIGABRT: "aborted",
    signal.SIGTERM: "terminated", signal.SIGBUS: "bus error", signal.SIGILL: "illegal instruction",
    signal.SIGFPE: "floating point exception", signal.SIGXFSZ: "file size limit exceeded",
    signal.SIGPIPE: "broken pipe", signal.SIGINT: "interrupt", signal.SIGHUP: "hangup",
})  # fmt: skip
