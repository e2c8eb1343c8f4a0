"""How long tables, indexes and their settings take to change.

Rules of this file: durations with their source; nothing runs here. AWS publishes few of them: where
it does not, the figure is ours, of the size that people see, and says so.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_OURS: Final = "not published; of the size that is seen"

TABLE: Final = Lifecycle(
    "dynamodb.table",
    "CREATING",
    {
        ("CREATING", "made"): "ACTIVE",
        ("ACTIVE", "update"): "UPDATING",
        ("UPDATING", "made"): "ACTIVE",
        ("ACTIVE", "delete"): "DELETING",
    },
    {
        "CREATING": Delay(8 * SECOND_NS, 5 * MINUTE_NS, _OURS),
        "UPDATING": Delay(8 * SECOND_NS, 10 * MINUTE_NS, _OURS),
        "DELETING": Delay(5 * SECOND_NS, 5 * MINUTE_NS, _OURS),
    },
)

INDEX: Final = Lifecycle(
    "dynamodb.index",
    "CREATING",
    {
        ("CREATING", "made"): "ACTIVE",
        ("ACTIVE", "update"): "UPDATING",
        ("UPDATING", "made"): "ACTIVE",
        ("ACTIVE", "delete"): "DELETING",
    },
    {
        # "Resource allocation", then "Backfilling": GSI.OnlineOps.html names the phases.
        "CREATING": Delay(MINUTE_NS, HOUR_NS, "GSI.OnlineOps.html names no duration; ours"),
        "UPDATING": Delay(8 * SECOND_NS, 10 * MINUTE_NS, _OURS),
        "DELETING": Delay(30 * SECOND_NS, 30 * MINUTE_NS, _OURS),
    },
)

TIME_TO_LIVE: Final = Lifecycle(
    "dynamodb.time-to-live",
    "DISABLED",
    {
        ("DISABLED", "enable"): "ENABLING",
        ("ENABLING", "made"): "ENABLED",
        ("ENABLED", "disable"): "DISABLING",
        ("DISABLING", "made"): "DISABLED",
    },
    {
        # "It can take up to one hour for the change to fully process."
        "ENABLING": Delay(HOUR_NS, HOUR_NS, "API_UpdateTimeToLive.html"),
        "DISABLING": Delay(HOUR_NS, HOUR_NS, "API_UpdateTimeToLive.html"),
        # How long an expired item is still there. "Within a few days", TTL.html; usually minutes.
        "expired": Delay(10 * MINUTE_NS, 2 * DAY_NS, "TTL.html: within a few days"),
    },
)

BACKUP: Final = Lifecycle(
    "dynamodb.backup",
    "CREATING",
    {("CREATING", "made"): "AVAILABLE", ("AVAILABLE", "delete"): "DELETED"},
    {
        # "become available for restore within minutes", API_CreateBackup.html
        "CREATING": Delay(30 * SECOND_NS, 5 * MINUTE_NS, "API_CreateBackup.html"),
        # "You can restore a table within minutes to hours", PointInTimeRecovery_Howitworks.html
        "restoring": Delay(5 * MINUTE_NS, 10 * HOUR_NS, "Restore.Tutorial.html"),
        # "LatestRestorableDateTime is typically 5 minutes before the current time."
        "behind": Delay(5 * MINUTE_NS, 5 * MINUTE_NS, "API_DescribeContinuousBackups.html"),
    },
)

TRANSFER: Final = Lifecycle(
    "dynamodb.transfer",
    "IN_PROGRESS",
    {("IN_PROGRESS", "made"): "COMPLETED", ("IN_PROGRESS", "fail"): "FAILED"},
    {"IN_PROGRESS": Delay(5 * MINUTE_NS, HOUR_NS, _OURS)},
)

DESTINATION: Final = Lifecycle(
    "dynamodb.kinesis-destination",
    "ENABLING",
    {
        ("ENABLING", "made"): "ACTIVE",
        ("ACTIVE", "update"): "UPDATING",
        ("UPDATING", "made"): "ACTIVE",
        ("ACTIVE", "disable"): "DISABLING",
        ("DISABLING", "made"): "DISABLED",
    },
    {
        "ENABLING": Delay(10 * SECOND_NS, 5 * MINUTE_NS, _OURS),
        "UPDATING": Delay(10 * SECOND_NS, 5 * MINUTE_NS, _OURS),
        "DISABLING": Delay(10 * SECOND_NS, 5 * MINUTE_NS, _OURS),
    },
)

REPLICA: Final = Lifecycle(
    "dynamodb.replica",
    "CREATING",
    {
        ("CREATING", "made"): "ACTIVE",
        ("ACTIVE", "update"): "UPDATING",
        ("UPDATING", "made"): "ACTIVE",
        ("ACTIVE", "delete"): "DELETING",
    },
    {
        "CREATING": Delay(2 * MINUTE_NS, 30 * MINUTE_NS, _OURS),
        "UPDATING": Delay(30 * SECOND_NS, 10 * MINUTE_NS, _OURS),
        "DELETING": Delay(MINUTE_NS, 10 * MINUTE_NS, _OURS),
        # "typically within a second or less", V2globaltables_HowItWorks.html
        "lag": Delay(500_000_000, 2 * SECOND_NS, "V2globaltables_HowItWorks.html"),
    },
)

# ItemCount and TableSizeBytes: "DynamoDB updates this value approximately every six hours."
COUNTED_EVERY_NS: Final = 6 * HOUR_NS
# "All data in DynamoDB Streams is subject to a 24-hour lifetime", Streams.html
STREAM_KEPT_NS: Final = DAY_NS
# "Once you obtain a shard iterator, it expires 15 minutes after", API_GetShardIterator.html
ITERATOR_LIFE_NS: Final = 15 * MINUTE_NS
RECOVERY_DAYS: Final = 35
