"""StartInstances, StopInstances, RebootInstances, TerminateInstances, and what the clock does.

Rules of this file: a state moves by the table in `lifecycle.py`. All instances of a call are
checked before any is moved. While an instance is stopped it has no host and no lent public address;
when it is terminated it gives everything back and is shown for an hour.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-lifecycle.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.lifecycle import IllegalMove
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.instances import launching, lifecycle, placing
from cloudchamber.services.ec2.instances.announcing import announce
from cloudchamber.services.ec2.instances.lookup import expect_instances, state_of
from cloudchamber.services.ec2.instances.nouns import INSTANCE, Instance
from cloudchamber.services.ec2.instances.profiles import take_profile
from cloudchamber.services.ec2.interfaces import public
from cloudchamber.services.ec2.interfaces.making import detach, remove_interface
from cloudchamber.services.ec2.interfaces.nouns import INTERFACE, Interface
from cloudchamber.services.ec2.market.nouns import SPOT_REQUEST
from cloudchamber.services.ec2.volumes.making import release_of_instance
from cloudchamber.world.capacity.catalogue import find_type

USER: Final = ("Client.UserInitiatedShutdown", "User initiated shutdown")
HIBERNATED: Final = ("Client.UserInitiatedHibernate", "User initiated hibernate")


def start_instances(call: Call, request: Input) -> Output:
    """Start stopped instances; one that runs already stays as it is."""
    chosen = expect_instances(call, request.get("InstanceIds", ()))
    before = [each.state for each in chosen]
    start(call, chosen)
    return {"StartingInstances": _changes(chosen, before)}


def stop_instances(call: Call, request: Input) -> Output:
    """Stop or hibernate running instances."""
    chosen = expect_instances(call, request.get("InstanceIds", ()))
    hibernates = bool(request.get("Hibernate"))
    for each in chosen:
        if each.is_kept_running:
            raise _protected(each, "stopped", "disableApiStop")
        _expect_move(each, "stop", "stopped")
        request_row = kinds.find(call, SPOT_REQUEST, each.spot_request) if each.lifecycle else None
        if request_row is not None and request_row.type == "one-time":
            raise AwsError(
                "UnsupportedOperation",
                f"You can't stop the Spot Instance '{each.id}' because it is associated with a "
                "one-time Spot Instance request. You can only stop Spot Instances associated with "
                "persistent Spot Instance requests.",
            )
        if hibernates and not each.hibernates:
            raise AwsError(
                "UnsupportedHibernationConfiguration",
                f"Instance '{each.id}' is not enabled for hibernation.",
            )
    before = [each.state for each in chosen]
    reason = HIBERNATED if hibernates else USER
    stop(call, chosen, reason, hibernates=hibernates, at_once=bool(request.get("Force")))
    return {"StoppingInstances": _changes(chosen, before)}


def reboot_instances(call: Call, request: Input) -> Output:
    """Reboot running instances: they keep host, addresses and volumes, and boot anew."""
    chosen = expect_instances(call, request.get("InstanceIds", ()))
    for each in chosen:
        _expect_move(each, "reboot", "rebooted")
    for each in chosen:
        if each.state == "running":
            each.booted_ns = call.now
        call.event(
            kinds.arn_of(INSTANCE, each.owner, call.region, each.id),
            "ec2.instance-rebooted",
            f"{each.id} is rebooted",
        )
    return {}


def terminate_instances(call: Call, request: Input) -> Output:
    """Terminate instances, but for those that are protected. One that is gone stays gone."""
    chosen = expect_instances(call, request.get("InstanceIds", ()))
    for each in chosen:
        if each.is_kept and each.state not in ("shutting-down", "terminated"):
            raise _protected(each, "terminated", "disableApiTermination")
    before = [each.state for each in chosen]
    terminate(call, chosen, USER, at_once=bool(request.get("Force")))
    return {"TerminatingInstances": _changes(chosen, before)}


def start(call: Call, chosen: Sequence[Instance]) -> None:
    """Start stopped instances, each on a new host. Raises AwsError; then none is started."""
    for each in chosen:
        _expect_move(each, "start", "started")
    starting = [each for each in chosen if each.state == "stopped"]
    taken: list[Instance] = []
    for each in starting:
        try:
            each.host = _new_host(call, each)
        except AwsError as error:
            for other in taken:
                placing.leave(call, other)
            if error.code == "InsufficientInstanceCapacity":
                raise AwsError(error.code, "Insufficient capacity.", status=500) from error
            raise
        taken.append(each)
    for each in starting:
        _move(call, each, "start")
        each.launched_ns = call.now
        each.is_hibernated = False
        each.reason = ""
        each.reason_code, each.reason_message = "pending", "pending"
        for interface in interfaces_of(call, each):
            if interface.has_lent_public:
                public.lend_public_address(call, interface)
        announce(call, each)
    if starting:
        launching.begin(call, starting)


def stop(
    call: Call,
    chosen: Sequence[Instance],
    reason: tuple[str, str] = USER,
    *,
    hibernates: bool = False,
    at_once: bool = False,
) -> None:
    """Stop running instances, whoever wants it; others are left as they are."""
    stopping = [each for each in chosen if each.state == "running"]
    for each in stopping:
        _move(call, each, "stop")
        each.is_hibernated = hibernates
        _say_why(call, each, reason)
        announce(call, each, f": {reason[1]}")
    _after(call, stopping, "stopping", at_once=at_once)


def terminate(
    call: Call,
    chosen: Sequence[Instance],
    reason: tuple[str, str] = USER,
    *,
    at_once: bool = False,
) -> None:
    """Terminate instances, whoever wants it, protected or not."""
    ending = [each for each in chosen if each.state not in ("shutting-down", "terminated")]
    for each in ending:
        was_stopped = each.state == "stopped"
        _move(call, each, "terminate")
        _say_why(call, each, reason)
        announce(call, each, f": {reason[1]}")
        if was_stopped:
            _ended(call, each)
    _after(
        call, [each for each in ending if each.state == "shutting-down"], "shutting-down",
        at_once=at_once,
    )  # fmt: skip


def instances_due(call: Call, state: str, ids: Sequence[str], since_ns: int) -> None:
    """Instances have been long enough in a state; those that left it since are let alone."""
    rows = call.rows(INSTANCE.table)
    for identifier in ids:
        instance = rows.get(identifier)
        if instance is None or instance.state != state or instance.changed_ns != since_ns:
            continue
        _move(call, instance, "due")
        if instance.state == "running":
            instance.booted_ns = call.now
            instance.reason_code = instance.reason_message = ""
        elif instance.state == "stopped":
            placing.leave(call, instance)
            for interface in interfaces_of(call, instance):
                public.give_back(call, interface)
        announce(call, instance)
        if instance.state == "terminated":
            _ended(call, instance)


def instances_forgotten(call: Call, identifier: str) -> None:
    """A terminated instance has been shown long enough."""
    instance = call.rows(INSTANCE.table).get(identifier)
    if instance is not None and instance.state == "terminated":
        kinds.remove(call, INSTANCE, instance)


def interfaces_of(call: Call, instance: Instance) -> list[Interface]:
    """An instance's interfaces, whoever they lie with, in order of their device index."""
    found = (kinds.find_anywhere(call.cloud, INTERFACE, each) for each in instance.interfaces)
    return [each for each in found if each is not None]


