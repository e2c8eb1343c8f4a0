"""What can be wrong with a data directory, said to a person."""

from __future__ import annotations


class DataError(Exception):
    """The directory cannot be used as it is; the text says why and what can be done."""
