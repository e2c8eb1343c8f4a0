"""The trace header, and in it the lineage: which functions a chain of invocations went through.

Rules of this file: text only. AWS counts a function's turns in one chain of requests in the header
`X-Amzn-Trace-Id`, which SDKs pass on from inside a function; so do we, in a form of our own:
`Root=1-...;Parent=...;Sampled=0;Lineage=<digest of the function>:<count>|...`.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Final

_LINEAGE: Final = "Lineage"
_LINKS_MAX: Final = 16
_COUNT: Final = re.compile(r"[0-9]{1,9}")


def mark_of(arn: str) -> str:
    """How a function is called in a lineage."""
    return blake2b(arn.encode(), digest_size=4).hexdigest()


def fields_of(header: str) -> dict[str, str]:
    """The fields of a header by name; what is none is left out."""
    fields = {}
    for part in header.split(";"):
        name, equals, value = part.strip().partition("=")
        if equals:
            fields[name] = value
    return fields


def lineage_of(header: str) -> dict[str, int]:
    """How often each function has had its turn, by its mark."""
    counts = {}
    for link in fields_of(header).get(_LINEAGE, "").split("|"):
        mark, _, count = link.partition(":")
        if mark and _COUNT.fullmatch(count):
            counts[mark] = int(count)
    return counts


def turns(header: str, arn: str) -> int:
    """How often a function has had its turn in the chain that led here."""
    return lineage_of(header).get(mark_of(arn), 0)


def following(header: str, arn: str, root: str, parent: str) -> str:
    """The header that a function gets: the same chain, with its own turn counted.

    `root` is what follows `1-` in a trace that begins here, `parent` the digits of a new segment.
    """
    fields = fields_of(header)
    counts = lineage_of(header)
    mark = mark_of(arn)
    counts[mark] = counts.get(mark, 0) + 1
    links = sorted(counts.items(), key=lambda link: (-link[1], link[0]))[:_LINKS_MAX]
    lineage = "|".join(f"{name}:{count}" for name, count in links)
    trace = fields.get("Root") or f"1-{root}"
    sampled = fields.get("Sampled", "0")
    return f"Root={trace};Parent={parent};Sampled={sampled};{_LINEAGE}={lineage}"
