"""`rate(5 minutes)`: a value and a unit.

Rules of this file: text to a span of whole seconds. A value of 1 has a singular unit, any other a
plural one, as the services that read these expressions ask for.
https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Final, NamedTuple

from cloudchamber.languages.schedules.errors import MalformedSchedule

SECONDS: Final = MappingProxyType({"minute": 60, "hour": 3600, "day": 86_400})
_FORM: Final = re.compile(r"rate\(\s*([0-9]{1,9})\s+(minute|hour|day)(s?)\s*\)")


class Rate(NamedTuple):
    """So many units (`minute`, `hour`, `day`)."""

    value: int
    unit: str

    @property
    def period_s(self) -> int:
        """How long it is from one time to the next."""
        return self.value * SECONDS[self.unit]

    def next_after(self, t_s: int, origin_s: int = 0) -> int:
        """The first instant later than `t_s` that is a whole number of periods after `origin_s`."""
        period_s = self.period_s
        return origin_s + ((t_s - origin_s) // period_s + 1) * period_s


def parse_rate(text: str, *, number_agrees: bool = True) -> Rate:
    """The rate in `text`. Raises MalformedSchedule.

    `number_agrees` asks for `1 day` and `2 days`; without it `1 days` will do.
    """
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise MalformedSchedule("a rate is written rate(value unit)")
    value = int(form.group(1))
    if value < 1:
        raise MalformedSchedule("the value of a rate is at least 1")
    if number_agrees and (value == 1) == bool(form.group(3)):
        raise MalformedSchedule("a unit is singular for a value of 1, plural for others")
    return Rate(value, form.group(2))
