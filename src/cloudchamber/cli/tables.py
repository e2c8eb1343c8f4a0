"""Tables for people, as pure renderables: data in, a rich table out, nothing printed.

Rules of this file: no colours that carry meaning alone; a table reads the same without them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

FIDELITY_STYLES = (("simulated", "green"), ("recorded", "yellow"), ("refused", "red"))


def facts(rows: Iterable[tuple[str, str]]) -> Any:
    """Two columns without a frame: a name and its value."""
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        table.add_row(name, _plain(value))
    return table


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> Any:
    """A headed table, or the sentence `empty` when there are no rows."""
    from rich import box
    from rich.table import Table

    filled = list(rows)
    if not filled:
        return empty
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in filled:
        table.add_row(*(_plain(cell) for cell in row))
    return table


def _plain(text: str) -> Any:
    from rich.text import Text

    for word, style in FIDELITY_STYLES:
        if text == word:
            return Text(text, style=style)
    return Text(text)
