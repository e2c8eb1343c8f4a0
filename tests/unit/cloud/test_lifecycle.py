"""Lives as tables: legal moves move, illegal ones raise and change nothing."""

from __future__ import annotations

import pytest

from cloudchamber.cloud.lifecycle import Delay, IllegalMove, Lifecycle
from cloudchamber.cloud.settings import Lifecycle as Profile

LIFE = Lifecycle(
    "door",
    "open",
    {("open", "close"): "closing", ("closing", "shut"): "closed"},
    {"closing": Delay(5, 9, "a test")},
)


def test_a_move_of_the_table_gives_the_next_state() -> None:
    assert LIFE.move("open", "close") == "closing"


@pytest.mark.parametrize(("state", "event"), [("closed", "close"), ("open", "shut"), ("x", "y")])
def test_a_move_outside_the_table_raises_and_names_both(state: str, event: str) -> None:
    with pytest.raises(IllegalMove, match=f"{event}.*{state}"):
        LIFE.move(state, event)


@pytest.mark.parametrize(
    ("profile", "delay_ns"), [("instant", 0), ("realistic", 5), ("adversarial", 9)]
)
def test_the_profile_decides_how_long_a_state_lasts(profile: Profile, delay_ns: int) -> None:
    assert LIFE.delay_ns(profile, "closing") == delay_ns
