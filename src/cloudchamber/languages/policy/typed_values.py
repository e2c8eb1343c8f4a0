"""The values that conditions compare: numbers, dates, addresses, bytes, truth.

Rules of this file: text in, value out, None when the text is not of the type. Nothing here raises.
Dates become nanoseconds since the Unix epoch, exactly; numbers stay decimal.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Final

_NS: Final = 1_000_000_000
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_NUMBER: Final = re.compile(
    r"[+-]?(?:[0-9]{1,64}(?:\.[0-9]{0,64})?|\.[0-9]{1,64})(?:[eE][+-]?[0-9]{1,3})?"
)
# The six precisions of https://www.w3.org/TR/NOTE-datetime; the zone may be missing (UTC).
_ISO: Final = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2})"
    r"(?:T(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})"
    r"(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]{1,9})[0-9]*)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}:?[0-9]{2})?)?)?)?"
)
_EPOCH: Final = re.compile(r"(-?[0-9]{1,15})(?:\.([0-9]{1,9})[0-9]*)?")


def find_number(text: str) -> Decimal | None:
    """An integer or decimal number."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def find_date(text: str) -> int | None:
    """Nanoseconds since the epoch of a W3C date, or of epoch seconds. Four digits are a year."""
    iso = _ISO.fullmatch(text)
    if iso is not None:
        return _iso_ns(iso)
    epoch = _EPOCH.fullmatch(text)
    if epoch is None:
        return None
    fraction = int((epoch.group(2) or "").ljust(9, "0"))
    sign = -1 if text.startswith("-") else 1
    return int(epoch.group(1)) * _NS + sign * fraction


def _iso_ns(found: re.Match[str]) -> int | None:
    parts = {name: int(text or 0) for name, text in found.groupdict().items() if name != "zone"}
    try:
        days = date(parts["year"], parts["month"] or 1, parts["day"] or 1).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    if found["month"] == "00" or found["day"] == "00":
        return None
    if parts["hour"] > 23 or parts["minute"] > 59 or parts["second"] > 60:
        return None
    seconds = ((days * 24 + parts["hour"]) * 60 + parts["minute"]) * 60 + parts["second"]
    zone = found["zone"]
    if zone and zone != "Z":
        offset = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
        seconds += offset if zone[0] == "-" else -offset
    return seconds * _NS + int((found["fraction"] or "").ljust(9, "0"))


def find_truth(text: str) -> bool | None:
    """`true` or `false`, in any case."""
    folded = text.lower()
    return folded == "true" if folded in ("true", "false") else None


def find_bytes(text: str) -> bytes | None:
    """The bytes behind a base-64 text."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def find_network(text: str) -> Callable[[str], bool] | None:
    """A test for addresses within a CIDR block (a bare address is a block of one)."""
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        return None
    version = network.version
    mask = int(network.netmask)
    wanted = int(network.network_address)

    def contains(address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return found.version == version and int(found) & mask == wanted

    return contains
