"""Two hundred rounds of kill -9 under load; ends with an error at the first broken promise.

    python -m benchmarks.kill_rounds [--rounds 200] [--fsync] [--seed 1] [--data]

`--data` has objects, items and functions in the place of messages. Too long for every test run;
`tests/simulation/test_kill.py` and `test_kill_data.py` run a few of the same.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from tests.simulation.killing import CLIENTS, Rounds
from tests.simulation.killing_data import DataRounds


def main() -> None:
    """Run the rounds and say how many acknowledged writes they put to the test."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fsync", action="store_true")
    parser.add_argument("--data", action="store_true", help="objects, items and functions")
    options = parser.parse_args()
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rounds: Rounds | DataRounds
        if options.data:
            rounds = DataRounds(Path(folder), options.seed)
        else:
            rounds = Rounds(Path(folder), options.seed, fsync=options.fsync)
        rounds.run(options.rounds)
    print(
        f"{options.rounds} kills, {CLIENTS} clients and one that keeps snapshots: "
        f"{rounds.acknowledged} acknowledged writes, all there, none twice, "
        f"in {time.perf_counter() - began:.0f} s"
    )


if __name__ == "__main__":
    main()
