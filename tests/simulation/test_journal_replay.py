"""A journal makes the same world again: elsewhere, from the middle, in a process of another hash.

Rules of this file: a story drawn from a seed is lived in process with its journal kept, every step
of it as a client's request or a move of the clock. The world made again is compared by its digest,
by everything in its store, by its events, and by what it answers.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from botocore.exceptions import ClientError

from cloudchamber import Chamber
from cloudchamber.cloud import snapshots
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
from cloudchamber.kernel.errors import KernelError

ROOT: Final = Path(__file__).resolve().parents[2]
ACCOUNTS: Final = ("111111111111", "222222222222")
REGIONS: Final = ("eu-west-1", "us-east-1")
STEPS: Final = 150
TRUST: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
    '"Principal":{"AWS":"111111111111"}}]}'
)
GRANT: Final = (
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}'
)
PROGRAM: Final = """
import sys, msgspec
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Settings
given = sys.stdin.buffer.read()
settings, journal = msgspec.msgpack.decode(given, type=tuple[Settings, list[bytes]])
cloud = Cloud(settings)
for record in journal:
    cloud.replay(record)
print(cloud.kernel.digest)
"""


class Lived(NamedTuple):
    """A story that was lived: its journal, its end, and what it was half way."""

    journal: list[bytes]
    settings: Settings
    digest: str
    store: dict[str, Any]
    events: list[Any]
    answers: list[Any]
    middle: bytes
    middle_at: int
    middle_digest: str


class Story:
    """Random steps over queues, identities, sessions, Regions and the clock."""

    def __init__(self, chamber: Chamber, seed: int) -> None:
        self.chamber = chamber
        self.client = cache(chamber.client)
        self.chance = random.Random(seed)
        self.handles: list[tuple[Any, str, str]] = []
        self.urls: dict[str, list[str]] = {}
        self.credentials: dict[str, Any] | None = None
        self.failed = 0

    def step(self) -> None:
        """One step; what AWS would refuse is refused, and is part of the story."""
        steps: list[Callable[[], object]] = [
            *(self.make_queue, self.send, self.send, self.send, self.send_batch, self.receive),
            *(self.receive, self.wait, self.delete, self.change, self.move_clock, self.identities),
            *(self.assume, self.as_session, self.regions, self.purge_or_delete, self.tag),
        ]
        try:
            self.chance.choice(steps)()
        except ClientError:
            self.failed += 1

    def sqs(self) -> tuple[Any, str]:
        """A client somewhere, and the URL of a queue there."""
        account, region = self.chance.choice(ACCOUNTS), self.chance.choice(REGIONS)
        client = self.client("sqs", region, account=account)
        urls = self.urls.setdefault(account + region, [])
        if not urls:
            urls.append(client.create_queue(QueueName="first")["QueueUrl"])
        return client, self.chance.choice(urls)

    def make_queue(self) -> None:
        client, _ = self.sqs()
        name = f"q{self.chance.randrange(4)}"
        attributes = {"VisibilityTimeout": str(self.chance.choice((0, 5, 30)))}
        if self.chance.random() < 0.5:
            name += ".fifo"
            attributes |= {"FifoQueue": "true", "ContentBasedDeduplication": "true"}
        url = client.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        for urls in self.urls.values():
            if urls[0].split("/")[3] == url.split("/")[3] and url not in urls:
                urls.append(url)

    def send(self) -> None:
        client, url = self.sqs()
        more: dict[str, Any] = {"DelaySeconds": self.chance.choice((0, 0, 7))}
        if url.endswith(".fifo"):
            more = {"MessageGroupId": f"g{self.chance.randrange(3)}"}
        client.send_message(QueueUrl=url, MessageBody=f"m{self.chance.randrange(50)}", **more)

    def send_batch(self) -> None:
        client, url = self.sqs()
        more = {"MessageGroupId": "batch"} if url.endswith(".fifo") else {}
        entries = [{"Id": f"{n}", "MessageBody": f"b{n}", **more} for n in range(5)]
        client.send_message_batch(QueueUrl=url, Entries=entries)

    def receive(self, wait_s: int = 0) -> None:
        client, url = self.sqs()
        answer = client.receive_message(
            QueueUrl=url, MaxNumberOfMessages=self.chance.randrange(1, 11), WaitTimeSeconds=wait_s
        )
        for message in answer.get("Messages", []):
            self.handles.append((client, url, message["ReceiptHandle"]))

    def wait(self) -> None:
        self.receive(self.chance.randrange(1, 21))

    def delete(self) -> None:
        if self.handles:
            client, url, handle = self.handles.pop(self.chance.randrange(len(self.handles)))
            client.delete_message(QueueUrl=url, ReceiptHandle=handle)

    def change(self) -> None:
        if self.handles:
            client, url, handle = self.chance.choice(self.handles)
            client.change_message_visibility(
                QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=self.chance.choice((0, 60))
            )

    def move_clock(self) -> None:
        self.chamber.advance(self.chance.choice((0.25, 1, 31, 400, 90_000)))

    def identities(self) -> None:
        iam = self.client("iam", account=self.chance.choice(ACCOUNTS))
        name = f"n{self.chance.randrange(4)}"
        steps: tuple[Callable[[], object], ...] = (
            lambda: iam.create_user(UserName=name),
            lambda: iam.create_access_key(UserName=name),
            lambda: iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=GRANT),
            lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST),
            lambda: iam.delete_user(UserName=name),
            lambda: iam.create_policy(PolicyName=name, PolicyDocument=GRANT),
        )
        self.chance.choice(steps)()

    def assume(self) -> None:
        sts = self.client("sts", account=ACCOUNTS[0])
        arn = f"arn:aws:iam::{self.chance.choice(ACCOUNTS)}:role/n{self.chance.randrange(4)}"
        self.credentials = sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]

    def as_session(self) -> None:
        if self.credentials:
            self.chamber.client("sts", credentials=self.credentials).get_caller_identity()
            client = self.chamber.client("sqs", REGIONS[0], credentials=self.credentials)
            client.create_queue(QueueName="of-a-session")

    def regions(self) -> None:
        account = self.chance.choice(ACCOUNTS)
        self.client("ec2", REGIONS[0], account=account).describe_availability_zones()
        self.client("account", REGIONS[1], account=account).enable_region(
            RegionName=self.chance.choice(("af-south-1", "eu-south-1"))
        )

    def purge_or_delete(self) -> None:
        client, url = self.sqs()
        if self.chance.random() < 0.7:
            client.purge_queue(QueueUrl=url)
        else:
            client.delete_queue(QueueUrl=url)

    def tag(self) -> None:
        client, url = self.sqs()
        client.tag_queue(QueueUrl=url, Tags={"k": str(self.chance.randrange(9))})


def answers(chamber: Chamber) -> list[Any]:
    """What a set of reads answers, without the ids of the requests."""
    found: list[Any] = []
    for account in ACCOUNTS:
        iam = chamber.client("iam", account=account)
        found += [iam.list_users()["Users"], iam.list_roles()["Roles"]]
        found.append(iam.get_account_summary()["SummaryMap"])
        found.append(chamber.client("account", account=account).list_regions()["Regions"])
        for region in REGIONS:
            ec2 = chamber.client("ec2", region, account=account)
            found.append(ec2.describe_availability_zones()["AvailabilityZones"])
            sqs = chamber.client("sqs", region, account=account)
            for url in sqs.list_queues().get("QueueUrls", []):
                got = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
                received = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
                found += [url, got["Attributes"], received.get("Messages", [])]
    return found


def dump(cloud: Cloud) -> dict[str, Any]:
    """Everything in the store. A table that was asked for and holds nothing is no difference.

    Worlds are compared after the same reads: a queue does what became due when somebody looks, and
    a look that changes nothing else is not in the journal.
    """
    tables = snapshots.tables_of(list(cloud.registry.loaded()))
    return {name: rows for name, rows in cloud.store.dump(tables).items() if rows}


def restored(settings: Settings, world: bytes) -> Chamber:
    """A chamber that goes on from a saved world."""
    chamber = Chamber(settings.seed)
    chamber.host.restore(world)
    return chamber


@pytest.fixture(scope="module", params=[2, 3])
def lived(request: pytest.FixtureRequest) -> Lived:
    """A story of this seed, with a journal."""
    with Chamber(seed=request.param, throttling="enforce") as chamber:
        cloud = chamber.cloud
        journal: list[bytes] = []
        cloud.journal = journal.append
        story = Story(chamber, request.param)
        for _ in range(STEPS):
            story.step()
        middle, middle_at = snapshots.save(cloud), len(journal)
        middle_digest = chamber.digest
        for _ in range(STEPS):
            story.step()
        assert story.failed < STEPS
        cloud.kernel.settle()
        digest, events = chamber.digest, list(cloud.events)
        cloud.journal = None
        ended = snapshots.save(cloud)
        with restored(cloud.settings, ended) as after:
            said = answers(after)
            store = dump(after.cloud)
        return Lived(
            *(journal, cloud.settings, digest, store, events, said),
            *(middle, middle_at, middle_digest),
        )


def check(cloud: Cloud, lived: Lived) -> None:
    """The world made again is the one that was lived."""
    assert cloud.kernel.digest == lived.digest
    assert list(cloud.events) == lived.events
    with restored(lived.settings, snapshots.save(cloud)) as chamber:
        assert answers(chamber) == lived.answers
        assert dump(chamber.cloud) == lived.store


def test_a_journal_makes_the_same_world(lived: Lived) -> None:
    cloud = Cloud(lived.settings)
    for record in lived.journal:
        cloud.replay(record)
    check(cloud, lived)


def test_a_snapshot_and_the_rest_of_the_journal_make_it_too(lived: Lived) -> None:
    cloud = Cloud(lived.settings)
    snapshots.load(cloud, lived.middle)
    assert cloud.kernel.digest == lived.middle_digest
    for record in lived.journal[lived.middle_at :]:
        cloud.replay(record)
    check(cloud, lived)


def test_a_replay_writes_the_journal_again(lived: Lived) -> None:
    again: list[bytes] = []
    cloud = Cloud(lived.settings)
    cloud.journal = again.append
    for record in lived.journal:
        cloud.replay(record)
    assert again == lived.journal


def test_a_journal_without_one_of_its_records_makes_another_world(lived: Lived) -> None:
    cloud = Cloud(lived.settings)
    missing = len(lived.journal) // 3
    try:
        for record in lived.journal[:missing] + lived.journal[missing + 1 :]:
            cloud.replay(record)
    except KernelError:
        return
    assert cloud.kernel.digest != lived.digest


@pytest.mark.slow
def test_hashes_of_another_process_change_nothing(lived: Lived) -> None:
    given = msgspec.msgpack.encode((lived.settings, lived.journal))
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for hash_seed in ("0", "4711"):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            input=given,
            capture_output=True,
            env={**environment, "PYTHONHASHSEED": hash_seed},
            check=True,
        )
        assert done.stdout.decode().strip() == lived.digest
