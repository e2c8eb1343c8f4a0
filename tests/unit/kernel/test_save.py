"""A world is plain data: saved anywhere, loaded anywhere, it goes on as if nothing had been."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

import cloudchamber.kernel
from cloudchamber.kernel import Kernel, KernelError, Plain, first_divergence

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND


class Town:
    """A small busy world whose whole state is the kernel's: queues, timers, chance, sweeps."""

    def __init__(self, seed: int = 1, trace: int = 0) -> None:
        self.kernel = Kernel(seed, START, trace=trace)
        self.kernel.on("arrive", self.arrive)
        self.kernel.on("serve", self.serve)
        self.kernel.on("sweep", self.sweep)

    def begin(self) -> None:
        for name in ("a", "b", "c"):
            self.kernel.after(0, "arrive", (name, 40))
        self.kernel.after(SECOND, "sweep", (), weak=True)

    def arrive(self, name: str, left: int) -> None:
        chance = self.kernel.streams.stream(name, "arrivals")
        mine = (name, chance.uuid(), (chance.below(100), None, chance.bytes(3)))
        timeout = self.kernel.after(chance.exponential_ns(SECOND), "serve", mine)
        if chance.chance(1, 4):
            self.kernel.cancel(timeout)
        if left:
            self.kernel.after(chance.exponential_ns(SECOND), "arrive", (name, left - 1))

    def serve(self, name: str, request: str, size: tuple[Plain, ...]) -> None:
        if self.kernel.streams.stream(name, "service").chance(1, 3):
            self.kernel.after(0, "serve", (name, request, size))
        self.kernel.wake(("served", name))

    def sweep(self) -> None:
        self.kernel.note("sweep", b"%d" % self.kernel.pending_count)
        self.kernel.after(SECOND, "sweep", (), weak=True)


def through_msgpack(data: dict[str, Any]) -> dict[str, Any]:
    return dict(msgspec.msgpack.decode(msgspec.msgpack.encode(data)))


def through_repr(data: dict[str, Any]) -> dict[str, Any]:
    names: dict[str, Any] = {"__builtins__": {}}
    return dict(eval(repr(data), names))


def test_a_saved_world_goes_on_as_the_uninterrupted_one() -> None:
    whole = Town(trace=100_000)
    whole.begin()
    whole.kernel.run_until_idle()
    total = len(whole.kernel.trace().entries)
    for cut in (0, 1, 2, 7, 100, 255, 256, 257, 270):
        assert cut < total
        town = Town()
        town.begin()
        town.kernel.run_until(START + 10**15, budget=cut)
        copy = Town(seed=99)
        copy.kernel.load(through_msgpack(town.kernel.save()))
        copy.kernel.run_until_idle()
        assert copy.kernel.now == whole.kernel.now
        assert copy.kernel.digest == whole.kernel.digest
        assert copy.kernel.save() == whole.kernel.save()


@pytest.mark.parametrize("through", [through_msgpack, through_repr, dict])
def test_saving_and_loading_changes_nothing(
    through: Callable[[dict[str, Any]], dict[str, Any]],
) -> None:
    town = Town()
    town.begin()
    town.kernel.advance(20 * SECOND)
    town.kernel.park(START + 900 * SECOND, ("served", "z"), bool, describe=("z", 1))
    saved = town.kernel.save()
    copy = Town(seed=5)
    copy.kernel.load(through(saved))
    assert copy.kernel.save() == saved
    assert copy.kernel.pending == town.kernel.pending


def test_forks_part_and_the_saved_world_stays() -> None:
    town = Town(trace=10_000)
    town.begin()
    town.kernel.advance(10 * SECOND)
    saved = town.kernel.save()
    frozen = repr(saved)
    forks = []
    for extra in (0, 0, 1):
        fork = Town(trace=10_000)
        fork.kernel.load(saved)
        if extra:
            fork.kernel.after(0, "serve", ("a", "extra", ()))
        fork.kernel.run_until_idle()
        forks.append(fork.kernel)
    town.kernel.run_until_idle()
    assert forks[0].digest == forks[1].digest == town.kernel.digest
    assert forks[2].digest != town.kernel.digest
    assert repr(saved) == frozen
    assert first_divergence(forks[0].trace(), forks[1].trace()) is None
    found = first_divergence(forks[0].trace(), forks[2].trace())
    assert found is not None
    assert found.right is not None
    assert found.right.args == ("a", "extra", ())
    assert first_divergence(town.kernel.trace(), forks[2].trace()) == found


