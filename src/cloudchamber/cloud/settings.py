"""Everything a chamber can be told before it opens, in one frozen value.

Rules of this file: values and their checks only. The process environment and the command line are
read elsewhere; an unknown or impossible setting is an error here, never a silent default.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.kernel import KernelError
from cloudchamber.kernel.modes import parse_mode

Lifecycle = Literal["instant", "realistic", "adversarial"]
Permissions = Literal["off", "warn", "enforce"]
Throttling = Literal["off", "enforce"]
Functions = Literal["lock-step", "serial", "free"]

DEFAULT_ACCOUNT = "000000000000"
DEFAULT_REGION = "us-east-1"
# 2027-01-01T00:00:00Z. A fixed start makes a chamber's answers equal to the last byte between
# runs; the server starts at the wall clock instead, because clients compare expiries with theirs.
DEFAULT_START_NS = 1_798_761_600 * SECOND_NS
ACCOUNT_DIGITS = 12


class SettingsError(ValueError):
    """A setting is unknown or has no meaning. `field` names it, the text says what is allowed."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """How a world is made. Part of its identity: equal settings and inputs give an equal digest.

    `start_ns` is the first instant of the clock (ns since the Unix epoch). `clock` is `live`,
    `demand`, `manual`, `auto` or a rate such as `x60`. `account` is who an unknown key belongs to.
    `functions` is in which order functions that run at once are heard: see `server/functions/gate`.
    `events_max` bounds the event log, `requests_max` the log of calls that `why` can explain.
    """

    seed: int = 1
    start_ns: int = DEFAULT_START_NS
    clock: str = "demand"
    account: str = DEFAULT_ACCOUNT
    region: str = DEFAULT_REGION
    lifecycle: Lifecycle = "instant"
    iam: Permissions = "warn"
    throttling: Throttling = "off"
    functions: Functions = "lock-step"
    events_max: int = 100_000
    requests_max: int = 10_000

    def __post_init__(self) -> None:
        _one_of("lifecycle", self.lifecycle, get_args(Lifecycle))
        _one_of("iam", self.iam, get_args(Permissions))
        _one_of("throttling", self.throttling, get_args(Throttling))
        _one_of("functions", self.functions, get_args(Functions))
        try:
            parse_mode(self.clock)
        except KernelError as error:
            raise SettingsError("clock", str(error)) from error
        if not is_account(self.account):
            raise SettingsError("account", f"account must be 12 digits, not {self.account!r}")
        if not 0 <= self.seed < 2**64:
            raise SettingsError("seed", f"seed must be from 0 to 2^64-1, not {self.seed}")
        for field in ("events_max", "requests_max"):
            if getattr(self, field) < 1:
                raise SettingsError(field, f"{field} must be at least 1")


def is_account(text: str) -> bool:
    """True for a 12-digit AWS account id."""
    return len(text) == ACCOUNT_DIGITS and text.isascii() and text.isdigit()


def _one_of(field: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingsError(field, f"{field} must be {' or '.join(allowed)}, not {value!r}")
