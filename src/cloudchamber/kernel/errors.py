"""What the kernel refuses, as two exceptions.

Rules of this file: no behaviour. A `KernelError` is a mistake of the layer above (time moved
backwards, an event nobody handles, a loop that never ends); a `JournalError` is a file that cannot
be trusted. Neither ever travels to an AWS client.
"""

from __future__ import annotations


class KernelError(Exception):
    """The kernel was asked for something that would break its promises; the text says which."""


class JournalError(Exception):
    """A journal is damaged, foreign or from a newer build.

    `offset` is the byte at which reading stopped; every frame before it is intact.
    """

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
