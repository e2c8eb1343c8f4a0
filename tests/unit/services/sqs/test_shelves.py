"""Shelves against a dictionary."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.sqs.message import Message
from cloudchamber.services.sqs.shelves import SIZE, Shelves

Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(("put", "late", "skip", "remove", "expire", "clear")), st.integers(0, 9)
    ),
    max_size=60,
)


def message(seq: int, sent_ns: int, visible_ns: int = 0) -> Message:
    return Message(seq, f"id-{seq}", "body", sent_ns, "sender", visible_ns)


@given(STEPS)
def test_they_hold_what_a_dictionary_holds(steps: list[Step]) -> None:
    shelves, model = Shelves(), dict[int, Message]()
    seq, now = 0, 1000
    told: list[int] = []
    for step, number in steps:
        if step in ("put", "late"):
            seq += 1
            now += number
            one = message(seq, now - (500 * number if step == "late" else 0), now + number - 5)
            shelves.put(one)
            model[seq] = one
        elif step == "skip":
            seq += number * SIZE // 4
        elif step == "remove" and model:
            one = model.pop(list(model)[number % len(model)])
            shelves.remove(one)
        elif step == "expire":
            old = [each for each in model.values() if each.sent_ns <= now - 20 * number]
            told.clear()
            changed = shelves.expire(now - 20 * number, now, lambda each: told.append(each.seq))
            assert changed == bool(old)
            assert sorted(told) == sorted(each.seq for each in old if each.visible_ns > now)
            for each in old:
                del model[each.seq]
        elif step == "clear":
            shelves.clear()
            model.clear()
        shelves.bury()
        assert len(shelves) == len(model)
        assert list(shelves) == list(model.values())
        assert all(shelves.find(each) is model.get(each) for each in range(seq + 2))
        oldest_ns = shelves.oldest_ns()
        assert (oldest_ns is None) == (not model)
        assert oldest_ns is None or oldest_ns <= min(each.sent_ns for each in model.values())


def test_what_is_too_old_goes_by_the_shelf() -> None:
    shelves = Shelves()
    for seq in range(1, 10 * SIZE):
        shelves.put(message(seq, sent_ns=seq))
    told: list[Message] = []
    assert shelves.expire(5 * SIZE + 7, 0, told.append)
    assert not told  # none of them was hidden, so none was looked at
    assert len(shelves) == 10 * SIZE - 1 - (5 * SIZE + 7)
    assert shelves.find(5 * SIZE + 7) is None
    assert shelves.find(5 * SIZE + 8) is not None
    assert shelves.oldest_ns() == 5 * SIZE + 8


def test_the_fresh_are_counted_by_the_shelf() -> None:
    shelves = Shelves()
    for seq in range(1, 3 * SIZE):
        shelves.put(message(seq, sent_ns=seq))
    for seq in range(1, 3 * SIZE, 3):
        one = shelves.expect(seq)
        shelves.note_received(one)
        one.receive_count = 1
    for seq in range(1, 3 * SIZE, 7):
        shelves.remove(shelves.expect(seq))
    for since in (0, 5, SIZE, 2 * SIZE - 3, 3 * SIZE):
        fresh = [each for each in shelves if each.sent_ns > since and not each.receive_count]
        assert shelves.count_fresh_since(since) == len(fresh)


def test_what_is_given_up_is_let_go_by_and_by() -> None:
    shelves = Shelves()
    numbers, names = list(range(3 * SIZE + 1)), dict.fromkeys(range(3 * SIZE + 1))
    shelves.give_up(numbers, names)
    for left in (2, 1, 0):
        shelves.bury()
        assert len(names) == left * SIZE + 1
    for _ in range(2):
        shelves.bury()
    assert len(numbers) == 2 * SIZE + 1


def test_a_shelf_that_is_still_being_filled_takes_more_after_it_was_emptied() -> None:
    shelves = Shelves()
    for seq in range(1, 50):
        shelves.put(message(seq, sent_ns=seq))
        shelves.expire(seq, 0, lambda each: None)
        assert len(shelves) == 0
    shelves.put(message(50, sent_ns=90))
    assert shelves.oldest_ns() is not None
    assert not shelves.expire(89, 0, lambda each: None)
    assert shelves.expire(90, 0, lambda each: None)
