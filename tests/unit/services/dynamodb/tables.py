"""What the tests of tables share: tables in a line, a refusal as text.

Rules of this file: thin. Everything goes through botocore's client.
"""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

ONE, TWO = "111111111111", "222222222222"
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def keys_of(hash_key: str, range_key: str = "") -> list[dict[str, str]]:
    """A key schema."""
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def attributes_of(**kinds: str) -> list[dict[str, str]]:
    """Attribute definitions: `attributes_of(pk="S")`."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def index_of(name: str, hash_key: str, range_key: str = "", kind: str = "ALL") -> dict[str, Any]:
    """An index as requests have it."""
    return {
        "IndexName": name,
        "KeySchema": keys_of(hash_key, range_key),
        "Projection": {"ProjectionType": kind},
    }


def simple(name: str = "jobs", **more: Any) -> dict[str, Any]:
    """The request of an on-demand table with the hash key pk."""
    return {
        "TableName": name,
        "KeySchema": keys_of("pk"),
        "AttributeDefinitions": attributes_of(pk="S"),
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


def provisioned(name: str = "jobs", **more: Any) -> dict[str, Any]:
    """The request of a provisioned table with the hash key pk."""
    return {**simple(name), "BillingMode": "PROVISIONED", "ProvisionedThroughput": UNITS, **more}


def refusal(call: Any, **arguments: Any) -> tuple[str, str]:
    """The code and message of a call that must fail."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]
