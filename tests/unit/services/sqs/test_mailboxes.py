"""Both kinds of mailbox, without a queue around them: saved at any time they go on as before."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter_ns

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.services.sqs.fifo import FifoMailbox
from cloudchamber.services.sqs.mailbox import Mailbox, MailboxData
from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.standard import StandardMailbox

Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ("send", "receive", "delete", "show", "hide", "pass", "delay", "save", "purge")
        ),
        st.integers(0, 9),
        st.integers(0, 3),
    ),
    max_size=60,
)
KINDS = pytest.mark.parametrize("kind", [StandardMailbox, FifoMailbox])
RETENTION_NS = MINUTE_NS


def saved(box: Mailbox) -> Mailbox:
    """The mailbox after a trip through bytes."""
    plain = msgspec.msgpack.decode(msgspec.msgpack.encode(box.dump()), type=MailboxData)
    return FifoMailbox(plain) if plain.fifo else StandardMailbox(plain)


class Life:
    """One mailbox that is told what happens."""

    def __init__(self, kind: Callable[[], Mailbox]) -> None:
        self.box = kind()
        self.now = SECOND_NS
        self.delay_ns = 0
        self.held: list[tuple[int, int]] = []

    def look(self) -> Mailbox:
        self.box.settle(self.now, RETENTION_NS, self.delay_ns)
        return self.box

    def step(self, step: str, number: int, group: int) -> object:
        box, now = self.look(), self.now
        if step == "send":
            name = f"g{group}" if group or isinstance(box, FifoMailbox) else ""
            delay_ns = number * SECOND_NS if number > 5 else 0
            box.add(Message(0, f"{number}", "b", now, "s", group=name), now, delay_ns)
        elif step == "receive":
            return self.receive(box, number + 1, group)
        elif step == "pass":
            self.now += number * (SECOND_NS if group else SECOND_NS // 7)
        elif step == "delay":
            self.delay_ns = number * SECOND_NS
        elif step == "purge" and number > 7:
            box.clear()
        elif step in ("delete", "show", "hide") and self.held:
            self.handle(box, step, number)
        return None

    def receive(self, box: Mailbox, most: int, visibility_s: int) -> list[int]:
        taken: list[Message] = []
        for message in box.take(self.now, most):
            box.deliver(message, self.now, visibility_s * SECOND_NS)
            taken.append(message)
        for message in taken:
            if not visibility_s:
                box.show(message, self.now)
            self.held.append((message.seq, message.receipt))
        return [message.seq for message in taken]

    def handle(self, box: Mailbox, step: str, number: int) -> None:
        seq, receipt = self.held.pop(number % len(self.held))
        message = box.find(seq)
        if message is None or message.receipt != receipt:
            return
        if step == "delete":
            box.remove(message, self.now)
        elif box.is_in_flight(message, self.now):
            if step == "show":
                box.show(message, self.now)
            else:
                box.hide(message, self.now, (1 + number) * SECOND_NS)

    def facts(self) -> object:
        box = self.look()
        return (
            box.counts(self.now),
            [each.seq for each in box.dump().messages],
            self.held,
            self.now,
        )


@KINDS
@settings(max_examples=150)
@given(steps=STEPS)
def test_a_saved_mailbox_goes_on_as_if_it_had_not_been(
    kind: Callable[[], Mailbox], steps: list[Step]
) -> None:
    lived, reborn = Life(kind), Life(kind)
    for step in steps:
        if step[0] == "save":
            reborn.box = saved(reborn.look())
        assert lived.step(*step) == reborn.step(*step)
        assert lived.facts() == reborn.facts()
        assert lived.box.next_due_ns(RETENTION_NS) == reborn.box.next_due_ns(RETENTION_NS) or (
            isinstance(lived.box, FifoMailbox)
        )


@KINDS
@settings(max_examples=100)
@given(steps=STEPS)
def test_somebody_who_sleeps_until_the_next_due_instant_misses_nothing(
    kind: Callable[[], Mailbox], steps: list[Step]
) -> None:
    life = Life(kind)
    for step in steps:
        life.step(*step)
    box = life.look()
    while life.receive(box, 10, visibility_s=1):
        pass
    due_ns = box.next_due_ns(RETENTION_NS)
    if due_ns is None:
        assert box.counts(life.now)[0] == 0 or isinstance(box, FifoMailbox)
        return
    assert due_ns > life.now
    life.now = due_ns - 1
    assert not life.receive(life.look(), 10, visibility_s=1)


def filled(kind: Callable[[], Mailbox], count: int, groups: int) -> Mailbox:
    box = kind()
    for number in range(count):
        group = f"g{number % groups}" if groups else ""
        box.add(Message(0, "id", "body", SECOND_NS, "s", group=group), SECOND_NS, 0)
    return box


def cost_of_a_receive(box: Mailbox) -> int:
    """ns of the quickest of many receives and deletes."""
    now = SECOND_NS
    quickest = 1 << 60
    for _ in range(300):
        began = perf_counter_ns()
        box.settle(now, RETENTION_NS, 0)
        for message in box.take(now, 1):
            box.deliver(message, now, SECOND_NS)
            box.remove(message, now)
        quickest = min(quickest, perf_counter_ns() - began)
    return quickest


@pytest.mark.parametrize(
    ("kind", "groups"), [(StandardMailbox, 0), (StandardMailbox, 50), (FifoMailbox, 50)]
)
def test_receiving_from_many_costs_what_receiving_from_few_costs(
    kind: Callable[[], Mailbox], groups: int
) -> None:
    few = cost_of_a_receive(filled(kind, 400, groups))
    many = cost_of_a_receive(filled(kind, 100_000, groups))
    assert many < 3 * few


@KINDS
def test_a_hundred_thousand_expire_and_a_purge_ends_without_a_look_at_each(
    kind: Callable[[], Mailbox],
) -> None:
    box = filled(kind, 100_000, 3)
    box.settle(SECOND_NS + RETENTION_NS - 1, RETENTION_NS, 0)
    assert len(box) == 100_000
    began = perf_counter_ns()
    box.settle(SECOND_NS + RETENTION_NS, RETENTION_NS, 0)
    assert perf_counter_ns() - began < 50_000_000
    assert box.counts(SECOND_NS + RETENTION_NS) == (0, 0, 0)
    box = filled(kind, 100_000, 3)
    began = perf_counter_ns()
    box.clear()
    assert perf_counter_ns() - began < 50_000_000
    assert len(box) == 0
