"""Modes: who moves time. The wall's clock is an argument here, never read.

Rules of this file:
- `live` (or `x60`): virtual time follows the wall at a rate. `demand`: time moves only while
  somebody is parked on it, and only as far as the first of them needs. `manual`: only by order.
  `auto`: idle time is skipped, for demonstrations.
- No mode guesses idleness from silence. Under a hold, demand and auto stand still; live does too,
  but for pace holds, and catches up afterwards.
- The mapping is exact: integer nanoseconds and a rate that is a ratio of integers.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.kernel import Kernel

NAMES: Final = ("live", "demand", "manual", "auto")


class Mode(NamedTuple):
    """Who moves time; `num/den` is the rate of `live`, virtual over wall."""

    name: str
    num: int = 1
    den: int = 1
    text: str = ""  # how it was spelt

    def __str__(self) -> str:
        return self.text or self.name


def parse_mode(text: str) -> Mode:
    """Read `live`, `demand`, `manual`, `auto`, or a rate such as `x60` or `x0.5`.

    Raises `KernelError`, listing the spellings.
    """
    if text in NAMES:
        return Mode(text)
    whole, dot, part = text.removeprefix("x").partition(".")
    digits = whole + part
    number = digits.isascii() and digits.isdigit() and whole and bool(part) == bool(dot)
    if not text.startswith("x") or not number or not int(digits):
        raise KernelError(f"{text!r} is not a clock mode: {', '.join(NAMES)} or a rate such as x60")
    return Mode("live", int(digits), 10 ** len(part), text)


class Pace:
    """Wall time to virtual time: a line through an anchor, with a rate; at rate 0 it is paused."""

    __slots__ = ("_den", "_num", "_virtual_ns", "_wall_ns")

    def __init__(self, wall_ns: int, virtual_ns: int, num: int = 1, den: int = 1) -> None:
        self._num = num
        self._den = den
        self.anchor(wall_ns, virtual_ns)

    def anchor(self, wall_ns: int, virtual_ns: int) -> None:
        """Let the wall instant be that virtual instant from now on."""
        self._wall_ns = wall_ns
        self._virtual_ns = virtual_ns

    def set_rate(self, wall_ns: int, num: int, den: int = 1) -> None:
        """Go on at another rate, without a jump."""
        self.anchor(wall_ns, self.virtual(wall_ns))
        self._num = num
        self._den = den

    def virtual(self, wall_ns: int) -> int:
        """The virtual instant of a wall instant; never before the anchor."""
        return self._virtual_ns + max(0, wall_ns - self._wall_ns) * self._num // self._den

    def find_wall(self, virtual_ns: int) -> int | None:
        """The first wall instant at which `virtual` reaches that instant; None while paused."""
        if not self._num:
            return None
        ahead = max(0, virtual_ns - self._virtual_ns)
        return self._wall_ns - (-ahead * self._den // self._num)


class Driver:
    """Moves one kernel's time as its mode says. A front end gives it turns.

    It should do so after every input, every hold that ends and every wait that begins; in live
    mode also at the wall instant `find_due` names.
    """

    __slots__ = ("kernel", "mode", "pace")

    def __init__(self, kernel: Kernel, mode: Mode, wall_ns: int) -> None:
        self.kernel = kernel
        self.set_mode(mode, wall_ns)

    def set_mode(self, mode: Mode, wall_ns: int) -> None:
        """Change who moves time. Call it with the old mode when a world was loaded or reset."""
        self.mode = mode
        self.pace = Pace(wall_ns, self.kernel.now, mode.num, mode.den)

    def turn(self, wall_ns: int, budget: int | None = None) -> bool:
        """Let happen what may happen now. True when another turn may do more at once.

        `budget` limits the events of one turn in live mode, so that the front end stays awake.
        """
        kernel, name = self.kernel, self.mode.name
        if name == "live":
            return self.follow(wall_ns, budget)
        if (name == "demand" and kernel.run_demand()) or (name == "auto" and kernel.run_skip()):
            return True
        kernel.settle()
        return False

    def find_due(self) -> int | None:
        """The wall instant of the next turn that live mode needs; None when none is in sight."""
        next_ns = self.kernel.find_next()
        if self.mode.name != "live" or next_ns is None or self.kernel.frozen(paced=True):
            return None
        return self.pace.find_wall(next_ns)

    def follow(self, wall_ns: int, budget: int | None) -> bool:
        """The turn of live mode."""
        kernel = self.kernel
        target = self.pace.virtual(wall_ns)
        if kernel.now > target:  # somebody advanced the clock by order: go on from there
            target = kernel.now
            self.pace.anchor(wall_ns, target)
        reached = kernel.run_until(target, budget=budget, paced=True)
        return not reached and not kernel.frozen(paced=True)
