"""`cloudchamber probe SOURCE DEST`: one flow through the network, which flow logs see."""

from __future__ import annotations

import click

from cloudchamber.cli.hops import flow_of, flow_options, render
from cloudchamber.cli.session import SAYS_NO, Chamber, endpoint_option, json_option, show


@click.command("probe")
@flow_options
@endpoint_option
@json_option
def command(
    chamber: Chamber,
    source: str,
    destination: str,
    port: int | None,
    protocol: str,
    source_port: int | None,
    as_json: bool,
) -> None:
    """Send one flow from SOURCE to DESTINATION and say what became of it.

    Each is an interface, an instance, an address, a name of AWS's DNS, a gateway or `internet`. The
    flow happens: flow logs show it. The exit code is 0 if it arrived and was answered, 1 if it was
    blocked. To ask without sending, use `cloudchamber reach`.
    """
    answer = chamber.post(
        "probe",
        flow_of(source=source, destination=destination, port=port, protocol=protocol,
                source_port=source_port),
    )  # fmt: skip
    show(answer, as_json, render)
    if not answer["allowed"]:
        raise SystemExit(SAYS_NO)
