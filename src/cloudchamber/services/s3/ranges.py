"""Ranges of bytes: the Range header, the range of a copied part, part numbers.

Rules of this file: text and sizes in, bounds out.
https://www.rfc-editor.org/rfc/rfc9110#section-14
"""

from __future__ import annotations

import re
from typing import Final

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.nouns import ObjectVersion

_RANGE: Final = re.compile(r"\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*", re.IGNORECASE)
_COPIED: Final = re.compile(r"bytes=(\d+)-(\d+)")


def find_range(header: str, size: int) -> tuple[int, int] | None:
    """The bytes from `start` to before `stop` that a Range header asks for.

    None for what is no single range of bytes: S3 then answers with everything. Raises InvalidRange.
    """
    found = _RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = found.groups()
    if not first:
        if not last:
            return None
        if int(last) == 0 or size == 0:
            raise errors.invalid_range(header, size)
        return max(size - int(last), 0), size
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise errors.invalid_range(header, size)
    return start, min(int(last) + 1, size) if last else size


def copied_range(header: str, size: int) -> tuple[int, int]:
    """The bytes of a source that become a part; both ends must be there. Raises InvalidArgument."""
    found = _COPIED.fullmatch(header)
    if found is None or int(found[1]) > int(found[2]):
        raise errors.invalid_argument(
            "The x-amz-copy-source-range value must be of the form bytes=first-last where first "
            "and last are the zero-based offsets of the first and last bytes to copy",
            "x-amz-copy-source-range",
            header,
        )
    start, stop = int(found[1]), int(found[2]) + 1
    if stop > size:
        raise errors.invalid_argument(
            f"Range specified is not valid for source object of size: {size}",
            "x-amz-copy-source-range",
            header,
        )
    return start, stop


def part_range(version: ObjectVersion, number: int) -> tuple[int, int]:
    """The bytes of one part. Raises InvalidPartNumber. An object put at once has one part."""
    parts = version.parts
    if parts is None:
        if number != 1:
            raise _no_such_part(number)
        return 0, version.size
    at = 0
    for place, part in enumerate(parts, start=1):
        if place == number:
            return at, at + part.size
        at += part.size
    raise _no_such_part(number)


def _no_such_part(number: int) -> AwsError:
    return AwsError(
        "InvalidPartNumber",
        "The requested partnumber is not satisfiable",
        416,
        PartNumberRequested=number,
    )
