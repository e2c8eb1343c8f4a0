"""When time moves in a server: with the wall, with whoever waits, or by order alone."""

from __future__ import annotations

import heapq
from collections.abc import Callable

import pytest

from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.settings import DEFAULT_START_NS, Settings
from cloudchamber.kernel import KernelError
from cloudchamber.server.http.activity import Activity
from cloudchamber.server.pacer import AUTO_GRACE_NS, GRACE_NS, SLICE_EVENTS, SLICE_NS, Pacer
from cloudchamber.wire.http import Request, Response

SECOND = 1_000_000_000
START = DEFAULT_START_NS


class FakeTimer:
    def __init__(self) -> None:
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class FakeLoop:
    """An event loop whose wall stands still unless it waits for its next timer."""

    def __init__(self) -> None:
        self.wall_ns = 5 * SECOND
        self.reads_cost_ns = 0  # what the wall moves by being looked at
        self._soon: list[Callable[[], None]] = []
        self._timers: list[tuple[int, int, Callable[[], None], FakeTimer]] = []
        self._count = 0
        self.between_turns: Callable[[], None] = lambda: None

    def now(self) -> int:
        self.wall_ns += self.reads_cost_ns
        return self.wall_ns

    def call_soon(self, callback: Callable[[], None]) -> None:
        self._soon.append(callback)

    def call_later(self, delay: float, callback: Callable[[], None]) -> FakeTimer:
        timer = FakeTimer()
        self._count += 1
        due = self.wall_ns + int(delay * SECOND)
        heapq.heappush(self._timers, (due, self._count, callback, timer))
        return timer

    def turn(self) -> bool:
        """Run what is ready, or wait for the next timer. False when there is nothing at all."""
        self.between_turns()
        ready, self._soon = self._soon, []
        for callback in ready:
            callback()
        if ready:
            return True
        while self._timers:
            due, _, callback, timer = heapq.heappop(self._timers)
            if not timer.cancelled:
                self.wall_ns = max(self.wall_ns, due)
                callback()
                return True
        return False

    def run(self, turns: int = 1000) -> None:
        for _ in range(turns):
            if not self.turn():
                return


class World:
    """A cloud with a pacer on a fake loop."""

    def __init__(self, mode: str) -> None:
        self.cloud = Cloud(Settings(clock=mode))
        self.loop = FakeLoop()
        self.activity = Activity()
        self.trouble: list[str] = []
        self.fired: list[tuple[str, int]] = []
        self.pacer = Pacer(
            self.cloud, mode, self.activity, self.loop, self.loop.now, self.trouble.append
        )
        self.cloud.kernel.on("tick", self._tick)

    def _tick(self, name: str) -> None:
        self.fired.append((name, self.since_start))

    @property
    def since_start(self) -> int:
        return self.cloud.kernel.now - START

    def at(self, delay_ns: int, name: str) -> None:
        self.cloud.kernel.at(START + delay_ns, "tick", (name,))

    def send(self, operation: str, body: bytes) -> list[Response]:
        """An SQS request, as the host makes it; the list gets the answer when there is one."""
        answers: list[Response] = []
        self.activity.heard(object())
        self.pacer.before_input()
        headers = {
            "host": "localhost",
            "x-amz-target": f"AmazonSQS.{operation}",
            "content-type": "application/x-amz-json-1.0",
        }
        self.cloud.begin(Request("POST", "/", "", headers, body), answers.append)
        self.pacer.after_input()
        return answers

    def receive(self, wait_s: int) -> list[Response]:
        url = b"http://localhost/000000000000/q"
        body = b'{"QueueUrl":"%s","WaitTimeSeconds":%d}' % (url, wait_s)
        return self.send("ReceiveMessage", body)

    def create_queue(self) -> None:
        assert self.send("CreateQueue", b'{"QueueName":"q"}')[0].status == 200

    def send_message(self) -> None:
        url = b"http://localhost/000000000000/q"
        body = b'{"QueueUrl":"%s","MessageBody":"m"}' % url
        assert self.send("SendMessage", body)[0].status == 200


