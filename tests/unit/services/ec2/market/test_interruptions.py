"""Spot takes instances back: notices, events, requests that follow, pools that are dry."""

from __future__ import annotations

from typing import Any

import pytest

from cloudchamber.services.ec2.market.nouns import SPOT_POOLS
from cloudchamber.testing.chamber import Chamber
from cloudchamber.world.capacity import spot
from cloudchamber.world.capacity.catalogue import find_type
from tests.unit.services.ec2.market.asking import request_of, shock, state_of, status_of, whats
from tests.unit.services.ec2.market.conftest import ONE, REGION, TWO, image_of


def launch(ec2: Any, image: str, count: int = 40, **request: Any) -> list[str]:
    """So many Spot instances, by their requests."""
    spec = {"ImageId": image, "InstanceType": "m5.large"}
    answer = ec2.request_spot_instances(LaunchSpecification=spec, InstanceCount=count, **request)
    return [each["SpotInstanceRequestId"] for each in answer["SpotInstanceRequests"]]


def taken_of(ec2: Any, requests: list[str], status: str) -> list[str]:
    return [each for each in requests if status_of(ec2, each)[1] == status]


def test_a_shock_gives_notice_and_takes_instances_back(
    chamber: Chamber, ec2: Any, image: str
) -> None:
    requests = launch(ec2, image)
    instances = {each: request_of(ec2, each)["InstanceId"] for each in requests}
    shock(chamber, ONE, REGION)
    chamber.advance("3h")
    taken = taken_of(ec2, requests, "instance-terminated-no-capacity")
    assert taken
    for each in taken:
        assert status_of(ec2, each)[0] == "closed"
        told = whats(chamber, instances[each])
        order = [
            told.index("ec2.rebalance-recommendation"),
            told.index("ec2.spot-interruption-warning"),
        ]
        assert order == sorted(order)
        notice = next(
            each_event["time"]
            for each_event in chamber.events()
            if each_event["what"] == "ec2.spot-interruption-warning"
            and each_event["about"].endswith(instances[each])
        )
        ended = [
            each_event["time"]
            for each_event in chamber.events()
            if each_event["what"] == "ec2.instance-state-changed"
            and each_event["about"].endswith(instances[each])
            and "shutting-down" in each_event["sentence"]
        ]
        assert ended[0][:19] > notice[:19]
    for each in set(requests) - set(taken):
        assert state_of(ec2, instances[each]) == "running"


def test_stop_and_persistent_come_back(chamber: Chamber, ec2: Any, image: str) -> None:
    stopping = launch(ec2, image, 20, Type="persistent", InstanceInterruptionBehavior="stop")
    instances = {each: request_of(ec2, each)["InstanceId"] for each in stopping}
    shock(chamber, ONE, REGION)
    stopped: set[str] = set()
    for _ in range(60):
        chamber.advance("2m")
        stopped |= set(taken_of(ec2, stopping, "instance-stopped-no-capacity"))
        if stopped:
            break
    assert stopped
    one = min(stopped)
    assert state_of(ec2, instances[one]) == "stopped"
    chamber.advance("1d")
    assert status_of(ec2, one) == ("active", "fulfilled")
    assert request_of(ec2, one)["InstanceId"] == instances[one]
    assert state_of(ec2, instances[one]) == "running"


def test_a_dry_pool_launches_nothing_until_it_recovers(
    chamber: Chamber, ec2: Any, image: str
) -> None:
    launch(ec2, image, 2)
    rows = chamber.cloud.store.rows(SPOT_POOLS, "", "")
    ((place, pool),) = rows.items()
    pool.dry_from_ns = chamber.cloud.kernel.now
    pool.dry_until_ns = pool.dry_from_ns + 40 * spot.MINUTE_NS
    (held,) = launch(ec2, image, 1)
    assert status_of(ec2, held) == ("open", "capacity-not-available")
    chamber.advance("30m")
    assert status_of(ec2, held)[0] == "open"
    chamber.advance("20m")
    assert status_of(ec2, held) == ("active", "fulfilled")
    assert place[0] == "m5.large"


def test_pools_are_shared_by_accounts(chamber: Chamber, ec2: Any, image: str) -> None:
    other = chamber.client("ec2", account=TWO)
    zone = {"AvailabilityZoneId": "euw1-az1"}
    spec = {"ImageId": image, "InstanceType": "m5.large", "Placement": zone}
    ec2.request_spot_instances(LaunchSpecification=spec, InstanceCount=30)
    spec["ImageId"] = image_of(other)
    other.request_spot_instances(LaunchSpecification=spec, InstanceCount=30)
    (pool,) = chamber.cloud.store.rows(SPOT_POOLS, "", "").values()
    assert len(pool.members) == 60
    shock(chamber, ONE, REGION)
    chamber.advance("3h")
    for client in (ec2, other):
        rows = client.describe_spot_instance_requests()["SpotInstanceRequests"]
        codes = {each["Status"]["Code"] for each in rows}
        assert "instance-terminated-no-capacity" in codes


def test_an_idle_world_stays_idle(chamber: Chamber, ec2: Any, image: str) -> None:
    launch(ec2, image, 3)
    before = chamber.now
    chamber.run_until_idle()
    assert chamber.now == before
    instances = [
        each["InstanceId"] for each in ec2.describe_spot_instance_requests()["SpotInstanceRequests"]
    ]
    ec2.terminate_instances(InstanceIds=instances)
    (pool,) = chamber.cloud.store.rows(SPOT_POOLS, "", "").values()
    assert (pool.members, pool.event) == ({}, 0)


def test_shocks_come_by_themselves_as_often_as_the_pool_s_risk_says(
    chamber: Chamber, ec2: Any, image: str
) -> None:
    seed, zone = 1, "euw1-az1"
    names = ("m5.large", "c5.large", "r5.large", "m5.xlarge", "c5.xlarge", "t3.large", "m4.large")
    kinds = [each for each in map(find_type, names) if each is not None]
    riskiest = max(kinds, key=lambda each: spot.risk(seed, zone, each))
    spec = {
        "ImageId": image,
        "InstanceType": riskiest.name,
        "Placement": {"AvailabilityZoneId": zone},
    }
    ec2.request_spot_instances(LaunchSpecification=spec, Type="persistent")
    chamber.advance("1080d")
    shocks = [each for each in chamber.events() if each["what"] == "ec2.spot-shock"]
    expected = 1080 * spot.DAY_NS / spot.mean_gap_ns(spot.risk(seed, zone, riskiest))
    assert expected / 2.5 < len(shocks) < expected * 2.5


@pytest.mark.parametrize("again", range(2))
def test_the_same_seed_is_reclaimed_at_the_same_instants(again: int) -> None:
    def story() -> list[tuple[str, str]]:
        with Chamber(seed=7, account=ONE, region=REGION) as chamber:
            ec2 = chamber.client("ec2")
            launch(ec2, image_of(ec2), 10)
            shock(chamber, ONE, REGION)
            chamber.advance("2h")
            return [(each["time"], each["sentence"]) for each in chamber.events()]

    assert story() == story()
