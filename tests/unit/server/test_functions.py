"""Functions in a hosted world: they call home, time passes for them, and a replay needs none."""

from __future__ import annotations

import asyncio
import json
import tempfile
import threading
import time
import urllib.request
from functools import partial
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from cloudchamber import Chamber
from cloudchamber.cloud import registry
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import Functions, Settings
from cloudchamber.cloud.work import WORK
from cloudchamber.server.data.directory import DataDirectory
from cloudchamber.server.data.opening import open_world
from cloudchamber.server.functions.served import ServedCrew
from cloudchamber.server.host import ServedHost
from cloudchamber.server.http.activity import Activity
from cloudchamber.server.http.admission import Admission
from cloudchamber.server.http.limits import Limits
from cloudchamber.server.http.listener import Listener
from tests.unit.server.small_lambda import JOBS, context, load

ECHO = "def handler(event, context):\n    return event\n"
# What is put in a queue from inside, with pauses of the machine's own between: on a real clock.
SENDER = """
import boto3, os, select
sqs = boto3.client("sqs")
def handler(event, context):
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    for number in range(3):
        select.select([], [], [], os.urandom(1)[0] / 20000)
        sqs.send_message(QueueUrl=url, MessageBody="%s-%s" % (event, number))
    return url
"""
POLLER = """
import boto3, time
sqs = boto3.client("sqs")
def handler(event, context):
    before = time.time()
    url = sqs.get_queue_url(QueueName="q")["QueueUrl"]
    got = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=event["wait"])
    return [round(time.time() - before), len(got.get("Messages", []))]
"""
SLEEPER = """
import time
def handler(event, context):
    before = time.time(), time.monotonic(), context.get_remaining_time_in_millis()
    time.sleep(event["sleep"])
    return [round(time.time() - before[0]), round(time.monotonic() - before[1]),
            before[2] - context.get_remaining_time_in_millis()]
"""

HANGER = """
import boto3, select
def handler(event, context):
    boto3.client("sqs").create_queue(QueueName="made-before-the-end")
    select.select([], [], [], 30)
"""

CALLER = """
import base64, boto3, json
inner = boto3.client("lambda")
def handler(event, context):
    if not event:
        return "innermost"
    answer = inner.invoke(FunctionName="f", Payload=json.dumps(event - 1).encode(),
                          ClientContext=base64.b64encode(json.dumps(%r).encode()).decode())
    return [event, json.load(answer["Payload"])]
"""


@pytest.fixture(autouse=True)
def _small_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "load_service", load)


def invoke(chamber: Any, source: str, event: Any = None, **asked: Any) -> Any:
    """Invoke and wait; what the function answered, or how it failed."""
    client = chamber.client("lambda") if isinstance(chamber, Chamber) else chamber
    answer = client.invoke(
        FunctionName="f", Payload=json.dumps(event).encode(), ClientContext=context(source, **asked)
    )
    body = answer["Payload"].read()
    return answer.get("FunctionError") or json.loads(body)


def seconds(chamber: Chamber) -> float:
    kernel = chamber.cloud.kernel
    return (kernel.now - kernel.start_ns) / 1e9


def test_time_passes_for_a_function_as_for_any_client() -> None:
    with Chamber(seed=1) as chamber:
        chamber.client("sqs").create_queue(QueueName="q")
        assert invoke(chamber, SLEEPER, {"sleep": 20}) == [20, 20, 20000]
        assert 20 <= seconds(chamber) < 20.01
        assert invoke(chamber, POLLER, {"wait": 15}) == [15, 0]
        assert 35 <= seconds(chamber) < 35.02


def test_a_function_that_waits_too_long_times_out_on_the_chambers_clock() -> None:
    with Chamber(seed=1) as chamber:
        chamber.client("sqs").create_queue(QueueName="q")
        assert invoke(chamber, POLLER, {"wait": 20}, timeout_s=3) == "timeout"
        assert seconds(chamber) == 3
        assert invoke(chamber, SLEEPER, {"sleep": 20}, timeout_s=4) == "timeout"
        assert seconds(chamber) == 7
        assert chamber.cloud.kernel.parked == ()


def tell_story(functions: Functions) -> tuple[str, list[str], list[bytes], Cloud]:
    """Four functions begin at one instant and each sends three messages."""
    with Chamber(seed=3, functions=functions) as chamber:
        journal: list[bytes] = []
        chamber.cloud.journal = journal.append
        sqs, client = chamber.client("sqs"), chamber.client("lambda")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        for name in "abcd":
            client.invoke(FunctionName="f", Payload=json.dumps(name).encode(),
                          InvocationType="Event", ClientContext=context(SENDER))  # fmt: skip
        chamber.run_until_idle()
        texts: list[str] = []
        while got := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            texts += [message["Body"] for message in got]
        return chamber.digest, texts, journal, chamber.cloud


