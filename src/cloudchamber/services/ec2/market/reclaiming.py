"""What becomes of an instance that Spot takes back, and of its request.

Rules of this file: a recommendation to rebalance, the notice two minutes ahead, the interruption:
events in the account that has the instance, told to the event log and published in EventBridge's
shape. The instance itself is stopped or terminated by the instances' own functions.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-interruptions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances import states
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.market import filling, launching, pools, requesting, reserving
from cloudchamber.services.ec2.market.nouns import SPOT_REQUEST, SpotRequest
from cloudchamber.services.ec2.market.statuses import settle
from cloudchamber.world.capacity.catalogue import find_type
from cloudchamber.world.capacity.spot import NOTICE_NS

EC2_EVENT: Final = "ec2.event"
_STATE_CHANGE: Final = "EC2 Instance State-change Notification"
_ENDED: Final[Mapping[str, str]] = MappingProxyType(
    {"price": "instance-terminated-by-price", "no-capacity": "instance-terminated-no-capacity"}
)
_REASON: Final = (
    "Server.SpotInstanceTermination",
    "Spot instance termination",
)
_STOPPED: Final = ("Server.SpotInstanceShutdown", "Spot instance stopped")


def reclaim_due(call: Call, identifier: str, step: str) -> None:
    """A step of a reclaim, for an instance that still runs."""
    instance = kinds.find(call, INSTANCE, identifier)
    if instance is None or instance.state not in ("pending", "running"):
        return
    row = kinds.find(call, SPOT_REQUEST, instance.spot_request)
    behavior = row.behavior if row is not None else "terminate"
    if step == "recommend":
        _recommend(call, instance)
    elif step == "notice":
        _notice(call, instance, row, behavior)
    else:
        why = "price" if step == "price" else "no-capacity"
        interrupt(call, instance, row, behavior, why)


def interrupt(
    call: Call, instance: Instance, row: SpotRequest | None, behavior: str, why: str = "no-capacity"
) -> None:
    """Take a Spot instance back: terminate, stop or hibernate it."""
    pools.leave(call, instance)
    can_stop = behavior in ("stop", "hibernate") and instance.state == "running"
    if row is not None:
        _settle_interrupted(call, row, stopped=can_stop, why=why)
    if can_stop:
        states.stop(call, [instance], _STOPPED, hibernates=behavior == "hibernate")
    else:
        states.terminate(call, [instance], _REASON)


def instance_changed(call: Call, data: Mapping[str, Any]) -> None:
    """An instance has come into a state: its pool, request, fleet and reservation follow."""
    if data.get("detail-type") != _STATE_CHANGE:
        return
    detail = data["detail"]
    if detail["state"] == "pending":
        _started(call, detail["instance-id"])
        return
    if detail["state"] not in ("stopping", "stopped", "shutting-down", "terminated"):
        return
    instance = kinds.find(call, INSTANCE, detail["instance-id"])
    if instance is None:
        return
    if detail["state"] in ("stopped", "terminated"):
        reserving.gone(call, instance)
        if instance.capacity_reservation and instance.host < 0:
            instance.capacity_reservation = ""
    if detail["state"] in ("shutting-down", "terminated"):
        filling.lost(call, instance)
    if instance.lifecycle != "spot":
        return
    pools.leave(call, instance)
    row = kinds.find(call, SPOT_REQUEST, instance.spot_request)
    if row is not None and row.instance == instance.id and not row.status.startswith("instance-"):
        _settle_by_user(call, row, detail["state"])


def price_due(call: Call, identifier: str, instance_id: str) -> None:
    """Prices have changed: an instance whose request does not cover its price is taken back."""
    row = kinds.find(call, SPOT_REQUEST, identifier)
    instance = kinds.find(call, INSTANCE, instance_id)
    if row is None or instance is None or row.instance != instance_id:
        return
    kind = find_type(instance.type)
    if kind is None or instance.state not in ("pending", "running"):
        return
    now = pools.spot_price(call.cloud, kind, instance.zone_id, row.product)
    if now <= row.max_price:
        launching.watch_price(call, row)
        return
    _notice(call, instance, row, row.behavior)
    call.after(NOTICE_NS, pools.RECLAIM, instance.id, "price")


def _started(call: Call, identifier: str) -> None:
    """A stopped Spot instance has been started: its request is active, and it is in its pool."""
    instance = kinds.find(call, INSTANCE, identifier)
    if instance is None or instance.lifecycle != "spot":
        return
    row = kinds.find(call, SPOT_REQUEST, instance.spot_request)
    if row is None or row.instance != instance.id or row.state != "disabled":
        return
    settle(call, row, "active", "fulfilled")
    pools.enter(call, instance)


def _settle_interrupted(call: Call, row: SpotRequest, *, stopped: bool, why: str) -> None:
    if stopped:
        settle(call, row, "disabled", "instance-stopped-no-capacity")
        requesting.evaluate_later(call, row)
        return
    if row.type == "persistent" and row.state == "active":
        row.instance = ""
        settle(call, row, "open", _ENDED[why])
        requesting.evaluate_later(call, row)
        return
    state = "cancelled" if row.state == "cancelled" else "closed"
    settle(call, row, state, _ENDED[why])


def _settle_by_user(call: Call, row: SpotRequest, state: str) -> None:
    if state in ("stopping", "stopped"):
        settle(call, row, "disabled", "instance-stopped-by-user")
    elif row.state == "cancelled" or row.type == "one-time":
        after = "cancelled" if row.state == "cancelled" else "closed"
        settle(call, row, after, "instance-terminated-by-user")
    else:
        # A persistent request asks again when its instance has been terminated by the user.
        row.instance = ""
        settle(call, row, "open", "pending-evaluation")
        requesting.evaluate_later(call, row)


def _recommend(call: Call, instance: Instance) -> None:
    arn = kinds.arn_of(INSTANCE, instance.owner, call.region, instance.id)
    call.event(
        arn,
        "ec2.rebalance-recommendation",
        f"{instance.id} is at elevated risk of being interrupted: the Spot pool of "
        f"{instance.type} in {instance.zone_id} is short",
    )
    call.publish(
        EC2_EVENT,
        {
            "source": "aws.ec2",
            "detail-type": "EC2 Instance Rebalance Recommendation",
            "resources": [arn],
            "detail": {"instance-id": instance.id},
        },
    )
    filling.rebalance(call, instance)


def _notice(call: Call, instance: Instance, row: SpotRequest | None, behavior: str) -> None:
    arn = kinds.arn_of(INSTANCE, instance.owner, call.region, instance.id)
    call.event(
        arn,
        "ec2.spot-interruption-warning",
        f"{instance.id} will be interrupted in two minutes: {behavior}",
        {"action": behavior},
    )
    if row is not None and row.state == "active":
        word = "stop" if behavior in ("stop", "hibernate") else "termination"
        settle(call, row, row.state, f"marked-for-{word}")
    call.publish(
        EC2_EVENT,
        {
            "source": "aws.ec2",
            "detail-type": "EC2 Spot Instance Interruption Warning",
            "resources": [arn],
            "detail": {"instance-id": instance.id, "instance-action": behavior},
        },
    )
