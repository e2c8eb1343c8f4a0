"""Amazon Resource Names: take apart, put together.

Rules of this file: text only, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

PARTS = 6


class Arn(NamedTuple):
    """`arn:partition:service:region:account:resource`; the resource keeps its own colons."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"


@lru_cache(maxsize=8192)
def find_arn(text: str) -> Arn | None:
    """The ARN in `text`, or None when it is not one."""
    parts = text.split(":", PARTS - 1)
    if len(parts) != PARTS or parts[0] != "arn" or not parts[1] or not parts[2] or not parts[5]:
        return None
    return Arn(*parts[1:])
