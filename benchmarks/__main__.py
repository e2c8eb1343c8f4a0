"""Lists the benchmarks and runs them: python -m benchmarks [--list] [NAME ... | all].

Rules of this file: every benchmark is a module of this package with a `main` and options of its
own, run in a process of its own, so that none warms another up. Without a name the quick ones run;
those that take minutes or install something are run by name, or by `all`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent


class Benchmark(NamedTuple):
    """A module, what it measures, what is wanted of it, and whether it takes under a minute."""

    name: str
    measures: str
    wanted: str = ""
    quick: bool = True


BENCHMARKS = (
    Benchmark("startup", "exec to the first answer; memory at idle", "under 200 ms; under 45 MB"),
    Benchmark("in_process", "a chamber in this process: a whole life, reset, fork",
              "under 5 ms; reset under 1 ms"),
    Benchmark("replay", "a journal's replay against the HTTP run that made it", "at least 20x"),
    Benchmark("kernel", "events, holds, waits, draws, journal frames", "at least 300,000 events/s"),
    Benchmark("policy", "evaluating policies"),
    Benchmark("network", "one flow explained, all pairs of 50,000 interfaces, one rule changed",
              "under 20 µs; 500,000 verdicts/s; under 100 ms"),
    Benchmark("routing", "from a request to its operation"),
    Benchmark("wire", "decoding and encoding, loading models"),
    Benchmark("million", "a million messages: memory, pauses, receives, expiry, purge",
              "no pause above 50 ms", quick=False),
    Benchmark("items", "a million items of a table: memory, pauses, pages of Query and Scan",
              "flat pages; no pause above 50 ms", quick=False),
    Benchmark("listing", "a million keys of a bucket: memory, pauses, pages of a listing",
              "flat pages", quick=False),
    Benchmark("large_objects", "an object of 1 GiB beside nginx serving the same file; memory",
              "0.5x nginx, 100 MB", quick=False),
    Benchmark("front_end", "the candidates for the HTTP front end", quick=False),
    Benchmark("peers", "the same requests to us, MiniStack, moto's server and an empty uvicorn",
              "6x MiniStack, SQS 0.4x uvicorn; XML lists 4x", quick=False),
    Benchmark("messages_through", "a thousand messages through a function into a table; MiniStack",
              quick=False),
    Benchmark("streamed", "a function that streams: its first byte, its last, and how fast"),
    Benchmark("kill_rounds", "kill -9 under load: nothing acknowledged is lost",
              "200 rounds, none lost, none twice", quick=False),
)  # fmt: skip


def listed() -> str:
    """One line for each benchmark."""
    return "\n".join(
        f"  {bench.name:17}{bench.measures}{f' (wanted: {bench.wanted})' if bench.wanted else ''}"
        f"{'' if bench.quick else ' [slow]'}"
        for bench in BENCHMARKS
    )


def chosen(names: list[str]) -> list[Benchmark]:
    """The benchmarks of these names, in the order of the list. Raises SystemExit."""
    known = {bench.name for bench in BENCHMARKS} | {"all"}
    for name in names:
        if name not in known:
            raise SystemExit(f"there is no benchmark {name!r}; there are:\n{listed()}")
    if not names:
        return [bench for bench in BENCHMARKS if bench.quick]
    return [bench for bench in BENCHMARKS if "all" in names or bench.name in names]


def main() -> None:
    """Run, one after the other; the exit code is 1 when one of them failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"Measure.\n\n{listed()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="which ones, or all")
    parser.add_argument("--list", action="store_true", help="only list them")
    options = parser.parse_args()
    if options.list:
        print(listed())
        return
    failed = []
    for bench in chosen(options.names):
        print(f"\n== {bench.name}: {bench.measures}", flush=True)
        if bench.wanted:
            print(f"   wanted: {bench.wanted}\n", flush=True)
        code = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{bench.name}"], cwd=ROOT, check=False
        ).returncode
        if code:
            failed.append(bench.name)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
