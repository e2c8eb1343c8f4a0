"""The items of deleted tables: let go of a slice at a time.

Rules of this file: nobody can reach them any more; letting go of a million at once would be felt by
every other caller.
"""

from __future__ import annotations

from typing import Any, Final

from cloudchamber.cloud.call import Call
from cloudchamber.services.dynamodb.nouns import SHELVES
from cloudchamber.services.dynamodb.ordered import Ordered
from cloudchamber.services.dynamodb.shelf import Shelf

SWEEP: Final = "dynamodb.remains-swept"
SLICE: Final = 64  # leaves, of at most 512 keys
PAUSE_NS: Final = 5_000_000
# No name of a table holds a space.
_MARK: Final = "deleted "


def bury(call: Call, id_: str, shelf: Shelf) -> None:
    """Take what is left of a table."""
    if not _let_go(shelf):
        call.rows(SHELVES)[_MARK + id_] = shelf
        call.after(PAUSE_NS, SWEEP, id_, weak=True)


def sweep(call: Call, id_: str) -> None:
    """Let go of another slice."""
    shelves = call.rows(SHELVES)
    if _let_go(shelves[_MARK + id_]):
        del shelves[_MARK + id_]
    else:
        call.after(PAUSE_NS, SWEEP, id_, weak=True)


def _let_go(shelf: Shelf) -> bool:
    """Drop a slice of a shelf; True when nothing is left."""
    left = SLICE
    for side in shelf.indexes.values():
        left = _dropped(side.entries, left)
    return _dropped(shelf.rows, left) > 0


def _dropped(ordered: Ordered[Any], most: int) -> int:
    """Drop at most so many leaves; how many more may be dropped (0: there may be some left)."""
    taken = min(most, len(ordered.leaves))
    del ordered.leaves[len(ordered.leaves) - taken :]
    return most - taken
