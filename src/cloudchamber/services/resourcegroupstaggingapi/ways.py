"""How each service wants its resources tagged: from an ARN and tags to calls of its own API.

Rules of this file: data where services differ, one rule where they do not. Most have TagResource
and UntagResource with a member for the ARN and one for tags, as a list or a map: those are read
off the service's model, so a new service needs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from cloudchamber.cloud.arns import Arn
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.members import members_of

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

Request = dict[str, Any]
Tags = Mapping[str, str]
# iam: what stands before the name -> (what operations call it, the member, whether it is the ARN)
_IAM: Final = MappingProxyType(
    {
        "instance-profile": ("InstanceProfile", "InstanceProfileName", False),
        "mfa": ("MFADevice", "SerialNumber", True),
        "oidc-provider": ("OpenIDConnectProvider", "OpenIDConnectProviderArn", True),
        "policy": ("Policy", "PolicyArn", True),
        "role": ("Role", "RoleName", False),
        "saml-provider": ("SAMLProvider", "SAMLProviderArn", True),
        "server-certificate": ("ServerCertificate", "ServerCertificateName", False),
        "user": ("User", "UserName", False),
    }
)
_ARN_MEMBERS: Final = ("ResourceArn", "resourceArn", "ResourceARN", "resourceARN", "Resource",
                       "resource", "Arn", "arn", "SecretId", "KeyId")  # fmt: skip
_TAG_MEMBERS: Final = ("Tags", "tags", "TagList", "tagList")
_KEY_MEMBERS: Final = ("TagKeys", "tagKeys", "TagKeyList", "tagKeyList")


def tag(call: Call, arn: Arn, tags: Tags) -> None:
    """Give a resource tags through its own service. Raises what that answers."""
    if arn.service == "ec2":
        call.invoke("ec2", "CreateTags", {**_thing(arn), "Tags": _listed(tags)})
        return
    if arn.service == "s3":
        _write_bucket(call, arn, {**_bucket_tags(call, arn), **tags})
        return
    operation, request = _about(call, arn, "Tag")
    member = _first(call, arn, operation, _TAG_MEMBERS)
    call.invoke(arn.service, operation, {**request, member: _spelled(arn, operation, member, tags)})


def untag(call: Call, arn: Arn, keys: Sequence[str]) -> None:
    """Take tags from a resource through its own service. Raises what that answers."""
    if arn.service == "ec2":
        gone = [{"Key": each} for each in keys]
        call.invoke("ec2", "DeleteTags", {**_thing(arn), "Tags": gone})
        return
    if arn.service == "s3":
        left = {key: value for key, value in _bucket_tags(call, arn).items() if key not in keys}
        _write_bucket(call, arn, left)
        return
    operation, request = _about(call, arn, "Untag")
    member = _first(call, arn, operation, _KEY_MEMBERS)
    call.invoke(arn.service, operation, {**request, member: list(keys)})


def _about(call: Call, arn: Arn, verb: str) -> tuple[str, Request]:
    """The operation that tags (or untags) a resource, and the part of its request that names it."""
    if arn.service == "sqs":
        url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"
        return f"{verb}Queue", {"QueueUrl": url}
    if arn.service == "organizations":
        return f"{verb}Resource", {"ResourceId": arn.resource.rpartition("/")[2]}
    if arn.service == "iam":
        kind, _, name = arn.resource.partition("/")
        if kind not in _IAM:
            raise not_supported(str(arn))
        noun, member, by_arn = _IAM[kind]
        return f"{verb}{noun}", {member: str(arn) if by_arn else name.rpartition("/")[2]}
    if arn.service == "ssm" and arn.resource.startswith("parameter/"):
        operation = "AddTagsToResource" if verb == "Tag" else "RemoveTagsFromResource"
        return operation, _parameter(call, arn)
    operation = f"{verb}Resource"
    return operation, {_first(call, arn, operation, _ARN_MEMBERS): str(arn)}


def _parameter(call: Call, arn: Arn) -> Request:
    """How Parameter Store is told of a parameter: by its name, which the ARN says but for a slash.

    `x` and `/x` have the same ARN; the one that is there is meant.
    """
    name = arn.resource.removeprefix("parameter/")
    if "/" in name:
        return {"ResourceType": "Parameter", "ResourceId": f"/{name}"}
    plain = {"ResourceType": "Parameter", "ResourceId": name}
    try:
        call.invoke("ssm", "ListTagsForResource", plain)
    except AwsError as error:
        if error.code == "InvalidResourceId":
            return {**plain, "ResourceId": f"/{name}"}
    return plain


def _first(call: Call, arn: Arn, operation: str, names: Sequence[str]) -> str:
    """The first of the names that is a member of the operation's input."""
    members = members_of(arn.service, operation)
    for name in names:
        if name in members:
            return name
    raise not_supported(str(arn))


def _spelled(arn: Arn, operation: str, member: str, tags: Tags) -> Any:
    """Tags as the operation takes them: a map, or a list of structures of two."""
    parts = sorted(members_of(arn.service, operation)[member].parts)
    if not parts:
        return dict(tags)
    key, value = parts[:2]  # Key and Value, or TagKey and TagValue
    return [{key: each, value: tags[each]} for each in tags]


def _bucket_tags(call: Call, arn: Arn) -> dict[str, str]:
    try:
        found = call.invoke("s3", "GetBucketTagging", {"Bucket": arn.resource})
    except AwsError as error:
        if error.code == "NoSuchTagSet":
            return {}
        raise
    return {each["Key"]: each["Value"] for each in found["TagSet"]}


def _write_bucket(call: Call, arn: Arn, tags: Tags) -> None:
    bucket = {"Bucket": arn.resource}
    if not tags:
        call.invoke("s3", "DeleteBucketTagging", bucket)
        return
    call.invoke("s3", "PutBucketTagging", {**bucket, "Tagging": {"TagSet": _listed(tags)}})


def _thing(arn: Arn) -> Request:
    """How EC2 is told of a thing: by its id, which is what its ARN ends with."""
    return {"Resources": [arn.resource.rpartition("/")[2]]}


def _listed(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tags[key]} for key in tags]


def not_supported(arn: str) -> AwsError:
    """What is answered of a resource that this API cannot tag."""
    return AwsError(
        "InternalServiceException",
        f"The resource type of {arn} is not supported by the Resource Groups Tagging API.",
        500,
    )
