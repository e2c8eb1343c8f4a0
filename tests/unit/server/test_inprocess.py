"""A world shared by threads: nobody overtakes, nobody hangs, nothing is torn."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cloudchamber.cloud.settings import Settings, SettingsError
from cloudchamber.server import inprocess
from cloudchamber.server.inprocess import ClockStopped, InProcessHost
from cloudchamber.wire.http import Request, Response

URL = "http://localhost/000000000000/q"


def call(host: InProcessHost, operation: str, **fields: Any) -> Any:
    """An SQS call; its output."""
    headers = {
        "host": "localhost",
        "x-amz-target": f"AmazonSQS.{operation}",
        "content-type": "application/x-amz-json-1.0",
    }
    response = host.handle(Request("POST", "/", "", headers, json.dumps(fields).encode()))
    return {"status": response.status, **json.loads(response.body or b"{}")}


def receive(host: InProcessHost, wait_s: int = 20) -> list[str]:
    """Receive once; the texts."""
    found = call(host, "ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=wait_s)
    return [message["Body"] for message in found.get("Messages", [])]


def open_host(clock: str = "demand") -> InProcessHost:
    """A host with queue q."""
    host = InProcessHost(Settings(clock=clock))
    assert call(host, "CreateQueue", QueueName="q")["status"] == 200
    return host


def seconds(host: InProcessHost) -> float:
    """Seconds since the world began."""
    return (host.cloud.kernel.now - host.cloud.kernel.start_ns) / 1e9


class Worker(threading.Thread):
    """A thread whose result is asked for."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self.result: Any = None
        self.start()

    def run(self) -> None:
        try:
            self.result = self._work()
        except ClockStopped as stopped:
            self.result = stopped

    def finish(self) -> Any:
        self.join(20)
        assert not self.is_alive()
        return self.result


def wait_until(condition: Callable[[], bool]) -> None:
    """Let other threads work until something holds."""
    pause = threading.Event()
    for _ in range(2000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError("it never came to pass")


def test_a_live_clock_needs_a_server() -> None:
    with pytest.raises(SettingsError, match="cloudchamber start"):
        InProcessHost(Settings(clock="live"))


@pytest.mark.parametrize("clock", ["demand", "auto"])
def test_a_waiting_call_moves_the_clock(clock: str) -> None:
    host = open_host(clock)
    assert receive(host) == []
    assert seconds(host) == 20


def test_waiting_alone_on_a_manual_clock_is_an_error_and_not_a_hang() -> None:
    host = open_host("manual")
    with pytest.raises(ClockStopped, match="nobody moves it"):
        receive(host)
    assert not host.cloud.parked
    call(host, "SendMessage", QueueUrl=URL, MessageBody="a")
    assert receive(host) == ["a"]  # and the call that was given up took nothing


def test_another_thread_advances() -> None:
    host = open_host("manual")
    worker = Worker(lambda: receive(host))
    wait_until(lambda: bool(host.cloud.parked))
    host.control.move_clock({"advance": "19s"})
    assert worker.is_alive()
    host.control.move_clock({"advance": "1s"})
    assert worker.finish() == []


def test_another_thread_sends() -> None:
    host = open_host("manual")
    worker = Worker(lambda: receive(host))
    wait_until(lambda: bool(host.cloud.parked))
    call(host, "SendMessage", QueueUrl=URL, MessageBody="a")
    assert worker.finish() == ["a"]
    assert seconds(host) == 0


def test_two_threads_that_wait_for_each_other_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inprocess, "PATIENCE_NS", 50_000_000)
    monkeypatch.setattr(inprocess, "LOOK_EVERY_S", 0.01)
    host = open_host("manual")
    workers = [Worker(lambda: receive(host)) for _ in range(2)]
    for worker in workers:
        assert isinstance(worker.finish(), ClockStopped)
    assert not host.cloud.parked


def test_a_hold_is_waited_for() -> None:
    host = open_host()
    hold = host.cloud.kernel.hold("a process runs")
    worker = Worker(lambda: receive(host))
    wait_until(lambda: bool(host.cloud.parked))
    assert seconds(host) == 0
    hold.release()
    assert worker.finish() == []
    assert seconds(host) == 20


def test_a_thread_that_was_let_go_is_not_overtaken(monkeypatch: pytest.MonkeyPatch) -> None:
    """One waits a second and then sends; the other waits for twenty and must get it."""
    monkeypatch.setattr(inprocess, "GRACE_NS", 400_000_000)  # this machine may be busy
    host = open_host()
    call(host, "CreateQueue", QueueName="other")
    hold = host.cloud.kernel.hold("until both wait")

    def wait_and_send() -> None:
        call(host, "ReceiveMessage", QueueUrl=URL.replace("/q", "/other"), WaitTimeSeconds=1)
        call(host, "SendMessage", QueueUrl=URL, MessageBody="a")

    long, short = Worker(lambda: receive(host)), Worker(wait_and_send)
    wait_until(lambda: len(host.cloud.parked) == 2)
    hold.release()
    short.finish()
    assert long.finish() == ["a"]
    assert seconds(host) == 1


def test_many_threads_lose_nothing() -> None:
    host = open_host()
    texts = [[f"{worker}-{number}" for number in range(25)] for worker in range(6)]
    taken: list[list[str]] = [[] for _ in range(2)]

    def send(mine: list[str]) -> None:
        for text in mine:
            assert call(host, "SendMessage", QueueUrl=URL, MessageBody=text)["status"] == 200

    def take(mine: list[str]) -> None:
        while len(mine) < 75:
            found = call(host, "ReceiveMessage", QueueUrl=URL, MaxNumberOfMessages=5)
            for message in found.get("Messages", []):
                mine.append(message["Body"])
                handle = message["ReceiptHandle"]
                call(host, "DeleteMessage", QueueUrl=URL, ReceiptHandle=handle)
            if sum(map(len, taken)) == 150:
                return

    workers = [Worker(lambda mine=mine: send(mine)) for mine in texts]  # type: ignore[misc]
    workers += [Worker(lambda mine=mine: take(mine)) for mine in taken]  # type: ignore[misc]
    for worker in workers:
        worker.finish()
    assert sorted(taken[0] + taken[1]) == sorted(text for mine in texts for text in mine)


def test_a_reset_answers_who_waits() -> None:
    host = open_host("manual")
    worker = Worker(lambda: call(host, "ReceiveMessage", QueueUrl=URL, WaitTimeSeconds=20))
    wait_until(lambda: bool(host.cloud.parked))
    host.control.reset({})
    assert worker.finish()["status"] == 503


def test_the_control_api_is_there_too() -> None:
    host = open_host("manual")
    request = Request("POST", "/_chamber/clock", "", {}, b'{"advance":"1h"}')
    response: Response = host.handle(request)
    assert response.status == 200
    assert seconds(host) == 3600


def test_what_is_due_now_happens_before_a_call() -> None:
    host = open_host()
    happened: list[int] = []
    host.cloud.kernel.on("x", lambda: happened.append(1))
    host.cloud.kernel.after(0, "x")
    call(host, "ListQueues")
    assert happened == [1]
