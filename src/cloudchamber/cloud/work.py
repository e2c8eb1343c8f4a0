"""Outside work: what a service has done by a real process, on the chamber's clock.

Rules of this file: a service begins work with a ticket of its own, and its host's workers do it.
The outcome is an input: journalled, noted in the digest, and only then handed to the service. On a
replay nothing runs; the journal has every outcome, and every call that the work made, at its
instant. What is outstanding is part of the world: a world that is read back has it answered with a
crash, because whoever did it is gone.

While work is done the clock stands still by a hold in the work's name. Work that waits for the
chamber itself (a call that parks, a sleep) lets go of the hold for as long; so time passes for it
as for any other client. Its deadline is an event like any other, but a weak one: nobody waits for
it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from cloudchamber.cloud.records import SleepRecord, WorkRecord
from cloudchamber.cloud.store import Table

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call
    from cloudchamber.cloud.cloud import Cloud
    from cloudchamber.kernel import Hold, Parked

Order = dict[str, Any]
Outcome = dict[str, Any]
DEADLINE: Final = "house.work-deadline"
SLEEP: Final = "work:"  # how a sleep's wait in the kernel begins to describe itself


class Workers(Protocol):
    """Whoever does the work; the host of a world has them.

    Nothing here may call back into the world before it returns: outcomes, calls and sleeps come
    later, between runs of the kernel.
    """

    @property
    def paced(self) -> bool:
        """Whether a clock at the wall's own pace walks on while they work."""
        ...

    def begin(self, adapter: str, ticket: str, order: Order) -> None:
        """Start; the outcome comes by `Works.finish`."""
        ...

    def overdue(self, ticket: str) -> None:
        """The deadline has passed on the chamber's clock: end it, with an outcome that says so."""
        ...

    def end_all(self) -> None:
        """End everything, without outcomes: the world is gone."""
        ...


class Outstanding(msgspec.Struct):
    """Work that has begun and has no outcome. `deadline` is the kernel event, or -1."""

    adapter: str
    service: str
    account: str
    region: str
    cause: int
    deadline: int = -1


WORK: Final = Table("house.work", Outstanding, "world")


