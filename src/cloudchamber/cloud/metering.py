"""Metering: what was used, counted as it happens, in the units AWS bills.

Rules of this file: counts only, no prices. A line is (service, account, region, resource, usage);
the usage names are those of AWS's bill where it has one (`Requests-Tier1`), each with its unit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Line = tuple[str, str, str, str, str]


class Meter:
    """Running totals per line since the last reset."""

    __slots__ = ("_totals",)

    def __init__(self) -> None:
        self._totals: dict[Line, float] = {}

    def add(self, line: Line, amount: float = 1) -> None:
        """Count `amount` more of a usage."""
        self._totals[line] = self._totals.get(line, 0) + amount

    def add_each(self, lines: Iterable[tuple[Line, float]]) -> None:
        """Count several usages."""
        totals = self._totals
        for line, amount in lines:
            totals[line] = totals.get(line, 0) + amount

    def lines(self) -> list[tuple[Line, float]]:
        """Every line with its total, sorted."""
        return sorted(self._totals.items())

    def clear(self) -> None:
        """Start again from nothing."""
        self._totals.clear()

    def dump(self) -> list[Any]:
        """Plain data for a snapshot."""
        return [[*line, amount] for line, amount in self._totals.items()]

    def load(self, dumped: list[Any]) -> None:
        """Put back what `dump` gave."""
        self._totals = {
            (service, account, region, resource, usage): amount
            for service, account, region, resource, usage, amount in dumped
        }
