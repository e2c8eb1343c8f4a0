"""`cloudchamber reset`: an empty world."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show


@click.command("reset")
@click.option("--seed", type=int, default=None, help="A new seed.")
@click.option("--lifecycle", default=None, help="instant, realistic or adversarial.")
@click.option("--iam", default=None, help="off, warn or enforce.")
@endpoint_option
@json_option
def command(
    chamber: Chamber, seed: int | None, lifecycle: str | None, iam: str | None, as_json: bool
) -> None:
    """Empty every account and region and put the clock back to its start."""
    wanted = {"seed": seed, "lifecycle": lifecycle, "iam": iam}
    body = {name: value for name, value in wanted.items() if value is not None}
    show(chamber.post("reset", body), as_json, _render)


def _render(answer: dict[str, Any]) -> str:
    return f"The chamber is empty. It is {answer['now']} ({answer['mode']})."
