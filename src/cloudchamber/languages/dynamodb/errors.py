"""What is wrong with an expression or a value, in AWS's words.

Rules of this file: one class; the message is what a ValidationException carries.
"""

from __future__ import annotations


class DynamoError(ValueError):
    """An expression or value that DynamoDB refuses. `str()` is AWS's message."""
