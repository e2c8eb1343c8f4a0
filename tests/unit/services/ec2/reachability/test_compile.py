"""From rows to the network: everything is there, and what did not change is the same object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudchamber import Chamber
from cloudchamber.services.ec2.reachability.compile import compiled_of, kept
from cloudchamber.world.network.compiled import compile_network
from cloudchamber.world.network.graph import PrefixList
from cloudchamber.world.network.walk import Flow, walk
from tests.unit.services.ec2.reachability.estate import ANYWHERE, OTHER, REGION, Estate

WEB = ("tcp", 443, 443, ANYWHERE)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


def test_every_account_and_region_is_in_one_network(estate: Estate) -> None:
    other = Estate(estate.chamber, account=OTHER, region="us-east-1")
    here, there = estate.vpc(), other.vpc()
    vpcs = compiled_of(estate.chamber.cloud).network.vpcs
    assert (vpcs[here].account, vpcs[here].region) == (estate.account, REGION)
    assert (vpcs[there].account, vpcs[there].region) == (OTHER, "us-east-1")


def test_a_subnet_has_the_table_and_acl_in_force(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    network = compiled_of(estate.chamber.cloud).network
    table = network.route_tables[network.subnets[subnet].route_table]
    assert table.vpc == vpc
    assert [(route.destination, route.target) for route in table.routes] == [
        ("10.0.0.0/16", "local")
    ]
    acl = network.acls[network.subnets[subnet].acl]
    assert [(entry.number, entry.allows) for entry in acl.ingress] == [(100, True)]


def test_a_stopped_instance_answers_nobody(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    server = estate.server(subnet)
    cloud = estate.chamber.cloud
    assert compiled_of(cloud).network.interfaces[server.interface].is_up
    estate.ec2.stop_instances(InstanceIds=[server.instance])
    assert not compiled_of(cloud).network.interfaces[server.interface].is_up


def test_what_did_not_change_stays_the_same_object(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    changing, steady = estate.group(vpc, WEB), estate.group(vpc, WEB)
    estate.server(subnet, changing)
    cloud = estate.chamber.cloud
    before = compiled_of(cloud)
    estate.ec2.describe_vpcs()
    assert compiled_of(cloud) is before
    estate.ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")
    assert compiled_of(cloud) is before, "a volume is no part of a network"
    estate.ec2.authorize_security_group_ingress(
        GroupId=changing, IpProtocol="tcp", FromPort=80, ToPort=80, CidrIp=ANYWHERE
    )
    after = compiled_of(cloud).network
    assert after.vpcs is before.network.vpcs
    assert after.interfaces is before.network.interfaces
    assert after.route_tables is before.network.route_tables
    assert after.security_groups[steady] is before.network.security_groups[steady]
    assert after.security_groups[changing] is not before.network.security_groups[changing]


def test_a_world_that_was_reset_has_another_network(estate: Estate) -> None:
    vpc = estate.vpc()
    assert vpc in compiled_of(estate.chamber.cloud).network.vpcs
    estate.chamber.reset()
    assert compiled_of(estate.chamber.cloud).network.vpcs == {}


parts = st.dictionaries(st.sampled_from("abcde"), st.integers(0, 2))


def _lists(values: dict[str, int]) -> list[PrefixList]:
    return [PrefixList(id=key, name=str(value)) for key, value in values.items()]


@given(before=parts, after=parts)
def test_kept_is_what_is_there_now_by_objects_of_before(
    before: dict[str, int], after: dict[str, int]
) -> None:
    old = {part.id: part for part in _lists(before)}
    now = kept(old, _lists(after))
    assert now == {part.id: part for part in _lists(after)}
    for key in now:
        assert (now[key] is old.get(key)) == (before.get(key) == after[key])
    assert (now is old) == (before == after)


changes = st.lists(
    st.tuples(st.sampled_from(("open", "close", "server", "stop")), st.integers(0, 1),
              st.sampled_from((22, 443, 8_080))),
    max_size=8,
)  # fmt: skip


@settings(max_examples=8)
@given(changes=changes)
def test_a_network_made_again_step_by_step_is_one_made_at_once(changes: list[Any]) -> None:
    """What was taken over from step to step never changes a verdict."""
    with Chamber(seed=1) as chamber:
        estate = Estate(chamber)
        vpc = estate.vpc()
        subnets = [estate.subnet(vpc, f"10.0.{at}.0/24", zone=at) for at in (0, 1)]
        groups = [estate.group(vpc, WEB) for _ in subnets]
        servers = [estate.server(*pair) for pair in zip(subnets, groups, strict=True)]
        opened = {(0, 443), (1, 443)}
        for what, which, port in changes:
            permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port,
                          "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}  # fmt: skip
            asked: Any = {"GroupId": groups[which], "IpPermissions": [permission]}
            if what == "open" and (which, port) not in opened:
                estate.ec2.authorize_security_group_ingress(**asked)
                opened.add((which, port))
            elif what == "close" and (which, port) in opened and port != 443:
                estate.ec2.revoke_security_group_ingress(**asked)
                opened.remove((which, port))
            elif what == "server":
                servers.append(estate.server(subnets[which], groups[which]))
            elif what == "stop":
                estate.ec2.stop_instances(InstanceIds=[servers[which].instance])
            stepwise = compiled_of(chamber.cloud)
            at_once = compile_network(stepwise.network)
            for source in servers:
                for destination in servers:
                    flow = Flow(source=source.interface, destination=destination.interface,
                                destination_port=port)  # fmt: skip
                    assert walk(stepwise, flow).code == walk(at_once, flow).code
