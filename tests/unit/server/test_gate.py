"""Turns: what several jobs ask is heard in an order that does not depend on their speed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from cloudchamber.server.functions.gate import Gate, Job


class Worker:
    """A job that asks so many questions, one after the other, and tells when each is heard."""

    def __init__(
        self, gate: Gate, number: int, questions: int, heard: list[tuple[int, int]]
    ) -> None:
        self.job = Job(number, str(number), 0)
        self.gate = gate
        self.left = questions
        self.asked = 0
        self.heard = heard

    def begin(self) -> None:
        self.gate.ask(self.job, lambda: self.gate.run(self.job))

    def step(self) -> None:
        """The process comes to its next question, or its end."""
        self.asked += 1
        number = self.asked

        def answer() -> None:
            self.heard.append((self.job.number, number))
            if number <= self.left:
                self.gate.run(self.job)

        self.gate.ask(self.job, answer)

    @property
    def runs(self) -> bool:
        return self.job in self.gate.jobs


def tell(mode: str, questions: list[int], pace: st.DataObject) -> list[tuple[int, int]]:
    """Let the workers come to their questions in any order; what was heard."""
    gate = Gate(mode)
    heard: list[tuple[int, int]] = []
    workers = [Worker(gate, number, count, heard) for number, count in enumerate(questions)]
    for worker in workers:
        worker.begin()
    while running := [worker for worker in workers if worker.runs]:
        if mode == "serial":
            assert len(running) == 1
        pace.draw(st.sampled_from(running)).step()
    assert len(heard) == sum(questions) + len(questions)
    return heard


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.data(), st.data())
def test_the_pace_of_each_does_not_change_the_story(
    questions: list[int], one: st.DataObject, other: st.DataObject
) -> None:
    for mode in ("lock-step", "serial"):
        assert tell(mode, questions, one) == tell(mode, questions, other)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=4), st.data())
def test_free_hears_everything_at_once(questions: list[int], pace: st.DataObject) -> None:
    tell("free", questions, pace)


def test_lock_step_hears_the_oldest_first_once_nobody_runs() -> None:
    gate = Gate("lock-step")
    heard: list[str] = []
    old, young = Job(1, "old", 0), Job(2, "young", 0)
    gate.run(old)
    gate.run(young)
    gate.ask(young, lambda: heard.append("young"))
    assert heard == []
    gate.ask(old, lambda: heard.append("old"))
    assert heard == ["old", "young"]


def test_a_job_that_waits_for_the_clock_holds_nobody_up() -> None:
    gate = Gate("lock-step")
    heard: list[str] = []
    sleeper, other = Job(1, "sleeper", 0), Job(2, "other", 0)
    gate.run(sleeper)
    gate.ask(sleeper, lambda: heard.append("sleeps"))  # and is not run again yet
    gate.ask(other, lambda: heard.append("other"))
    assert heard == ["sleeps", "other"]
