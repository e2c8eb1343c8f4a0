"""The fields of a flow log's line: their names, the version that brought them, their values.

Rules of this file: a table. A field is a function of a record; "-" stands where there is nothing
to say.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.services.ec2.flow_logs.nouns import Record

NOTHING: Final = "-"
_TOKEN: Final = re.compile(r"\$\{([^{}]*)\}")


class Field(NamedTuple):
    """The version of flow logs that brought a field, its type in Parquet files, its value."""

    version: int
    type: str
    value: Callable[[Record], Any]


class BadFormat(ValueError):
    """A LogFormat names no field, or one that does not exist; the text is the error's."""


def _of(name: str) -> Callable[[Record], Any]:
    def value(record: Record) -> Any:
        return getattr(record.seen, name)

    return value


def _packet(name: str, plain: str) -> Callable[[Record], Any]:
    def value(record: Record) -> Any:
        return getattr(record.seen, name) or getattr(record.seen, plain)

    return value


def _lost(place: int) -> Callable[[Record], Any]:
    return lambda record: str(record.lost[place])


def _text(name: str, version: int) -> Field:
    return Field(version, "VARCHAR", _of(name))


def _family(record: Record) -> str:
    return "IPv6" if ":" in record.seen.source else "IPv4"


def _empty(record: Record) -> str:
    return ""


def _of_version(version: int, fields: Mapping[str, Field]) -> dict[str, Field]:
    """The same fields, brought by another version."""
    return {name: field._replace(version=version) for name, field in fields.items()}


_SOURCE_SERVICE: Final = _text("source_service", 5)
_DESTINATION_SERVICE: Final = _text("destination_service", 5)
_FLAGS: Final = Field(3, "INTEGER", lambda record: str(record.tcp_flags))

