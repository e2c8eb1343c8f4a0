"""The control verbs on a world in process: effects, and a clear no to what does not fit."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from cloudchamber import Chamber
from cloudchamber.control.errors import ControlError
from cloudchamber.control.http import ControlApi
from cloudchamber.wire.http import Request

START = "2027-01-01T00:00:00Z"


def ask(chamber: Chamber, method: str, path: str, body: bytes = b"", query: str = "") -> Any:
    response = ControlApi(chamber.host).handle(Request(method, path, query, {}, body))
    return response.status, orjson.loads(response.body)


def test_reset_empties_every_account_and_region_and_takes_the_clock_back(chamber: Chamber) -> None:
    for account, region in (("111111111111", "us-east-1"), ("222222222222", "eu-west-1")):
        chamber.client("sqs", region, account=account).create_queue(QueueName="q")
    chamber.advance("1h")
    chamber.reset(seed=5)
    for account, region in (("111111111111", "us-east-1"), ("222222222222", "eu-west-1")):
        assert "QueueUrls" not in chamber.client("sqs", region, account=account).list_queues()
    assert chamber.now == START
    assert chamber.cloud.settings.seed == 5


def test_a_world_that_was_reset_is_as_a_new_one(chamber: Chamber) -> None:
    chamber.client("sqs").create_queue(QueueName="q")
    chamber.reset()
    with Chamber(seed=1) as fresh:
        for each in (chamber, fresh):
            each.client("sqs").create_queue(QueueName="q")
        assert chamber.digest == fresh.digest
        assert chamber.events() == fresh.events()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"sed": 1}, "sed"),
        ({"seed": -1}, "seed"),
        ({"seed": "one"}, "seed"),
        ({"lifecycle": "slow"}, "lifecycle"),
        ({"iam": True}, "iam"),
        ({"account": "12"}, "account"),
    ],
)
def test_reset_refuses_a_setting_by_name_and_changes_nothing(
    chamber: Chamber, body: dict[str, Any], field: str
) -> None:
    chamber.client("sqs").create_queue(QueueName="q")
    status, answer = ask(chamber, "POST", "/_chamber/reset", orjson.dumps(body))
    assert (status, answer["error"]["field"]) == (400, field)
    assert len(chamber.client("sqs").list_queues()["QueueUrls"]) == 1


def test_the_clock_advances_and_runs_until_an_instant(chamber: Chamber) -> None:
    assert chamber.advance("90s") == "2027-01-01T00:01:30Z"
    assert chamber.run_until("2027-01-02T00:00:00Z") == "2027-01-02T00:00:00Z"


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "InvalidClock", ""),
        ({"advance": "1h", "mode": "manual"}, "InvalidClock", ""),
        ({"advance": "soon"}, "InvalidTime", "advance"),
        ({"advance": None}, "InvalidTime", "advance"),
        ({"run_until": "2020-01-01T00:00:00Z"}, "InvalidTime", "run_until"),
        ({"run_until_idle": False}, "InvalidTime", "run_until_idle"),
        ({"mode": "fast"}, "InvalidMode", "mode"),
        ({"mode": 3}, "InvalidMode", "mode"),
        ({"forward": "1h"}, "UnknownField", "forward"),
    ],
)
def test_a_clock_body_that_does_not_fit_is_refused(
    chamber: Chamber, body: dict[str, Any], code: str, field: str
) -> None:
    status, answer = ask(chamber, "POST", "/_chamber/clock", orjson.dumps(body))
    assert status == 400
    assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
    assert chamber.now == START


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(chamber: Chamber, body: bytes) -> None:
    status, answer = ask(chamber, "POST", "/_chamber/clock", body)
    assert (status, answer["error"]["code"]) == (400, "InvalidJson")


@pytest.mark.parametrize(
    ("method", "path", "query", "status"),
    [
        ("GET", "/_chamber/nowhere", "", 404),
        ("DELETE", "/_chamber/clock", "", 405),
        ("GET", "/_chamber/events", "limit=0", 400),
        ("GET", "/_chamber/events", "limit=many", 400),
        ("GET", "/_chamber/events", "since=yesterday", 400),
        ("GET", "/_chamber/events", "before=1", 400),
        ("GET", "/_chamber/why", "", 400),
        ("GET", "/_chamber/why", "about=nothing", 404),
        ("GET", "/_chamber/zones", "account=12", 400),
    ],
)
def test_a_question_that_does_not_fit_is_refused(
    chamber: Chamber, method: str, path: str, query: str, status: int
) -> None:
    found, answer = ask(chamber, method, path, query=query)
    assert found == status
    assert set(answer["error"]) == {"code", "message", "field"}


def test_a_snapshot_brings_the_world_back_clock_and_all(chamber: Chamber) -> None:
    sqs = chamber.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    chamber.control.save_snapshot({"name": "before"})
    digest, now = chamber.digest, chamber.now
    sqs.purge_queue(QueueUrl=url)
    chamber.advance("1d")
    chamber.control.load_snapshot({"name": "before"})
    assert (chamber.digest, chamber.now) == (digest, now)
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"
    assert chamber.control.list_snapshots() == {"snapshots": ["before"]}


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".x", "x" * 101, None, 3])
def test_a_snapshot_name_that_could_lead_elsewhere_is_refused(chamber: Chamber, name: Any) -> None:
    with pytest.raises(ControlError) as caught:
        chamber.control.save_snapshot({"name": name})
    assert caught.value.field == "name"


def test_an_unknown_snapshot_names_those_that_exist(chamber: Chamber) -> None:
    chamber.control.save_snapshot({"name": "here"})
    with pytest.raises(ControlError, match="here"):
        chamber.control.load_snapshot({"name": "there"})


def test_events_tell_what_happened_and_why_gives_the_chain(chamber: Chamber) -> None:
    answer = chamber.client("sqs").create_queue(QueueName="q")
    request_id = answer["ResponseMetadata"]["RequestId"]
    events = chamber.events(about="arn:aws:sqs:us-east-1:000000000000:q")
    assert [event["what"] for event in events] == ["sqs.CreateQueue"]
    chain = chamber.why(request_id)
    assert chain[0]["id"] == events[0]["id"]
    assert "CreateQueue" in chain[-1]["sentence"]


def test_services_lists_every_operation_with_its_fidelity(chamber: Chamber) -> None:
    services = chamber.control.services()["services"]
    send = services["sqs"]["operations"]["SendMessage"]
    assert send["fidelity"] == "simulated"
    assert services["ec2"]["operations"]["CreateVpnGateway"]["fidelity"] == "refused"


def test_zones_puts_the_names_of_accounts_side_by_side(chamber: Chamber) -> None:
    accounts = ["111111111111", "222222222222"]
    zones = chamber.control.zones(accounts, "us-east-1")["zones"]
    assert sorted(zones) == [f"use1-az{number}" for number in range(1, 7)]
    names = [{zone: seen[account] for zone, seen in zones.items()} for account in accounts]
    assert names[0] != names[1]
    assert all(sorted(each.values())[0] == "us-east-1a" for each in names)


def test_the_description_has_every_path(chamber: Chamber) -> None:
    status, answer = ask(chamber, "GET", "/_chamber/openapi.json")
    assert status == 200
    assert answer["openapi"].startswith("3.1")
    assert set(answer["paths"]["/_chamber/clock"]) == {"get", "post"}