class Works:
    """The outstanding work of one world."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.workers: Workers | None = None
        self.replaying = False
        self._holds: dict[str, Hold | None] = {}  # of work in live hands; None while it waits
        self._waits: dict[str, int] = {}  # how many waits keep the hold off
        self._sleeps: dict[str, list[Parked]] = {}

    def open(self) -> None:
        """A world begins anew: what was outstanding belonged to another."""
        self._holds.clear()
        self._waits.clear()
        self._sleeps.clear()
        if self.workers is not None:
            self.workers.end_all()
        self._cloud.kernel.on(DEADLINE, self._deadline)

    @property
    def _rows(self) -> dict[str, Outstanding]:
        return self._cloud.store.rows(WORK, "", "")

    @property
    def outstanding(self) -> tuple[str, ...]:
        """The tickets of everything that has begun and has no outcome, oldest first."""
        return tuple(self._rows)

    def cause_of(self, ticket: str) -> int:
        """The number of the event that began a piece of work, 0 when it is not outstanding."""
        row = self._rows.get(ticket)
        return 0 if row is None else row.cause

    @property
    def is_busy(self) -> bool:
        """Whether somebody is at work, so that an outcome will come."""
        return bool(self._holds)

    @property
    def is_asleep(self) -> bool:
        """Whether some work sleeps on the chamber's clock."""
        return bool(self._sleeps)

    def begin(self, call: Call, adapter: str, ticket: str, order: Order) -> None:
        """Begin work. Nothing happens when this ticket is outstanding already."""
        if adapter not in call.service.work:
            raise KeyError(f"{call.service.name} declares no work {adapter!r}")
        rows, kernel = self._rows, self._cloud.kernel
        if ticket in rows:
            return
        deadline_ns = order.get("deadline_ns")
        deadline = -1
        if deadline_ns is not None:
            deadline = kernel.at(max(deadline_ns, kernel.now), DEADLINE, (ticket,), weak=True)
        rows[ticket] = Outstanding(
            adapter, call.service.name, call.account, call.region, call.cause, deadline
        )
        if self.workers is not None and not self.replaying:
            self._holds[ticket] = self._hold(ticket)
            self.workers.begin(adapter, ticket, order)

    def finish(self, ticket: str, outcome: Outcome) -> bool:
        """Take an outcome. False when this ticket is not outstanding (any more).

        To be called between runs of the kernel. What is due at the present instant happens first.
        """
        self._cloud.kernel.settle()
        if ticket not in self._rows:
            return False
        self.take(WorkRecord(self._cloud.kernel.now, self._rows[ticket].adapter, ticket, outcome))
        return True

    def take(self, record: WorkRecord | SleepRecord) -> None:
        """Apply an outcome or a sleep, live or from a journal."""
        cloud = self._cloud
        cloud.write(record)
        if isinstance(record, SleepRecord):
            self._park(record, _nobody)
            return
        ticket = record.ticket
        row = self._rows.pop(ticket)
        cloud.kernel.cancel(row.deadline)
        for parked in self._sleeps.pop(ticket, ()):
            parked.cancel()
        self._waits.pop(ticket, None)
        try:
            cloud.finish_work(row, ticket, record.outcome)
        finally:
            hold = self._holds.pop(ticket, None)
            if hold is not None:
                hold.release()
        cloud.kernel.settle()

    def abandon(self, why: str) -> int:
        """Answer all work that nobody is doing with a crash; how much that was."""
        lost = [ticket for ticket in self._rows if ticket not in self._holds]
        for ticket in lost:
            self.finish(ticket, crash(why))
        return len(lost)

    # Waiting

    def pause(self, ticket: str) -> None:
        """The work waits for the chamber: the clock may go on. As often as it will `resume`."""
        if ticket in self._holds:
            self._waits[ticket] = self._waits.get(ticket, 0) + 1
            hold = self._holds[ticket]
            if hold is not None:
                hold.release()
                self._holds[ticket] = None

    def resume(self, ticket: str) -> None:
        """A wait is over: the clock stands still again, from this instant on."""
        if ticket in self._holds:
            self._waits[ticket] = max(0, self._waits.get(ticket, 0) - 1)
            self._freeze(ticket)

    def sleep(self, ticket: str, until_ns: int, resume: Callable[[], None]) -> bool:
        """Let the work sleep until an instant, then call `resume`; an input like any other.

        False when the work is not outstanding. To be called between runs, as `finish`.
        """
        self._cloud.kernel.settle()
        if ticket not in self._rows:
            return False
        record = SleepRecord(self._cloud.kernel.now, ticket, until_ns)
        self._cloud.write(record)
        self.pause(ticket)
        self._park(record, resume)
        return True

    def adopt(self, parked: Parked) -> None:
        """Take over the sleep of a loaded world. Its sleeper is gone, its place in time is not."""
        ticket = str(parked.describe).removeprefix(SLEEP)
        parked.adopt(lambda _woken: self._wake(ticket, parked, _nobody))
        self._sleeps.setdefault(ticket, []).append(parked)

    def _park(self, record: SleepRecord, resume: Callable[[], None]) -> None:
        ticket = record.ticket
        until_ns = max(record.until_ns, self._cloud.kernel.now)
        parked = self._cloud.kernel.park(
            until_ns,
            None,
            lambda _woken: self._wake(ticket, parked, resume),
            describe=f"{SLEEP}{ticket}",
        )
        self._sleeps.setdefault(ticket, []).append(parked)

    def _wake(self, ticket: str, parked: Parked, resume: Callable[[], None]) -> None:
        sleeps = self._sleeps[ticket]
        sleeps.remove(parked)
        if not sleeps:
            del self._sleeps[ticket]
        self.resume(ticket)
        resume()

    def _deadline(self, ticket: str) -> None:
        if ticket in self._holds and self.workers is not None:
            self._freeze(ticket)
            self.workers.overdue(ticket)

    def _freeze(self, ticket: str) -> None:
        if self._holds[ticket] is None:
            self._holds[ticket] = self._hold(ticket)

    def _hold(self, ticket: str) -> Hold:
        assert self.workers is not None
        return self._cloud.kernel.hold(f"{SLEEP}{ticket}", pace=self.workers.paced)


def crash(why: str) -> Outcome:
    """The outcome of work that ended without one."""
    return {
        "status": "crash",
        "payload": b"",
        "error_type": "Runtime.ExitError",
        "log": b"",
        "duration_ns": 0,
        "init_ns": 0,
        "max_memory_mb": 0,
        "exit": why,
    }


def _nobody() -> None:
    """The sleeper of an earlier life."""
