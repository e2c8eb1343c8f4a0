"""A bucket's policy: checked, kept, and whether it is public.

Rules of this file: the document is kept as the text that came. Whether it allows anything is the
policy language's business (see `permissions.py`).
https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import MalformedPolicy, PolicyKind, parse_policy
from cloudchamber.services.s3 import errors
from cloudchamber.services.s3.lookup import expect_bucket
from cloudchamber.services.s3.public_access import blocks_of, is_public_policy

if TYPE_CHECKING:
    from cloudchamber.cloud.cloud import Cloud

POLICY_BYTES_MAX: Final = 20 << 10


def check_document(text: str, arn: str) -> None:
    """Raise MalformedPolicy for what cannot be the policy of the resource of that ARN."""
    if len(text.encode()) > POLICY_BYTES_MAX:
        raise _malformed("Policies may not be larger than 20480 bytes.")
    if not text.lstrip().startswith("{"):
        raise _malformed("Policies must be valid JSON and the first byte must be '{'")
    try:
        parse_policy(text, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise _malformed(str(error)) from error
    document = msgspec.json.decode(text)
    for statement in _listed(document["Statement"]):
        actions = statement.get("Action", statement.get("NotAction", ()))
        if not all(_is_own_action(str(each)) for each in _listed(actions)):
            raise _malformed("Policy has invalid action")
        resources = statement.get("Resource", statement.get("NotResource"))
        if resources is None:
            raise _malformed("Missing required field Resource")
        if not all(_is_within(str(each), arn) for each in _listed(resources)):
            raise _malformed("Policy has invalid resource")


def _is_own_action(action: str) -> bool:
    service = action.partition(":")[0].lower()
    return action == "*" or service in ("s3", "s3-object-lambda", "s3express")


def _is_within(resource: str, arn: str) -> bool:
    """Whether a resource of a statement speaks of the bucket (or access point) or its objects."""
    head, star, _ = resource.partition("*")
    if star and (arn.startswith(head) or head.startswith(f"{arn}/")):
        return True
    return resource == arn or resource.startswith(f"{arn}/")


def _malformed(message: str) -> AwsError:
    return AwsError("MalformedPolicy", message, 400)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def put_bucket_policy(call: Call, request: Input) -> Output:
    """Attach a policy. Raises MalformedPolicy, AccessDenied (public ones are blocked)."""
    bucket = expect_bucket(call, request)
    text = _text(request.get("Policy") or "")
    if not text:
        raise errors.missing_body()
    check_document(text, bucket.arn)
    if blocks_of(call, bucket).get("BlockPublicPolicy") and is_public_policy(text):
        raise errors.access_denied(
            f"User: {call.caller.arn} is not authorized to perform: s3:PutBucketPolicy on "
            f'resource: "{bucket.arn}" because public policies are blocked by the '
            "BlockPublicPolicy block public access setting."
        )
    bucket.policy = text
    return {}


def get_bucket_policy(call: Call, request: Input) -> Output:
    """The policy as it came."""
    return {"Policy": _expect(call, request)}


def delete_bucket_policy(call: Call, request: Input) -> Output:
    """Detach the policy."""
    expect_bucket(call, request).policy = ""
    return {}


def get_bucket_policy_status(call: Call, request: Input) -> Output:
    """Whether the policy makes the bucket public."""
    return {"PolicyStatus": {"IsPublic": is_public_policy(_expect(call, request))}}


def _expect(call: Call, request: Input) -> str:
    bucket = expect_bucket(call, request)
    if not bucket.policy:
        raise AwsError(
            "NoSuchBucketPolicy", "The bucket policy does not exist", 404, BucketName=bucket.name
        )
    return bucket.policy


def is_public(cloud: Cloud, text: str, arn: str) -> bool:
    """Port `public-policy`: whether a policy of an access point is public."""
    check_document(text, arn)
    return is_public_policy(text)
