"""The life of an open Spot request: it is evaluated, fulfilled, held or given up.

Rules of this file: the kernel event `ec2.spot-request-due` evaluates; a request that cannot be
fulfilled yet is evaluated again later, by a weak event, so that waiting for capacity keeps no world
busy.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-request-status.html
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import MINUTE_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances import states
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.market import launching, pools
from cloudchamber.services.ec2.market.nouns import SPOT_REQUEST, SpotRequest
from cloudchamber.services.ec2.market.statuses import settle

REQUEST_DUE: Final = "ec2.spot-request-due"
# How soon a held request is looked at again is not published; this is ours. One that waits for a
# price waits for the next, one whose pool is dry until it no longer is.
AGAIN_NS: Final = 10 * MINUTE_NS
_HELD: Final = frozenset(
    {
        "InsufficientInstanceCapacity",
        "InsufficientFreeAddressesInSubnet",
        "MaxSpotInstanceCountExceeded",
    }
)


def evaluate_later(call: Call, row: SpotRequest, delay_ns: int = AGAIN_NS) -> None:
    """Look at a request again after a while."""
    call.after(delay_ns, REQUEST_DUE, row.id, weak=True)


def evaluate_now(call: Call, row: SpotRequest) -> None:
    """Look at a new request when the call is over, or when it begins to be valid."""
    if row.from_ns > call.now:
        settle(call, row, "open", "not-scheduled-yet")
        call.at(row.from_ns, REQUEST_DUE, row.id)
    else:
        call.after(0, REQUEST_DUE, row.id)


def request_due(call: Call, identifier: str) -> None:
    """Fulfil a request that waits, if that can be."""
    row = kinds.find(call, SPOT_REQUEST, identifier)
    if row is None or row.state not in ("open", "disabled"):
        return
    if row.until_ns and call.now >= row.until_ns:
        settle(call, row, "closed" if row.state == "open" else "cancelled", "schedule-expired")
        return
    if row.state == "disabled":
        _resume(call, row)
        return
    try:
        launching.launch_for(call, row)
    except AwsError as error:
        _hold(call, row, error)


def _hold(call: Call, row: SpotRequest, error: AwsError) -> None:
    if error.code == "SpotMaxPriceTooLow":
        settle(call, row, "open", "price-too-low", error.message)
        evaluate_later(call, row, pools.next_price_ns(call.cloud) - call.now)
        return
    if error.code in _HELD:
        settle(call, row, "open", "capacity-not-available")
    else:
        row.fault_code, row.fault_text = error.code, error.message
        settle(call, row, "failed", "bad-parameters", error.message)
        return
    evaluate_later(call, row)


def _resume(call: Call, row: SpotRequest) -> None:
    """Start the stopped instance of a persistent request when its pool has capacity again."""
    instance = kinds.find(call, INSTANCE, row.instance)
    if instance is None or row.status != "instance-stopped-no-capacity":
        return
    if instance.state != "stopped" or pools.is_dry(call.cloud, instance.type, instance.zone_id):
        evaluate_later(call, row)
        return
    try:
        states.start(call, [instance])
    except AwsError:
        evaluate_later(call, row)
