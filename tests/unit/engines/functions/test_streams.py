"""Streamed answers between a runtime and whoever takes them: pieces, patience, and bad ends."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cloudchamber.engines.functions import faults, model, streams
from cloudchamber.engines.functions.orders import MB, Outcome
from tests.unit.engines.functions.benches import QUICK, Bench, on_bench, package

# What STORY does is done with a connection `link` and the path of the answer, `path`.
RUNTIME = """#!PYTHON -S
import http.client, os, select, socket
api = os.environ["AWS_LAMBDA_RUNTIME_API"]
host, port = api.split(":")
def get_next():
    asked = http.client.HTTPConnection(api)
    asked.request("GET", "/2018-06-01/runtime/invocation/next")
    return asked.getresponse().headers["Lambda-Runtime-Aws-Request-Id"]
while True:
    number = get_next()
    path = "/2018-06-01/runtime/invocation/" + number + "/response"
    link = socket.create_connection((host, int(port)))
    begun = ("POST " + path + " HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n"
             "Content-Type: a/b\\r\\n"
             "Lambda-Runtime-Function-Response-Mode: streaming\\r\\n\\r\\n").encode()
    def chunk(data):
        link.sendall(b"%x\\r\\n%b\\r\\n" % (len(data), data))
    STORY
"""
LARGE = 'link.sendall(begun); [chunk(b"x" * 65536) for n in range(320)]; chunk(b""); link.recv(9)'


def runtime(story: str) -> dict[str, Any]:
    """An order's code and runtime."""
    text = RUNTIME.replace("PYTHON", sys.executable).replace("STORY", story)
    return {"code": package({"bootstrap": text}, ("bootstrap",)), "runtime": "provided.al2023"}


def run(folder: Path, story: str, **order: Any) -> Outcome:
    """What comes of it."""
    found: list[Outcome] = []

    async def tell(bench: Bench) -> None:
        found.append(await bench.run(**runtime(story), **order))

    on_bench(tell, folder)
    return found[0]


def test_a_piece_is_handed_on_before_the_answer_is_whole(tmp_path: Path) -> None:
    async def tell(bench: Bench) -> None:
        pieces: list[bytes] = []
        came = asyncio.Event()

        def taken(data: bytes) -> bool:
            pieces.append(data)
            came.set()
            return True

        bench.home.taken = taken
        story = 'link.sendall(begun); chunk(b"one"); select.select([], [], [])'
        ticket = bench.begin(**runtime(story))
        await asyncio.wait_for(came.wait(), 30)
        assert pieces == [b"one"]
        assert bench.home.streams[ticket].content_type == "a/b"
        assert ticket not in bench.home.outcomes
        bench.engine.overdue(ticket)
        outcome = await bench.outcome(ticket)
        assert (outcome.status, outcome.begun) == ("timeout", b"one")
        assert json.loads(outcome.payload)["errorType"] == faults.TIMED_OUT

    on_bench(tell, tmp_path)


def test_a_runtime_is_not_read_until_there_is_room(tmp_path: Path) -> None:
    async def tell(bench: Bench) -> None:
        came = asyncio.Event()
        sizes: list[int] = []

        def taken(data: bytes) -> bool:
            sizes.append(len(data))
            came.set()
            return False

        bench.home.taken = taken
        ticket = bench.begin(**runtime(LARGE), takes_stream=True)
        await asyncio.wait_for(came.wait(), 30)
        for _ in range(1000):
            await asyncio.sleep(0)
        assert sum(sizes) < MB
        # What passes now is not its own time: nobody would end it for that.
        assert bench.engine._busy[ticket]._watchdog is None
        turns = 0
        while ticket not in bench.home.outcomes:
            bench.home.rooms[-1]()
            turns += 1
            await asyncio.sleep(0)
        outcome = await bench.outcome(ticket)
        assert (outcome.status, len(outcome.payload)) == ("ok", 20 * MB)
        assert turns >= 10

    on_bench(tell, tmp_path)


def test_trailers_say_how_it_ended(tmp_path: Path) -> None:
    told = "eyJlcnJvclR5cGUiOiAiTyJ9"  # {"errorType": "O"}
    story = (
        'link.sendall(begun); chunk(b"ab"); link.sendall(b"0\\r\\n'
        "Lambda-Runtime-Function-Error-Type: Own\\r\\n"
        f'Lambda-Runtime-Function-Error-Body: {told}\\r\\n\\r\\n"); link.recv(9)'
    )
    outcome = run(tmp_path, story)
    assert (outcome.status, outcome.error_type) == ("error", "Own")
    assert (outcome.begun, outcome.payload) == (b"ab", b'{"errorType": "O"}')
    assert "begun" not in Outcome(status="ok").as_data()


@pytest.mark.parametrize(
    "story",
    [
        # The connection is closed, or something is wrong with a chunk, and the runtime goes on.
        'link.sendall(begun); chunk(b"one"); link.close()',
        'link.sendall(begun); chunk(b"one"); link.sendall(b"no chunk")',
    ],
)
def test_an_answer_that_is_given_up(tmp_path: Path, story: str) -> None:
    outcome = run(tmp_path, story)
    assert (outcome.status, outcome.error_type) == ("error", faults.TRUNCATED)
    assert outcome.begun == b"one"


def test_a_runtime_may_ask_for_the_next_before_it_is_heard(tmp_path: Path) -> None:
    story = """
    import threading
    link.sendall(begun); chunk(b"one")
    after = threading.Timer(0.2, lambda: (chunk(b"two"), chunk(b"")))
    after.start()"""
    outcome = run(tmp_path, story)
    assert (outcome.status, outcome.payload) == ("ok", b"onetwo")


@pytest.mark.parametrize("takes_stream", [True, False])
def test_an_answer_that_is_too_long_ends_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, takes_stream: bool
) -> None:
    monkeypatch.setattr(streams, "STREAM_BYTES_MAX", 10 * MB)
    outcome = run(tmp_path, LARGE, takes_stream=takes_stream)
    limit = 10 * MB if takes_stream else faults.ANSWER_BYTES_MAX
    assert (outcome.status, outcome.error_type) == ("error", faults.TOO_LARGE)
    assert f"({limit} bytes)" in json.loads(outcome.payload)["errorMessage"]
    assert limit - MB < len(outcome.begun) <= limit


def test_an_answer_that_cannot_be_kept_ends_the_process(tmp_path: Path) -> None:
    async def tell(bench: Bench) -> None:
        def taken(data: bytes) -> bool:
            raise OSError(28, "No space left on device")

        bench.home.taken = taken
        outcome = await bench.run(**runtime(LARGE))
        assert (outcome.status, outcome.error_type) == ("crash", faults.EXIT_ERROR)
        assert b"No space left on device" in outcome.log

    on_bench(tell, tmp_path, QUICK)


def test_what_belongs_to_another_invocation_is_refused(tmp_path: Path) -> None:
    story = """
    link.sendall(begun.replace(number.encode(), b"other")); chunk(b"lost"); chunk(b"")
    refused = link.recv(99).split()[1]
    link.sendall(begun); chunk(refused); chunk(b""); link.recv(99)"""
    outcome = run(tmp_path, story)
    assert (outcome.status, outcome.payload) == ("ok", b"400")


def test_beyond_6_mb_streams_take_time() -> None:
    assert model.sending_ns(6 * MB) == 0
    assert model.sending_ns(7 * MB) == 500_000_000
    assert model.sending_ns(200 * MB) == 97_000_000_000
