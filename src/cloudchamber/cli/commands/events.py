"""`cloudchamber events`: what happened, oldest first."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show
from cloudchamber.cli.tables import listing


@click.command("events")
@click.option("--since", metavar="INSTANT", help="Only from this instant on (RFC 3339).")
@click.option("--about", metavar="ARN", help="Only about this ARN, id or request.")
@click.option("--limit", type=int, default=50, show_default=True, help="At most so many.")
@endpoint_option
@json_option
def command(
    chamber: Chamber, since: str | None, about: str | None, limit: int, as_json: bool
) -> None:
    """Show what happened and which earlier event caused it."""
    show(chamber.get("events", since=since, about=about, limit=limit), as_json, _render)


def _render(answer: dict[str, Any]) -> Any:
    rows = [
        (event["time"], event["id"], event["cause"] or "", event["what"], event["sentence"])
        for event in answer["events"]
    ]
    return listing(("time", "id", "cause", "what", "sentence"), rows, "Nothing has happened yet.")
