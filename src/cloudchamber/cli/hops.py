"""A flow's way through the network as a table: each hop, what it said, and by which rule.

Rules of this file: pure renderables of what `reach` and `probe` answer, and their common options.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import click

from cloudchamber.cli.tables import listing

PROTOCOLS: Final = ("tcp", "udp", "icmp", "icmpv6")
_COLUMNS: Final = ("", "hop", "", "decided by", "why")


def flow_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """SOURCE DEST --port --protocol --source-port, passed on under these names."""
    for decorate in (
        click.option("--source-port", type=int, help="The source's port, for TCP and UDP."),
        click.option("--protocol", type=click.Choice(PROTOCOLS), default="tcp", show_default=True),
        click.option("--port", type=int, help="The destination's port, for TCP and UDP."),
        click.argument("destination"),
        click.argument("source"),
    ):
        function = decorate(function)
    return function


def flow_of(**given: Any) -> dict[str, Any]:
    """The fields of a flow that were given."""
    return {name: value for name, value in given.items() if value is not None}


def render(answer: dict[str, Any]) -> Any:
    """The verdict above its hops."""
    from rich.console import Group
    from rich.text import Text

    verdict = "allowed" if answer["allowed"] else "blocked"
    head = Text(verdict, style="bold green" if answer["allowed"] else "bold red")
    head.append(f"  {answer['sentence']}", style="not bold default")
    if answer["code"]:
        head.append(f"  {answer['code']}", style="not bold dim")
    return Group(head, listing(_COLUMNS, map(_row, answer["steps"]), "No hop was reached."))


def _row(step: dict[str, Any]) -> tuple[str, ...]:
    way = "→" if step["path"] == "forward" else "←"
    return (
        way,
        step["about"],
        "" if step["allowed"] else "blocked",
        step["by"],
        step["sentence"],
    )