# Live


def test_live_time_is_the_walls() -> None:
    world = World("live")
    world.loop.wall_ns += 3 * SECOND
    world.create_queue()
    assert world.since_start == 3 * SECOND


def test_live_events_happen_when_they_are_due() -> None:
    world = World("live")
    world.at(2 * SECOND, "second")
    world.at(SECOND, "first")
    world.pacer.after_input()
    world.loop.run()
    assert [name for name, _ in world.fired] == ["first", "second"]
    assert world.loop.wall_ns == 7 * SECOND


def test_an_earlier_event_moves_the_timer() -> None:
    world = World("live")
    world.at(100 * SECOND, "late")
    world.pacer.after_input()
    world.at(SECOND, "early")
    world.pacer.after_input()
    world.loop.turn()
    assert world.fired == [("early", SECOND)]
    assert world.loop.wall_ns == 6 * SECOND


def test_a_rate_makes_minutes_of_seconds() -> None:
    world = World("x60")
    world.at(60 * SECOND, "minute")
    world.pacer.after_input()
    world.loop.run()
    assert world.fired == [("minute", 60 * SECOND)]
    assert world.loop.wall_ns == 6 * SECOND


def test_a_live_clock_advanced_by_order_goes_on_from_there() -> None:
    world = World("live")
    world.cloud.kernel.advance(3600 * SECOND)
    world.loop.wall_ns += SECOND
    world.pacer.before_input()
    world.loop.wall_ns += SECOND
    world.pacer.before_input()
    assert world.since_start == 3601 * SECOND


def test_long_catching_up_is_done_in_slices() -> None:
    world = World("live")
    for _ in range(10 * SLICE_EVENTS):
        world.at(SECOND, "x")
    world.loop.wall_ns += 2 * SECOND
    world.loop.reads_cost_ns = SLICE_NS  # each look at the wall uses up a slice
    world.pacer.before_input()
    assert len(world.fired) == 10 * SLICE_EVENTS  # an instant is never left half done
    for second in range(20):
        world.at((2 + second) * SECOND, "y")
        for _ in range(SLICE_EVENTS):
            world.at((2 + second) * SECOND, "z")
    world.loop.wall_ns += 100 * SECOND
    before = world.since_start
    world.pacer.before_input()
    assert before < world.since_start < 20 * SECOND  # a request does not wait for all of it
    world.pacer.after_input()
    world.loop.run(40)
    assert len(world.fired) == 10 * SLICE_EVENTS + 20 * (SLICE_EVENTS + 1)


def test_a_long_poll_ends_with_the_wall() -> None:
    world = World("live")
    world.create_queue()
    answers = world.receive(20)
    assert not answers
    world.loop.run()
    assert answers
    assert world.loop.wall_ns == 25 * SECOND


def test_catching_up_after_a_restart() -> None:
    world = World("live")
    world.at(SECOND, "while closed")
    world.pacer.catch_up(START + 3600 * SECOND)
    world.loop.run()
    assert [name for name, _ in world.fired] == ["while closed"]
    world.pacer.before_input()
    assert world.since_start >= 3600 * SECOND


# Demand


def test_on_demand_time_moves_only_for_who_waits() -> None:
    world = World("demand")
    world.create_queue()
    world.at(5 * SECOND, "between")
    world.at(90 * SECOND, "beyond")
    world.loop.run()
    assert world.since_start == 0
    answers = world.receive(20)
    world.loop.run()
    assert answers
    assert world.since_start == 20 * SECOND
    assert [name for name, _ in world.fired] == ["between"]
    assert world.loop.wall_ns == 5 * SECOND  # and it took no time


