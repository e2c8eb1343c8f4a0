"""Probes, questions and exposure through the control verbs: verdicts, records and bad input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from cloudchamber import Chamber
from cloudchamber.control.http import ControlApi
from cloudchamber.wire.http import Request
from tests.unit.services.ec2.reachability.estate import ACCOUNT, ANYWHERE, REGION, Estate
from tests.unit.services.ec2.reachability.watching import Watched

WEB = ("tcp", 443, 443, ANYWHERE)


@pytest.fixture
def estate() -> Iterator[Estate]:
    with Chamber(seed=1) as chamber:
        yield Estate(chamber)


def ask(chamber: Chamber, method: str, path: str, body: Any = None, query: str = "") -> Any:
    data = b"" if body is None else orjson.dumps(body)
    request = Request(method, f"/_chamber/{path}", query, {}, data)
    response = ControlApi(chamber.host).handle(request)
    return response.status, orjson.loads(response.body)


def test_a_probe_that_gets_through_is_seen_both_ways_at_both_ends(estate: Estate) -> None:
    vpc = estate.vpc()
    subnets = [estate.subnet(vpc, f"10.0.{at}.0/24", zone=at) for at in (0, 1)]
    group = estate.group(vpc, WEB)
    one, other = (estate.server(subnet, group) for subnet in subnets)
    watched = Watched(estate.chamber)
    status, answer = ask(
        estate.chamber, "POST", "probe",
        {"source": one.instance, "destination": other.address, "protocol": "tcp", "port": 443},
    )  # fmt: skip
    # An address is meant as the source's VPC has it.
    assert (status, answer["allowed"], answer["code"]) == (200, True, "")
    seen = watched.sightings()
    assert [(each.interface, each.direction, each.action) for each in seen] == [
        (one.interface, "egress", "ACCEPT"),
        (other.interface, "ingress", "ACCEPT"),
        (other.interface, "egress", "ACCEPT"),
        (one.interface, "ingress", "ACCEPT"),
    ]
    first, back = seen[0], seen[2]
    assert (first.source, first.destination) == (one.address, other.address)
    assert (first.source_port, first.destination_port) == (answer["source_port"], 443)
    assert (back.source_port, back.destination_port) == (443, answer["source_port"])
    assert (first.tcp_flags, back.tcp_flags) == (3, 19)
    assert (first.account, first.region, first.instance) == (ACCOUNT, REGION, one.instance)
    assert first.path == 1


def test_a_probe_that_a_group_blocks_is_rejected_where_the_group_is(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet, estate.group(vpc))
    watched = Watched(estate.chamber)
    _, answer = ask(
        estate.chamber, "POST", "probe",
        {"source": one.interface, "destination": other.interface, "port": 443},
    )  # fmt: skip
    assert (answer["allowed"], answer["code"]) == (False, "SG_HAS_NO_RULES")
    assert [(each.interface, each.direction, each.action, each.tcp_flags, each.packets)
            for each in watched.sightings()] == [
        (one.interface, "egress", "ACCEPT", 2, 1),
        (other.interface, "ingress", "REJECT", 2, 1),
    ]  # fmt: skip


def test_a_probe_that_its_own_group_keeps_in_is_rejected_there(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    quiet = estate.group(vpc, WEB, egress=(("tcp", 22, 22, ANYWHERE),))
    one, other = estate.server(subnet, quiet), estate.server(subnet, estate.group(vpc, WEB))
    watched = Watched(estate.chamber)
    ask(estate.chamber, "POST", "probe",
        {"source": one.interface, "destination": other.interface, "port": 443})  # fmt: skip
    assert [(each.interface, each.direction, each.action) for each in watched.sightings()] == [
        (one.interface, "egress", "REJECT")
    ]


def test_a_question_sends_nothing_and_changes_nothing(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    watched = Watched(estate.chamber)
    before = (estate.chamber.digest, estate.chamber.events())
    status, answer = ask(
        estate.chamber, "GET", "reach",
        query=f"source={one.instance}&destination={other.instance}&port=443",
    )  # fmt: skip
    assert (status, answer["allowed"]) == (200, True)
    assert watched.flows == []
    assert (estate.chamber.digest, estate.chamber.events()) == before


def test_a_probe_is_an_input_of_the_world(estate: Estate) -> None:
    """The same story told again with the same probe is the same story, and one without is not."""
    journal: list[bytes] = []
    estate.chamber.cloud.journal = journal.append
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    asked = {"source": one.interface, "destination": other.interface, "port": 443}
    before = len(journal)
    first = estate.chamber.control.probe(asked)
    second = estate.chamber.control.probe(asked)
    assert len(journal) == before + 2
    assert first["source_port"] != second["source_port"]
    with Chamber(seed=1) as again:
        Estate(again)  # asks for zones, which made the default VPC before the journal began
        for record in journal:
            again.cloud.replay(record)
        assert again.digest == estate.chamber.digest
    (told,) = estate.chamber.events(about=_arn(other.interface))[-1:]
    assert told["what"] == "ec2.flow-allowed"


def _arn(interface: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/{interface}"


def test_a_name_of_ec2_stands_for_its_address(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    name = f"ip-{other.address.replace('.', '-')}.{REGION}.compute.internal"
    assert estate.reach(one.instance, name)["allowed"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"source": "eni-0123456789abcdef0"}, "source"),
        ({"source": ""}, "source"),
        ({"source": 7}, "source"),
        ({"destination": "nonsense"}, "destination"),
        ({"destination": "i-0123456789abcdef0"}, "destination"),
        ({"source": "internet"}, "destination"),
        ({"destination": "169.254.169.254"}, "destination"),
        ({"destination": "fd00:ec2::254"}, "destination"),
        ({"destination": "sqs.eu-nowhere-1.amazonaws.com"}, "destination"),
        ({"destination": "db.example.eu-west-1.rds.amazonaws.com"}, "destination"),
        ({"protocol": "gre"}, "protocol"),
        ({"port": 70_000}, "port"),
        ({"port": "https"}, "port"),
        ({"port": True}, "port"),
        ({"protocol": "icmp"}, "port"),
        ({"source_port": -1}, "source_port"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_field(
    estate: Estate, change: dict[str, Any], field: str
) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    server = estate.server(subnet)
    body = {"source": server.interface, "destination": "internet", "port": 443, **change}
    watched = Watched(estate.chamber)
    status, answer = ask(estate.chamber, "POST", "probe", body)
    assert (status, answer["error"]["field"]) == (400, field)
    assert set(answer["error"]) == {"code", "message", "field"}
    assert watched.flows == []


def test_what_has_no_path_is_said_of_the_component_alone(estate: Estate) -> None:
    subnet = estate.subnet(estate.vpc(), "10.0.1.0/24")
    one, other = estate.server(subnet), estate.server(subnet)
    estate.ec2.stop_instances(InstanceIds=[other.instance])
    for source, destination in ((one, other), (other, one)):
        told = estate.reach(source.instance, destination.instance)
        assert (told["allowed"], told["code"]) == (False, "BAD_STATE")
        assert told["sentence"] == (
            f"{other.interface} drops tcp 443: it is attached to no instance that runs"
        )


@pytest.mark.parametrize("address", ["10.0.1.0", "10.0.1.2", "10.0.1.3", "10.0.1.255"])
def test_an_address_that_aws_keeps_is_told_from_one_that_is_free(
    estate: Estate, address: str
) -> None:
    vpc = estate.vpc()
    near, far = estate.subnet(vpc, "10.0.2.0/24"), estate.subnet(vpc, "10.0.1.0/24")
    server = estate.server(near)
    told = estate.reach(server.instance, address)
    assert told["code"] == "NO_POSSIBLE_DESTINATION"
    assert told["sentence"].endswith(
        f"AWS keeps the first four addresses and the last of {far} for itself"
    )
    free = estate.reach(server.instance, "10.0.1.200")
    assert free["sentence"].endswith("no interface here has the address")


def test_a_protocol_with_ports_needs_one(estate: Estate) -> None:
    status, answer = ask(
        estate.chamber, "POST", "probe", {"source": "internet", "destination": "192.0.2.1"}
    )
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (
        400, "MissingPort", "port",
    )  # fmt: skip


def test_no_request_of_aws_reaches_what_is_inner(estate: Estate) -> None:
    request = Request(
        "POST", "/", "", {"host": f"ec2.{REGION}.amazonaws.com",
                          "content-type": "application/x-www-form-urlencoded"},
        b"Action=Probe&Version=2016-11-15&Source=internet",
    )  # fmt: skip
    response = estate.chamber.cloud.handle(request)
    assert response is not None
    assert response.status >= 400


def test_the_description_of_the_control_api_has_the_verbs(estate: Estate) -> None:
    _, description = ask(estate.chamber, "GET", "openapi.json")
    paths = description["paths"]
    assert {"/_chamber/probe", "/_chamber/reach", "/_chamber/exposed"} <= set(paths)
    names = {each["name"] for each in paths["/_chamber/reach"]["get"]["parameters"]}
    assert {"source", "destination", "port", "protocol"} <= names


def test_ping_has_no_ports(estate: Estate) -> None:
    vpc = estate.vpc()
    subnet = estate.subnet(vpc, "10.0.1.0/24")
    one = estate.server(subnet)
    other = estate.server(subnet, estate.group(vpc, ("icmp", -1, -1, ANYWHERE)))
    watched = Watched(estate.chamber)
    asked = {"source": one.interface, "destination": other.interface, "protocol": "icmp"}
    assert estate.chamber.control.probe(asked)["allowed"] is True
    assert {each.protocol for each in watched.sightings()} == {1}
    assert {each.source_port for each in watched.sightings()} == {0}


def test_an_instance_of_the_default_vpc_is_exposed_as_far_as_its_group_goes(
    estate: Estate,
) -> None:
    ec2 = estate.ec2
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = estate.group(subnet["VpcId"], WEB, ("tcp", 8_000, 8_010, "198.51.100.0/24"),
                         ("tcp", 22, 22, "10.0.0.0/8"))  # fmt: skip
    server = estate.server(subnet["SubnetId"], group, public=True)
    estate.server(subnet["SubnetId"], group)
    (found,) = estate.chamber.control.exposed()["exposed"]
    assert found["interface"] == server.interface
    assert (found["address"], found["protocol"]) == (server.public, "tcp")
    assert found["ports"] == [[443, 443], [8_000, 8_010]]
    assert found["from"] == [ANYWHERE, "198.51.100.0/24"]
    assert any("0.0.0.0/0 → igw-" in each for each in found["by"])
    elsewhere = estate.chamber.control.exposed(region="us-east-1")
    assert elsewhere == {"exposed": []}
    status, answer = ask(estate.chamber, "GET", "exposed", query="account=12")
    assert (status, answer["error"]["field"]) == (400, "account")
