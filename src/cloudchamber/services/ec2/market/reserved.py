"""Reserved Instances: offerings as data, and what was bought.

Rules of this file: an offering is a number: a type, a product, a term, a payment and a class in
turn. Its id carries the number, so that none of them is kept. A reservation bought here is a
discount that a bill may use; it is regional and holds no capacity.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-reserved-instances.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2 import tags
from cloudchamber.services.ec2.describing import filtered, page_size, paged
from cloudchamber.services.ec2.filters import Properties, matching
from cloudchamber.services.ec2.instances.options import expect_type
from cloudchamber.services.ec2.market.nouns import RESERVED, ReservedInstances
from cloudchamber.services.ec2.refusals import invalid_value
from cloudchamber.services.ec2.volumes.spelling import instant
from cloudchamber.world.capacity import prices
from cloudchamber.world.capacity.catalogue import InstanceType, all_types

RESERVED_DUE: Final = "ec2.reserved-instances-due"
YEAR_S: Final = 31_536_000
HOURS: Final = 8_760
COUNT_MAX: Final = 300
_YEARS: Final = (1, 3)
_PAYMENTS: Final = ("No Upfront", "Partial Upfront", "All Upfront")
_CLASSES: Final = ("standard", "convertible")
_PRODUCTS: Final = tuple(prices.PRODUCTS)
_EACH: Final = len(_PRODUCTS) * len(_YEARS) * len(_PAYMENTS) * len(_CLASSES)
# What is left of the On-Demand price, in hundredths: by years, payment and class. AWS: "up to 72%".
_LEFT: Final = (
    ((63, 60, 59), (71, 69, 68)),
    ((43, 40, 38), (54, 50, 49)),
)


class Offering(msgspec.Struct, frozen=True, kw_only=True):
    """A Reserved Instance that can be bought; prices in millionths of a dollar."""

    id: str
    kind: InstanceType
    product: str
    years: int
    payment: str
    offering_class: str
    fixed: int
    hourly: int


def describe_reserved_instances_offerings(call: Call, request: Input) -> Output:
    """What can be bought in the Region; nothing from other sellers, there are none."""
    names = request.get("ReservedInstancesOfferingIds", ())
    offers = [_expect_offering(call, each) for each in names] or _offerings(call, request)
    rows = [each for each in offers if _is_wanted(each, request)]
    rows = matching(rows, request.get("Filters", ()), _OFFERED)
    return paged(
        request,
        "ReservedInstancesOfferings",
        rows,
        lambda each: each.id,
        _offering_view,
        page_size(request, 1, 100),
    )


def purchase_reserved_instances_offering(call: Call, request: Input) -> Output:
    """Buy an offering; it holds when it is paid, which is at once."""
    count = request["InstanceCount"]
    if not 1 <= count <= COUNT_MAX:
        raise invalid_value(count, "instanceCount", f"It is from 1 to {COUNT_MAX}.")
    offering = _expect_offering(call, request["ReservedInstancesOfferingId"])
    limit = request.get("LimitPrice", {}).get("Amount")
    total = offering.fixed * count
    if limit is not None and total > int(limit * 1_000_000):
        raise AwsError(
            "InvalidParameterValue",
            f"The total price {prices.dollars(total)} exceeds the limit price {limit}.",
        )
    starts = int(request.get("PurchaseTime", 0)) * SECOND_NS
    if starts and starts <= call.now:
        raise invalid_value(request["PurchaseTime"], "purchaseTime", "It has to be in the future.")
    row = ReservedInstances(
        id=call.stream(call.arn("reserved-instances/*"), "id").uuid(),
        owner=call.account,
        offering=offering.id,
        type=offering.kind.name,
        product=offering.product,
        count=count,
        offering_class=offering.offering_class,
        payment=offering.payment,
        years=offering.years,
        fixed=offering.fixed,
        hourly=offering.hourly,
        state="queued" if starts else "payment-pending",
        starts_ns=starts or call.now,
        ends_ns=(starts or call.now) + offering.years * YEAR_S * SECOND_NS,
    )
    call.rows(RESERVED)[row.id] = row
    call.at(row.starts_ns, RESERVED_DUE, row.id, weak=bool(starts))
    call.at(row.ends_ns, RESERVED_DUE, row.id, weak=True)
    return {"ReservedInstancesId": row.id}


def reserved_due(call: Call, identifier: str) -> None:
    """A reservation begins to hold, or ends."""
    row = call.rows(RESERVED).get(identifier)
    if row is None or row.state == "queued-deleted":
        return
    row.state = "retired" if call.now >= row.ends_ns else "active"


def delete_queued_reserved_instances(call: Call, request: Input) -> Output:
    """Take back purchases that were to be made later."""
    done: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for identifier in request["ReservedInstancesIds"]:
        row = call.rows(RESERVED).get(identifier)
        if row is not None and row.state == "queued":
            row.state = "queued-deleted"
            done.append({"ReservedInstancesId": identifier})
            continue
        code = "reserved-instances-not-in-queued-state"
        if row is None:
            code = "reserved-instances-id-invalid"
        error = {"Code": code, "Message": f"{identifier}: {code}"}
        failed.append({"ReservedInstancesId": identifier, "Error": error})
    return {
        "SuccessfulQueuedPurchaseDeletions": done,
        "FailedQueuedPurchaseDeletions": failed,
    }


def describe_reserved_instances(call: Call, request: Input) -> Output:
    """What was bought."""
    ids = dict.fromkeys(request.get("ReservedInstancesIds", ()))
    rows = [_expect(call, each) for each in ids] or list(call.rows(RESERVED).values())
    for member, attribute in (("OfferingClass", "offering_class"), ("OfferingType", "payment")):
        if request.get(member):
            rows = [each for each in rows if getattr(each, attribute) == request[member]]
    rows = filtered(call, rows, request.get("Filters", ()), _BOUGHT)
    return {"ReservedInstances": [_view(call, each) for each in rows]}


def nothing(member: str) -> Any:
    """A Describe operation of something that there never is."""

    def describe(call: Call, request: Input) -> Output:
        return {member: []}

    return describe


def _expect(call: Call, identifier: str) -> ReservedInstances:
    row = call.rows(RESERVED).get(identifier)
    if row is None:
        raise AwsError(
            "InvalidReservedInstancesId.NotFound",
            f"The reserved instances ID '{identifier}' does not exist",
        )
    return row


def _offerings(call: Call, request: Input) -> Iterator[Offering]:
    wanted = request.get("InstanceType")
    if wanted:
        expect_type(wanted)
    for number, kind in enumerate(all_types()):
        if wanted in (None, kind.name):
            for rest in range(_EACH):
                yield _offering(call, number * _EACH + rest)


def _offering(call: Call, number: int) -> Offering:
    index, rest = divmod(number, _EACH)
    kind = all_types()[index]
    rest, product = divmod(rest, len(_PRODUCTS))
    rest, term = divmod(rest, len(_YEARS))
    which, payment = divmod(rest, len(_PAYMENTS))
    years = _YEARS[term]
    full = prices.on_demand(kind, call.region, _PRODUCTS[product])
    hourly = full * _LEFT[term][which][payment] // 100
    upfront = hourly * HOURS * years * payment // 2
    return Offering(
        id=_id(call, number),
        kind=kind,
        product=_PRODUCTS[product],
        years=years,
        payment=_PAYMENTS[payment],
        offering_class=_CLASSES[which],
        fixed=upfront,
        hourly=hourly * (2 - payment) // 2,
    )


def _id(call: Call, number: int) -> str:
    return prices.offering_id(call.cloud.kernel.seed, call.region, number)


def _expect_offering(call: Call, identifier: str) -> Offering:
    head = identifier.partition("-")[0]
    try:
        number = int(head, 16)
    except ValueError:
        number = -1
    if not 0 <= number < len(all_types()) * _EACH or _id(call, number) != identifier:
        raise AwsError(
            "InvalidReservedInstancesOfferingId.NotFound",
            f"The reserved instances offering ID '{identifier}' does not exist",
        )
    return _offering(call, number)


def _is_wanted(each: Offering, request: Input) -> bool:
    duration = each.years * YEAR_S
    if request.get("AvailabilityZone") or request.get("AvailabilityZoneId"):
        return False
    if request.get("InstanceTenancy", "default") != "default":
        return False
    return (
        request.get("MinDuration", 0) <= duration <= request.get("MaxDuration", duration)
        and request.get("OfferingClass") in (None, each.offering_class)
        and request.get("OfferingType") in (None, each.payment)
        and request.get("ProductDescription") in (None, each.product)
        and request.get("InstanceType") in (None, each.kind.name)
    )


def _offering_view(each: Offering) -> Output:
    return {
        "ReservedInstancesOfferingId": each.id,
        "InstanceType": each.kind.name,
        "Duration": each.years * YEAR_S,
        "FixedPrice": each.fixed / 1_000_000,
        "UsagePrice": 0.0,
        "ProductDescription": each.product,
        "InstanceTenancy": "default",
        "CurrencyCode": "USD",
        "OfferingType": each.payment,
        "OfferingClass": each.offering_class,
        "RecurringCharges": [{"Amount": each.hourly / 1_000_000, "Frequency": "Hourly"}],
        "Marketplace": False,
        "PricingDetails": [],
        "Scope": "Region",
    }


def _view(call: Call, row: ReservedInstances) -> Output:
    return {
        "ReservedInstancesId": row.id,
        "InstanceType": row.type,
        "InstanceCount": row.count,
        "ProductDescription": row.product,
        "State": row.state,
        "Start": row.starts_ns / SECOND_NS,
        "End": row.ends_ns / SECOND_NS,
        "Duration": row.years * YEAR_S,
        "FixedPrice": row.fixed / 1_000_000,
        "UsagePrice": 0.0,
        "RecurringCharges": [{"Amount": row.hourly / 1_000_000, "Frequency": "Hourly"}],
        "InstanceTenancy": row.tenancy,
        "CurrencyCode": "USD",
        "OfferingType": row.payment,
        "OfferingClass": row.offering_class,
        "Scope": "Region",
        "Tags": tags.shown(call, row.id),
    }


def _nothing(each: Any) -> tuple[str, ...]:
    return ()


_OFFERED: Final[Properties[Offering]] = MappingProxyType(
    {
        "availability-zone": _nothing,
        "availability-zone-id": _nothing,
        "duration": lambda each: (str(each.years * YEAR_S),),
        "fixed-price": lambda each: (str(each.fixed / 1_000_000),),
        "instance-type": lambda each: (each.kind.name,),
        "marketplace": lambda each: ("false",),
        "product-description": lambda each: (each.product,),
        "reserved-instances-offering-id": lambda each: (each.id,),
        "scope": lambda each: ("Region",),
        "usage-price": lambda each: ("0.0",),
    }
)
_BOUGHT: Final[Mapping[str, Any]] = MappingProxyType(
    {
        "availability-zone": lambda call, row: (),
        "availability-zone-id": lambda call, row: (),
        "duration": lambda call, row: (str(row.years * YEAR_S),),
        "end": lambda call, row: (instant(row.ends_ns),),
        "fixed-price": lambda call, row: (str(row.fixed / 1_000_000),),
        "instance-type": lambda call, row: (row.type,),
        "scope": lambda call, row: ("Region",),
        "product-description": lambda call, row: (row.product,),
        "reserved-instances-id": lambda call, row: (row.id,),
        "start": lambda call, row: (instant(row.starts_ns),),
        "state": lambda call, row: (row.state,),
        "usage-price": lambda call, row: ("0.0",),
    }
)