def test_live_holds_are_told_but_stay_where_they_are() -> None:
    town = Town()
    with town.kernel.hold("the request that saves"):
        saved = town.kernel.save()
    assert saved["holds"] == ["the request that saves"]
    copy = Town()
    with copy.kernel.hold("the request that loads"):
        copy.kernel.load(saved)
        assert [hold.why for hold in copy.kernel.holds] == ["the request that loads"]


def test_a_world_can_be_loaded_over_a_running_one() -> None:
    """Reset and time travel: the same kernel, handlers and handed-out streams, an older state."""
    town = Town()
    stream = town.kernel.streams.stream("a", "arrivals")
    empty = town.kernel.save()
    town.begin()
    town.kernel.run_until_idle()
    first = town.kernel.digest
    for _ in range(2):
        town.kernel.load(empty)
        assert (town.kernel.now, town.kernel.pending_count, stream.counter) == (START, 0, 0)
        town.begin()
        town.kernel.run_until_idle()
        assert town.kernel.digest == first


def test_a_digestless_kernel_saves_and_loads_but_does_not_pretend() -> None:
    bare = Kernel(1, START, digest=False)
    saved = bare.save()
    assert saved["digest"] is None
    bare.load(saved)
    with pytest.raises(KernelError, match="saved without a digest"):
        Kernel(1, START).load(saved)
    bare.load(Kernel(2, START).save())
    assert bare.seed == 2


@pytest.mark.parametrize("number", [None, 0, 2, "1"])
def test_another_format_is_refused(number: object) -> None:
    town = Town()
    town.begin()
    before = town.kernel.save()
    with pytest.raises(KernelError, match="this build reads 1"):
        town.kernel.load({**before, "format": number})
    assert town.kernel.save() == before


def test_data_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    town = Town()
    town.begin()
    before = town.kernel.save()
    for event in ([START - 1, 1, "serve", [], False], [START, 9, "serve", [], False]):
        with pytest.raises(KernelError, match="does not fit the saved clock"):
            town.kernel.load({**before, "events": [event]})
    assert town.kernel.save() == before


def test_a_loaded_event_without_a_handler_waits_for_one() -> None:
    town = Town()
    town.kernel.after(1, "serve", ("a", "r", ()))
    town.kernel.after(1, "sweep")
    bare = Kernel(1, START)
    bare.load(town.kernel.save())
    with pytest.raises(KernelError, match="'serve': no handler"):
        bare.run_until_idle()
    assert bare.pending_count == 2
    heard: list[str] = []
    bare.on("serve", lambda name, request, size: heard.append(request))
    bare.on("sweep", lambda: heard.append("sweep"))
    bare.run_until_idle()
    assert heard == ["r", "sweep"]


# Two runs in two processes


def run_elsewhere(hash_seed: str) -> dict[str, Any]:
    """Run a town in its own interpreter; its digest and every entry of its trace."""
    source = Path(cloudchamber.kernel.__file__).parents[2]
    here = Path(__file__).resolve()
    code = (
        "import json, sys, importlib.util as u\n"
        f"spec = u.spec_from_file_location('town', {str(here)!r})\n"
        "module = u.module_from_spec(spec); spec.loader.exec_module(module)\n"
        "town = module.Town(trace=100000); town.begin(); town.kernel.run_until_idle()\n"
        "trace = [repr(entry) for entry in town.kernel.trace().entries]\n"
        "print(json.dumps({'digest': town.kernel.digest, 'trace': trace}))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(source), "PYTHONHASHSEED": hash_seed}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, check=True, text=True
    )
    return dict(json.loads(done.stdout))


def test_two_runs_of_one_seed_are_equal_event_by_event_in_any_process() -> None:
    town = Town(trace=100_000)
    town.begin()
    town.kernel.run_until_idle()
    trace = town.kernel.trace()
    assert trace.total > 300
    for hash_seed in ("0", "4242"):
        other = run_elsewhere(hash_seed)
        for number, (mine, theirs) in enumerate(zip(trace.entries, other["trace"], strict=True)):
            assert repr(mine) == theirs, f"entry {number}"
        assert other["digest"] == town.kernel.digest


def test_another_seed_is_another_world() -> None:
    digests = set()
    for seed in range(5):
        town = Town(seed)
        town.begin()
        town.kernel.run_until_idle()
        digests.add(town.kernel.digest)
    assert len(digests) == 5


def test_the_digest_of_a_whole_run_is_pinned() -> None:
    """Equal on every machine and every Python we run on; a change here moves every world."""
    town = Town()
    town.begin()
    town.kernel.run_until_idle()
    assert town.kernel.digest == "dbc20d4fdd4f74cf836f7aef2d8af938"