@pytest.mark.parametrize("functions", ["lock-step", "serial"])
def test_the_same_seed_tells_the_same_story(functions: Functions) -> None:
    digest, texts, journal, lived = tell_story(functions)
    assert sorted(texts) == sorted(f"{name}-{number}" for name in "abcd" for number in range(3))
    assert tell_story(functions)[:2] == (digest, texts)
    again = Cloud(lived.settings)
    for record in journal:
        again.replay(record)
    assert again.kernel.digest == digest
    assert again.work.outstanding == ()


def test_in_free_mode_everything_happens_all_the_same() -> None:
    _, texts, _, _ = tell_story("free")
    assert len(texts) == 12


@pytest.mark.parametrize("functions", ["lock-step", "serial", "free"])
def test_functions_invoke_functions(functions: Functions) -> None:
    inner = CALLER % {"source": CALLER % {"source": "def handler(e, c): return 'innermost'"}}
    with Chamber(seed=1, functions=functions) as chamber:
        assert invoke(chamber, inner, 2) == [2, [1, "innermost"]]
        assert seconds(chamber) == 0.006  # three floors, one upon the other


def test_what_belongs_to_a_world_that_was_reset_does_not_reach_the_next() -> None:
    with Chamber(seed=1) as chamber:
        chamber.client("lambda").invoke(
            FunctionName="f", InvocationType="Event", ClientContext=context(HANGER)
        )
        mover = threading.Thread(target=lambda: chamber.advance("1s"))
        mover.start()
        while not chamber.client("sqs").list_queues().get("QueueUrls"):
            pass
        chamber.reset()
        assert chamber.cloud.kernel.holds == ()
        assert invoke(chamber, ECHO, "new") == "new"
        mover.join(30)
        assert not mover.is_alive()


def test_an_order_to_move_the_clock_waits_for_the_functions_on_the_way() -> None:
    with Chamber(seed=1, clock="manual") as chamber:
        chamber.client("sqs").create_queue(QueueName="q")
        chamber.client("lambda").invoke(
            FunctionName="f", Payload=b'"x"', InvocationType="Event", ClientContext=context(SENDER)
        )
        chamber.advance("1h")
        assert seconds(chamber) == 3600
        jobs = chamber.cloud.store.rows(JOBS, chamber.cloud.settings.account, "us-east-1")
        assert [job.state for job in jobs.values()] == ["completed"]


def test_a_world_with_functions_can_be_branched_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with Chamber(seed=1) as chamber:
        assert invoke(chamber, ECHO, 1) == 1
        branches = [chamber.branch(partial(invoke, source=ECHO, event=n)) for n in range(2)]
        assert [branch.result() for branch in branches] == [0, 1]
        assert list(tmp_path.iterdir()) == []  # neither branch left anything, nor did its parent
        assert invoke(chamber, ECHO, 5) == 5
        threads = [thread.name for thread in threading.enumerate()]
        assert "cloudchamber-functions" in threads
    assert "cloudchamber-functions" not in [thread.name for thread in threading.enumerate()]


