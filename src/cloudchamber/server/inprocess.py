"""A host with no socket: one world in this process, shared by any number of threads.

Rules of this file: one lock around the world, because the core has a single owner. A call that
waits lets go of the lock. Under `demand` and `auto` a waiting call moves the clock itself; under
`manual` it waits until another thread does, and says so at once when there is no other thread.
"""

from __future__ import annotations

import threading
from typing import Any

from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings, SettingsError
from cloudchamber.control.host import MemorySnapshots
from cloudchamber.control.http import PREFIX, ControlApi
from cloudchamber.wire.http import Request, Response

MODES = ("demand", "manual", "auto")


class ClockStopped(RuntimeError):
    """A call waits for time that nobody can move: the clock is manual and no thread is left."""


class InProcessHost:
    """Owns a Cloud, moves its time as the mode says, and answers requests from any thread."""

    def __init__(self, settings: Settings) -> None:
        self._cloud = Cloud(settings)
        self._snapshots = MemorySnapshots()
        self._changed = threading.Condition(threading.RLock())
        self._mode = ""
        self.set_clock_mode(settings.clock)
        self._control = ControlApi(self)

    @property
    def cloud(self) -> Cloud:
        """The world."""
        return self._cloud

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
                "mode", f"in process the clock is {', '.join(MODES)}, not {mode!r}; "
                "a live clock needs `cloudchamber start`"
            )  # fmt: skip
        self._mode = mode

    def reset(self, settings: Settings) -> None:
        """Open an empty world."""
        self._cloud.reset(settings)

    def restore(self, data: bytes) -> None:
        """Put a snapshot in the place of the world."""
        snapshots.load(self._cloud, data)

    def describe(self) -> dict[str, Any]:
        """Nothing more to say than the world itself."""
        return {"data": "in memory"}

    def handle(self, request: Request) -> Response:
        """The answer to one request, AWS's or the control API's. Raises ClockStopped."""
        with self._changed:
            if request.path.startswith(PREFIX):
                response = self._control.handle(request)
                self._changed.notify_all()
                return response
            answers: list[Response] = []
            number = self._cloud.begin(request, answers.append)
            while not answers:
                self._wait(number)
            self._changed.notify_all()
            return answers[0]

    def _wait(self, number: int) -> None:
        if self._mode != "manual" and self._cloud.kernel.run_demand():
            self._changed.notify_all()
            return
        if self._mode == "manual" and threading.active_count() > 1:
            self._changed.wait()
            return
        self._cloud.drop(number)
        raise ClockStopped(
            "this call waits for the clock, the clock is manual and no other thread can move it: "
            "use the demand clock, or make the call from a thread and advance from another"
        )
