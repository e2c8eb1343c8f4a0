"""The event log: bounded, ordered, and able to say why."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.cloud.events import EventLog


def test_why_walks_causes_backwards_and_shows_the_newest_last() -> None:
    log = EventLog(10)
    first = log.add(1, "arn:a", "a.made", "a was made")
    log.add(2, "arn:x", "x.made", "x was made")
    last = log.add(3, "arn:b", "b.broke", "b broke", first)
    assert [event.number for event in log.why("arn:b")] == [first, last]


def test_why_takes_the_newest_event_about_a_thing() -> None:
    log = EventLog(10)
    log.add(1, "arn:a", "a.made", "")
    newest = log.add(2, "arn:a", "a.gone", "")
    assert [event.number for event in log.why("arn:a")] == [newest]


def test_why_finds_an_event_by_its_id_and_by_its_request() -> None:
    log = EventLog(10)
    number = log.add(1, "arn:a", "a.made", "", request="r-1")
    assert log.why(f"ev-{number}") == log.why("r-1") != []


def test_an_id_finds_what_its_arn_ends_with() -> None:
    log = EventLog(10)
    number = log.add(1, "arn:aws:ec2:eu-west-1:1:instance/i-0a1b", "ec2.stopped", "")
    assert [event.number for event in log.why("i-0a1b")] == [number]
    assert log.why("0a1b") == []


def test_the_oldest_event_is_forgotten_first_and_a_chain_ends_there() -> None:
    log = EventLog(2)
    first = log.add(1, "a", "w", "")
    second = log.add(2, "b", "w", "", first)
    log.add(3, "c", "w", "", second)
    assert log.find(first) is None
    assert [event.about for event in log.why("c")] == ["b", "c"]


def test_select_gives_the_newest_within_the_limit_oldest_first() -> None:
    log = EventLog(10)
    for t_ns in range(5):
        log.add(t_ns, "a" if t_ns % 2 else "b", "w", "")
    assert [event.time_ns for event in log.select(limit=2)] == [3, 4]
    assert [event.time_ns for event in log.select(since_ns=2)] == [2, 3, 4]
    assert [event.time_ns for event in log.select(about="a")] == [1, 3]


@given(st.lists(st.integers(0, 3), max_size=30), st.integers(1, 8))
def test_find_gives_the_event_of_a_number_even_when_numbers_have_gaps(
    gaps: list[int], limit: int
) -> None:
    log = EventLog(limit)
    kept: list[int] = []
    for gap in gaps:
        log.last += gap
        kept.append(log.add(log.last, "a", "w", ""))
    for number in range(1, log.last + 2):
        found = log.find(number)
        if number in kept[-limit:]:
            assert found is not None
            assert found.number == number
        else:
            assert found is None


def test_a_loaded_log_is_the_dumped_one() -> None:
    log = EventLog(10)
    log.add(1, "a", "w", "s", 0, {"k": 1})
    other = EventLog(10)
    other.load(log.dump())
    assert list(other) == list(log)
    assert other.last == log.last
