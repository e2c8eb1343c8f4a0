"""What this area of EC2 answers: Spot, fleets, capacity reservations, Reserved Instances."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from cloudchamber.cloud.service import Operation, recorded, refused, simulated
from cloudchamber.services.ec2.area import Area
from cloudchamber.services.ec2.idempotency import once
from cloudchamber.services.ec2.market import (
    capacity,
    filling,
    fleets,
    launching,
    pools,
    price_history,
    reclaiming,
    requesting,
    requests,
    reserved,
    spot_fleets,
)
from cloudchamber.services.ec2.market.nouns import (
    DATAFEEDS,
    FLEET,
    RESERVATION,
    RESERVED,
    SPOT_FLEET,
    SPOT_POOLS,
    SPOT_REQUEST,
)
from cloudchamber.services.ec2.permissions import created, named, requested, tagged


def _all_refused(reason: str, *names: str) -> dict[str, Operation]:
    return dict.fromkeys(names, refused(reason))


_OF_REQUESTS: Final = tagged(SPOT_REQUEST, "SpotInstanceRequestIds")
_OF_RESERVATION: Final = tagged(RESERVATION, "CapacityReservationId")
_NAMED_RESERVATION: Final = named(RESERVATION, "CapacityReservationId")
_NO_FEED: Final = "where the feed should go is kept; nothing is written there"

_SPOT: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "RequestSpotInstances": simulated(
            once(requests.request_spot_instances),
            resource=created(SPOT_REQUEST),
            context=requested,
        ),
        "CancelSpotInstanceRequests": simulated(
            requests.cancel_spot_instance_requests,
            resource=named(SPOT_REQUEST, "SpotInstanceRequestIds"),
            context=_OF_REQUESTS,
        ),
        "DescribeSpotInstanceRequests": simulated(requests.describe_spot_instance_requests),
        "DescribeSpotPriceHistory": simulated(price_history.describe_spot_price_history),
        "GetSpotPlacementScores": simulated(price_history.get_spot_placement_scores),
        "CreateSpotDatafeedSubscription": recorded(
            price_history.create_spot_datafeed_subscription, _NO_FEED
        ),
        "DescribeSpotDatafeedSubscription": recorded(
            price_history.describe_spot_datafeed_subscription, _NO_FEED
        ),
        "DeleteSpotDatafeedSubscription": recorded(
            price_history.delete_spot_datafeed_subscription, _NO_FEED
        ),
    }
)

_FLEETS: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateFleet": simulated(
            once(fleets.create_fleet), resource=created(FLEET), context=requested
        ),
        "ModifyFleet": simulated(
            fleets.modify_fleet,
            resource=named(FLEET, "FleetId"),
            context=tagged(FLEET, "FleetId"),
        ),
        "DeleteFleets": simulated(
            fleets.delete_fleets,
            resource=named(FLEET, "FleetIds"),
            context=tagged(FLEET, "FleetIds"),
        ),
        "DescribeFleets": simulated(fleets.describe_fleets),
        "DescribeFleetInstances": simulated(fleets.describe_fleet_instances),
        "DescribeFleetHistory": simulated(fleets.describe_fleet_history),
        "RequestSpotFleet": simulated(spot_fleets.request_spot_fleet, resource=created(SPOT_FLEET)),
        "ModifySpotFleetRequest": simulated(
            spot_fleets.modify_spot_fleet_request,
            resource=named(SPOT_FLEET, "SpotFleetRequestId"),
            context=tagged(SPOT_FLEET, "SpotFleetRequestId"),
        ),
        "CancelSpotFleetRequests": simulated(
            spot_fleets.cancel_spot_fleet_requests,
            resource=named(SPOT_FLEET, "SpotFleetRequestIds"),
            context=tagged(SPOT_FLEET, "SpotFleetRequestIds"),
        ),
        "DescribeSpotFleetRequests": simulated(spot_fleets.describe_spot_fleet_requests),
        "DescribeSpotFleetInstances": simulated(spot_fleets.describe_spot_fleet_instances),
        "DescribeSpotFleetRequestHistory": simulated(
            spot_fleets.describe_spot_fleet_request_history
        ),
    }
)

_CAPACITY: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "CreateCapacityReservation": simulated(
            once(capacity.create_capacity_reservation),
            resource=created(RESERVATION),
            context=requested,
        ),
        "ModifyCapacityReservation": simulated(
            capacity.modify_capacity_reservation,
            resource=_NAMED_RESERVATION,
            context=_OF_RESERVATION,
        ),
        "CancelCapacityReservation": simulated(
            capacity.cancel_capacity_reservation,
            resource=_NAMED_RESERVATION,
            context=_OF_RESERVATION,
        ),
        "DescribeCapacityReservations": simulated(capacity.describe_capacity_reservations),
        "GetCapacityReservationUsage": simulated(
            capacity.get_capacity_reservation_usage, resource=_NAMED_RESERVATION
        ),
        **_all_refused(
            "fleets of capacity reservations are not kept",
            "CreateCapacityReservationFleet",
            "ModifyCapacityReservationFleet",
            "CancelCapacityReservationFleets",
            "DescribeCapacityReservationFleets",
        ),
        **_all_refused(
            "capacity reservations are not split, moved, shared out or quoted",
            "AcceptCapacityReservationBillingOwnership",
            "AssociateCapacityReservationBillingOwner",
            "CreateCapacityReservationBySplitting",
            "CreateCapacityReservationCancellationQuote",
            "CreateCapacityReservationDateChangeQuote",
            "CreateInterruptibleCapacityReservationAllocation",
            "DescribeCapacityReservationBillingRequests",
            "DescribeCapacityReservationCancellationQuotes",
            "DescribeCapacityReservationDateChangeQuotes",
            "DescribeCapacityReservationTopology",
            "DisassociateCapacityReservationBillingOwner",
            "GetGroupsForCapacityReservation",
            "MoveCapacityReservationInstances",
            "RejectCapacityReservationBillingOwnership",
            "UpdateInterruptibleCapacityReservationAllocation",
        ),
        **_all_refused(
            "there are no Capacity Blocks here",
            "DescribeCapacityBlockExtensionHistory",
            "DescribeCapacityBlockExtensionOfferings",
            "DescribeCapacityBlockOfferings",
            "DescribeCapacityBlockStatus",
            "DescribeCapacityBlocks",
            "PurchaseCapacityBlock",
            "PurchaseCapacityBlockExtension",
        ),
        **_all_refused(
            "EC2 Capacity Manager is not here",
            "CreateCapacityManagerDataExport",
            "DeleteCapacityManagerDataExport",
            "DescribeCapacityManagerDataExports",
            "DisableCapacityManager",
            "EnableCapacityManager",
            "GetCapacityManagerAttributes",
            "GetCapacityManagerMetricData",
            "GetCapacityManagerMetricDimensions",
            "GetCapacityManagerMonitoredTagKeys",
            "UpdateCapacityManagerMonitoredTagKeys",
            "UpdateCapacityManagerOrganizationsAccess",
        ),
    }
)

_RESERVED: Final[Mapping[str, Operation]] = MappingProxyType(
    {
        "DescribeReservedInstancesOfferings": simulated(
            reserved.describe_reserved_instances_offerings
        ),
        "PurchaseReservedInstancesOffering": simulated(
            reserved.purchase_reserved_instances_offering
        ),
        "DescribeReservedInstances": simulated(reserved.describe_reserved_instances),
        "DeleteQueuedReservedInstances": simulated(reserved.delete_queued_reserved_instances),
        "DescribeScheduledInstances": recorded(
            reserved.nothing("ScheduledInstanceSet"),
            "AWS sells no Scheduled Instances any more: there are none",
        ),
        **_all_refused(
            "AWS sells no Scheduled Instances any more",
            "DescribeScheduledInstanceAvailability",
            "PurchaseScheduledInstances",
            "RunScheduledInstances",
        ),
        **_all_refused(
            "Reserved Instances are a discount here: they are not changed or traded",
            "AcceptReservedInstancesExchangeQuote",
            "CancelReservedInstancesListing",
            "CreateReservedInstancesListing",
            "DescribeReservedInstancesListings",
            "DescribeReservedInstancesModifications",
            "GetReservedInstancesExchangeQuote",
            "ModifyReservedInstances",
        ),
        **_all_refused(
            "there are no Dedicated Hosts here to reserve",
            "DescribeHostReservationOfferings",
            "DescribeHostReservations",
            "GetHostReservationPurchasePreview",
            "PurchaseHostReservation",
        ),
    }
)

AREA: Final = Area(
    operations={**_SPOT, **_FLEETS, **_CAPACITY, **_RESERVED},
    kinds=(SPOT_REQUEST, FLEET, SPOT_FLEET, RESERVATION),
    tables=(SPOT_POOLS, RESERVED, DATAFEEDS),
    kernel_events={
        pools.SHOCK: pools.shock_due,
        pools.RECLAIM: reclaiming.reclaim_due,
        launching.PRICE_DUE: reclaiming.price_due,
        requesting.REQUEST_DUE: requesting.request_due,
        filling.FLEET_DUE: filling.fleet_due,
        capacity.RESERVATION_DUE: capacity.reservation_due,
        reserved.RESERVED_DUE: reserved.reserved_due,
    },
    subscribes={reclaiming.EC2_EVENT: reclaiming.instance_changed},
)
