"""Watching processes: memory, processes and disk, as often as it matters.

Rules of this file: looks and tells; whoever is told acts. Nothing is looked at between invocations.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from cloudchamber.engines.functions import faults
from cloudchamber.engines.functions.family import Family
from cloudchamber.engines.functions.orders import MB, Order, Outcome
from cloudchamber.engines.functions.processes import disk_bytes

EVERY_S: Final = 0.05
DISK_EVERY: Final = 5  # looks at the disk are dearer
PROCESSES_MAX: Final = 1024


class Watch:
    """Watches the processes of an environment while they serve. `used_mb` is the most memory that
    was seen."""

    def __init__(
        self,
        family: Family,
        tmp: Path,
        exceeded: Callable[[Outcome], None],
    ) -> None:
        """`exceeded` is told the outcome of taking too much."""
        self.used_mb = 0
        self._family = family
        self._tmp = tmp
        self._exceeded = exceeded
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._order: Order | None = None
        self._looks = 0

    def begin(self, order: Order) -> None:
        """An invocation begins."""
        self._order = order
        self._timer = self._loop.call_later(EVERY_S, self._look)

    def stop(self) -> None:
        """It is over."""
        self._order = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def measure(self) -> int:
        """Look at the memory; the most that was seen, in MB."""
        self.used_mb = max(self.used_mb, self._family.memory_mb())
        return self.used_mb

    def _look(self) -> None:
        order = self._order
        if order is None:
            return
        self._looks += 1
        self._family.look()  # where the machine does not tell by itself that one has ended
        if self._order is None:
            return
        if self.measure() > order.memory_mb:
            self._exceeded(faults.out_of_memory(order))
        elif self._family.count(PROCESSES_MAX + 1) > PROCESSES_MAX:
            self._exceeded(faults.killed_for(order, f"it had more than {PROCESSES_MAX} processes"))
        elif self._looks % DISK_EVERY == 0 and self._fills_disk(order.ephemeral_mb * MB):
            reason = f"it filled its {order.ephemeral_mb} MB of /tmp"
            self._exceeded(faults.killed_for(order, reason))
        else:
            self._timer = self._loop.call_later(EVERY_S, self._look)

    def _fills_disk(self, bytes_max: int) -> bool:
        return disk_bytes(self._tmp, bytes_max) > bytes_max
