"""The timeline: what will happen, in which order.

Rules of this file:
- An event is data `(t_ns, seq, kind, args, weak)`, never a closure: handlers are found by `kind`.
- The order is total: first time, then the order of scheduling. Nothing else ever decides.
- Time is an integer count of nanoseconds since the Unix epoch and never goes backwards.
- A weak event (a health check, a sweep) happens like any other but never keeps the world busy.

The idea: heap and events are kept apart. The heap holds one integer per event, the time relative to
the start of the world in the high bits and the sequence number in the low ones, so the total order
is one integer comparison. What the event is stands in a dict by sequence number; cancelling removes
it there and leaves a dead number in the heap, which is skipped when it surfaces and swept when
the dead outnumber the living.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Final, NamedTuple

from cloudchamber.kernel.errors import KernelError
from cloudchamber.kernel.plain import ATOMS, Plain, check_plain, thaw

SEQ_BITS: Final = 44  # 17 million million events before the numbers would touch
SEQ_MASK: Final = (1 << SEQ_BITS) - 1
_SWEEP_ABOVE: Final = 64  # smaller heaps are not worth sweeping


class Event(NamedTuple):
    """One thing that will happen. `t_ns` is since the Unix epoch."""

    t_ns: int
    seq: int
    kind: str
    args: tuple[Plain, ...]
    weak: bool


class Timeline:
    """Pending events and the present instant. `Kernel` adds who may move time."""

    __slots__ = ("_handlers", "_heap", "_pending", "_seq", "_strong", "now", "start_ns")

    def __init__(self, start_ns: int) -> None:
        self.start_ns = start_ns
        self.now = start_ns
        self._heap: list[int] = []
        self._pending: dict[int, tuple[int, str, tuple[Plain, ...], bool]] = {}
        self._handlers: dict[str, Callable[..., object]] = {}
        self._seq = 0
        self._strong = 0

    def on(self, kind: str, handler: Callable[..., object]) -> None:
        """Let `handler(*args)` answer every event of `kind`. A kind has one handler for life."""
        if self._handlers.setdefault(kind, handler) is not handler:
            raise KernelError(f"events of kind {kind!r} already have a handler")

    def at(self, t_ns: int, kind: str, args: tuple[Plain, ...] = (), weak: bool = False) -> int:
        """Schedule an event for the instant `t_ns` and return its number, which `cancel` takes.

        Raises `KernelError` when the instant is past, nobody handles the kind, or `args` is not
        a tuple of plain data.
        """
        if type(t_ns) is not int or t_ns < self.now:
            raise KernelError(f"event {kind!r}: {t_ns!r} is no instant from {self.now} ns on")
        if kind not in self._handlers:
            raise KernelError(f"event {kind!r}: no handler is registered for this kind")
        if type(args) is not tuple:
            raise KernelError(f"event {kind!r}: args is a tuple, not {type(args).__name__}")
        for arg in args:
            if type(arg) not in ATOMS:
                check_plain(kind, arg)
        self._seq = seq = self._seq + 1
        self._pending[seq] = (t_ns, kind, args, weak)
        heappush(self._heap, ((t_ns - self.start_ns) << SEQ_BITS) | seq)
        if not weak:
            self._strong += 1
        return seq

    def after(
        self, delay_ns: int, kind: str, args: tuple[Plain, ...] = (), weak: bool = False
    ) -> int:
        """Schedule an event `delay_ns` from now; as `at`."""
        return self.at(self.now + delay_ns, kind, args, weak)

    def cancel(self, seq: int) -> bool:
        """Forget a pending event. False when it has fired, was cancelled, or never was."""
        pending, heap = self._pending, self._heap
        event = pending.pop(seq, None)
        if event is None:
            return False
        if not event[3]:
            self._strong -= 1
        if len(heap) > _SWEEP_ABOVE and len(heap) > 2 * len(pending):
            heap[:] = [key for key in heap if key & SEQ_MASK in pending]
            heapify(heap)
        return True

    @property
    def pending(self) -> list[Event]:
        """Every pending event, in the order in which they will happen. Costs a sort."""
        return [Event(*event) for event in self._in_order()]

    @property
    def pending_count(self) -> int:
        """How many events are pending, weak ones included."""
        return len(self._pending)

    @property
    def busy(self) -> bool:
        """Whether a strong event is pending: the world still has something to finish."""
        return self._strong > 0

    def find_next(self) -> int | None:
        """The instant of the earliest pending event, weak or not; None when there is none."""
        heap = self._heap
        while heap and heap[0] & SEQ_MASK not in self._pending:
            heappop(heap)
        return self.start_ns + (heap[0] >> SEQ_BITS) if heap else None

    def _in_order(self) -> list[tuple[int, int, str, tuple[Plain, ...], bool]]:
        found = [(seq := key & SEQ_MASK, self._pending.get(seq)) for key in sorted(self._heap)]
        return [(event[0], seq, *event[1:]) for seq, event in found if event is not None]

    def _load_events(self, data: dict[str, Any]) -> None:
        """Replace everything but the handlers. Built aside first: bad data changes nothing."""
        start_ns, now, last = data["start_ns"], data["now"], data["seq"]
        pending: dict[int, tuple[int, str, tuple[Plain, ...], bool]] = {}
        for t_ns, seq, kind, args, weak in data["events"]:
            if not now <= t_ns or not 0 < seq <= last:
                raise KernelError(f"saved event {seq} ({kind!r}) does not fit the saved clock")
            pending[seq] = (t_ns, kind, thaw(args), weak)
        self.start_ns, self.now, self._seq = start_ns, now, last
        self._pending.clear()
        self._pending.update(pending)
        self._heap[:] = sorted((e[0] - start_ns) << SEQ_BITS | seq for seq, e in pending.items())
        self._strong = sum(not event[3] for event in pending.values())
