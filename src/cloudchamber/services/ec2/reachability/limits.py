"""What AWS allows here: quotas, with their source.

Rules of this file: numbers. https://docs.aws.amazon.com/vpc/latest/reachability/limits.html and
https://docs.aws.amazon.com/vpc/latest/network-access-analyzer/quotas.html
"""

from __future__ import annotations

from typing import Final

PATHS_MAX: Final = 100
ANALYSES_MAX: Final = 1_000
SCOPES_MAX: Final = 1_000
SCOPE_ANALYSES_MAX: Final = 10_000
PAGE_MIN: Final = 1
PAGE_MAX: Final = 100
FINDINGS_PAGE_MAX: Final = 1_000
# How many findings an analysis keeps; AWS says no number, so this one is ours.
FINDINGS_MAX: Final = 10_000
