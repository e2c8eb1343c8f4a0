"""The host of a served world: answers, waiting calls, durability, a full disk, our own mistakes."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from cloudchamber.server.data.errors import DataError
from cloudchamber.wire.http import Request
from tests.unit.server.worlds import URL, Hosted


def test_requests_are_answered() -> None:
    hosted = Hosted()
    assert hosted.create() == URL + "q"
    assert hosted.message("a").status == 200
    assert hosted.texts() == ["a"]


def test_a_waiting_call_is_answered_when_somebody_sends() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    assert not waiting.is_answered()
    hosted.message("a")
    assert waiting.json["Messages"][0]["Body"] == "a"


def test_on_demand_a_waiting_call_moves_the_clock() -> None:
    hosted = Hosted()
    hosted.create()
    assert hosted.texts(wait_s=20) == []
    assert hosted.seconds == 20


def test_a_client_that_leaves_takes_nothing_with_it() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    assert hosted.host.gone(waiting.exchange)
    assert not hosted.host.cloud.parked
    hosted.message("a")
    assert hosted.texts() == ["a"]
    assert not waiting.is_answered()
    assert not hosted.host.gone(waiting.exchange)


def test_a_client_whose_answer_is_on_its_way_is_not_given_up(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    sent = hosted.sqs("CreateQueue", run=False, QueueName="q")
    assert not sent.is_answered()  # it waits for the disk
    assert not hosted.host.gone(sent.exchange)
    hosted.loop.run()
    assert sent.status == 200


# The control API


def test_the_control_api_is_at_the_chambers_own_names() -> None:
    hosted = Hosted()
    health = hosted.control("health").json
    assert health["status"] == "running"
    assert health["mode"]["clock"] == "demand"
    elsewhere = Request("GET", "/_localstack/health", "", {"host": "localhost"})
    assert hosted.send(elsewhere).json["status"] == "running"
    bucket = Request("GET", "/_chamber/health", "", {"host": "bucket.s3.localhost"})
    assert b"running" not in hosted.send(bucket).responses[0].body


def test_the_clock_mode_changes_while_calls_wait() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    assert not waiting.is_answered()
    assert hosted.control("clock", {"mode": "demand"}).json["mode"] == "demand"
    assert waiting.is_answered()
    assert hosted.control("clock", {"mode": "never"}).status == 400


def test_advancing_answers_who_waited() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    hosted.control("clock", {"advance": "19s"})
    assert not waiting.is_answered()
    hosted.control("clock", {"advance": "1s"})
    assert waiting.status == 200


def test_a_reset_answers_who_waits_and_empties_the_world() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    hosted.control("clock", {"advance": "10s"})
    assert hosted.control("reset", {}).status == 200
    assert waiting.status == 503
    assert b"reset" in waiting.responses[0].body
    assert hosted.seconds == 0
    assert hosted.message("a").status == 400
    hosted.create()
    assert hosted.control("clock", {"mode": "demand"}).status == 200
    assert hosted.texts(wait_s=5) == []
    assert hosted.seconds == 5


def test_snapshots_bring_a_world_back() -> None:
    hosted = Hosted()
    hosted.create()
    hosted.message("before")
    assert hosted.control("snapshot", {"name": "s"}).status == 200
    hosted.message("after")
    assert hosted.control("snapshot/load", {"name": "s"}).status == 200
    assert hosted.texts() == ["before"]
    assert hosted.texts(wait_s=2) == []
    assert hosted.control("snapshot/load", {"name": "never"}).status == 404


def test_stopping_tells_who_waits() -> None:
    hosted = Hosted(mode="manual")
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    hosted.stop()
    assert waiting.status == 503
    assert b"stopping" in waiting.responses[0].body


# Durability


def test_a_killed_world_is_there_again(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    for number in range(10):
        hosted.message(str(number))
    taken = hosted.texts()
    digest = hosted.host.cloud.kernel.digest
    hosted.kill()
    again = Hosted(tmp_path)
    assert again.host.cloud.kernel.digest == digest
    rest = again.texts()
    assert sorted([*taken, *rest]) == [str(number) for number in range(10)]
    assert any("records were replayed" in text for text in again.said)


def test_a_stopped_world_needs_no_replay(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    hosted.message("a")
    hosted.texts(wait_s=0)
    hosted.stop()
    again = Hosted(tmp_path)
    assert again.said == []
    assert again.texts() == []  # still invisible
    assert again.texts(wait_s=20) == []
    assert again.texts(wait_s=20) == ["a"]  # after thirty seconds


def test_the_clock_a_client_waited_for_is_not_forgotten(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    hosted.texts(wait_s=20)
    digest = hosted.host.cloud.kernel.digest
    hosted.kill()
    again = Hosted(tmp_path)
    assert again.seconds == 20
    assert again.host.cloud.kernel.digest == digest


def test_a_message_given_to_a_waiting_client_stays_given(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    sent = hosted.sqs("SendMessage", QueueUrl=URL + "q", MessageBody="late", DelaySeconds=5)
    assert sent.status == 200
    received = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20).json
    handle = received["Messages"][0]["ReceiptHandle"]
    hosted.kill()
    again = Hosted(tmp_path)
    assert again.seconds == 5
    deleted = again.sqs("DeleteMessage", QueueUrl=URL + "q", ReceiptHandle=handle)
    assert deleted.status == 200
    assert again.texts(wait_s=20) == []
    assert again.texts(wait_s=20) == []


def test_calls_that_waited_when_the_world_ended_wait_no_more(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path, mode="manual")
    hosted.create()
    hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    hosted.kill()
    again = Hosted(tmp_path)
    again.loop.run()
    assert not again.host.cloud.parked
    assert again.seconds == 0
    again.message("a")
    assert again.texts() == ["a"]
    digest = again.host.cloud.kernel.digest
    again.kill()
    assert Hosted(tmp_path).host.cloud.kernel.digest == digest


def test_a_scaled_clock_does_not_begin_again_at_its_last_write(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path, mode="x60")
    hosted.create()
    hosted.loop.wall_ns += 3_600_000_000_000
    hosted.host.note_time()
    hosted.loop.run(5)
    digest = hosted.host.cloud.kernel.digest
    hosted.kill()
    again = Hosted(tmp_path, mode="x60")
    assert again.seconds >= 60 * 3600
    assert again.host.cloud.kernel.digest == digest


@pytest.mark.parametrize("mode", ["live", "demand", "manual"])
def test_other_clocks_write_nothing_while_nothing_happens(tmp_path: Path, mode: str) -> None:
    hosted = Hosted(tmp_path, mode=mode)
    hosted.create()
    hosted.loop.wall_ns += 3_600_000_000_000
    hosted.host.note_time()
    hosted.loop.run(5)
    assert hosted.directory is not None
    assert hosted.directory.appended == 1


def test_a_reset_is_remembered(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    hosted.control("reset", {"seed": 9})
    hosted.create("other")
    hosted.kill()
    again = Hosted(tmp_path, given=frozenset())
    assert again.host.cloud.settings.seed == 9
    assert again.sqs("ListQueues").json["QueueUrls"] == [URL + "other"]


def test_a_loaded_snapshot_is_remembered(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    hosted.control("snapshot", {"name": "s"})
    hosted.create("later")
    hosted.control("snapshot/load", {"name": "s"})
    hosted.message("a")
    hosted.kill()
    again = Hosted(tmp_path)
    assert again.sqs("ListQueues").json["QueueUrls"] == [URL + "q"]
    assert again.texts() == ["a"]
    assert again.control("snapshot").json == {"snapshots": ["s"]}


def test_a_world_keeps_its_seed(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path, seed=5)
    hosted.create()
    hosted.kill()
    with pytest.raises(DataError, match="world of seed 5, not 6"):
        Hosted(tmp_path, seed=6)
    assert Hosted(tmp_path, seed=1, given=frozenset()).host.cloud.settings.seed == 5


def test_other_settings_may_change_between_lives(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path, mode="manual")
    hosted.create()
    hosted.kill()
    again = Hosted(tmp_path, mode="demand")
    assert again.host.clock_mode == "demand"
    assert again.texts(wait_s=20) == []
    again.kill()
    third = Hosted(tmp_path, given=frozenset())
    assert third.host.clock_mode == "demand"
    assert third.seconds == 20


def test_a_damaged_world_is_refused(tmp_path: Path) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    hosted.stop()
    [path] = tmp_path.glob("world-*")
    data = bytearray(path.read_bytes())
    data[-10] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=f"{path.name} cannot be loaded: the snapshot is damaged"):
        Hosted(tmp_path)
    assert path.read_bytes() == bytes(data)


def test_answers_of_one_turn_share_one_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosted = Hosted(tmp_path)
    hosted.create()
    writes: list[int] = []
    real = os.write

    def counted(file: int, data: bytes) -> int:
        writes.append(len(data))
        return real(file, data)

    monkeypatch.setattr(os, "write", counted)
    sent = [
        hosted.sqs("SendMessage", run=False, QueueUrl=URL + "q", MessageBody=str(number))
        for number in range(20)
    ]
    assert not any(one.is_answered() for one in sent)
    hosted.loop.run()
    assert all(one.status == 200 for one in sent)
    assert len(writes) == 1


# A full disk


class FullDisk:
    """While `is_full`, nothing can be written."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        self._write = os.write
        monkeypatch.setattr(os, "write", self.write)

    def write(self, file: int, data: bytes) -> int:
        if self.is_full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(file, data)


