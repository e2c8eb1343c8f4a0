"""DescribeSpotPriceHistory, GetSpotPlacementScores and the Spot data feed.

Rules of this file: prices and depths are pure functions of the seed and the instant
(`world/capacity/spot.py`), so that ninety days of history are there without having happened, and
only the page that is shown is computed.
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-spot-instances-history.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, key_of, token_of
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.ec2.describing import bad_token, page_size
from cloudchamber.services.ec2.filters import Properties, matching, pattern
from cloudchamber.services.ec2.instances.options import expect_type
from cloudchamber.services.ec2.market import pools
from cloudchamber.services.ec2.market.nouns import DATAFEEDS, Datafeed
from cloudchamber.services.ec2.market.selecting import types_for
from cloudchamber.services.ec2.refusals import invalid_combination, invalid_value, missing_parameter
from cloudchamber.services.ec2.volumes.spelling import instant
from cloudchamber.services.ec2.vpcs import lookup
from cloudchamber.world.capacity import offerings, prices, spot
from cloudchamber.world.capacity.catalogue import InstanceType
from cloudchamber.world.geography.regions import find_region

_VPC: Final = " (Amazon VPC)"
_SCORE_TYPES_LEAST: Final = 3
_SCORES_MIN: Final = 10
_MANY_UNITS: Final = 400


class _Pool:
    """A pool and a product whose prices are asked for."""

    __slots__ = ("kind", "product", "shown", "zone_id", "zone_name")

    def __init__(
        self, zone_id: str, zone_name: str, kind: InstanceType, product: str, shown: str
    ) -> None:
        self.zone_id = zone_id
        self.zone_name = zone_name
        self.kind = kind
        self.product = product
        self.shown = shown


def describe_spot_price_history(call: Call, request: Input) -> Output:
    """Prices, the newest first: those that began to hold in the span, and the one before it."""
    seed = call.cloud.kernel.seed
    end = min(_instant(request, "EndTime", call.now), call.now)
    start = max(_instant(request, "StartTime", call.now), call.now - spot.HISTORY_NS)
    start = min(start, end)
    chosen = _pools(call, request)
    size = page_size(request, 1)
    at = _position(request)
    texts = _row_filters(request)
    history: list[dict[str, Any]] = []
    token = ""
    for position, slot, pool in _walk(seed, start, end, chosen, at):
        row = _row(seed, slot, pool)
        if not _passes(row, texts):
            continue
        if len(history) == size:
            token = token_of(str(position))
            break
        history.append(row)
    return {"SpotPriceHistory": history, "NextToken": token}


def _walk(
    seed: int, start: int, end: int, chosen: Sequence[_Pool], at: int
) -> Iterator[tuple[int, int, _Pool]]:
    """Slots from the newest that holds at `end` to the one that holds at `start`, each with every
    pool; from a position on."""
    if not chosen:
        return
    newest, oldest = spot.price_slot(seed, end), spot.price_slot(seed, start)
    for position in range(at, (newest - oldest + 1) * len(chosen)):
        back, index = divmod(position, len(chosen))
        yield position, newest - back, chosen[index]


def _row(seed: int, slot: int, pool: _Pool) -> dict[str, Any]:
    full = pools.on_demand_price(pool.kind, pool.zone_id, pool.product)
    price = spot.slot_price(seed, pool.zone_id, pool.kind, full, slot)
    return {
        "AvailabilityZone": pool.zone_name,
        "AvailabilityZoneId": pool.zone_id,
        "InstanceType": pool.kind.name,
        "ProductDescription": pool.shown,
        "SpotPrice": prices.dollars(price),
        "Timestamp": spot.slot_begins_ns(seed, slot) / SECOND_NS,
    }


def _pools(call: Call, request: Input) -> list[_Pool]:
    seed = call.cloud.kernel.seed
    filters = request.get("Filters", ())
    zone = request.get("AvailabilityZone") or request.get("AvailabilityZoneId")
    zones = [each for each in lookup.zones_for(call) if each.type == "availability-zone"]
    if zone:
        wanted = lookup.zone_id(call, zone)
        zones = [each for each in zones if each.id == wanted]
    types = [expect_type(each) for each in request.get("InstanceTypes", ())]
    products = request.get("ProductDescriptions", ()) or tuple(prices.PRODUCTS)
    for each in products:
        if each.removesuffix(_VPC) not in prices.PRODUCTS:
            raise invalid_value(each, "productDescription", "It is not a product description.")
    found = [
        _Pool(each.id, each.name, kind, product.removesuffix(_VPC), product)
        for each in zones
        for kind in types or offerings.offered(seed, each.id)
        if offerings.is_offered(seed, each.id, kind)
        for product in products
    ]
    known: Properties[_Pool] = {
        "availability-zone": lambda pool: (pool.zone_name,),
        "availability-zone-id": lambda pool: (pool.zone_id,),
        "instance-type": lambda pool: (pool.kind.name,),
        "product-description": lambda pool: (pool.shown, pool.product + _VPC),
        "spot-price": lambda pool: ("any",),
        "timestamp": lambda pool: ("any",),
    }
    of_pool = [each for each in filters if each.get("Name") not in ("spot-price", "timestamp")]
    return matching(found, of_pool, known)


def _row_filters(request: Input) -> list[tuple[str, list[Any]]]:
    return [
        (each["Name"], [pattern(value) for value in each.get("Values", ())])
        for each in request.get("Filters", ())
        if each.get("Name") in ("spot-price", "timestamp")
    ]


def _passes(row: dict[str, Any], texts: list[tuple[str, list[Any]]]) -> bool:
    for name, patterns in texts:
        text = row["SpotPrice"]
        if name == "timestamp":
            text = instant(int(row["Timestamp"]) * SECOND_NS)
        if not any(each.fullmatch(text) for each in patterns):
            return False
    return True


def _position(request: Input) -> int:
    token = request.get("NextToken")
    if not token:
        return 0
    try:
        return int(key_of(token))
    except (BadToken, ValueError):
        raise bad_token() from None


def _instant(request: Input, member: str, otherwise: int) -> int:
    value = request.get(member)
    return otherwise if value is None else int(value * 1000) * (SECOND_NS // 1000)


def get_spot_placement_scores(call: Call, request: Input) -> Output:
    """How likely a request of so much capacity would be fulfilled, from 1 to 10, by place."""
    kinds = _scored_types(call, request)
    regions = request.get("RegionNames", ()) or (call.region,)
    by_zone = request.get("SingleAvailabilityZone", False)
    scores: list[dict[str, Any]] = []
    for name in regions:
        region = find_region(name)
        if region is None:
            raise invalid_value(name, "regionName", "It is not a Region.")
        of_zones = {zone: _zone_score(call, zone, kinds, request) for zone in region.zone_ids}
        if by_zone:
            scores += [
                {"Region": name, "AvailabilityZoneId": zone, "Score": score}
                for zone, score in of_zones.items()
            ]
        else:
            scores.append({"Region": name, "Score": max(of_zones.values())})
    scores.sort(key=lambda each: -int(each["Score"]))
    return {"SpotPlacementScores": scores[:_SCORES_MIN]}


def _scored_types(call: Call, request: Input) -> list[InstanceType]:
    names = list(dict.fromkeys(request.get("InstanceTypes", ())))
    wanted = request.get("InstanceRequirementsWithMetadata")
    if names and wanted:
        raise invalid_combination(
            "InstanceTypes and InstanceRequirementsWithMetadata cannot be specified together."
        )
    if not wanted:
        if not names:
            raise missing_parameter("InstanceTypes")
        return [expect_type(each) for each in names]
    architectures = wanted.get("ArchitectureTypes", ())
    return [
        each
        for each in types_for(call, wanted.get("InstanceRequirements", {}))
        if not architectures or any(one in each.architectures for one in architectures)
    ]


def _zone_score(call: Call, zone_id: str, kinds: Sequence[InstanceType], request: Input) -> int:
    seed = call.cloud.kernel.seed
    depths = [
        pools.depth(call.cloud, each, zone_id)
        for each in kinds
        if offerings.is_offered(seed, zone_id, each)
    ]
    score = spot.score(depths)
    # "Low if you specify fewer than three different instance types."
    if len(kinds) < _SCORE_TYPES_LEAST:
        score = min(score, 3)
    if request["TargetCapacity"] > _MANY_UNITS * max(1, len(depths)):
        score = max(1, score - 3)
    return score


def create_spot_datafeed_subscription(call: Call, request: Input) -> Output:
    """Say where the data feed should go."""
    if "feed" in call.rows(DATAFEEDS):
        raise AwsError("SpotDatafeedSubscriptionExists", "There is a data feed already.")
    row = Datafeed(bucket=request["Bucket"], prefix=request.get("Prefix", ""))
    call.invoke("s3", "HeadBucket", {"Bucket": row.bucket})
    call.rows(DATAFEEDS)["feed"] = row
    return {"SpotDatafeedSubscription": _feed_view(call, row)}


def describe_spot_datafeed_subscription(call: Call, request: Input) -> Output:
    """Where the data feed should go."""
    row = call.rows(DATAFEEDS).get("feed")
    if row is None:
        raise AwsError("InvalidSpotDatafeed.NotFound", "Spot datafeed subscription does not exist.")
    return {"SpotDatafeedSubscription": _feed_view(call, row)}


def delete_spot_datafeed_subscription(call: Call, request: Input) -> Output:
    """No data feed any more; deleting what is not there is no error."""
    call.rows(DATAFEEDS).pop("feed", None)
    return {}


def _feed_view(call: Call, row: Datafeed) -> Output:
    return {
        "Bucket": row.bucket,
        "Prefix": row.prefix,
        "OwnerId": call.account,
        "State": "Active",
    }
