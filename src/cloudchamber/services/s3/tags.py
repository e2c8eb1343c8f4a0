"""Tags as S3 takes them: sets in XML, and the `x-amz-tagging` header.

Rules of this file: text in, a mapping out; nothing is kept here.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qsl

from cloudchamber.cloud.errors import AwsError
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.limits import TAG_KEY_MAX, TAG_VALUE_MAX

BUCKET_TAGS_MAX: Final = 50
OBJECT_TAGS_MAX: Final = 10
_ALLOWED: Final = re.compile(r"[\w\s+\-=.:/@]*")


def read_set(tag_set: Sequence[Mapping[str, Any]], most: int) -> dict[str, str]:
    """A TagSet as a mapping. Raises InvalidTag, BadRequest, MalformedXML."""
    tagged: dict[str, str] = {}
    for tag in tag_set:
        key, value = tag.get("Key"), tag.get("Value")
        if key is None or value is None:
            raise errors.malformed_xml()
        if key in tagged:
            raise _invalid("Cannot provide multiple Tags with the same key", key)
        _check(key, value)
        tagged[key] = value
    if len(tagged) > most:
        what = "Object" if most == OBJECT_TAGS_MAX else "Bucket"
        raise AwsError("BadRequest", f"{what} tags cannot be greater than {most}", 400)
    return tagged


def read_header(header: str) -> dict[str, str]:
    """The tags of `x-amz-tagging`, written like a query. Raises InvalidArgument, InvalidTag."""
    try:
        pairs = parse_qsl(header, True, True, max_num_fields=100) if header else []
    except ValueError:
        raise _bad_header(header) from None
    if len({key for key, _ in pairs}) != len(pairs):
        raise _bad_header(header)
    for key, value in pairs:
        _check(key, value)
    if len(pairs) > OBJECT_TAGS_MAX:
        raise AwsError("BadRequest", f"Object tags cannot be greater than {OBJECT_TAGS_MAX}", 400)
    return dict(pairs)


def shown(tagged: Mapping[str, str]) -> list[dict[str, str]]:
    """A mapping as a TagSet, by key."""
    return [{"Key": key, "Value": tagged[key]} for key in sorted(tagged)]


def _check(key: str, value: str) -> None:
    if not 1 <= len(key) <= TAG_KEY_MAX or _ALLOWED.fullmatch(key) is None:
        raise _invalid("The TagKey you have provided is invalid", key)
    if key.startswith("aws:"):
        raise _invalid("System tags cannot be added/updated by requester", key)
    if len(value) > TAG_VALUE_MAX or _ALLOWED.fullmatch(value) is None:
        raise _invalid("The TagValue you have provided is invalid", value)


def _bad_header(header: str) -> AwsError:
    return errors.invalid_argument(
        "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query "
        "parameters without tag name duplicates.",
        "x-amz-tagging",
        header,
    )


def _invalid(message: str, said: str) -> AwsError:
    return AwsError("InvalidTag", message, 400, TagKey=said)
