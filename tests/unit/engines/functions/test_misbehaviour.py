"""Functions that misbehave: each has the outcome AWS would give it, and harms nobody else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cloudchamber.engines.functions import confinement
from cloudchamber.engines.functions.engine import EngineSettings
from tests.unit.engines.functions.benches import QUICK, Bench, on_bench, python

HARMLESS = python("def handler(e, c): return 'fine'")


def processes_of(folder: Path) -> list[int]:
    """Whatever runs with this folder in its environment."""
    found = []
    for name in os.listdir("/proc"):
        try:
            if (
                name.isdigit()
                and str(folder).encode() in Path(f"/proc/{name}/environ").read_bytes()
            ):
                stat = Path(f"/proc/{name}/stat").read_bytes().rpartition(b")")[2].split()
                if stat[0] not in (b"Z", b"X"):
                    found.append(int(name))
        except OSError:
            continue
    return found


@pytest.mark.parametrize(
    ("source", "status", "error_type", "exit_text"),
    [
        ("import select\ndef handler(e, c): select.select([], [], [], 60)",
         "timeout", "Sandbox.Timedout", ""),
        ("def handler(e, c):\n    while True: pass", "timeout", "Sandbox.Timedout", ""),
        ("import select\nselect.select([], [], [], 0.01)\nimport os\nos._exit(7)",
         "init-error", "Runtime.ExitError", "exit status 7"),
        ("import os\ndef handler(e, c): os._exit(3)",
         "crash", "Runtime.ExitError", "exit status 3"),
        ("import sys\ndef handler(e, c): sys.exit(0)",
         "crash", "Runtime.ExitError", "exit status 0"),
        ("import os, signal\ndef handler(e, c): os.kill(os.getpid(), signal.SIGSEGV)",
         "crash", "Runtime.ExitError", "signal: segmentation fault"),
        ("def handler(e, c):\n    kept = []\n    while True: kept.append(bytearray(b'x' * 2**24))",
         "out-of-memory", "Runtime.OutOfMemory", "signal: killed"),
        ("""
import os, select
def handler(e, c):
    while True:
        if os.fork() == 0:
            kept = bytearray(b'x' * 2**26); select.select([], [], [], 60)
        select.select([], [], [], 0.01)
""", "out-of-memory", "Runtime.OutOfMemory", "signal: killed"),
        ("""
import os, tempfile
def handler(e, c):
    for number in range(200):
        with open(os.path.join(tempfile.gettempdir(), str(number)), "wb") as file:
            file.write(b"x" * 2**22)
    import select; select.select([], [], [], 60)
""", "crash", "Runtime.ExitError", "signal: killed"),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_as_aws_tells_it(
    tmp_path: Path, source: str, status: str, error_type: str, exit_text: str
) -> None:
    async def story(bench: Bench) -> None:
        bad = bench.begin(python(source), timeout_s=1 if status == "timeout" else 20, memory_mb=200,
                          ephemeral_mb=100)  # fmt: skip
        good = bench.begin(HARMLESS)
        assert (await bench.outcome(good)).payload == b'"fine"'
        outcome = await bench.outcome(bad)
        told = (outcome.status, outcome.error_type, outcome.exit)
        assert told == (status, error_type, exit_text)
        body = json.loads(outcome.payload)
        assert body["errorMessage"].startswith(f"RequestId: {bad} Error: ")
        log = outcome.log.decode()
        if status == "timeout":
            assert log == f"2027-01-01T00:00:01.000Z {bad} Task timed out after 1.00 seconds\n\n"
        else:
            assert log.endswith(f"{body['errorMessage']}\nRuntime.ExitError\n")
        if status == "timeout":
            assert body["errorMessage"].endswith("Task timed out after 1.00 seconds")
        assert (await bench.run(HARMLESS)).payload == b'"fine"'

    on_bench(story, tmp_path)
    assert processes_of(tmp_path) == []


def test_one_file_may_not_be_larger_than_the_disk(tmp_path: Path) -> None:
    source = """
