"""`cloudchamber services`: what is simulated, recorded and refused."""

from __future__ import annotations

from collections import Counter
from typing import Any

import click

from cloudchamber.cli.session import SAYS_NO, Chamber, Failure, endpoint_option, json_option, show
from cloudchamber.cli.tables import listing


@click.command("services")
@click.argument("service", required=False)
@endpoint_option
@json_option
def command(chamber: Chamber, service: str | None, as_json: bool) -> None:
    """Show how true every service is; with SERVICE, every operation of it."""
    answer = chamber.get("services")
    if service is None:
        show(answer, as_json, _summary)
        return
    listed = answer["services"].get(service)
    if listed is None:
        known = ", ".join(sorted(answer["services"]))
        raise Failure(f"no service {service!r} here; there are {known}", SAYS_NO)
    show(listed, as_json, _operations)


def _summary(answer: dict[str, Any]) -> Any:
    rows = []
    for name, listed in sorted(answer["services"].items()):
        counts = Counter(entry["fidelity"] for entry in listed["operations"].values())
        levels = ("simulated", "recorded", "refused")
        rows.append((name, *(str(counts[level]) for level in levels)))
    return listing(("service", "simulated", "recorded", "refused"), rows, "There are no services.")


def _operations(listed: dict[str, Any]) -> Any:
    rows = [
        (name, entry["fidelity"], entry["note"]) for name, entry in listed["operations"].items()
    ]
    return listing(("operation", "fidelity", "note"), rows, "There are no operations.")
