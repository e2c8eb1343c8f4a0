"""A real container from outside: frozen with all its children, ended, removed, and put away."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from cloudchamber.engines.containers.commands import find_engine
from cloudchamber.engines.containers.container import Container, Removals
from cloudchamber.engines.containers.starts import Start, find_means, write_variables
from cloudchamber.engines.functions.leftovers import NOTE, OWNER, PREFIX, sweep
from tests.unit.engines.containers.store import NAME, containers, interpreter, podman
from tests.unit.engines.functions.benches import Bench, on_bench

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("container_store")]
# A parent whose child has left its session, and which says when both are there.
PARENT = """
import os, select
os.fork() or os.setsid()
print('up', flush=True)
select.select([], [], [], 60)
"""
LOOKS = 10_000
IMAGE = {"image": NAME, "argv": [], "workdir": ""}


@pytest.fixture
def begin(tmp_path: Path) -> Callable[..., tuple[Container, list[Callable[[], None]]]]:
    """Begin a container of this program; what its end leaves to do is collected."""

    def make(source: str) -> tuple[Container, list[Callable[[], None]]]:
        engine = find_engine()
        tmp = tmp_path / "tmp"
        tmp.mkdir()
        tmp.chmod(0o1777)
        write_variables(tmp_path / "variables", {"A": "b"})
        later: list[Callable[[], None]] = []
        start = Start(
            name="parent", label="owner=test", image=NAME, argv=(interpreter(), "-c", source),
            tmp=tmp, variables=tmp_path / "variables", pid_file=tmp_path / "pid", memory_mb=256,
            file_bytes_max=1 << 20,
        )  # fmt: skip
        means = find_means(engine, NAME, tmp)
        return Container(engine, means, start, Removals(later.append)), later

    return make


def become(container: Container, *wanted: str) -> None:
    """See its processes get into these states: a signal is heard a moment after it is sent."""
    for _ in range(LOOKS):
        texts = [Path(f"/proc/{pid}/stat").read_text() for pid in container.processes()]
        if sorted(text.rpartition(")")[2].split()[0] for text in texts) == sorted(wanted):
            return
    raise AssertionError(f"not {wanted}: {texts}")


def test_it_is_frozen_with_all_it_started_and_goes_with_it(
    begin: Callable[..., tuple[Container, list[Callable[[], None]]]],
) -> None:
    container, later = begin(PARENT)
    os.set_blocking(container.output, True)
    said = b""
    while said.count(b"up") < 2:
        said += container.read() or b""
    assert container.began
    become(container, "S", "S")
    container.freeze()
    become(container, "T", "T")
    container.thaw()
    become(container, "S", "S")
    container.kill()
    container.reap()
    for remove in later:
        remove()
    assert container.exit_code == -9
    assert containers() == []


def test_its_end_is_told_by_its_exit_code(
    begin: Callable[..., tuple[Container, list[Callable[[], None]]]],
) -> None:
    container, later = begin("import os, signal; os.write(1, b'x'); raise SystemExit(7)")
    os.set_blocking(container.output, True)
    assert container.read() == b"x"
    assert container.read() == b""
    container.kill()
    container.reap()
    for remove in later:
        remove()
    assert container.exit_code == 7


def test_what_a_killed_chamber_noted_is_put_away(tmp_path: Path) -> None:
    folder = tmp_path / f"{PREFIX}killed"
    (folder / "environments" / "1").mkdir(parents=True)
    (folder / OWNER).touch()
    (folder / "environments" / "1" / NOTE).write_text("podman forgotten\n")
    podman("create", "--name=forgotten", "--network=host", NAME)
    podman("create", "--name=somebodys", "--network=host", NAME)
    sweep(tmp_path)
    assert not folder.exists()
    assert containers() == ["somebodys"]
    podman("rm", "somebodys")


def test_a_memory_that_is_too_small_is_told_as_such(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kernel's own limit: the program takes it all at once, between two looks of ours."""
    here = tmp_path_factory.mktemp("here")
    monkeypatch.chdir(here)

    async def story(bench: Bench) -> None:
        source = "import mmap; memory = mmap.mmap(-1, 1 << 30); memory[:] = bytes(1 << 30)"
        code = {**IMAGE, "argv": [interpreter(), "-c", source]}
        outcome = await bench.run(code, memory_mb=128, timeout_s=30, runtime="", handler="")
        assert outcome.status == "out-of-memory"
        assert outcome.error_type == "Runtime.OutOfMemory"

    on_bench(story, tmp_path)
    assert list(here.iterdir()) == []  # Podman's monitor notes it where it was begun


def test_what_ends_while_it_begins_leaves_nothing(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        code = {**IMAGE, "argv": [interpreter(), "-c", PARENT]}
        ticket = bench.begin(code, timeout_s=30, runtime="", handler="")
        await asyncio.sleep(0)
        bench.engine.overdue(ticket)
        assert (await bench.outcome(ticket)).status == "timeout"

    on_bench(story, tmp_path)
    assert containers() == []


@pytest.mark.parametrize(
    ("argv", "path", "reason"),
    [
        ([], "", "neither an entrypoint nor a command"),
        (["/entry"], "/nowhere", "there is no podman on the PATH"),
    ],
)
def test_what_cannot_be_begun_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argv: list[str], path: str, reason: str
) -> None:
    """As when a world whose images were found elsewhere goes on where there is no engine."""

    async def story(bench: Bench) -> None:
        outcome = await bench.run({**IMAGE, "argv": argv}, runtime="", handler="")
        assert outcome.status == "init-error"
        assert reason in outcome.payload.decode()

    if path:
        monkeypatch.setenv("PATH", path)
    on_bench(story, tmp_path)
