"""Plain data: the only values that may live in an event, and so in a saved world.

Rules of this file: None, bool, int, str and bytes, and tuples of these. Nothing mutable, so that an
event cannot change between the moment it is scheduled and the moment it fires; nothing that loses
its type on the way through msgpack or JSON, so that a loaded world equals the saved one. A list
read back from a file is a tuple again (`thaw`). Floats are out: state is integers.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from cloudchamber.kernel.errors import KernelError

Plain: TypeAlias = "bool | int | str | bytes | tuple[Plain, ...] | None"

ATOMS: Final = frozenset((int, str, bytes, bool, type(None)))


def check_plain(owner: str, value: object) -> None:
    """Raise `KernelError`, naming `owner`, unless `value` is plain data of exactly these types."""
    if type(value) is tuple:
        for item in value:
            check_plain(owner, item)
    elif type(value) not in ATOMS:
        raise KernelError(
            f"{owner}: {type(value).__name__} is not plain data; pass None, bool, int, str, bytes "
            f"or tuples of these (got {value!r:.80})"
        )


def thaw(value: Any) -> Any:
    """Turn lists (what a serialiser makes of tuples) back into tuples, all the way down."""
    return tuple(map(thaw, value)) if isinstance(value, list | tuple) else value
