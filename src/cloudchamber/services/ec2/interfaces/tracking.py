"""Timeouts after which a security group forgets an idle connection.

Rules of this file: numbers and their bounds, in seconds.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.services.ec2.refusals import invalid_value

BOUNDS_S: Final = MappingProxyType(
    {
        "TcpEstablishedTimeout": (60, 432_000),
        "UdpStreamTimeout": (60, 180),
        "UdpTimeout": (30, 60),
    }
)


def checked_tracking(given: Mapping[str, Any] | None) -> dict[str, int]:
    """The timeouts of a request. Raises InvalidParameterValue."""
    chosen: dict[str, int] = {}
    for member, (least, most) in BOUNDS_S.items():
        value = (given or {}).get(member)
        if value is None:
            continue
        if not least <= value <= most:
            raise invalid_value(value, member, f"It must be between {least} and {most} seconds.")
        chosen[member] = value
    return chosen
