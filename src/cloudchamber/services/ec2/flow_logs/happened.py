"""What a flow log may tell: a flow that happened, as each interface on its way saw it.

Rules of this file: a shape, and how it is read. Whoever lets a flow happen in the chamber (a
probe, traffic, a health check) walks it first and then publishes what each interface saw:

    call.publish(FLOW, {"start_ns": ..., "end_ns": ..., "sightings": [{...}, ...]})

Nothing else makes a record. One sighting is one direction at one interface: a TCP exchange that is
let through gives two at each interface (the request's packets and the answer's), one that is
blocked gives one at each interface up to and including the one that blocked it. Absent members
have the defaults below, unknown ones are refused, so that no spelling mistake is lost silently.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-log-records.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

import msgspec

FLOW: Final = "network.flow"


class Sighting(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="interface"
):
    """Packets of one 5-tuple in one direction, as one interface saw them.

    `account` and `region` are the interface's owner's and where it is. `direction` is seen from
    the interface: what comes in is `ingress`. `action` is REJECT where a security group, a network
    ACL or a block of public access kept the packets out or in.

    `source` and `destination` are the addresses in the packet as this interface sees it (its own
    side is its primary private address, whatever the Internet sees); `packet_source` and
    `packet_destination` those of the packet itself where they differ (behind a NAT gateway or a
    transit gateway), "" where not. `protocol` is IANA's number; ports are 0 where there are none.
    `packets` and `octets` count what happened. `tcp_flags` is the OR of FIN 1, SYN 2, RST 4,
    SYN-ACK 18; AWS keeps no other.

    `path` is AWS's number for the way out (1 to 8), 0 on the way in or where there is none.
    `reject_reason` is `BPA` or "". `source_service` and `destination_service` are AWS's names
    (`S3`, `DYNAMODB`, `AMAZON`...) of the owner of the packet's address, "" for none.
    """

    interface: str
    account: str
    region: str
    vpc: str
    subnet: str
    zone_id: str
    direction: Literal["ingress", "egress"]
    action: Literal["ACCEPT", "REJECT"]
    source: str
    destination: str
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    packets: int = 1
    octets: int = 40
    tcp_flags: int = 0
    instance: str = ""
    packet_source: str = ""
    packet_destination: str = ""
    source_service: str = ""
    destination_service: str = ""
    path: int = 0
    reject_reason: str = ""
    sublocation_type: str = ""
    sublocation_id: str = ""


class Transit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="transit"):
    """Packets of one 5-tuple in one direction, as one attachment of a transit gateway saw them.

    `account` and `region` are the transit gateway's. The `source_*` and `destination_*` members
    are what stands at either end, "" where the end is no VPC. `lost_*` count packets that the
    gateway threw away, by why.
    https://docs.aws.amazon.com/vpc/latest/tgw/tgw-flow-logs.html
    """

    gateway: str
    attachment: str
    pair_attachment: str = ""
    account: str
    region: str
    direction: Literal["ingress", "egress"]
    source: str
    destination: str
    protocol: int
    source_port: int = 0
    destination_port: int = 0
    packets: int = 1
    octets: int = 40
    tcp_flags: int = 0
    source_account: str = ""
    destination_account: str = ""
    source_vpc: str = ""
    destination_vpc: str = ""
    source_subnet: str = ""
    destination_subnet: str = ""
    source_interface: str = ""
    destination_interface: str = ""
    source_zone_id: str = ""
    destination_zone_id: str = ""
    source_service: str = ""
    destination_service: str = ""
    lost_no_route: int = 0
    lost_blackhole: int = 0
    lost_mtu_exceeded: int = 0
    lost_ttl_expired: int = 0


class Flow(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A flow that happened: from its first packet to its last (ns since the epoch), and where."""

    start_ns: int
    end_ns: int
    sightings: tuple[Sighting, ...] = ()
    transits: tuple[Transit, ...] = ()


def read_flow(data: Mapping[str, Any]) -> Flow:
    """The published fact as a Flow. Raises msgspec.ValidationError for another shape."""
    return msgspec.convert(data, Flow)
