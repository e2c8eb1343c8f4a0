"""`cloudchamber clock`: read it, move it, change who moves it."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show


@click.command("clock")
@click.option("--advance", metavar="DURATION", help="Move by 90s, 30m, 2h, 1d or seconds.")
@click.option("--run-until", metavar="INSTANT", help="Move to an instant (RFC 3339).")
@click.option("--run-until-idle", is_flag=True, help="Move until nothing is left to happen.")
@click.option("--mode", metavar="MODE", help="live, demand, manual, auto or a rate (x60).")
@endpoint_option
@json_option
def command(
    chamber: Chamber,
    advance: str | None,
    run_until: str | None,
    run_until_idle: bool,
    mode: str | None,
    as_json: bool,
) -> None:
    """Show the clock, or move it; everything that falls due happens, in order."""
    wanted: dict[str, Any] = {"advance": advance, "run_until": run_until, "mode": mode}
    body = {name: value for name, value in wanted.items() if value is not None}
    if run_until_idle:
        body["run_until_idle"] = True
    if len(body) > 1:
        raise click.UsageError("one of --advance, --run-until, --run-until-idle, --mode at a time")
    answer = chamber.post("clock", body) if body else chamber.get("clock")
    show(answer, as_json, _render)


def _render(answer: dict[str, Any]) -> str:
    return f"{answer['now']} ({answer['mode']})"