import os, tempfile
def handler(e, c):
    with open(os.path.join(tempfile.gettempdir(), "big"), "wb", 0) as file:
        for _ in range(300):
            file.write(b"x" * 2**20)
"""

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source), ephemeral_mb=64)
        assert outcome.status in ("error", "crash")
        if outcome.status == "error":
            assert json.loads(outcome.payload)["errorType"] == "OSError"

    on_bench(story, tmp_path)


def test_bytes_that_are_no_text_are_kept(tmp_path: Path) -> None:
    source = """
import os
def handler(e, c):
    os.write(1, bytes(range(256))); os.write(2, b"\\xff\\xfe"); return 1
"""

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source))
        assert outcome.log == bytes(range(256)) + b"\xff\xfe"

    on_bench(story, tmp_path)


def test_a_flood_of_output_is_read_and_mostly_left_out(tmp_path: Path) -> None:
    source = """
import os
def handler(e, c):
    os.write(1, b"first")
    for _ in range(100):
        view = memoryview(b"x" * 2**20)
        while view: view = view[os.write(1, view):]
    os.write(1, b"last"); return 1
"""

    async def story(bench: Bench) -> None:
        outcome = await bench.run(python(source), timeout_s=60)
        assert outcome.status == "ok"
        assert outcome.log.startswith(b"first")
        assert outcome.log.endswith(b"last")
        assert b"bytes of output are left out here]" in outcome.log
        assert len(outcome.log) < 2 << 20

    on_bench(story, tmp_path)


def test_a_child_that_leaves_its_session_ends_with_its_function(tmp_path: Path) -> None:
    source = """
import os, select
def handler(e, c):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            select.select([], [], [], 600)
        os._exit(0)
    return 1
"""

    async def story(bench: Bench) -> None:
        assert (await bench.run(python(source))).payload == b"1"
        assert processes_of(tmp_path)

    on_bench(story, tmp_path)
    assert processes_of(tmp_path) == []


@pytest.mark.parametrize("is_own", [False, True])
def test_files_in_tmp_are_the_environments_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_own: bool
) -> None:
    if is_own and confinement.namespace() is None:
        pytest.skip("this machine gives no mount namespace")
    if is_own and Path(sys.prefix).is_relative_to(confinement.TMP):
        pytest.skip("the interpreter lies in /tmp, which therefore cannot be hidden from it")
    if not is_own:
        monkeypatch.setattr(confinement, "namespace", lambda: None)
    name = f"of-{tmp_path.name}-{os.getpid()}"
    source = f"""
import os, tempfile
def handler(event, context):
    place = "/tmp/{name}" if {is_own} else os.path.join(tempfile.gettempdir(), "{name}")
    before = os.path.exists(place)
    open(place, "w").close()
    return [before, os.path.exists(os.path.join(tempfile.gettempdir(), "{name}"))]
"""

    async def story(bench: Bench) -> None:
        both = [bench.begin(python(source)), bench.begin(python(source))]
        for ticket in both:
            assert json.loads((await bench.outcome(ticket)).payload) == [False, True]
        assert json.loads((await bench.run(python(source))).payload) == [True, True]

    on_bench(story, tmp_path)
    assert not Path("/tmp", name).exists()


def test_nothing_runs_between_invocations(tmp_path: Path) -> None:
    source = """
import threading, select
count = 0
def run():
    global count
    while True:
        count += 1
        select.select([], [], [], 0.001)
threading.Thread(target=run, daemon=True).start()
def handler(e, c):
    return count
