"""The kernel against a naive model: a list that is searched for the next event.

Rules of this file: the model is slow and obvious; it shares no code with the kernel. Every rule
does the same to both and compares what happened, in which order, at which instant, and what the
call answered. Events with consequences (arm another, wake, take a hold, park again) are data in
both worlds.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudchamber.kernel import Hold, Kernel, Parked

START = 10**18

Seen = tuple[int, str, Any]  # instant, who, what


@dataclass
class Model:
    """Events as `[t, seq, kind, args, weak]` in a plain list; waits in a plain dict."""

    now: int = 0
    seq: int = 0
    events: list[tuple[int, int, str, tuple[Any, ...], bool]] = field(default_factory=list)
    waits: dict[int, tuple[tuple[str, ...], int | None]] = field(default_factory=dict)
    parked: int = 0
    holds: list[tuple[str, bool, bool]] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)
    resumed: int = 0

    def at(self, t: int, kind: str, args: tuple[Any, ...], weak: bool) -> int:
        self.seq += 1
        self.events.append((t, self.seq, kind, args, weak))
        return self.seq

    def cancel(self, seq: int) -> bool:
        before = len(self.events)
        self.events = [event for event in self.events if event[1] != seq]
        return len(self.events) < before

    def strong(self) -> int:
        return sum(not event[4] for event in self.events)

    def park(self, until: int | None, keys: tuple[str, ...]) -> int:
        self.parked += 1
        event = None if until is None else self.at(until, "resume", (self.parked, False), False)
        self.waits[self.parked] = (keys, event)
        return self.parked

    def wake(self, key: str) -> int:
        woken = [number for number, (keys, _) in sorted(self.waits.items()) if key in keys]
        for number in woken:
            event = self.waits[number][1]
            if event is not None:
                self.cancel(event)
            event = self.at(self.now, "resume", (number, True), False)
            self.waits[number] = ((), event)
        return len(woken)

    def unpark(self, number: int) -> bool:
        if number not in self.waits:
            return False
        event = self.waits.pop(number)[1]
        if event is not None:
            self.cancel(event)
        return True

    def frozen(self, paced: bool) -> bool:
        return any(not (pace and paced) for _, _, pace in self.holds)

    def strict(self) -> bool:
        return any(strict for _, strict, _ in self.holds)

    def step(self) -> tuple[str, bool]:
        """Let the next event happen; its kind and whether it was weak."""
        event = min(self.events)
        self.events.remove(event)
        self.now, _, kind, args, weak = event
        if kind == "resume":
            number, woken = args
            del self.waits[number]
            self.resumed += 1
            self.seen.append((self.now, f"wait {number}", woken))
        else:
            self.act(kind, args)
        return kind, weak

    def act(self, kind: str, args: tuple[Any, ...]) -> None:
        self.seen.append((self.now, kind, args))
        if kind == "arm":
            self.at(self.now + args[0], "mark", ("armed",), args[1])
        elif kind == "wake":
            self.wake(args[0])
        elif kind == "hold":
            self.holds.append(("by an event", False, False))

    def next(self) -> int | None:
        return min(self.events)[0] if self.events else None

    def run(self, until: int, paced: bool, budget: int) -> bool:
        while (t := self.next()) is not None and t <= max(until, self.now):
            if t > self.now and self.frozen(paced):
                return False
            if self.strict() or budget == 0:
                return False
            budget -= 1
            self.step()
        if until > self.now and self.frozen(paced):
            return False
        self.now = until
        return True

    def run_strong(self, stop: str) -> bool:
        """Run until idle, or until one wait was resumed, or through the next strong instant."""
        resumed, limit = self.resumed, None
        while (t := self.next()) is not None:
            if t > self.now:
                if limit is not None and t > limit:
                    return True
                if limit is None and not self.strong():
                    return True
                if self.frozen(paced=False):
                    return False
            if self.strict():
                return False
            _, weak = self.step()
            if stop == "strong" and not weak and limit is None:
                limit = self.now
            if stop == "resumed" and self.resumed != resumed:
                return False
        return True


KEYS = ("a", "b", "c")
DELAYS = st.integers(0, 6)


class KernelMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.seen: list[Seen] = []
        self.holds: list[Hold] = []
        self.parked: dict[int, Parked] = {}
        self.numbers: list[int] = []
        self.kernel = self.new_kernel()

    def new_kernel(self) -> Kernel:
        kernel = Kernel(1, START)
        kernel.on("mark", lambda *args: self.act("mark", args))
        kernel.on("arm", lambda *args: self.act("arm", args))
        kernel.on("wake", lambda *args: self.act("wake", args))
        kernel.on("hold", lambda *args: self.act("hold", args))
        return kernel

    def act(self, kind: str, args: tuple[Any, ...]) -> None:
        kernel = self.kernel
        self.seen.append((kernel.now - START, kind, args))
        if kind == "arm":
            kernel.after(args[0], "mark", ("armed",), weak=args[1])
        elif kind == "wake":
            kernel.wake(("key", args[0]))
        elif kind == "hold":
            self.holds.append(kernel.hold("by an event"))

    def resume_of(self, number: int) -> Any:
        return lambda woken: self.seen.append((self.kernel.now - START, f"wait {number}", woken))

    @rule(delay=DELAYS, weak=st.booleans())
    def mark(self, delay: int, weak: bool) -> None:
        self.schedule(delay, "mark", ("plain",), weak)

    @rule(delay=DELAYS, then=DELAYS, weak=st.booleans(), weak_then=st.booleans())
    def arm(self, delay: int, then: int, weak: bool, weak_then: bool) -> None:
        self.schedule(delay, "arm", (then, weak_then), weak)

    @rule(delay=DELAYS, key=st.sampled_from(KEYS), weak=st.booleans())
    def wake_later(self, delay: int, key: str, weak: bool) -> None:
        self.schedule(delay, "wake", (key,), weak)

    @rule(delay=DELAYS)
    def hold_later(self, delay: int) -> None:
        self.schedule(delay, "hold", (), False)

    def schedule(self, delay: int, kind: str, args: tuple[Any, ...], weak: bool) -> None:
        number = self.kernel.after(delay, kind, args, weak)
        assert number == self.model.at(self.model.now + delay, kind, args, weak)
        self.numbers.append(number)

    @precondition(lambda self: self.numbers)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(self.numbers))
        assert self.kernel.cancel(number) == self.model.cancel(number)

    @rule(delay=st.none() | DELAYS, keys=st.sets(st.sampled_from(KEYS)))
    def park(self, delay: int | None, keys: set[str]) -> None:
        names = tuple(sorted(keys))
        if delay is None and not names:
            return
        number = self.model.park(None if delay is None else self.model.now + delay, names)
        until = None if delay is None else self.kernel.now + delay
        key = tuple(("key", name) for name in names) or None
        resume = self.resume_of(number)
        self.parked[number] = self.kernel.park(until, key, resume, describe=number)
        assert self.parked[number].id == number

    @precondition(lambda self: self.parked)
    @rule(data=st.data())
    def unpark(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.parked)))
        assert self.parked[number].cancel() == self.model.unpark(number)

    @rule(key=st.sampled_from(KEYS))
    def wake(self, key: str) -> None:
        assert self.kernel.wake(("key", key)) == self.model.wake(key)

    @rule(strict=st.booleans(), pace=st.booleans())
    def hold(self, strict: bool, pace: bool) -> None:
        self.holds.append(self.kernel.hold("by hand", strict=strict, pace=pace))
        self.model.holds.append(("by hand", strict, pace))

    @precondition(lambda self: self.holds)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        place = data.draw(st.integers(0, len(self.holds) - 1))
        self.holds.pop(place).release()
        self.model.holds.pop(place)

    @precondition(lambda self: self.holds)
    @rule()
    def release_all(self) -> None:
        while self.holds:
            self.release_one()

    def release_one(self) -> None:
        self.holds.pop().release()
        self.model.holds.pop()

    @rule(delay=st.integers(0, 12), paced=st.booleans(), budget=st.none() | st.integers(0, 4))
    def run_until(self, delay: int, paced: bool, budget: int | None) -> None:
        expected = self.model.run(
            self.model.now + delay, paced, 10**6 if budget is None else budget
        )
        until = self.kernel.now + delay
        assert self.kernel.run_until(until, paced=paced, budget=budget) == expected

    @rule()
    def settle(self) -> None:
        expected = self.model.run(self.model.now, False, 10**6)
        assert self.kernel.settle() == expected

    @rule()
    def run_until_idle(self) -> None:
        assert self.kernel.run_until_idle() == self.model.run_strong("")

    @rule()
    def run_demand(self) -> None:
        model = self.model
        before, expected = model.resumed, False
        if model.waits and not model.holds:
            model.run_strong("resumed")
            expected = model.resumed != before
        assert self.kernel.run_demand() == expected

    @rule()
    def run_skip(self) -> None:
        expected = bool(self.model.strong() and not self.model.holds)
        if expected:
            self.model.run_strong("strong")
        assert self.kernel.run_skip() == expected

    @rule()
    def move_to_a_twin(self) -> None:
        """Save, pass through msgpack, load into another kernel, and go on there."""
        data = msgspec.msgpack.decode(msgspec.msgpack.encode(self.kernel.save()))
        twin = self.new_kernel()
        twin.load(data)
        assert twin.digest == self.kernel.digest
        assert twin.save() == {**self.kernel.save(), "holds": []}
        for parked in twin.parked:
            assert isinstance(parked.describe, int)
            parked.adopt(self.resume_of(parked.describe))
            self.parked[parked.describe] = parked
        for old in self.kernel.parked:
            old.cancel()
        self.holds = [
            twin.hold(hold.why, strict=hold.strict, pace=hold.pace) for hold in self.holds
        ]
        self.kernel = twin

    @invariant()
    def agree(self) -> None:
        kernel, model = self.kernel, self.model
        assert self.seen == model.seen
        assert kernel.now - START == model.now
        assert [event[:2] for event in kernel.pending] == [
            (START + event[0], event[1]) for event in sorted(model.events)
        ]
        assert kernel.busy == (model.strong() > 0)
        assert [parked.id for parked in kernel.parked] == sorted(model.waits)
        assert len(kernel.holds) == len(model.holds)
        next_ns = model.next()
        assert kernel.find_next() == (None if next_ns is None else START + next_ns)


TestKernelMachine = KernelMachine.TestCase
TestKernelMachine.settings = settings(max_examples=150, stateful_step_count=40)
