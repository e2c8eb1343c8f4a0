"""`cloudchamber stop`: end a chamber that runs on this machine."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import NOT_THERE, Failure, json_option, show


@click.command("stop")
@click.option("--port", type=int, default=4566, show_default=True, help="The one on this port.")
@click.option("--all", "everything", is_flag=True, help="Every chamber of this user.")
@json_option
def command(port: int, everything: bool, as_json: bool) -> None:
    """Stop a running chamber: it answers what it has begun, writes its data and ends."""
    from cloudchamber.server.instances import running, stop

    found = [one for one in running() if everything or one.port == port]
    if not found and not everything:
        raise Failure(f"no chamber of yours runs on port {port}", NOT_THERE)
    stopped = [{"port": one.port, "pid": one.pid, "ended": stop(one)} for one in found]
    show({"stopped": stopped}, as_json, _render)
    if not all(one["ended"] for one in stopped):
        raise Failure("a chamber did not end within its grace period")


def _render(answer: dict[str, Any]) -> str:
    lines = [f"Stopped the chamber on port {one['port']}." for one in answer["stopped"]]
    return "\n".join(lines) or "No chamber runs."
