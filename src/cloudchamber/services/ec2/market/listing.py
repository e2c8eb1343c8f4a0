"""What EC2 Fleets and Spot Fleets have in common beside their instances: ids, times, listings.

Rules of this file: shared by the two families of operations; nothing is launched here.
"""

from __future__ import annotations

import json
from typing import Any

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.describing import page_size, paged
from cloudchamber.services.ec2.instances.nouns import INSTANCE
from cloudchamber.services.ec2.market import filling
from cloudchamber.services.ec2.market.nouns import Fleet


def new_id(call: Call, prefix: str) -> str:
    """An id with a UUID, as fleets have it."""
    return f"{prefix}-{call.stream(call.arn(f'{prefix}/*'), 'id').uuid()}"


def validity(call: Call, request: Input) -> tuple[int, int]:
    """From when to when a fleet asks for instances, 0 for no limit. Raises AwsError."""
    begins = int(request.get("ValidFrom", 0)) * SECOND_NS
    until = int(request.get("ValidUntil", 0)) * SECOND_NS
    if until and until <= max(begins, call.now):
        raise AwsError("InvalidParameterValue", "ValidUntil must be later than ValidFrom and now.")
    return begins, until


def schedule(call: Call, fleet: Fleet) -> None:
    """A new fleet begins when it is valid, and expires."""
    call.at(max(call.now, fleet.from_ns), filling.FLEET_DUE, fleet.id, "begin")
    if fleet.until_ns:
        call.at(fleet.until_ns, filling.FLEET_DUE, fleet.id, "expire")


def delete(call: Call, fleet: Fleet, *, ends: bool, word: str) -> None:
    """Delete or cancel a fleet: `word` is `deleted` or `cancelled`."""
    fleet.target_on_demand = fleet.target_spot = 0
    if not ends:
        fleet.state = f"{word}_running"
    elif not fleet.members:
        fleet.state = word
    else:
        fleet.state = f"{word}_terminating"
        filling.end_all(call, fleet)
    filling.note(call, fleet, "fleetRequestChange", fleet.state)


def active_instances(call: Call, fleet: Fleet, request: Input) -> Output:
    """A page of a fleet's instances."""
    wanted = [
        value
        for each in request.get("Filters", ())
        if each.get("Name") == "instance-type"
        for value in each.get("Values", ())
    ]
    shown: list[dict[str, Any]] = []
    for member in sorted(fleet.members.values(), key=lambda each: each.instance):
        instance = kinds.find(call, INSTANCE, member.instance)
        if instance is None or (wanted and instance.type not in wanted):
            continue
        row = {
            "InstanceId": instance.id,
            "InstanceType": instance.type,
            "InstanceHealth": "healthy",
        }
        if member.request:
            row["SpotInstanceRequestId"] = member.request
        shown.append(row)
    return paged(
        request,
        "ActiveInstances",
        shown,
        lambda row: str(row["InstanceId"]),
        dict,
        page_size(request, 1),
    )


def history(fleet: Fleet, start_s: float, kind: str = "") -> list[dict[str, Any]]:
    """A fleet's history since an instant, of one type of event or of all."""
    return [
        {
            "EventInformation": _information(each.subtype, each.text, each.instance),
            "EventType": each.type,
            "Timestamp": each.at_ns / SECOND_NS,
        }
        for each in fleet.history
        if each.at_ns >= start_s * SECOND_NS and kind in ("", each.type)
    ]


def _information(subtype: str, text: str, instance: str) -> dict[str, str]:
    information = {"EventSubType": subtype}
    if instance:
        information["InstanceId"] = instance
        information["EventDescription"] = json.dumps({"instanceType": text} if text else {})
    elif text:
        information["EventDescription"] = text
    return information
