"""What the kernel costs: events, holds, waits, draws, journal frames and saves.

Run: python benchmarks/kernel.py [--events N]. Each figure is the best of several rounds of one
thread, by its CPU time, as machines are shared. Every event has a handler that schedules the next
one up to a second ahead, so the number pending stays what the row says; the goal is 300,000
events/s with digest.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

from cloudchamber.kernel import Kernel
from cloudchamber.kernel.journal import encode_frame, encode_header, scan

SECOND = 1_000_000_000
START = 1_800_000_000 * SECOND
ROUNDS = 5
QUEUE = "arn:aws:sqs:eu-west-1:123456789012:orders"
PENDING = (100, 10_000, 100_000)


def busy_kernel(pending: int, digest: bool) -> Kernel:
    """A kernel with that many events pending, each of which will arm another."""
    kernel = Kernel(1, START, digest=digest)
    stream = kernel.streams.stream(QUEUE, "delays")
    delays = tuple(stream.below(SECOND) + 1 for _ in range(4096))
    count = 0

    def visible(arn: str, number: int) -> None:
        nonlocal count
        count += 1
        kernel.after(delays[count & 4095], "sqs.message-visible", (arn, number))

    kernel.on("sqs.message-visible", visible)
    for number in range(pending):
        kernel.after(delays[number & 4095] + number, "sqs.message-visible", (QUEUE, number))
    return kernel


def best(count: int, prepare: Callable[[], Callable[[], object]]) -> float:
    """Things per second, the best of several rounds; preparing is not timed."""
    shortest = float("inf")
    for _ in range(ROUNDS):
        act = prepare()
        begin = time.process_time()
        act()
        shortest = min(shortest, time.process_time() - begin)
    return count / shortest


def events_per_second(pending: int, digest: bool, events: int) -> float:
    def prepare() -> Callable[[], object]:
        kernel = busy_kernel(pending, digest)
        return lambda: kernel.run_until(START + 10**6 * SECOND, budget=events)

    return best(events, prepare)


def calls_per_second(call: Callable[[], object], count: int = 100_000) -> float:
    def act() -> None:
        for _ in range(count):
            call()

    return best(count, lambda: act)


def waits_per_second(count: int = 50_000) -> float:
    def prepare() -> Callable[[], object]:
        kernel = Kernel(1, START)

        def act() -> None:
            for _ in range(count):
                kernel.park(START + 20 * SECOND, ("sqs", QUEUE), bool)
                kernel.wake(("sqs", QUEUE))
                kernel.settle()

        return act

    return best(count, prepare)


def show(what: str, rate: float, unit: str) -> None:
    print(f"{what:<44}{rate:>14,.0f} {unit}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=300_000)
    events = parser.parse_args().events
    for pending in PENDING:
        for digest in (False, True):
            rate = events_per_second(pending, digest, events)
            how = "with digest" if digest else "without digest"
            show(f"events, {pending:,} pending, {how}", rate, "/s")
    kernel = Kernel(1, START)
    show("hold and release", calls_per_second(lambda: kernel.hold("request").release()), "/s")
    kernel.on("never", print)
    show(
        "schedule and cancel",
        calls_per_second(lambda: kernel.cancel(kernel.after(SECOND, "never"))),
        "/s",
    )
    show("park, wake and resume", waits_per_second(), "/s")
    stream = kernel.streams.stream(QUEUE, "draws")
    show("draws: u64", calls_per_second(stream.u64), "/s")
    show("draws: below 1000", calls_per_second(lambda: stream.below(1000)), "/s")
    show("draws: exponential", calls_per_second(lambda: stream.exponential_ns(SECOND)), "/s")
    show("draws: uuid", calls_per_second(stream.uuid), "/s")
    show("draws: alnum of 20", calls_per_second(lambda: stream.alnum(20), 20_000), "/s")
    payload = b"x" * 300
    show(
        "journal frames of 300 bytes written", calls_per_second(lambda: encode_frame(payload)), "/s"
    )
    journal = encode_header(1, "bench") + encode_frame(payload) * events
    show("journal frames of 300 bytes read", best(events, lambda: lambda: scan(journal)), "/s")
    show("new kernels", calls_per_second(lambda: Kernel(1, START), 20_000), "/s")
    for pending in PENDING:
        full = busy_kernel(pending, digest=True)
        rate = best(1, lambda full=full: full.save)  # type: ignore[misc]
        show(f"save with {pending:,} pending", 1e6 / rate, "us")


if __name__ == "__main__":
    main()
