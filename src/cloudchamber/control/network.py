"""Questions about the network: send a flow, ask what would become of one, see what is exposed.

Rules of this file: bodies and parameters are checked here, EC2 answers. A probe is an operation of
EC2's that AWS does not have, performed as the root user of the chamber's own account: so it is
journalled like every other input of the world, and what it brings about (flow records) happens in
whichever account and Region the interfaces are. The other two questions change nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import is_account
from cloudchamber.control.errors import ControlError
from cloudchamber.control.fields import known_fields
from cloudchamber.wire.errors import WireError

FIELDS: Final = ("source", "destination", "protocol", "port", "source_port")
PROTOCOLS: Final = ("tcp", "udp", "icmp", "icmpv6")
WITH_PORTS: Final = ("tcp", "udp")
PORT_MAX: Final = 65_535
NOT_FOUND: Final = 404
_MEMBERS: Final = (("Source", "source"), ("Destination", "destination"), ("Protocol", "protocol"))


def probe(cloud: Cloud, body: Mapping[str, Any]) -> dict[str, Any]:
    """One flow, sent. Raises ControlError."""
    return _ask(cloud, "Probe", _flow(body))


def reach(cloud: Cloud, query: Mapping[str, Any]) -> dict[str, Any]:
    """One flow, not sent. Raises ControlError."""
    return _ask(cloud, "Reach", _flow(query))


def exposed(cloud: Cloud, account: str | None, region: str | None) -> dict[str, Any]:
    """What the internet can reach. Raises ControlError."""
    if account and not is_account(account):
        raise ControlError("InvalidAccount", f"an account is 12 digits, not {account!r}", "account")
    asked = {"Account": account or "", "Region": region or ""}
    return _ask(cloud, "Exposed", asked)


def _flow(given: Mapping[str, Any]) -> dict[str, Any]:
    known_fields(given, FIELDS)
    flow: dict[str, Any] = {
        "Source": _text(given, "source"),
        "Destination": _text(given, "destination"),
    }
    protocol = given.get("protocol", "tcp")
    if protocol not in PROTOCOLS:
        known = ", ".join(PROTOCOLS)
        raise ControlError("InvalidProtocol", f"protocol is one of {known}", "protocol")
    flow["Protocol"] = protocol
    if protocol in WITH_PORTS:
        if "port" not in given:
            raise ControlError("MissingPort", f"{protocol} needs a port", "port")
        flow["Port"] = _port(given["port"], "port")
    elif "port" in given:
        raise ControlError("InvalidPort", f"{protocol} has no ports", "port")
    if "source_port" in given:
        if protocol not in WITH_PORTS:
            raise ControlError("InvalidPort", f"{protocol} has no ports", "source_port")
        flow["SourcePort"] = _port(given["source_port"], "source_port")
    return flow


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str) or not value:
        code = f"Missing{field.capitalize()}"
        what = "an interface, an instance, an address, a name, a gateway or `internet`"
        raise ControlError(code, f"{field} is {what}", field)
    return value


def _port(value: Any, field: str) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= PORT_MAX:
        message = f"{field} is a number from 0 to {PORT_MAX}, not {value!r}"
        raise ControlError("InvalidPort", message, field)
    return number


def _ask(cloud: Cloud, operation: str, request: dict[str, Any]) -> dict[str, Any]:
    try:
        return cloud.ask("ec2", operation, request)
    except WireError as error:
        field = (error.fields or {}).get("Field", "")
        status = NOT_FOUND if error.status == NOT_FOUND else 400
        raise ControlError(error.code, error.message, field, status) from error
