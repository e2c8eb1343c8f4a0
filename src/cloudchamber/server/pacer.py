"""Time in a server: when the kernel's driver gets its turns.

Rules of this file: which turn, and when; how far time moves is the kernel's business. The event
loop and the wall are handed in, so that tests need neither.

    live, xN   a turn before each request, and a timer for the next thing that will happen. Long
               catching up is done in slices, with requests between them.
    demand     time moves only while a call waits, no request is arriving, and no client was
               answered so lately that it is surely about to speak: its next request must not be
               overtaken by somebody else's twenty seconds. One waiting call at a time is let go,
               and the sockets are looked at in between.
    auto       as demand, but any idle time is skipped, after a pause.
    manual     only the control API moves time.

Before every input, whatever is due at the present instant happens: a replay does the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.modes import Driver, parse_mode
from cloudchamber.server.http.activity import Activity

SLICE_NS: Final = 500_000  # how long the kernel may run before sockets are looked at
SLICE_EVENTS: Final = 200  # events between two looks at the wall
GRACE_NS: Final = 5_000_000  # a client answered less than this ago is about to speak
AUTO_GRACE_NS: Final = 50_000_000
TIMER_MAX_S: Final = 3600.0


class Timer(Protocol):
    """What `later` gives."""

    def cancel(self) -> None: ...


class Loop(Protocol):
    """What a pacer needs of an event loop; asyncio's fits."""

    def call_soon(self, callback: Callable[[], None], /) -> object: ...
    def call_later(self, delay: float, callback: Callable[[], None], /) -> Timer: ...


class Pacer:
    """Gives one world's clock its turns. `activity` is who is in the middle of something."""

    def __init__(
        self,
        cloud: Cloud,
        mode: str,
        activity: Activity,
        loop: Loop,
        now: Callable[[], int],
        stuck: Callable[[str], None],
    ) -> None:
        """`now` is a monotonic clock in ns; `stuck` is told when the world never comes to rest.

        Raises KernelError for a mode that is none.
        """
        self._cloud = cloud
        self._activity = activity
        self._loop = loop
        self._now = now
        self._stuck = stuck
        self._driver = Driver(cloud.kernel, parse_mode(mode), now())
        activity.asks_who_thinks = not self.is_live
        self._timer: Timer | None = None
        self._due = 0  # when the timer fires
        self._pumping = False  # a pump is on its way
        self._seen = 0  # arrivals when it was sent
        self._closed = False

    @property
    def mode(self) -> str:
        """The mode as it was spelt."""
        return str(self._driver.mode)

    def set_mode(self, mode: str) -> None:
        """Change who moves time. Raises KernelError for a mode that is none."""
        self._driver.set_mode(parse_mode(mode), self._now())
        self._activity.asks_who_thinks = not self.is_live
        self.after_input()

    def follow(self, cloud: Cloud) -> None:
        """Another world, or another beginning of this one."""
        self._cloud = cloud
        self._driver = Driver(cloud.kernel, self._driver.mode, self._now())
        self.after_input()

    def catch_up(self, t_ns: int) -> None:
        """Let a live clock stand at `t_ns` now: what lies between happens in the next slices."""
        self._driver.pace.anchor(self._now(), max(t_ns, self._cloud.kernel.now))
        self.after_input()

    @property
    def is_live(self) -> bool:
        """Whether time follows the wall."""
        return self._driver.mode.name == "live"

    @property
    def is_scaled(self) -> bool:
        """Whether time follows the wall at another pace than the wall's own."""
        mode = self._driver.mode
        return self.is_live and mode.num != mode.den

    def before_input(self) -> None:
        """Bring the clock to where this input finds it."""
        if self._driver.mode.name == "live":
            self._slice()
        else:
            self._cloud.kernel.settle()

    def after_input(self) -> None:
        """See what has to happen next, and when."""
        name = self._driver.mode.name
        if name == "live":
            self._arm()
        elif not self._pumping and (
            (name == "demand" and self._is_waited_for()) or (name == "auto" and not self._closed)
        ):
            self._send_pump()

    def close(self) -> None:
        """Let time stand still for good."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # Live

    def _slice(self) -> bool:
        """Run for at most a slice. True when the clock is where the wall says."""
        now = self._now
        began = wall = now()
        try:
            while self._driver.follow(wall, SLICE_EVENTS):
                wall = now()
                if wall - began > SLICE_NS:
                    self._cloud.kernel.settle()
                    return False
        except KernelError as error:
            self._stuck(str(error))
        return True

    def _arm(self) -> None:
        due = self._driver.find_due()
        if due is None or self._closed or (self._timer is not None and self._due <= due):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._due = due
        delay_s = min(max(0, due - self._now()) / 1e9, TIMER_MAX_S)
        self._timer = self._loop.call_later(delay_s, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._closed or not self.is_live:
            return
        if self._slice():
            self._arm()
        else:
            self._due = self._now()
            self._timer = self._loop.call_later(0, self._tick)

    # Demand and auto

    def _send_pump(self) -> None:
        """Pump once the sockets have been looked at: `call_soon` comes after what is there now,
        and what it calls comes after one look."""
        self._pumping = True
        self._seen = self._activity.arrivals
        self._loop.call_soon(self._look)

    def _is_waited_for(self) -> bool:
        return bool(self._cloud.parked) or self._cloud.work.is_asleep

    def _look(self) -> None:
        self._loop.call_soon(self._pump)

    def _pump(self) -> None:
        self._pumping = False
        name = self._driver.mode.name
        if self._closed or not (name == "auto" or (name == "demand" and self._is_waited_for())):
            return
        activity = self._activity
        if activity.arrivals != self._seen:
            self._send_pump()
            return
        wall = self._now()
        until = activity.thinks_until(wall, GRACE_NS if name == "demand" else AUTO_GRACE_NS)
        if activity.receiving or until > wall:
            self._pumping = True
            self._loop.call_later(max(until - wall, GRACE_NS) / 1e9, self._send_pump)
            return
        try:
            moved = self._driver.turn(wall)
        except KernelError as error:
            self._stuck(str(error))
            return
        if moved:
            self.after_input()