def test_on_a_full_disk_nobody_is_told_yes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = Hosted(tmp_path)
    disk = FullDisk(monkeypatch)
    hosted.create()
    hosted.message("a")
    disk.is_full = True
    first = hosted.message("b")
    assert first.status == 503
    assert "disk is full" in first.json["message"]
    number = hosted.host.cloud.events.last
    assert hosted.message("c").status == 503
    assert hosted.host.cloud.events.last == number  # it was not even tried
    assert hosted.sqs("ListQueues").json["QueueUrls"] == [URL + "q"]  # looking is allowed
    assert hosted.control("reset", {}).status == 507
    assert hosted.control("snapshot", {"name": "s"}).status == 507
    disk.is_full = False
    assert hosted.message("d").status == 200
    digest = hosted.host.cloud.kernel.digest
    hosted.kill()
    again = Hosted(tmp_path)
    assert again.host.cloud.kernel.digest == digest
    # b was not acknowledged and may be there all the same; c was never done
    assert sorted(again.texts() + again.texts() + again.texts()) == ["a", "b", "d"]


def test_a_waiting_client_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = Hosted(tmp_path, mode="manual")
    disk = FullDisk(monkeypatch)
    hosted.create()
    waiting = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    disk.is_full = True
    sent = hosted.message("a")
    assert (sent.status, waiting.status) == (503, 503)


