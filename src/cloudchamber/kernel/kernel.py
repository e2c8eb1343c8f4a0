"""The kernel: one synchronous object that owns time, order and chance.

Rules of this file:
- Time never moves by itself. It moves inside a `run_*` call, and only there; a handler, which runs
  inside one, may schedule, park, wake, hold and draw, but not run.
- A live hold freezes the clock at `now`; events due at `now` still run (not under a strict hold).
- A handler that raises ends the run with its own error. The event has happened, the rest is
  pending, and the next run continues.
- World = seed + build + inputs. `save` gives plain data, `load` continues from it anywhere.

The idea: there is one run loop, and each way of moving time is a different reason for it to stop:
at an instant, when nothing strong is left, when somebody's wait is over, at the next thing that
happens. Runs without an end in sight are guarded: a world that never comes to rest is a mistake of
whoever keeps re-arming its events, and the error names the event.
"""

from __future__ import annotations

from heapq import heappop
from typing import Any, Final

from cloudchamber.kernel.digest import BATCH, Digest, Trace
from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.events import SEQ_MASK, Timeline
from cloudchamber.kernel.guards import Guards, Watch
from cloudchamber.kernel.holds import Hold, Holds
from cloudchamber.kernel.parking import Key, Parked, Parking, Resume
from cloudchamber.kernel.plain import Plain
from cloudchamber.kernel.streams import Streams

SAVE_FORMAT: Final = 1
_USUAL_GUARDS: Final = Guards()


