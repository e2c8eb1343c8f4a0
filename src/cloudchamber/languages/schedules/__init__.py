"""AWS's schedule expressions: cron and rate, from text to the next instant.

Rules of this package: pure text to tree to seconds since the epoch, in UTC; no clock, no state.
`parse_schedule` raises MalformedSchedule and nothing else.
"""

from __future__ import annotations

from cloudchamber.languages.schedules.cron import Cron, parse_cron
from cloudchamber.languages.schedules.errors import MalformedSchedule
from cloudchamber.languages.schedules.rate import Rate, parse_rate

__all__ = ("Cron", "MalformedSchedule", "Rate", "parse_cron", "parse_rate", "parse_schedule")


def parse_schedule(text: str, *, number_agrees: bool = True) -> Cron | Rate:
    """The schedule in `text`, `cron(...)` or `rate(...)`. Raises MalformedSchedule."""
    if text.strip().startswith("rate("):
        return parse_rate(text, number_agrees=number_agrees)
    return parse_cron(text)
