"""The tags of a version."""

from __future__ import annotations

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.s3 import changes, tags
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.nouns import Bucket, ObjectVersion
from cloudchamber.services.s3.versions import expect_object, versioned


def put_object_tagging(call: Call, request: Input) -> Output:
    """Replace a version's tags; ten at most."""
    wanted = (request.get("Tagging") or {}).get("TagSet") or []
    tagged = tags.read_set(wanted, tags.OBJECT_TAGS_MAX)
    return _retag(call, request, tagged, "s3:ObjectTagging:Put")


def delete_object_tagging(call: Call, request: Input) -> Output:
    """Take all tags from a version."""
    return _retag(call, request, {}, "s3:ObjectTagging:Delete")


def _retag(call: Call, request: Input, tagged: dict[str, str], event: str) -> Output:
    bucket, version = _find(call, request)
    version.tags = tagged or None
    changes.tell(call, bucket, request["Key"], version, event)
    output: Output = {}
    versioned(bucket, version, output)
    return output


def get_object_tagging(call: Call, request: Input) -> Output:
    """The tags of a version, by key."""
    bucket, version = _find(call, request)
    output: Output = {"TagSet": tags.shown(version.tags or {})}
    versioned(bucket, version, output)
    return output


def _find(call: Call, request: Input) -> tuple[Bucket, ObjectVersion]:
    bucket = expect_bucket(call, request)
    return bucket, expect_object(call, bucket, request)