def test_functions_of_several_threads_run_at_once() -> None:
    with Chamber(seed=1) as chamber:
        client = chamber.client("lambda", config=Config(max_pool_connections=8))
        answers: list[Any] = []
        threads = [
            threading.Thread(target=lambda n=n: answers.append(invoke(client, ECHO, n)))
            for n in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(answers) == [0, 1, 2, 3]


def test_a_folder_is_used_as_it_lies_only_where_that_was_allowed(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("def handler(event, context):\n    return 1\n")
    with Chamber(seed=1) as chamber:
        assert invoke(chamber, "", folder=str(tmp_path)) == "init-error"
    with Chamber(seed=1, function_folders=(str(tmp_path),)) as chamber:
        assert invoke(chamber, "", folder=str(tmp_path)) == 1
        (tmp_path / "app.py").write_text("def handler(event, context):\n    return 22\n")
        assert invoke(chamber, "", folder=str(tmp_path)) == 22


class Served:
    """A served world on a loop in a thread, with sockets."""

    def __init__(self, clock: str, data: Path | None = None) -> None:
        self.port = 0
        self.host: ServedHost | None = None
        self._clock = clock
        self._data = data
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self.checkpoint = True
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Served:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._stop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    async def _run(self) -> None:
        self._loop = loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        settings = Settings(seed=1, clock=self._clock)
        directory, is_old = None, False
        if self._data is None:
            cloud = Cloud(settings)
        else:
            directory = DataDirectory(self._data, say=print)
            opened = open_world(
                directory, settings, frozenset({"clock"}), print, lambda done, total: None
            )
            cloud, is_old = opened.cloud, opened.is_old
        admission, activity = Admission(), Activity()
        host = self.host = ServedHost(
            cloud, admission, activity, loop, time.monotonic_ns, directory
        )
        crew = ServedCrew(host, loop)
        host.employ(crew)
        if is_old:
            host.drop_orphans()
        listener = Listener(host, admission, Limits(), activity)
        self.port = await listener.open("127.0.0.1", 0)
        self._ready.set()
        await self._stop.wait()
        host.stop()
        await crew.close()
        await listener.close(0)
        if directory is not None:
            if self.checkpoint:
                host.checkpoint()
            directory.close()

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service, region_name="us-east-1", endpoint_url=f"http://127.0.0.1:{self.port}",
            aws_access_key_id="111111111111", aws_secret_access_key="x",
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
        )  # fmt: skip

    def control(self, patience_s: float = 60, **body: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/_chamber/clock", json.dumps(body).encode()
        )
        with urllib.request.urlopen(request, timeout=patience_s) as response:
            return json.load(response)


def test_a_served_world_runs_functions_on_demand() -> None:
    with Served("demand") as served:
        served.client("sqs").create_queue(QueueName="q")
        client = served.client("lambda")
        assert invoke(client, ECHO, {"a": 1}) == {"a": 1}
        assert invoke(client, SLEEPER, {"sleep": 100}, timeout_s=300) == [100, 100, 100000]
        assert invoke(client, POLLER, {"wait": 15}) == [15, 0]
        assert invoke(client, POLLER, {"wait": 20}, timeout_s=3) == "timeout"
        assert invoke(client, SENDER, "x") == "http://localhost:4566/111111111111/q"


def test_a_served_world_on_the_walls_clock_measures() -> None:
    with Served("live") as served:
        client = served.client("lambda")
        before = time.monotonic()
        slept = invoke(client, SLEEPER, {"sleep": 0.2})
        assert time.monotonic() - before >= 0.2
        assert slept[2] >= 200
        before = time.monotonic()
        assert invoke(client, SLEEPER, {"sleep": 30}, timeout_s=1) == "timeout"
        assert 1 <= time.monotonic() - before < 10


def test_a_served_world_on_a_faster_clock_models() -> None:
    with Served("x600") as served:
        client = served.client("lambda")
        before = time.monotonic()
        assert invoke(client, SLEEPER, {"sleep": 300}, timeout_s=600) == [300, 300, 300000]
        assert 0.5 <= time.monotonic() - before < 10


def test_moving_a_served_clock_waits_for_functions() -> None:
    with Served("manual") as served:
        served.client("sqs").create_queue(QueueName="q")
        before = served.control(advance="1s")["now"]
        served.client("lambda").invoke(
            FunctionName="f", Payload=b'"x"', InvocationType="Event", ClientContext=context(SENDER)
        )
        after = served.control(advance="1h")["now"]
        assert before[:13] != after[:13]
        host = served.host
        assert host is not None
        jobs = host.cloud.store.rows(JOBS, "111111111111", "us-east-1")
        assert [job.state for job in jobs.values()] == ["completed"]


@pytest.mark.parametrize("clean", [True, False])
def test_what_ran_when_the_chamber_ended_crashed(tmp_path: Path, clean: bool) -> None:
    """Whether it was stopped or killed."""
    with Served("manual", tmp_path / "world") as served:
        served.client("lambda").invoke(
            FunctionName="f", InvocationType="Event", ClientContext=context(HANGER)
        )
        with pytest.raises(OSError):
            served.control(advance="1s", patience_s=0.2)
        while not served.client("sqs").list_queues().get("QueueUrls"):
            pass  # until the function has spoken, so that the journal knows of it
        host = served.host
        assert host is not None
        assert len(host.cloud.store.rows(WORK, "", "")) == 1
        served.checkpoint = clean
    with Served("manual", tmp_path / "world") as served:
        host = served.host
        assert host is not None
        [job] = host.cloud.store.rows(JOBS, "111111111111", "us-east-1").values()
        assert job.outcome["status"] == "crash"
        assert host.cloud.work.outstanding == ()
        digest = host.cloud.kernel.digest
        served.checkpoint = False
    with Served("manual", tmp_path / "world") as served:
        host = served.host
        assert host is not None
        assert host.cloud.kernel.digest == digest
