"""`cloudchamber snapshot`: keep a world under a name, go back to it."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show


@click.group("snapshot")
def command() -> None:
    """Keep the world as it is, list what was kept, go back to it."""


@command.command("save")
@click.argument("name")
@endpoint_option
@json_option
def save(chamber: Chamber, name: str, as_json: bool) -> None:
    """Keep the world under NAME."""
    show(chamber.post("snapshot", {"name": name}), as_json, _saved)


@command.command("load")
@click.argument("name")
@endpoint_option
@json_option
def load(chamber: Chamber, name: str, as_json: bool) -> None:
    """Go back to the world kept under NAME."""
    show(chamber.post("snapshot/load", {"name": name}), as_json, _loaded)


@command.command("list")
@endpoint_option
@json_option
def list_(chamber: Chamber, as_json: bool) -> None:
    """List the names of the kept worlds."""
    show(chamber.get("snapshot"), as_json, _listed)


def _saved(answer: dict[str, Any]) -> str:
    return f"Kept as {answer['name']} ({answer['bytes']:,} bytes) at {answer['now']}."


def _loaded(answer: dict[str, Any]) -> str:
    return f"This is {answer['name']} again. It is {answer['now']}."


def _listed(answer: dict[str, Any]) -> str:
    return "\n".join(answer["snapshots"]) or "No world was kept yet."
