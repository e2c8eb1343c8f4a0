"""Outside work: outcomes are inputs, the clock stands still meanwhile, a replay needs nobody."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import msgspec
import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from cloudchamber.cloud import caller as callers
from cloudchamber.cloud import registry, snapshots
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.cloud import Cloud
from cloudchamber.cloud.service import Input, Output, Service, Wait, simulated
from cloudchamber.cloud.settings import Settings
from cloudchamber.cloud.store import Table
from cloudchamber.cloud.work import WORK, crash
from cloudchamber.wire.errors import WireError

SECOND = 1_000_000_000
ACCOUNT = "111111111111"


class Job(msgspec.Struct):
    started_ns: int
    state: str = "running"
    status: str = ""


JOBS = Table("fake.jobs", Job)


def start(call: Call, request: Input) -> Output:
    rows = call.rows(JOBS)
    ticket = request["Ticket"]
    if ticket not in rows:
        rows[ticket] = Job(call.now)
        order = {"deadline_ns": call.now + request.get("TimeoutNs", 60 * SECOND)}
        call.begin_work("fake.job", ticket, order)
    return {}


def run(call: Call, request: Input) -> Generator[Wait, bool, Output]:
    start(call, request)
    ticket = request["Ticket"]
    while call.rows(JOBS)[ticket].state != "completed":
        yield Wait(None, (("fake", ticket),))
    return {"Status": call.rows(JOBS)[ticket].status}


def later(call: Call, request: Input) -> Output:
    call.after(request["DelayNs"], "fake.start", request["Ticket"])
    return {}


def on_start(call: Call, ticket: str) -> None:
    start(call, {"Ticket": ticket})


def on_done(call: Call, ticket: str, outcome: dict[str, Any]) -> None:
    job = call.rows(JOBS)[ticket]
    job.state, job.status = "done", outcome["status"]
    call.at(max(call.now, job.started_ns + outcome["duration_ns"]), "fake.completed", ticket)


def on_completed(call: Call, ticket: str) -> None:
    call.rows(JOBS)[ticket].state = "completed"
    call.wake("fake", ticket)


FAKE = Service(
    "fake",
    {
        "Start": simulated(start),
        "Run": simulated(run),
        "Later": simulated(later),
        "Note": simulated(lambda call, request: {}),
    },
    (JOBS,),
    kernel_events={"fake.completed": on_completed, "fake.start": on_start},
    work={"fake.job": on_done},
)


class Crew:
    """Workers that do nothing but remember what they were told."""

    paced = False

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.late: list[str] = []
        self.ends = 0

    def begin(self, adapter: str, ticket: str, order: dict[str, Any]) -> None:
        assert adapter == "fake.job"
        self.begun.append(ticket)

    def overdue(self, ticket: str) -> None:
        self.late.append(ticket)

    def end_all(self) -> None:
        self.ends += 1


class World:
    """A cloud with a crew and a journal, spoken to without bytes."""

    def __init__(self) -> None:
        self.journal: list[bytes] = []
        self.answers: dict[int, str] = {}
        self.crew = Crew()
        self.adopt(Cloud(Settings(seed=5)))

    def adopt(self, cloud: Cloud) -> None:
        self.cloud = cloud
        cloud.registry.expect("fake")
        self.crew = Crew()
        cloud.work.workers = self.crew
        cloud.journal = self.journal.append

    def call(self, operation: str, **request: Any) -> int:
        cloud = self.cloud
        cloud.kernel.settle()
        cloud.number += 1
        number = cloud.number
        service = cloud.registry.expect("fake")
        call = Call(
            cloud, service, operation, request, callers.root(ACCOUNT), ACCOUNT, "us-east-1", number
        )

        def settle(output: Output | None, error: WireError | None) -> None:
            assert error is None
            self.answers[number] = (output or {}).get("Status", "")

        cloud.submit(call, settle)
        return number

    def finish(self, ticket: str, status: str = "ok", duration_ns: int = 0) -> bool:
        outcome = {**crash(""), "status": status, "duration_ns": duration_ns}
        return self.cloud.work.finish(ticket, outcome)

    def reopen(self) -> None:
        """Save, and go on as a world that was read back."""
        other = Cloud(self.cloud.settings)
        snapshots.load(other, snapshots.save(self.cloud))
        self.adopt(other)
        other.work.abandon("the chamber stopped")

    def replayed(self) -> Cloud:
        other = Cloud(self.cloud.settings)
        for record in self.journal:
            other.replay(record)
        other.kernel.run_until(self.cloud.kernel.now)
        return other

    def check_replay(self) -> None:
        other = self.replayed()
        assert other.kernel.digest == self.cloud.kernel.digest
        tables = snapshots.tables_of([FAKE])
        for table in tables.values():
            assert [*other.store.scopes(table)] == [*self.cloud.store.scopes(table)]
        assert other.kernel.holds == ()


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(registry, "load_service", lambda name: FAKE)
    return World()


def test_the_clock_stands_still_until_the_outcome_and_then_takes_its_duration(world: World) -> None:
    number = world.call("Run", Ticket="a")
    assert world.crew.begun == ["a"]
    began = world.cloud.kernel.now
    assert not world.cloud.kernel.run_until(began + SECOND)
    assert not world.cloud.kernel.run_demand()
    assert world.cloud.kernel.now == began
    assert world.finish("a", duration_ns=3 * SECOND)
    assert number not in world.answers
    assert world.cloud.kernel.run_demand()
    assert world.answers == {number: "ok"}
    assert world.cloud.kernel.now == began + 3 * SECOND
    world.check_replay()


def test_an_outcome_counts_once(world: World) -> None:
    world.call("Start", Ticket="a")
    world.call("Start", Ticket="a")
    assert world.crew.begun == ["a"]
    assert world.finish("a")
    assert not world.finish("a", "error")
    assert not world.finish("unheard of")
    assert world.cloud.kernel.holds == ()


def test_work_that_waits_for_the_chamber_lets_time_pass(world: World) -> None:
    world.call("Start", Ticket="a")
    kernel = world.cloud.kernel
    woken: list[int] = []
    began = kernel.now
    assert world.cloud.work.sleep("a", began + 5 * SECOND, lambda: woken.append(kernel.now))
    assert kernel.holds == ()
    assert kernel.run_demand()
    assert woken == [began + 5 * SECOND]
    holds: tuple[Any, ...] = kernel.holds
    assert [hold.why for hold in holds] == ["work:a"]
    world.finish("a")
    world.check_replay()


def test_two_waits_keep_the_hold_off_until_the_first_is_over(world: World) -> None:
    world.call("Start", Ticket="a")
    work = world.cloud.work
    work.pause("a")
    work.pause("a")
    assert world.cloud.kernel.holds == ()
    work.resume("a")
    assert len(world.cloud.kernel.holds) == 1


def test_the_deadline_is_on_the_chambers_clock(world: World) -> None:
    world.call("Start", Ticket="a", TimeoutNs=3 * SECOND)
    kernel = world.cloud.kernel
    began = kernel.now
    world.cloud.work.sleep("a", began + 20 * SECOND, lambda: None)
    kernel.run_demand()
    assert world.crew.late == ["a"]
    assert kernel.now == began + 3 * SECOND
    assert len(kernel.holds) == 1
    assert world.finish("a", "timeout", 3 * SECOND)
    assert kernel.parked == ()
    world.check_replay()


def test_a_deadline_that_was_kept_is_forgotten(world: World) -> None:
    world.call("Start", Ticket="a", TimeoutNs=3 * SECOND)
    world.finish("a")
    world.cloud.kernel.advance(10 * SECOND)
    assert world.crew.late == []


def test_a_world_read_back_answers_what_was_outstanding_with_a_crash(world: World) -> None:
    world.call("Run", Ticket="a")
    world.call("Start", Ticket="b")
    world.cloud.work.sleep("b", world.cloud.kernel.now + SECOND, lambda: None)
    world.finish("a", duration_ns=SECOND)
    world.reopen()
    assert world.crew.begun == []
    assert world.cloud.store.rows(WORK, "", "") == {}
    assert world.cloud.store.rows(JOBS, ACCOUNT, "us-east-1")["b"].status == "crash"
    assert world.cloud.store.rows(JOBS, ACCOUNT, "us-east-1")["a"].status == "ok"
    world.check_replay()


def test_a_reset_ends_the_work(world: World) -> None:
    world.call("Start", Ticket="a")
    world.cloud.reset()
    assert world.crew.ends == 1
    assert not world.finish("a")
    assert world.cloud.kernel.advance(SECOND)


def test_a_chamber_with_nobody_to_do_work_says_so(world: World) -> None:
    world.cloud.work.workers = None
    assert world.cloud.ask("fake", "Run", {"Ticket": "a"}) == {"Status": "crash"}


class Life(RuleBasedStateMachine):
    """Any order of beginnings, outcomes, sleeps, time and ends: a replay is the same world."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(registry, "load_service", lambda name: FAKE)
        self.world = World()
        self.count = 0

    def ticket(self) -> str:
        self.count += 1
        return f"t{self.count}"

    @property
    def live(self) -> tuple[str, ...]:
        return self.world.cloud.work.outstanding

    @rule(waits=st.booleans(), timeout=st.integers(1, 9))
    def begin(self, waits: bool, timeout: int) -> None:
        operation = "Run" if waits else "Start"
        self.world.call(operation, Ticket=self.ticket(), TimeoutNs=timeout * SECOND)

    @rule(delay=st.integers(0, 4))
    def begin_later(self, delay: int) -> None:
        self.world.call("Later", Ticket=self.ticket(), DelayNs=delay * SECOND)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), duration=st.integers(0, 5))
    def finish(self, data: st.DataObject, duration: int) -> None:
        ticket = data.draw(st.sampled_from(self.live))
        assert self.world.finish(ticket, "ok", duration * SECOND)

    @precondition(lambda self: self.live)
    @rule(data=st.data(), delay=st.integers(0, 12))
    def sleep(self, data: st.DataObject, delay: int) -> None:
        ticket = data.draw(st.sampled_from(self.live))
        work = self.world.cloud.work
        work.sleep(ticket, self.world.cloud.kernel.now + delay * SECOND, lambda: None)

    @rule()
    def call_home(self) -> None:
        self.world.call("Note")

    @rule()
    def demand(self) -> None:
        self.world.cloud.kernel.run_demand()

    @rule(delay=st.integers(0, 6))
    def advance(self, delay: int) -> None:
        self.world.cloud.kernel.advance(delay * SECOND)
        self.world.cloud.moved()

    @rule()
    def be_killed(self) -> None:
        """kill -9: the journal is all there is."""
        cloud = Cloud(self.world.cloud.settings)
        for record in self.world.journal:
            cloud.replay(record)
        self.world.adopt(cloud)
        cloud.work.abandon("the chamber was killed")

    @rule()
    def reopen(self) -> None:
        self.world.cloud.kernel.settle()
        self.world.reopen()

    @rule()
    def end_the_late(self) -> None:
        for ticket in self.world.crew.late:
            self.world.finish(ticket, "timeout")

    @invariant()
    def nobody_is_done_and_outstanding(self) -> None:
        jobs = self.world.cloud.store.rows(JOBS, ACCOUNT, "us-east-1")
        for ticket in self.live:
            assert jobs[ticket].state == "running"
        running = [ticket for ticket, job in jobs.items() if job.state == "running"]
        assert sorted(running) == sorted(self.live)

    def teardown(self) -> None:
        self.world.cloud.kernel.settle()
        self.world.check_replay()
        self.patch.undo()


TestLife = Life.TestCase
TestLife.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
