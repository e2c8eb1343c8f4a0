"""`python -m cloudchamber`: the command line."""

from __future__ import annotations

from cloudchamber.cli import main

main()
