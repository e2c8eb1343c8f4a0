"""Plain data: the only values that may live in an event, and so in a saved world.

Rules of this file: None, bool, int, str and bytes, and tuples of these. Nothing mutable, so that an
event cannot change between the moment it is scheduled and the moment it fires; nothing that loses
its type on the way through msgpack or JSON, so that a loaded world equals the saved one. A list
read back from a file is a tuple again (`thaw`). Floats are out: state is integers.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from cloudchamber.kernel.errors import KernelError

Plain: TypeAlias = "bool | int | str | bytes | tuple[Plain, ...] | None"

ATOMS: Final = frozenset((int, str, bytes, bool, type(None)))


def check_plain(owner: str, value: object) -> None:
    """Raise `KernelError`, naming `owner`, unless `value` is plain data of exactly these types."""
    if type(value) is tuple:
        for item in value:
            check_plain(owner, item)
    elif type(value) not in ATOMS:
        message = (
            f"{owner}: {type(value).__name__} is not plain data; pass None, bool, int, str, bytes "
            f"or tuples of these (got {value!r:.80})"
        )
        raise KernelError(message)


def thaw(value: object) -> Plain:
    """Turn lists (what a serialiser makes of tuples) back into tuples, all the way down."""
    if isinstance(value, (list, tuple)):
        return tuple(thaw(item) for item in value)
    if value is None or isinstance(value, (bool, int, str, bytes)):
        return value
    raise KernelError(f"saved data holds a {type(value).__name__}, which no kernel ever saved")


def thaw_args(value: object) -> tuple[Plain, ...]:
    """As `thaw`, for what must be a tuple."""
    frozen = thaw(value)
    if not isinstance(frozen, tuple):
        raise KernelError(f"saved data holds {frozen!r:.80} where a tuple was saved")
    return frozen
