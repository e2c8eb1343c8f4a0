"""Flows that happened become records of the flow logs that watch them.

Rules of this file: a flow is checked first; where no flow log watches, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cloudchamber.services.ec2.flow_logs.happened import read_flow

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call


def flow_happened(call: Call, data: Mapping[str, Any]) -> None:
    """Fact `network.flow`. Raises msgspec.ValidationError for a flow of another shape."""
    read_flow(data)