# The fields of both kinds of flow logs. `version` is not a value of a record.
_COMMON: Final[Mapping[str, Field]] = MappingProxyType(
    {
        "version": Field(2, "INTEGER", _empty),
        "account-id": _text("account", 2),
        "srcaddr": _text("source", 2),
        "dstaddr": _text("destination", 2),
        "srcport": Field(2, "INTEGER", lambda record: str(record.seen.source_port)),
        "dstport": Field(2, "INTEGER", lambda record: str(record.seen.destination_port)),
        "protocol": Field(2, "INTEGER", lambda record: str(record.seen.protocol)),
        "packets": Field(2, "BIGINT", lambda record: str(record.packets)),
        "bytes": Field(2, "BIGINT", lambda record: str(record.octets)),
        "start": Field(2, "BIGINT", lambda record: str(record.start_ns // SECOND_NS)),
        "end": Field(2, "BIGINT", lambda record: str(record.end_ns // SECOND_NS)),
        "log-status": Field(2, "VARCHAR", lambda record: "OK"),
        "type": Field(3, "VARCHAR", _family),
        "tcp-flags": _FLAGS,
        "region": _text("region", 4),
        "pkt-src-aws-service": _SOURCE_SERVICE,
        "pkt-dst-aws-service": _DESTINATION_SERVICE,
        "flow-direction": _text("direction", 5),
    }
)
_ECS: Final = (
    "ecs-cluster-arn", "ecs-cluster-name", "ecs-container-instance-arn",
    "ecs-container-instance-id", "ecs-container-id", "ecs-second-container-id",
    "ecs-service-name", "ecs-task-definition-arn", "ecs-task-arn", "ecs-task-id",
)  # fmt: skip
VPC_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        **_COMMON,
        "interface-id": _text("interface", 2),
        "action": _text("action", 2),
        "vpc-id": _text("vpc", 3),
        "subnet-id": _text("subnet", 3),
        "instance-id": _text("instance", 3),
        "pkt-srcaddr": Field(3, "VARCHAR", _packet("packet_source", "source")),
        "pkt-dstaddr": Field(3, "VARCHAR", _packet("packet_destination", "destination")),
        "az-id": _text("zone_id", 4),
        "sublocation-type": _text("sublocation_type", 4),
        "sublocation-id": _text("sublocation_id", 4),
        "traffic-path": Field(5, "INTEGER", lambda record: str(_of("path")(record) or "")),
        **dict.fromkeys(_ECS, Field(7, "VARCHAR", _empty)),
        "reject-reason": _text("reject_reason", 8),
        "resource-id": Field(9, "VARCHAR", _empty),
        "encryption-status": Field(10, "INTEGER", _empty),
    }
)
TRANSIT_FIELDS: Final[Mapping[str, Field]] = MappingProxyType(
    {
        **_of_version(6, _COMMON),
        "resource-type": Field(6, "VARCHAR", lambda record: "TransitGateway"),
        "tgw-id": _text("gateway", 6),
        "tgw-attachment-id": _text("attachment", 6),
        "tgw-src-vpc-account-id": _text("source_account", 6),
        "tgw-dst-vpc-account-id": _text("destination_account", 6),
        "tgw-src-vpc-id": _text("source_vpc", 6),
        "tgw-dst-vpc-id": _text("destination_vpc", 6),
        "tgw-src-subnet-id": _text("source_subnet", 6),
        "tgw-dst-subnet-id": _text("destination_subnet", 6),
        "tgw-src-eni": _text("source_interface", 6),
        "tgw-dst-eni": _text("destination_interface", 6),
        "tgw-src-az-id": _text("source_zone_id", 6),
        "tgw-dst-az-id": _text("destination_zone_id", 6),
        "tgw-pair-attachment-id": _text("pair_attachment", 6),
        "packets-lost-no-route": Field(6, "BIGINT", _lost(0)),
        "packets-lost-blackhole": Field(6, "BIGINT", _lost(1)),
        "packets-lost-mtu-exceeded": Field(6, "BIGINT", _lost(2)),
        "packets-lost-ttl-expired": Field(6, "BIGINT", _lost(3)),
    }
)
DEFAULT_VPC: Final = " ".join(
    f"${{{name}}}"
    for name in (
        "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
        "protocol", "packets", "bytes", "start", "end", "action", "log-status",
    )
)  # fmt: skip
DEFAULT_TRANSIT: Final = " ".join(
    f"${{{name}}}"
    for name in (
        "version", "resource-type", "account-id", "tgw-id", "tgw-attachment-id",
        "tgw-src-vpc-account-id", "tgw-dst-vpc-account-id", "tgw-src-vpc-id", "tgw-dst-vpc-id",
        "tgw-src-subnet-id", "tgw-dst-subnet-id", "tgw-src-eni", "tgw-dst-eni", "tgw-src-az-id",
        "tgw-dst-az-id", "tgw-pair-attachment-id", "srcaddr", "dstaddr", "srcport", "dstport",
        "protocol", "packets", "bytes", "start", "end", "log-status", "type",
        "packets-lost-no-route", "packets-lost-blackhole", "packets-lost-mtu-exceeded",
        "packets-lost-ttl-expired", "tcp-flags", "region", "flow-direction",
        "pkt-src-aws-service", "pkt-dst-aws-service",
    )
)  # fmt: skip
# What is known of a place, whatever happened there.
_KNOWN: Final = frozenset(
    "account-id interface-id vpc-id subnet-id instance-id region az-id start end resource-type"
    " tgw-id tgw-attachment-id".split()
)
NODATA: Final = "NODATA"
SKIPDATA: Final = "SKIPDATA"


def names_of(text: str, known: Mapping[str, Field]) -> list[str]:
    """The fields that a LogFormat lists, in order. Raises BadFormat."""
    rest = _TOKEN.sub("", text).strip()
    names = _TOKEN.findall(text)
    if rest or not names:
        raise BadFormat("LogFormat must list fields as ${field-id}, separated by spaces.")
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadFormat(f"Unknown fields provided: {', '.join(unknown)}")
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise BadFormat(f"Duplicate fields provided: {', '.join(twice)}")
    return names


def values_of(record: Record, names: list[str], known: Mapping[str, Field]) -> list[str]:
    """A record's line, value by value."""
    version = str(max(known[name].version for name in names))
    return [
        version if name == "version" else known[name].value(record) or NOTHING for name in names
    ]


def silence_of(
    record: Record, names: list[str], known: Mapping[str, Field], status: str
) -> list[str]:
    """A line that tells of no flow: of a place that saw none (NODATA) or too many (SKIPDATA)."""
    version = str(max(known[name].version for name in names))
    texts = {"version": version, "log-status": status}
    return [
        texts.get(name) or (known[name].value(record) if name in _KNOWN else "") or NOTHING
        for name in names
    ]
