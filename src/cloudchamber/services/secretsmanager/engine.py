"""Staging labels and rotation windows: the two algorithms, without a world.

Rules of this file: a label is on one version at a time; AWSPREVIOUS follows AWSCURRENT. Windows are
in seconds since the epoch, UTC, and open on the hour.
https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_schedule.html
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from cloudchamber.languages.schedules import Cron, MalformedSchedule, parse_schedule
from cloudchamber.services.secretsmanager.nouns import CURRENT, PREVIOUS, Rules, Secret

HOUR_S: Final = 3_600
DAY_S: Final = 86_400
HOURS_MIN: Final = 4
DAYS_MAX: Final = 999


class Window(NamedTuple):
    """From `start_s` on, before `end_s`."""

    start_s: int
    end_s: int


class BadRules(ValueError):
    """The schedule is none; the message says why."""


# Labels


def move_stages(secret: Secret, version_id: str, stages: Sequence[str]) -> None:
    """Put labels on a version, taking them from others; AWSPREVIOUS goes where AWSCURRENT was."""
    old = next((each for each in secret.versions.values() if CURRENT in each.stages), None)
    for stage in stages:
        _put(secret, version_id, stage)
    if CURRENT in stages and old is not None and old.id != version_id:
        _put(secret, old.id, PREVIOUS)


def _put(secret: Secret, version_id: str, stage: str) -> None:
    for version in secret.versions.values():
        if version.id == version_id:
            if stage not in version.stages:
                version.stages = [*version.stages, stage]
        elif stage in version.stages:
            version.stages = [each for each in version.stages if each != stage]


def outdated(secret: Secret, now_ns: int, young_ns: int, limit: int) -> list[str]:
    """The ids of versions to let go: without labels, older than `young_ns`, beyond `limit`."""
    excess = len(secret.versions) - limit
    found = [
        version.id
        for version in secret.versions.values()
        if not version.stages and now_ns - version.created_ns >= young_ns
    ]
    return found[: max(0, excess)]


# Windows


def check_rules(rules: Rules) -> None:
    """Raises BadRules for a schedule that Secrets Manager does not take."""
    if rules.days and rules.schedule:
        raise BadRules("You can't specify both AutomaticallyAfterDays and ScheduleExpression.")
    if not rules.days and not rules.schedule:
        raise BadRules("You must specify AutomaticallyAfterDays or ScheduleExpression.")
    hours = int(rules.duration[:-1]) if rules.duration else 0
    if rules.duration and not 1 <= hours <= 24:
        raise BadRules("The Duration must be from 1h to 24h.")
    start_hour, between_h = _starts(rules)
    if hours > between_h or (between_h >= 24 and start_hour + hours > 24):
        raise BadRules("The rotation window must not extend into the next UTC day or window.")


def _starts(rules: Rules) -> tuple[int, int]:
    """The latest hour of the day at which a window opens, and the hours from one to the next."""
    if rules.days:
        return 0, rules.days * 24
    try:
        schedule = parse_schedule(rules.schedule, number_agrees=False)
    except MalformedSchedule as error:
        raise BadRules(f"Invalid ScheduleExpression: {error}.") from None
    if isinstance(schedule, Cron):
        if schedule.minutes != (0,) or not rules.schedule.rstrip(") ").endswith("*"):
            raise BadRules("A cron expression must have 0 in its minutes and * in its year.")
        return _cron_starts(schedule)
    if schedule.unit == "minute":
        raise BadRules("A rate is in hours or days.")
    if schedule.unit == "day":
        if schedule.value > DAYS_MAX:
            raise BadRules(f"A rate is at most {DAYS_MAX} days.")
        return 0, schedule.value * 24
    if not HOURS_MIN <= schedule.value <= DAYS_MAX * 24:
        raise BadRules(f"A rate is at least {HOURS_MIN} hours.")
    return 0, schedule.value


def _cron_starts(schedule: Cron) -> tuple[int, int]:
    hours = schedule.hours
    if len(hours) == 1:
        return hours[0], 24
    around = [*hours, hours[0] + 24]
    between_h = min(later - sooner for sooner, later in pairwise(around))
    if between_h < HOURS_MIN:
        raise BadRules(f"A secret can be rotated as often as every {HOURS_MIN} hours.")
    return hours[-1], between_h


def window_after(rules: Rules, t_s: int, rotated_s: int) -> Window | None:
    """The next window that opens after `t_s`; `rotated_s` is when the secret was last rotated.

    None when a cron expression names no more instants.
    """
    hours = int(rules.duration[:-1]) if rules.duration else 0
    if rules.days:
        return _days(rules.days, t_s, rotated_s, hours)
    schedule = parse_schedule(rules.schedule, number_agrees=False)
    if isinstance(schedule, Cron):
        start_s = schedule.next_after(t_s)
        if start_s is None:
            return None
        end_s = start_s + HOUR_S if len(schedule.hours) > 1 else _day_after(start_s)
        return Window(start_s, start_s + hours * HOUR_S if hours else end_s)
    if schedule.unit == "day":
        return _days(schedule.value, t_s, rotated_s, hours)
    start_s = schedule.next_after(t_s, rotated_s // HOUR_S * HOUR_S)
    return Window(start_s, start_s + (hours or 1) * HOUR_S)


def _days(days: int, t_s: int, rotated_s: int, hours: int) -> Window:
    start_s = (rotated_s // DAY_S + days) * DAY_S
    while start_s <= t_s:
        start_s += days * DAY_S
    return Window(start_s, start_s + hours * HOUR_S if hours else start_s + DAY_S)


def _day_after(t_s: int) -> int:
    return (t_s // DAY_S + 1) * DAY_S