def _ended(call: Call, instance: Instance) -> None:
    """An instance is terminated: what it had goes, or is free for others."""
    placing.leave(call, instance)
    for interface in interfaces_of(call, instance):
        attachment = interface.attachment
        if attachment is not None and attachment.delete_on_termination:
            remove_interface(call, interface)
        else:
            detach(call, interface)
    instance.interfaces = []
    release_of_instance(call, instance.id)
    take_profile(call, instance)
    call.after(lifecycle.TERMINATED_SEEN_NS, lifecycle.FORGOTTEN, instance.id, weak=True)


def _new_host(call: Call, instance: Instance) -> int:
    kind = find_type(instance.type)
    if kind is None:
        raise LookupError(f"{instance.id} is of a type that is not there")
    group = placing.group_of(call, instance)
    is_spot = instance.lifecycle == "spot"
    return placing.place(
        call, kind, instance.zone_id, 1, 1, group, instance.partition, is_spot=is_spot
    )[0]


def _move(call: Call, instance: Instance, event: str) -> None:
    instance.state = lifecycle.INSTANCE.move(instance.state, event)
    instance.changed_ns = call.now


def _expect_move(instance: Instance, event: str, done: str) -> None:
    try:
        lifecycle.INSTANCE.move(instance.state, event)
    except IllegalMove:
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{instance.id}' is not in a state from which it can be {done}.",
        ) from None


def _after(call: Call, moved: list[Instance], state: str, *, at_once: bool) -> None:
    if not moved:
        return
    delay = 0 if at_once else lifecycle.INSTANCE.delay_ns(call.cloud.settings.lifecycle, state)
    call.after(delay, lifecycle.DUE, state, tuple(each.id for each in moved), call.now)


def _say_why(call: Call, instance: Instance, reason: tuple[str, str]) -> None:
    code, words = reason
    moment = datetime.fromtimestamp(call.now // SECOND_NS, UTC)
    who = "User initiated" if code.startswith("Client.User") else code
    instance.reason = f"{who} ({moment:%Y-%m-%d %H:%M:%S} GMT)"
    instance.reason_code = code
    instance.reason_message = f"{code}: {words}"


def _changes(chosen: Sequence[Instance], before: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {
            "InstanceId": instance.id,
            "PreviousState": state_of(previous),
            "CurrentState": state_of(instance.state),
        }
        for instance, previous in zip(chosen, before, strict=True)
    ]


def _protected(instance: Instance, done: str, attribute: str) -> AwsError:
    return AwsError(
        "OperationNotPermitted",
        f"The instance '{instance.id}' may not be {done}. Modify its '{attribute}' instance "
        "attribute and try again.",
    )
