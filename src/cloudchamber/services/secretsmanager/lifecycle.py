"""How long things take in Secrets Manager.

Rules of this file: durations with their source; nothing runs here. AWS publishes neither, so both
are our model.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import HOUR_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

REPLICA: Final = Lifecycle(
    "secretsmanager.replica",
    "InProgress",
    {
        ("InProgress", "copied"): "InSync",
        ("InProgress", "refused"): "Failed",
        ("InSync", "changed"): "InProgress",
        ("Failed", "changed"): "InProgress",
    },
    {"InProgress": Delay(3 * SECOND_NS, MINUTE_NS, "our model")},
)

# "If rotation fails, Secrets Manager retries the entire rotation process multiple times",
# API_DescribeSecret.html; how often and when is our model.
ATTEMPTS: Final = 5
RETRY_NS: Final = HOUR_NS
# A function runs for 15 minutes at most; what has said nothing after an hour will not.
OVERDUE_NS: Final = HOUR_NS
