"""How long an analysis runs before its answer is there.

Rules of this file: durations with their source; nothing runs here. The answer speaks of the
network as it was when the analysis began, however long it runs.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.durations import MINUTE_NS, SECOND_NS
from cloudchamber.cloud.lifecycle import Delay, Lifecycle

# AWS says only that an analysis takes from a few seconds to some minutes: the figures are ours.
_SOURCE: Final = "docs.aws.amazon.com/vpc/latest/reachability/getting-started-cli.html; ours"

ANALYSIS: Final = Lifecycle(
    "ec2.insights-analysis",
    "running",
    {("running", "finish"): "succeeded"},
    {"running": Delay(10 * SECOND_NS, 180 * SECOND_NS, _SOURCE)},
)
SCOPE_ANALYSIS: Final = Lifecycle(
    "ec2.access-scope-analysis",
    "running",
    {("running", "finish"): "succeeded"},
    {"running": Delay(MINUTE_NS, 1_800 * SECOND_NS, _SOURCE)},
)
