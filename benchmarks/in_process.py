"""A chamber in this process: opened, used once and thrown away; reset; copied.

    python -m benchmarks.in_process [--runs 200] [--profile]

Rules of this file: the first chamber is not counted, because it reads the models; every part is
timed on its own, and a whole life by CPU time too, as machines are shared. `--profile` shows where
a chamber's time goes.
"""

from __future__ import annotations

import argparse
import cProfile
import pstats
import statistics
import time
from collections.abc import Callable
from itertools import pairwise

from cloudchamber import Chamber

TARGET_WHOLE_MS = 5
TARGET_RESET_MS = 1
PARTS = ("open", "client", "call", "close")
QUEUES = 5
USERS = 5


def use_once() -> tuple[float, ...]:
    """The milliseconds of each part of one life."""
    marks = [time.perf_counter()]
    chamber = Chamber(seed=1).__enter__()
    marks.append(time.perf_counter())
    sqs = chamber.client("sqs")
    marks.append(time.perf_counter())
    sqs.create_queue(QueueName="jobs")
    marks.append(time.perf_counter())
    chamber.__exit__(None, None, None)
    del sqs, chamber
    marks.append(time.perf_counter())
    return tuple((b - a) * 1e3 for a, b in pairwise(marks))


def furnish(chamber: Chamber) -> None:
    """A few queues and users."""
    sqs, iam = chamber.client("sqs"), chamber.client("iam")
    for number in range(QUEUES):
        url = sqs.create_queue(QueueName=f"queue-{number}")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="x")
    for number in range(USERS):
        iam.create_user(UserName=f"user-{number}")


def timed_ms(act: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1e3


def show(what: str, figures: list[float], wanted: str = "") -> None:
    """Minimum, median and maximum."""
    print(f"{what:<38}{min(figures):9.3f}{statistics.median(figures):9.3f}{max(figures):9.3f}"
          f"   {wanted}")  # fmt: skip


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    print(f"the first chamber of a process: {sum(use_once()):.0f} ms\n")
    lives, cpu = [], []
    for _ in range(options.runs):
        before = time.process_time()
        lives.append(use_once())
        cpu.append((time.process_time() - before) * 1e3)
    print(f"{'ms':<38}{'minimum':>9}{'median':>9}{'maximum':>9}")
    show("open, one SQS call, close", [sum(life) for life in lives], f"under {TARGET_WHOLE_MS}")
    show("  the same, CPU time", cpu)
    for index, part in enumerate(PARTS):
        show(f"  {part}", [life[index] for life in lives])
    resets = []
    with Chamber(seed=1) as chamber:
        for _ in range(max(10, options.runs // 4)):
            furnish(chamber)
            resets.append(timed_ms(chamber.reset))
        show(f"reset of {QUEUES} queues, {USERS} users", resets, f"under {TARGET_RESET_MS}")
        furnish(chamber)
        show("fork into a second chamber", [timed_ms(chamber.fork) for _ in range(20)])
        show("branch into a process, with answer",
             [timed_ms(lambda: chamber.branch(_digest).result()) for _ in range(20)])  # fmt: skip
    if options.profile:
        profile = cProfile.Profile()
        profile.enable()
        for _ in range(options.runs):
            use_once()
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(30)


def _digest(chamber: Chamber) -> str:
    return chamber.digest


if __name__ == "__main__":
    main()