class Kernel(Timeline):
    """One world's time. `now` and `start_ns` are ns since the Unix epoch."""

    __slots__ = (
        "_digest",
        "_guards",
        "_holds",
        "_parking",
        "_running",
        "_watch",
        "seed",
        "streams",
    )

    def __init__(
        self,
        seed: int,
        start_ns: int,
        *,
        digest: bool = True,
        trace: int = 0,
        trace_skip: int = 0,
        guards: Guards = _USUAL_GUARDS,
    ) -> None:
        """`trace` is how many entries to keep for `first_divergence`, from number `trace_skip`."""
        super().__init__(start_ns)
        self.seed = seed
        self.streams = Streams(seed)
        self._digest = Digest(trace, trace_skip) if digest or trace else None
        self._guards = guards
        self._watch = Watch(guards)
        self._holds = Holds()
        self._parking = Parking(self)
        self._running = False

    # Holds and waits

    def hold(self, why: str, *, strict: bool = False, pace: bool = False) -> Hold:
        """Freeze the clock until the hold is released; see `holds` for `strict` and `pace`."""
        return self._holds.take(why, self.now, strict, pace)

    @property
    def held(self) -> bool:
        """Whether any hold is live."""
        return self._holds.count > 0

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The live holds, oldest first."""
        return self._holds.live()

    def park(
        self,
        until_ns: int | None,
        key: Key | tuple[Key, ...] | None,
        resume: Resume,
        describe: Plain = None,
    ) -> Parked:
        """Wait for an instant, for a key (or any of several keys), or for whichever comes first.

        `resume(True)` is called when a key was woken, `resume(False)` at the deadline, inside the
        run that reaches it. `describe` is what a saved world says about this wait.
        """
        return self._parking.park(until_ns, key, resume, describe)

    def wake(self, key: Key) -> int:
        """Resume every waiter on `key` at the present instant, oldest first; how many those are."""
        return self._parking.wake(key)

    @property
    def parked(self) -> tuple[Parked, ...]:
        """Every live wait, oldest first."""
        return tuple(self._parking.waits.values())

    # Moving time

    def run_until(self, t_ns: int, *, budget: int | None = None, paced: bool = False) -> bool:
        """Let everything up to and at `t_ns` happen. True when the clock stands at `t_ns`.

        False when a hold froze it earlier, or when `budget` events have been spent; call again.
        `paced` is for a clock that follows the wall: it walks on under pace holds.
        """
        if t_ns < self.now:
            raise KernelError(f"time does not go back: {self.now - t_ns} ns in the past")
        if not self._run(t_ns, budget=budget, paced=paced):
            return False
        if self.now < t_ns and self._frozen(paced):
            return False
        self.now = t_ns
        return True

    def advance(self, delay_ns: int) -> bool:
        """`run_until` the instant `delay_ns` from now."""
        return self.run_until(self.now + delay_ns)

    def settle(self) -> bool:
        """Let everything that is due now happen. False when a strict hold forbids it."""
        return self._run(self.now)

    def run_until_idle(self) -> bool:
        """Run until no strong event is pending. False when a hold stops the clock before that.

        Raises `KernelError`, naming what loops, when the guards trip.
        """
        return self._run(None, idle=True)

    def run_demand(self) -> bool:
        """Move time just far enough to resume one parked wait. False when nothing can.

        Nothing can while nobody is parked, while a hold is live, or when no strong event is left
        (weak ones alone do not move time, as they never end).
        """
        parking = self._parking
        if not parking.waits or self._holds.count:
            return False
        before = parking.resumed
        self._run(None, idle=True, until_resumed=True)
        return parking.resumed != before

    def run_skip(self) -> bool:
        """Skip idle time: go to the next strong event and let its whole instant happen.

        False when a hold is live or no strong event is pending.
        """
        if self._holds.count or not self._strong:
            return False
        self._run(None, idle=True, until_strong=True)
        return True

    # What happened, and going on from there

    @property
    def digest(self) -> str:
        """The digest of everything that has happened, in hexadecimal."""
        return self._expect_digest().hex

    @property
    def happened(self) -> int:
        """How many events and noted inputs the digest covers."""
        return self._expect_digest().count

    def note(self, kind: str, data: bytes) -> None:
        """Let an input from outside count in the digest, at the present instant."""
        if self._digest is not None:
            self._digest.note(self.now - self.start_ns, kind, data)

    def trace(self) -> Trace:
        """The kept window of what happened, for `first_divergence`."""
        return self._expect_digest().trace()

    def save(self) -> dict[str, Any]:
        """The whole state as plain data (ints, strings, bytes, lists, tuples, dicts).

        Handlers and continuations are code and stay behind; live holds are listed for the reader,
        but are not part of the world.
        """
        self._refuse_when_running("save")
        return {
            "format": SAVE_FORMAT,
            "seed": self.seed,
            "start_ns": self.start_ns,
            "now": self.now,
            "seq": self._seq,
            "events": self._save_events(),
            "streams": self.streams.save(),
            "digest": None if self._digest is None else self._digest.save(),
            "parked": self._parking.save(),
            "parked_last": self._parking.last,
            "holds": [hold.why for hold in self._holds.live()],
        }

    def load(self, data: dict[str, Any]) -> None:
        """Become the saved world. Handlers and this kernel's own live holds stay.

        Every wait in `parked` must then be adopted or cancelled before time moves again. Raises
        `KernelError`, changing nothing, when somebody is parked here or the data does not fit.
        """
        self._refuse_when_running("load")
        if data.get("format") != SAVE_FORMAT:
            raise KernelError(
                f"a world saved in format {data.get('format')}; this build reads {SAVE_FORMAT}"
            )
        if self._parking.waits:
            raise KernelError(f"{len(self._parking.waits)} waits are live here: cancel them first")
        self._load_events(data["start_ns"], data["now"], data["seq"], data["events"])
        self.seed = data["seed"]
        self.streams.load(self.seed, data["streams"])
        self._parking.load(data["parked"], data["parked_last"])
        if self._digest is not None and data["digest"] is not None:
            self._digest.load(data["digest"])

    # The loop

    def _run(
        self,
        until_ns: int | None,
        *,
        budget: int | None = None,
        paced: bool = False,
        idle: bool = False,
        until_resumed: bool = False,
        until_strong: bool = False,
    ) -> bool:
        """Take events in order until a reason to stop. True when none is due before the limit.

        The limit is `until_ns`; with `idle`, also the last strong event.
        """
        self._refuse_when_running("run")
        heap, pending, handlers = self._heap, self._pending, self._handlers
        holds, parking, watch, digest = self._holds, self._parking, self._watch, self._digest
        if parking.unclaimed:
            raise KernelError(f"{parking.unclaimed} loaded waits want to be adopted or cancelled")
        start_ns, resumed = self.start_ns, parking.resumed
        batch = None if digest is None else digest.batch
        limit = self.now + self._guards.horizon_ns if until_ns is None else until_ns
        chunk = left = watch.every if budget is None else budget
        watch.begin()
        self._running = True
        try:
            while heap:
                seq = heap[0] & SEQ_MASK
                event = pending.get(seq)
                if event is None:
                    heappop(heap)
                    continue
                t_ns, kind, args, weak = event
                if t_ns > self.now:
                    if idle and not self._strong:
                        break
                    if t_ns > limit:
                        if until_ns is None:
                            raise watch.horizon(kind)
                        break
                    if holds.count and self._frozen(paced):
                        return False
                if holds.strict_count:
                    return False
                if not left:
                    watch.look(self.now, chunk, kind, idle)
                    if budget is not None:
                        return False
                    left = chunk
                left -= 1
                handler = handlers.get(kind)
                if handler is None:
                    raise KernelError(f"event {kind!r}: no handler is registered for this kind")
                if not weak:
                    if idle:
                        watch.strong(t_ns, kind, args, self._strong)
                        if until_strong:
                            until_ns = limit = t_ns
                    self._strong -= 1
                heappop(heap)
                del pending[seq]
                self.now = t_ns
                if batch is not None:
                    batch.append((t_ns - start_ns, seq, kind, args))
                    if len(batch) >= BATCH:
                        digest.fold()  # type: ignore[union-attr]
                handler(*args)
                if until_resumed and parking.resumed != resumed:
                    return False
            watch.rest()
            return True
        finally:
            self._running = False

    def _frozen(self, paced: bool) -> bool:
        """Whether a live hold forbids time to move; a pace hold lets a paced clock by."""
        holds = self._holds
        return holds.count > (holds.pace_count if paced else 0)

    def _expect_digest(self) -> Digest:
        if self._digest is None:
            raise KernelError("this kernel keeps no digest")
        return self._digest

    def _refuse_when_running(self, what: str) -> None:
        if self._running:
            raise KernelError(f"a handler may not {what} the kernel that runs it")
