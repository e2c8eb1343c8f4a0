"""Spot requests, fleets, capacity reservations and Reserved Instances: the state.

Rules of this file: plain data. Money is in millionths of a dollar an hour, zones are zone ids,
instants are ns of the chamber's clock, 0 for none.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.kinds import Kind


class SpotRequest(msgspec.Struct, kw_only=True):
    """A Spot Instance request (`sir-...`). `spec` is the launch as RunInstances would have it,
    `shown` what the request said of it. `max_price` is 0 for the On-Demand price.
    """

    id: str
    owner: str
    spec: dict[str, Any]
    shown: dict[str, Any]
    type: str = "one-time"
    state: str = "open"
    status: str = "pending-evaluation"
    status_text: str = ""
    status_ns: int = 0
    behavior: str = "terminate"
    max_price: int = 0
    product: str = "Linux/UNIX"
    instance: str = ""
    instance_type: str = ""
    zone_id: str = ""
    fault_code: str = ""
    fault_text: str = ""
    launch_group: str = ""
    zone_group: str = ""
    fleet: str = ""
    created_ns: int = 0
    from_ns: int = 0
    until_ns: int = 0


class Member(msgspec.Struct, kw_only=True):
    """A Spot instance that stands in a pool, wherever its account is."""

    instance: str
    account: str
    region: str


class SpotPool(msgspec.Struct, kw_only=True):
    """A pool (a type in a zone) that holds Spot instances (by id, as they came), or is dry.

    `event` is the scheduled shock, 0 for none. Nothing can be launched from `dry_from_ns` to
    `dry_until_ns`.
    """

    members: dict[str, Member] = {}
    event: int = 0
    dry_from_ns: int = 0
    dry_until_ns: int = 0


class Override(msgspec.Struct, kw_only=True):
    """One of the launches that a fleet chooses from. `config` and `given` are what was asked.

    Price protection keeps a type that was found by requirements from a market where it `is_dear`.
    """

    spec: dict[str, Any]
    config: dict[str, Any]
    given: dict[str, Any]
    type: str
    zone_id: str
    subnet: str
    weight: float = 1.0
    priority: float = 0.0
    max_price: int = 0
    is_dear: bool = False
    is_dear_spot: bool = False


class FleetMember(msgspec.Struct, kw_only=True):
    """An instance of a fleet; `override` is its number. `replaced` says that another was launched
    for it."""

    instance: str
    override: int
    weight: float
    is_spot: bool
    request: str = ""
    replaced: bool = False


class FleetNote(msgspec.Struct, kw_only=True):
    """A line of a fleet's history."""

    at_ns: int
    type: str
    subtype: str
    text: str = ""
    instance: str = ""


class Fleet(msgspec.Struct, kw_only=True):
    """An EC2 Fleet (`fleet-...`) or a Spot Fleet (`sfr-...`); members by instance, as they came.

    `type` is instant, request or maintain. Targets are in units of weight. `shown` are the parts of
    the request that are described as they were given.
    """

    id: str
    owner: str
    type: str
    state: str
    overrides: list[Override]
    shown: dict[str, Any]
    members: dict[str, FleetMember] = {}
    target_on_demand: int = 0
    target_spot: int = 0
    default_type: str = "on-demand"
    spot_strategy: str = "lowest-price"
    on_demand_strategy: str = "lowest-price"
    pools_to_use: int = 1
    behavior: str = "terminate"
    rebalances: str = ""  # "" | launch | launch-before-terminate
    rebalance_delay_ns: int = 0
    ends_excess: bool = True
    ends_on_expiry: bool = False
    replaces: bool = False
    from_ns: int = 0
    until_ns: int = 0
    created_ns: int = 0
    errors: list[dict[str, Any]] = []
    history: list[FleetNote] = []
    activity: str = ""
    is_fill_due: bool = False  # a fill is scheduled for this instant
    look_ns: int = 0  # when it looks again at a target that it could not reach


class CapacityReservation(msgspec.Struct, kw_only=True):
    """An On-Demand Capacity Reservation: `hosts` are those that wait for an instance."""

    id: str
    owner: str
    type: str
    platform: str
    zone_id: str
    total: int
    tenancy: str = "default"
    match: str = "open"
    state: str = "active"
    hosts: list[int] = []
    instances: list[str] = []
    is_ebs_optimized: bool = False
    has_ephemeral: bool = False
    end_type: str = "unlimited"
    ends_ns: int = 0
    created_ns: int = 0
    ended_ns: int = 0


class ReservedInstances(msgspec.Struct, kw_only=True):
    """A reservation that was bought: a discount, and with a zone no capacity here."""

    id: str
    owner: str
    offering: str
    type: str
    product: str
    count: int
    zone_id: str = ""
    offering_class: str = "standard"
    payment: str = "No Upfront"
    tenancy: str = "default"
    years: int = 1
    fixed: int = 0
    hourly: int = 0
    state: str = "payment-pending"
    starts_ns: int = 0
    ends_ns: int = 0


class Datafeed(msgspec.Struct, kw_only=True):
    """Where the data feed of Spot usage would go."""

    bucket: str
    prefix: str = ""


SPOT_REQUESTS: Final = Table("ec2.spot-requests", SpotRequest, ordered=True)
# By type and zone id; pools are shared by all accounts.
SPOT_POOLS: Final = Table("ec2.spot-pools", SpotPool, "world", key_type=tuple[str, str])
FLEETS: Final = Table("ec2.fleets", Fleet, ordered=True)
SPOT_FLEETS: Final = Table("ec2.spot-fleets", Fleet, ordered=True)
RESERVATIONS: Final = Table("ec2.capacity-reservations", CapacityReservation, ordered=True)
RESERVED: Final = Table("ec2.reserved-instances", ReservedInstances, ordered=True)
# One row, "feed".
DATAFEEDS: Final = Table("ec2.spot-datafeeds", Datafeed)

SPOT_REQUEST: Final = Kind(
    prefix="sir", type="spot-instances-request", table=SPOT_REQUESTS,
    said="spot instance request ID", not_found="InvalidSpotInstanceRequestID.NotFound",
    malformed="InvalidSpotInstanceRequestID.Malformed",
)  # fmt: skip
FLEET: Final = Kind(
    prefix="fleet", type="fleet", table=FLEETS, said="fleet ID",
    not_found="InvalidFleetId.NotFound", malformed="InvalidFleetId.Malformed",
)  # fmt: skip
SPOT_FLEET: Final = Kind(
    prefix="sfr", type="spot-fleet-request", table=SPOT_FLEETS, said="spot fleet request ID",
    not_found="InvalidSpotFleetRequestId.NotFound",
    malformed="InvalidSpotFleetRequestId.Malformed",
)  # fmt: skip
RESERVATION: Final = Kind(
    prefix="cr", type="capacity-reservation", table=RESERVATIONS, said="capacity reservation",
    not_found="InvalidCapacityReservationId.NotFound",
    malformed="InvalidCapacityReservationId.Malformed",
)  # fmt: skip
