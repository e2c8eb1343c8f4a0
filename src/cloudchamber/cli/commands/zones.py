"""`cloudchamber zones ACCOUNT...`: one zone, many names."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show
from cloudchamber.cli.tables import listing


@click.command("zones")
@click.argument("accounts", nargs=-1)
@click.option("--region", default=None, help="Which region (default: the chamber's).")
@endpoint_option
@json_option
def command(chamber: Chamber, accounts: tuple[str, ...], region: str | None, as_json: bool) -> None:
    """Show which name each ACCOUNT sees for every zone id of a region."""
    show(chamber.get("zones", account=list(accounts), region=region), as_json, _render)


def _render(answer: dict[str, Any]) -> Any:
    zones = answer["zones"]
    accounts = sorted({account for names in zones.values() for account in names})
    rows = [(zone, *(names.get(account, "-") for account in accounts))
            for zone, names in zones.items()]  # fmt: skip
    return listing((answer["region"], *accounts), rows, "This region shows no zones.")
