"""What a killed chamber leaves: processes are ended before their folder goes, and are seen gone."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from cloudchamber.engines.functions.engine import Functions
from cloudchamber.engines.functions.leftovers import OWNER, PREFIX, OwnFolder, sweep
from tests.unit.engines.functions.benches import QUICK, Bench, NoHome, python

# Writes a new file over and over, and says when it has begun.
WRITER = """
import itertools, os, sys
folder = os.environ["PLACE"]
for number in itertools.count():
    os.makedirs(folder, exist_ok=True)
    open(os.path.join(folder, str(number % 500)), "w").close()
    if number == 200:
        print("writing", flush=True)
"""


def writer(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PLACE": str(folder / "environments" / "1")},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "writing\n"
    return process


def test_a_folder_goes_though_its_processes_were_writing(tmp_path: Path) -> None:
    folder = tmp_path / f"{PREFIX}killed"
    folder.mkdir()
    (folder / OWNER).touch()
    writers = [writer(folder) for _ in range(3)]
    try:
        sweep(tmp_path)
        assert not folder.exists()
        assert [process.wait(10) for process in writers] == [-9, -9, -9]
        assert not folder.exists()
    finally:
        for process in writers:
            process.kill()
            process.communicate()


def test_the_folder_of_one_that_lives_stays(tmp_path: Path) -> None:
    own = OwnFolder(tmp_path)
    other = writer(tmp_path / "elsewhere")
    try:
        sweep(tmp_path)
        assert own.path.exists()
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()
    own.remove()
    assert not own.path.exists()


def test_an_order_that_comes_too_late_makes_no_folder(tmp_path: Path) -> None:
    """A world may order until it has stopped; the engine's folder was removed before that."""

    async def tell() -> None:
        home = NoHome()
        engine = home.engine = Functions(home, QUICK, tmp_path)
        bench = Bench(home, engine)
        code = python("def handler(event, context): return 1")
        assert (await bench.run(code)).status == "ok"
        await engine.close()
        late = bench.begin(code)
        await asyncio.sleep(0)
        assert late not in home.outcomes
        assert list(tmp_path.iterdir()) == []

    asyncio.run(tell())
