"""What an endpoint can lead to, found by its service's name: AWS's own or a customer's.

Rules of this file: reads. A customer's service is there only for whom its owner lets connect; to
everybody else it does not exist.
https://docs.aws.amazon.com/vpc/latest/privatelink/configure-endpoint-service.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.ec2 import kinds
from cloudchamber.services.ec2.connections import aws_services
from cloudchamber.services.ec2.connections.nouns import ENDPOINT_SERVICE, EndpointService
from cloudchamber.services.ec2.vpcs.lookup import zone_name

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

_CUSTOMERS: Final = ".vpce-svc-"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What an endpoint of a type leads to.

    `service_id` is set for a customer's service, `owner` too; then `must_accept` says that its
    owner is asked. `private_names` are what private DNS covers.
    """

    name: str
    type: str
    region: str
    base_name: str
    private_names: tuple[str, ...] = ()
    has_policy: bool = True
    is_dual_stack: bool = False
    service_id: str = ""
    owner: str = "amazon"
    must_accept: bool = False
    is_gateway_too: bool = False


def expect_target(call: Call, name: str, type_: str, region: str) -> Target:
    """What an endpoint is to lead to. Raises InvalidServiceName, InvalidParameter."""
    if _CUSTOMERS in name:
        service = find_service(call.cloud, name)
        if service is None or not may_connect(call, service):
            raise no_service(name)
        if type_ not in types_of(service):
            raise _wrong_type(type_, types_of(service))
        place = kinds.place_of(call.cloud, service.id)
        home = place.region if place else call.region
        if region != home or (region != call.region and call.region not in service.regions):
            raise no_service(name)
        return _customers(service, type_, region)
    known = aws_services.types_of(name, region)
    if not known:
        raise no_service(name)
    found = known.get(type_)
    if found is None:
        raise _wrong_type(type_, sorted(known))
    if region != call.region and not found.is_cross_region:
        raise AwsError(
            "InvalidParameter", f"The service {name} cannot be reached from another Region."
        )
    return Target(
        name=name, type=type_, region=region, base_name=found.base_name,
        private_names=found.private_names, has_policy=found.has_policy,
        is_dual_stack=found.is_dual_stack,
        is_gateway_too=len(known) > 1,
    )  # fmt: skip


def find_service(cloud: Cloud, name: str) -> EndpointService | None:
    """A customer's service by its name, whosever it is."""
    service = kinds.find_anywhere(cloud, ENDPOINT_SERVICE, name.rpartition(".")[2])
    return service if service is not None and service.name == name else None


def may_connect(call: Call, service: EndpointService) -> bool:
    """Whether the call's account, or the caller itself, may connect to a service."""
    if service.owner == call.account:
        return True
    account = call.account
    for each in service.principals:
        if each in ("*", account, call.caller.arn):
            return True
        arn = find_arn(each)
        if arn is not None and arn.account == account and arn.resource == "root":
            return True
    return False


def types_of(service: EndpointService) -> tuple[str, ...]:
    """The type of endpoint that leads to a customer's service."""
    if service.gateway_balancers:
        return (aws_services.GATEWAY_LOAD_BALANCER,)
    return (aws_services.INTERFACE,)


def base_name_of(service: EndpointService, region: str) -> str:
    """The DNS name under which a customer's service has its endpoints' names."""
    return f"{service.id}.{region}.vpce.amazonaws.com"


def zones_shown(call: Call, zone_ids: Sequence[str]) -> dict[str, Any]:
    """`AvailabilityZones` under the account's own names, and their ids."""
    pairs = sorted((zone_name(call, each), each) for each in zone_ids)
    return {
        "AvailabilityZones": [name for name, _ in pairs],
        "AvailabilityZoneIds": [each for _, each in pairs],
    }


def no_service(name: str) -> AwsError:
    """There is no such service, for this account."""
    return AwsError("InvalidServiceName", f"The Vpc Endpoint Service '{name}' does not exist")


def _customers(service: EndpointService, type_: str, region: str) -> Target:
    is_known = service.private_dns and service.private_dns_state == "verified"
    return Target(
        name=service.name, type=type_, region=region,
        base_name=base_name_of(service, region),
        private_names=(service.private_dns,) if is_known else (),
        has_policy=False,
        is_dual_stack="ipv6" in service.address_types,
        service_id=service.id, owner=service.owner, must_accept=service.must_accept,
    )  # fmt: skip


def _wrong_type(type_: str, known: Sequence[str]) -> AwsError:
    return AwsError(
        "InvalidParameter",
        f"Endpoint type ({type_}) does not match available service types ([{', '.join(known)}]).",
    )