def test_who_waits_is_told_of_pieces_once_its_record_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosted = Hosted(tmp_path, mode="manual")
    disk = FullDisk(monkeypatch)
    hosted.create()
    request = {"QueueUrl": URL + "q", "WaitTimeSeconds": 20}
    waiting = hosted.sqs("ReceiveMessage", run=False, **request)
    number = waiting.exchange.number
    disk.is_full = True
    assert hosted.host.waiting(number) is None
    disk.is_full = False
    assert hosted.directory is not None
    assert hosted.directory.committed < waiting.exchange.position
    assert hosted.host.waiting(number) is waiting.exchange
    assert hosted.directory.committed == waiting.exchange.position
    assert hosted.host.waiting(number + 1) is None


# Our own mistakes


def test_a_mistake_of_ours_is_not_shown_to_the_client(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosted = Hosted()
    hosted.create()

    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    with monkeypatch.context() as patch:
        patch.setattr(hosted.host.cloud, "submit", broken)
        sent = hosted.message("a")
    assert sent.status == 500
    [response] = sent.responses
    assert b"InternalFailure" in response.body
    assert b"secret" not in response.body
    log = capsys.readouterr().err
    assert "a secret detail" in log
    assert response.headers["x-amzn-requestid"] in log
    assert hosted.message("b").status == 200


def test_a_mistake_in_the_control_api(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosted = Hosted()

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(hosted.host, "describe", broken)
    sent = hosted.control("health")
    assert sent.status == 500
    assert b"secret" not in sent.responses[0].body
    assert "a secret detail" in capsys.readouterr().err


def test_a_clock_that_cannot_go_on_lets_nobody_hang(capsys: pytest.CaptureFixture[str]) -> None:
    hosted = Hosted()
    hosted.create()
    kernel = hosted.host.cloud.kernel
    kernel.on("again", lambda: kernel.after(1000, "again"))
    kernel.after(1000, "again")
    sent = hosted.sqs("ReceiveMessage", QueueUrl=URL + "q", WaitTimeSeconds=20)
    assert sent.status == 503
    assert b"clock cannot go on" in sent.responses[0].body
    assert "again" in capsys.readouterr().err
