"""A memory of fixed length."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.sqs.ledger import Ledger, Remembered

STEPS = st.lists(
    st.tuples(st.sampled_from(("remember", "find", "pass", "dump")), st.integers(0, 5)), max_size=60
)


class Value(Remembered, frozen=True):
    """Something to remember."""

    number: int


def found(ledger: Ledger[Value], key: str, now: int) -> int | None:
    value = ledger.find(key, now)
    return None if value is None else value.number


@given(STEPS)
def test_it_knows_a_value_until_its_end(steps: list[tuple[str, int]]) -> None:
    ledger: Ledger[Value] = Ledger()
    model: dict[str, tuple[int, int]] = {}
    now = 0
    for count, (step, number) in enumerate(steps):
        key = f"key-{number}"
        if step == "remember":
            ledger.remember(Value(key, now + 10, count))
            model[key] = (count, now + 10)
        elif step == "pass":
            now += number
        elif step == "dump":
            ledger = Ledger(ledger.dump())
        value, until_ns = model.get(key, (None, 0))
        assert found(ledger, key, now) == (value if now < until_ns else None)


def test_all_of_an_instant_end_together() -> None:
    ledger: Ledger[Value] = Ledger()
    for number in range(20):
        ledger.remember(Value(str(number), 10, number))
    assert [found(ledger, str(number), 9) for number in range(20)] == list(range(20))
    assert {found(ledger, str(number), 10) for number in reversed(range(20))} == {None}


def test_it_forgets_what_it_no_longer_knows() -> None:
    ledger: Ledger[Value] = Ledger()
    for number in range(10_000):
        ledger.remember(Value(str(number), number + 10, number))
        ledger.remember(Value("again", number + 10, number))
        ledger.find("x", number)
    assert len(ledger) <= 11
    assert found(ledger, "again", 10_008) == 9_999
    assert found(ledger, "again", 10_009) is None
