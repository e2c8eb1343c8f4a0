"""Worlds with queues in them: saved, forked, replayed, told twice, and used by many at once."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from tests.unit.services.sqs.mail import ONE, TWO, Box, Waiter

Make = Callable[..., Box]
NAMES = ("jobs", "graves", "jobs.fifo", "graves.fifo", "high.fifo", "tenants")


def story(chamber: Chamber) -> None:
    """A bit of everything; leaves messages ready, delayed, in flight and locked in groups."""
    sqs = chamber.client("sqs")
    boxes = {name: Box.make(sqs, name) for name in NAMES}
    boxes["jobs"].redrive_to(boxes["graves"], 2)
    boxes["jobs.fifo"].redrive_to(boxes["graves.fifo"], 2)
    boxes["jobs.fifo"].set(DelaySeconds="5")
    high = {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    boxes["high.fifo"].set(**high)
    attributes = {"a": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}}
    for number in range(25):
        body = f"m{number}"
        boxes["jobs"].send(body, DelaySeconds=number % 3 * 7, MessageAttributes=attributes)
        boxes["jobs.fifo"].send(body, group=f"g{number % 4}")
        boxes["high.fifo"].send("same", group=f"g{number % 4}")
        boxes["tenants"].send(body, group=f"t{number % 3}" if number % 2 else None)
    chamber.advance("6s")
    for name in ("jobs", "jobs.fifo", "high.fifo", "tenants"):
        held = boxes[name].receive(10, VisibilityTimeout=40)
        boxes[name].delete(held[0])
        if len(held) > 2:
            boxes[name].hide(held[1], 3)
            boxes[name].hide(held[2], 0)
    boxes["high.fifo"].receive(2, ReceiveRequestAttemptId="try")
    for _ in range(3):
        chamber.advance("4500ms")
        for name in ("jobs", "jobs.fifo"):
            boxes[name].receive(3, VisibilityTimeout=4)
    other = chamber.client("sqs", "eu-west-1", account=TWO)
    Box.make(other, "jobs").send("elsewhere", DelaySeconds=100)
    boxes["tenants"].set(VisibilityTimeout="11")
    sqs.start_message_move_task(SourceArn=boxes["graves"].arn, MaxNumberOfMessagesPerSecond=1)


def facts(chamber: Chamber) -> str:
    """Everything a client can see, including what it would receive from now on."""
    sqs = chamber.client("sqs")
    boxes = [Box(sqs, url) for url in sqs.list_queues()["QueueUrls"]]
    other = chamber.client("sqs", "eu-west-1", account=TWO)
    boxes += [Box(other, url) for url in other.list_queues().get("QueueUrls", [])]
    seen: list[Any] = []
    for seconds in (0, 1, 3, 9, 30, 80):
        chamber.advance(f"{seconds}s")
        for box in boxes:
            seen.append(box.attributes())
            seen += box.receive(
                4, MessageSystemAttributeNames=["All"], MessageAttributeNames=["All"]
            )
            seen += box.receive(1, VisibilityTimeout=2)
    seen.append(chamber.now)
    return json.dumps(seen, default=str)


def test_a_fork_goes_on_as_the_original(chamber: Chamber) -> None:
    story(chamber)
    other = chamber.fork()
    third = other.fork()
    assert chamber.digest == other.digest == third.digest
    expected = facts(chamber)
    assert "m3" in expected
    assert facts(other) == expected
    assert facts(third) == expected
    assert chamber.digest == other.digest == third.digest


def test_saving_changes_nothing_and_is_the_same_twice(chamber: Chamber) -> None:
    story(chamber)
    first = snapshots.save(chamber.cloud)
    assert snapshots.save(chamber.cloud) == first
    other = chamber.fork()
    assert facts(chamber) == facts(other)


def test_a_fork_is_on_its_own(chamber: Chamber, box: Box) -> None:
    box.send("both")
    other = chamber.fork()
    seen = box.seen_by(other.client("sqs"))
    assert seen.bodies() == ["both"]
    seen.send("there")
    assert box.bodies() == ["both"]
    assert box.bodies() == []
    receipt = other.client("sqs").receive_message(QueueUrl=box.url)["Messages"][0]
    box.delete(receipt)  # a receipt of a message that is not here
    assert box.counts() == (0, 1, 0)


def test_polls_wait_on_in_a_fork(chamber: Chamber, make: Make) -> None:
    box, fifo = make("jobs"), make("jobs.fifo")
    box.send("timeout")
    box.receive(VisibilityTimeout=5)
    fifo.send("locked")
    fifo.receive(VisibilityTimeout=7)
    chamber.advance("1s")
    waiters = [Waiter(chamber, box.url), Waiter(chamber, box.url), Waiter(chamber, fifo.url)]
    chamber.advance("1s")
    other = chamber.fork()
    assert len(other.cloud.parked) == 3
    for each in (chamber, other):
        each.advance("3s")
    assert len(chamber.cloud.parked) == len(other.cloud.parked) == 2
    for each in (chamber, other):
        box.seen_by(each.client("sqs")).send("sent")
        each.advance("20s")
    assert not chamber.cloud.parked
    assert not other.cloud.parked
    assert [waiter.bodies for waiter in waiters] == [["timeout"], ["sent"], ["locked"]]
    assert chamber.digest == other.digest
    assert facts(chamber) == facts(other)


def replayed(chamber: Chamber, journal: list[bytes]) -> Chamber:
    """Another chamber to which the same inputs were told."""
    other = Chamber(seed=1, account=ONE)
    cloud = Cloud(chamber.cloud.settings)
    for record in journal:
        cloud.replay(record)
    other.host.restore(snapshots.save(cloud))
    return other


def test_a_replay_is_the_run_that_was_journalled(chamber: Chamber) -> None:
    journal: list[bytes] = []
    chamber.cloud.journal = journal.append
    story(chamber)
    other = replayed(chamber, journal)
    assert other.digest == chamber.digest
    assert facts(other) == facts(chamber)
    assert other.digest == chamber.digest


def test_a_replay_holds_polls_that_waited() -> None:
    journal: list[bytes] = []
    with Chamber(seed=1, account=ONE) as chamber:
        chamber.cloud.journal = journal.append
        box = Box.make(chamber.client("sqs"), "jobs")
        ended, dropped, left = (Waiter(chamber, box.url) for _ in range(3))
        chamber.advance("2s")
        chamber.cloud.drop(dropped.number)
        box.send("m")
        assert ended.bodies == ["m"]
        box.send("delayed", DelaySeconds=5)
        assert left.waits
        other = replayed(chamber, journal)
        assert len(other.cloud.parked) == 1
        for each in (chamber, other):
            each.advance("30s")
        assert left.bodies == ["delayed"]
        assert other.digest == chamber.digest
        assert facts(other) == facts(chamber)


TELL = """
from cloudchamber import Chamber
from tests.unit.services.sqs.test_worlds import ONE, facts, story
with Chamber(seed=7, account=ONE) as chamber:
    story(chamber)
    print(facts(chamber))
    print(chamber.digest)
