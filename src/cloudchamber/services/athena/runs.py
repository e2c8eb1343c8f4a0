"""One run of a query: what it may do in the caller's name, what it has read, and how it fails.

Rules of this file: Glue and S3 are reached here and nowhere else in a run, always as the caller
who started the query. What is read is counted, and bounded by the workgroup and by the chamber.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import msgspec

from cloudchamber.cloud import ports
from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.services.athena.limits import SCANNED_MAX
from cloudchamber.services.athena.lookup import expect_workgroup
from cloudchamber.services.athena.nouns import Execution, ResultColumn

if TYPE_CHECKING:
    from cloudchamber.cloud.call import Call

# https://docs.aws.amazon.com/athena/latest/ug/error-reference.html
USER: Final = 2
OTHER: Final = 3
USER_ERROR: Final = 1000
DATA_ERROR: Final = 1001
DDL_FAILED: Final = 1003
SYNTAX_ERROR: Final = 1006
RESULT_NOT_WRITTEN: Final = 401


class Failed(Exception):
    """The query fails: StateChangeReason, and AthenaError's category and type."""

    def __init__(self, reason: str, kind: int = USER_ERROR, category: int = USER) -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind
        self.category = category


class Stopped(Exception):
    """The query is cancelled by a limit of its workgroup; the text is the reason."""


class Outcome(msgspec.Struct, kw_only=True):
    """What a statement gave: rows to be written, as CSV with a header or as lines of text.

    `updated` counts rows that were written elsewhere; then there are no rows here.
    """

    columns: list[ResultColumn] = []
    rows: list[list[str | None]] = []
    header: bool = False
    updated: int = 0
    files: list[str] = []


class Run:
    """One run. `scanned` and `rows_in` count what was read."""

    __slots__ = ("call", "database", "row", "rows_in", "scanned")

    def __init__(self, call: Call, row: Execution) -> None:
        self.call = call
        self.row = row
        self.database = row.database or "default"
        self.scanned = 0
        self.rows_in = 0

    # Glue

    def glue(self, operation: str, request: Input) -> Output:
        """Call Glue as the caller. Raises AwsError."""
        return self.call.invoke("glue", operation, request, caller=self.row.caller)

    def find(self, operation: str, request: Input) -> Output | None:
        """Call Glue as the caller; None for what is not there. Raises AwsError."""
        try:
            return self.glue(operation, request)
        except AwsError as error:
            if error.code == "EntityNotFoundException":
                return None
            raise

    def find_table(self, database: str, name: str) -> dict[str, Any] | None:
        """A table as Glue has it."""
        answer = self.find("GetTable", {"DatabaseName": database, "Name": name})
        found: dict[str, Any] | None = answer["Table"] if answer else None
        return found

    def pages(self, operation: str, member: str, request: Input) -> Iterator[dict[str, Any]]:
        """All of a listing of Glue's."""
        asked = dict(request)
        while True:
            answer = self.glue(operation, asked)
            yield from answer[member]
            if "NextToken" not in answer:
                return
            asked["NextToken"] = answer["NextToken"]

    # S3

    def read(self, bucket: str, key: str) -> bytes:
        """An object. Raises Failed, Stopped."""
        try:
            body = self._s3("GetObject", bucket, {"Key": key})["Body"]
        except AwsError as error:
            raise denied(f"s3://{bucket}/{key}", error) from error
        data = body.joined() if isinstance(body, Streamed) else bytes(body)
        self.scanned += len(data)
        return data

    def allow(self, octets: int) -> None:
        """Whether so much more may be read. Raises Stopped, Failed."""
        group = expect_workgroup(self.call, self.row.workgroup).configuration
        cutoff = group.get("BytesScannedCutoffPerQuery")
        if cutoff is not None and self.scanned + octets > cutoff:
            raise Stopped("Query cancelled! : Bytes scanned limit was exceeded")
        if self.scanned + octets > SCANNED_MAX:
            raise Failed(
                f"Cloudchamber reads at most {SCANNED_MAX} bytes for one query", category=OTHER
            )

    def listed(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """The objects below a prefix that hold data: key and size. Raises Failed."""
        asked: dict[str, Any] = {"Prefix": prefix}
        while True:
            try:
                answer = self._s3("ListObjectsV2", bucket, asked)
            except AwsError as error:
                raise denied(f"s3://{bucket}/{prefix}", error) from error
            for each in answer.get("Contents", ()):
                name = each["Key"][len(prefix) :]
                hidden = any(part[:1] in ("_", ".") for part in name.split("/"))
                if each["Size"] and not hidden:
                    yield each["Key"], each["Size"]
            if not answer.get("IsTruncated"):
                return
            asked["ContinuationToken"] = answer["NextContinuationToken"]

    def expect_output(self) -> None:
        """The bucket of results has to be there before anything is done. Raises Failed."""
        bucket, _ = bucket_and_key(self.row.folder)
        where = self.call.port(ports.BUCKET)
        if where is None or where(self.call.cloud, bucket) is None:
            raise Failed(f"Unable to verify/create output bucket {bucket}", RESULT_NOT_WRITTEN)

    def write(self, location: str, data: bytes, kind: str = "application/octet-stream") -> None:
        """Write an object, as the query's settings say. Raises Failed."""
        bucket, key = bucket_and_key(location)
        request: dict[str, Any] = {"Key": key, "Body": data, "ContentType": kind}
        encryption = self.row.settings.get("EncryptionConfiguration", {})
        if encryption.get("EncryptionOption") == "SSE_S3":
            request["ServerSideEncryption"] = "AES256"
        elif encryption.get("EncryptionOption") == "SSE_KMS":
            request["ServerSideEncryption"] = "aws:kms"
            if "KmsKey" in encryption:
                request["SSEKMSKeyId"] = encryption["KmsKey"]
        if "AclConfiguration" in self.row.settings:
            request["ACL"] = "bucket-owner-full-control"
        if "ExpectedBucketOwner" in self.row.settings:
            request["ExpectedBucketOwner"] = self.row.settings["ExpectedBucketOwner"]
        try:
            self._s3("PutObject", bucket, request)
        except AwsError as error:
            raise denied(location, error, writing=True) from error

    def _s3(self, operation: str, bucket: str, request: Input) -> Output:
        return s3(self.call, self.row, operation, bucket, request)


def s3(call: Call, row: Execution, operation: str, bucket: str, request: Input) -> Output:
    """Call S3 as the query's caller, in the bucket's Region. Raises AwsError."""
    where = call.port(ports.BUCKET)
    found = where(call.cloud, bucket) if where else None
    region = found[1] if found else None
    asked = {"Bucket": bucket, **request}
    return call.invoke("s3", operation, asked, caller=row.caller, region=region)


def bucket_and_key(location: str) -> tuple[str, str]:
    """`s3://bucket/key` taken apart. Raises Failed."""
    scheme, _, rest = location.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in ("s3", "s3a", "s3n") or not bucket:
        raise Failed(f"Invalid S3 location: {location}")
    return bucket, key


def denied(location: str, error: AwsError, *, writing: bool = False) -> Failed:
    """The failure for what S3 answered."""
    kind = RESULT_NOT_WRITTEN if writing else USER_ERROR
    if error.code == "AccessDenied":
        return Failed(f"PERMISSION_DENIED: Permission denied on S3 path: {location}", kind)
    said = error.message or error.code
    return Failed(f"{said} (Service: Amazon S3; Error Code: {error.code}): {location}", kind)
