"""The lengths of time that AWS's pages speak of, in the kernel's unit: nanoseconds.

Rules of this file: values only. A month or a year has no fixed length, and so no name here.
"""

from __future__ import annotations

from typing import Final

SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS
HOUR_NS: Final = 60 * MINUTE_NS
DAY_NS: Final = 24 * HOUR_NS
