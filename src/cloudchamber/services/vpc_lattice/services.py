"""Services: what clients call by a name.

Rules of this file: a service goes only when no service network has it; its listeners go with it.
AWS does not publish how the middle of a service's name is made, nor the hosted zones; here both are
drawn from the Region's name.
https://docs.aws.amazon.com/vpc-lattice/latest/ug/services.html
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.vpc_lattice.lookup import (
    by_id,
    here,
    new_id,
    new_parts,
    own_service,
    paged,
    rules_of,
    seconds,
    service_of,
    visible,
)
from cloudchamber.services.vpc_lattice.nouns import (
    LISTENERS,
    LOG_SUBSCRIPTIONS,
    RESOURCE_POLICIES,
    RULES,
    SERVICE_ASSOCIATIONS,
    SERVICES,
    LatticeService,
)
from cloudchamber.services.vpc_lattice.refusals import conflict, invalid, quota_exceeded

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

SITE = "vpc-lattice-svcs"


def create_service(call: Call, request: Input) -> Output:
    """Make a service; names are unique in the account and Region."""
    name = request["name"]
    mine = list(here(call, SERVICES))
    if any(each.name == name for each in mine):
        raise conflict("SERVICE", name, f"A service named {name} already exists")
    if len(mine) >= call.quota("services"):
        raise quota_exceeded("SERVICE", "L-services", len(mine))
    identifier = new_id(call, "svc")
    digest = hashlib.sha256(f"{SITE}.{call.region}".encode()).hexdigest()
    short = identifier.removeprefix("svc-")
    row = LatticeService(
        **new_parts(call, identifier, call.arn(f"service/{identifier}"), request),
        name=name,
        domain=f"{name}-{short}.{digest[:7]}.{SITE}.{call.region}.on.aws",
        zone=f"Z{digest[7:27].upper()}",
        custom=request.get("customDomainName", ""),
        certificate=request.get("certificateArn", ""),
        auth=request.get("authType", "NONE"),
        idle_timeout_s=request.get("idleTimeoutSeconds", 60),
    )
    call.rows(SERVICES)[identifier] = row
    return {**_shown(row), "authType": row.auth, "idleTimeoutSeconds": row.idle_timeout_s}


def get_service(call: Call, request: Input) -> Output:
    """A service."""
    row = service_of(call, request["serviceIdentifier"])
    return {
        **_shown(row), **_times(row), "authType": row.auth,
        "idleTimeoutSeconds": row.idle_timeout_s,
    }  # fmt: skip


def list_services(call: Call, request: Input) -> Output:
    """The services of the account and those shared with it."""
    rows = visible(call, SERVICES, "vpc-lattice:Service")
    return paged(request, rows, lambda row: {**_shown(row), **_times(row)}, by_id)


def update_service(call: Call, request: Input) -> Output:
    """Change authorization, certificate or idle timeout."""
    row = own_service(call, request["serviceIdentifier"])
    if not request.keys() & {"authType", "certificateArn", "idleTimeoutSeconds"}:
        raise invalid("There is nothing to update.")
    row.auth = request.get("authType", row.auth)
    row.certificate = request.get("certificateArn", row.certificate)
    row.idle_timeout_s = request.get("idleTimeoutSeconds", row.idle_timeout_s)
    row.updated_ns = call.now
    shown = _shown(row)
    del shown["dnsEntry"], shown["status"]
    return {**shown, "authType": row.auth, "idleTimeoutSeconds": row.idle_timeout_s}


def delete_service(call: Call, request: Input) -> Output:
    """Delete a service that no service network has, with its listeners and rules."""
    row = own_service(call, request["serviceIdentifier"])
    if any(each.service == row.id for each in call.rows(SERVICE_ASSOCIATIONS).values()):
        raise conflict("SERVICE", row.id, f"{row.id} is associated with service networks")
    listeners, rules = call.rows(LISTENERS), call.rows(RULES)
    for listener in [each.id for each in listeners.values() if each.service == row.id]:
        for rule in rules_of(call, listener):
            del rules[rule.id]
        del listeners[listener]
    subscriptions = call.rows(LOG_SUBSCRIPTIONS)
    for each in [each.id for each in subscriptions.values() if each.resource == row.arn]:
        del subscriptions[each]
    call.rows(RESOURCE_POLICIES).pop(row.arn, None)
    del call.rows(SERVICES)[row.id]
    return {"id": row.id, "arn": row.arn, "name": row.name, "status": "DELETE_IN_PROGRESS"}


def dns_entry(row: LatticeService) -> dict[str, str]:
    """The name that clients call."""
    return {"domainName": row.domain, "hostedZoneId": row.zone}


def _shown(row: LatticeService) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.id,
        "arn": row.arn,
        "name": row.name,
        "status": "ACTIVE",
        "dnsEntry": dns_entry(row),
    }
    if row.custom:
        shown["customDomainName"] = row.custom
    if row.certificate:
        shown["certificateArn"] = row.certificate
    return shown


def _times(row: LatticeService) -> dict[str, float]:
    return {"createdAt": seconds(row.created_ns), "lastUpdatedAt": seconds(row.updated_ns)}
