"""What STS allows: durations, names and sizes, with AWS's texts.

Rules of this file: numbers from the API reference,
https://docs.aws.amazon.com/STS/latest/APIReference/, and checks on plain values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cloudchamber.cloud.errors import AwsError

DURATION_MIN_S: Final = 900
ROLE_MAX_S: Final = 43_200
CHAINED_MAX_S: Final = 3_600
TOKEN_MAX_S: Final = 129_600
TOKEN_DEFAULT_S: Final = 43_200
ROOT_TOKEN_MAX_S: Final = 3_600
PACKED_BYTES: Final = 2_048
POLICY_ARNS_MAX: Final = 10
TAGS_MAX: Final = 50
SESSION_NAME: Final = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
FEDERATED_NAME: Final = re.compile(r"[\w+=,.@-]{2,32}", re.ASCII)


def invalid(message: str) -> AwsError:
    """AWS's answer to a value it cannot use."""
    return AwsError("ValidationError", message)


def duration_s(asked: int | None, usual: int, most: int) -> int:
    """The seconds that credentials hold. Raises ValidationError."""
    seconds = usual if asked is None else asked
    if seconds < DURATION_MIN_S:
        raise invalid(
            f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to "
            f"satisfy constraint: Member must have value greater than or equal to {DURATION_MIN_S}"
        )
    if seconds > most:
        raise invalid(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
            if most <= ROLE_MAX_S
            else f"1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to "
            f"satisfy constraint: Member must have value less than or equal to {most}"
        )
    return seconds


def check_name(name: str, field: str, pattern: re.Pattern[str]) -> str:
    """A session's name. Raises ValidationError."""
    if not pattern.fullmatch(name):
        raise invalid(
            f"1 validation error detected: Value '{name}' at '{field}' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
        )
    return name


def tags_of(request: Mapping[str, Any]) -> dict[str, str]:
    """The session tags of a request. Raises InvalidParameterValue, as keys ignore case."""
    tags: dict[str, str] = {}
    seen: set[str] = set()
    given: Sequence[Mapping[str, str]] = request.get("Tags", ())
    if len(given) > TAGS_MAX:
        raise invalid(f"A session can have at most {TAGS_MAX} tags.")
    for tag in given:
        key = tag.get("Key", "")
        if key.lower() in seen:
            raise AwsError(
                "InvalidParameterValue",
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            )
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag key '{key}' uses the reserved prefix aws:")
        seen.add(key.lower())
        tags[key] = tag.get("Value", "")
    return tags


def packed_percent(policy: str, arns: Sequence[str], tags: Mapping[str, str]) -> int | None:
    """PackedPolicySize, or None when nothing was passed. Raises PackedPolicyTooLarge.

    AWS does not publish its packing; ours counts the characters against the 2,048 of a policy.
    """
    size = len(policy) + sum(map(len, arns)) + sum(len(k) + len(v) for k, v in tags.items())
    if size == 0:
        return None
    percent = -(-size * 100 // PACKED_BYTES)
    if percent > 100:
        raise AwsError(
            "PackedPolicyTooLarge",
            f"Packed size of session policies and tags consumes {percent}% of allotted space.",
        )
    return percent
