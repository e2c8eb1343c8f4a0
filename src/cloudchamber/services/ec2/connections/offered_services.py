"""DescribeVpcEndpointServices: everything that an endpoint can lead to, for the account that asks.

Rules of this file: AWS's services of the Region and those customers' that let the account connect.
A service that has two types of endpoint has two details under one name.
https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.connections import aws_services
from cloudchamber.services.ec2.connections import endpoint_targets as targets
from cloudchamber.services.ec2.connections.aws_services import AwsService
from cloudchamber.services.ec2.connections.nouns import ENDPOINT_SERVICE, EndpointService
from cloudchamber.services.ec2.describing import filtered, paged
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.world.geography.regions import find_region
from cloudchamber.world.geography.zones import zones_of


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A service by one type of endpoint; `id` is the service's, for its tags."""

    id: str
    name: str
    type: str
    region: str
    owner: str
    families: tuple[str, ...]
    aws: AwsService | None = None
    own: EndpointService | None = None

    @property
    def place(self) -> str:
        """Where it stands in the listing."""
        return f"{self.name} {self.type}"


def describe_vpc_endpoint_services(call: Call, request: Input) -> Output:
    """The services that pass the names and filters. Raises InvalidServiceName."""
    regions = request.get("ServiceRegions") or [call.region]
    for each in regions:
        if find_region(each) is None:
            raise invalid_value(each, "serviceRegion", "There is no such Region.")
    offers = [*_of_aws(call, regions), *_of_customers(call, regions)]
    names = request.get("ServiceNames")
    if names:
        known = {each.name for each in offers}
        for each in names:
            if each not in known:
                raise targets.no_service(each)
        offers = [each for each in offers if each.name in names]
    filters = request.get("Filters", ())
    if filters:
        offers = filtered(call, offers, filters, _PROPERTIES)
    offers.sort(key=_place)
    output = paged(request, "ServiceDetails", offers, _place, lambda each: _shown(call, each))
    output["ServiceNames"] = list(
        dict.fromkeys(each["ServiceName"] for each in output["ServiceDetails"])
    )
    return output


def _of_aws(call: Call, regions: list[str]) -> list[Offer]:
    return [
        Offer(
            id=each.id, name=each.name, type=each.type, region=region, owner="amazon",
            families=("ipv4", "ipv6") if each.is_dual_stack else ("ipv4",), aws=each,
        )
        for region in regions
        for each in aws_services.services_of(region)
        if region == call.region or (each.is_cross_region and each.type == "Interface")
    ]  # fmt: skip


def _of_customers(call: Call, regions: list[str]) -> list[Offer]:
    return [
        Offer(
            id=service.id, name=service.name, type=type_, region=region, owner=service.owner,
            families=tuple(service.address_types), own=service,
        )
        for _, region, service in kinds.everywhere(call.cloud, ENDPOINT_SERVICE)
        if region in regions
        and (region == call.region or call.region in service.regions)
        and targets.may_connect(call, service)
        for type_ in targets.types_of(service)
    ]  # fmt: skip


def _shown(call: Call, offer: Offer) -> dict[str, Any]:
    view: dict[str, Any] = {
        "ServiceName": offer.name,
        "ServiceId": offer.id,
        "ServiceType": [{"ServiceType": offer.type}],
        "ServiceRegion": offer.region,
        "Owner": offer.owner,
        "ManagesVpcEndpoints": False,
        "SupportedIpAddressTypes": list(offer.families),
    }
    names: tuple[str, ...] = ()
    if offer.aws is not None:
        zones = zones_of(offer.region, call.account, call.cloud.kernel.seed)
        names = offer.aws.private_names
        view |= {
            "AvailabilityZones": [zone.name for zone in zones],
            "AvailabilityZoneIds": [zone.id for zone in zones],
            "BaseEndpointDnsNames": [offer.aws.base_name],
            "VpcEndpointPolicySupported": offer.aws.has_policy,
            "AcceptanceRequired": False,
            "Tags": [],
        }
        if names:
            view["PrivateDnsNameVerificationState"] = "verified"
    elif offer.own is not None:
        names = (offer.own.private_dns,) if offer.own.private_dns else ()
        view |= {
            **targets.zones_shown(call, offer.own.zones),
            "BaseEndpointDnsNames": [targets.base_name_of(offer.own, offer.region)],
            "VpcEndpointPolicySupported": False,
            "AcceptanceRequired": offer.own.must_accept,
            "Tags": tags.shown(call, offer.id),
        }
        if names:
            view["PrivateDnsNameVerificationState"] = offer.own.private_dns_state
    if names:
        view["PrivateDnsName"] = names[0]
        view["PrivateDnsNames"] = [{"PrivateDnsName": each} for each in names]
    return view


def _place(offer: Offer) -> str:
    return offer.place


_PROPERTIES: Final = MappingProxyType(
    {
        "owner": lambda _, offer: (offer.owner,),
        "service-name": lambda _, offer: (offer.name,),
        "service-region": lambda _, offer: (offer.region,),
        "service-type": lambda _, offer: (offer.type,),
        "supported-ip-address-types": lambda _, offer: offer.families,
    }
)
