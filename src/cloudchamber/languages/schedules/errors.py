"""What may be wrong with a schedule expression.

Rules of this file: one error, which says why; services put it in their own words.
"""

from __future__ import annotations


class MalformedSchedule(ValueError):
    """The text is no schedule expression; the message says what is wrong with it."""
