"""How long an analysis runs before its answer is there.

Rules of this file: durations with their source; nothing runs here. The answer speaks of the
network as it was when the analysis began, however long it runs.
"""

from __future__ import annotations

from typing import Final

from cloudchamber.cloud.lifecycle import Delay, Lifecycle

_SECOND_NS: Final = 1_000_000_000

# AWS says only that an analysis takes from a few seconds to some minutes: the figures are ours.
_SOURCE: Final = "docs.aws.amazon.com/vpc/latest/reachability/getting-started-cli.html; ours"

ANALYSIS: Final = Lifecycle(
    "ec2.insights-analysis",
    "running",
    {("running", "finish"): "succeeded"},
    {"running": Delay(10 * _SECOND_NS, 180 * _SECOND_NS, _SOURCE)},
)
SCOPE_ANALYSIS: Final = Lifecycle(
    "ec2.access-scope-analysis",
    "running",
    {("running", "finish"): "succeeded"},
    {"running": Delay(60 * _SECOND_NS, 1_800 * _SECOND_NS, _SOURCE)},
)
