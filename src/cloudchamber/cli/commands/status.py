"""`cloudchamber status`: is it running, and in what mode is everything."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show
from cloudchamber.cli.tables import facts


@click.command("status")
@endpoint_option
@json_option
def command(chamber: Chamber, as_json: bool) -> None:
    """Show whether the chamber runs, its clock and its modes."""
    show(chamber.get("health"), as_json, _render)


def _render(health: dict[str, Any]) -> Any:
    mode = health["mode"]
    rows = [
        ("status", f"{health['status']} (version {health['version']})"),
        ("now", health["now"]),
        *((name, str(mode[name])) for name in mode),
        *((name, str(health[name])) for name in ("data", "listens", "tls") if name in health),
        ("digest", health["digest"]),
    ]
    return facts(rows)
