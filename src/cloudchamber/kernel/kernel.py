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
from cloudchamber.kernel.events import SEQ_BITS, SEQ_MASK
from cloudchamber.kernel.guards import Guards, Watch
from cloudchamber.kernel.holds import Hold, Holds
from cloudchamber.kernel.parking import Waits
from cloudchamber.kernel.streams import Streams

SAVE_FORMAT: Final = 1
_USUAL_GUARDS: Final = Guards()


class Kernel(Waits):
    """One world's time. `now` and `start_ns` are ns since the Unix epoch.

    Scheduling is described in `Timeline`, parking and waking in `Waits`. With `digest=False`
    nothing is digested; `trace` is how many entries to keep for `first_divergence`, from number
    `trace_skip` on.
    """

    __slots__ = ("_digest", "_guards", "_holds", "_running", "_watch", "seed", "streams")

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
        super().__init__(start_ns)
        self.seed = seed
        self.streams = Streams(seed)
        self._digest = Digest(trace, trace_skip) if digest else None
        self._guards = guards
        self._watch = Watch(guards)
        self._holds = Holds()
        self._running = False

    def hold(self, why: str, *, strict: bool = False, pace: bool = False) -> Hold:
        """Freeze the clock until the hold is released; see `Hold` for `strict` and `pace`."""
        return Hold(self._holds, why, self.now, strict, pace)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The live holds, oldest first."""
        return tuple(self._holds.live)

    def frozen(self, *, paced: bool = False) -> bool:
        """Whether a live hold forbids time to move; pace holds let a paced clock by."""
        holds = self._holds
        return holds.count > (holds.pace_count if paced else 0)

    def run_until(self, t_ns: int, *, budget: int | None = None, paced: bool = False) -> bool:
        """Let everything up to and at `t_ns` happen. True when the clock stands at `t_ns`.

        False when a hold froze it earlier, or when `budget` events have been spent; call again.
        `paced` is for a clock that follows the wall: it walks on under pace holds.
        """
        if t_ns < self.now:
            raise KernelError(f"time does not go back: {self.now - t_ns} ns in the past")
        if self._is_due(t_ns) and not self._run(t_ns, budget=budget, paced=paced):
            return False
        if self.now < t_ns and self.frozen(paced=paced):
            return False
        self.now = t_ns
        return True

    def advance(self, delay_ns: int) -> bool:
        """`run_until` the instant `delay_ns` from now."""
        return self.run_until(self.now + delay_ns)

    def settle(self) -> bool:
        """Let everything that is due now happen. False when a strict hold forbids it."""
        return not self._is_due(self.now) or self._run(self.now)

    def run_until_idle(self) -> bool:
        """Run until no strong event is pending. False when a hold stops the clock before that.

        Raises `KernelError`, naming what loops, when the guards trip.
        """
        return self._run(None)

    def run_demand(self) -> bool:
        """Move time just far enough to resume one parked wait. False when nothing can.

        Nothing can while nobody is parked, while a hold is live, or when no strong event is left
        (weak ones alone do not move time, as they never end). A wait without a deadline lets time
        pass through every strong event in search of its wake: park so only for what will happen.
        """
        if not self._parked or self._holds.count:
            return False
        before = self._resumed
        self._run(None, until_resumed=True)
        return self._resumed != before

    def run_skip(self) -> bool:
        """Skip idle time: go to the next strong event and let its whole instant happen.

        False when a hold is live or no strong event is pending.
        """
        if not self._strong or self._holds.count:
            return False
        self._run(None, until_strong=True)
        return True

    @property
    def digest(self) -> str:
        """The digest of every event and noted input so far, in hexadecimal."""
        return self._expect_digest().hex

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
        self._refuse_inside("save")
        return {
            "format": SAVE_FORMAT,
            "seed": self.seed,
            "start_ns": self.start_ns,
            "now": self.now,
            "seq": self._seq,
            "events": self._in_order(),
            "streams": self.streams.save(),
            "digest": None if self._digest is None else self._digest.save(),
            "parked": self._save_waits(),
            "parked_last": self._parked_last,
            "holds": [hold.why for hold in self._holds.live],
        }

    def load(self, data: dict[str, Any]) -> None:
        """Become the saved world. Handlers and this kernel's own live holds stay.

        Every wait in `parked` must then be adopted or cancelled before time moves again. Raises
        `KernelError`, changing nothing, when somebody is parked here or the data does not fit.
        """
        self._refuse_inside("load")
        if data.get("format") != SAVE_FORMAT:
            found = data.get("format")
            raise KernelError(f"a world saved in format {found}; this build reads {SAVE_FORMAT}")
        if self._parked:
            raise KernelError(f"{len(self._parked)} waits are live here: cancel them first")
        if self._digest is not None and data["digest"] is None:
            raise KernelError("a world saved without a digest; load it in a kernel without one")
        self._load_events(data)
        self._load_waits(data)
        self.seed = data["seed"]
        self.streams.load(self.seed, data["streams"])
        if self._digest is not None:
            self._digest.load(data["digest"])

    def _run(
        self,
        until_ns: int | None,
        *,
        budget: int | None = None,
        paced: bool = False,
        until_resumed: bool = False,
        until_strong: bool = False,
    ) -> bool:
        """Take events in order; True when no more is due: by `until_ns`, or without it, at all."""
        self._refuse_inside("run")
        if self._unclaimed:
            raise KernelError(f"{self._unclaimed} loaded waits want to be adopted or cancelled")
        heap, pending, handlers, resumed = self._heap, self._pending, self._handlers, self._resumed
        start_ns, holds, watch, digest = self.start_ns, self._holds, self._watch, self._digest
        batch = None if digest is None else digest.batch
        endless = until_ns is None
        limit = self.now + self._guards.horizon_ns if until_ns is None else until_ns
        left = chunk = watch.every if budget is None else budget
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
                    if (endless and not self._strong) or (t_ns > limit and not endless):
                        break
                    if holds.count and self.frozen(paced=paced):
                        return False
                    if t_ns > limit:
                        raise watch.restless(f"{kind!r} is next, beyond the horizon")
                if holds.strict_count:
                    return False
                if not left:
                    watch.look(self.now, chunk, kind, endless)
                    if budget is not None:
                        return False
                    left = chunk
                left -= 1
                handler = handlers.get(kind)
                if handler is None:
                    raise KernelError(f"event {kind!r}: no handler is registered for this kind")
                if not weak:
                    if endless:
                        watch.strong(t_ns, kind, args, self._strong)
                        if until_strong:
                            limit, endless = t_ns, False
                    self._strong -= 1
                heappop(heap)
                del pending[seq]
                self.now = t_ns
                if batch is not None and digest is not None:
                    batch.append((t_ns - start_ns, seq, kind, args))
                    if len(batch) >= BATCH:
                        digest.fold()
                handler(*args)
                if until_resumed and self._resumed != resumed:
                    return False
            watch.rest()
            return True
        finally:
            self._running = False

    def _expect_digest(self) -> Digest:
        if self._digest is None:
            raise KernelError("this kernel keeps no digest")
        return self._digest

    def _is_due(self, t_ns: int) -> bool:
        """Whether a run to `t_ns` would find anything to do, or to refuse."""
        due = self._heap and self._heap[0] >> SEQ_BITS <= t_ns - self.start_ns
        return bool(due or self._running or self._unclaimed)

    def _refuse_inside(self, what: str) -> None:
        if self._running:
            raise KernelError(f"a handler may not {what} the kernel that runs it")
