"""Checks of bodies that several verbs share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cloudchamber.control.errors import ControlError


def known_fields(body: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Raises ControlError for a field that is not known."""
    for field in body:
        if field not in known:
            message = f"{field!r} is not known here; known are {', '.join(known)}"
            raise ControlError("UnknownField", message, field)
