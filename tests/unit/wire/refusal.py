"""Asking for the error that a call ends in, for tests where either end is right."""

from __future__ import annotations

from collections.abc import Callable

from cloudchamber.wire.errors import WireError


def refusal(call: Callable[[], object]) -> WireError | None:
    """The WireError that `call` raises, None if it raises none. Anything else comes through."""
    try:
        call()
    except WireError as error:
        return error
    return None
