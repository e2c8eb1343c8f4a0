"""Run functions in copies of this process: a world forks in milliseconds, whatever its size.

Rules of this file: the parent has one thread and no sockets to share (a chamber in process has
neither). A copy runs one function, sends back its result or its error, and ends without touching
anything of the parent's: no exit handlers, no buffers flushed twice.

The idea: `os.fork` shares all memory until one side writes to it, so a thousand variations of a
world that took a minute to build cost a minute and a thousand small differences. The collector is
told to leave what exists alone first, or it would write to every page of it.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, NoReturn, TypeVar

T = TypeVar("T")
PIECE = 1 << 20


class ForkError(RuntimeError):
    """A function failed in its copy. The text holds the copy's own traceback."""


class Forked(Generic[T]):
    """A function that runs in a copy. `result` waits for it."""

    def __init__(self, pid: int, pipe: int) -> None:
        self._pid = pid
        self._pipe = pipe
        self._result: T | None = None
        self._error = ""
        self._done = False

    def result(self) -> T:
        """What the function returned. Raises ForkError when it raised or its process died."""
        if not self._done:
            self._collect()
        if self._error:
            raise ForkError(self._error)
        return self._result  # type: ignore[return-value]

    def _collect(self) -> None:
        pieces = []
        while piece := os.read(self._pipe, PIECE):
            pieces.append(piece)
        os.close(self._pipe)
        _, status = os.waitpid(self._pid, 0)
        self._done = True
        data = b"".join(pieces)
        if status or not data:
            code = os.waitstatus_to_exitcode(status)
            how = f"signal {-code}" if code < 0 else f"exit code {code}"
            self._error = f"the process of a forked world died ({how}) without a result"
            return
        answer: Any = pickle.loads(data)  # made by ourselves, in our own copy
        self._result, self._error = answer


def fork(function: Callable[[], T]) -> Forked[T]:
    """Run `function` in a copy of this process. Its result must be picklable.

    Raises RuntimeError when this process has other threads: a copy would have their locks, and not
    them.
    """
    if threading.active_count() > 1:
        names = ", ".join(thread.name for thread in threading.enumerate())
        raise RuntimeError(f"a process with several threads cannot be forked safely ({names})")
    gc.freeze()
    sys.stdout.flush()
    sys.stderr.flush()
    receive, send = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(receive)
        os.close(send)
        raise
    finally:
        gc.unfreeze()
    if not pid:
        os.close(receive)
        _live(function, send)
    os.close(send)
    return Forked(pid, receive)


def _live(function: Callable[[], object], send: int) -> NoReturn:
    """The life of a copy: never returns."""
    status = 1
    try:
        gc.disable()
        try:
            data = pickle.dumps((function(), ""))
        except BaseException:
            data = pickle.dumps((None, traceback.format_exc()))
        view = memoryview(data)
        while view:
            view = view[os.write(send, view) :]
        status = 0
    finally:
        os._exit(status)


def run_all(functions: Iterable[Callable[[], T]], workers: int) -> Iterator[T]:
    """The results of many functions, in their order, at most `workers` running at once.

    Raises ForkError at the first that failed; those still running are waited for.
    """
    if workers < 1:
        raise ValueError(f"at least one worker is needed, not {workers}")
    running: deque[Forked[T]] = deque()
    try:
        for function in functions:
            if len(running) == workers:
                yield running.popleft().result()
            running.append(fork(function))
        while running:
            yield running.popleft().result()
    finally:
        for left in running:
            try:
                left.result()
            except ForkError:
                pass  # the first error is the one that is told
