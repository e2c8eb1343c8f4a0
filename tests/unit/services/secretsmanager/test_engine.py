"""Labels against a model, and the windows of rotation schedules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.services.secretsmanager.engine import (
    DAY_S,
    HOUR_S,
    BadRules,
    check_rules,
    move_stages,
    window_after,
)
from cloudchamber.services.secretsmanager.nouns import CURRENT, PREVIOUS, Rules, Secret, Version
from tests.unit.services.secretsmanager.vault import ONE


@pytest.mark.parametrize(
    ("schedule", "duration", "fits"),
    [
        ("rate(4 hours)", "", True),
        ("rate(4 hours)", "4h", True),
        ("rate(4 hours)", "5h", False),
        ("rate(3 hours)", "", False),
        ("rate(1 days)", "24h", True),
        ("rate(999 days)", "", True),
        ("rate(1000 days)", "", False),
        ("rate(300 minutes)", "", False),
        ("cron(0 8 1 * ? *)", "16h", True),
        ("cron(0 8 1 * ? *)", "17h", False),
        ("cron(0 /8 * * ? *)", "", False),
        ("cron(0 0/8 * * ? *)", "8h", True),
        ("cron(0 0/8 * * ? *)", "9h", False),
        ("cron(0 0/3 * * ? *)", "", False),
        ("cron(5 8 1 * ? *)", "", False),
        ("cron(0 8 1 * ? 2027)", "", False),
        ("cron(0 8 ? * SUN#1 *)", "", True),
        ("cron(0 8 L * ? *)", "", True),
    ],
)
def test_schedules(schedule: str, duration: str, fits: bool) -> None:
    rules = Rules(0, schedule, duration)
    if fits:
        check_rules(rules)
    else:
        with pytest.raises(BadRules):
            check_rules(rules)


RULES = st.one_of(
    st.integers(1, 1000).map(Rules),
    st.integers(1, 999).map(lambda days: Rules(0, f"rate({days} days)")),
    st.integers(4, 999).map(lambda hours: Rules(0, f"rate({hours} hours)", "2h")),
    st.sampled_from(
        [Rules(0, "cron(0 8 L * ? *)", "3h"), Rules(0, "cron(0 2,14 ? * SUN#1 *)", "")]
    ),
)


@given(RULES, st.integers(0, 10**9), st.integers(0, 10**8))
def test_windows_come_later_open_on_the_hour_and_end(rules: Rules, t_s: int, ago_s: int) -> None:
    check_rules(rules)
    window = window_after(rules, t_s, max(0, t_s - ago_s))
    assert window is not None
    assert window.start_s > t_s
    assert window.start_s % HOUR_S == 0
    assert HOUR_S <= window.end_s - window.start_s <= DAY_S
    assert (window.end_s - 1) // DAY_S == window.start_s // DAY_S or "hours" in rules.schedule
    # Asked from any instant before it opens, it is the same window.
    assert window_after(rules, window.start_s - 1, max(0, t_s - ago_s)) == window


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([CURRENT, "green", "blue"]))))
def test_a_label_is_on_one_version(moves: list[tuple[int, str]]) -> None:
    """Against a model: a map from label to version."""
    secret = Secret(
        name="a", account=ONE, region="r", arn="a", created_ns=0, changed_ns=0, primary_region="r",
        versions={str(number): Version(id=str(number), created_ns=0) for number in range(5)},
    )  # fmt: skip
    model: dict[str, str] = {}
    for number, label in moves:
        version = str(number)
        if label == CURRENT and model.get(CURRENT, version) != version:
            model[PREVIOUS] = model[CURRENT]
        model[label] = version
        move_stages(secret, version, [label])
    found = {label: each.id for each in secret.versions.values() for label in each.stages}
    assert found == model
    assert sum(len(each.stages) for each in secret.versions.values()) == len(model)
