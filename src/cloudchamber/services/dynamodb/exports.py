"""Exports: a table as it was at an instant, or what changed in a span of time, as files in S3.

Rules of this file: what is exported is settled by the request; the files are written through S3's
own PutObject, as the caller, a file at a time, when the export's time has come. What S3 refuses
fails the export and says why.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/S3DataExport.HowItWorks.html
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from cloudchamber.cloud.authorization import require
from cloudchamber.cloud.call import Call
from cloudchamber.cloud.caller import Caller
from cloudchamber.cloud.durations import DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS
from cloudchamber.cloud.errors import AwsError
from cloudchamber.cloud.pages import BadToken, page
from cloudchamber.cloud.service import Input, Output
from cloudchamber.cloud.store import Table as StoreTable
from cloudchamber.services.dynamodb import export_files as files
from cloudchamber.services.dynamodb.change_log import LOGS, Change
from cloudchamber.services.dynamodb.definitions import not_simulated, validation
from cloudchamber.services.dynamodb.lifecycle import TRANSFER
from cloudchamber.services.dynamodb.lookup import expect_source, setting_of
from cloudchamber.services.dynamodb.nouns import Table
from cloudchamber.services.dynamodb.restores import shelf_at, window_of
from cloudchamber.services.dynamodb.shelf import size_in, unpack

STEP: Final = "dynamodb.export-step"
FILE_ITEMS: Final = 5_000
FILE_BYTES: Final = 512 * 1024  # of items: packing more at once would be felt by others
PAUSE_NS: Final = 5_000_000
SHORTEST_NS: Final = 15 * MINUTE_NS
LONGEST_NS: Final = DAY_NS
TOKEN_LIFE_NS: Final = 8 * HOUR_NS
PAGE: Final = 25
_MILLISECOND_NS: Final = 1_000_000
_FAILURES: Final = (
    ("NoSuchBucket", "S3NoSuchBucket"),
    ("AccessDenied", "S3AccessDenied"),
    ("NotImplemented", "S3NotSimulated"),
)


class Export(msgspec.Struct):
    """One export: what was asked for, how far it is, and what is left to be written.

    `lines` are the JSON lines to come as (old, new) records; a full export has no old ones.
    `entries` are the lines of the manifest so far.
    """

    arn: str
    id: str
    table: str
    table_id: str
    request: dict[str, Any]
    caller: Caller
    kind: str
    started_ns: int
    from_ns: int
    until_ns: int
    keys: tuple[str, ...]
    status: str = "IN_PROGRESS"
    ended_ns: int | None = None
    lines: list[tuple[bytes | None, bytes | None, int]] = []
    entries: list[bytes] = []
    items: int = 0
    size: int = 0
    failure: tuple[str, str] | None = None


EXPORTS: Final = StoreTable("dynamodb.exports", Export, ordered=True)  # by ARN


def export_table_to_point_in_time(call: Call, request: Input) -> Output:
    """Begin an export."""
    table = expect_source(call, request["TableArn"])
    setting = setting_of(call, table)
    if request.get("ExportFormat", "DYNAMODB_JSON") != "DYNAMODB_JSON":
        raise not_simulated(call.operation_name, "ExportFormat ION")
    if "FilterSpecification" in request:
        raise not_simulated(call.operation_name, "FilterSpecification")
    window = window_of(call, setting)
    if window is None:
        raise AwsError(
            "PointInTimeRecoveryUnavailableException",
            f"Point in time recovery is not enabled for table '{table.name}'",
        )
    again = _same(call, request)
    if again is not None:
        return {"ExportDescription": _described(again)}
    running = sum(each.status == "IN_PROGRESS" for each in call.rows(EXPORTS).values())
    if running >= call.quota("concurrent-exports"):
        raise AwsError("LimitExceededException", "Too many concurrent exports")
    require(call, "s3:PutObject", f"arn:{call.partition}:s3:::{request['S3Bucket']}/*")
    kind = request.get("ExportType", "FULL_EXPORT")
    if kind == "FULL_EXPORT":
        low, high = _full_span(call, request, window)
    else:
        low, high = _incremental_span(call, request, window)
    export = _new(call, table, request, kind, low, high)
    if kind == "FULL_EXPORT":
        shelf = shelf_at(call, table, high)
        export.lines = [(None, record, high) for record in shelf.rows.dump()[1]]
        export.size = shelf.bytes
    else:
        export.lines = list(_changes(call, table, low, high))
        export.size = sum(
            size_in(each) for old, new, _ in export.lines for each in (old, new) if each
        )
    call.rows(EXPORTS)[export.arn] = export
    delay_ns = TRANSFER.delay_ns(call.cloud.settings.lifecycle, "IN_PROGRESS")
    call.after(delay_ns, STEP, export.arn)
    return {"ExportDescription": _described(export)}


def _same(call: Call, request: Input) -> Export | None:
    """The export of the same client token in the last eight hours."""
    token = request.get("ClientToken")
    if token is None:
        return None
    for export in call.rows(EXPORTS).values():
        recent = call.now - export.started_ns < TOKEN_LIFE_NS
        if recent and export.request.get("ClientToken") == token:
            if export.request != request:
                raise AwsError(
                    "ExportConflictException",
                    f"An export with the client token {token} has other parameters",
                )
            return export
    return None


def _full_span(call: Call, request: Input, window: tuple[int, int]) -> tuple[int, int]:
    moment = window[1]
    if "ExportTime" in request:
        moment = round(request["ExportTime"] * SECOND_NS)
    if "IncrementalExportSpecification" in request:
        raise validation("IncrementalExportSpecification goes with INCREMENTAL_EXPORT only")
    if not window[0] <= moment <= call.now:
        raise _invalid_time()
    return 0, moment


def _incremental_span(call: Call, request: Input, window: tuple[int, int]) -> tuple[int, int]:
    wanted = request.get("IncrementalExportSpecification", {})
    if "ExportFromTime" not in wanted:
        raise validation("ExportFromTime is required for INCREMENTAL_EXPORT")
    low = round(wanted["ExportFromTime"] * SECOND_NS)
    high = round(wanted.get("ExportToTime", window[1] / SECOND_NS) * SECOND_NS)
    if not SHORTEST_NS <= high - low <= LONGEST_NS:
        raise validation("The export period must be at least 15 minutes and at most 24 hours long")
    if low < window[0] - SECOND_NS or high > call.now:
        raise _invalid_time()
    return low, high


def _invalid_time() -> AwsError:
    return AwsError(
        "InvalidExportTimeException",
        "The specified ExportTime is outside of the point in time recovery window.",
    )


def _new(
    call: Call, table: Table, request: Input, kind: str, low: int, high: int
) -> Export:  # fmt: skip
    id_ = f"{call.now // _MILLISECOND_NS:014}-{call.stream(table.arn, 'export').hex(8)}"
    return Export(
        arn=f"{table.arn}/export/{id_}",
        id=id_,
        table=table.arn,
        table_id=table.id,
        request=dict(request),
        caller=call.caller,
        kind=kind,
        started_ns=call.now,
        from_ns=low,
        until_ns=high,
        keys=table.keys.names,
    )


def _changes(
    call: Call, table: Table, low: int, high: int
) -> Iterator[tuple[bytes | None, bytes | None, int]]:
    """Each item that changed in a span: as it was before and after it, and when it last changed."""
    log = call.rows(LOGS).get(table.id)
    if log is None:
        return
    first: dict[bytes, Change] = {}
    last: dict[bytes, Change] = {}
    for _, change in log.since(log.position(low)):
        if change.t_ns >= high:
            break
        first.setdefault(change.key, change)
        last[change.key] = change
    for key, change in first.items():
        before, after = change.before, last[key].after
        if before != after:
            yield before, after, last[key].t_ns


def step(call: Call, arn: str) -> None:
    """Write the next file; after the last, the manifests."""
    export = call.rows(EXPORTS)[arn]
    try:
        if not export.entries:
            _put(call, export, f"{_folder(export)}/_started", b"")
        chunk = export.lines[: _chunk_size(export)]
        if chunk or not export.entries:
            _write(call, export, chunk)
        if len(export.lines) > len(chunk):
            export.lines = export.lines[len(chunk) :]
            call.after(_pause(call), STEP, arn)
            return
        export.lines = []
        _finish(call, export)
    except AwsError as error:
        export.status = TRANSFER.move(export.status, "fail")
        code = dict(_FAILURES).get(error.code, error.code)
        export.failure = (code, error.message)
        export.ended_ns = call.now
        export.lines = []
        call.event(arn, "dynamodb.export-failed", f"the export {arn} failed: {error.message}")


def _chunk_size(export: Export) -> int:
    """How many lines the next file takes."""
    size = 0
    for count, (old, new, _) in enumerate(export.lines):
        if count == FILE_ITEMS or size >= FILE_BYTES:
            return count
        size += sum(size_in(each) for each in (old, new) if each is not None)
    return len(export.lines)


def _pause(call: Call) -> int:
    return 0 if call.cloud.settings.lifecycle == "instant" else PAUSE_NS


def _write(call: Call, export: Export, chunk: list[tuple[bytes | None, bytes | None, int]]) -> None:
    view = export.request.get("IncrementalExportSpecification", {}).get("ExportViewType")
    with_old = view != "NEW_IMAGE"
    lines = (_line(export, old, new, t_ns, with_old) for old, new, t_ns in chunk)
    for file in files.pack(lines):
        name = call.stream(export.arn, "file").hex(26)
        folder = (
            f"{_folder(export)}/data" if export.kind == "FULL_EXPORT" else (f"{files.FOLDER}/data")
        )
        key = f"{_prefix(export)}{folder}/{name}.json.gz"
        _put(call, export, f"{folder}/{name}.json.gz", file.body)
        export.entries.append(files.files_line(key, file))
        export.items += file.items


def _line(export: Export, old: bytes | None, new: bytes | None, t_ns: int, with_old: bool) -> bytes:
    if export.kind == "FULL_EXPORT":
        assert new is not None  # a full export holds what was there
        return msgspec.json.encode({"Item": unpack(new)})
    record = new if new is not None else old
    assert record is not None  # what comes of nothing is no change
    item = unpack(record)
    line: dict[str, Any] = {
        "Metadata": {"WriteTimestampMicros": {"N": str(t_ns // 1000)}},
        "Keys": {name: item[name] for name in export.keys},
    }
    if old is not None and with_old:
        line["OldImage"] = unpack(old)
    if new is not None:
        line["NewImage"] = item
    return msgspec.json.encode(line)


def _folder(export: Export) -> str:
    return f"{files.FOLDER}/{export.id}"


def _prefix(export: Export) -> str:
    prefix = str(export.request.get("S3Prefix", "")).strip("/")
    return f"{prefix}/" if prefix else ""


def _put(call: Call, export: Export, name: str, body: bytes) -> None:
    request: dict[str, Any] = {
        "Bucket": export.request["S3Bucket"],
        "Key": _prefix(export) + name,
        "Body": body,
    }
    if "S3BucketOwner" in export.request:
        request["ExpectedBucketOwner"] = export.request["S3BucketOwner"]
    algorithm = export.request.get("S3SseAlgorithm")
    if algorithm is not None:
        request["ServerSideEncryption"] = "aws:kms" if algorithm == "KMS" else algorithm
    if "S3SseKmsKeyId" in export.request:
        request["SSEKMSKeyId"] = export.request["S3SseKmsKeyId"]
    call.invoke("s3", "PutObject", request, caller=export.caller)


def _finish(call: Call, export: Export) -> None:
    manifest = b"".join(export.entries)
    folder = _folder(export)
    is_full = export.kind == "FULL_EXPORT"
    span: dict[str, Any] = (
        {"exportTime": files.instant(export.until_ns)}
        if is_full
        else {
            "exportFromTime": files.instant(export.from_ns),
            "exportToTime": files.instant(export.until_ns),
        }
    )
    fields: dict[str, Any] = {
        "version": files.FULL_VERSION if is_full else files.INCREMENTAL_VERSION,
        "exportArn": export.arn,
        "startTime": files.instant(export.started_ns),
        "endTime": files.instant(call.now),
        "tableArn": export.table,
        "tableId": export.table_id,
        **span,
        "s3Bucket": export.request["S3Bucket"],
        "s3Prefix": export.request.get("S3Prefix"),
        "s3SseAlgorithm": export.request.get("S3SseAlgorithm", "AES256"),
        "s3SseKmsKeyId": export.request.get("S3SseKmsKeyId"),
        "manifestFilesS3Key": f"{_prefix(export)}{folder}/manifest-files.json",
        "billedSizeBytes": export.size,
        "itemCount": export.items,
        "outputFormat": "DYNAMODB_JSON",
    }
    if not is_full:
        fields["outputView"] = _view(export)
    fields["exportType"] = export.kind
    summary = files.summary(fields)
    for name, body in (("manifest-files", manifest), ("manifest-summary", summary)):
        _put(call, export, f"{folder}/{name}.json", body)
        _put(call, export, f"{folder}/{name}.checksum", files.checksum(body))
    export.status = TRANSFER.move(export.status, "made")
    export.ended_ns = call.now
    call.meter("ExportDataSize-Bytes", export.size, export.table)
    call.event(export.arn, "dynamodb.export-completed",
               f"the export {export.arn} holds {export.items} items")  # fmt: skip


def _view(export: Export) -> str:
    wanted = export.request.get("IncrementalExportSpecification", {})
    return str(wanted.get("ExportViewType", "NEW_AND_OLD_IMAGES"))


def describe_export(call: Call, request: Input) -> Output:
    """How far an export is."""
    export = call.rows(EXPORTS).get(request["ExportArn"])
    if export is None:
        raise AwsError("ExportNotFoundException", f"Export not found: {request['ExportArn']}")
    return {"ExportDescription": _described(export)}


def list_exports(call: Call, request: Input) -> Output:
    """The exports of a table or of all, in pages."""
    table = request.get("TableArn")
    found = [each for each in call.rows(EXPORTS).values() if table in (None, each.table)]
    size = request.get("MaxResults", PAGE)
    try:
        chosen, token = page(found, lambda each: each.arn, request.get("NextToken"), size)
    except BadToken:
        raise validation("Invalid NextToken") from None
    output: Output = {
        "ExportSummaries": [
            {"ExportArn": each.arn, "ExportStatus": each.status, "ExportType": each.kind}
            for each in chosen
        ]
    }
    if token:
        output["NextToken"] = token
    return output


def _described(export: Export) -> Output:
    kept = (
        "ClientToken", "S3Bucket", "S3BucketOwner", "S3Prefix", "S3SseAlgorithm", "S3SseKmsKeyId",
        "IncrementalExportSpecification",
    )  # fmt: skip
    shown: Output = {
        "ExportArn": export.arn,
        "ExportStatus": export.status,
        "StartTime": export.started_ns / SECOND_NS,
        "TableArn": export.table,
        "TableId": export.table_id,
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": export.kind,
        **{name: export.request[name] for name in kept if name in export.request},
    }
    if export.kind == "FULL_EXPORT":
        shown["ExportTime"] = export.until_ns / SECOND_NS
    if export.ended_ns is not None:
        shown["EndTime"] = export.ended_ns / SECOND_NS
    if export.status == "COMPLETED":
        shown["ExportManifest"] = f"{_prefix(export)}{_folder(export)}/manifest-summary.json"
        shown["BilledSizeBytes"] = export.size
        shown["ItemCount"] = export.items
    if export.failure is not None:
        shown["FailureCode"], shown["FailureMessage"] = export.failure
    return shown


def arn_of_export(call: Call, request: Input) -> str:
    """The ARN that a permission on an export is asked on."""
    arn: str = request["ExportArn"]
    return arn


def arn_of_source(call: Call, request: Input) -> str:
    """The ARN that a permission to export a table is asked on."""
    arn: str = request["TableArn"]
    return arn
