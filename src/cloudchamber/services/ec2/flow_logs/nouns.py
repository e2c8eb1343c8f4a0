"""The state of flow logs: what is watched, and what was seen in the window that is open.

Rules of this file: plain data and its tables. A flow log lies where it was made; what it watches
may lie in a subnet that others share.
"""

from __future__ import annotations

from typing import Final

import msgspec

from cloudchamber.cloud.store import Table
from cloudchamber.services.ec2.flow_logs.happened import Sighting, Transit
from cloudchamber.services.ec2.kinds import Kind

SUCCESS: Final = "SUCCESS"
FAILED: Final = "FAILED"


class FlowLog(msgspec.Struct, kw_only=True):
    """A flow log. `resource_kind` is AWS's ResourceType, `traffic` "" for transit gateways.

    `destination` is the bucket's ARN, maybe with a folder, `format` the line's format as it was
    given, `interval_s` how long a window is. `error` is why the newest delivery failed. `tick` is
    the kernel event at the end of the open window.
    """

    id: str
    owner: str
    resource: str
    resource_kind: str
    traffic: str
    destination: str
    format: str
    interval_s: int
    created_ns: int
    is_hive: bool = False
    is_hourly: bool = False
    file_format: str = "plain-text"
    permission: str = ""
    cross_account_role: str = ""
    status: str = SUCCESS
    error: str = ""
    tick: int = 0


class Record(msgspec.Struct):
    """Packets of one 5-tuple at one place in one window, added up. Times in ns."""

    seen: Sighting | Transit
    start_ns: int
    end_ns: int
    packets: int
    octets: int
    tcp_flags: int
    lost: tuple[int, int, int, int] = (0, 0, 0, 0)


class Window(msgspec.Struct):
    """What a flow log saw since `start_ns`, by what tells records apart.

    `held` counts the records of each place (an interface, an attachment); `skipped` has one for
    each place that was full, whose times are those of all that found no room.
    """

    start_ns: int
    records: dict[str, Record] = {}
    held: dict[str, int] = {}
    skipped: dict[str, Record] = {}


class Batch(msgspec.Struct, frozen=True):
    """Lines of a window that has closed, on their way to the bucket."""

    flow_log: str
    end_ns: int
    rows: list[list[str]]


FLOW_LOGS: Final = Table("ec2.flow-logs", FlowLog)
WINDOWS: Final = Table("ec2.flow-windows", Window)
BATCHES: Final = Table("ec2.flow-batches", Batch)

FLOW_LOG: Final = Kind(
    prefix="fl", type="vpc-flow-log", table=FLOW_LOGS, said="flow log ID",
    not_found="InvalidFlowLogId.NotFound", malformed="InvalidFlowLogId.Malformed",
)  # fmt: skip
