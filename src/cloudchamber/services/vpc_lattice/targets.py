"""Targets: register, deregister, and how healthy they are.

Rules of this file: health is a function of the state as it is. A target that nobody forwards to is
UNUSED; one that was registered is INITIAL for as long as its health checks need to be sure; after
that it is HEALTHY or not by what its instance does. A function is not checked (UNAVAILABLE).
Whether a program answers at an address nobody here can know: an address in the VPC counts as
healthy. https://docs.aws.amazon.com/vpc-lattice/latest/ug/target-group-health-checks.html
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice import networks
from cloudchamber.services.vpc_lattice.lookup import group_of, paged
from cloudchamber.services.vpc_lattice.nouns import Target, TargetGroup
from cloudchamber.services.vpc_lattice.refusals import invalid, quota_exceeded
from cloudchamber.services.vpc_lattice.target_groups import service_arns

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# "The load balancer waits five minutes": deregistered targets drain for so long.
DRAIN_NS: Final = 300 * SECOND_NS


def register_targets(call: Call, request: Input) -> Output:
    """Add targets; each succeeds or fails by itself."""
    group = group_of(call, request["targetGroupIdentifier"])
    successful, unsuccessful = [], []
    _forget_drained(call, group)
    for each in request["targets"]:
        port = each.get("port") or group.config.get("port", 0)
        if problem := _problem(call, group, each):
            unsuccessful.append({**each, "failureCode": "InvalidTarget", "failureMessage": problem})
            continue
        known = _find(group, each["id"], port)
        if known is None:
            if len(group.targets) >= call.quota("targets"):
                raise quota_exceeded("TARGET_GROUP", "L-targets", len(group.targets))
            known = Target(id=each["id"], port=port, registered_ns=call.now)
            group.targets.append(known)
        elif known.draining_ns:
            known.draining_ns, known.registered_ns = 0, call.now
        successful.append(_named(known))
    group.updated_ns = call.now
    return {"successful": successful, "unsuccessful": unsuccessful}


def deregister_targets(call: Call, request: Input) -> Output:
    """Take targets out; they drain for five minutes."""
    group = group_of(call, request["targetGroupIdentifier"])
    successful, unsuccessful = [], []
    _forget_drained(call, group)
    used = bool(service_arns(call, group))
    for each in request["targets"]:
        known = _find(group, each["id"], each.get("port") or group.config.get("port", 0))
        if known is None or known.draining_ns:
            why = "The target is not registered."
            unsuccessful.append({**each, "failureCode": "TargetNotFound", "failureMessage": why})
            continue
        if used and group.type != "LAMBDA":
            known.draining_ns = call.now
        else:
            group.targets.remove(known)
        successful.append(_named(known))
    return {"successful": successful, "unsuccessful": unsuccessful}


def list_targets(call: Call, request: Input) -> Output:
    """The targets of a group and their health."""
    group = group_of(call, request["targetGroupIdentifier"])
    asked = request.get("targets")
    rows = [
        each
        for each in group.targets
        if not _is_drained(call, each)
        and (
            not asked
            or any(
                each.id == one["id"] and one.get("port", each.port) == each.port for one in asked
            )
        )
    ]
    rows.sort(key=_place)
    return paged(request, rows, lambda row: {**_named(row), **health(call, group, row)}, _place)


def health(call: Call, group: TargetGroup, target: Target) -> dict[str, str]:
    """`status` and `reasonCode` of a target now."""
    if target.draining_ns:
        return {"status": "DRAINING", "reasonCode": "Target.DeregistrationInProgress"}
    if not service_arns(call, group):
        return {"status": "UNUSED", "reasonCode": "Target.NotInUse"}
    check = group.config.get("healthCheck", {})
    if not check.get("enabled"):
        return {"status": "UNAVAILABLE", "reasonCode": "HealthCheckNotSupported"}
    if group.type == "INSTANCE":
        instance = networks.find_instance(call, target.id)
        if instance is None or instance["State"]["Name"] != "running":
            return {"status": "UNUSED", "reasonCode": "Target.InvalidState"}
    checks_ns = check["healthCheckIntervalSeconds"] * check["healthyThresholdCount"] * SECOND_NS
    if call.now - target.registered_ns < checks_ns:
        return {"status": "INITIAL", "reasonCode": "HealthCheckInitial"}
    return {"status": "HEALTHY"}


def takes_requests(call: Call, group: TargetGroup, target: Target) -> bool:
    """Whether a target is sent requests. One that is still being checked is, as at AWS."""
    return health(call, group, target)["status"] in ("HEALTHY", "INITIAL", "UNAVAILABLE")


def _problem(call: Call, group: TargetGroup, target: dict[str, Any]) -> str:
    """Why something cannot be a target of a group; "" if it can."""
    identifier = target["id"]
    if group.type == "LAMBDA":
        return _function_problem(call, group, target)
    if group.type == "INSTANCE":
        instance = networks.find_instance(call, identifier)
        if instance is None:
            return f"The instance {identifier} does not exist."
        if instance.get("VpcId") != group.config["vpcIdentifier"]:
            return f"The instance {identifier} is not in {group.config['vpcIdentifier']}."
        if instance["State"]["Name"] != "running":
            return f"The instance {identifier} is not running."
        return ""
    if group.type == "IP":
        try:
            address = ipaddress.ip_address(identifier)
        except ValueError:
            return f"{identifier} is not an address."
        if f"IPV{address.version}" != group.config["ipAddressType"]:
            return f"{identifier} is not of the group's address type."
        blocks = networks.blocks_of(call, group.config["vpcIdentifier"])
        if not any(address in ipaddress.ip_network(each) for each in blocks):
            return f"{identifier} is not in {group.config['vpcIdentifier']}."
        return ""
    return "Load balancers are not in this chamber yet."


def _function_problem(call: Call, group: TargetGroup, target: dict[str, Any]) -> str:
    arn = find_arn(target["id"])
    if arn is None or arn.service != "lambda":
        return f"{target['id']} is not the ARN of a function."
    if "port" in target:
        raise invalid("A function has no port.", "targets.port")
    if any(each.id != target["id"] for each in group.targets):
        return "The group has a function already."
    try:
        call.invoke("lambda", "GetFunctionConfiguration", {"FunctionName": target["id"]})
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        return f"The function {target['id']} does not exist."
    return ""


def _find(group: TargetGroup, identifier: str, port: int) -> Target | None:
    return next(
        (each for each in group.targets if (each.id, each.port) == (identifier, port)), None
    )


def _named(target: Target) -> dict[str, Any]:
    return {"id": target.id, **({"port": target.port} if target.port else {})}


def _place(target: Target) -> str:
    return f"{target.id} {target.port:05}"


def _is_drained(call: Call, target: Target) -> bool:
    return bool(target.draining_ns) and call.now - target.draining_ns >= DRAIN_NS


def _forget_drained(call: Call, group: TargetGroup) -> None:
    group.targets = [each for each in group.targets if not _is_drained(call, each)]
