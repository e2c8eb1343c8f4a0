"""Lists in pages, as KMS has them: Limit, Marker, NextMarker, Truncated.

Rules of this file: items come sorted by their key.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output

Item = TypeVar("Item")


def listed(
    request: Input,
    member: str,
    items: Sequence[Item],
    key: Callable[[Item], str],
    show: Callable[[Item], Any],
    size: int = 100,
) -> Output:
    """One page of a list. Raises InvalidMarkerException."""
    try:
        chosen, token = page(items, key, request.get("Marker"), request.get("Limit", size))
    except BadToken as error:
        raise AwsError("InvalidMarkerException", "Invalid marker.") from error
    output: Output = {member: [show(item) for item in chosen], "Truncated": token is not None}
    if token is not None:
        output["NextMarker"] = token
    return output
