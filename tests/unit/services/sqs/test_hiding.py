"""Hiding against a dictionary of instants."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.sqs.hiding import Hiding

# Tenths of a second, so that some share an instant, some a second, and some neither.
TENTH = SECOND_NS // 10
STEPS = st.lists(
    st.tuples(st.sampled_from(("hide", "delay", "drop", "move", "pass")), st.integers(0, 45)),
    max_size=80,
)


@given(STEPS)
def test_they_come_back_at_their_instant_in_order(steps: list[tuple[str, int]]) -> None:
    hiding = Hiding()
    model: dict[int, tuple[int, bool]] = {}
    now, seq = 5 * TENTH, 0
    for step, number in steps:
        if step in ("hide", "delay"):
            seq += 1
            model[seq] = (now + SECOND_NS + number * TENTH, step == "hide")
            hiding.put(seq, *model[seq])
        elif step in ("drop", "move") and model:
            chosen = list(model)[number % len(model)]
            visible_ns, in_flight = model.pop(chosen)
            hiding.drop(chosen, visible_ns, in_flight)
            if step == "move":
                model[chosen] = (now + SECOND_NS + number // 2 * TENTH, in_flight)
                hiding.put(chosen, *model[chosen])
        elif step == "pass":
            now += number * TENTH // 2
            due = sorted((at_ns, each) for each, (at_ns, _) in model.items() if at_ns <= now)
            released = list(hiding.release(now))
            assert sorted(released) == sorted(each for _, each in due)
            # By instant; those of one instant by arrival.
            assert released == [each for _, each in due]
            for _, each in due:
                del model[each]
        assert hiding.delayed == sum(not in_flight for _, in_flight in model.values())
        assert hiding.in_flight == sum(in_flight for _, in_flight in model.values())
        assert bool(hiding) == bool(model)
        expected = min((at_ns for at_ns, _ in model.values()), default=None)
        assert hiding.next_ns() == expected
        delayed, in_flight_ones = hiding.members()
        assert sorted(delayed + in_flight_ones) == sorted(model)


def test_a_second_is_given_back_in_parts() -> None:
    hiding = Hiding()
    hiding.put(1, 15 * TENTH, True)
    hiding.put(2, 18 * TENTH, False)
    hiding.put(3, 15 * TENTH, False)
    assert hiding.next_ns() == 15 * TENTH
    assert list(hiding.release(15 * TENTH - 1)) == []
    assert list(hiding.release(15 * TENTH)) == [1, 3]
    assert (hiding.in_flight, hiding.delayed) == (0, 1)
    assert hiding.next_ns() == 18 * TENTH
    hiding.drop(2, 18 * TENTH, False)
    assert list(hiding.release(18 * TENTH)) == []
    assert hiding.next_ns() is None


def test_one_instant_holds_a_hundred_thousand() -> None:
    hiding = Hiding()
    for seq in range(100_000):
        hiding.put(seq, 30 * SECOND_NS, True)
    assert hiding.release(30 * SECOND_NS - 1) == []
    assert hiding.release(30 * SECOND_NS) == list(range(100_000))
    assert not hiding


def test_receiving_and_deleting_leaves_nothing_behind() -> None:
    hiding = Hiding()
    for seq in range(10_000):
        hiding.put(seq, 30 * SECOND_NS + seq, True)
        hiding.drop(seq, 30 * SECOND_NS + seq, True)
    assert len(hiding._order) == 1
    assert hiding.next_ns() is None
    assert not hiding._order
