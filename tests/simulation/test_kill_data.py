"""Rounds of kill -9 with objects, items and functions: each key holds what its client was told.

CLOUDCHAMBER_KILL_ROUNDS sets how many; `python -m benchmarks.kill_rounds --data` runs two hundred.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.simulation.killing_data import BUCKET, DataRounds, clients_of, prepare
from tests.unit.server.served import Server

ROUNDS = int(os.environ.get("CLOUDCHAMBER_KILL_ROUNDS", "4"))


@pytest.mark.slow
def test_what_was_acknowledged_survives(tmp_path: Path) -> None:
    rounds = DataRounds(tmp_path, seed=1)
    rounds.run(ROUNDS)
    assert rounds.acknowledged > 10 * ROUNDS


def test_the_judge_notices(tmp_path: Path) -> None:
    """Knowledge that does not fit the world must fail the check, or the rounds prove nothing."""
    rounds = DataRounds(tmp_path, seed=2)
    known = rounds._known["a"]
    with Server(tmp_path, chamber={"clock": "manual"}) as server:
        clients = clients_of(server)
        prepare(clients, [])
        clients["s3"].put_object(Bucket=BUCKET, Key="a/0", Body=b"one")
        known.told["s3 a/0"] = b"one"
        rounds.check(server, "here")
        known.told["s3 a/0"] = b"two"
        known.asked["s3 a/0"] = None
        with pytest.raises(AssertionError, match="here: s3 a/0 of a holds 3 bytes"):
            rounds.check(server, "here")


def test_a_first_write_may_not_have_happened(tmp_path: Path) -> None:
    """A client killed before its first update landed leaves the function as it was created."""
    rounds = DataRounds(tmp_path, seed=3)
    with Server(tmp_path, chamber={"clock": "manual"}) as server:
        prepare(clients_of(server), [*rounds._known])
        rounds.prepared()
        rounds._known["a"].asked["function worker-a"] = b"never arrived"
        rounds.check(server, "here")
        assert rounds._known["a"].told["function worker-a"] == b""