"""


def test_a_story_told_twice_is_the_same_to_the_last_byte() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", TELL],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert len(told[0]) > 1000


def test_another_seed_has_other_ids() -> None:
    ids = []
    for seed in (1, 2):
        with Chamber(seed=seed, account=ONE) as chamber:
            ids.append(Box.make(chamber.client("sqs"), "jobs").send("m")["MessageId"])
    assert ids[0] != ids[1]


def test_eight_at_once_lose_and_double_nothing(chamber: Chamber, make: Make) -> None:
    for name in ("jobs", "jobs.fifo"):
        box = make(name)
        sent: list[str] = []
        got: list[str] = []

        def produce(number: int, box: Box = box, sent: list[str] = sent) -> None:
            mine = box.seen_by(chamber.client("sqs"))
            for count in range(40):
                body = f"{number}.{count}"
                mine.send(body, group=f"g{number}")
                sent.append(body)

        def consume(box: Box = box, sent: list[str] = sent, got: list[str] = got) -> None:
            mine = box.seen_by(chamber.client("sqs"))
            while len(got) < 160:
                for message in mine.receive(3, VisibilityTimeout=43_200):
                    got.append(message["Body"])
                    mine.delete(message)

        threads = [threading.Thread(target=produce, args=(number,)) for number in range(4)]
        threads += [threading.Thread(target=consume) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert sorted(got) == sorted(sent)
        assert len(sent) == 160
        assert box.counts() == (0, 0, 0)
        if name.endswith(".fifo"):
            for number in range(4):
                own = [body for body in got if body.startswith(f"{number}.")]
                assert own == [f"{number}.{count}" for count in range(40)]
