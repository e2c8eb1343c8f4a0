"""`cloudchamber exposed`: what the internet can reach."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import SAYS_NO, Chamber, endpoint_option, json_option, show
from cloudchamber.cli.tables import listing

_COLUMNS = ("account", "region", "interface", "instance", "address", "protocol", "ports", "by")


@click.command("exposed")
@click.option("--account", metavar="ID", help="Only interfaces of this account.")
@click.option("--region", metavar="NAME", help="Only interfaces in this Region.")
@click.option(
    "--expect",
    type=click.Choice(("none",)),
    help="What has to be so; the exit code is 1 if anything is exposed.",
)
@endpoint_option
@json_option
def command(
    chamber: Chamber, account: str | None, region: str | None, expect: str | None, as_json: bool
) -> None:
    """List what the internet can reach: interface, address, ports, and by which rule and route."""
    answer = chamber.get("exposed", account=account, region=region)
    show(answer, as_json, _render)
    if expect is not None and answer["exposed"]:
        raise SystemExit(SAYS_NO)


def _render(answer: dict[str, Any]) -> Any:
    rows = [
        (
            each["account"],
            each["region"],
            each["interface"],
            each["instance"],
            each["address"],
            each["protocol"],
            ", ".join(_range(*ports) for ports in each["ports"]),
            ", ".join(each["by"]),
        )
        for each in answer["exposed"]
    ]
    return listing(_COLUMNS, rows, "The internet reaches nothing here.")


def _range(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}-{last}"