"""

    async def story(bench: Bench) -> None:
        code = python(source)
        first = int((await bench.run(code)).payload)
        other = python("import select\ndef handler(e, c): select.select([], [], [], 0.5)")
        await bench.run(other)
        second = int((await bench.run(code)).payload)
        assert second - first < 200  # half a second of it would be hundreds

    on_bench(story, tmp_path)


def test_environments_are_kept_warm_and_put_away_on_the_chambers_clock(tmp_path: Path) -> None:
    source = "import os\ndef handler(e, c): return os.getpid()"

    async def story(bench: Bench) -> None:
        code = python(source)
        first = await bench.run(code)
        assert first.init_ns > 0
        again = await bench.run(code)
        assert (again.payload, again.init_ns) == (first.payload, 0)
        both = [bench.begin(code), bench.begin(code)]
        pids = {(await bench.outcome(ticket)).payload for ticket in both}
        assert len(pids) == 2
        assert first.payload in pids
        changed = await bench.run(code, environment={"A": "1"})
        assert changed.payload not in pids
        assert bench.engine.warm == 1
        bench.home.now_ns += 11 * 60 * 10**9
        late = await bench.run(code)
        assert late.payload not in pids
        assert bench.engine.warm == 1

    on_bench(story, tmp_path)


def test_no_more_than_so_many_are_kept_warm(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        for number in range(4):
            await bench.run(HARMLESS, version=str(number))
        assert bench.engine.warm == 2

    on_bench(story, tmp_path, EngineSettings(patience=1.0, warm_max=2))


@pytest.mark.parametrize(
    ("order", "text"),
    [
        ({"runtime": "ruby3.3"}, "this machine runs no ruby3.3 functions"),
        ({"runtime": "provided.al2023"}, "Couldn't find valid bootstrap"),
        ({"code": b"no zip"}, "Could not unzip uploaded file"),
        ({"code": {"folder": "/etc"}}, "is not below a folder that functions may be run from"),
    ],
)
def test_what_cannot_run_is_refused_by_name(
    tmp_path: Path, order: dict[str, Any], text: str
) -> None:
    async def story(bench: Bench) -> None:
        outcome = await bench.run(**{"code": HARMLESS, **order})
        assert outcome.status == "init-error"
        assert text in json.loads(outcome.payload)["errorMessage"]

    on_bench(story, tmp_path, QUICK)


@pytest.mark.parametrize("helped", [False, True])
def test_what_a_killed_chamber_left_is_put_away_by_the_next(tmp_path: Path, helped: bool) -> None:
    if helped and shutil.which("setpriv") is None:
        pytest.skip("this machine has no setpriv")
    program = f"""
import asyncio, os, pathlib, signal, sys
sys.path[:0] = {sys.path!r}
from cloudchamber.engines.functions import confinement
from tests.unit.engines.functions.benches import Bench, NoHome, QUICK, Functions, python
if not {helped}:
    confinement.ending_with_us = tuple
    confinement.namespace = lambda: None
async def main():
    home = NoHome()
    engine = Functions(home, QUICK, pathlib.Path({str(tmp_path)!r}))
    bench = Bench(home, engine)
    await bench.run(python("def handler(e, c): return 1"))
    await bench.run(python("def handler(e, c): return 1"), version="2")
    print("warm", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    killed = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (killed.returncode, killed.stdout) == (-9, b"warm\n"), killed.stderr
    # Frozen, and nobody's; unless the machine ends them.
    left = next((0 for _ in range(500) if helped and not processes_of(tmp_path)), 2)
    assert len(processes_of(tmp_path)) == left == (0 if helped else 2)
    assert len(list(tmp_path.iterdir())) == 1

    async def story(bench: Bench) -> None:
        assert len(list(tmp_path.iterdir())) == 1
        assert (await bench.run(HARMLESS)).payload == b'"fine"'

    on_bench(story, tmp_path)
    assert processes_of(tmp_path) == []


def test_a_machine_that_gives_no_folder_fails_the_function_and_nobody_else(tmp_path: Path) -> None:
    place = tmp_path / "not-there"

    async def story(bench: Bench) -> None:
        outcome = await bench.run(HARMLESS)
        assert (outcome.status, outcome.error_type) == ("init-error", "Runtime.InvalidPackage")
        place.mkdir()
        assert (await bench.run(HARMLESS)).payload == b'"fine"'

    on_bench(story, tmp_path, parent=place)
