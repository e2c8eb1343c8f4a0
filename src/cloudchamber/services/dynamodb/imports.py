"""Imports: a new table from files in S3.

Rules of this file: the table is made by the request and CREATING until the import has ended; the
files are listed and read through S3's own operations, as the caller, one at a time. A line that is
no item of the table is counted and left out. What S3 refuses fails the import.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataImport.HowItWorks.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cloudchamber.cloud.blobs import Streamed
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.languages.dynamodb.errors import DynamoError
from cloudchamber.services.dynamodb import changes, encryption
from cloudchamber.services.dynamodb import import_files as files
from cloudchamber.services.dynamodb.definitions import check_name, not_simulated, validation
from cloudchamber.services.dynamodb.lifecycle import TRANSFER
from cloudchamber.services.dynamodb.lookup import find_table
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.tables import check_limits, check_request, find_same, made, make

STEP: Final = "dynamodb.import-step"
PAGE: Final = 25
# Tokens of this operation have at least 112 hexadecimal digits, in sixteens.
TOKEN_DIGITS: Final = 112
PAUSE_NS: Final = 5_000_000
HASH_MAX: Final = 2048
RANGE_MAX: Final = 1024
_MILLISECOND_NS: Final = 1_000_000
_FAILURES: Final = (
    ("NoSuchBucket", "S3NoSuchBucket"),
    ("NoSuchKey", "S3NoSuchKey"),
    ("AccessDenied", "S3AccessDenied"),
    ("NotImplemented", "S3NotSimulated"),
)


class Import(msgspec.Struct):
    """One import: what was asked for, how far it is, and which files are left."""

    arn: str
    table: str
    table_arn: str
    table_id: str
    request: dict[str, Any]
    caller: Caller
    started_ns: int
    status: str = "IN_PROGRESS"
    ended_ns: int | None = None
    files: list[str] | None = None
    errors: int = 0
    size: int = 0
    read: int = 0
    imported: int = 0
    failure: tuple[str, str] | None = None


IMPORTS: Final = StoreTable("dynamodb.imports", Import, ordered=True)  # by ARN


def import_table(call: Call, request: Input) -> Output:
    """Make a table and begin to fill it."""
    wanted = request["TableCreationParameters"]
    name = wanted["TableName"]
    check_name(name)
    check_request(call.operation_name, wanted)
    _check_format(request)
    again = _same(call, request)
    if again is not None:
        return {"ImportTableDescription": _described(again)}
    if find_table(call, name) is not None:
        raise AwsError("ResourceInUseException", f"Table already exists: {name}")
    running = sum(each.status == "IN_PROGRESS" for each in call.rows(IMPORTS).values())
    if running >= call.quota("concurrent-imports"):
        raise AwsError("LimitExceededException", "Too many concurrent imports")
    check_limits(call, wanted)
    key = encryption.chosen_key(call, wanted.get("SSESpecification"))
    table, setting = make(call, name, wanted, is_filled_later=True)
    setting.key = key
    id_ = f"{call.now // _MILLISECOND_NS:014}-{call.stream(table.arn, 'import').hex(8)}"
    job = Import(
        arn=f"{table.arn}/import/{id_}",
        table=name,
        table_arn=table.arn,
        table_id=table.id,
        request=dict(request),
        caller=call.caller,
        started_ns=call.now,
    )
    call.rows(IMPORTS)[job.arn] = job
    delay_ns = TRANSFER.delay_ns(call.cloud.settings.lifecycle, "IN_PROGRESS")
    call.after(delay_ns, STEP, job.arn)
    return {"ImportTableDescription": _described(job)}


def _check_format(request: Input) -> None:
    if request["InputFormat"] == "ION":
        raise not_simulated("ImportTable", "InputFormat ION")
    if request.get("InputCompressionType") == "ZSTD":
        raise not_simulated("ImportTable", "InputCompressionType ZSTD")
    if "InputFormatOptions" in request and request["InputFormat"] != "CSV":
        raise validation("InputFormatOptions can only be specified when InputFormat is CSV")


def _same(call: Call, request: Input) -> Import | None:
    token = request.get("ClientToken")
    if token is None:
        return None
    for job in call.rows(IMPORTS).values():
        if job.request.get("ClientToken") == token:
            if job.request != request:
                raise AwsError(
                    "ImportConflictException",
                    f"An import with the client token {token} has other parameters",
                )
            return job
    return None


def step(call: Call, arn: str) -> None:
    """Read the next file; after the last, the table is ACTIVE."""
    job = call.rows(IMPORTS)[arn]
    table = find_same(call, job.table, job.table_id)
    if table is None:
        _end(call, job, "fail", ("TableDeleted", "The table of the import is no longer there"))
        return
    try:
        if job.files is None:
            job.files = list(_listed(call, job))
        if job.files:
            _read_file(call, job, table, job.files.pop(0))
    except AwsError as error:
        code = dict(_FAILURES).get(error.code, error.code)
        _end(call, job, "fail", (code, error.message))
        made(call, job.table, job.table_id)
        return
    except files.Unreadable as error:
        _end(call, job, "fail", ("InvalidInput", str(error)))
        made(call, job.table, job.table_id)
        return
    if job.files:
        pause_ns = 0 if call.cloud.settings.lifecycle == "instant" else PAUSE_NS
        call.after(pause_ns, STEP, arn)
        return
    _end(call, job, "made", None)
    made(call, job.table, job.table_id)


def _end(call: Call, job: Import, how: str, failure: tuple[str, str] | None) -> None:
    job.status = TRANSFER.move(job.status, how)
    job.failure = failure
    job.ended_ns = call.now
    job.files = []
    call.meter("ImportDataSize-Bytes", job.size, job.table_arn)
    call.event(
        job.arn,
        f"dynamodb.import-{job.status.lower()}",
        f"the import into {job.table} is {job.status} with {job.imported} items, {job.errors} "
        "errors",
        {"failure": failure[1]} if failure else {},
    )


def _source(job: Import) -> dict[str, Any]:
    source = job.request["S3BucketSource"]
    named = {"Bucket": source["S3Bucket"]}
    if "S3BucketOwner" in source:
        named["ExpectedBucketOwner"] = source["S3BucketOwner"]
    return named


def _listed(call: Call, job: Import) -> Iterator[str]:
    """The keys of all files, in order."""
    prefix = job.request["S3BucketSource"].get("S3KeyPrefix", "")
    request = {**_source(job), "Prefix": prefix}
    while True:
        answer = call.invoke("s3", "ListObjectsV2", request, caller=job.caller)
        yield from (each["Key"] for each in answer.get("Contents", ()) if each["Size"])
        if not answer.get("IsTruncated"):
            return
        request = {**request, "ContinuationToken": answer["NextContinuationToken"]}


def _read_file(call: Call, job: Import, table: Table, key: str) -> None:
    request = {**_source(job), "Key": key}
    body = call.invoke("s3", "GetObject", request, caller=job.caller)["Body"]
    data = body.joined() if isinstance(body, Streamed) else bytes(body)
    text = files.unpacked(data, job.request.get("InputCompressionType", "NONE"))
    job.size += len(data)
    if job.request["InputFormat"] == "CSV":
        options = job.request.get("InputFormatOptions", {}).get("Csv", {})
        found = files.read_csv(
            text,
            options.get("Delimiter", files.DELIMITER),
            options.get("HeaderList", ()),
            table.kinds,
        )
    else:
        found = files.read_json(text)
    for item in found:
        job.read += 1
        if item is not None and _put(call, table, item):
            job.imported += 1
        else:
            job.errors += 1


def _put(call: Call, table: Table, item: files.Item) -> bool:
    """Put an item; False when it is none of this table."""
    for part in (table.keys, *(index.keys for index in table.indexes.values())):
        for each in part.attributes:
            value = item.get(each.name)
            if value is None and part is table.keys:
                return False
            if value is not None and not _fits(each.kind, value, each in part.hash):
                return False
    try:
        changes.put_item(call, table, item)
    except DynamoError:
        return False
    return True


def _fits(kind: str, value: dict[str, Any], is_hash: bool) -> bool:
    content = value.get(kind)
    if content is None:
        return False
    size = len(content.encode()) if isinstance(content, str) else len(content)
    return 0 < size <= (HASH_MAX if is_hash else RANGE_MAX)


def describe_import(call: Call, request: Input) -> Output:
    """How far an import is."""
    job = call.rows(IMPORTS).get(request["ImportArn"])
    if job is None:
        raise AwsError("ImportNotFoundException", f"Import not found: {request['ImportArn']}")
    return {"ImportTableDescription": _described(job)}


def list_imports(call: Call, request: Input) -> Output:
    """The imports of a table or of all, newest first, in pages."""
    table = request.get("TableArn")
    found = [each for each in call.rows(IMPORTS).values() if table in (None, each.table_arn)]
    found.sort(key=lambda each: (-each.started_ns, each.arn))
    token = request.get("NextToken")
    start = _place(token) if token else 0
    size = request.get("PageSize", PAGE)
    output: Output = {"ImportSummaryList": [_summary(each) for each in found[start : start + size]]}
    if start + size < len(found):
        output["NextToken"] = f"{start + size:0{TOKEN_DIGITS}x}"
    return output


def _place(token: str) -> int:
    if len(token) != TOKEN_DIGITS:
        raise validation("Invalid NextToken")
    return int(token, 16)


def _summary(job: Import) -> Output:
    shown: Output = {
        "ImportArn": job.arn,
        "ImportStatus": job.status,
        "TableArn": job.table_arn,
        "S3BucketSource": dict(job.request["S3BucketSource"]),
        "InputFormat": job.request["InputFormat"],
        "StartTime": job.started_ns / SECOND_NS,
    }
    if job.ended_ns is not None:
        shown["EndTime"] = job.ended_ns / SECOND_NS
    return shown


def _described(job: Import) -> Output:
    kept = ("ClientToken", "InputFormatOptions", "TableCreationParameters")
    shown = {
        **_summary(job),
        "TableId": job.table_id,
        "InputCompressionType": job.request.get("InputCompressionType", "NONE"),
        "ErrorCount": job.errors,
        "ProcessedSizeBytes": job.size,
        "ProcessedItemCount": job.read,
        "ImportedItemCount": job.imported,
        **{name: job.request[name] for name in kept if name in job.request},
    }
    if job.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = job.failure
    return shown


def arn_of_import(call: Call, request: Input) -> str:
    """The ARN that a permission on an import is asked on."""
    arn: str = request["ImportArn"]
    return arn


def arn_of_target(call: Call, request: Input) -> str:
    """The ARN that a permission to import is asked on: the new table's."""
    return call.arn(f"table/{request['TableCreationParameters']['TableName']}")
