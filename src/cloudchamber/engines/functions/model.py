"""How long a function takes and how much it uses, where nothing may be measured.

Rules of this file: integers from facts that are equal in every run. A clock that waits for clients
stands still while a function computes, so what is left is what it waited for on that clock, and a
floor. What a start costs is taken from the middle of what AWS users publish for small functions.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

MS: Final = 1_000_000
FLOOR_NS: Final = 2 * MS
INIT_NS: Final = MappingProxyType(
    {"python": 120 * MS, "nodejs": 150 * MS, "provided": 40 * MS, "java": 500 * MS}
)
MEMORY_STEP_MB: Final = 64
SECOND_NS: Final = 1000 * MS
FREE_BYTES: Final = 6 << 20
BYTES_A_SECOND: Final = 2 << 20


def duration_ns(began_ns: int, ended_ns: int) -> int:
    """Modelled: what passed on the chamber's clock, and a floor for what was computed."""
    return FLOOR_NS + ended_ns - began_ns


def sending_ns(length: int) -> int:
    """Modelled: streaming an answer of this length. The first 6 MB go as fast as they can, the rest
    at 2 MB a second, lambda/latest/dg/configuration-response-streaming.html."""
    return max(0, length - FREE_BYTES) * SECOND_NS // BYTES_A_SECOND


def init_ns(runtime: str) -> int:
    """Modelled: the start of an environment."""
    family = runtime.rstrip("0123456789.x")
    return INIT_NS.get(family.partition(".")[0], INIT_NS["provided"])


def memory_mb(used_mb: int, size_mb: int) -> int:
    """Measured, but in steps so wide that two runs of the same function agree."""
    steps = max(1, -(-used_mb // MEMORY_STEP_MB))
    return min(size_mb, steps * MEMORY_STEP_MB)
