"""Lives as tables: states, events, and how long a state lasts.

Rules of this file: a life is data. `move` answers the next state or raises and changes nothing;
`delay_ns` says when the next step is due under the chamber's lifecycle profile. The kernel event
that carries it is the service's. Each duration names its source where AWS publishes one.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from cloudchamber.cloud.settings import Lifecycle as Profile


class IllegalMove(ValueError):
    """No such move from this state. Nothing was changed."""


class Delay(NamedTuple):
    """How long a state lasts, in ns: usual and slowest legal value, and where that comes from."""

    realistic_ns: int
    adversarial_ns: int
    source: str


class Lifecycle:
    """A state table: `moves[(state, event)] -> state`, and `delays[state]` for timed states."""

    __slots__ = ("delays", "initial", "moves", "name")

    def __init__(
        self,
        name: str,
        initial: str,
        moves: Mapping[tuple[str, str], str],
        delays: Mapping[str, Delay] | None = None,
    ) -> None:
        self.name = name
        self.initial = initial
        self.moves = MappingProxyType(dict(moves))
        self.delays = MappingProxyType(dict(delays or {}))

    def move(self, state: str, event: str) -> str:
        """The state after `event`. Raises IllegalMove."""
        try:
            return self.moves[state, event]
        except KeyError:
            raise IllegalMove(f"{self.name}: no {event!r} in state {state!r}") from None

    def delay_ns(self, profile: Profile, state: str) -> int:
        """How long `state` lasts under a profile; 0 under `instant`."""
        if profile == "instant":
            return 0
        delay = self.delays[state]
        return delay.realistic_ns if profile == "realistic" else delay.adversarial_ns
