"""The answers to requests that cannot be.

Rules of this file: AWS's codes; where AWS does not publish a text, the sentence of its reference.
"""

from __future__ import annotations

from cloudchamber.cloud.errors import AwsError


def invalid(message: str) -> AwsError:
    """A parameter that is missing, malformed, out of range, or not to be had with another."""
    return AwsError("InvalidParameterException", message)


def expired() -> AwsError:
    """A token that is older than 15 minutes."""
    return AwsError(
        "PaginationTokenExpiredException",
        "The request failed because the specified PaginationToken has expired. A PaginationToken "
        "is valid for a maximum of 15 minutes.",
    )