def test_waiting_calls_are_let_go_one_at_a_time() -> None:
    world = World("demand")
    world.create_queue()
    long, short = world.receive(20), world.receive(1)
    while not short:
        assert world.loop.turn()
    assert not long
    assert world.since_start == SECOND
    world.send_message()  # what the client does that was let go first
    world.loop.run()
    assert b'"Body":"m"' in long[0].body
    assert world.since_start == SECOND


def test_a_request_at_the_door_goes_first() -> None:
    world = World("demand")
    world.create_queue()
    answers = world.receive(20)
    world.loop.turn()
    world.send_message()  # arrives in the very next look at the sockets
    world.loop.run()
    assert b'"Body":"m"' in answers[0].body
    assert world.since_start == 0


def test_a_request_that_is_arriving_holds_the_clock() -> None:
    world = World("demand")
    world.create_queue()
    world.activity.receiving += 1
    answers = world.receive(20)
    world.loop.run(100)
    assert not answers
    world.activity.receiving -= 1
    world.loop.run()
    assert answers


def test_a_client_answered_just_now_is_not_overtaken() -> None:
    world = World("demand")
    world.create_queue()
    other = object()
    world.activity.answered(other, world.loop.wall_ns)
    answers = world.receive(20)
    world.loop.run(3)
    assert not answers
    assert world.since_start == 0
    world.loop.run()
    assert answers
    assert world.loop.wall_ns >= 5 * SECOND + GRACE_NS
    world.activity.answered(other, world.loop.wall_ns)
    world.activity.left(other)
    before = world.loop.wall_ns
    assert not world.receive(20)
    world.loop.run()
    assert world.loop.wall_ns == before  # nobody waits for one who has left


def test_a_hold_keeps_the_clock_still() -> None:
    world = World("demand")
    world.create_queue()
    hold = world.cloud.kernel.hold("a process runs")
    answers = world.receive(20)
    world.loop.run(100)
    assert not answers
    hold.release()
    world.pacer.after_input()
    world.loop.run()
    assert answers


def test_a_world_that_never_rests_is_told_of() -> None:
    world = World("demand")
    world.create_queue()
    kernel = world.cloud.kernel
    kernel.on("again", lambda: kernel.after(1000, "again"))
    kernel.after(1000, "again")
    answers = world.receive(20)
    world.loop.run(10)
    assert not answers
    assert "again" in world.trouble[0]


# Manual, auto, changes


def test_manual_time_moves_by_order() -> None:
    world = World("manual")
    world.create_queue()
    answers = world.receive(20)
    world.loop.run()
    assert not answers
    world.cloud.kernel.advance(20 * SECOND)
    assert answers


def test_manual_inputs_find_what_is_due_now_done() -> None:
    world = World("manual")
    world.at(0, "now")
    world.pacer.before_input()
    assert world.fired == [("now", 0)]


def test_auto_skips_what_nobody_waits_for() -> None:
    world = World("auto")
    world.at(3600 * SECOND, "hour")
    world.activity.answered(world, world.loop.wall_ns)
    world.pacer.after_input()
    world.loop.run()
    assert world.fired == [("hour", 3600 * SECOND)]
    assert world.loop.wall_ns >= 5 * SECOND + AUTO_GRACE_NS


def test_the_mode_can_change() -> None:
    world = World("manual")
    world.create_queue()
    answers = world.receive(20)
    world.pacer.set_mode("demand")
    assert world.pacer.mode == "demand"
    world.loop.run()
    assert answers
    world.pacer.set_mode("x10")
    world.loop.wall_ns += SECOND
    world.pacer.before_input()
    assert world.since_start == 30 * SECOND
    with pytest.raises(KernelError):
        world.pacer.set_mode("sometimes")
    assert world.pacer.mode == "x10"


def test_a_closed_pacer_lets_time_stand_still() -> None:
    world = World("live")
    world.at(SECOND, "x")
    world.pacer.after_input()
    world.pacer.close()
    world.loop.run()
    assert world.fired == []
