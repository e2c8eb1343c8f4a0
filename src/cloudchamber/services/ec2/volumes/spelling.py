"""Instants and booleans, as EC2's outputs and filters spell them. Pure functions."""

from __future__ import annotations

from datetime import UTC, datetime

from cloudchamber.cloud.durations import SECOND_NS


def seconds(t_ns: int) -> float:
    """An instant as outputs have it."""
    return t_ns / SECOND_NS


def nanoseconds(t_s: float) -> int:
    """An instant that a request gave, in seconds."""
    return int(t_s * 1000) * (SECOND_NS // 1000)


def truth(value: bool) -> tuple[str, ...]:
    """A boolean as filters match it."""
    return ("true" if value else "false",)


def instant(t_ns: int) -> str:
    """An instant as filters match it: `2027-01-01T00:00:00.000Z`."""
    whole, rest = divmod(t_ns, SECOND_NS)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1_000_000:03}Z"
