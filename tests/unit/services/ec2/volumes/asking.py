"""How these tests ask: what a call refuses, and one volume or snapshot by its id."""

from __future__ import annotations

from typing import Any


def volume(ec2: Any, identifier: str) -> dict[str, Any]:
    """A volume as it is described."""
    found: dict[str, Any] = ec2.describe_volumes(VolumeIds=[identifier])["Volumes"][0]
    return found


def snapshot(ec2: Any, identifier: str) -> dict[str, Any]:
    """A snapshot as it is described."""
    found: dict[str, Any] = ec2.describe_snapshots(SnapshotIds=[identifier])["Snapshots"][0]
    return found
