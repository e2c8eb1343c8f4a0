"""Whether what runs SQL is there. Both libraries are an optional extra.

Rules of this file: looks, loads nothing: a chamber that runs no query never pays for them.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

HOW = "pip install 'cloudchamber[sql]'"


@cache
def missing() -> tuple[str, ...]:
    """The libraries that are not installed."""
    return tuple(name for name in ("duckdb", "sqlglot") if find_spec(name) is None)
