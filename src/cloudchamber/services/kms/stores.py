"""Custom key stores: there are none, and whoever asks for the list is told so.

Rules of this file: what would make or change one is refused in the declaration.
"""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output


def describe_custom_key_stores(call: Call, request: Input) -> Output:
    """No store. Raises CustomKeyStoreNotFoundException for one that is named."""
    for member in ("CustomKeyStoreId", "CustomKeyStoreName"):
        if member in request:
            raise AwsError(
                "CustomKeyStoreNotFoundException",
                f"Custom key store {request[member]} does not exist.",
            )
    return {"CustomKeyStores": [], "Truncated": False}
