"""Launching in the market: Spot instances with their requests, and launches into reservations.

Rules of this file: everything is checked before a host is taken. A Spot launch needs a pool that is
not dry and a price that the request covers; its instances enter the pool, and each has a request.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-request.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input
from cloudchamber.services.ec2 import kinds, tags
from cloudchamber.services.ec2.instances import launching
from cloudchamber.services.ec2.instances.launching import Market, Plan
from cloudchamber.services.ec2.instances.nouns import Instance
from cloudchamber.services.ec2.instances.template_lookup import with_template
from cloudchamber.services.ec2.market import pools, reserving
from cloudchamber.services.ec2.market.nouns import SPOT_REQUEST, SpotRequest
from cloudchamber.services.ec2.market.statuses import settle
from cloudchamber.services.ec2.refusals import invalid_combination
from cloudchamber.world.capacity.prices import dollars

_MICRO: Final = 1_000_000
PRICE_DUE: Final = "ec2.spot-price-due"
PRODUCTS: Final = ("Linux/UNIX", "Windows", "Red Hat Enterprise Linux", "SUSE Linux")


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a Spot instance is asked for. `max_price` is 0 for the On-Demand price."""

    type: str = "one-time"
    behavior: str = "terminate"
    max_price: int = 0
    until_ns: int = 0
    fleet: str = ""
    tags: Mapping[str, str] = {}


def run(call: Call, request: Input, least: int, most: int) -> list[Instance]:
    """What RunInstances does: in the Spot market, into a capacity reservation, or On-Demand."""
    market = with_template(call, request)[0].get("InstanceMarketOptions", {})
    kind = market.get("MarketType")
    if kind == "spot":
        terms = _terms_of(request, market.get("SpotOptions", {}))
        return launch_spot(call, request, least, most, terms)
    if kind is not None:
        raise AwsError(
            "InvalidParameterValue", f"Instances cannot be launched in the market '{kind}'."
        )
    return reserving.launch(call, launching.plan(call, request, least, most))


def launch_spot(call: Call, request: Input, least: int, most: int, terms: Terms) -> list[Instance]:
    """Launch Spot instances at once, each with a request that is fulfilled. Raises AwsError."""
    plan = launching.plan(call, request, least, most)
    expect_obtainable(call, plan, terms)
    ids = [kinds.new_id(call, SPOT_REQUEST.prefix) for _ in range(most)]
    made = launching.carry_out(call, plan, Market(lifecycle="spot", spot_requests=tuple(ids)))
    for instance in made:
        row = new_request(call, instance.spot_request, plan.request, terms)
        kinds.add(call, SPOT_REQUEST, row)
        tags.put(call, row.id, terms.tags)
        fulfil(call, row, instance)
    return made


def new_request(call: Call, identifier: str, spec: Input, terms: Terms) -> SpotRequest:
    """A request that is open."""
    row = SpotRequest(
        id=identifier,
        owner=call.account,
        spec=dict(spec),
        shown=shown_spec(spec),
        type=terms.type,
        behavior=terms.behavior,
        max_price=terms.max_price,
        fleet=terms.fleet,
        created_ns=call.now,
        until_ns=terms.until_ns,
    )
    settle(call, row, "open", "pending-evaluation")
    return row


def fulfil(call: Call, row: SpotRequest, instance: Instance) -> None:
    """An instance was launched for a request."""
    row.instance, row.instance_type = instance.id, instance.type
    row.zone_id, row.product = instance.zone_id, product_of(instance.platform_details)
    instance.spot_request = row.id
    settle(call, row, "active", "fulfilled")
    pools.enter(call, instance)
    if row.max_price:
        watch_price(call, row)


def watch_price(call: Call, row: SpotRequest) -> None:
    """Look at the price of a running instance again when prices can change."""
    call.at(pools.next_price_ns(call.cloud), PRICE_DUE, row.id, row.instance, weak=True)


def launch_for(call: Call, row: SpotRequest) -> Instance:
    """Launch the instance of an open request. Raises AwsError."""
    plan = launching.plan(call, row.spec, 1, 1)
    expect_obtainable(call, plan, Terms(max_price=row.max_price))
    market = Market(lifecycle="spot", spot_requests=(row.id,))
    (instance,) = launching.carry_out(call, plan, market)
    fulfil(call, row, instance)
    return instance


