"""A container that runs: watched, frozen and ended from outside, and seen gone.

Rules of this file: nothing here waits but a `Removals`, which does so on a thread. What the
container prints comes by one pipe, which Podman hands it as it is. Its first process is known by
its number on this machine; where the engine does not tell it (Docker), the engine's own commands do
what they can.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Final

from cloudchamber.engines.child import Child, tree_of
from cloudchamber.engines.containers.commands import Engine, NoEngine, ask, engine_environment
from cloudchamber.engines.containers.starts import Means, Start, run_command

ENDING_S: Final = 10
LEAST_SIGNAL: Final = 128  # an exit code above it tells of a signal
NOT_BEGUN: Final = (125, 126, 127)  # what the engine itself ends with when nothing could begin
STOPPED_MAX: Final = 4096


class Container(Child):
    """Begun by its engine's command, which ends when it does; `pid` is the command's."""

    def __init__(self, engine: Engine, means: Means, start: Start, removals: Removals) -> None:
        """Raises OSError."""
        # Podman's monitor notes in the folder that memory ran out.
        super().__init__(run_command(engine, means, start), engine_environment(), start.tmp.parent)
        self.is_held = means.memory
        self._engine = engine
        self._start = start
        self._removals = removals
        self._init = 0

    @property
    def began(self) -> bool:
        """Whether there has been a process in it, as far as the engine tells."""
        if self._engine.name == "podman":
            return self._find_init() > 0
        return self._popen.poll() not in NOT_BEGUN

    @property
    def exit_code(self) -> int | None:
        """How its first process ended: a code, or a negative signal; None while it runs."""
        code = self._popen.poll()
        if code is not None and LEAST_SIGNAL < code <= LEAST_SIGNAL + signal.SIGRTMAX:
            return LEAST_SIGNAL - code
        return code

    def _stop(self) -> None:
        stopped: set[int] = set()
        # Once is not enough: one may begin another before it has stopped.
        while more := [pid for pid in self.processes() if pid not in stopped]:
            self._signal(more, signal.SIGSTOP)
            stopped.update(more)

    def _go_on(self) -> None:
        self._signal(self.processes(), signal.SIGCONT)

    def _signal(self, processes: Iterable[int], number: int) -> None:
        for pid in processes:
            try:
                os.kill(pid, number)
            except OSError:
                pass  # it has ended, or belongs to the engine's own user

    def processes(self) -> Iterator[int]:
        """Its processes by their numbers on this machine, the first one first; none where that
        cannot be seen."""
        init = self._find_init()
        return islice(tree_of(init), STOPPED_MAX) if init > 0 else iter(())

    def _find_init(self) -> int:
        if not self._init:
            try:
                self._init = int(self._start.pid_file.read_text() or 0)
            except (OSError, ValueError):
                return 0
        return self._init

    def kill(self) -> None:
        """End it. Nothing of it runs on where the machine lets us end its first process."""
        init = self._find_init()
        if self._popen.poll() is None:
            try:
                if init:
                    os.kill(init, signal.SIGKILL)  # and the kernel ends all others
                elif self._engine.name == "podman":
                    self._popen.kill()  # it is still being made; what there is of it is removed
            except OSError:
                pass
        self._removals.add(self._engine, self._popen, self._start.name)

    def reap(self) -> None:
        """Let go of the pipe; its removal waits elsewhere for its end."""
        os.close(self.output)


class Removals:
    """Containers that have to go. `submit` has a thing done on some other thread."""

    def __init__(self, submit: Callable[[Callable[[], None]], object]) -> None:
        self._submit = submit

    def add(self, engine: Engine, command: subprocess.Popen[bytes], name: str) -> None:
        """Wait for the command of one to end, and see that nothing of the container is left."""
        self._submit(partial(_remove, engine, command, name))


def _remove(engine: Engine, command: subprocess.Popen[bytes], name: str) -> None:
    if engine.name == "podman":
        try:
            command.wait(ENDING_S)
        except subprocess.TimeoutExpired:
            command.kill()
    remove(engine, (name,))
    try:
        command.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        command.kill()
        command.wait()


def remove(engine: Engine, names: tuple[str, ...]) -> None:
    """End containers at once, and remove them; those that are not there are no fault."""
    if not names:
        return
    at_once = ("--time=0", "--ignore") if engine.name == "podman" else ()
    try:
        ask(engine, "rm", "--force", *at_once, *names)
    except NoEngine:
        pass  # the engine itself has gone: whoever brings it back finds them by their label


def labelled(engine: Engine, label: str) -> tuple[str, ...]:
    """The containers of one owner, running or not."""
    try:
        said = ask(engine, "ps", "--all", "--quiet", f"--filter=label={label}")
    except NoEngine:
        return ()
    return tuple(said.out.split())
