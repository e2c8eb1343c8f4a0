"""`cloudchamber reach SOURCE DEST`: what would become of a flow, hop by hop."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.hops import flow_of, flow_options, render
from cloudchamber.cli.session import SAYS_NO, Chamber, endpoint_option, json_option, show


@click.command("reach")
@flow_options
@click.option(
    "--expect",
    type=click.Choice(("allowed", "blocked")),
    default="allowed",
    show_default=True,
    help="What has to be so; the exit code is 1 if it is not.",
)
@endpoint_option
@json_option
def command(
    chamber: Chamber,
    source: str,
    destination: str,
    port: int | None,
    protocol: str,
    source_port: int | None,
    expect: str,
    as_json: bool,
) -> None:
    """Say whether SOURCE can reach DESTINATION, and which rule decides.

    Each is an interface, an instance, an address, a name of AWS's DNS, a gateway or `internet`.
    Nothing is sent: no flow log will show it. The exit code is 0 if it is as expected and 1 if it
    is not.
    """
    given: dict[str, Any] = flow_of(
        source=source, destination=destination, port=port, protocol=protocol,
        source_port=source_port,
    )  # fmt: skip
    answer = chamber.get("reach", **given)
    show(answer, as_json, render)
    if answer["allowed"] is not (expect == "allowed"):
        raise SystemExit(SAYS_NO)
