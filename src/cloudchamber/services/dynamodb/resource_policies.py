"""Resource policies of tables and streams: kept here, asked by the pipeline on every call.

Rules of this file: a policy belongs to the ARN of a table or a stream; an index is under its
table's. Equal documents are one revision.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/access-control-resource-based.html
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from cloudchamber.cloud.arns import find_arn
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.languages.policy import (
    MalformedPolicy,
    PolicyKind,
    SourcedPolicy,
    attached_policy,
    parse_policy,
)
from cloudchamber.services.dynamodb.definitions import validation
from cloudchamber.services.dynamodb.lookup import find_table, not_found
from cloudchamber.services.dynamodb.settings import POLICIES, Policy
from cloudchamber.services.dynamodb.streams import STREAMS

NO_POLICY: Final = "NO_POLICY"
# What a policy in a table's own account may not take from the account's root user.
_OWNERS_OWN: Final = frozenset({"DeleteResourcePolicy"})
_STREAM: Final = "/stream/"


def put_resource_policy(call: Call, request: Input) -> Output:
    """Attach a policy; the same document again keeps its revision."""
    arn = _expect(call, request)
    document = request["Policy"]
    check(call, document)
    have = call.rows(POLICIES).get(arn)
    expected = request.get("ExpectedRevisionId")
    if expected is not None and expected != (have.revision if have else NO_POLICY):
        raise _no_policy(arn)
    if have is not None and have.document == document:
        return {"RevisionId": have.revision}
    return {"RevisionId": attach(call, arn, document)}


def get_resource_policy(call: Call, request: Input) -> Output:
    """The policy of a table or a stream."""
    arn = _expect(call, request)
    have = call.rows(POLICIES).get(arn)
    if have is None:
        raise _no_policy(arn)
    return {"Policy": have.document, "RevisionId": have.revision}


def delete_resource_policy(call: Call, request: Input) -> Output:
    """Take the policy away; without an expected revision, none is no error."""
    arn = _expect(call, request)
    have = call.rows(POLICIES).get(arn)
    expected = request.get("ExpectedRevisionId")
    if expected is not None and (have is None or have.revision != expected):
        raise _no_policy(arn)
    if have is None:
        return {}
    del call.rows(POLICIES)[arn]
    return {"RevisionId": have.revision}


def check(call: Call, document: str) -> None:
    """Raises LimitExceededException, ValidationException for what is no policy."""
    most = call.quota("resource-policy-bytes")
    if len(document.encode()) > most:
        raise AwsError(
            "LimitExceededException", f"Resource policy size exceeds the limit of {most} bytes"
        )
    try:
        parse_policy(document, PolicyKind.RESOURCE)
    except MalformedPolicy as error:
        raise validation(f"Invalid policy document: {error}") from error


def attach(call: Call, arn: str, document: str) -> str:
    """Keep a checked policy; its revision."""
    digest = blake2b(f"{arn} {call.now} {document}".encode(), digest_size=8).digest()
    revision = str(int.from_bytes(digest, "big"))
    call.rows(POLICIES)[arn] = Policy(document, revision)
    return revision


def detach(call: Call, arn: str) -> None:
    """A table is gone, and its policy with it."""
    call.rows(POLICIES).pop(arn, None)


def resource_policy(call: Call, arn: str) -> SourcedPolicy | None:
    """The policy attached to what an ARN names, for the pipeline; None where there is none."""
    parts = find_arn(arn)
    if parts is None or parts.service != "dynamodb":
        return None
    owner = arn if _STREAM in arn else arn.partition("/index/")[0]
    policy = call.rows(POLICIES, parts.account, parts.region).get(owner)
    if policy is None:
        return None
    if call.operation_name in _OWNERS_OWN and call.caller.kind == "root":
        return None
    return attached_policy(policy.document, owner)


def _expect(call: Call, request: Input) -> str:
    arn: str = request["ResourceArn"]
    parts = find_arn(arn)
    if parts is None or parts.service != "dynamodb" or "/index/" in arn:
        raise validation(f"Invalid ResourceArn: {arn}")
    if parts.account != call.account:
        raise validation(f"Resource-based policies are changed by their owner: {arn}")
    table = find_table(call, arn.partition(_STREAM)[0])
    stream = _STREAM in arn
    if (not stream and table is None) or (stream and arn not in call.rows(STREAMS)):
        raise not_found(f"ResourcArn: {arn} not found")
    return arn


def _no_policy(arn: str) -> AwsError:
    return AwsError("PolicyNotFoundException", f"Resource-based policy not found for: {arn}")
