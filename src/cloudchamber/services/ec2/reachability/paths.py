"""Network insights paths: the questions of Reachability Analyzer, kept to be asked again.

Rules of this file: a path is what was asked, checked; nothing is walked here.
https://docs.aws.amazon.com/vpc/latest/reachability/getting-started-cli.html
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import AddressValueError, IPv4Address
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.describing import Description, describe
from cloudchamber.services.ec2.reachability import limits
from cloudchamber.services.ec2.reachability.ends import End, expect_end
from cloudchamber.services.ec2.reachability.nouns import ANALYSES, PATH, Path, PathFilter, Ports
from cloudchamber.services.ec2.refusals import (
    invalid_combination,
    invalid_value,
    limit_exceeded,
    missing_parameter,
)

PROTOCOLS: Final = ("tcp", "udp")
PORT_MAX: Final = 65_535


def create_network_insights_path(call: Call, request: Input) -> Output:
    """Keep a question: from where to where, with which packets."""
    chosen = tags.specified(request, PATH.type)
    path = _read(call, request)
    if len(call.rows(PATH.table)) >= limits.PATHS_MAX:
        raise limit_exceeded(
            "NetworkInsightsPathLimitExceeded",
            f"The maximum number of network insights paths has been reached: {limits.PATHS_MAX}.",
        )
    path.id = kinds.new_id(call, PATH.prefix)
    kinds.add(call, PATH, path)
    tags.put(call, path.id, chosen)
    return {"NetworkInsightsPath": view(call, path)}


def delete_network_insights_path(call: Call, request: Input) -> Output:
    """Forget a question that has no answers left."""
    path = expect_path(call, request)
    if any(row.path == path.id for row in call.rows(ANALYSES).values()):
        raise AwsError(
            "AnalysisExistsForNetworkInsightsPath",
            f"The network insights path '{path.id}' has analyses. Delete them first.",
        )
    kinds.remove(call, PATH, path)
    return {"NetworkInsightsPathId": path.id}


def describe_network_insights_paths(call: Call, request: Input) -> Output:
    """The questions that are kept."""
    return describe(call, request, PATHS)


def expect_path(call: Call, request: Input) -> Path:
    """The path that a request names. Raises MissingParameter, NotFound."""
    identifier = request.get("NetworkInsightsPathId")
    if not identifier:
        raise missing_parameter("networkInsightsPathId")
    return kinds.expect_own(call, PATH, identifier)


def view(call: Call, path: Path) -> dict[str, Any]:
    """The path as AWS shows it."""
    shown: dict[str, Any] = {
        "NetworkInsightsPathId": path.id,
        "NetworkInsightsPathArn": kinds.arn_of(PATH, path.owner, call.region, path.id),
        "CreatedDate": path.created_ns / SECOND_NS,
        "Source": path.source,
        "SourceArn": path.source_arn,
        "Protocol": path.protocol,
        "Tags": tags.shown(call, path.id),
    }
    optional: dict[str, Any] = {
        "Destination": path.destination,
        "DestinationArn": path.destination_arn,
        "SourceIp": path.source_ip,
        "DestinationIp": path.destination_ip,
    }
    shown.update({name: value for name, value in optional.items() if value})
    if path.destination_port is not None:
        shown["DestinationPort"] = path.destination_port
    for name, each in (("Source", path.at_source), ("Destination", path.at_destination)):
        if each is not None:
            shown[f"FilterAt{name}"] = _filter_view(each)
    return shown


def _filter_view(given: PathFilter) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, address, ports in (
        ("Source", given.source, given.source_ports),
        ("Destination", given.destination, given.destination_ports),
    ):
        if address:
            shown[f"{name}Address"] = address
        if ports is not None:
            shown[f"{name}PortRange"] = {"FromPort": ports.first, "ToPort": ports.last}
    return shown


def _read(call: Call, request: Input) -> Path:
    for member, spelling in (("Source", "source"), ("Protocol", "protocol")):
        if not request.get(member):
            raise missing_parameter(spelling)
    protocol = request["Protocol"].lower()
    if protocol not in PROTOCOLS:
        raise invalid_value(request["Protocol"], "protocol", "Use tcp or udp.")
    at_source = _read_filter(request, "FilterAtSource")
    at_destination = _read_filter(request, "FilterAtDestination")
    port = request.get("DestinationPort")
    _check_combination(request, at_source, at_destination)
    source = expect_end(call, request["Source"], "source")
    destination = _destination(call, request, at_source, at_destination)
    if destination is not None and destination.id == source.id:
        raise invalid_value(
            destination.id, "destination", "The source and destination must be different."
        )
    return Path(
        id="",
        owner=call.account,
        source=source.id,
        source_arn=source.arn,
        protocol=protocol,
        destination=destination.id if destination else "",
        destination_arn=destination.arn if destination else "",
        source_ip=_address(request.get("SourceIp"), "sourceIp"),
        destination_ip=_address(request.get("DestinationIp"), "destinationIp"),
        destination_port=None if port is None else _port(port, "destinationPort"),
        at_source=at_source,
        at_destination=at_destination,
        created_ns=call.now,
    )


def _check_combination(
    request: Input, at_source: PathFilter | None, at_destination: PathFilter | None
) -> None:
    if at_source is not None and ("SourceIp" in request or "DestinationPort" in request):
        raise invalid_combination(
            "You cannot specify filterAtSource together with sourceIp or destinationPort."
        )
    if at_destination is not None and "DestinationIp" in request:
        raise invalid_combination(
            "You cannot specify filterAtDestination together with destinationIp."
        )


def _destination(
    call: Call, request: Input, at_source: PathFilter | None, at_destination: PathFilter | None
) -> End | None:
    given = request.get("Destination")
    if given:
        return expect_end(call, given, "destination")
    addressed = (at_source and at_source.destination) or (
        at_destination and at_destination.destination
    )
    if not request.get("DestinationIp") and not addressed:
        raise missing_parameter("destination")
    return None


def _read_filter(request: Input, member: str) -> PathFilter | None:
    given = request.get(member)
    if not given:
        return None
    where = member[0].lower() + member[1:]
    return PathFilter(
        source=_address(given.get("SourceAddress"), f"{where}.sourceAddress"),
        source_ports=_range(given.get("SourcePortRange"), f"{where}.sourcePortRange"),
        destination=_address(given.get("DestinationAddress"), f"{where}.destinationAddress"),
        destination_ports=_range(
            given.get("DestinationPortRange"), f"{where}.destinationPortRange"
        ),
    )


def _address(given: str | None, parameter: str) -> str:
    if not given:
        return ""
    try:
        return str(IPv4Address(given))
    except AddressValueError:
        raise invalid_value(given, parameter, "It is not an IPv4 address.") from None


def _range(given: Mapping[str, Any] | None, parameter: str) -> Ports | None:
    if not given:
        return None
    first = _port(given.get("FromPort", 0), f"{parameter}.fromPort")
    last = _port(given.get("ToPort", first), f"{parameter}.toPort")
    if first > last:
        raise invalid_value(f"{first}-{last}", parameter, "The range is empty.")
    return Ports(first, last)


def _port(given: int, parameter: str) -> int:
    if not 0 <= given <= PORT_MAX:
        raise invalid_value(given, parameter, f"A port is from 0 to {PORT_MAX}.")
    return given


def _ranged(ports: Ports | None) -> tuple[str, ...]:
    return () if ports is None else (f"{ports.first}-{ports.last}",)


def _texts(name: str) -> dict[str, Any]:
    """The filters on what packets look like at one end."""
    attribute = f"at_{name}"

    def of(part: str) -> Any:
        def texts(call: Call, row: Path) -> tuple[str, ...]:
            given: PathFilter | None = getattr(row, attribute)
            value = "" if given is None else getattr(given, part)
            return (value,) if value else ()

        return texts

    def ports(part: str) -> Any:
        def texts(call: Call, row: Path) -> tuple[str, ...]:
            given: PathFilter | None = getattr(row, attribute)
            return () if given is None else _ranged(getattr(given, part))

        return texts

    where = f"filter-at-{name}"
    return {
        f"{where}.source-address": of("source"),
        f"{where}.source-port-range": ports("source_ports"),
        f"{where}.destination-address": of("destination"),
        f"{where}.destination-port-range": ports("destination_ports"),
    }


PATHS: Final = Description(
    kind=PATH,
    ids="NetworkInsightsPathIds",
    answer="NetworkInsightsPaths",
    view=view,
    filters={
        "destination": lambda call, row: (row.destination, row.destination_arn),
        "source": lambda call, row: (row.source, row.source_arn),
        "protocol": lambda call, row: (row.protocol,),
        **_texts("source"),
        **_texts("destination"),
    },
    page_min=limits.PAGE_MIN,
    page_max=limits.PAGE_MAX,
)
