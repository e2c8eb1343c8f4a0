"""A host with no socket: one world in this process, shared by any number of threads.

Rules of this file: one lock around the world, because the core has a single owner; whoever reaches
it from a thread of his own goes through `handle` or `control`, which take it. A call that waits
lets go of the lock.

Under `demand` and `auto` a waiting call moves the clock itself, but not past a thread that was
answered an instant ago and is about to call again. Under `manual` it waits until another thread
moves the clock, and says so at once when there is no other thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic_ns
from typing import Any, Final, TypeVar, cast

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.blobs import BlobStore
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings, SettingsError
from cloudchamber.control.control import ClockHeld, Control
from cloudchamber.control.host import MemorySnapshots
from cloudchamber.control.http import PREFIX, ControlApi
from cloudchamber.server.adapters import ADAPTERS
from cloudchamber.server.functions.threaded import ThreadedCrew
from cloudchamber.server.http.activity import Activity
from cloudchamber.wire.http import Request, Response

MODES: Final = ("demand", "manual", "auto")
GRACE_NS: Final = 5_000_000  # a thread answered less than this ago is about to call again
LOOK_EVERY_S: Final = 0.25  # how often a waiting call looks whether another thread is left
PATIENCE_NS: Final = 60_000_000_000  # and how long it waits for threads that do nothing

T = TypeVar("T")


class ClockStopped(RuntimeError):
    """A call waits for time that nobody moves."""


class InProcessHost:
    """Owns a Cloud, moves its time as the mode says, and answers requests from any thread."""

    def __init__(
        self,
        settings: Settings,
        blobs: BlobStore | None = None,
        function_folders: tuple[str, ...] = (),
    ) -> None:
        """Open an empty world; `blobs` has the large bodies of the world it is to become. Below
        `function_folders` the code of functions may lie unpacked.

        Raises SettingsError for a clock that needs a server.
        """
        self._cloud = Cloud(settings, ADAPTERS, blobs)
        self._snapshots = MemorySnapshots()
        self._changed = threading.Condition(threading.RLock())
        self._activity = Activity()
        self._waiting: set[int] = set()  # threads that wait here for the clock
        self._inputs = 0
        self._functions = ThreadedCrew(self, settings.functions, function_folders)
        self._cloud.work.workers = self._functions
        self._mode = ""
        self.set_clock_mode(settings.clock)
        self._api = ControlApi(self)
        self._control = cast("Control", _Locked(Control(self), self._changed, self._when_free))

    @property
    def cloud(self) -> Cloud:
        """The world. For one thread at a time; others use `handle` and `control`."""
        return self._cloud

    @property
    def control(self) -> Control:
        """The control verbs, safe to call from any thread; waiting calls hear of what they do."""
        return self._control

    @property
    def snapshots(self) -> MemorySnapshots:
        """Named snapshots, in memory."""
        return self._snapshots

    @property
    def clock_mode(self) -> str:
        """Who moves time."""
        return self._mode

    def set_clock_mode(self, mode: str) -> None:
        """Change who moves time. Raises SettingsError: a live clock needs a server."""
        if mode not in MODES:
            raise SettingsError(
                "mode",
                f"in process the clock is {', '.join(MODES)}, not {mode!r}; "
                "a live clock needs `cloudchamber start`",
            )
        self._mode = mode

    def reset(self, settings: Settings) -> None:
        """Open an empty world; calls that wait are answered with an error."""
        with self._changed:
            self._cloud.reset(settings)
            self._changed.notify_all()

    def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of the world. Raises SnapshotError."""
        with self._changed:
            snapshots.load(self._cloud, data)
            self._cloud.work.abandon("its world was put aside")
            self._changed.notify_all()

    def rest(self) -> None:
        """Let functions that are at work finish, then end every process and thread of the chamber,
        so that this process may be forked. The next function begins them anew."""
        with self._changed:
            while self._cloud.work.is_busy and self._functions.thread is not None:
                if not self._moved():
                    self._changed.wait(LOOK_EVERY_S)
        self._functions.close()

    def close(self) -> None:
        """End the world: calls that wait are answered with an error, functions end."""
        with self._changed:
            self._cloud.work.workers = None
            self._cloud.release("the chamber was closed")
            self._functions.end_all()
        self._functions.close()

    @contextmanager
    def enter(self) -> Iterator[Cloud]:
        """The world, for the thread of functions."""
        with self._changed:
            self._inputs += 1
            self._cloud.kernel.settle()
            try:
                yield self._cloud
            finally:
                self._changed.notify_all()

    def describe(self) -> dict[str, Any]:
        """Nothing more to say than the world itself."""
        return {"data": "in memory"}

    def handle(self, request: Request) -> Response:
        """The answer to one request, AWS's or the control API's. Raises ClockStopped."""
        thread = threading.get_ident()
        with self._changed:
            self._activity.heard(thread)
            self._inputs += 1
            self._cloud.kernel.settle()
            answers: list[Response] = []
            if request.path.startswith(PREFIX):
                answers.append(self._when_free(lambda: self._api.handle(request), self._api.go_on))
            else:

                def finish(response: Response) -> None:
                    # From here on this thread is about to call again, though it may take a moment
                    # until it has the lock back.
                    answers.append(response)
                    self._activity.answered(thread, monotonic_ns())

                number = self._cloud.begin(request, finish)
                if not answers:
                    self._wait(number, answers, thread)
            if self._waiting:
                self._changed.notify_all()
            return answers[0]

    def _when_free(self, first: Callable[[], T], again: Callable[[int | None], T]) -> T:
        """Move the clock by order, with pauses for functions that are at work on the way."""
        try:
            return first()
        except ClockHeld as held:
            until_ns = held.until_ns
        while True:
            self._changed.wait(LOOK_EVERY_S)
            try:
                return again(until_ns)
            except ClockHeld as held:
                until_ns = held.until_ns

    def _wait(self, number: int, answers: list[Response], thread: int) -> None:
        """Let time pass, or let others make it pass, until the call is answered."""
        self._waiting.add(thread)
        seen, since_ns = self._inputs, monotonic_ns()
        try:
            while not answers:
                if self._moved():
                    continue
                if self._inputs != seen or self._cloud.work.is_busy:
                    seen, since_ns = self._inputs, monotonic_ns()
                is_alone = not self._others() and not self._cloud.kernel.holds
                if is_alone or monotonic_ns() - since_ns > PATIENCE_NS:
                    self._cloud.drop(number)
                    raise ClockStopped(_ADVICE)
                self._changed.wait(LOOK_EVERY_S)
        finally:
            self._waiting.discard(thread)

    def _moved(self) -> bool:
        """Whether this thread moved the clock, or left a moment for another to call first."""
        if self._mode == "manual":
            return False
        now = monotonic_ns()
        until = self._activity.thinks_until(now, GRACE_NS)
        if until > now:
            self._changed.wait((until - now) / 1e9)
            return True
        if not self._cloud.kernel.run_demand():
            return False
        self._changed.notify_all()
        return True

    def _others(self) -> bool:
        """Whether a thread is left that could move the clock."""
        own = self._functions.thread
        return any(
            thread.ident not in self._waiting and thread is not own
            for thread in threading.enumerate()
        )


_ADVICE: Final = (
    "this call waits for the clock and nobody moves it: use the demand clock, or make the call in "
    "one thread and advance in another"
)


class _Locked:
    """An object whose methods are called one at a time, and after each of them waiters look."""

    def __init__(
        self,
        inner: Control,
        changed: threading.Condition,
        when_free: Callable[[Callable[[], Any], Callable[[int | None], Any]], Any],
    ) -> None:
        self._inner = inner
        self._changed = changed
        self._when_free = when_free

    def __getattr__(self, name: str) -> Any:
        method: Callable[..., Any] = getattr(self._inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            with self._changed:
                try:
                    return self._when_free(lambda: method(*args, **kwargs), self._inner.go_on)
                finally:
                    self._changed.notify_all()

        return call
