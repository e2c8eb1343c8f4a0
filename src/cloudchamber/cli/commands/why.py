"""`cloudchamber why ABOUT`: the chain of causes, and for a request the policies' evaluation."""

from __future__ import annotations

from typing import Any

import click

from cloudchamber.cli.session import Chamber, endpoint_option, json_option, show


@click.command("why")
@click.argument("about")
@endpoint_option
@json_option
def command(chamber: Chamber, about: str, as_json: bool) -> None:
    """Say why: ABOUT is an ARN, an event's id or a request id (RequestId in every AWS answer)."""
    show(chamber.get("why", about=about), as_json, _render)


def _render(answer: dict[str, Any]) -> Any:
    from rich.text import Text
    from rich.tree import Tree

    chain = answer["chain"]
    root = tree = Tree(_line(chain[0]))
    for link in chain[1:]:
        tree = tree.add(_line(link))
    for step in _evaluation(chain):
        tree.add(Text(step))
    return root


def _line(link: dict[str, Any]) -> Any:
    from rich.text import Text

    return Text.assemble((link["time"], "dim"), " ", link["sentence"], " ", (link["about"], "cyan"))


def _evaluation(chain: list[dict[str, Any]]) -> list[str]:
    details = chain[-1].get("details", {})
    steps: list[str] = details.get("evaluation") or details.get("decision", {}).get("trace", [])
    return steps
