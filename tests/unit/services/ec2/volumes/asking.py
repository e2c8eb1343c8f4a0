"""How these tests ask: what a call refuses, and one volume or snapshot by its id."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError


def refusal(call: Any, **request: Any) -> tuple[str, str]:
    """The code and message of a refused call."""
    with pytest.raises(ClientError) as found:
        call(**request)
    error = found.value.response["Error"]
    return error["Code"], error["Message"]


def volume(ec2: Any, identifier: str) -> dict[str, Any]:
    """A volume as it is described."""
    found: dict[str, Any] = ec2.describe_volumes(VolumeIds=[identifier])["Volumes"][0]
    return found


def snapshot(ec2: Any, identifier: str) -> dict[str, Any]:
    """A snapshot as it is described."""
    found: dict[str, Any] = ec2.describe_snapshots(SnapshotIds=[identifier])["Snapshots"][0]
    return found