def expect_obtainable(call: Call, plan: Plan, terms: Terms) -> None:
    """The pool has capacity, and the price is covered. Raises AwsError."""
    zone = plan.subnet.zone_id
    product = product_of(plan.image.platform_details)
    now = pools.spot_price(call.cloud, plan.kind, zone, product)
    if terms.max_price and terms.max_price < now:
        raise AwsError(
            "SpotMaxPriceTooLow",
            f"Your Spot request price of {dollars(terms.max_price)} is lower than the minimum "
            f"required Spot request fulfillment price of {dollars(now)}.",
        )
    if pools.is_dry(call.cloud, plan.kind.name, zone):
        raise AwsError(
            "InsufficientInstanceCapacity",
            "There is no Spot capacity available that matches your request.",
            status=500,
        )


def product_of(details: str) -> str:
    """The product description that prices are by, from an image's platform details."""
    for each in PRODUCTS[1:]:
        if details.startswith(each.partition(" ")[0]):
            return each
    return PRODUCTS[0]


def price_of(text: str | None, parameter: str = "spotPrice") -> int:
    """A price in dollars an hour, in millionths; 0 for none. Raises InvalidParameterValue."""
    if not text:  # Terraform sends an empty one for none, and EC2 takes it so
        return 0
    whole, _, rest = text.partition(".")
    if not (whole or rest) or not (whole + rest).isascii() or not (whole + rest).isdigit():
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{text}' for {parameter}. It must be a decimal number greater than 0.",
        )
    amount = int(whole or "0") * _MICRO + int(rest[:6].ljust(6, "0"))
    if not amount:
        raise AwsError(
            "InvalidParameterValue",
            f"Invalid value '{text}' for {parameter}. It must be greater than 0.",
        )
    return amount


def expect_behavior(behavior: str, type_name: str) -> str:
    """An interruption behavior that goes with a type of request. Raises AwsError."""
    if behavior not in ("terminate", "stop", "hibernate"):
        raise AwsError(
            "InvalidParameterValue",
            f"Value ({behavior}) for parameter instanceInterruptionBehavior is invalid.",
        )
    if behavior != "terminate" and type_name != "persistent":
        raise invalid_combination(
            f"InstanceInterruptionBehavior '{behavior}' is supported only for requests of type "
            "'persistent'."
        )
    return behavior


def shown_spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    """A launch as DescribeSpotInstanceRequests shows it."""
    shown = {
        name: spec[name]
        for name in (
            "ImageId", "InstanceType", "KeyName", "KernelId", "RamdiskId", "SubnetId", "UserData",
            "EbsOptimized", "BlockDeviceMappings", "NetworkInterfaces", "IamInstanceProfile",
            "AddressingType",
        )
        if name in spec
    }  # fmt: skip
    placement = spec.get("Placement", {})
    if placement:
        shown["Placement"] = {
            name: placement[name]
            for name in ("AvailabilityZone", "AvailabilityZoneId", "GroupName", "Tenancy")
            if name in placement
        }
    shown["Monitoring"] = {"Enabled": bool(spec.get("Monitoring", {}).get("Enabled"))}
    groups: Sequence[str] = spec.get("SecurityGroupIds", ())
    if groups:
        shown["SecurityGroups"] = [{"GroupId": each} for each in groups]
    return shown


def _terms_of(request: Input, options: Mapping[str, Any]) -> Terms:
    type_name = options.get("SpotInstanceType", "one-time")
    if options.get("BlockDurationMinutes"):
        raise AwsError(
            "InvalidParameterValue", "Spot Instances with a defined duration are not offered."
        )
    until = options.get("ValidUntil")
    if until is not None and type_name != "persistent":
        raise invalid_combination("ValidUntil is supported only for persistent requests.")
    given = tags.specified_all(request, (*launching.TAGGED,)).get(SPOT_REQUEST.type, {})
    return Terms(
        type=type_name,
        behavior=expect_behavior(
            options.get("InstanceInterruptionBehavior", "terminate"), type_name
        ),
        max_price=price_of(options.get("MaxPrice"), "maxPrice"),
        until_ns=int(until) * _MICRO * 1000 if until is not None else 0,
        tags=given,
    )
