"""Rounds of kill -9 under concurrent load: what was acknowledged is there, and nothing twice.

CLOUDCHAMBER_KILL_ROUNDS sets how many; `python -m benchmarks.kill_rounds` runs two hundred.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.killing import URL, Ledger, Rounds
from tests.unit.server.served import Server

ROUNDS = int(os.environ.get("CLOUDCHAMBER_KILL_ROUNDS", "8"))


@pytest.mark.slow
def test_what_was_acknowledged_survives(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path, seed=1)
    rounds.run(ROUNDS)
    assert rounds.acknowledged > 20 * ROUNDS


@pytest.mark.slow
def test_what_was_acknowledged_survives_with_fsync(tmp_path: Path) -> None:
    Rounds(tmp_path, seed=2, fsync=True).run(max(2, ROUNDS // 4))


@pytest.mark.parametrize("fault", ["lost", "there twice", "deleted, or never sent"])
def test_the_judge_notices(tmp_path: Path, fault: str) -> None:
    """A ledger that does not fit the queue must fail the check, or the rounds prove nothing."""
    rounds = Rounds(tmp_path, seed=3)
    ledger = Ledger()
    with Server(tmp_path, chamber={"clock": "manual"}) as server:
        server.sqs("CreateQueue", QueueName="q")
        texts = {
            "lost": ["a"],
            "there twice": ["a", "a", "b"],
            "deleted, or never sent": ["a", "b"],
        }
        for text in texts[fault]:
            server.sqs("SendMessage", QueueUrl=URL, MessageBody=text)
        ledger.sent = {"a", "b"}
        ledger.deleted = {"b"} if fault.startswith("deleted") else set()
        with pytest.raises(AssertionError, match=fault):
            rounds.check(server, ledger, "here")
