"""Target groups: what a service's requests are sent to.

Rules of this file: AWS's defaults are filled in when a group is made. A function has no port and no
health checks; a function's group holds one.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/target-groups.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice import networks
from cloudchamber.services.vpc_lattice.listeners import groups_in
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    group_of,
    here,
    new_id,
    new_parts,
    paged,
    seconds,
)
from cloudchamber.services.vpc_lattice.nouns import (
    LISTENERS,
    RULES,
    SERVICES,
    TARGET_GROUPS,
    TargetGroup,
)
from cloudchamber.services.vpc_lattice.refusals import conflict, invalid, quota_exceeded

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

INTERVAL_S: Final = 30
TIMEOUT_S: Final = 5
HEALTHY: Final = 5
UNHEALTHY: Final = 2


def create_target_group(call: Call, request: Input) -> Output:
    """Make a target group; names are unique in the account and Region."""
    name, type_ = request["name"], request["type"]
    mine = list(here(call, TARGET_GROUPS))
    if any(each.name == name for each in mine):
        raise conflict("TARGET_GROUP", name, f"A target group named {name} already exists")
    if len(mine) >= call.quota("target-groups"):
        raise quota_exceeded("TARGET_GROUP", "L-target-groups", len(mine))
    config = _config(call, type_, request.get("config", {}))
    identifier = new_id(call, "tg")
    row = TargetGroup(
        **new_parts(call, identifier, call.arn(f"targetgroup/{identifier}"), request),
        name=name, type=type_, config=config,
    )  # fmt: skip
    call.rows(TARGET_GROUPS)[identifier] = row
    return _shown(row)


def get_target_group(call: Call, request: Input) -> Output:
    """A target group and the services that use it."""
    row = group_of(call, request["targetGroupIdentifier"])
    return {**_shown(row), **_times(row), "serviceArns": service_arns(call, row)}


def list_target_groups(call: Call, request: Input) -> Output:
    """The target groups of the account."""
    vpc, type_ = request.get("vpcIdentifier"), request.get("targetGroupType")
    rows = [
        each
        for each in here(call, TARGET_GROUPS)
        if type_ in (None, each.type)
        and (vpc is None or each.config.get("vpcIdentifier") == vpc.rpartition("/")[2])
    ]
    return paged(request, rows, lambda row: _listed(call, row), by_id)


def update_target_group(call: Call, request: Input) -> Output:
    """Change health checks."""
    row = group_of(call, request["targetGroupIdentifier"])
    if row.type == "LAMBDA":
        raise invalid("Functions have no health checks.", "healthCheck")
    check = _check({**row.config.get("healthCheck", {}), **request["healthCheck"]}, row.config)
    row.config = {**row.config, "healthCheck": check}
    row.updated_ns = call.now
    return _shown(row)


def delete_target_group(call: Call, request: Input) -> Output:
    """Delete a target group that no listener and no rule forwards to."""
    row = group_of(call, request["targetGroupIdentifier"])
    if used := service_arns(call, row):
        raise conflict("TARGET_GROUP", row.id, f"{row.id} is used by {', '.join(used)}")
    del call.rows(TARGET_GROUPS)[row.id]
    return {"id": row.id, "arn": row.arn, "status": "DELETE_IN_PROGRESS"}


def service_arns(call: Call, row: TargetGroup) -> list[str]:
    """The ARNs of the services whose listeners or rules forward to a group, sorted."""
    listeners = call.rows(LISTENERS)
    used = {each.service for each in listeners.values() if row.id in groups_in(each.action)}
    used |= {
        listeners[each.listener].service
        for each in call.rows(RULES).values()
        if row.id in groups_in(each.action)
    }
    services = call.rows(SERVICES)
    return sorted(services[each].arn for each in used)


def _config(call: Call, type_: str, given: dict[str, Any]) -> dict[str, Any]:
    if type_ == "LAMBDA":
        if given.keys() - {"lambdaEventStructureVersion"}:
            raise invalid("A function has no port, protocol, VPC or health checks.", "config")
        return {"lambdaEventStructureVersion": given.get("lambdaEventStructureVersion", "V1")}
    if "lambdaEventStructureVersion" in given:
        raise invalid("Only functions have an event structure.", "config")
    for member in ("protocol", "vpcIdentifier"):
        if member not in given:
            raise invalid(f"{member} is required for targets of type {type_}.", f"config.{member}")
    protocol = given["protocol"]
    if protocol == "TCP" and "protocolVersion" in given:
        raise invalid("TCP has no protocol version.", "config.protocolVersion")
    vpc = networks.expect_own_vpc(call, given["vpcIdentifier"])
    config: dict[str, Any] = {
        "port": given.get("port") or (443 if protocol == "HTTPS" else 80),
        "protocol": protocol,
        "vpcIdentifier": vpc,
    }
    if protocol != "TCP":
        config["protocolVersion"] = given.get("protocolVersion", "HTTP1")
    if type_ in ("IP", "ALB"):
        config["ipAddressType"] = given.get("ipAddressType", "IPV4")
    default = {"enabled": type_ != "ALB", "protocol": protocol}
    config["healthCheck"] = _check({**default, **given.get("healthCheck", {})}, config)
    return config


def _check(given: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
    """Health checks with AWS's defaults."""
    version = config.get("protocolVersion", "HTTP1")
    check = {
        "enabled": True,
        "protocol": "HTTP",
        "protocolVersion": "HTTP1" if version == "GRPC" else version,
        "path": "/",
        "healthCheckIntervalSeconds": 0,
        "healthCheckTimeoutSeconds": 0,
        "healthyThresholdCount": 0,
        "unhealthyThresholdCount": 0,
        "matcher": {"httpCode": "200"},
        **given,
    }
    for member, default in (
        ("healthCheckIntervalSeconds", INTERVAL_S),
        ("healthCheckTimeoutSeconds", TIMEOUT_S),
        ("healthyThresholdCount", HEALTHY),
        ("unhealthyThresholdCount", UNHEALTHY),
    ):
        check[member] = check[member] or default
    return check


def _shown(row: TargetGroup) -> dict[str, Any]:
    return {
        "id": row.id, "arn": row.arn, "name": row.name, "type": row.type, "config": row.config,
        "status": "ACTIVE",
    }  # fmt: skip


def _listed(call: Call, row: TargetGroup) -> dict[str, Any]:
    shown = {**_shown(row), **_times(row), "serviceArns": service_arns(call, row)}
    config = shown.pop("config")
    for member in ("port", "protocol", "ipAddressType", "vpcIdentifier",
                   "lambdaEventStructureVersion"):  # fmt: skip
        if member in config:
            shown[member] = config[member]
    return shown


def _times(row: TargetGroup) -> dict[str, float]:
    return {"createdAt": seconds(row.created_ns), "lastUpdatedAt": seconds(row.updated_ns)}
