"""The lives of what connects networks, and how long each step takes.

Rules of this file: tables. AWS publishes the states and hardly any durations; what is measured
here is what its guides call "a few minutes", and says so.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_PEERING_PAGE: Final = "vpc/latest/peering/vpc-peering-basics.html"
_TRANSIT_PAGE: Final = "vpc/latest/tgw/tgw-getting-started.html (wait until it is available)"
_ENDPOINT_PAGE: Final = "vpc/latest/privatelink/concepts.html (states; no duration)"

# vpc-peering-lifecycle: a request is there for 7 days. What is over stays visible to whoever
# ended it (or failed with it) for 2 hours, to the other party for 2 days.
EXPIRES_NS: Final = 7 * DAY_NS
SEEN_BY_ENDER_NS: Final = 2 * HOUR_NS
SEEN_BY_OTHER_NS: Final = 2 * DAY_NS

# Our reading: AWS shows what is deleted for "a while"; a Transit Gateway's for an hour.
DELETED_SEEN_NS: Final = HOUR_NS

PEERING: Final = Lifecycle(
    "ec2.vpc-peering-connection",
    "initiating-request",
    {
        ("initiating-request", "asked"): "pending-acceptance",
        ("initiating-request", "overlap"): "failed",
        ("pending-acceptance", "accept"): "provisioning",
        ("pending-acceptance", "reject"): "rejected",
        ("pending-acceptance", "expire"): "expired",
        ("pending-acceptance", "delete"): "deleting",
        ("provisioning", "provisioned"): "active",
        ("active", "delete"): "deleting",
        ("deleting", "deleted"): "deleted",
    },
    {
        "initiating-request": Delay(SECOND_NS, 10 * SECOND_NS, _PEERING_PAGE),
        "provisioning": Delay(5 * SECOND_NS, MINUTE_NS, _PEERING_PAGE),
        "deleting": Delay(5 * SECOND_NS, MINUTE_NS, _PEERING_PAGE),
    },
)

TRANSIT_GATEWAY: Final = Lifecycle(
    "ec2.transit-gateway",
    "pending",
    {
        ("pending", "due"): "available",
        ("available", "modify"): "modifying",
        ("modifying", "due"): "available",
        ("available", "delete"): "deleting",
        ("deleting", "due"): "deleted",
    },
    {
        "pending": Delay(2 * MINUTE_NS, 10 * MINUTE_NS, _TRANSIT_PAGE),
        "modifying": Delay(30 * SECOND_NS, 10 * MINUTE_NS, _TRANSIT_PAGE),
        "deleting": Delay(2 * MINUTE_NS, 15 * MINUTE_NS, _TRANSIT_PAGE),
    },
)

ATTACHMENT: Final = Lifecycle(
    "ec2.transit-gateway-attachment",
    "pending",
    {
        ("initiatingRequest", "due"): "pendingAcceptance",
        ("initiatingRequest", "impossible"): "failed",
        ("pendingAcceptance", "accept"): "pending",
        ("pendingAcceptance", "reject"): "rejecting",
        ("pendingAcceptance", "delete"): "deleting",
        ("rejecting", "due"): "rejected",
        ("pending", "due"): "available",
        ("available", "modify"): "modifying",
        ("modifying", "due"): "available",
        ("available", "delete"): "deleting",
        ("modifying", "delete"): "deleting",
        ("failed", "delete"): "deleting",
        ("rejected", "delete"): "deleting",
        ("deleting", "due"): "deleted",
    },
    {
        "initiatingRequest": Delay(5 * SECOND_NS, 5 * MINUTE_NS, _TRANSIT_PAGE),
        "rejecting": Delay(5 * SECOND_NS, MINUTE_NS, _TRANSIT_PAGE),
        "pending": Delay(MINUTE_NS, 10 * MINUTE_NS, _TRANSIT_PAGE),
        "modifying": Delay(30 * SECOND_NS, 10 * MINUTE_NS, _TRANSIT_PAGE),
        "deleting": Delay(MINUTE_NS, 10 * MINUTE_NS, _TRANSIT_PAGE),
    },
)

TRANSIT_TABLE: Final = Lifecycle(
    "ec2.transit-gateway-route-table",
    "pending",
    {
        ("pending", "due"): "available",
        ("available", "delete"): "deleting",
        ("deleting", "due"): "deleted",
    },
    {
        "pending": Delay(5 * SECOND_NS, 5 * MINUTE_NS, _TRANSIT_PAGE),
        "deleting": Delay(5 * SECOND_NS, 5 * MINUTE_NS, _TRANSIT_PAGE),
    },
)

ENDPOINT: Final = Lifecycle(
    "ec2.vpc-endpoint",
    "pending",
    {
        ("pendingAcceptance", "accept"): "pending",
        ("pendingAcceptance", "reject"): "rejected",
        ("pendingAcceptance", "delete"): "deleting",
        ("rejected", "accept"): "pending",
        ("rejected", "delete"): "deleting",
        ("pending", "due"): "available",
        ("pending", "reject"): "rejected",
        ("pending", "delete"): "deleting",
        ("available", "reject"): "rejected",
        ("available", "delete"): "deleting",
        ("failed", "delete"): "deleting",
        ("deleting", "due"): "deleted",
    },
    {
        "pending": Delay(MINUTE_NS, 10 * MINUTE_NS, _ENDPOINT_PAGE),
        "deleting": Delay(MINUTE_NS, 10 * MINUTE_NS, _ENDPOINT_PAGE),
    },
)
