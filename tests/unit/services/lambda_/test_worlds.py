"""Worlds with functions: copied, replayed, and begun again where an invocation was waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.services.lambda_.nouns import INVOCATIONS
from tests.unit.services.lambda_.crew import ONE, Crew, archive, failure, outcome

Make = Callable[..., Any]


def test_a_copy_goes_on_by_itself(chamber: Chamber, client: Any, make: Make, crew: Crew) -> None:
    make("jobs")
    crew.answers["jobs"] = lambda order: failure()
    client.invoke(FunctionName="jobs", InvocationType="Event", Payload=b'{"n": 1}')
    chamber.advance("1s")
    with chamber.fork() as other:
        theirs = Crew(other)
        other.advance("2m")
        assert theirs.payloads() == [{"n": 1}]
        assert theirs.orders[0]["code"]["read"]()[:2] == b"PK"
        theirs.close()
    assert len(crew.orders) == 1
    chamber.run_until_idle()
    assert len(crew.orders) == 3


def test_a_replay_needs_no_workers(role: str) -> None:
    with Chamber(seed=3, account=ONE, iam="off") as told:
        journal: list[bytes] = []
        told.cloud.journal = journal.append
        crew = Crew(told)
        there, queues = told.client("lambda"), told.client("sqs")
        there.create_function(
            FunctionName="jobs", Runtime="python3.12", Handler="a.b", Role=role,
            Code={"ZipFile": archive()},
        )  # fmt: skip
        url = queues.create_queue(QueueName="work")["QueueUrl"]
        there.create_event_source_mapping(
            EventSourceArn=f"arn:aws:sqs:us-east-1:{ONE}:work", FunctionName="jobs"
        )
        there.invoke(FunctionName="jobs", Payload=b'{"n": 1}')
        queues.send_message(QueueUrl=url, MessageBody="m")
        crew.answers["jobs"] = lambda order: failure()
        there.invoke(FunctionName="jobs", InvocationType="Event")
        told.advance("10m")
        digest, count = told.digest, len(crew.orders)
        crew.close()
    assert count > 4
    again = Cloud(Settings(seed=3, account=ONE, iam="off"), {}, told.cloud.blobs.store)
    for data in journal:
        again.replay(data)
    assert f"{again.kernel.digest}" == digest


def test_who_waits_in_a_copy_is_answered_even_when_the_function_is_gone(
    chamber: Chamber, client: Any, make: Make, crew: Crew
) -> None:
    make("jobs")
    make("other")

    def meanwhile(order: dict[str, Any]) -> dict[str, Any]:
        if order["function_arn"].endswith("jobs"):
            with chamber.host.enter() as cloud:
                cloud.ask("lambda", "DeleteFunction", {"FunctionName": "jobs"}, account=ONE)
                held.append(snapshots.save(cloud))
        return outcome("done")

    held: list[bytes] = []
    crew.answers["jobs"] = meanwhile
    assert client.invoke(FunctionName="jobs")["Payload"].read() == b'"done"'
    again = Cloud(Settings(seed=1, account=ONE), {}, chamber.cloud.blobs.store)
    snapshots.load(again, held[0])
    assert len([*again.work.outstanding]) == 1
    again.work.abandon("its workers are gone")
    again.kernel.run_until_idle()
    assert [*again.work.outstanding] == []
    assert not again.store.rows(INVOCATIONS, "", "")
